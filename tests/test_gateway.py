"""Entry points by Gateway: HTTPRoutes, whose pods may come in, and what is found of a route that leads elsewhere."""

from __future__ import annotations

import copy
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mutants import Body, Operator
from mutants_gateway import ROUTE_OPERATORS
from netgen import api
from netgen.check import check
from netgen.evaluate.objects import read_cluster
from netgen.evaluate.objects.ways import IngressObject
from netgen.intent import Entities, Pods
from netgen.problems import NetgenError, Problem
from netgen.render import Manifest
from netgen.source import Dialect, read
from netgen.spec.controllers import controllers
from netgen.verify import prove
from specs import document, load, platform, refused
from strategies import random_system
from strategies_whole import through_gateways
from writing import plainly

ROOT = Path(__file__).parents[1]
STOREFRONT = ROOT / "specs" / "storefront"

SHOP = document("""
apps:
  web:
    port: 80 -> 8080
    expose: [https://shop.example.com, {url: https://shop.example.com/login, match: exact}]
  api:
    ports: {http: 8080, admin: 9090}
    expose: {http: https://shop.example.com/api}
  db: 5432/tcp
""")
ENVOY = platform("entrypoints: {public: {gateway: infra/public:https, controller: envoy-gateway}}\n")
LABEL = "gateway.networking.k8s.io/gateway-name"


def gateway(text: str) -> str:
    """Return a Platform with the one entry point *text*."""
    return platform(f"entrypoints: {{public: {{{text}}}}}\n")


def rendered(*documents: str) -> list[Manifest]:
    """Return what is rendered of *documents*."""
    return list(api.render(load(*documents).intent))


def routes_of(*documents: str) -> list[Body]:
    """Return the HTTPRoutes of *documents*."""
    return [one.body for one in rendered(*documents) if one.kind == "HTTPRoute"]


def plane(controller: str, where: str = "infra/public:https", cni: str = "kubernetes") -> Pods | Entities:
    """Return who may come in from the Gateway *where* of a *controller*, as YAML writes it."""
    written = f", controller: {controller}" if controller else ""
    entry = platform(f"cni: {cni}\nentrypoints: {{public: {{gateway: {where}{written}}}}}\n")
    (flow,) = {flow for flow in load(SHOP, entry).intent.flows if flow.intent == "entrypoint public -> shop/web:8080"}
    assert isinstance(flow.source, Pods | Entities)
    return flow.source


# ------------------------------------------------------------------------------------------------------------ rendering


def test_urls_of_a_gateway_are_an_httproute() -> None:
    """One for each host of a document: attached to the listener, each path to the Service port of its app."""
    (route,) = routes_of(SHOP, ENVOY)
    parent = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "public", "namespace": "infra"}
    assert route["metadata"]["name"] == "shop.public.shop.example.com"
    assert route["spec"] == {
        "parentRefs": [{**parent, "sectionName": "https"}],
        "hostnames": ["shop.example.com"],
        "rules": [
            {
                "matches": [{"path": {"type": kind, "value": path}}],
                "backendRefs": [{"name": service, "port": port}],
            }
            for kind, path, service, port in (
                ("Exact", "/login", "web", 80),
                ("PathPrefix", "/api", "api", 8080),
                ("PathPrefix", "/", "web", 80),
            )
        ],
    }


def test_without_a_listener_a_route_names_none() -> None:
    """It is attached to every listener of the Gateway that takes it."""
    (route,) = routes_of(SHOP.replace("https://", "http://"), gateway("gateway: infra/public, controller: istio"))
    assert "sectionName" not in route["spec"]["parentRefs"][0]


def test_annotations_and_the_name_are_those_of_the_spec() -> None:
    """An HTTPRoute is called as the URL says, and has the annotations of its entry point."""
    spec = document("apps: {web: {port: 8080, expose: [{url: https://shop.example.com, name: old}]}}\n")
    entry = "gateway: infra/public:https, controller: istio, annotations: {example.com/a: b}"
    (route,) = routes_of(spec, gateway(entry))
    assert (route["metadata"]["name"], route["metadata"]["annotations"]) == ("old", {"example.com/a": "b"})


def test_more_paths_than_a_route_can_hold_are_several_routes() -> None:
    """An HTTPRoute has at most 16 rules; each path is in one of them, and all of it is proved."""
    urls = ", ".join(f"https://shop.example.com/p{number}" for number in range(35))
    spec = document(f"apps: {{web: {{port: 8080, expose: [{urls}]}}}}\n")
    found = routes_of(spec, ENVOY)
    name = "shop.public.shop.example.com"
    assert [one["metadata"]["name"] for one in found] == [name, f"{name}-2", f"{name}-3"]
    assert [len(one["spec"]["rules"]) for one in found] == [16, 16, 3]
    paths = [rule["matches"][0]["path"]["value"] for one in found for rule in one["spec"]["rules"]]
    assert sorted(paths) == sorted(f"/p{number}" for number in range(35))
    assert findings(rendered(spec, ENVOY), spec, ENVOY) == []


def test_an_ingress_and_a_gateway_stand_side_by_side() -> None:
    """Two documents on one host each have their object, and the app of one host is behind one of the two."""
    more = document("apps: {blog: {port: 8080, expose: https://blog.example.com}}\n", name="blog")
    both = platform("""
entrypoints:
  public: {hosts: [shop.example.com], gateway: infra/public:https, controller: envoy-gateway}
  old: {hosts: [blog.example.com], ingress: traefik}
""")
    kinds = {(one.kind, one.name) for one in rendered(SHOP, more, both) if one.kind in ("HTTPRoute", "Ingress")}
    assert kinds == {("HTTPRoute", "shop.public.shop.example.com"), ("Ingress", "blog.old.blog.example.com")}


def test_kubeconform_takes_the_routes(kubeconform: Callable[[str], list[str]]) -> None:
    """They are of the form that the definition of the Gateway API has."""
    assert kubeconform(api.stream(rendered(SHOP, ENVOY), "yaml")) == []


# --------------------------------------------------------------------------------------------------- whose pods come in


@pytest.mark.parametrize(
    ("controller", "namespace", "labels"),
    [
        (
            "envoy-gateway",
            "envoy-gateway-system",
            {
                "app.kubernetes.io/name": "envoy",
                "app.kubernetes.io/component": "proxy",
                "app.kubernetes.io/managed-by": "envoy-gateway",
                "gateway.envoyproxy.io/owning-gateway-name": "public",
                "gateway.envoyproxy.io/owning-gateway-namespace": "infra",
            },
        ),
        ("istio", "infra", {LABEL: "public"}),
        ("nginx-gateway-fabric", "infra", {LABEL: "public"}),
        ("generic", "infra", {LABEL: "public"}),
        ("", "infra", {LABEL: "public"}),
        ("contour", "infra", {"app": "envoy-public"}),
        ("traefik", "traefik", {"app.kubernetes.io/name": "traefik"}),
        ("kong", "kong", {"app.kubernetes.io/name": "kong", "app.kubernetes.io/component": "app"}),
        ("{profile: envoy-gateway, namespace: infra, labels: {app: envoy}}", "infra", {"app": "envoy"}),
        ("{profile: traefik, namespace: edge}", "edge", {"app.kubernetes.io/name": "traefik"}),
        ("{namespace: edge, labels: {app: edge}}", "edge", {"app": "edge"}),
        ("{namespace: edge}", "edge", {LABEL: "public"}),
    ],
)
def test_only_the_pods_of_the_gateway_come_in(controller: str, namespace: str, labels: dict[str, str]) -> None:
    """Those that the controller runs for this Gateway, as its profile says, or as they are described."""
    source = plane(controller)
    assert isinstance(source, Pods)
    assert (source.namespace, dict(source.selector.labels)) == (namespace, labels)


def test_ciliums_gateway_has_the_identity_of_its_ingresses() -> None:
    """On Cilium its own Gateway and its own Ingress are the entity ingress, in one policy and by one rule."""
    assert isinstance(plane("cilium", cni="cilium"), Entities)
    both = platform("""
cni: cilium 1.19
entrypoints:
  new: {hosts: [shop.example.com], gateway: infra/public:https, controller: cilium}
  old: {hosts: [blog.example.com], ingress: cilium, tls: secret blog-tls}
""")
    spec = document("""
apps:
  web: {port: 8080, expose: https://shop.example.com}
  blog: {port: 8081, expose: https://blog.example.com}
""")
    found = {one.name: one.body["spec"]["ingress"] for one in rendered(spec, both) if one.kind == "CiliumNetworkPolicy"}
    for name, port in (("web", "8080"), ("blog", "8081")):
        ports = [{"ports": [{"port": port, "protocol": "TCP"}]}]
        assert found[name] == [{"fromEntities": ["ingress"], "toPorts": ports}]
    assert findings(rendered(spec, both), spec, both, cni="cilium") == []


def test_each_profile_of_a_gateway_renders_and_is_proved() -> None:
    """Whatever takes HTTPRoutes gets them, and its pods come in."""
    names = [name for name, one in controllers().by_name.items() if one.gateway]
    assert {"cilium", "envoy-gateway", "istio", "contour", "traefik", "kong", "nginx-gateway-fabric"} <= {*names}
    for name in names:
        cni = "cilium" if name == "cilium" else "kubernetes"
        entry = platform(f"cni: {cni}\nentrypoints: {{p: {{gateway: infra/public:https, controller: {name}}}}}\n")
        assert findings(rendered(SHOP, entry), SHOP, entry, cni=cni) == []


# ------------------------------------------------------------------------------------------------------ what is refused


def test_a_gateway_whose_name_no_label_can_be_is_refused() -> None:
    """Its pods cannot wear the name; with labels of their own they can be named."""
    name = "a" * 64
    (problem,) = refused(SHOP, gateway(f"gateway: infra/{name}:https, controller: istio"))
    assert problem.code == "unknown-controller"
    described = "controller: {namespace: infra, labels: {app: envoy}}"
    assert routes_of(SHOP, gateway(f"gateway: infra/{name}:https, {described}"))


def test_one_path_of_a_gateway_leads_to_one_app() -> None:
    """Two entry points of one listener, or one without a listener, are one; two listeners are two."""
    spec = document("""
apps:
  web: {port: 8080, expose: [{url: https://shop.example.com, via: one}]}
  api: {port: 8080, expose: [{url: https://shop.example.com, via: two}]}
""")

    def codes(one: str, two: str) -> list[str]:
        points = f"one: {{gateway: infra/{one}, controller: istio}}, two: {{gateway: infra/{two}, controller: istio}}"
        try:
            load(spec, platform(f"entrypoints: {{{points}}}\n"))
        except NetgenError as error:
            return [problem.code for problem in error.problems if problem.code != "listener-unnamed"]
        return []

    assert codes("public:https", "public:https") == ["route-duplicate"]
    assert codes("public:https", "public") == ["route-duplicate"]
    assert codes("public:https", "public:internal") == []
    assert codes("public:https", "other:https") == []


@pytest.mark.parametrize(
    ("public", "inner", "is_one"),
    [
        ("gateway: infra/public:https, controller: istio", "gateway: infra/public:https, controller: istio", True),
        ("gateway: infra/public, controller: istio", "gateway: infra/public:https, controller: istio", True),
        ("gateway: infra/public:https, controller: istio", "gateway: infra/public, controller: istio", True),
        ("gateway: infra/public:https, controller: istio", "gateway: infra/public:inner, controller: istio", False),
        ("gateway: infra/public:https, controller: istio", "gateway: infra/inner:https, controller: istio", False),
        ("ingress: traefik", "ingress: traefik", True),
        ("ingress: traefik", "ingress: nginx", False),
    ],
)
def test_the_internet_reaches_all_of_a_door_or_nothing(public: str, inner: str, *, is_one: bool) -> None:
    """Else a claim about the internet would hold for what anybody can ask for by its host."""
    points = platform(f"entrypoints: {{pub: {{{public}}}, inner: {{{inner}, internal: true}}}}\n")
    spec = document("apps:\n  web: {port: 8080, expose: [{url: https://a.example.com, via: pub}]}\n")
    if not is_one:
        assert rendered(spec, points)
        return
    told = [one for one in refused(spec, points) if one.code != "listener-unnamed"]
    assert [one.code for one in told] == ["bad-value"]
    assert "by inner, and does by pub" in told[0].message


def test_an_ingress_and_a_route_may_have_one_name_and_two_routes_may_not() -> None:
    """A name is that of one object of a kind."""
    spec = document("""
apps:
  web: {port: 8080, expose: [{url: https://a.example.com, name: x, via: one}]}
  api: {port: 8080, expose: [{url: https://b.example.com, name: x, via: two}]}
""")
    first = "one: {gateway: infra/public:https, controller: istio}"
    two = platform(f"entrypoints: {{{first}, two: {{gateway: infra/other:https, controller: istio}}}}\n")
    mixed = platform(f"entrypoints: {{{first}, two: {{ingress: traefik}}}}\n")
    assert [problem.code for problem in refused(spec, two)] == ["name-collision"]
    assert len([one for one in rendered(spec, mixed) if one.name == "x"]) == 2


def test_a_gateway_without_a_listener_is_told_of_once() -> None:
    """Its plain listeners serve https URLs in clear; those of plain HTTP lose nothing."""
    entry = gateway("gateway: infra/public, controller: istio")
    assert [one.code for one in load(SHOP, entry).problems] == ["listener-unnamed"]
    assert load(SHOP.replace("https://", "http://"), entry).problems == ()


# ------------------------------------------------------------------------------------------------------------- the flag


def run(*arguments: str, stdin: str = SHOP) -> tuple[int, str, str]:
    """Return exit code, output and messages of netgen, given *stdin*."""
    command = [sys.executable, "-m", "netgen", *arguments]
    done = subprocess.run(command, check=False, input=stdin, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def test_the_flag_stands_in_for_an_entry_point() -> None:
    """It names Gateway, listener and profile, and what is rendered is what a Platform gives."""
    code, out, said = run("render", "-", "--gateway", "infra/public:https=envoy-gateway")
    assert (code, "controller-assumed" in said) == (0, False)
    assert out == api.stream(rendered(SHOP, ENVOY), "yaml")


def test_the_flag_without_a_profile_says_what_it_takes_for_granted() -> None:
    """The pods that the Gateway API asks for, by a note."""
    code, out, said = run("render", "-", "--gateway", "infra/public:https")
    assert (code, f"{LABEL}: public" in out, "controller-assumed" in said) == (0, True, True)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("public", "names no namespace of a Gateway"),
        ("infra/public:https=envoy", "no controller profile `envoy`"),
        ("infra/public:https=haproxy", "takes no HTTPRoutes"),
        ("infra/public:https=", "no controller profile"),
        ("infra/pub.lic", "is not the name of a Gateway that can name an entry point"),
        ("Infra/public", "is not a namespace name"),
        ("infra/public:", "is not the name of a listener"),
    ],
)
def test_a_flag_that_names_nothing_is_an_error(written: str, words: str) -> None:
    """It says what is wrong, and nothing is rendered."""
    code, out, said = run("render", "-", "--gateway", written)
    assert (code, out, words in said) == (2, "", True)


def test_a_url_without_an_entry_point_is_told_of_both_flags() -> None:
    """Nothing serves it by default."""
    (problem,) = {one.code: one for one in refused(SHOP)}.values()
    assert (problem.code, "--ingress CLASS or --gateway NAMESPACE/NAME" in problem.fix) == ("entrypoint-missing", True)


# ----------------------------------------------------------------------------------------------- the API server's rules


def faults(change: Callable[[Body], object]) -> list[str]:
    """Return what the check says of the shop's HTTPRoute after *change*."""
    (manifest,) = [one for one in rendered(SHOP, ENVOY) if one.kind == "HTTPRoute"]
    body = copy.deepcopy(manifest.body)
    change(body)
    reading = read(yaml.safe_dump(body), "route", Dialect.MANIFEST)
    identity = (manifest.api_version, manifest.kind, manifest.namespace, manifest.name)
    made = Manifest(*identity, manifest.text, reading.documents[0], manifest.spot)
    return [problem.message.partition(": ")[2] for problem in check([made])]


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("hostnames",), ["203.0.113.9"], "spec.hostnames[0]: Invalid value"),
        (("hostnames",), ["a_b"], "spec.hostnames[0]: Invalid value"),
        (("hostnames",), [f"h{number}.example.com" for number in range(17)], "spec.hostnames: Too many"),
        (("parentRefs", 0, "kind"), "Service", "spec.parentRefs[0].kind: Unsupported value"),
        (("parentRefs", 0, "sectionName"), "Https", "spec.parentRefs[0].sectionName: Invalid value"),
        (("parentRefs", 0, "namespace"), "a.b", "spec.parentRefs[0].namespace: Invalid value"),
        (("parentRefs", 0, "port"), 443, "spec.parentRefs[0].port: Forbidden: unknown field"),
        (("rules", 0, "matches", 0, "path", "type"), "Prefix", "path.type: Unsupported value"),
        (("rules", 0, "matches", 0, "path", "value"), "api", "must be an absolute path"),
        (("rules", 0, "matches", 0, "path", "value"), "/a//b", "must not contain '//'"),
        (("rules", 0, "matches", 0, "path", "value"), "/a b", "must only contain valid characters"),
        (("rules", 0, "matches", 0, "path", "value"), "/" + "a" * 1024, "Too long"),
        (("rules", 0, "backendRefs", 0), {"name": "web"}, "backendRefs[0].port: Required value"),
        (("rules", 0, "backendRefs", 0, "port"), 99999, "must be between 1 and 65535"),
        (("rules", 0, "backendRefs", 0, "name"), "Web", "backendRefs[0].name: Invalid value"),
        (("rules", 0, "filters"), [{"type": "URLRewrite"}], "filters: Forbidden: unknown field"),
        (("rules",), [{}] * 17, "spec.rules: Too many"),
        (("rules", 0), {"backendRefs": [{"name": "web", "port": 80}]}, "spec.rules[0].matches: Required value"),
    ],
)
def test_what_the_api_server_refuses_is_told(path: tuple[str | int, ...], value: Any, words: str) -> None:
    """The limits and patterns of the definition, and what netgen always writes."""

    def change(body: Body) -> None:
        holder: Any = body["spec"]
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = value

    assert faults(lambda _: None) == []
    assert any(words in one for one in faults(change)), faults(change)


# ------------------------------------------------------------------------------------------------ the proof and mutants


def findings(manifests: list[Manifest], *documents: str, cni: str = "kubernetes") -> list[Problem]:
    """Return what the proof finds in *manifests* of the spec *documents*."""
    intent = load(*documents).intent
    return list(prove(intent, [one.document for one in manifests], (), cni=cni).findings)


def mutated(operator: Operator, intent: api.Intent) -> Iterator[tuple[Body, tuple[Body, ...], list[Problem]]]:
    """Yield each HTTPRoute of *intent*, what *operator* puts in its place, and what the proof finds then."""
    manifests = api.render(intent)
    bodies = [one.body for one in manifests]
    for index, body in enumerate(bodies):
        for change in operator(body, bodies) if body["kind"] == "HTTPRoute" else ():
            reading = read(yaml.safe_dump_all(change), "changed", Dialect.MANIFEST)
            documents = [one.document for one in manifests]
            documents[index : index + 1] = reading.documents
            yield body, change, list(prove(intent, documents, reading.problems, cni="kubernetes").findings)


@pytest.mark.parametrize("operator", ROUTE_OPERATORS, ids=lambda one: one.__name__)
def test_a_changed_route_is_found(operator: Operator) -> None:
    """A route that was dropped, turned to another app, narrowed or widened is a finding, each time."""
    seen = 0
    for _, change, found in mutated(operator, load(SHOP, ENVOY).intent):
        assert "route-differs" in {one.code for one in found}, change
        seen += 1
    assert seen


@pytest.mark.parametrize(
    ("parent", "path", "found"),
    [
        ({"sectionName": "https"}, "/api", True),
        ({}, "/api", True),
        ({"port": 443}, "/api", True),
        ({"sectionName": "https", "port": 443}, "/api", True),
        ({"sectionName": "https"}, "/api/", True),
        ({"sectionName": "other"}, "/api", False),
        ({"name": "other"}, "/api", False),
        ({"sectionName": "https"}, "/apis", False),
    ],
)
def test_a_foreign_route_for_a_url_is_found_wherever_the_gateway_serves_it(
    parent: dict[str, Any], path: str, *, found: bool
) -> None:
    """At the listener of the spec or at all of them, with a slash at its end or without: the older one counts."""
    rule = {"matches": [{"path": {"value": path}}], "backendRefs": [{"name": "other", "port": 80}]}
    foreign = route(
        parentRefs=[{"name": "public", "namespace": "infra", **parent}], hostnames=["shop.example.com"], rules=[rule]
    )
    service = "apiVersion: v1\nkind: Service\nmetadata: {name: other, namespace: shop}\nspec: {ports: [{port: 80}]}\n"
    beside = read(f"{service}---\n{foreign}", "beside.yaml", Dialect.MANIFEST).documents
    intent = load(SHOP, ENVOY).intent
    documents = [*(one.document for one in api.render(intent)), *beside]
    problems = prove(intent, documents, (), cni="kubernetes").findings
    assert ["route-differs"] * found == [one.code for one in problems]


def led(manifests: tuple[Manifest, ...]) -> set[tuple[object, ...]]:
    """Return where the routes among *manifests* lead, whatever their kind."""
    cluster = read_cluster(one.document for one in manifests)
    return {
        (one.namespace, rule.host, rule.path, rule.type, *one.backend(rule), rule.port, rule.beside)
        for one in cluster.ingresses
        for rule in one.rules
    }


def systems(count: int) -> Iterator[tuple[api.Intent, api.Intent]]:
    """Yield what *count* random systems with entry points mean, as they are and through Gateways."""
    found = 0
    for seed in range(60 * count):
        documents = random_system(f"gateway {seed}").documents
        if not any(one.get("entrypoints") for one in documents):
            continue
        intents = [api.load("-", stdin=plainly(it).encode()).intent for it in (documents, through_gateways(documents))]
        if intents[0].routes:
            found += 1
            yield intents[0], intents[1]
        if found == count:
            return


def test_routes_lead_where_ingresses_lead() -> None:
    """The same URLs through a Gateway come to the same Services, and all of it is proved."""
    seen = 0
    for plain, through in systems(4):
        before, after = api.render(plain), api.render(through)
        assert led(after) == led(before)
        assert prove(through, [one.document for one in after], (), cni="kubernetes").findings == ()
        seen += len(through.routes)
    assert seen > 4


@pytest.mark.heavy
@pytest.mark.parametrize("operator", ROUTE_OPERATORS, ids=lambda one: one.__name__)
def test_a_changed_route_of_random_systems_is_found(operator: Operator) -> None:
    """At least twenty mutants of each operator, each a finding."""
    seen = 0
    for _, through in systems(30):
        for _, change, found in mutated(operator, through):
            assert {"route-differs", "name-collision"} & {one.code for one in found}, change
            seen += 1
    assert seen >= 20


# ---------------------------------------------------------------------------------------------------- reading of others


def route(**spec: Any) -> str:
    """Return an HTTPRoute of somebody."""
    metadata = {"name": "x", "namespace": "shop"}
    body = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": metadata, "spec": spec}
    return yaml.safe_dump(body)


def read_route(**spec: Any) -> IngressObject:
    """Return how that is read."""
    (one,) = read_cluster(read(route(**spec), "x", Dialect.MANIFEST).documents).ingresses
    return one


BACKEND = {"backendRefs": [{"name": "web", "port": 80}]}
PARENT = [{"name": "public"}]


def test_the_defaults_of_the_definition_are_known() -> None:
    """A route of its own namespace's Gateway, every host of the listener, every path."""
    one = read_route(parentRefs=PARENT, rules=[BACKEND])
    (rule,) = one.rules
    assert (one.class_name, rule.host, rule.path, rule.type) == ("shop/public", "", "/", "Prefix")
    assert (one.backend(rule), rule.port, rule.beside) == (("shop", "web"), 80, "")


@pytest.mark.parametrize(
    ("spec", "door", "beside"),
    [
        ({"parentRefs": [*PARENT, {"name": "b", "namespace": "a", "sectionName": "s"}]}, "a/b:s, shop/public", ""),
        ({"parentRefs": [{"name": "web", "kind": "Service", "group": ""}]}, "Service shop/web", ""),
        ({"parentRefs": [{"name": "public", "port": 443}]}, "shop/public port 443", ""),
        ({"parentRefs": PARENT, "useDefaultGateways": "All"}, "shop/public", "useDefaultGateways"),
    ],
)
def test_what_a_route_is_attached_to_is_told(spec: dict[str, Any], door: str, beside: str) -> None:
    """Each Gateway with its listener, and what is none."""
    one = read_route(**spec, rules=[BACKEND])
    assert (one.class_name, one.rules[0].beside) == (door, beside)


def test_a_route_that_is_attached_to_nothing_leads_nowhere() -> None:
    """No Gateway looks at it."""
    assert read_route(rules=[BACKEND]).rules == ()


def test_a_route_of_another_version_or_form_is_not_understood() -> None:
    """A port that is none, and a version that nobody serves, are named."""
    broken = route(parentRefs=PARENT, rules=[{"backendRefs": [{"name": "web"}]}])
    old = route(parentRefs=PARENT, rules=[BACKEND]).replace("/v1\n", "/v9\n")
    for text in (broken, old):
        (unknown,) = read_cluster(read(text, "x", Dialect.MANIFEST).documents).unknowns
        assert unknown.what.startswith("an HTTPRoute is not understood")


WORKLOAD = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {template: {metadata: {labels: {app.kubernetes.io/name: web}}, spec: {containers: [{name: web}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app.kubernetes.io/name: web}, ports: [{port: 80, targetPort: 8080}]}
---
"""


def test_reach_lists_a_route_with_its_gateway_and_what_it_asks() -> None:
    """Where it leads, and that a header decides."""
    matches = [{"path": {"value": "/a"}, "headers": [{"name": "x", "value": "1"}]}]
    text = WORKLOAD + route(parentRefs=PARENT, hostnames=["a.example.com"], rules=[{**BACKEND, "matches": matches}])
    _, out, _ = run("reach", "-", stdin=text)
    line = "HTTPRoute shop/x (shop/public): a.example.com/a -> Service shop/web:80 (headers)"
    assert line in out.splitlines()


def test_can_answers_for_a_url_of_a_gateway(tmp_path: Path) -> None:
    """The specs say whose pods serve it, and the policies that these come to the app."""
    (tmp_path / "spec.yaml").write_text(f"{SHOP}---\n{ENVOY}", encoding="utf-8")
    manifests = tmp_path / "all.yaml"
    manifests.write_text(api.stream(rendered(SHOP, ENVOY), "yaml") + "---" + WORKLOAD.partition("---")[0])
    asked = ["can", "internet", "https://shop.example.com/", str(manifests), "--spec", str(tmp_path / "spec.yaml")]
    _, out, said = run(*asked)
    assert out.startswith("yes: "), (out, said)
    assert "the HTTPRoute shop/shop.public.shop.example.com (Gateway infra/public:https) leads to" in out


def test_import_leaves_a_route_beside_the_spec() -> None:
    """It is named as not read, and nothing changes by it."""
    text = WORKLOAD + route(parentRefs=PARENT, rules=[BACKEND])
    _, out, said = run("import", "-", stdin=text)
    assert "HTTPRoute x is left out: it is not read" in said
    listeners = "apiVersion: gateway.networking.x-k8s.io/v1alpha1\nkind: XListenerSet\nmetadata: {name: lis}\n"
    assert "XListenerSet lis is left out: it is not read" in run("import", "-", stdin=f"{text}---\n{listeners}")[2]
    assert ("kind: Connectivity" in out, "gateway" in out) == (True, False)


# --------------------------------------------------------------------------------------------- the design's own example


def storefront() -> list[str]:
    """Return the storefront with the platform of the design: a class for its shop, a Gateway for its partners."""
    texts = [
        (STOREFRONT / f"{name}.yaml").read_text(encoding="utf-8") for name in ("storefront", "checkout", "payments")
    ]
    entry = (STOREFRONT / "platform.yaml").read_text(encoding="utf-8")
    partner = "hosts: [pay.example.com]\n    ingress: cilium\n    tls: cert-manager/letsencrypt\n"
    written = "hosts: [pay.example.com]\n    gateway: infra/partner:https\n    controller: envoy-gateway\n"
    assert partner in entry
    return [*texts, entry.replace(partner, written)]


def test_the_example_of_the_design_is_proved_and_changes_by_its_gateway_alone(kubeconform: Any) -> None:
    """The partners' Ingress becomes an HTTPRoute, and its app lets in Envoy Gateway's pods in the place of Cilium's."""
    documents = storefront()
    found = {(one.kind, one.name): one.text for one in rendered(*documents)}
    golden = (ROOT / "tests" / "golden" / "storefront.yaml").read_text(encoding="utf-8").split("---\n")
    changed = {key for key, text in found.items() if text not in golden}
    assert changed == {("CiliumNetworkPolicy", "api"), ("HTTPRoute", "payments.partner.pay.example.com")}
    assert len([text for text in golden if text not in found.values()]) == 2
    policy = yaml.safe_load(found["CiliumNetworkPolicy", "api"])
    sources = [rule for rule in policy["spec"]["ingress"] if rule["toPorts"][0]["ports"][0]["port"] == "8080"]
    (labels,) = [one["matchLabels"] for rule in sources for one in rule["fromEndpoints"]]
    assert labels["k8s:io.kubernetes.pod.namespace"] == "envoy-gateway-system"
    assert labels["k8s:gateway.envoyproxy.io/owning-gateway-name"] == "partner"
    assert findings(rendered(*documents), *documents, cni="cilium") == []
    assert kubeconform("---\n".join(found.values())) == []
