"""The proof: what was rendered is proved, and whatever is changed in it afterwards is found."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import reach
from netgen import api
from netgen.source import Dialect, read
from netgen.verify import Proof, prove

ROOT = Path(__file__).parents[1]
SYSTEMS = sorted(path.parent.name for path in (ROOT / "specs").glob("*/spec.yaml"))

Body = dict[str, Any]

ENTRYPOINTS = {"public": ("traefik", {"app.kubernetes.io/name": "traefik"})}
TRIED = [(protocol, port) for protocol in ("TCP", "UDP", "SCTP") for port in (53, 54, 5555, 8080, 8081)]
"""Ports that a changed policy may open, beside those that the policies name."""


def intent(system: str) -> api.Intent:
    """Return what an example means."""
    return api.load(ROOT / "specs" / system / "spec.yaml").intent


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
    """Change selector, type, port, target and protocol of a Service."""
    spec = body["spec"]
    for key, value in (
        ("selector", {"app": "nobody"}),
        ("type", "NodePort" if spec["type"] != "NodePort" else "ClusterIP"),
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
    """Change class, host, path, path type and backend of an Ingress."""
    path = {"path": "/other"}, {"pathType": "Exact"}
    for mutation in path:
        changed = copy.deepcopy(body)
        changed["spec"]["rules"][0]["http"]["paths"][0].update(mutation)
        yield changed
    for key, value in (("ingressClassName", "other"), ("rules", [])):
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


@pytest.mark.parametrize("system", ["seed", "services", "shop"])
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
    """The commonLabels of kustomize change the selectors of peers too, so that nobody meets any more."""
    meant = intent("online-boutique")
    api.write(api.render(meant), tmp_path / "base")
    overlay = tmp_path / "overlay"
    overlay.mkdir()
    (overlay / "kustomization.yaml").write_text("resources: [../base]\ncommonLabels: {team: a}\n", encoding="utf-8")
    found = api.verify(meant, ["-"], stdin=kustomize(overlay).encode()).findings
    closed = {problem.place.line for problem in found if problem.code == "not-open" and problem.place}
    spec = (ROOT / "specs" / "online-boutique" / "spec.yaml").read_text(encoding="utf-8").splitlines()
    frontend = spec.index("  frontend:") + 1
    assert {
        number for number, line in enumerate(spec, 1) if line.startswith("      - ") and number < frontend + 12
    } <= closed


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
