"""netgen's evaluator says of Calico's policies what Calico's own policy engine says of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

import judges
from calico_compared import Answers, claimed
from calico_engine import answers
from calico_fields import claimed as in_schema
from calico_fields import fields
from clusters import Cluster
from engine import Question

RANDOM_CLUSTERS = 300
LEAST_SHARE = 0.01
"""Of the random clusters, that hold a field."""
UNKNOWN = (
    "it is about its pods by network sets, whose addresses they may have",
    "it leaves out by notSelector, and network sets have such labels",
    "it leaves out ports where names of ports are",
    "it selects by labels that service accounts do not have",
    "it selects pods by labels, and by the family of their addresses",
    "it selects pods by labels and by addresses in one",
    "no ServiceAccount among what was read has those labels",
    "nothing among what was read is in its",
    "it names a Service without its namespace, which Calico then finds in none",
    "there is no Service",
    "have the same order in the tier",
    "pods behind the Service",
    # refused
    "addresses of IPv4 and of IPv6 in one rule are refused",
    "is of IPv4",
    "is of IPv6",
)
"""What netgen does not understand of the policies that are drawn, by words of the reason."""

Made = list[tuple[Question, Cluster, list[str]]]


@pytest.fixture(scope="module")
def made(engine_seed: str) -> Made:
    """Random clusters of which netgen understands every policy: what it did not would count as a difference."""
    return [claimed(f"calico/{engine_seed}/{number}") for number in range(RANDOM_CLUSTERS)]


def test_random_clusters(made: Made) -> None:
    """Every connection, in either reading, is as the engine has it."""
    found, letters = [], Counter[str]()
    questions = [question for question, _, _ in made]
    for question, theirs in zip(questions, answers(questions), strict=True):
        assert (question.name, theirs.refused) == (question.name, ())
        letters += Counter(theirs.verdicts)
        said = zip(Answers(question).verdicts(), theirs.verdicts, strict=True)
        found += [
            f"{question.name}: {what}: the engine says {letter}, netgen {mine}"
            for (what, mine), letter in said
            if letter != mine
        ]
    assert found == []
    assert 0.1 < letters["1"] / (letters["0"] + letters["1"]) < 0.9


def test_they_hold_every_field_that_netgen_claims(
    made: Made, shared_data: Callable[[str], Path], kubernetes_schemas: Path
) -> None:
    """Each field that is evaluated is in a hundredth of such clusters; what is not understood is listed."""
    shared_data(judges.CALICO)
    seen = Counter[str]()
    for _, cluster, _ in made:
        seen += fields(cluster)
    schema = json.loads((kubernetes_schemas / "projectcalico.org" / "globalnetworkpolicy_v3.json").read_bytes())
    wanted = {*in_schema(schema["properties"]["spec"])}
    assert len(wanted) > 70
    assert {name: seen[name] for name in wanted if seen[name] < RANDOM_CLUSTERS * LEAST_SHARE} == {}
    reasons = {reason for _, _, said in made for reason in said}
    assert [reason for reason in reasons if not any(words in reason for words in UNKNOWN)] == []


def test_they_hold_every_shape(made: Made) -> None:
    """Each operator of a selector, and each way to name whom a rule means, is in a hundredth of them."""
    seen = Counter[str]()
    for _, cluster, _ in made:
        seen += Counter(name for name, times in cluster.seen.items() if times)
    assert {name: times for name, times in seen.items() if times < RANDOM_CLUSTERS * LEAST_SHARE} == {}
