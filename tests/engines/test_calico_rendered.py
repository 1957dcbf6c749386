"""What netgen renders for Calico is for Calico's own policy engine what the spec says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from calico_compared import Answers
from calico_engine import answers
from calico_intents import random_intent
from calico_populated import populated, sampled
from engine import Question
from netgen import api
from netgen.intent import Intent
from netgen.verify import ideal
from strategies import random_system
from writing import chance_of, plainly

Body = dict[str, Any]
Asked = tuple[Question, Intent]

CALICO = "calico 3.30"
SPECS = Path(__file__).parents[2] / "specs"
SYSTEMS = sorted(path.parent.name for path in SPECS.glob("*/expect.csv") if path.parent.name != "storefront")
"""The examples; what storefront says, Calico refuses."""
RANDOM_INTENTS = 300
RANDOM_SYSTEMS = 150


def policies_of(intent: Intent) -> list[Body]:
    """Return the policies that are rendered of *intent*, and what stands beside them for these."""
    return [one.body for one in api.render(intent) if one.body["apiVersion"] == "projectcalico.org/v3"]


def asked(name: str, intent: Intent) -> list[Asked]:
    """Return the question who reaches whom among some ends, where any policy is rendered."""
    policies = policies_of(intent)
    if not policies:
        return []
    return [(sampled(populated(name, intent, policies), chance_of(name), ends=12, ports=6), intent)]


def differing(made: Iterable[Asked]) -> tuple[list[str], Counter[str]]:
    """Return where the policies, or the Intent, mean for netgen something else than the policies for the engine.

    And how often the engine gave each letter.
    """
    pairs, found, letters = list(made), [], Counter[str]()
    for (question, intent), theirs in zip(pairs, answers(question for question, _ in pairs), strict=True):
        assert (question.name, theirs.refused) == (question.name, ())
        letters += Counter(theirs.verdicts)
        for who, ours in (
            ("netgen", Answers(question)),
            ("the spec", Answers(question, ideal.policies(intent))),
        ):
            for (what, mine), letter in zip(ours.verdicts(), theirs.verdicts, strict=True):
                if letter != mine:
                    found.append(f"{question.name}: {what}: the engine says {letter}, {who} {mine}")
    return found, letters


@pytest.mark.parametrize("system", SYSTEMS)
def test_an_example_is_as_the_engine_has_it(system: str) -> None:
    """Every end reaches every other on each port for the engine as for netgen, by the policies and by the Intent."""
    intent = api.load(SPECS / system, cni=CALICO).intent
    found, letters = differing([(populated(system, intent, policies_of(intent)), intent)])
    assert found == []
    assert min(letters[letter] for letter in "01") > 10


def test_random_intents(engine_seed: str) -> None:
    """Every connection is for the engine what it is for netgen, by the policies and by the Intent."""
    names = [f"rendered/{engine_seed}/{number}" for number in range(RANDOM_INTENTS)]
    made = [one for name in names for one in asked(name, random_intent(name))]
    found, letters = differing(made)
    assert found == []
    assert len(made) > 0.95 * RANDOM_INTENTS
    assert min(letters[letter] for letter in "01") > len(made)


def test_random_specs(engine_seed: str) -> None:
    """What is rendered of random specs opens and closes for the engine what the specs say."""
    made = []
    for number in range(RANDOM_SYSTEMS):
        name = f"specs/{engine_seed}/{number}"
        text = plainly(random_system(name).documents)
        made += asked(name, api.load("-", stdin=text.encode(), cni=CALICO).intent)
    found, letters = differing(made)
    assert found == []
    assert len(made) > RANDOM_SYSTEMS / 2
    assert min(letters[letter] for letter in "01") > len(made)


def test_the_engine_notices_most_policies(engine_seed: str) -> None:
    """Where the engine is not given one of the policies that are not staged, its answers mostly are others."""
    full, short = [], []
    for number in range(15):
        name = f"rendered/{engine_seed}/{number}"
        intent = random_intent(name)
        policies = policies_of(intent)
        whole = sampled(populated(name, intent, policies), chance_of(name), ends=50, ports=15)
        for one in policies:
            if one["kind"] in ("NetworkPolicy", "GlobalNetworkPolicy"):
                full.append(whole)
                rest = populated(name, intent, [other for other in policies if other is not one])
                short.append(replace(whole, manifests=rest.manifests))
    whole_ones = dict.fromkeys(full)
    said = dict(zip(whole_ones, answers(whole_ones), strict=True))
    changed = [said[one].verdicts != other.verdicts for one, other in zip(full, answers(short), strict=True)]
    assert sum(changed) / len(changed) > 0.6
