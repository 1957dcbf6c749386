"""One rule of a Calico policy: what it does, with whom, and to which of the policy's pods."""

from __future__ import annotations

from typing import Any, NamedTuple

from netgen.evaluate.objects.calico.entities import check_families, peers, side
from netgen.evaluate.objects.calico.known import Known
from netgen.evaluate.objects.calico.ports import listed, ports
from netgen.evaluate.objects.calico.selectors import Asks
from netgen.evaluate.objects.model import Action, Direction, Rule
from netgen.evaluate.objects.values import MalformedError, fields, items, mapping, text
from netgen.source import Spot

_RULE = frozenset(
    ("action", "ipVersion", "protocol", "notProtocol", "icmp", "notICMP", "source", "destination", "http", "metadata")
)
_ACTIONS = {"Allow": Action.ALLOW, "Deny": Action.DENY, "Pass": Action.PASS, "Log": None}
_HTTP = frozenset(("methods", "paths"))
_PATH = frozenset(("exact", "prefix"))
_MOST = 1024
_MOST_OF_HTTP = 20


class Read(NamedTuple):
    """A rule, which applies to those of the policy's pods that *only* means; None is all of them."""

    rule: Rule
    only: Asks | None


def rules(value: object, direction: Direction, spot: Spot, known: Known) -> tuple[Read, ...]:
    """Return the rules of *direction* as they are written, without those that only log."""
    found: list[Read] = []
    for index, (item, at) in enumerate(items(value, spot)):
        found += _rule(item, index, direction, at, known)
    if isinstance(value, list) and len(value) > _MOST:
        raise MalformedError(f"there are more than {_MOST} rules", spot)
    return tuple(found)


def _rule(value: object, index: int, direction: Direction, spot: Spot, known: Known) -> list[Read]:
    """Return a rule; in parts, of one index, where it means some on other ports than others; none if it only logs."""
    found = fields(value, _RULE, spot)
    written = found.get("action")
    if not isinstance(written, str) or written not in _ACTIONS:
        raise MalformedError(f"{written!r} is none of {', '.join(_ACTIONS)}", spot.at("action"))
    action = _ACTIONS[written]
    mapping(mapping(found.get("metadata"), spot.at("metadata")).get("annotations"), spot.at("metadata", "annotations"))
    _http(found, action, direction, spot, known)
    source, destination = (side(found.get(key), spot.at(key), known) for key in ("source", "destination"))
    near, far = (destination, source) if direction is Direction.INGRESS else (source, destination)
    version = check_families(found, (source, destination), spot)
    if near.services is not None:
        raise MalformedError(f"services are refused in the {near.name} of {direction}", near.spot.at("services"))
    from_ports = listed(source.written.get("ports"), source.spot.at("ports"))
    for key, is_any in (("ports", from_ports is None or from_ports.is_every), ("notPorts", False)):
        if source.written.get(key) and not is_any:
            known.unknown("it speaks of ports of the source", source.spot.at(key).key())
    if near.nets or near.not_nets:
        known.unknown(f"it speaks of addresses of the pods that it is about, in {near.name}", near.spot.key())
    parts = peers(far, ports(found, spot, known), version, known)
    if action is None:
        return []
    only = near.asks_of_pods(known)
    return [Read(Rule(meant, on_ports, index, spot, action), only) for meant, on_ports in parts]


def _http(rule: dict[str, Any], action: Action | None, direction: Direction, spot: Spot, known: Known) -> None:
    """Raise MalformedError for what Calico refuses of `http`, and note that most clusters do not heed it."""
    if rule.get("http") is None:
        return
    at = spot.at("http")
    found = fields(rule["http"], _HTTP, at)
    if action is not Action.ALLOW or direction is Direction.EGRESS or rule.get("protocol", "TCP") not in ("TCP", 6):
        raise MalformedError("http needs an ingress rule that allows, and no protocol but TCP", at, at_key=True)
    methods = [text(item, place) for item, place in items(found.get("methods"), at.at("methods"))]
    paths = list(items(found.get("paths"), at.at("paths")))
    if len(set(methods)) < len(methods) or max(len(methods), len(paths)) > _MOST_OF_HTTP:
        raise MalformedError(f"http has at most {_MOST_OF_HTTP} methods and paths, and each method once", at)
    for item, place in paths:
        path = fields(item, _PATH, place)
        written = [text(one, place) for one in path.values() if one]
        if len(written) != 1 or not written[0].startswith("/") or set("? #") & set(written[0]):
            raise MalformedError("a path is one of exact and prefix, begins with / and has no ?, # and blank", place)
    what = "it has http, which Calico heeds only where Envoy asks it; everywhere else all requests pass, as taken here"
    known.unknown(what, at.key(), "allow the port, or use a plugin that filters HTTP")
