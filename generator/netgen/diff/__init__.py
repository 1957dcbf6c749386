"""The comparison of two sets of manifests: what becomes reachable, what stops, and for whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from netgen.diff.changes import Change, Diff, Kind, Zone, in_order
from netgen.diff.claims import claimed
from netgen.diff.connections import Fact, facts
from netgen.diff.doubts import doubts
from netgen.diff.ends import Ends, ends_of
from netgen.diff.exposures import exposures
from netgen.diff.origin import Origin
from netgen.diff.phrases import Phrases
from netgen.diff.pods import Names, of_workloads
from netgen.diff.protection import Protection
from netgen.diff.sentences import Sentences
from netgen.evaluate.objects.model import Cluster, Workload
from netgen.intent import Intent
from netgen.records import record
from netgen.scene import ASKED, scenes
from netgen.scene.names import OTHER
from netgen.source import Document

__all__ = ["Change", "Comparison", "Diff", "Kind", "Side", "Zone", "compare", "comparison"]


@record
class Side:
    """One side: the objects of its manifests, and the Intent that they were rendered from, if a spec was given.

    An Intent without apps is that of a platform alone. *documents* are the objects as they were read or rendered.
    """

    cluster: Cluster
    intent: Intent | None = None
    documents: tuple[Document, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True)
class Comparison:
    """Two sides in one universe, and what their ends are called."""

    old: Origin
    new: Origin
    ends: Ends
    protection: Protection
    phrases: Phrases

    def facts(self) -> Iterator[Fact]:
        """Yield what connections are open on one side only, except where a change of protection says it."""
        return facts(self.old.scene, self.new.scene, self.ends, self.phrases, self.protection)

    def changes(self) -> Iterator[Change]:
        """Yield what has changed, in any order."""
        yield from claimed(self.old, self.new)
        yield from self.protection.changes()
        yield from Sentences(self.ends, self.old, self.new).of(self.facts())
        yield from exposures(self.old, self.new, self.ends)
        yield from doubts(self.old, self.new)


def comparison(old: Side, new: Side, *, cni: str) -> Comparison:
    """Return two sides to compare; *cni* is a name of netgen.evaluate.semantics.PROFILES."""
    pods = [_pods(*each) for each in ((old, new), (new, old))]
    old, new = (replace(side, cluster=cluster) for side, (cluster, _) in zip((old, new), pods, strict=True))
    plain = _plain(old.cluster, new.cluster)
    intents = [side.intent for side in (old, new) if side.intent is not None]
    before, after = scenes(
        [old.cluster, new.cluster],
        cni=cni,
        pod_ranges=tuple(dict.fromkeys(cidr for one in intents for cidr in one.pod_ranges)),
        node_ranges=tuple(dict.fromkeys(cidr for one in intents for cidr in one.node_ranges)),
        server_ranges=tuple(dict.fromkeys(cidr for one in intents for cidr in one.server_ranges)),
        asked=plain,
    )
    owners = tuple(dict.fromkeys(one.owners for one in intents))
    origins = Origin(before, old.intent, pods[0][1]), Origin(after, new.intent, pods[1][1])
    ends = ends_of(*origins, plain)
    return Comparison(*origins, ends, Protection(ends, *origins), Phrases(ends, after, owners))


def compare(old: Side, new: Side, *, cni: str) -> Diff:
    """Return what is different in *new*; *cni* as for comparison.

    What is open must be open under the narrowest reading of the profile, what is closed must be closed under the
    widest; what only one of them says is told as that.
    """
    return Diff(in_order(comparison(old, new, cni=cni).changes()))


def _pods(side: Side, other: Side) -> tuple[Cluster, Names]:
    """Return the cluster of *side*, and the apps of its workloads: a spec has those that manifests beside it hold."""
    if side.intent is None or not side.intent.apps or (other.intent is not None and other.intent.apps):
        return side.cluster, {}
    return of_workloads(side.cluster, side.intent, other.cluster)


def _plain(old: Cluster, new: Cluster) -> tuple[Workload, ...]:
    """Return a pod that nothing is known of for each namespace, and for other ones where something is clusterwide."""
    objects = (each for side in (old, new) for listed in (side.workloads, side.policies) for each in listed)
    found = {one.namespace or OTHER for one in objects}
    return tuple(Workload(ASKED, namespace, OTHER, ()) for namespace in sorted(found))
