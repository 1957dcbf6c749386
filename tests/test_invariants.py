"""What holds of reachability in every system: S4, S9, S13, S14, S17 and S21; S5 has test_proofs.py to itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from random import Random
from typing import Any

import pytest
import yaml

from matrices import Compared, Matrix, cluster_of, deployment, deployments
from meanings import Blocks, Peer, Pods, are_within, grants_of, listed, name_server, pods_of, worn
from netgen import api, diff
from netgen.evaluate.endpoints import Kind
from netgen.evaluate.explain import explain
from netgen.evaluate.objects.model import Direction
from netgen.evaluate.reach import Reach
from netgen.evaluate.semantics import PROFILES, Reading
from netgen.evaluate.sets import ALL_PORTS, Protocol
from netgen.problems import NetgenError
from strategies import random_system
from systems import Data, Key, System
from writing import chance_of, plainly

COUNT, PART = 120, 30
PARTS = range(COUNT // PART)
BOTH = (False, True)
"""Not wide, wide."""


def systems(part: int, topic: str) -> Iterator[tuple[System, Compared, Random]]:
    """Yield some systems with a chance of their own; every topic has others."""
    for number in range(part * PART, (part + 1) * PART):
        system = random_system(f"{topic} {number}")
        yield system, Compared(system.documents), chance_of(f"{topic} chance {number}")


def beyond(one: Matrix, other: Matrix) -> bool:
    """Return whether *one* has anything that *other* has not."""
    return any(
        mine & ~theirs for row, others in zip(one, other, strict=True) for mine, theirs in zip(row, others, strict=True)
    )


def changed(documents: tuple[Data, ...]) -> list[Data]:
    """Return a copy of *documents* to change, every app in it a map with its calls and grants as lists of maps."""
    found: list[Data] = json.loads(json.dumps(documents))
    for document in found:
        for name, value in document.get("apps", {}).items():
            app = value if isinstance(value, dict) else {"port": value}
            app["calls"] = [one if isinstance(one, dict) else {"to": one} for one in listed(app.get("calls", []))]
            app["accepts"] = [{"from": who} | ({"ports": names} if names else {}) for who, names in grants_of(app)]
            document["apps"][name] = app
    return found


def app_of(documents: Iterable[Data], key: Key) -> Data:
    """Return the map of one app."""
    holders = (it["apps"] for it in documents if it.get("metadata", {}).get("namespace") == key[0])
    return next(apps[key[1]] for apps in holders if key[1] in apps)


# ---------------------------------------------------------------------------------------------- S4: nothing is undone


def with_a_call(one: Compared, caller: Key, callee: Key, port: str) -> list[Data]:
    """Return the documents of *one* in which *caller* also calls *port* of *callee*, which grants it by name."""
    documents = changed(one.documents)
    source, target = app_of(documents, caller), app_of(documents, callee)
    source["calls"].append({"to": "/".join(callee), "ports": [port]})
    names = {"/".join(caller)} | ({caller[1]} if caller[0] == callee[0] else set())
    mine = [grant for grant in target["accepts"] if grant["from"] in names]
    for grant in mine:
        if "ports" in grant and port not in grant["ports"]:
            grant["ports"].append(port)
    if not mine:
        target["accepts"].append({"from": "/".join(caller), "ports": [port]})
    return documents


@pytest.mark.parametrize("part", PARTS)
def test_a_flow_more_opens_itself_and_closes_nothing(part: int) -> None:
    """S4: one call and its grant added, all that was open stays open, and nothing else opens, narrow and wide."""
    tried = opened = 0
    for system, before, chance in systems(part, "S4 more"):
        callees = [key for key, ports in system.ports.items() if ports]
        for _ in range(1 if callees else 0):
            caller, callee = chance.choice(list(system.ports)), chance.choice(callees)
            port = chance.choice(system.ports[callee])
            try:
                after = Compared(tuple(with_a_call(before, caller, callee, port.name)), (before,))
                after.loaded  # noqa: B018 - a flow may need what this platform does not say
            except NetgenError:
                continue
            tried += 1
            for wide in BOTH:
                old, new = after.found(wide=wide, policies=before.cluster.policies), after.found(wide=wide)
                assert not beyond(old, new), list(after.differences(old, new))
                source, target = (after.met(place_of(after, key), wide=wide) for key in (caller, callee))
                flow = after.atoms.meant(frozenset({(port.protocol, port.container)}))
                most = [
                    [had | (flow if s in source and t in target else 0) for s, had in enumerate(row)]
                    for t, row in enumerate(old)
                ]
                assert not beyond(new, most), list(after.differences(new, most))
                opened += old != new
    assert (tried > PART // 2, opened > PART // 2) == (True, True)


def place_of(one: Compared, key: Key) -> Pods | Blocks:
    """Return where others meet an app: its pods, or the nodes where it is on their network."""
    app = one.meaning.apps[key]
    nodes = Blocks(tuple((cidr, ()) for cidr in one.meaning.node_ranges))
    return nodes if app.host else app.pods


ADDITIONS: tuple[tuple[str, Any], ...] = (
    *(("calls", {"to": to}) for to in ("any", "here/*", "any:8443", "internet", "tcp://203.0.113.0/24:443")),
    *(("accepts", {"from": who}) for who in ("any", "here/*", "internet", "198.51.100.0/24", "unseen/*")),
)


@pytest.mark.parametrize("part", PARTS)
def test_a_permission_more_closes_nothing(part: int) -> None:
    """S4: a wildcard, an address or the internet called or accepted by one app more, all that was open stays open."""
    tried = opened = 0
    for system, before, chance in systems(part, "S4 wider"):
        key, (where, entry) = chance.choice(list(system.ports)), chance.choice(ADDITIONS)
        documents = changed(before.documents)
        app = app_of(documents, key)
        known = [one.get("to", one.get("from")) for one in app[where]]
        if entry.get("to", entry.get("from")) in known or (where == "accepts" and not system.ports[key]):
            continue
        app[where].append(entry)
        try:
            after = Compared(tuple(documents), (before,))
            after.loaded  # noqa: B018 - a wildcard may need what this platform does not say
        except NetgenError:
            continue
        tried += 1
        for wide in BOTH:
            old, new = after.found(wide=wide, policies=before.cluster.policies), after.found(wide=wide)
            assert not beyond(old, new), (key, entry, list(after.differences(old, new)))
            opened += old != new
    assert (tried > PART // 2, opened > PART // 2) == (True, True)


@pytest.mark.parametrize("part", PARTS)
def test_a_permission_less_opens_nothing(part: int) -> None:
    """S4: one entry of calls, accepts or expose left out, nothing is open that was closed, narrow and wide."""
    tried = closed = 0
    for _, before, chance in systems(part, "S4 less"):
        documents = changed(before.documents)
        entries = [
            (app, key, index)
            for document in documents
            for app in document.get("apps", {}).values()
            for key in ("calls", "accepts", "expose")
            for index in range(len(app.get(key, ())) if isinstance(app.get(key), list) else 0)
        ]
        if not entries:
            continue
        app, key, index = chance.choice(entries)
        del app[key][index]
        try:
            after = Compared(tuple(documents), (before,))
            after.loaded  # noqa: B018 - a grant may be needed by a call
        except NetgenError:
            continue
        tried += 1
        for wide in BOTH:
            old, new = after.found(wide=wide, policies=before.cluster.policies), after.found(wide=wide)
            assert not beyond(new, old), (key, list(after.differences(new, old)))
            closed += old != new
    assert (tried > PART // 2, closed > PART // 4) == (True, True)


# -------------------------------------------------------------------------------- S9: selectors are those of the pods


@pytest.mark.parametrize("part", PARTS)
def test_a_label_that_no_pod_carries_is_named(part: int) -> None:
    """S9: with the workloads given, nothing is said while they carry what is selected; one label changed, it is."""
    apps = others = 0
    for _, one, chance in systems(part, "S9"):
        known = wanted_pods(one)
        workloads = [deployment(*key, worn(pods), host=is_host(one, key)) for key, pods in known.items()]
        assert dangling(one, workloads) == []
        key, pods = chance.choice(list(known.items()))
        labels = workloads[list(known).index(key)]["spec"]["template"]["metadata"]["labels"]
        telling = [label for label in labels if not pods.selects(labels | {label: "x"})]
        if not telling:
            continue
        labels[chance.choice(telling)] = "x"
        is_app, carried = key in one.meaning.apps, is_carried(key[0], pods, workloads)
        if is_app:
            # An overlapping app's pods may carry the labels too; then those that no app has any more are named.
            codes = ("pods-uncovered",) if carried else ("selects-nothing",)
            assert any(re.search(rf"\b{key[1]}\b", message) for message in dangling(one, workloads, codes)), key
        elif not carried:
            assert any(f" in {key[0]} carry " in message for message in dangling(one, workloads)), key
        apps, others = apps + is_app, others + (not is_app and not carried)
    assert (apps > PART // 3, others > 0) == (True, True)


def wanted_pods(one: Compared) -> dict[Key, Pods]:
    """Return the pods of each app, and of each other end that a system names by labels, by namespace and a name."""
    spaces = {document["metadata"].get("namespace") for document in one.documents}
    held = [app for app in one.meaning.apps.values() if not app.host]
    named = dict.fromkeys(peer for app in held for peer, _ in (*app.inward, *app.outward))
    ends = [peer for peer in named if isinstance(peer, Pods) and peer.labels and peer.namespace not in spaces]
    return {
        **{key: app.pods for key, app in one.meaning.apps.items()},
        **{(str(pods.namespace), f"end-{number}"): pods for number, pods in enumerate(ends)},
    }


def is_host(one: Compared, key: Key) -> bool:
    """Return whether *key* is an app on the host network."""
    return key in one.meaning.apps and one.meaning.apps[key].host


def is_carried(space: str, pods: Pods, workloads: list[Data]) -> bool:
    """Return whether some of *workloads* in a namespace carry what *pods* select."""
    there = [it["spec"]["template"]["metadata"] for it in workloads if it["metadata"]["namespace"] == space]
    return any(pods.selects(template["labels"]) for template in there)


def test_an_app_that_is_open_to_everybody_can_be_held_against_its_cluster() -> None:
    """No policy speaks of whom it accepts; that was once a fault."""
    system = """
        apiVersion: netgen.dev/v1alpha1
        kind: Connectivity
        metadata: {name: d, namespace: shop}
        apps:
          web: {port: 8080, isolate: egress, accepts: [legacy/cron]}
          db: {port: 8080}
    """
    one = Compared((yaml.safe_load(system),))
    assert dangling(one, list(deployments(one.meaning))) == []


def dangling(
    one: Compared, pods: list[Data], codes: tuple[str, ...] = ("selects-nothing", "pods-uncovered")
) -> list[str]:
    """Return what is said of selectors without pods, and of pods without an app, when these *pods* are given."""
    proof = one.proof(cluster=plainly(pods))
    assert [finding for finding in proof.findings if finding.code != "link-broken"] == []
    return [warning.message for warning in proof.warnings if warning.code in codes]


@pytest.mark.parametrize("part", PARTS)
def test_a_selector_is_what_the_spec_writes(part: int) -> None:
    """S9: no label key or value is shortened or changed on its way into a policy or a Service."""
    compared = 0
    for _, one, _ in systems(part, "S9 written"):
        meant = {as_written(pods) for pods in all_pods(one)} | {as_written(Pods(None))}
        for manifest in one.manifests:
            for selector in selectors(manifest.body):
                assert as_written(pods_of(None, selector)) in meant
                compared += 1
    assert compared > PART * 5


def all_pods(one: Compared) -> Iterator[Pods]:
    """Yield the pods that a system speaks of."""
    return (peer for peer in one.meaning.peers() if isinstance(peer, Pods))


def as_written(pods: Pods) -> tuple[object, ...]:
    """Return the labels and expressions of *pods*, in any order."""
    return pods.labels, frozenset((key, operator, frozenset(values)) for key, operator, values in pods.expressions)


def selectors(body: Data) -> Iterator[Data]:
    """Yield each selector of pods in an object."""
    if body["kind"] == "Service":
        yield body["spec"]["selector"]
    elif body["kind"] == "NetworkPolicy":
        yield body["spec"]["podSelector"]
        rules = body["spec"].get("ingress", []) + body["spec"].get("egress", [])
        peers = [peer for rule in rules for peer in rule.get("from", rule.get("to", []))]
        yield from (peer["podSelector"] for peer in peers if "podSelector" in peer)


# --------------------------------------------------------------------------------------------------- S13: DNS is open


@pytest.mark.parametrize("part", PARTS)
def test_every_app_can_ask_every_name_server(part: int) -> None:
    """S13: by UDP and TCP, NodeLocal included, even if all else is closed; with `dns: false` by no rule of DNS."""
    asked = silent = 0
    for _, one, _ in systems(part, "S13"):
        found = one.found(wide=False)
        platform = next((it for it in one.documents if it["kind"] == "Platform"), {})
        servers = [name_server(text) for text in platform.get("dns", ["kube-system/k8s-app=kube-dns"])]
        documents = changed(one.documents)
        for key, app in one.meaning.apps.items():
            source = end_of_app(one, key)
            asking = servers if app.egress and app_of(documents, key).get("dns", True) else []
            for peer, port in asking:
                flow = one.atoms.meant(frozenset({("UDP", port), ("TCP", port)}))
                for target in (index for index in one.met(peer, wide=False) if is_server(one, index, peer)):
                    assert flow & ~found[target][source] == 0, (key, one.universe.endpoints[target].name)
                    asked += 1
            if not app.outward and app.egress and len(one.meaning.holding(one.ends[source])) == 1:
                assert {row[source] for row in found} == {0}
                silent += 1
    assert (asked > PART * 4, silent > 0) == (True, True)


def is_server(one: Compared, index: int, peer: Peer) -> bool:
    """Return whether an end that *peer* means is a name server: a pod of that app, if it is an app, and of no other.

    No name server is a pod that is closed with its namespace.
    """
    holding = one.meaning.holding(one.ends[index])
    return one.meaning.permissions(one.ends[index], "ingress") is None or (
        len(holding) == 1
        and isinstance(peer, Pods)
        and (are_within(holding[0].pods, peer) or are_within(peer, holding[0].pods))
    )


def end_of_app(one: Compared, key: Key) -> int:
    """Return the endpoint of the pods of an app."""
    return next(
        index
        for index, end in enumerate(one.universe.endpoints)
        for member in end.members
        if (member.namespace, member.name) == key
    )


# ------------------------------------------------------------------------------------------- S14: both ends or nothing


@pytest.mark.parametrize("part", PARTS)
def test_a_call_works_with_all_policies_together(part: int) -> None:
    """S14: what is called is open from end to end, under the narrowest reading; pods at nodes under the widest."""
    called = 0
    for system, one, _ in systems(part, "S14"):
        found = {wide: one.found(wide=wide) for wide in BOTH}
        for edge in system.edges:
            ends = [one.meaning.apps[key] for key in (edge.caller, edge.callee)]
            source, target = end_of_app(one, edge.caller), end_of_app(one, edge.callee)
            flow = one.atoms.meant(frozenset(edge.ports))
            assert flow & ~found[any(end.host for end in ends)][target][source] == 0, edge
            called += 1
    assert called > PART * 2


@pytest.mark.parametrize("part", PARTS)
def test_a_call_that_the_other_owner_does_not_accept_is_an_error(part: int) -> None:
    """S14: across owners one side alone opens nothing, and says who must add what; a grant alone opens nothing."""
    refused = 0
    for system, one, _ in systems(part, "S14 alone"):
        owners = one.documents[-1].get("owners", {})
        foreign = [
            edge
            for edge in system.edges
            if edge.caller[0] != edge.callee[0]
            and not (edge.caller[0] in owners and owners[edge.caller[0]] == owners.get(edge.callee[0]))
        ]
        for edge in foreign[:2]:
            documents = changed(one.documents)
            app_of(documents, edge.callee)["accepts"] = []
            with pytest.raises(NetgenError) as caught:
                api.load("-", stdin=plainly(documents).encode())
            named = [problem for problem in caught.value.problems if problem.code == "consent-missing"]
            assert any("/".join(edge.callee) in it.message and "/".join(edge.caller) in it.message for it in named)
            refused += 1
    assert refused > PART // 4


# --------------------------------------------------------------------------------------- S17: what was held is let go


@pytest.mark.parametrize("part", PARTS)
def test_a_policy_that_goes_is_missed(part: int) -> None:
    """S17: a policy taken away, verify and diff find what that opens and closes; whose last it was is unprotected."""
    opened = 0
    for _, one, chance in systems(part, "S17"):
        gone = chance.choice([manifest for manifest in one.manifests if manifest.kind == "NetworkPolicy"] or [None])
        if gone is None:
            continue
        rest = [manifest for manifest in one.manifests if manifest is not gone]
        left = [policy for policy in one.cluster.policies if (policy.namespace, policy.name) != key_of(gone)]
        same = all(one.found(wide=wide, policies=left) == one.found(wide=wide) for wide in BOTH)
        proof = api.prove(one.loaded.intent, rest)
        assert (proof.findings == ()) == same, (gone.name, proof.findings)
        told = changes(one, one.text, api.stream(rest, "yaml"))
        assert (told == []) == same, (gone.name, told)
        if key_of(gone) in one.meaning.apps:
            losing = [change.words for change in told if change.kind is diff.Kind.UNPROTECTED]
            names = {"/".join(key) for key in one.meaning.apps if is_free(one, left, key)}
            assert {name for name in names if not any(name in words for words in losing)} == set()
            assert bool(names) == bool(losing), (gone.name, told)
            opened += len(names)
    assert opened > PART // 4


def changes(one: Compared, old: str, new: str) -> list[diff.Change]:
    """Return what is told of two sets of manifests, with a workload for each app in both."""
    pods = plainly(list(deployments(one.meaning)))
    sides = [diff.Side(cluster_of(f"{text}---\n{pods}"), one.loaded.intent) for text in (old, new)]
    return list(diff.compare(*sides, cni="kubernetes").changes)


def key_of(manifest: api.Manifest) -> Key:
    """Return namespace and name of an object."""
    return manifest.namespace, manifest.name


def is_free(one: Compared, policies: list[Any], key: Key) -> bool:
    """Return whether none of *policies* holds an app in a direction in which it was held."""
    reach = Reach(one.universe, policies, PROFILES["kubernetes"], Reading.NARROW)
    app, end = one.meaning.apps[key], end_of_app(one, key)
    return (app.ingress and not reach.isolated(end, Direction.INGRESS)) or (
        app.egress and not reach.isolated(end, Direction.EGRESS)
    )


# ------------------------------------------------------------------------------------- S21: what no policy can decide


@pytest.mark.parametrize("part", PARTS)
def test_what_no_policy_holds_is_never_called_closed(part: int) -> None:
    """S21: pods on the host network, nodes and addresses are not governed: their side allows, and says that it is."""
    hosts = nodes = 0
    for _, one, _ in systems(part, "S21"):
        for reading in Reading:
            reach = Reach(one.universe, one.cluster.policies, PROFILES["kubernetes"], reading)
            for index, end in enumerate(one.universe.endpoints):
                if end.is_pod and not end.host_network:
                    assert reach.governed(index)
                    continue
                for direction in Direction:
                    assert not reach.isolated(index, direction)
                assert (reach.governed(index), reach.ingress(0, index)) == (False, ALL_PORTS)
                assert reach.egress(index, 0) == ALL_PORTS
                why = explain(reach, index, 0, Protocol.TCP, 8080)
                assert (why.egress.governed, why.egress.allows, why.egress.deciding) == (False, True, ())
                hosts += end.host_network
                nodes += end.kind is Kind.NODE
        policies = {key_of(it) for it in one.manifests if it.kind == "NetworkPolicy"}
        assert policies & {key for key, app in one.meaning.apps.items() if app.host} == set()
    assert (hosts > 0, nodes > 0) == (True, True)
