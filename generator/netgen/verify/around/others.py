"""The policies of somebody else, and what they open that no spec says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from netgen.evaluate.explain import Side, explain
from netgen.evaluate.objects.model import Direction, Policy, Rule
from netgen.evaluate.reach import Reach
from netgen.problems import Problem
from netgen.records import record
from netgen.source import Spot
from netgen.verify.filtered import in_excess, told_apart
from netgen.verify.groups import CAN, Group, Row, beyond, can, groups, sentence
from netgen.verify.reading import body, step, where

MOST_ROWS = 50
"""So many rows of connections are looked into; the rest are counted."""
_SHOWN = 3
MANAGED_BY = "app.kubernetes.io/managed-by"

Plain = Callable[[Reach, Group], Problem]
"""Tells of a connection in excess that is not the work of another policy."""


@record
class Others:
    """The policies that are not among the manifests, by kind, namespace and name."""

    names: frozenset[tuple[str, str, str]]

    def __contains__(self, policy: Policy) -> bool:
        return (policy.kind, policy.namespace, policy.name) in self.names

    def place(self, policy: Policy) -> str:
        """Return *policy* as a note names it, with its place if it is one of these."""
        return f"{policy} ({where(policy.spot)})" if policy in self and policy.spot else str(policy)


def others(policies: Iterable[Policy]) -> Others:
    """Return *policies* as the ones that are not among the manifests."""
    return Others(frozenset((policy.kind, policy.namespace, policy.name) for policy in policies))


@record
class _Cause:
    """A rule of another policy that opens one side."""

    policy: Policy
    direction: Direction
    rule: Rule

    @property
    def spot(self) -> Spot | None:
        """Return where it is written."""
        return self.rule.spot or self.policy.spot

    def __str__(self) -> str:
        return f"{self.direction} rule {self.rule.index} of {self.policy}" + (
            f" ({where(self.spot)})" if self.spot else ""
        )


@dataclass(slots=True)
class _Bundle:
    """What the same policies open: their *rules* in the order met, what is shown as sentences, how many there are."""

    rules: dict[_Cause, None] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    count: int = 0


def opened(readings: Iterable[tuple[Reach, Reach]], foreign: Others, apps: int, plain: Plain) -> Iterator[Problem]:
    """Yield what is in excess, once for the policies of *foreign* that open it; *plain* tells of all other excess.

    *readings* are what is meant and what is there, under each reading; *apps* are the endpoints to show first, as bits.
    """
    bundles: dict[tuple[str, ...], _Bundle] = {}
    told: list[Row] = []
    left = 0
    narrow: Reach | None = None
    for meant, there in readings:
        narrow = narrow or there
        rows = list(told_apart(beyond(there.difference(meant), told), there, meant))
        told += rows
        for number, group in enumerate(group for row in rows for group in groups([row], apps)):
            if number >= MOST_ROWS:
                left += group.count
                continue
            causes = tuple(_causes(meant, there, group, foreign))
            if not causes:
                yield plain(there, group)
                continue
            bundle = bundles.setdefault(tuple(sorted({str(one.policy) for one in causes})), _Bundle())
            bundle.rules |= dict.fromkeys(causes)
            requests = in_excess(meant, there, group)
            word = CAN if requests else can(narrow, group)
            bundle.told.append(f"{sentence(there.universe, group, word)}{requests}")
            bundle.count += group.count
    for bundle in bundles.values():
        yield _told(bundle)
    if left:
        yield Problem("not-closed", None, f"and {left} more connections of this kind")


def _causes(meant: Reach, there: Reach, group: Group, foreign: Others) -> Iterator[_Cause]:
    """Yield the rules of *foreign* that open the sides which are meant to be closed; none where that is not all."""
    pair, (protocol, port) = (group.source, group.target), group.ports.first()
    found = explain(there, *pair, protocol, port)
    causes: list[_Cause] = []
    for direction, wanted, side in (
        (Direction.EGRESS, meant.egress(*pair), found.egress),
        (Direction.INGRESS, meant.ingress(*pair), found.ingress),
    ):
        if not wanted.has(protocol, port):
            mine = list(_opening(direction, side, foreign))
            if not mine:
                return
            causes += mine
    yield from causes


def _opening(direction: Direction, side: Side, foreign: Others) -> Iterator[_Cause]:
    for policy, rule in side.deciding:
        if policy in foreign and rule is not None:
            yield _Cause(policy, direction, rule)


def _told(group: _Bundle) -> Problem:
    policies = {str(one.policy): one.policy for one in group.rules}
    names = " and ".join(f"{policy.kind} {name}" for name, policy in policies.items())
    verb = "opens" if len(policies) == 1 else "open"
    message = f"{names} of the cluster {verb} what no spec says: {group.told[0]}"
    notes = [*map(str, list(group.rules)[:_SHOWN]), *group.told[1 : 1 + _SHOWN]]
    left = group.count - len(group.told[: 1 + _SHOWN])
    notes += [f"and {left} more connection{'s' if left > 1 else ''}"] if left else []
    fix = "remove it, or say in the spec what it opens"
    if all(_is_of_netgen(policy) for policy in policies.values()):
        fix = "netgen rendered it in an earlier run and no more, so remove it"
    spots = [one.spot for one in group.rules if one.spot]
    return Problem("not-closed", spots[0].value() if spots else None, message, tuple(notes), fix)


def _is_of_netgen(policy: Policy) -> bool:
    return bool(step(body(policy.spot), "metadata", "labels", MANAGED_BY) == "netgen")
