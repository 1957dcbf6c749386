"""Whatever is changed in what is rendered for Cilium, and is noticed by Cilium's own engine, is found by verify."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import yaml

from cilium_engine import Answer, answers
from cilium_intents import random_intent
from cilium_populated import Body, populated
from mutants import Change, Operator, written
from mutants_cilium import KINDS, OPERATORS
from netgen import api
from netgen.problems import Problem
from netgen.source import Dialect, read
from netgen.verify import prove
from strategies_cilium import random_cilium_system
from writing import chance_of, plainly

SYSTEMS = 120
ENOUGH = 16
TRIED = 60
LEAST = 8
"""So many mutants of each operator at least are found, and some of them are noticed by the engine."""
FROM_ONE = 2


class Quoted(yaml.SafeDumper):
    """Writes texts in quotes, since `n` is no text to every reader."""


Quoted.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


@dataclass(frozen=True)
class Mutant:
    """The policies of *meant*, and the same with a *change* in the place of one of them."""

    name: str
    meant: api.Intent
    manifests: tuple[api.Manifest, ...]
    index: int
    change: Change

    def policies(self, *, changed: bool) -> list[Body]:
        """Return the policies of Cilium."""
        bodies = [one.body for one in self.manifests]
        if changed:
            bodies[self.index : self.index + 1] = self.change
        return [one for one in bodies if one["apiVersion"] == "cilium.io/v2"]

    def findings(self) -> tuple[Problem, ...]:
        """Return what verify says; the change is written as YAML and read like any file."""
        reading = read(yaml.dump_all(self.change, Dumper=Quoted), "changed", Dialect.MANIFEST)
        assert [document.data for document in reading.documents] == list(self.change)
        documents = [one.document for one in self.manifests]
        documents[self.index : self.index + 1] = reading.documents
        return prove(self.meant, documents, reading.problems, cni="cilium").findings


@pytest.fixture(scope="module")
def rendered(engine_seed: str) -> list[tuple[str, api.Intent, tuple[api.Manifest, ...]]]:
    """Random Intents and systems, without claims that something breaks."""
    names = [f"mutants/{engine_seed}/{number}" for number in range(SYSTEMS)]
    meant = [(name, random_intent(name)) for name in names]
    texts = {name: plainly(random_cilium_system(name).documents) for name in names}
    meant += [(name, api.load("-", stdin=text.encode()).intent) for name, text in texts.items()]
    return [(name, one, api.render(one)) for name, one in meant]


def mutants(operator: Operator, rendered: list[tuple[str, api.Intent, tuple[api.Manifest, ...]]]) -> Iterator[Mutant]:
    """Yield up to TRIED mutants, no two of them alike, a few from each system."""
    chance = chance_of(operator.__name__)
    found: set[str] = set()
    for name, meant, manifests in chance.sample(rendered, len(rendered)):
        bodies = [one.body for one in manifests]
        made = {
            written((body, *change)): Mutant(name, meant, manifests, index, change)
            for index, body in enumerate(bodies)
            if body["kind"] in KINDS
            for change in operator(body, bodies)
        }
        fresh = sorted(made.keys() - found)
        for text in chance.sample(fresh, min(FROM_ONE, len(fresh), TRIED - len(found))):
            found.add(text)
            yield made[text]


def noticed(some: list[Mutant]) -> Iterator[bool]:
    """Yield of each mutant whether the engine answers otherwise, or refuses it."""
    questions = []
    for one in some:
        before, after = (one.policies(changed=changed) for changed in (False, True))
        questions += [populated(one.name, before + after, held) for held in (before, after)]
    found: list[Answer] = answers(questions)
    for before, after in zip(found[::2], found[1::2], strict=True):
        assert before.refused == ()
        yield bool(after.refused) or (before.verdicts, before.requests) != (after.verdicts, after.requests)


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda one: one.__name__)
def test_a_changed_policy_is_found(
    operator: Operator, rendered: list[tuple[str, api.Intent, tuple[api.Manifest, ...]]]
) -> None:
    """Of the mutants of which the engine says something else, verify has a finding for each."""
    some, seen = list(mutants(operator, rendered))[:ENOUGH], Counter[str]()
    for one, is_other in zip(some, noticed(some), strict=True):
        is_found = bool(one.findings())
        assert is_found or not is_other, (one.name, one.policies(changed=False), one.change)
        seen["caught" if is_other else "more" if is_found else "equal"] += 1
    sys.stdout.write(f"{operator.__name__}: {dict(seen)}\n")
    assert seen["caught"] > 0
    assert seen["caught"] + seen["more"] >= min(LEAST, len(some))
