"""Policies of one order in one tier: which of them is asked first differs between the releases of Calico."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from netgen.evaluate.objects.model import Action, Direction, Policy, Unknown

_KIND = "projectcalico.org"


def ties(policies: Iterable[Policy]) -> Iterator[Unknown]:
    """Yield an Unknown for each tier with two policies of equal order, at least one Calico's, that can contradict.

    Those of one kind and namespace are asked by their names. Up to 3.31 that is all; from 3.32 on it is by the text
    NAME/NAMESPACE/KIND (felix/calc/policy_sorter.go, PolKVLess), in which `web-2` comes before `web`.
    """
    groups: dict[tuple[str, float], list[Policy]] = {}
    for one in policies:
        groups.setdefault((one.tier.name, one.order), []).append(one)
    for (tier, _), group in groups.items():
        if len(group) > 1 and any(one.kind.endswith(_KIND) for one in group):
            pair = next((found for direction in Direction if (found := _tie(group, direction))), None)
            if pair is not None:
                one, other = sorted(pair, key=lambda each: (not each.kind.endswith(_KIND), str(each)))
                what = f"the {one.kind} {one} and the {other.kind} {other} have the same order in the tier {tier}"
                fix = "give each another order: which of the two is asked first differs between the releases of Calico"
                yield Unknown(what, one.spot.at("spec").key() if one.spot else None, fix)


class _Line(NamedTuple):
    """Policies that every release asks in the order of their names, but for a name that another one begins with."""

    kind: str
    namespace: str
    has_dot: bool


class _Doing(NamedTuple):
    """A policy, and what its rules of a direction do."""

    policy: Policy
    line: _Line
    actions: frozenset[Action]

    def contradicts(self, other: _Doing) -> bool:
        """Return whether one may do the opposite of the other to some pod, whose labels both select."""
        one, two = self.policy, other.policy
        if len(self.actions | other.actions) < 2 or (
            one.scope is None and two.scope is None and one.namespace != two.namespace
        ):
            return False
        labels = dict(one.subject.labels)
        return all(labels.get(key, value) == value for key, value in two.subject.labels)


def _tie(group: list[Policy], direction: Direction) -> tuple[Policy, Policy] | None:
    """Return the first two of *group* of which one may do the opposite of the other to the same pods in *direction*."""
    doing = [
        _Doing(one, _Line(one.kind, one.namespace, "." in one.name), actions)
        for one in group
        if (actions := _actions(one, direction))
    ]
    if len({action for one in doing for action in one.actions}) < 2:
        return None
    rivals = _Rivals(doing)
    for number, one in enumerate(doing):
        found = (each for each in rivals.of(one) if each > number and one.contradicts(doing[each]))
        first = min(found, default=None)
        if first is not None:
            return one.policy, doing[first].policy
    return None


def _actions(policy: Policy, direction: Direction) -> frozenset[Action]:
    rules = policy.ingress if direction is Direction.INGRESS else policy.egress
    return frozenset(rule.action for rule in rules or ())


_ByValue = dict[str | None, list[int]]


class _Rivals:
    """Finds for a policy those that may be asked before it in one release and behind it in another.

    There may be thousands of one order, each about its own app: those of other namespaces are not looked at, and
    neither are those whose pods have another value of the label that tells most of them apart.
    """

    def __init__(self, doing: Sequence[_Doing]) -> None:
        self._label = _telling([one.policy for one in doing])
        self._homes: dict[str | None, dict[_Line, _ByValue]] = {}
        self._values: dict[str | None, dict[_Line, list[int]]] = {}
        self._named: dict[tuple[_Line, str], list[int]] = {}
        self._longer: dict[tuple[_Line, str], list[int]] = {}
        for number, (policy, line, _) in enumerate(doing):
            value = self._value(policy)
            home = policy.namespace if policy.scope is None else None
            self._homes.setdefault(home, {}).setdefault(line, {}).setdefault(value, []).append(number)
            self._values.setdefault(value, {}).setdefault(line, []).append(number)
            self._named.setdefault((line, policy.name), []).append(number)
            for begun in _beginnings(policy.name):
                self._longer.setdefault((line, begun), []).append(number)

    def of(self, one: _Doing) -> Iterator[int]:
        """Yield the numbers of the rivals of *one*, and of some that are not about its pods."""
        policy, line, _ = one
        yield from self._longer.get((line, policy.name), ())
        for begun in _beginnings(policy.name):
            yield from self._named.get((line, begun), ())
        value = self._value(policy)
        if policy.scope is None:
            for home in (policy.namespace, None):
                yield from self._near(self._homes.get(home, {}), line, value)
        else:
            yield from self._anywhere(line, value)

    def _near(self, here: dict[_Line, _ByValue], line: _Line, value: str | None) -> Iterator[int]:
        for other, values in here.items():
            if other != line:
                for each in values if value is None else (value, None):
                    yield from values.get(each, ())

    def _anywhere(self, line: _Line, value: str | None) -> Iterator[int]:
        for each in self._values if value is None else (value, None):
            for other, numbers in self._values.get(each, {}).items():
                if other != line:
                    yield from numbers

    def _value(self, policy: Policy) -> str | None:
        return next((value for key, value in policy.subject.labels if key == self._label), None)


def _telling(policies: Iterable[Policy]) -> str | None:
    """Return the label of which *policies* select the most values."""
    values: dict[str, set[str]] = {}
    for one in policies:
        for key, value in one.subject.labels:
            values.setdefault(key, set()).add(value)
    return max(values, key=lambda key: len(values[key]), default=None)


def _beginnings(name: str) -> Iterator[str]:
    """Yield the names that come before *name* as they are, and behind it with a slash at the end."""
    return (name[:place] for place, letter in enumerate(name) if letter in "-.")
