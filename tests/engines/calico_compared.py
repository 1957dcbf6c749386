"""The answers of netgen's evaluator to what Calico's policy engine is asked, in the engine's letters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_address
from itertools import product

from calico_clusters import random_cluster
from calico_policies import policy
from clusters import Cluster
from engine import Question
from netgen.evaluate.objects import read_cluster
from netgen.evaluate.objects.model import Cluster as Read
from netgen.evaluate.objects.model import Policy
from netgen.evaluate.reach import Reach
from netgen.evaluate.semantics import PROFILES, Reading
from netgen.evaluate.sets import Protocol, icmp
from netgen.evaluate.universe import universe
from netgen.source import Dialect, read
from writing import plainly


class Answers:
    """What netgen says about *question*: 1 and 0 for open and closed, ? where it is not sure.

    With *policies* it is what these say of the pods in question, and not the policies of its manifests.
    """

    def __init__(self, question: Question, policies: tuple[Policy, ...] | None = None) -> None:
        self.question = question
        self.cluster = understood(question)
        held = self.cluster.policies if policies is None else policies
        self.space = universe(self.cluster.workloads, self.cluster.namespaces, [held])
        assert (question.name, self.space.unknowns) == (question.name, ())
        self._reaches = [Reach(self.space, held, PROFILES["calico"], reading) for reading in Reading]
        self._hosts = {address: one for one in self.cluster.workloads if one.host_network for address in one.addresses}
        self._ends = {
            text: self.space.of(self._hosts[text]) if text in self._hosts else self.space.at(text)
            for text in question.addresses
        }

    def verdicts(self) -> Iterator[tuple[str, str]]:
        """Yield each connection asked for, in the engine's order, and the letter; - is no question."""
        for (source, one), (target, other) in product(self._ends.items(), self._ends.items()):
            assert one is not None
            assert other is not None
            is_asked = self._is_policed(source) or self._is_policed(target)
            family = ip_address(target).version
            is_asked &= ip_address(source).version == family
            found = [reach.allowed(one, other) for reach in self._reaches]
            for protocol, number in self.question.ports:
                said = {ports.has(*meant(protocol, number)) for ports in found}
                letter = "?" if len(said) > 1 else str(int(said.pop()))
                is_other = protocol == ("ICMPv6" if family == 4 else "ICMP")
                yield f"{source} -> {target} {number}/{protocol}", letter if is_asked and not is_other else "-"

    def _is_policed(self, address: str) -> bool:
        index = self._ends[address]
        return address not in self._hosts and index is not None and self.space.endpoints[index].is_pod


def meant(protocol: str, number: int) -> tuple[Protocol, int]:
    """Return the protocol and the number that netgen has for a port of the engine."""
    if protocol in ("ICMP", "ICMPv6"):
        return Protocol.OTHER, icmp(4 if protocol == "ICMP" else 6, number)
    return Protocol(protocol), number


def understood(question: Question) -> Read:
    """Return the cluster of *question*, in which nothing is unknown."""
    cluster = read_as_calico(question.manifests)
    assert (question.name, cluster.unknowns) == (question.name, ())
    return cluster


def read_as_calico(manifests: str) -> Read:
    """Return the cluster of *manifests*, whose network plugin is Calico."""
    reading = read(manifests, "m.yaml", Dialect.MANIFEST)
    return read_cluster(reading.documents, reading.problems, cni="calico")


def claimed(seed: str) -> tuple[Question, Cluster, list[str]]:
    """Return a random cluster of policies that netgen understands, each drawn again until it does, and why it did not.

    The second part has the policies with what was seen in them.
    """
    question, cluster = random_cluster(seed)
    reasons: list[str] = []
    for number in range(len(cluster.policies)):
        while unknowns := read_as_calico(plainly([*cluster.objects, *cluster.policies[: number + 1]])).unknowns:
            reasons += [one.what for one in unknowns]
            cluster.policies[number] = policy(cluster, number)
    return replace(question, manifests=plainly([*cluster.objects, *cluster.policies])), cluster, reasons
