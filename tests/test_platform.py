"""What a Platform says, what the flags say beside it, and what the built-in profiles of controllers know."""

from __future__ import annotations

from typing import Any

import pytest

from netgen.intent import Pods, Route
from netgen.source import Dialect, read
from netgen.spec import controllers
from netgen.spec.platform import NO_FLAGS, Ranges, read_platform
from specs import apps, codes, labels, load, opened, platform, refused

URL = apps("web: {port: 80 -> 8080, expose: 'https://shop.example.com/api'}")


def points(body: str) -> str:
    """Return a Platform with the entry points *body*."""
    return platform(f"entrypoints: {{{body}}}\n")


def route(*documents: str, ingress: str | None = None) -> Route:
    """Return the only route of *documents*."""
    (only,) = load(*documents, ingress=ingress).intent.routes
    return only


# ----------------------------------------------------------------------------------------------------- CNI and version


@pytest.mark.parametrize(
    ("cni", "code"),
    [
        *(("calico 2.0", "unknown-cni"), ("flannel 1.0", "unknown-cni"), ("Weave", "unknown-cni")),
        *(("kubernetes 1.36", "unknown-cni"), ("Kubernetes", "unknown-cni"), ("kubernets", "unknown-cni")),
        *(("cilium 1.15", "unknown-cni"), ("cilium ", "unknown-cni"), ("cilium 1.19 ", "unknown-cni")),
        *((" kubernetes", "unknown-cni"), ("", "unknown-cni")),
    ],
)
def test_a_cni_that_is_not_read_is_an_error(cni: str, code: str) -> None:
    """In the platform and as a flag."""
    if cni:
        assert codes(apps("web: {}"), platform(f"cni: '{cni}'\n")) == [code]
    assert [problem.code for problem in refused(apps("web: {}"), cni=cni)] == [code]


def test_the_flag_wins_over_the_platform() -> None:
    """What the platform says of its CNI is judged all the same."""
    load(apps("web: {}"), platform("cni: kubernetes\n"), cni="kubernetes")
    assert [problem.code for problem in refused(apps("web: {}"), platform("cni: antrea\n"), cni="kubernetes")] == [
        "unknown-cni"
    ]


@pytest.mark.parametrize(("text", "version"), [('"1.36"', (1, 36)), ('"1.21"', (1, 21)), ("'1.30'", (1, 30))])
def test_the_version_of_kubernetes_is_a_text(text: str, version: tuple[int, int]) -> None:
    """Major and minor; without it nothing is known."""
    assert load(apps("web: {}"), platform(f"kubernetes: {text}\n")).intent.kubernetes == version
    assert load(apps("web: {}"), platform("")).intent.kubernetes is None


def test_decision_25_a_version_without_quotes_is_an_error_that_shows_the_text() -> None:
    """1.30 would be the number 1.3."""
    (problem,) = refused(apps("web: {}"), platform("kubernetes: 1.30\n"))
    assert problem.code == "wrong-type"
    assert "1.30" in problem.message


def test_there_is_one_platform() -> None:
    """A second one is an error that shows the first."""
    (problem,) = refused(apps("web: {}"), platform(""), platform(""))
    assert (problem.code, problem.notes) == ("several-platforms", ("the first is at <stdin>:8",))


# ---------------------------------------------------------------------------------------------------- DNS and scrapers


@pytest.mark.parametrize(
    ("dns", "target"),
    [
        ("kube-system/k8s-app=kube-dns", "kube-system/k8s-app=kube-dns 53"),
        ("dns/app=coredns,tier=edge:5353", "dns/app=coredns,tier=edge 5353"),
        ("dns/app.kubernetes.io/name=coredns", "dns/app.kubernetes.io/name=coredns 53"),
        ("169.254.20.10", "169.254.20.10/32 53"),
        ("169.254.20.10:5353", "169.254.20.10/32 5353"),
        ("2001:db8::53", "2001:db8::53/128 53"),
        ("[2001:db8::53]:5353", "2001:db8::53/128 5353"),
    ],
)
def test_decision_19_a_name_server_is_pods_or_an_address(dns: str, target: str) -> None:
    """With a port or without; always by UDP and TCP."""
    peer, _, port = target.partition(" ")
    expected = [f"shop/web -> {peer} {port}/TCP,{port}/UDP (out)"]
    assert opened(apps("web: {}"), platform(f"dns: ['{dns}']\n"), dns=True) == expected


def test_without_a_word_the_name_servers_are_those_of_the_cluster() -> None:
    """With a platform and without one."""
    expected = ["shop/web -> kube-system/k8s-app=kube-dns 53/TCP,53/UDP (out)"]
    assert opened(apps("web: {}"), dns=True) == expected
    assert opened(apps("web: {}"), platform(""), dns=True) == expected


def test_scrapers_are_one_text_or_a_list() -> None:
    """Each is its own source, and one that is written twice is one."""
    web = apps("web: {ports: {metrics: 9090}}")
    one = ["mon/a=b -> shop/web 9090/TCP (in)"]
    assert opened(web, platform("scrape: mon/a=b\n")) == one
    assert opened(web, platform("scrape: [mon/a=b]\n")) == one
    assert opened(web, platform("scrape: ['mon/a=b,c=d', 'mon/c=d,a=b', mon/a=b]\n")) == [
        *one,
        "mon/a=b,c=d -> shop/web 9090/TCP (in)",
    ]
    assert opened(web, platform("scrape: []\n")) == []


@pytest.mark.parametrize("key", ["dns", "scrape"])
@pytest.mark.parametrize(
    ("text", "code"), [("here/app=x", "reserved-name"), ("cluster/app=x", "reserved-name"), ("mon/app", "bad-selector")]
)
def test_pods_of_the_platform_are_named_by_namespace_and_label(key: str, text: str, code: str) -> None:
    """A word of the language is no namespace, and a key alone is no label."""
    assert codes(apps("web: {}"), platform(f"{key}: [{text}]\n")) == [code]


# -------------------------------------------------------------------------------------------------------------- ranges


def ranges(body: str) -> Ranges:
    """Return what the ranges *body* of a platform are."""
    found: list[Any] = []
    (document,) = read(platform(f"ranges: {{{body}}}\n"), "platform.yaml", Dialect.SPEC).documents
    data: Any = document.data
    result = read_platform((data, document.spot()), None, NO_FLAGS, found, unread=False).ranges
    assert found == []
    return result


def test_ranges_are_sorted_and_those_inside_others_are_left_out() -> None:
    """Neighbours are not merged, and the two families are kept apart."""
    assert ranges(
        "pods: [10.2.0.0/16, 10.0.0.0/16, 10.0.3.0/24, '2001:db8::/32', '2001:db8:1::/48', 10.1.0.0/16]"
    ) == Ranges(pods=("10.0.0.0/16", "10.1.0.0/16", "10.2.0.0/16", "2001:db8::/32"))
    assert ranges("nodes: [10.0.0.7, 10.0.0.0/30], services: ['::1:0/112', '::/96']") == Ranges(
        nodes=("10.0.0.0/30", "10.0.0.7/32"), services=("::/96",)
    )


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("exact: true", "missing-key"),
        ("exact: true, pods: [10.0.0.0/8], nodes: [192.168.0.0/24]", "missing-key"),
        ("pods: [10.0.0.1/8]", "bad-address"),
        ("pods: [0.0.0.0/0]", "bad-address"),
        ("nodes: ['::/0']", "bad-address"),
        ("services: []", "bad-value"),
    ],
)
def test_ranges_that_would_mean_something_else_are_errors(body: str, code: str) -> None:
    """Exact ranges leave nothing out, and no range is everything or nothing."""
    assert codes(apps("web: {}"), platform(f"ranges: {{{body}}}\n")) == [code]


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "10.0.0.1:0", "10.0.0.0/8:6443", "'2001:db8::1:6443'", "'[10.0.0.1]:6443'"]
)
def test_the_api_server_is_an_address_with_a_port(address: str) -> None:
    """An IPv6 address, and no other, stands in brackets."""
    assert codes(apps("web: {calls: [cluster/apiserver]}"), platform(f"apiserver: [{address}]\n")) == ["bad-address"]


# -------------------------------------------------------------------------------------------------------- entry points


@pytest.mark.parametrize(
    ("hosts", "host", "served"),
    [
        ("[shop.example.com]", "shop.example.com", True),
        ("[shop.example.com]", "www.shop.example.com", False),
        ("['*.example.com']", "shop.example.com", True),
        ("['*.example.com']", "*.example.com", True),
        ("['*.example.com']", "a.shop.example.com", False),
        ("['*.example.com']", "example.com", False),
        ("[shop.example.com]", "*.example.com", False),
        ("['*.example.com']", "*.shop.example.com", False),
        ("['*.com']", "example.com", True),
    ],
)
def test_an_entry_point_serves_its_hosts(hosts: str, host: str, *, served: bool) -> None:
    """A wildcard stands for one label, named or a star itself; `via` does not change what is served."""
    for exposure in (f"'https://{host}'", f"[{{url: 'https://{host}', via: public}}]"):
        spec = apps(f"web: {{port: 80, expose: {exposure}}}")
        gate = points(f"public: {{hosts: {hosts}, ingress: traefik}}")
        if served:
            assert route(spec, gate).host == host
        else:
            assert codes(spec, gate) == ["entrypoint-missing"]


def test_the_nearest_entry_point_serves_a_host() -> None:
    """One that names the host before a wildcard, a wildcard before one without hosts; two equals are ambiguous."""
    exact = "a: {hosts: [shop.example.com], ingress: traefik}"
    wild = "b: {hosts: ['*.example.com'], ingress: haproxy}"
    every = "c: {ingress: kong}"
    assert route(URL, points(f"{every}, {wild}, {exact}")).entrypoint.name == "a"
    assert route(URL, points(f"{every}, {wild}")).entrypoint.name == "b"
    assert route(URL, points(every)).entrypoint.name == "c"
    for one in (exact, wild, every):
        assert codes(URL, points(f"{one}, d{one[1:]}")) == ["entrypoint-ambiguous"]
    assert (
        route(
            apps("web: {port: 80, expose: [{url: 'https://shop.example.com', via: c}]}"), points(f"{every}, {exact}")
        ).entrypoint.name
        == "c"
    )


@pytest.mark.parametrize(
    ("tls", "secret", "issuer"),
    [
        ("controller", None, None),
        ("secret shop-tls", "shop-tls", None),
        ("cert-manager/letsencrypt", "shop.example.com-tls", "letsencrypt"),
        ("cert-manager/a.b", "shop.example.com-tls", "a.b"),
    ],
)
def test_a_word_says_where_certificates_come_from(tls: str, secret: str | None, issuer: str | None) -> None:
    """The controller holds them, a Secret does, or cert-manager writes one for each host."""
    found = route(URL, points(f"public: {{ingress: traefik, tls: {tls}}}")).tls
    assert found
    assert found.secret == secret
    assert dict(found.annotations) == ({"cert-manager.io/cluster-issuer": issuer} if issuer else {})


def test_the_secret_of_an_issued_wildcard_has_a_name_without_a_star() -> None:
    """A star is no part of an object's name."""
    spec = apps("web: {port: 80, expose: 'https://*.example.com'}")
    found = route(spec, points("public: {ingress: traefik, tls: cert-manager/le}")).tls
    assert found
    assert found.secret == "example.com-wildcard-tls"  # noqa: S105


def test_the_secret_of_a_url_wins_over_the_entry_point() -> None:
    """And is not issued."""
    spec = apps("web: {port: 80, expose: [{url: 'https://shop.example.com', tls: {secret: mine}}]}")
    for tls in ("controller", "secret shared", "cert-manager/le"):
        found = route(spec, points(f"public: {{ingress: traefik, tls: {tls}}}")).tls
        assert found
        assert (found.secret, found.annotations) == ("mine", ())


@pytest.mark.parametrize(
    ("tls", "code"),
    [
        *(("secret", "bad-value"), ("certmanager/x", "bad-value"), ("shop-tls", "bad-value"), ("' mine'", "bad-value")),
        *(("Controller", "bad-value"), ("secret Shop", "bad-name"), ("cert-manager/", "bad-name")),
        *(("secret a b", "bad-name"), ("secret a..b", "bad-name"), ("cert-manager/a/b", "bad-name")),
    ],
)
def test_no_other_word_is_a_way_to_a_certificate(tls: str, code: str) -> None:
    """Nor is a name that no object can have."""
    assert codes(apps("web: {}"), points(f"public: {{ingress: traefik, tls: {tls}}}")) == [code]


def test_annotations_of_an_entry_point_are_those_of_its_ingresses() -> None:
    """They are on no Service and on no policy."""
    found = route(URL, points("public: {ingress: traefik, annotations: {a: x}}"))
    assert found.entrypoint.annotations == (("a", "x"),)


# --------------------------------------------------------------------------------------------------------- controllers


def plane(body: str) -> str:
    """Return the data plane of the entry point with *body*."""
    pods = route(URL, points(f"public: {{{body}}}")).entrypoint.data_plane
    return f"{pods.namespace}/{labels(pods.selector)}"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("ingress: traefik", "traefik/app.kubernetes.io/name=traefik"),
        ("ingress: nginx", "ingress-nginx/app.kubernetes.io/component=controller,app.kubernetes.io/name=ingress-nginx"),
        ("ingress: edge, controller: traefik", "traefik/app.kubernetes.io/name=traefik"),
        ("ingress: edge, controller: {profile: traefik}", "traefik/app.kubernetes.io/name=traefik"),
        ("ingress: traefik, controller: {namespace: edge}", "edge/app.kubernetes.io/name=traefik"),
        ("ingress: traefik, controller: {labels: {app: x}}", "traefik/app=x"),
        ("ingress: edge, controller: {profile: traefik, namespace: edge}", "edge/app.kubernetes.io/name=traefik"),
        ("ingress: edge, controller: {profile: traefik, labels: {app: x}}", "traefik/app=x"),
        ("ingress: edge, controller: {namespace: edge, labels: {app: x, z: w}}", "edge/app=x,z=w"),
        ("ingress: traefik, controller: {namespace: edge, labels: {app: x}}", "edge/app=x"),
    ],
)
def test_decision_24_the_controller_is_a_profile_or_a_map(body: str, expected: str) -> None:
    """The class names the profile where one has it; namespace and labels may be others."""
    assert plane(body) == expected


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("ingress: edge", "unknown-controller"),
        ("ingress: edge, controller: {namespace: edge}", "unknown-controller"),
        ("ingress: edge, controller: {labels: {app: x}}", "unknown-controller"),
        ("ingress: edge, controller: treafik", "unknown-controller"),
        ("ingress: edge, controller: {profile: treafik, namespace: edge, labels: {app: x}}", "unknown-controller"),
        ("ingress: edge, controller: {namespace: here, labels: {app: x}}", "reserved-name"),
        ("ingress: edge, controller: {namespace: edge, labels: {pod-template-hash: x}}", "bad-selector"),
        ("ingress: edge, controller: {namespace: edge, labels: {}}", "bad-value"),
    ],
)
def test_a_controller_whose_pods_are_not_known_is_an_error(body: str, code: str) -> None:
    """It says so once, not at each URL as well."""
    assert codes(URL, points(f"public: {{{body}}}")) == [code]


def test_where_the_pods_are_says_nothing_of_the_controller() -> None:
    """What the profile of the class knows besides holds for pods in another place too."""
    moved = "controller: {namespace: edge, labels: {app: x}}"
    at_home, elsewhere = (
        route(URL, points(f"public: {{ingress: traefik, {body}}}")).entrypoint for body in ("tls: controller", moved)
    )
    assert at_home.secure == elsewhere.secure != ()
    tilde = apps("web: {port: 80, expose: 'https://shop.example.com/~me'}")
    assert codes(tilde, points(f"public: {{ingress: nginx, {moved}}}")) == ["route-path"]
    assert codes(URL, points(f"public: {{ingress: contour, {moved}}}")) == ["certificate-missing"]


def test_paths_are_held_to_what_the_controller_takes() -> None:
    """One with strict paths refuses letters that others take."""
    for path, strict in (("/.well-known/x_y-z", True), ("/~me", False), ("/a%20b", False), ("/a:b", False)):
        spec = apps(f"web: {{port: 80, expose: 'https://shop.example.com{path}'}}")
        assert route(spec, points("public: {ingress: haproxy}")).path == path
        if strict:
            assert route(spec, points("public: {ingress: nginx}")).path == path
        else:
            assert codes(spec, points("public: {ingress: nginx}")) == ["route-path"]


def test_a_controller_that_needs_a_secret_gets_one() -> None:
    """For https; plain HTTP needs none."""
    contour = "public: {{ingress: contour, tls: {}}}"
    plain = apps("web: {port: 80, expose: 'http://shop.example.com'}")
    assert codes(URL, points(contour.format("controller"))) == ["certificate-missing"]
    assert route(plain, points(contour.format("controller"))).tls is None
    assert route(URL, points(contour.format("secret x"))).tls
    assert route(URL, points(contour.format("cert-manager/x"))).tls


PROFILES = controllers.controllers().by_name
WITH_PODS = [name for name, profile in PROFILES.items() if isinstance(profile.data_plane, Pods)]


@pytest.mark.parametrize("name", WITH_PODS)
def test_a_profile_names_pods(name: str) -> None:
    """A namespace and at least one label, none of which changes with a release."""
    body = f"ingress: edge, controller: {name}, tls: secret x"
    pods = route(URL, points(f"public: {{{body}}}")).entrypoint.data_plane
    assert pods == PROFILES[name].data_plane
    assert isinstance(pods, Pods)
    assert pods.namespace
    assert pods.selector.labels
    described = ", ".join(f"{key}: {value}" for key, value in pods.selector.labels)
    assert plane(f"ingress: edge, controller: {{namespace: {pods.namespace}, labels: {{{described}}}}}")


@pytest.mark.parametrize(("name", "controller"), controllers.controllers().by_class.items())
def test_a_class_has_one_profile(name: str, controller: controllers.Controller) -> None:
    """The flag `--ingress` takes the same names."""
    plain = apps("web: {port: 80, expose: 'http://shop.example.com'}")
    there = points(f"public: {{ingress: {name}}}") + "cni: cilium\n"
    assert route(plain, there).entrypoint.data_plane == controller.data_plane
    assert route(plain, platform("cni: cilium\n"), ingress=name).entrypoint.data_plane == controller.data_plane


# --------------------------------------------------------------------------------------------------------------- flags


def test_the_flag_is_an_entry_point_for_every_host() -> None:
    """Its name and its class are the flag's, and it may be named by `via`."""
    found = route(URL, ingress="traefik")
    assert (found.entrypoint.name, found.entrypoint.class_name) == ("traefik", "traefik")
    assert route(apps("web: {port: 80, expose: [{url: 'https://a.b', via: traefik}]}"), ingress="traefik").host == "a.b"


@pytest.mark.parametrize(
    ("flag", "code"), [("edge", "unknown-controller"), ("Traefik", "bad-name"), ("a.b", "bad-name")]
)
def test_a_flag_that_names_no_class_is_an_error(flag: str, code: str) -> None:
    """Once, and not at each URL as well."""
    assert codes(URL, ingress=flag) == [code]


def test_the_flag_comes_after_the_entry_points_of_a_platform() -> None:
    """A host that one of them names goes there; one that serves every host as well makes it ambiguous."""
    assert (
        route(URL, points("a: {hosts: [shop.example.com], ingress: haproxy}"), ingress="traefik").entrypoint.name == "a"
    )
    assert (
        route(URL, points("a: {hosts: [a.example.com], ingress: haproxy}"), ingress="traefik").entrypoint.name
        == "traefik"
    )
    assert codes(URL, points("a: {ingress: haproxy}"), ingress="traefik") == ["entrypoint-ambiguous"]
    (problem,) = refused(URL, points("traefik: {ingress: haproxy, hosts: [a.b]}"), ingress="traefik")
    assert (problem.code, problem.place) == ("entrypoint-ambiguous", None)


# ----------------------------------------------------------------------------------------- what follows from a fault


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("cniz: kubernetes\n", "unknown-key"),
        ("entrypoints: {public: {ingress: edge}}\n", "unenforceable-apiserver unenforceable-nodes unknown-controller"),
        ("apiserver: [10.0.0.1]\n", "bad-address entrypoint-missing unenforceable-nodes"),
        ("ranges: {nodes: [1.2.3.4/8]}\n", "bad-address entrypoint-missing unenforceable-apiserver"),
    ],
)
def test_what_a_platform_lacks_by_a_fault_is_not_missed_as_well(fault: str, code: str) -> None:
    """The entry point, the addresses and the owners that could not be read are not reported at each spec."""
    spec = apps(
        "web: {port: 80, expose: 'https://shop.example.com', calls: [cluster/apiserver], accepts: [cluster/nodes]}"
    )
    assert sorted(codes(spec, platform(fault))) == code.split()
