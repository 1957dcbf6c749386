"""NetworkPolicy of networking.k8s.io/v1: its fields, its defaults, and the rules of the API server about it."""

from __future__ import annotations

import marshal
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from netgen.evaluate.addresses import Block, Range, parse, strictly_inside
from netgen.evaluate.objects.model import BlockPeer, Direction, Peer, PodPeer, Policy, PortRule, Rule, Rules, Selector
from netgen.evaluate.objects.selectors import selector
from netgen.evaluate.objects.values import MalformedError, fields, items, text, whole
from netgen.evaluate.sets import FIRST, LAST, Protocol
from netgen.source import Spot

_TOP = frozenset(("apiVersion", "kind", "metadata", "spec", "status"))
_SPEC = frozenset(("podSelector", "policyTypes", "ingress", "egress"))
_PEER = frozenset(("podSelector", "namespaceSelector", "ipBlock"))
_BLOCK = frozenset(("cidr", "except"))
_PORT = frozenset(("protocol", "port", "endPort"))
_PEERS = {Direction.INGRESS: "from", Direction.EGRESS: "to"}
_TYPES = {"Ingress": Direction.INGRESS, "Egress": Direction.EGRESS}
_PROTOCOLS = {str(protocol): protocol for protocol in (Protocol.TCP, Protocol.UDP, Protocol.SCTP)}
# k8s.io/apimachinery pkg/util/validation: IsValidPortName.
_PORT_NAME = re.compile(r"(?=[a-z0-9-]{1,15}$)(?=.*[a-z])(?!.*--)[a-z0-9]([a-z0-9-]*[a-z0-9])?")


def policy(body: object, namespace: str, name: str, spot: Spot) -> Policy:
    """Return the NetworkPolicy *body*, with the API server's defaults.

    Source: kubernetes/api networking/v1/types.go and pkg/apis/networking/validation/validation.go.
    """
    at = spot.at("spec")
    spec = fields(fields(body, _TOP, spot).get("spec"), _SPEC, at)
    rules = {
        direction: tuple(_rules(spec.get(direction), direction, at.at(direction))) for direction in _TYPES.values()
    }
    listed = _types(spec.get("policyTypes"), at.at("policyTypes")) or _default_types(rules)
    unlisted = tuple((direction, found) for direction, found in rules.items() if found and direction not in listed)
    return Policy(
        kind="NetworkPolicy",
        namespace=namespace,
        name=name,
        subject=selector(spec.get("podSelector"), at.at("podSelector")),
        ingress=rules[Direction.INGRESS] if Direction.INGRESS in listed else None,
        egress=rules[Direction.EGRESS] if Direction.EGRESS in listed else None,
        unlisted=unlisted,
        spot=spot,
    )


def _types(value: object, spot: Spot) -> set[Direction]:
    found = set()
    for item, at in items(value, spot):
        if not isinstance(item, str) or item not in _TYPES:
            raise MalformedError(f"{item!r} is no policy type", at)
        found.add(_TYPES[item])
    if isinstance(value, list) and len(value) > len(_TYPES):
        raise MalformedError("there are more than two policy types", spot)
    return found


def _default_types(rules: dict[Direction, Rules]) -> set[Direction]:
    return {Direction.INGRESS, Direction.EGRESS} if rules[Direction.EGRESS] else {Direction.INGRESS}


def _rules(value: object, direction: Direction, spot: Spot) -> Iterator[Rule]:
    side = _PEERS[direction]
    for index, (item, at) in enumerate(items(value, spot)):
        written = _Written(marshal.dumps(item, 2))
        written.value, written.spot = item, at
        peers, ports = _parts(written, side)
        yield Rule(peers or None, ports or None, index, at)


class _Written(bytes):
    """A rule as it is written, equal to every other that is written alike."""

    value: object
    spot: Spot


@lru_cache(maxsize=4096)  # most rules are written many times, and one is read for all
def _parts(rule: _Written, side: str) -> tuple[tuple[Peer, ...], tuple[PortRule, ...]]:
    """Return the peers and the ports of a rule, whose peers are under the key *side*."""
    found, spot = fields(rule.value, frozenset((side, "ports")), rule.spot), rule.spot
    peers = tuple(_peer(peer, at) for peer, at in items(found.get(side), spot.at(side)))
    return peers, tuple(_port(port, at) for port, at in items(found.get("ports"), spot.at("ports")))


def _peer(value: object, spot: Spot) -> Peer:
    found = fields(value, _PEER, spot)
    if not found:
        raise MalformedError("a peer without podSelector, namespaceSelector and ipBlock is refused", spot)
    if "ipBlock" in found:
        if len(found) > 1:
            raise MalformedError("a peer has either an ipBlock or selectors", spot)
        return BlockPeer(_block(found["ipBlock"], spot.at("ipBlock")))
    spaces = found.get("namespaceSelector")
    pods = selector(found["podSelector"], spot.at("podSelector")) if "podSelector" in found else Selector()
    return PodPeer(None if spaces is None else selector(spaces, spot.at("namespaceSelector")), pods)


def _block(value: object, spot: Spot) -> Block:
    found = fields(value, _BLOCK, spot)
    outer = _range(found.get("cidr"), spot.at("cidr"))
    excepts = []
    for item, at in items(found.get("except"), spot.at("except")):
        if not strictly_inside(_range(item, at), outer):
            raise MalformedError(f"{item!r} is not a strict part of {found['cidr']!r}", at)
        excepts.append(item)
    return Block(found["cidr"], tuple(excepts))


def _range(value: object, spot: Spot) -> Range:
    try:
        return parse(text(value, spot))
    except ValueError as error:
        raise MalformedError(f"{value!r} {error}", spot) from None


def _port(value: object, spot: Spot) -> PortRule:
    found = fields(value, _PORT, spot)
    protocol = _protocol(found.get("protocol", "TCP"), spot.at("protocol"))
    port = found.get("port")
    if port is None or isinstance(port, str):
        if "endPort" in found:
            raise MalformedError("an endPort needs a port that is a number", spot.at("endPort"))
        return PortRule(protocol) if port is None else PortRule(protocol, name=_port_name(port, spot.at("port")))
    low = whole(port, spot.at("port"), FIRST, LAST)
    high = whole(found["endPort"], spot.at("endPort"), low, LAST) if "endPort" in found else low
    return PortRule(protocol, low, high)


def _protocol(value: Any, spot: Spot) -> Protocol:
    if not isinstance(value, str) or value not in _PROTOCOLS:
        raise MalformedError(f"{value!r} is no protocol of a NetworkPolicy", spot)
    return _PROTOCOLS[value]


def _port_name(value: str, spot: Spot) -> str:
    if not _PORT_NAME.fullmatch(value):
        raise MalformedError(f"{value!r} is no port number and no port name", spot)
    return value
