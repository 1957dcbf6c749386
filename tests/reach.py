"""A plain reading of rendered NetworkPolicies: which of the pods, name servers, entry points and clients meet.

It shares nothing with the renderer but the manifests, and reads only what the examples hold.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from itertools import product
from typing import Any

Body = dict[str, Any]

INTERNET = "198.51.100.7"
"""An address outside of every cluster (RFC 5737)."""
DNS_LABELS = {"k8s-app": "kube-dns"}


@dataclass(frozen=True)
class End:
    """One end of a connection: a pod (*labels*) or an *address* outside; *is_app*: a policy is about it."""

    name: str
    namespace: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    address: str = ""
    is_app: bool = False


def rows(
    bodies: list[Body],
    entrypoints: dict[str, tuple[str, dict[str, str]]],
    tried: Iterable[tuple[str, int]] = (),
) -> list[tuple[str, str, str]]:
    """Return every (source, destination, port) that the policies among *bodies* leave open, sorted.

    The ports are those that the policies name, and those of *tried*. *entrypoints* maps a name to the namespace and
    labels of its data plane. Pods that are no app are called by their labels. A pod without a policy stands in each
    namespace, and one in a namespace of its own; what they reach would be a row named `stranger`. An address that a
    policy names alone is an end of this name.
    """
    policies = [body for body in bodies if body["kind"] == "NetworkPolicy"]
    ports = sorted(
        {(p["protocol"], p["port"]) for policy in policies for p in _ports(policy) if "port" in p} | {*tried}
    )
    ends = _ends(policies, entrypoints)
    return sorted(
        (source.name, target.name, f"{port}/{protocol}")
        for source, target in product(ends, ends)
        for protocol, port in ports
        if _is_told(source, target) and meets(source, target, protocol, port, policies)
    )


def meets(source: End, target: End, protocol: str, port: int, bodies: list[Body]) -> bool:
    """Return whether the policies among *bodies* let *source* open *port* of *target*, on both sides."""
    policies = [body for body in bodies if body["kind"] == "NetworkPolicy"]
    return _half(source, target, "egress", protocol, port, policies) and _half(
        target, source, "ingress", protocol, port, policies
    )


def _ends(policies: list[Body], entrypoints: dict[str, tuple[str, dict[str, str]]]) -> list[End]:
    pods = [_pod(policy) for policy in policies if policy["spec"]["podSelector"]]
    strangers = [End("stranger", pod.namespace) for pod in pods] + [End("stranger", "elsewhere")]
    gates = [_labelled(space, labels) for space, labels in entrypoints.values()]
    dns = _labelled("kube-system", DNS_LABELS)
    single = [End(address, address=address) for address in sorted(_addresses(policies))]
    return [*pods, *dict.fromkeys(strangers), *gates, dns, *single, End("internet", address=INTERNET)]


def _addresses(policies: list[Body]) -> set[str]:
    """Return the addresses that *policies* name one by one."""
    rules = [rule for policy in policies for way in ("ingress", "egress") for rule in policy["spec"].get(way, [])]
    peers = [peer for rule in rules for peer in (*rule.get("from", []), *rule.get("to", []))]
    blocks = [ip_network(peer["ipBlock"]["cidr"]) for peer in peers if "ipBlock" in peer]
    return {str(block.network_address) for block in blocks if block.num_addresses == 1}


def _labelled(namespace: str, labels: dict[str, str]) -> End:
    pairs = ",".join(f"{key}={value}" for key, value in labels.items())
    return End(f"{namespace}/{pairs}", namespace, tuple(labels.items()))


def _pod(policy: Body) -> End:
    """Return a pod that *policy* selects, named after it."""
    selector = policy["spec"]["podSelector"]
    labels = dict(selector.get("matchLabels", {}))
    labels |= {item["key"]: item["values"][0] for item in selector.get("matchExpressions", [])}
    metadata = policy["metadata"]
    name = f"{metadata['namespace']}/{metadata['name']}"
    return End(name, metadata["namespace"], tuple(labels.items()), is_app=True)


def _is_told(source: End, target: End) -> bool:
    """Return whether the pair is one that an expect.csv speaks of: one end at least is an app."""
    return source.is_app or target.is_app


def _ports(policy: Body) -> list[Body]:
    spec = policy["spec"]
    return [port for rule in spec.get("ingress", []) + spec.get("egress", []) for port in rule.get("ports", [])]


def _half(end: End, other: End, direction: str, protocol: str, port: int, policies: list[Body]) -> bool:
    """Return whether the policies that hold *end* let it meet *other* in *direction*."""
    holding = [
        policy["spec"]
        for policy in policies
        if not end.address
        and policy["metadata"]["namespace"] == end.namespace
        and direction.capitalize() in policy["spec"]["policyTypes"]
        and _selects(policy["spec"]["podSelector"], dict(end.labels))
    ]
    rules = [rule for spec in holding for rule in spec.get(direction, [])]
    side = "from" if direction == "ingress" else "to"
    return not holding or any(
        (side not in rule or any(_is_peer(peer, other, end.namespace) for peer in rule[side]))
        and ("ports" not in rule or any(_is_port(item, protocol, port) for item in rule["ports"]))
        for rule in rules
    )


def _is_port(item: Body, protocol: str, port: int) -> bool:
    first = item.get("port", port)
    return item["protocol"] == protocol and first <= port <= item.get("endPort", first)


def _is_peer(peer: Body, other: End, namespace: str) -> bool:
    if "ipBlock" in peer:
        block = peer["ipBlock"]
        inside = [ip_address(other.address) in ip_network(cidr) for cidr in (block["cidr"],) if other.address]
        return any(inside) and not any(
            ip_address(other.address) in ip_network(cidr) for cidr in block.get("except", [])
        )
    if other.address:
        return False
    if "namespaceSelector" in peer:
        spaces = {"kubernetes.io/metadata.name": other.namespace}
        return _selects(peer["namespaceSelector"], spaces) and _selects(peer.get("podSelector", {}), dict(other.labels))
    return other.namespace == namespace and _selects(peer["podSelector"], dict(other.labels))


def _selects(selector: Body, labels: dict[str, str]) -> bool:
    named = all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())
    return named and all(_holds(item, labels) for item in selector.get("matchExpressions", []))


def _holds(item: Body, labels: dict[str, str]) -> bool:
    value = labels.get(item["key"])
    return {
        "In": value in item.get("values", []),
        "NotIn": value not in item.get("values", []),
        "Exists": value is not None,
        "DoesNotExist": value is None,
    }[item["operator"]]
