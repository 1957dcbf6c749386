"""What reach, can and diff say where Cilium's policies let pass some requests only, deny, and speak of the node."""

from __future__ import annotations

import csv
import io
import json
from textwrap import dedent

import pytest

from netgen import api
from netgen.asking import Answer, Reply
from netgen.diff import Side, compare, formats
from netgen.evaluate.objects import read_cluster
from netgen.reaching import Answer as Reached
from netgen.reaching.formats import as_csv, as_json, as_text
from netgen.source import Dialect, read
from specs import load


def workload(name: str, namespace: str = "shop") -> str:
    """Return a Deployment whose pods wear the label of its name, as YAML."""
    head = f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: {namespace}}}\n"
    return head + f"spec: {{template: {{metadata: {{labels: {{app: {name}}}}}, spec: {{containers: []}}}}}}\n"


def policy(name: str, *sections: str) -> str:
    """Return a CiliumNetworkPolicy over the pods of the app *name*, as YAML; *sections* are those of its spec."""
    head = "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\n"
    spec = ", ".join((f"endpointSelector: {{matchLabels: {{app: {name}}}}}", *sections))
    return f"{head}metadata: {{name: {name}, namespace: shop}}\nspec: {{{spec}}}\n"


def lets_in(*requests: str, source: str = "web") -> str:
    """Return the ingress section that lets in *source* on 8080: for all requests, or just these HTTP rules."""
    rules = f", rules: {{http: [{', '.join(requests)}]}}" if requests else ""
    ports = f"[{{ports: [{{port: '8080', protocol: TCP}}]{rules}}}]"
    return f"ingress: [{{fromEndpoints: [{{matchLabels: {{app: {source}}}}}], toPorts: {ports}}}]"


GET = "{method: GET, path: /orders}"
POST = "{method: POST, path: /orders}"
CLOSED = "ingress: [{fromEndpoints: [{matchLabels: {app: other}}]}]"
DENIES = "ingressDeny: [{fromEndpoints: [{matchLabels: {app: bad}}]}, {fromEndpoints: [{matchLabels: {app: web}}]}]"
APPS = (workload("web"), workload("api"))


def text(*documents: str) -> str:
    """Return *documents* as one stream."""
    return "---\n".join(map(dedent, documents))


def told(old: str, new: str) -> list[str]:
    """Return what `diff` says of two policies over the same apps, without the places."""
    sides = [
        Side(read_cluster(read(text(*APPS, one).encode(), f"{name}.yaml", Dialect.MANIFEST).documents, cni="cilium"))
        for name, one in (("old", old), ("new", new))
    ]
    return formats.as_text(compare(*sides, cni="cilium")).splitlines()


def ask(source: str, target: str, *documents: str) -> Answer:
    """Return the answer of `can` for manifests."""
    return api.can(source, target, ["-"], cni="cilium", stdin=text(*documents).encode())


# -------------------------------------------------------------------------------------------------------------- diff

NOW = "(CiliumNetworkPolicy shop/api, ingress rule 0)"


@pytest.mark.parametrize(
    ("old", "new", "sentence", "count"),
    [
        (
            lets_in(GET),
            lets_in(POST),
            f"for other requests (now POST /orders, before GET /orders) {NOW}",
            "1 opened",
        ),
        (CLOSED, lets_in(GET), f"for some requests only (GET /orders) {NOW}", "1 opened"),
        (lets_in(GET), lets_in(), f"and no longer for some requests only (before GET /orders) {NOW}", "1 opened"),
        (lets_in(GET), lets_in(GET, POST), "for more requests (now GET /orders or POST /orders, before", "1 opened"),
        (lets_in(), lets_in(GET), f"but for some requests (now GET /orders) {NOW}", "1 closed"),
        (
            lets_in(GET, POST),
            lets_in(POST),
            "for as many requests (now POST /orders, before GET /orders or",
            "1 closed",
        ),
        (lets_in(GET), CLOSED, f"even for some requests (before GET /orders) {NOW}", "1 closed"),
    ],
)
def test_a_filter_that_comes_changes_or_goes_is_a_change(old: str, new: str, sentence: str, count: str) -> None:
    """Open is more than open for some requests, which is more than closed; two filters are compared rule by rule."""
    lines = [line for line in told(policy("api", old), policy("api", new)) if line.startswith("shop/web ")]
    verb = "can now open" if "opened" in count else "can no longer open"
    assert [line.startswith(f"shop/web {verb} shop/api on 8080/TCP") for line in lines] == [True]
    assert sentence in lines[0]


def test_filters_that_say_the_same_are_no_change() -> None:
    """Other words for the same requests change nothing."""
    same = policy("api", lets_in(POST, GET))
    assert told(policy("api", lets_in(GET, POST)), same) == ["no change in who reaches whom"]


def test_a_filter_that_changes_is_told_once_with_all_its_callers() -> None:
    """Strangers with the labels of an app are not told of besides, and the counts are those of connections."""
    assert told(policy("api", lets_in(GET)), policy("api", lets_in(POST))) == [
        f"shop/web can now open shop/api on 8080/TCP for other requests (now POST /orders, before GET /orders) {NOW}",
        "1 opened",
    ]


def test_a_new_app_is_not_told_of_with_the_node_that_runs_it() -> None:
    """Its own node opens every pod, unless something denies that."""
    old, new = (
        read_cluster(read(one.encode(), "", Dialect.MANIFEST).documents, cni="cilium")
        for one in (
            text(workload("web"), policy("web", "ingress: [{}]")),
            text(*APPS, policy("web", "ingress: [{}]"), policy("api", lets_in())),
        )
    )
    assert formats.as_text(compare(Side(old), Side(new), cni="cilium")).splitlines() == [
        "shop/api is new: no policy holds its egress, it can open everything that lets it in",
        "shop/web can now open shop/api on 8080/TCP (CiliumNetworkPolicy shop/api, ingress rule 0)",
        "shop/api is new (:6:1)",
        "1 unprotected, 1 opened, 1 new",
    ]


# ------------------------------------------------------------------------------------------------------------- reach

FILTERED = (*APPS, policy("api", lets_in(GET, POST), DENIES.replace("web", "worse")))


def reach(*documents: str, **filters: str) -> Reached:
    """Return the answer of `reach` for manifests."""
    return api.reach(["-"], cni="cilium", stdin=text(*documents).encode(), **filters)


def test_ports_that_are_open_for_some_requests_are_rows_of_their_own() -> None:
    """They say so in each format: a program that knows nothing of requests does not take them for open."""
    found = reach(*FILTERED)
    words = "GET /orders or POST /orders"
    assert f"shop/web -> shop/api          8080/TCP for some requests only: {words}" in as_text(found).splitlines()
    rows = list(csv.reader(io.StringIO(as_csv(found))))
    assert ["shop/web", "shop/api", f"8080/TCP for {words}"] in rows
    assert ["shop/web", "shop/api", "8080/TCP"] not in rows
    ends = {"source": "shop/web", "target": "shop/api", "ports": ["8080/TCP"]}
    assert {**ends, "certain": False, "requests": [["GET /orders", "POST /orders"]]} in json.loads(as_json(found))[
        "connections"
    ]


def test_requests_that_everybody_can_make_are_one_row() -> None:
    """`any` is told of a filter as of what is open as a whole; the pod's own node is told apart."""
    health = policy(
        "api", "ingress: [{toPorts: [{ports: [{port: '9090', protocol: TCP}], rules: {http: [{path: /up}]}}]}]"
    )
    assert as_text(reach(*APPS, health)).splitlines()[:3] == [
        "any      -> shop/api          9090/TCP for some requests only: any method /up",
        "any      -> shop/web          all",
        "host     -> any pod           all",
    ]


def test_the_node_of_a_pod_is_one_row() -> None:
    """Where a rule denies it something, it is told of each pod."""
    denies = policy("api", "ingressDeny: [{fromEntities: [host], toPorts: [{ports: [{port: '22', protocol: TCP}]}]}]")
    hosts = [
        [line for line in as_text(reach(*APPS, *more)).splitlines() if line.startswith("host ")]
        for more in ((policy("web", lets_in()), policy("api", lets_in())), (policy("web", lets_in()), denies))
    ]
    assert [[line.split()[2] for line in each] for each in hosts] == [["any"], ["shop/api", "shop/web"]]


def test_a_filter_that_is_not_certain_stands_apart() -> None:
    """Where nobody tells the number of a port, it may be any one that is open for these requests."""
    named = policy("api", lets_in(GET).replace("'8080'", "http"))
    found = [one for one in reach(workload("web"), named).connections if one.target == "shop/api"]
    assert [(one.source, one.certain, one.requests is None) for one in found] == [
        ("shop/web", False, False),
    ]


# --------------------------------------------------------------------------------------------------------------- can


def test_open_for_some_requests_is_not_a_yes() -> None:
    """The answer says which they are, and `--why` which rule that is; nothing is advised."""
    found = ask("shop/web", "shop/api:8080", *FILTERED)
    words, cited = "GET /orders or POST /orders", "CiliumNetworkPolicy shop/api, rule 0 (<stdin>:14)"
    assert found.reply is Reply.SOME
    assert found.line == f"only for some requests: shop/web can open shop/api on 8080/TCP for {words}"
    assert found.why == (
        "egress of shop/web: open, no policy isolates it",
        f"ingress of shop/api: open by {cited}, for some requests only: {words}",
        "dial: no Service among the manifests leads to this port",
    )


def test_what_is_denied_is_not_advised_to_be_allowed() -> None:
    """A denial is cited by its section and its number in it, and no policy that allows is proposed."""
    found = ask("shop/web", "shop/api:8080", *APPS, policy("api", lets_in(), DENIES))
    cited = "CiliumNetworkPolicy shop/api, ingressDeny rule 1 (<stdin>:14)"
    assert found.reply is Reply.NO
    assert f"ingress of shop/api: closed by {cited}, which denies this" in found.why
    assert f"nothing opens it while {cited} denies it" in found.why
    assert [line for line in found.why if line.startswith("to open it")] == []


@pytest.mark.parametrize(
    ("target", "reply"),
    [("a.example.com:443", Reply.YES), ("*.example.com:443", Reply.YES), ("a.example.com:80", Reply.NO)],
)
def test_names_outside_are_ends(target: str, reply: Reply) -> None:
    """A name is looked up by the patterns of the policies."""
    names = "toFQDNs: [{matchPattern: '*.example.com'}], toPorts: [{ports: [{port: '443', protocol: TCP}]}]"
    assert ask("shop/api", target, *APPS, policy("api", f"egress: [{{{names}}}]")).reply is reply


def test_the_node_of_a_pod_needs_no_rule() -> None:
    """The reason says so, where the pod is isolated and no rule lets the node in."""
    found = ask("host", "shop/api:80", *APPS, policy("api", lets_in()))
    assert found.reply is Reply.YES
    assert "ingress of shop/api: open to its own node, where nothing denies it" in found.why


# ------------------------------------------------------------------------------------------------------------- verify

SPEC = """\
apiVersion: netgen.dev/v1alpha1
kind: Connectivity
metadata: {name: shop, namespace: shop}
apps:
  web: {port: 8080, calls: [api], dns: false, select: {app: web}}
  api: {port: 8080, dns: false, select: {app: api}}
"""
WEB = policy(
    "web", "ingress: [{}]", f"egress: [{{{lets_in()[10:-2].replace('from', 'to', 1)}}}]".replace("app: web", "app: api")
)


@pytest.mark.parametrize(
    ("sections", "fix"),
    [
        ((lets_in(),), None),
        ((lets_in(GET),), "let the requests pass in CiliumNetworkPolicy shop/api, or undo what changed the policies"),
        (
            (lets_in(), DENIES),
            "take the denial out of CiliumNetworkPolicy shop/api, or undo what changed the policies",
        ),
        (
            (lets_in(source="other"),),
            "add the rule to CiliumNetworkPolicy shop/api, or undo what took it",
        ),
    ],
)
def test_a_spec_is_proved_against_policies_of_cilium(sections: tuple[str, ...], fix: str | None) -> None:
    """Open for some requests is not open; what mends it names the policy by its kind."""
    manifests = text(WEB, policy("api", "egress: [{}]", *sections))
    proof = api.verify(load(SPEC).intent, ["-"], cni="cilium", stdin=manifests.encode())
    assert [one.fix for one in proof.findings if one.code == "not-open"] == ([fix] if fix else [])


def test_the_api_servers_of_the_platform_are_known_by_their_addresses() -> None:
    """A rule for the entity opens them, where the Platform says which they are, and no other address."""
    platform = "apiVersion: netgen.dev/v1alpha1\nkind: Platform\nmetadata: {name: p}\napiserver: ['203.0.113.1:6443']\n"
    manifests = text(*APPS, policy("api", "egress: [{toEntities: [kube-apiserver]}]"))
    intent = load(SPEC, platform).intent
    replies = [
        api.can("shop/api", f"{address}:6443", ["-"], intent=intent, cni="cilium", stdin=manifests.encode()).reply
        for address in ("203.0.113.1", "203.0.113.2")
    ]
    assert intent.server_ranges == ("203.0.113.1/32",)
    assert replies == [Reply.YES, Reply.NO]
