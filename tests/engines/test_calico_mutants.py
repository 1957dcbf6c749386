"""Whatever is changed in what is rendered for Calico, and is noticed by Calico's own engine, is found by verify."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
import yaml

from calico_engine import answers
from calico_intents import random_intent
from calico_populated import Body, populated, sampled
from mutants import Change, Operator, written
from mutants_calico import OPERATORS, VERSION
from netgen import api
from netgen.problems import Problem
from netgen.source import Dialect, read
from netgen.verify import prove
from strategies_calico import random_calico_system
from writing import chance_of, plainly

INTENTS, SYSTEMS = 50, 30
ENOUGH = 20
TRIED = 40
LEAST = 4
"""So many mutants of each operator at least are found, and some of them are noticed by the engine."""
FROM_ONE = 2


class Quoted(yaml.SafeDumper):
    """Writes texts in quotes, since `n` is no text to every reader."""


Quoted.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))

Rendered = tuple[str, api.Intent, tuple[api.Manifest, ...]]


@dataclass(frozen=True)
class Mutant:
    """The policies of *meant*, and the same with a *change* in the place of one of them."""

    name: str
    meant: api.Intent
    manifests: tuple[api.Manifest, ...]
    index: int
    change: Change

    def objects(self, *, changed: bool) -> list[Body]:
        """Return the objects of Calico."""
        bodies = [one.body for one in self.manifests]
        if changed:
            bodies[self.index : self.index + 1] = self.change
        return [one for one in bodies if one["apiVersion"] == VERSION]

    def findings(self) -> tuple[Problem, ...]:
        """Return what verify says; the change is written as YAML and read like any file."""
        reading = read(yaml.dump_all(self.change, Dumper=Quoted), "changed", Dialect.MANIFEST)
        assert [document.data for document in reading.documents] == list(self.change)
        documents = [one.document for one in self.manifests]
        documents[self.index : self.index + 1] = reading.documents
        return prove(self.meant, documents, reading.problems, cni="calico").findings


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


def mutants(operator: Operator, rendered: list[Rendered]) -> Iterator[Mutant]:
    """Yield up to TRIED mutants, no two of them alike, a few from each system."""
    chance = chance_of(operator.__name__)
    found: set[str] = set()
    for name, meant, manifests in chance.sample(rendered, len(rendered)):
        bodies = [one.body for one in manifests]
        made = {
            written((body, *change)): Mutant(name, meant, manifests, index, change)
            for index, body in enumerate(bodies)
            if body["apiVersion"] == VERSION
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
        before, after = (populated(one.name, one.meant, one.objects(changed=changed)) for changed in (False, True))
        few = sampled(before, chance_of(one.name), ends=36, ports=16)
        questions += [few, replace(few, manifests=after.manifests)]
    found = answers(questions)
    for before, after in zip(found[::2], found[1::2], strict=True):
        assert before.refused == ()
        yield bool(after.refused) or before.verdicts != after.verdicts


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda one: one.__name__)
def test_a_changed_object_is_found(operator: Operator, rendered: list[Rendered]) -> None:
    """Of the mutants of which the engine says something else, verify has a finding for each."""
    some, seen = list(mutants(operator, rendered))[:ENOUGH], Counter[str]()
    for one, is_other in zip(some, noticed(some), strict=True):
        is_found = bool(one.findings())
        assert is_found or not is_other, (one.name, one.objects(changed=False)[:9], one.change)
        seen["caught" if is_other else "more" if is_found else "equal"] += 1
    sys.stdout.write(f"{operator.__name__}: {dict(seen)}\n")
    assert seen["caught"] > 0
    assert seen["caught"] + seen["more"] >= min(LEAST, len(some))
