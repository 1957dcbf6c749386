"""Claims as denies: where the plugin can, what `never` rules out is closed for all pods, whatever opens it."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from itertools import permutations, product
from random import Random
from typing import Any

import pytest

from netgen import api
from netgen.evaluate.endpoints import Endpoint, Kind
from netgen.evaluate.objects import read_cluster
from netgen.evaluate.objects.model import Workload
from netgen.evaluate.reach import Reach
from netgen.evaluate.semantics import PROFILES, Reading
from netgen.evaluate.sets import Protocol, bits, ports
from netgen.evaluate.universe import universe
from netgen.intent import Claim, Denial, Intent, Pods
from netgen.problems import CODES, Severity
from netgen.verify import Proof, ideal
from netgen.verify.claims import policies
from specs import document, end, load, platform
from writing import chance_of

PAYMENTS = """
apps:
  api: {port: 9090, calls: [db]}
  db: {port: 5432/tcp, calls: [db]}
"""
STOREFRONT = document("apps: {web: 8080}\n", "storefront")


def team(*claims: str, body: str = PAYMENTS) -> str:
    """Return the payments team's document with *claims*."""
    listed = "".join(f"  - {claim}\n" for claim in claims)
    return document(f"{body}never:\n{listed}", "payments") if claims else document(body, "payments")


def cluster(*claims: str, cni: str = "cilium 1.19") -> str:
    """Return the Platform with *claims*."""
    listed = "".join(f"  - {claim}\n" for claim in claims)
    return platform(f"cni: {cni}\n" + (f"never:\n{listed}" if claims else ""))


def denied(*documents: str) -> list[str]:
    """Return what *documents* deny, each as a line: where and in which direction, whom, what."""
    return [line(one) for one in load(*documents).intent.denials]


def line(one: Denial) -> str:
    """Return a denial as a line of `denied`."""
    listed = " + ".join(side(peer) for peer in one.peers)
    numbers = ",".join(f"{port.port or 'all'}/{port.protocol}" for port in one.ports) or "everything"
    return f"{side(one.subject)} {one.direction} {listed} {numbers}"


def side(peer: Any) -> str:
    """Return a side as a text, with the namespaces that it leaves out."""
    left_out = f" but {','.join(peer.beyond)}" if isinstance(peer, Pods) and peer.beyond else ""
    return end(peer) + left_out


def said(*documents: str) -> list[tuple[str, str]]:
    """Return the codes and sentences of what is said about *documents*."""
    return [(one.code, one.message) for one in load(*documents).problems]


def proof(*documents: str) -> Proof:
    """Return the proof of what *documents* render."""
    intent = load(*documents).intent
    return api.prove(intent, api.render(intent))


DB, API = "payments/app.kubernetes.io/name=db", "payments/app.kubernetes.io/name=api"
OTHERS = "payments/app.kubernetes.io/name NotIn api,app.kubernetes.io/name NotIn db"


@pytest.mark.parametrize(
    ("claim", "line_"),
    [
        ("storefront/* -> db", f"{DB} ingress storefront/* everything"),
        ("storefront/web -> here/*", "payments/* ingress storefront/app.kubernetes.io/name=web everything"),
        ("storefront/* -> db:5432", f"{DB} ingress storefront/* 5432/TCP"),
        ("internet -> db", f"{DB} ingress world everything"),
        ("203.0.113.0/24 -> db", f"{DB} ingress 203.0.113.0/24 everything"),
        ("db -> internet", f"{DB} egress world everything"),
        ("db -> 169.254.169.254", f"{DB} egress 169.254.169.254/32 everything"),
        ("api -> storefront/*", f"{API} egress storefront/* everything"),
        ("api -> any:9999", f"{API} egress any 9999/SCTP,9999/TCP,9999/UDP"),
        ("db -> cluster/apiserver", f"{DB} egress kube-apiserver all/TCP"),
        ("db -> api", f"{API} ingress {DB} everything"),
        ("any except api -> db", f"{DB} ingress any but payments + {OTHERS} everything"),
        ("any except here/* -> db", f"{DB} ingress any but payments everything"),
        ("any except here/* and storefront/* -> db", f"{DB} ingress any but payments,storefront everything"),
        (
            "{from: internet, except: [198.51.100.0/24], to: db}",
            f"{DB} ingress 0.0.0.0/0 without 198.51.100.0/24 + ::/0 everything",
        ),
    ],
)
def test_a_team_denies_in_its_own_namespace(claim: str, line_: str) -> None:
    """Pods that are a target let nobody in; pods that only are a source are not let out."""
    documents = team(f'"{claim}"' if claim[0] != "{" else claim), STOREFRONT, cluster()
    assert denied(*documents) == [line_]
    found = proof(*documents)
    assert found.findings == ()
    assert found.enforced == 1


@pytest.mark.parametrize(
    ("claim", "line_"),
    [
        ("any -> 169.254.169.254", "any but kube-system egress 169.254.169.254/32 everything"),
        ("any except kube-system/* -> internet", "any but kube-system egress world everything"),
        ("storefront/* -> payments/*", "payments/* ingress storefront/* everything"),
        ("internet -> payments/db", f"{DB} ingress world everything"),
        ("storefront/* -> unseen/*", "storefront/* egress unseen/* everything"),
        ("unseen/* -> any", "any ingress unseen/* everything"),
    ],
)
def test_a_platform_denies_in_every_namespace_that_it_is_about(claim: str, line_: str) -> None:
    """In the namespace of the pods where it is one, and for the whole cluster where it is all of them."""
    documents = team(), STOREFRONT, cluster(claim)
    assert denied(*documents) == [line_]
    assert not proof(*documents).findings


def test_an_app_still_reaches_its_own_replicas() -> None:
    """They are no pair of a wildcard, so that no deny is between them where the spec opens it."""
    rest = "payments/app.kubernetes.io/name NotIn db"
    assert sorted(denied(team("storefront/* -> here/*", "any except api -> here/*"), STOREFRONT, cluster())) == [
        "payments/* ingress storefront/* everything",
        f"{rest} ingress any but payments + payments/app.kubernetes.io/name NotIn api everything",
        f"{DB} ingress any but payments + {OTHERS} everything",
    ]


def test_an_app_that_is_exempt_is_not_denied() -> None:
    """Nor is the app that is ruled out by its own name exempt from it."""
    assert denied(team("db -> db", body="apps: {db: 5432/tcp}\n"), cluster()) == [f"{DB} ingress {DB} everything"]


@pytest.mark.parametrize(
    ("claim", "why"),
    [
        ("any -> 10.0.0.0/8", "a team's deny holds pods of payments only; the Platform can claim it for all"),
        ("storefront/* -> internet", "a team's deny holds pods of payments only; the Platform can claim it for all"),
        ("db -> https://api.example.com", "a deny knows no host names"),
        ("storefront/* -> api GET /admin", "a deny cannot tell requests apart"),
        ("db -> cluster/nodes", "nodes are never denied, since the probes of pods come from them"),
        ("any except any -> db", "all its sources are exempt"),
        ("internet -> 203.0.113.0/24", "no policy holds either of its ends"),
    ],
)
def test_a_claim_that_nothing_denies_says_so(claim: str, why: str) -> None:
    """It is proved for the apps all the same."""
    documents = team(f'"{claim}"'), STOREFRONT, cluster()
    assert denied(*documents) == []
    assert [message.partition(": ")[2] for code, message in said(*documents) if code == "not-denied"] == [why]
    assert proof(*documents).enforced == 0


def test_a_platform_denies_nothing_in_a_namespace_of_which_no_document_is_there() -> None:
    """Whose namespace it is writes its objects."""
    documents = team(), cluster("internet -> unseen/*", "payments/* -> unseen/db")
    assert denied(*documents) == ["payments/* egress unseen/app.kubernetes.io/name=db everything"]
    assert "no loaded document speaks for the namespaces that it is about" in str(said(*documents))


def test_too_many_exemptions_are_not_denied() -> None:
    """A rule for each would be more than anybody reads."""
    body = "apps: {db: 5432/tcp}\npeers:\n" + "".join(
        f"  p{number}: {{namespace: n{number}, labels: {{a: b, c: d}}}}\n" for number in range(9)
    )
    exempt = ", ".join(f"p{number}" for number in range(9))
    documents = team(f"{{from: any, except: [{exempt}], to: db}}", body=body), cluster()
    assert denied(*documents) == []
    assert "its exempt sides would need too many rules" in str(said(*documents))


def test_the_system_is_told_of_before_it_loses_the_world() -> None:
    """The cluster's DNS servers ask others outside."""
    for claim, codes in (("any -> internet", ["system-denied"]), ("any except kube-system/* -> internet", [])):
        found = [code for code, _ in said(team(), cluster(claim))]
        assert [code for code in found if code == "system-denied"] == codes
        assert all(CODES[code].severity is Severity.WARNING for code in codes)


def test_a_plain_networkpolicy_denies_nothing() -> None:
    """Claims are proved, and nothing is said of denies."""
    documents = team("storefront/* -> db"), STOREFRONT, cluster("any -> 169.254.169.254", cni="kubernetes")
    assert denied(*documents) == []
    assert "not-denied" not in [code for code, _ in said(*documents)]


def test_names_are_those_of_the_claims_whatever_their_order() -> None:
    """A name that two claims would have, or one claim for several objects, ends with a hash of what is denied."""
    claims = "storefront/* -> db", "{from: storefront/*, to: db}", "storefront/* -> db:5432", "any -> here/*"
    documents = [team(*claims, "storefront/* -> api"), STOREFRONT]
    names = [one.name for one in load(*documents, cluster()).intent.denials]
    assert len(names) == len(set(names)) == 5
    assert all(name.startswith("payments.never.") for name in names)
    for order in permutations((*documents, cluster("any -> 169.254.169.254"))):
        intent = load(*order).intent
        assert [one.name for one in intent.denials if one.subject.namespace] == names
        assert intent.denials[0].name == "example.never.any-to-169-254-169-254"


def test_exemptions_are_a_set() -> None:
    """In whatever order they are written, also where one lies in another, the same is rendered."""
    body = "apps:\n  web: {port: 80, select: {app: web}}\n  db: {port: 81, select: {app: db}, serviceAccount: db}\n"
    body += "  canary: {service: false, port: 80, select: {app: web, track: canary}, overlaps: [web]}\n"
    claims = (f"{{from: here/*, except: [{', '.join(one)}], to: db}}" for one in permutations(("web", "db", "canary")))
    (intent, *others) = (load(document(f"{body}never: [{claim}]\n"), cluster()).intent for claim in claims)
    assert intent.denials
    assert all([one.peers for one in other.denials] == [one.peers for one in intent.denials] for other in others)


def test_a_long_claim_has_a_name_that_fits() -> None:
    """An object's name has at most 253 characters."""
    exempt = " and ".join("here/*" if number else "api" for number in range(60))
    (one,) = load(team(f"any except {exempt} -> db"), cluster()).intent.denials
    assert len(one.name) <= 253


def test_a_deny_carries_the_words_of_its_claim() -> None:
    """The comment of the rule names the claim and its reason."""
    (one,) = load(team("{from: storefront/*, to: db, why: card data}"), STOREFRONT, cluster()).intent.denials
    assert (one.intent, one.why) == ("storefront/* -> db", "card data")
    text = "".join(
        manifest.text for manifest in api.render(load(team("storefront/* -> db"), STOREFRONT, cluster()).intent)
    )
    assert "# never: storefront/* -> db\n" in text


# ------------------------------------------------------------------------------------------------------ two verdicts


def test_the_proof_says_which_claims_are_enforced_for_all_pods() -> None:
    """Proved for the apps always, and enforced for all pods where a deny is rendered."""
    found = proof(team("storefront/* -> db", "any -> 10.0.0.0/8"), STOREFRONT, cluster())
    assert str(found).endswith("2 never claims hold for the apps, 1 enforced for all pods")
    assert found.provisos[0] == "1 of the claims is not enforced for pods that no spec names"


def test_a_deny_does_not_hide_who_opens_what_it_rules_out() -> None:
    """What a spec opens and a claim rules out is a contradiction, and told; it is not silently cut off."""
    found = proof(
        team("storefront/* -> api", body=PAYMENTS.replace("[db]}", "[db], accepts: [storefront/*]}", 1)),
        document("apps: {web: {port: 8080, calls: [payments/api]}}\n", "storefront"),
        cluster(),
    )
    (problem,) = found.findings
    assert problem.code == "never-broken"
    assert problem.message == "storefront/web can open payments/api on 9090/TCP"
    assert problem.fix == (
        "take away what opens it, or exempt its source from the claim, as an app, NAMESPACE/* or an address"
    )


def without(intent: Intent, name: str) -> Proof:
    """Return the proof of what *intent* renders without the objects whose name has *name* in it."""
    return api.prove(intent, [one for one in api.render(intent) if name not in one.name])


def test_a_lost_deny_is_what_a_stranger_could_use() -> None:
    """Without the object a pod that no spec names opens what the claim rules out."""
    intent = load(team(), cluster("any -> 169.254.169.254")).intent
    found = without(intent, ".never.").findings
    (broken,) = [problem for problem in found if problem.code == "never-broken"]
    assert broken.message.startswith("any other pod")
    assert broken.message.endswith("can open 169.254.169.254 on all")


def test_a_deny_holds_for_pods_that_no_spec_names() -> None:
    """Strangers, an app's own labels on them included, are held; kube-system and its node's probes are not."""
    intent = load(team("storefront/* -> db"), STOREFRONT, cluster("any -> 169.254.169.254")).intent
    there = read_cluster([one.document for one in api.render(intent)], (), namespace="default", cni="cilium")
    pods = [
        Workload("Pod", space, name, labels)
        for space, name, labels in (
            ("storefront", "stranger", (("a", "b"),)),
            ("elsewhere", "stranger", (("a", "b"),)),
            ("kube-system", "agent", (("a", "b"),)),
            ("payments", "db", (("app.kubernetes.io/name", "db"),)),
        )
    ]
    found = universe(pods, there.namespaces, (there.policies,))
    reach = Reach(found, there.policies, PROFILES["cilium"], Reading.WIDE)
    ends = {(one.namespace, one.name): found.of(one) for one in pods}
    metadata = found.at("169.254.169.254")
    assert metadata is not None
    assert not reach.allowed(ends["storefront", "stranger"], metadata)
    assert not reach.allowed(ends["elsewhere", "stranger"], metadata)
    assert reach.allowed(ends["kube-system", "agent"], metadata)
    assert not reach.ingress(ends["storefront", "stranger"], ends["payments", "db"])


# ------------------------------------------------------------------------------------------------------- the demo


DEMO = cluster("internet -> payments/db")


def test_one_line_of_a_team_breaks_a_claim_of_the_platform_and_is_refused() -> None:
    """A load balancer at the database: the counterexample names the line; without it the deny is rendered."""
    exposed = PAYMENTS.replace("calls: [db]}\n", "calls: [db], expose: loadBalancer}\n").replace(
        "api: {port: 9090, calls: [db], expose: loadBalancer}", "api: {port: 9090, calls: [db]}"
    )
    broken = proof(team(body=exposed), DEMO)
    (problem,) = broken.findings
    assert (problem.code, problem.message) == ("never-broken", "the internet can open payments/db on 5432/TCP")
    assert "(internet -> payments/db:5432 (load balancer))" in problem.notes[0]
    assert denied(team(), DEMO) == [f"{DB} ingress world everything"]
    assert not proof(team(), DEMO).findings


# ---------------------------------------------------------------------------------------------------- random claims

SIDES = ("one/a", "one/b", "two/a", "two/c", "one/*", "two/*", "three/*", "any", "internet", "198.51.100.0/24")
NAME = "app.kubernetes.io/name"


def random_system(chance: Random) -> list[str]:
    """Return two documents whose apps call each other, themselves and the outside."""
    documents = []
    for space, names in zip(("one", "two"), ("ab", "ac"), strict=True):
        lines = []
        for name in names:
            calls = chance.sample(["one/a", "two/a", "two/c", f"{space}/{name}", "internet:443", f"{space}/*"], 2)
            accepts = chance.sample([f"{space}/*", "two/c", "internet", "198.51.100.128/25", "cluster/nodes"], 2)
            more = chance.choice(["", "", ", expose: loadBalancer", ", isolate: egress", ", dns: false"])
            lines.append(f"  {name}: {{port: 8080, calls: {calls}, accepts: {accepts}{more}}}\n")
        documents.append(document(f"apps:\n{''.join(lines)}", space))
    return documents


def random_claims(chance: Random) -> list[str]:
    """Return claims about their sides, with exemptions."""
    found = []
    for _ in range(12):
        source, target = chance.sample(SIDES, 2)
        exempt = chance.sample(SIDES, chance.choice((0, 0, 1, 2)))
        to = f"{target}:8080" if chance.random() < 0.2 and "." not in target else target
        found.append(f"{{from: {source}, {f'except: {exempt}, ' if exempt else ''}to: {to}}}")
    return found


def is_at(one: Endpoint, text: str) -> bool:
    """Return whether an end is of a side, by its namespace, its label and its addresses alone."""
    if one.is_pod:
        named = f"{one.namespace}/{dict(one.labels).get(NAME)}"
        return text in ("any", named) or (text.endswith("/*") and text[:-2] == one.namespace)
    if one.kind is not Kind.ADDRESSES:
        return False
    inside = ip_network("198.51.100.0/24")
    return text == "internet" or (
        text == str(inside) and all(int(inside[0]) <= low and high <= int(inside[-1]) for _, low, high in one.ranges)
    )


def held(chance: Random) -> tuple[list[str], list[str], Intent]:
    """Return a system, those of some claims of the platform that it keeps, and what both mean."""
    documents, claims = random_system(chance), random_claims(chance)
    owners = "cni: cilium 1.19\nowners: {one: team, two: team}\n"
    while True:
        there = platform(f"{owners}never:\n" + "".join(f"  - {claim}\n" for claim in claims) if claims else owners)
        intent = load(*documents, there).intent
        lines = {one.place.text.strip(" -") for one in proof(*documents, there).findings if one.place}
        if not lines:
            return documents, claims, intent
        assert lines <= set(claims)
        claims = [claim for claim in claims if claim not in lines]


def look_at_each_pair(seed: int) -> int:
    """Expect of a random system that its denies cut nothing that it opens, and all that they are for.

    Return how many denies there were.
    """
    _, _, intent = held(chance_of(f"denials {seed}"))
    sets = ideal.policies(intent), ideal.policies(replace(intent, denials=())), policies(intent)
    ends = universe(ideal.workloads(intent), (), sets)
    for reading in Reading:
        denied_, bare = (Reach(ends, one, PROFILES["cilium"], reading) for one in sets[:2])
        for target, sources, _ in bare.difference(denied_):
            known = [ends.endpoints[index].kind is Kind.WORKLOAD for index in (target, *bits(sources))]
            assert not any(known), (seed, [str(ends.endpoints[index]) for index in (target, *bits(sources))])
    for claim in intent.claims:
        _expect_closed(claim, denied_)
    return len(intent.denials)


def _expect_closed(claim: Claim, reach: Reach) -> None:
    """Expect of a claim that is denied that it holds for every pair of ends; an app may reach its replicas."""
    left, _, right = claim.title.partition(" -> ")
    source, _, but = left.partition(" except ")
    aim = right.removesuffix(":8080")
    pairs = product(enumerate(reach.universe.endpoints), repeat=2) if claim.denied else ()
    for (one, first), (two, second) in pairs:
        exempt = any(is_at(first, text) for text in but.split(" and ") if text)
        app = dict(second.labels).get(NAME, "")
        replicas = second.is_pod and app and is_at(first, f"{second.namespace}/{app}") and source != aim
        if is_at(first, source) and is_at(second, aim) and not exempt and not replicas:
            found = reach.allowed(one, two)
            assert not (found & ports(Protocol.TCP, 8080, 8080) if right != aim else found), (claim, first, second)


def test_a_deny_cuts_all_that_it_is_for_and_nothing_that_the_spec_opens() -> None:
    """For random systems and claims, looked at pair by pair, pods that no spec names among them."""
    assert sum(map(look_at_each_pair, range(25))) > 25


@pytest.mark.heavy
@pytest.mark.parametrize("first", range(25, 1025, 100))
def test_denies_of_a_thousand_systems_cut_what_they_are_for_and_no_more(first: int) -> None:
    """The same for many more."""
    assert sum(map(look_at_each_pair, range(first, first + 100))) > 100
