"""Why one connection is open or closed: the rules of both sides, looked up for this pair alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from netgen.evaluate.objects.model import Direction, Policy, Rule, Rules
from netgen.evaluate.reach import Reach
from netgen.evaluate.sets import Protocol


@dataclass(frozen=True, slots=True)
class Side:
    """What one end says: whether it is *governed* by policies at all, *isolated* by some, and whether it *allows*.

    *deciding*: of an isolated end that allows, each policy with the rule that does; of one that does not, each policy
    that isolates it, with None. Of an end that is not isolated there are none.
    """

    governed: bool
    isolated: bool
    allows: bool
    deciding: tuple[tuple[Policy, Rule | None], ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Both sides of a connection; *allowed* where both allow it."""

    egress: Side
    ingress: Side

    @property
    def allowed(self) -> bool:
        """Return whether the connection is open."""
        return self.egress.allows and self.ingress.allows


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


@dataclass(frozen=True, slots=True)
class _Question:
    reach: Reach
    source: int
    target: int
    protocol: Protocol
    port: int
    policies: Sequence[Policy]

    def side(self, direction: Direction) -> Side:
        """Return what the end says that *direction* belongs to."""
        own = self.source if direction is Direction.EGRESS else self.target
        governed, isolated = self.reach.governed(own), self.reach.isolated(own, direction)
        if not isolated:
            return Side(governed, isolated, allows=True, deciding=())
        allowing = tuple(self._allowing(own, direction))
        return Side(governed, isolated, bool(allowing), allowing or tuple(self._isolating(own, direction)))

    def _allowing(self, own: int, direction: Direction) -> Iterator[tuple[Policy, Rule]]:
        for policy, rules, listed in self._policies(direction):
            if own in self.reach.compiler.held(policy, listed=listed).allows:
                yield from ((policy, rule) for rule in rules if self._matches(rule, policy.namespace, direction))

    def _isolating(self, own: int, direction: Direction) -> Iterator[tuple[Policy, None]]:
        for policy, _, listed in self._policies(direction):
            if own in self.reach.compiler.held(policy, listed=listed).isolates:
                yield policy, None

    def _policies(self, direction: Direction) -> Iterator[tuple[Policy, Rules, bool]]:
        if not self.reach.semantics.enforced:
            return
        for policy in self.policies:
            for side, rules, listed in policy.sides():
                if side is direction:
                    yield policy, rules, listed

    def _matches(self, rule: Rule, namespace: str, direction: Direction) -> bool:
        compiler, space = self.reach.compiler, self.reach.universe.ports
        other = self.target if direction is Direction.EGRESS else self.source
        peers = compiler.peers(rule, namespace)
        if not any(crowd is None or other in crowd for crowd in peers):
            return False
        destination = self.reach.universe.endpoints[self.target]
        reachable = space.ports(compiler.resolved(compiler.ports(rule), destination))
        return reachable.has(self.protocol, self.port)
