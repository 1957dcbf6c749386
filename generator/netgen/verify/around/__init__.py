"""The manifests in their cluster: whose the policies are, which workloads are whose pods, and what to say of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from netgen.evaluate.objects.model import Cluster, Direction, Workload
from netgen.evaluate.reach import Reach
from netgen.intent import Intent
from netgen.problems import Problem
from netgen.records import record
from netgen.verify import links
from netgen.verify.around import coverage, gaps, strays
from netgen.verify.around.chosen import Chosen, chosen
from netgen.verify.around.elsewhere import closed
from netgen.verify.around.others import Others, others
from netgen.verify.around.surroundings import Surroundings, is_empty, together, without
from netgen.verify.proof import ALONE, HOMELESS
from netgen.verify.reading import body, step


@record
class Around:
    """*own* are the manifests, *whole* is the cluster with them in it, *foreign* are the policies of before.

    Not *given*: there is no cluster but the workloads among the manifests. *namespace* is that of objects which name
    none, None where nobody said.
    """

    own: Cluster
    whole: Cluster
    foreign: Others
    chosen: Chosen
    notes: tuple[Problem, ...]
    given: bool
    namespace: str | None = None

    def lacking(self, ideal: Iterable[Workload]) -> tuple[Workload, ...]:
        """Return those of *ideal*, a workload for each app, whose app has no pods in the cluster."""
        having = {(key.namespace, key.name) for key, workloads in self.chosen.by_app.items() if workloads}
        return tuple(one for one in ideal if (one.namespace, one.name) not in having)

    def broken(self, intent: Intent) -> Iterator[Problem]:
        """Yield the links of the manifests that lead nowhere; an app without pods in a cluster is told as such."""
        by_app = self.chosen.by_app
        idle = {(one.app.namespace, one.name) for one in intent.services if self.given and not by_app[one.app]}
        return links.broken(intent, replace(self.own, workloads=self.whole.workloads), idle, self.whole)

    def warnings(self, intent: Intent, there: Reach, wide: Reach) -> Iterator[Iterator[Problem]]:
        """Yield what is said beside the proof, one kind after the other; *there* and *wide* are the two readings."""
        yield iter(self.notes)
        proposed: set[Workload] = set()
        yield gaps.selecting_nothing(intent, self.chosen, proposed, namespace=self.namespace)
        yield gaps.ends_without_pods(intent, self.chosen)
        yield strays.uncovered(intent, self.chosen, proposed, _holders(intent, there))
        yield coverage.shared(intent, self.chosen)
        yield coverage.undeclared_ports(intent, self.chosen)
        yield closed(intent, there, wide, self.foreign)

    def assumes(self) -> tuple[str, ...]:
        """Return what was not looked at, although there are workloads."""
        if not self.given:
            return (ALONE,)
        homeless = (one for one in self.whole.policies if one.namespace and one in self.foreign and one.spot)
        if self.namespace is None and any(not step(body(one.spot), "metadata", "namespace") for one in homeless):
            return (HOMELESS,)
        return ()

    def beside(self) -> str:
        """Return what was looked at, as a phrase."""
        counts = {"workload": len(self.whole.workloads)}
        if self.given:
            counts["other policy"] = len(self.foreign.names)
        return " and ".join(f"{count} {_plural(what, count)}" for what, count in counts.items())


def _plural(what: str, count: int) -> str:
    if count == 1:
        return what
    return f"{what.removesuffix('y')}ies" if what.endswith("y") else f"{what}s"


def around(
    intent: Intent, own: Cluster, surroundings: Surroundings | None, namespace: str | None = None
) -> Around | None:
    """Return *own* in its *surroundings*, or with its own workloads alone; None where there is nothing in them.

    *namespace* is as Around has it.
    """
    if surroundings is None:
        return Around(own, own, others(()), chosen(intent, own.workloads), (), given=False, namespace=namespace)
    rest = without(surroundings, own).cluster
    if is_empty(rest) and not surroundings.cluster.workloads:
        return None
    whole = together(own, rest)
    foreign, pods = others(rest.policies), chosen(intent, whole.workloads)
    return Around(own, whole, foreign, pods, surroundings.notes, given=True, namespace=namespace)


def _holders(intent: Intent, there: Reach) -> Callable[[Workload], str]:
    shut = {space.namespace for space in intent.isolated}

    def held(one: Workload) -> str:
        """Return who holds the pods of *one*, which no app has."""
        if one.host_network:
            return "they are on the host network, where no policy holds them"
        if one.namespace in shut:
            return "isolate: namespace closes them, in both directions, DNS too"
        sides = [direction for direction in Direction if there.isolated(there.universe.of(one), direction)]
        if len(sides) == len(Direction):
            return "other policies hold them, in both directions"
        if sides:
            return f"other policies hold their {sides[0]}; the other direction is open to everybody"
        return "no policy holds them, so that they are open to everybody"

    return held
