"""`netgen import`: the spec of what manifests do, and a list of what it cannot say."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clusters import random_cluster
from netgen import api
from netgen.diff import Side, compare
from netgen.evaluate.objects import read_cluster
from netgen.evaluate.objects.model import Cluster
from netgen.importing import Spec, sides, spec_of
from netgen.intent import Intent
from netgen.problems import NetgenError
from netgen.source import Dialect, read
from netgen.spec import load_texts
from netgen.spec.resolve.registry import NAME_LABEL, PART_OF
from netgen.verify.ideal import workloads
from strategies import random_system
from writing import plainly

ROOT = Path(__file__).parents[1]
NETGEN = (sys.executable, "-m", "netgen")
SPECS = sorted(path.name for path in (ROOT / "specs").iterdir() if path.name != "storefront")
"""The examples of NetworkPolicies: those of Cilium are not imported."""
SYSTEMS, CLUSTERS = 150, 150
METADATA = ("labels of Service", "annotations of NetworkPolicy")
"""What two documents of one namespace have, and one does not, and what decides nothing."""
HEAD = "# yaml-language-server: $schema=.netgen.schema.json\n"
SHOP = "apiVersion: netgen.dev/v1alpha1\nkind: Connectivity\nmetadata: {name: shop, namespace: shop}\n"
Body = dict[str, Any]


# ------------------------------------------------------------------------------------------------------- making input


def workload(name: str, *ports: Body, namespace: str = "shop", **spec: Any) -> Body:
    """Return a Deployment whose pods have the label app: *name*."""
    container = {"name": "main", "image": "x", "ports": list(ports)}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container], **spec}},
        },
    }


def service(name: str, *ports: Body, app: str = "", namespace: str = "shop", **spec: Any) -> Body:
    """Return a Service of the pods with the label app: *app*, by default its own name."""
    own = {"selector": {"app": app or name}, "ports": list(ports), **spec}
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": own}


def labelled(body: Body, labels: dict[str, str]) -> Body:
    """Return *body* with *labels* of its own."""
    return {**body, "metadata": {**body["metadata"], "labels": labels}}


def policy(name: str, namespace: str = "shop", *, subject: Body | None = None, **spec: Any) -> Body:
    """Return a NetworkPolicy over the pods with the label app: *name*, or over *subject*."""
    types = [side for side, key in (("Ingress", "ingress"), ("Egress", "egress")) if key in spec]
    own = {"podSelector": {"matchLabels": {"app": name}} if subject is None else subject, "policyTypes": types, **spec}
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": own}


def ingress(*rules: Body, **spec: Any) -> Body:
    """Return an Ingress of the class traefik."""
    own = {"ingressClassName": "traefik", "rules": list(rules), **spec}
    metadata = {"name": "edge", "namespace": "shop"}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": own}


def path(host: str, name: str, *, at: str = "/", kind: str = "Prefix", port: Any = 80) -> Body:
    """Return a rule that leads a path of *host* to the Service *name*."""
    number = {"name": port} if isinstance(port, str) else {"number": port}
    backend = {"service": {"name": name, "port": number}}
    return {"host": host, "http": {"paths": [{"path": at, "pathType": kind, "backend": backend}]}}


def app(name: str) -> Body:
    """Return the peer that is the pods of *name*."""
    return {"podSelector": {"matchLabels": {"app": name}}}


def space(name: str, labels: Body | None = None) -> Body:
    """Return the peer that is pods of the namespace *name*."""
    found: Body = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}
    return found | ({"podSelector": {"matchLabels": labels}} if labels else {})


TCP = {"port": 8080}
LISTENS = {"containerPort": 8080}
TRAEFIK = space("traefik", {"app.kubernetes.io/name": "traefik"})
DNS = {
    "to": [space("kube-system", {"k8s-app": "kube-dns"})],
    "ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}],
}


# ------------------------------------------------------------------------------------------------------------- asking


def text_of(*objects: Body) -> str:
    """Return *objects* as manifests."""
    return "---\n".join(json.dumps(one, indent=1) + "\n" for one in objects)


def cluster_of(text: str) -> Cluster:
    """Return what manifests say."""
    reading = read(text.encode(), "in.yaml", Dialect.MANIFEST)
    return read_cluster(reading.documents, reading.problems)


def imported(*objects: Body) -> Spec:
    """Return the spec of *objects*."""
    reading = read(text_of(*objects).encode(), "in.yaml", Dialect.MANIFEST)
    return spec_of(read_cluster(reading.documents, reading.problems), reading.documents)


def written(*objects: Body) -> str:
    """Return the spec of *objects*, which says everything and reaches the same, without its head."""
    found = imported(*objects)
    assert [problem.message for problem in found.unsaid] == []
    assert changes(cluster_of(text_of(*objects)), found.intent) == []
    return found.text.removeprefix(HEAD)


def apps(*objects: Body) -> str:
    """Return the apps of the one document of the spec of *objects*."""
    return written(*objects).removeprefix(SHOP)


def changes(before: Cluster, intent: Intent) -> list[str]:
    """Return what changes when what *intent* renders stands in the place of policies, Services and Ingresses."""
    rendered = read_cluster(manifest.document for manifest in api.render(intent))
    old, new = sides(before, rendered)
    found = compare(Side(old), Side(new), cni="kubernetes")
    return [change.words for change in found.changes]


def unsaid(*objects: Body) -> list[str]:
    """Return what the spec of *objects* does not say."""
    return [problem.message for problem in imported(*objects).unsaid]


def served(intent: Intent, *, beside: Intent | None = None) -> tuple[set[object], set[object]]:
    """Return the Services and the routes of *intent*, but for the Services that *beside* takes to be there."""
    existing = {(one.app.namespace, one.name) for one in (beside.services if beside else ()) if one.existing}
    services: set[object] = {
        (
            *(one.app.namespace, one.name, one.type, one.selector, tuple(sorted(one.ports)), one.headless),
            *(one.affinity_seconds, one.local_traffic, one.source_ranges, one.load_balancer_class, one.annotations),
        )
        for one in intent.services
        if (one.app.namespace, one.name) not in existing
    }
    routes: set[object] = {
        (one.entrypoint.class_name, one.host, one.path, one.exact, one.tls and one.tls.secret, one.service)
        for one in intent.routes
    }
    return services, routes


# ----------------------------------------------------------------------------------------------------- whole systems


@pytest.mark.parametrize("name", SPECS)
def test_what_a_spec_renders_is_imported_as_what_it_means(name: str) -> None:
    """The import of a golden says everything: the same is reached, by the same Services and routes."""
    golden = cluster_of((ROOT / "tests" / "golden" / f"{name}.yaml").read_text(encoding="utf-8"))
    found = spec_of(golden)
    lost = METADATA if name == "bank-of-anthos" else ()  # three documents of one namespace, of which one is made
    messages = [problem.message for problem in (*found.unsaid, *found.notes)]
    assert [message for message in messages if not message.startswith(tuple(lost))] == []
    assert changes(golden, found.intent) == []
    assert served(found.intent) == served(api.load(ROOT / "specs" / name).intent)


def test_random_systems_reach_the_same_or_are_listed() -> None:
    """Of 150 random systems, each import reaches the same with the same Services and routes, or says what it lacks."""
    complete = 0
    for seed in range(SYSTEMS):
        intent = load_texts([("spec.yaml", plainly(random_system(f"import {seed}").documents).encode())], []).intent
        rendered = cluster_of(api.stream(api.render(intent), "yaml"))
        before = replace(rendered, workloads=workloads(intent))
        found = spec_of(before)
        said = [one for one in found.unsaid if not one.message.startswith(METADATA)]
        said += [one for one in found.notes if one.message.startswith("only one side")]  # a pod may be of two apps
        # The Service to which a path leads may be there and not among what is rendered.
        beside = {one.name for one in intent.services if one.existing} & {one.service for one in intent.routes}
        complete += bool(not said or beside)
        if not said:
            assert (seed, changes(before, found.intent)) == (seed, [])
            assert (seed, served(found.intent, beside=intent)) == (seed, served(intent, beside=intent))
    assert complete >= SYSTEMS * 9 // 10


def test_the_import_of_an_import_is_the_same_text() -> None:
    """Importing what the spec of an import renders gives that spec again."""
    for name in SPECS:
        golden = cluster_of((ROOT / "tests" / "golden" / f"{name}.yaml").read_text(encoding="utf-8"))
        first = spec_of(golden)
        again = spec_of(cluster_of(api.stream(api.render(first.intent), "yaml")))
        assert again.text == first.text


def test_policies_of_any_shape_are_said_or_listed() -> None:
    """Of 150 clusters with policies of every field and operator, none changes what is reached without a word."""
    for seed in range(CLUSTERS):
        objects = random_cluster(f"import {seed}").objects
        found, before = imported(*objects), cluster_of(text_of(*objects))
        if not found.unsaid:
            assert (seed, changes(before, found.intent)) == (seed, [])


# -------------------------------------------------------------------------------------------------------------- edges


def test_an_edge_is_said_once_as_a_call() -> None:
    """Both halves of one permission are a call of the caller, in a namespace of one owner."""
    found = apps(
        service("web", TCP),
        service("db", {"port": 80, "targetPort": 8080}),
        policy("web", ingress=[], egress=[DNS, {"to": [app("db")], "ports": [TCP]}]),
        policy("db", ingress=[{"from": [app("web")], "ports": [TCP]}], egress=[DNS]),
    )
    assert found == "selectBy: app\napps:\n  db: 80 -> 8080\n  web:\n    port: 8080\n    calls: db\n"


def test_an_edge_across_namespaces_is_said_on_both_sides() -> None:
    """Across owners the callee accepts what the caller calls."""
    far = space("pay", {"app": "db"})
    found = written(
        policy("web", ingress=[], egress=[DNS, {"to": [far], "ports": [TCP]}]),
        policy("db", "pay", ingress=[{"from": [space("shop", {"app": "web"})], "ports": [TCP]}], egress=[DNS]),
    )
    assert "  db:\n    port: 8080\n    service: false\n    accepts: shop/web\n" in found
    assert "  web: {calls: pay/db}\n" in found


def test_isolation_is_said_by_direction() -> None:
    """A policy of one direction isolates that direction only."""
    found = apps(
        policy("a", ingress=[{"from": [app("b")], "ports": [TCP]}]), policy("b", egress=[{"to": [app("a")], **ports()}])
    )
    assert "  a:\n    port: 8080\n    service: false\n    isolate: ingress\n" in found
    assert "  b:\n    isolate: egress\n    dns: false\n    calls: a\n" in found


def ports() -> Body:
    """Return the ports of a rule."""
    return {"ports": [TCP]}


def test_a_namespace_that_is_closed_for_every_pod_is_isolated() -> None:
    """A policy that denies both directions for all pods is `isolate: namespace`; an open direction stays open."""
    found = apps(
        policy("deny", subject={}, ingress=[], egress=[]), policy("web", ingress=[{"from": [app("web")]} | ports()])
    )
    assert found.startswith("selectBy: app\nisolate: namespace\n")
    opened = apps(policy("deny", subject={}, ingress=[], egress=[]), policy("web", ingress=[], egress=[{}]))
    assert "web: {isolate: ingress}" in opened


def test_everybody_else_is_named_by_words_addresses_and_peers() -> None:
    """Wildcards, addresses and pods of other namespaces are written as the language has them."""
    callers = [
        {"namespaceSelector": {}},
        {"podSelector": {}},
        space("ops"),
        {"ipBlock": {"cidr": "10.0.0.0/8"}},
        space("legacy", {"app": "cron"}),
        space("legacy", {"app.kubernetes.io/name": "job"}),
    ]
    found = apps(policy("web", ingress=[{"from": callers, "ports": [TCP]}]))
    assert "accepts: [cron, here/*, legacy/job, ops/*, 10.0.0.0/8, any]" in found
    assert "peers:\n  cron: {namespace: legacy, labels: {app: cron}}\n" in found


def test_a_policy_of_the_whole_cluster_stays_beside_the_spec() -> None:
    """It is named, and what is imported is what there is without it: a spec speaks of its own apps."""
    guard = {
        "apiVersion": "policy.networking.k8s.io/v1alpha2",
        "kind": "ClusterNetworkPolicy",
        "metadata": {"name": "guard"},
        "spec": {
            "tier": "Admin",
            "priority": 5,
            "subject": {"namespaces": {}},
            "ingress": [{"action": "Deny", "from": [{"namespaces": {"matchLabels": {"team": "other"}}}]}],
        },
    }
    objects = workload("web"), policy("web", subject={"matchLabels": {"app": "web"}}, ingress=[])
    why = "ClusterNetworkPolicy guard is left out: it is about the pods of more than one namespace"
    found = imported(*objects, guard)
    assert [problem.message for problem in found.unsaid] == [why]
    assert found.text == imported(*objects).text
    assert changes(cluster_of(text_of(*objects, guard)), found.intent) == []


def test_calls_outside_the_apps_are_written_with_their_ports() -> None:
    """Addresses get a scheme, exceptions are taken out, and wildcards keep their ports."""
    targets = [{"ipBlock": {"cidr": "10.0.0.0/30", "except": ["10.0.0.0/32"]}}, {"namespaceSelector": {}}]
    found = apps(policy("web", egress=[{"to": targets, "ports": [{"port": 443}, {"port": 53, "protocol": "UDP"}]}]))
    assert "- any:443\n      - any:53/udp\n      - https://10.0.0.1\n      - https://10.0.0.2/31\n" in found
    assert "- udp://10.0.0.1:53\n" in found


def test_the_internet_is_one_word_where_it_is_the_same_addresses() -> None:
    """All addresses of both families are `internet` as a caller; with one family they are not."""
    world = [{"ipBlock": {"cidr": cidr}} for cidr in ("0.0.0.0/0", "::/0")]
    assert "accepts: internet\n" in apps(policy("web", ingress=[{"from": world, "ports": [TCP]}]))
    half = apps(policy("web", ingress=[{"from": world[:1], "ports": [TCP]}]))
    assert "accepts: [0.0.0.0/1, 128.0.0.0/1]\n" in half


def test_named_ports_become_numbers() -> None:
    """A named port of a rule or a Service is the number that the containers give it."""
    found = apps(
        workload("web", {"name": "http", "containerPort": 8080}),
        service("web", {"name": "www", "port": 80, "targetPort": "http"}),
        policy("web", ingress=[{"from": [app("web")], "ports": [{"port": "http"}]}]),
    )
    assert "ports: {www: 80 -> 8080}" in found
    assert "calls: web" in found


def test_a_half_that_nobody_answers_is_a_note() -> None:
    """A permission that only one side gives opens nothing: it is left out, and said."""
    found = imported(
        policy("web", ingress=[], egress=[{"to": [app("db")], "ports": [TCP]}]), policy("db", ingress=[], egress=[])
    )
    assert found.unsaid == ()
    assert [(problem.code, problem.message) for problem in found.notes] == [
        (
            "imported-otherwise",
            "only one side lets shop/web reach shop/db on 8080/TCP: nothing is opened, and the spec does not say it",
        )
    ]


def test_an_app_that_no_policy_closes_is_isolated_in_no_direction() -> None:
    """It reaches the same, calls of it are as they were, and a note says of which apps that is so."""
    objects = (
        *(workload("web", LISTENS), service("web", {"port": 80, "targetPort": 8080}), workload("job")),
        *(workload("db", LISTENS), service("db", TCP)),
        policy("db", ingress=[{"from": [app("web")], "ports": [TCP]}]),
    )
    assert apps(*objects) == (
        "selectBy: app\napps:\n"
        "  db:\n    port: 8080\n    isolate: ingress\n"
        "  job: {isolate: none}\n"
        "  web:\n    port: 80 -> 8080\n    isolate: none\n    calls: db\n"
    )
    assert [(one.message, one.notes) for one in imported(*objects).notes] == [
        (
            "no policy closes shop/web, shop/job, and the spec says so: isolate: none",
            ("in.yaml: shop/web (1), shop/job (57)",),
        ),
        (
            "the port of Service shop/web, shop/db, which has no name, is called main",
            ("in.yaml: shop/web (49), shop/db (137)",),
        ),
    ]


def test_a_reason_is_told_once_with_each_object_and_its_place() -> None:
    """Of many, the first few are named in the sentence, and all of them below it, by file and line."""
    listening = [service(name, TCP) for name in ("a", "b", "c", "d", "e")]
    (note,) = [one for one in imported(*listening, closed("a")).notes if "no name" in one.message]
    assert note.message == "the port of Service shop/a, shop/b, shop/c and 2 more, which has no name, is called main"
    assert note.place
    (listed,) = note.notes
    assert re.findall(r"shop/(\w) \((\d+)\)", listed) == [
        (name, str(note.place.line + 19 * number)) for number, name in enumerate("abcde")
    ]


def test_labels_of_a_service_are_those_of_its_app() -> None:
    """A ServiceMonitor finds the Service by them, its name among them."""
    objects = (
        labelled(service("web", TCP), {NAME_LABEL: "web-metrics", "tier": "front", "team": "web"}),
        labelled(service("db", TCP), {"team": "web"}),
        *(closed("web"), closed("db")),
    )
    text = written(*objects)
    assert "metadata: {name: shop, namespace: shop, labels: {team: web}}" in text
    assert "service: {labels: {app.kubernetes.io/name: web-metrics, tier: front}}" in text


def test_a_service_of_pods_that_policies_hold_in_part_is_left_out() -> None:
    """Opening it would open the pods that a policy closes."""
    old, new = workload("old", LISTENS), workload("new", LISTENS)
    for one in (old, new):
        one["spec"]["template"]["metadata"]["labels"]["tier"] = "web"
    both = service("both", TCP) | {"spec": {"selector": {"tier": "web"}, "ports": [TCP]}}
    objects = (old, new, both, policy("old", ingress=[], egress=[]))
    assert "policies hold only some of the pods of Service shop/both; it is left out" in unsaid(*objects)
    words = changes(cluster_of(text_of(*objects)), imported(*objects).intent)
    assert [line for line in words if "can now open" in line] == []


def test_pods_that_nobody_tells_apart_are_not_opened() -> None:
    """Without workloads, an open Service may be of pods that a policy with another selector closes."""
    objects = (service("front", TCP), policy("db", subject={"matchLabels": {"tier": "db"}}, ingress=[], egress=[]))
    assert unsaid(*objects) == [
        "no workload tells whether policies hold the pods of Service shop/front; it is left out"
    ]


# ------------------------------------------------------------------------------------------------ Services, exposures


def closed(name: str, *rules: Body) -> Body:
    """Return the policy that lets *rules* in to the pods of *name*, and none out."""
    return policy(name, ingress=list(rules), egress=[DNS])


WORLD = {"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}, {"ipBlock": {"cidr": "::/0"}}], "ports": [TCP]}
FORMS: dict[str, tuple[tuple[Body, ...], str]] = {
    "headless": ((service("web", TCP, clusterIP="None"), closed("web")), "service: {headless: true}"),
    "affinity": ((service("web", TCP, sessionAffinity="ClientIP"), closed("web")), "{sessionAffinity: ClientIP}"),
    "name": ((workload("web"), service("front", TCP, app="web"), closed("web")), "service: {name: front}"),
    "protocol": ((service("web", {"name": "udp", "port": 53, "protocol": "UDP"}), closed("web")), "web: 53/udp"),
    "appProtocol": ((service("web", {"name": "http", **TCP, "appProtocol": "http"}), closed("web")), "8080/http"),
    "load balancer": ((service("web", TCP, type="LoadBalancer"), closed("web", WORLD)), "expose: loadBalancer"),
    "node port": (
        (service("web", {**TCP, "nodePort": 30080}, type="NodePort"), closed("web", WORLD)),
        "expose: nodePort 30080",
    ),
    "two Services": (
        (service("web", TCP), service("web-lb", TCP, app="web", type="LoadBalancer"), closed("web", WORLD)),
        "expose: {loadBalancer: {name: web-lb}}",
    ),
    "clients": (
        (
            service(
                *("web", TCP),
                type="LoadBalancer",
                externalTrafficPolicy="Local",
                loadBalancerSourceRanges=["203.0.113.0/24"],
            ),
            closed("web", {"from": [{"ipBlock": {"cidr": "203.0.113.0/24"}}], "ports": [TCP]}),
        ),
        "expose: {loadBalancer: {clients: [203.0.113.0/24]}}",
    ),
    "https": (
        (
            service("web", {"port": 80, "targetPort": 8080}),
            closed("web", {"from": [TRAEFIK], "ports": [TCP]}),
            ingress(path("a.example.com", "web"), tls=[{"hosts": ["a.example.com"], "secretName": "a"}]),
        ),
        "expose: [{url: https://a.example.com, name: edge}]",
    ),
    "http and a path": (
        (
            service("web", {"name": "http", "port": 80, "targetPort": 8080}),
            closed("web", {"from": [TRAEFIK], "ports": [TCP]}),
            ingress(path("a.example.com", "web", at="/x", kind="Exact", port="http")),
        ),
        "expose: [{url: http://a.example.com/x, match: exact, name: edge}]",
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_services_and_exposures_are_said_in_their_shortest_form(name: str) -> None:
    """What a Service or an Ingress has is written as the language has it, and reaches the same."""
    objects, expected = FORMS[name]
    assert expected in written(*objects)


def test_a_controller_that_policies_let_in_is_the_entry_points() -> None:
    """Where the apps accept other pods than the profile names, these are taken as the controller."""
    found = written(
        service("web", {"port": 80, "targetPort": 8080}),
        closed("web", {"from": [space("edge", {"app": "proxy"})], "ports": [TCP]}),
        ingress(path("a.example.com", "web")),
    )
    assert "controller: {namespace: edge, labels: {app: proxy}}" in found


def test_an_ingress_keeps_its_name() -> None:
    """So that it is taken over in place; where netgen would call it so by itself, nothing is written."""
    objects = service("web", {"port": 80, "targetPort": 8080}), closed("web", {"from": [TRAEFIK], "ports": [TCP]})
    one = ingress(path("a.example.com", "web"))
    assert "expose: [{url: http://a.example.com, name: edge}]" in written(*objects, one)
    assert [each.name for each in api.render(imported(*objects, one).intent) if each.kind == "Ingress"] == ["edge"]
    one["metadata"]["name"] = "shop.traefik.a.example.com"
    assert "expose: http://a.example.com\n" in written(*objects, one)


def test_labels_that_a_release_changes_are_left_out() -> None:
    """They would be wrong after the next one; which they are is said once for all Services."""
    labels = {
        "helm.sh/chart": "shop-0.1.0",
        "app.kubernetes.io/version": "1.16.0",
        "app.kubernetes.io/managed-by": "Helm",
        "app.kubernetes.io/instance": "shop",
    }
    objects = [service(name, {"port": 80, "targetPort": 8080}) for name in ("web", "api")]
    for one in objects:
        one["metadata"]["labels"] = dict(labels)
    found = imported(*objects, closed("web"), closed("api"))
    assert "metadata: {name: shop, namespace: shop, labels: {app.kubernetes.io/instance: shop}}" in found.text
    assert found.unsaid == ()
    assert [note.message for note in found.notes if "label" in note.message] == [
        (
            "labels of Service shop/web, shop/api that change with each release are left out: "
            "app.kubernetes.io/version, helm.sh/chart"
        )
    ]


def test_of_an_ingress_with_several_hosts_the_first_keeps_its_name() -> None:
    """Each Ingress of netgen holds one host, and that the others have one of their own is said."""
    objects = service("web", {"port": 80, "targetPort": 8080}), closed("web", {"from": [TRAEFIK], "ports": [TCP]})
    hosts = ingress(path("a.example.com", "web"), path("b.example.com", "web"), path("a.example.com", "web", at="/x"))
    found = imported(*objects, hosts)
    assert [each.name for each in api.render(found.intent) if each.kind == "Ingress"] == [
        "edge",
        "shop.traefik.b.example.com",
    ]
    assert [note.message for note in found.notes if "Ingress" in note.message] == [
        (
            "b.example.com of Ingress shop/edge is written as an Ingress of its own: each holds one host, "
            "and a.example.com keeps the name"
        )
    ]


def test_name_servers_that_policies_open_are_the_platforms() -> None:
    """What most apps may ask on port 53 of both protocols is `dns`; nothing is written for the default."""
    asked = {"to": [space("dns", {"app": "coredns"})], "ports": DNS["ports"]}
    assert 'dns: ["dns/app=coredns"]' in written(policy("web", ingress=[], egress=[asked]))
    assert "dns" not in written(policy("web", ingress=[], egress=[DNS]))
    assert "dns: false" in written(policy("web", ingress=[], egress=[]))


# ------------------------------------------------------------------------------------------------------ what is listed

ONE_WAY = (
    "only ingress is closed for every pod of shop; "
    "with `isolate: namespace` the pods of no app are closed for egress too"
)
LOST: dict[str, tuple[tuple[Body, ...], str]] = {
    "another policy": (
        ({"apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy", "metadata": {"name": "x"}}, closed("web")),
        "the kind CiliumNetworkPolicy of cilium.io is not evaluated, and may decide who reaches whom",
    ),
    "another route": (
        (
            {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "x"}},
            closed("web"),
        ),
        "HTTPRoute x is left out: it is not read",
    ),
    "a range of ports": (
        (policy("web", ingress=[{"from": [app("web")], "ports": [{"port": 1, "endPort": 900}]}]),),
        "shop/web may reach shop/web on ports that it does not declare; the spec opens none, since none is known",
    ),
    "labels of namespaces": (
        (closed("web", {"from": [{"namespaceSelector": {"matchLabels": {"team": "a"}}}], "ports": [TCP]}),),
        "no Namespace among the manifests has team=a, and a spec names namespaces",
    ),
    "pods of every namespace": (
        (closed("web", {"from": [{"namespaceSelector": {}, **app("x")}], "ports": [TCP]}),),
        "shop/web accepts pods with app=x of every namespace",
    ),
    "a named port": (
        (closed("web", {"from": [app("web")], "ports": [{"port": "http"}]}),),
        "the port 'http' has no number that the manifests tell",
    ),
    "a named target port": (
        (service("web", {"port": 80, "targetPort": "http"}), closed("web")),
        "the targetPort 'http' of Service shop/web has no number that the manifests tell; the Service is left out",
    ),
    "an external name": (
        (service("x", type="ExternalName", externalName="a.example.com"), closed("web")),
        "Service shop/x leads to a name outside; it is left out",
    ),
    "no selector": (
        (service("x", TCP, selector=None), closed("web")),
        "Service shop/x has no selector; it is left out",
    ),
    "a field of a Service": (
        (service("web", TCP, publishNotReadyAddresses=True), closed("web")),
        "publishNotReadyAddresses of Service shop/web has no word in a spec",
    ),
    "a label that netgen sets itself": (
        (
            labelled(service("web", TCP), {PART_OF: "suite"}),
            labelled(service("other", TCP), {PART_OF: "kit"}),
            *(closed("web"), closed("other")),
        ),
        "labels of Service shop/other are left out: app.kubernetes.io/part-of=kit",
    ),
    "clients of a load balancer": (
        (service("web", TCP, type="LoadBalancer"), closed("web")),
        "no policy lets the clients of the load balancer of Service shop/web in; it becomes a ClusterIP Service",
    ),
    "an Ingress without a host": (
        (service("web", TCP), closed("web"), ingress(path("", "web", port=8080))),
        "the path / of Ingress shop/edge is left out: it has no host",
    ),
    "a class without a profile": (
        (service("web", TCP), closed("web"), ingress(path("a.example.com", "web", port=8080), ingressClassName="own")),
        "Ingress shop/edge is left out: the pods of the controller of class own are not known",
    ),
    "a controller that is not let in": (
        (service("web", TCP), closed("web"), ingress(path("a.example.com", "web", port=8080))),
        "a path of Ingress shop/edge is left out: no policy lets the controller of class traefik into shop/web",
    ),
    "every address": (
        (policy("web", ingress=[], egress=[{"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}]),),
        "shop/web calls 10.0.0.0/8 on all, and a call names ports, no whole protocol",
    ),
    "a label of a release": (
        (policy("web", subject={"matchLabels": {"app": "web", "app.kubernetes.io/version": "1"}}, ingress=[]),),
        "NetworkPolicy shop/web selects by a label that changes with each release; that label is left out",
    ),
    "one direction of a namespace": (
        (policy("deny", subject={}, ingress=[]),),
        ONE_WAY,
    ),
}


@pytest.mark.parametrize("name", LOST)
def test_what_a_spec_cannot_say_is_listed_with_its_place(name: str) -> None:
    """Nothing is lost without a word that says in which file and line it stands."""
    objects, expected = LOST[name]
    found = {problem.message: problem for problem in imported(*objects).unsaid}
    assert expected in found
    assert found[expected].place is not None


@pytest.mark.parametrize("name", LOST)
def test_what_is_not_said_opens_nothing(name: str) -> None:
    """Where a spec cannot say something, less is open, and not more."""
    objects, _ = LOST[name]
    words = changes(cluster_of(text_of(*objects)), imported(*objects).intent)
    assert [line for line in words if " now open " in line or "unprotected" in line] == []


# -------------------------------------------------------------------------------------------------- the command line


def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run `netgen import`."""
    command = [*NETGEN, "import", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)


def test_the_command_writes_the_spec_to_stdout_and_the_rest_to_stderr() -> None:
    """Exit code 0 says that the spec reaches the same; the output is a spec that can be rendered."""
    golden = (ROOT / "tests" / "golden" / "shop.yaml").read_text(encoding="utf-8")
    done = run("-", stdin=golden)
    assert (done.returncode, done.stdout.startswith(HEAD)) == (0, True)
    assert done.stderr == (
        "the spec reaches the same\nimported: 2 apps, 4 permissions from 4 objects; 0 not said, 0 changed\n"
    )
    again = subprocess.run([*NETGEN, "check", "-"], input=done.stdout, capture_output=True, text=True, check=False)
    assert again.returncode == 0


def test_labels_that_no_object_can_have_are_not_taken_over() -> None:
    """A key that turns the direction of writing, which the API server refuses, is no label of the document."""
    manifests = [
        labelled(service("db", TCP | {"name": "main"}), {"a\u202eb": "x", "team": "data"}),
        workload("db", LISTENS),
    ]
    found, _ = api.import_manifests(["-"], stdin=plainly(manifests).encode())
    assert "\u202e" not in found.text
    assert "team: data" in found.text


def test_the_command_exits_1_where_something_is_not_said_or_changes() -> None:
    """The list and the differences are on stderr, and the spec is written all the same."""
    some = {"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}], "ports": [{"protocol": "TCP"}]}
    done = run("-", stdin=text_of(workload("web", LISTENS), policy("web", egress=[some])))
    assert (done.returncode, done.stdout.startswith(HEAD)) == (1, True)
    message = "shop/web calls 10.0.0.0/8 on all TCP, and a call names ports, no whole protocol"
    assert f"warning[not-imported]: {message}" in done.stderr
    assert "rendered, the spec changes:\n" in done.stderr


def test_the_command_never_overwrites_a_file(tmp_path: Path) -> None:
    """`--out` writes a new file with the schema beside it, and leaves alone what is there."""
    golden, target = str(ROOT / "tests" / "golden" / "shop.yaml"), tmp_path / "spec.yaml"
    done = run(golden, "--out", str(target))
    assert (done.returncode, done.stdout) == (0, "")
    assert (tmp_path / ".netgen.schema.json").exists()
    before = target.read_text(encoding="utf-8")
    refused = run(golden, "--out", str(target))
    assert (refused.returncode, target.read_text(encoding="utf-8")) == (2, before)
    assert f"{target} exists; it was left alone" in refused.stderr


@pytest.mark.parametrize("text", ["", "a: [", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"])
def test_the_command_refuses_what_it_cannot_read(text: str) -> None:
    """Without anything to import, or with a document that is no YAML, nothing is written."""
    done = run("-", stdin=text)
    assert (done.returncode, done.stdout) == (2, "")
    assert "error[yaml-syntax]" in done.stderr or "error[nothing-to-import]" in done.stderr


def test_objects_without_a_namespace_are_in_the_one_that_is_given() -> None:
    """`--namespace` says where manifests go that name no namespace, as kubectl is told."""
    one = closed("web")
    del one["metadata"]["namespace"]
    done = run("-", "--namespace", "shop", stdin=text_of(one))
    assert "metadata: {name: shop, namespace: shop}" in done.stdout


def test_the_function_raises_for_a_file_that_is_not_there() -> None:
    """A path that cannot be read is an error of the input."""
    with pytest.raises(NetgenError) as raised:
        api.import_manifests(["nowhere.yaml"])
    assert [problem.code for problem in raised.value.problems] == ["unreadable-file"]
