"""Policies without what opens everything: it closes nothing, and a comparison would call it a protection."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from netgen.evaluate.objects.model import Cluster, Direction, Policy, Rules
from netgen.importing.model import meant
from netgen.spec.forms import matching


def without_openings(cluster: Cluster) -> Cluster:
    """Return *cluster*, which reaches the same, without directions of policies that are open to everybody.

    A direction stays where another policy may close it for some of the same pods.
    """
    closing: defaultdict[tuple[str, Direction], list[Policy]] = defaultdict(list)
    opened = False
    for policy in cluster.policies:
        for direction, rules, listed in policy.sides():
            if listed and not _opens_all(rules):
                closing[policy.namespace, direction].append(policy)
            opened |= listed and _opens_all(rules)
    if not opened:
        return cluster
    kept = (_without(policy, closing) for policy in cluster.policies)
    return replace(cluster, policies=tuple(one for one in kept if one.ingress is not None or one.egress is not None))


def _without(policy: Policy, closing: dict[tuple[str, Direction], list[Policy]]) -> Policy:
    for direction, rules, listed in policy.sides():
        others = closing.get((policy.namespace, direction), ())
        if listed and _opens_all(rules) and all(_are_apart(policy, other) for other in others):
            ingress = None if direction is Direction.INGRESS else policy.ingress
            egress = None if direction is Direction.EGRESS else policy.egress
            policy = replace(policy, ingress=ingress, egress=egress)
    return policy


def _are_apart(one: Policy, other: Policy) -> bool:
    return matching.are_apart(meant(one.subject), meant(other.subject))


def _opens_all(rules: Rules) -> bool:
    return any(rule.peers is None and rule.ports is None for rule in rules)
