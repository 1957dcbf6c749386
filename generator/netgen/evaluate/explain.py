"""Why one connection is open or closed: the rules of both sides, looked up for this pair alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from netgen.evaluate.compiled import Compiler
from netgen.evaluate.objects.model import Action, Direction, Policy, Request, Rule, Rules, Tier
from netgen.evaluate.reach import Reach
from netgen.evaluate.semantics import Reading
from netgen.evaluate.sets import Protocol
from netgen.evaluate.steps import by_tier
from netgen.records import record

if TYPE_CHECKING:
    from netgen.evaluate.filters import Passing


@record
class Side:
    """What one end says: whether it is *governed* by policies at all, *isolated* by some, and whether it *allows*.

    *deciding*: where rules deny, each policy with the rule that does; else of an isolated end that allows, each policy
    with the rule that does, and of one that does not, each policy that isolates it, with None. Of an end that is not
    isolated there are none. *passing*: of what it allows, only these requests pass; None is whatever there is.
    """

    governed: bool
    isolated: bool
    allows: bool
    deciding: tuple[tuple[Policy, Rule | None], ...]
    denies: bool = False
    passing: tuple[Passing, ...] | None = None


@record
class Explanation:
    """Both sides of a connection; *allowed* where both allow it."""

    egress: Side
    ingress: Side

    @property
    def allowed(self) -> bool:
        """Return whether the connection is open, if only for some requests."""
        return self.egress.allows and self.ingress.allows

    @property
    def is_filtered(self) -> bool:
        """Return whether it is open for some requests only."""
        return self.allowed and not (self.egress.passing is None and self.ingress.passing is None)


def explain(
    reach: Reach,
    source: int,
    target: int,
    protocol: Protocol,
    port: int,
    *,
    policies: Sequence[Policy] | None = None,
) -> Explanation:
    """Return why *source* may or may not open a connection to *port* of *target*, under the reading of *reach*.

    *policies*: all of its policies that hold *source* or *target*, for who asks so often that he has looked them up.
    """
    question = _Question(reach, source, target, protocol, port, reach.policies if policies is None else policies)
    return Explanation(question.side(Direction.EGRESS), question.side(Direction.INGRESS))


_Tier = tuple[Tier, tuple[Policy, ...]]
_Held = tuple[Policy, bool, Rules]
"""A policy with the rules of a direction, and whether `policyTypes` lists it."""
_Deciding = tuple[Policy, Rule | None]


class _End(NamedTuple):
    """One end of a connection, and its side of it."""

    own: int
    direction: Direction


@record
class _Question:
    """A connection, and the policies that are asked about it."""

    reach: Reach
    source: int
    target: int
    protocol: Protocol
    port: int
    policies: Sequence[Policy]

    def side(self, direction: Direction) -> Side:
        """Return what the end says that *direction* belongs to."""
        own = self.source if direction is Direction.EGRESS else self.target
        tiers = by_tier(self.policies) if self.reach.semantics.enforced else []
        return self._decided(_End(own, direction), tiers, ())

    def _decided(self, end: _End, tiers: Sequence[_Tier], late: tuple[_Deciding, ...]) -> Side:
        """Return what *tiers* say, of which those before left it to them; behind them *late* closes."""
        if not tiers:
            return self._closed(end, late) if late or end.own == self.reach.tiers.unlabelled else self._open(end)
        (tier, policies), *behind = tiers
        if tier.ordered:
            return self._ordered(end, tuple(self._sides(policies, end.direction)), tiers, late)
        denying = tuple(self._matching(end, policies, Action.DENY))
        if denying:
            return self._closed(end, denying, denies=True)
        if end.direction is Direction.INGRESS and self.reach.is_own_node(self.source, end.own):
            return self._open(end)
        isolating = tuple(self._isolating(end, policies))
        if isolating or behind or end.own == self.reach.tiers.unlabelled:
            allowing = tuple(self._matching(end, policies, Action.ALLOW))
            if allowing:
                found = self._open(end, allowing)
                later = self._behind(end, tier, isolating, tiers, late) if _has_requests(found) else found
                return later if later.allows and later.passing is None else found
        return self._behind(end, tier, isolating, tiers, late)

    def _ordered(
        self, end: _End, sides: Sequence[_Held], tiers: Sequence[_Tier], late: tuple[_Deciding, ...], first: int = 0
    ) -> Side:
        """Return what *sides*, of the first of *tiers*, say from the rule *first* on."""
        rules = [(policy, rule, listed) for policy, listed, written in sides for rule in written]
        for number in range(first, len(rules)):
            policy, rule, listed = rules[number]
            if rule.action is not Action.PASS:
                if self._heeds(end, policy, rule, self.reach.compilers.of(rule.action), listed=listed):
                    denies = rule.action is Action.DENY
                    found = ((policy, rule),)
                    return self._closed(end, found, denies=True) if denies else self._open(end, found)
                continue
            compilers = (self.reach.compilers.own, self.reach.compilers.opposite)
            heeded = [self._heeds(end, policy, rule, one, listed=listed) for one in compilers]
            if all(heeded):
                return self._decided(end, tiers[1:], late)
            if any(heeded):
                both = self._decided(end, tiers[1:], late), self._ordered(end, sides, tiers, late, number + 1)
                is_open = self.reach.reading is Reading.WIDE
                return both[0] if both[0].allows is is_open else both[1]
        tier, policies = tiers[0]
        return self._behind(end, tier, tuple(self._isolating(end, policies)), tiers, late)

    def _behind(
        self,
        end: _End,
        tier: Tier,
        isolating: tuple[_Deciding, ...],
        tiers: Sequence[_Tier],
        late: tuple[_Deciding, ...],
    ) -> Side:
        """Return what becomes of a connection that no rule of the first of *tiers* decides."""
        if tier.isolates and isolating:
            return (
                self._decided(end, tiers[1:], isolating)
                if self.reach.tiers.closes_last(tier)
                else self._closed(end, isolating)
            )
        if self.reach.tiers.is_final(tier, end.own):
            return self._open(end)
        return self._decided(end, tiers[1:], late)

    def _open(self, end: _End, deciding: tuple[_Deciding, ...] = ()) -> Side:
        rules = [rule for _, rule in deciding if rule is not None]
        # What a filter does not let through is open all the same where no policy isolates.
        is_filtered = rules and self.reach.isolated(end.own, end.direction)
        return replace(
            self._undecided(end), allows=True, deciding=deciding, passing=_passing(rules) if is_filtered else None
        )

    def _closed(self, end: _End, deciding: tuple[_Deciding, ...], *, denies: bool = False) -> Side:
        return replace(self._undecided(end), allows=False, deciding=deciding, denies=denies)

    def _undecided(self, end: _End) -> Side:
        governed, isolated = self.reach.governed(end.own), self.reach.isolated(end.own, end.direction)
        return Side(governed, isolated, allows=True, deciding=())

    def _matching(self, end: _End, policies: Sequence[Policy], action: Action) -> Iterator[tuple[Policy, Rule]]:
        compiler = self.reach.compilers.of(action)
        for policy, listed, rules in self._sides(policies, end.direction):
            for rule in rules:
                if rule.action is action and self._heeds(end, policy, rule, compiler, listed=listed):
                    yield policy, rule

    def _isolating(self, end: _End, policies: Sequence[Policy]) -> Iterator[tuple[Policy, None]]:
        for policy, listed, _ in self._sides(policies, end.direction):
            held = self.reach.compilers.own.held(policy, listed=listed)
            if end.direction not in policy.yielding and end.own in held.isolates:
                yield policy, None

    @staticmethod
    def _sides(policies: Sequence[Policy], direction: Direction) -> Iterator[_Held]:
        for policy in policies:
            for side, rules, listed in policy.sides():
                if side is direction:
                    yield policy, listed, rules

    def _heeds(self, end: _End, policy: Policy, rule: Rule, compiler: Compiler, *, listed: bool) -> bool:
        """Return whether *rule* holds the end and matches the connection."""
        held = end.own in compiler.held(policy, listed=listed).allows
        return held and self._matches(compiler, rule, policy.namespace, end.direction)

    def _matches(self, compiler: Compiler, rule: Rule, namespace: str, direction: Direction) -> bool:
        universe = self.reach.universe
        other = self.target if direction is Direction.EGRESS else self.source
        peers = compiler.peers(rule, namespace, direction)
        if not any(crowd is None or other in crowd for crowd in peers):
            return False
        ports = compiler.ports(rule)
        if ports.passing == ():
            return False
        reachable = compiler.resolved(ports._replace(passing=None), universe.endpoints[self.target])
        return universe.ports.atom(self.protocol, self.port) & reachable != 0


def _has_requests(side: Side) -> bool:
    """Return whether some HTTP requests alone pass, so that the others are left to what comes behind."""
    return any(isinstance(one, Request) for one in side.passing or ())


def _passing(rules: Sequence[Rule]) -> tuple[Passing, ...] | None:
    """Return what passes by any of *rules*, None where everything does."""
    if all(rule.requests is None and rule.lookups is None for rule in rules):
        return None
    from netgen.evaluate.filters import ordered, passing  # noqa: PLC0415 - few clusters have policies with requests

    found = [passing(rule) for rule in rules]
    return None if None in found else ordered(one for each in found for one in each or ())
