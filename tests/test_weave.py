"""Weave Net: plain policies without what its controller does not read, and the policies of others as it reads them."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest

from netgen import api
from netgen.evaluate.objects import read_cluster
from netgen.evaluate.objects.model import Cluster
from netgen.problems import NetgenError, Problem, Severity
from netgen.profiles import NAMES, Feature, table
from netgen.source import Dialect, read
from specs import apps, load, platform, refused

SHOP = apps(
    "web: {port: 8080, expose: loadBalancer, calls: [db, 'internet:443', 'tcp://10.2.0.0/16:99']}\n"
    "db: {port: 5432/tcp, accepts: [web]}"
)
WEAVE = platform("cni: weave 2.8\n")
HEAD = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a, namespace: shop}\n"


def blocks(*documents: str, cni: str | None = None) -> set[str]:
    """Return the CIDRs in what is rendered."""
    found: set[str] = set()
    for manifest in api.render(load(*documents, cni=cni).intent):
        spec = manifest.body["spec"]
        for rule in (*spec.get("ingress", ()), *spec.get("egress", ())) if manifest.kind == "NetworkPolicy" else ():
            peers = (*rule.get("from", ()), *rule.get("to", ()))
            found |= {peer["ipBlock"]["cidr"] for peer in peers if "ipBlock" in peer}
    return found


def errors(spec: str, cni: str = "weave 2.8") -> list[tuple[str, str]]:
    """Return code and written text of each error of *spec*."""
    found = refused(spec, cni=cni)
    return [(one.code, one.place.text[one.place.column - 1 :][: one.place.width]) for one in found if one.place]


# ---------------------------------------------------------------------------------------------------------- rendering


@pytest.mark.parametrize("cni", ["weave", "weave 2.6", "weave 2.9"])
def test_a_spec_gives_plain_policies_that_are_proved(cni: str) -> None:
    """For both directions, under Weave Net's own semantics."""
    intent = load(SHOP, cni=cni).intent
    manifests = api.render(intent)
    assert sorted({manifest.kind for manifest in manifests}) == ["NetworkPolicy", "Service"]
    proof = api.prove(intent, manifests)
    assert proof.findings == ()
    assert proof.closed > 0


def test_it_differs_from_plain_policies_in_the_addresses_of_ipv6_alone() -> None:
    """The rest is the same to the byte."""
    ipv4 = apps("web: {port: 8080, calls: [db, 'tcp://10.2.0.0/16:99']}\ndb: {port: 5432/tcp}")
    plain, weave = (api.render(load(ipv4, cni=cni).intent) for cni in ("kubernetes", "weave"))
    assert [one.text for one in weave] == [one.text for one in plain]
    assert {ip_network(block).version for block in blocks(SHOP)} == {4, 6}
    assert blocks(SHOP, WEAVE) == {block for block in blocks(SHOP) if ip_network(block).version == 4}


def test_the_rendered_policies_have_no_gap() -> None:
    """What a reader of Weave Net does not understand is not there: names of ports, ranges, SCTP, IPv6."""
    documents = [manifest.document for manifest in api.render(load(SHOP, WEAVE).intent)]
    assert read_cluster(documents, cni="weave").unknowns == ()


# --------------------------------------------------------------------------------------------------------------- gaps


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "web: {calls: [db]}\ndb: {ports: {rpc: 9000-9010}, service: false}",
            [("unenforceable-port-range", "db")],
        ),
        ("db: {ports: {rpc: 9000-9010}, service: false, accepts: [any]}", [("unenforceable-port-range", "any")]),
        ("web: {calls: ['internet:8000-8010/udp']}", [("unenforceable-port-range", "'internet:8000-8010/udp'")]),
        ("sig: {port: 5000/sctp, accepts: [any]}", [("unenforceable-sctp", "any")]),
        (
            "web: {calls: ['tcp://[2001:db8::]/32:443', 'tcp://[2001:db8::1]:443']}",
            [
                ("unenforceable-ipv6", "'tcp://[2001:db8::]/32:443'"),
                ("unenforceable-ipv6", "'tcp://[2001:db8::1]:443'"),
            ],
        ),
        ("web: {calls: [https://a.example.com]}", [("unenforceable-fqdn", "https://a.example.com")]),
    ],
)
def test_a_gap_is_an_error_where_the_spec_needs_it(body: str, expected: list[tuple[str, str]]) -> None:
    """At the call or the grant; a plain platform takes ranges, SCTP and IPv6."""
    assert errors(apps(body)) == expected
    if expected[0][0] != "unenforceable-fqdn":
        load(apps(body), cni="kubernetes")


def test_a_gap_says_why_and_who_can() -> None:
    """The reason is that of the table, and others are named with their versions."""
    (problem,) = refused(apps("sig: {port: 5000/sctp, accepts: [any]}"), cni="weave 2.8")
    assert problem.message == (
        "any -> shop/sig:5000/sctp opens a port of SCTP: weave 2.8 is not known to enforce rules for SCTP"
    )
    assert problem.notes[0] == f"weave 2.8: {table('weave').cells[Feature.SCTP].lack}"
    assert problem.fix.startswith("in the Platform write  cni: cilium")


def test_what_no_policy_says_is_no_gap() -> None:
    """A range that nobody may reach, apps that are not isolated, and a cluster without policies."""
    spec = apps("db: {ports: {rpc: 9000-9010}, service: false, isolate: none, accepts: [any]}")
    load(apps("db: {ports: {rpc: 9000-9010}, service: false}"), cni="weave")
    load(spec, platform("cni: weave\npolicies: none\n"))


# ---------------------------------------------------------------------------------------------------- its maintenance


def ended(*documents: str, cni: str | None = None) -> list[Problem]:
    """Return the warnings that a plugin is no longer maintained."""
    return [problem for problem in load(*documents, cni=cni).problems if problem.code == "cni-unmaintained"]


def test_its_end_is_named_once_for_a_run() -> None:
    """At the Platform's line, or at none for a flag."""
    (problem,) = ended(SHOP, apps("a: {}", "other"), WEAVE)
    assert problem.severity is Severity.WARNING
    assert problem.place is not None
    assert problem.place.text == "cni: weave 2.8"
    for part in ("February 2024", "20 June 2024", "rajch/weave"):
        assert part in problem.message
    assert [one.place for one in ended(SHOP, cni="weave")] == [None]


@pytest.mark.parametrize("cni", sorted(set(NAMES) - {"weave", "flannel"}))
def test_a_plugin_that_is_maintained_is_not_warned_of(cni: str) -> None:
    """Each other one."""
    assert ended(apps("a: {}"), cni=cni) == []


# --------------------------------------------------------------------------------------------------- policies of others


def cluster(spec: str, cni: str = "weave") -> Cluster:
    """Return what a policy with *spec* says under *cni*."""
    return read_cluster(read((HEAD + f"spec: {spec}\n").encode(), "a.yaml", Dialect.MANIFEST).documents, cni=cni)


def ingress(spec: str, cni: str = "weave") -> list[tuple[int, int]]:
    """Return the ports that the first rule of the only policy opens."""
    (policy,) = cluster(spec, cni).policies
    rule = (policy.ingress or ())[0]
    return [(port.low, port.high) for port in rule.ports or ()]


@pytest.mark.parametrize(
    ("ports", "expected", "plain"),
    [
        ("[{port: 9000, endPort: 9010}]", [(9000, 9000)], [(9000, 9010)]),
        ("[{port: 1, endPort: 65535}]", [(1, 1)], [(1, 65535)]),
        ("[{port: 80}, {port: 7, endPort: 9}]", [(80, 80), (7, 7)], [(80, 80), (7, 9)]),
        ("[{protocol: UDP}]", [(1, 65535)], [(1, 65535)]),
    ],
)
def test_a_range_is_its_first_port(ports: str, expected: list[tuple[int, int]], plain: list[tuple[int, int]]) -> None:
    """`endPort` is not read; a protocol without a port is all of its ports."""
    spec = f"{{podSelector: {{}}, ingress: [{{ports: {ports}}}]}}"
    assert ingress(spec) == expected
    assert ingress(spec, "kubernetes") == plain


@pytest.mark.parametrize(
    ("rule", "word"),
    [
        ("{ports: [{port: http}]}", "refuses the whole policy for the name of a port, http"),
        ("{ports: [{port: 1}, {port: 5, protocol: SCTP}]}", "for SCTP is not known"),
        ("{from: [{ipBlock: {cidr: '::/0'}}]}", "fails at the address ::/0 of IPv6"),
        ("{from: [{ipBlock: {cidr: 10.0.0.0/8}}, {ipBlock: {cidr: 'fd00::/8'}}]}", "fails at the address fd00::/8"),
    ],
)
@pytest.mark.parametrize("types", ["[Ingress]", "[Egress]"])
def test_what_it_refuses_proves_nothing(rule: str, word: str, types: str) -> None:
    """Whether `policyTypes` lists the direction or not; elsewhere the policy is understood."""
    spec = f"{{podSelector: {{}}, policyTypes: {types}, ingress: [{rule}]}}"
    found = cluster(spec)
    assert found.policies == ()
    (unknown,) = found.unknowns
    assert word in unknown.what
    assert cluster(spec, "calico").unknowns == ()


def test_rules_of_a_direction_that_is_not_listed_are_in_doubt() -> None:
    """They open what another policy closes, and close nothing, which nobody else does."""
    egress = "egress: [{ports: [{port: 7, endPort: 9}]}]"
    spec = f"{{podSelector: {{matchLabels: {{a: b}}}}, policyTypes: [Ingress], {egress}}}"
    (policy,) = cluster(spec).policies
    ((_, (rule,)),) = policy.unlisted
    assert [(port.low, port.high) for port in rule.ports or ()] == [(7, 7)]
    answer = api.reach(["-"], source="shop/a", cni="weave", stdin=(HEAD + f"spec: {spec}\n").encode())
    assert [(one.target, one.certain) for one in answer.connections] == [("any non-isolated", False)]


def test_plain_policies_with_both_families_are_not_proved_for_it() -> None:
    """What was rendered for any CNI loses rules there, and that is said."""
    loaded = load(SHOP)
    proof = api.prove(loaded.intent, api.render(loaded.intent), cni="weave")
    assert {finding.code for finding in proof.findings} >= {"unproven"}


# ------------------------------------------------------------------------------------------- questions with a version


@pytest.mark.parametrize("cni", ["weave", "weave 2.8", "cilium 1.19", "calico 3.30"])
def test_what_is_asked_of_manifests_takes_a_version(cni: str, tmp_path: Path) -> None:
    """As rendering does; the policies mean the same in all that are known."""
    text = HEAD + "spec: {podSelector: {matchLabels: {a: b}}, policyTypes: [Ingress]}\n"
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    name = cni.partition(" ")[0]
    assert api.reach(["-"], cni=cni, stdin=text.encode()) == api.reach(["-"], cni=name, stdin=text.encode())
    assert api.can("shop/a=c", "shop/a=b:80", ["-"], cni=cni, stdin=text.encode()).reply == "no"
    assert api.diff(tmp_path / "a.yaml", tmp_path / "a.yaml", cni=cni)[0].is_same


@pytest.mark.parametrize("cni", ["weave 2.5", "cilium 1.2", "weave  2.8", "Weave", "kube-network-policies 1.0"])
def test_a_version_that_is_not_known_is_an_error_in_questions_too(cni: str, tmp_path: Path) -> None:
    """With what to write instead."""
    (tmp_path / "a.yaml").write_text(HEAD + "spec: {podSelector: {}}\n", encoding="utf-8")
    for ask in (
        lambda: api.reach(["-"], cni=cni, stdin=HEAD.encode()),
        lambda: api.can("a/b", "c/d:1", ["-"], cni=cni, stdin=HEAD.encode()),
        lambda: api.diff(tmp_path / "a.yaml", tmp_path / "a.yaml", cni=cni),
    ):
        with pytest.raises(NetgenError) as caught:
            ask()
        assert [(one.code, one.fix.startswith("write ")) for one in caught.value.problems] == [("unknown-cni", True)]


def test_what_is_not_understood_is_told_once_with_how_often() -> None:
    """Policies of a plugin that nobody has named are all alike."""
    spec = "spec: {endpointSelector: {}, ingress: [{}]}\n"
    kind = "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\n"
    text = "---\n".join(f"{kind}metadata: {{name: p{number}, namespace: shop}}\n{spec}" for number in range(5))
    problem, *others = api.reach(["-"], stdin=text.encode()).unproven
    assert (problem.code, problem.notes, "--cni cilium" in problem.fix) == (
        "unproven",
        ("and 4 more of this kind",),
        True,
    )
    assert [one.code for one in others if one.message == problem.message] == []
