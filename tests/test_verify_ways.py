"""The proof looks at the ways to the apps: what a Service or Ingress lost, and what leads there that no spec says."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from netgen import api
from netgen.problems import Problem
from netgen.source import Dialect, read
from netgen.verify import prove
from specs import document, load, platform

Body = dict[str, Any]

SHOP = document("""
apps:
  web:
    ports: {http: 80 -> 8080, admin: 9090}
    expose:
      http:
        - https://shop.example.com/
        - https://cert.example.com/
        - http://plain.example.com/
        - loadBalancer: {name: lb, annotations: {example.com/internal: "true"}}
    service: {sessionAffinity: ClientIP}
    calls: [db]
  db: {port: 5432/tcp, select: {app: db, part: data}}
""")
PLATFORM = platform("""
entrypoints:
  secret: {hosts: [shop.example.com], ingress: traefik, tls: secret shop-tls, annotations: {example.com/limit: "5"}}
  issued: {hosts: [cert.example.com], ingress: nginx, tls: cert-manager/main}
  plain: {hosts: [plain.example.com], ingress: nginx}
""")
WEB = {"app.kubernetes.io/name": "web"}


def found(change: Callable[[dict[str, Body]], object] = len, *more: Body) -> list[Problem]:
    """Return what is found in the rendered shop after *change*, which is given its objects by name, and with *more*."""
    intent = load(SHOP, PLATFORM).intent
    bodies = {f"{one.kind} {one.name}": copy.deepcopy(one.body) for one in api.render(intent)}
    change(bodies)
    reading = read(yaml.safe_dump_all([*bodies.values(), *more]), "changed", Dialect.MANIFEST)
    return list(prove(intent, reading.documents, reading.problems, cni="kubernetes").findings)


def said(change: Callable[[dict[str, Body]], object] = len, *more: Body) -> list[str]:
    """Return code and sentence of the same."""
    return [f"{one.code}: {one.message}" for one in found(change, *more)]


def service(name: str, selector: Body, **more: Any) -> Body:
    """Return a Service that no spec says."""
    spec = {"selector": selector, "ports": [{"port": 80, "targetPort": 8080}], **more}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "shop"}, "spec": spec}


def ingress(host: str, to: str, path: str = "/") -> Body:
    """Return an Ingress that no spec says."""
    backend = {"service": {"name": to, "port": {"number": 80}}}
    rules = [{"host": host, "http": {"paths": [{"path": path, "pathType": "Prefix", "backend": backend}]}}]
    spec = {"ingressClassName": "traefik", "rules": rules}
    meta = {"name": "x", "namespace": "shop"}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": meta, "spec": spec}


SECRET, ISSUED, PLAIN = (
    f"Ingress shop.{name}.{host}.example.com"
    for name, host in (("secret", "shop"), ("issued", "cert"), ("plain", "plain"))
)


def test_what_was_rendered_is_proved() -> None:
    """Nothing was changed, and nothing is found."""
    assert said() == []


@pytest.mark.parametrize(
    ("name", "tls", "there", "meant"),
    [
        (SECRET, None, "without TLS", "with the certificate in the Secret shop-tls"),
        (SECRET, [{"hosts": ["other.example.com"], "secretName": "shop-tls"}], "without TLS", "Secret shop-tls"),
        (SECRET, [{"hosts": ["shop.example.com"], "secretName": "x"}], "in the Secret x", "Secret shop-tls"),
        (SECRET, [{"hosts": ["shop.example.com"]}], "with a certificate that its controller holds", "shop-tls"),
        (SECRET, [{"secretName": "shop-tls"}], "shop-tls, as every host", "Secret shop-tls"),
        (PLAIN, [{}], "with a certificate that its controller holds, as every host", "without TLS"),
        (ISSUED, [], "without TLS", "with the certificate in the Secret"),
        (PLAIN, [{"hosts": ["plain.example.com"], "secretName": "x"}], "in the Secret x", "without TLS"),
    ],
)
def test_tls_that_is_not_as_the_spec_says_is_found(name: str, tls: list[Body] | None, there: str, meant: str) -> None:
    """A host that loses its certificate, gets another, or one that it should not have, is a finding."""
    (one,) = found(lambda bodies: bodies[name]["spec"].update(tls=tls))
    assert one.code == "route-differs"
    assert f"{there}; the spec means" in one.message
    assert meant in one.message.partition("the spec means")[2]


def test_a_certificate_may_be_for_every_name_of_a_domain() -> None:
    """A certificate with a wildcard is for the host too."""
    tls = [{"hosts": ["*.example.com"], "secretName": "shop-tls"}]
    assert said(lambda bodies: bodies[SECRET]["spec"].update(tls=tls)) == []


@pytest.mark.parametrize(
    ("name", "key"),
    [
        (SECRET, "example.com/limit"),
        (ISSUED, "cert-manager.io/cluster-issuer"),
        ("Service lb", "example.com/internal"),
    ],
)
def test_an_annotation_that_an_exposure_needs_is_missed(name: str, key: str) -> None:
    """What the controller is told by annotation is part of the exposure: without, or otherwise, it is another one."""
    for change in (lambda notes: notes.pop(key, None), lambda notes: notes.update({key: "other"})):
        (one,) = found(lambda bodies, change=change: change(bodies[name]["metadata"]["annotations"]))
        assert one.code == ("service-differs" if name.startswith("Service") else "route-differs")
        assert key in one.message


@pytest.mark.parametrize(
    ("affinity", "there"),
    [
        ({"sessionAffinity": "None"}, "the session affinity None"),
        ({"sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 5}}}, "the session affinity ClientIP for 5 s"),
    ],
)
def test_another_session_affinity_is_found(affinity: Body, there: str) -> None:
    """Without it, or with another time, clients end at other pods than the spec says."""
    (one,) = said(lambda bodies: bodies["Service web"]["spec"].update(affinity))
    assert one.startswith(f"service-differs: the Service shop/web has {there}; the spec means")


def test_the_session_affinity_that_the_api_server_fills_in_is_the_same() -> None:
    """What kubectl prints has the default time of three hours."""
    three_hours = {"sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 10800}}}
    assert said(lambda bodies: bodies["Service web"]["spec"].update(three_hours)) == []


@pytest.mark.parametrize(
    "more", [{"type": "LoadBalancer"}, {"type": "NodePort"}, {"externalIPs": ["203.0.113.1"]}], ids=str
)
@pytest.mark.parametrize("selector", [{"app": "db"}, {"app": "db", "version": "v2"}, {"part": "data"}], ids=str)
def test_a_service_that_exposes_an_app_unasked_is_found(more: Body, selector: Body) -> None:
    """Policies decide who gets in, but no spec says that there is this way."""
    (one,) = said(len, service("extra", selector, **more))
    assert one.startswith("service-differs: the Service shop/extra exposes shop/db")
    assert one.endswith("which no spec says")


def test_a_service_that_exposes_nothing_of_the_specs_is_not_told() -> None:
    """A Service inside the cluster is no exposure, and the pods of somebody else are his."""
    others = (
        service("inside", {"app": "db"}),
        service("theirs", {"app": "other"}, type="LoadBalancer"),
        service("split", {"app": "db", "part": "web"}, type="LoadBalancer"),
    )
    assert said(len, *others) == []


def test_the_service_of_an_app_that_has_none_by_its_spec_is_somebody_elses_word() -> None:
    """Who lets the outside in and writes `service: false` has a Service that netgen does not write."""
    body = "apps:\n  web: {port: 8080, service: false, accepts: [internet]}\n"
    for text, expected in ((body, []), (body.replace("internet", "other/x"), ["service-differs"])):
        intent = load(document(text)).intent
        bodies = [*(one.body for one in api.render(intent)), service("lb", WEB, type="LoadBalancer")]
        reading = read(yaml.safe_dump_all(bodies), "changed", Dialect.MANIFEST)
        result = prove(intent, reading.documents, reading.problems, cni="kubernetes")
        assert [one.code for one in result.findings] == expected


def test_an_ingress_that_exposes_an_app_by_another_service_is_found() -> None:
    """Whatever its Service is called, it leads to the app."""
    (one,) = said(len, service("extra", {"app": "db"}), ingress("db.example.com", "extra"))
    assert one.startswith("route-differs: an Ingress leads db.example.com/ to the Service shop/extra of shop/db")


def test_an_ingress_that_takes_a_host_and_path_of_the_spec_is_found() -> None:
    """Of two Ingresses with one host and path, a controller serves whichever it likes."""
    other = service("other", {"app": "other"})
    (one,) = said(len, other, ingress("shop.example.com", "other"))
    assert one == (
        "route-differs: an Ingress leads shop.example.com/ to the Service shop/other, where the spec says shop/web"
    )
    assert said(len, other, ingress("other.example.com", "other")) == []


def test_a_port_may_be_named_instead_of_numbered() -> None:
    """An Ingress that names the port of a Service, and a Service that names the port of its pods, say the same."""

    def change(bodies: dict[str, Body]) -> None:
        for name in (SECRET, PLAIN):
            path = bodies[name]["spec"]["rules"][0]["http"]["paths"][0]
            path["backend"]["service"]["port"] = {"name": "http"}
        bodies["Service web"]["spec"]["ports"][1]["targetPort"] = "listens"

    def pods(name: str, labels: Body, port: int) -> Body:
        container = {"name": "main", "image": "x", "ports": [{"name": "listens", "containerPort": port}]}
        template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
        meta = {"name": name, "namespace": "shop"}
        return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": {"template": template}}

    data = pods("db", {"app": "db", "part": "data"}, 5432)
    target = next(port["targetPort"] for port in _ports())
    assert said(change, data, pods("web", WEB, target)) == []
    assert [one.partition(":")[0] for one in said(change, data, pods("web", WEB, 1))] == ["service-differs"]


def _ports() -> list[Body]:
    """Return the ports of the Service web, from the second on."""
    bodies = {f"{one.kind} {one.name}": one.body for one in api.render(load(SHOP, PLATFORM).intent)}
    ports: list[Body] = bodies["Service web"]["spec"]["ports"]
    return ports[1:]
