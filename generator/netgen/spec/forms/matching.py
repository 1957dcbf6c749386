"""Which pods a selector can match: none, only those of another selector, or none of another's."""

from __future__ import annotations

from netgen.intent import Expression, Selector
from netgen.records import record


@record
class Allowed:
    """What the label of one key may be: one of *values*, or, where *others* is true, anything but these.

    *absent* says that there may be no such label.
    """

    values: frozenset[str] = frozenset()
    others: bool = True
    absent: bool = True

    def __and__(self, other: Allowed) -> Allowed:
        """Return what both allow."""
        if self.others and other.others:
            values = self.values | other.values
        elif self.others or other.others:
            finite, rest = (other, self) if self.others else (self, other)
            values = finite.values - rest.values
        else:
            values = self.values & other.values
        return Allowed(values, others=self.others and other.others, absent=self.absent and other.absent)

    def __bool__(self) -> bool:
        """Return whether anything is allowed."""
        return bool(self.values) or self.others or self.absent


ANYTHING = Allowed()
ACCOUNT = "io.cilium.k8s.policy.serviceaccount"
"""The label in which policies see the account that pods run under."""


def allowed(selector: Selector) -> dict[str, Allowed]:
    """Return what *selector* allows for each key that it names; the other keys may be anything."""
    keys: dict[str, Allowed] = {}
    for key, value in selector.labels:
        keys[key] = keys.get(key, ANYTHING) & Allowed(frozenset({value}), others=False, absent=False)
    if selector.account:
        keys[ACCOUNT] = keys.get(ACCOUNT, ANYTHING) & Allowed(frozenset({selector.account}), others=False, absent=False)
    for expression in selector.expressions:
        keys[expression.key] = keys.get(expression.key, ANYTHING) & _expressed(expression)
    return keys


def contains(wide: Selector, narrow: Selector) -> bool:
    """Return whether every pod that *narrow* can match is one that *wide* matches."""
    inner = allowed(narrow)
    return all(inner.get(key, ANYTHING) & outer == inner.get(key, ANYTHING) for key, outer in allowed(wide).items())


def are_apart(one: Selector, other: Selector) -> bool:
    """Return whether a key tells the two apart, so that no pod can be matched by both."""
    first, second = allowed(one), allowed(other)
    return any(not first[key] & second[key] for key in first.keys() & second.keys())


def _expressed(expression: Expression) -> Allowed:
    values = frozenset(expression.values)
    match expression.operator:
        case "In":
            return Allowed(values, others=False, absent=False)
        case "NotIn":
            return Allowed(values, others=True, absent=True)
        case "Exists":
            return Allowed(others=True, absent=False)
        case _:
            return Allowed(others=False, absent=True)
