"""Values of labels by the parts that selectors ask for: one for each set of parts that a value can have at once."""

from __future__ import annotations

from functools import lru_cache
from string import ascii_letters, digits

from netgen.evaluate.objects.model import Operator
from netgen.evaluate.objects.operators import has_part

Part = tuple[Operator, str]
"""CONTAINS, STARTS_WITH or ENDS_WITH, and the part of a value, which is not empty."""

MOST = 5_000
"""So many beginnings of values are looked at."""
_LONGEST = 63
_ENDS = frozenset(ascii_letters + digits)


@lru_cache(maxsize=256)
def values_with(parts: frozenset[Part], taken: frozenset[str]) -> tuple[str, ...] | None:
    """Return a value for each set of *parts* that one value has at once and that is not *taken*; None: too many.

    A value of a label has at most 63 characters of letters, digits, `-`, `_` and `.`, the first and the last of which
    are no signs. The values are found from the shortest on, each as the beginning of others; of those that have the
    same behind them, and are not the beginning of a taken one, the first will do.
    """
    asked = sorted(parts)
    letters = _letters(asked)
    begun = {value[:size] for value in taken for size in range(len(value) + 1)}
    found: dict[tuple[bool, ...], str] = {}
    seen: set[tuple[object, ...]] = set()
    queue: list[tuple[str, tuple[int, ...]]] = [("", tuple(0 for _ in asked))]
    for value, state in queue:
        if value not in taken and value[-1:] in _ENDS:
            found.setdefault(tuple(has_part(*one, value) for one in asked), value)
        for letter in letters if len(value) < _LONGEST else ():
            longer = value + letter
            after = tuple(_step(*one, place, longer) for one, place in zip(asked, state, strict=True))
            key = after, letter in _ENDS, longer if longer in begun else None
            if longer[0] in _ENDS and key not in seen:
                seen.add(key)
                queue.append((longer, after))
        if len(queue) > MOST:
            return None
    if "" not in taken:
        found.setdefault(tuple(False for _ in asked), "")
    return tuple(sorted(found.values()))


def _letters(asked: list[Part]) -> list[str]:
    """Return the letters of the parts, and before them one that is in none, as long as there is any."""
    written = sorted({letter for _, part in asked for letter in part})
    other = next((one for one in ascii_letters + digits if one not in written), None)
    return written if other is None else [other, *written]


def _step(operator: Operator, part: str, place: int, value: str) -> int:
    """Return how much of *part* is at the end of *value*, all but for whose last letter it was *place*.

    Where it comes first or anywhere, all of it stays; -1 where it cannot come first any more.
    """
    if operator is Operator.STARTS_WITH:
        if place in (-1, len(part)):
            return place
        return place + 1 if part[place] == value[-1] else -1
    if operator is Operator.CONTAINS and place == len(part):
        return place
    return next(size for size in range(len(part), -1, -1) if value.endswith(part[:size]))
