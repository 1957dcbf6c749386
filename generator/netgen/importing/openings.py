"""Policies without what opens everything: it closes nothing, and a comparison would call it a protection."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from netgen.evaluate.objects.model import Cluster, Direction, Policy, Rules
from netgen.importing.model import ANYTHING, meant
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
    wide = {key: _Wide(listed) for key, listed in opening.items()}
    for key, openings in wide.items():
        left = [one for one in closing[key] if not openings.has(one)]
        # What closes every pod tells at once.
        closing[key] = sorted(left, key=lambda one: one.subject != ANYTHING)
    kept = (_without(policy, closing, wide) for policy in cluster.policies)
    return replace(cluster, policies=tuple(one for one in kept if one.ingress is not None or one.egress is not None))


class _Wide:
    """Policies that open a direction, by a label of their pods."""

    def __init__(self, listed: list[Policy]) -> None:
        self._all = listed
        self._by_label: defaultdict[tuple[str, str] | None, list[Policy]] = defaultdict(list)
        for one in listed:
            labels = one.subject.labels
            self._by_label[labels[0] if labels else None].append(one)

    def has(self, policy: Policy) -> bool:
        """Return whether one of them opens all the pods that *policy* would close."""
        subject = policy.subject
        keys = (*subject.labels, None)
        near = self._all if subject.expressions else [one for key in keys for one in self._by_label.get(key, ())]
        return any(matching.contains(meant(wide.subject), meant(subject)) for wide in near)


def _without(policy: Policy, closing: Sides, opening: dict[tuple[str, Direction], _Wide]) -> Policy:
    for direction, rules, listed in policy.sides():
        key = policy.namespace, direction
        opens = _opens_all(rules)
        if opens:
            idle = all(_are_apart(policy, other) for other in closing[key])
        else:
            idle = key in opening and opening[key].has(policy)
        if listed and idle:
            ingress = None if direction is Direction.INGRESS else policy.ingress
            egress = None if direction is Direction.EGRESS else policy.egress
            policy = replace(policy, ingress=ingress, egress=egress)
    return policy


def _are_apart(one: Policy, other: Policy) -> bool:
    return matching.are_apart(meant(one.subject), meant(other.subject))


def _opens_all(rules: Rules) -> bool:
    return any(rule.peers is None and rule.ports is None for rule in rules)
