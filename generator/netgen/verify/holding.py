"""Which policies hold an end of a connection, for who asks about very many connections."""

from __future__ import annotations

from netgen.evaluate.explain import Explanation, explain
from netgen.evaluate.mentions import subject
from netgen.evaluate.reach import Reach
from netgen.evaluate.sets import Protocol

_FEW = 64
"""A policy over more endpoints is looked at for each of them."""


class Holding:
    """The policies of a Reach by the endpoints that they may hold."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._wide: list[int] = []
        self._held: dict[int, list[int]] = {}
        for number, policy in enumerate(reach.policies):
            members = reach.universe.members(subject(policy))
            ends = *members.certain, *members.perhaps, *reach.universe.held(policy)
            if len(ends) > _FEW:
                self._wide.append(number)
            else:
                for end in ends:
                    self._held.setdefault(end, []).append(number)

    def explain(self, source: int, target: int, protocol: Protocol, port: int) -> Explanation:
        """Return what netgen.evaluate.explain does, without a look at each policy."""
        numbers = sorted({*self._wide, *self._held.get(source, ()), *self._held.get(target, ())})
        policies = [self._reach.policies[number] for number in numbers]
        return explain(self._reach, source, target, protocol, port, policies=policies)
