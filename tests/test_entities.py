"""What is no pod, on a plugin that knows it by a name: the world, nodes, the API server, Cilium's own Ingress."""

from __future__ import annotations

import pytest

from netgen import api
from netgen.asking import can
from netgen.evaluate.objects import read_cluster
from netgen.intent import Entities, Entity
from netgen.spec.controllers import controllers
from specs import apps, document, load, opened, platform, refused, warnings

CILIUM = platform("cni: cilium 1.19\n")


def proved(*documents: str) -> None:
    """Expect that what *documents* render does just what they say."""
    intent = load(*documents).intent
    proof = api.prove(intent, api.render(intent))
    assert not proof.findings
    assert proof.opened


@pytest.mark.parametrize(
    ("exposed", "source"),
    [
        ("loadBalancer", "remote-node+world"),
        ("nodePort", "remote-node+world"),
        ("[{loadBalancer: {externalTrafficPolicy: Cluster}}]", "remote-node+world"),
        ("[{loadBalancer: {externalTrafficPolicy: Local}}]", "world"),
        ("[{nodePort: {externalTrafficPolicy: Local}}]", "world"),
        ("[{loadBalancer: {clients: [203.0.113.0/24]}}]", "203.0.113.0/24"),
    ],
)
def test_a_client_outside_is_the_world_and_where_its_address_is_lost_a_node(exposed: str, source: str) -> None:
    """A Service that passes traffic on from node to node shows the pod a node, unless the address is kept."""
    spec = apps(f"web: {{port: 8080, expose: {exposed}}}")
    assert opened(spec, CILIUM) == [f"{source} -> shop/web 8080/TCP (in)"]
    proved(spec, CILIUM)


def test_whoever_accepts_the_internet_accepts_it_by_either_way() -> None:
    """Nobody knows how it comes in."""
    assert opened(apps("web: {port: 8080, accepts: internet}"), CILIUM) == [
        "remote-node+world -> shop/web 8080/TCP (in)"
    ]


def test_the_world_has_no_pods_in_it() -> None:
    """The note that pods are reached by what the world reaches is about addresses."""
    assert warnings(apps("web: {port: 8080, expose: loadBalancer}"), CILIUM) == []


def test_the_internet_as_a_target_is_addresses() -> None:
    """A CIDR matches neither pods nor nodes there, and leaves private addresses out as everywhere."""
    (line,) = opened(apps("web: {calls: ['internet:443']}"), CILIUM)
    assert line.startswith("shop/web -> 0.0.0.0/0 without 10.0.0.0/8,")
    proved(apps("web: {calls: ['internet:443']}"), CILIUM)


def test_the_metadata_server_as_a_target_is_an_address() -> None:
    """It lies outside of the cluster, link-local as it is."""
    spec = apps("web: {calls: ['http://169.254.169.254']}")
    assert opened(spec, CILIUM) == ["shop/web -> 169.254.169.254/32 80/TCP (out)"]


def test_nodes_need_no_addresses() -> None:
    """An app on the host network is met at the nodes, in both directions."""
    spec = apps("""
        agent: {port: 9100, hostNetwork: true, calls: [web]}
        web: {port: 8080, calls: [agent], accepts: [cluster/nodes]}
    """)
    assert opened(spec, CILIUM) == [
        "host+remote-node -> shop/web 8080/TCP",
        "host+remote-node -> shop/web 8080/TCP (in)",
        "shop/web -> host+remote-node 9100/TCP",
    ]
    proved(spec, CILIUM)


@pytest.mark.parametrize(
    ("servers", "ports"),
    [("", "all/TCP"), ("apiserver: [192.0.2.1:6443, 192.0.2.2:6443]\n", "6443/TCP")],
)
def test_the_api_server_has_a_name(servers: str, ports: str) -> None:
    """Its port is the platform's word; where that says none, it is all of that one server."""
    spec = apps("operator: {calls: [cluster/apiserver]}")
    assert opened(spec, platform(f"cni: cilium\n{servers}")) == [f"shop/operator -> kube-apiserver {ports} (out)"]
    proved(spec, platform(f"cni: cilium\n{servers}"))


def test_the_api_server_calls_from_a_node_as_well() -> None:
    """A managed one comes through an agent on a node, and one of the cluster runs on a node."""
    spec = apps("hook: {port: 8443/https, accepts: [cluster/apiserver]}")
    assert opened(spec, CILIUM) == ["host+kube-apiserver+remote-node -> shop/hook 8443/TCP (in)"]
    proved(spec, CILIUM)


@pytest.mark.parametrize(
    ("resolver", "peers"),
    [
        ("169.254.20.10", ["169.254.20.10/32", "host"]),
        ("fe80::53", ["fe80::53/128", "host"]),
        ("169.254.169.254", ["169.254.169.254/32"]),
        ("10.0.0.2", ["10.0.0.2/32"]),
    ],
)
def test_a_dns_cache_on_each_node_is_the_node_itself(resolver: str, peers: list[str]) -> None:
    """A link-local address is the node's own, but for that of the clouds' metadata servers."""
    there = platform(f"cni: cilium\ndns: ['{resolver}']\n")
    assert opened(apps("web: 8080"), there, dns=True) == [f"shop/web -> {peer} 53/TCP,53/UDP (out)" for peer in peers]


INGRESS = platform("cni: cilium 1.19\nentrypoints: {public: {ingress: cilium, tls: secret shop-tls}}\n")
SERVED = apps("web: {port: 8080, expose: https://shop.example.com}")


def test_ciliums_own_ingress_is_an_entity() -> None:
    """Its proxy is no pod: the app is opened to the identity that its connections have."""
    assert opened(SERVED, INGRESS) == ["ingress -> shop/web 8080/TCP (in)"]
    assert opened(SERVED.replace("https", "http"), CILIUM, ingress="cilium") == ["ingress -> shop/web 8080/TCP (in)"]
    (route,) = load(SERVED, INGRESS).intent.routes
    assert route.entrypoint.secure == (("ingress.cilium.io/force-https", "enabled"),)
    proved(SERVED, INGRESS)


def test_a_url_behind_ciliums_ingress_can_be_asked_about() -> None:
    """Nobody is told that the proxy has no pods by a traceback."""
    loaded = load(SERVED, INGRESS)
    documents = [one.document for one in api.render(loaded.intent)]
    cluster = read_cluster(documents, (), namespace="default", cni="cilium")
    answer = can(cluster, "internet", "https://shop.example.com", cni="cilium", intent=loaded.intent)
    assert answer.line == "yes: internet can open https://shop.example.com"


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        ("internet -> shop/web", "the internet can open shop/web on 8080/TCP through the entry point public"),
        ("any -> shop/web", None),
        ("cluster/nodes -> shop/web", "host can open shop/web on all"),
        ("shop/web -> cluster/nodes", None),
        ("shop/web -> cluster/apiserver", None),
        ("shop/web -> https://evil.example.com", None),
    ],
)
def test_claims_are_about_entities_and_host_names_too(claim: str, message: str | None) -> None:
    """A pod meets its node by policies alone, and its node meets it always."""
    intent = load(SERVED, INGRESS + f"never: ['{claim}']\n").intent
    assert [one.message for one in api.prove(intent, api.render(intent)).findings] == [message] * bool(message)


def test_whoever_may_call_the_internet_may_call_each_host_there() -> None:
    """The name of the host is what the connection is told by."""
    spec = apps("web: {calls: ['internet:443']}")
    intent = load(spec, CILIUM + "never: [shop/web -> https://evil.example.com]\n").intent
    (problem,) = api.prove(intent, api.render(intent)).findings
    assert problem.message == "shop/web can open evil.example.com on 443/TCP"


def test_the_pods_of_a_proxy_are_written_as_a_whole_or_not_at_all() -> None:
    """A namespace alone changes nothing about what is no pods."""
    half = INGRESS.replace("tls: secret shop-tls", "controller: {profile: cilium, namespace: edge}")
    assert [problem.code for problem in refused(SERVED, half)] == ["unknown-controller"]
    whole = half.replace("namespace: edge", "namespace: edge, labels: {app: envoy}")
    assert opened(SERVED.replace("https", "http"), whole) == ["edge/app=envoy -> shop/web 8080/TCP (in)"]


def test_a_plain_networkpolicy_has_no_word_for_ciliums_ingress() -> None:
    """The error stands at the class in the Platform, or nowhere where a flag names it."""
    (problem,) = refused(SERVED, INGRESS.replace("cni: cilium 1.19\n", ""))
    assert problem.code == "unenforceable-entrypoint"
    assert problem.place is not None
    assert problem.place.text[problem.place.column - 1 :].startswith("cilium,")
    (problem,) = refused(SERVED.replace("https", "http"), ingress="cilium")
    assert (problem.code, problem.place) == ("unenforceable-entrypoint", None)


def test_an_entry_point_that_nobody_uses_asks_nothing_of_the_plugin() -> None:
    """One Platform may serve a cluster that is being moved to another plugin."""
    assert opened(apps("web: 8080"), INGRESS.replace("cni: cilium 1.19\n", "")) == []


def test_every_data_plane_that_is_no_pods_is_an_entity_of_the_language() -> None:
    """The profiles name only what an Intent can hold."""
    planes = [one.data_plane for one in controllers().by_name.values() if isinstance(one.data_plane, Entities)]
    assert planes == [Entities((Entity.INGRESS,))]


@pytest.mark.parametrize(
    ("spec", "more"),
    [
        ("apps: {web: {port: 8080, select: {statefulset.kubernetes.io/pod-name: web-0}}}", ""),
        ("apps: {web: {port: 8080, select: {matchLabels: {app: web, k8s.io/app: web}}}}", ""),
        ("selectBy: kubernetes.io/app\napps: {web: 8080}", ""),
        ("peers: {old: {namespace: legacy, labels: {k8s.io/app: old}}}\napps: {web: 8080}", ""),
        ("apps: {web: 8080}", "scrape: monitoring/app=x,topology.kubernetes.io/zone=a\n"),
        ("apps: {web: 8080}", "scrape: [monitoring/topology.kubernetes.io/zone=a]\n"),
        ("apps: {web: 8080}", "dns: ['kube-system/kubernetes.io/cluster-service=true:5353']\n"),
        ("apps: {web: 8080}", "entrypoints: {a: {ingress: traefik, controller: {labels: {k8s.io/app: a}}}}\n"),
    ],
)
def test_a_label_that_cilium_does_not_see_selects_nothing(spec: str, more: str) -> None:
    """The error stands at the key; any other plugin takes it."""
    (problem,) = refused(document(f"{spec}\n"), platform(f"cni: cilium\n{more}"))
    assert problem.code == "unenforceable-label"
    assert problem.place is not None
    key = problem.message.split("`")[1]
    assert problem.place.text[problem.place.column - 1 :].startswith(key)
    load(document(f"{spec}\n"), platform(more or "cni: kubernetes\n"))


def test_an_expression_of_a_label_that_cilium_does_not_see_is_refused_too() -> None:
    """It would hold for every pod, or for none."""
    select = "{matchExpressions: [{key: controller-uid, operator: Exists}]}"
    (problem,) = refused(apps(f"web: {{port: 8080, service: false, select: {select}}}"), CILIUM)
    assert problem.code == "unenforceable-label"
