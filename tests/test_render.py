"""What is rendered is what the Intent says: no object more, no rule wider."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from intents import CART, FULL, HTTPS, NAME, OWN, PUBLIC, SPOT, WEB, app, flow, intent, route, service
from netgen.intent import (
    Addresses,
    AppKey,
    Block,
    Expression,
    IsolatedNamespace,
    Peer,
    Pods,
    PortMatch,
    Selector,
    ServicePort,
    Tls,
)
from netgen.render import Manifest, render, stream
from netgen.source import Dialect, read


def only(**parts: Any) -> Manifest:
    """Render *parts* and return the one object that comes of them."""
    (manifest,) = render(intent(**parts))
    return manifest


POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: cart
  namespace: checkout
  labels:
    app.kubernetes.io/managed-by: netgen
    app.kubernetes.io/name: cart
  annotations:
    team: "42"
spec:
  # holds money
  podSelector:
    matchLabels:
      app.kubernetes.io/name: cart
  policyTypes:
    - Ingress
    - Egress
  ingress:
    # storefront/web -> checkout/cart:8080 (why: nightly export)
    - from:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: storefront
          podSelector:
            matchLabels:
              app.kubernetes.io/name: web
      ports:
        - port: 8080
          protocol: TCP
  # egress: nobody
"""

NAMESPACE_POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: shop.isolate-namespace
  namespace: checkout
  labels:
    app.kubernetes.io/managed-by: netgen
spec:
  # every pod that no other policy opens
  podSelector: {}
  policyTypes:
    - Ingress
    - Egress
  # ingress: nobody
  # egress: nobody
"""

SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: cart
  namespace: checkout
  labels:
    app.kubernetes.io/managed-by: netgen
spec:
  # checkout/cart
  type: LoadBalancer
  loadBalancerClass: example.com/lb
  externalTrafficPolicy: Local
  loadBalancerSourceRanges:
    - "203.0.113.0/24"
  sessionAffinity: ClientIP
  sessionAffinityConfig:
    clientIP:
      timeoutSeconds: 600
  selector:
    app.kubernetes.io/name: cart
  ports:
    - name: main
      port: 80
      targetPort: 8080
      protocol: TCP
      appProtocol: kubernetes.io/h2c
      nodePort: 30080
"""

INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop.public.shop.example.com
  namespace: checkout
  labels:
    app.kubernetes.io/managed-by: netgen
  annotations:
    both: "1"
    e: "1"
    s: "2"
spec:
  ingressClassName: traefik
  tls:
    - hosts:
        - shop.example.com
      secretName: shop-tls
  rules:
    - host: shop.example.com
      http:
        paths:
          # checkout/cart
          - path: /cart
            pathType: Exact
            backend:
              service:
                name: cart
                port:
                  number: 80
          # checkout/web
          - path: /
            pathType: Prefix
            backend:
              service:
                name: web
                port:
                  number: 80
"""


def test_a_policy_as_text() -> None:
    """A policy names the intent of each rule and says which direction nobody uses."""
    cart, web = app(why="holds money", annotations=(("team", "42"),)), app(WEB)
    allowed = flow(web, cart, PortMatch("TCP", 8080), intent=f"{WEB} -> {CART}:8080", why="nightly export")
    assert render(intent(apps=(cart, web), flows=(allowed,)))[0].text == POLICY


def test_a_namespace_policy_as_text() -> None:
    """A closed namespace selects every pod, in both directions, and opens nothing."""
    assert only(isolated=(IsolatedNamespace("checkout", "shop", (OWN,), (), SPOT),)).text == NAMESPACE_POLICY


def test_a_service_as_text() -> None:
    """A Service prints every setting that it has."""
    full = service(
        type="LoadBalancer",
        ports=(ServicePort("main", 80, 8080, "TCP", "kubernetes.io/h2c", 30080),),
        load_balancer_class="example.com/lb",
        local_traffic=True,
        source_ranges=("203.0.113.0/24",),
        affinity_seconds=600,
    )
    assert only(services=(full,)).text == SERVICE


def test_an_ingress_as_text() -> None:
    """An Ingress holds the paths of one host, each with the app behind it."""
    tls = Tls("shop-tls")
    web = route(app=AppKey("checkout", "web"), service="web", labels=(OWN, (NAME, "web")), tls=tls)
    assert only(routes=(web, route("/cart", exact=True, tls=tls))).text == INGRESS


def rules_of(manifest: Manifest, side: str = "ingress") -> Any:
    """Return the rules of one side of a policy."""
    return manifest.body["spec"][side]


@pytest.mark.parametrize(
    ("peer", "written"),
    [
        (Pods("checkout", Selector((("a", "b"),))), [{"podSelector": {"matchLabels": {"a": "b"}}}]),
        (Pods("checkout"), [{"podSelector": {}}]),
        (Pods("other"), [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "other"}}}]),
        (Pods(None), [{"namespaceSelector": {}}]),
        (
            Pods(None, Selector((("a", "no"),))),
            [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"a": "no"}}}],
        ),
        (
            Pods(
                "other",
                Selector((("a", "b"), ("c", "")), (Expression("k", "In", ("x", "1")), Expression("e", "Exists"))),
            ),
            [
                {
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "other"}},
                    "podSelector": {
                        "matchLabels": {"a": "b", "c": ""},
                        "matchExpressions": [
                            {"key": "k", "operator": "In", "values": ["x", "1"]},
                            {"key": "e", "operator": "Exists"},
                        ],
                    },
                }
            ],
        ),
        (
            Addresses((Block("0.0.0.0/0", ("10.0.0.0/8", "172.16.0.0/12")), Block("::/0"))),
            [
                {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8", "172.16.0.0/12"]}},
                {"ipBlock": {"cidr": "::/0"}},
            ],
        ),
    ],
)
def test_how_a_peer_is_written(peer: Peer, written: list[Any]) -> None:
    """Each kind of peer has one form, the same on both sides."""
    cart = app()
    assert rules_of(only(apps=(cart,), flows=(flow(peer, cart, HTTPS),)))[0]["from"] == written
    assert rules_of(only(apps=(cart,), flows=(flow(cart, peer, HTTPS),)), "egress")[0]["to"] == written


@pytest.mark.parametrize(
    ("ports", "written"),
    [
        ([PortMatch("TCP", 8080)], {"ports": [{"port": 8080, "protocol": "TCP"}]}),
        ([PortMatch("SCTP")], {"ports": [{"protocol": "SCTP"}]}),
        (
            [PortMatch("UDP", 53), PortMatch("TCP", 53)],
            {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]},
        ),
        ([], {}),
    ],
)
def test_how_ports_are_written(ports: list[PortMatch], written: dict[str, Any]) -> None:
    """No ports at all stand for every port of every protocol."""
    cart = app()
    (rule,) = rules_of(only(apps=(cart,), flows=(flow(Pods("other"), cart, *ports),)))
    assert {key: value for key, value in rule.items() if key != "from"} == written


def test_a_selector_of_expressions_only() -> None:
    """A policy can select by matchExpressions alone."""
    selector = Selector(expressions=(Expression("tier", "NotIn", ("db",)),))
    written = {"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["db"]}]}
    assert only(apps=(app(selector=selector),)).body["spec"]["podSelector"] == written


@pytest.mark.parametrize(
    ("ingress", "egress", "types"),
    [(True, True, ["Ingress", "Egress"]), (True, False, ["Ingress"]), (False, True, ["Egress"])],
)
def test_policy_types_are_the_isolated_directions(*, ingress: bool, egress: bool, types: list[str]) -> None:
    """A policy lists the directions it isolates, and has rules and comments for no other."""
    cart = app(ingress=ingress, egress=egress)
    flows = (flow(Pods("in"), cart), flow(cart, Pods("out")))
    full, empty = only(apps=(cart,), flows=flows), only(apps=(cart,))
    assert full.body["spec"]["policyTypes"] == empty.body["spec"]["policyTypes"] == types
    assert full.body["spec"].keys() == {"podSelector", "policyTypes", *map(str.lower, types)}
    assert empty.body["spec"].keys() == {"podSelector", "policyTypes"}
    assert [f"# {side}: nobody" in empty.text for side in ("ingress", "egress")] == [ingress, egress]
    assert "nobody" not in full.text


def test_an_app_that_is_isolated_nowhere_has_no_policy() -> None:
    """No policy is written for an app that none can hold."""
    host = app(ingress=False, egress=False, host_network=True)
    assert render(intent(apps=(host,), flows=(flow(Pods(None), host),))) == ()


def test_rules_are_never_merged() -> None:
    """Two permissions stay two rules, so that neither peer gets the other's port."""
    cart = app()
    flows = (flow(Pods("a"), cart, PortMatch("TCP", 80)), flow(Pods("b"), cart, PortMatch("TCP", 443)))
    rules = rules_of(only(apps=(cart,), flows=flows))
    assert [(len(rule["from"]), [port["port"] for port in rule["ports"]]) for rule in rules] == [(1, [80]), (1, [443])]


def test_each_side_gets_its_half() -> None:
    """A permission between two apps is written at both, a permission of oneself twice in one policy."""
    cart, web = app(), app(WEB)
    manifests = render(intent(apps=(cart, web), flows=(flow(web, cart, HTTPS), flow(cart, cart, HTTPS))))
    sides = [[(side, len(m.body["spec"].get(side, ()))) for side in ("ingress", "egress")] for m in manifests]
    assert sides == [[("ingress", 2), ("egress", 1)], [("ingress", 0), ("egress", 1)]]


@pytest.mark.parametrize(
    ("changes", "written"),
    [
        ({}, {}),
        ({"headless": True}, {"clusterIP": "None", "ports": [{"name": "main", "port": 80, "protocol": "TCP"}]}),
        ({"headless": True, "ports": ()}, {"clusterIP": "None", "ports": ...}),
        ({"affinity_seconds": 0}, {"sessionAffinity": "ClientIP"}),
        (
            {"affinity_seconds": 60},
            {"sessionAffinity": "ClientIP", "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 60}}},
        ),
        ({"type": "NodePort", "local_traffic": True}, {"type": "NodePort", "externalTrafficPolicy": "Local"}),
        (
            {"ports": (ServicePort("a", 1, 2, "UDP"), ServicePort("b", 3, 4, "SCTP", None, 30001))},
            {
                "ports": [
                    {"name": "a", "port": 1, "targetPort": 2, "protocol": "UDP"},
                    {"name": "b", "port": 3, "targetPort": 4, "protocol": "SCTP", "nodePort": 30001},
                ]
            },
        ),
        ({"selector": (("a", "b"), ("c", "true"))}, {"selector": {"a": "b", "c": "true"}}),
        (
            {"type": "LoadBalancer", "source_ranges": ("10.0.0.0/8", "::/0"), "load_balancer_class": "a/b"},
            {"type": "LoadBalancer", "loadBalancerSourceRanges": ["10.0.0.0/8", "::/0"], "loadBalancerClass": "a/b"},
        ),
    ],
)
def test_how_a_service_is_written(changes: dict[str, Any], written: dict[str, Any]) -> None:
    """Each setting of a Service has its field, and a setting that it lacks has none."""
    plain = {
        "type": "ClusterIP",
        "selector": {NAME: "cart"},
        "ports": [{"name": "main", "port": 80, "targetPort": 8080, "protocol": "TCP"}],
    }
    expected = {key: value for key, value in (plain | written).items() if value is not ...}
    assert only(services=(service(**changes),)).body["spec"] == expected


@pytest.mark.parametrize(
    ("tls", "written"),
    [
        (None, None),
        (Tls(None), [{"hosts": ["shop.example.com"]}]),
        (Tls("shop-tls"), [{"hosts": ["shop.example.com"], "secretName": "shop-tls"}]),
    ],
)
def test_how_tls_is_written(tls: Tls | None, written: Any) -> None:
    """A host is listed under tls where it has any, with a secret where it names one."""
    assert only(routes=(route(tls=tls),)).body["spec"].get("tls") == written


@pytest.mark.parametrize(
    ("tls", "annotations", "written"),
    [
        (None, (), {"e": "1", "both": "1"}),
        (Tls(None), (), {"e": "1", "both": "1", "s": "2"}),
        (Tls(None, (("both", "3"), ("t", "3"))), (), {"e": "1", "both": "3", "s": "2", "t": "3"}),
        (Tls(None, (("t", "3"),)), (("both", "4"), ("t", "4")), {"e": "1", "both": "4", "s": "2", "t": "4"}),
    ],
)
def test_the_nearer_annotation_wins(tls: Tls | None, annotations: Any, written: dict[str, str]) -> None:
    """Annotations come from the profile's https, the entry point, the certificate and the spec; the later one wins."""
    assert only(routes=(route(tls=tls, annotations=annotations),)).body["metadata"]["annotations"] == written


def test_routes_are_grouped_by_host() -> None:
    """There is one Ingress for each namespace, document, entry point and host."""
    routes = (
        route("/a"),
        route("/b", host="*.example.com"),
        route("/c", document="other"),
        route("/d", app=WEB),
        route("/e", entrypoint=PUBLIC._replace(name="internal")),
        route("/f"),
    )
    manifests = render(intent(routes=routes))
    assert [(m.namespace, m.name, [p["path"] for p in paths_of(m)]) for m in manifests] == [
        ("checkout", "other.public.shop.example.com", ["/c"]),
        ("checkout", "shop.internal.shop.example.com", ["/e"]),
        ("checkout", "shop.public.example.com.wildcard", ["/b"]),
        ("checkout", "shop.public.shop.example.com", ["/a", "/f"]),
        ("storefront", "shop.public.shop.example.com", ["/d"]),
    ]
    assert manifests[2].body["spec"]["rules"][0]["host"] == "*.example.com"


def paths_of(manifest: Manifest) -> Any:
    """Return the paths of an Ingress."""
    return manifest.body["spec"]["rules"][0]["http"]["paths"]


def test_paths_stand_in_the_order_of_their_precedence() -> None:
    """The longest path comes first, an exact one before a prefix, whatever the order in the Intent."""
    routes = [route("/"), route("/b/c"), route("/a/c"), route("/a/c", exact=True), route("/a")]
    expected = [("/a/c", "Exact"), ("/a/c", "Prefix"), ("/b/c", "Prefix"), ("/a", "Prefix"), ("/", "Prefix")]
    texts = set()
    for order in itertools.permutations(routes):
        manifest = only(routes=order)
        texts.add(manifest.text)
        assert [(path["path"], path["pathType"]) for path in paths_of(manifest)] == expected
    assert len(texts) == 1


def test_an_ingress_has_the_labels_that_its_routes_share() -> None:
    """The labels of one app only, and the name of any, are left out."""
    routes = (
        route("/a", labels=(OWN, (NAME, "cart"), ("x", "1"))),
        route("/b", labels=(OWN, (NAME, "cart"), ("x", "2"))),
    )
    assert only(routes=routes).body["metadata"]["labels"] == dict([OWN])


def test_objects_stand_in_the_order_of_the_stream() -> None:
    """Within a namespace apps' policies come first, then the namespace's, Services and Ingresses."""
    order = [(m.namespace, m.kind, m.name) for m in render(FULL)]
    assert order == [
        ("checkout", "NetworkPolicy", "cart"),
        ("checkout", "NetworkPolicy", "shop.isolate-namespace"),
        ("checkout", "Service", "cart"),
        ("checkout", "Ingress", "shop.public.shop.example.com"),
        ("storefront", "NetworkPolicy", "web"),
    ]


def test_a_manifest_is_named_by_its_own_text() -> None:
    """Kind, names and body of a manifest are read from the text that is written."""
    for manifest in render(FULL):
        body, metadata = manifest.body, manifest.body["metadata"]
        assert read(manifest.text, "-", Dialect.MANIFEST).documents[0].data == body
        assert (manifest.api_version, manifest.kind) == (body["apiVersion"], body["kind"])
        assert (manifest.namespace, manifest.name) == (metadata["namespace"], metadata["name"])
        assert manifest.spot == SPOT
        assert manifest.text.endswith("\n")
        assert "\n\n" not in manifest.text


def test_the_yaml_stream_holds_every_object() -> None:
    """Documents are parted by one line, and none is lost or joined."""
    manifests = render(FULL)
    text = stream(manifests, "yaml")
    assert text.split("---\n") == [manifest.text for manifest in manifests]
    assert [document.data for document in read(text, "-", Dialect.MANIFEST).documents] == [m.body for m in manifests]
    assert stream((), "yaml") == ""


def test_the_json_stream_is_one_list() -> None:
    """The JSON form is a List of the same objects."""
    manifests = render(FULL)
    assert json.loads(stream(manifests, "json")) == {
        "apiVersion": "v1",
        "kind": "List",
        "items": [m.body for m in manifests],
    }
    assert stream((), "json") == '{\n  "apiVersion": "v1",\n  "kind": "List",\n  "items": []\n}\n'


def test_kubernetes_takes_what_is_rendered(kubeconform: Callable[[str], list[str]]) -> None:
    """Every kind of object, with every setting, has the fields that Kubernetes knows."""
    assert kubeconform(stream(render(FULL), "yaml")) == []


def test_go_reads_the_objects_that_are_checked(kustomize: Callable[[Path], str], tmp_path: Path) -> None:
    """What kustomize and kubectl read in the text is what netgen read in it."""
    manifests = render(FULL)
    (tmp_path / "all.yaml").write_text(stream(manifests, "yaml"), encoding="utf-8")
    (tmp_path / "kustomization.yaml").write_text("resources: [all.yaml]\n", encoding="utf-8")
    built = read(kustomize(tmp_path), "-", Dialect.MANIFEST).documents
    assert sorted(json.dumps(document.data, sort_keys=True) for document in built) == sorted(
        json.dumps(manifest.body, sort_keys=True) for manifest in manifests
    )


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"apps": (app(selector=Selector()),)}, "would select every pod"),
        ({"apps": (app(),), "flows": (flow(Addresses(()), app()),)}, "written as everyone"),
        ({"apps": (app(),), "flows": (flow(app(), Addresses(())),)}, "written as everyone"),
        ({"services": (service(selector=()),)}, "selects no pods"),
        ({"routes": (route("/a"), route("/b", tls=Tls(None)))}, "differ in entry point or TLS"),
        (
            {"routes": (route("/a", annotations=(("a", "1"),)), route("/b", annotations=(("a", "2"),)))},
            "differ in an annotation",
        ),
    ],
)
def test_an_intent_that_cannot_be_written_is_never_widened(parts: dict[str, Any], message: str) -> None:
    """What only a fault could have made stops the rendering."""
    with pytest.raises(ValueError, match=message):
        render(intent(**parts))
