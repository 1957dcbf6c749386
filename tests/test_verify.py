"""The proof: what was rendered is proved, and whatever is changed in it afterwards is found."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import reach
from netgen import api
from netgen.problems import Problem
from netgen.source import Dialect, read
from netgen.verify import Proof, prove

ROOT = Path(__file__).parents[1]
SYSTEMS = sorted(path.parent.name for path in (ROOT / "specs").glob("*/expect.csv"))

Body = dict[str, Any]

ENTRYPOINTS = {"public": ("traefik", {"app.kubernetes.io/name": "traefik"})}
TRIED = [(protocol, port) for protocol in ("TCP", "UDP", "SCTP") for port in (53, 54, 5555, 8080, 8081)]
"""Ports that a changed policy may open, beside those that the policies name."""


def intent(system: str) -> api.Intent:
    """Return what an example means."""
    return api.load(ROOT / "specs" / system).intent


def proof(meant: api.Intent, bodies: list[Body]) -> Proof:
    """Return what is proved of manifests that are given as objects."""
    reading = read(yaml.safe_dump_all(bodies), "changed", Dialect.MANIFEST)
    return prove(meant, reading.documents, reading.problems, cni="kubernetes")


@pytest.mark.parametrize("system", SYSTEMS)
def test_an_example_is_proved(system: str) -> None:
    """The golden manifests do what the spec says, and something was looked at."""
    meant = intent(system)
    result = api.verify(meant, [ROOT / "tests" / "golden" / f"{system}.yaml"])
    assert result.findings == ()
    assert result.opened > 0
    assert result.closed > 0


# ----------------------------------------------------------------------------------------------------------- mutants


def rules(body: Body) -> Iterator[tuple[str, int, Body]]:
    """Yield direction, number and rule of each rule of a policy."""
    for direction in ("ingress", "egress"):
        for number, rule in enumerate(body["spec"].get(direction, [])):
            yield direction, number, rule


def drop_a_rule(body: Body) -> Iterator[Body]:
    """Take each rule away."""
    for direction, number, _ in rules(body):
        changed = copy.deepcopy(body)
        del changed["spec"][direction][number]
        yield changed


def open_a_rule(body: Body) -> Iterator[Body]:
    """Let each rule speak of everybody, and of every port."""
    for direction, number, rule in rules(body):
        for key in ("from" if direction == "ingress" else "to", "ports"):
            if key in rule:
                changed = copy.deepcopy(body)
                del changed["spec"][direction][number][key]
                yield changed


def change_a_port(body: Body) -> Iterator[Body]:
    """Write each port one higher, of another protocol, and as a range."""
    for direction, number, rule in rules(body):
        for index, port in enumerate(rule.get("ports", [])):
            other = "UDP" if port["protocol"] == "TCP" else "TCP"
            for mutation in ({"port": port["port"] + 1}, {"protocol": other}, {"endPort": port["port"] + 1}):
                changed = copy.deepcopy(body)
                changed["spec"][direction][number]["ports"][index].update(mutation)
                if other not in {one["protocol"] for one in rule["ports"]} or "protocol" not in mutation:
                    yield changed


def drop_a_direction(body: Body) -> Iterator[Body]:
    """Take each policyType away."""
    for kind in body["spec"]["policyTypes"]:
        changed = copy.deepcopy(body)
        changed["spec"]["policyTypes"].remove(kind)
        changed["spec"].pop(kind.lower(), None)
        if changed["spec"]["policyTypes"]:
            yield changed


def change_the_subject(body: Body) -> Iterator[Body]:
    """Select every pod, and no pod of the app."""
    for selector in ({}, {"matchLabels": {"app": "nobody"}}):
        yield {**copy.deepcopy(body), "spec": {**copy.deepcopy(body["spec"]), "podSelector": selector}}


def change_a_peer(body: Body) -> Iterator[Body]:
    """Empty each selector of a peer, move it to another namespace, and widen its addresses."""
    for direction, number, rule in rules(body):
        side = "from" if direction == "ingress" else "to"
        for index, peer in enumerate(rule.get(side, [])):
            for mutation in _peers(peer):
                changed = copy.deepcopy(body)
                changed["spec"][direction][number][side][index] = mutation
                yield changed


def _peers(peer: Body) -> Iterator[Body]:
    if "ipBlock" in peer:
        if "except" in peer["ipBlock"]:
            yield {"ipBlock": {"cidr": peer["ipBlock"]["cidr"]}}
        yield {"ipBlock": {"cidr": "203.0.113.0/24"}}
    else:
        yield {**peer, "podSelector": {}}
        yield {**peer, "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "elsewhere"}}}
        yield {**peer, "namespaceSelector": {}}


def change_the_namespace(body: Body) -> Iterator[Body]:
    """Move the policy."""
    changed = copy.deepcopy(body)
    changed["metadata"]["namespace"] = "elsewhere"
    yield changed


def swap_the_directions(body: Body) -> Iterator[Body]:
    """Write what comes in as what goes out, and the reverse."""
    changed = copy.deepcopy(body)
    spec = changed["spec"]
    inward, outward = spec.pop("ingress", []), spec.pop("egress", [])
    if inward != outward:
        spec["ingress"] = [{"ports": rule["ports"], "from": rule["to"]} for rule in outward]
        spec["egress"] = [{"ports": rule["ports"], "to": rule["from"]} for rule in inward]
        yield changed


POLICY_OPERATORS = (
    drop_a_rule,
    open_a_rule,
    change_a_port,
    drop_a_direction,
    change_the_subject,
    change_a_peer,
    change_the_namespace,
    swap_the_directions,
)


def change_a_service(body: Body) -> Iterator[Body]:
    """Change selector, type, affinity, port, target and protocol of a Service."""
    spec = body["spec"]
    for key, value in (
        ("selector", {"app": "nobody"}),
        ("type", "NodePort" if spec["type"] != "NodePort" else "ClusterIP"),
        ("sessionAffinity", "None" if spec.get("sessionAffinity") == "ClientIP" else "ClientIP"),
    ):
        yield {**copy.deepcopy(body), "spec": {**copy.deepcopy(spec), key: value}}
    for index, port in enumerate(spec["ports"]):
        for mutation in ({"port": port["port"] + 1}, {"targetPort": 4}, {"protocol": "SCTP"}):
            if "targetPort" in mutation and "targetPort" not in port:
                continue
            changed = copy.deepcopy(body)
            changed["spec"]["ports"][index].update(mutation)
            yield changed


def change_an_ingress(body: Body) -> Iterator[Body]:
    """Change class, certificate, host, path, path type and backend of an Ingress."""
    path = {"path": "/other"}, {"pathType": "Exact"}
    for mutation in path:
        changed = copy.deepcopy(body)
        changed["spec"]["rules"][0]["http"]["paths"][0].update(mutation)
        yield changed
    for key, value in (("ingressClassName", "other"), ("rules", []), ("tls", [{"hosts": ["other.example.com"]}])):
        if key == "tls" and "tls" not in body["spec"]:
            continue
        yield {**copy.deepcopy(body), "spec": {**copy.deepcopy(body["spec"]), key: value}}
    changed = copy.deepcopy(body)
    changed["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"] = "api"
    yield changed


OPERATORS: dict[str, tuple[Callable[[Body], Iterator[Body]], ...]] = {
    "NetworkPolicy": POLICY_OPERATORS,
    "Service": (change_a_service,),
    "Ingress": (change_an_ingress,),
}


def mutants(system: str) -> Iterator[tuple[str, list[Body]]]:
    """Yield each change of one object of an example, with all its objects; and each object taken away."""
    bodies = [manifest.body for manifest in api.render(intent(system))]
    for index, body in enumerate(bodies):
        for operator in OPERATORS[body["kind"]]:
            for changed in operator(body):
                yield (
                    f"{operator.__name__} {body['kind']} {body['metadata']['name']}",
                    [
                        *bodies[:index],
                        changed,
                        *bodies[index + 1 :],
                    ],
                )
        yield f"without {body['kind']} {body['metadata']['name']}", bodies[:index] + bodies[index + 1 :]


@pytest.mark.parametrize("system", ["seed", "services", "shop", pytest.param("argo-cd", marks=pytest.mark.heavy)])
def test_whatever_is_changed_is_found(system: str) -> None:
    """Each change of a policy, a Service or an Ingress that means something else is a finding.

    A rule may be wider than it must be where the other side is closed all the same: the plain reader sees no more.
    """
    meant = intent(system)
    before = reach.rows([manifest.body for manifest in api.render(meant)], ENTRYPOINTS, tried=TRIED)
    for name, bodies in mutants(system):
        found = proof(meant, bodies).findings
        if name.startswith("change_a_service"):
            assert "service-differs" in {problem.code for problem in found}, name
        if name.startswith("change_an_ingress"):
            assert "route-differs" in {problem.code for problem in found}, name
        if not found:
            assert reach.rows(bodies, ENTRYPOINTS, tried=TRIED) == before, name
            assert name.startswith(("open_a_rule NetworkPolicy", "change_a_port NetworkPolicy")), name


def test_every_way_to_change_a_policy_was_tried() -> None:
    """Every operator makes at least twenty mutants of the largest examples together."""
    counts = dict.fromkeys((operator.__name__ for operator in POLICY_OPERATORS), 0)
    for system in ("services", "online-boutique"):
        for manifest in api.render(intent(system)):
            if manifest.kind == "NetworkPolicy":
                for operator in POLICY_OPERATORS:
                    counts[operator.__name__] += sum(1 for _ in operator(manifest.body))
    assert min(counts.values()) >= 19


# ------------------------------------------------------------------------------------------------- what is not proved


def test_what_is_not_understood_is_never_proved() -> None:
    """A policy of another kind may open or close anything, so its being there is a finding."""
    meant = intent("seed")
    bodies = [manifest.body for manifest in api.render(meant)]
    other = {"apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy", "metadata": {"name": "x"}, "spec": {}}
    found = proof(meant, [*bodies, other]).findings
    assert [problem.code for problem in found] == ["unproven"]


def test_nothing_to_look_at_is_never_proved(tmp_path: Path) -> None:
    """An empty folder, and manifests without a policy, prove nothing."""
    meant = intent("seed")
    assert [problem.code for problem in api.verify(meant, [tmp_path]).findings] == ["unproven"]
    services = [manifest.body for manifest in api.render(meant) if manifest.kind == "Service"]
    assert [problem.code for problem in proof(meant, services).findings] == ["unproven"]


def test_a_file_that_breaks_off_is_never_proved(tmp_path: Path) -> None:
    """Nobody knows what the rest of it would have said."""
    text = (ROOT / "tests" / "golden" / "seed.yaml").read_text(encoding="utf-8")
    (tmp_path / "seed.yaml").write_text(f"{text}---\nkind: [\n", encoding="utf-8")
    found = api.verify(intent("seed"), [tmp_path]).findings
    assert [problem.code for problem in found] == ["unproven"]


def test_an_allow_all_that_is_there_already_voids_what_is_closed() -> None:
    """A policy of somebody else in the same namespace opens what the spec closes, and is named."""
    meant = intent("seed")
    allow_all = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "allow-all", "namespace": "default"},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{}]},
    }
    found = proof(meant, [*(manifest.body for manifest in api.render(meant)), allow_all]).findings
    assert {problem.code for problem in found} == {"not-closed"}
    assert any("NetworkPolicy default/allow-all, rule 0" in note for problem in found for note in problem.notes)


def test_labels_that_an_overlay_adds_are_found(tmp_path: Path, kustomize: Callable[[Path], str]) -> None:
    """The commonLabels of kustomize change the selectors of peers too: one finding names the label and each peer."""
    meant = intent("online-boutique")
    api.write(api.render(meant), tmp_path / "base")
    overlay = tmp_path / "overlay"
    overlay.mkdir()
    (overlay / "kustomization.yaml").write_text("resources: [../base]\ncommonLabels: {team: a}\n", encoding="utf-8")
    found = api.verify(meant, ["-"], stdin=kustomize(overlay).encode()).findings
    assert found[0].message == "the label team=a was added to the selectors of 12 policies"
    apps = [app for app in meant.apps if app.key in meant.flows_to or meant.flows_from[app.key]]
    callers = {flow.source_app for flow in meant.flows} | {flow.target_app for flow in meant.flows}
    broken = {f"pods of default with app={app.key.name}" for app in apps if app.key in callers}
    peers = {note.removeprefix("they no longer mean ") for note in found[0].notes[1:]}
    assert peers == {*broken, "pods of kube-system with k8s-app=kube-dns"}
    assert {problem.code for problem in found[1:]} == {"service-differs", "not-open", "not-closed"}


def test_a_namespace_that_an_overlay_changes_is_what_is_said_first(
    tmp_path: Path, kustomize: Callable[[Path], str]
) -> None:
    """The namespace of kustomize moves policies, and not what their rules name: that comes before what it does."""
    meant = intent("shop")
    api.write(api.render(meant), tmp_path / "base")
    overlay = tmp_path / "overlay"
    overlay.mkdir()
    (overlay / "kustomization.yaml").write_text("resources: [../base]\nnamespace: prod\n", encoding="utf-8")
    namespaces = sorted({app.key.namespace for app in meant.apps})
    found = api.verify(meant, ["-"], stdin=kustomize(overlay).encode()).findings
    moved = [problem for problem in found if problem.message.startswith("the namespace ")]
    assert [problem.message.partition(" in ")[0] for problem in moved] == [
        f"the namespace {namespace} became prod" for namespace in namespaces
    ]
    assert "namespace: prod  in the metadata of the spec" in moved[0].fix
    assert found[0] == moved[0]
    assert not [problem for problem in found if "no NetworkPolicy among the manifests selects" in problem.message]


def test_a_link_that_leads_nowhere_is_found() -> None:
    """With the workloads among the manifests, a Service that selects none of them is a finding."""
    meant = intent("seed")
    labels = {"app": "backend-app"}
    workload = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "backend", "namespace": "default"},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "a", "image": "a"}]}},
        },
    }
    found = proof(meant, [*(manifest.body for manifest in api.render(meant)), workload]).findings
    assert [problem.code for problem in found] == ["link-broken"]
    assert "default/frontend selects no pods" in found[0].message


# -------------------------------------------------------------------------------------------------- what is not certain


SHOP = """\
apiVersion: netgen.dev/v1alpha1
kind: Connectivity
metadata: {name: shop, namespace: shop}
apps:
  web: {port: 8080, calls: [db], accepts: [cluster/nodes]}
  db: 5432/tcp
---
apiVersion: netgen.dev/v1alpha1
kind: Platform
metadata: {name: example}
ranges: {nodes: [192.168.0.0/16]}
"""


def changed(spec: str, change: Callable[[dict[str, Body]], object]) -> list[str]:
    """Return what is said of the connections after *change* of what *spec* renders, which is given by name."""
    meant = api.load("-", stdin=spec.encode()).intent
    bodies = {f"{one.kind} {one.name}": copy.deepcopy(one.body) for one in api.render(meant)}
    change(bodies)
    found = proof(meant, list(bodies.values())).findings
    return [problem.message for problem in found if problem.code in ("not-open", "not-closed")]


def test_rules_that_policy_types_leave_out_close_perhaps() -> None:
    """Some network plugins heed the rules of a direction that is not listed, so that nobody knows what is open."""
    for direction, spec in (("Ingress", {"policyTypes": ["Egress"]}), ("Egress", {"policyTypes": ["Ingress"]})):
        name = "NetworkPolicy db" if direction == "Ingress" else "NetworkPolicy web"
        said = changed(SHOP, lambda bodies, name=name, spec=spec: bodies[name]["spec"].update(spec))
        assert "shop/web perhaps cannot open shop/db on 5432/TCP, which the spec says" in said
        assert not any(" cannot open " in one and " perhaps " not in one for one in said)


def test_what_is_closed_under_every_plugin_is_closed_for_certain() -> None:
    """Without the rule nothing is left that a plugin could heed."""
    said = changed(SHOP, lambda bodies: bodies["NetworkPolicy db"]["spec"].update(ingress=[]))
    assert said == ["shop/web cannot open shop/db on 5432/TCP, which the spec says"]


def test_the_name_of_a_port_is_perhaps_the_one_that_is_meant() -> None:
    """Without the workloads nobody says which number the name has."""

    def name(bodies: dict[str, Body]) -> None:
        bodies["NetworkPolicy db"]["spec"]["ingress"][0]["ports"][0]["port"] = "sql"

    said = changed(SHOP, name)
    assert "shop/web perhaps cannot open shop/db on 5432/TCP, which the spec says" in said
    assert not any(" cannot open " in one and " perhaps " not in one for one in said)


def test_addresses_that_may_be_pods_are_perhaps_in_excess() -> None:
    """A block opens addresses for certain, and pods where the plugin takes it so."""
    more = {"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}], "ports": [{"port": 1}]}
    said = changed(SHOP, lambda bodies: bodies["NetworkPolicy db"]["spec"]["ingress"].append(more))
    assert said == [
        "10.0.0.0-10.255.255.255 can open shop/db on 1/TCP, which no spec says",
        "any other pod may open shop/db on 1/TCP, which no spec says",
    ]


@pytest.mark.parametrize("direction", ["ingress", "egress"])
def test_what_is_said_of_addresses_that_pods_have_is_missed(direction: str) -> None:
    """Where pods have the addresses of nodes, or those that an app calls, only pods may be meant, and are missed."""
    spec = SHOP.replace("ranges: {", "ranges: {pods: [192.168.0.0/16], ")
    if direction == "egress":
        spec = spec.replace("accepts: [cluster/nodes]", "accepts: []").replace(
            "calls: [db]", "calls: [db, 'tcp://192.168.7.0/24:1433']"
        )

    def drop(bodies: dict[str, Body]) -> None:
        spec = bodies["NetworkPolicy web"]["spec"]
        peers = "from" if direction == "ingress" else "to"
        kept = [rule for rule in spec[direction] if "ipBlock" not in rule[peers][0]]
        assert len(kept) == len(spec[direction]) - 1
        spec[direction] = kept

    assert changed(spec, len) == []
    assert any("perhaps cannot open" in one for one in changed(spec, drop))


# ----------------------------------------------------------------------------------------------- the changed objects


def refuted(meant: api.Intent, change: Callable[[Body], None], name: str = "frontend") -> tuple[Problem, ...]:
    """Return the findings after *change* of the NetworkPolicy *name*."""
    bodies = [copy.deepcopy(manifest.body) for manifest in api.render(meant)]
    change(next(one for one in bodies if one["kind"] == "NetworkPolicy" and one["metadata"]["name"] == name))
    return proof(meant, bodies).findings


def differing(findings: Iterable[Problem]) -> list[str]:
    """Return what is said of policies that are not as they were rendered."""
    return [one.message for one in findings if one.code == "policy-differs"]


def test_a_changed_policy_is_named_before_what_it_changes() -> None:
    """With what it has and what the spec means; the connections follow."""

    def port(body: Body) -> None:
        body["spec"]["ingress"][0]["ports"][0]["port"] = 8081

    found = refuted(intent("seed"), port, "backend")
    assert [one.code for one in found] == ["policy-differs", "not-open"]
    assert found[0].message == (
        "NetworkPolicy default/backend has ingress rule 0 for pods of default with app=frontend-app on 8081/TCP; "
        "the spec means for pods of default with app=frontend-app on 8080/TCP"
    )


def test_a_policy_that_is_not_there_is_named() -> None:
    """By whom it would hold, and not only by everything that is open now."""
    meant = intent("seed")
    bodies = [one.body for one in api.render(meant) if (one.kind, one.name) != ("NetworkPolicy", "backend")]
    assert differing(proof(meant, bodies).findings) == [
        "no NetworkPolicy among the manifests selects app=backend-app, the pods of default/backend"
    ]


def test_a_subject_and_a_direction_that_are_others_are_named() -> None:
    """One finding for the policy, the first difference in its message and the others in its notes."""

    def both(body: Body) -> None:
        body["spec"]["podSelector"] = {"matchLabels": {"app": "web"}}
        body["spec"]["policyTypes"] = ["Ingress"]
        del body["spec"]["egress"]

    found = [one for one in refuted(intent("seed"), both) if one.code == "policy-differs"]
    assert [one.message for one in found] == [
        "NetworkPolicy default/frontend selects app=web; the spec means app=frontend-app"
    ]
    assert "does not hold the egress of its pods; the spec does" in found[0].notes


def test_policies_written_otherwise_that_do_the_same_are_no_finding() -> None:
    """The objects are compared only where something is open or closed that should not be."""

    def same(body: Body) -> None:
        body["metadata"]["name"] = "another"
        body["spec"]["ingress"] = [*body["spec"]["ingress"], *body["spec"]["ingress"]]

    assert refuted(intent("seed"), same) == ()


def test_the_workloads_among_the_manifests_are_the_pods_of_the_apps(tmp_path: Path) -> None:
    """No pod is assumed for an app that has some, so that labels are no assumption any more."""
    meant = intent("seed")
    deployments = [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name, "namespace": "default"},
            "spec": {
                "template": {"metadata": {"labels": {"app": f"{name}-app", "env": "prod"}}, "spec": {"containers": []}}
            },
        }
        for name in ("frontend", "backend")
    ]
    rendered = [manifest.body for manifest in api.render(meant)]
    found = proof(meant, [*rendered, *deployments])
    assert (found.findings, found.assumes, found.beside) == ((), ("no other policies",), "2 workloads")
    written = tmp_path / "all.yaml"
    written.write_text("\n---\n".join(map(json.dumps, [*rendered, *deployments])), encoding="utf-8")
    twice = api.verify(meant, [written], workloads=[written])
    assert (twice.findings, twice.assumes) == ((), ())
