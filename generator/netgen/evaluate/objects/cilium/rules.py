"""The rules of a section: peers, ports and filters. Source: cilium v1.20.2, pkg/policy/api/rule_validation.go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netgen.evaluate.objects.cilium.filters import NO_FILTER, Filter, filter_of
from netgen.evaluate.objects.cilium.icmps import types
from netgen.evaluate.objects.cilium.known import Known, each, record
from netgen.evaluate.objects.cilium.peers import SIDES, keys, peers
from netgen.evaluate.objects.cilium.ports import ports
from netgen.evaluate.objects.model import Action, Direction, PortRule, Rule
from netgen.evaluate.objects.values import MalformedError, items, text
from netgen.evaluate.sets import Protocol
from netgen.source import Spot

SECTIONS = {direction: ((Action.ALLOW, str(direction)), (Action.DENY, f"{direction}Deny")) for direction in Direction}
"""The sections of each direction, by what their rules do."""

_ALLOW_PORTS = frozenset(("ports", "rules", "serverNames", "listener", "terminatingTLS", "originatingTLS"))
_DENY_PORTS = frozenset(("ports",))
_UNEVALUATED = ("serverNames", "listener", "terminatingTLS", "originatingTLS")
_MODES = ("disabled", "required", "test-always-fail")

Filtered = dict[Filter, tuple[PortRule, ...] | None]
"""The ports of each filter, None for all."""


def rules(spec: dict[str, Any], direction: Direction, spot: Spot, known: Known) -> tuple[Rule, ...] | None:
    """Return the rules of *direction*, those that allow first; None where *spec* has none, which changes nothing."""
    found = [
        one
        for action, key in SECTIONS[direction]
        for index, (item, at) in enumerate(each(spec.get(key), spot.at(key)))
        for one in _rule(item, at, index, direction, action, known)
    ]
    return tuple(found) or None


def _rule(value: object, spot: Spot, index: int, direction: Direction, action: Action, known: Known) -> Iterator[Rule]:
    more: tuple[str, ...] = ("authentication",) if action is Action.ALLOW else ()
    more = (*more, "toPorts", "icmps", f"{SIDES[direction]}Requires")
    found = record(value, frozenset((*keys(direction, action), *more)), spot)
    _authentication(found.get("authentication"), spot.at("authentication"), known)
    filtered = _ports(found, spot, direction, action, known)
    has_ports = filtered != {NO_FILTER: None}
    meant = peers(found, spot, direction, action, known, has_ports=has_ports)
    for kind, listed in filtered.items():
        yield Rule(meant, listed, index, spot, action, kind.requests, kind.lookups)


def _authentication(value: object, spot: Spot, known: Known) -> None:
    if value is None:
        return
    mode = text(record(value, frozenset(("mode",)), spot).get("mode"), spot.at("mode"))
    if mode not in _MODES:
        raise MalformedError(f"{mode!r} is none of {', '.join(_MODES)}", spot.at("mode"))
    if mode != "disabled":
        known.unknown("it asks for authentication", spot.key())


def _ports(found: dict[str, Any], spot: Spot, direction: Direction, action: Action, known: Known) -> Filtered:
    """Return the ports of each filter of a rule; ports that are written and none are ()."""
    listed = list(each(found.get("toPorts"), spot.at("toPorts")))
    kinds = list(each(found.get("icmps"), spot.at("icmps")))
    if listed and kinds:
        raise MalformedError("icmps and toPorts in one rule are refused", spot.at("icmps"), at_key=True)
    if kinds:
        return {NO_FILTER: tuple(one for item, at in kinds for one in types(item, at))}
    filtered: Filtered = {} if listed else {NO_FILTER: None}
    for item, at in listed:
        written = record(item, _ALLOW_PORTS if action is Action.ALLOW else _DENY_PORTS, at)
        kind = _filter(written, at, direction, known)
        filtered[kind] = (*(filtered.get(kind) or ()), *ports(written.get("ports"), at.at("ports"), known))
    return filtered


def _filter(written: dict[str, Any], spot: Spot, direction: Direction, known: Known) -> Filter:
    for key in _UNEVALUATED:
        if key in written:
            known.unknown(f"it has {key}", spot.at(key).key())
    if "rules" not in written:
        return NO_FILTER
    at = spot.at("rules")
    found = filter_of(written["rules"], at, known)
    if found != NO_FILTER:
        _check("dns" if found.requests is None else "http", written, at, direction)
    return found


def _check(kind: str, written: dict[str, Any], spot: Spot, direction: Direction) -> None:
    """Raise MalformedError where a filter of *kind* does not go with the rest of an item of toPorts."""
    if kind == "dns" and direction is Direction.INGRESS:
        raise MalformedError("DNS rules on ingress are refused", spot.at("dns"), at_key=True)
    if "listener" in written or ("serverNames" in written and "terminatingTLS" not in written):
        key = "listener" if "listener" in written else "serverNames"
        raise MalformedError(f"rules beside {key} are refused", spot, at_key=True)
    listed = list(items(written.get("ports"), spot))
    if kind == "dns" and not listed:
        raise MalformedError("DNS rules need a port", spot.at("dns"), at_key=True)
    for port, _ in listed:
        _check_port(kind, port if isinstance(port, dict) else {}, spot.at(kind))


def _check_port(kind: str, port: dict[str, Any], spot: Spot) -> None:
    number, end = port.get("port"), port.get("endPort") or 0
    if kind == "http" and port.get("protocol") != Protocol.TCP:
        raise MalformedError("HTTP rules need ports of the protocol TCP", spot, at_key=True)
    if isinstance(number, str) and number.isascii() and number.isdigit():
        if not int(number[:6]):
            raise MalformedError("rules for the port 0 are refused", spot, at_key=True)
        if kind == "dns" and isinstance(end, int) and end > int(number[:6]):
            raise MalformedError("DNS rules for a range of ports are refused", spot, at_key=True)
