"""The protocols and ports of a rule. Source: projectcalico/api numorstring, and libcalico-go's validator."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from netgen.evaluate.objects.calico.known import Known
from netgen.evaluate.objects.model import PortRule
from netgen.evaluate.objects.values import MalformedError, fields, items, whole
from netgen.evaluate.sets import FIRST, LAST, Protocol, icmp
from netgen.source import Spot

_WITH_PORTS = (Protocol.TCP, Protocol.UDP, Protocol.SCTP)
_NAMES = {"TCP": 6, "UDP": 17, "ICMP": 1, "ICMPv6": 58, "SCTP": 132, "UDPLite": 136}
_PORTS_OF = {6: Protocol.TCP, 17: Protocol.UDP, 132: Protocol.SCTP}
_ICMP = {1: 4, 58: 6}
_FIELDS = frozenset(("type", "code"))
_MOST = 50
_DIGITS = re.compile("[0-9]+")
_RANGE = re.compile("([0-9]{1,5}):([0-9]{1,5})")
_NAME = re.compile("[a-zA-Z0-9_.-]{1,128}")

Spans = tuple[tuple[int, int], ...]
"""Numbers from the first to the last, in order and apart from each other."""
_EVERY: Spans = ((FIRST, LAST),)


class Written(NamedTuple):
    """Ports as they are listed: numbers as *spans*, and *names*."""

    spans: Spans
    names: tuple[str, ...]

    @property
    def is_every(self) -> bool:
        """Return whether it is all numbers."""
        return self.spans == _EVERY


def listed(value: object, spot: Spot) -> Written | None:
    """Return the ports of a list; None where there is none, or nothing in it."""
    found = [_port(item, at) for item, at in items(value, spot)]
    if len(found) > _MOST:
        raise MalformedError(f"there are more than {_MOST} ports", spot)
    if not found:
        return None
    spans = sorted(one for one in found if not isinstance(one, str))
    return Written(_joined(spans), tuple(sorted({one for one in found if isinstance(one, str)})))


def _port(value: object, spot: Spot) -> tuple[int, int] | str:
    if isinstance(value, str) and (match := _RANGE.fullmatch(value)):
        low = _number(match[1], spot)
        high = _number(match[2], spot)
        if low > high:
            raise MalformedError(f"the range {value!r} ends before it begins", spot)
        return low, high
    if isinstance(value, str) and not _DIGITS.fullmatch(value):
        if not _NAME.fullmatch(value):
            raise MalformedError(f"{value!r} is no port", spot)
        return value
    number = _number(value, spot) if isinstance(value, str) else whole(value, spot, FIRST, LAST)
    return number, number


def _number(value: str, spot: Spot) -> int:
    return whole(int(value[-6:]) if len(value.lstrip("0")) < 6 else LAST + 1, spot, FIRST, LAST)


def _joined(spans: list[tuple[int, int]]) -> Spans:
    found: list[tuple[int, int]] = []
    for low, high in spans:
        if found and low <= found[-1][1] + 1:
            found[-1] = found[-1][0], max(high, found[-1][1])
        else:
            found.append((low, high))
    return tuple(found)


def _without(spans: Spans, others: Spans) -> Spans:
    found = list(spans)
    for low, high in others:
        found = [
            part
            for begin, end in found
            for part in ((begin, min(end, low - 1)), (max(begin, high + 1), end))
            if part[0] <= part[1]
        ]
    return _joined(sorted(found))


# ----------------------------------------------------------------------------------------------------------- protocols


def protocol(value: object, spot: Spot) -> int | None:
    """Return the number of a protocol; None where none is written."""
    if value is None:
        return None
    if isinstance(value, str) and value in _NAMES:
        return _NAMES[value]
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return whole(int(value[-4:]), spot, 1, 255)
    if isinstance(value, str):
        raise MalformedError(f"{value!r} is no protocol", spot)
    return whole(value, spot, 1, 255)


def ports(rule: dict[str, Any], spot: Spot, known: Known) -> tuple[PortRule, ...] | None:
    """Return the ports of *rule* at the destination; None is every port of every protocol."""
    own, other = (protocol(rule.get(key), spot.at(key)) for key in ("protocol", "notProtocol"))
    at = spot.at("destination")
    end = rule.get("destination") or {}
    wanted, shunned = (listed(end.get(key), at.at(key)) for key in ("ports", "notPorts"))
    is_free = own is None and not ((wanted and wanted.spans) or (shunned and shunned.spans))
    if (wanted or shunned) and not is_free and own not in _PORTS_OF:
        raise MalformedError("ports need the protocol TCP, UDP or SCTP", at, at_key=True)
    kinds = _icmps(rule, own, spot, known)
    for key, number in (("protocol", own), ("notProtocol", other)):
        if number is not None and number not in _PORTS_OF and number not in _ICMP:
            known.unknown(f"it speaks of the protocol {rule[key]}", spot.at(key).value())
    if own is None and other is None and wanted is None and shunned is None:
        return None
    found = list(_of_protocols(own, other, kinds))
    if wanted is None and shunned is None:
        return tuple(found)
    if shunned is not None and (shunned.names or (wanted and wanted.names)):
        known.unknown("it leaves out ports where names of ports are", at.at("notPorts").key(), "write their numbers")
    return tuple(_numbered(found, wanted, shunned))


def _numbered(found: list[PortRule], wanted: Written | None, shunned: Written | None) -> Iterator[PortRule]:
    spans = _without(_EVERY if wanted is None else wanted.spans, () if shunned is None else shunned.spans)
    for one in found:
        if one.protocol in _WITH_PORTS:
            yield from (PortRule(one.protocol, low, high) for low, high in spans)
            yield from (PortRule(one.protocol, name=name) for name in (wanted.names if wanted else ()))


def _of_protocols(own: int | None, other: int | None, kinds: Spans) -> Iterator[PortRule]:
    """Yield everything of the protocol *own*, or of all, but for *other*; of ICMP and others the numbers *kinds*."""
    for number, kind in _PORTS_OF.items():
        if own in (None, number) and other != number:
            yield PortRule(kind)
    if other in _ICMP:
        kinds = _without(kinds, ((icmp(_ICMP[other], 0), icmp(_ICMP[other], 255)),))
    yield from (PortRule(Protocol.OTHER, low, high) for low, high in kinds)


def _icmps(rule: dict[str, Any], own: int | None, spot: Spot, known: Known) -> Spans:
    """Return the numbers of what is neither TCP, UDP nor SCTP that the protocol *own*, or icmp and notICMP, mean."""
    if own is None or (own not in _ICMP and own not in _PORTS_OF):
        spans = _EVERY
    else:
        spans = ((icmp(_ICMP[own], 0), icmp(_ICMP[own], 255)),) if own in _ICMP else ()
    for key in ("icmp", "notICMP"):
        if rule.get(key) is None:
            continue
        at = spot.at(key)
        if own not in _ICMP:
            raise MalformedError(f"{key} needs the protocol ICMP or ICMPv6", at, at_key=True)
        found = fields(rule[key], _FIELDS, at)
        if "code" in found:
            whole(found["code"], at.at("code"), 0, 255)
            if "type" not in found:
                raise MalformedError("a code needs a type", at, at_key=True)
            known.unknown("it speaks of a code of ICMP", at.at("code").key())
        if "type" in found:
            kind = icmp(_ICMP[own], whole(found["type"], at.at("type"), 0, 254))
            spans = ((kind, kind),) if key == "icmp" else _without(spans, ((kind, kind),))
    return spans
