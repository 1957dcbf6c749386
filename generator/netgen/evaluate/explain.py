"""Why one connection is open or closed: the rules of both sides, looked up for this pair alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from netgen.evaluate.compiled import Compiler
from netgen.evaluate.objects.model import Action, Direction, Policy, Rule, Rules
from netgen.evaluate.reach import Reach
from netgen.evaluate.sets import Protocol
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
        governed, isolated = self.reach.governed(own), self.reach.isolated(own, direction)
        denying = tuple(self._matching(own, direction, Action.DENY)) if self.reach.denying else ()
        if denying:
            return Side(governed, isolated, allows=False, deciding=denying, denies=True)
        if not isolated or (direction is Direction.INGRESS and self.reach.is_own_node(self.source, own)):
            return Side(governed, isolated, allows=True, deciding=())
        allowing = tuple(self._matching(own, direction, Action.ALLOW))
        if not allowing:
            return Side(governed, isolated, allows=False, deciding=tuple(self._isolating(own, direction)))
        return Side(governed, isolated, allows=True, deciding=allowing, passing=_passing([one for _, one in allowing]))

    def _matching(self, own: int, direction: Direction, action: Action) -> Iterator[tuple[Policy, Rule]]:
        compiler = self.reach.compiler_of(action)
        for policy, rules, listed in self._policies(direction):
            if own in compiler.held(policy, listed=listed).allows:
                for rule in rules:
                    if rule.action is action and self._matches(compiler, rule, policy.namespace, direction):
                        yield policy, rule

    def _isolating(self, own: int, direction: Direction) -> Iterator[tuple[Policy, None]]:
        for policy, _, listed in self._policies(direction):
            if direction not in policy.yielding and own in self.reach.compiler.held(policy, listed=listed).isolates:
                yield policy, None

    def _policies(self, direction: Direction) -> Iterator[tuple[Policy, Rules, bool]]:
        if not self.reach.semantics.enforced:
            return
        for policy in self.policies:
            for side, rules, listed in policy.sides():
                if side is direction:
                    yield policy, rules, listed

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


def _passing(rules: Sequence[Rule]) -> tuple[Passing, ...] | None:
    """Return what passes by any of *rules*, None where everything does."""
    if all(rule.requests is None and rule.lookups is None for rule in rules):
        return None
    from netgen.evaluate.filters import ordered, passing  # noqa: PLC0415 - few clusters have policies with requests

    found = [passing(rule) for rule in rules]
    return None if None in found else ordered(one for each in found for one in each or ())
