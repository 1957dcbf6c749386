"""One rule of a policy: its action, protocol, messages and requests, and its two ends."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv6Network

from netgen.check import metadata
from netgen.check.addresses import network
from netgen.check.calico import ends
from netgen.check.faults import Fault, Json, duplicate, forbidden, invalid, required, unsupported
from netgen.check.shape import TEXTS, Shape

_MESSAGE: Shape = {"type": int, "code": int}
SHAPE: Shape = {
    "action": str,
    "ipVersion": int,
    "protocol": (int, str),
    "notProtocol": (int, str),
    "icmp": _MESSAGE,
    "notICMP": _MESSAGE,
    "source": ends.SHAPE,
    "destination": ends.SHAPE,
    "http": {"methods": [str], "paths": [{"exact": str, "prefix": str}]},
    "metadata": {"annotations": TEXTS},
}

_ACTIONS = ("Allow", "Deny", "Log", "Pass")
_PROTOCOLS = ("TCP", "UDP", "SCTP", "ICMP", "ICMPv6", "UDPLite")
_WITH_PORTS = ("TCP", "UDP", "SCTP", 6, 17, 132)
_VERSIONS = {"ICMP": 4, "ICMPv6": 6}
_LAST_PROTOCOL, _LAST_TYPE, _LAST_CODE = 255, 254, 255
_MOST_REQUESTS = 20
_SIDES = ("source", "destination")
_FAR = {"ingress": "source", "egress": "destination"}


def faults(rule: Json, section: str, path: str, *, is_namespaced: bool) -> Iterator[Fault]:
    """Yield what is wrong with a rule of *section* of a policy, which is in a namespace or of the cluster."""
    if "action" not in rule:
        yield required(f"{path}.action")
    elif rule["action"] not in _ACTIONS:
        yield unsupported(f"{path}.action", rule["action"], _ACTIONS)
    for field in ("protocol", "notProtocol"):
        if field in rule:
            yield from _protocol(rule[field], f"{path}.{field}")
    yield from _messages(rule, path)
    yield from _families(rule, path)
    if "http" in rule:
        yield from _http(rule, section, f"{path}.http")
    yield from metadata.annotated(rule.get("metadata", {}).get("annotations", {}), f"{path}.metadata.annotations")
    for side in [one for one in _SIDES if one in rule]:
        yield from _side(rule, side, section, f"{path}.{side}", is_namespaced=is_namespaced)


def _protocol(value: int | str, path: str) -> Iterator[Fault]:
    if isinstance(value, str):
        if value not in _PROTOCOLS:
            yield unsupported(path, value, _PROTOCOLS)
    elif not 0 < value <= _LAST_PROTOCOL:
        yield invalid(path, value, f"must be between 1 and {_LAST_PROTOCOL}, inclusive")


def _messages(rule: Json, path: str) -> Iterator[Fault]:
    for field in ("icmp", "notICMP"):
        if field not in rule:
            continue
        message = rule[field]
        if rule.get("protocol") not in _VERSIONS:
            yield forbidden(f"{path}.{field}", "may only be specified when `protocol` is 'ICMP' or 'ICMPv6'")
        if "type" not in message:
            yield required(f"{path}.{field}.type")
        for key, last in (("type", _LAST_TYPE), ("code", _LAST_CODE)):
            if not 0 <= message.get(key, 0) <= last:
                yield invalid(f"{path}.{field}.{key}", message[key], f"must be between 0 and {last}, inclusive")


def _families(rule: Json, path: str) -> Iterator[Fault]:
    """Addresses of one family at the most stand in a rule: of others Calico takes none."""
    version = rule.get("ipVersion")
    if version not in (None, 4, 6):
        yield unsupported(f"{path}.ipVersion", version, ("4", "6"))
        return
    for field in ("protocol", "notProtocol"):
        wanted = _VERSIONS.get(rule.get(field, ""))
        if wanted and version not in (None, wanted):
            yield invalid(f"{path}.ipVersion", version, f"must be {wanted} when `{field}` is '{rule[field]}'")
    for at, text, family in _blocks(rule):
        if version not in (None, family):
            why = "must not stand beside addresses of the other IP family, or of another `ipVersion`"
            yield invalid(f"{path}.{at}", text, why)
        version = version or family


def _blocks(rule: Json) -> Iterator[tuple[str, str, int]]:
    """Yield the CIDRs of both ends that are right, with their places and families."""
    for side in _SIDES:
        for field in ("nets", "notNets"):
            for index, text in enumerate(rule.get(side, {}).get(field, ())):
                block = network(text)
                if not isinstance(block, str):
                    yield f"{side}.{field}[{index}]", text, 6 if isinstance(block, IPv6Network) else 4


def _http(rule: Json, section: str, path: str) -> Iterator[Fault]:
    if section != "ingress":
        yield forbidden(path, "may only be specified for ingress")
    if rule.get("action") != "Allow":
        yield forbidden(path, "may only be specified when `action` is 'Allow'")
    if rule.get("protocol", "TCP") not in ("TCP", 6):
        yield forbidden(path, "may only be specified when `protocol` is 'TCP'")
    yield from _requests(rule["http"], path)


def _requests(http: Json, path: str) -> Iterator[Fault]:
    for field, listed in http.items():
        if len(listed) > _MOST_REQUESTS:
            yield Fault(f"{path}.{field}", f"Too many: {len(listed)}: must have at most {_MOST_REQUESTS} items")
    methods = http.get("methods", ())
    for index, method in enumerate(methods):
        if method in methods[:index]:
            yield duplicate(f"{path}.methods[{index}]", method)
    for index, one in enumerate(http.get("paths", ())):
        yield from _path(one, f"{path}.paths[{index}]")


def _path(one: Json, path: str) -> Iterator[Fault]:
    if len(one) != 1:
        yield required(path, "must specify one of exact and prefix")
        return
    [(field, text)] = one.items()
    if not text.startswith("/") or any(letter in text for letter in "? #"):
        yield invalid(f"{path}.{field}", text, "must begin with '/' and hold no '?', '#' and blank")


def _side(rule: Json, side: str, section: str, path: str, *, is_namespaced: bool) -> Iterator[Fault]:
    end, is_far = rule[side], side == _FAR[section]
    yield from ends.faults(end, path, is_far=is_far, is_namespaced=is_namespaced)
    for field in ("ports", "notPorts"):
        if field not in end:
            continue
        if rule.get("protocol") not in _WITH_PORTS:
            yield forbidden(f"{path}.{field}", "may only be specified when `protocol` is 'TCP', 'UDP' or 'SCTP'")
        if "services" in end and side == "destination":
            yield forbidden(f"{path}.{field}", "may not be specified beside services, which bring their ports")
