"""Yes or no to one question, and the reasons: policies, lines of the spec, names to dial, and what would open it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
import yaml

from clusters import random_cluster
from netgen import api
from netgen.asking import Answer, Reply, can
from netgen.evaluate.objects import read_cluster
from netgen.evaluate.semantics import PROFILES
from netgen.evaluate.sets import Protocol
from netgen.problems import NetgenError
from netgen.scene import scene
from netgen.source import Dialect, read
from specs import apps, load
from specs import platform as platform_document

ROOT = Path(__file__).parents[1]
BOUTIQUE = ROOT / "specs" / "online-boutique" / "spec.yaml"

SPEC = apps(
    """
    web: {port: 80 -> 8080, calls: [db, pay/api], expose: loadBalancer}
    db: 5432
    cache: {ports: {redis: 6379, metrics: 9121}}
    """
)
PAY = apps("api: {port: 9090, accepts: [shop/web]}", "pay")


def ask(source: str, target: str, *documents: str, cni: str = "kubernetes") -> Answer:
    """Return the answer for what specs render."""
    return api.can(source, target, intent=load(*(documents or (SPEC, PAY))).intent, cni=cni)


def ask_manifests(source: str, target: str, *documents: str, cni: str = "kubernetes") -> Answer:
    """Return the answer for manifests."""
    return api.can(source, target, ["-"], cni=cni, stdin="---\n".join(documents).encode())


def refused(source: str, target: str, *documents: str) -> tuple[str, str]:
    """Return code and message of the one problem for which a question has no answer."""
    with pytest.raises(NetgenError) as caught:
        ask(source, target, *documents)
    (problem,) = caught.value.problems
    return problem.code, problem.message


# --------------------------------------------------------------------------------------------------------- yes and no


@pytest.mark.parametrize(
    ("source", "target", "line"),
    [
        ("shop/web", "shop/db:5432", "yes: shop/web can open shop/db on 5432/TCP"),
        ("web", "db:5432", "yes: shop/web can open shop/db on 5432/TCP"),
        ("db", "web:80", "no: shop/db cannot open shop/web on 8080/TCP"),
        ("web", "web:8080", "no: shop/web cannot open shop/web on 8080/TCP"),
        ("web", "pay/api:9090", "yes: shop/web can open pay/api on 9090/TCP"),
        ("db", "pay/api:9090", "no: shop/db cannot open pay/api on 9090/TCP"),
        ("web", "db:5432/udp", "no: shop/web cannot open shop/db on 5432/UDP"),
        ("internet", "web:80", "yes: internet can open shop/web on 8080/TCP"),
        ("internet", "db:5432", "no: internet cannot open shop/db on 5432/TCP"),
        ("198.51.100.7", "web:http", "yes: 198.51.100.7 can open shop/web on 8080/TCP"),
        ("2001:db8::7", "web:80", "yes: 2001:db8::7 can open shop/web on 8080/TCP"),
        ("web", "198.51.100.7:443", "no: shop/web cannot open 198.51.100.7 on 443/TCP"),
        ("web", "[2001:db8::7]:443", "no: shop/web cannot open 2001:db8::7 on 443/TCP"),
        ("web", "internet:443", "no: shop/web cannot open internet on 443/TCP"),
        ("web", "kube-system/k8s-app=kube-dns:53/udp", "yes: shop/web can open kube-system/k8s-app=kube-dns on 53/UDP"),
        ("shop/app.kubernetes.io/name=web,tier=x", "db:5432", "yes: {0} can open shop/db on 5432/TCP"),
        ("elsewhere/app.kubernetes.io/name=web", "db:5432", "no: {0} cannot open shop/db on 5432/TCP"),
        ("<other>/<other>", "db:5432", "no: <other>/<other> cannot open shop/db on 5432/TCP"),
        ("web", "cache:metrics", "no: shop/web cannot open shop/cache on 9121/TCP"),
    ],
)  # fmt: skip
def test_a_question_has_one_line(source: str, target: str, line: str) -> None:
    """Ends are workloads, Services, labels, the internet and addresses; ports are followed to the pods."""
    answer = ask(source, target, SPEC.replace("80 -> 8080", "{http: 80 -> 8080}").replace("port: {", "ports: {"), PAY)
    assert (answer.line, answer.unproven) == (line.format(source), ())


def test_a_block_that_may_hold_pods_is_not_known_unless_the_cni_is() -> None:
    """No is said only where every plugin says so."""
    assert ask("elsewhere/app=x", "web:80").reply is Reply.UNKNOWN
    assert "--cni" in ask("elsewhere/app=x", "web:80").line
    assert ask("elsewhere/app=x", "web:80", cni="cilium").reply is Reply.NO
    assert ask("elsewhere/app=x", "db:5432", cni="flannel").reply is Reply.YES
    ranges = platform_document("ranges: {pods: [10.244.0.0/16]}\n")
    assert ask("elsewhere/app=x", "web:80", SPEC, PAY, ranges).reply is Reply.NO


def test_the_internet_may_come_by_either_family() -> None:
    """One family is enough, and the line says which."""
    policy = (
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: web, namespace: shop}\n"
        "spec: {podSelector: {matchLabels: {app: web}}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}\n"
    )
    answer = ask_manifests("internet", "web:80", policy)
    assert answer.line == ("yes: internet (IPv4) can open shop/web on 80/TCP (otherwise: internet (IPv6) to shop/web)")


def test_a_service_is_open_only_with_all_its_pods() -> None:
    """Of two workloads behind it, one that is closed makes the answer no, and is named."""
    pods = "".join(
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: db-{color}, namespace: shop}}\n"
        f"spec: {{template: {{metadata: {{labels: {{app: db, color: {color}}}}}, spec: {{containers: []}}}}}}\n---\n"
        for color in ("blue", "green")
    )
    service = (
        "apiVersion: v1\nkind: Service\nmetadata: {name: db, namespace: shop}\n"
        "spec: {selector: {app: db}, ports: [{port: 5432}]}\n"
    )
    policy = (
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: green, namespace: shop}\n"
        "spec: {podSelector: {matchLabels: {color: green}}}\n"
    )
    answer = ask_manifests("shop/app=web", "db:5432", pods, service, policy)
    assert answer.line == (
        "no: shop/app=web cannot open shop/db-green on 5432/TCP (otherwise: shop/app=web to shop/db-blue)"
    )


POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: db, namespace: shop, labels: {app: db}}\nspec: {containers: []}\n"


def test_public_addresses_that_are_another_matter_than_the_internet_are_named() -> None:
    """Neither a no nor a yes about the internet hides that some of it has another answer."""
    spec = "spec: {podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{from: [%s]}], egress: [{to: [%s]}]}\n"
    head = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: db, namespace: shop}\n"
    office, world = "{ipBlock: {cidr: 203.0.113.0/24}}", "{ipBlock: {cidr: 0.0.0.0/0, except: [203.0.113.0/24]}}"
    closed = head + spec % (office, world)
    line = "no: internet cannot open shop/db on 80/TCP (for 203.0.113.0/24: yes)"
    assert ask_manifests("internet", "db:80", POD, closed).line == line
    line = ask_manifests("db", "internet:80", POD, closed).line
    assert line.startswith("yes: shop/db can open internet (IPv4) on 80/TCP")
    assert line.endswith(" (for 203.0.113.0/24: no)")


@pytest.mark.parametrize(
    ("spec", "way"),
    [
        ("ports: [{port: 80}]", "no Service among the manifests leads to this port from outside of the cluster"),
        ("type: LoadBalancer, ports: [{port: 80}]", "port 80 of the load balancer (Service shop/web: its pods"),
        ("type: NodePort, ports: [{port: 80, nodePort: 30080}]", "port 30080 of any node (Service shop/web: its pods"),
        (
            "type: LoadBalancer, externalTrafficPolicy: Local, ports: [{port: 80}]",
            "port 80 of the load balancer (Service shop/web)",
        ),
        ("externalIPs: [192.0.2.7], ports: [{port: 80}]", "192.0.2.7:80 (Service shop/web: its pods"),
    ],
)
def test_from_outside_no_name_of_the_cluster_is_dialled(spec: str, way: str) -> None:
    """The lines say where a Service takes connections from outside, and that its pods may not see who it is."""
    service = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n"
    service += f"spec: {{selector: {{app: db}}, {spec}}}\n"
    (line,) = [one for one in ask_manifests("internet", "web:80", POD, service).why if one.startswith("dial")]
    assert line.startswith(f"dial: {way}")


def test_a_port_of_pods_that_nobody_tells_of_has_no_number() -> None:
    """A Service may lead to a name, which only the workloads make a number."""
    service = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n"
    service += "spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}\n"
    with pytest.raises(NetgenError) as caught:
        ask_manifests("db", "web:80", POD, service)
    said = "the Service shop/web leads to the port `http` of its pods, and no workload says its number"
    assert [problem.message for problem in caught.value.problems] == [said]


def test_the_name_of_a_port_may_begin_with_digits() -> None:
    """It is not taken for a number."""
    service = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n"
    service += "spec: {selector: {app: db}, ports: [{name: 8080-http, port: 80}]}\n"
    assert ask_manifests("1.2.3.4", "web:8080-http", POD, service).line == "yes: 1.2.3.4 can open shop/db on 80/TCP"


@pytest.mark.parametrize(
    ("cni", "reply"), [("kubernetes", Reply.UNKNOWN), ("calico", Reply.YES), ("kube-network-policies", Reply.NO)]
)
@pytest.mark.parametrize("restart", ["restartPolicy: Always, ", ""], ids=["runs on", "ends"])
def test_a_port_that_only_an_init_container_names_depends_on_the_cni(cni: str, reply: Reply, restart: str) -> None:
    """The API does not say whether a policy means it, be the container a sidecar or not."""
    init = f"{{containers: [], initContainers: [{{name: i, {restart}ports: [{{name: http, containerPort: 80}}]}}]}}"
    head = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: db, namespace: shop}\n"
    pod, closed = POD.replace("{containers: []}", init), head + "spec: {ingress: [{ports: [{port: http}]}]}\n"
    assert ask_manifests("1.2.3.4", "db:80", pod, closed, cni=cni).reply is reply


def test_a_single_pod_reaches_itself() -> None:
    """Without a network, so no policy has a say."""
    pod = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: db, namespace: shop, labels: {app: db}}\nspec: {containers: []}\n"
    )
    closed = (
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: db, namespace: shop}\n"
        "spec: {podSelector: {}, policyTypes: [Ingress, Egress]}\n"
    )
    assert ask_manifests("db", "db:80", pod, closed).why == ("a pod always reaches itself, whatever policies say",)
    assert ask_manifests("db", "db:80", pod, closed).reply is Reply.YES
    replicas = (
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db, namespace: shop}\n"
        "spec: {template: {metadata: {labels: {app: db}}, spec: {containers: []}}}\n"
    )
    assert ask_manifests("db", "db:80", replicas, closed).reply is Reply.NO


def test_what_is_not_understood_makes_every_answer_unknown() -> None:
    """A policy of another kind may decide otherwise."""
    other = "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: x, namespace: shop}\n"
    pod = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: db, namespace: shop, labels: {app: db}}\nspec: {containers: []}\n"
    )
    answer = ask_manifests("shop/app=web", "db:80", pod, other)
    assert (answer.reply, len(answer.unproven)) == (Reply.UNKNOWN, 1)
    assert answer.line.startswith("unknown: something is not understood; by the rest, shop/app=web can open")


@pytest.mark.parametrize(
    ("source", "target", "code", "near"),
    [
        ("wbe", "db:5432", "unknown-end", "web"),
        ("web", "cahce:6379", "unknown-end", "cache"),
        ("web", "db", "bad-port", "db"),
        ("web", "db:", "bad-port", "db:"),
        ("web", "db:0", "bad-port", "0"),
        ("web", "2001:db8::7", "bad-port", "2001:db8::7"),
        ("web", "cache:metrix", "unknown-port", "cache"),
        ("shop/*", "db:5432", "unknown-end", "more than one"),
        ("app=web", "db:5432", "unknown-end", "namespace"),
        ("198.51.100.7", "internet:443", "unknown-end", "neither"),
    ],
)
def test_a_question_that_means_nothing_is_an_error(source: str, target: str, code: str, near: str) -> None:
    """It says what is wrong, and what is near."""
    found, message = refused(source, target)
    assert found == code
    assert near in message


def test_a_name_of_a_workload_here_and_a_service_there_is_two() -> None:
    """Neither is taken without a word."""
    there = "apiVersion: v1\nkind: Service\nmetadata: {name: db, namespace: far}\nspec: {selector: {a: b}, ports: []}\n"
    with pytest.raises(NetgenError) as caught:
        ask_manifests("1.2.3.4", "db:80", POD, POD.replace("shop", "far").replace("name: db", "name: x"), there)
    assert [problem.message for problem in caught.value.problems] == ["`db` is far/db, shop/db"]
    assert ask_manifests("1.2.3.4", "shop/db:80", POD, there).reply is Reply.YES


def test_a_bare_name_must_be_the_only_one() -> None:
    """In the namespace of the specs, if they have one; else everywhere."""
    assert ask("web", "api:9090").line == "yes: shop/web can open pay/api on 9090/TCP"
    code, message = refused("web", "api:9090", SPEC.replace("  db:", "  api: 80\n  db:"), PAY)
    assert (code, message) == ("unknown-end", "`api` is pay/api, shop/api")


# ------------------------------------------------------------------------------------------------ Ingresses, DNS names

PUBLIC = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: public, namespace: shop}
spec:
  ingressClassName: traefik
  tls: [{hosts: [shop.example.com]}]
  rules:
    - host: shop.example.com
      http:
        paths:
          - {path: /, pathType: Prefix, backend: {service: {name: db, port: {number: 80}}}}
          - {path: /gone, pathType: Prefix, backend: {service: {name: gone, port: {number: 80}}}}
          - {path: /exact, pathType: Exact, backend: {service: {name: api, port: {number: 80}}}}
    - host: "*.example.com"
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: api, port: {number: 80}}}}]}
"""
CLOSED = (
    "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: db, namespace: shop}\n"
    "spec: {podSelector: {matchLabels: {app: db}}, ingress: [{from: "
    "[{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: traefik}}}], ports: [{port: 8080}]}]}\n"
)


def behind(name: str, number: int = 8080) -> str:
    """Return a Service of the shop, and the pod behind it."""
    service = f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: shop}}\n"
    service += f"spec: {{selector: {{app: {name}}}, ports: [{{name: http, port: 80, targetPort: {number}}}]}}\n"
    return f"{service}---\n{POD.replace('db', name)}"


ENTERED = (PUBLIC, CLOSED, behind("db"), behind("api"))


def test_an_ingress_that_leads_to_the_pods_is_told() -> None:
    """The answer is still that for the pods; the URL is dialled, and nobody is told to open them to the world."""
    found = ask_manifests("internet", "db:80", *ENTERED)
    assert found.line == "no: internet cannot open shop/db on 8080/TCP"
    line = "through the Ingress: https://shop.example.com/ leads there (shop/public, class traefik)"
    assert found.beside == (line,)
    assert "dial: https://shop.example.com/ (Ingress shop/public, class traefik)" in found.why
    assert not [one for one in found.why if one.startswith(("to open it", "dial: no Service"))]
    assert ask_manifests("198.51.100.7", "db:8080", *ENTERED).beside == (line,)
    # By another port, or from within, it is no way.
    assert ask_manifests("internet", "db:8081", *ENTERED).beside == ()
    assert ask_manifests("shop/app=web", "db:80", *ENTERED).beside == ()
    assert [one for one in ask_manifests("internet", "db:8081", *ENTERED).why if one.startswith("to open it")]
    wildcard = "through the Ingress: http://*.example.com/ leads there (shop/public, class traefik)"
    assert wildcard in ask_manifests("internet", "api:80", *ENTERED).beside


def test_an_entry_point_that_is_internal_lets_no_internet_in() -> None:
    """As for claims, the Platform says so."""
    spec = apps("web: {port: 80 -> 8080, expose: https://shop.example.com/}")
    for internal, reply in (("", Reply.YES), (", internal: true", Reply.NO)):
        entry = f"entrypoints: {{way: {{hosts: [shop.example.com], ingress: traefik, tls: controller{internal}}}}}\n"
        documents = (spec, platform_document(entry))
        assert len(ask("internet", "web:80", *documents).beside) == (0 if internal else 1)
        assert ask("internet", "https://shop.example.com/", *documents).reply is reply
        assert ask("10.1.2.3", "https://shop.example.com/", *documents).reply is Reply.YES


def test_each_entry_point_serves_a_url_with_the_path_that_is_nearest_there() -> None:
    """An inner one with a longer path takes nothing from a public one, which leads elsewhere."""
    spec = apps("""
  web: {port: 8080, expose: [{url: "https://shop.example.com/", via: pub}]}
  api: {port: 8080, expose: [{url: "https://shop.example.com/admin", via: inner}]}
""")
    both = (
        ("{ingress: traefik}", "{ingress: nginx, internal: true}"),
        (
            "{gateway: infra/pub:https, controller: istio}",
            "{gateway: infra/inner:https, controller: istio, internal: true}",
        ),
    )
    for pub, inner in both:
        documents = (spec, platform_document(f"entrypoints: {{pub: {pub}, inner: {inner}}}\n"))
        asked = ask("internet", "https://shop.example.com/admin", *documents)
        assert (asked.reply, len(asked.beside)) == (Reply.YES, 2)
        assert " leads to shop/web on 8080/TCP" in asked.beside[0]
        told = ask("10.1.2.3", "https://shop.example.com/admin", *documents).beside
        assert [name for name in ("api", "web") if f" leads to shop/{name} " in "".join(told)] == ["api", "web"]


def test_a_gateways_routes_without_a_listener_are_at_each_of_them() -> None:
    """At the listener the longer path counts, at the others that of the route without one."""
    spec = apps("""
  web: {port: 80, expose: [{url: "http://shop.example.com/", via: all}, {url: "http://shop.example.com/b/", via: all}]}
  api: {port: 80, expose: [{url: "http://shop.example.com/b", via: one, match: exact}]}
  low: {port: 80, expose: [{url: "http://shop.example.com/b/c", via: one}]}
""")
    points = "{all: {gateway: infra/pub, controller: istio}, one: {gateway: infra/pub:in, controller: istio}}"
    documents = (spec, platform_document(f"entrypoints: {points}\n"))

    def leading(path: str) -> list[str]:
        told = "".join(ask("10.1.2.3", f"http://shop.example.com{path}", *documents).beside)
        return [name for name in ("api", "low", "web") if f" leads to shop/{name} " in told]

    assert leading("/a") == ["web"]
    assert leading("/b") == ["api", "web"]  # an exact path before a longer prefix
    assert leading("/b/c") == ["low", "web"]


def test_a_url_is_asked_of_the_controller() -> None:
    """The Ingress leads to pods, and its controller opens them or does not."""
    found = ask_manifests("internet", "https://shop.example.com/cart?x=1", *ENTERED)
    assert (found.reply, found.line) == (Reply.YES, "yes: internet can open https://shop.example.com/cart?x=1")
    assert found.beside == (
        "the Ingress shop/public (class traefik) leads to shop/db on 8080/TCP (Service shop/db:80)",
        "its controller: yes: traefik/app.kubernetes.io/name=traefik can open shop/db on 8080/TCP",
    )
    assert found.why[0] == "egress of traefik/app.kubernetes.io/name=traefik: open, no policy isolates it"
    assert found.why[-1] == "dial: https://shop.example.com/cart?x=1"
    closed = ask_manifests(
        "internet", "https://shop.example.com/", *(one.replace("name: traefik", "name: x") for one in ENTERED)
    )
    assert (closed.reply, closed.line) == (Reply.NO, "no: internet cannot open https://shop.example.com/")
    assert not [one for one in closed.why if one.startswith("to open it")]
    inside = ask_manifests("shop/app=web", "https://shop.example.com/", *ENTERED)
    assert (inside.reply, inside.line.partition(": no manifest")[0]) == (
        Reply.UNKNOWN,
        "unknown: shop/app=web may open https://shop.example.com/",
    )


@pytest.mark.parametrize(
    ("url", "pod"),
    [
        ("https://shop.example.com", "db"),
        ("https://shop.example.com:8443/exact/x", "db"),
        ("https://shop.example.com/exact", "api"),
        ("http://other.example.com/", "api"),
    ],
)
def test_the_nearest_path_serves_a_url(url: str, pod: str) -> None:
    """The host before a wildcard, the longest path, an exact one only as it is."""
    assert f" leads to shop/{pod} on 8080/TCP" in ask_manifests("internet", url, *ENTERED).beside[0]


def test_the_controller_is_a_workload_where_there_is_one() -> None:
    """With all its labels; of a class that nobody knows there is none, and no answer."""
    labels = "{app.kubernetes.io/name: traefik, x: z}"
    controller = (
        f"apiVersion: v1\nkind: Pod\nmetadata: {{name: t, namespace: traefik, labels: {labels}}}\n"
        "spec: {containers: []}\n"
    )
    found = ask_manifests("internet", "https://shop.example.com/", *ENTERED, controller)
    assert found.beside[1] == "its controller: yes: traefik/t can open shop/db on 8080/TCP"
    strange = [one.replace("ingressClassName: traefik", "ingressClassName: own") for one in ENTERED]
    found = ask_manifests("internet", "https://shop.example.com/", *strange)
    assert found.reply is Reply.UNKNOWN
    assert found.line.endswith(": nobody here knows the pods of the controller of the class own")


@pytest.mark.parametrize(
    ("target", "code", "message"),
    [
        (
            "https://shop.example.org/",
            "unknown-end",
            "no Ingress or HTTPRoute among the manifests serves `https://shop.example.org/`",
        ),
        (
            "https://shop.example.com/gone",
            "unknown-end",
            "the Ingress shop/public leads to Service shop/gone:80, behind",
        ),
        (
            "ftp://shop.example.com/",
            "bad-url",
            "`ftp://shop.example.com/` is no URL that an Ingress or HTTPRoute could serve",
        ),
        ("https://[x/", "bad-url", "`https://[x/` is no URL that an Ingress or HTTPRoute could serve"),
        (
            "api.stripe.com:443",
            "unknown-end",
            "nothing among the manifests is called `api.stripe.com`, and no policy names such a host outside",
        ),
        ("bd.shop.svc:80", "unknown-end", "there is no Service shop/bd among the manifests (did you mean `shop/db`?)"),
        ("db.shop.svc:8080", "unknown-port", "the Service shop/db has no port `8080`"),
        ("db.shop.svc", "bad-port", "`db.shop.svc` has no port"),
    ],
)
def test_a_url_or_dns_name_that_leads_nowhere_is_an_error(target: str, code: str, message: str) -> None:
    """It says what there is instead."""
    with pytest.raises(NetgenError) as caught:
        ask_manifests("internet", target, *ENTERED)
    (problem,) = caught.value.problems
    assert problem.code == code
    assert problem.message.startswith(message)


@pytest.mark.parametrize(
    "target",
    ["db.shop.svc:80", "db.shop.svc.cluster.local:http", "db.shop.svc.cluster.local.:80", "http://db.shop.svc/x"],
)
def test_the_dns_name_of_a_service_is_the_service(target: str) -> None:
    """With or without the domain of the cluster, and never a workload that is called like it."""
    other = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: db, namespace: shop}\n"
        "spec: {template: {metadata: {labels: {app: x}}, spec: {containers: []}}}\n"
    )
    found = ask_manifests("traefik/a=b", target, *ENTERED, other)
    assert found.line == "yes: traefik/a=b can open shop/db on 8080/TCP"


def test_the_dns_name_of_a_headless_service_takes_any_port() -> None:
    """It gives the addresses of the pods."""
    service = "apiVersion: v1\nkind: Service\nmetadata: {name: all, namespace: shop}\n"
    service += "spec: {clusterIP: None, selector: {app: db}, ports: [{port: 80}]}\n"
    assert ask_manifests("1.2.3.4", "all.shop.svc:9", POD, service).line == "yes: 1.2.3.4 can open shop/db on 9/TCP"


# ------------------------------------------------------------------------------------------------------------- reasons


def test_the_reasons_of_a_yes() -> None:
    """Both sides with policy and rule, the line of the spec, and the name to dial."""
    answer = api.can("frontend", "cartservice:7070", intent=api.load(BOUTIQUE).intent)
    egress, ingress, spec, dial = answer.why
    # What was rendered is in no file, so that no place is told.
    assert re.fullmatch(r"egress of default/frontend: open by NetworkPolicy default/frontend, rule \d+", egress)
    assert re.fullmatch(r"ingress of default/cartservice: open by NetworkPolicy default/cartservice, rule \d+", ingress)
    assert spec == f"spec: {BOUTIQUE}:15: - cartservice"
    assert dial == "dial: cartservice.default.svc:7070 (Service default/cartservice)"


def test_the_reasons_name_the_lines_of_files(tmp_path: Path) -> None:
    """Each rule stands behind the comment that the renderer wrote over it."""
    intent, path = api.load(BOUTIQUE).intent, tmp_path / "all.yaml"
    text = api.stream(api.render(intent), "yaml")
    path.write_text(text, encoding="utf-8")
    _, ingress, *_ = api.can("frontend", "cartservice:7070", [path], intent=intent).why
    assert ingress.startswith("ingress of default/cartservice: open by NetworkPolicy default/cartservice, rule ")
    line = int(ingress.rpartition(":")[2].rstrip(")"))
    assert "default/frontend -> default/cartservice" in text.splitlines()[line - 2]


@pytest.mark.parametrize(
    ("owners", "consent"),
    [
        ("{}", True),
        ("{shop: one, pay: two}", True),
        ("{shop: pay}", True),
        ("{shop: one, pay: one}", False),
    ],
)
def test_the_other_side_must_consent_only_where_its_owner_is_another(owners: str, consent: bool) -> None:  # noqa: FBT001
    """The Platform says who owns a namespace; one without an owner is its own."""
    (said,) = (line for line in ask("db", "pay/api:9090", SPEC, PAY, platform_document(f"owners: {owners}\n")).why[-1:])
    assert said.startswith("to open it: add pay/api to calls of shop/db (")
    assert (", and shop/db to accepts of pay/api (" in said) is consent
    assert " if " not in said


@pytest.mark.parametrize(
    ("source", "target", "claim", "forbidden"),
    [
        ("db", "web:80", "db -> web", True),
        ("db", "web:80", "here/* -> web:80", True),
        ("db", "web:80", "here/* -> cache:redis", False),
        ("db", "web:80", "any except db -> web", False),
        ("db", "web:80", "web -> db", False),
        ("internet", "db:5432", "internet -> db", True),
        ("198.51.100.7", "db:5432", "internet -> db", True),
        ("198.51.100.7", "db:5432", "198.51.100.0/24 -> db", True),
        ("198.51.100.7", "db:5432", "203.0.113.0/24 -> db", False),
        ("internet", "db:5432", "203.0.113.0/24 -> db", False),
        ("db", "internet:443", "here/* -> internet", True),
        ("db", "internet:443", "any -> 169.254.169.254", False),
        ("db", "db:5432", "any except web -> db", False),
        ("db", "db:5432", "db -> db", True),
        ("ops/app=x", "cache:metrics", "ops/* -> here/*", True),
    ],
)
def test_nobody_is_told_to_break_a_claim(source: str, target: str, claim: str, forbidden: bool) -> None:  # noqa: FBT001
    """The claim and its line stand where the advice would."""
    spec = f'{SPEC}never: ["{claim}"]\n'
    answer = ask(source, target, spec, PAY)
    assert answer.reply is Reply.NO
    line = spec.splitlines().index(f'never: ["{claim}"]') + 1
    expected = [f"the spec forbids it: never {claim} (<stdin>:{line})"] if forbidden else []
    assert [one for one in answer.why if one.startswith("the spec forbids it")] == expected
    assert [one for one in answer.why if one.startswith("to open it")] != [] or forbidden


FIXES = [
    ("db", "web:80", "add web to calls of shop/db"),
    ("db", "cache:metrics", "add cache:metrics to calls of shop/db"),
    ("db", "pay/api:9090", "add pay/api to calls of shop/db"),
    ("internet", "db:5432", "add internet to accepts of shop/db"),
    ("198.51.100.7", "db:5432", "add 198.51.100.7 to accepts of shop/db"),
    ("2001:db8::7", "db:5432", "add 2001:db8::7 to accepts of shop/db"),
    ("web", "198.51.100.7:443", "add tcp://198.51.100.7:443 to calls of shop/web"),
    ("web", "[2001:db8::7]:53/udp", "add udp://[2001:db8::7]:53 to calls of shop/web"),
    ("web", "internet:443", "add internet:443/tcp to calls of shop/web"),
    ("ops/app=prom", "cache:metrics", "add caller to accepts of shop/cache"),
    ("web", "ops/app=prom:9090", "add callee:9090/tcp to calls of shop/web"),
]


@pytest.mark.parametrize(("source", "target", "fix"), FIXES)
def test_what_would_open_it_does(source: str, target: str, fix: str) -> None:
    """Written into the spec as it says, the answer becomes yes."""
    answer = ask(source, target)
    assert answer.reply is Reply.NO
    (said,) = (line.removeprefix("to open it: ") for line in answer.why if line.startswith("to open it: "))
    assert said.startswith(fix)
    bodies = [yaml.safe_load(text) for text in (SPEC, PAY)]
    word, _, rest = said.removeprefix("add ").partition(" to ")
    key, _, name = rest.partition(" of ")
    namespace, _, app = name.split()[0].partition("/")
    body = next(body for body in bodies if body["metadata"]["namespace"] == namespace)
    entry = body["apps"][app]
    body["apps"][app] = entry if isinstance(entry, dict) else {"port": entry}
    body["apps"][app].setdefault(key, []).append(word)
    if "peers has " in said:
        body["peers"] = yaml.safe_load(said.rpartition("peers has ")[2])
    if "to accepts of pay/api" in said:
        bodies[1]["apps"]["api"]["accepts"].append("shop/db")
    assert ask(source, target, *map(yaml.safe_dump, bodies)).reply is Reply.YES


def test_a_port_that_the_spec_does_not_give_an_app() -> None:
    """Is what would be missing first."""
    why = ask("db", "web:9999").why
    assert why[-1].startswith("to open it: give shop/web the port 9999/TCP in the spec (its ports: 8080/TCP)")


def test_manifests_that_differ_from_the_spec_are_told() -> None:
    """In both directions, whatever the manifests say is the answer."""
    intent = load(SPEC, PAY).intent
    text = api.stream(api.render(intent), "yaml")
    changed = text.replace("port: 5432\n          protocol: TCP", "port: 5433\n          protocol: TCP")
    reading = read(changed, "changed.yaml", Dialect.MANIFEST)
    cluster = read_cluster(reading.documents, reading.problems)
    closed = can(cluster, "web", "db:5432", cni="kubernetes", intent=intent)
    assert closed.reply is Reply.NO
    assert "spec: it opens this, and the manifests do not; netgen verify shows what differs" in closed.why
    opened = can(cluster, "web", "shop/db:5433", cni="kubernetes", intent=intent)
    assert opened.reply is Reply.YES
    assert "spec: it does not open this, and the manifests do; netgen verify shows what differs" in opened.why


def test_ends_that_no_policy_holds_are_named() -> None:
    """The host network, addresses, pods without a policy, and a CNI that enforces none."""
    agent = (
        "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: agent, namespace: shop}\n"
        "spec: {template: {metadata: {labels: {app: agent}}, spec: {hostNetwork: true, containers: []}}}\n"
    )
    why = ask_manifests("agent", "198.51.100.7:443", agent).why
    assert why[0] == "egress of shop/agent: not governed, a pod on the host network"
    assert why[1] == "ingress of 198.51.100.7: not governed, policies hold pods, not addresses"
    assert ask_manifests("x/app=y", "agent:80", agent).why[0] == "egress of x/app=y: open, no policy isolates it"
    assert "flannel enforces no NetworkPolicy" in ask("db", "web:80", cni="flannel").why[0]


def test_random_questions_are_answered_as_the_matrix_does() -> None:
    """Of two known pods the answer is that of the readings: yes by the narrow one, no by the wide one."""
    replies = []
    for number in range(40):
        chance = Random(number)  # noqa: S311 - the same in every run
        cluster = random_cluster(f"can {number}", addressed=number % 2 > 0)
        reading = read(json.dumps({"apiVersion": "v1", "kind": "List", "items": cluster.objects}), "", Dialect.MANIFEST)
        known = read_cluster(reading.documents, reading.problems)
        whole = scene(known, cni="kubernetes")
        source, target = chance.sample(known.workloads, 2)
        port = chance.choice((80, 81, 443, 8080))
        ends = whole.universe.of(source), whole.universe.of(target)
        sure = whole.narrow.allowed(*ends).has(Protocol.TCP, port)
        perhaps = whole.wide.allowed(*ends).has(Protocol.TCP, port)
        expected = Reply.YES if sure else Reply.UNKNOWN if perhaps else Reply.NO
        assert can(known, str(source), f"{target}:{port}", cni="kubernetes", intent=None).reply is expected
        replies.append(expected)
    assert set(replies) == set(Reply) - {Reply.SOME}


# ---------------------------------------------------------------------------------------------------------- the command


def run(*arguments: str | Path, stdin: str = "") -> tuple[int, str, str]:
    """Return exit code, stdout and stderr of the command."""
    command = [sys.executable, "-m", "netgen", *map(str, arguments)]
    done = subprocess.run(command, check=False, input=stdin, capture_output=True, text=True, timeout=60)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("command", ["can", "reach", "diff"])
def test_the_help_lists_the_network_plugins(command: str) -> None:
    """Every profile that the option takes."""
    text = run(command, "--help")[1]
    assert [name for name in PROFILES if name not in text] == []


def test_the_exit_code_is_the_answer() -> None:
    """0 is yes, 1 no or not known, 2 a question that means nothing."""
    yes = "yes: default/frontend can open default/cartservice on 7070/TCP\n"
    assert run("can", "frontend", "cartservice:7070", "--spec", BOUTIQUE) == (0, yes, "")
    code, stream, said = run("can", "frontend", "redis-cart:6379", "--spec", BOUTIQUE, "--why")
    assert (code, said) == (1, "")
    assert stream.splitlines()[0] == "no: default/frontend cannot open default/redis-cart on 6379/TCP"
    assert stream.splitlines()[-1].startswith("  to open it: add redis-cart to calls of default/frontend (")
    assert run("can", "frontend", "gone:1", "--spec", BOUTIQUE)[0] == 2
    assert run("can", "frontend", "gone:1")[0] == 2
    assert run("can", "frontend", "gone:1", "-", "--spec", "-")[0] == 2


def test_reach_tells_on_stderr_what_stdout_leaves_out() -> None:
    """CSV has the certain rows alone; what is not understood is exit code 1 after the rows."""
    golden = ROOT / "tests" / "golden" / "shop.yaml"
    code, stream, said = run("reach", golden, "-o", "csv")
    assert (code, stream) == (0, (ROOT / "specs" / "shop" / "expect.csv").read_text(encoding="utf-8"))
    assert said.startswith("left out: 1 connection, open or not: it depends on the network plugin (--cni says which)")
    other = "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: x, namespace: shop}\n"
    code, stream, said = run("reach", "-", golden, "--to", "backend", stdin=other)
    assert (code, "default/frontend -> default/backend  8080/TCP\n" in stream) == (1, True)
    assert "error[unproven]" in said
