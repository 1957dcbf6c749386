"""`netgen import` of what teams have: live objects, copied policies, charts; and the comparisons that follow it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from living import random_namespace
from netgen import api
from netgen.diff import Diff, Side, compare
from netgen.diff.changes import WIDENING
from netgen.diff.rows import minus, within
from netgen.evaluate.endpoints import Endpoint, Kind
from netgen.evaluate.objects import read_cluster
from netgen.evaluate.objects.model import Cluster
from netgen.evaluate.sets import mask_of
from netgen.importing import Spec, sides
from netgen.scene import scenes
from test_import import TCP, Body, app, apps, cluster_of, imported, policy, service, space, text_of, workload

SEEDS, EXACT, MANY = 60, 5, 1500


def kind(body: Body, word: str) -> Body:
    """Return *body* as another kind of workload."""
    return {**body, "kind": word}


def some(*names: str) -> Body:
    """Return a selector of the pods of several workloads."""
    return {"matchExpressions": [{"key": "app", "operator": "In", "values": list(names)}]}


def tiered(name: str, tier: str) -> Body:
    """Return a workload whose pods are of a tier too."""
    found = workload(name, {"containerPort": 8080})
    found["spec"]["template"]["metadata"]["labels"]["tier"] = tier
    return found


def asked(peer: Body, *protocols: str) -> Body:
    """Return the rule that lets pods ask name servers."""
    return {"to": [peer], "ports": [{"port": 53, "protocol": each} for each in protocols]}


def after(before: Cluster, found: Spec) -> Cluster:
    """Return the workloads of *before* with what the spec renders."""
    rendered = read_cluster(manifest.document for manifest in api.render(found.intent))
    return replace(before, policies=rendered.policies, services=rendered.services, ingresses=rendered.ingresses)


def told(before: Cluster, found: Spec) -> Diff:
    """Return what `import` says that changes."""
    old, new = sides(before, after(before, found))
    return compare(Side(old), Side(new), cni="kubernetes")


def notes(*objects: Body) -> list[str]:
    """Return what is in the spec in another way."""
    return [problem.message for problem in imported(*objects).notes]


# ---------------------------------------------------------------------------------------------------------- properties


def is_sure(one: Endpoint) -> bool:
    """Return whether pods like *one* may be there: not pods that wear a part of a workload's labels."""
    return one.kind is not Kind.STRANGER or one.namespace != "shop" or not one.labels


def held_against(before: Cluster, found: Spec) -> tuple[list[str], bool]:
    """Return the targets to which more is open than before, under any reading, and whether anything real is closed."""
    plain = [replace(one, services=(), ingresses=()) for one in (before, after(before, found))]
    old, new = scenes(plain, cni="kubernetes")
    ends = old.universe.endpoints
    sure = mask_of([index for index, one in enumerate(ends) if is_sure(one)])
    real = mask_of([index for index, one in enumerate(ends) if one.kind is Kind.WORKLOAD])
    known = mask_of([index for index, one in enumerate(ends) if one.kind is not Kind.STRANGER])
    opened, closed = [], False
    for target, name in enumerate(old.names):
        for then, now in ((old.narrow, new.narrow), (old.wide, new.wide)):
            more = within(minus(now.row(target), then.row(target)), sure)
            opened += [f"{name}: {more}"] if more and sure >> target & 1 else []
            less = minus(then.row(target), now.row(target))
            closed |= bool(within(less, known if real >> target & 1 else real)) and bool(known >> target & 1)
    return opened, closed


def check(seeds: range) -> int:
    """Hold the import of a random namespace for each of *seeds* against it; return how many say and reach all."""
    exact = 0
    for seed in seeds:
        objects = random_namespace(f"living {seed}")
        before, found = cluster_of(text_of(*objects)), imported(*objects)
        opened, closed = held_against(before, found)
        changes = told(before, found)
        assert (seed, opened) == (seed, [])
        assert (seed, closed and changes.is_same) == (seed, False)
        assert [one.message for one in found.unsaid if one.place is None] == []
        exact += changes.is_same and not found.unsaid
    return exact


def test_what_teams_have_is_never_opened_and_what_is_closed_is_listed() -> None:
    """Of 60 random namespaces nothing is open that was not, and each loss is told and has a place."""
    assert check(range(SEEDS)) >= EXACT


@pytest.mark.heavy
def test_what_teams_have_is_never_opened_in_many_namespaces() -> None:
    """The same of 1500."""
    assert check(range(SEEDS, MANY)) >= MANY // SEEDS * EXACT


# ------------------------------------------------------------------------------------------- policies over several pods


def test_an_app_opens_no_direction_for_pods_of_an_app_that_closes_it() -> None:
    """One closed direction of a namespace, a policy over two apps, one of which may call out: nothing more is open."""
    objects = (
        *(workload(name, {"containerPort": 8080}) for name in ("web", "api")),
        policy("deny", subject={}, ingress=[]),
        policy("both", subject=some("web", "api"), ingress=[{"from": [space("ingress-nginx")], "ports": [TCP]}]),
        policy("api", egress=[{"to": [{"ipBlock": {"cidr": "203.0.113.0/24"}}], "ports": [{"port": 443}]}]),
    )
    found = apps(*objects)
    assert "isolate: namespace\n" in found
    assert "  api:\n    port: 8080\n    service: false\n    dns: false\n    accepts: ingress-nginx/*\n" in found
    assert "  web:\n    port: 8080\n    service: false\n    isolate: ingress\n" in found


def test_policies_of_a_tier_are_those_of_its_workloads_where_one_direction_is_closed() -> None:
    """The same where the policy over both names a label that they share."""
    objects = (
        *(tiered(name, "back") for name in ("web", "api")),
        policy("deny", subject={}, ingress=[]),
        policy("tier", subject={"matchLabels": {"tier": "back"}}, ingress=[{"from": [app("web")], "ports": [TCP]}]),
        policy("api", egress=[]),
    )
    found = imported(*objects)
    assert [app.key.name for app in found.intent.apps] == ["api", "web"]
    assert held_against(cluster_of(text_of(*objects)), found) == ([], False)


def test_policies_of_a_closed_namespace_are_those_of_its_apps() -> None:
    """A tier is no app where all of it are apps: the spec says who calls whom."""
    objects = (
        *(tiered(name, "front") for name in ("web", "admin")),
        *(tiered(name, "data") for name in ("db",)),
        policy("deny", subject={}, ingress=[], egress=[]),
        policy(
            "data",
            subject={"matchExpressions": [{"key": "tier", "operator": "In", "values": ["data"]}]},
            ingress=[{"from": [{"podSelector": {"matchLabels": {"tier": "front"}}}], "ports": [TCP]}],
        ),
        policy(
            "front",
            subject={"matchLabels": {"tier": "front"}},
            egress=[{"to": [{"podSelector": {"matchLabels": {"tier": "data"}}}], "ports": [TCP]}],
        ),
    )
    found = apps(*objects)
    assert "peers" not in found
    assert found.count("    calls: db\n") == 2


def test_a_named_port_is_the_number_that_each_app_has_for_it() -> None:
    """A policy over every pod opens to each the port that it calls so, and none to those without."""
    objects = (
        *(workload(name, {"name": "metrics", "containerPort": port}) for name, port in (("web", 9090), ("db", 9187))),
        workload("plain", {"containerPort": 9090}),
        policy("scraped", subject={}, ingress=[{"from": [space("monitoring")], "ports": [{"port": "metrics"}]}]),
    )
    found = imported(*objects)
    ports = {app.key.name: [port.container for port in app.ports] for app in found.intent.apps}
    assert ports == {"db": [9187], "plain": [], "web": [9090]}
    assert (held_against(cluster_of(text_of(*objects)), found), found.unsaid) == (([], False), ())


def test_values_that_a_selector_lists_are_apps_of_their_own() -> None:
    """`In` is no app: neither as a peer nor as what a policy holds."""
    objects = (
        *(workload(name, {"containerPort": 8080}) for name in ("web", "worker", "db", "cache")),
        policy("data", subject=some("db", "cache"), ingress=[{"from": [{"podSelector": some("web", "worker")}]}]),
    )
    found = imported(*objects)
    assert [app.key.name for app in found.intent.apps] == ["cache", "db", "web", "worker"]
    assert "  web:\n    port: 8080\n    service: false\n    isolate: none\n    calls: [cache, db]\n" in found.text


def test_listed_values_that_nothing_else_speaks_of_are_one_app() -> None:
    """Pods that only one policy knows stay together."""
    found = imported(policy("both", subject=some("a", "b"), ingress=[]))
    assert len(found.intent.apps) == 1


def test_a_peer_without_a_word_is_written_as_the_apps_that_it_has() -> None:
    """Pods with any other label than one, or of every namespace: the apps among them, and a word on the rest."""
    others = {"podSelector": {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}}
    objects = (
        *(workload(name, {"containerPort": 8080}) for name in ("web", "worker", "db")),
        policy("db", ingress=[{"from": [others], "ports": [TCP]}]),
        policy("web", ingress=[{"from": [{"namespaceSelector": {}, **app("db")}], "ports": [TCP]}]),
    )
    found = imported(*objects)
    assert [one.message for one in found.unsaid] == [
        "shop/db accepts pods with app NotIn (web) of shop; of these the spec names shop/db, shop/worker",
        "shop/web accepts pods with app=db of every namespace; of these the spec names shop/db",
    ]
    assert "  worker:\n    port: 8080\n    service: false\n    isolate: none\n    calls: db\n" in found.text


# ---------------------------------------------------------------------------------------------------------- namespaces


def test_a_namespace_whose_workloads_are_all_apps_reaches_the_same() -> None:
    """Default deny and DNS for every pod: the pods that lose it are none, which is a note."""
    objects = (
        workload("web", {"containerPort": 8080}),
        policy("deny", subject={}, ingress=[], egress=[]),
        policy("dns", subject={}, egress=[asked(space("kube-system", {"k8s-app": "kube-dns"}), "UDP", "TCP")]),
    )
    found = imported(*objects)
    assert (found.unsaid, told(cluster_of(text_of(*objects)), found).is_same) == ((), True)
    [note] = notes(*objects)
    assert note.startswith("every pod of shop has these permissions; in the spec every app has them, other pods none")
    assert note.endswith("; every workload of shop is an app")
    without = imported(*objects[1:])
    assert [one.fix for one in without.unsaid] == ["give the workloads of shop, and write an app for each"]


def test_what_workloads_lose_in_a_closed_namespace_is_still_told() -> None:
    """Only what concerns pods of no app is left out of the comparison."""
    objects = (
        *(workload(name, {"containerPort": 8080}) for name in ("web", "api")),
        policy("deny", subject={}, ingress=[]),
        policy("web", ingress=[{"from": [app("api")], "ports": [{"port": 1, "endPort": 900}]}]),
    )
    before = cluster_of(text_of(*objects))
    assert [one.words for one in told(before, imported(*objects)).changes] == [
        "shop/api can no longer open shop/web on 1-900/TCP"
    ]


# ----------------------------------------------------------------------------------------------------------------- DNS

SERVERS = {"podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}


@pytest.mark.parametrize(
    ("protocols", "written"),
    [(("UDP", "TCP"), "  web: {isolate: egress}\n"), (("UDP",), "    dns: false\n    calls: kube-dns:53/udp\n")],
)
def test_name_servers_of_every_namespace_are_those_of_kube_system(protocols: tuple[str, ...], written: str) -> None:
    """The rule that is copied most keeps DNS, and the namespaces that it names too many are told."""
    objects = (
        workload("web", {"containerPort": 8080}),
        policy("web", egress=[asked({"namespaceSelector": {}, **SERVERS}, *protocols)]),
    )
    found = imported(*objects)
    assert written in found.text
    [note] = [one for one in notes(*objects) if "53" in one]
    assert note == "port 53 of pods with k8s-app=kube-dns in every namespace is written as that of those in kube-system"
    assert (found.unsaid, told(cluster_of(text_of(*objects)), found).is_same) == ((), True)


def test_name_servers_are_where_their_workload_is() -> None:
    """A server that is among the manifests is asked where it is, and no other."""
    servers = workload("dns", {"containerPort": 53}, namespace="names")
    objects = (servers, policy("web", egress=[asked({"namespaceSelector": {}, **app("dns")}, "UDP")]))
    assert [one for one in notes(*objects) if "53" in one] == [
        "port 53 of pods with app=dns in every namespace is written as that of those in names"
    ]


def test_a_loss_of_dns_is_called_that() -> None:
    """Namespaces that nobody can name take DNS with them."""
    peer = {"namespaceSelector": {"matchLabels": {"name": "kube-system"}}, **SERVERS}
    [problem] = imported(policy("web", egress=[asked(peer, "UDP")])).unsaid
    assert problem.message.endswith("has name=kube-system, and a spec names namespaces; DNS is lost by this")


# ------------------------------------------------------------------------------------------------------------ Services


def test_an_app_is_called_after_its_workload_beside_a_service_for_clients() -> None:
    """The Service of the cluster is the app's, and calls name its ports."""
    both = [{"port": 8080}, {"port": 9000}]
    objects = (
        workload("api", {"containerPort": 8080}, {"containerPort": 9000}),
        workload("web"),
        service("api", {"name": "http", "port": 80, "targetPort": 8080}, {"name": "grpc", "port": 9000}),
        service("api-public", {"name": "grpc", "port": 443, "targetPort": 9000}, app="api", type="LoadBalancer"),
        policy("api", ingress=[{"from": [app("web")], "ports": both}, {"ports": [{"port": 9000}]}]),
        policy("web", egress=[{"to": [app("api")], "ports": both}]),
    )
    found = apps(*objects)
    assert "  api:\n    ports: {http: 80 -> 8080, grpc: 9000}\n" in found
    assert "  api-public:\n    select: {app: api}\n    ports: {grpc: 443 -> 9000}\n" in found
    assert "calls: [api:grpc, api:http]\n" in found


def test_a_service_is_no_part_of_an_app_that_selects_by_expressions() -> None:
    """Its pods stay closed: the app of the policy is beside that of the Service."""
    others = {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["db"]}]}
    objects = (WEB, service("web", TCP), policy("others", subject=others, ingress=[]))
    found = imported(*objects)
    assert found.unsaid == ()
    assert held_against(cluster_of(text_of(*objects)), found) == ([], False)


def test_calls_follow_an_app_that_gets_another_name() -> None:
    """The second Service of one workload has the name of another workload."""
    objects = (
        workload("api"),
        workload("api-2"),
        workload("web"),
        service("api", {"port": 80, "targetPort": 8080}),
        service("api-2", {"port": 81, "targetPort": 9000}, app="api"),
        *(policy(name, ingress=[]) for name in ("api-2",)),
        policy("web", egress=[{"to": [app("api")], "ports": [{"port": 9000}]}]),
    )
    found = imported(*objects)
    assert "calls: api-2-2\n" in found.text
    assert told(cluster_of(text_of(*objects)), found).is_same


LIVE = {"clusterIP": "10.43.1.1", "clusterIPs": ["10.43.1.1"], "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack"}


def test_what_a_cluster_fills_in_is_silent() -> None:
    """Addresses that nobody has chosen are no loss; one that somebody wrote is."""
    fills = {**LIVE, "internalTrafficPolicy": "Cluster", "sessionAffinity": "None", "type": "ClusterIP"}
    assert imported(service("web", TCP, **fills), policy("web", ingress=[])).unsaid == ()
    chosen = imported(service("web", TCP, clusterIP="10.43.0.10"), policy("web", ingress=[])).unsaid
    assert [one.message for one in chosen] == ["clusterIP of Service shop/web has no word in a spec"]


# ------------------------------------------------------------------------------------------------------------- owners


def owned(body: Body, word: str, owner: str, version: str = "apps/v1", **labels: str) -> Body:
    """Return a Pod, Job or ReplicaSet like the workload *body* that *owner* controls."""
    made = kind(body, word)
    template = body["spec"]["template"]
    marked = {**template, "metadata": {"labels": {**template["metadata"]["labels"], **labels}}}
    spec = marked["spec"] if word == "Pod" else {"template": marked}
    above, _, name = owner.partition("/")
    references = [{"apiVersion": version, "kind": above, "name": name, "controller": True}]
    metadata = {"name": f"{body['metadata']['name']}-6d4", "namespace": "shop", "ownerReferences": references}
    metadata |= {"labels": marked["metadata"]["labels"]}
    return {**made, "apiVersion": "v1" if word == "Pod" else version, "metadata": metadata, "spec": spec}


WEB = workload("web", {"name": "http", "containerPort": 8080})
HASH = {"pod-template-hash": "6d4"}


@pytest.mark.parametrize(
    ("objects", "names"),
    [
        ((WEB, owned(WEB, "ReplicaSet", "Deployment/web", **HASH)), ["shop/web"]),
        ((owned(WEB, "Pod", "ReplicaSet/web-6d4", **HASH), WEB), ["shop/web"]),  # the one between them is not there
        ((owned(WEB, "Pod", "ReplicaSet/web-6d4", **HASH),), ["shop/web-6d4"]),
        ((WEB, owned(workload("old"), "ReplicaSet", "Deployment/web", **HASH)), ["shop/web", "shop/old-6d4"]),
    ],
)
def test_what_a_controller_has_made_is_its_own(objects: tuple[Body, ...], names: list[str]) -> None:
    """Pods and ReplicaSets are no workloads beside the one that made them, unless they wear other labels."""
    assert [str(one) for one in cluster_of(text_of(*objects)).workloads] == names


def test_a_replica_set_that_is_kept_to_roll_back_is_nobody() -> None:
    """It has no pods, whatever its labels are."""
    old = owned(workload("old"), "ReplicaSet", "Deployment/web", **HASH)
    old["spec"]["replicas"] = 0
    assert [str(one) for one in cluster_of(text_of(WEB, old)).workloads] == ["shop/web"]


def test_labels_that_all_pods_of_a_workload_were_given_are_its_own() -> None:
    """A webhook labels pods, and policies may select them by that; where pods differ nobody knows the next one."""
    pods = [owned(WEB, "Pod", "ReplicaSet/web-6d4", **HASH, mesh="on", zone=zone) for zone in ("a", "b")]
    pods[1]["metadata"]["name"] = "web-6d4-2"
    [one] = cluster_of(text_of(WEB, *pods)).workloads
    assert dict(one.labels) == {"app": "web", "mesh": "on"}
    assert one.unsure == {"pod-template-hash", "zone"}


def test_a_live_job_is_known_by_what_the_next_one_wears_too() -> None:
    """The labels of one run are no app's."""
    job = {**kind(workload("migrate"), "Job"), "apiVersion": "batch/v1"}
    job["spec"]["template"]["metadata"]["labels"] |= {"controller-uid": "u", "job-name": "migrate"}
    job["spec"]["selector"] = {"matchLabels": {"controller-uid": "u"}}
    [found] = imported(job).intent.apps
    assert found.selector.labels == (("app", "migrate"),)


def test_the_job_of_a_cron_job_is_no_app() -> None:
    """It comes and goes each night."""
    cron = kind(workload("nightly"), "CronJob")
    cron = {**cron, "apiVersion": "batch/v1", "spec": {"jobTemplate": {"spec": cron["spec"]}}}
    job = owned(workload("nightly"), "Job", "CronJob/nightly", "batch/v1", **{"job-name": "nightly-6d4"})
    assert [app.key.name for app in imported(cron, job).intent.apps] == ["nightly"]


# ------------------------------------------------------------------------------------------------- Ingresses and after


def edge(at: str, way: str, name: str = "edge") -> Body:
    """Return an Ingress of the class nginx."""
    backend = {"service": {"name": "web", "port": {"name": "http"}}}
    rules = [{"host": "a.example.com", "http": {"paths": [{"path": at, "pathType": way, "backend": backend}]}}]
    spec = {"ingressClassName": "nginx", "rules": rules}
    metadata = {"name": name, "namespace": "shop"}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}


OPEN = (WEB, service("web", {"name": "http", "port": 80, "targetPort": 8080}))


def test_a_path_that_no_url_says_is_told_once_and_is_among_the_changes() -> None:
    """It is left out where it stands, and the URL is listed as lost."""
    objects = (*OPEN, edge("/v1(/|$)(.*)", "ImplementationSpecific"))
    found = imported(*objects)
    [problem] = found.unsaid
    assert problem.message.startswith("the path /v1(/|$)(.*) of Ingress shop/edge is left out: ")
    assert problem.place is not None
    assert not [one for one in found.notes if "/v1" in one.message]
    assert [one.words for one in told(cluster_of(text_of(*objects)), found).changes] == [
        "http://a.example.com/v1(/|$)(.*) no longer leads to shop/web:80"
    ]


def run(name: str, *objects: Body) -> Any:
    """Write *objects* and their spec into the folder; return the files."""
    Path(f"{name}.yaml").write_text(text_of(*objects), encoding="utf-8")
    found, _ = api.import_manifests([f"{name}.yaml"])
    Path("spec.yaml").write_text(found.text, encoding="utf-8")
    return f"{name}.yaml", "spec.yaml"


STATEFUL = (
    kind(workload("db", {"containerPort": 5432}), "StatefulSet"),
    service("db", {"name": "pg", "port": 5432}),
    service("db-headless", {"name": "pg", "port": 5432}, app="db", clusterIP="None"),
)


@pytest.mark.parametrize(
    "objects",
    [
        (*OPEN, edge("/", "ImplementationSpecific")),
        STATEFUL,
        (
            *STATEFUL,
            policy("db", ingress=[]),
            workload("web"),
            owned(workload("web"), "Pod", "ReplicaSet/web-6d4", **HASH),
        ),
    ],
)
def test_a_cluster_and_the_spec_of_its_import_are_the_same(
    objects: tuple[Body, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pods of a spec are the workloads that are given beside it, also where two of its apps have them."""
    monkeypatch.chdir(tmp_path)
    before, spec = run("cluster", *objects)
    changes, _ = api.diff(before, spec)
    assert [one.words for one in changes.changes] == []
    back, _ = api.diff(spec, before)
    assert [one.words for one in back.changes] == []


def test_namespaces_that_are_given_are_those_of_the_spec_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What selects them by a label is compared with what names them."""
    monkeypatch.chdir(tmp_path)
    metadata = {"name": "ops", "labels": {"team": "ops"}}
    peer = {"namespaceSelector": {"matchLabels": {"team": "ops"}}}
    rules = [{"from": [peer], "ports": [TCP]}]
    space_of = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
    before, spec = run("cluster", space_of, WEB, policy("web", ingress=rules))
    changes, _ = api.diff(before, spec)
    assert [one for one in changes.changes if "ops is there on the old side only" in one.words] == []


def test_a_new_type_of_a_path_is_told_but_for_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The controller decides what a path means that leaves it to the controller."""
    monkeypatch.chdir(tmp_path)
    before, spec = run("cluster", *OPEN, edge("/v1", "ImplementationSpecific"))
    changes, _ = api.diff(before, spec)
    [change] = changes.changes
    what = "is of the type Prefix now (before: ImplementationSpecific), and the controller decides what differs"
    assert change.words == f"http://a.example.com/v1 {what}"
    assert not [one for one in changes.changes if one.kind in WIDENING]


def test_a_check_takes_a_path_that_is_left_to_the_controller_for_the_specs_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What import has written as a prefix is no other way in."""
    monkeypatch.chdir(tmp_path)
    before, spec = run("cluster", *OPEN, edge("/v1", "ImplementationSpecific"))
    Path(before).write_text(text_of(*OPEN, edge("/v1", "ImplementationSpecific", "older")), encoding="utf-8")
    loaded = api.load(spec)
    proof = api.prove(loaded.intent, api.render(loaded.intent), workloads=[before])
    assert [one.message for one in proof.findings] == []
