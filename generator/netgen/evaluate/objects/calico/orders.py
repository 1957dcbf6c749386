"""Policies of one order in one tier: which of them is asked first differs between the releases of Calico."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations

from netgen.evaluate.objects.model import Action, Direction, Policy, Unknown

_KIND = "projectcalico.org"


def ties(policies: Iterable[Policy]) -> Iterator[Unknown]:
    """Yield an Unknown for each tier with two policies of equal order, at least one Calico's, that can contradict.

    Those of one kind and namespace are asked by their names, in every release.
    """
    groups: dict[tuple[str, float], list[Policy]] = {}
    for one in policies:
        groups.setdefault((one.tier.name, one.order), []).append(one)
    for (tier, _), group in groups.items():
        if any(one.kind.endswith(_KIND) for one in group):
            pair = next((found for direction in Direction if (found := _tie(group, direction))), None)
            if pair is not None:
                one, other = sorted(pair, key=lambda each: (not each.kind.endswith(_KIND), str(each)))
                what = f"the {one.kind} {one} and the {other.kind} {other} have the same order in the tier {tier}"
                fix = "give each another order: which of the two is asked first differs between the releases of Calico"
                yield Unknown(what, one.spot.at("spec").key() if one.spot else None, fix)


def _tie(group: list[Policy], direction: Direction) -> tuple[Policy, Policy] | None:
    """Return two of *group* of which one may do the opposite of the other to the same pods in *direction*."""
    doing = [(one, _actions(one, direction)) for one in group]
    doing = [(one, actions) for one, actions in doing if actions]
    if len({action for _, actions in doing for action in actions}) < 2:
        return None
    for (one, actions), (other, others) in combinations(doing, 2):
        if len(actions | others) > 1 and not _is_ordered(one, other) and _may_meet(one, other):
            return one, other
    return None


def _actions(policy: Policy, direction: Direction) -> frozenset[Action]:
    rules = policy.ingress if direction is Direction.INGRESS else policy.egress
    return frozenset(rule.action for rule in rules or ())


def _is_ordered(one: Policy, other: Policy) -> bool:
    """Return whether every release asks the two in the same order."""
    if (one.kind, one.namespace) != (other.kind, other.namespace):
        return False
    return one.name == other.name or ("." in one.name) == ("." in other.name)


def _may_meet(one: Policy, other: Policy) -> bool:
    """Return whether some pod may be in both."""
    if one.scope is None and other.scope is None and one.namespace != other.namespace:
        return False
    labels = dict(one.subject.labels)
    return all(labels.get(key, value) == value for key, value in other.subject.labels)
