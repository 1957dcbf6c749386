"""ClusterNetworkPolicy beside NetworkPolicy and the policies of Cilium, as Cilium's policy engine has them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import product

import pytest
import yaml

import tiered
from cilium_compared import NOWHERE, Answers, claimed
from cilium_engine import Question, Request, answers
from clusters import Body, Cluster
from cnp_cases import Case, cases, refused, unknowns
from netgen.evaluate.explain import explain
from netgen.evaluate.sets import Protocol
from writing import plainly

RANDOM_CLUSTERS = 300
LEAST_SHARE = 0.01
"""Of the random policies, that hold a field."""
NAMES = ("api.example.com", "*.example.com", "other.test")
LEARNED = ("api.example.com", "x.y.example.com", "example.com", "other.test")
DNS = "10.0.0.53"
CASES = cases("cilium")
FIELDS = tiered.FIELDS | {".egress.to.domainNames"}


def question_of(case: Case) -> Question:
    """Return what the engine is asked about *case*."""
    return Question(case.name, case.manifests, case.ends, case.ports)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_is_as_the_engine_has_it(case: Case) -> None:
    """The engine says of each connection what is written, and netgen says it too or names what is not known."""
    asked = question_of(case)
    (answer,) = answers([asked])
    assert (answer.refused, answer.unsupported) == ((), ())
    triples = list(product(asked.ends, asked.ends, asked.ports))
    letters = dict(zip(triples, answer.verdicts, strict=True))
    expected = {one: "1" if is_open else "0" for one, is_open in case.connections.items()}
    assert {one: letters[one] for one in expected} == expected
    if case.unknown:
        (unknown,) = unknowns(case, "cilium")
        assert case.unknown in unknown
    else:
        ours = Answers(asked)
        assert {one: ours.letter(*one) for one in expected} == expected


def test_what_the_engine_refuses_is_unknown() -> None:
    """A policy of which Cilium enforces nothing is one of which netgen says nothing."""
    (case,) = refused("cilium")
    (answer,) = answers([question_of(case)])
    assert len(answer.refused) == 1
    (unknown,) = unknowns(case, "cilium")
    assert case.unknown in unknown


def random_cluster(seed: str) -> tuple[Question, Cluster, list[Body]]:
    """Return the question who reaches whom and looks up what in a random cluster, and its ClusterNetworkPolicies."""
    question, cluster, _ = claimed(seed)
    made = tiered.policies(cluster, exists=True, names=NAMES)
    learned = [f"fqdn:{name}@{NOWHERE}" for name in LEARNED]
    ends = (*(end for end in question.ends if not end.startswith("fqdn:")), DNS, *learned)
    lookups = [
        Request(end, DNS, (protocol, 53), name=name)
        for end, protocol, name in product(ends, ("UDP", "TCP"), LEARNED)
        if end.startswith("10.")
    ]
    bodies = [*(body for body in yaml.safe_load_all(question.manifests) if body), dns(), *made]
    kept = [one for one in question.requests if not one.target.startswith("fqdn:")]
    ports = (*question.ports[:4], ("UDP", 53), ("TCP", 53))
    asked = replace(question, manifests=plainly(bodies), ends=ends, ports=ports, requests=(*kept, *lookups))
    return asked, cluster, made


def dns() -> Body:
    """Return a pod that Cilium takes for a DNS server."""
    ports = [{"name": "dns", "containerPort": 53, "protocol": "UDP"}, {"name": "dns-tcp", "containerPort": 53}]
    metadata = {"name": "dns", "namespace": "n1", "labels": {"k8s-app": "kube-dns", "app": "a"}}
    spec = {"containers": [{"name": "c", "ports": ports}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": {"podIP": DNS}}


@pytest.fixture(scope="module")
def made(engine_seed: str) -> list[tuple[Question, Cluster, list[Body]]]:
    """Random clusters."""
    return [random_cluster(f"cnp/{engine_seed}/{number}") for number in range(RANDOM_CLUSTERS)]


def test_random_clusters_are_as_the_engine_has_them(made: list[tuple[Question, Cluster, list[Body]]]) -> None:
    """Where policies of all tiers and kinds meet, each connection and request is as the engine has it."""
    found, letters = [], Counter[str]()
    asked = [question for question, _, _ in made]
    for question, theirs in zip(asked, answers(asked), strict=True):
        assert (question.name, theirs.refused, theirs.unsupported) == (question.name, (), ())
        ours = Answers(question)
        said = [*ours.verdicts(), *ours.requests()]
        for (what, mine), letter in zip(said, theirs.verdicts + theirs.requests, strict=True):
            letters[letter] += 1
            if letter != mine:
                found.append(f"{question.name}: {what}: the engine says {letter}, netgen {mine}")
    assert found == []
    assert min(letters[letter] for letter in "01f") > RANDOM_CLUSTERS
    policies = [one for _, _, each in made for one in each]
    seen = Counter(name for one in policies for name in {*tiered.fields(one["spec"])})
    assert {name: seen[name] for name in FIELDS if seen[name] < len(policies) * LEAST_SHARE} == {}


def test_the_engine_notices_most_policies(made: list[tuple[Question, Cluster, list[Body]]]) -> None:
    """Where the engine is not given one of the ClusterNetworkPolicies, its answers mostly are others."""
    full, short = [], []
    for question, _, policies in made[:60]:
        bodies = [body for body in yaml.safe_load_all(question.manifests) if body]
        for left_out in policies:
            full.append(question)
            short.append(replace(question, manifests=plainly([body for body in bodies if body != left_out])))
    changed = [one != other for one, other in zip(answers(full), answers(short), strict=True)]
    assert sum(changed) / len(changed) > 0.2


def test_explanations_say_what_rows_say(made: list[tuple[Question, Cluster, list[Body]]]) -> None:
    """In both readings a connection is explained as open, filtered or closed as the answer has it."""
    for question, _, _ in made[:4]:
        ours = Answers(question)
        count = len(ours.space.endpoints)
        for reach, (source, target), port in product(
            (ours.narrow, ours.wide), product(range(count), range(count)), (53,)
        ):
            if not (reach.governed(source) or reach.governed(target)) or ours.space.symbols.learned >> source & 1:
                continue
            why = explain(reach, source, target, Protocol.TCP, port)
            asked = reach.filter(source, target, Protocol.TCP, port)
            whole = reach.allowed(source, target).has(Protocol.TCP, port)
            assert (why.allowed, why.is_filtered) == (whole or asked is not None, asked is not None)
