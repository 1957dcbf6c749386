"""The evaluator on the conformance cases of ClusterNetworkPolicy, on which two policy engines agree."""

from __future__ import annotations

import json
import lzma
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from netgen.evaluate.objects import read_cluster
from netgen.evaluate.reach import Reach
from netgen.evaluate.semantics import PROFILES, Reading
from netgen.evaluate.sets import Protocol
from netgen.evaluate.universe import universe
from netgen.source import Dialect, read

Body = dict[str, Any]


@pytest.fixture(scope="module")
def table(shared_data: Callable[[str], Path]) -> list[Body]:
    """The cases, each with the namespaces and pods that all share."""
    found = json.loads(lzma.decompress(shared_data("clusternetworkpolicy-conformance.json.xz").read_bytes()))
    (world,) = [part["fixture"] for part in found if "fixture" in part]
    return [part | world for part in found if "expected" in part]


def manifests(case: Body) -> Iterator[Body]:
    """Yield the objects of one case."""
    for name, labels in case["namespaces"].items():
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
    for number, pod in enumerate(case["pods"], 1):
        ports = [
            {"name": one["name"], "containerPort": one["port"], "protocol": one["protocol"]} for one in pod["ports"]
        ]
        yield {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {key: pod[key] for key in ("name", "namespace", "labels")},
            "spec": {"containers": [{"name": "c", "ports": ports}]},
            "status": {"podIP": f"10.0.0.{number}"},
        }
    yield from case["policies"]


def answers(case: Body, cni: str, reading: Reading) -> Iterator[tuple[Body, bool]]:
    """Yield each verdict of *case*, and what the evaluator says."""
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(manifests(case))})
    read_text = read(text, "case.json", Dialect.MANIFEST)
    cluster = read_cluster(read_text.documents, read_text.problems, cni=cni)
    space = universe(cluster.workloads, cluster.namespaces, [cluster.policies])
    assert (case["test"], cluster.unknowns, space.unknowns) == (case["test"], (), ())
    reach = Reach(space, cluster.policies, PROFILES[cni], reading)
    pods = {str(one): space.of(one) for one in cluster.workloads}
    for verdict in case["expected"]:
        source, target = (pods[f"{verdict[f'{end}Namespace']}/{verdict[f'{end}Pod']}"] for end in ("from", "to"))
        yield verdict, reach.allowed(source, target).has(Protocol(verdict["protocol"].upper()), verdict["port"])


@pytest.mark.parametrize("reading", Reading)
@pytest.mark.parametrize("cni", ["kube-network-policies", "cilium"])
def test_all_verdicts_are_equal(table: list[Body], cni: str, reading: Reading) -> None:
    """Each of the 92 connections is open or closed as the engines have it."""
    found = [(case["test"], *pair) for case in table for pair in answers(case, cni, reading)]
    assert len(found) == 92
    assert [one for one in found if one[1]["allowed"] != one[2]] == []


def test_whatever_the_plugin_is_each_verdict_is_possible(table: list[Body]) -> None:
    """Where the plugin is not known, what is proved open is open, and what is proved closed is closed."""
    for case in table:
        narrow, wide = (list(answers(case, "kubernetes", reading)) for reading in Reading)
        wrong = [
            verdict
            for (verdict, low), (_, high) in zip(narrow, wide, strict=True)
            if not low <= verdict["allowed"] <= high
        ]
        assert (case["test"], wrong) == (case["test"], [])
