"""What holds for every system on Cilium: it is proved, one meaning gives the same bytes, and less opens no more."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from claims import random_claims, with_claims
from netgen import api
from netgen.evaluate.alike import alike
from netgen.evaluate.objects import read_cluster
from netgen.evaluate.objects.model import Cluster
from netgen.evaluate.reach import Reach
from netgen.evaluate.semantics import PROFILES, Reading
from netgen.evaluate.universe import universe
from netgen.problems import NetgenError
from netgen.source import Dialect, read
from netgen.verify import Proof, comparison, ideal
from newer_keys import NEWER_KEYS
from strategies_cilium import features, random_cilium_system
from strategies_whole import ENV, random_whole_system
from systems import Data
from writing import chance_of, freely, plainly, shuffled

SYSTEMS = 2000
CHUNK = 50
LEAST = SYSTEMS // 100
"""Each feature of Cilium is in so many systems at least: in one of a hundred."""
QUICK = range(40)
CILIUM = PROFILES["cilium"]
KINDS = {
    *("CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy", "ClusterNetworkPolicy"),
    *("Service", "Ingress", "HTTPRoute"),
}


def documents_of(seed: int) -> tuple[Data, ...]:
    """Return one of the random systems, one in four with a few claims."""
    system = random_cilium_system(seed)
    return with_claims(system, [] if seed % 4 else list(random_claims(system, chance_of(f"claims {seed}"), 6)))


def rendered(documents: tuple[Data, ...] | list[Data]) -> tuple[api.Intent, tuple[api.Manifest, ...], Cluster]:
    """Return what *documents* mean, what is rendered of that, and what is read back."""
    env = ENV if any("envs" in one for one in documents) else None
    meant = api.load("-", stdin=plainly(documents).encode(), env=env).intent
    manifests = api.render(meant)
    return meant, manifests, read_cluster([one.document for one in manifests], cni="cilium")


def proofs(documents: tuple[Data, ...], monkeypatch: pytest.MonkeyPatch) -> tuple[Proof, Proof]:
    """Return the proof of *documents*, by the same words, and by asking what each of them allows."""
    meant, manifests, cluster = rendered(documents)
    assert {one.kind for one in manifests} <= KINDS
    assert cluster.unknowns == ()
    assert alike(ideal.policies(meant), cluster.policies)
    fast = comparison.Comparison(meant, cluster, CILIUM).proof()
    with monkeypatch.context() as patch:
        patch.setattr(comparison, "alike", lambda *_: False)
        slow = comparison.Comparison(meant, cluster, CILIUM)
    assert not slow.is_verbatim
    return fast, slow.proof()


def whole_documents_of(seed: int) -> tuple[Data, ...]:
    """Return one of the random systems that hold the whole language."""
    return random_whole_system(seed).documents


def prove_all(
    seeds: range, monkeypatch: pytest.MonkeyPatch, made: Callable[[int], tuple[Data, ...]] = documents_of
) -> int:
    """Prove the systems of *seeds*, and return how many pairs are open in them."""
    opened = 0
    for seed in seeds:
        fast, slow = proofs(made(seed), monkeypatch)
        # A random claim may well be broken; who breaks it is for other tests.
        wrong = [f"{seed}: {one.message}" for one in fast.findings if one.code != "never-broken"]
        assert (wrong, slow) == ([], fast)
        opened += fast.opened
    return opened


def test_some_random_systems_are_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    """S5: manifests and meaning agree, for apps, strangers and entities, by their words and without them."""
    assert prove_all(QUICK, monkeypatch) > 1000


def test_some_random_systems_of_the_whole_language_are_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same with environments, permissions of the platform, ranges, requests of calls, stages and raw objects."""
    assert prove_all(range(15), monkeypatch, whole_documents_of) > 300


@pytest.mark.heavy
@pytest.mark.parametrize("number", range(10))
def test_random_systems_of_the_whole_language_are_proved(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for 500 systems."""
    assert prove_all(range(number * CHUNK, (number + 1) * CHUNK), monkeypatch, whole_documents_of) > 1000


@pytest.mark.heavy
@pytest.mark.parametrize("number", range(SYSTEMS // CHUNK))
def test_random_systems_are_proved(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for 2,000 systems."""
    assert prove_all(range(number * CHUNK, (number + 1) * CHUNK), monkeypatch) > 1000


@pytest.mark.heavy
def test_random_systems_hold_what_only_cilium_enforces() -> None:
    """Host names, requests, accounts and claims are in one system of a hundred, each."""
    counts = Counter(name for seed in range(SYSTEMS) for name in features(documents_of(seed)))
    assert set(counts) == {"an account", "a host name", "host names", "requests", "requests, long", "a claim"}
    assert {name: count for name, count in counts.items() if count < LEAST} == {}


# ------------------------------------------------------------------------------------------------- the same bytes


def check_order(seeds: range) -> None:
    """Hold what is rendered of the systems of *seeds* against what is rendered of the same in another order."""
    for seed in seeds:
        documents, chance = documents_of(seed), chance_of(f"order {seed}")
        usual = api.stream(rendered(documents)[1], "yaml")
        other = freely(chance.sample(shuffled(list(documents), chance), len(documents)), chance)
        meant = api.load("-", stdin=other.encode()).intent
        assert api.stream(api.render(meant), "yaml") == usual, seed


def test_order_and_style_change_no_byte() -> None:
    """Maps, lists and documents in another order, comments, quotes, flow and block style: the output is the same."""
    check_order(range(12))


@pytest.mark.parametrize("env", ["prod", "staging"])
def test_the_order_of_newer_keys_changes_no_byte(env: str) -> None:
    """Externals, environments, long and short HTTP rules, permissions of the platform, ranges: in any order."""
    documents = [one.data for one in read(NEWER_KEYS, "spec.yaml", Dialect.SPEC).documents]
    texts = [freely(shuffled(documents, chance), chance) for chance in map(chance_of, range(12))]
    outputs = {
        api.stream(api.render(api.load("-", stdin=text.encode(), env=env).intent), "yaml")
        for text in (NEWER_KEYS, *texts)
    }
    assert len(outputs) == 1


@pytest.mark.heavy
def test_order_and_style_change_no_byte_of_many() -> None:
    """The same for 400 systems."""
    check_order(range(400))


# ------------------------------------------------------------------------------------------------- less opens no more


def entries(documents: tuple[Data, ...]) -> list[tuple[int, str, str, int]]:
    """Return document, app, key and index of each entry of a list of calls or exposures."""
    return [
        (number, name, key, index)
        for number, document in enumerate(documents)
        for name, app in document.get("apps", {}).items()
        for key in ("calls", "expose")
        if isinstance(app, dict) and isinstance(app.get(key), list)
        for index in range(len(app[key]))
    ]


def without(documents: tuple[Data, ...], entry: tuple[int, str, str, int]) -> list[Data]:
    """Return *documents* without one entry."""
    left: list[Any] = json.loads(json.dumps(documents))
    number, name, key, index = entry
    del left[number]["apps"][name][key][index]
    return left


def check_less(seeds: range) -> int:
    """Hold systems against the same with an entry less, and return how often that closed something."""
    closed = 0
    for seed in seeds:
        documents = random_cilium_system(seed).documents
        full = rendered(documents)
        listed = entries(documents)
        for entry in chance_of(f"less {seed}").sample(listed, min(2, len(listed))):
            try:
                less = rendered(without(documents, entry))
            except NetgenError:
                continue
            policies = [full[2].policies, less[2].policies]
            space = universe(ideal.workloads(full[0]), (), policies)
            for reading in Reading:
                before, after = (Reach(space, each, CILIUM, reading) for each in policies)
                assert list(after.difference(before)) == [], (seed, entry)
                closed += any(True for _ in before.difference(after))
    return closed


def test_leaving_out_a_permission_opens_nothing() -> None:
    """S4: without an entry of calls or expose nothing is open that was not before; mostly something is closed."""
    assert check_less(range(15)) > 15


@pytest.mark.heavy
def test_leaving_out_a_permission_of_many_opens_nothing() -> None:
    """The same for 300 systems."""
    assert check_less(range(300)) > 300
