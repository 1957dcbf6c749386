"""Filters in words: which requests of a connection pass, as it is told to people and programs."""

from __future__ import annotations

from netgen.evaluate.filters import Filter, Lookup, Passing

MOST = 5
"""So many of several requests are told to people."""


def in_words(asked: Filter, *, most: int | None = MOST) -> str:
    """Return which requests *asked* lets pass, as `GET /orders or POST /orders`: *most* of them, or all for None.

    Methods, paths and hosts are regular expressions, as policies have them.
    """
    sides = [_side([_one(each) for each in side], most) for side in asked]
    return sides[0] if len(sides) == 1 else " and ".join(f"({side})" for side in sides)


def one_by_one(asked: Filter) -> list[list[str]]:
    """Return the same as lists: one of each must be met."""
    return [[_one(each) for each in side] for side in asked]


def _side(names: list[str], most: int | None) -> str:
    if most is None or len(names) <= most:
        return " or ".join(names)
    return f"{' or '.join(names[:most])} or {len(names) - most} more"


def _one(one: Passing) -> str:
    if isinstance(one, Lookup):
        return f"DNS lookups of {one.pattern}"
    words = [one.method or "any method", one.path] if one.path else [one.method] if one.method else []
    host = [f"at {one.host}"] if one.host else []
    headers = [f"with {', '.join(one.headers)}"] if one.headers else []
    return " ".join([*(words or ["any request"]), *host, *headers])
