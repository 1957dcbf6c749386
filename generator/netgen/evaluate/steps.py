"""One tier in a universe: its rules in layers, of which the first that matches is heeded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

from netgen.evaluate.compiled import Compiler
from netgen.evaluate.crowds import Crowd
from netgen.evaluate.layers import Layer
from netgen.evaluate.objects.model import Action, Direction, Policy, Rule, Rules, Tier
from netgen.evaluate.semantics import Reading, Semantics
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
    """Return where *policy* comes in its tier; where a CNI may ask two of one order otherwise, its `ties` say so."""
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
    """Rules of one *action*: what they match, and of those that pass also what they match under the other reading.

    *filtered*: in an ordered tier, rules that let some requests pass only, which stand apart from those that let all.
    """

    action: Action
    layer: Layer
    otherwise: Layer | None = None
    filtered: bool = False


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
            yield from ((action, tuple(same)) for (action, _), same in groupby(rules, _sort_of))
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
        both = (*held.ids, *other.ids)
        level = (
            self._level(direction, action, both, filtered=_is_filtered(rules[0]))
            if self.tier.ordered
            else self._of(action)
        )
        layer, otherwise = self.layers[level].layer, self.layers[level].otherwise
        layer.add(direction, other if action is Action.DENY else held, rules, policy.namespace)
        if otherwise is not None:
            otherwise.add(direction, other, rules, policy.namespace)

    def _level(self, direction: Direction, action: Action, held: Sequence[int], *, filtered: bool) -> int:
        """Return the layer for a rule of *action* over *held*: the first that is not before another rule of theirs.

        Rules over different endpoints never meet, so that they share layers whatever their order. Of two with a filter
        the first is heeded alone.
        """
        levels = self._levels.setdefault(direction, [-1] * len(self._universe.endpoints))
        last = max(levels[index] for index in held)
        level = max(last + 1 if filtered else last, 0)
        while level < len(self.layers) and (self.layers[level].action, self.layers[level].filtered) != (
            action,
            filtered,
        ):
            level += 1
        if level == len(self.layers):
            self.layers.append(self._made(action)._replace(filtered=filtered))
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
        for one in self.layers:
            one.layer.seal()
            if one.otherwise is not None:
                one.otherwise.seal()

    @property
    def is_plain(self) -> bool:
        """Return whether there is nothing but rules that allow, and all that they leave is closed."""
        return self.tier.isolates and [one.action for one in self.layers] in ([], [Action.ALLOW])


def _is_filtered(rule: Rule) -> bool:
    return rule.requests is not None or rule.lookups is not None


def _sort_of(rule: Rule) -> tuple[Action, int | None]:
    """Return what rules that follow each other have to have in common to be looked at together."""
    return rule.action, rule.index if _is_filtered(rule) else None
