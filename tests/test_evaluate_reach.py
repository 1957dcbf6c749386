"""Who reaches whom: against a naive evaluator on random clusters, for all pods there could be, and by example."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

import naive
from clusters import NAME_LABEL, NAMESPACES, Cluster, labels_of, questions, random_cluster
from naive import Choices, End
from netgen.evaluate import objects
from netgen.evaluate.endpoints import Endpoint, Kind
from netgen.evaluate.explain import explain
from netgen.evaluate.objects.model import Policy, Workload, namespace
from netgen.evaluate.reach import Reach
from netgen.evaluate.semantics import PROFILES, Reading, Semantics, Tri
from netgen.evaluate.sets import NO_PORTS, PortSet, Protocol, bits
from netgen.evaluate.universe import Universe, universe
from netgen.source import Dialect, read

RANDOM_CLUSTERS = 5000


def read_objects(bodies: list[Any]) -> objects.Cluster:
    """Return what objects say that are given as data."""
    reading = read(json.dumps({"apiVersion": "v1", "kind": "List", "items": bodies}), "m.yaml", Dialect.MANIFEST)
    return objects.read_cluster(reading.documents, reading.problems)


def numbers(cluster: objects.Cluster, space: Universe, ends: list[End]) -> list[int]:
    """Return the endpoints of *ends*."""
    pods = {one.name: one for one in cluster.workloads}
    found = [space.at(end.address) if end.pod is None else space.of(pods[end.pod]) for end in ends]
    assert None not in found
    return [index for index in found if index is not None]


def tri(*, holds: bool) -> Tri:
    """Return what is known."""
    return Tri.YES if holds else Tri.NO


def semantics_of(choices: Choices) -> Semantics:
    """Return the semantics of a plugin that has made *choices*."""
    return Semantics(
        enforced=True,
        blocks_match_pods=tri(holds=choices.blocks_match_pods),
        blocks_match_nodes=tri(holds=choices.blocks_match_nodes),
        selectors_match_hosts=tri(holds=choices.selectors_match_hosts),
        unlisted_rules=tri(holds=choices.unlisted_rules),
        init_ports_count=tri(holds=choices.init_ports),
    )


def differing(cluster: Cluster, choices: Choices, reading: Reading) -> Iterator[str]:
    """Yield the questions that the two evaluators answer differently."""
    found = read_objects(cluster.objects)
    assert found.unknowns == ()
    space = universe(found.workloads, found.namespaces, [found.policies])
    assert space.unknowns == ()
    reach = Reach(space, found.policies, semantics_of(choices), reading)
    ends = list(zip(cluster.ends, numbers(found, space, cluster.ends), strict=True))
    asked = questions(cluster)
    for (source, one), (target, other) in product(ends, ends):
        if source.pod is None and target.pod is None:
            continue
        ports = reach.allowed(one, other)
        for protocol, port in asked:
            expected = naive.allowed(cluster.policies, source, target, protocol, port, choices)
            if expected != ports.has(Protocol(protocol), port):
                yield f"{source} -> {target} {port}/{protocol}: {expected} expected"


@pytest.mark.once
def test_random_clusters_as_the_documentation_says() -> None:
    """On random clusters that hold every field and operator, each connection is as a naive reading has it."""
    seen: Counter[str] = Counter()
    for number in range(RANDOM_CLUSTERS):
        cluster = random_cluster(f"naive/{number}")
        seen.update(key for key, count in cluster.seen.items() if count)
        flags = [cluster.chance.random() < 0.5 for _ in range(5)]
        reading = cluster.chance.choice(list(Reading))
        choices = Choices(*flags)
        assert (number, list(differing(cluster, choices, reading))) == (number, [])
    assert {key: count for key, count in seen.items() if count < RANDOM_CLUSTERS / 100} == {}


def further(cluster: Cluster, name: str) -> tuple[Workload, dict[str, Any]]:
    """Return a pod that nobody spoke of, and the labels of its namespace where that is a new one."""
    chance = cluster.chance
    space = chance.choice((*NAMESPACES, "elsewhere", "far"))
    labels = {key: chance.choice(("x", "y", "z")) for key in ("team", "env", "zone") if chance.random() < 0.5}
    one = Workload("Deployment", space, name, tuple(sorted(labels_of(chance).items())))
    return one, {} if space in NAMESPACES else {space: labels}


def profile(reaches: list[Reach], index: int, anchors: list[int]) -> list[list[PortSet]]:
    """Return what *index* and the *anchors* may open to each other, and its pods among themselves, in each reading."""
    pairs = [(index, index), *((index, one) for one in anchors), *((one, index) for one in anchors)]
    return [[reach.allowed(*pair) for pair in pairs] for reach in reaches]


def stands_for(known: list[list[PortSet]], new: list[list[PortSet]], *, named: bool) -> bool:
    """Return whether *known* is *new*; where ports are *named*, a stranger may call any port so, and a new pod none."""
    covers = all(more & less == less for more, less in zip(known[1], new[1], strict=True))
    return known[0] == new[0] and (covers if named else known[1] == new[1])


def names_ports(policies: tuple[Policy, ...]) -> bool:
    """Return whether some rule calls a port by its name."""
    rules = [rule for policy in policies for _, rules, _ in policy.sides() for rule in rules]
    return any(port.name is not None for rule in rules for port in rule.ports or ())


def test_every_further_pod_is_one_of_the_universe() -> None:
    """Whatever pods are added to a cluster, the universe had some that reach the same and are reached by the same."""
    exact = 0
    for number in range(400):
        cluster = random_cluster(f"strangers/{number}")
        found = read_objects(cluster.objects)
        pods, spaces = zip(further(cluster, "new-1"), further(cluster, "new-2"), strict=True)
        new_spaces = [namespace(name, labels) for name, labels in (spaces[0] | spaces[1]).items()]
        before = universe(found.workloads, found.namespaces, [found.policies])
        after = universe([*found.workloads, *pods], [*found.namespaces, *new_spaces], [found.policies])
        semantics = semantics_of(Choices(*(cluster.chance.random() < 0.5 for _ in range(4))))
        old = [Reach(before, found.policies, semantics, reading) for reading in Reading]
        new = [Reach(after, found.policies, semantics, reading) for reading in Reading]
        named = names_ports(found.policies)
        exact += not named
        anchors, there = numbers(found, before, cluster.ends), numbers(found, after, cluster.ends)
        known = {index: profile(old, index, anchors) for index, one in enumerate(before.endpoints) if one.is_pod}
        one, other = (after.of(pod) for pod in pods)
        ones, others = (
            [index for index, held in known.items() if stands_for(held, profile(new, wanted, there), named=named)]
            for wanted in (one, other)
        )
        between = profile(new, one, [other])
        met = [
            pair for pair in product(ones, others) if stands_for(profile(old, pair[0], [pair[1]]), between, named=named)
        ]
        assert met, (number, pods)
    assert exact > 100


def test_every_stranger_could_be_there() -> None:
    """What a stranger may do is what a pod with its labels, in a namespace such as its own, may do."""
    for number in range(200):
        cluster = random_cluster(f"real/{number}")
        found = read_objects(cluster.objects)
        space = universe(found.workloads, found.namespaces, [found.policies])
        # Blocks and names of ports depend on what is not known of a stranger: the test above has them.
        choices = Choices(blocks_match_pods=False, blocks_match_nodes=False)
        reach = Reach(space, found.policies, semantics_of(choices), Reading.NARROW)
        strangers = {
            index: End("0.0.0.0", one.name, one.namespace or "new", dict(one.labels), spaces_of(cluster, one))  # noqa: S104
            for index, one in enumerate(space.endpoints)
            if one.kind is Kind.STRANGER and one.namespace in ("", *NAMESPACES)
        }
        ends = strangers | dict(zip(numbers(found, space, cluster.ends), cluster.ends, strict=True))
        for one, other in product(strangers, ends):
            for source, target in ((one, other), (other, one)):
                ports = reach.allowed(source, target)
                for protocol, port in questions(cluster)[:6]:
                    truth = naive.allowed(cluster.policies, ends[source], ends[target], protocol, port, choices)
                    assert (number, ends[source], ends[target], ports.has(Protocol(protocol), port)) == (
                        *(number, ends[source], ends[target]),
                        truth,
                    )


def spaces_of(cluster: Cluster, stranger: Endpoint) -> dict[str, str]:
    """Return the labels of a stranger's namespace."""
    return cluster.spaces[stranger.namespace] if stranger.namespace else dict(stranger.spaces) | {NAME_LABEL: "new"}


def test_what_is_not_known_lies_between_the_readings() -> None:
    """Whatever the addresses, namespace labels and plugin are, narrow allows no more than is open, and wide no less."""
    for number in range(600):
        cluster = random_cluster(f"unknown/{number}", addressed=False, spaced=False)
        chance = cluster.chance
        found = read_objects(cluster.objects)
        ranges = {"pod_ranges": ["10.0.0.0/26", "fd00::/16"], "node_ranges": ["192.168.0.0/24"]}
        space = universe(
            found.workloads, found.namespaces, [found.policies], **(ranges if chance.random() < 0.5 else {})
        )
        choices = Choices(*(chance.random() < 0.5 for _ in range(5)))
        semantics = semantics_of(choices) if chance.random() < 0.5 else PROFILES["kubernetes"]
        narrow, wide = (Reach(space, found.policies, semantics, reading) for reading in Reading)
        ends = list(zip(cluster.ends, numbers(found, space, cluster.ends), strict=True))
        for (source, one), (target, other) in product(ends, ends):
            if source.pod is None and target.pod is None:
                continue
            low, high = narrow.allowed(one, other), wide.allowed(one, other)
            for protocol, port in questions(cluster):
                truth = naive.allowed(cluster.policies, source, target, protocol, port, choices)
                bounds = [ports.has(Protocol(protocol), port) for ports in (low, high)]
                assert (number, source, target, protocol, port, bounds[0] <= truth <= bounds[1]) == (
                    *(number, source, target, protocol, port),
                    True,
                )
        rows = list(narrow.rows()), list(wide.rows())
        assert rows[0] == rows[1] or not (narrow.is_exact or wide.is_exact)


def test_rows_differences_and_reasons_agree_with_single_answers() -> None:
    """A row has each source once and what `allowed` says; `difference` and `explain` say the same."""
    for number in range(150):
        cluster = random_cluster(f"rows/{number}", addressed=number % 2 == 0)
        found = read_objects(cluster.objects)
        space = universe(found.workloads, found.namespaces, [found.policies, found.policies[1:]])
        semantics = PROFILES["kubernetes"]
        reach = Reach(space, found.policies, semantics, cluster.chance.choice(list(Reading)))
        less = Reach(space, found.policies[1:], semantics, reach.reading)
        count = len(space.endpoints)
        matrix = {(one, other): reach.allowed(one, other) for one, other in product(range(count), range(count))}
        assert spread(reach) == {pair: ports for pair, ports in matrix.items() if ports}
        gone: dict[tuple[int, int], PortSet] = {}
        for target, sources, ports in reach.difference(less):
            for source in bits(sources):
                gone[source, target] = gone.get((source, target), NO_PORTS) | ports
        wanted = {pair: ports - less.allowed(*pair) for pair, ports in matrix.items()}
        assert gone == {pair: ports for pair, ports in wanted.items() if ports}
        for pair, (protocol, port) in product(matrix, questions(cluster)[:4]):
            why = explain(reach, *pair, Protocol(protocol), port)
            halves = [ports.has(Protocol(protocol), port) for ports in (reach.egress(*pair), reach.ingress(*pair))]
            assert [why.egress.allows, why.ingress.allows] == halves


def spread(reach: Reach) -> dict[tuple[int, int], PortSet]:
    """Return the rows pair by pair; a source that stands twice in a row is an error."""
    found = [
        ((source, target), ports) for target, row in reach.rows() for sources, ports in row for source in bits(sources)
    ]
    assert len(dict(found)) == len(found)
    return dict(found)
