"""Policies without what opens everything: it closes nothing, and a comparison would call it a protection."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from netgen.evaluate.objects.model import Cluster, Direction, Policy, Rules
from netgen.importing.model import meant
from netgen.spec.forms import matching

Sides = defaultdict[tuple[str, Direction], list[Policy]]
"""Policies by namespace and direction."""


def without_openings(cluster: Cluster) -> Cluster:
    """Return *cluster*, which reaches the same, without directions of policies that are open to everybody.

    A direction stays where another policy may close it for some of the same pods. One that closes only pods which
    another policy opens goes too.
    """
    closing: Sides = defaultdict(list)
    opening: Sides = defaultdict(list)
    for policy in cluster.policies:
        for direction, rules, listed in policy.sides():
            if listed:
                (opening if _opens_all(rules) else closing)[policy.namespace, direction].append(policy)
    if not opening:
        return cluster
    for key, wide in opening.items():
        closing[key] = [one for one in closing[key] if not _is_idle(one, wide)]
    kept = (_without(policy, closing, opening) for policy in cluster.policies)
    return replace(cluster, policies=tuple(one for one in kept if one.ingress is not None or one.egress is not None))


def _without(policy: Policy, closing: Sides, opening: Sides) -> Policy:
    for direction, rules, listed in policy.sides():
        key = policy.namespace, direction
        opens = _opens_all(rules)
        idle = all(_are_apart(policy, other) for other in closing[key]) if opens else _is_idle(policy, opening[key])
        if listed and idle:
            ingress = None if direction is Direction.INGRESS else policy.ingress
            egress = None if direction is Direction.EGRESS else policy.egress
            policy = replace(policy, ingress=ingress, egress=egress)
    return policy


def _is_idle(policy: Policy, opening: list[Policy]) -> bool:
    """Return whether another policy opens all the pods that *policy* would close."""
    return any(matching.contains(meant(wide.subject), meant(policy.subject)) for wide in opening)


def _are_apart(one: Policy, other: Policy) -> bool:
    return matching.are_apart(meant(one.subject), meant(other.subject))


def _opens_all(rules: Rules) -> bool:
    return any(rule.peers is None and rule.ports is None for rule in rules)
