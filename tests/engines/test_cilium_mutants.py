"""Whatever is changed in what is rendered for Cilium, and is noticed by Cilium's own engine, is found by verify."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cilium_engine import Answer, answers
from cilium_intents import random_intent
from cilium_populated import populated
from engine_mutants import Mutant, Rendered, all_found, mutants
from mutants import Operator
from mutants_cilium import KINDS, OPERATORS
from netgen import api
from strategies_cilium import random_cilium_system
from writing import plainly

VERSION = "cilium.io/v2"
SYSTEMS = 120
ENOUGH = 16
TRIED = 60
LEAST = 8
"""So many mutants of each operator at least are found, and some of them are noticed by the engine."""


@pytest.fixture(scope="module")
def rendered(engine_seed: str) -> list[Rendered]:
    """Random Intents and systems, without claims that something breaks."""
    names = [f"mutants/{engine_seed}/{number}" for number in range(SYSTEMS)]
    meant = [(name, random_intent(name)) for name in names]
    texts = {name: plainly(random_cilium_system(name).documents) for name in names}
    meant += [(name, api.load("-", stdin=text.encode()).intent) for name, text in texts.items()]
    return [(name, one, api.render(one)) for name, one in meant]


def noticed(some: list[Mutant]) -> Iterator[bool]:
    """Yield of each mutant whether the engine answers otherwise, or refuses it."""
    questions = []
    for one in some:
        before, after = (one.objects(VERSION, changed=changed) for changed in (False, True))
        questions += [populated(one.name, before + after, held) for held in (before, after)]
    found: list[Answer] = answers(questions)
    for before, after in zip(found[::2], found[1::2], strict=True):
        assert before.refused == ()
        yield bool(after.refused) or (before.verdicts, before.requests) != (after.verdicts, after.requests)


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda one: one.__name__)
def test_a_changed_policy_is_found(operator: Operator, rendered: list[Rendered]) -> None:
    """Of the mutants of which the engine says something else, verify has a finding for each."""
    found = mutants(operator, rendered, TRIED, lambda body: body["kind"] in KINDS)
    some = list(found)[:ENOUGH]
    all_found(operator, some, noticed(some), LEAST)
