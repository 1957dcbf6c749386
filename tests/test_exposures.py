"""How apps are exposed: Services and routes as specs ask for them, and what each opens."""

from __future__ import annotations

import pytest
import yaml

from netgen.check import check
from netgen.render import render
from specs import ENTRY, apps, codes, load, opened, platform, refused

# ----------------------------------------------------------------------------------------------- Services and routes


def shapes(*documents: str) -> list[tuple[object, ...]]:
    """Return name, type and ports (service -> container, node port) of each Service."""
    return [
        (it.name, it.type, *((port.name, port.port, port.target, port.protocol, port.node_port) for port in it.ports))
        for it in load(*documents).intent.services
    ]


MAIN = ("main", 80, 8080, "TCP", None)
PORT = "port: 80 -> 8080"


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (f"web: {{{PORT}}}", [("web", "ClusterIP", MAIN)]),
        (f"web: {{{PORT}, service: {{name: front}}}}", [("front", "ClusterIP", MAIN)]),
        (f"web: {{{PORT}, expose: loadBalancer}}", [("web", "LoadBalancer", MAIN)]),
        (f"web: {{{PORT}, expose: nodePort}}", [("web", "NodePort", MAIN)]),
        (f"web: {{{PORT}, expose: nodePort 30080}}", [("web", "NodePort", (*MAIN[:4], 30080))]),
        (f"web: {{{PORT}, expose: {{main: nodePort 30080}}}}", [("web", "NodePort", (*MAIN[:4], 30080))]),
        (
            f"web: {{{PORT}, expose: [{{nodePort: {{ports: {{main: 30080}}}}}}]}}",
            [("web", "NodePort", (*MAIN[:4], 30080))],
        ),
        (
            f"web: {{{PORT}, expose: [{{loadBalancer: {{name: out}}}}]}}",
            [("out", "LoadBalancer", MAIN), ("web", "ClusterIP", MAIN)],
        ),
        (
            f"web: {{{PORT}, expose: [loadBalancer, {{nodePort: {{name: out}}}}]}}",
            [("out", "NodePort", MAIN), ("web", "LoadBalancer", MAIN)],
        ),
        (f"web: {{{PORT}, service: false, expose: [{{nodePort: {{name: out}}}}]}}", [("out", "NodePort", MAIN)]),
        (
            "web: {ports: {a: 80 -> 8080/http, b: 53/udp}, expose: [{loadBalancer: {name: out, ports: [b]}}]}",
            [
                ("out", "LoadBalancer", ("b", 53, 53, "UDP", None)),
                ("web", "ClusterIP", ("a", 80, 8080, "TCP", None), ("b", 53, 53, "UDP", None)),
            ],
        ),
        ("web: {port: 8080, service: false}", []),
    ],
)
def test_the_shape_of_a_service(spec: str, expected: list[tuple[object, ...]]) -> None:
    """An app has a Service of its own with every port, which an exposure opens or leaves alone."""
    assert shapes(apps(spec)) == expected


def test_the_settings_of_a_service() -> None:
    """Each key does what it says, on the Service that it stands at."""
    spec = """
        web:
          port: 80/http
          service: {sessionAffinity: {clientIP: 60}, annotations: {own: x}}
          expose: [{loadBalancer: {name: out, class: c/x, annotations: {lb: z}, externalTrafficPolicy: Local}}]
        store: {port: 2379, service: {headless: true}}
        sticky: {port: 81, service: {sessionAffinity: ClientIP}}
        """
    out, sticky, store, web = load(apps(spec)).intent.services
    assert (web.affinity_seconds, web.annotations, web.local_traffic) == (60, (("own", "x"),), False)
    assert (out.load_balancer_class, out.annotations, out.local_traffic) == ("c/x", (("lb", "z"),), True)
    assert (store.headless, sticky.affinity_seconds, web.headless) == (True, 0, False)
    assert [port.app_protocol for service in (web, out, store) for port in service.ports] == ["http", "http", None]


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ("web: {port: 80, service: {headless: true}, expose: loadBalancer}", "service-conflict"),
        ("web: {port: 80 -> 8080, service: {headless: true}}", "service-conflict"),
        ("web: {port: 80, service: {headless: true, sessionAffinity: ClientIP}}", "service-conflict"),
        ("web: {port: 80, expose: [loadBalancer, nodePort]}", "service-conflict"),
        ("web: {ports: {a: 80, b: 81}, expose: {a: loadBalancer}}", "service-conflict"),
        ("web: {port: 80 -> 8080, service: false}", "service-conflict"),
        ("web: {port: 80, select: {matchExpressions: [{key: a, operator: Exists}]}}", "service-conflict"),
        (
            "web: {port: 80, service: {annotations: {a: x}}, expose: [{loadBalancer: {annotations: {a: z}}}]}",
            "service-conflict",
        ),
        ("web: {port: 80, service: false, expose: loadBalancer}", "service-needed"),
        ("web: {ports: {a: 80, b: 81}, expose: loadBalancer}", "ambiguous-port"),
        ("web: {ports: {a: 80, b: 81}, expose: nodePort 30080}", "ambiguous-port"),
        ("web: {port: 80, expose: {http: loadBalancer}}", "unknown-port"),
        ("web: {port: 80, expose: [{loadBalancer: {name: x, ports: [http]}}]}", "unknown-port"),
        ("web: {port: 80, expose: nodePort 80}", "node-port"),
        ("web: {port: 80, expose: nodePort 30080}\napi: {port: 81, expose: nodePort 30080}", "node-port"),
        ("1web: {port: 80}", "service-name"),
    ],
)  # fmt: skip
def test_a_service_that_cannot_be_is_an_error(spec: str, code: str) -> None:
    """Settings that exclude each other, ports that are not there or not named, numbers that are taken."""
    assert codes(apps(spec)) == [code]


@pytest.mark.parametrize("kind", ["loadBalancer", "nodePort"])
def test_a_second_service_selects_by_equal_labels_as_the_first_does(kind: str) -> None:
    """A selector with expressions cannot be that of a Service, whatever its name."""
    spec = "web: {{port: 80, service: false, select: {select}, expose: [{{{kind}: {{name: out}}}}]}}"
    for select in (
        "{matchExpressions: [{key: a, operator: Exists}]}",
        "{matchLabels: {app: web}, matchExpressions: [{key: a, operator: Exists}]}",
    ):
        assert codes(apps(spec.format(select=select, kind=kind))) == ["service-conflict"]
    assert shapes(apps(spec.format(select="{matchLabels: {app: web}}", kind=kind)))


def test_a_digit_may_begin_the_name_of_a_service_from_kubernetes_1_36_on() -> None:
    """An older cluster, or one of which nothing is said, refuses it."""
    load(apps("1web: 80"), platform('kubernetes: "1.36"\n'))
    assert codes(apps("1web: 80"), platform('kubernetes: "1.35"\n')) == ["service-name"]


def test_an_exposure_opens_the_ports_that_it_names() -> None:
    """A second Service with one port of two opens the container port of that one."""
    spec = "web: {ports: {a: 80 -> 8080, b: 53/udp}, expose: [{nodePort: {name: out, ports: [b]}}]}"
    assert opened(apps(spec)) == ["0.0.0.0/0 + ::/0 -> shop/web 53/UDP (in)"]


def test_a_url_leads_to_the_port_that_it_names() -> None:
    """By the key of the map, or by `port` of the long form."""
    ports = "ports: {a: 80 -> 8080, b: 81 -> 8081}"
    for expose in ("{b: 'https://shop.example.com'}", "[{url: 'https://shop.example.com', port: b}]"):
        spec = apps(f"web: {{{ports}, expose: {expose}}}")
        assert opened(spec, ENTRY) == ["traefik/app.kubernetes.io/name=traefik -> shop/web 8081/TCP (in)"]
        assert load(spec, ENTRY).intent.routes[0].service_port == 81


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ("web: {ports: {a: 80, b: 81}, expose: 'https://shop.example.com'}", "ambiguous-port"),
        ("web: {ports: {a: 80, b: 81}, expose: {c: 'https://shop.example.com'}}", "unknown-port"),
        ("web: {port: 80, service: false, expose: 'https://shop.example.com'}", "service-needed"),
        ("web: {port: 80, expose: ['https://shop.example.com/a', 'https://shop.example.com/a']}", "route-duplicate"),
        ("web: {port: 80, expose: ['https://shop.example.com/a', 'https://shop.example.com/a/']}", "route-duplicate"),
        ("web: {port: 80, expose: ['https://shop.example.com/a', 'http://shop.example.com/b']}", "scheme-mixed"),
        ("web: {port: 80, expose: [{url: 'https://shop.example.com', via: partner}]}", "entrypoint-unknown"),
        ("web: {port: 80, expose: [{url: 'https://pay.example.com', via: public}]}", "entrypoint-missing"),
        ("web: {port: 80, expose: [{url: 'http://shop.example.com', tls: {secret: x}}]}", "bad-url"),
    ],
)
def test_a_route_that_cannot_be_is_an_error(spec: str, code: str) -> None:
    """Ports and entry points that are not there, paths and certificates that collide."""
    assert codes(apps(spec), ENTRY) == [code]


def test_a_host_has_one_certificate_in_a_document() -> None:
    """Two Secrets for two of its paths are an error."""
    way = "{{url: 'https://shop.example.com/{0}', tls: {{secret: {0}}}}}"
    assert codes(apps(f"web: {{port: 80, expose: [{way.format('a')}, {way.format('b')}]}}"), ENTRY) == [
        "certificate-shared"
    ]


def test_a_certificate_of_a_host_is_issued_for_all_its_paths_or_for_none() -> None:
    """One Ingress holds the paths, even where the Secret that one path names is the one that would be issued."""
    issuer = platform("entrypoints: {public: {ingress: traefik, tls: cert-manager/le}}\n")
    held = "{{url: 'https://h.example.com/b', tls: {{secret: {secret}}}}}"
    for secret in ("h.example.com-tls", "other"):
        ways = f"['https://h.example.com/a', {held.format(secret=secret)}]"
        assert codes(apps(f"web: {{port: 80, expose: {ways}}}"), issuer) == ["certificate-shared"]


def ingresses(*documents: str) -> dict[str, list[str]]:
    """Return the host and paths of each Ingress that *documents* render, by its name."""
    found: dict[str, list[str]] = {}
    for manifest in render(load(*documents).intent):
        if manifest.kind == "Ingress":
            (rule,) = yaml.safe_load(manifest.text)["spec"]["rules"]
            found[manifest.name] = [rule["host"], *(path["path"] for path in rule["http"]["paths"])]
    return found


def test_an_ingress_is_called_as_its_urls_say() -> None:
    """URLs of one host with one name share an Ingress; those without a name are in one that netgen names."""
    shown = "url: 'https://shop.example.com"
    spec = apps(
        f"""
        web: {{port: 80, expose: [{{{shown}', name: old.web}}, {{{shown}/b', name: old.web}}]}}
        api: {{port: 81, expose: [{{{shown}/api', name: old-api}}, 'https://shop.example.com/c']}}
        """
    )
    assert ingresses(spec, ENTRY) == {
        "old.web": ["shop.example.com", "/b", "/"],
        "old-api": ["shop.example.com", "/api"],
        "shop.public.shop.example.com": ["shop.example.com", "/c"],
    }
    by_port = "web: {{ports: {{a: 80, b: 81}}, expose: {{a: {{{0}', name: old}}}}}}"
    assert ingresses(apps(by_port.format(shown)), ENTRY) == {"old": ["shop.example.com", "/"]}


POINTS = platform("entrypoints: {one: {ingress: traefik}, two: {ingress: haproxy}}\n")
"""A platform with two entry points, each for any host."""


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://b.example.com, via: one", "shop"),
        ("https://a.example.com/b, via: two", "shop"),
        ("https://a.example.com/b, via: one", "more"),
    ],
    ids=["host", "entry point", "document"],
)
def test_an_ingress_holds_one_host_of_a_document_at_one_entry_point(url: str, name: str) -> None:
    """A name that two of them would have is an error where it is written a second time."""
    web = "web: {port: 80, expose: [{url: https://a.example.com, via: one, name: old}]}"
    api = f"api: {{port: 81, expose: [{{url: {url}, name: old}}]}}"
    documents = [apps(f"{web}\n{api}")] if name == "shop" else [apps(web), apps(api, name=name)]
    (problem,) = refused(*documents, POINTS)
    assert problem.code == "name-collision"
    assert problem.place is not None
    assert (problem.place.text.strip(), problem.place.text[problem.place.column - 1 :]) == (api, "old}]}")


def test_a_given_name_that_netgen_gives_to_another_ingress_is_an_error() -> None:
    """Whichever of the two stands first."""
    spec = apps(
        """
        web: {port: 80, expose: [{url: 'https://shop.example.com/a', name: shop.public.shop.example.com}]}
        api: {port: 81, expose: 'https://shop.example.com/b'}
        """
    )
    assert [problem.code for problem in check(render(load(spec, ENTRY).intent))] == ["name-collision"]


def test_an_exact_path_and_a_prefix_are_two_routes() -> None:
    """They may lead to two apps."""
    exact = "api: {port: 81, expose: [{url: 'https://shop.example.com/a', match: exact}]}"
    routes = load(apps(f"web: {{port: 80, expose: 'https://shop.example.com/a'}}\n{exact}"), ENTRY).intent.routes
    assert [(route.app.name, route.exact) for route in routes] == [("api", True), ("web", False)]


def test_one_path_through_two_entry_points_of_one_class_is_one_path() -> None:
    """The controller sees both Ingresses; of two classes each sees its own."""
    spec = "{a}: {{port: 80, expose: [{{url: 'https://h.example.com/x', via: {via}}}]}}"
    both = apps(spec.format(a="web", via="one") + "\n" + spec.format(a="api", via="two"))
    points = "entrypoints: {{one: {{ingress: traefik}}, two: {{ingress: {0}}}}}\n"
    assert codes(both, platform(points.format("traefik"))) == ["route-duplicate"]
    assert len(load(both, platform(points.format("haproxy"))).intent.routes) == 2


def test_a_controller_that_is_an_app_gets_its_egress_half() -> None:
    """Where its pods are those of the entry point."""
    spec = apps("web: {port: 80 -> 8080, expose: 'https://shop.example.com'}")
    assert opened(spec, apps("traefik: {}", "traefik"), ENTRY) == [
        "traefik/app.kubernetes.io/name=traefik -> shop/web 8080/TCP (in)",
        "traefik/traefik -> shop/app.kubernetes.io/name=web 8080/TCP (out)",
    ]
    assert len(opened(spec, apps("other: {}", "traefik"), ENTRY)) == 1


# ------------------------------------------------------------------------------------------- clients and entry points


def test_decision_13_named_clients_are_seen_only_with_the_local_traffic_policy() -> None:
    """Which they imply; the policy and the load balancer both hold them."""
    exposure = "[{loadBalancer: {clients: [203.0.113.0/24, '2001:db8::1']}}]"
    (service,) = load(apps(f"web: {{port: 80 -> 8080, expose: {exposure}}}")).intent.services
    assert (service.local_traffic, service.source_ranges) == (True, ("2001:db8::1/128", "203.0.113.0/24"))
    assert opened(apps(f"web: {{port: 80 -> 8080, expose: {exposure}}}")) == [
        "2001:db8::1/128 + 203.0.113.0/24 -> shop/web 8080/TCP (in)"
    ]


@pytest.mark.parametrize("kind", ["loadBalancer", "nodePort"])
def test_decision_13_named_clients_with_the_cluster_policy_are_an_error(kind: str) -> None:
    """The addresses would be hidden."""
    exposure = f"[{{{kind}: {{clients: [203.0.113.0/24], externalTrafficPolicy: Cluster}}}}]"
    assert codes(apps(f"web: {{port: 80, expose: {exposure}}}")) == ["clients-need-local"]
    internet = f"[{{{kind}: {{clients: [internet], externalTrafficPolicy: Cluster}}}}]"
    assert load(apps(f"web: {{port: 80, expose: {internet}}}")).intent.services[0].local_traffic is False


def test_decision_13_node_ports_have_no_source_ranges() -> None:
    """Only the policy holds the clients."""
    exposure = "[{nodePort: {clients: [203.0.113.0/24]}}]"
    (service,) = load(apps(f"web: {{port: 80, expose: {exposure}}}")).intent.services
    assert (service.local_traffic, service.source_ranges) == (True, ())


def test_decision_14_a_url_opens_the_port_to_the_data_plane_only() -> None:
    """The policy has the container port, the route the Service port."""
    spec = apps("web: {port: 80 -> 8080, expose: 'https://shop.example.com/api'}")
    assert opened(spec, ENTRY) == ["traefik/app.kubernetes.io/name=traefik -> shop/web 8080/TCP (in)"]
    (route,) = load(spec, ENTRY).intent.routes
    assert (route.host, route.path, route.exact, route.service, route.service_port) == (
        *("shop.example.com", "/api", False),
        *("web", 80),
    )


def test_decision_14_http_has_no_certificate_and_https_has_one() -> None:
    """With https the redirect of the controller comes along."""
    (plain,) = load(apps("web: {port: 80, expose: 'http://shop.example.com'}"), ENTRY).intent.routes
    (secure,) = load(apps("web: {port: 80, expose: 'https://shop.example.com'}"), ENTRY).intent.routes
    assert plain.tls is None
    assert secure.tls is not None
    assert secure.entrypoint.secure != ()


def test_decision_14_a_url_without_an_entry_point_is_an_error_that_names_the_ways() -> None:
    """There is no default controller."""
    spec = apps("web: {port: 80, expose: 'https://shop.example.com'}")
    (problem,) = refused(spec)
    assert problem.code == "entrypoint-missing"
    assert "--ingress" in problem.fix
    assert "entrypoints:" in problem.fix
    (other,) = refused(apps("web: {port: 80, expose: 'https://pay.example.com'}"), ENTRY)
    assert (other.code, other.notes) == ("entrypoint-missing", ("public serves shop.example.com",))


# ------------------------------------------------------------------------------------------------------ certificates


def url(path: str, namespace: str, name: str, exposure: str = "https://h.example.com") -> str:
    """Return a document with one app, exposed under *path*."""
    return apps(f"{name}: {{port: 80, expose: '{exposure}{path}'}}", namespace, name)


def test_decision_27_two_namespaces_that_each_issue_a_certificate_for_a_host_are_an_error() -> None:
    """One that holds it, or one namespace, is fine."""
    issuer = platform("entrypoints: {public: {ingress: traefik, tls: cert-manager/le}}\n")
    assert codes(url("/a", "shop", "web"), url("/b", "pay", "api"), issuer) == ["certificate-shared"]
    assert len(load(url("/a", "shop", "web"), url("/b", "shop", "api"), issuer).intent.routes) == 2
    for tls in ("controller", "secret shared"):
        held = platform(f"entrypoints: {{public: {{ingress: traefik, tls: {tls}}}}}\n")
        assert len(load(url("/a", "shop", "web"), url("/b", "pay", "api"), held).intent.routes) == 2


def test_decision_27_two_issuers_for_a_host_in_one_namespace_are_an_error() -> None:
    """They would write one Secret."""
    points = (
        "entrypoints: {one: {ingress: traefik, tls: cert-manager/a}, two: {ingress: haproxy, tls: cert-manager/b}}\n"
    )
    spec = "{a}: {{port: 80, expose: [{{url: 'https://h.example.com/{a}', via: {via}}}]}}"
    both = spec.format(a="web", via="one") + "\n" + spec.format(a="api", via="two")
    assert codes(apps(both), platform(points)) == ["certificate-shared"]
