"""ClusterNetworkPolicy beside NetworkPolicy as their documentation words it, one connection at a time.

It shares no line with netgen. Source: the comments in kubernetes-sigs/network-policy-api v0.2.0,
apis/v1alpha2/clusternetworkpolicy_types.go.
"""

from __future__ import annotations

from dataclasses import dataclass

import naive
from naive import Body, Choices, End


@dataclass(frozen=True)
class Finality:
    """When NetworkPolicy has the last word, which plugins see differently.

    *isolates_last*: what it does not allow is closed only where Baseline says nothing. *final_for_pods*: Baseline is
    not asked about a pod that it selects, whatever the direction.
    """

    isolates_last: bool = False
    final_for_pods: bool = False


def allowed(
    policies: list[Body],
    tiered: list[Body],
    source: End,
    target: End,
    protocol: str,
    port: int,
    choices: Choices,
    finality: Finality,
) -> bool:
    """Return whether *source* may open a connection to *port* of *target*: both sides must allow it."""
    ways = ("egress", "ingress")
    return all(side(policies, tiered, source, target, protocol, port, choices, finality, way) for way in ways)


def side(
    policies: list[Body],
    tiered: list[Body],
    source: End,
    target: End,
    protocol: str,
    port: int,
    choices: Choices,
    finality: Finality,
    way: str,
) -> bool:
    """Return whether the egress of *source*, or the ingress of *target*, allows the connection."""
    own, other = (source, target) if way == "egress" else (target, source)
    if own.pod is None or own.host:
        return True
    admin = decision("Admin", tiered, own, other, target, protocol, port, choices, way)
    if admin in ("Accept", "Deny"):
        return admin == "Accept"
    selecting = [one for one in policies if is_about(one, own)]
    holding = [one for one in selecting if naive.affects(one["spec"], way, choices)]
    if holding:
        if naive.side(policies, source, target, protocol, port, choices, way):
            return True
        if not finality.isolates_last:
            return False
    elif finality.final_for_pods and any(
        naive.affects(one["spec"], each, choices) for one in selecting for each in ("ingress", "egress")
    ):
        return True
    baseline = decision("Baseline", tiered, own, other, target, protocol, port, choices, way)
    return baseline == "Accept" if baseline in ("Accept", "Deny") else not holding


def is_about(policy: Body, own: End) -> bool:
    """Return whether a NetworkPolicy selects a pod."""
    here = policy["metadata"]["namespace"] == own.namespace
    return here and naive.selects(policy["spec"].get("podSelector") or {}, own.labels)


def decision(
    tier: str,
    tiered: list[Body],
    own: End,
    other: End,
    target: End,
    protocol: str,
    port: int,
    choices: Choices,
    way: str,
) -> str | None:
    """Return the action of the first rule of *tier* that matches; None if there is none."""
    specs = [one["spec"] for one in tiered if one["spec"]["tier"] == tier and is_meant(one["spec"]["subject"], own)]
    for spec in sorted(specs, key=lambda spec: spec["priority"]):
        for rule in spec.get(way) or ():
            peers = rule["to" if way == "egress" else "from"]
            if any(is_peer(peer, other, choices) for peer in peers) and is_protocol(
                rule.get("protocols"), protocol, port, target, choices
            ):
                action: str = rule["action"]
                return action
    return None


def is_meant(selected: Body, pod: End) -> bool:
    """Return whether a subject, or a peer of namespaces or pods, selects a pod."""
    if selected.get("namespaces") is not None:
        return naive.selects(selected["namespaces"], pod.spaces)
    if selected.get("pods") is None:
        return False
    spaces = selected["pods"].get("namespaceSelector") or {}
    return naive.selects(spaces, pod.spaces) and naive.selects(selected["pods"]["podSelector"], pod.labels)


def is_peer(peer: Body, other: End, choices: Choices) -> bool:
    """Return whether *other* is meant."""
    if peer.get("networks") is not None:
        if other.pod is not None and not (choices.blocks_match_nodes if other.host else choices.blocks_match_pods):
            return False
        return any(naive.inside_of(other.address, cidr) for cidr in peer["networks"])
    return other.pod is not None and (not other.host or choices.selectors_match_hosts) and is_meant(peer, other)


def is_protocol(items: list[Body] | None, protocol: str, port: int, target: End, choices: Choices) -> bool:
    """Return whether *port* is meant, which for a name depends on the destination; without items every one is."""
    return items is None or any(is_item(item, protocol, port, target, choices) for item in items)


def is_item(item: Body, protocol: str, port: int, target: End, choices: Choices) -> bool:
    """Return whether one item means *port*."""
    name = item.get("destinationNamedPort")
    if name is not None:
        if target.pod is None or (target.host and not choices.selectors_match_hosts):
            return False
        named = [entry[:3] for entry in target.ports if choices.init_ports or not entry[3]]
        return (name, protocol, port) in named
    wanted = (item.get(protocol.lower()) or {}).get("destinationPort")
    if wanted is None:
        return False
    if wanted.get("number") is not None:
        return bool(wanted["number"] == port)
    return bool(wanted["range"]["start"] <= port <= wanted["range"]["end"])
