"""Policies of one tier and one priority: nobody can say which of them decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import takewhile

from netgen.evaluate.objects.model import NAME_LABEL, Direction, Operator, Policy, Rules, Selector, Unknown

_FIX = "give each its own priority"


def ties(policies: Iterable[Policy]) -> Iterator[Unknown]:
    """Yield an Unknown for each of *policies* that may decide otherwise than another of its tier and its priority.

    They do not if all rules of a direction have one action, but for those with which both begin, or if no pod can be in
    both of their subjects.
    """
    groups: dict[tuple[str, float], list[Policy]] = {}
    for one in policies:
        groups.setdefault((one.tier.name, one.order), []).append(one)
    for same in groups.values():
        yield from _among(same)


def _among(policies: list[Policy]) -> Iterator[Unknown]:
    """Yield an Unknown for each of *policies* that another one before it may be at odds with.

    Those in different namespaces are not compared, so that one priority may be shared by many.
    """
    anywhere: list[Policy] = []
    homes: dict[str, list[Policy]] = {}
    for index, one in enumerate(policies):
        names = _values(one.scope, NAME_LABEL)
        others = (
            policies[:index]
            if names is None
            else [*anywhere, *(each for name in names for each in homes.get(name, ()))]
        )
        odd = next((other for other in others if _at_odds(one, other)), None)
        if odd is not None:
            what = f"two policies of the tier {one.tier.name} have the priority {one.order:g}, {odd} and {one}"
            place = one.spot.at("spec", "priority").value() if one.spot else None
            yield Unknown(f"{what}, and nobody can say which of them decides", place, _FIX)
        for name in names or ():
            homes.setdefault(name, []).append(one)
        if names is None:
            anywhere.append(one)


def _at_odds(one: Policy, other: Policy) -> bool:
    if _are_apart(one.scope, other.scope) or _are_apart(one.subject, other.subject):
        return False
    return any(_may_contradict(_rules(one, direction), _rules(other, direction)) for direction in Direction)


def _rules(policy: Policy, direction: Direction) -> Rules:
    return tuple(rule for side, rules, _ in policy.sides() if side is direction for rule in rules)


def _may_contradict(mine: Rules, theirs: Rules) -> bool:
    """Return whether it matters which of two lists of rules is first: not where they begin alike, up to one action."""
    alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(mine, theirs, strict=False)))
    mine, theirs = mine[alike:], theirs[alike:]
    return bool(mine and theirs) and len({rule.action for rule in (*mine, *theirs)}) > 1


def _are_apart(one: Selector | None, other: Selector | None) -> bool:
    """Return whether the two ask for different values of some label, so that nothing meets both."""
    if one is None or other is None:
        return False
    for key in {ask.key for ask in one.asks()} & {ask.key for ask in other.asks()}:
        mine, theirs = _values(one, key), _values(other, key)
        if mine is not None and theirs is not None and not mine & theirs:
            return True
    return False


def _values(selector: Selector | None, key: str) -> frozenset[str] | None:
    """Return values of which the label *key* has one; None where it may have any other or be missing."""
    if selector is None:
        return None
    asks = (ask for ask in selector.asks() if ask.key == key and ask.operator is Operator.IN)
    return next((frozenset(ask.values) for ask in asks), None)
