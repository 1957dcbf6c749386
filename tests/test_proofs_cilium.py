"""The proof of Cilium's policies: what is rendered is proved, and whatever is changed afterwards is told, and where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from intents import CART, NAME, OWN, SPOT, WEB, app, flow, intent
from netgen.cli import main
from netgen.evaluate.objects import read_cluster
from netgen.evaluate.semantics import PROFILES
from netgen.intent import (
    EVERYBODY,
    Addresses,
    AppKey,
    Block,
    Denial,
    Entities,
    Entity,
    Expression,
    HostName,
    Intent,
    IsolatedNamespace,
    Pods,
    PortMatch,
    Request,
    Selector,
)
from netgen.problems import Problem
from netgen.render import render
from netgen.source import Dialect, read
from netgen.verify import Proof, prove
from netgen.verify.comparison import Comparison

Body = dict[str, Any]
Bodies = dict[str, Body]
"""The manifests by their names."""

DB, OPEN = AppKey("data", "db"), AppKey("data", "open")
ACCOUNT = "k8s:io.cilium.k8s.policy.serviceaccount"
NAMESPACE = "k8s:io.kubernetes.pod.namespace"
WORLD = Entities((Entity.REMOTE_NODE, Entity.WORLD))
NAME_SERVERS = Pods("kube-system", Selector((("k8s-app", "kube-dns"),)))
SCRAPER = Pods("monitoring", Selector((("app", "prometheus"),), (Expression("tier", "In", ("a", "b")),)))
METADATA = Addresses((Block("169.254.169.254/32"),))


def tcp(number: int, last: int = 0) -> PortMatch:
    """Return a port of TCP, or a range."""
    return PortMatch("TCP", number, last)


def everything() -> Intent:
    """Return an Intent with all that a policy of Cilium can say."""
    web, cart, db = (app(key, selector=Selector(((NAME, key.name),))) for key in (WEB, CART, DB))
    db = replace(db, selector=db.selector._replace(account="postgres"))
    free = app(OPEN, egress=False, selector=Selector(((NAME, "open"),)))
    requests = Request(("GET", "HEAD"), "/cart/**"), Request((), "/orders")
    outside = Addresses((Block("10.0.0.0/8", ("10.1.0.0/16",)), Block("203.0.113.7/32")))
    flows = (
        replace(flow(web, cart, tcp(8080), intent="web -> cart"), requests=requests),
        flow(cart, db, tcp(5432), intent="cart -> db"),
        flow(cart, cart, tcp(7000, 7010), intent="cart -> cart"),
        flow(cart, Entities((Entity.KUBE_APISERVER,)), PortMatch("TCP"), intent="cart -> API server"),
        flow(cart, outside, tcp(443), intent="cart -> addresses"),
        flow(web, HostName("api.example.com"), tcp(443), intent="web -> api.example.com"),
        flow(web, HostName("*.example.net"), tcp(443), intent="web -> *.example.net"),
        replace(flow(web, NAME_SERVERS, tcp(53), PortMatch("UDP", 53), intent="web -> DNS"), looks_up=True),
        flow(WORLD, web, tcp(8080), intent="internet -> web"),
        flow(Entities((Entity.INGRESS,)), web, tcp(8081), intent="ingress -> web"),
        flow(SCRAPER, web, tcp(9090), intent="scraper -> web"),
        flow(Pods(None), cart, tcp(9999), intent="any -> cart"),
        flow(db, Pods("other"), intent="db -> other/*"),
        replace(flow(db, free, intent="everybody -> open"), source=EVERYBODY, source_app=None),
    )
    parts = (OWN,), (), "the claim", "", SPOT
    return intent(
        cni="cilium",
        apps=(cart, db, free, web),
        flows=tuple(sorted(flows, key=lambda one: one.intent)),
        isolated=(IsolatedNamespace("data", "data", (OWN,), (), SPOT),),
        denials=(
            Denial("data.never", db.pods, "ingress", (WORLD, SCRAPER), (), *parts),
            Denial("never", Pods(None), "egress", (METADATA,), (tcp(80),), *parts),
        ),
    )


FULL = everything()


@cache
def _rendered() -> str:
    return yaml.safe_dump_all([manifest.body for manifest in render(FULL)])


def rendered() -> Bodies:
    """Return what is rendered of all this."""
    return {body["metadata"]["name"]: body for body in yaml.safe_load_all(_rendered())}


def proof(bodies: Bodies) -> Proof:
    """Return what is proved of *bodies*."""
    reading = read(yaml.safe_dump_all(bodies.values()), "m.yaml", Dialect.MANIFEST)
    return prove(FULL, reading.documents, reading.problems, cni="cilium")


def said(findings: tuple[Problem, ...]) -> list[str]:
    """Return code and message of each finding."""
    return [f"{one.code}: {one.message}" for one in findings]


# -------------------------------------------------------------------------------------------------------- what is good


def comparison() -> Comparison:
    """Return the comparison of what is rendered with what is meant."""
    cluster = read_cluster([manifest.document for manifest in render(FULL)], cni="cilium")
    assert cluster.unknowns == ()
    return Comparison(FULL, cluster, PROFILES["cilium"])


def test_what_is_rendered_is_meant_in_the_same_words() -> None:
    """Nobody has to ask what it allows; and who asks finds the same."""
    fast, slow = comparison(), comparison()
    assert fast.is_verbatim
    slow.is_verbatim = False
    assert slow.proof() == fast.proof()
    assert fast.proof().findings == ()
    assert fast.proof().opened > 20
    assert fast.proof().closed > 50


def test_the_order_of_policies_does_not_matter() -> None:
    """Neither to the proof nor to the words."""
    assert proof(dict(reversed(rendered().items()))) == proof(rendered())


@pytest.mark.parametrize(
    "change",
    [
        lambda one: side(one["web"], "ingress", "world")["fromEntities"].append("host"),
        lambda one: one["cart"]["spec"].update(description="for the cart"),
        lambda one: one["cart"]["spec"]["ingress"].reverse(),
        lambda one: filters(one).reverse(),
        lambda one: filters(one).append(dict(filters(one)[0])),
        lambda one: side(one["cart"], "ingress", "7000")["toPorts"][0]["ports"][0].update(endPort=7011),
        lambda one: one.update(beside={**one["web"], "metadata": {"name": "beside", "namespace": "storefront"}}),
    ],
    ids=["the own node", "a description", "order", "order of requests", "twice", "one half alone", "a copy beside"],
)
def test_the_same_in_other_words_is_proved(change: Callable[[Bodies], None]) -> None:
    """What opens no more and no less is no finding, however it is written."""
    bodies = rendered()
    change(bodies)
    assert bodies != rendered()
    assert said(proof(bodies).findings) == []


# ------------------------------------------------------------------------------------------------------- what is wrong


def side(body: Body, section: str, words: str) -> Any:
    """Return the rule in *section* of *body* in which *words* are."""
    (found,) = (rule for rule in body["spec"][section] if words in str(rule))
    return found


def filters(bodies: Bodies) -> Any:
    """Return the HTTP rules."""
    return side(bodies["cart"], "ingress", "http")["toPorts"][0]["rules"]["http"]


def _foreign(bodies: Bodies) -> None:
    spec = {"endpointSelector": {}, "ingress": [{"fromEntities": ["all"]}]}
    metadata = {"name": "foreign", "namespace": "data"}
    bodies["foreign"] = {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumNetworkPolicy",
        "metadata": metadata,
        "spec": spec,
    }


CASES: dict[str, tuple[Callable[[Bodies], object], tuple[str, ...]]] = {
    "a rule lost": (
        lambda one: one["cart"]["spec"]["ingress"].remove(side(one["cart"], "ingress", "7000")),
        (
            (
                "policy-differs: CiliumNetworkPolicy checkout/cart has no ingress rule for pods of checkout with "
                f"{NAME}=cart on 7000-7010/TCP, which the spec means"
            ),
            "not-open: checkout/cart cannot open checkout/cart on 7000-7010/TCP, which the spec says",
        ),
    ),
    "a rule too many": (
        lambda one: one["db"]["spec"]["ingress"].append({"fromEntities": ["ingress"]}),
        (
            (
                "policy-differs: CiliumNetworkPolicy data/db has ingress rule 1 for the entity ingress on all ports, "
                "which no spec means"
            ),
            "not-closed: ingress can open data/db on all ports, which no spec says",
        ),
    ),
    "an entity too many": (
        lambda one: side(one["web"], "ingress", "8081")["fromEntities"].append("health"),
        ("not-closed: health can open storefront/web on 8081/TCP, which no spec says",),
    ),
    "an entity less": (
        lambda one: side(one["web"], "ingress", "world")["fromEntities"].remove("remote-node"),
        ("not-open: remote-node cannot open storefront/web on 8080/TCP, which the spec says",),
    ),
    "the requests lost": (
        lambda one: side(one["cart"], "ingress", "http")["toPorts"][0].pop("rules"),
        ("not-closed: storefront/web can open checkout/cart on 8080/TCP for every request, which no spec says",),
    ),
    "a request changed": (
        lambda one: filters(one)[0].update(path="/x"),
        (
            "not-closed: storefront/web can open checkout/cart on 8080/TCP for more requests, which no spec says",
            "not-open: storefront/web cannot open checkout/cart on 8080/TCP for some requests, which the spec says",
        ),
    ),
    "a request too many": (
        lambda one: filters(one).append({"method": "DELETE"}),
        ("not-closed: storefront/web can open checkout/cart on 8080/TCP for more requests, which no spec says",),
    ),
    "a request less": (
        lambda one: filters(one).pop(),
        ("not-open: storefront/web cannot open checkout/cart on 8080/TCP for some requests, which the spec says",),
    ),
    "requests where all pass": (
        lambda one: side(one["cart"], "ingress", "9999")["toPorts"][0].update(rules={"http": [{"path": "/x"}]}),
        ("not-open: any other pod cannot open checkout/cart on 9999/TCP for every request, which the spec says",),
    ),
    "requests of somebody else": (
        lambda one: one["db"]["spec"]["ingress"].append(
            {
                "fromEntities": ["health"],
                "toPorts": [{"ports": [{"port": "80", "protocol": "TCP"}], "rules": {"http": [{"method": "GET"}]}}],
            }
        ),
        ("not-closed: health can open data/db on 80/TCP for some requests, which no spec says",),
    ),
    "lookups not seen": (
        lambda one: side(one["web"], "egress", "kube-dns")["toPorts"][0].pop("rules"),
        (
            (
                "not-open: nobody sees what storefront/web looks up at a pod of kube-system with k8s-app=kube-dns on "
                "53/TCP, 53/UDP, so that no host name is open"
            ),
        ),
    ),
    "lookups of one name": (
        lambda one: side(one["web"], "egress", "kube-dns")["toPorts"][0].update(
            rules={"dns": [{"matchName": "api.example.com"}]}
        ),
        (
            (
                "not-open: storefront/web cannot open a pod of kube-system with k8s-app=kube-dns on 53/TCP, 53/UDP for "
                "every request, which the spec says"
            ),
        ),
    ),
    "a denial of a namespace lost": (
        lambda one: one.pop("data.never"),
        (
            (
                "policy-differs: the CiliumNetworkPolicy data/data.never, which denies what the spec forbids, is not "
                "among the manifests"
            ),
            (
                "not-closed: another policy can let a pod of monitoring with app=prometheus, tier=a open data/db on "
                "all ports, which the spec denies"
            ),
        ),
    ),
    "a denial of the cluster lost": (
        lambda one: one.pop("never"),
        (
            (
                "policy-differs: the CiliumClusterwideNetworkPolicy never, which denies what the spec forbids, is not "
                "among the manifests"
            ),
            "not-closed: another policy can let checkout/cart open 169.254.169.254 on 80/TCP, which the spec denies",
            "not-closed: any other pod can open 169.254.169.254 on 80/TCP, which no spec says",
        ),
    ),
    "a denial of another port": (
        lambda one: one["never"]["spec"]["egressDeny"][0]["toPorts"][0]["ports"][0].update(port="81"),
        (
            (
                "policy-differs: CiliumClusterwideNetworkPolicy never has egressDeny rule 0 for 169.254.169.254/32 on "
                "81/TCP; the spec means for 169.254.169.254/32 on 80/TCP"
            ),
            "not-open: any other pod cannot open 169.254.169.254 on 81/TCP, which no spec closes",
        ),
    ),
    "a denial of less": (
        lambda one: one["data.never"]["spec"]["ingressDeny"].pop(),
        (
            (
                "not-closed: another policy can let a pod of monitoring with app=prometheus, tier=a open data/db on "
                "all ports, which the spec denies"
            ),
        ),
    ),
    "a denial that isolates": (
        lambda one: one["never"]["spec"].pop("enableDefaultDeny"),
        (
            (
                "policy-differs: CiliumClusterwideNetworkPolicy never isolates the egress of its pods "
                "(enableDefaultDeny), which the spec does not mean"
            ),
            "not-open: any other pod cannot open checkout/cart on 9999/TCP, which the spec says",
        ),
    ),
    "a policy that isolates nothing": (
        lambda one: one["cart"]["spec"].update(enableDefaultDeny={"ingress": False}),
        (
            (
                "policy-differs: CiliumNetworkPolicy checkout/cart does not isolate the ingress of its pods "
                "(enableDefaultDeny); the spec does"
            ),
        ),
    ),
    "another name": (
        lambda one: side(one["web"], "egress", "api.example")["toFQDNs"][0].update(matchName="api.example.org"),
        (
            (
                "policy-differs: CiliumNetworkPolicy storefront/web has egress rule 2 for the DNS names "
                "api.example.org on 443/TCP; the spec means for the DNS names api.example.com on 443/TCP"
            ),
            "not-closed: storefront/web can open api.example.org on 443/TCP, which no spec says",
            "not-open: storefront/web cannot open api.example.com on 443/TCP, which the spec says",
        ),
    ),
    "names of one level": (
        lambda one: side(one["web"], "egress", "example.net")["toFQDNs"][0].update(matchPattern="*.example.net"),
        ("not-open: storefront/web cannot open **.example.net on 443/TCP, which the spec says",),
    ),
    "every pod of the namespace": (
        lambda one: one["cart"]["spec"].update(endpointSelector={}),
        (f"policy-differs: CiliumNetworkPolicy checkout/cart selects everything; the spec means {NAME}=cart",),
    ),
    "the account lost": (
        lambda one: one["db"]["spec"]["endpointSelector"]["matchLabels"].pop(ACCOUNT),
        (f"not-closed: a pod of data with {NAME}=db can open any other pod of other on all ports, which no spec says",),
    ),
    "a policy lost": (
        lambda one: one.pop("cart"),
        (
            (
                f"policy-differs: no CiliumNetworkPolicy among the manifests selects {NAME}=cart, the pods of "
                "checkout/cart"
            ),
            "not-closed: storefront/web can open checkout/cart on 8080/TCP for every request, which no spec says",
        ),
    ),
    "a policy beside": (
        _foreign,
        ("not-closed: any other pod can open data/db on all ports, which no spec says",),
    ),
    "the namespace of a peer lost": (
        lambda one: side(one["cart"], "egress", "5432")["toEndpoints"][0]["matchLabels"].pop(NAMESPACE),
        ("not-open: checkout/cart cannot open data/db on 5432/TCP, which the spec says",),
    ),
    "any pod of here": (
        lambda one: side(one["cart"], "ingress", "9999").update(fromEndpoints=[{}]),
        ("not-open: any other pod cannot open checkout/cart on 9999/TCP, which the spec says",),
    ),
    "everybody closed": (
        lambda one: one["open"]["spec"].update(ingress=[{}]),
        (
            (
                "policy-differs: CiliumNetworkPolicy data/open has no ingress rule for everybody on all ports, which "
                "the spec means"
            ),
        ),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_whatever_is_changed_is_told(name: str) -> None:
    """The finding says what is open or closed, and in which words the policy differs."""
    change, expected = CASES[name]
    bodies = rendered()
    change(bodies)
    found = said(proof(bodies).findings)
    assert [one for one in expected if one not in found] == [], found


def test_a_filter_is_told_on_both_sides() -> None:
    """The notes have the requests that pass now, and those that the spec says; the place is that of the rule."""
    bodies = rendered()
    filters(bodies)[0].update(path="/x", method="GET")
    more = next(one for one in proof(bodies).findings if one.code == "not-closed")
    wanted = r"any method /orders(\?[!-~]*)? or GET /cart([/?][!-~]*)? or HEAD /cart([/?][!-~]*)?"
    there = r"GET /cart([/?][!-~]*)? or GET /x or HEAD /cart([/?][!-~]*)?"
    assert f"ingress: CiliumNetworkPolicy checkout/cart, rule 2 only for {there}" in more.notes
    assert f"the spec: only for {wanted}" in more.notes
    assert more.place
    assert "fromEndpoints" in more.place.text


def test_a_denial_is_told_at_the_line_of_the_spec() -> None:
    """What denies a connection no longer is nowhere in the manifests."""
    bodies = rendered()
    del bodies["data.never"]
    (lost, *_) = (one for one in proof(bodies).findings if "another policy" in one.message)
    assert lost.place == SPOT.value()
    assert lost.fix == "render the denial again, or give its file as well"


# ------------------------------------------------------------------------------------------------------ the commands

SPEC = """\
apiVersion: netgen.dev/v1alpha1
kind: Connectivity
metadata: {name: shop, namespace: shop}
apps:
  web:
    port: 80 -> 8080
    expose: loadBalancer
    calls: [api, "https://api.example.com"]
  api:
    port: 8080
    accepts: {web: GET /items/**}
    calls: [db]
  db: {port: 5432}
never:
  - internet -> db
---
apiVersion: netgen.dev/v1alpha1
kind: Platform
metadata: {name: cluster}
cni: cilium 1.20
"""


class Commands:
    """Runs commands in a folder that has a spec, the same for any plugin, and what is rendered of the first."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
        self._patch, self._capture = monkeypatch, capfd
        monkeypatch.chdir(folder)
        plain = SPEC.replace("GET /items/**", "main").replace(', "https://api.example.com"', "").partition("---")[0]
        Path("spec.yaml").write_text(SPEC, encoding="utf-8")
        Path("plain.yaml").write_text(plain, encoding="utf-8")
        Path("out.yaml").write_text(self.run("render spec.yaml").out, encoding="utf-8")

    def run(self, line: str, code: int = 0) -> Any:
        """Return what a command writes to `out` and `err`; it ends with *code*."""
        self._patch.setattr("sys.argv", ["netgen", *line.split()])
        found, said = main(), self._capture.readouterr()
        assert (found, "") == (code, said.err if found > 1 else "")
        return said


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Commands:
    """Return the commands in a folder of their own."""
    return Commands(tmp_path, monkeypatch, capfd)


def test_the_commands_take_the_plugin_of_the_spec(commands: Commands) -> None:
    """render, check, verify, can and diff read the policies of its own without another word."""
    for line in ("render spec.yaml", "check spec.yaml", "verify --spec spec.yaml out.yaml"):
        said = commands.run(line)
        assert "(CiliumNetworkPolicy;" in said.err + said.out.rpartition("\n---\n")[2]
    words = "only for some requests: shop/web can open shop/api on 8080/TCP for GET /items("
    for where in ("", "out.yaml"):
        assert commands.run(f"can web api:8080 {where} --spec spec.yaml", 1).out.startswith(words)
    for line in ("diff out.yaml spec.yaml", "diff spec.yaml out.yaml"):
        assert commands.run(line).out == "no change in who reaches whom\n"


def test_manifests_alone_say_no_plugin(commands: Commands) -> None:
    """Who gives manifests and no spec is told to name it."""
    assert "fix: where cilium is the network plugin, say so: --cni cilium" in commands.run("reach out.yaml", 1).err
    assert "8080/TCP for some requests only: GET /items(" in commands.run("reach out.yaml --cni cilium").out
    assert commands.run("can shop/web shop/db:5432 out.yaml --cni cilium", 1).out.startswith("no: ")


def test_the_kind_that_is_missing_is_named(commands: Commands) -> None:
    """Where no policy is given, that is not proved."""
    service = "apiVersion: v1\nkind: Service\nmetadata: {name: x, namespace: shop}\n"
    Path("service.yaml").write_text(service, encoding="utf-8")
    said = commands.run("verify --spec spec.yaml service.yaml", 1).err
    assert "error[unproven]: there is no CiliumNetworkPolicy among the manifests" in said


def test_a_change_of_the_plugin_is_compared_under_it(commands: Commands) -> None:
    """Of a spec for any plugin and one for Cilium, both sides are what Cilium does."""
    said = commands.run("diff plain.yaml spec.yaml", 1).out
    assert "shop/web can now open api.example.com on 443/TCP" in said
    assert "shop/web can no longer open shop/api on 8080/TCP but for some requests (now GET /items(" in said


def test_a_policy_of_another_kind_may_have_the_same_name(commands: Commands) -> None:
    """NetworkPolicies of before, which are still in the cluster, are somebody else's."""
    Path("before.yaml").write_text(commands.run("render plain.yaml").out, encoding="utf-8")
    said = commands.run("verify --spec spec.yaml --workloads before.yaml out.yaml", 1).err
    words = "8080/TCP for every request"
    assert (
        f"NetworkPolicy shop/api of the cluster opens what no spec says: shop/web can open shop/api on {words}" in said
    )
