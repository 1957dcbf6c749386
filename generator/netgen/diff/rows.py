"""Rows of reachability as sets of sources and their ports: what one has beyond another, and what two share."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from netgen.evaluate.sets import PortSet

Row = tuple[tuple[int, PortSet], ...]
"""Sources as bits and their ports; no source is in two of them."""


def minus(row: Row, other: Row) -> Row:
    """Return what *row* has beyond *other*."""
    if row == other:
        return ()
    found: dict[PortSet, int] = {}
    for sources, ports in row:
        left = sources
        for their_sources, their_ports in other:
            both = left & their_sources
            if both:
                _add(found, _less(ports, their_ports), both)
                left ^= both
        _add(found, ports, left)
    return tuple((sources, ports) for ports, sources in found.items())


def common(row: Row, other: Row) -> Row:
    """Return what *row* and *other* share."""
    return minus(row, minus(row, other))


def within(row: Row, sources: int) -> Row:
    """Return *row* for *sources* alone."""
    return tuple((mask & sources, ports) for mask, ports in row if mask & sources)


def joined(rows: Iterable[Row]) -> Row:
    """Return all of *rows*, in which no source has two sets of ports together, by ports."""
    found: dict[PortSet, int] = {}
    for row in rows:
        for sources, ports in row:
            _add(found, ports, sources)
    return tuple((sources, ports) for ports, sources in found.items())


def _add(found: dict[PortSet, int], ports: PortSet, sources: int) -> None:
    if ports and sources:
        found[ports] = found.get(ports, 0) | sources


@cache
def _less(ports: PortSet, others: PortSet) -> PortSet:
    return ports - others
