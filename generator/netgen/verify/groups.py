"""Connections that differ, in groups that a person can read: one is shown, the others are counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netgen.evaluate.reach import Reach
from netgen.evaluate.sets import PortSet, bits
from netgen.evaluate.universe import Universe
from netgen.records import record
from netgen.verify.reasons import on

Row = tuple[int, int, PortSet]
"""A target, sources as bits, and ports."""

CAN = "can"
"""The word for a connection that is open for certain."""
_SHOWN = 3


@record
class Group:
    """Connections from *sources*, as bits, to each of *targets* on *ports*; *source* and *target* is the one shown."""

    sources: int
    targets: tuple[int, ...]
    ports: PortSet
    source: int
    target: int

    @property
    def count(self) -> int:
        """Return how many connections these are."""
        return self.sources.bit_count() * len(self.targets)

    def others(self, universe: Universe) -> Iterator[str]:
        """Yield what is to be said of those that are not shown, if there are any."""
        if self.count > 1:
            ends = universe.endpoints
            sources = listed([ends[index].name for index in _from(self.source, bits(self.sources))])
            targets = listed([ends[index].name for index in _from(self.target, self.targets)])
            more = self.count - 1
            yield f"the same for {more} more pair{'s' if more > 1 else ''}: from {sources}, to {targets}"


def groups(rows: Iterable[Row], apps: int) -> Iterator[Group]:
    """Yield *rows* in groups, in the order of their first targets.

    A connection between two of *apps*, endpoints as bits, is shown before one with a stranger: it says the most.
    """
    found: dict[tuple[int, PortSet], list[int]] = {}
    for target, sources, ports in rows:
        found.setdefault((sources, ports), []).append(target)
    for (sources, ports), targets in found.items():
        target = next((one for one in targets if apps >> one & 1), targets[0])
        known = sources & apps
        source = next(bits(known & ~(1 << target) or known or sources))
        yield Group(sources, tuple(targets), ports, source, target)


def beyond(rows: Iterable[Row], told: Iterable[Row]) -> Iterator[Row]:
    """Yield *rows* without the pairs of *told*."""
    seen: dict[int, int] = {}
    for target, sources, _ in told:
        seen[target] = seen.get(target, 0) | sources
    for target, sources, ports in rows:
        left = sources & ~seen.get(target, 0)
        if left:
            yield target, left, ports


def sentence(universe: Universe, group: Group, word: str) -> str:
    """Return who *word*, can or cannot, open what: the connection that is shown."""
    ends = universe.endpoints
    return f"{ends[group.source].name} {word} open {ends[group.target].name} on {on(group.ports)}"


def can(narrow: Reach, group: Group) -> str:
    """Return the word for a connection in excess: CAN where it is open under the *narrow* reading too."""
    return "may" if group.ports - narrow.allowed(group.source, group.target) else CAN


def _from(first: int, indices: Iterable[int]) -> list[int]:
    return [first, *(index for index in indices if index != first)]


def listed(names: Iterable[str], most: int = _SHOWN) -> str:
    """Return the first of *names*, and how many more there are."""
    some = list(names)
    more = f" and {len(some) - most} more" if len(some) > most else ""
    return ", ".join(some[:most]) + more
