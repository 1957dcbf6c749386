"""Random policies of Cilium that hold every field that means something for connections between pods.

What is left out, because netgen claims nothing about it: nodes as subjects and peers, groups of a cloud provider,
authentication, TLS, server names, listeners, headers that are looked at more closely than by name and value, and the
protocols without ports. An HTTP rule and a DNS rule never share a port, which the engine cannot merge.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import clusters
from clusters import KEYS, NAMESPACES, VALUES, Body, Cluster

SPACE, SPACES = "io.kubernetes.pod.namespace", "io.cilium.k8s.namespace.labels."
ACCOUNT, HOME = "io.cilium.k8s.policy.serviceaccount", "io.cilium.k8s.policy.cluster"
ACCOUNTS = ("default", "front", "back")
RESERVED = ("reserved:host", "reserved:ingress", "reserved:remote-node", "reserved:world")
ENTITIES = (
    *("all", "world", "cluster", "cluster-mesh", "host", "init", "ingress", "unmanaged", "remote-node", "health"),
    *("none", "kube-apiserver"),
)
"""The enumeration of the CRD."""

MATCH_NAMES = ("api.example.com", "EXAMPLE.com.", "other.test")
MATCH_PATTERNS = ("*.example.com", "**.example.com", "a*.example.com", "*", "*example.com")
GROUPS = ("partners", "offices", "missing")
CIDRS = ("203.0.113.0/24", "203.0.113.7/32", "0.0.0.0/0", "10.0.0.0/8", "198.51.100.9/16", "2001:db8::/32", "::/0")
CIDR_SETS: tuple[Body, ...] = (
    *({"cidr": cidr} for cidr in CIDRS),
    {"cidr": "0.0.0.0/0", "except": ["203.0.113.128/25", "10.0.0.0/8"]},
    {"cidr": "203.0.113.0/24", "except": ["203.0.113.0/24"]},
    {"cidr": "10.1.2.3/8", "except": []},
    {"cidr": "::/0", "except": ["2001:db8::/48"]},
)
NUMBERS = ("80", "443", "8080")
PORT_NAMES = ("http", "metrics", "none")
METHODS, PATHS, HOSTS = ("GET", "GET|HEAD", "P.*"), ("/public", "/public(/.*)?", "/[0-9]+"), ("shop", ".*\\.test")


def policy(cluster: Cluster, number: int) -> Body:
    """Return a policy of any of the three kinds."""
    chance = cluster.chance
    if chance.random() < 0.2:
        return clusters.policy(cluster, number)
    clusterwide = chance.random() < 0.3
    metadata: Body = {"name": f"cp{number}"} | ({} if clusterwide else {"namespace": chance.choice(NAMESPACES)})
    kind = "CiliumClusterwideNetworkPolicy" if clusterwide else "CiliumNetworkPolicy"
    parts: dict[str, Callable[[], Body]] = {
        "spec": lambda: {"spec": spec(cluster)},
        "spec again": lambda: {"spec": spec(cluster)},
        "specs": lambda: {"specs": [spec(cluster) for _ in range(chance.randint(1, 2))]},
        "spec and specs": lambda: {"spec": spec(cluster), "specs": [spec(cluster)]},
    }
    return {"apiVersion": "cilium.io/v2", "kind": kind, "metadata": metadata, **cluster.pick("policy", parts)}


def spec(cluster: Cluster) -> Body:
    """Return a spec with at least one rule, which the engine asks for."""
    chance = cluster.chance
    found: Body = {"endpointSelector": subject(cluster)}
    sections = [name for name in ("ingress", "egress") if chance.random() < 0.7]
    sections += [f"{name}Deny" for name in ("ingress", "egress") if chance.random() < 0.3]
    for name in sections or ["ingress"]:
        found[name] = [rule(cluster, name) for _ in range(chance.randint(1, 3))]
    if chance.random() < 0.1:
        found.setdefault(chance.choice(("ingress", "egress", "ingressDeny", "egressDeny")), [])
    found |= cluster.pick(
        "enableDefaultDeny",
        {
            **{f"missing {number}": {} for number in range(5)},
            "{}": {"enableDefaultDeny": {}},
            "ingress off": {"enableDefaultDeny": {"ingress": False}},
            "egress off": {"enableDefaultDeny": {"egress": False}},
            "both off": {"enableDefaultDeny": {"ingress": False, "egress": False}},
            "both on": {"enableDefaultDeny": {"ingress": True, "egress": True}},
        },
    )
    if chance.random() < 0.1:
        labels = [{"key": "team", "value": "a", "source": "k8s"}]
        found |= {"description": "about it", "labels": labels, "log": {"value": "seen"}}
    return found


def subject(cluster: Cluster) -> Body:
    """Return an endpointSelector."""
    return {} if cluster.chance.random() < 0.3 else selector(cluster, reserved=0.02)


def selector(cluster: Cluster, *, reserved: float) -> Body:
    """Return a selector of endpoints; *reserved* is how likely it speaks of what is no pod."""
    chance = cluster.chance

    def pairs() -> Body:
        return dict(pair(cluster, reserved) for _ in range(chance.choice((1, 1, 2))))

    def expression() -> Body:
        key, value = pair(cluster, reserved)
        operator = chance.choice(("In", "In", "NotIn", "Exists", "DoesNotExist"))
        if operator in ("Exists", "DoesNotExist"):
            return {"key": key, "operator": operator}
        more = [chance.choice(VALUES)] if "app" in key and chance.random() < 0.5 else []
        return {"key": key, "operator": operator, "values": list(dict.fromkeys([value, *more]))}

    shapes: dict[str, Callable[[], Body]] = {
        "{}": dict,
        "empty parts": lambda: {"matchLabels": {}, "matchExpressions": []},
        "labels": lambda: {"matchLabels": pairs()},
        "one label": lambda: {"matchLabels": dict([pair(cluster, reserved)])},
        "expression": lambda: {"matchExpressions": [expression()]},
        "expressions": lambda: {"matchExpressions": [expression(), expression()]},
        "both": lambda: {"matchLabels": pairs(), "matchExpressions": [expression()]},
    }
    found: Body = cluster.pick("selector", shapes)
    return found


def pair(cluster: Cluster, reserved: float) -> tuple[str, str]:
    """Return a key and a value of a selector."""
    chance = cluster.chance
    if chance.random() < reserved:
        cluster.seen["key: reserved"] += 1
        return chance.choice(RESERVED), ""
    kinds: dict[str, Callable[[], tuple[str, str]]] = {
        **{f"label {number}": lambda: (chance.choice(KEYS), chance.choice(VALUES)) for number in range(3)},
        "namespace": lambda: (SPACE, chance.choice(NAMESPACES)),
        "namespace label": lambda: (SPACES + chance.choice(clusters.SPACE_KEYS), chance.choice(("x", "y"))),
        "namespace name label": lambda: (SPACES + clusters.NAME_LABEL, chance.choice(NAMESPACES)),
        "service account": lambda: (ACCOUNT, chance.choice(ACCOUNTS)),
        "cluster": lambda: (HOME, chance.choice(("default", "default", "default", "another"))),
    }
    key, value = cluster.pick("key", kinds)
    prefix = cluster.pick("prefix", {"none": "", "k8s": "k8s:", "any": "any:"})
    return prefix + key, value


# -------------------------------------------------------------------------------------------------------------- rules


def rule(cluster: Cluster, section: str) -> Body:
    """Return a rule of a section; `{}` now and then."""
    ingress, denies = section.startswith("ingress"), section.endswith("Deny")
    found = peers(cluster, "from" if ingress else "to", denies=denies)
    shapes: dict[str, Callable[[], Body]] = {
        **{f"no ports {number}": dict for number in range(4)},
        **{f"toPorts {number}": lambda: {"toPorts": ports(cluster, found, ingress, denies)} for number in range(4)},
        "icmps": lambda: {"icmps": icmps(cluster)},
        "toPorts: []": lambda: {"toPorts": []},
        "toPorts: [{}]": lambda: {"toPorts": [{}]},
    }
    return found | cluster.pick(f"{section} ports", shapes)


def peers(cluster: Cluster, key: str, *, denies: bool) -> Body:
    """Return whom a rule is about, under one key, which begins with *key*."""
    chance = cluster.chance

    def listed(make: Callable[[], Any]) -> list[Any]:
        return [make() for _ in range(chance.choice((0, 1, 1, 1, 1, 2, 2)))]

    kinds: dict[str, Callable[[], Body]] = {
        "missing": dict,
        "missing again": dict,
        **{
            f"endpoints {number}": lambda: {f"{key}Endpoints": listed(lambda: selector(cluster, reserved=0.08))}
            for number in range(4)
        },
        "endpoints: [{}]": lambda: {f"{key}Endpoints": [{}]},
        "CIDR": lambda: {f"{key}CIDR": listed(lambda: chance.choice(CIDRS))},
        "CIDRSet": lambda: {f"{key}CIDRSet": listed(lambda: cidr_rule(cluster))},
        "CIDRSet again": lambda: {f"{key}CIDRSet": listed(lambda: cidr_rule(cluster))},
        "more CIDRSet": lambda: {f"{key}CIDRSet": [cidr_rule(cluster) for _ in range(2)]},
        "entities": lambda: {f"{key}Entities": listed(lambda: chance.choice(ENTITIES))},
        "more entities": lambda: {f"{key}Entities": chance.sample(ENTITIES, 3)},
    }
    if key == "to":
        kinds["services"] = lambda: {"toServices": listed(lambda: meant_service(cluster))}
        kinds["more services"] = lambda: {"toServices": [meant_service(cluster) for _ in range(3)]}
        kinds["many services"] = lambda: {"toServices": [meant_service(cluster) for _ in range(4)]}
    if key == "to" and not denies:
        kinds["names"] = lambda: {"toFQDNs": listed(lambda: name(cluster))}
        kinds["more names"] = lambda: {"toFQDNs": [name(cluster), name(cluster)]}
    found: Body = cluster.pick(key, kinds)
    cluster.seen.update(f"{at}: []" for at, items in found.items() if not items)
    return found


def cidr_rule(cluster: Cluster) -> Body:
    """Return an item of fromCIDRSet or toCIDRSet."""
    chance = cluster.chance
    kinds: dict[str, Callable[[], Body]] = {
        "cidr": lambda: dict(chance.choice(CIDR_SETS)),
        "cidr again": lambda: dict(chance.choice(CIDR_SETS)),
        "group": lambda: {"cidrGroupRef": chance.choice(GROUPS)},
        "group selector": lambda: {"cidrGroupSelector": about(cluster, "zone", ("east", "west"))},
        "group selector again": lambda: {"cidrGroupSelector": about(cluster, "zone", ("east", "west"))},
    }
    found: Body = cluster.pick("CIDRSet", kinds)
    return found


def name(cluster: Cluster) -> Body:
    """Return an item of toFQDNs."""
    if cluster.chance.random() < 0.5:
        return {"matchName": cluster.chance.choice(MATCH_NAMES)}
    return {"matchPattern": cluster.chance.choice(MATCH_PATTERNS)}


def meant_service(cluster: Cluster) -> Body:
    """Return an item of toServices."""
    chance = cluster.chance
    space = cluster.pick("toServices namespace", {"missing": {}} | {one: {"namespace": one} for one in NAMESPACES[:2]})
    if chance.random() < 0.25:
        return {"k8sService": {"serviceName": chance.choice(("front", "back", "missing")), **space}}
    return {"k8sServiceSelector": {"selector": about(cluster, "tier", VALUES), **space}}


def about(cluster: Cluster, key: str, values: tuple[str, ...]) -> Body:
    """Return a selector of CIDR groups or Services by one label."""
    chance = cluster.chance
    listed = chance.sample(values, chance.randint(1, 2))
    kinds: dict[str, Body] = {
        "{}": {},
        "labels": {"matchLabels": {key: listed[0]}},
        "labels again": {"matchLabels": {key: listed[0]}},
        **{one: {"matchExpressions": [{"key": key, "operator": one, "values": listed}]} for one in ("In", "NotIn")},
        **{one: {"matchExpressions": [{"key": key, "operator": one}]} for one in ("Exists", "DoesNotExist")},
    }
    found: Body = cluster.pick(f"{key} of", kinds)
    return found


# -------------------------------------------------------------------------------------------------------------- ports


def ports(cluster: Cluster, peer: Body, ingress: bool, denies: bool) -> list[Body]:  # noqa: FBT001
    """Return toPorts."""
    chance = cluster.chance
    found: list[Body] = []
    for _ in range(chance.choice((1, 1, 2))):
        kind = "plain" if denies else chance.choice(("plain", "http", "http", "http" if ingress else "dns"))
        if kind == "http":
            listed = [port(cluster, http=True) for _ in range(chance.randint(1, 2))]
            rules = [http(cluster) for _ in range(chance.choice((0, 1, 1, 1, 1, 2)))]
            found.append({"ports": listed, "rules": {"http": rules}})
        elif kind == "dns" and "toFQDNs" not in peer:
            listed = [{"port": "53", **protocol} for protocol in ({"protocol": "UDP"}, {"protocol": "TCP"}, {})]
            found.append({"ports": chance.sample(listed, 1), "rules": {"dns": [name(cluster)]}})
        else:
            found.append({"ports": [port(cluster, http=False) for _ in range(chance.randint(1, 3))]})
    return found


def port(cluster: Cluster, *, http: bool) -> Body:
    """Return an item of ports; *http*: HTTP rules are about it, so it is of TCP."""
    chance = cluster.chance
    protocols = {"missing": {}} | {name: {"protocol": name} for name in ("ANY", "TCP", "UDP", "SCTP")}
    protocol = {"protocol": "TCP"} if http else cluster.pick("protocol", protocols)
    number = chance.choice(NUMBERS)
    shapes = {
        "number": {"port": number},
        "number again": {"port": number},
        "name": {"port": chance.choice(PORT_NAMES)},
        "range": {"port": "8079", "endPort": chance.choice((8080, 9000))},
        "endPort not above": {"port": number, "endPort": chance.choice((1, int(number)))},
    }
    if not http:
        shapes |= {"0": {"port": "0"}, "wide range": {"port": "1", "endPort": 65535}, "53": {"port": "53"}}
        shapes |= {"name and endPort": {"port": "http", "endPort": 9000}}
    found: Body = cluster.pick("port", shapes) | protocol
    return found


def http(cluster: Cluster) -> Body:
    """Return an HTTP rule."""
    chance = cluster.chance
    parts = {"method": METHODS, "path": PATHS, "host": HOSTS, "headers": (["X-A: 1"],)}
    return {key: chance.choice(choices) for key, choices in parts.items() if chance.random() < 0.4}


def icmps(cluster: Cluster) -> list[Body]:
    """Return icmps."""
    chance = cluster.chance
    fields: tuple[Body, ...] = (
        *({"type": 8}, {"type": "EchoRequest"}, {"family": "IPv4", "type": 5}),
        *({"family": "IPv6", "type": 128}, {"family": "IPv6", "type": "EchoRequest"}),
    )
    shapes: dict[str, list[Body]] = {
        "[]": [],
        "[{}]": [{}],
        "fields: []": [{"fields": []}],
        "fields": [{"fields": chance.sample(fields, chance.randint(1, 3))}],
        "two": [{"fields": [chance.choice(fields)]}, {"fields": [chance.choice(fields)]}],
    }
    found: list[Body] = cluster.pick("icmps", shapes)
    return found
