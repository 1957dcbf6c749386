"""Who reaches whom: rows of a matrix over a universe, computed by sets of sources and never pair by pair."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from netgen.evaluate.compiled import Compiler
from netgen.evaluate.layers import Layer, Masks, beside, partition, together, without
from netgen.evaluate.objects.model import Action, Direction, Entity, Policy, Rules
from netgen.evaluate.semantics import Reading, Semantics
from netgen.evaluate.sets import PortSet, Protocol, mask_of
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

    What a rule denies is closed, whatever others allow. Where there are entities, HOST is the node that runs the pod:
    what it may do is in the answers, everything that no rule denies. A port may be open for some requests only. Then it
    is neither proved open nor proved closed: `row`, `allowed` and the sides have it under the WIDE reading alone, and
    `filtered` and `filter` tell it under both; `difference` has it where the filters are not the same.

    Source: NetworkPolicySpec in kubernetes/api networking/v1/types.go; cilium/cilium, pkg/policy/repository.go.
    """

    def __init__(self, universe: Universe, policies: Iterable[Policy], semantics: Semantics, reading: Reading) -> None:
        self.universe = universe
        self.policies: Sequence[Policy] = tuple(policies)
        self.semantics = semantics
        self.reading = reading
        self.compiler = Compiler(universe, semantics, reading)
        self._allowing = Layer(universe, self.compiler)
        self._denying: Layer | None = None
        self._filters = False
        self._met_filters = False
        self._all = (1 << len(universe.endpoints)) - 1
        pods = mask_of([index for index, one in enumerate(universe.endpoints) if one.is_pod])
        self._policed = pods | universe.symbols.policed
        self._sources = self._all & ~universe.symbols.learned
        self._isolated: dict[Direction, set[int]] = {direction: set() for direction in Direction}
        self._shut: set[int] = set()
        if semantics.enforced:
            self._compile()
        self._is_plain = not (self.denying or self._filters or universe.symbols)
        self._free = self._all & ~mask_of(self._isolated[Direction.EGRESS])

    @property
    def is_exact(self) -> bool:
        """Return whether everything that was asked so far was known, so that the other reading answers the same."""
        denying = self._denying is None or self._denying.compiler.is_exact
        return self.compiler.is_exact and denying and not self._met_filters

    def _compile(self) -> None:
        self._shut_unlabelled()
        for policy in self.policies:
            for direction, rules, listed in policy.sides():
                held = self.compiler.held(policy, listed=listed)
                if direction not in policy.yielding:
                    self._isolated[direction].update(held.isolates.ids)
                if self._shut and direction is Direction.INGRESS:
                    self._shut.difference_update(held.isolates.ids)
                allows, denies = self._by_action(rules)
                if held.allows.ids:
                    self._allowing.add(direction, held.allows, allows, policy.namespace)
                if denies:
                    self._deny(policy, direction, denies, listed=listed)
        self._allowing.seal()
        if self._denying is not None:
            self._denying.seal()

    def _by_action(self, rules: Rules) -> tuple[Rules, Rules]:
        """Return the rules that allow, and those that deny; note whether some let pass some requests only."""
        for rule in rules:
            if rule.action is not Action.ALLOW or rule.requests is not None or rule.lookups is not None:
                break
        else:
            return rules, ()
        self._filters |= any(rule.requests is not None or rule.lookups is not None for rule in rules)
        actions = [tuple(rule for rule in rules if rule.action is action) for action in (Action.ALLOW, Action.DENY)]
        return actions[0], actions[1]

    def _shut_unlabelled(self) -> None:
        """Isolate what has no labels yet: until some policy speaks of it, it is closed to its node too."""
        index = self.universe.entity(Entity.INIT) if self.universe.symbols else None
        if index is not None:
            self._shut.add(index)
            for isolated in self._isolated.values():
                isolated.add(index)

    def _deny(self, policy: Policy, direction: Direction, denies: Rules, *, listed: bool) -> None:
        if self._denying is None:
            # What may be denied is so where less is to be allowed.
            opposite = Reading.WIDE if self.reading is Reading.NARROW else Reading.NARROW
            self._denying = Layer(self.universe, Compiler(self.universe, self.semantics, opposite))
        held = self._denying.compiler.held(policy, listed=listed)
        self._denying.add(direction, held.allows, denies, policy.namespace)

    def isolated(self, endpoint: int, direction: Direction) -> bool:
        """Return whether some policy holds *endpoint* in *direction*, so that only what is allowed is open."""
        return endpoint in self._isolated[direction]

    @property
    def denying(self) -> bool:
        """Return whether there are rules that deny."""
        return self._denying is not None

    def compiler_of(self, action: Action) -> Compiler:
        """Return what turns rules of *action* into numbers: what is not known is taken for the opposite in a denial."""
        return self.compiler if action is Action.ALLOW or self._denying is None else self._denying.compiler

    def is_own_node(self, source: int, target: int) -> bool:
        """Return whether *source* is the node that runs *target*, so that it is let in where nothing denies it."""
        return not self._is_plain and self.universe.endpoints[source].entity is Entity.HOST and target not in self._shut

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
        isolated = target in self._isolated[Direction.INGRESS]
        entering = self._allowing.entering(target)
        if isolated and not entering:
            return {}
        leaving = self._leaving(target)
        if not isolated:
            return partition((ports, mask & sources) for ports, mask in leaving.items())
        return partition(
            (ports & own_ports, mask & own_mask & sources)
            for own_ports, own_mask in entering.items()
            for ports, mask in leaving.items()
        )

    def _leaving(self, target: int) -> Masks:
        """Return whose rules, or lack of them, let them go to *target*, but for what others deny."""
        return self._allowing.leaving(target, {self.universe.ports.everything: self._free})

    def _entering(self, target: int) -> Masks:
        """Return whom *target* lets in by its rules or for the lack of them, but for what others deny."""
        everything = self.universe.ports.everything
        if target not in self._isolated[Direction.INGRESS]:
            return {everything: self._all}
        found = self._allowing.entering(target)
        if not self._is_plain and target not in self._shut:
            found[everything] = found.get(everything, 0) | self.universe.symbols.of(Entity.HOST)
        return found

    def _side(self, direction: Direction, target: int) -> Masks:
        """Return whom one side lets pass to *target*, no source under two sets of ports: layer upon layer."""
        is_ingress = direction is Direction.INGRESS
        found = partition((self._entering(target) if is_ingress else self._leaving(target)).items())
        if self._filters:
            settled = self.universe.filters.settled
            found = partition((settled(ports), sources) for ports, sources in found.items())
        if self._denying is None:
            return found
        denied = self._denying.entering(target) if is_ingress else self._denying.leaving(target, {})
        return beside(found, partition(denied.items()), self._less) if denied else found

    def _both(self, one: int, other: int) -> int:
        return self.universe.filters.both(one, other) if self._filters else one & other

    def _less(self, mask: int, denied: int) -> int:
        return self.universe.filters.without(mask, denied) if self._filters else mask & ~denied

    def entering(self, target: int) -> Row:
        """Return whom the side of *target* lets in."""
        if self._is_plain:
            return self._decoded(partition(self._entering(target).items()))
        return self._decoded(self._side(Direction.INGRESS, target))

    def leaving(self, target: int) -> Row:
        """Return whose side lets them go to *target*."""
        if self._is_plain:
            return self._decoded(partition(self._leaving(target).items()))
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
        if not self._is_plain:
            masks = self._side(direction, target)
        else:
            masks = self._entering(target) if direction is Direction.INGRESS else self._leaving(target)
        found = 0
        for ports, sources in masks.items():
            if sources >> source & 1:
                found |= ports
        return found

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
