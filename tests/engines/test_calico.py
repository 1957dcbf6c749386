"""Calico's policy engine: it says of policies what is written of them, and says nothing where it was asked wrongly."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
import yaml

from calico_cases import ENDS, Body, Case, cases, objects, world
from calico_clusters import random_cluster
from calico_engine import Answer, answers, run
from calico_policies import VERSION
from engine import Question, line
from writing import plainly

CASES = cases()
ASKED_CLUSTERS = 300


def asked(case: Case, manifests: str | None = None) -> Question:
    """Return the question of *case*."""
    ports = dict.fromkeys(port for _, _, port in case.connections) or {("TCP", 80): None}
    return Question(case.name, case.manifests if manifests is None else manifests, tuple(ENDS.values()), tuple(ports))


def expected(case: Case) -> dict[str, bool]:
    """Return what is written for each connection of *case*."""
    return {str(one): is_open for one, is_open in case.connections.items()}


def verdicts(case: Case, answer: Answer) -> dict[str, bool]:
    """Return what *answer* has for each connection of *case*."""
    question = asked(case)
    triples = product(question.addresses, question.addresses, question.ports)
    letters = dict(zip(triples, answer.verdicts, strict=True))
    return {str(one): letters[one] == "1" for one in case.connections}


@pytest.fixture(scope="module")
def said() -> dict[str, Answer]:
    """The engine's answer to each case, by name."""
    return {case.name: answer for case, answer in zip(CASES, answers(map(asked, CASES)), strict=True)}


# ---------------------------------------------------------------------------------------------------------------- cases


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_is_as_the_engine_has_it(case: Case, said: dict[str, Answer]) -> None:
    """The engine says of each connection what is written, or refuses an object for the reason written."""
    answer = said[case.name]
    assert bool(answer.refused) == bool(case.refused), answer.refused
    assert [why for why in answer.refused if case.refused not in why] == []
    if not case.refused:
        assert verdicts(case, answer) == expected(case)


def test_the_engine_notices_the_policies_of_each_case() -> None:
    """Without its policies, a case in which something is denied is not as it is written."""
    closed = [case for case in CASES if not case.refused and not all(case.connections.values())]
    bare = answers(asked(case, plainly(world())) for case in closed)
    same = [case.name for case, one in zip(closed, bare, strict=True) if verdicts(case, one) == expected(case)]
    assert len(closed) > 40
    assert same == []


# ----------------------------------------------------------------------------------------------------- random clusters


@pytest.fixture(scope="module")
def made(engine_seed: str) -> list[Question]:
    """Some random clusters."""
    return [random_cluster(f"calico/{engine_seed}/{number}")[0] for number in range(ASKED_CLUSTERS)]


def test_random_clusters_are_mostly_taken(made: list[Question]) -> None:
    """What is refused is refused for a mix of families, and neither letter prevails."""
    found = answers(made)
    letters = Counter("".join(answer.verdicts for answer in found))
    assert 0.1 < letters["1"] / (letters["0"] + letters["1"]) < 0.9
    reasons = [why for answer in found for why in answer.refused]
    assert len([answer for answer in found if answer.refused]) < ASKED_CLUSTERS / 2
    assert [why for why in reasons if "IP" not in why and "ip" not in why] == []


def test_a_seed_is_one_cluster() -> None:
    """The same seed makes the same question, and another seed another."""
    assert random_cluster("a")[0] == random_cluster("a")[0]
    assert random_cluster("a")[0].manifests != random_cluster("b")[0].manifests


def test_the_engine_notices_most_policies(made: list[Question]) -> None:
    """Where the engine is not given one of the policies of a random cluster, its answers mostly are others."""
    full, short = [], []
    for question in made[:40]:
        bodies = list(yaml.safe_load_all(question.manifests))
        for left_out in (one for one in bodies if "Policy" in one["kind"] and not one["kind"].startswith("Staged")):
            full.append(question)
            short.append(replace(question, manifests=plainly([one for one in bodies if one is not left_out])))
    pairs = zip(answers(full), answers(short), strict=True)
    changed = [one != other for one, other in pairs if not one.refused]
    assert sum(changed) / len(changed) > 0.3


# ------------------------------------------------------------------------------------------------- that it was asked


def question(*bodies: Body, **parts: Any) -> Question:
    """Return a question about the cluster of the cases with *bodies*."""
    ends = (ENDS["web"], ENDS["api"], ENDS["E"])
    return Question("by hand", plainly([*world(), *bodies]), **{"addresses": ends, "ports": (("TCP", 80),), **parts})


CLOSED = objects({"np": {"selector": "all()", "types": ["Ingress"]}})
OPEN = objects({"np": {"selector": "all()", "types": ["Ingress"], "ingress": [{"action": "Allow"}]}})
BAD = [
    objects({"np": {"selector": "app = 'web'", "types": ["Ingress"]}}),
    objects({"gnp": {"selector": "all()", "types": ["Egress"], "egress": [{"action": "Accept"}]}}),
    objects({"np": {"dotted.name": {"selector": "all()", "types": ["Ingress"]}}}),
    objects({"tiers": {"default": {"order": 5}}}),
    objects({"gnp": {"lost.name": {"selector": "all()", "tier": "lost", "types": ["Ingress"]}}}),
    objects({"staged": {"selector": "app = 'web'", "types": ["Ingress"]}}),
    objects({"sets": {"s": {"nets": ["10.0.0.0/40"], "labels": {}}}}),
]


def test_one_question_says_nothing_about_the_next() -> None:
    """The answer to a question is the same alone and after others, whatever their policies are."""
    several = [question(*CLOSED), question(*OPEN), question(*BAD[0]), question(), question(*CLOSED)]
    assert answers(several) == [answers([one])[0] for one in several]
    assert [one.verdicts for one in answers(several)[:2]] == ["00100100-", "11111111-"]


@pytest.mark.parametrize("bodies", BAD, ids=lambda bodies: bodies[0]["metadata"]["name"])
def test_what_is_refused_is_named_and_nothing_else_answered(bodies: list[Body]) -> None:
    """An object that is not taken is named with the reason, and no verdict is given as if it were not there."""
    (answer,) = answers([question(*bodies)])
    ((why,), (body,)) = answer.refused, bodies
    name = f"{body['kind']} {body['metadata'].get('namespace', '')}/{body['metadata']['name']}: "
    assert (why[: len(name)], answer.verdicts) == (name, "")


def test_all_that_is_refused_is_named() -> None:
    """Each object that is not taken is named, not the first only."""
    some = [BAD[1], BAD[2], BAD[6]]
    (answer,) = answers([question(*(body for bodies in some for body in bodies))])
    assert [why.split(" ")[0] for why in answer.refused] == [bodies[0]["kind"] for bodies in some]


DEPLOYMENT = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d", "namespace": "shop"}}
LOST = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "gone"}, "spec": {"containers": []}}
HOST = {"apiVersion": VERSION, "kind": "HostEndpoint", "metadata": {"name": "eth0"}, "spec": {"node": "n"}}
POD = next(one for one in world() if one["kind"] == "Pod")
WRONG = {
    "of an unknown kind": question(DEPLOYMENT),
    "a host endpoint": question(HOST),
    "in no namespace": question(LOST),
    "a pod twice": question(POD),
    "two pods of one address": question(POD | {"metadata": {"name": "twin", "namespace": "shop"}}),
    "a misspelt field of a pod": question(POD | {"status": {"podIp": "10.0.0.1"}}),
    "a namespace on what has none": question(CLOSED[0] | {"kind": "GlobalNetworkPolicy"}),
    "no address": question(addresses=("web",)),
    "no protocol": question(ports=(("TPC", 80),)),
    "port 0": question(ports=(("TCP", 0),)),
    "port 65536": question(ports=(("TCP", 65536),)),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_question_is_not_answered(wrong: Question) -> None:
    """What the engine's program cannot read ends it; it never answers as if that were not there."""
    code, out, err = run(line(wrong))
    assert (code, out) == (1, "")
    assert err.startswith("calico: ")


@pytest.mark.parametrize(
    "text", ['{"manifest": ""}', '{"manifests": "a: 1\\na: 2"}', '{"manifests": "- 1"}', "{", "1"], ids=str
)
def test_what_is_no_question_is_not_answered(text: str) -> None:
    """A misspelt part of a question, a key given twice, what is no object and no JSON end the program."""
    code, out, err = run(line(question()) + text)
    assert (code, out) == (1, "")
    assert err.startswith("calico: ")
