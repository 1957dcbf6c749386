"""The answers of netgen's evaluator to what Cilium's policy engine is asked, in the engine's letters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import yaml

from cilium_clusters import random_cluster
from cilium_engine import Question, Request
from cilium_policies import policy
from clusters import Cluster
from engine import Port
from netgen.evaluate.filters import Filter, Lookup, Passing
from netgen.evaluate.names import is_match
from netgen.evaluate.objects import read_cluster
from netgen.evaluate.objects.model import Cluster as Read
from netgen.evaluate.objects.model import Entity, Policy
from netgen.evaluate.reach import Reach
from netgen.evaluate.semantics import PROFILES, Reading
from netgen.evaluate.sets import Protocol, icmp
from netgen.evaluate.universe import universe
from netgen.source import Dialect, read
from writing import plainly

NOWHERE = "192.0.2.200"
"""An address in no block but those of all addresses, like that of a name of which no address is told."""


class Answers:
    """What netgen says about *question*: 1 and 0 for open and closed, f for some requests, ? where it is not sure.

    With *policies* it is what these say of the pods in question, and not the policies of its manifests.
    """

    def __init__(self, question: Question, policies: tuple[Policy, ...] | None = None) -> None:
        self.question = question
        self.cluster = understood(question)
        held = self.cluster.policies if policies is None else policies
        self.space = universe(self.cluster.workloads, self.cluster.namespaces, [held], entities=tuple(Entity))
        cilium = PROFILES["cilium"]
        self.narrow, self.wide = (Reach(self.space, held, cilium, reading) for reading in Reading)
        self._ends = {text: self._end(text) for text in question.ends}

    def verdicts(self) -> Iterator[tuple[str, str]]:
        """Yield each connection asked for, in the engine's order, and the letter."""
        ends, ports = self.question.ends, self.question.ports
        for source, target, port in product(ends, ends, ports):
            yield f"{source} -> {target} {port[1]}/{port[0]}", self.letter(source, target, port)

    def requests(self) -> Iterator[tuple[str, str]]:
        """Yield each request asked for, in the engine's order, and the letter."""
        for one in self.question.requests:
            letter = self.letter(one.source, one.target, one.port)
            if letter == "f":
                ends, (protocol, number) = (self._ends[one.source], self._ends[one.target]), one.port
                asked = self.narrow.filter(*ends, Protocol(protocol), number)
                assert asked is not None
                letter = "1" if passes(one, asked) else "0"
            yield str(one), letter

    def letter(self, source: str, target: str, port: Port) -> str:
        """Return the letter of a connection; - is no question."""
        one, other = self._ends[source], self._ends[target]
        if source.startswith("fqdn:") or not (self._is_policed(one) or self._is_policed(other)):
            return "-"
        protocol, number = meant(port)
        filters = [reach.filter(one, other, protocol, number) for reach in (self.narrow, self.wide)]
        if filters[0] is not None and filters[0] == filters[1]:
            return "f"
        if self.narrow.allowed(one, other).has(protocol, number):
            return "1"
        return "?" if self.wide.allowed(one, other).has(protocol, number) else "0"

    def _is_policed(self, end: int) -> bool:
        return self.narrow.governed(end)

    def _end(self, text: str) -> int:
        kind, _, name = text.partition(":")
        if kind == "entity":
            found = self.space.entity(Entity(name))
        elif kind == "fqdn":
            found = self.space.name(name.partition("@")[0])
            found = self.space.at(NOWHERE) if found is None else found
        else:
            on_host = {address for one in self.cluster.workloads if one.host_network for address in one.addresses}
            found = self.space.entity(Entity.REMOTE_NODE) if text in on_host else self.space.at(text)
        assert found is not None, text
        return found


def understood(question: Question) -> Read:
    """Return the cluster of *question*, in which nothing is unknown."""
    cluster = _read(question.manifests)
    assert (question.name, cluster.unknowns) == (question.name, ())
    return cluster


def _read(manifests: str) -> Read:
    reading = read(manifests, "m.yaml", Dialect.MANIFEST)
    return read_cluster(reading.documents, reading.problems, cni="cilium")


def known(question: Question) -> tuple[Question, int, int]:
    """Return *question* without the policies that netgen does not understand, how many it has, and had besides.

    A DNS name in it has an address, NOWHERE: without one the engine takes it for none of a group's addresses.
    """
    bodies = [body for body in yaml.safe_load_all(question.manifests) if body]
    others = [body for body in bodies if "Policy" not in body["kind"]]
    policies = [body for body in bodies if "Policy" in body["kind"]]
    kept = [body for body in policies if not _read(plainly([*others, body])).unknowns]
    requests = tuple(replace(one, source=_told(one.source), target=_told(one.target)) for one in question.requests)
    ends = tuple(map(_told, question.ends))
    manifests = plainly([*others, *kept])
    asked = replace(question, manifests=manifests, ends=ends, requests=requests)
    return asked, len(kept), len(policies) - len(kept)


def claimed(seed: str) -> tuple[Question, Cluster, list[str]]:
    """Return a random cluster of policies that netgen understands, each drawn again until it does, and why it did not.

    The second part has the policies with what was seen in them.
    """
    question, cluster = random_cluster(seed)
    reasons: list[str] = []
    cluster.policies += [policy(cluster, number) for number in range(len(cluster.policies), 6)]
    for number in range(len(cluster.policies)):
        while unknowns := _read(plainly([*cluster.objects, cluster.policies[number]])).unknowns:
            reasons += [one.what for one in unknowns]
            cluster.policies[number] = policy(cluster, number)
    asked, _, lost = known(replace(question, manifests=plainly([*cluster.objects, *cluster.policies])))
    assert lost == 0
    return asked, cluster, reasons


def _told(end: str) -> str:
    return f"{end}@{NOWHERE}" if end.startswith("fqdn:") else end


def meant(port: Port) -> tuple[Protocol, int]:
    """Return the protocol and the number that netgen has for a port of the engine."""
    protocol, number = port
    if protocol in ("ICMP", "ICMPv6"):
        return Protocol.OTHER, icmp(4 if protocol == "ICMP" else 6, number)
    return Protocol(protocol), number


def passes(request: Request, asked: Filter) -> bool:
    """Return whether *request* passes the filter *asked*."""
    return all(any(_passes(request, one) for one in side) for side in asked)


def _passes(request: Request, one: Passing) -> bool:
    if isinstance(one, Lookup):
        return bool(request.name) and is_match(one.pattern, request.name)
    if not request.method or one.headers:
        return False
    parts = ((one.method, request.method), (one.path, request.path), (one.host, request.host))
    return all(not pattern or re.fullmatch(pattern, text) for pattern, text in parts)
