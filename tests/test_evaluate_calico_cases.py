"""The evaluator says of Calico's policies what its documentation does, case by case."""

from __future__ import annotations

import pytest

from calico_cases import POD_RANGES, Case, cases
from netgen.evaluate.objects import read_cluster
from netgen.evaluate.reach import Reach
from netgen.evaluate.semantics import PROFILES, Reading
from netgen.evaluate.sets import Protocol, icmp
from netgen.evaluate.universe import universe
from netgen.source import Dialect, read

CASES = cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_is_as_written(case: Case) -> None:
    """Each connection is proved open or closed as the case has it, and what is not evaluated is named."""
    reading = read(case.manifests, "m.yaml", Dialect.MANIFEST)
    cluster = read_cluster(reading.documents, reading.problems, cni="calico")
    told = [one.what for one in cluster.unknowns]
    assert ([case.unknown] if case.unknown else []) == [case.unknown if case.unknown in one else one for one in told]
    space = universe(cluster.workloads, cluster.namespaces, [cluster.policies], pod_ranges=POD_RANGES)
    assert space.unknowns == ()
    found = {}
    for source, target, (protocol, number) in case.connections:
        ends = space.at(source), space.at(target)
        assert None not in ends
        open_ = {
            Reach(space, cluster.policies, PROFILES["calico"], each).allowed(*ends).has(*meant(protocol, number))
            for each in Reading
        }
        found[source, target, (protocol, number)] = open_.pop() if len(open_) == 1 else None
    assert case.connections == found


def meant(protocol: str, number: int) -> tuple[Protocol, int]:
    """Return a port as the evaluator has it; of ICMP the number is a type."""
    if protocol.startswith("ICMP"):
        return Protocol.OTHER, icmp(6 if protocol == "ICMPv6" else 4, number)
    return Protocol(protocol), number


def test_there_are_cases_enough() -> None:
    """At least forty cases are written out, each with its source, and those about tiers are among them."""
    assert len(CASES) >= 40
    assert [case.name for case in CASES if not case.source] == []
    assert len({case.name for case in CASES}) == len(CASES)
    assert sum("tier" in case.source for case in CASES) >= 10
