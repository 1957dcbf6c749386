"""The evaluator beside the policy engine of kube-network-policies: every answer is the same."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import hypothesis
import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings

import clusters
from compared import compare
from engine import Question, run, verdicts
from netgen import api
from populated import Body, populated
from strategies import systems
from systems import System
from writing import chance_of, plainly

ROOT = Path(__file__).parents[2]
PLAIN = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
GOLDEN = sorted(path for path in (ROOT / "tests" / "golden").glob("*.yaml") if PLAIN in path.read_text("utf-8"))
RANDOM_CLUSTERS = 2000
RANDOM_SYSTEMS = 150
LEAST_SHARE = 0.01
"""Of the random clusters, that hold a field."""

OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")
SELECTOR = (
    *(".matchLabels", ".matchExpressions.key", ".matchExpressions.values"),
    *(f".matchExpressions.operator={operator}" for operator in OPERATORS),
)
PEER = (
    *(f".{pods}{part}" for pods in ("podSelector", "namespaceSelector") for part in ("", *SELECTOR)),
    *(".ipBlock.cidr", ".ipBlock.except"),
)
PORT = (
    *(f".ports.protocol={protocol}" for protocol in ("TCP", "UDP", "SCTP")),
    *(".ports.port=int", ".ports.port=str", ".ports.endPort=int"),
)
FIELDS = {
    *(f".podSelector{part}" for part in SELECTOR),
    *(".policyTypes=Ingress", ".policyTypes=Egress"),
    *(f".ingress{part}" for part in ("", ".from", *(f".from{part}" for part in PEER), ".ports", *PORT)),
    *(f".egress{part}" for part in ("", ".to", *(f".to{part}" for part in PEER), ".ports", *PORT)),
}
"""Each field and operator of NetworkPolicySpec: kubernetes/api networking/v1/types.go."""


def golden(path: Path) -> Question:
    """Return the question who reaches whom in an example."""
    text = path.read_text(encoding="utf-8")
    return populated(path.stem, text, policies_of(list(yaml.safe_load_all(text))))


def policies_of(bodies: list[Body]) -> list[Body]:
    """Return the NetworkPolicies among *bodies*."""
    return [body for body in bodies if body["kind"] == "NetworkPolicy"]


def without_one(question: Question) -> Iterator[tuple[str, Question]]:
    """Yield *question* without each of its policies, and the policy's name."""
    bodies = list(yaml.safe_load_all(question.manifests))
    for left_out in policies_of(bodies):
        name = f"{left_out['metadata']['namespace']}/{left_out['metadata']['name']}"
        yield name, replace(question, manifests=plainly([body for body in bodies if body is not left_out]))


def sampled(question: Question, chance: Random, *, addresses: int, ports: int) -> Question:
    """Return some of *question*."""
    return replace(
        question,
        addresses=tuple(chance.sample(question.addresses, min(addresses, len(question.addresses)))),
        ports=tuple(chance.sample(question.ports, min(ports, len(question.ports)))),
    )


# ------------------------------------------------------------------------------------------------------------ goldens


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_an_example_is_as_the_engine_has_it(path: Path) -> None:
    """Apps, strangers, DNS, entry points and addresses reach each other as the engine says, each on each port."""
    question = golden(path)
    found = compare([(question, question)])
    assert found.differ == []
    assert found.allowed > 1000
    assert found.denied > 1000


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_the_engine_notices_each_policy_of_an_example(path: Path) -> None:
    """Where the engine is not given one of the policies, its answers are others: it was asked, and about this."""
    names, questions = zip(*without_one(golden(path)), strict=True)
    full, *others = verdicts([golden(path), *questions])
    assert [name for name, other in zip(names, others, strict=True) if other == full] == []


# ----------------------------------------------------------------------------------------------------- random clusters


def fields(value: Any, path: str = "") -> Iterator[str]:
    """Yield the path of each field in *value*, and with `=` what a word or the type of a port is."""
    if isinstance(value, dict):
        for key, item in value.items():
            if item is not None:
                yield f"{path}.{key}"
                yield from fields(item, f"{path}.{key}") if key != "matchLabels" else ()
    elif isinstance(value, list):
        for item in value:
            yield from fields(item, path)
    else:
        is_port = path.endswith(("port", "Port"))
        yield f"{path}={type(value).__name__ if is_port else value}"


def random_cluster(seed: str) -> tuple[Question, clusters.Cluster]:
    """Return the question who reaches whom in a random cluster."""
    cluster = clusters.random_cluster(seed)
    addresses = tuple(dict.fromkeys(end.address for end in cluster.ends))
    return Question(seed, plainly(cluster.objects), addresses, tuple(clusters.questions(cluster))), cluster


def test_random_clusters_are_as_the_engine_has_them(engine_seed: str) -> None:
    """In clusters that hold every field and operator, pods and addresses reach each other as the engine says."""
    made = [random_cluster(f"engines/{engine_seed}/{number}") for number in range(RANDOM_CLUSTERS)]
    found = compare((question, question) for question, _ in made)
    assert found.differ == []
    assert 0.1 < found.share < 0.9
    seen = Counter(name for _, cluster in made for name in {*fields([body["spec"] for body in cluster.policies])})
    assert {name: seen[name] for name in FIELDS if seen[name] < RANDOM_CLUSTERS * LEAST_SHARE} == {}
    shapes = Counter(name for _, cluster in made for name, number in cluster.seen.items() if number)
    assert {name: number for name, number in shapes.items() if number < RANDOM_CLUSTERS * LEAST_SHARE} == {}


# ------------------------------------------------------------------------------------------------------ random systems


def random_systems(seed: str) -> list[System]:
    """Return random systems that netgen takes."""
    found: list[System] = []

    @hypothesis.seed(seed)
    @settings(
        max_examples=RANDOM_SYSTEMS,
        database=None,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],  # a busy machine is no fault
    )
    @given(systems())
    def collect(system: System) -> None:
        found.append(system)

    collect()
    return found


def rendered(name: str, system: System) -> Question | None:
    """Return the question who reaches whom in what is rendered of *system*; None where that has no policy."""
    manifests = api.render(api.load("-", stdin=plainly(system.documents).encode()).intent)
    policies = policies_of([manifest.body for manifest in manifests])
    return populated(name, api.stream(manifests, "yaml"), policies) if policies else None


def test_rendered_systems_are_as_the_engine_has_them(engine_seed: str) -> None:
    """What netgen renders from random specs opens and closes for the engine what it does for netgen."""
    chance = chance_of(f"engines/{engine_seed}")
    made = [rendered(f"system {number}", system) for number, system in enumerate(random_systems(engine_seed))]
    asked = [sampled(question, chance, addresses=24, ports=12) for question in made if question]
    assert len(asked) > RANDOM_SYSTEMS / 2
    found = compare((question, question) for question in asked)
    assert found.differ == []
    assert 0.05 < found.share < 0.95


# ------------------------------------------------------------------------------------------------- that it was asked


NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}}


def pod(number: int, **spec: Any) -> Body:
    """Return a pod of the namespace n."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"p{number}", "namespace": "n"},
        "spec": {"containers": [{"name": "c"}], **spec},
        "status": {"podIP": f"10.0.0.{number}"},
    }


def policy(**spec: Any) -> Body:
    """Return a policy for all pods of the namespace n."""
    metadata = {"name": "p", "namespace": "n"}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}


def question(*bodies: Body) -> Question:
    """Return the question who reaches whom among a pod, another of *bodies* and an address, in the namespace n."""
    manifests = plainly([NAMESPACE, pod(1), *bodies])
    return Question("by hand", manifests, ("10.0.0.1", "10.0.0.2", "203.0.113.7"), (("TCP", 80),))


def test_a_wrong_answer_is_noticed() -> None:
    """Where netgen is asked about another policy than the engine, each answer that it changes is named."""
    closed, opened = policy(), policy(ingress=[{"from": [{"ipBlock": {"cidr": "203.0.113.0/24"}}]}])
    found = compare([(question(pod(2), opened), question(pod(2), closed))])
    assert found.differ == [
        "by hand: 203.0.113.7 -> 10.0.0.1 80/TCP: the engine says False, netgen [True]",
        "by hand: 203.0.113.7 -> 10.0.0.2 80/TCP: the engine says False, netgen [True]",
    ]
    assert (found.allowed, found.denied) == (2, 6)


@pytest.mark.parametrize(
    "body",
    [
        policy(ingres=[]),
        policy(podSelector=[]),
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d", "namespace": "n"}},
        pod(2) | {"metadata": {"name": "p2", "namespace": "not-there"}},
        pod(1),
    ],
    ids=["misspelt", "of another type", "of an unknown kind", "in no namespace", "twice"],
)
def test_the_engine_reads_over_nothing(body: Body) -> None:
    """What the engine's program cannot read ends it; it never answers as if an object were not there."""
    request = {"manifests": question(body).manifests, "addresses": ["10.0.0.1"], "ports": []}
    code, out, err = run(json.dumps(request))
    assert (code, out) == (1, "")
    assert err.startswith("knp: ")


@pytest.mark.parametrize("restart", ["Always", None], ids=["runs on", "ends"])
def test_ports_of_init_containers_count_for_neither(restart: str | None) -> None:
    """A port that only an init container names is closed for the engine, and so for netgen, sidecar or not."""
    init = {"name": "i", "restartPolicy": restart, "ports": [{"name": "http", "containerPort": 80}]}
    asked = question(pod(2, initContainers=[init]), policy(ingress=[{"ports": [{"port": "http"}]}]))
    found = compare([(asked, asked)])
    assert found.differ == []
    assert (found.allowed, found.denied) == (2, 6)
