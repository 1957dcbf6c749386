"""netgen's evaluator says of Cilium's policies what Cilium's own policy engine says of them."""

from __future__ import annotations

from collections import Counter
from itertools import product

import pytest

from cilium_cases import cases
from cilium_clusters import random_cluster
from cilium_compared import Answers, known
from cilium_engine import Question, answers
from netgen.evaluate.explain import explain
from netgen.evaluate.sets import Protocol

RANDOM_CLUSTERS = 300
LEAST_KNOWN = 0.5
"""Of the policies of random clusters, that netgen understands."""


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
def made(engine_seed: str) -> list[tuple[Question, int, int]]:
    """Random clusters of the policies that netgen understands, with how many these are and how many are left out."""
    return [known(random_cluster(f"reach/{engine_seed}/{number}")[0]) for number in range(RANDOM_CLUSTERS)]


def test_random_clusters(made: list[tuple[Question, int, int]]) -> None:
    """Every connection and request, in either reading, is as the engine has it."""
    found, letters = differing([question for question, _, _ in made])
    assert found == []
    assert min(letters[letter] for letter in "01f") > RANDOM_CLUSTERS


def test_most_policies_of_random_clusters_are_understood(made: list[tuple[Question, int, int]]) -> None:
    """What is left out above is the smaller part."""
    kept, lost = sum(one for _, one, _ in made), sum(one for _, _, one in made)
    assert kept / (kept + lost) > LEAST_KNOWN


def test_explanations_say_what_rows_say(made: list[tuple[Question, int, int]]) -> None:
    """In both readings a connection is explained as open, filtered or closed as the answer has it."""
    for question, _, _ in made[:20]:
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
