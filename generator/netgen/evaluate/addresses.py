"""Address blocks cut into classes: addresses that no block tells apart are one, IPv4 and IPv6 being separate worlds."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import NamedTuple

from netgen.records import record

Range = tuple[int, int, int]
"""A family (4 or 6), the first and the last address as numbers."""

_CIDR = re.compile(r"[0-9A-Fa-f.:]+/(0|[1-9][0-9]{0,2})")
_LAST = {4: 2**32 - 1, 6: 2**128 - 1}


class Block(NamedTuple):
    """The addresses of *cidr* without those of *excepts*, as a policy writes them."""

    cidr: str
    excepts: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.cidr + (f" except {', '.join(self.excepts)}" if self.excepts else "")


@lru_cache(maxsize=1024)
def parse(cidr: str) -> Range:
    """Return the range of *cidr*; bits behind the prefix are dropped, as the API server has always done.

    ValueError, with a phrase, where readers differ on the text or it is none: leading zeros, IPv4 inside IPv6.
    Source: k8s.io/apimachinery pkg/util/validation/ip.go; the networks of Go's net.ParseCIDR.
    """
    if not _CIDR.fullmatch(cidr):
        raise ValueError("is no CIDR")
    try:
        network = ip_network(cidr, strict=False)
    except ValueError:
        raise ValueError("is no CIDR") from None
    if network.version == 6 and network.network_address.ipv4_mapped is not None:
        raise ValueError("mixes IPv4 into IPv6, which not all CNIs read alike")
    return network.version, int(network.network_address), int(network.broadcast_address)


def strictly_inside(inner: Range, outer: Range) -> bool:
    """Return whether *inner* is a part of *outer* and smaller."""
    return inner != outer and inner[0] == outer[0] and outer[1] <= inner[1] and inner[2] <= outer[2]


def number(address: str) -> tuple[int, int]:
    """Return the family and the number of *address*. ValueError where it is none."""
    found = ip_address(address)
    return found.version, int(found)


@record
class AddressClass:
    """Addresses in the same blocks: the *ranges* that they fill, in order, none touching the next."""

    family: int
    ranges: tuple[Range, ...]

    @property
    def size(self) -> int:
        """Return how many addresses there are."""
        return sum(high - low + 1 for _, low, high in self.ranges)


class AddressSpace:
    """All addresses, cut by *blocks* into classes. ValueError where a block cannot be parsed."""

    def __init__(self, blocks: Iterable[Block]) -> None:
        self._parts = {block: tuple(_parts(block)) for block in sorted(set(blocks))}
        self._starts: dict[int, list[int]] = {}
        self._atoms: dict[int, list[int]] = {}
        grouped: dict[tuple[int, object], list[Range]] = {}
        numbers: dict[tuple[int, object], int] = {}
        for family, last in _LAST.items():
            atoms = self._atoms[family] = []
            toggles = self._toggles(family)
            self._starts[family] = [low for low, _ in toggles]
            ends = [low - 1 for low, _ in toggles[1:]] + [last]
            for low, high, active in zip(self._starts[family], ends, _active(toggles), strict=True):
                key = family, active
                grouped.setdefault(key, []).append((family, low, high))
                atoms.append(numbers.setdefault(key, len(numbers)))
        self.classes = tuple(AddressClass(key[0], _joined(ranges)) for key, ranges in grouped.items())
        self._firsts = [one.ranges[0][:2] for one in self.classes]

    def _toggles(self, family: int) -> list[tuple[int, list[int]]]:
        """Return where blocks of *family* begin and end: the numbers of the blocks to switch at each address."""
        found: dict[int, list[int]] = {0: []}
        for number, parts in enumerate(self._parts.values()):
            for kind, low, high in parts:
                if kind == family:
                    found.setdefault(low, []).append(number)
                    if high < _LAST[family]:
                        found.setdefault(high + 1, []).append(number)
        return sorted(found.items())

    def mask(self, block: Block) -> int:
        """Return the classes in *block*, one bit each. KeyError for a block that made no cut."""
        found = 0
        for family, low, high in self._parts[block]:
            # A class is in the block as a whole, so its first address tells; and classes stand in that order.
            begin, end = bisect_left(self._firsts, (family, low)), bisect_right(self._firsts, (family, high))
            found |= (1 << end) - (1 << begin)
        return found

    def class_of(self, address: str) -> int:
        """Return the number of the class that has *address*."""
        family, value = number(address)
        return self._atoms[family][bisect_right(self._starts[family], value) - 1]


_FEW = 64


def _active(toggles: list[tuple[int, list[int]]]) -> Iterator[object]:
    """Yield, from each start to the next, which blocks are on: equal values for equal sets of blocks."""
    on: set[int] = set()
    mask = 0
    for _, switched in toggles:
        for number in switched:
            on ^= {number}
            mask ^= 1 << number
        yield frozenset(on) if len(on) <= _FEW else mask


def _parts(block: Block) -> Iterator[Range]:
    """Yield the ranges of *block*, its exceptions left out, in order."""
    family, low, high = parse(block.cidr)
    for _, hole, hole_end in sorted(parse(text) for text in block.excepts):
        if low < hole:
            yield family, low, hole - 1
        low = max(low, hole_end + 1)
    if low <= high:
        yield family, low, high


def _joined(ranges: list[Range]) -> tuple[Range, ...]:
    joined: list[Range] = []
    for family, low, high in ranges:
        if joined and joined[-1][2] + 1 == low:
            joined[-1] = (family, joined[-1][1], high)
        else:
            joined.append((family, low, high))
    return tuple(joined)


def shown(one: Range) -> str:
    """Return a range as a person writes it: an address, the first and last, or the whole family."""
    family, low, high = one
    if (low, high) == (0, _LAST[family]):
        return f"any IPv{family} address"
    kind = IPv4Address if family == 4 else IPv6Address
    return str(kind(low)) if low == high else f"{kind(low)}-{kind(high)}"
