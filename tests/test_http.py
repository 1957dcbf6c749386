"""HTTP rules: who may send which requests, by grants and calls, and what is rendered for it (decisions 5, 6 and 10)."""

from __future__ import annotations

import re

import pytest

from netgen import api
from netgen.intent import Flow, Request
from specs import apps, document, load, platform, refused

OWNED = platform("cni: cilium\nowners: {shop: team, cellar: team}\n")
"""Two namespaces of one owner."""


def flows(*documents: str, cni: str | None = "cilium") -> list[str]:
    """Return the comments of the flows of *documents*, those for name servers left out."""
    return [flow.intent for flow in load(*documents, cni=cni).intent.flows if " -> DNS " not in flow.intent]


def told(*documents: str, cni: str | None = "cilium") -> list[str]:
    """Return the errors of *documents* as `code: message`."""
    return [f"{problem.code}: {problem.message}" for problem in refused(*documents, cni=cni)]


ORDERS = "orders: {{port: 8080, accepts: {}}}"


def checkout(accepts: str) -> str:
    """Return the document of another owner, whose app accepts what *accepts* says."""
    return apps(ORDERS.format(accepts), namespace="checkout")


def shop(call: str = "checkout/orders") -> str:
    """Return the document of a caller, which makes *call*."""
    return apps(f"web: {{port: 8080, calls: [{call}]}}")


def calling(rules: str, to: str = "checkout/orders") -> str:
    """Return a call that says which requests it makes: `GET /a`, or several in a text."""
    http = [f"{{methods: [{one.split()[0].replace('|', ', ')}], path: {one.split()[1]}}}" for one in rules.split(", ")]
    return f"{{to: {to}, http: [{', '.join(http)}]}}"


SAID = "shop/web -> checkout/orders:8080"


@pytest.mark.parametrize(
    ("accepts", "call", "opened"),
    [
        ("{shop/web: [POST /orders, GET /orders/**]}", "", " (POST /orders, GET /orders/**)"),
        ("{shop/web: [GET /orders/**, POST /orders]}", "", " (POST /orders, GET /orders/**)"),
        ("{shop/web: main GET /}", "", " (GET /)"),
        ("{shop/web: [GET /a, POST /a]}", "", " (GET|POST /a)"),
        ("[{from: shop/web, http: [{methods: [GET], path: /a, match: prefix}]}]", "", " (GET /a/**)"),
        ("[{from: shop/web, http: [{methods: [GET], path: /, match: prefix}]}]", "", " (GET /**)"),
        ("[{from: shop/web, http: [{methods: [GET], path: /a, match: exact}]}]", "", " (GET /a)"),
        ("[{from: shop/web, http: [{methods: [GET], path: /a}], enforce: l4}]", "", " (GET /a)"),
        # several grants that cover the caller: what any of them lets pass, passes
        ("{shop/web: POST /orders, any: GET /healthz}", "", " (GET /healthz, POST /orders)"),
        ("{shop/web: POST /orders, shop/*: GET /healthz}", "", " (GET /healthz, POST /orders)"),
        ("[{from: shop/web, http: [{methods: [GET], path: /a}]}, shop/*]", "", ""),
        ("{shop/web: GET /a, shop/*: main}", "", ""),
        ("{shop/web: GET /a, other/*: main, any: GET /b}", "", " (GET /a, GET /b)"),
        # the call narrows, and may not go beyond
        ("[shop/web]", calling("GET /a"), " (GET /a)"),
        ("{shop/web: main}", calling("GET /a"), " (GET /a)"),
        ("{shop/web: GET|POST /orders/**}", calling("GET /orders/1/*"), " (GET /orders/1/*)"),
        ("{shop/web: [GET /orders/**, POST /orders]}", calling("GET|POST /orders"), " (GET|POST /orders)"),
        ("{shop/web: GET /a, any: POST /b}", calling("GET /a, POST /b"), " (GET /a, POST /b)"),
    ],
)  # fmt: skip
def test_decision_5_the_grant_lets_pass_and_the_call_narrows(accepts: str, call: str, opened: str) -> None:
    """Across owners, the requests of all grants that cover the caller, as far as the call goes."""
    found = flows(checkout(accepts), shop(call or "checkout/orders"))
    assert [one for one in found if one.startswith("shop/web")] == [SAID + opened]


@pytest.mark.parametrize(
    ("accepts", "call", "excess"),
    [
        ("{shop/web: GET /orders}", calling("POST /orders"), ["POST /orders"]),
        ("{shop/web: GET /orders}", calling("GET /orders/**"), ["GET /orders/**"]),
        ("{shop/web: GET /orders/*}", calling("GET /orders"), ["GET /orders"]),
        ("{shop/web: GET /orders/**}", calling("DELETE|GET|PUT /orders/1"), ["DELETE|PUT /orders/1"]),
        ("{shop/web: GET /a, any: GET /b}", calling("GET /a, GET /b, GET /c"), ["GET /c"]),
        ("{shop/web: [GET /a/*, POST /a/**]}", calling("GET /a/**"), ["GET /a/**"]),
    ],
)
def test_decision_5_what_a_call_writes_beyond_the_grant_is_an_error(accepts: str, call: str, excess: list[str]) -> None:
    """It names the methods and the path that are in excess."""
    message = "http-not-granted: checkout/orders does not accept {} of this caller"
    assert told(checkout(accepts), shop(call)) == [message.format(one) for one in excess]


@pytest.mark.parametrize(
    ("accepts", "call", "opened"),
    [
        ("[]", calling("GET /a", "api"), ":8080 (GET /a)"),
        ("{other: GET /b}", calling("GET /a", "api"), ":8080 (GET /a)"),
        ("{other: GET /b}", "api", ":8080"),
        ("{web: GET /b}", "api", ":8080 (GET /b)"),
        ("{web: GET /b/**}", calling("GET /b/1", "api"), ":8080 (GET /b/1)"),
    ],
)
def test_inside_one_owner_a_written_grant_narrows(accepts: str, call: str, opened: str) -> None:
    """Without one that covers the caller, its own rules hold alone; grants for others change nothing."""
    body = f"web: {{calls: [{call}]}}\napi: {{port: 8080, accepts: {accepts}}}\nother: {{calls: [api]}}"
    assert [one for one in flows(apps(body)) if one.startswith("shop/web")] == [f"shop/web -> shop/api{opened}"]


def test_across_namespaces_of_one_owner_the_same_holds() -> None:
    """A team may call its own apps with rules that no grant has."""
    wine = apps("wine: 8080", namespace="cellar")
    assert flows(OWNED, shop(calling("GET /", "cellar/wine")), wine, cni=None) == [
        "shop/web -> cellar/wine:8080 (GET /)"
    ]


def test_each_port_has_its_own_requests() -> None:
    """Ports that let everything pass are one rule, those with requests another each."""
    callee = apps(
        """
        api:
          ports: {rpc: 9090, web: 8080, old: 8081, raw: 5432/tcp}
          accepts:
            shop/web: [rpc, web GET /a, old GET /a, raw]
            shop/one: [rpc, web GET /a, web POST /b, old GET /c]
        """,
        namespace="pay",
    )
    caller = """
        web: {calls: [{to: pay/api, ports: [rpc, web, old, raw]}]}
        one: {calls: ["pay/api:rpc", "pay/api:web", "pay/api:old"]}
        """
    assert flows(callee, apps(caller)) == [
        "shop/one -> pay/api:8080 (GET /a, POST /b)",
        "shop/one -> pay/api:8081 (GET /c)",
        "shop/one -> pay/api:9090",
        "shop/web -> pay/api:5432,9090",
        "shop/web -> pay/api:8080,8081 (GET /a)",
    ]


def test_a_rule_on_one_name_of_a_port_is_void_where_another_grant_opens_it_by_another_name() -> None:
    """At the pod, two names of a number are one port, which is open for every request if one of them is."""
    api_ = "api: {ports: {web: 80 -> 8080, alias: 81 -> 8080}, accepts: {shop/web: web GET /, shop/*: alias}}"
    caller = apps("web: {calls: ['pay/api:web']}")
    assert flows(apps(api_, namespace="pay"), caller)[-1:] == ["shop/web -> pay/api:8080"]


@pytest.mark.parametrize(
    ("accepts", "opened"),
    [
        ("{any: GET /healthz}", ["any -> shop/api:8080 (GET /healthz)"]),
        ("{legacy/*: GET /a}", ["legacy/* -> shop/api:8080 (GET /a)"]),
        ("{internet: [GET /a, GET /b]}", ["internet -> shop/api:8080 (GET /a, GET /b)"]),
        ("{198.51.100.0/24: POST /hook}", ["198.51.100.0/24 -> shop/api:8080 (POST /hook)"]),
        ("{cron: GET /tick}", ["cron (peer) -> shop/api:8080 (GET /tick)"]),
        ("{legacy/app: GET /a}", ["legacy/app (unmanaged) -> shop/api:8080 (GET /a)"]),
        ("{cluster/nodes: GET /probe}", ["cluster/nodes -> shop/api:8080 (GET /probe)"]),
        ("{wide: GET /a}", ["shop/wide -> shop/* ", "shop/wide -> shop/api:8080 (GET /a)"]),
    ],
)
def test_a_grant_to_others_than_apps_has_requests_too(accepts: str, opened: list[str]) -> None:
    """Words for everybody, addresses, peers, pods that no spec holds, and apps that call by a wildcard."""
    calls = "\nwide: {calls: [here/*]}" if "wide" in accepts else ""
    head = "peers: {cron: {namespace: legacy, labels: {app: cron}}}\n"
    body = document(f"{head}apps:\n  api: {{port: 8080, accepts: {accepts}}}{calls}".replace("\nwide", "\n  wide"))
    assert flows(body) == [one.strip() for one in opened]


def test_a_caller_on_the_host_network_is_held_to_requests() -> None:
    """By name and behind wildcards, whatever stands for the nodes."""
    body = """
        api: {port: 8080, accepts: {agent: GET /a}}
        two: {port: 8080, accepts: {any: GET /b}}
        agent: {hostNetwork: true, calls: [api, any]}
        """
    found = load(apps(body), platform("cni: cilium\nranges: {nodes: [10.0.0.0/24]}\n")).intent.flows
    assert {flow.intent for flow in found if flow.intent.startswith("shop/agent") and flow.target_app} == {
        "shop/agent -> shop/api:8080 (GET /a)",
        "shop/agent -> shop/two:8080 (GET /b)",
    }


@pytest.mark.parametrize("isolate", ["egress", "none"])
def test_where_nothing_closes_the_callee_no_requests_are_claimed(isolate: str) -> None:
    """Everybody reaches an open app, so its comments name no requests, and no CNI needs to enforce them."""
    body = f"web: {{calls: [api]}}\napi: {{port: 8080, isolate: {isolate}, accepts: {{web: GET /a}}}}"
    for cni in ("cilium", "kubernetes"):
        assert flows(apps(body), cni=cni) == ["shop/web -> shop/api:8080"]


def test_the_metrics_of_an_app_are_no_port_that_an_http_rule_may_mean() -> None:
    """As for calls: what scrapers read is meant only where it is named."""
    body = "web: {calls: [api]}\napi: {ports: {web: 8080, metrics: 9100}, accepts: {web: [GET /a, metrics GET /m]}}"
    assert flows(apps(body)) == ["shop/web -> shop/api:8080 (GET /a)"]


def test_exposures_and_scraping_open_their_port_as_a_whole() -> None:
    """An HTTP rule is about its caller: an entry point and a scraper are others."""
    entry = "entrypoints: {public: {hosts: [a.example.com], ingress: traefik}}\n"
    given = platform(f"cni: cilium\nscrape: monitoring/app=prometheus\n{entry}")
    body = """
        web: {calls: [api]}
        api: {ports: {metrics: 8080}, expose: https://a.example.com, accepts: {web: GET /a}}
        """
    found = {flow.intent.split(" ->", maxsplit=1)[0]: flow.requests for flow in load(given, apps(body)).intent.flows}
    assert len(found) == 4  # name servers besides
    assert {end: requests for end, requests in found.items() if requests} == {"shop/web": (Request(("GET",), "/a"),)}


# ------------------------------------------------------------------------------------------------- what is not enforced


WEAK = "[{from: shop/web, http: [{methods: [POST], path: /orders}], enforce: l4}]"


def weakened(*documents: str, cni: str) -> list[Flow]:
    """Return the flows of *documents* that open more than is asked for."""
    return [flow for flow in load(*documents, cni=cni).intent.flows if flow.weakened is not None]


@pytest.mark.parametrize("call", ["checkout/orders", calling("POST /orders")])
def test_decision_10_enforce_l4_opens_the_port_where_requests_cannot_be_enforced(call: str) -> None:
    """The flow knows what was asked for, and a warning says it; where the plugin can, it is enforced."""
    (flow,) = weakened(checkout(WEAK), shop(call), cni="kubernetes")
    assert (flow.intent, flow.requests, flow.weakened) == (SAID, (), (Request(("POST",), "/orders"),))
    assert weakened(checkout(WEAK), shop(call), cni="cilium") == []
    (warning,) = (it for it in load(checkout(WEAK), shop(call)).problems if it.code == "enforced-l4")
    assert warning.message.startswith("checkout/orders accepts POST /orders of shop/web, and every request is opened")
    assert "enforced-l4" not in [it.code for it in load(checkout(WEAK), shop(call), cni="cilium").problems]


def test_what_cannot_be_enforced_is_an_error_that_says_how_it_can() -> None:
    """It names the plugin, what is asked for, and the weaker way as it is written."""
    accepts = "{web: [web POST /a, web GET|PUT /b/**, rpc, old GET /]}"
    body = f"web: {{calls: ['api:web']}}\napi: {{ports: {{web: 8080, rpc: 90, old: 91}}, accepts: {accepts}}}"
    (problem,) = refused(apps(body), cni="kubernetes")
    assert (problem.code, problem.place and problem.place.column) == ("unenforceable-http", 63)
    assert problem.message.startswith("shop/api accepts POST /a, GET|PUT /b/** and 1 more of web: kubernetes")
    http = "{methods: [POST], path: /a}, {methods: [GET, PUT], path: /b/**}"
    assert problem.fix.split("with ")[1].split(" and ") == [
        f"{{from: web, ports: [web], http: [{http}], enforce: l4}}",
        "{from: web, ports: [old], http: [{methods: [GET], path: /}], enforce: l4}",
        "{from: web, ports: [rpc]}",
    ]


def test_the_way_that_an_error_proposes_is_a_spec() -> None:
    """Written as it says, the grant is accepted, with a warning."""
    (problem,) = refused(checkout("{shop/web: POST /orders}"), shop(), cni="kubernetes")
    grant = re.sub(".*make accepts a list, with ", "", problem.fix)
    assert [flow.intent for flow in weakened(checkout(f"[{grant}]"), shop(), cni="kubernetes")] == [SAID]


# ------------------------------------------------------------------------------------------------- what is rendered


def test_requests_stand_at_the_callee_alone() -> None:
    """The policy of the caller opens the port: requests are looked at once."""
    manifests = api.render(load(checkout("{shop/web: [POST|PUT /orders, GET /o.k/*]}"), shop(), cni="cilium").intent)
    bodies = {one.name: one.body["spec"] for one in manifests if one.kind == "CiliumNetworkPolicy"}
    (rule,) = bodies["orders"]["ingress"][0]["toPorts"]
    assert sorted(rule["rules"]["http"], key=lambda it: it["method"]) == [
        {"method": "GET", "path": r"/o\.k/[!-.0->@-~]+(\?[!-~]*)?"},
        {"method": "POST", "path": r"/orders(\?[!-~]*)?"},
        {"method": "PUT", "path": r"/orders(\?[!-~]*)?"},
    ]
    assert [list(rule) for side in bodies["web"]["egress"] for rule in side["toPorts"]] == [["ports"]] * 2


def test_what_is_rendered_is_proved() -> None:
    """Requests are compared with the spec, and a filter that is lost, widened or narrowed is a finding."""
    intent = load(checkout("{shop/web: [POST /orders, GET /orders/**]}"), shop(), cni="cilium").intent
    stream = "---\n".join(one.text for one in api.render(intent))
    assert api.verify(intent, ["-"], stdin=stream.encode(), cni="cilium").findings == ()
    for old, new in (("method: POST", "method: PUT"), ("/orders([", "/orde(["), ("  method: POST\n", "")):
        assert stream.count(old) == 1
        assert api.verify(intent, ["-"], stdin=stream.replace(old, new).encode(), cni="cilium").findings != (), old


# --------------------------------------------------------------------------------------------------------- claims

HELD = "{shop/web: [POST /orders, GET /orders/*, PUT /a/**]}"


def breaches(claim: str, accepts: str = HELD, cni: str = "cilium") -> list[str]:
    """Return what is said against *claim* of a callee that accepts what *accepts* says."""
    intent = load(checkout(accepts), shop() + f"never: [{claim}]\n", cni=cni).intent
    return [one.message for one in api.prove(intent, api.render(intent)).findings]


@pytest.mark.parametrize(
    ("request_", "is_open"),
    [
        ("POST /orders", True),
        ("POST /orders/1", False),
        ("GET /orders", False),
        ("GET /orders/1", True),
        ("DELETE|GET /orders/1", True),
        ("DELETE /orders/1", False),
        ("GET /**", True),
        ("GET /*/7", True),
        ("GET /*/7/8", False),
        ("PUT /a/b/c", True),
        ("PUT /ab", False),
        ("DELETE|PATCH /**", False),
    ],
)
def test_a_claim_about_requests_is_broken_by_what_may_let_one_pass(request_: str, *, is_open: bool) -> None:
    """A method and a path in common are enough; what the filter of the callee keeps out is closed."""
    found = breaches(f"web -> checkout/orders {request_}")
    assert found == ([f"shop/web can open checkout/orders on 8080/TCP for {request_}"] if is_open else [])


LONG = "{{from: web, to: checkout/orders, http: [{{methods: [GET], path: /b}}, {{methods: [PUT], path: {}}}]}}"


@pytest.mark.parametrize(
    ("claim", "accepts", "is_open"),
    [
        ("web -> checkout/orders", HELD, True),
        ("web -> checkout/orders DELETE /", "[shop/web]", True),
        ("web -> checkout/orders DELETE /", "{shop/web: GET /, any: DELETE /x}", False),
        ("web -> checkout/orders DELETE /x", "{shop/web: GET /, any: DELETE /x}", True),
        (LONG.format("/a/1"), HELD, True),
        (LONG.format("/c"), HELD, False),
    ],
)
def test_a_claim_holds_where_every_way_in_keeps_its_requests_out(claim: str, accepts: str, *, is_open: bool) -> None:
    """Of several requests none may pass; a port that is open as a whole lets all of them pass."""
    assert bool(breaches(claim, accepts)) is is_open


def test_without_http_rules_a_claim_about_requests_is_about_the_port() -> None:
    """A plugin that knows no requests lets all of them pass, or none."""
    assert breaches("web -> checkout/orders DELETE /", WEAK, cni="kubernetes") == [
        "shop/web can open checkout/orders on 8080/TCP"
    ]


@pytest.mark.parametrize(
    ("written", "is_open"),
    [(r"/x(\\?[!-~]*)?", True), ("/.*", True), ("", True), ("/a/b", True), ("/b/c", False), ("/A/B", False)],
)
def test_an_expression_that_nobody_of_the_spec_wrote_may_match_anything(written: str, *, is_open: bool) -> None:
    """In manifests that were changed by hand, unless it is plain text."""
    intent = load(
        checkout("{shop/web: GET /orders}"), shop() + "never: [web -> checkout/orders GET /a/*]\n", cni="cilium"
    ).intent
    stream = "---\n".join(one.text for one in api.render(intent))
    changed = stream.replace(r"/orders(\\?[!-~]*)?", written)
    assert changed != stream
    codes = [one.code for one in api.verify(intent, ["-"], stdin=changed.encode(), cni="cilium").findings]
    assert ("never-broken" in codes) is is_open
