"""Mutants of what is rendered of random Intents and specs: what an engine is asked about, and what verify says."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import yaml

from clusters import Body
from mutants import Change, Operator, written
from netgen import api
from netgen.problems import Problem
from netgen.source import Dialect, read
from netgen.verify import prove
from writing import chance_of

FROM_ONE = 2
"""So many mutants of one operator a system has at most."""

Rendered = tuple[str, api.Intent, tuple[api.Manifest, ...]]
"""A name, and what is rendered of an Intent."""


class Quoted(yaml.SafeDumper):
    """Writes texts in quotes, since `n` is no text to every reader."""


Quoted.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


@dataclass(frozen=True)
class Mutant:
    """The objects of *meant*, and the same with a *change* in the place of one of them."""

    name: str
    meant: api.Intent
    manifests: tuple[api.Manifest, ...]
    index: int
    change: Change

    def objects(self, version: str, *, changed: bool) -> list[Body]:
        """Return the objects of an API *version*."""
        bodies = [one.body for one in self.manifests]
        if changed:
            bodies[self.index : self.index + 1] = self.change
        return [one for one in bodies if one["apiVersion"] == version]

    def findings(self) -> tuple[Problem, ...]:
        """Return what verify says; the change is written as YAML and read like any file."""
        reading = read(yaml.dump_all(self.change, Dumper=Quoted), "changed", Dialect.MANIFEST)
        assert [document.data for document in reading.documents] == list(self.change)
        documents = [one.document for one in self.manifests]
        documents[self.index : self.index + 1] = reading.documents
        return prove(self.meant, documents, reading.problems, cni=self.meant.cni).findings


def mutants(
    operator: Operator, rendered: list[Rendered], tried: int, is_meant: Callable[[Body], bool]
) -> Iterator[Mutant]:
    """Yield up to *tried* mutants of the objects that are meant, no two of them alike, a few from each system."""
    chance = chance_of(operator.__name__)
    found: set[str] = set()
    for name, meant, manifests in chance.sample(rendered, len(rendered)):
        bodies = [one.body for one in manifests]
        made = {
            written((body, *change)): Mutant(name, meant, manifests, index, change)
            for index, body in enumerate(bodies)
            if is_meant(body)
            for change in operator(body, bodies)
        }
        fresh = sorted(made.keys() - found)
        for text in chance.sample(fresh, min(FROM_ONE, len(fresh), tried - len(found))):
            found.add(text)
            yield made[text]


def all_found(operator: Operator, some: list[Mutant], noticed: Iterator[bool], least: int) -> None:
    """Fail unless verify has a finding for each of *some* that the engine *noticed*, and for *least* of them at all."""
    seen = Counter[str]()
    for one, is_other in zip(some, noticed, strict=True):
        is_found = bool(one.findings())
        assert is_found or not is_other, (one.name, one.change)
        seen["caught" if is_other else "more" if is_found else "equal"] += 1
    sys.stdout.write(f"{operator.__name__}: {dict(seen)}\n")
    assert seen["caught"] > 0
    assert seen["caught"] + seen["more"] >= min(least, len(some))
