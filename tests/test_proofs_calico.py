"""The proof of Calico's policies: what is rendered of random specs is proved to be what the specs say."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from netgen import api
from specs import apps, load, platform
from strategies_calico import features, random_calico_system
from writing import plainly

FEW, MANY = 12, 2000
FEATURES = {"an account", "a set", "never", "allow", "stage"}


def unproved(numbers: range) -> tuple[list[str], int, Counter[str]]:
    """Return what is found in what is rendered of random specs, how many policies were rendered, and of what.

    Some specs claim what they break themselves: that is no difference between the spec and what is rendered.
    """
    found, policies, seen = [], 0, Counter[str]()
    for number in numbers:
        documents = random_calico_system(number)
        intent = api.load("-", stdin=plainly(documents).encode()).intent
        manifests = api.render(intent)
        seen.update(features(documents))
        policies += sum(one.api_version == "projectcalico.org/v3" for one in manifests)
        proof = api.prove(intent, manifests, cni=intent.cni)
        found += [f"{number}: {one.code}: {one.message}" for one in proof.findings if one.code != "never-broken"]
    return found, policies, seen


def test_what_is_rendered_of_some_specs_is_proved() -> None:
    """Nothing is found where nothing was changed."""
    found, policies, _ = unproved(range(FEW))
    assert found == []
    assert policies > FEW


@pytest.mark.heavy
def test_what_is_rendered_of_thousands_of_specs_is_proved() -> None:
    """Nothing is found in the policies of 2,000 random specs, with claims, permissions, sets, stages, accounts."""
    found, policies, seen = unproved(range(FEW, FEW + MANY))
    assert found == []
    assert policies > MANY
    assert {name: seen[name] for name in FEATURES if seen[name] < MANY / 20} == {}


def test_a_claim_beside_what_is_opened_to_the_world_is_looked_at() -> None:
    """Calico's words for the world speak of all pods, of which neither the spec nor the claim does."""
    opened = apps("web: {port: 80, expose: [{loadBalancer: {clients: [internet]}}]}\ndb: {isolate: none}")
    intent = load(opened, platform("cni: calico 3.30\nnever: [10.20.0.0/16 -> unseen/*:8080 GET /a]\n")).intent
    assert api.prove(intent, api.render(intent), cni=intent.cni).findings == ()


def test_a_policy_of_kubernetes_in_the_cluster_is_in_the_tier_of_the_others(tmp_path: Path) -> None:
    """What it does not open may be opened by Calico's own behind it, wherever the one and the others are read from."""
    intent = load(apps("api: {port: 80, calls: [db]}\ndb: 5432/tcp"), platform("cni: calico 3.30\n")).intent
    head = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}
    spec = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    (tmp_path / "shut.yaml").write_text(
        plainly([{**head, "metadata": {"name": "shut", "namespace": "shop"}, "spec": spec}])
    )
    assert api.prove(intent, api.render(intent), workloads=[tmp_path]).findings == ()


def test_a_policy_of_the_cluster_that_may_be_asked_first_leaves_nothing_proved(tmp_path: Path) -> None:
    """Of two of one order the release decides which is asked first, be they read together or apart."""
    intent = load(apps("web: {port: 80, expose: loadBalancer}"), platform("cni: calico 3.30\n")).intent
    rule = {"action": "Deny", "source": {"nets": ["198.51.100.0/24"]}}
    spec = {"order": 2000, "namespaceSelector": "has(projectcalico.org/name)", "types": ["Ingress"], "ingress": [rule]}
    head = {"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy", "metadata": {"name": "zz"}}
    (tmp_path / "rival.yaml").write_text(plainly([{**head, "spec": spec}]))
    found = api.prove(intent, api.render(intent), workloads=[tmp_path]).findings
    assert "unproven" in [one.code for one in found]


@pytest.mark.parametrize("more", ["", ", accepts: [198.51.100.9]"])
def test_pods_are_kept_out_of_the_world_wherever_they_live(more: str) -> None:
    """That some address is open, which a pod may have, does not hide that all pods are let in with the world."""
    world = "web: {port: 80, expose: [{loadBalancer: {clients: [internet]}}]" + more + "}"
    intent = load(apps(world), platform("cni: calico 3.30\n")).intent
    bodies = [manifest.body for manifest in api.render(intent)]
    assert api.verify(intent, ["-"], stdin=plainly(bodies).encode()).findings == ()
    for body in bodies:
        rules = body["spec"].get("ingress", ())
        body["spec"] |= {"ingress": [one for one in rules if one["action"] != "Deny"]} if rules else {}
    found = api.verify(intent, ["-"], stdin=plainly(bodies).encode()).findings
    assert "not-closed" in [one.code for one in found]
