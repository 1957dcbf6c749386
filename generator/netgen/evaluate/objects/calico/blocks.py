"""Blocks of addresses that rules and network sets list, put together and cut out of each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import ip_network

from netgen.evaluate.addresses import Block, parse
from netgen.evaluate.objects.values import MalformedError, items, text
from netgen.source import Spot

EVERYWHERE = {4: "0.0.0.0/0", 6: "::/0"}
_MOST = 256


def nets(value: object, spot: Spot, *, negated: bool) -> tuple[str, ...]:
    """Return the CIDRs of `nets`, or *negated* of `notNets`: each with its prefix and nothing behind it."""
    found = [_net(item, at) for item, at in items(value, spot)]
    if len(found) > _MOST or len(set(found)) < len(found):
        raise MalformedError(f"there are at most {_MOST} CIDRs, each once", spot)
    if negated and set(found) & set(EVERYWHERE.values()):
        raise MalformedError("all addresses in notNets are refused", spot)
    return tuple(found)


def _net(value: object, spot: Spot) -> str:
    written = text(value, spot)
    try:
        parse(written)
        network = ip_network(written)
    except ValueError as error:
        raise MalformedError(f"{written!r} is no CIDR without bits behind its prefix: {error}", spot) from None
    return str(network)


def family(cidr: str) -> int:
    """Return 4 or 6."""
    return parse(cidr)[0]


def without(cidrs: Iterable[str], holes: Iterable[str]) -> Iterator[Block]:
    """Yield *cidrs* without the addresses of *holes*."""
    cut = tuple(holes)
    for one in dict.fromkeys(cidrs):
        if not any(_within(one, hole) for hole in cut):
            yield Block(one, tuple(dict.fromkeys(hole for hole in cut if _within(hole, one))))


def shared(some: Iterable[str], others: Iterable[str]) -> tuple[str, ...]:
    """Return what is in one of *some* and in one of *others*."""
    found = []
    listed = tuple(others)
    for one in some:
        found += [
            one if _within(one, other) else other for other in listed if _within(one, other) or _within(other, one)
        ]
    return tuple(dict.fromkeys(found))


def _within(inner: str, outer: str) -> bool:
    (kind, low, high), (other, begin, end) = parse(inner), parse(outer)
    return kind == other and begin <= low and high <= end
