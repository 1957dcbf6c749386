"""Ports that are open for some requests only: bits behind those of the ports, so that one mask says both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from netgen.evaluate.objects.model import Request, Rule
from netgen.evaluate.sets import PortSpace, bits


class Lookup(NamedTuple):
    """A DNS lookup of a name of *pattern*."""

    pattern: str


Passing = Request | Lookup
"""What a filter lets through."""

Filter = tuple[tuple[Passing, ...], ...]
"""What a request must be: one of each of these, of which there are two where both ends ask."""


def passing(rule: Rule) -> tuple[Passing, ...] | None:
    """Return what passes by *rule*; None where everything does."""
    found: list[Passing] = [*(rule.requests or ()), *map(Lookup, rule.lookups or ())]
    is_filter = rule.requests is not None or rule.lookups is not None
    return tuple(found) if is_filter and not any(_is_everything(one) for one in found) else None


def _is_everything(one: Passing) -> bool:
    return not one.pattern.strip("*") if isinstance(one, Lookup) else one == Request()


def ordered(asked: Iterable[Passing]) -> tuple[Passing, ...]:
    """Return what is *asked*, each once, in an order that does not depend on how it is written."""
    return tuple(sorted(set(asked), key=_key))


def _key(one: Passing) -> tuple[bool, Passing]:
    return isinstance(one, Lookup), one


def _sides(one: Filter, other: Filter) -> Filter:
    """Return what must be met where both are to be: two ends that ask for the same ask once."""
    return tuple(sorted({*one, *other}, key=lambda asked: tuple(map(_key, asked))))


class FilterSpace:
    """The filters of a universe: a bit stands for one port of the space under one filter.

    In a mask that is settled a port is open as a whole, or under one filter, or not at all.
    """

    def __init__(self, space: PortSpace) -> None:
        self._ports = space
        self._base = space.everything.bit_length()
        self._numbers: dict[tuple[int, Filter], int] = {}
        self._known: list[tuple[int, Filter]] = []
        self._settled: dict[int, int] = {}
        self._joined: dict[tuple[int, int], int] = {}

    def of(self, ports: int, requests: tuple[Passing, ...]) -> int:
        """Return the bits of *ports* under each of *requests*."""
        found = 0
        for atom in bits(ports):
            for one in requests:
                found |= self._bit(atom, ((one,),))
        return found

    def _bit(self, atom: int, asked: Filter) -> int:
        number = self._numbers.get((atom, asked))
        if number is None:
            number = self._numbers[atom, asked] = len(self._known)
            self._known.append((atom, asked))
        return 1 << self._base + number

    def is_plain(self, mask: int) -> bool:
        """Return whether *mask* says nothing of requests."""
        return mask <= self._ports.everything

    def whole(self, mask: int) -> int:
        """Return the ports that are open as a whole."""
        return mask & self._ports.everything

    def filtered(self, mask: int) -> int:
        """Return the ports that are open under a filter."""
        found = 0
        for atom, _ in self._filters(mask):
            found |= 1 << atom
        return found

    def lookups(self, mask: int) -> int:
        """Return the ports that are open for some DNS lookups only."""
        found = 0
        for atom, asked in self._filters(mask):
            if any(isinstance(one, Lookup) for side in asked for one in side):
                found |= 1 << atom
        return found

    def by_filter(self, mask: int) -> dict[Filter, int]:
        """Return the ports that are open under each filter."""
        found: dict[Filter, int] = {}
        for atom, asked in self._filters(mask):
            found[asked] = found.get(asked, 0) | 1 << atom
        return found

    def filter(self, mask: int, port: int) -> Filter | None:
        """Return the filter of *port*, a mask of one; None where it has none."""
        return next((asked for atom, asked in self._filters(mask) if port >> atom & 1), None)

    def _filters(self, mask: int) -> Iterator[tuple[int, Filter]]:
        for number in bits(mask >> self._base):
            yield self._known[number]

    def settled(self, mask: int) -> int:
        """Return what all the rules of one end that *mask* was put together from say: any of them lets a request pass.

        Where one opens the port as a whole, the filters of the others are void.
        """
        if self.is_plain(mask):
            return mask
        found = self._settled.get(mask)
        if found is None:
            whole = found = self.whole(mask)
            asking: dict[int, set[Passing]] = {}
            for atom, asked in self._filters(mask):
                if not whole >> atom & 1:
                    asking.setdefault(atom, set()).update(*asked)
            for atom, requests in asking.items():
                found |= self._bit(atom, (ordered(requests),))
            self._settled[mask] = found
        return found

    def both(self, one: int, other: int) -> int:
        """Return what is open where the two ends of a connection, both settled, have to open it."""
        if self.is_plain(one) and self.is_plain(other):
            return one & other
        found = self._joined.get((one, other))
        if found is None:
            found = self.whole(one) & self.whole(other)
            mine, theirs = dict(self._filters(one)), dict(self._filters(other))
            open_here, open_there = (self.whole(mask) | self.filtered(mask) for mask in (one, other))
            for atom in bits(open_here & open_there & ~found):
                found |= self._bit(atom, _sides(mine.get(atom, ()), theirs.get(atom, ())))
            self._joined[one, other] = found
        return found

    def without(self, mask: int, denied: int) -> int:
        """Return *mask* without the ports *denied*."""
        found = self.whole(mask) & ~denied
        for atom, asked in self._filters(mask):
            if not denied >> atom & 1:
                found |= self._bit(atom, asked)
        return found

    def beyond(self, mask: int, other: int) -> int:
        """Return the ports that are more open in *mask* than in *other*, both settled.

        Two filters that are not the same cannot be compared: each is beyond the other.
        """
        if self.is_plain(mask) and self.is_plain(other):
            return mask & ~other
        found = self.whole(mask) & ~self.whole(other)
        theirs = dict(self._filters(other))
        for atom, asked in self._filters(mask):
            if not other >> atom & 1 and theirs.get(atom) != asked:
                found |= 1 << atom
        return found
