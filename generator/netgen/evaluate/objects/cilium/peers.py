"""Whom a rule is about: of the kinds of peers one, and of no kind everybody or nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from netgen.evaluate.addresses import Block
from netgen.evaluate.objects.cilium.groups import blocks, cidr
from netgen.evaluate.objects.cilium.known import Known, each, record
from netgen.evaluate.objects.cilium.names import pattern
from netgen.evaluate.objects.cilium.selectors import RESERVED, Ask, asked, by_whom, together
from netgen.evaluate.objects.model import (
    NAME_LABEL,
    Action,
    BlockPeer,
    Direction,
    Entity,
    EntityPeer,
    NamePeer,
    Peer,
    PodPeer,
    Selector,
)
from netgen.evaluate.objects.values import MalformedError, text
from netgen.evaluate.objects.ways import ServiceObject
from netgen.source import Spot

SIDES = {Direction.INGRESS: "from", Direction.EGRESS: "to"}
_COMMON = ("Endpoints", "CIDR", "CIDRSet", "Entities", "Nodes", "Groups")
_NO_ONE_IF_EMPTY = ("Endpoints", "CIDR", "CIDRSet", "Entities", "Nodes")
_ENTITIES = {str(one): one for one in Entity}
_MESH = ("cluster", "cluster-mesh")
_EVERY_POD = PodPeer(Selector(), Selector())
_CLUSTER: tuple[Peer, ...] = (_EVERY_POD, *(EntityPeer(one) for one in Entity if one is not Entity.WORLD))
_SERVICE = frozenset(("k8sService", "k8sServiceSelector"))
_NAMED = frozenset(("serviceName", "namespace"))
_SELECTED = frozenset(("selector", "namespace"))

Peers = tuple[Peer, ...] | None


def keys(direction: Direction, action: Action) -> tuple[str, ...]:
    """Return the keys of a rule that peers stand under."""
    more = () if direction is Direction.INGRESS else ("Services",)
    names = ("FQDNs",) if direction is Direction.EGRESS and action is Action.ALLOW else ()
    return tuple(f"{SIDES[direction]}{kind}" for kind in (*_COMMON, *more, *names))


def peers(
    found: dict[str, Any], spot: Spot, direction: Direction, action: Action, known: Known, *, has_ports: bool
) -> Peers:
    """Return the peers of the rule *found*; None is everybody, which a rule that names nobody means if it has ports.

    Source: cilium v1.20.2, pkg/policy/api/rule_validation.go, pkg/policy/utils/parserules.go.
    """
    side = SIDES[direction]
    given = [key for key in keys(direction, action) if any(True for _ in each(found.get(key), spot.at(key)))]
    if len(given) > 1:
        message = f"peers of two kinds in one rule, {given[0]} and {given[1]}, are refused"
        raise MalformedError(message, spot.at(given[1]), at_key=True)
    for _, at in each(found.get(f"{side}Requires"), spot.at(f"{side}Requires")):
        raise MalformedError(f"{side}Requires is refused", at)
    kind = given[0].removeprefix(side) if given else ""
    meant = tuple(_meant(kind, found[given[0]], spot.at(given[0]), action, known)) if given else ()
    if any(found.get(f"{side}{each_kind}") == [] for each_kind in _NO_ONE_IF_EMPTY):
        return ()
    # The agent looks up the Services of rules that allow only, and is left with no peer where one denies.
    is_unnamed = not given or (kind == "Services" and action is Action.DENY)
    if None in meant or (is_unnamed and has_ports):
        return None
    return tuple(dict.fromkeys(one for one in meant if one is not None))


def _meant(kind: str, value: object, spot: Spot, action: Action, known: Known) -> Iterator[Peer | None]:
    """Yield the peers of *kind* that are listed; None is everybody."""
    for item, at in each(value, spot):
        match kind:
            case "Endpoints":
                yield from _endpoints(item, at, known)
            case "CIDR":
                yield BlockPeer(Block(cidr(item, at)))
            case "CIDRSet":
                yield from map(BlockPeer, blocks(item, at, known))
            case "Entities":
                yield from _entities(item, at)
            case "FQDNs":
                yield NamePeer(pattern(item, at))
            case "Services":
                yield from _service(item, at, action, known)
            case _:
                known.unknown(f"its peers are {kind.lower()}", at.value())


def _entities(value: object, spot: Spot) -> Iterator[Peer | None]:
    name = text(value, spot)
    if name == "all":
        yield None
    elif name in _MESH:
        yield from _CLUSTER
    elif name in _ENTITIES:
        yield EntityPeer(_ENTITIES[name])
    elif name != "none":
        raise MalformedError(f"{name!r} is no entity", spot)


# ------------------------------------------------------------------------------------------------------------ endpoints


def _endpoints(value: object, spot: Spot, known: Known) -> Iterator[Peer]:
    """Yield whom a selector of endpoints means: pods, or with a key `reserved:X` what is none.

    Pods it means in the policy's namespace, unless it speaks of namespaces; a clusterwide policy's in all of them. What
    is no pod has no cluster either, and is not met: that is so where peers are confined to one cluster, as since 1.19.
    """
    asks = asked(value, spot)
    found = by_whom(asks, known)
    if found.reserved:
        yield from _reserved(asks, spot, known)
    elif not found.nobody:
        is_here = known.namespace and not found.spaces
        yield PodPeer(None if is_here else together(found.spaces), together(found.pods))


def _reserved(asks: tuple[Ask, ...], spot: Spot, known: Known) -> Iterator[Peer]:
    reserved = [ask for ask in asks if ask.source == RESERVED]
    wanted = [ask for ask in reserved if ask.is_positive]
    others = [ask for ask in asks if ask.source != RESERVED and ask.is_positive]
    if not wanted or len({ask.asks.key for ask in wanted}) > 1 or len(wanted) < len(reserved):
        known.unknown("a selector speaks of what is reserved in more than one way, or by what it is not", spot.value())
    elif any(ask.asks.key in _ENTITIES for ask in others):
        known.unknown("a selector speaks of what is reserved and of more", spot.value())
    elif not others and all(ask.asks.holds("") for ask in wanted):
        yield from _entity(wanted[0], known)


def _entity(ask: Ask, known: Known) -> Iterator[Peer]:
    name = ask.asks.key
    if name in _ENTITIES and name != Entity.WORLD:
        yield EntityPeer(_ENTITIES[name])
    elif name != "none":
        # Which of world, world-ipv4 and world-ipv6 addresses have depends on the families of the cluster.
        known.unknown(f"a selector speaks of reserved:{name}", ask.spot.value(), "write it as an entity")


# ------------------------------------------------------------------------------------------------------------- Services


def _service(value: object, spot: Spot, action: Action, known: Known) -> Iterator[Peer]:
    """Yield the pods of the Services that are meant, which have to be among those that were read.

    Source: cilium v1.20.2, pkg/policy/k8s/service.go, processRule.
    """
    found = record(value, _SERVICE, spot)
    meant = [one for one in known.services if _means(found, spot)(one)]
    if action is Action.DENY:
        return
    if not meant:
        what = "there is no such Service among what was read, and without it a rule with toPorts means everybody"
        known.unknown(what, spot.value(), "give the Services of the cluster as well")
    for one in meant:
        if one.selector is None:
            fix = "for the API server, write toEntities: [kube-apiserver]" if one.name == "kubernetes" else ""
            known.unknown(f"the Service {one} has no selector, and nobody tells its addresses", spot.value(), fix)
        else:
            namespaces = Selector(((NAME_LABEL, one.namespace),))
            yield PodPeer(namespaces, Selector(one.selector))


def _means(found: dict[str, Any], spot: Spot) -> Callable[[ServiceObject], bool]:
    """Return whether an item of toServices means a Service; one without a namespace means all of that name."""
    if "k8sServiceSelector" in found:
        at = spot.at("k8sServiceSelector")
        one = record(found["k8sServiceSelector"], _SELECTED, at)
        asks = asked(one.get("selector"), at.at("selector"))
        space = text(one.get("namespace", ""), at.at("namespace"))
        return lambda service: (
            space in ("", service.namespace)
            and all(ask.asks.holds(dict(service.labels).get(ask.asks.key)) for ask in asks)
        )
    at = spot.at("k8sService")
    one = record(found.get("k8sService", {}), _NAMED, at)
    space, name = text(one.get("namespace", ""), at.at("namespace")), text(one.get("serviceName", ""), at)
    return lambda service: space in ("", service.namespace) and service.name == name
