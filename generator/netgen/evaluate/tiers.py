"""Tiers in a universe: what each makes of the connections that those behind it would let pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

from netgen.evaluate.compiled import Compiler
from netgen.evaluate.crowds import Crowd
from netgen.evaluate.layers import Layer, Masks, beside, partition, together
from netgen.evaluate.objects.model import PLAIN, Action, Direction, Entity, Policy, Rules, Tier
from netgen.evaluate.semantics import Reading, Semantics
from netgen.evaluate.sets import mask_of
from netgen.evaluate.universe import Universe


def by_tier(policies: Iterable[Policy]) -> list[tuple[Tier, tuple[Policy, ...]]]:
    """Return *policies* by their tier, in the order in which these decide; those of an ordered one in theirs."""
    found: dict[Tier, list[Policy]] = {}
    for one in policies:
        found.setdefault(one.tier, []).append(one)
    return [
        (tier, tuple(sorted(found[tier], key=_place)) if tier.ordered else tuple(found[tier])) for tier in sorted(found)
    ]


def _place(policy: Policy) -> tuple[float, str, str, str]:
    return policy.order, policy.name, policy.namespace, policy.kind


class Compilers:
    """What turns rules into numbers under one reading, its *own*, and under the *opposite* one.

    What may be denied is so where less is to be allowed, so that what denies is read in the opposite way.
    """

    def __init__(self, universe: Universe, semantics: Semantics, reading: Reading) -> None:
        self.own = Compiler(universe, semantics, reading)
        self._made = universe, semantics, Reading.WIDE if reading is Reading.NARROW else Reading.NARROW

    @cached_property
    def opposite(self) -> Compiler:
        """Return the one of the other reading, which few clusters need."""
        return Compiler(*self._made)

    def of(self, action: Action) -> Compiler:
        """Return the one for rules of *action*."""
        return self.opposite if action is Action.DENY else self.own

    @property
    def is_exact(self) -> bool:
        """Return whether everything that was asked so far was known."""
        return self.own.is_exact and ("opposite" not in self.__dict__ or self.opposite.is_exact)


class Matching(NamedTuple):
    """Rules of one *action*: what they match, and of those that pass also what they match under the other reading."""

    action: Action
    layer: Layer
    otherwise: Layer | None = None


class Step:
    """What one *tier* decides: its rules in *layers*, of which the first that matches is heeded.

    *closed* has, by direction, the endpoints of which nothing passes that no rule allows.
    """

    def __init__(self, tier: Tier, universe: Universe, compilers: Compilers) -> None:
        self.tier = tier
        self.layers: list[Matching] = []
        self.closed: dict[Direction, set[int]] = {direction: set() for direction in Direction}
        self._universe = universe
        self._compilers = compilers
        self._levels: dict[Direction, list[int]] = {}

    def add(self, policy: Policy) -> None:
        """Add the rules of *policy*, which comes behind those that were added before."""
        for direction, rules, listed in policy.sides():
            held = self._compilers.own.held(policy, listed=listed)
            if self.tier.isolates and direction not in policy.yielding:
                self.closed[direction].update(held.isolates.ids)
            for action, same in self._by_action(rules):
                other = held if action is Action.ALLOW else self._compilers.opposite.held(policy, listed=listed)
                self._rules(policy, direction, same, held.allows, other.allows)

    def _by_action(self, rules: Rules) -> Iterator[tuple[Action, Rules]]:
        """Yield *rules* in parts of one action: as they follow each other, or without an order denials first."""
        if self.tier.ordered:
            yield from ((action, tuple(same)) for action, same in groupby(rules, lambda rule: rule.action))
        elif all(rule.action is Action.ALLOW for rule in rules):
            yield Action.ALLOW, rules
        else:
            for action in (Action.DENY, Action.ALLOW):
                yield action, tuple(rule for rule in rules if rule.action is action)

    def _rules(self, policy: Policy, direction: Direction, rules: Rules, held: Crowd, other: Crowd) -> None:
        """Add *rules*, of one action, over the endpoints *held*, under the other reading *other*."""
        if not rules or not (held.ids or other.ids):
            return
        action = rules[0].action
        _, layer, otherwise = self.layers[self._level(direction, action, (*held.ids, *other.ids))]
        layer.add(direction, other if action is Action.DENY else held, rules, policy.namespace)
        if otherwise is not None:
            otherwise.add(direction, other, rules, policy.namespace)

    def _level(self, direction: Direction, action: Action, held: Iterable[int]) -> int:
        """Return the layer for a rule of *action* over *held*: the first that is not before another rule of theirs.

        Rules over different endpoints never meet, so that they share layers whatever their order.
        """
        if not self.tier.ordered:
            return self._of(action)
        levels = self._levels.setdefault(direction, [0] * len(self._universe.endpoints))
        level = max(levels[index] for index in held)
        while level < len(self.layers) and self.layers[level].action is not action:
            level += 1
        if level == len(self.layers):
            self.layers.append(self._made(action))
        for index in held:
            levels[index] = level
        return level

    def _of(self, action: Action) -> int:
        """Return the layer of *action* where there is no order, so that denials are the first."""
        for index, one in enumerate(self.layers):
            if one.action is action:
                return index
        index = 0 if action is Action.DENY else len(self.layers)
        self.layers.insert(index, self._made(action))
        return index

    def _made(self, action: Action) -> Matching:
        otherwise = Layer(self._universe, self._compilers.opposite) if action is Action.PASS else None
        return Matching(action, Layer(self._universe, self._compilers.of(action)), otherwise)

    def seal(self) -> None:
        """Put together what was added."""
        for _, layer, otherwise in self.layers:
            layer.seal()
            if otherwise is not None:
                otherwise.seal()

    @property
    def is_plain(self) -> bool:
        """Return whether there is nothing but rules that allow, and all that they leave is closed."""
        return self.tier.isolates and [one.action for one in self.layers] in ([], [Action.ALLOW])


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
