"""ClusterNetworkPolicy beside NetworkPolicy, as the policy engine of kube-network-policies has them."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from itertools import product

import pytest

import clusters
import tiered
from clusters import Body, Cluster
from cnp_cases import Case, cases, policies, unknowns
from compared import compare
from engine import Question, run, verdicts
from writing import plainly

RANDOM_CLUSTERS = 300
LEAST_SHARE = 0.01
"""Of the random policies, that hold a field."""


@pytest.mark.parametrize("case", cases("knp"), ids=lambda case: case.name)
def test_a_case_is_as_the_engine_has_it(case: Case) -> None:
    """The engine says of each connection what is written, and netgen says it too or names what is not known."""
    asked = Question(case.name, case.manifests, case.ends, case.ports)
    (said,) = verdicts([asked])
    triples = list(product(asked.addresses, asked.addresses, asked.ports))
    letters = dict(zip(triples, said, strict=True))
    assert {one: letters[one] for one in case.connections} == case.connections
    if case.unknown:
        (unknown,) = unknowns(case, "kube-network-policies")
        assert case.unknown in unknown
    else:
        assert compare([(asked, asked)]).differ == []


def random_cluster(seed: str) -> tuple[Question, Cluster, list[Body]]:
    """Return the question who reaches whom in a random cluster, and its ClusterNetworkPolicies."""
    cluster = clusters.random_cluster(seed)
    made = tiered.policies(cluster)
    addresses = tuple(dict.fromkeys(end.address for end in cluster.ends))
    manifests = plainly([*cluster.objects, *made])
    return Question(seed, manifests, addresses, tuple(clusters.questions(cluster))), cluster, made


def test_random_clusters_are_as_the_engine_has_them(engine_seed: str) -> None:
    """Where policies of all three tiers meet, pods and addresses reach each other as the engine says."""
    made = [random_cluster(f"cnp/{engine_seed}/{number}") for number in range(RANDOM_CLUSTERS)]
    found = compare((question, question) for question, _, _ in made)
    assert found.differ == []
    assert 0.1 < found.share < 0.9
    every = [one for _, _, each in made for one in each]
    seen = Counter(name for one in every for name in {*tiered.fields(one["spec"])})
    assert {name: seen[name] for name in tiered.FIELDS if seen[name] < len(every) * LEAST_SHARE} == {}


def test_the_engine_notices_most_policies(engine_seed: str) -> None:
    """Where the engine is not given one of the ClusterNetworkPolicies, its answers mostly are others."""
    full, short = [], []
    for number in range(60):
        question, cluster, made = random_cluster(f"cnp/{engine_seed}/{number}")
        for left_out in made:
            rest = [one for one in made if one is not left_out]
            full.append(question)
            short.append(replace(question, manifests=plainly([*cluster.objects, *rest])))
    changed = [one != other for one, other in zip(verdicts(full), verdicts(short), strict=True)]
    assert sum(changed) / len(changed) > 0.2


def test_a_misspelt_field_ends_the_engines_program() -> None:
    """What it cannot read is not left out."""
    (body,) = policies([{"ingres": []}])
    request = {"manifests": plainly([body]), "addresses": ["10.0.0.1"], "ports": []}
    code, out, err = run(json.dumps(request))
    assert (code, out) == (1, "")
    assert err.startswith("knp: ")
