"""Whatever is changed in what is rendered for Calico, and is noticed by Calico's own engine, is found by verify."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from calico_engine import answers
from calico_intents import random_intent
from calico_populated import populated, sampled
from engine_mutants import Mutant, Rendered, all_found, mutants
from mutants import Operator
from mutants_calico import OPERATORS, VERSION
from netgen import api
from netgen.verify import prove
from strategies_calico import random_calico_system
from writing import chance_of, plainly

INTENTS, SYSTEMS = 50, 30
ENOUGH = 20
TRIED = 40
LEAST = 4
"""So many mutants of each operator at least are found, and some of them are noticed by the engine."""


@pytest.fixture(scope="module")
def rendered(engine_seed: str) -> list[Rendered]:
    """Random Intents and systems of which nothing is found as they are."""
    meant = [(name, random_intent(name)) for name in (f"mutants/{engine_seed}/{one}" for one in range(INTENTS))]
    texts = {
        name: plainly(random_calico_system(name)) for name in (f"specs/{engine_seed}/{one}" for one in range(SYSTEMS))
    }
    meant += [(name, api.load("-", stdin=text.encode()).intent) for name, text in texts.items()]
    found = [(name, one, api.render(one)) for name, one in meant]
    plain = [one for one in found if not prove(one[1], [it.document for it in one[2]], (), cni="calico").findings]
    assert len(plain) > len(found) / 2
    return plain


def noticed(some: list[Mutant]) -> Iterator[bool]:
    """Yield of each mutant whether the engine answers otherwise, or refuses it."""
    questions = []
    for one in some:
        before, after = (
            populated(one.name, one.meant, one.objects(VERSION, changed=changed)) for changed in (False, True)
        )
        few = sampled(before, chance_of(one.name), ends=36, ports=16)
        questions += [few, replace(few, manifests=after.manifests)]
    found = answers(questions)
    for before, after in zip(found[::2], found[1::2], strict=True):
        assert before.refused == ()
        yield bool(after.refused) or before.verdicts != after.verdicts


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda one: one.__name__)
def test_a_changed_object_is_found(operator: Operator, rendered: list[Rendered]) -> None:
    """Of the mutants of which the engine says something else, verify has a finding for each."""
    found = mutants(operator, rendered, TRIED, lambda body: body["apiVersion"] == VERSION)
    some = list(found)[:ENOUGH]
    all_found(operator, some, noticed(some), LEAST)
