"""Sets of ports: exact values for answers, and bits over the ranges that policies can tell apart for counting."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator
from enum import StrEnum
from functools import lru_cache

from netgen.records import record

FIRST, LAST = 1, 65535
"""The ports of a protocol that has ports."""


class Protocol(StrEnum):
    """TCP, UDP and SCTP have ports; OTHER stands for ICMP and the rest, of which only types of ICMP are told apart."""

    __hash__ = str.__hash__  # that of an Enum is a call, and these stand in most keys

    TCP = "TCP"
    UDP = "UDP"
    SCTP = "SCTP"
    OTHER = "OTHER"


Interval = tuple[Protocol, int, int]
_ORDER = {protocol: number for number, protocol in enumerate(Protocol)}


@record
class PortSet:
    """A set of ports of protocols: its sorted *intervals* (protocol, low, high) neither touch nor overlap.

    Build one with `ports` or from `ALL_PORTS` and `NO_PORTS`; OTHER is the interval (OTHER, 1, 65535), in which `icmp`
    numbers the types of ICMP, and 1 is what is no ICMP.
    """

    intervals: tuple[Interval, ...]

    def __bool__(self) -> bool:
        return bool(self.intervals)

    def __iter__(self) -> Iterator[Interval]:
        return iter(self.intervals)

    def __or__(self, other: PortSet) -> PortSet:
        return _union((*self.intervals, *other.intervals))

    def __and__(self, other: PortSet) -> PortSet:
        return PortSet(tuple(_overlaps(self.intervals, other.intervals)))

    def __sub__(self, other: PortSet) -> PortSet:
        return self & _complement(other)

    def has(self, protocol: Protocol, port: int) -> bool:
        """Return whether *port* of *protocol* is in the set; of OTHER, 1 asks for what is no ICMP."""
        return any(kind is protocol and low <= port <= high for kind, low, high in self.intervals)

    def first(self) -> tuple[Protocol, int]:
        """Return the protocol and number of the smallest member: an example to show. ValueError where there is none."""
        if not self.intervals:
            raise ValueError("an empty set of ports has no member")
        return self.intervals[0][:2]

    def __str__(self) -> str:
        if self == ALL_PORTS:
            return "all"
        return ", ".join(_shown(interval) for interval in self.intervals) or "none"


@lru_cache(maxsize=1024)
def ports(protocol: Protocol, low: int = FIRST, high: int = LAST) -> PortSet:
    """Return the ports of *protocol* from *low* to *high*, both in it."""
    return PortSet(((protocol, low, high),))


_ICMP = {4: LAST - 511, 6: LAST - 255}
_TYPES = 256


def icmp(family: int, number: int) -> int:
    """Return what stands for the type *number* of ICMP (*family* 4) or ICMPv6 (6) among the numbers of OTHER."""
    return _ICMP[family] + number


ALL_PORTS = PortSet(tuple((protocol, FIRST, LAST) for protocol in Protocol))
NO_PORTS = PortSet(())


def _shown(interval: Interval) -> str:
    protocol, low, high = interval
    if protocol is Protocol.OTHER:
        return "other protocols" if (low, high) == (FIRST, LAST) else _shown_part(low, high)
    if (low, high) == (FIRST, LAST):
        return f"all {protocol}"
    return f"{low}/{protocol}" if low == high else f"{low}-{high}/{protocol}"


def _shown_part(low: int, high: int) -> str:
    parts = ["what is neither TCP, UDP, SCTP nor ICMP"] if low < _ICMP[4] else []
    for family, name in ((4, "ICMP"), (6, "ICMPv6")):
        first, last = max(low - _ICMP[family], 0), min(high - _ICMP[family], _TYPES - 1)
        if (first, last) == (0, _TYPES - 1):
            parts.append(name)
        elif first <= last:
            parts.append(f"{name} type {first}" if first == last else f"{name} types {first}-{last}")
    return ", ".join(parts)


def _union(intervals: Iterable[Interval]) -> PortSet:
    merged: list[Interval] = []
    for protocol, low, high in sorted(intervals, key=lambda one: (_ORDER[one[0]], one[1], one[2])):
        if merged and merged[-1][0] is protocol and low <= merged[-1][2] + 1:
            merged[-1] = (protocol, merged[-1][1], max(high, merged[-1][2]))
        else:
            merged.append((protocol, low, high))
    return PortSet(tuple(merged))


def _overlaps(left: tuple[Interval, ...], right: tuple[Interval, ...]) -> Iterator[Interval]:
    i = j = 0
    while i < len(left) and j < len(right):
        (kind, low, high), (other, other_low, other_high) = left[i], right[j]
        if kind is other and max(low, other_low) <= min(high, other_high):
            yield kind, max(low, other_low), min(high, other_high)
        if (_ORDER[kind], high) <= (_ORDER[other], other_high):
            i += 1
        else:
            j += 1


def _complement(ports: PortSet) -> PortSet:
    rest: list[Interval] = []
    for protocol in Protocol:
        start = FIRST
        for _, low, high in (one for one in ports.intervals if one[0] is protocol):
            if start < low:
                rest.append((protocol, start, low - 1))
            start = high + 1
        if start <= LAST:
            rest.append((protocol, start, LAST))
    return PortSet(tuple(rest))


class PortSpace:
    """The atoms into which *cuts* divide all ports: each set of ports that can matter is a mask, one bit an atom."""

    def __init__(self, cuts: Iterable[PortSet]) -> None:
        edges: dict[Protocol, set[int]] = {protocol: {FIRST} for protocol in Protocol}
        for protocol, low, high in (interval for ports in cuts for interval in ports):
            edges[protocol] |= {low, high + 1} if high < LAST else {low}
        self._starts: dict[Protocol, list[int]] = {protocol: sorted(edges[protocol]) for protocol in Protocol}
        self._bases: dict[Protocol, int] = {}
        self._atoms: list[Interval] = []
        for protocol, starts in self._starts.items():
            self._bases[protocol] = len(self._atoms)
            ends = [start - 1 for start in starts[1:]] + [LAST]
            self._atoms += [(protocol, low, high) for low, high in zip(starts, ends, strict=True)]
        self.everything = (1 << len(self._atoms)) - 1
        self._decoded: dict[int, PortSet] = {0: NO_PORTS, self.everything: ALL_PORTS}

    def mask(self, ports: PortSet) -> int:
        """Return *ports* as a mask. ValueError where no cut has told these ports from others."""
        return sum(self._bits(*interval) for interval in ports)

    def _bits(self, protocol: Protocol, low: int, high: int) -> int:
        starts, base = self._starts[protocol], self._bases[protocol]
        begin, end = bisect_left(starts, low), len(starts) if high == LAST else bisect_left(starts, high + 1)
        if starts[begin : begin + 1] != [low] or (high != LAST and starts[end : end + 1] != [high + 1]):
            raise ValueError(f"no cut at {low}-{high}/{protocol}")
        return (1 << (base + end)) - (1 << (base + begin))

    def atom(self, protocol: Protocol, port: int) -> int:
        """Return the mask of the ports that no cut tells from *port*."""
        return 1 << self._bases[protocol] + bisect_right(self._starts[protocol], port) - 1

    def ports(self, mask: int) -> PortSet:
        """Return the set of ports that *mask* stands for."""
        found = self._decoded.get(mask)
        if found is None:
            found = self._decoded[mask] = _union(self._atoms[bit] for bit in bits(mask))
        return found


_WORD = 1024


def bits(mask: int) -> Iterator[int]:
    """Yield the numbers of the bits that are set in *mask*, from the lowest."""
    # A few bits far up are found at once; the rest goes word by word.
    base = max((mask & -mask).bit_length() - 1, 0)
    mask >>= base
    while mask:
        word = mask & (1 << _WORD) - 1
        while word:
            lowest = word & -word
            yield base + lowest.bit_length() - 1
            word ^= lowest
        mask >>= _WORD
        base += _WORD


def mask_of(numbers: Collection[int]) -> int:
    """Return the mask in which the bits *numbers* are set."""
    if len(numbers) < 8:
        found = 0
        for number in numbers:
            found |= 1 << number
        return found
    octets = bytearray((max(numbers) >> 3) + 1)
    for number in numbers:
        octets[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(octets, "little")
