"""The ports of a rule. Source: cilium v1.20.2, pkg/policy/api/{l4,rule_validation}.go, pkg/policy/l4.go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from netgen.evaluate.objects.cilium.known import Known, each, record
from netgen.evaluate.objects.model import PortRule
from netgen.evaluate.objects.values import MalformedError, text, whole
from netgen.evaluate.sets import FIRST, LAST, Protocol
from netgen.source import Spot

MOST = 40
"""So many ports and types of ICMP may be listed at once."""

_PORT = frozenset(("port", "endPort", "protocol"))
_ANY = (Protocol.TCP, Protocol.UDP, Protocol.SCTP)
_PROTOCOLS = {"ANY": _ANY, **{str(one): (one,) for one in _ANY}}
_PORTLESS = frozenset(("VRRP", "IGMP", "GRE", "IPIP", "IPV6", "ESP", "AH"))
# pkg/iana/svc_name.go
_NAME = re.compile(r"(?=.{1,15}$)(?=.*[a-zA-Z])[a-zA-Z0-9]+(-[a-zA-Z0-9]+)*")
_DECIMAL = re.compile("[0-9]{1,6}")
_OCTAL = re.compile("[0-7]{1,7}")


def ports(value: object, spot: Spot, known: Known) -> list[PortRule]:
    """Return the ports of one item of toPorts."""
    listed = list(each(value, spot))
    if len(listed) > MOST:
        raise MalformedError(f"there are more than {MOST} ports", spot)
    return [one for item, at in listed for one in _port(record(item, _PORT, at), at, known)]


def _port(found: dict[str, Any], spot: Spot, known: Known) -> Iterator[PortRule]:
    protocol = text(found.get("protocol", "ANY"), spot.at("protocol"))
    if protocol not in _PROTOCOLS and protocol not in _PORTLESS:
        raise MalformedError(f"{protocol!r} is no protocol of a Cilium policy", spot.at("protocol"))
    if "port" not in found:
        raise MalformedError("a port has to be written; 0 is every port", spot)
    at = spot.at("port")
    if isinstance(found["port"], int):
        raise MalformedError(f'a port is text, even where it is a number: write "{found["port"]}"', at)
    written = text(found["port"], at)
    high = whole(found.get("endPort", 0), spot.at("endPort"), 0, LAST)
    name = written.lower() if _NAME.fullmatch(written) else None
    low = _number(written, at) if name is None else None
    if protocol in _PORTLESS:
        if low != 0:
            raise MalformedError(f"{protocol} has no ports", at)
        known.unknown(f"it speaks of the protocol {protocol}", spot.at("protocol").value())
    elif name is not None and high:
        # The agent makes it a range that begins at the port of that name, and its documentation says otherwise.
        known.unknown("it has an endPort beside the name of a port", spot.at("endPort").value(), "write its number")
    for one in _PROTOCOLS.get(protocol, ()):
        yield _rule(one, low, high, name)


def _rule(protocol: Protocol, low: int | None, high: int, name: str | None) -> PortRule:
    if low is None:
        return PortRule(protocol, name=name)
    return PortRule(protocol, low, max(low, high)) if low else PortRule(protocol, FIRST, LAST)


def _number(written: str, spot: Spot) -> int:
    # As Go reads it: a number that begins with 0 is octal.
    base = 8 if written.startswith("0") and len(written) > 1 else 10
    pattern = _DECIMAL if base == 10 else _OCTAL
    if not pattern.fullmatch(written) or int(written, base) > LAST:
        raise MalformedError(f"{written!r} is no port number and no port name", spot)
    return int(written, base)
