"""Cilium's policy engine: it says of policies what is written of them, and says nothing where it was asked wrongly."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

import judges
from cilium_cases import ENDS, Case, cases, objects, world
from cilium_clusters import random_cluster
from cilium_engine import Answer, Question, Request, answers, line, run
from cilium_fields import claimed, fields
from clusters import Body
from writing import plainly

CASES = cases()
MODULE = Path(__file__).with_name("cilium") / "go.mod"
RANDOM_CLUSTERS = 2000
ASKED_CLUSTERS = 300
LEAST_SHARE = 0.01
"""Of the random clusters, that hold a field."""


@pytest.fixture(scope="module")
def said() -> dict[str, Answer]:
    """The engine's answer to each case, by name."""
    return {case.name: answer for case, answer in zip(CASES, answers(case.question for case in CASES), strict=True)}


def expected(case: Case) -> dict[str, str]:
    """Return the letter that is written for each connection and request of *case*."""
    return {str(one): letter for one, letter in (case.connections | case.requests).items()}


def verdicts(case: Case, answer: Answer) -> dict[str, str]:
    """Return the letter that *answer* has for each of them."""
    triples = product(case.question.ends, case.question.ends, case.question.ports)
    letters = dict(zip(triples, answer.verdicts, strict=True))
    letters |= dict(zip(case.question.requests, answer.requests, strict=True))
    return {str(one): letters[one] for one in (*case.connections, *case.requests)}


# ---------------------------------------------------------------------------------------------------------------- cases


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_is_as_the_engine_has_it(case: Case, said: dict[str, Answer]) -> None:
    """The engine says of each connection and request what is written, or refuses an object for the reason written."""
    answer = said[case.name]
    assert (bool(answer.refused), bool(answer.unsupported)) == (bool(case.refused), bool(case.unsupported))
    assert [why for why in answer.refused if case.refused not in why] == []
    assert [why for why in answer.unsupported if case.unsupported not in why] == []
    if not case.refused:
        assert verdicts(case, answer) == expected(case)


def test_the_cases_are_many_and_have_sources() -> None:
    """There are enough cases, each of its own name, and each says where it comes from."""
    assert len({case.name for case in CASES}) == len(CASES) > 40
    assert [case.name for case in CASES if not case.source.startswith(("DOC ", "ENGINE "))] == []


def test_the_engine_notices_the_policies_of_each_case() -> None:
    """Without its policies, a case in which something is denied or filtered is not as it is written."""
    closed = [case for case in CASES if {*expected(case).values()} - {"1"}]
    bare = answers(replace(case.question, manifests=plainly(world())) for case in closed)
    same = [case.name for case, one in zip(closed, bare, strict=True) if verdicts(case, one) == expected(case)]
    assert same == []


# ----------------------------------------------------------------------------------------------------- random clusters


@pytest.fixture(scope="module")
def made(engine_seed: str) -> list[Question]:
    """Some random clusters."""
    return [random_cluster(f"cilium/{engine_seed}/{number}")[0] for number in range(ASKED_CLUSTERS)]


def test_the_engine_takes_every_random_cluster(made: list[Question]) -> None:
    """No policy is refused, no answer is unsupported, and neither letter prevails; some requests pass, some do not."""
    found = answers(made)
    assert [answer.refused + answer.unsupported for answer in found if answer.refused or answer.unsupported] == []
    letters = Counter("".join(answer.verdicts for answer in found))
    asked = letters["0"] + letters["1"] + letters["f"]
    assert 0.1 < letters["1"] / asked < 0.9
    assert letters["f"] / asked > 0.001
    requests = Counter("".join(answer.requests for answer in found))
    assert min(requests["0"], requests["1"]) > len(made)


def test_random_clusters_hold_every_field(engine_seed: str) -> None:
    """Each field of the CRD of CiliumNetworkPolicy, and each value of its enumerations, is in some of the clusters."""
    schema = json.loads((judges.crds("cilium") / "cilium.io" / "ciliumnetworkpolicy_v2.json").read_bytes())
    seen, shapes = Counter[str](), Counter[str]()
    for number in range(RANDOM_CLUSTERS):
        _, cluster = random_cluster(f"cilium/{engine_seed}/{number}")
        seen += fields(cluster)
        shapes += Counter(name for name, times in cluster.seen.items() if times)
    wanted = {*claimed(schema["properties"]["spec"])}
    assert len(wanted) > 250
    assert {name: seen[name] for name in wanted if seen[name] < RANDOM_CLUSTERS * LEAST_SHARE} == {}
    assert {name: times for name, times in shapes.items() if times < RANDOM_CLUSTERS * LEAST_SHARE} == {}


def test_a_seed_is_one_cluster() -> None:
    """The same seed makes the same question, and another seed another."""
    assert random_cluster("a")[0] == random_cluster("a")[0]
    assert random_cluster("a")[0].manifests != random_cluster("b")[0].manifests


def test_the_engine_notices_most_policies(made: list[Question]) -> None:
    """Where the engine is not given one of the policies of a random cluster, its answers mostly are others."""
    full, short = [], []
    for question in made[:60]:
        bodies = list(yaml.safe_load_all(question.manifests))
        for left_out in (body for body in bodies if "Policy" in body["kind"]):
            rest = plainly([body for body in bodies if body is not left_out])
            full.append(question)
            short.append(replace(question, manifests=rest))
    changed = [one != other for one, other in zip(answers(full), answers(short), strict=True)]
    assert sum(changed) / len(changed) > 0.4


# ------------------------------------------------------------------------------------------------- that it was asked


def question(*bodies: Body, **parts: Any) -> Question:
    """Return a question about the cluster of the cases with *bodies*."""
    ends = (ENDS["web"], ENDS["api"], ENDS["E"])
    return Question("by hand", plainly([*world(), *bodies]), **{"ends": ends, "ports": (("TCP", 80),), **parts})


CLOSED = objects({"cnp": {"endpointSelector": {}, "ingress": [{}]}})
BLOCK = objects({"cnp": {"endpointSelector": {}, "ingress": [{"fromCIDR": ["10.0.0.0/8"]}]}})
BAD = [
    objects({"cnp": {"endpointSelector": {}, "ingress": []}}),
    objects({"ccnp": {"endpointSelector": {}, "egress": [{"toPorts": [{"ports": [{"port": 80}]}]}]}}),
    objects({"np": {"podSelector": {}, "ingress": [{"from": [{}]}]}}),
    objects({"groups": {"g": ["203.0.113.7"]}}),
]


def test_one_question_says_nothing_about_the_next() -> None:
    """The answer to a question is the same alone and after others, whatever their policies and options are."""
    several = [
        question(*CLOSED),
        question(*BLOCK),
        question(*BLOCK, cidr_match_mode=("pods",)),
        question(*BAD[0]),
        question(),
        question(*BLOCK, any_cluster=True),
        question(*BLOCK),
    ]
    assert answers(several) == [answers([one])[0] for one in several]
    assert [one.verdicts for one in answers(several)[:3]] == ["00100100-", "00100100-", "11111100-"]


@pytest.mark.parametrize("bodies", BAD, ids=lambda bodies: bodies[0]["kind"])
def test_what_is_refused_is_named_and_nothing_else_answered(bodies: list[Body]) -> None:
    """An object that is not taken is named with the reason, and no verdict is given as if it were not there."""
    (answer,) = answers([question(*bodies)])
    ((why,), verdicts, requests) = answer.refused, answer.verdicts, answer.requests
    (body,) = bodies
    name = f"{body['kind']} {body['metadata'].get('namespace', '')}/{body['metadata']['name']}: "
    assert (why[: len(name)], verdicts, requests) == (name, "", "")


def test_all_that_is_refused_is_named() -> None:
    """Each object that is not taken is named, not the first only."""
    (answer,) = answers([question(*(body for bodies in BAD for body in bodies))])
    assert [why.split(" ")[0] for why in answer.refused] == [bodies[0]["kind"] for bodies in BAD]


WEB = ENDS["web"]
DEPLOYMENT = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d", "namespace": "shop"}}
LOST = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "gone"}, "spec": {"containers": []}}
WRONG = {
    "of an unknown kind": question(DEPLOYMENT),
    "in no namespace": question(LOST),
    "a pod twice": question(world()[4]),
    "two pods of one address": question(world()[4] | {"metadata": {"name": "twin", "namespace": "shop"}}),
    "a misspelt field of a pod": question(world()[4] | {"status": {"podIp": "10.0.0.1"}}),
    "a namespace on what has none": question(CLOSED[0] | {"kind": "CiliumClusterwideNetworkPolicy"}),
    "no address": question(ends=("web",)),
    "no entity": question(ends=("entity:moon",)),
    "an entity of many": question(ends=("entity:cluster",)),
    "no protocol": question(ports=(("TPC", 80),)),
    "port 0": question(ports=(("TCP", 0),)),
    "port 65536": question(ports=(("TCP", 65536),)),
    "no such mode": question(cidr_match_mode=("all",)),
    "a request of nobody": question(requests=(Request("10.9.9.9", WEB, ("TCP", 80), method="GET"),)),
    "a request of nothing": question(requests=(Request(WEB, WEB, ("TCP", 80)),)),
    "a request of two kinds": question(requests=(Request(WEB, WEB, ("TCP", 80), method="GET", name="a.test"),)),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_question_is_not_answered(wrong: Question) -> None:
    """What the engine's program cannot read ends it; it never answers as if that were not there."""
    code, out, err = run(line(wrong))
    assert (code, out) == (1, "")
    assert err.startswith("cilium: ")


@pytest.mark.parametrize(
    "text", ['{"manifest": ""}', '{"manifests": "a: 1\\na: 2"}', '{"manifests": "- 1"}', "{", "1"], ids=str
)
def test_what_is_no_question_is_not_answered(text: str) -> None:
    """A misspelt part of a question, a key given twice, what is no object and no JSON end the program."""
    code, out, err = run(line(question()) + text)
    assert (code, out) == (1, "")
    assert err.startswith("cilium: ")


def test_the_schemas_are_those_of_the_engine() -> None:
    """The CRDs that kubeconform judges by are of the same version as the engine."""
    project = tomllib.loads((MODULE.parents[3] / "pyproject.toml").read_text(encoding="utf-8"))
    module, _, version = project["tool"]["netgen"]["judges"]["crds"]["cilium"]["module"].partition("@")
    assert f"\t{module} {version}\n" in MODULE.read_text(encoding="utf-8")
