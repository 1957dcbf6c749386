"""What netgen says of specs on Cilium where it is easily wrong: claims in vain, ways around them, what diff misses."""

from __future__ import annotations

from pathlib import Path

import pytest

from netgen import api
from netgen.source import Dialect, read
from netgen.verify import Proof, prove
from specs import document, load, platform

CILIUM = platform("cni: cilium 1.20\n")


def proof(*documents: str) -> Proof:
    """Return the proof of what *documents* render."""
    intent = load(*documents).intent
    return api.prove(intent, api.render(intent))


# --------------------------------------------------------------------------------------- claims about the host network

HOSTED = "apps: {db: 5432/tcp, agent: {hostNetwork: true, port: 9100}}\n"


@pytest.mark.parametrize("claim", ["db -> agent", "db -> agent:9100", "agent -> db", "agent -> internet"])
def test_no_claim_is_denied_by_a_policy_of_pods_that_none_can_hold(claim: str) -> None:
    """Pods on the host network are held by no deny, whether they are the source or the target."""
    loaded = load(document(f'{HOSTED}never: ["{claim}"]\n'), CILIUM)
    assert loaded.intent.denials == ()
    told = [one.message for one in loaded.problems if one.code == "not-denied"]
    assert [one.partition(": ")[2] for one in told] == ["no policy holds shop/agent, which is on the host network"]


def test_a_staged_app_breaks_a_claim_about_the_host_network() -> None:
    """A policy that closes nothing keeps no app from the nodes."""
    found = proof(document(f"stage: audit\n{HOSTED}never: [db -> agent]\n"), CILIUM)
    assert [one.code for one in found.findings] == ["never-broken"]
    assert found.enforced == 0


@pytest.mark.parametrize("claim", ["db -> here/*", "db -> edge/*"])
def test_a_staged_app_breaks_a_claim_about_some_pods_on_the_host_network(claim: str) -> None:
    """What denies the other pods of a namespace does not hold those."""
    spec = document(f'stage: audit\n{HOSTED}never: ["{claim}"]\n')
    edge = document("apps: {proxy: {hostNetwork: true, port: 80}}\n", "edge")
    assert [one.code for one in proof(spec, edge, CILIUM).findings] == ["never-broken"]


def test_a_claim_about_the_host_network_holds_where_the_source_is_closed() -> None:
    """An app that may open nothing opens no pods on the host network either."""
    found = proof(document(f"{HOSTED}never: [db -> agent]\n"), CILIUM)
    assert (found.findings, found.claims, found.enforced) == ((), 1, 0)


# ---------------------------------------------------------------------------------------------- clients behind a node

BEHIND = document("apps: {db: {port: 5432/tcp, accepts: [cluster/nodes], service: false}}\nnever: [internet -> db]\n")
NODE_PORT = """
apiVersion: v1
kind: Service
metadata: {{name: outside, namespace: shop}}
spec:
  type: {kind}
  externalTrafficPolicy: {policy}
  selector: {{app.kubernetes.io/name: {app}}}
  ports: [{{port: 1, targetPort: {target}}}]
"""


def beside(service: str) -> list[str]:
    """Return the codes of what is found where *service* stands beside what is rendered."""
    intent = load(BEHIND, CILIUM).intent
    reading = read(service, "service.yaml", Dialect.MANIFEST)
    documents = [*(one.document for one in api.render(intent)), *reading.documents]
    return [one.code for one in prove(intent, documents, reading.problems, cni="cilium").findings]


@pytest.mark.parametrize("kind", ["NodePort", "LoadBalancer"])
@pytest.mark.parametrize("target", ["5432", "main"])
def test_who_comes_through_a_node_breaks_a_claim(kind: str, target: str) -> None:
    """A Service that hands clients to another node shows the pods that node, which the spec lets in."""
    assert beside(NODE_PORT.format(kind=kind, policy="Cluster", app="db", target=target)) == ["never-broken"]


@pytest.mark.parametrize(
    ("kind", "policy", "app", "target"),
    [
        ("NodePort", "Local", "db", "5432"),
        ("NodePort", "Cluster", "other", "5432"),
        ("NodePort", "Cluster", "db", "5433"),
    ],
)
def test_other_services_break_no_claim(kind: str, policy: str, app: str, target: str) -> None:
    """Nor does one that shows the clients' own addresses, leads elsewhere, or to a port that nodes cannot open."""
    assert beside(NODE_PORT.format(kind=kind, policy=policy, app=app, target=target)) == []


def test_clients_behind_nodes_are_told_of() -> None:
    """Of Services that nobody gives it is said what a claim about the internet supposes."""
    said = "Services of others lead no clients to what nodes may open"
    assert said in proof(BEHIND, CILIUM).provisos
    assert said not in proof(document("apps: {db: 5432/tcp}\nnever: [internet -> db]\n"), CILIUM).provisos


# ------------------------------------------------------------------------------------------- denials and host names


def test_a_denied_block_supposes_that_no_host_of_a_call_is_in_it() -> None:
    """The addresses of a name are not known: a deny of a block may cut them off, which is said."""
    said = "host names in specs have none of the addresses in them"
    called = document("apps: {db: {calls: ['https://erp.example.com']}}\nnever: [db -> 10.0.0.0/8]\n")
    assert said in proof(called, CILIUM).provisos
    silent = document("apps: {db: {calls: ['tcp://192.0.2.1:1']}}\nnever: [db -> 10.0.0.0/8]\n")
    assert said not in proof(silent, CILIUM).provisos


# ------------------------------------------------------------------------------------------------------------ changes

ACCOUNTS = [
    ("web: {serviceAccount: front, calls: [db]}", "web: {calls: [db]}"),
    ("web: {serviceAccount: front, calls: [db]}", "web: {serviceAccount: robot, calls: [db]}"),
    ("web: {calls: [db]}", "web: {serviceAccount: front, calls: [db]}"),
]


@pytest.mark.parametrize(("old", "new"), ACCOUNTS)
def test_diff_tells_that_an_app_has_another_service_account(tmp_path: Path, old: str, new: str) -> None:
    """Who may be the app is what its rules mean, so that another account is a change like another label."""
    for name, app in (("old", old), ("new", new)):
        text = document(f"apps:\n  {app}\n  db: 5432/tcp\n") + "---\n" + CILIUM
        (tmp_path / f"{name}.yaml").write_text(text)
    found, _ = api.diff(tmp_path / "old.yaml", tmp_path / "new.yaml")
    assert [str(one.kind.value) for one in found.changes] == ["relabelled"]


# ----------------------------------------------------------------------------------------------------- the cluster


def test_pods_under_another_service_account_are_told_of(tmp_path: Path) -> None:
    """Where the labels are right, it is the account that is proposed, and not the labels that the spec has."""
    pods = "{metadata: {labels: {app.kubernetes.io/name: db}}, spec: {serviceAccountName: other, containers: []}}"
    (tmp_path / "cluster.yaml").write_text(
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: db, namespace: shop}}\nspec: {{template: {pods}}}\n"
    )
    intent = load(document("apps: {db: {port: 5432/tcp, serviceAccount: db}}\n"), CILIUM).intent
    found = api.prove(intent, api.render(intent), workloads=[tmp_path / "cluster.yaml"])
    label = "app.kubernetes.io/name: db"
    told = [(one.message, one.notes[-1].partition(" (")[0], one.fix) for one in found.warnings]
    assert told == [
        (
            f"no pods in shop carry {label} and run under the service account db, by which shop/db selects",
            "the Deployment shop/db runs under the service account other",
            "write  serviceAccount: other  under db",
        )
    ]
