"""What the platform allows: a half at each app on either side, without anybody's consent, within what is claimed."""

from __future__ import annotations

import pytest

from netgen import api
from netgen.intent import HostName
from specs import apps, load, opened, platform, refused, warnings

SHOP = apps(
    """
    web: {port: 80 -> 8080, calls: [db]}
    db: {port: 5432/tcp}
    agent: {port: 9100, hostNetwork: true}
    batch: {isolate: ingress}
    """
)
TRACES = apps("otel: {ports: {grpc: 4317 -> 14317, http: 4318}}", "observability")
RANGES = "ranges: {pods: [10.244.0.0/16], nodes: [192.168.10.0/24]}\n"
CNIS = ("kubernetes", "cilium")


def allowing(*permissions: str, more: str = RANGES) -> str:
    """Return a platform with *permissions*, each an item of YAML."""
    return platform(more + "allow:\n" + "".join(f"  - {one}\n" for one in permissions))


def added(*permissions: str) -> list[str]:
    """Return what *permissions* open besides what the specs do."""
    before = opened(SHOP, TRACES, platform(RANGES))
    return [row for row in opened(SHOP, TRACES, allowing(*permissions)) if row not in before]


@pytest.mark.parametrize(
    ("permission", "expected"),
    [
        (
            "any -> observability/otel:4317",
            [
                "any -> observability/otel 14317/TCP (in)",
                "observability/otel -> observability/app.kubernetes.io/name=otel 14317/TCP (out)",
                "shop/db -> observability/app.kubernetes.io/name=otel 14317/TCP (out)",
                "shop/web -> observability/app.kubernetes.io/name=otel 14317/TCP (out)",
            ],
        ),
        ("shop/web -> shop/db", ["shop/web -> shop/app.kubernetes.io/name=db 5432/TCP (out)"]),
        (
            "{from: monitoring/prometheus, to: shop/*, ports: [9100, 53/udp]}",
            [
                f"monitoring/app.kubernetes.io/name=prometheus -> shop/{app} 9100/TCP,53/UDP (in)"
                for app in ("batch", "db", "web")
            ],
        ),
        ("shop/db -> https://10.1.2.3", ["shop/db -> 10.1.2.3/32 443/TCP (out)"]),
        ("shop/db -> 10.1.2.0/24", ["shop/db -> 10.1.2.0/24 everything (out)"]),
        ("shop/db -> 10.1.2.0/24:8000-8100/udp", ["shop/db -> 10.1.2.0/24 8000-8100/UDP (out)"]),
        ("10.9.0.0/16 -> shop/web", ["10.9.0.0/16 -> shop/web 8080/TCP (in)"]),
        ("cluster/nodes -> shop/web", ["192.168.10.0/24 -> shop/web 8080/TCP (in)"]),
        ("shop/agent -> shop/web", ["192.168.10.0/24 -> shop/web 8080/TCP (in)"]),
        ("shop/db -> shop/agent", ["shop/db -> 192.168.10.0/24 9100/TCP (out)"]),
        ("elsewhere/* -> other/thing:80", []),
    ],
)
def test_what_a_permission_opens(permission: str, expected: list[str]) -> None:
    """Egress of the apps on the left that are isolated so, ingress of those on the right."""
    found = added(permission)
    if permission == "shop/web -> shop/db":
        expected = [*expected, "shop/app.kubernetes.io/name=web -> shop/db 5432/TCP (in)"]
    assert found == sorted(expected)


def test_the_internet_of_a_permission_is_that_of_calls() -> None:
    """Public addresses, never the cluster's, and with a port that port of TCP."""
    (row,) = added("shop/db -> internet:443")
    assert row.startswith("shop/db -> 0.0.0.0/0 without ")
    assert "10.0.0.0/8" in row
    assert row.endswith(" 443/TCP (out)")


def test_the_comment_names_the_permission() -> None:
    """Rules say that the platform opens them, and why."""
    text = "".join(
        one.text
        for one in api.render(load(SHOP, allowing("{from: 10.9.0.0/16, to: shop/web, why: the office}")).intent)
    )
    assert "# 10.9.0.0/16 -> shop/web (platform) (why: the office)\n" in text


@pytest.mark.parametrize("cni", CNIS)
def test_what_is_allowed_is_rendered_and_proved(cni: str) -> None:
    """The proof is of the specs and the platform together."""
    given = allowing("any -> observability/otel:grpc", "monitoring/* -> any:9100", "10.9.0.0/16 -> shop/*")
    intent = load(SHOP, TRACES, given, cni=cni).intent
    assert api.prove(intent, api.render(intent)).findings == ()
    assert api.can("shop/db", "observability/otel:14317", intent=intent).reply.value == "yes"


@pytest.mark.parametrize("cni", CNIS)
def test_a_permission_that_breaks_a_claim_is_found(cni: str) -> None:
    """`never` is stronger than `allow`, and names the line that breaks it."""
    given = allowing("any -> shop/db:5432", more=f"{RANGES}never: [observability/* -> shop/db]\n")
    intent = load(SHOP, TRACES, given, cni=cni).intent
    broken = [one for one in api.prove(intent, api.render(intent)).findings if one.code == "never-broken"]
    assert [problem.message for problem in broken] == ["observability/otel can open shop/db on 5432/TCP"]
    assert any("any -> shop/db:5432 (platform)" in note for note in broken[0].notes)


def test_a_host_name_of_a_permission() -> None:
    """It needs a CNI that knows host names, and the DNS answers of each app that may open it."""
    given = allowing("any -> https://traces.example.com", more="cni: cilium 1.19\n")
    intent = load(SHOP, given).intent
    named = [flow for flow in intent.flows if flow.target == HostName("traces.example.com")]
    assert [str(flow.source_app) for flow in named] == ["shop/db", "shop/web"]
    looking = {str(flow.source_app) for flow in intent.flows if flow.looks_up}
    assert looking == {"shop/db", "shop/web"}
    assert api.prove(intent, api.render(intent)).findings == ()
    assert [problem.code for problem in refused(SHOP, allowing("any -> https://traces.example.com"))] == [
        "unenforceable-fqdn"
    ]


def test_an_external_of_a_permission() -> None:
    """Its addresses and ports are those of the platform."""
    given = allowing("shop/* -> external/erp", more=f"{RANGES}externals: {{erp: tcp://10.20.0.0/16:1433}}\n")
    assert [row for row in opened(SHOP, given) if "10.20" in row] == [
        "shop/db -> 10.20.0.0/16 1433/TCP (out)",
        "shop/web -> 10.20.0.0/16 1433/TCP (out)",
    ]


def test_nobody_has_to_consent() -> None:
    """Another owner's app is open without a word of its spec, and nothing is warned of."""
    given = allowing("shop/web -> observability/otel:grpc")
    assert set(warnings(SHOP, TRACES, given)) == {"host-network"}


@pytest.mark.parametrize(
    "permission", ["internet -> internet", "10.0.0.0/8 -> cluster/apiserver", "cluster/nodes -> https://a.com"]
)
def test_a_permission_between_what_is_outside_is_none(permission: str) -> None:
    """No policy of an app could open it, so it would be read and do nothing."""
    (problem,) = refused(SHOP, allowing(permission), cni="cilium")
    assert (problem.code, problem.place and problem.place.line) == ("bad-allow", 15)
    assert "neither side" in problem.message


def test_a_host_name_of_an_app_that_looks_no_names_up() -> None:
    """Named by itself it is an error; among all apps it is left out, as it would not know the address."""
    silent = apps("web: {port: 80, dns: false}\nother: 80", "quiet")
    named = allowing("quiet/web -> https://a.com", more="cni: cilium\n")
    (problem,) = refused(silent, named)
    assert (problem.code, problem.place and problem.place.text) == ("dns-needed", "  - quiet/web -> https://a.com")
    flows = load(silent, allowing("quiet/* -> https://a.com", more="cni: cilium\n")).intent.flows
    assert [str(flow.source_app) for flow in flows if flow.target == HostName("a.com")] == ["quiet/other"]
