"""The proof: what the manifests allow is what the Intent says, for apps, strangers and the outside; or what is not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from netgen.evaluate.endpoints import Kind
from netgen.evaluate.explain import Explanation, explain
from netgen.evaluate.objects import read_cluster
from netgen.evaluate.objects.model import Cluster, Policy
from netgen.evaluate.reach import Reach
from netgen.evaluate.semantics import PROFILES, Reading, Semantics
from netgen.evaluate.sets import PortSet, bits, mask_of
from netgen.evaluate.universe import Universe, universe
from netgen.files import texts
from netgen.intent import Intent
from netgen.problems import Place, Problem, in_order
from netgen.source import Dialect, Document, Spot, read
from netgen.verify import ideal, links

MOST_FINDINGS = 50
"""So many connections are told of; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was looked at, and what is not as the Intent says: without *findings* it is proved.

    *opened* and *closed* count pairs of endpoints, one of which at least is an app: those that the Intent opens at some
    port, and those between which nothing is open under the widest reading.
    """

    opened: int
    closed: int
    findings: tuple[Problem, ...]

    @property
    def is_open(self) -> bool:
        """Return whether nothing was found but that not everything is understood."""
        return bool(self.findings) and all(problem.code == "unproven" for problem in self.findings)

    def __str__(self) -> str:
        return f"{self.opened} pairs open, {self.closed} pairs closed"


def prove(intent: Intent, documents: Iterable[Document], problems: Iterable[Problem], *, cni: str) -> Proof:
    """Return whether the manifests in *documents* do what *intent* says, nothing missing and nothing in excess.

    *problems* are those of reading them, *cni* is a profile of netgen.evaluate.semantics. What is open must be open
    under the narrowest reading of the profile, and nothing may be in excess under the narrowest or the widest. What is
    not understood, and nothing to look at, is a finding: `unproven`.
    """
    cluster = read_cluster(documents, problems)
    if not cluster.unknowns and not cluster.policies and any(app.ingress or app.egress for app in intent.apps):
        message = "there is no NetworkPolicy among the manifests, so there is nothing to prove"
        return Proof(0, 0, (Problem("unproven", None, message, fix="give the rendered manifests"),))
    return _Comparison(intent, cluster, PROFILES[cni]).proof()


def prove_files(intent: Intent, paths: list[str], stdin: bytes | None, *, cni: str) -> Proof:
    """Return the same for the manifests in files and folders; `-` stands for *stdin*."""
    problems: list[Problem] = []
    documents: list[Document] = []
    for file, text in texts(paths, stdin, problems, wanted=bool, rendered=True):
        reading = read(text, file, Dialect.MANIFEST)
        documents += reading.documents
        problems += reading.problems
    return prove(intent, documents, problems, cni=cni)


class _Comparison:
    """The Intent and the manifests in one universe."""

    def __init__(self, intent: Intent, cluster: Cluster, semantics: Semantics) -> None:
        self.intent = intent
        self.cluster = cluster
        self.semantics = semantics
        self.meant = ideal.policies(intent)
        self.universe: Universe = universe(
            (*cluster.workloads, *ideal.workloads(intent)),
            cluster.namespaces,
            (self.meant, cluster.policies),
            pod_ranges=intent.pod_ranges,
            node_ranges=intent.node_ranges,
        )

    def proof(self) -> Proof:
        unknown = [
            Problem("unproven", one.place, one.what) for one in (*self.cluster.unknowns, *self.universe.unknowns)
        ]
        narrow, there = (self._reach(one, Reading.NARROW) for one in (self.meant, self.cluster.policies))
        found = [*_first(self._missing(narrow, there)), *_first(self._excess(narrow, there))]
        wide = narrow
        if not (narrow.is_exact and there.is_exact):
            wide = self._reach(self.meant, Reading.WIDE)
            found += _first(self._excess(wide, self._reach(self.cluster.policies, Reading.WIDE)))
        findings = in_order([*unknown, *found, *links.differences(self.intent, self.cluster)])
        return Proof(self._pairs(narrow), self._all_pairs() - self._pairs(wide), findings)

    def _reach(self, policies: Iterable[Policy], reading: Reading) -> Reach:
        return Reach(self.universe, policies, self.semantics, reading)

    def _missing(self, meant: Reach, there: Reach) -> Iterator[Problem]:
        for source, target, ports in _pairs_of(meant.difference(there)):
            why = self._explained(meant, source, target, ports)
            closed = self._explained(there, source, target, ports)
            name, other = self.universe.endpoints[source].name, self.universe.endpoints[target].name
            message = f"{name} cannot open {other} on {ports}, which the spec says"
            notes = tuple(_closing(closed))
            yield Problem("not-open", _spec_place(why), message, notes, "see what changed the policies")

    def _excess(self, meant: Reach, there: Reach) -> Iterator[Problem]:
        for source, target, ports in _pairs_of(there.difference(meant)):
            why = self._explained(there, source, target, ports)
            name, other = self.universe.endpoints[source].name, self.universe.endpoints[target].name
            message = f"{name} can open {other} on {ports}, which no spec says"
            place, notes = _opening(why)
            yield Problem("not-closed", place, message, notes, "close it, or say it in the spec")

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
        ends = enumerate(self.universe.endpoints)
        return mask_of([index for index, one in ends if one.kind is Kind.WORKLOAD])


def _pairs_of(differences: Iterator[tuple[int, int, PortSet]]) -> Iterator[tuple[int, int, PortSet]]:
    for target, sources, ports in differences:
        for source in bits(sources):
            yield source, target, ports


def _first(findings: Iterator[Problem]) -> Iterator[Problem]:
    """Yield the first of *findings*, and how many more there are."""
    for number, finding in enumerate(findings):
        if number < MOST_FINDINGS:
            yield finding
        else:
            more = 1 + sum(1 for _ in findings)
            yield Problem(finding.code, None, f"and {more} more connections of this kind")


def _spec_place(why: Explanation) -> Place | None:
    spots = [rule.spot for side in (why.egress, why.ingress) for _, rule in side.deciding if rule and rule.spot]
    return spots[0].value() if spots else None


def _closing(why: Explanation) -> Iterator[str]:
    for word, side in (("egress", why.egress), ("ingress", why.ingress)):
        if not side.allows:
            names = ", ".join(str(policy) for policy, _ in side.deciding)
            yield f"no {word} rule allows it: {names}"


def _opening(why: Explanation) -> tuple[Place | None, tuple[str, ...]]:
    notes = []
    place: Spot | None = None
    for word, side in (("egress", why.egress), ("ingress", why.ingress)):
        if not side.isolated:
            notes.append(f"no policy isolates the {word} side" if side.governed else f"nothing governs the {word} side")
        for policy, rule in side.deciding:
            number = f", rule {rule.index}" if rule else ""
            notes.append(f"{word}: {policy.kind} {policy}{number}")
            place = (rule.spot if rule else policy.spot) or place
    return place.value() if place else None, tuple(notes)
