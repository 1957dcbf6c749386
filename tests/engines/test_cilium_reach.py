"""netgen's evaluator says of Cilium's policies what Cilium's own policy engine says of them."""

from __future__ import annotations

import json
from collections import Counter
from itertools import product
from pathlib import Path

import pytest
import yaml

import judges
from cilium_cases import cases
from cilium_compared import Answers, claimed, known
from cilium_engine import Question, answers
from cilium_fields import claimed as in_schema
from cilium_fields import fields
from netgen.evaluate.explain import explain
from netgen.evaluate.sets import Protocol

RANDOM_CLUSTERS = 300
LEAST_SHARE = 0.01
"""Of the random clusters, that hold a field."""
UNCLAIMED = Path(__file__).with_name("cilium_unclaimed.yaml")


def differing(questions: list[Question]) -> tuple[list[str], Counter[str]]:
    """Return the answers that are not the engine's, and how often it gave each letter."""
    found, letters = [], Counter[str]()
    for question, theirs in zip(questions, answers(questions), strict=True):
        assert not theirs.refused, question.name
        ours = Answers(question)
        for (what, mine), letter in zip(
            [*ours.verdicts(), *ours.requests()], theirs.verdicts + theirs.requests, strict=True
        ):
            letters[letter] += 1
            if letter not in (mine, "u"):
                found.append(f"{question.name}: {what}: the engine says {letter}, netgen {mine}")
    return found, letters


def test_cases_written_by_hand() -> None:
    """Each case that neither refuses, as far as netgen understands its policies, has the engine's answers."""
    asked = [one for case in cases() if not case.refused for one in [case.question]]
    plain = [known(one)[0] for one in asked if not one.any_cluster and not one.cidr_match_mode]
    found, letters = differing(plain)
    assert found == []
    assert min(letters[letter] for letter in "01f") > 100


@pytest.fixture(scope="module")
def made(engine_seed: str) -> list[Question]:
    """Random clusters of which netgen understands every policy: what it did not would count as a difference."""
    return [claimed(f"reach/{engine_seed}/{number}")[0] for number in range(RANDOM_CLUSTERS)]


def test_random_clusters(made: list[Question]) -> None:
    """Every connection and request, in either reading, is as the engine has it."""
    found, letters = differing(made)
    assert found == []
    assert min(letters[letter] for letter in "01f") > RANDOM_CLUSTERS


def test_they_hold_every_field_that_netgen_claims(engine_seed: str) -> None:
    """Each field that is evaluated is in a hundredth of such clusters; what is not understood is listed."""
    schema = json.loads((judges.crds("cilium") / "cilium.io" / "ciliumnetworkpolicy_v2.json").read_bytes())
    listed = [one["what"] for one in yaml.safe_load(UNCLAIMED.read_text(encoding="utf-8"))]
    seen, reasons = Counter[str](), Counter[str]()
    for number in range(RANDOM_CLUSTERS):
        _, cluster, said = claimed(f"reach/{engine_seed}/{number}")
        seen += fields(cluster)
        reasons.update(next((what for what in listed if what in reason), reason) for reason in said)
    wanted = {*in_schema(schema["properties"]["spec"])}
    assert {name: seen[name] for name in wanted if seen[name] < RANDOM_CLUSTERS * LEAST_SHARE} == {}
    assert sorted(reasons) == sorted(listed)


def test_explanations_say_what_rows_say(made: list[Question]) -> None:
    """In both readings a connection is explained as open, filtered or closed as the answer has it."""
    for question in made[:10]:
        ours = Answers(question)
        count = len(ours.space.endpoints)
        for reach, (source, target), port in product(
            (ours.narrow, ours.wide), product(range(count), range(count)), (80, 443)
        ):
            if not (reach.governed(source) or reach.governed(target)) or ours.space.symbols.learned >> source & 1:
                continue
            why = explain(reach, source, target, Protocol.TCP, port)
            asked = reach.filter(source, target, Protocol.TCP, port)
            whole = reach.allowed(source, target).has(Protocol.TCP, port)
            assert (why.allowed, why.is_filtered) == (whole or asked is not None, asked is not None)
            sides = [one for one in (why.egress.passing, why.ingress.passing) if one is not None]
            assert asked is None or asked == tuple(sorted(set(sides)))
