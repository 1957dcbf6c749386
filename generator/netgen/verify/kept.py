"""What policies do besides opening and closing: denials and permissions whatever others do, lookups that teach."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from netgen.evaluate.explain import explain
from netgen.evaluate.mentions import subject
from netgen.evaluate.objects.model import Action, Direction, Policy, Rule, Tier
from netgen.evaluate.reach import Reach
from netgen.evaluate.semantics import Reading, Semantics
from netgen.evaluate.sets import mask_of
from netgen.evaluate.universe import Universe
from netgen.intent import Intent
from netgen.problems import Problem
from netgen.records import record
from netgen.verify.groups import Group, Row, beyond, groups
from netgen.verify.ideal import EVERYTHING, KIND
from netgen.verify.reasons import on, spec_place
from netgen.verify.wording import WORDINGS, is_first_asked

_EVERYBODY = (Rule(None, None, 0),)
_OPENER = Policy(
    KIND, "", "whatever", EVERYTHING, _EVERYBODY, _EVERYBODY, scope=EVERYTHING, yielding=frozenset(Direction)
)
"""A policy that opens all that no policy denies, but for its place among them."""
_BEHIND = Tier(float("inf"), "behind all others")
_CLOSERS = tuple(
    Policy(
        KIND,
        "",
        "whatever else",
        EVERYTHING,
        () if direction is Direction.INGRESS else None,
        () if direction is Direction.EGRESS else None,
        scope=EVERYTHING,
        tier=_BEHIND,
    )
    for direction in Direction
)
"""Policies that close one direction, but for what is accepted before."""


def spoken(intent: Intent) -> tuple[Policy, ...]:
    """Return the policies that a universe must be made for besides, so that denials can be compared in it."""
    return (*((_opener(intent),) if intent.denials else ()), *(_CLOSERS if intent.permissions else ()))


def _opener(intent: Intent) -> Policy:
    """Return the policy that opens all that is not denied: the first one of the first tier in which others open too."""
    return replace(_OPENER, tier=WORDINGS[intent.cni].others, order=float("-inf"))


@record
class Kept:
    """What is *meant* and what is *there*, in one *universe*; *apps* are the endpoints to show first, as bits."""

    intent: Intent
    universe: Universe
    semantics: Semantics
    meant: tuple[Policy, ...]
    there: tuple[Policy, ...]
    apps: int

    def problems(self, told: Iterable[Row]) -> Iterator[Problem]:
        """Yield what is lost, but for the pairs of ends that are *told* of already."""
        seen = list(told)
        if self.intent.denials:
            meant, there = (self._reach((*each, _opener(self.intent))) for each in (self.meant, self.there))
            for group in groups(beyond(there.difference(meant), seen), self.apps):
                yield self._undenied(meant, group)
        for closer in _CLOSERS if self.intent.permissions else ():
            meant, there = (self._reach((*_first_asked(each), closer)) for each in (self.meant, self.there))
            for group in groups(beyond(meant.difference(there), seen), self.apps):
                yield self._unaccepted(meant, group)
        if any(flow.looks_up for flow in self.intent.flows):
            meant, there = (self._reach(_lookups(each)) for each in (self.meant, self.there))
            rows = ((target, sources & self._asking(), ports) for target, sources, ports in meant.difference(there))
            for group in groups(beyond(rows, seen), self.apps):
                yield self._unlearned(meant, group)

    def _reach(self, policies: Iterable[Policy]) -> Reach:
        return Reach(self.universe, policies, replace(self.semantics, enforced=True), Reading.WIDE)

    def _asking(self) -> int:
        """Return the pods whose lookups have to be seen."""
        found: set[int] = set()
        for policy in self.meant:
            if any(rule.lookups is not None for rule in policy.egress or ()):
                found.update(self.universe.members(subject(policy)).certain)
        return mask_of(found)

    def _undenied(self, meant: Reach, group: Group) -> Problem:
        source, target = (self.universe.endpoints[one].name for one in (group.source, group.target))
        message = f"another policy can let {source} open {target} on {on(group.ports)}, which the spec denies"
        fix = "render the denial again, or give its file as well"
        return self._problem("not-closed", message, meant, group, fix)

    def _unaccepted(self, meant: Reach, group: Group) -> Problem:
        source, target = (self.universe.endpoints[one].name for one in (group.source, group.target))
        message = f"another policy can keep {source} from {target} on {on(group.ports)}, which the platform allows"
        fix = "render the permission again, or give its file as well"
        return self._problem("not-open", message, meant, group, fix)

    def _unlearned(self, meant: Reach, group: Group) -> Problem:
        source, target = (self.universe.endpoints[one].name for one in (group.source, group.target))
        message = f"nobody sees what {source} looks up at {target} on {on(group.ports)}, so that no host name is open"
        fix = 'add  rules: {dns: [{matchPattern: "*"}]}  to the rule that opens it, or undo what took them'
        return self._problem("not-open", message, meant, group, fix)

    def _problem(self, code: str, message: str, meant: Reach, group: Group, fix: str) -> Problem:
        why = explain(meant, group.source, group.target, *group.ports.first())
        return Problem(code, spec_place(why), message, tuple(group.others(self.universe)), fix)


def _first_asked(policies: Iterable[Policy]) -> Iterator[Policy]:
    """Yield those of *policies* that decide before the policies of namespaces are asked."""
    return (one for one in policies if is_first_asked(one))


def _lookups(policies: Iterable[Policy]) -> Iterator[Policy]:
    """Yield *policies* as if they opened nothing but the lookups that the CNI sees."""
    for policy in policies:
        rules = tuple(
            replace(one, lookups=None)
            for one in policy.egress or ()
            if one.lookups is not None and one.action is Action.ALLOW
        )
        yield replace(policy, ingress=None, egress=rules, unlisted=(), yielding=frozenset())
