"""Who reaches whom: rows of a matrix over a universe, computed by sets of sources and never pair by pair."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from netgen.evaluate.layers import Masks, beside, together, without
from netgen.evaluate.objects.model import Direction, Entity, Policy
from netgen.evaluate.semantics import Reading, Semantics
from netgen.evaluate.sets import PortSet, Protocol, mask_of
from netgen.evaluate.steps import Compilers
from netgen.evaluate.tiers import Tiers
from netgen.evaluate.universe import Universe

if TYPE_CHECKING:
    from netgen.evaluate.filters import Filter

Row = tuple[tuple[int, PortSet], ...]
"""Sources as bits and the ports that they reach; no source is in two of them."""


class Reach:
    """What *policies* allow in *universe*, under *semantics* and *reading*.

    A connection needs the egress of its source and the ingress of its target. Not governed are addresses, nodes and
    pods on the host network: their side always allows. Not in the answers, since no policy decides it: a node always
    reaches the pods that it runs, and a pod always reaches itself; an endpoint to itself means its pods among each
    other. A connection between two addresses is none.

    Tiers decide one after the other; in one without an order, what a rule denies is closed, whatever others allow.
    Where there are entities, HOST is the node that runs the pod: what it may do is in the answers, everything that no
    rule denies. A port may be open for some requests only. Then it is neither proved open nor proved closed: `row`,
    `allowed` and the sides have it under the WIDE reading alone, and `filtered` and `filter` tell it under both;
    `difference` has it where the filters are not the same.

    Source: NetworkPolicySpec in kubernetes/api networking/v1/types.go; cilium/cilium, pkg/policy/repository.go.
    """

    def __init__(self, universe: Universe, policies: Iterable[Policy], semantics: Semantics, reading: Reading) -> None:
        self.universe = universe
        self.policies: Sequence[Policy] = tuple(policies)
        self.semantics = semantics
        self.reading = reading
        self.compilers = Compilers(universe, semantics, reading)
        self.tiers = Tiers(universe, self.policies if semantics.enforced else (), semantics, self.compilers)
        self._filters = semantics.enforced and _has_filters(self.policies)
        self._met_filters = False
        self._all = (1 << len(universe.endpoints)) - 1
        pods = mask_of([index for index, one in enumerate(universe.endpoints) if one.is_pod])
        self._policed = pods | universe.symbols.policed
        self._sources = self._all & ~universe.symbols.learned
        self._is_plain = self.tiers.is_plain and not (self._filters or universe.symbols)

    @property
    def is_exact(self) -> bool:
        """Return whether everything that was asked so far was known, so that the other reading answers the same."""
        return self.compilers.is_exact and not self._met_filters

    def isolated(self, endpoint: int, direction: Direction) -> bool:
        """Return whether some policy holds *endpoint* in *direction*, so that only what is allowed is open."""
        return self.tiers.isolated(endpoint, direction)

    def is_own_node(self, source: int, target: int) -> bool:
        """Return whether *source* is the node that runs *target*, so that it is let in where nothing denies it."""
        return (
            not self._is_plain
            and self.universe.endpoints[source].entity is Entity.HOST
            and target not in self.tiers.shut
        )

    def governed(self, endpoint: int) -> bool:
        """Return whether policies can hold *endpoint* at all: not addresses, nodes, and pods on the host network."""
        one = self.universe.endpoints[endpoint]
        return self.semantics.enforced and self._policed >> endpoint & 1 == 1 and not one.host_network

    def rows(self, targets: Iterable[int] | None = None) -> Iterator[tuple[int, Row]]:
        """Yield each target, of *targets* or of all, with everything that may open a connection to it."""
        for target in range(len(self.universe.endpoints)) if targets is None else targets:
            yield target, self.row(target)

    def row(self, target: int) -> Row:
        """Return everything that may open a connection to *target*."""
        return tuple(sorted(self._decoded(self._row(target)), key=lambda entry: entry[0] & -entry[0]))

    @property
    def has_filters(self) -> bool:
        """Return whether some rules let pass some requests only."""
        return self._filters

    def whole(self, target: int) -> Row:
        """Return the row of *target* without what is open for some requests only, which `filtered` has."""
        if not self._filters:
            return self.row(target)
        found: Masks = {}
        for mask, sources in self._row(target).items():
            ports = self.universe.filters.whole(mask)
            found[ports] = found.get(ports, 0) | sources
        decode = self.universe.ports.ports
        return tuple((sources, decode(ports)) for ports, sources in found.items() if ports)

    def filtered(self, target: int) -> tuple[tuple[int, PortSet, Filter], ...]:
        """Return what is open to *target* for some requests only: sources as bits, ports, and which requests these are.

        No source is under two filters with one port.
        """
        if not self._filters:
            return ()
        found: dict[tuple[int, Filter], int] = {}
        for mask, sources in self._row(target).items():
            for asked, ports in self.universe.filters.by_filter(mask).items():
                found[ports, asked] = found.get((ports, asked), 0) | sources
        decode = self.universe.ports.ports
        return tuple((sources, decode(ports), asked) for (ports, asked), sources in found.items())

    def filter(self, source: int, target: int, protocol: Protocol, port: int) -> Filter | None:
        """Return which requests *source* can send to *port* of *target*; None where it is open to all, or closed."""
        if not self._filters:
            return None
        space = self.universe.ports
        return self.universe.filters.filter(self._pair(source, target), space.atom(protocol, port))

    def _row(self, target: int) -> Masks:
        """Return the row of *target*, no source under two sets of ports."""
        is_policed = self._policed >> target & 1
        sources = self._sources if is_policed else self._policed
        if not self._is_plain:
            row = together(self._side(Direction.EGRESS, target), self._side(Direction.INGRESS, target), self._both)
            return {ports: mask & sources for ports, mask in row.items() if mask & sources}
        return self.tiers.plain.row(target, sources)

    def _side(self, direction: Direction, target: int) -> Masks:
        """Return whom one side lets pass to *target*, no source under two sets of ports."""
        return self.tiers.plain.side(direction, target) if self._is_plain else self.tiers.side(direction, target)

    def _both(self, one: int, other: int) -> int:
        return self.universe.filters.both(one, other) if self._filters else one & other

    def entering(self, target: int) -> Row:
        """Return whom the side of *target* lets in."""
        return self._decoded(self._side(Direction.INGRESS, target))

    def leaving(self, target: int) -> Row:
        """Return whose side lets them go to *target*."""
        return self._decoded(self._side(Direction.EGRESS, target))

    def _decoded(self, masks: Masks) -> Row:
        decode = self.universe.ports.ports
        if self._is_plain or not self._filters:
            return tuple((sources, decode(ports)) for ports, sources in masks.items())
        found: Masks = {}
        for mask, sources in masks.items():
            ports = self._known(mask)
            found[ports] = found.get(ports, 0) | sources
        return tuple((sources, decode(ports)) for ports, sources in found.items() if ports)

    def _known(self, mask: int) -> int:
        """Return the ports that are open under this reading: those with a filter are so in the wide one."""
        filters = self.universe.filters
        if filters.is_plain(mask):
            return mask
        self._met_filters = True
        return filters.whole(mask) | (filters.filtered(mask) if self.reading is Reading.WIDE else 0)

    def egress(self, source: int, target: int) -> PortSet:
        """Return what the side of *source* allows."""
        return self._open(self._of(Direction.EGRESS, source, target))

    def ingress(self, source: int, target: int) -> PortSet:
        """Return what the side of *target* allows."""
        return self._open(self._of(Direction.INGRESS, source, target))

    def allowed(self, source: int, target: int) -> PortSet:
        """Return the ports of *target* to which *source* may open a connection."""
        return self._open(self._pair(source, target))

    def _open(self, mask: int) -> PortSet:
        return self.universe.ports.ports(self._known(mask) if self._filters else mask)

    def _pair(self, source: int, target: int) -> int:
        is_policed = (self._policed >> source | self._policed >> target) & 1
        if not is_policed or not self._sources >> source & 1:
            return 0
        return self._both(self._of(Direction.EGRESS, source, target), self._of(Direction.INGRESS, source, target))

    def _of(self, direction: Direction, source: int, target: int) -> int:
        """Return what one side lets *source* do."""
        return next((ports for ports, sources in self._side(direction, target).items() if sources >> source & 1), 0)

    def difference(self, other: Reach) -> Iterator[tuple[int, int, PortSet]]:
        """Yield what is open here and not in *other*: the target, sources as bits, the ports. Both share a universe.

        What is open for some requests is less than what is open as a whole, and neither less nor more than what is open
        for others: then both differ from each other.
        """
        if other.universe is not self.universe:
            raise ValueError("two universes cannot be compared")
        if other is self:
            return
        decode = self.universe.ports.ports
        has_filters = self._filters or other._filters
        for target in range(len(self.universe.endpoints)):
            row, theirs = self._row(target), other._row(target)
            more = beside(row, theirs, self.universe.filters.beyond) if has_filters else without(row, theirs)
            for ports, sources in more.items():
                yield target, sources, decode(ports)


def _has_filters(policies: Iterable[Policy]) -> bool:
    """Return whether some rule lets pass some requests only."""
    return any(
        rule.requests is not None or rule.lookups is not None
        for policy in policies
        for _, rules, _ in policy.sides()
        for rule in rules
    )
