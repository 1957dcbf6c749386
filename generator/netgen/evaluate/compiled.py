"""Policies in a universe, under one semantics and one reading: whom each rule means, and which ports."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from netgen.evaluate.crowds import Crowd, crowd_of
from netgen.evaluate.endpoints import Endpoint
from netgen.evaluate.mentions import Selection, peer_pods, subject
from netgen.evaluate.objects.model import (
    BlockPeer,
    Direction,
    Entity,
    EntityPeer,
    NamedPort,
    NamePeer,
    Peer,
    PodPeer,
    Policy,
    PortRule,
    Rule,
)
from netgen.evaluate.semantics import Reading, Semantics, Tri
from netgen.evaluate.sets import Protocol, ports
from netgen.evaluate.universe import Neighbours, Universe
from netgen.records import record

if TYPE_CHECKING:
    from netgen.evaluate.filters import Passing

_Any = TypeVar("_Any")


class Ports(NamedTuple):
    """The ports of a rule: a *mask*, and *names* that each destination resolves for itself.

    *untold*: some of these, and nobody knows which. *passing*: only these requests pass; None is whatever there is.
    """

    mask: int
    names: tuple[tuple[Protocol, str], ...] = ()
    untold: int = 0
    passing: tuple[Passing, ...] | None = None


@record
class Held:
    """Whom a direction of a policy holds: those that it *isolates*, and those whom its rules *allow* something."""

    isolates: Crowd
    allows: Crowd


class Compiler:
    """Turns policies into numbers of endpoints and masks of ports; *is_exact* until something was not known."""

    def __init__(self, universe: Universe, semantics: Semantics, reading: Reading) -> None:
        self.is_exact = True
        self._universe = universe
        self._semantics = semantics
        self.reading = reading
        self._nobody = Crowd(())
        self._meant: dict[tuple[tuple[Peer, ...], str, Direction | None], tuple[Crowd, ...]] = {}
        self._selected: dict[Selection, Crowd] = {}
        self._located: dict[tuple[int, bool], tuple[Crowd, ...]] = {}
        self._alike: dict[tuple[int, ...], Crowd] = {}
        self._neighbour_crowds: dict[Neighbours, Crowd] = {}
        self._ports: dict[tuple[PortRule, ...] | None, Ports] = {None: Ports(universe.ports.everything)}
        self._filtered: dict[tuple[object, ...], Ports] = {}
        self._named: dict[tuple[object, ...], int] = {}

    def held(self, policy: Policy, *, listed: bool) -> Held:
        """Return the pods that a direction of *policy* holds; *listed*: `policyTypes` names the direction."""
        unlisted = Tri.YES if listed else self._semantics.unlisted_rules
        if unlisted is Tri.NO:
            return Held(self._nobody, self._nobody)
        members = self._universe.members(subject(policy))
        certain = self._without_hosts(members.certain)
        perhaps = self._without_hosts(members.perhaps)
        if unlisted is Tri.EITHER:
            certain, perhaps = [], certain + perhaps
        if policy.entities:
            certain += self._universe.held(policy)
        if not perhaps:
            crowd = self._crowd(certain)
            return Held(crowd, crowd)
        self.is_exact = False
        known, both = self._crowd(certain), self._crowd(certain + perhaps)
        # Who may be isolated is so where less is to be allowed; what may be allowed is so where more is.
        return Held(both, known) if self.reading is Reading.NARROW else Held(known, both)

    def peers(self, rule: Rule, namespace: str, direction: Direction) -> tuple[Crowd | None, ...]:
        """Return whom *rule* of a policy in *namespace* means, in one or more crowds; None stands for everybody."""
        if rule.peers is None:
            return (None,)
        key = rule.peers, namespace, direction if self._universe.symbols else None
        found = self._meant.get(key)
        if found is None:
            found = self._meant[key] = tuple(self._crowds(rule.peers, namespace, direction))
        return found

    def _crowds(self, peers: tuple[Peer, ...], namespace: str, direction: Direction) -> Iterable[Crowd]:
        found = [self._pods(peer_pods(peer, namespace)) for peer in peers if isinstance(peer, PodPeer)]
        blocks = [peer for peer in peers if isinstance(peer, BlockPeer)]
        for pods in {peer.pods for peer in blocks}:
            # All blocks of a rule at once: a pod with two addresses may have each in another block.
            classes = self._universe.addresses(peer.block for peer in blocks if peer.pods is pods)
            found += self._in_addresses(classes, pods=pods)
        if self._universe.symbols:
            everywhere = self._universe.everywhere(peer.block for peer in blocks)
            found.append(crowd_of(self._symbols(peers, direction) | everywhere))
        return dict.fromkeys(crowd for crowd in found if len(crowd))

    def _symbols(self, peers: tuple[Peer, ...], direction: Direction) -> int:
        """Return the entities among *peers*, and the addresses of the DNS names; see netgen.evaluate.entities."""
        symbols, found = self._universe.symbols, 0
        entities = {peer.entity for peer in peers if isinstance(peer, EntityPeer)}
        for entity in entities:
            found |= self._universe.world if entity is Entity.WORLD else symbols.of(entity)
        for peer in peers:
            if isinstance(peer, NamePeer):
                found |= symbols.names[peer.pattern]
        if Entity.KUBE_APISERVER in entities:
            found |= symbols.servers
        unsure = symbols.hosts & ~found
        if unsure and entities and self._takes(self._hosts(entities, direction)):
            found |= unsure
        return found

    @staticmethod
    def _hosts(entities: set[Entity], direction: Direction) -> Tri:
        """Return whether nodes of which it is not known which ones they are are among *entities*."""
        own, other = Entity.HOST in entities, Entity.REMOTE_NODE in entities
        if other and (own or direction is Direction.INGRESS):
            return Tri.YES
        if Entity.KUBE_APISERVER in entities or ((own or other) and direction is Direction.EGRESS):
            return Tri.EITHER
        return Tri.NO

    def _pods(self, selection: Selection) -> Crowd:
        found = self._selected.get(selection)
        if found is None:
            members = self._universe.members(selection)
            hosts = self._semantics.selectors_match_hosts
            ids = [
                index
                for index in self._taken(members.certain, members.perhaps)
                if not self._is_host(index) or self._takes(hosts)
            ]
            found = self._selected[selection] = self._crowd(ids)
        return found

    def _in_addresses(self, classes: int, *, pods: bool) -> tuple[Crowd, ...]:
        """Return who is in *classes* of addresses; without *pods* only those that labels do not tell."""
        found = self._located.get((classes, pods))
        if found is None:
            there = self._universe.inhabitants(classes)
            on_nodes = self._semantics.blocks_match_nodes
            known = [
                [one for one in each if (pods or one.on_host) and self._on(one) is not Tri.NO]
                for each in (there.certain, there.perhaps)
            ]
            inside = [self._neighbours(one) for one in self._taken(*known) if self._takes(self._on(one))]
            nodes = crowd_of(there.nodes if there.nodes and self._takes(on_nodes) else 0)
            found = self._located[classes, pods] = (crowd_of(there.outside), nodes, *inside)
        return found

    def _on(self, neighbours: Neighbours) -> Tri:
        """Return whether a block with the addresses of *neighbours* matches them."""
        semantics = self._semantics
        return semantics.blocks_match_nodes if neighbours.on_host else semantics.blocks_match_pods

    def _neighbours(self, neighbours: Neighbours) -> Crowd:
        """Return one crowd for the same *neighbours*, however many blocks they are in."""
        return self._neighbour_crowds.setdefault(neighbours, Crowd(neighbours.ids))

    def _crowd(self, ids: Iterable[int]) -> Crowd:
        key = tuple(ids)
        return self._alike.setdefault(key, Crowd(key))

    def _taken(self, certain: Iterable[_Any], perhaps: Iterable[_Any]) -> list[_Any]:
        unsure = list(perhaps)
        if unsure:
            self.is_exact = False
        return [*certain, *(unsure if self.reading is Reading.WIDE else ())]

    def _takes(self, tri: Tri) -> bool:
        if tri is Tri.EITHER:
            self.is_exact = False
        return self.reading.takes(tri)

    def _is_host(self, index: int) -> bool:
        return self._universe.endpoints[index].host_network

    def _without_hosts(self, ids: Iterable[int]) -> list[int]:
        return [index for index in ids if not self._is_host(index)]

    def ports(self, rule: Rule) -> Ports:
        """Return the ports of *rule*."""
        found = self._ports.get(rule.ports)
        if found is None:
            space = self._universe.ports
            mask, untold, names = 0, 0, []
            for port in rule.ports or ():
                if port.name is None:
                    mask |= space.mask(ports(port.protocol, port.low, port.high))
                elif not port.name:
                    untold |= space.mask(ports(port.protocol))
                else:
                    names.append((port.protocol, port.name))
            found = self._ports[rule.ports] = Ports(mask, tuple(sorted(set(names))), untold)
        if rule.requests is None and rule.lookups is None:
            return found
        key = rule.ports, rule.requests, rule.lookups
        if key not in self._filtered:
            from netgen.evaluate.filters import passing  # noqa: PLC0415 - few clusters have policies with requests

            self._filtered[key] = found._replace(passing=passing(rule))
        return self._filtered[key]

    def resolved(self, ports: Ports, target: Endpoint) -> int:
        """Return the mask of *ports* where *target* is the destination: a name means what that pod calls so."""
        mask = self._resolved(ports, target) if ports.names and target.is_pod else ports.mask
        if ports.untold and self._takes(Tri.EITHER):
            mask |= ports.untold
        return mask if ports.passing is None else self._universe.filters.of(mask, ports.passing)

    def _resolved(self, ports: Ports, target: Endpoint) -> int:
        key = (ports.names, target.ports, target.ports_known, target.host_network)
        found = self._named.get(key)
        if found is None:
            found = self._named[key] = self._resolve(ports.names, target)
        return ports.mask | found

    def _resolve(self, names: tuple[tuple[Protocol, str], ...], target: Endpoint) -> int:
        space, found = self._universe.ports, 0
        if not target.ports_known:
            # Its containers may give the name to any port.
            if self._takes(Tri.EITHER):
                for protocol, _ in names:
                    found |= space.mask(ports(protocol))
        elif not target.host_network or self._takes(self._semantics.selectors_match_hosts):
            for port in target.ports:
                if (port.protocol, port.name) in names and self._listens(port):
                    found |= space.mask(ports(port.protocol, port.number, port.number))
        return found

    def _listens(self, port: NamedPort) -> bool:
        return not port.init or self._takes(self._semantics.init_ports_count)
