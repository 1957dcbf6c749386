"""The answers of netgen's evaluator beside those of the engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product

from engine import Question, verdicts
from netgen.evaluate.objects import Cluster, read_cluster
from netgen.evaluate.reach import Reach
from netgen.evaluate.semantics import PROFILES, Reading
from netgen.evaluate.sets import Protocol
from netgen.evaluate.universe import Universe, universe
from netgen.source import Dialect, read

ENGINE = PROFILES["kube-network-policies"]


@dataclass
class Compared:
    """How many answers were *allowed* and *denied* by the engine, and those of netgen that *differ*, in words."""

    allowed: int = 0
    denied: int = 0
    differ: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Return the share of what is allowed."""
        return self.allowed / (self.allowed + self.denied)


def compare(pairs: Iterable[tuple[Question, Question]]) -> Compared:
    """Return the comparison over *pairs* of what netgen is asked and what the engine is asked, usually the same."""
    found = Compared()
    asked = list(pairs)
    for (question, _), theirs in zip(asked, verdicts(other for _, other in asked), strict=True):
        for (what, ours), allows in zip(answers(question), theirs, strict=True):
            if ours is None:
                continue
            found.allowed += allows
            found.denied += not allows
            if ours != {allows}:
                found.differ.append(f"{question.name}: {what}: the engine says {allows}, netgen {sorted(ours)}")
    return found


def answers(question: Question) -> Iterator[tuple[str, set[bool] | None]]:
    """Yield each connection asked for, in the engine's order, and what netgen says: both answers where it is unsure.

    None stands for no question: a connection between two addresses outside.
    """
    cluster, space = understood(question)
    reaches = [Reach(space, cluster.policies, ENGINE, reading) for reading in Reading]
    hosts = {address: space.of(one) for one in cluster.workloads if one.host_network for address in one.addresses}
    ends = {address: hosts.get(address, space.at(address)) for address in question.addresses}
    for (source, one), (target, other) in product(ends.items(), ends.items()):
        assert one is not None
        assert other is not None
        is_asked = space.endpoints[one].is_pod or space.endpoints[other].is_pod
        found = [reach.allowed(one, other) for reach in reaches]
        for protocol, number in question.ports:
            said = {ports.has(Protocol(protocol), number) for ports in found}
            yield f"{source} -> {target} {number}/{protocol}", said if is_asked else None


def understood(question: Question) -> tuple[Cluster, Universe]:
    """Return the cluster and the universe of *question*, in which nothing is unknown."""
    reading = read(question.manifests, question.name, Dialect.MANIFEST)
    cluster = read_cluster(reading.documents, reading.problems, cni="kube-network-policies")
    space = universe(cluster.workloads, cluster.namespaces, [cluster.policies])
    assert (question.name, cluster.unknowns, space.unknowns) == (question.name, (), ())
    return cluster, space
