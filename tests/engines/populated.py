"""Policies without pods -> a cluster in which somebody stands wherever the policies make a difference."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from itertools import count
from typing import Any

from engine import Port, Question
from writing import plainly

Body = dict[str, Any]
Pod = tuple[str, tuple[tuple[str, str], ...]]
"""Namespace and labels."""

NAME_LABEL = "kubernetes.io/metadata.name"
ELSEWHERE = "elsewhere"
"""A namespace that no policy names."""
OUTSIDE = ("198.51.100.9", "2001:db8:ffff::9")
NODES = ("172.31.0.1", "172.31.0.2")


def populated(name: str, manifests: str, policies: list[Body]) -> Question:
    """Return the question who reaches whom in a cluster with *policies*, which are those of the stream *manifests*.

    In it stand pods that are what each selector asks for and pods that almost are: in the policies' namespaces the apps
    and strangers, elsewhere DNS, the entry points and strangers; a pod on the host network; and addresses in and beside
    each block. The ports are those that the policies name, and their neighbours.
    """
    namespaces = spaces(policies)
    people = dict.fromkeys([*wanted(policies, namespaces), *((space, ()) for space in namespaces)])
    objects = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space, "labels": labels}}
        for space, labels in namespaces.items()
    ]
    homes = [f"10.244.{number >> 8}.{number & 255}" if number % 3 else f"fd00::{number:x}" for number in range(2, 2000)]
    placed = dict(zip(homes, people, strict=False))
    assert len(placed) == len(people)
    objects += [pod(f"p{number}", one, home) for number, (home, one) in enumerate(placed.items())]
    first = next(iter(people))
    objects.append(pod("on-host", first, NODES[0], host=True))
    outside = dict.fromkeys([*OUTSIDE, *beside(policies)])
    addresses = (*placed, *NODES, *(one for one in outside if one not in placed and one not in NODES))
    return Question(name, f"{manifests}---\n{plainly(objects)}", addresses, tuple(ports(policies)))


def pod(name: str, what: Pod, address: str, *, host: bool = False) -> Body:
    """Return a Pod."""
    namespace, labels = what
    metadata = {"name": name, "namespace": namespace, "labels": dict(labels)}
    spec = {"containers": [{"name": "c"}], "hostNetwork": host}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": {"podIP": address}}


def peers(policies: list[Body]) -> Iterator[tuple[Body, Body]]:
    """Yield each peer with its policy."""
    for policy in policies:
        for way, key in (("ingress", "from"), ("egress", "to")):
            for rule in policy["spec"].get(way) or []:
                yield from ((policy, peer) for peer in rule.get(key) or [])


def spaces(policies: list[Body]) -> dict[str, dict[str, str]]:
    """Return the labels of the namespaces that policies live in or select, and of one that nobody names."""
    names = [policy["metadata"]["namespace"] for policy in policies]
    found: dict[str, dict[str, str]] = {name: {} for name in names}
    numbers = count()
    for _, peer in peers(policies):
        labels = satisfying(peer.get("namespaceSelector"))
        name = labels.pop(NAME_LABEL, f"selected-{next(numbers)}" if labels else "")
        if name:
            found.setdefault(name, {}).update(labels)
    return found | {ELSEWHERE: {}}


def wanted(policies: list[Body], namespaces: dict[str, dict[str, str]]) -> Iterator[Pod]:
    """Yield pods that are as the policies select them, and without their last label."""
    for policy in policies:
        yield from nearly(policy["metadata"]["namespace"], policy["spec"].get("podSelector"))
    for policy, peer in peers(policies):
        if "ipBlock" in peer:
            continue
        asked = satisfying(peer.get("namespaceSelector"))
        own = policy["metadata"]["namespace"]
        for name, labels in namespaces.items():
            if (labels | {NAME_LABEL: name}).items() >= asked.items() and (asked or name in (own, ELSEWHERE)):
                yield from nearly(name, peer.get("podSelector"))


def nearly(namespace: str, selector: Body | None) -> Iterator[Pod]:
    """Yield a pod that *selector* means, and one that lacks a label."""
    labels = tuple(satisfying(selector).items())
    yield namespace, labels
    yield namespace, labels[:-1]


def satisfying(selector: Body | None) -> dict[str, str]:
    """Return the fewest labels that *selector* asks for."""
    found = dict((selector or {}).get("matchLabels") or {})
    for item in (selector or {}).get("matchExpressions") or []:
        if item["operator"] in ("In", "Exists"):
            found.setdefault(item["key"], item["values"][0] if item["operator"] == "In" else "any")
    return found


def beside(policies: list[Body]) -> Iterator[str]:
    """Yield the first and last address of each block and exception, and those before and after it."""
    for _, peer in peers(policies):
        block = peer.get("ipBlock") or {}
        for cidr in [block["cidr"], *(block.get("except") or [])] if block else []:
            network = ip_network(cidr, strict=False)
            edges = (int(network.network_address), int(network.broadcast_address))
            for edge in (edges[0] - 1, *edges, edges[1] + 1):
                if 0 < edge < 2**network.max_prefixlen - 1:
                    yield str(type(network.network_address)(edge))


def ports(policies: list[Body]) -> Iterator[Port]:
    """Yield the ports that *policies* name, their neighbours, and what has no port."""
    numbers = {1, 65535}
    for policy in policies:
        for way in ("ingress", "egress"):
            for rule in policy["spec"].get(way) or []:
                for port in rule.get("ports") or []:
                    numbers |= {port[key] + step for key in ("port", "endPort") if key in port for step in (-1, 0, 1)}
    for protocol in ("TCP", "UDP", "SCTP"):
        yield from ((protocol, number) for number in sorted(numbers) if 0 < number < 65536)
    yield "OTHER", 1
