"""The Intent and the manifests in one universe: what is missing, and what is in excess."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from netgen.evaluate.alike import alike
from netgen.evaluate.endpoints import Kind
from netgen.evaluate.mentions import Selection
from netgen.evaluate.objects.model import Cluster, Policy
from netgen.evaluate.reach import Reach
from netgen.evaluate.semantics import Reading, Semantics
from netgen.evaluate.sets import mask_of
from netgen.evaluate.universe import Universe, universe
from netgen.intent import Intent
from netgen.problems import Problem, in_order
from netgen.progress import Progress, counted
from netgen.records import record
from netgen.verify import ideal, links
from netgen.verify.proof import LABELS, Proof
from netgen.verify.reading import held_back
from netgen.verify.wording import WORDINGS

if TYPE_CHECKING:
    from netgen.verify.around import Around
    from netgen.verify.groups import Row

MOST_FINDINGS = 50
"""So many objects are told of; the rest are counted."""


@record
class Loss:
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
        self.is_verbatim = around is None and semantics.enforced and _is_alike(intent, self.meant, cluster)
        # What breaks a claim is looked for in the manifests too, whose words are others where a CNI says it apart.
        is_said = self.is_verbatim and not (intent.claims and WORDINGS[intent.cni].apart)
        spoken = (*self.meant, *(() if is_said else cluster.policies), *_claimed(intent), *_denied(intent))
        self.universe: Universe = universe(
            (*cluster.workloads, *self.stand_ins),
            cluster.namespaces,
            (counted(spoken, len(spoken), progress, "proving", "policies"),),
            pod_ranges=intent.pod_ranges,
            node_ranges=intent.node_ranges,
            server_ranges=intent.server_ranges,
            entities=WORDINGS[intent.cni].entities,
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
        found = [*self._differences(lost, readings)]
        found += _first(self._kept(readings[-1]), "findings")
        changed = in_order([*_first(self._causes(), "differences")]) if found else ()
        found += self._broken(*readings[-1])
        rest = in_order([*unknown, *found, *self._links(), *self._on_host()])
        findings = (*changed, *rest)
        wide, wide_there = readings[-1]
        too_large = 0 < len(findings) == len(self.universe.unknowns)
        most = opened if wide is narrow else self._pairs(wide)
        proof = Proof(opened, self._all_pairs() - most, findings, too_large=too_large)
        return self._supposed(_completed(self._beside(proof, there, wide_there), self.intent))

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
            said, bare = meant, found
            if self.intent.denials:
                # What is denied may hide what the readings differ in.
                alone = claims.undenied(self.intent, self.meant), claims.undenied(self.intent, self.cluster.policies)
                said, bare = (Reach(self.universe, one, meant.semantics, Reading.WIDE) for one in alone)
            yield from claims.broken(self.intent, said, bare, found, self.cluster.services)

    def _links(self) -> Iterator[Problem]:
        yield from links.differences(self.intent, self.cluster)
        yield from self.around.broken(self.intent) if self.around else links.broken(self.intent, self.cluster)

    def _on_host(self) -> Iterator[Problem]:
        """Yield where apps and the workloads that are there disagree about the host network."""
        if self.around is not None:
            from netgen.verify.around import coverage  # noqa: PLC0415 - what is rendered has no workloads

            yield from _first(coverage.host_network(self.intent, self.around.chosen), "findings")

    def _losses(self, meant: Reach, there: Reach) -> Iterator[Loss]:
        """Yield what is missing under one reading, and in what it is."""
        if self.around is None or not self.around.foreign.names:
            yield Loss([*meant.difference(there)], meant, there)
            return
        from netgen.verify.around.elsewhere import own_half  # noqa: PLC0415 - only a run that is given a cluster pays for it

        alone = self._reach(self.around.own.policies, meant.reading)
        yield Loss([*meant.difference(alone)], meant, alone)
        # What other policies close at ends that are no app is not for the proof: its warnings have it.
        apps = self._selected()
        rows = [(row[0], *part) for row in meant.difference(there) for part in own_half(there, row, apps)]
        yield Loss(rows, meant, there)

    def _differences(self, lost: list[list[Loss]], readings: list[tuple[Reach, Reach]]) -> Iterator[Problem]:
        """Yield what is missing and what is in excess."""
        alone = self.around is None or not self.around.foreign.names
        same = alone and not any(True for meant, there in readings for _ in there.difference(meant))
        if same and not any(loss.rows for losses in lost for loss in losses):
            return
        from netgen.verify.differences import excess, missing  # noqa: PLC0415 - a good run has none to tell of

        apps = self._apps()
        yield from missing(lost, apps)
        yield from excess(readings, self.around, apps)

    def _kept(self, reading: tuple[Reach, Reach]) -> Iterator[Problem]:
        """Yield denials, permissions and lookups that the manifests have lost, but for what is in excess or missing."""
        is_asked = self.intent.denials or self.intent.permissions or any(flow.looks_up for flow in self.intent.flows)
        if self.is_verbatim or not is_asked:
            return
        from netgen.verify.kept import Kept  # noqa: PLC0415 - few specs have any

        meant, there = reading
        told = [*there.difference(meant), *meant.difference(there)]
        policies = tuple(self.cluster.policies)
        yield from Kept(self.intent, self.universe, self.semantics, self.meant, policies, self._apps()).problems(told)

    def _causes(self) -> Iterator[Problem]:
        from netgen.verify.causes import causes  # noqa: PLC0415 - same

        return causes(self.meant, self.cluster.policies, WORDINGS[self.intent.cni])

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


def _is_alike(intent: Intent, meant: tuple[Policy, ...], cluster: Cluster) -> bool:
    """Return whether *cluster* has what is *meant* in the words of its CNI."""
    if WORDINGS[intent.cni].apart:
        from netgen.verify.apart import apart  # noqa: PLC0415 - other CNIs say it as it is meant

        meant = apart(intent, meant)
    return alike(meant, cluster.policies)


def _claimed(intent: Intent) -> tuple[Policy, ...]:
    """Return what the claims speak of, as policies that nobody evaluates."""
    if not intent.claims:
        return ()
    from netgen.verify import claims  # noqa: PLC0415 - few specs have any

    return (*claims.policies(intent), *ideal.staged(intent))


def _denied(intent: Intent) -> tuple[Policy, ...]:
    """Return what denials and permissions are compared by, as policies beside those of the manifests."""
    if not intent.denials and not intent.permissions:
        return ()
    from netgen.verify import kept  # noqa: PLC0415 - few specs have any

    return kept.spoken(intent)


def _completed(proof: Proof, intent: Intent) -> Proof:
    """Return *proof* with what is said of the claims, and of what is weakened, should it hold."""
    if any(flow.weakened is not None for flow in intent.flows):
        from netgen.verify.weakened import extra  # noqa: PLC0415 - few specs have any

        proof = replace(proof, beyond=extra(intent))
    if not intent.claims:
        return proof
    from netgen.verify.provisos import enforced, provisos  # noqa: PLC0415 - same

    return replace(proof, claims=len(intent.claims), enforced=enforced(intent), provisos=provisos(intent))


def _first(findings: Iterator[Problem], what: str) -> Iterator[Problem]:
    """Yield the first of *findings*, and how many more there are; *what* they are."""
    for number, finding in enumerate(findings):
        if number < MOST_FINDINGS:
            yield finding
        else:
            more = 1 + sum(1 for _ in findings)
            yield Problem(finding.code, None, f"and {more} more {what} of this kind")
