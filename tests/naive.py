"""NetworkPolicy as its API documentation words it, one connection at a time; it shares no line with netgen.

Source: the comments of NetworkPolicySpec in kubernetes/api networking/v1/types.go.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_address, ip_network
from typing import Any

Body = dict[str, Any]


@dataclass(frozen=True)
class End:
    """A pod, or with *pod* None an address. *ports*: (name, protocol, number, of an init container)."""

    address: str
    pod: str | None = None
    namespace: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    spaces: dict[str, str] = field(default_factory=dict)
    ports: tuple[tuple[str, str, int, bool], ...] = ()
    host: bool = False


@dataclass(frozen=True)
class Choices:
    """What the documentation leaves to the plugin."""

    blocks_match_pods: bool = True
    blocks_match_nodes: bool = True
    selectors_match_hosts: bool = False
    unlisted_rules: bool = False
    init_ports: bool = False


def allowed(policies: list[Body], source: End, target: End, protocol: str, port: int, choices: Choices) -> bool:
    """Return whether *source* may open a connection to *port* of *target*: both sides must allow it."""
    return all(side(policies, source, target, protocol, port, choices, way) for way in ("egress", "ingress"))


def side(policies: list[Body], source: End, target: End, protocol: str, port: int, choices: Choices, way: str) -> bool:
    """Return whether the egress of *source*, or the ingress of *target*, allows the connection."""
    own, other = (source, target) if way == "egress" else (target, source)
    if own.pod is None or own.host:
        return True
    holding = [
        policy
        for policy in policies
        if policy["metadata"]["namespace"] == own.namespace
        and affects(policy["spec"], way, choices)
        and selects(policy["spec"].get("podSelector") or {}, own.labels)
    ]
    rules = [(rule or {}, policy) for policy in holding for rule in policy["spec"].get(way) or []]
    key = "to" if way == "egress" else "from"
    return not holding or any(
        (not rule.get(key) or any(is_peer(peer, other, own.namespace, choices) for peer in rule[key]))
        and (
            not rule.get("ports") or any(is_port(item or {}, protocol, port, target, choices) for item in rule["ports"])
        )
        for rule, policy in rules
    )


def affects(spec: Body, way: str, choices: Choices) -> bool:
    """Return whether a policy is about this direction."""
    types = spec.get("policyTypes") or (["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])
    return way.capitalize() in types or (choices.unlisted_rules and bool(spec.get(way)))


def is_peer(peer: Body, other: End, namespace: str, choices: Choices) -> bool:
    """Return whether *other* is meant."""
    if peer.get("ipBlock"):
        if other.pod is not None and not (choices.blocks_match_nodes if other.host else choices.blocks_match_pods):
            return False
        inside = [inside_of(other.address, cidr) for cidr in (peer["ipBlock"].get("except") or [])]
        return inside_of(other.address, peer["ipBlock"]["cidr"]) and not any(inside)
    if other.pod is None or (other.host and not choices.selectors_match_hosts):
        return False
    spaces = peer.get("namespaceSelector")
    there = other.namespace == namespace if spaces is None else selects(spaces, other.spaces)
    return there and selects(peer.get("podSelector") or {}, other.labels)


@cache
def inside_of(address: str, cidr: str) -> bool:
    """Return whether *address* is in *cidr*, of the same family."""
    return ip_address(address) in ip_network(cidr, strict=False)


def is_port(item: Body, protocol: str, port: int, target: End, choices: Choices) -> bool:
    """Return whether *port* is meant, which for a name depends on the destination."""
    if (item.get("protocol") or "TCP") != protocol:
        return False
    wanted = item.get("port")
    if wanted is None:
        return True
    if isinstance(wanted, int):
        return wanted <= port <= (item.get("endPort") or wanted)
    unseen = target.pod is None or (target.host and not choices.selectors_match_hosts)
    named = [] if unseen else [entry for entry in target.ports if choices.init_ports or not entry[3]]
    return (wanted, protocol, port) in [entry[:3] for entry in named]


def selects(selector: Body, labels: dict[str, str]) -> bool:
    """Return whether all of *selector* holds."""
    return all(labels.get(key) == value for key, value in (selector.get("matchLabels") or {}).items()) and all(
        holds(item, labels) for item in selector.get("matchExpressions") or []
    )


def holds(item: Body, labels: dict[str, str]) -> bool:
    """Return whether one expression holds; a label that is not there is not in any list of values."""
    has, within = item["key"] in labels, labels.get(item["key"]) in item.get("values", [])
    return {"In": within, "NotIn": not within, "Exists": has, "DoesNotExist": not has}[item["operator"]]
