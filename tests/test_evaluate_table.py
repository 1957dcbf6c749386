"""The evaluator on a public table of 230 NetworkPolicy cases, on which three policy engines agree."""

from __future__ import annotations

import json
import lzma
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from netgen.evaluate.objects import Cluster, read_cluster
from netgen.evaluate.reach import Reach
from netgen.evaluate.semantics import Reading, Semantics, Tri
from netgen.evaluate.sets import PortSet, Protocol
from netgen.evaluate.universe import Universe, universe
from netgen.source import Dialect, read

Body = dict[str, Any]
WORDS = {True: "allowed", False: "blocked"}
HALVES = ("egress", "ingress", "combined")


@pytest.fixture(scope="module")
def cases(shared_data: Callable[[str], Path]) -> list[Body]:
    """The cases of the table."""
    found: list[Body] = json.loads(lzma.decompress(shared_data("networkpolicy-verdicts.json.xz").read_bytes()))
    return found


def manifests(step: Body) -> Iterator[Body]:
    """Yield the objects of one step."""
    for name, labels in step["namespaces"].items():
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
    for pod in step["pods"]:
        ports = [
            {"name": port["portName"], "containerPort": port["port"], "protocol": port["protocol"]}
            for port in pod["ports"]
        ]
        yield {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {key: pod[key] for key in ("name", "namespace", "labels")},
            "spec": {"containers": [{"name": "c", "ports": ports}]},
            "status": {"podIP": pod["ip"]},
        }
    for policy in step["policies"] or []:
        yield {**policy, "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}


def read_step(step: Body) -> tuple[Cluster, Universe]:
    """Return the cluster of one step and its universe, in which nothing is unknown."""
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(manifests(step))})
    reading = read(text, "step.json", Dialect.MANIFEST)
    cluster = read_cluster(reading.documents, reading.problems)
    space = universe(cluster.workloads, cluster.namespaces, [cluster.policies])
    assert (cluster.unknowns, space.unknowns) == ((), ())
    return cluster, space


def answers(step: Body, semantics: Semantics, reading: Reading) -> Iterator[tuple[Body, Body]]:
    """Yield each verdict of *step*, and what the evaluator says."""
    cluster, space = read_step(step)
    reach = Reach(space, cluster.policies, semantics, reading)
    pods = {str(one): space.of(one) for one in cluster.workloads}
    known: dict[tuple[str, str], tuple[PortSet, ...]] = {}
    for verdict in step["expected"]:
        pair = verdict["from"], verdict["to"]
        if pair not in known:
            ends = pods[pair[0]], pods[pair[1]]
            known[pair] = reach.egress(*ends), reach.ingress(*ends), reach.allowed(*ends)
        found = [WORDS[ports.has(Protocol(verdict["protocol"]), verdict["port"])] for ports in known[pair]]
        yield verdict, {**verdict, **dict(zip(HALVES, found, strict=True))}


@pytest.mark.parametrize("reading", Reading)
def test_where_blocks_match_pods_all_verdicts_are_equal(cases: list[Body], reading: Reading) -> None:
    """Egress, ingress and both together are as the engines have them in each of the 123,669 verdicts."""
    semantics = Semantics(enforced=True, blocks_match_pods=Tri.YES, blocks_match_nodes=Tri.YES)
    found = [pair for case in cases for step in case["steps"] for pair in answers(step, semantics, reading)]
    assert len(found) == 123_669
    assert [pair for pair in found if pair[0] != pair[1]] == []


def test_where_blocks_match_no_pods_only_cases_with_blocks_differ(cases: list[Body]) -> None:
    """What the choice about blocks changes is 390 verdicts in 34 cases, each with a block that covers pods."""
    semantics = Semantics(enforced=True, blocks_match_pods=Tri.NO, blocks_match_nodes=Tri.NO)
    differing = [
        case["index"]
        for case in cases
        for step in case["steps"]
        for expected, found in answers(step, semantics, Reading.WIDE)
        if expected != found
    ]
    blocks = {
        case["index"]
        for case in cases
        if any(block in json.dumps(case["steps"]) for block in ('"192.168.1.0/24"', '"0.0.0.0/0"'))
    }
    assert len(differing) == 390
    assert len(set(differing)) == 34
    assert set(differing) <= blocks
