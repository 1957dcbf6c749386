"""Hosts outside the cluster: how they are written, and what they open where the CNI knows names, and where not."""

from __future__ import annotations

import sys
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import intents
from netgen import api, cli
from netgen.evaluate.names import is_match
from netgen.intent import AppKey, HostName, PortMatch, Request, Selector
from netgen.spec.forms.hosts import host_name
from netgen.spec.forms.sides import Kind, target
from netgen.spec.forms.text import FormError
from netgen.verify import ideal
from netgen.verify.weakened import extra
from specs import apps, load, refused, warnings

CILIUM = "cilium 1.19"
LONG = ".".join(["a" * 60] * 5)


# --------------------------------------------------------------------------------------------------------- as written


@pytest.mark.parametrize(
    ("text", "name", "port", "protocol"),
    [
        ("https://api.stripe.com", "api.stripe.com", 443, "TCP"),
        ("http://api.stripe.com", "api.stripe.com", 80, "TCP"),
        ("grpc://api.stripe.com:8443", "api.stripe.com", 8443, "TCP"),
        ("tls://*.mailgun.net", "*.mailgun.net", 443, "TCP"),
        ("tcp://db.example.com:5432", "db.example.com", 5432, "TCP"),
        ("udp://0.pool.ntp.org:123", "0.pool.ntp.org", 123, "UDP"),
        ("https://*.com", "*.com", 443, "TCP"),
        ("https://xn--bcher-kva.example", "xn--bcher-kva.example", 443, "TCP"),
        ("https://svc.example.com", "svc.example.com", 443, "TCP"),
        ("https://db.shop.svc.example.com", "db.shop.svc.example.com", 443, "TCP"),
        ("https://local.example.com", "local.example.com", 443, "TCP"),
    ],
)
def test_a_host_has_a_scheme_and_the_port_that_it_implies(text: str, name: str, port: int, protocol: str) -> None:
    """A port that is written wins, and a transport alone implies none."""
    side = target(text)
    assert (side.kind, side.name) == (Kind.HOST, name)
    assert side.port
    assert (side.port.number, side.port.protocol) == (port, protocol)
    assert str(replace(side, port=None)) == name


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("API.Stripe.com", "write api.stripe.com"),
        ("api.stripe.com.", "write api.stripe.com"),
        ("bücher.example", "write xn--bcher-kva.example"),
        ("straße.example", "write the name as DNS has it, in punycode"),
        ("*.bücher.example", "write *.xn--bcher-kva.example"),
        ("db.shop.svc", "write shop/db:443"),
        ("db.shop.svc.cluster.local", "write shop/db:443"),
        ("web-0.db.shop.svc.cluster.local", "write NAMESPACE/APP, NAMESPACE/* or any"),
        ("*.svc.cluster.local", "write NAMESPACE/APP, NAMESPACE/* or any"),
        ("*.shop.svc", "write NAMESPACE/APP, NAMESPACE/* or any"),
        ("*.local", "write NAMESPACE/APP, NAMESPACE/* or any"),
        ("db", "write internet:443 for every host, NAMESPACE/APP for an app"),
        ("*", "write internet:443 for every host, NAMESPACE/APP for an app"),
        ("**.example.com", "write *.example.com"),
        ("a.*.example.com", "write *.example.com"),
        ("a*.example.com", "write *.example.com"),
        ("example.*", ""),
        ("a_b.example.com", ""),
        ("-a.example.com", ""),
        ("a..example.com", ""),
        ("*..com", ""),
        ("user@example.com", ""),
        ("example.7", "write an address"),
        (LONG + ".com", ""),
        (f"{'a' * 64}.com", ""),
    ],
)
def test_a_host_has_one_form(text: str, fix: str) -> None:
    """The error says what to write instead, where that is one thing."""
    with pytest.raises(FormError) as caught:
        host_name(text, "bad-target", port="443")
    assert (caught.value.code, caught.value.fix) == ("bad-target", fix)


@given(st.text(alphabet="ab1*.-_ÄS:/ ", max_size=14))
@settings(max_examples=200)
def test_any_text_is_a_host_or_an_error(text: str) -> None:
    """What is taken means itself, and as a wildcard the names below at any depth, but never the one behind the star."""
    try:
        name = host_name(text, "bad-target")
    except FormError:
        return
    assert name == text == text.lower()
    assert len(name) <= 253
    (peer,) = ideal.peers(HostName(name))
    pattern = getattr(peer, "pattern", "")
    if name.startswith("*."):
        apex = name.removeprefix("*.")
        assert [is_match(pattern, one) for one in (apex, f"a.{apex}", f"b.a.{apex}", f"a{apex}")] == [
            *(False, True, True, False)
        ]
    else:
        assert [is_match(pattern, one) for one in (name, f"a.{name}")] == [True, False]


# ----------------------------------------------------------------------------------------------------- where it holds

CALLS = """
api: {port: 8080, calls: [https://api.stripe.com, "https://*.mailgun.net", "tcp://db.example.com:5432", db]}
db: {port: 5432/tcp}
"""


def test_a_call_of_a_host_opens_the_host() -> None:
    """The ports are those of the URL, and of this app alone the answers of DNS are listened to."""
    flows = load(apps(CALLS), cni=CILIUM).intent.flows
    assert [(flow.target, flow.ports, flow.intent) for flow in flows if isinstance(flow.target, HostName)] == [
        (HostName("*.mailgun.net"), (PortMatch("TCP", 443),), "shop/api -> *.mailgun.net:443"),
        (HostName("api.stripe.com"), (PortMatch("TCP", 443),), "shop/api -> api.stripe.com:443"),
        (HostName("db.example.com"), (PortMatch("TCP", 5432),), "shop/api -> db.example.com:5432"),
    ]
    assert {str(flow.source_app): flow.looks_up for flow in flows if " DNS " in flow.intent} == {
        "shop/api": True,
        "shop/db": False,
    }
    assert not any(flow.weakened for flow in flows)


def test_what_is_rendered_for_hosts_is_proved() -> None:
    """The policies of Cilium open the hosts, and nothing else."""
    intent = load(apps(CALLS), cni=CILIUM).intent
    proof = api.prove(intent, api.render(intent))
    assert proof.findings == ()
    assert proof.beyond == ()


@pytest.mark.parametrize(
    ("cni", "expected"),
    [
        ("kubernetes", ["unenforceable-fqdn", "unenforceable-wildcard-fqdn", "unenforceable-fqdn"]),
        ("cilium", ["unenforceable-wildcard-fqdn"]),
        ("cilium 1.18", ["unenforceable-wildcard-fqdn"]),
    ],
)
def test_a_host_that_cannot_be_enforced_is_an_error(cni: str, expected: list[str]) -> None:
    """It stands at the call, names who can, and the way down with what that opens."""
    problems = refused(apps(CALLS), cni=cni)
    assert [problem.code for problem in problems] == expected
    wild = next(problem for problem in problems if "*.mailgun.net" in problem.message)
    assert cni in wild.message
    assert "cilium can, from 1.19 on" in wild.notes
    assert 'write  {to: "https://*.mailgun.net", enforce: l4}, which opens internet:443' in wild.fix


def test_nothing_is_asked_of_the_cni_where_no_policy_holds_the_caller() -> None:
    """Neither for open egress nor on the host network."""
    for more in ("isolate: ingress", "isolate: none", "hostNetwork: true"):
        intent = load(apps(f"web: {{port: 80, {more}, calls: [https://api.stripe.com]}}")).intent
        assert not any(isinstance(flow.target, HostName) for flow in intent.flows)


def test_a_host_needs_dns() -> None:
    """Its addresses are not known without."""
    for call in ("https://api.stripe.com", "{to: https://api.stripe.com, enforce: l4}"):
        (problem,) = refused(apps(f"web: {{port: 80, dns: false, calls: [{call}]}}"), cni=CILIUM)
        assert problem.code == "dns-needed"


# --------------------------------------------------------------------------------------------------------- enforce: l4

WEAKER = """
api:
  port: 8080
  calls: [{to: https://api.stripe.com, enforce: l4, why: cards}, {to: "https://*.mailgun.net", enforce: l4}]
"""


def test_a_weakened_host_is_the_internet() -> None:
    """The rule says for which host, and the Intent what was asked for."""
    loaded = load(apps(WEAKER))
    weak = [flow for flow in loaded.intent.flows if flow.weakened]
    assert [(flow.intent, flow.weakened, flow.why) for flow in weak] == [
        ("shop/api -> internet:443 for *.mailgun.net", HostName("*.mailgun.net"), ""),
        ("shop/api -> internet:443 for api.stripe.com", HostName("api.stripe.com"), "cards"),
    ]
    assert {flow.target for flow in weak} == {
        flow.target for flow in load(apps("a: {calls: [internet]}")).intent.flows[1:]
    }
    assert not any(flow.looks_up for flow in loaded.intent.flows)
    assert warnings(apps(WEAKER)) == ["enforced-l4", "enforced-l4"]
    told = [problem.message for problem in loaded.problems if problem.code == "enforced-l4"]
    assert told[0].startswith("shop/api calls api.stripe.com, and internet:443 is opened: kubernetes")


def test_where_the_cni_can_nothing_is_weakened() -> None:
    """`enforce: l4` says what must be there at least: the same manifests as without it, and not a word."""
    strict = WEAKER.replace(", enforce: l4", "")
    weak, plain = load(apps(WEAKER), cni=CILIUM), load(apps(strict), cni=CILIUM)
    assert weak.intent == plain.intent
    assert [problem.code for problem in weak.problems] == ["no-platform"]
    assert [one.text for one in api.render(weak.intent)] == [one.text for one in api.render(plain.intent)]


def test_only_what_this_version_cannot_is_weakened() -> None:
    """A name is enforced in each version, the names below a domain later."""
    weak = [flow.weakened for flow in load(apps(WEAKER), cni="cilium 1.18").intent.flows if flow.weakened]
    assert weak == [HostName("*.mailgun.net")]


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ("", []),
        ("{to: https://a.example.com, enforce: l4}", ["internet on 443/TCP, beyond a.example.com"]),
        (
            "{to: https://a.example.com, enforce: l4}, {to: 'https://b.example.com', enforce: l4}",
            ["internet on 443/TCP, beyond a.example.com and b.example.com"],
        ),
        (
            "{to: 'tcp://a.example.com:22', enforce: l4}, {to: 'udp://b.example.com:53', enforce: l4}",
            ["internet on 22/TCP, beyond a.example.com", "internet on 53/UDP, beyond b.example.com"],
        ),
        ("{to: https://a.example.com, enforce: l4}, internet", []),
        ("{to: https://a.example.com, enforce: l4}, 'internet:443'", []),
        ("{to: https://a.example.com, enforce: l4}, 'internet:80'", ["internet on 443/TCP, beyond a.example.com"]),
        (
            "{to: https://a.example.com, enforce: l4}, https://203.0.113.0/24",
            ["internet, as far as no other rule opens it, on 443/TCP, beyond a.example.com"],
        ),
    ],
)
def test_what_a_weakened_host_opens_is_told_by_the_evaluator(calls: str, expected: list[str]) -> None:
    """What other rules open is nothing in addition, and what two rules open is told once."""
    intent = load(apps(f"web: {{port: 80, calls: [{calls}]}}\nother: {{calls: [internet, web]}}")).intent
    assert [*extra(intent)] == [f"shop/web -> {line}" for line in expected]


def test_what_weakened_requests_open_is_told_by_the_evaluator() -> None:
    """Every request; where another rule lets them all in, nothing is in addition."""
    web, cart = intents.app(intents.WEB), intents.app()
    asked = (Request(("POST",), "/orders"), Request((), "/health"))
    flow = replace(intents.flow(web, cart, PortMatch("TCP", 8080), intent="storefront/web -> cart"), weakened=asked)
    other = replace(intents.flow(web, cart, PortMatch("TCP", 8080), intent="any -> cart"))
    for more, expected in (
        ((), ("storefront/web -> checkout/cart on 8080/TCP: every request, beyond POST /orders, any method /health",)),
        ((other,), ()),
    ):
        assert extra(api.Intent((cart, web), (flow, *more), (), (), ())) == expected


def test_what_weakened_callers_by_label_open_is_told() -> None:
    """The end that calls need be no app."""
    cart = intents.app()
    legacy = intents.app(AppKey("legacy", "cron"), selector=Selector((("app", "cron"),))).pods
    flow = intents.flow(legacy, cart, PortMatch("TCP", 8080), intent="cron (peer) -> checkout/cart:8080")
    weak = replace(flow, weakened=(Request(("GET",), "/"),))
    expected = "cron (peer) -> checkout/cart on 8080/TCP: every request, beyond GET /"
    assert extra(api.Intent((cart,), (weak,), (), (), ())) == (expected,)


def test_check_says_what_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Beside the proof; a spec that weakens nothing does not even load what would tell it."""
    monkeypatch.setitem(sys.modules, "netgen.verify.weakened", None)  # to import it is an error from here on
    said = []
    for name, text in (("plain.yaml", apps("web: 80")), ("weak.yaml", apps(WEAKER))):
        (tmp_path / name).write_text(text, encoding="utf-8")
        monkeypatch.setattr(sys, "argv", ["netgen", "check", str(tmp_path / name)])
        assert cli.main() == 0
        said.append(capfd.readouterr().err)
        monkeypatch.delitem(sys.modules, "netgen.verify.weakened")
    assert "enforce: l4" not in said[0]
    line = "enforce: l4 also opens shop/api -> internet on 443/TCP, beyond *.mailgun.net and api.stripe.com"
    assert said[1].splitlines()[-2] == line
    assert said[1].splitlines()[-1].startswith("proved: ")


def test_what_is_told_is_what_the_manifests_open() -> None:
    """An address of the internet is reached on the port that the line names, and not on another one."""
    intent = load(apps(WEAKER)).intent
    manifests = api.stream(api.render(intent), "yaml").encode()
    for port, expected in ((443, "yes"), (444, "no")):
        for address in ("203.0.113.7", "2001:db8::7"):
            shown = f"[{address}]" if ip_address(address).version == 6 else address
            assert api.can("shop/api", f"{shown}:{port}", ["-"], stdin=manifests).reply == expected
