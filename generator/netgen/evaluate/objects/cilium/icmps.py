"""The types of ICMP that a rule lists. Source: cilium v1.20.2, pkg/policy/api/icmp.go, and the kind's definition."""

from __future__ import annotations

import re
from typing import Any

from netgen.evaluate.objects.cilium.known import each, record
from netgen.evaluate.objects.cilium.ports import MOST
from netgen.evaluate.objects.model import PortRule
from netgen.evaluate.objects.values import MalformedError, text, whole
from netgen.evaluate.sets import Protocol, icmp
from netgen.source import Spot

_ICMP = frozenset(("fields",))
_FIELD = frozenset(("family", "type"))
_FAMILIES = {"IPv4": 4, "IPv6": 6}
_TYPES = {
    4: {
        "EchoReply": 0,
        "DestinationUnreachable": 3,
        "Redirect": 5,
        "Echo": 8,
        "EchoRequest": 8,
        "RouterAdvertisement": 9,
        "RouterSelection": 10,
        "TimeExceeded": 11,
        "ParameterProblem": 12,
        "Timestamp": 13,
        "TimestampReply": 14,
        "Photuris": 40,
        "ExtendedEchoRequest": 42,
    },
    6: {
        "DestinationUnreachable": 1,
        "PacketTooBig": 2,
        "TimeExceeded": 3,
        "ParameterProblem": 4,
        "EchoRequest": 128,
        "EchoReply": 129,
        "MulticastListenerQuery": 130,
        "MulticastListenerReport": 131,
        "MulticastListenerDone": 132,
        "RouterSolicitation": 133,
        "RouterAdvertisement": 134,
        "NeighborSolicitation": 135,
        "NeighborAdvertisement": 136,
        "RedirectMessage": 137,
        "RouterRenumbering": 138,
        "ICMPNodeInformationQuery": 139,
        "ICMPNodeInformationResponse": 140,
        "InverseNeighborDiscoverySolicitation": 141,
        "InverseNeighborDiscoveryAdvertisement": 142,
        "HomeAgentAddressDiscoveryRequest": 144,
        "HomeAgentAddressDiscoveryReply": 145,
        "MobilePrefixSolicitation": 146,
        "MobilePrefixAdvertisement": 147,
        "DuplicateAddressRequestCodeSuffix": 157,
        "DuplicateAddressConfirmationCodeSuffix": 158,
        "ExtendedEchoRequest": 160,
    },
}
"""The types that have a name, by family: those that the definition of the kinds and the agent both know."""


def types(value: object, spot: Spot) -> list[PortRule]:
    """Return the types of ICMP of one item of icmps, as ports of the protocol OTHER."""
    found = record(value, _ICMP, spot)
    listed = list(each(found.get("fields"), spot.at("fields")))
    if len(listed) > MOST:
        raise MalformedError(f"there are more than {MOST} types", spot.at("fields"))
    return [_type(record(item, _FIELD, at), at) for item, at in listed]


def _type(found: dict[str, Any], spot: Spot) -> PortRule:
    """Return a type; the number 0, which is EchoReply, the agent takes for every type of its family."""
    family, number = _number(found, spot)
    first, last = (number, number) if number else (0, 255)
    return PortRule(Protocol.OTHER, icmp(family, first), icmp(family, last))


def _number(found: dict[str, Any], spot: Spot) -> tuple[int, int]:
    """Return the family and the number."""
    written = text(found.get("family", "IPv4"), spot.at("family"))
    if written not in _FAMILIES:
        raise MalformedError(f"{written!r} is no family: write IPv4 or IPv6", spot.at("family"))
    family, at = _FAMILIES[written], spot.at("type")
    value = found.get("type")
    if isinstance(value, str) and value in _TYPES[family]:
        return family, _TYPES[family][value]
    if isinstance(value, str) and re.fullmatch("0|[1-9][0-9]{0,2}", value):
        value = int(value)
    if isinstance(value, str):
        raise MalformedError(f"{value!r} is no type of ICMP for {written}", at)
    return family, whole(value, at, 0, 255)
