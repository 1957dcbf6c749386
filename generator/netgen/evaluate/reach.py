"""Who reaches whom: rows of a matrix over a universe, computed by sets of sources and never pair by pair."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from netgen.evaluate.compiled import Compiler, Held, Ports
from netgen.evaluate.crowds import Crowd
from netgen.evaluate.endpoints import Endpoint
from netgen.evaluate.objects.model import Direction, Policy, Rules
from netgen.evaluate.semantics import Reading, Semantics
from netgen.evaluate.sets import NO_PORTS, PortSet, mask_of
from netgen.evaluate.universe import Universe

Row = tuple[tuple[int, PortSet], ...]
"""Sources as bits and the ports that they reach; no source is in two of them."""

Masks = dict[int, int]
"""Ports as bits -> sources as bits; a source may be under several."""

Grant = tuple[Crowd | None, Ports]


class Reach:
    """What *policies* allow in *universe*, under *semantics* and *reading*.

    A connection needs the egress of its source and the ingress of its target. Not governed are addresses, nodes and
    pods on the host network: their side always allows. Not in the answers, since no policy decides it: a node always
    reaches the pods that it runs, and a pod always reaches itself; an endpoint to itself means its pods among each
    other. A connection between two addresses is none.

    Source: NetworkPolicySpec in kubernetes/api networking/v1/types.go.
    """

    def __init__(self, universe: Universe, policies: Iterable[Policy], semantics: Semantics, reading: Reading) -> None:
        self.universe = universe
        self.policies: Sequence[Policy] = tuple(policies)
        self.semantics = semantics
        self.reading = reading
        self.compiler = Compiler(universe, semantics, reading)
        count = len(universe.endpoints)
        self._all = (1 << count) - 1
        self._pods = mask_of([index for index, one in enumerate(universe.endpoints) if one.is_pod])
        self._isolated: dict[Direction, set[int]] = {direction: set() for direction in Direction}
        self._grants: list[list[tuple[Grant, ...]]] = [[] for _ in range(count)]
        self._narrow: list[list[tuple[Crowd, Ports]]] = [[] for _ in range(count)]
        self._wide: dict[Crowd | None, list[tuple[int, Ports]]] = {}
        if semantics.enforced:
            self._compile()
        self._free = self._all & ~mask_of(self._isolated[Direction.EGRESS])

    @property
    def is_exact(self) -> bool:
        """Return whether everything that was asked so far was known, so that the other reading answers the same."""
        return self.compiler.is_exact

    def _compile(self) -> None:
        leaving: dict[Grant, list[Crowd]] = {}
        for policy in self.policies:
            for direction, rules, listed in policy.sides():
                held = self.compiler.held(policy, listed=listed)
                self._isolated[direction].update(held.isolates.ids)
                if held.allows.ids:
                    grants = self._grant(rules, policy.namespace)
                    self._add(direction, held, grants, leaving)
        most = max(len(self.universe.endpoints) // 16, 16)
        for (targets, ports), crowds in leaving.items():
            sources = (
                crowds[0] if len(crowds) == 1 else Crowd(dict.fromkeys(index for one in crowds for index in one.ids))
            )
            if targets is None or len(targets) > most:
                self._wide.setdefault(targets, []).append((sources.mask, ports))
            else:
                for index in targets.ids:
                    self._narrow[index].append((sources, ports))

    def _grant(self, rules: Rules, namespace: str) -> tuple[Grant, ...]:
        """Return what *rules* allow, once for each crowd of peers and ports."""
        found = [(crowd, self.compiler.ports(rule)) for rule in rules for crowd in self.compiler.peers(rule, namespace)]
        return tuple(dict.fromkeys(found))

    def _add(
        self, direction: Direction, held: Held, grants: tuple[Grant, ...], leaving: dict[Grant, list[Crowd]]
    ) -> None:
        if direction is Direction.INGRESS:
            for index in held.allows.ids:
                self._grants[index].append(grants)
        else:
            for grant in grants:
                leaving.setdefault(grant, []).append(held.allows)

    def isolated(self, endpoint: int, direction: Direction) -> bool:
        """Return whether some policy holds *endpoint* in *direction*, so that only what is allowed is open."""
        return endpoint in self._isolated[direction]

    def governed(self, endpoint: int) -> bool:
        """Return whether policies can hold *endpoint* at all: not addresses, nodes, and pods on the host network."""
        one = self.universe.endpoints[endpoint]
        return self.semantics.enforced and one.is_pod and not one.host_network

    def rows(self, targets: Iterable[int] | None = None) -> Iterator[tuple[int, Row]]:
        """Yield each target, of *targets* or of all, with everything that may open a connection to it."""
        for target in range(len(self.universe.endpoints)) if targets is None else targets:
            yield target, self.row(target)

    def row(self, target: int) -> Row:
        """Return everything that may open a connection to *target*."""
        decode = self.universe.ports.ports
        found = [(sources, decode(ports)) for ports, sources in self._row(target).items()]
        return tuple(sorted(found, key=lambda entry: entry[0] & -entry[0]))

    def _row(self, target: int) -> Masks:
        """Return the row of *target*, no source under two sets of ports."""
        endpoint = self.universe.endpoints[target]
        sources = self._all if endpoint.is_pod else self._pods
        isolated = target in self._isolated[Direction.INGRESS]
        entering = self._entering(target, endpoint)
        if isolated and not entering:
            return {}
        leaving = self._leaving(target, endpoint)
        if not isolated:
            return partition((ports, mask & sources) for ports, mask in leaving.items())
        return partition(
            (ports & own_ports, mask & own_mask & sources)
            for own_ports, own_mask in entering.items()
            for ports, mask in leaving.items()
        )

    def _entering(self, target: int, endpoint: Endpoint) -> Masks:
        """Return whom the rules of *target* let in."""
        found: Masks = {}
        for grants in self._grants[target]:
            for crowd, ports in grants:
                resolved = self.compiler.resolved(ports, endpoint)
                found[resolved] = found.get(resolved, 0) | (self._all if crowd is None else crowd.mask)
        return found

    def _leaving(self, target: int, endpoint: Endpoint) -> Masks:
        """Return whose rules, or lack of them, let them go to *target*."""
        found: Masks = {self.universe.ports.everything: self._free}
        for sources, ports in self._narrow[target]:
            resolved = self.compiler.resolved(ports, endpoint)
            found[resolved] = found.get(resolved, 0) | sources.mask
        for targets, leaving in self._wide.items():
            if targets is None or target in targets:
                for mask, ports in leaving:
                    resolved = self.compiler.resolved(ports, endpoint)
                    found[resolved] = found.get(resolved, 0) | mask
        return found

    def entering(self, target: int) -> Row:
        """Return whom the side of *target* lets in."""
        if target not in self._isolated[Direction.INGRESS]:
            return ((self._all, self.universe.ports.ports(self.universe.ports.everything)),)
        return self._decoded(self._entering(target, self.universe.endpoints[target]))

    def leaving(self, target: int) -> Row:
        """Return whose side lets them go to *target*."""
        return self._decoded(self._leaving(target, self.universe.endpoints[target]))

    def _decoded(self, masks: Masks) -> Row:
        return tuple((sources, self.universe.ports.ports(mask)) for mask, sources in partition(masks.items()).items())

    def egress(self, source: int, target: int) -> PortSet:
        """Return what the side of *source* allows."""
        return self._of(self._leaving(target, self.universe.endpoints[target]), source)

    def ingress(self, source: int, target: int) -> PortSet:
        """Return what the side of *target* allows."""
        if target not in self._isolated[Direction.INGRESS]:
            return self.universe.ports.ports(self.universe.ports.everything)
        return self._of(self._entering(target, self.universe.endpoints[target]), source)

    def allowed(self, source: int, target: int) -> PortSet:
        """Return the ports of *target* to which *source* may open a connection."""
        if not self._pods >> source & 1 and not self._pods >> target & 1:
            return NO_PORTS
        return self.egress(source, target) & self.ingress(source, target)

    def _of(self, masks: Masks, source: int) -> PortSet:
        found = 0
        for ports, sources in masks.items():
            if sources >> source & 1:
                found |= ports
        return self.universe.ports.ports(found)

    def difference(self, other: Reach) -> Iterator[tuple[int, int, PortSet]]:
        """Yield what is open here and not in *other*: the target, sources as bits, the ports. Both share a universe."""
        if other.universe is not self.universe:
            raise ValueError("two universes cannot be compared")
        decode = self.universe.ports.ports
        for target in range(len(self.universe.endpoints)):
            theirs = other._row(target)
            for ports, sources in without(self._row(target), theirs).items():
                yield target, sources, decode(ports)


def partition(entries: Iterable[tuple[int, int]]) -> Masks:
    """Return (ports, sources) *entries* as masks in which no source is under two sets of ports."""
    found: Masks = {}
    met = 0
    for ports, sources in entries:
        if not ports or not sources:
            continue
        if sources & met:
            _join(found, ports, sources)
        else:
            found[ports] = found.get(ports, 0) | sources
        met |= sources
    return found


def _join(found: Masks, ports: int, sources: int) -> None:
    """Add *sources*, of which some are in *found*, to it."""
    left = sources
    for known, members in list(found.items()):
        both = members & left
        if both:
            left ^= both
            if known | ports != known:
                found[known] = found[known] ^ both
                found[known | ports] = found.get(known | ports, 0) | both
                if not found[known]:
                    del found[known]
            if not left:
                return
    found[ports] = found.get(ports, 0) | left


def without(row: Masks, other: Masks) -> Masks:
    """Return what *row* has beyond *other*; no source is under two sets of ports, in all three."""
    found: Masks = {}
    for ports, sources in row.items():
        left = sources
        for their_ports, their_sources in other.items():
            both = left & their_sources
            if both and ports & ~their_ports:
                found[ports & ~their_ports] = found.get(ports & ~their_ports, 0) | both
            left ^= both
        if left:
            found[ports] = found.get(ports, 0) | left
    return found
