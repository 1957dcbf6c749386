"""The protocols and ports of a rule of a ClusterNetworkPolicy."""

from __future__ import annotations

import re
from collections.abc import Iterator

from netgen.evaluate.objects.clusternetworkpolicy.known import listed, one_of
from netgen.evaluate.objects.model import PortRule
from netgen.evaluate.objects.values import MalformedError, fields, text, whole
from netgen.evaluate.sets import FIRST, LAST, Protocol
from netgen.source import Spot

_PROTOCOLS = {str(one).lower(): one for one in (Protocol.TCP, Protocol.UDP, Protocol.SCTP)}
_NAMED = "destinationNamedPort"
_PORT = frozenset(("number", "range"))
_RANGE = frozenset(("start", "end"))
# k8s.io/apimachinery pkg/util/validation: IsValidPortName.
_NAME = re.compile(r"(?=[a-z0-9-]{1,15}$)(?=.*[a-z])(?!.*--)[a-z0-9]([a-z0-9-]*[a-z0-9])?")


def ports(value: object, spot: Spot) -> tuple[PortRule, ...] | None:
    """Return the ports of a rule; None where it is about whatever there is."""
    if value is None:
        return None
    return tuple(port for item, at in listed(value, spot) for port in _ports(item, at))


def _ports(value: object, spot: Spot) -> Iterator[PortRule]:
    key, item, at = one_of(value, frozenset((*_PROTOCOLS, _NAMED)), spot)
    if key == _NAMED:
        name = text(item, at)
        if not _NAME.fullmatch(name):
            # No container can have it, and Cilium takes a number in it for a port.
            raise MalformedError(f"{name!r} is no name of a port", at)
        yield from (PortRule(protocol, name=name) for protocol in _PROTOCOLS.values())
        return
    found = fields(item, frozenset(("destinationPort",)), at)
    if not found:
        raise MalformedError(f"{key} needs a destinationPort; every port is the range from {FIRST} to {LAST}", at)
    low, high = _numbers(found["destinationPort"], at.at("destinationPort"))
    yield PortRule(_PROTOCOLS[key], low, high)


def _numbers(value: object, spot: Spot) -> tuple[int, int]:
    key, item, at = one_of(value, _PORT, spot)
    if key == "number":
        number = whole(item, at, FIRST, LAST)
        return number, number
    found = fields(item, _RANGE, at)
    start = whole(found.get("start"), at.at("start"), FIRST, LAST)
    end = whole(found.get("end"), at.at("end"), FIRST, LAST)
    if start >= end:
        raise MalformedError("a range has to end behind its start; one port is a number", at)
    return start, end
