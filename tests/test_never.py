"""Claims: what `never` says is proved of the manifests, or a connection shows that it is not so."""

from __future__ import annotations

import csv
import subprocess
import sys
from ipaddress import ip_address
from itertools import permutations, product
from pathlib import Path
from random import Random
from textwrap import indent

import pytest

from netgen import api
from netgen.evaluate.endpoints import Endpoint, Kind
from netgen.evaluate.objects import read_cluster
from netgen.evaluate.reach import Reach
from netgen.evaluate.semantics import PROFILES, Reading
from netgen.evaluate.universe import universe
from netgen.problems import Problem
from netgen.source import Dialect, read
from netgen.verify import Proof, ideal, prove
from netgen.verify.claims import broken as broken_claims
from netgen.verify.claims import policies
from specs import apps, document, load, platform, refused
from writing import chance_of

ROOT = Path(__file__).parents[1]

SHOP = """
apps:
  web: {port: 80 -> 8080/http, calls: [db, "cache:main"]}
  db: {port: 5432/tcp}
  cache: {ports: {main: 6379/tcp, gossip: 7946/udp}, calls: ["cache:gossip"], accepts: {ops/agent: main}}
"""
"""Opened are web to db and cache:main, cache:gossip among its replicas, and ops/agent to cache:main."""
RANGES = "ranges: {pods: [10.244.0.0/16], nodes: [192.168.10.0/24]}\n"


def proof(*documents: str) -> Proof:
    """Return the proof of what *documents* render."""
    intent = load(*documents).intent
    return api.prove(intent, api.render(intent))


def broken(*documents: str) -> list[Problem]:
    """Return the claims of *documents* that do not hold, all that their proof finds."""
    found = proof(*documents).findings
    assert {problem.code for problem in found} <= {"never-broken"}
    return list(found)


def shop(*claims: str, body: str = SHOP) -> str:
    """Return the shop with *claims*, each an item of YAML."""
    listed = "".join(f"  - {claim}\n" for claim in claims)
    return document(f"{body}\nnever:\n{listed}") if claims else document(body)


def said(claim: str, *others: str, body: str = SHOP) -> str:
    """Return what is said of *claim* in the shop beside *others*: the connection that breaks it, or nothing."""
    messages = [problem.message for problem in broken(shop(claim, body=body), *others)]
    assert len(messages) < 2
    return messages[0] if messages else ""


# ------------------------------------------------------------------------------------------------------- kinds of sides


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        ("web -> db", "shop/web can open shop/db on 5432/TCP"),
        ("shop/web -> shop/db", "shop/web can open shop/db on 5432/TCP"),
        ("db -> web", ""),
        ("web -> db:tcp", "shop/web can open shop/db on 5432/TCP"),
        ("web -> db:5432/tcp", "shop/web can open shop/db on 5432/TCP"),
        ("web -> cache:gossip", ""),
        ("web -> cache:6379", "shop/web can open shop/cache on 6379/TCP"),
        ("here/* -> db", "shop/web can open shop/db on 5432/TCP"),
        ("here/* -> web", ""),
        ("web -> here/*:5432", "shop/web can open shop/db on 5432/TCP"),
        ("web -> here/*:5432/udp", ""),
        ("web -> here/*:80", ""),
        ("pay/* -> here/*", ""),
        ("any -> web", ""),
        ("any except web -> db", ""),
        ("any except db -> db", "shop/web can open shop/db on 5432/TCP"),
        (
            "any except here/* -> cache",
            "a pod of ops with app.kubernetes.io/name=agent can open shop/cache on 6379/TCP",
        ),
        ("any except web and ops/* -> cache", ""),
        ("ops/* -> here/*", "a pod of ops with app.kubernetes.io/name=agent can open shop/cache on 6379/TCP"),
        ("ops/* -> here/*:7946", ""),
        ("db -> any", "shop/db can open a pod of kube-system with k8s-app=kube-dns on 53/TCP, 53/UDP"),
        ("db -> any:5432", ""),
        ("internet -> here/*", ""),
        ("here/* -> internet", ""),
        ("10.0.0.0/8 -> web", ""),
        ("web -> 10.0.0.0/8", ""),
        ("web -> https://api.example.com", ""),
        ("web -> kube-system/*:53", "shop/web can open a pod of kube-system with k8s-app=kube-dns on 53/TCP, 53/UDP"),
        ("web -> kube-system/*:443", ""),
        ("web -> cache:main GET /**", "shop/web can open shop/cache on 6379/TCP"),
    ],
)
def test_a_claim_holds_or_a_connection_breaks_it(claim: str, message: str) -> None:
    """Each kind of side means those pods or addresses, and a port only that port, whatever opens it."""
    assert said(claim) == message


@pytest.mark.parametrize(
    ("opened", "claim", "message"),
    [
        ("accepts: [internet]", "internet -> web", "the internet can open shop/web on 8080/TCP"),
        ("accepts: [203.0.113.0/24]", "internet -> web", "the internet can open shop/web on 8080/TCP"),
        ("accepts: [203.0.113.0/24]", "203.0.113.7 -> web", "203.0.113.7 can open shop/web on 8080/TCP"),
        ("accepts: [203.0.113.0/24]", "203.0.114.7 -> web", ""),
        ('accepts: ["2001:db8::/32"]', '"2001:db8:1::/48 -> web"', "2001:db8:1::-2001:db8:1:ffff:ffff:ffff:ffff:ffff"),
        ('accepts: ["2001:db8::/32"]', '"2001:db9::/32 -> web"', ""),
        ("expose: loadBalancer", "internet -> web", "the internet can open shop/web on 8080/TCP"),
        ("expose: loadBalancer", "internet -> web:80", "the internet can open shop/web on 8080/TCP"),
        ("expose: {loadBalancer: {clients: [203.0.113.0/24]}}", "198.51.100.0/24 -> web", ""),
        ("expose: nodePort", "internet -> web", "the internet can open shop/web on 8080/TCP"),
        ("calls: [internet:443]", "web -> internet", "shop/web can open the internet on 443/TCP"),
        ("calls: [internet:443]", "web -> internet:80", ""),
        ("calls: [internet:443]", "web -> 10.0.0.0/8", ""),
        ("calls: [internet:443]", "web -> https://api.example.com", "shop/web can open the internet on 443/TCP"),
        ("calls: [internet:443]", "web -> http://*.example.com", ""),
        ("calls: [tcp://10.20.0.0/16:1433]", "web -> internet", "shop/web can open the internet on 1433/TCP"),
        ("calls: [tcp://10.20.0.0/16:1433]", "web -> tcp://10.0.0.0/8", "shop/web can open 10.20.0.0-10.20.255.255 on"),
        ("calls: [tcp://10.20.0.0/16:1433]", "web -> udp://10.0.0.0/8", ""),
        ("calls: [tcp://10.20.0.0/16:1433]", "web -> 10.20.7.0/24:1433", "shop/web can open 10.20.7.0-10.20.7.255 on"),
        ("calls: [tcp://10.20.0.0/16:1433]", "web -> 10.20.7.0/24:1434", ""),
        ("calls: [web]", "any -> web", ""),
        ("calls: [web]", "here/* -> here/*:8080", ""),
        ("calls: [web]", "web -> web", "shop/web can open shop/web on 8080/TCP"),
        ("isolate: ingress", "web -> internet:25", "shop/web can open the internet on 25/TCP, 25/UDP, 25/SCTP"),
        ("isolate: egress", "any -> web", "can open shop/web on all"),
        ("dns: false", "web -> kube-system/*", ""),
    ],
)
def test_whatever_opens_a_connection_breaks_a_claim(opened: str, claim: str, message: str) -> None:
    """Calls, grants, exposures and missing isolation, with the whole internet or a part of it."""
    found = said(claim, platform(RANGES), body=f"apps: {{web: {{port: 80 -> 8080, {opened}}}}}\n")
    assert message in found
    assert bool(message) == bool(found)


def test_a_peer_is_a_side() -> None:
    """A document's own peers are named as in its calls, pods as well as addresses."""
    body = "apps: {db: {port: 5432/tcp, accepts: [cron, mail]}}\n"
    body += "peers: {cron: {namespace: legacy, labels: {app: cron}}, mail: {cidr: 198.51.100.25}}\n"
    ranges = platform(RANGES)
    cron = "a pod of legacy with app=cron can open shop/db on 5432/TCP"
    assert said("cron -> db", ranges, body=body) == cron
    assert said("mail -> db:5432", ranges, body=body) == "198.51.100.25 can open shop/db on 5432/TCP"
    assert said("db -> cron:5432", ranges, body=body) == ""
    assert said("any except cron -> db", ranges, body=body) == ""
    assert said("{from: internet, except: [mail], to: db}", ranges, body=body) == ""


def test_the_api_server_and_the_nodes_are_sides() -> None:
    """They are the addresses that the platform names; a node and the pods that it runs always meet."""
    known = platform(RANGES + 'apiserver: ["203.0.113.9:6443"]\n')
    body = "apps: {web: {port: 8080, calls: [cluster/apiserver]}, job: {}}\n"
    assert said("web -> cluster/apiserver", known, body=body) == "shop/web can open 203.0.113.9 on 6443/TCP"
    assert said("job -> cluster/apiserver", known, body=body) == ""
    assert said("cluster/apiserver -> job", known, body=body) == ""
    node = "node 192.168.10.0-192.168.10.255"
    assert said("cluster/nodes -> job", known, body=body) == f"{node} can open shop/job on all"
    assert said("job -> cluster/nodes:10250", known, body=body).startswith(f"shop/job can open {node} on 10250/TCP")


def test_the_internet_of_a_claim_has_private_addresses_too() -> None:
    """It is the wider set: everything but pods and nodes, where their ranges are known."""
    body = "apps: {web: {calls: [tcp://10.20.0.0/16:1433, tcp://10.244.3.0/24:80]}}\n"
    assert said("web -> internet:1433", platform(RANGES), body=body) == "shop/web can open the internet on 1433/TCP"
    assert said("web -> internet:80", platform(RANGES), body=body) == ""
    assert said("web -> internet:80", body=body) == "shop/web can open the internet on 80/TCP"


def test_addresses_in_a_claim_are_those_beyond_the_pods() -> None:
    """Pods have names; a block with other addresses too is not about them, which the line of the proof says."""
    for more in ("ranges: {nodes: [192.168.10.0/24]}\n", RANGES):
        held = proof(shop("10.0.0.0/8 -> db", "web -> 10.0.0.0/8"), platform(more))
        assert held.findings == ()
        assert "addresses in claims leave out the pods that have them" in held.provisos
    assert len(proof(shop("internet -> db")).provisos) == 1


def test_addresses_that_only_pods_have_are_pods() -> None:
    """A block in the range of the pods may be that of each of them."""
    message = "shop/web can open shop/db on 5432/TCP"
    assert said("10.244.0.0/16 -> db", platform(RANGES)) == message
    assert said("10.244.3.0/24 -> db", platform(RANGES)) == message
    assert said("web -> 10.244.3.7:5432", platform(RANGES)) == message


def test_a_rule_about_addresses_may_be_about_pods() -> None:
    """Without the ranges of the pods a claim about pods is broken by it, and the mending is to name them."""
    body = "apps: {db: {port: 5432/tcp, accepts: [198.51.100.25]}}\n"
    (found,) = broken(shop("any -> db", body=body))
    assert found.message == "any other pod can open shop/db on 5432/TCP"
    assert "in a Platform, ranges: {pods: [CIDR]} says which pods have" in found.notes[-2]
    assert broken(shop("any -> db", body=body), platform(RANGES)) == []


def test_where_pods_may_have_the_addresses_their_ranges_are_to_be_written() -> None:
    """To exempt what calls the addresses would give the claim up, and the ranges keep it."""
    body = 'apps: {web: {port: 80, calls: ["tcp://10.0.0.0/8:90"]}}\n'
    (found,) = broken(shop("web -> pay/*", body=body))
    assert found.fix == "in a Platform write  ranges: {pods: [CIDR, ...]} , where the pods have other addresses"
    assert not broken(shop("web -> pay/*", body=body), platform("ranges: {pods: [172.16.0.0/16]}\n"))


def test_replicas_among_each_other_are_no_pair_of_a_wildcard() -> None:
    """An app that calls itself breaks only a claim that names it on both sides."""
    assert said("here/* -> cache:gossip") == ""
    assert said("any -> cache:gossip") == ""
    assert said("cache -> cache:gossip") == "shop/cache can open shop/cache on 7946/UDP"


def test_a_canary_and_its_app_are_two_apps() -> None:
    """They are no replicas of each other, though the pods of one are among those of the other."""
    body = "apps:\n  web: {port: 8080, select: {app: web}}\n"
    body += "  canary: {port: 8080, select: {app: web, track: canary}, overlaps: [web], calls: [web]}\n"
    assert said("here/* -> web", body=body) == "shop/canary can open shop/web on 8080/TCP"


# --------------------------------------------------------------------------------------------- exempt sides, link-local


def test_pods_that_two_apps_share_by_their_spec_are_pods_of_each() -> None:
    """Where neither selector holds the other, a pod with both sets of labels has what is open to either."""
    canary = "  can: {port: 8080, select: {track: canary}, overlaps: [web], accepts: [internet]}\n"
    body = "apps:\n  web: {port: 8080, select: {app: web}}\n" + canary
    both = "a pod of shop with app=web, track=canary"
    assert said("internet -> web", body=body) == f"the internet can open {both} on 8080/TCP"
    assert said("internet -> web", body=body.replace("overlaps: [web], ", "")) == ""
    assert said("internet -> can", body=body.replace("accepts: [internet]", "accepts: []")) == ""


def test_kube_system_is_exempt_from_link_local_targets() -> None:
    """Its agents may need the metadata server; whoever else opens it breaks the claim, and the exemption is said."""
    agent = document("apps: {agent: {calls: [tcp://169.254.169.254:80]}}\n", namespace="kube-system")
    claim = shop("any -> 169.254.169.254")
    assert broken(claim, agent) == []
    assert proof(claim, agent).provisos[-1] == "kube-system is exempt from 1 link-local claim"
    other = document("apps: {agent: {calls: [tcp://169.254.169.254:80]}}\n", namespace="ops")
    (found,) = broken(claim, other)
    assert found.message == "ops/agent can open 169.254.169.254 on 80/TCP"
    assert "pods of kube-system are exempt, since the target is link-local" in found.notes


@pytest.mark.parametrize("target", ["internet", "169.254.0.0/15", "http://198.51.100.7"])
def test_kube_system_is_exempt_from_nothing_else(target: str) -> None:
    """Where the target is more than link-local addresses, the claim is about everybody."""
    agent = document('apps: {agent: {calls: ["tcp://169.254.169.254:80", http://198.51.100.7]}}\n', "kube-system")
    (found,) = broken(shop(f"any -> {target}"), agent)
    assert found.message.startswith("kube-system/agent can open")


def test_an_exemption_that_is_written_is_not_said_again() -> None:
    """Only what nobody has written is worth a line."""
    written = proof(shop("any except kube-system/* -> 169.254.169.254"))
    assert not any("kube-system" in proviso for proviso in written.provisos)
    assert written.claims == 1


def test_the_long_form_exempts_from_every_source() -> None:
    """`except` goes with each kind of `from`, and `ports` with each kind of `to`."""
    assert said("{from: here/*, except: [web], to: db}") == ""
    assert said("{from: here/*, except: [db], to: db, ports: [tcp]}") == "shop/web can open shop/db on 5432/TCP"
    assert said("{from: web, to: here/*, ports: [5432/udp, 80]}") == ""
    assert said("{from: web, to: db, http: [{methods: [GET], path: /}]}") == "shop/web can open shop/db on 5432/TCP"


# -------------------------------------------------------------------------------------------------------- entry points

EXPOSED = "apps: {web: {ports: {http: 80 -> 8080, admin: 9000}, expose: {http: https://shop.example.com/a}}}\n"
ENTRY = "entrypoints: {public: {ingress: traefik, hosts: [shop.example.com]}}\n"


def test_an_exposed_url_is_the_internet_reaching_the_app() -> None:
    """Though policies let in the controller alone; other ports stay closed."""
    entry = platform(ENTRY)
    message = "the internet can open shop/web on 8080/TCP through the entry point public"
    (found,) = broken(shop("internet -> web", body=EXPOSED), entry)
    assert found.message == message
    assert found.notes[0].startswith("opened by <stdin>:4:")
    assert found.notes[0].endswith(" (shop.example.com/a -> shop/web)")
    assert said("internet -> web:80", entry, body=EXPOSED) == message
    assert said("internet -> web:admin", entry, body=EXPOSED) == ""
    assert said("203.0.113.0/24 -> here/*", entry, body=EXPOSED).endswith(" through the entry point public")
    assert said("{from: internet, except: [203.0.113.0/24], to: web}", entry, body=EXPOSED) == message
    assert said("{from: 203.0.113.7, except: [203.0.113.0/24], to: web}", entry, body=EXPOSED) == ""


def test_an_internal_entry_point_is_not_the_internet() -> None:
    """Its controller is a pod of the cluster like any other."""
    entry = platform(ENTRY.replace("ingress: traefik", "ingress: traefik, internal: true"))
    assert said("internet -> web", entry, body=EXPOSED) == ""
    assert "can open shop/web on 8080/TCP" in said("any -> web", entry, body=EXPOSED)
    assert said("any except traefik/* -> web", entry, body=EXPOSED) == ""


# --------------------------------------------------------------------------------------------------------- host network


def test_an_app_on_the_host_network_breaks_what_it_is_in() -> None:
    """No policy holds it, and it may run on the node of any pod."""
    body = "apps: {agent: {hostNetwork: true, port: 9100}, db: 5432/tcp}\n"
    (found,) = broken(shop("agent -> db:5432", body=body))
    assert found.message == "shop/agent can open shop/db on 5432/TCP"
    assert found.notes[0].startswith("nothing governs shop/agent: ")
    assert said("db -> agent", body=body) == "shop/db can open shop/agent on all"
    assert said("agent -> internet", body=body) == "shop/agent can open the internet on all"
    assert said("internet -> agent", body=body) == "the internet can open shop/agent on all"
    assert said("any -> db", body=body) == "shop/agent can open shop/db on all"
    assert said("any except agent -> db", body=body) == ""


# -------------------------------------------------------------------------------------------------------- the platform


def test_what_no_policy_can_close_is_not_to_be_closed() -> None:
    """The fix of a connection that nothing opened is to leave it out of the claim."""
    (found,) = broken(shop("cluster/nodes -> db"), platform(RANGES))
    assert found.fix.startswith("no policy can close this: exempt its source")


def test_a_platform_claims_for_all_documents() -> None:
    """Its claims are about apps by namespace and name, and hold or not beside those of the documents."""
    pay = document("apps: {api: {port: 9090, accepts: [shop/web]}, db: 5432/tcp}\nnever: [any -> db]\n", "pay")
    web = apps("web: {port: 80, calls: [pay/api]}")
    claims = platform("never:\n  - shop/* -> pay/*\n  - any -> 169.254.169.254\n  - internet -> pay/db:tcp\n")
    (found,) = broken(pay, web, claims)
    assert found.message == "shop/web can open pay/api on 9090/TCP"
    assert found.place
    assert found.place.text == "  - shop/* -> pay/*"
    held = proof(pay, web, claims.replace("shop/* -> pay/*", "shop/* -> pay/db"))
    assert (held.findings, held.claims) == ((), 4)


def test_an_app_of_a_namespace_that_nobody_loaded_is_taken_to_have_its_own_label() -> None:
    """So that the claims of a Platform stand in each repository; what a port is called there, only its spec tells."""
    claims = ("any except tickets/orders -> tickets-db/postgres", "any -> tickets-db/postgres:main", "any -> pay/api")
    cluster = platform("never:\n" + "".join(f"  - {claim}\n" for claim in claims))
    team = apps("web: {port: 80, calls: ['tickets-db/*:5432']}")
    said = [problem for problem in load(team, cluster).problems if problem.code == "claim-idle"]
    assert [problem.message.partition(", so ")[2] for problem in said] == [
        f"the pods of {app} are taken to be those with app.kubernetes.io/name={app.partition('/')[2]}"
        for app in ("tickets/orders", "tickets-db/postgres", "pay/api")
    ]
    (problem,) = broken(team, cluster)
    assert problem.message.startswith("shop/web can open")
    orders = apps("orders: {port: 80, calls: ['tickets-db/*:5432']}", "tickets")
    assert [one.message.split()[0] for one in broken(orders, cluster)] == []


def test_claims_are_sorted_and_independent_of_the_order_of_documents() -> None:
    """Permuting what is given changes nothing."""
    one = document("apps: {a: 80}\nnever: [a -> internet, any -> a]\n", "one")
    two = document("apps: {b: 80}\nnever: [any -> b]\n", "two")
    titles = [[claim.title for claim in load(*given).intent.claims] for given in ((one, two), (two, one))]
    assert titles == [["a -> internet", "any -> a", "any -> b"]] * 2


def test_a_claim_changes_no_manifest() -> None:
    """A plain NetworkPolicy has no deny, so nothing is rendered."""
    plain, claimed = (api.render(load(shop(*claims)).intent) for claims in ((), ("any -> web", "internet -> db")))
    assert [manifest.text for manifest in plain] == [manifest.text for manifest in claimed]


# ------------------------------------------------------------------------------------------------------- what is shown


def test_a_broken_claim_names_what_opens_it() -> None:
    """The lines of the spec on both sides, policy and rule on both sides, and how many more pairs there are."""
    pay = document("apps: {api: {port: 9090, accepts: [shop/web, shop/job]}}\n", "pay")
    body = "apps: {web: {calls: [pay/api]}, job: {calls: [pay/api]}}\n"
    (found,) = broken(shop("{from: here/*, to: pay/api, why: card data stays inside}", body=body), pay)
    assert found.message == "shop/job can open pay/api on 9090/TCP"
    assert found.notes == (
        "opened by <stdin>:4:47 (shop/job -> pay/api:9090)",
        "egress: NetworkPolicy shop/job, rule 1",
        "ingress: NetworkPolicy pay/api, rule 0",
        "and 1 more pair that the claim rules out",
        "why: card data stays inside",
    )
    assert found.place
    assert (found.place.line, found.place.column) == (7, 12)


def test_a_claim_about_a_host_or_http_says_how_it_is_taken() -> None:
    """What a NetworkPolicy cannot tell apart is taken as more, and that is said where it is broken."""
    body = "apps: {web: {port: 80, calls: [internet:443, db]}, db: 5432}\n"
    (host,) = broken(shop("web -> https://*.example.com", body=body))
    assert "*.example.com is taken as internet: a NetworkPolicy knows no host names" in host.notes
    (http,) = broken(shop("web -> db POST /admin/**", body=body))
    assert "a NetworkPolicy knows no HTTP, so the claim is about the whole port" in http.notes


def test_each_broken_claim_is_one_finding() -> None:
    """However many connections break it, and however many claims one connection breaks."""
    found = broken(shop("here/* -> here/*", "web -> db", "db -> web", "any -> cache"))
    assert [problem.message for problem in found] == [
        "shop/web can open shop/cache on 6379/TCP",
        "shop/web can open shop/db on 5432/TCP",
        "shop/web can open shop/cache on 6379/TCP",
    ]


def changed(text: str, old: str, new: str) -> Proof:
    """Return the proof of a spec for its manifests with *old* replaced by *new*."""
    intent = load(text).intent
    stream = api.stream(api.render(intent), "yaml")
    assert old in stream
    reading = read(stream.replace(old, new), "changed", Dialect.MANIFEST)
    return prove(intent, reading.documents, reading.problems, cni="kubernetes")


def test_the_work_of_telling_grows_with_the_claims_and_no_faster() -> None:
    """Twice the broken claims take about twice the work, counted and not timed."""

    def calls_of(number: int) -> int:
        body = "".join(f"  a{n}: {{port: 80, calls: [a{(n * 7 + 1) % number}]}}\n" for n in range(number))
        intent = load(shop(*(f"any -> a{n}" for n in range(number)), body=f"apps:\n{body}")).intent
        manifests = api.render(intent)
        count = 0

        def counting(_frame: object, event: str, _argument: object) -> None:
            nonlocal count
            count += event == "call"

        sys.setprofile(counting)
        try:
            found = api.prove(intent, manifests).findings
        finally:
            sys.setprofile(None)
        assert len(found) == number
        return count

    few, many = calls_of(100), calls_of(200)
    assert many < 2.5 * few


def test_claims_are_about_the_manifests_and_not_about_the_spec() -> None:
    """A policy that was changed by hand breaks a claim that the spec keeps."""
    ingress = "kubernetes.io/metadata.name: ops"
    found = changed(shop("pay/* -> here/*"), ingress, ingress.replace("ops", "pay")).findings
    (claim,) = (problem for problem in found if problem.code == "never-broken")
    assert claim.message == "a pod of pay with app.kubernetes.io/name=agent can open shop/cache on 6379/TCP"
    assert not any(note.startswith("opened by") for note in claim.notes)


def test_a_claim_is_not_said_to_hold_where_the_proof_is_open() -> None:
    """Something that is not understood may open what the claim rules out."""
    other = "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: x}\nspec: {}\n---\n"
    text = shop("any -> web")
    found = changed(text, "apiVersion: networking.k8s.io/v1\n", f"{other}apiVersion: networking.k8s.io/v1\n")
    assert found.is_open


def deployment(name: str, labels: str, namespace: str = "shop") -> str:
    """Return a workload whose pods wear *labels*."""
    head = f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: {namespace}}}\n"
    template = f"{{metadata: {{labels: {labels}}}, spec: {{containers: [{{name: a, image: a}}]}}}}"
    return f"{head}spec: {{selector: {{matchLabels: {labels}}}, template: {template}}}\n"


def test_claims_are_about_the_pods_of_the_cluster_where_they_are_given(tmp_path: Path) -> None:
    """Workloads are their app's pods, two of one app are its replicas, and policies of others count."""
    names = "app.kubernetes.io/name"
    cluster = [
        deployment("cache", f"{{{names}: cache, track: stable}}"),
        deployment("cache-canary", f"{{{names}: cache, track: canary}}"),
        deployment("web", f"{{{names}: web}}"),
        deployment("cron", "{app: cron}", "pay"),
    ]
    policy = (
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: extra, namespace: shop}\n"
        "spec: {podSelector: {matchLabels: {track: canary}}, ingress: [{from: [{namespaceSelector: "
        "{matchLabels: {kubernetes.io/metadata.name: pay}}, podSelector: {matchLabels: {app: cron}}}]}]}\n"
    )
    intent = load(shop("here/* -> cache:gossip", "pay/* -> here/*", "any -> web")).intent
    texts = {"workloads": "---\n".join(cluster), "policies": policy}
    for name, text in texts.items():
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    alone = api.prove(intent, api.render(intent), workloads=[tmp_path / "workloads.yaml"])
    assert (alone.findings, alone.claims) == ((), 3)
    found = api.prove(intent, api.render(intent), workloads=[tmp_path]).findings
    assert [p.message for p in found if p.code == "never-broken"] == ["pay/cron can open shop/cache-canary on all"]


# ------------------------------------------------------------------------------------------------------- whole examples


@pytest.mark.parametrize("system", ["argo-cd", "bank-of-anthos", "online-boutique", "services", "seed", "sock-shop"])
def test_claims_about_each_pair_of_an_example_agree_with_its_documentation(system: str) -> None:
    """A claim between two apps, or an app and the internet, holds just where expect.csv has no row for them."""
    folder = ROOT / "specs" / system
    files = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.yaml"))]
    specs = sorted("\n---\n".join(files).split("\n---\n"), key=lambda text: "\nkind: Platform\n" in text)
    with (folder / "expect.csv").open(encoding="utf-8", newline="") as file:
        rows = {(row["src"], row["dst"]) for row in csv.DictReader(file)}
    intent = api.load(folder).intent
    rows |= {("internet", str(route.app)) for route in intent.routes}
    names = [str(app.key) for app in intent.apps]
    pairs = list(permutations([*names, "internet"], 2))
    claims = indent("".join(f"- {source} -> {target}\n" for source, target in pairs), "  ")
    texts = [text.partition("\nnever:")[0].strip() + "\n" for text in specs]
    found = broken(f"{texts[0]}never:\n{claims}", *texts[1:])
    told = {tuple(problem.place.text.strip(" -").split(" -> ")) for problem in found if problem.place}
    assert told == rows & set(pairs)


# ---------------------------------------------------------------------------------------------------- pair by pair

SPACES = ("one", "two")
SIDES = ("one/a", "one/b", "two/a", "two/c", "one/*", "two/*", "three/*", "any", "internet", "198.51.100.0/24")


def random_documents(chance: Random) -> list[str]:
    """Return two documents whose apps call each other and the outside, and accept all kinds of callers."""
    documents = []
    for space, names in zip(SPACES, ("ab", "ac"), strict=True):
        lines = []
        for name in names:
            calls = chance.sample(["one/a", "two/a", "two/c", "internet:443", "any", "tcp://198.51.100.7:80"], 2)
            accepts = chance.sample(["one/*", "two/c", "any", "internet", "198.51.100.128/25", "three/d"], 2)
            host = ", hostNetwork: true" if chance.random() < 0.1 else ""
            isolate = chance.choice(["both", "both", "both", "ingress", "egress"])
            port = chance.choice(["8080", "53/udp"])
            lines.append(f"  {name}: {{port: {port}, calls: {calls}, accepts: {accepts}, isolate: {isolate}{host}}}\n")
        documents.append(document(f"apps:\n{''.join(lines)}", space))
    return documents


def is_at(end: Endpoint, side: str) -> bool:
    """Return whether *end* is of *side*, by the names alone."""
    if end.is_pod:
        names = {str(one) for one in end.members}
        return side == "any" or side in names or (side.endswith("/*") and side[:-2] == end.namespace)
    if side == "198.51.100.0/24":
        low, high = (int(ip_address(text)) for text in ("198.51.100.0", "198.51.100.255"))
        return all(low <= one[1] and one[2] <= high for one in end.ranges)
    return side == "internet" and end.kind is Kind.ADDRESSES


def is_broken(reach: Reach, source: str, exempt: str, target: str) -> bool:
    """Return whether any connection from *source* but *exempt* to *target* is open, one pair after the other."""
    ends = list(enumerate(reach.universe.endpoints))
    for (one, first), (two, second) in product(ends, ends):
        is_concerned = Kind.WORKLOAD in (first.kind, second.kind) and (one != two or source == target == str(first))
        if is_concerned and is_at(first, source) and not is_at(first, exempt) and is_at(second, target):
            on_host = (first.host_network or second.host_network) and first.is_pod and second.is_pod
            if on_host or reach.allowed(one, two):
                return True
    return False


@pytest.mark.parametrize("seed", range(40))
def test_claims_agree_with_a_look_at_each_pair(seed: int) -> None:
    """For random specs and every two sides, a claim is broken where some connection between them is open."""
    documents = [
        *random_documents(chance_of(f"claims {seed}")),
        platform(f"{RANGES}owners: {{one: team, two: team}}\n"),
    ]
    claims = [
        (source, exempt, target)
        for source, target in product(SIDES, SIDES)
        for exempt in ("three/*", chance_of(f"{seed} {source} {target}").choice(SIDES))
    ]
    never = "".join(f"  - {{from: {one}, except: [{but}], to: {two}}}\n" for one, but, two in claims)
    documents[2] += f"never:\n{never}"
    intent = load(*documents).intent
    cluster = read_cluster([manifest.document for manifest in api.render(intent)])
    sets = (ideal.policies(intent), cluster.policies, policies(intent))
    ends = universe(ideal.workloads(intent), (), sets, pod_ranges=intent.pod_ranges, node_ranges=intent.node_ranges)
    meant, there = (Reach(ends, one, PROFILES["kubernetes"], Reading.WIDE) for one in sets[:2])
    told = {problem.place.line for problem in broken_claims(intent, meant, there, there) if problem.place}
    first = "---\n".join(documents).split("never:")[0].count("\n") + 2
    expected = {first + number for number, claim in enumerate(claims) if is_broken(there, *claim)}
    assert told == expected
    assert 0 < len(expected) < len(claims)


# ----------------------------------------------------------------------------------------------------- the command line


def run(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Run the command in *folder*; return its exit code, stdout and stderr."""
    command = [sys.executable, "-m", "netgen", *arguments]
    done = subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("command", [("render",), ("check",), ("render", "--out", "deploy")])
def test_a_broken_claim_stops_the_command(tmp_path: Path, command: tuple[str, ...]) -> None:
    """Exit code 1, the connection at the line of the claim, and nothing is written."""
    (tmp_path / "spec.yaml").write_text(shop("web -> db"), encoding="utf-8")
    code, stream, said_ = run(tmp_path, *command, "spec.yaml")
    assert (code, stream) == (1, "")
    assert "error[never-broken]: shop/web can open shop/db on 5432/TCP" in said_
    assert "opened by spec.yaml:6:" in said_
    assert [path.name for path in tmp_path.iterdir()] == ["spec.yaml"]


def test_the_proof_line_counts_the_claims_that_hold(tmp_path: Path) -> None:
    """And says what they are worth; without a proof it says that they were not looked at."""
    (tmp_path / "spec.yaml").write_text(shop("any -> web", "any -> 169.254.169.254"), encoding="utf-8")
    for command in ("render", "check"):
        code, _, said_ = run(tmp_path, command, "spec.yaml")
        assert code == 0
        assert ", 2 never claims hold for the apps (NetworkPolicy; claims are not enforced for pods that" in said_
        assert "kube-system is exempt from 1 link-local claim" in said_
    assert (
        "not proved: --no-verify (2 never claims unchecked)\n" in run(tmp_path, "render", "--no-verify", "spec.yaml")[2]
    )
    run(tmp_path, "render", "spec.yaml", "--out", "deploy")
    code, stream, _ = run(tmp_path, "verify", "--spec", "spec.yaml", "deploy")
    assert code == 0
    assert ", 2 never claims hold for the apps (" in stream


def test_verify_finds_the_claim_that_the_cluster_breaks(tmp_path: Path) -> None:
    """What is applied is held against the claims, whoever has changed it."""
    (tmp_path / "spec.yaml").write_text(shop("pay/* -> here/*"), encoding="utf-8")
    run(tmp_path, "render", "spec.yaml", "--out", "deploy")
    allow = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: all, namespace: shop}\n"
    (tmp_path / "deploy" / "all.yaml").write_text(
        f"{allow}spec: {{podSelector: {{}}, ingress: [{{}}]}}\n", encoding="utf-8"
    )
    code, _, said_ = run(tmp_path, "verify", "--spec", "spec.yaml", "deploy")
    assert code == 1
    assert "error[never-broken]: any other pod of pay can open shop/cache on all" in said_
    assert "ingress: NetworkPolicy shop/all, rule 0" in said_


@pytest.mark.parametrize(
    ("claim", "message", "fix"),
    [
        ("any except web, cache -> db", "several sides are joined by `and`", "write any except web and cache"),
        ("any except web,cache -> db", "several sides are joined by `and`", "write any except web and cache"),
        ("any except web , cache -> db", "several sides are joined by `and`", "write any except web and cache"),
        ("any except web cache -> db", "several sides are joined by `and`", "write any except web and cache"),
        ("any except web and -> db", "`and` is followed by no side", "write any except APP and NAMESPACE/APP"),
        ("any except web -> db, db:9", "one claim has one target", "write a claim for each"),
        ("web -> db,cache", "one claim has one target", "write a claim for each"),
        ("web -> db db:9", "one claim has one target", "write a claim for each"),
        ("web -> db zzz /x", "`zzz` is no HTTP method", "methods are joined by `|`: GET|POST /path"),
        ("web -> db:http", "shop/db has no port `http`", "write db:5432"),
        ("web -> cache:http", "shop/cache has no port `http`", "write cache:gossip or cache:main"),
    ],
)
def test_a_claim_that_is_none_says_how_it_is_written(claim: str, message: str, fix: str) -> None:
    """What a person may have meant by it is what the problem speaks of."""
    (problem,) = refused(shop(claim))
    assert (problem.message, problem.fix) == (message, fix)


@pytest.mark.parametrize(("count", "said"), [(0, "0 pairs open"), (1, "1 pair open"), (2, "2 pairs open")])
def test_pairs_are_counted_as_people_do(count: int, said: str) -> None:
    """One is a pair."""
    assert str(Proof(count, 1, ())) == f"{said}, 1 pair closed"


def test_a_claim_about_an_app_that_is_isolated_in_no_direction_is_judged_as_it_is() -> None:
    """Everybody reaches it, and it reaches whoever is not closed; who is closed to it stays so."""
    body = SHOP.replace("cache: {", "old: {port: 9, isolate: none}\n  lax: {port: 8, isolate: egress}\n  cache: {")
    assert len(broken(shop("internet -> old", body=body))) == 1
    assert len(broken(shop("web -> old:9", body=body))) == 0
    assert len(broken(shop("old -> lax", body=body))) == 1
    assert broken(shop("old -> db", body=body)) == []
