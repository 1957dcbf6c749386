"""Whether policies say the same in the same words, so that nobody has to ask what they allow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import fields
from operator import attrgetter

from netgen.evaluate.objects.model import Policy, Selector


def alike(policies: Iterable[Policy], others: Iterable[Policy]) -> bool:
    """Return whether both have equal policies for the same pods, in any order, but for their kinds and names.

    Then both allow the same under every semantics and every reading. False says nothing: the same can be said in other
    words.
    """
    mine, theirs = _words(policies), _words(others)
    return mine == theirs or (
        mine.keys() == theirs.keys() and all(Counter(said) == Counter(theirs[key]) for key, said in mine.items())
    )


_SAID = attrgetter(*(one.name for one in fields(Policy) if one.compare and one.name not in ("kind", "name")))


def _words(policies: Iterable[Policy]) -> dict[tuple[str, Selector], list[object]]:
    """Return what is said of each selection of pods."""
    found: dict[tuple[str, Selector], list[object]] = {}
    for one in policies:
        found.setdefault((one.namespace, one.subject), []).append(_SAID(one))
    return found
