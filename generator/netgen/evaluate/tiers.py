"""Tiers in a universe: what each makes of the connections that those behind it would let pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from netgen.evaluate.compiled import Compiler
from netgen.evaluate.layers import Layer, Masks, beside, partition, together
from netgen.evaluate.objects.model import PLAIN, Action, Direction, Entity, Policy, Tier
from netgen.evaluate.semantics import Reading, Semantics
from netgen.evaluate.sets import mask_of
from netgen.evaluate.steps import Compilers, Matching, Step, by_tier
from netgen.evaluate.universe import Universe


class Plain:
    """A tier alone, whose rules only allow, in a universe without entities: the same answers for less."""

    def __init__(self, step: Step, universe: Universe, compiler: Compiler) -> None:
        self._everything = universe.ports.everything
        self._all = (1 << len(universe.endpoints)) - 1
        self._layer = step.layers[0].layer if step.layers else Layer(universe, compiler)
        self._closed = step.closed[Direction.INGRESS]
        self._free = self._all & ~mask_of(step.closed[Direction.EGRESS])

    def side(self, direction: Direction, target: int) -> Masks:
        """Return whom one side lets pass to *target*, no source under two sets of ports."""
        if direction is Direction.EGRESS:
            return partition(self._layer.leaving(target, {self._everything: self._free}).items())
        return (
            partition(self._layer.entering(target).items()) if target in self._closed else {self._everything: self._all}
        )

    def row(self, target: int, sources: int) -> Masks:
        """Return which of *sources* both sides let pass to *target*, none under two sets of ports."""
        isolated = target in self._closed
        entering = self._layer.entering(target) if isolated else {}
        if isolated and not entering:
            return {}
        leaving = self._layer.leaving(target, {self._everything: self._free})
        if not isolated:
            return partition((ports, mask & sources) for ports, mask in leaving.items())
        return partition(
            (ports & own_ports, mask & own_mask & sources)
            for own_ports, own_mask in entering.items()
            for ports, mask in leaving.items()
        )


class Tiers:
    """All tiers of *policies* in a universe, each a Step, in the order in which they decide.

    What one side of a connection lets pass is put together from the last tier, behind which everything is open, to the
    first: each lets pass what its rules say, and of the rest what those behind it do. *unlabelled* is the endpoint that
    is isolated although no policy holds it, None for none; *shut* are those that are closed to their own node too.
    """

    def __init__(
        self, universe: Universe, policies: Sequence[Policy], semantics: Semantics, compilers: Compilers
    ) -> None:
        self.steps: list[Step] = []
        self.shut: set[int] = set()
        self.unlabelled = universe.entity(Entity.INIT) if universe.symbols else None
        self._universe = universe
        self._compilers = compilers
        self._reading = compilers.own.reading
        self._all = (1 << len(universe.endpoints)) - 1
        for tier, held in by_tier(policies):
            self.steps.append(_step(Step(tier, universe, compilers), held))
        self._shut_unlabelled(policies)
        plain = next((index for index, one in enumerate(self.steps) if one.tier == PLAIN), None)
        has_more = plain is not None and plain + 1 < len(self.steps)
        self._last = plain if has_more and self._reading.takes(semantics.isolates_last) else None
        self._final: set[int] = set()
        if has_more and self._reading.takes(semantics.final_for_pods):
            self._final = _held([one for one in policies if one.tier == PLAIN], compilers.opposite)
        self._closed = [mask_of(one.closed[Direction.EGRESS]) for one in self.steps]

    def _shut_unlabelled(self, policies: Iterable[Policy]) -> None:
        """Isolate what has no labels yet: until some policy speaks of it, it is closed to its node too."""
        index = self.unlabelled
        if index is None:
            return
        step = next((one for one in self.steps if one.tier == PLAIN), None)
        if step is None:
            step = Step(PLAIN, self._universe, self._compilers)
            self.steps = sorted([*self.steps, step], key=lambda one: one.tier)
        spoken = (one for one in policies if Entity.INIT in one.entities)
        if not any(side is Direction.INGRESS for one in spoken for side, _, _ in one.sides()):
            self.shut.add(index)
        for closed in step.closed.values():
            closed.add(index)

    @property
    def is_plain(self) -> bool:
        """Return whether there is one tier at most, whose rules only allow."""
        return not self.steps or (len(self.steps) == 1 and self.steps[0].is_plain)

    @cached_property
    def plain(self) -> Plain:
        """Return them as the one tier that they are."""
        step = self.steps[0] if self.steps else Step(PLAIN, self._universe, self._compilers)
        return Plain(step, self._universe, self._compilers.own)

    def isolated(self, endpoint: int, direction: Direction) -> bool:
        """Return whether some tier closes what no rule allows to or from *endpoint*."""
        return any(endpoint in one.closed[direction] for one in self.steps)

    def closes_last(self, tier: Tier) -> bool:
        """Return whether what *tier* leaves is closed only behind all others."""
        return self._last is not None and self.steps[self._last].tier == tier

    def is_final(self, tier: Tier, endpoint: int) -> bool:
        """Return whether no tier behind *tier* is asked of *endpoint*, which it holds in some direction."""
        return tier == PLAIN and endpoint in self._final

    def side(self, direction: Direction, target: int) -> Masks:
        """Return whom one side lets pass to *target*, no source under two sets of ports."""
        found = {self._universe.ports.everything: self._all}
        if self._last is not None:
            found = self._without_closed(self._last, direction, target, found)
        for index in range(len(self.steps) - 1, -1, -1):
            behind = found
            if index != self._last:
                found = self._without_closed(index, direction, target, found)
            if self._final and self.steps[index].tier == PLAIN:
                found = self._finally(index, direction, target, found)
            for one in reversed(self.steps[index].layers):
                found = self._heeded(one, direction, target, found, behind)
        return found

    def _without_closed(self, index: int, direction: Direction, target: int, found: Masks) -> Masks:
        """Return *found* without what the tier *index* closes; a node reaches the pods that it runs all the same."""
        if direction is Direction.EGRESS:
            left = self._all & ~self._closed[index]
        elif target not in self.steps[index].closed[direction]:
            return found
        else:
            host = self._universe.symbols.of(Entity.HOST) if target not in self.shut else 0
            return {self._universe.ports.everything: host} if host else {}
        return {ports: sources & left for ports, sources in found.items() if sources & left}

    def _finally(self, index: int, direction: Direction, target: int, found: Masks) -> Masks:
        """Return *found* where no tier behind *index* is asked of a pod that it holds in the other direction."""
        closed = self.steps[index].closed[direction]
        if direction is Direction.INGRESS:
            is_open = target in self._final and target not in closed
            return {self._universe.ports.everything: self._all} if is_open else found
        return partition([*found.items(), (self._universe.ports.everything, mask_of(self._final - closed))])

    def _heeded(self, one: Matching, direction: Direction, target: int, found: Masks, behind: Masks) -> Masks:
        """Return what is let pass where *one* is heeded, then *found*; *behind* is what the next tier lets pass."""
        matched = _matched(one.layer, direction, target)
        if one.action is Action.ALLOW:
            everything = self._universe.ports.everything
            if any(ports > everything for ports in matched):
                found, matched = self._filtered(direction, target, found, matched)
            return self._settled(partition([*found.items(), *matched.items()]))
        matched = partition(matched.items())
        if one.action is Action.DENY or one.otherwise is None:
            return beside(found, matched, self._less) if matched else found
        other = partition(_matched(one.otherwise, direction, target).items())
        if self._reading is Reading.NARROW and other != matched:
            # What may pass or not must be open both ways.
            matched = partition([*matched.items(), *together(found, other, self._both).items()])
        passed = together(behind, matched, self._both)
        return partition([*beside(found, other, self._less).items(), *passed.items()])

    def _filtered(self, direction: Direction, target: int, found: Masks, matched: Masks) -> tuple[Masks, Masks]:
        """Return *found* without what is decided, and what is *matched*.

        A filter lets all pass where no policy isolates. Where one does, an HTTP request that it does not let through is
        left to what is *found*, and a DNS lookup is refused. Source: cilium v1.20.2, pkg/policy/l4.go, which widens the
        filters of endpoints without default deny; cilium/proxy, npds.proto, where a rule is all of its predicates.
        """
        isolated = self._isolated(direction, target)
        filters, settled = self._universe.filters, self._settled(partition(matched.items()))
        decided = partition((ports, sources & isolated) for ports, sources in settled.items())
        final = [(filters.whole(ports) | filters.lookups(ports), sources) for ports, sources in settled.items()]
        free = [
            (filters.whole(ports) | filters.filtered(ports), sources & ~isolated) for ports, sources in settled.items()
        ]
        return beside(found, partition(final), self._less), partition([*decided.items(), *free])

    def _isolated(self, direction: Direction, target: int) -> int:
        """Return the sources, all or none where it is the side of *target*, for which something is closed."""
        if direction is Direction.INGRESS:
            own_node = self._universe.symbols.of(Entity.HOST) if target not in self.shut else 0
            return self._all & ~own_node if self.isolated(target, direction) else 0
        found = 0
        for mask in self._closed:
            found |= mask
        return found

    def _settled(self, masks: Masks) -> Masks:
        everything = self._universe.ports.everything
        if all(ports <= everything for ports in masks):
            return masks
        settled = self._universe.filters.settled
        return partition((settled(ports), sources) for ports, sources in masks.items())

    def _both(self, one: int, other: int) -> int:
        everything = self._universe.ports.everything
        return one & other if one <= everything >= other else self._universe.filters.both(one, other)

    def _less(self, mask: int, denied: int) -> int:
        is_plain = mask <= self._universe.ports.everything
        return mask & ~denied if is_plain else self._universe.filters.without(mask, denied)


def _step(step: Step, policies: Iterable[Policy]) -> Step:
    for policy in policies:
        step.add(policy)
    step.seal()
    return step


def _held(policies: Iterable[Policy], compiler: Compiler) -> set[int]:
    """Return the pods that some of *policies* isolate in any direction."""
    found: set[int] = set()
    for policy in policies:
        for direction, _, listed in policy.sides():
            if direction not in policy.yielding:
                found.update(compiler.held(policy, listed=listed).isolates.ids)
    return found


def _matched(layer: Layer, direction: Direction, target: int) -> Masks:
    return layer.entering(target) if direction is Direction.INGRESS else layer.leaving(target, {})
