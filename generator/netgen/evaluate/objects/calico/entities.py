"""One side of a rule: whom it is about, by selectors, by addresses and by Services."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from netgen.evaluate.objects.calico.blocks import EVERYWHERE, family, nets, shared, without
from netgen.evaluate.objects.calico.known import Known, NetworkSet, selector
from netgen.evaluate.objects.calico.logic import can_be_met
from netgen.evaluate.objects.calico.places import ACCOUNT, pods
from netgen.evaluate.objects.calico.selectors import (
    IN_SPACES,
    IS_IN_A_NAMESPACE,
    NAMESPACE_OF,
    OF_ACCOUNTS,
    All,
    Asks,
    Not,
)
from netgen.evaluate.objects.calico.services import ServiceMatch, of_service, service_match
from netgen.evaluate.objects.calico.sets import meant
from netgen.evaluate.objects.model import BlockPeer, Expression, Operator, Peer, PodPeer, PortRule
from netgen.evaluate.objects.values import MalformedError, fields, items, object_name, text, whole
from netgen.source import Spot

_SIDE = frozenset(
    (
        *("nets", "notNets", "selector", "notSelector", "namespaceSelector"),
        *("ports", "notPorts", "serviceAccounts", "services"),
    )
)
_ACCOUNTS = frozenset(("names", "selector"))
_GLOBAL = "global("

Ports = tuple[PortRule, ...] | None


class Side(NamedTuple):
    """The source or the destination of a rule as it is *written*.

    *asks* is what its selectors ask, None where there are none; *shuns* what `notSelector` asks.
    """

    name: str
    written: dict[str, Any]
    spot: Spot
    asks: Asks | None
    shuns: Asks | None
    nets: tuple[str, ...]
    not_nets: tuple[str, ...]
    services: ServiceMatch | None

    def asks_of_pods(self, known: Known) -> Asks | None:
        """Return what it asks of the pods that the policy is about; None where that is nothing."""
        if self.asks is None and self.shuns is None:
            return None
        found = _together(self)
        if any(True for one in (self.asks, self.shuns) if one is not None for _ in meant(one, self.spot, known)):
            known.unknown("it is about its pods by network sets, whose addresses they may have", self.spot.key())
        return found


def side(value: object, spot: Spot, known: Known) -> Side:
    """Return the EntityRule *value*. In a policy of a namespace, selectors alone mean that namespace.

    Source: projectcalico/calico, libcalico-go/lib/backend/syncersv1/updateprocessors/rules.go, getEndpointSelector.
    """
    if value is None:
        return Side(str(spot.path[-1]), {}, spot, None, None, (), (), None)
    return _side(fields(value, _SIDE, spot), spot, known)


def _side(found: dict[str, Any], spot: Spot, known: Known) -> Side:
    parts = {
        key: text(found[key], spot.at(key))
        for key in ("selector", "notSelector", "namespaceSelector")
        if found.get(key)
    }
    for key in ("selector", "notSelector"):
        if _GLOBAL in parts.get(key, ""):
            raise MalformedError("global() stands in a namespaceSelector of a rule only", spot.at(key))
    accounts = _accounts(found.get("serviceAccounts"), spot.at("serviceAccounts"))
    services = service_match(found.get("services"), spot.at("services"), known)
    own, negated = (nets(found.get(key), spot.at(key), negated=key == "notNets") for key in ("nets", "notNets"))
    if services is not None and (parts or own or negated or found.get("serviceAccounts") is not None):
        raise MalformedError(
            "services stand alone: selectors and addresses beside them are refused", spot.at("services")
        )
    if services is not None and spot.path[-1] == "destination" and (found.get("ports") or found.get("notPorts")):
        raise MalformedError("services bring their ports: others beside them are refused", spot.at("services"))
    asks: list[Asks] = [] if accounts is None else [accounts]
    if "selector" in parts:
        asks.append(selector(parts["selector"], spot.at("selector")))
    shuns = selector(parts["notSelector"], spot.at("notSelector")) if "notSelector" in parts else None
    if "namespaceSelector" in parts:
        asks.insert(0, _spaces(parts["namespaceSelector"], spot.at("namespaceSelector")))
    elif known.namespace and (asks or shuns is not None):
        asks.insert(0, Expression(NAMESPACE_OF, Operator.IN, (known.namespace,)))
    return Side(str(spot.path[-1]), found, spot, All(tuple(asks)) if asks else None, shuns, own, negated, services)


def _spaces(written: str, spot: Spot) -> Asks:
    found = selector(written, spot, IN_SPACES, IS_IN_A_NAMESPACE)
    if _GLOBAL in written and found != Not(IS_IN_A_NAMESPACE):
        raise MalformedError("global() stands alone", spot)
    return found


def _accounts(value: object, spot: Spot) -> Asks | None:
    """Return what `serviceAccounts` asks; None where it asks nothing."""
    found = fields(value, _ACCOUNTS, spot)
    names = [object_name(item, at) for item, at in items(found.get("names"), spot.at("names"))]
    parts: list[Asks] = [Expression(ACCOUNT, Operator.IN, tuple(sorted(set(names))))] if names else []
    if found.get("selector"):
        parts.append(selector(found["selector"], spot.at("selector"), OF_ACCOUNTS))
    return All(tuple(parts)) if parts else None


def check_families(rule: dict[str, Any], sides: Iterable[Side], spot: Spot) -> int | None:
    """Return the family of addresses that a rule is about, None for both; MalformedError where its parts differ.

    With addresses of one family it matches no connection of the other. Source: felix/rules/policy.go.
    """
    written = rule.get("ipVersion")
    if written is not None and whole(written, spot.at("ipVersion"), 4, 6) == 5:
        raise MalformedError("ipVersion is 4 or 6", spot.at("ipVersion"))
    found = {written} - {None}
    for key, number in (("ICMP", 4), ("ICMPv6", 6)):
        if key in (rule.get("protocol"), rule.get("notProtocol")) and written not in (None, number):
            raise MalformedError(f"{key} is of IPv{number}", spot.at("ipVersion"))
    for one in sides:
        families = {family(cidr) for cidr in (*one.nets, *one.not_nets)}
        found |= families
        if len(found) > 1:
            raise MalformedError("addresses of IPv4 and of IPv6 in one rule are refused", one.spot, at_key=True)
    return next(iter(found), None)


# --------------------------------------------------------------------------------------------------------------- peers


Meant = tuple[tuple[Peer, ...] | None, Ports]
"""Whom a part of a rule means, None for everybody, and on which ports."""


def peers(far: Side, ports: Ports, version: int | None, known: Known) -> tuple[Meant, ...]:
    """Return whom a rule means on the side *far* from the policy's pods, and on which ports, in one or more parts.

    *version* is the family of addresses that it is confined to.
    """
    if far.services is not None:
        if version is not None:
            name = f"{far.services.namespace}/{far.services.name}"
            known.unknown(f"it means pods behind the Service {name}, and the family of their addresses", far.spot.key())
        return (of_service(far.services, ports, known, is_target=far.name == "destination"),)
    families = (4, 6) if version is None else (version,)
    if far.asks is None and far.shuns is None:
        if version is None:
            return ((None, ports),)
        inside = far.nets or (EVERYWHERE[version],)
        return ((tuple(BlockPeer(one) for one in without(inside, far.not_nets)), ports),)
    found = tuple(_pods(far, known))
    sets = tuple(meant(far.asks, far.spot, known)) if far.asks is not None else ()
    outside = _addresses(far, sets, families)
    _note_mixed(far, found, sets, version, known)
    if not found and not outside and can_be_met(_together(far)):
        fix = "give the NetworkSets and GlobalNetworkSets of the cluster as well"
        known.unknown(f"nothing among what was read is in its {far.name}", far.spot.value(), fix)
    found, outside = tuple(dict.fromkeys(found)), tuple(dict.fromkeys(outside))
    return _to(found, outside, ports) if far.name == "destination" else (((*found, *outside), ports),)


def _to(found: tuple[PodPeer, ...], outside: tuple[BlockPeer, ...], ports: Ports) -> tuple[Meant, ...]:
    """Return *found* and *outside* as one part, unless *ports* have names: those are of the selected pods alone.

    Source: felix/calc/rule_scanner.go, namedPortsToIPSets.
    """
    numbers = tuple(one for one in ports or () if one.name is None)
    if not outside or ports is None or len(numbers) == len(ports):
        return (((*found, *outside), ports),)
    return ((found, ports), (outside, numbers)) if numbers else ((found, ports),)


def _together(far: Side) -> Asks:
    parts: list[Asks] = [] if far.asks is None else [far.asks]
    return All((*parts, Not(far.shuns))) if far.shuns is not None else All(tuple(parts))


def _pods(far: Side, known: Known) -> Iterator[PodPeer]:
    for one in pods(_together(far), far.spot, known):
        yield one.peer(known.namespace)


def _addresses(far: Side, sets: tuple[NetworkSet, ...], families: tuple[int, ...]) -> tuple[BlockPeer, ...]:
    """Return the addresses of *sets*; without selectors, all of them but those of pods, which are told by labels."""
    is_free = far.asks is None
    cidrs = tuple(EVERYWHERE.values()) if is_free else tuple(cidr for one in sets for cidr in one.nets)
    inside = [one for one in cidrs if family(one) in families]
    if far.nets:
        inside = list(shared(inside, far.nets))
    return tuple(BlockPeer(one, pods=not is_free) for one in without(inside, far.not_nets))


def _note_mixed(
    far: Side, found: tuple[PodPeer, ...], sets: tuple[NetworkSet, ...], version: int | None, known: Known
) -> None:
    """Note where both labels and addresses decide about a pod, of which nobody knows the addresses."""
    if found and (far.nets or far.not_nets):
        known.unknown(
            f"it selects pods by labels and by addresses in one {far.name}", far.spot.key(), "write two rules"
        )
    elif found and version is not None:
        known.unknown("it selects pods by labels, and by the family of their addresses", far.spot.key())
    if far.shuns is not None and (sets or any(True for _ in meant(far.shuns, far.spot, known))):
        known.unknown(
            "it leaves out by notSelector, and network sets have such labels", far.spot.at("notSelector").key()
        )
