"""What is open for some requests only, apart from what is open as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from netgen.evaluate.filters import Filter
from netgen.evaluate.reach import Reach
from netgen.evaluate.sets import PortSet
from netgen.reaching.rows import Parts


@dataclass(frozen=True)
class Whole:
    """What *reach* opens to every request."""

    reach: Reach

    def row(self, target: int) -> Parts:
        """Return what is open to *target*."""
        return list(self.reach.whole(target))


@dataclass(frozen=True)
class Filtered:
    """What is open for the requests of one filter: *rows* by target."""

    rows: Mapping[int, Parts]

    def row(self, target: int) -> Parts:
        """Return what is open to *target*."""
        return self.rows.get(target, [])

    def beyond(self, other: Filtered) -> dict[int, Parts]:
        """Return what is open here and not in *other*."""
        return {target: minus(parts, other.row(target)) for target, parts in self.rows.items()}


def filtered(reach: Reach, targets: Iterable[int]) -> dict[Filter, Filtered]:
    """Return what *reach* opens to *targets* for some requests only, by filter."""
    found: dict[Filter, dict[int, Parts]] = {}
    for target in targets:
        for sources, ports, asked in reach.filtered(target):
            found.setdefault(asked, {}).setdefault(target, []).append((sources, ports))
    return {asked: Filtered({target: _apart(parts) for target, parts in rows.items()}) for asked, rows in found.items()}


def minus(parts: Parts, others: Iterable[tuple[int, PortSet]]) -> Parts:
    """Return what *parts* have beyond *others*, in which no end is twice."""
    found: Parts = []
    for mask, ports in parts:
        left = mask
        for other, theirs in others:
            if left & other:
                found.append((left & other, ports - theirs))
                left &= ~other
        found.append((left, ports))
    return [(mask, ports) for mask, ports in found if mask and ports]


def _apart(parts: Parts) -> Parts:
    """Return *parts* so that no end is in two."""
    found: Parts = []
    for mask, ports in parts:
        left, after = mask, []
        for other, known in found:
            after += [(other & left, known | ports), (other & ~left, known)]
            left &= ~other
        found = [each for each in (*after, (left, ports)) if each[0]]
    return found
