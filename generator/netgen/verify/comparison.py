"""The Intent and the manifests in one universe: what is missing, and what is in excess."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from netgen.evaluate.alike import alike
from netgen.evaluate.endpoints import Kind
from netgen.evaluate.explain import Explanation, explain
from netgen.evaluate.mentions import Selection
from netgen.evaluate.objects.model import Cluster, Policy
from netgen.evaluate.reach import Reach
from netgen.evaluate.semantics import Reading, Semantics
from netgen.evaluate.sets import PortSet, mask_of
from netgen.evaluate.universe import Universe, universe
from netgen.intent import Intent
from netgen.problems import Problem, in_order
from netgen.progress import Progress, counted
from netgen.records import record
from netgen.verify import ideal, links
from netgen.verify.causes import causes
from netgen.verify.groups import CAN, Group, Row, beyond, can, groups, sentence
from netgen.verify.proof import LABELS, Proof
from netgen.verify.reading import held_back
from netgen.verify.reasons import DOUBT, closing, mending, opening, opening_place, spec_place

if TYPE_CHECKING:
    from netgen.verify.around import Around

MOST_FINDINGS = 50
"""So many objects are told of; the rest are counted."""
MOST_GROUPS = 10
"""So many groups of connections are told of, of each kind; the rest are counted."""


@record
class _Loss:
    """The connections of *rows*, which are open in what is *meant* and not *there*."""

    rows: list[Row]
    meant: Reach
    there: Reach


class Comparison:
    """The Intent and the manifests in one universe, with the cluster *around* them where it is given."""

    def __init__(
        self,
        intent: Intent,
        cluster: Cluster,
        semantics: Semantics,
        around: Around | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.intent = intent
        self.cluster = cluster
        self.semantics = semantics
        self.around = around
        self.meant = ideal.policies(intent)
        alone = ideal.workloads(intent)
        self.stand_ins = around.lacking(alone) if around else alone
        self.is_verbatim = around is None and semantics.enforced and alike(self.meant, cluster.policies)
        spoken = (*self.meant, *(() if self.is_verbatim else cluster.policies), *_claimed(intent))
        self.universe: Universe = universe(
            (*cluster.workloads, *self.stand_ins),
            cluster.namespaces,
            (counted(spoken, len(spoken), progress, "proving", "policies"),),
            pod_ranges=intent.pod_ranges,
            node_ranges=intent.node_ranges,
        )

    def proof(self) -> Proof:
        """Return what was found, and how much was looked at."""
        unknown = [
            Problem("unproven", one.place, one.what, fix=one.fix)
            for one in (*self.cluster.unknowns, *self.universe.unknowns)
        ]
        unknown += self._held_back()
        if self.intent.apps and not self._all_pairs():
            unknown.append(Problem("unproven", None, "no pair of an app and another end was looked at"))
        narrow, there = self._both(Reading.NARROW)
        lost = [[*self._losses(narrow, there)]]
        opened = self._pairs(narrow)
        readings = [(narrow, there)]
        if not (narrow.is_exact and there.is_exact):
            readings.append(self._both(Reading.WIDE))
            lost.append([*self._losses(*readings[-1])])
        found = [*self._all_missing(lost), *self._all_excess(readings)]
        changed = in_order([*_first(causes(self.meant, self.cluster.policies), "differences")]) if found else ()
        found += self._broken(*readings[-1])
        rest = in_order([*unknown, *found, *self._links(), *self._on_host()])
        findings = (*changed, *rest)
        wide, wide_there = readings[-1]
        too_large = 0 < len(findings) == len(self.universe.unknowns)
        most = opened if wide is narrow else self._pairs(wide)
        proof = Proof(opened, self._all_pairs() - most, findings, too_large=too_large)
        return self._supposed(_with_claims(self._beside(proof, there, wide_there), self.intent))

    def _held_back(self) -> Iterator[Problem]:
        """Yield each policy of the manifests that may never be applied; what is in a cluster has been."""
        own = self.around.own if self.around else self.cluster
        said = (*(app.annotations for app in self.intent.apps), *(one.annotations for one in self.intent.isolated))
        asked = {pair for pairs in said for pair in pairs}
        for policy in own.policies:
            for key in held_back(asked, policy.spot):
                message = f"the {policy.kind} {policy} has the annotation {key}, which keeps it from being applied"
                place = policy.spot.value() if policy.spot else None
                yield Problem("unproven", place, message, fix="take the annotation away")

    def _beside(self, proof: Proof, there: Reach, wide: Reach) -> Proof:
        """Return *proof* with what is to be said of the cluster around the manifests, where it is given."""
        if self.around is None:
            return proof
        kinds = self.around.warnings(self.intent, there, wide)
        warnings = in_order([problem for kind in kinds for problem in _first(kind, "findings")])
        assumes = (*((LABELS,) if self.stand_ins else ()), *self.around.assumes())
        return replace(proof, warnings=warnings, assumes=assumes, beside=self.around.beside())

    def _supposed(self, proof: Proof) -> Proof:
        """Return *proof* with the Services that it takes to be there."""
        if not any(one.existing for one in self.intent.services):
            return proof
        from netgen.verify import standing  # noqa: PLC0415 - few specs have any

        return replace(proof, assumes=(*proof.assumes, *standing.assumed(self.intent, self.cluster)))

    def _both(self, reading: Reading) -> tuple[Reach, Reach]:
        """Return what is meant and what is there; where both are the same in the same words, the one is the other."""
        meant = self._reach(self.meant, reading)
        return meant, meant if self.is_verbatim else self._reach(self.cluster.policies, reading)

    def _reach(self, policies: Iterable[Policy], reading: Reading) -> Reach:
        # What is meant is meant of every plugin, also of one that looks at no policy.
        semantics = replace(self.semantics, enforced=True) if policies is self.meant else self.semantics
        return Reach(self.universe, policies, semantics, reading)

    def _broken(self, meant: Reach, there: Reach) -> Iterator[Problem]:
        if self.intent.claims:
            from netgen.verify import claims  # noqa: PLC0415 - few specs have any

            # What breaks a claim is told by the policies of the manifests.
            found = self._reach(self.cluster.policies, there.reading) if there is meant else there
            yield from claims.broken(self.intent, meant, found)

    def _links(self) -> Iterator[Problem]:
        yield from links.differences(self.intent, self.cluster)
        yield from self.around.broken(self.intent) if self.around else links.broken(self.intent, self.cluster)

    def _on_host(self) -> Iterator[Problem]:
        """Yield where apps and the workloads that are there disagree about the host network."""
        if self.around is not None:
            from netgen.verify.around import coverage  # noqa: PLC0415 - what is rendered has no workloads

            yield from _first(coverage.host_network(self.intent, self.around.chosen), "findings")

    def _losses(self, meant: Reach, there: Reach) -> Iterator[_Loss]:
        """Yield what is missing under one reading, and in what it is."""
        if self.around is None or not self.around.foreign.names:
            yield _Loss([*meant.difference(there)], meant, there)
            return
        from netgen.verify.around.elsewhere import own_half  # noqa: PLC0415 - only a run that is given a cluster pays for it

        alone = self._reach(self.around.own.policies, meant.reading)
        yield _Loss([*meant.difference(alone)], meant, alone)
        # What other policies close at ends that are no app is not for the proof: its warnings have it.
        apps = self._selected()
        rows = [(row[0], *part) for row in meant.difference(there) for part in own_half(there, row, apps)]
        yield _Loss(rows, meant, there)

    def _all_missing(self, lost: list[list[_Loss]]) -> Iterator[Problem]:
        """Yield what is missing in *lost*, under each reading; what only the second one misses is never certain."""
        told: list[Row] = []
        for losses in lost:
            seen = [*told]
            for loss, widest in zip(losses, lost[-1], strict=True):
                rows = [*beyond(loss.rows, seen)]
                told += rows
                yield from self._missing(replace(loss, rows=rows), widest.there, certain=losses is lost[0])

    def _missing(self, loss: _Loss, widest: Reach, *, certain: bool) -> Iterator[Problem]:
        for group in _shown(loss.rows, self._apps(), "not-open"):
            if isinstance(group, Problem):
                yield group
                continue
            pair = group.source, group.target
            why, closed = (self._explained(one, *pair, group.ports) for one in (loss.meant, loss.there))
            place = spec_place(why)
            is_sure = certain and not group.ports & widest.allowed(*pair)
            said = sentence(self.universe, group, "cannot" if is_sure else "perhaps cannot")
            message = f"{said}, which {'the spec says' if place else 'no spec closes'}"
            notes = (*closing(closed), *(() if is_sure else (DOUBT,)), *group.others(self.universe))
            yield Problem("not-open", place, message, notes, mending(closed))

    def _all_excess(self, readings: list[tuple[Reach, Reach]]) -> Iterator[Problem]:
        narrow = readings[0][1]
        if self.around is not None and self.around.foreign.names:
            from netgen.verify.around.others import opened  # noqa: PLC0415 - only a run that is given a cluster pays

            plain = partial(self._excess, narrow)
            yield from opened(readings, self.around.foreign, self._apps(), plain)
            return
        told: list[Row] = []
        for meant, there in readings:
            rows = list(beyond(there.difference(meant), told))
            told += rows
            for group in _shown(rows, self._apps(), "not-closed"):
                yield group if isinstance(group, Problem) else self._excess(narrow, there, group)

    def _excess(self, narrow: Reach, there: Reach, group: Group) -> Problem:
        why = self._explained(there, group.source, group.target, group.ports)
        word = can(narrow, group)
        message = f"{sentence(self.universe, group, word)}, which no spec says"
        notes = (*opening(why), *(() if word == CAN else (DOUBT,)), *group.others(self.universe))
        return Problem("not-closed", opening_place(why), message, notes, "close it, or say it in the spec")

    def _explained(self, reach: Reach, source: int, target: int, ports: PortSet) -> Explanation:
        protocol, port = ports.first()
        return explain(reach, source, target, protocol, port)

    def _pairs(self, reach: Reach) -> int:
        """Count the pairs with something open, of which one end at least is an app."""
        apps = self._apps()
        total = 0
        for target, row in reach.rows():
            sources = 0
            for mask, _ in row:
                sources |= mask
            total += (sources if apps >> target & 1 else sources & apps).bit_count()
        return total

    def _all_pairs(self) -> int:
        apps, count = self._apps().bit_count(), len(self.universe.endpoints)
        return apps * count + (count - apps) * apps

    def _apps(self) -> int:
        """Return the workloads that are apps; without a cluster around them nothing else is among the manifests."""
        if self.around is None:
            ends = enumerate(self.universe.endpoints)
            return mask_of([index for index, one in ends if one.kind is Kind.WORKLOAD])
        return mask_of({self.universe.of(one) for one in (*self.around.chosen.apps(), *self.stand_ins)})

    def _selected(self) -> int:
        """Return every pod that the policy of an app selects, strangers too."""
        found: set[int] = set()
        for app in self.intent.apps:
            if app.ingress or app.egress:
                pods = self.universe.members(Selection(app.key.namespace, ideal.selector(app.selector)))
                found.update(pods.certain, pods.perhaps)
        return mask_of(found)


def _claimed(intent: Intent) -> tuple[Policy, ...]:
    """Return what the claims speak of, as policies that nobody evaluates."""
    if not intent.claims:
        return ()
    from netgen.verify import claims  # noqa: PLC0415 - few specs have any

    return claims.policies(intent)


def _with_claims(proof: Proof, intent: Intent) -> Proof:
    """Return *proof* with what its line says of the claims, should it hold."""
    if not intent.claims:
        return proof
    from netgen.verify import claims  # noqa: PLC0415 - same

    return replace(proof, claims=len(intent.claims), provisos=claims.provisos(intent))


def _shown(rows: Iterable[Row], apps: int, code: str) -> Iterator[Group | Problem]:
    """Yield the first groups of *rows*, and then how many connections more there are."""
    left = 0
    for number, group in enumerate(groups(rows, apps)):
        if number < MOST_GROUPS:
            yield group
        else:
            left += group.count
    if left:
        yield Problem(code, None, f"and {left} more connections of this kind")


def _first(findings: Iterator[Problem], what: str) -> Iterator[Problem]:
    """Yield the first of *findings*, and how many more there are; *what* they are."""
    for number, finding in enumerate(findings):
        if number < MOST_FINDINGS:
            yield finding
        else:
            more = 1 + sum(1 for _ in findings)
            yield Problem(finding.code, None, f"and {more} more {what} of this kind")
