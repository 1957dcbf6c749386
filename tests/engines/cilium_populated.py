"""Rendered policies of Cilium without pods -> a cluster in which somebody stands wherever they make a difference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from ipaddress import ip_network
from random import Random
from typing import Any

from cilium_compared import NOWHERE
from cilium_engine import Question, Request
from engine import Port
from writing import plainly

Body = dict[str, Any]

SPACE, ACCOUNT = "k8s:io.kubernetes.pod.namespace", "k8s:io.cilium.k8s.policy.serviceaccount"
ELSEWHERE = "elsewhere"
"""A namespace that no policy names."""
ENTITIES = ("host", "remote-node", "kube-apiserver", "ingress", "health")
INTERNET, NODE = "198.51.100.9", "172.31.0.1"
OUTSIDE = (INTERNET, "2001:db8:ffff::9")
UNNAMED = "other.test"
SECTIONS = ("ingress", "egress", "ingressDeny", "egressDeny")
PROTOCOLS = ("TCP", "UDP", "SCTP")
METHODS = ("GET", "POST", "DELETE")
PATHS = (
    "/",
    "/orders",
    "/orders/",
    "/orders/7",
    "/orders/7/lines?all=1",
    "/orders?page=2",
    "/ordersX",
    "/Orders",
    "/a.b",
)


@dataclass(frozen=True)
class Pod:
    """A pod by what policies can ask of it."""

    namespace: str
    labels: tuple[tuple[str, str], ...] = ()
    account: str = ""


def populated(name: str, policies: list[Body], held: list[Body] | None = None) -> Question:
    """Return the question who reaches whom in a cluster with *held* (None: all) of *policies*, which netgen rendered.

    In it stand pods that are what each selector of *policies* asks for and pods that almost are, in their namespaces
    and elsewhere; a pod on the host network, entities, addresses in and beside each block, names that a rule means and
    names that it almost does. The ports are those that *policies* name, and their neighbours.
    """
    people = dict.fromkeys([*wanted(policies), *(Pod(space) for space in (*spaces(policies), ELSEWHERE))])
    placed = dict(zip(homes(), people, strict=False))
    assert len(placed) == len(people)
    others = dict.fromkeys([*OUTSIDE, *beside(policies)])
    ends = (
        *placed,
        NODE,
        *(f"entity:{one}" for one in ENTITIES),
        *(f"fqdn:{one}@{NOWHERE}" for one in names(policies)),
        *(one for one in others if one not in placed and one != NODE),
    )
    manifests = plainly([*(policies if held is None else held), *objects(placed)])
    return Question(name, manifests, ends, tuple(dict.fromkeys(ports(policies))), tuple(requests(policies, placed)))


def sampled(question: Question, chance: Random, *, ends: int, ports: int, requests: int) -> Question:
    """Return some of *question*: half of the ends are pods, and besides the ends and ports of the requests."""
    pairs = list(dict.fromkeys((one.source, one.target) for one in question.requests))
    some = chance.sample(pairs, min(len(pairs), 2))
    asked = [one for one in question.requests if (one.source, one.target) in some]
    pods = [one for one in question.ends if one.startswith(("10.244.", "fd00::"))]
    others = [one for one in question.ends if one not in pods]
    few = [*chance.sample(pods, min(len(pods), ends // 2)), *chance.sample(others, min(len(others), ends - ends // 2))]
    return replace(
        question,
        ends=tuple(dict.fromkeys([*(end for pair in some for end in pair), *few])),
        ports=tuple(
            dict.fromkeys(
                [*(one.port for one in asked), *chance.sample(question.ports, min(ports, len(question.ports)))]
            )
        ),
        requests=tuple(chance.sample(asked, min(requests, len(asked)))),
    )


def objects(placed: dict[str, Pod]) -> Iterator[Body]:
    """Yield the Namespaces and Pods of *placed*, by address, and one pod on the host network."""
    for space in dict.fromkeys(pod.namespace for pod in placed.values()):
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space}}
    for number, (address, pod) in enumerate(placed.items()):
        yield body(f"p{number}", pod, address)
    yield body("on-host", next(iter(placed.values())), NODE, hostNetwork=True)


def body(name: str, pod: Pod, address: str, **spec: Any) -> Body:
    """Return a Pod."""
    spec |= {"containers": [{"name": "c"}]} | ({"serviceAccountName": pod.account} if pod.account else {})
    metadata = {"name": name, "namespace": pod.namespace, "labels": dict(pod.labels)}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": {"podIP": address}}


def homes() -> Iterator[str]:
    """Yield addresses for pods, of both families."""
    yield from (
        f"10.244.{number >> 8}.{number & 255}" if number % 3 else f"fd00::{number:x}" for number in range(2, 2000)
    )


# -------------------------------------------------------------------------------------------------------------- reading


def specs(policies: list[Body]) -> list[tuple[Body, str]]:
    """Return the spec of each policy of Cilium with its namespace, which is empty for the cluster's."""
    found = [one for one in policies if one["apiVersion"] == "cilium.io/v2"]
    return [(one["spec"], one["metadata"].get("namespace", "")) for one in found]


def rules(spec: Body) -> Iterator[tuple[str, Body]]:
    """Yield each rule with its section."""
    for section in SECTIONS:
        yield from ((section, rule) for rule in spec.get(section) or [])


def peers(rule: Body, kind: str) -> list[Any]:
    """Return the peers of a rule of *kind*, such as `Endpoints`."""
    return [*rule.get(f"from{kind}", ()), *rule.get(f"to{kind}", ())]


def listed(policies: list[Body], kind: str) -> Iterator[tuple[Any, str]]:
    """Yield each peer of *kind* of *policies* with the namespace of its policy."""
    for spec, home in specs(policies):
        for _, rule in rules(spec):
            yield from ((peer, home) for peer in peers(rule, kind))


def spaces(policies: list[Body]) -> list[str]:
    """Return the namespaces of *policies* and those that their selectors name."""
    found = [home for _, home in specs(policies) if home]
    for selector, _ in [
        *listed(policies, "Endpoints"),
        *((spec["endpointSelector"], "") for spec, _ in specs(policies)),
    ]:
        found += [value for value in [selector.get("matchLabels", {}).get(SPACE)] if value]
        for item in selector.get("matchExpressions", ()):
            found += item.get("values", ()) if item["key"] == SPACE else ()
    return list(dict.fromkeys(found))


def wanted(policies: list[Body]) -> Iterator[Pod]:
    """Yield pods that are as the policies select them, and others that almost are."""
    for spec, home in specs(policies):
        yield from nearly(spec["endpointSelector"], home)
    for selector, home in listed(policies, "Endpoints"):
        yield from nearly(selector, home)


def nearly(selector: Body, home: str) -> Iterator[Pod]:
    """Yield pods that *selector* means, and pods that lack a label or have one too many, here and elsewhere."""
    asked = dict(selector.get("matchLabels", {}))
    denied: dict[str, str] = {}
    for item in selector.get("matchExpressions", ()):
        if item["operator"] in ("In", "Exists"):
            asked.setdefault(item["key"], (item.get("values") or ["any"])[0])
        else:
            denied.setdefault(item["key"], (item.get("values") or ["any"])[0])
    named = asked.pop(SPACE, home)
    account = asked.pop(ACCOUNT, "")
    labels = tuple((key.removeprefix("k8s:"), value) for key, value in asked.items())
    places = (ELSEWHERE, home) if named == "any" else (named, ELSEWHERE) if named else (ELSEWHERE,)
    for place in (*places, *([denied[SPACE]] if SPACE in denied else [])):
        if place:
            yield Pod(place, labels, account)
            yield Pod(place, labels[:-1], account)
    first = places[0] or ELSEWHERE
    yield Pod(first, labels, "another" if account else "")
    for key in sorted(denied.keys() - {SPACE}):
        yield Pod(first, (*labels, (key.removeprefix("k8s:"), denied[key])), account)


def beside(policies: list[Body]) -> Iterator[str]:
    """Yield the first and last address of each block and exception, and those before and after it."""
    for block, _ in listed(policies, "CIDRSet"):
        for cidr in (block["cidr"], *block.get("except", ())):
            network = ip_network(cidr)
            edges = (int(network.network_address), int(network.broadcast_address))
            for edge in (edges[0] - 1, *edges, edges[1] + 1):
                if 0 < edge < 2**network.max_prefixlen - 1:
                    yield str(type(network.network_address)(edge))


def names(policies: list[Body]) -> list[str]:
    """Return names that the rules mean, and others: deeper ones, shorter ones and longer ones."""
    found = [UNNAMED]
    for item, _ in listed(policies, "FQDNs"):
        name = (item.get("matchName") or item["matchPattern"]).removeprefix("**.")
        found += [name, f"a.{name}", f"a.b.{name}", f"x{name}", f"{name}.test"]
    return list(dict.fromkeys(found))


def ports(policies: list[Body]) -> Iterator[Port]:
    """Yield the ports that *policies* name, their neighbours, and what has no port."""
    numbers = {1, 53, 65535}
    for spec, _ in specs(policies):
        for _, rule in rules(spec):
            for item in (port for part in rule.get("toPorts", ()) for port in part.get("ports", ())):
                edges = [int(item["port"]), *([item["endPort"]] if "endPort" in item else [])]
                numbers |= {edge + step for edge in edges for step in (-1, 0, 1)}
    for protocol in PROTOCOLS:
        yield from ((protocol, number) for number in sorted(numbers) if 0 < number < 65536)
    yield from (("ICMP", 8), ("OTHER", 1))


def requests(policies: list[Body], placed: dict[str, Pod]) -> Iterator[Request]:
    """Yield requests of HTTP over the ports of each rule that looks at them, and DNS look-ups."""
    first = {pod: address for address, pod in reversed(placed.items())}
    for spec, home in specs(policies):
        subject = next(one for one in nearly(spec["endpointSelector"], home) if one in first)
        for section, rule in rules(spec):
            for part in rule.get("toPorts", ()):
                kinds = part.get("rules", {})
                callers = [first[next(iter(nearly(one, home)))] for one in peers(rule, "Endpoints")] or [INTERNET]
                for item, caller in ((item, one) for item in part.get("ports", ()) for one in callers):
                    port = (item["protocol"], int(item["port"]))
                    if "http" in kinds:
                        yield from http(caller, first[subject], port, kinds["http"])
                    if "dns" in kinds and section == "egress":
                        yield from (Request(first[subject], caller, port, name=one) for one in names(policies))


def http(source: str, target: str, port: Port, said: Iterable[Body]) -> Iterator[Request]:
    """Yield requests that each of the rules *said* may let pass, and others."""
    methods = dict.fromkeys([*METHODS, *(one["method"] for one in said if "method" in one)])
    for method in methods:
        yield from (Request(source, target, port, method, path, "shop") for path in PATHS)
