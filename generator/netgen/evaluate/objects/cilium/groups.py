"""Blocks of addresses: CIDRs with exceptions, and CiliumCIDRGroups by name and by labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import reduce
from typing import Any

from netgen.evaluate.addresses import Block, parse
from netgen.evaluate.objects.cilium.known import Group, Known, each, record
from netgen.evaluate.objects.cilium.selectors import Ask, asked
from netgen.evaluate.objects.values import MalformedError, labels, mapping, object_name, text
from netgen.source import Spot

_TOP = frozenset(("apiVersion", "kind", "metadata", "spec"))
_GROUP = frozenset(("externalCIDRs",))
_RULE = frozenset(("cidr", "cidrGroupRef", "cidrGroupSelector", "except"))
_KINDS = ("cidr", "cidrGroupRef", "cidrGroupSelector")
_SOURCES = ("", "cidrgroup")
_EVERYTHING = ("0.0.0.0/0", "::/0")
_FIX = "give the CiliumCIDRGroups of the cluster as well"


def group(body: dict[str, Any], name: str, spot: Spot) -> Group:
    """Return the CiliumCIDRGroup *body*."""
    at = spot.at("spec")
    spec = record(record(body, _TOP, spot).get("spec"), _GROUP, at)
    if "externalCIDRs" not in spec:
        raise MalformedError("a CiliumCIDRGroup needs externalCIDRs", at)
    metadata = mapping(body.get("metadata"), spot.at("metadata"))
    own = labels(metadata.get("labels"), spot.at("metadata", "labels"))
    cidrs = tuple(cidr(item, place) for item, place in each(spec["externalCIDRs"], at.at("externalCIDRs")))
    return Group(name, tuple(sorted(own.items())), cidrs)


def cidr(value: object, spot: Spot) -> str:
    """Return a CIDR; an address without a prefix is refused."""
    try:
        parse(text(value, spot))
    except ValueError as error:
        raise MalformedError(f"{value!r} {error}", spot) from None
    return str(value)


def blocks(value: object, spot: Spot, known: Known) -> tuple[Block, ...]:
    """Return the blocks of an item of fromCIDRSet or toCIDRSet. Source: pkg/policy/types/selector.go, CIDRSelector."""
    found = record(value, _RULE, spot)
    given = [key for key in _KINDS if key in found]
    if len(given) != 1:
        raise MalformedError(f"there has to be one of {', '.join(_KINDS)}", spot)
    excepts = [(cidr(item, at), at) for item, at in each(found.get("except"), spot.at("except"))]
    holes = [one for one, _ in excepts]
    if given == ["cidr"]:
        outer = cidr(found["cidr"], spot.at("cidr"))
        for one, at in excepts:
            if not _within(one, outer):
                raise MalformedError(f"{one!r} is not a part of {outer!r}", at)
        return tuple(_without([outer], holes))
    if given == ["cidrGroupRef"]:
        return tuple(_without(_named(found["cidrGroupRef"], spot.at("cidrGroupRef"), known), holes))
    return _selected(found["cidrGroupSelector"], spot.at("cidrGroupSelector"), known, holes)


def _named(value: object, spot: Spot, known: Known) -> tuple[str, ...]:
    name = object_name(value, spot)
    for one in known.groups:
        if one.name == name:
            return one.cidrs
    known.unknown(f"there is no CiliumCIDRGroup {name} among what was read", spot.value(), _FIX)
    return ()


def _selected(value: object, spot: Spot, known: Known, excepts: list[str]) -> tuple[Block, ...]:
    """Return the blocks of the groups that a selector means: an address has the labels of all groups that it is in."""
    parts: list[Iterable[str]] = [_EVERYTHING]
    holes = list(excepts)
    asks = asked(value, spot)
    if not asks:
        # The agent takes it for the selector of everybody where another policy has that one, and else for the world.
        known.unknown("it selects groups by no label at all", spot.value(), "write the CIDRs 0.0.0.0/0 and ::/0")
    for ask in asks:
        if ask.source not in _SOURCES:
            known.unknown(f"it selects groups by labels of the source {ask.source!r}", ask.spot.value())
            return ()
        wearing = [one for one in known.groups if _wears(one, ask)]
        cidrs = [each_cidr for one in wearing for each_cidr in one.cidrs]
        if not ask.is_positive:
            holes += cidrs
            continue
        if not wearing:
            known.unknown("no CiliumCIDRGroup among what was read has that label", ask.spot.value(), _FIX)
        parts.append(cidrs)
    return tuple(_without(reduce(_shared, parts), holes))


def _wears(one: Group, ask: Ask) -> bool:
    """Return whether the group has the label that *ask* asks for, or that it does not want."""
    value = dict(one.labels).get(ask.asks.key)
    return value is not None and (not ask.asks.values or value in ask.asks.values)


def _shared(some: Iterable[str], others: Iterable[str]) -> list[str]:
    pairs = [(one, other) for one in some for other in others]
    shared = [
        one if _within(one, other) else other for one, other in pairs if _within(one, other) or _within(other, one)
    ]
    return list(dict.fromkeys(shared))


def _without(cidrs: Iterable[str], holes: list[str]) -> Iterator[Block]:
    for one in cidrs:
        if not any(_within(one, hole) for hole in holes):
            yield Block(one, tuple(dict.fromkeys(hole for hole in holes if _within(hole, one))))


def _within(inner: str, outer: str) -> bool:
    (family, low, high), (other, begin, end) = parse(inner), parse(outer)
    return family == other and begin <= low and high <= end
