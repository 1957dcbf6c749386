"""What selectors ask, put into alternatives: of each all has to hold, so that it is a LabelSelector."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from netgen.evaluate.objects.calico.selectors import All, Any, Asks, Not
from netgen.evaluate.objects.model import Expression, Operator

MOST = 64
"""So many alternatives a selector may have."""

Alternative = tuple[Expression, ...]
"""Expressions that all have to hold, sorted, each once."""

_OPPOSITES = {
    Operator.IN: Operator.NOT_IN,
    Operator.EXISTS: Operator.DOES_NOT_EXIST,
    Operator.CONTAINS: Operator.NOT_CONTAINS,
    Operator.STARTS_WITH: Operator.NOT_STARTS_WITH,
    Operator.ENDS_WITH: Operator.NOT_ENDS_WITH,
}
_OPPOSITES |= {negative: positive for positive, negative in _OPPOSITES.items()}


class TooManyError(ValueError):
    """What is asked has more alternatives than are looked at."""


def is_met(asks: Asks, labels: Mapping[str, str]) -> bool:
    """Return whether *labels* have what is asked."""
    match asks:
        case All(parts):
            return all(is_met(part, labels) for part in parts)
        case Any(parts):
            return any(is_met(part, labels) for part in parts)
        case Not(part):
            return not is_met(part, labels)
        case Expression():
            return asks.holds(labels.get(asks.key))


def keys(asks: Asks) -> frozenset[str]:
    """Return the keys of the labels that are asked for."""
    match asks:
        case All(parts) | Any(parts):
            return frozenset(key for part in parts for key in keys(part))
        case Not(part):
            return keys(part)
        case Expression():
            return frozenset((asks.key,))


@lru_cache(maxsize=4096)
def alternatives(asks: Asks) -> tuple[Alternative, ...]:
    """Return the alternatives of which one has to hold; none where nothing meets *asks*. TooManyError beyond MOST."""
    return tuple(dict.fromkeys(tuple(sorted(one)) for one in _alternatives(asks, negated=False)))


def can_be_met(asks: Asks) -> bool:
    """Return whether some labels may have what is asked."""
    try:
        return bool(alternatives(asks))
    except TooManyError:
        return True


def _alternatives(asks: Asks, *, negated: bool) -> list[frozenset[Expression]]:
    match asks:
        case Not(part):
            return _alternatives(part, negated=not negated)
        case Expression():
            return [frozenset((opposite(asks) if negated else asks,))]
        case All(parts) | Any(parts):
            listed = [_alternatives(part, negated=negated) for part in parts]
            if isinstance(asks, Any) != negated:
                return _few([one for each in listed for one in each])
            found = [frozenset[Expression]()]
            for each in listed:
                found = _few([one | other for one in found for other in each])
            return found


def opposite(one: Expression) -> Expression:
    """Return what asks for the opposite."""
    return one._replace(operator=_OPPOSITES[one.operator])


def _few(found: list[frozenset[Expression]]) -> list[frozenset[Expression]]:
    """Return what can hold of *found*, each once and none that asks for all of another and more."""
    able = list(dict.fromkeys(one for one in found if not any(opposite(each) in one for each in one)))
    least = [one for one in able if not any(other < one for other in able)]
    if len(least) > MOST:
        raise TooManyError(f"a selector has more than {MOST} alternatives")
    return least
