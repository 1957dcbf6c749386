"""Connections that are open for some requests only: whether they differ, and in which words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netgen.evaluate.filters import Filter
from netgen.evaluate.reach import Reach
from netgen.evaluate.sets import PortSet
from netgen.verify.groups import Group, Row
from netgen.verify.requests import in_words


def is_within(one: Filter, other: Filter) -> bool:
    """Return whether *other* certainly lets pass all that *one* does: of each end it asks for as much or more."""
    return all(any(set(mine) <= set(theirs) for mine in one) for theirs in other)


def told_apart(rows: Iterable[Row], here: Reach, there: Reach) -> Iterator[Row]:
    """Yield *rows*, open *here* and otherwise *there*, without what passes there too for all the requests."""
    if not (here.has_filters and there.has_filters):
        yield from rows
        return
    for target, sources, ports in rows:
        rest = [(sources, ports)]
        for mask, common in _spared(here, there, target):
            rest = [part for row in rest for part in _without(*row, mask, common)]
        yield from ((target, *part) for part in rest)


def _spared(here: Reach, there: Reach, target: int) -> Iterator[tuple[int, PortSet]]:
    """Yield sources and ports for which all that passes *here* passes *there*."""
    theirs = there.filtered(target)
    for sources, ports, asked in here.filtered(target):
        for others, some, wanted in theirs:
            if sources & others and ports & some and is_within(asked, wanted):
                yield sources & others, ports & some


def _without(sources: int, ports: PortSet, mask: int, some: PortSet) -> Iterator[tuple[int, PortSet]]:
    if sources & ~mask:
        yield sources & ~mask, ports
    if sources & mask and ports - some:
        yield sources & mask, ports - some


def in_excess(meant: Reach, there: Reach, group: Group) -> str:
    """Return for which requests a connection in excess is open, to end a sentence; "" where that says nothing."""
    wanted, found = (_asked(one, group) for one in (meant, there))
    if found is not None:
        return " for some requests" if wanted is None else " for more requests"
    return "" if wanted is None else " for every request"


def is_missing(meant: Reach, there: Reach, group: Group) -> str:
    """Return for which requests a missing connection should be open, and is not; "" where nothing passes."""
    wanted, found = (_asked(one, group) for one in (meant, there))
    if found is None:
        return ""
    return " for every request" if wanted is None else " for some requests"


def wanted_note(meant: Reach, group: Group) -> tuple[str, ...]:
    """Return what the spec says of the requests, as a note."""
    wanted = _asked(meant, group)
    return () if wanted is None else (f"the spec: only for {in_words(wanted)}",)


def _asked(reach: Reach, group: Group) -> Filter | None:
    return reach.filter(group.source, group.target, *group.ports.first())
