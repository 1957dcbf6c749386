"""Random clusters that hold every field and operator of NetworkPolicy, with a count of what each holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from naive import End

Body = dict[str, Any]

NAME_LABEL = "kubernetes.io/metadata.name"
KEYS = ("app", "tier")
VALUES = ("a", "b", "c")
SPACE_KEYS = ("team", "env")
NAMESPACES = ("n1", "n2", "n3")
PROTOCOLS = ("TCP", "UDP", "SCTP")
NUMBERS = (80, 81, 443, 8080)
NAMES = ("http", "dns", "none")
PODS4, NODES4, OUT4 = "10.0.0.", "192.168.0.", "203.0.113."
PODS6, OUT6 = "fd00::", "2001:db8::"
BLOCKS = (
    {"cidr": "10.0.0.0/28"},
    {"cidr": "10.0.0.4/30"},
    {"cidr": "10.0.0.0/8", "except": ["10.0.0.0/29"]},
    {"cidr": "10.0.0.9/8", "except": ["10.0.0.0/28", "10.0.0.2/31"]},
    {"cidr": "0.0.0.0/0"},
    {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8", "192.168.0.0/16"]},
    {"cidr": "192.168.0.0/24"},
    {"cidr": "203.0.113.7/32", "except": []},
    {"cidr": "203.0.113.0/24", "except": ["203.0.113.0/25"]},
    {"cidr": "::/0"},
    {"cidr": "fd00::/120", "except": ["fd00::8/125"]},
    {"cidr": "2001:db8::/32"},
)
OUTSIDE = (OUT4 + "7", OUT4 + "200", "198.51.100.9", OUT6 + "1", "10.0.0.77")


@dataclass
class Cluster:
    """The *objects* of one random cluster, as data, and its pods and addresses as the naive evaluator takes them."""

    chance: Random
    objects: list[Body] = field(default_factory=list)
    policies: list[Body] = field(default_factory=list)
    spaces: dict[str, dict[str, str]] = field(default_factory=dict)
    ends: list[End] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)

    def pick(self, where: str, choices: dict[str, Any]) -> Any:
        """Return one of *choices*, made if it is a function, and note that it occurred at this place."""
        name = self.chance.choice(list(choices))
        self.seen[f"{where}: {name}"] += 1
        made = choices[name]
        return made() if callable(made) else made


def random_cluster(seed: str, *, addressed: bool = True, spaced: bool = True) -> Cluster:
    """Return a small cluster; *addressed*: its pods have addresses, *spaced*: all its namespaces are objects."""
    cluster = Cluster(Random(seed))  # noqa: S311 - the same clusters in every run
    chance = cluster.chance
    for name in NAMESPACES:
        labels = {key: chance.choice(("x", "y")) for key in SPACE_KEYS if chance.random() < 0.5}
        cluster.spaces[name] = {**labels, NAME_LABEL: name}
        if spaced or chance.random() < 0.5:
            cluster.objects.append(
                {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
            )
    for number in range(chance.randint(2, 4)):
        pod(cluster, number, addressed=addressed)
    for number in range(chance.randint(1, 3)):
        cluster.policies.append(policy(cluster, number))
    cluster.objects += cluster.policies
    cluster.ends += [End(address) for address in OUTSIDE]
    return cluster


def labels_of(chance: Random) -> dict[str, str]:
    """Return the labels of a pod: mentioned and other keys and values."""
    return {key: chance.choice((*VALUES, "z")) for key in (*KEYS, "zone") if chance.random() < 0.6}


def pod(cluster: Cluster, number: int, *, addressed: bool) -> None:
    """Add a pod."""
    chance = cluster.chance
    host = chance.random() < 0.1
    address = f"{NODES4 if host else PODS4}{number + 1}" if chance.random() < 0.8 or host else f"{PODS6}{number + 1}"
    namespace, labels = chance.choice(NAMESPACES), labels_of(chance)
    ports: list[tuple[str, str, int, bool]] = []
    spec: Body = {"containers": [{"name": "c", "ports": containers_ports(cluster, ports, init=False)}]}
    kind = cluster.pick("init container", {"none": None, "ends": False, "runs on": True})
    if kind is not None:
        init: Body = {"name": "i", "ports": containers_ports(cluster, ports, init=True)}
        spec["initContainers"] = [init | ({"restartPolicy": "Always"} if kind else {})]
    if host:
        cluster.seen["pod: host network"] += 1
        spec["hostNetwork"] = True
    metadata = {"name": f"p{number}", "namespace": namespace, "labels": labels}
    body: Body = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    if addressed:
        body["status"] = {"podIP": address}
    cluster.objects.append(body)
    spaces = cluster.spaces[namespace]
    cluster.ends.append(End(address, f"p{number}", namespace, labels, spaces, tuple(ports), host))


def containers_ports(cluster: Cluster, ports: list[tuple[str, str, int, bool]], *, init: bool) -> list[Body]:
    """Return the ports of a container, and add those with a name to *ports*."""
    chance, found = cluster.chance, []
    for name in NAMES[:2]:
        if chance.random() < 0.5:
            protocol, number = chance.choice(PROTOCOLS[:2]), chance.choice(NUMBERS)
            entry: Body = {"containerPort": number, "name": name}
            found.append(entry if protocol == "TCP" and chance.random() < 0.5 else entry | {"protocol": protocol})
            ports.append((name, protocol, number, init))
    return [*found, {"containerPort": 9}] if chance.random() < 0.3 else found


def policy(cluster: Cluster, number: int) -> Body:
    """Return a policy."""
    spec: Body = cluster.pick("subject", {"missing": dict, "selector": lambda: {"podSelector": subject(cluster)}})
    types = {
        "missing": {},
        "null": {"policyTypes": None},
        "[]": {"policyTypes": []},
        "Ingress": {"policyTypes": ["Ingress"]},
        "Egress": {"policyTypes": ["Egress"]},
        "both": {"policyTypes": ["Ingress", "Egress"]},
    }
    spec |= cluster.pick("policyTypes", types)
    for way, key in (("ingress", "from"), ("egress", "to")):
        sections: dict[str, Callable[[], Body]] = {
            "missing": dict,
            "null": lambda way=way: {way: None},
            "[]": lambda way=way: {way: []},
            "[{}]": lambda way=way: {way: [{}]},
            "[null]": lambda way=way: {way: [None]},
            "one": lambda way=way, key=key: {way: [rule(cluster, key)]},
            "two": lambda way=way, key=key: {way: [rule(cluster, key), rule(cluster, key)]},
            "three": lambda way=way, key=key: {way: [rule(cluster, key) for _ in range(3)]},
        }
        spec |= cluster.pick(way, sections)
        if spec.get(way) and way.capitalize() not in (spec.get("policyTypes") or [way.capitalize()]):
            cluster.seen[f"{way}: not listed"] += 1
    name = {"name": f"np{number}", "namespace": cluster.chance.choice(NAMESPACES)}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": name, "spec": spec}


def subject(cluster: Cluster) -> Body:
    """Return a selector of pods."""
    return selector(cluster, "podSelector", KEYS, VALUES)


def selector(cluster: Cluster, where: str, keys: tuple[str, ...], values: tuple[str, ...]) -> Body:
    """Return a selector over *keys* and *values*."""
    chance = cluster.chance

    def expression() -> Body:
        operator = cluster.pick(f"{where} operator", {name: name for name in ("In", "NotIn", "Exists", "DoesNotExist")})
        found: Body = {"key": chance.choice(keys), "operator": operator}
        if operator in ("In", "NotIn"):
            found["values"] = chance.sample(values, chance.randint(1, 2))
        elif chance.random() < 0.3:
            found["values"] = []
        return found

    def pairs() -> Body:
        return {key: chance.choice(values) for key in chance.sample(keys, chance.randint(1, len(keys)))}

    shapes: dict[str, Callable[[], Body]] = {
        "{}": dict,
        "empty parts": lambda: {"matchLabels": {}, "matchExpressions": []},
        "labels": lambda: {"matchLabels": pairs()},
        "expression": lambda: {"matchExpressions": [expression()]},
        "expressions": lambda: {"matchExpressions": [expression(), expression()]},
        "both": lambda: {"matchLabels": pairs(), "matchExpressions": [expression()]},
    }
    found: Body = cluster.pick(where, shapes)
    return found


def rule(cluster: Cluster, key: str) -> Body:
    """Return a rule with its peers under *key*."""
    chance = cluster.chance
    peers: dict[str, Callable[[], Body]] = {
        "missing": dict,
        "null": lambda: {key: None},
        "[]": lambda: {key: []},
        "one": lambda: {key: [peer(cluster)]},
        "two": lambda: {key: [peer(cluster), peer(cluster)]},
    }
    listed: dict[str, Callable[[], Body]] = {
        "missing": dict,
        "null": lambda: {"ports": None},
        "[]": lambda: {"ports": []},
        "some": lambda: {"ports": [port(cluster) for _ in range(chance.randint(1, 3))]},
    }
    found: Body = cluster.pick(key, peers) | cluster.pick("ports", listed)
    return found


def peer(cluster: Cluster) -> Body:
    """Return a peer."""

    def spaces() -> Body:
        if cluster.chance.random() < 0.4:
            cluster.seen["namespaceSelector: by name"] += 1
            return {"matchLabels": {NAME_LABEL: cluster.chance.choice(NAMESPACES)}}
        return selector(cluster, "namespaceSelector", (*SPACE_KEYS, NAME_LABEL), ("x", "y", "n1", "n2"))

    kinds: dict[str, Callable[[], Body]] = {
        "podSelector": lambda: {"podSelector": subject(cluster)},
        "namespaceSelector": lambda: {"namespaceSelector": spaces()},
        "both selectors": lambda: {"namespaceSelector": spaces(), "podSelector": subject(cluster)},
        "null podSelector": lambda: {"namespaceSelector": spaces(), "podSelector": None},
        "ipBlock": lambda: {"ipBlock": block(cluster)},
    }
    found: Body = cluster.pick("peer", kinds)
    return found


def block(cluster: Cluster) -> Body:
    """Return an ipBlock."""
    found = cluster.chance.choice(BLOCKS)
    cluster.seen[f"ipBlock: IPv{6 if ':' in found['cidr'] else 4}"] += 1
    cluster.seen["ipBlock: except"] += bool(found.get("except"))
    return dict(found)


def port(cluster: Cluster) -> Body | None:
    """Return an item of a rule's ports."""
    chance = cluster.chance
    protocols = {"missing": {}, "null": {"protocol": None}} | {name: {"protocol": name} for name in PROTOCOLS}
    low = chance.choice(NUMBERS)
    shapes = {
        "missing": {},
        "null": {"port": None},
        "number": {"port": low},
        "range": {"port": low, "endPort": low + chance.choice((0, 1, 400, 65535 - low))},
        "name": {"port": chance.choice(NAMES)},
    }
    if chance.random() < 0.05:
        cluster.seen["port: null item"] += 1
        return None
    found: Body = cluster.pick("protocol", protocols) | cluster.pick("port", shapes)
    return found


def questions(cluster: Cluster) -> list[tuple[str, int]]:
    """Return a protocol and port on each side of every number that the cluster speaks of, and one of no port."""
    numbers = (
        {1, 65535}
        | {number + step for number in NUMBERS for step in (-1, 0, 1)}
        | {480, 481, 482, 843, 844, 8480, 8481}
    )
    sample = cluster.chance.sample(sorted(numbers), 4) + list(NUMBERS)
    return [(protocol, number) for number in sample for protocol in PROTOCOLS] + [("OTHER", 1)]
