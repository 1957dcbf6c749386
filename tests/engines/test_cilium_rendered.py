"""What netgen renders for Cilium is for Cilium's own policy engine what the spec says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest

from cilium_compared import Answers
from cilium_engine import Question, answers
from cilium_features import FEATURES, features
from cilium_intents import random_intent
from cilium_populated import Body, populated, sampled
from netgen import api
from netgen.intent import Intent
from netgen.verify import ideal
from strategies_cilium import random_cilium_system
from writing import chance_of, plainly

Asked = tuple[Question, Intent]

RANDOM_INTENTS = 300
RANDOM_SYSTEMS = 150
LEAST_SHARE = 0.01
"""Of the random clusters, that have a feature."""


def policies_of(intent: Intent) -> list[Body]:
    """Return the policies that are rendered of *intent*."""
    return [manifest.body for manifest in api.render(intent) if manifest.body["apiVersion"] == "cilium.io/v2"]


def asked(name: str, intent: Intent) -> list[Asked]:
    """Return the question who reaches whom among some ends, where any policy is rendered."""
    policies = policies_of(intent)
    if not policies:
        return []
    return [(sampled(populated(name, policies), chance_of(name), ends=12, ports=8, requests=30), intent)]


def differing(made: Iterable[Asked]) -> tuple[list[str], Counter[str]]:
    """Return where the policies, or the Intent, mean for netgen something else than the policies for the engine.

    And how often the engine gave each letter, in capitals those for requests.
    """
    pairs, found, letters = list(made), [], Counter[str]()
    for (question, intent), theirs in zip(pairs, answers(question for question, _ in pairs), strict=True):
        assert (question.name, theirs.refused, theirs.unsupported) == (question.name, (), ())
        letters += Counter(theirs.verdicts) + Counter(f"request {letter}" for letter in theirs.requests)
        for who, ours in (
            ("netgen", Answers(question)),
            ("the spec", Answers(question, ideal.policies(intent))),
        ):
            said = [*ours.verdicts(), *ours.requests()]
            for (what, mine), letter in zip(said, theirs.verdicts + theirs.requests, strict=True):
                if letter != mine:
                    found.append(f"{question.name}: {what}: the engine says {letter}, {who} {mine}")
    return found, letters


# ------------------------------------------------------------------------------------------------------ random Intents


@pytest.fixture(scope="module")
def intents(engine_seed: str) -> list[tuple[str, Intent]]:
    """Random Intents, by name."""
    names = [f"rendered/{engine_seed}/{number}" for number in range(RANDOM_INTENTS)]
    return [(name, random_intent(name)) for name in names]


def test_random_intents(intents: list[tuple[str, Intent]]) -> None:
    """Every connection and request is for the engine what it is for netgen, by the policies and by the Intent."""
    made = [one for name, intent in intents for one in asked(name, intent)]
    found, letters = differing(made)
    assert found == []
    assert len(made) > 0.95 * RANDOM_INTENTS
    assert min(letters[letter] for letter in ("0", "1", "request 0", "request 1")) > len(made)
    assert letters["f"] > len(made) / 2


def test_random_intents_have_every_feature(intents: list[tuple[str, Intent]]) -> None:
    """All that the backend writes is in some of the clusters."""
    seen = Counter(name for _, intent in intents for name in {*features(policies_of(intent), intent)})
    assert {name: seen[name] for name in FEATURES if seen[name] < RANDOM_INTENTS * LEAST_SHARE} == {}
    assert seen.keys() - set(FEATURES) == set()


def test_the_engine_notices_most_policies(intents: list[tuple[str, Intent]]) -> None:
    """Where the engine is not given one of the policies that are not staged, its answers mostly are others."""
    full, short = [], []
    for name, intent in intents[:20]:
        policies = policies_of(intent)
        held = [one for one in policies if "log" not in one["spec"]]
        full += [populated(name, policies)] * len(held)
        short += [populated(name, policies, [other for other in policies if other is not one]) for one in held]
    changed = [one.verdicts != other.verdicts for one, other in zip(answers(full), answers(short), strict=True)]
    assert sum(changed) / len(changed) > 0.7


# -------------------------------------------------------------------------------------------------------- random specs


def test_random_specs(engine_seed: str) -> None:
    """What is rendered of random specs opens and closes for the engine what the specs say."""
    made = []
    for number in range(RANDOM_SYSTEMS):
        name = f"specs/{engine_seed}/{number}"
        text = plainly(random_cilium_system(name).documents)
        made += asked(name, api.load("-", stdin=text.encode()).intent)
    found, letters = differing(made)
    assert found == []
    assert len(made) > RANDOM_SYSTEMS / 2
    assert min(letters[letter] for letter in ("0", "1", "request 0", "request 1")) > len(made)
    assert letters["f"] > len(made) / 10
