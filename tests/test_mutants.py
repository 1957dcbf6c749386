"""Whatever is changed in what was rendered is found, and the finding names a connection that is another now."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from mutants import INGRESS_OPERATORS, POLICY_OPERATORS, SERVICE_OPERATORS, Body, Change, Operator, name_of, written
from netgen import api
from netgen.problems import Problem
from netgen.render import Manifest
from netgen.source import Dialect, read
from netgen.verify import prove
from strategies import random_system
from witnesses import World
from writing import chance_of, plainly

pytestmark = pytest.mark.heavy

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted({path.parent for path in (ROOT / "specs").glob("*/spec.yaml")})
LEAST = 20
"""So many mutants of each operator at least must be caught."""
ENOUGH = 24
TRIED = 80
FROM_ONE = 2
"""So many mutants of one operator are taken from one system."""
DIFFERENT = ("not-open", "not-closed")


class Quoted(yaml.SafeDumper):
    """Writes texts in quotes, since `n` is no text to every reader."""


Quoted.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


@dataclass(frozen=True)
class Rendered:
    """A system: what it means, and what is rendered of it."""

    intent: api.Intent
    manifests: tuple[Manifest, ...]

    @property
    def bodies(self) -> list[Body]:
        """Return the manifests as data."""
        return [manifest.body for manifest in self.manifests]


@dataclass(frozen=True)
class Mutant:
    """A system with *change* in the place of its manifest *index*."""

    system: Rendered
    index: int
    change: Change

    @property
    def name(self) -> str:
        """Return the name of the manifest that is changed."""
        return name_of(self.system.manifests[self.index].body)

    @property
    def bodies(self) -> list[Body]:
        """Return all manifests as data."""
        found = self.system.bodies
        return [*found[: self.index], *self.change, *found[self.index + 1 :]]

    def findings(self) -> tuple[Problem, ...]:
        """Return what verify says; the change is written as YAML and read like any file."""
        reading = read(yaml.dump_all(self.change, Dumper=Quoted), "changed", Dialect.MANIFEST)
        assert [document.data for document in reading.documents] == list(self.change)
        documents = [manifest.document for manifest in self.system.manifests]
        documents[self.index : self.index + 1] = reading.documents
        return prove(self.system.intent, documents, reading.problems, cni="kubernetes").findings

    def world(self) -> World:
        """Return what the naive evaluator compares."""
        return World(self.system.intent, policies(self.system.bodies), policies(self.bodies))


def policies(bodies: list[Body]) -> list[Body]:
    """Return the policies among *bodies*."""
    return [body for body in bodies if body["kind"] == "NetworkPolicy"]


@cache
def rendered_systems() -> tuple[Rendered, ...]:
    """Return the examples and random systems, each once."""
    loaded = [api.load(path) for path in EXAMPLES]
    texts = dict.fromkeys(plainly(random_system(f"mutants {seed}").documents) for seed in range(260))
    loaded += [api.load("-", stdin=text.encode()) for text in texts]
    return tuple(Rendered(one.intent, api.render(one.intent)) for one in loaded)


def mutants(operator: Operator, kind: str) -> Iterator[Mutant]:
    """Yield up to TRIED mutants, no two of them alike, a few from each system; the examples come first."""
    chance = chance_of(operator.__name__)
    found: set[str] = set()
    everything = rendered_systems()
    for system in [*everything[: len(EXAMPLES)], *chance.sample(everything, len(everything))]:
        bodies = system.bodies
        made = {
            written((body, *change)): Mutant(system, index, change)
            for index, body in enumerate(bodies)
            if body["kind"] == kind
            for change in operator(body, bodies)
        }
        fresh = sorted(made.keys() - found)
        for text in chance.sample(fresh, min(FROM_ONE, len(fresh), TRIED - len(found))):
            found.add(text)
            yield made[text]


def name(operator: Callable[..., Any]) -> str:
    """Return the name of an operator."""
    return operator.__name__


def test_there_are_enough_operators() -> None:
    """Each kind is changed in many ways, the policies in twenty at least."""
    assert len(set(POLICY_OPERATORS)) >= LEAST
    assert len(set(SERVICE_OPERATORS)) + len(set(INGRESS_OPERATORS)) >= LEAST


@pytest.mark.parametrize("operator", POLICY_OPERATORS, ids=name)
def test_a_changed_policy_is_found(operator: Operator) -> None:
    """A connection that is another now is named; where none is named, the naive evaluator sees none."""
    seen: Counter[str] = Counter()
    for mutant in mutants(operator, "NetworkPolicy"):
        findings = mutant.findings()
        assert {one.code for one in findings} <= {*DIFFERENT, "policy-differs", "never-broken"}, mutant.change
        told = [one.message for one in findings if one.code in DIFFERENT and not one.message.startswith("and ")]
        world = mutant.world()
        if findings:
            assert any(world.is_so(message) for message in told), (mutant.name, told[:1], mutant.change)
            seen["caught"] += 1
        else:
            assert list(world.differences()) == [], (mutant.name, mutant.change)
            seen["equal"] += 1
        if seen["caught"] >= ENOUGH:
            break
    sys.stdout.write(f"{operator.__name__}: {seen['caught']} caught, {seen['equal']} equal\n")
    assert seen["caught"] >= LEAST
    assert seen["equal"] <= seen["caught"]


@pytest.mark.parametrize("operator", SERVICE_OPERATORS, ids=name)
def test_a_changed_service_is_found(operator: Operator) -> None:
    """Whatever is changed in the ways that a Service leads is told of the Service."""
    caught = 0
    for mutant in mutants(operator, "Service"):
        told = [one.message for one in mutant.findings() if one.code == "service-differs"]
        assert any(f"{mutant.name}" in message for message in told), (mutant.name, mutant.change)
        caught += 1
        if caught >= ENOUGH:
            break
    assert caught >= LEAST


@pytest.mark.parametrize("operator", INGRESS_OPERATORS, ids=name)
def test_a_changed_ingress_is_found(operator: Operator) -> None:
    """A finding names a host and path that leads elsewhere now, or nowhere."""
    caught = 0
    for mutant in mutants(operator, "Ingress"):
        before, after = set(routes(mutant.system.bodies)), set(routes(mutant.bodies))
        assert before != after, mutant.change
        told = [one.message for one in mutant.findings() if one.code == "route-differs"]
        changed = [
            f"leads {f'{host}{path}' or 'all that nothing else takes'} to " for _, _, host, path, *_ in before ^ after
        ]
        assert any(words in message for message in told for words in changed), (mutant.name, told)
        caught += 1
        if caught >= ENOUGH:
            break
    assert caught >= LEAST


def routes(bodies: list[Body]) -> Iterator[tuple[Any, ...]]:
    """Yield namespace, class, host, path, path type and backend of each path, and of each default backend."""
    for body in bodies:
        if body["kind"] == "Ingress":
            spec = body["spec"]
            first = (body["metadata"]["namespace"], spec.get("ingressClassName", ""))
            if "defaultBackend" in spec:
                yield (*first, "", "", "", str(spec["defaultBackend"]["service"]))
            for rule in spec["rules"]:
                for path in rule.get("http", {}).get("paths", []):
                    backend = str(path["backend"]["service"])
                    yield (*first, rule.get("host", ""), path["path"], path["pathType"], backend)
