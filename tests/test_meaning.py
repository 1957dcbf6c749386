"""What specs mean: each rule of the language as specs and the permissions, Services and routes that come of them."""

from __future__ import annotations

import itertools

import pytest

import reach
import specs
from netgen import api
from netgen.intent import Addresses, Block, PortMatch
from specs import ENTRY, apps, codes, document, load, opened, platform, refused, warnings

WEB_TO_DB = "shop/web -> shop/db 5432/TCP"
TWO_OWNERS = platform("owners: {shop: team-web, pay: team-pay}\n")
ONE_OWNER = platform("owners: {shop: team, pay: team}\n")

# --------------------------------------------------------------------------------- consent (section 3.4, row by row)

CALLER = apps("web: {calls: [pay/api]}")
CALLEE = "api: {ports: {grpc: 9090, http: 8080}"


def test_inside_one_owner_a_call_is_enough() -> None:
    """Row 1: the callee says nothing, and the call opens its port."""
    assert opened(apps("web: {calls: [db]}\ndb: 5432")) == [WEB_TO_DB]
    assert opened(CALLER, apps("api: 8080", "pay"), ONE_OWNER) == ["shop/web -> pay/api 8080/TCP"]


def test_inside_one_owner_a_narrower_grant_narrows() -> None:
    """Row 2: a written grant that covers the caller decides what a call without a port opens."""
    callee = apps("api: {ports: {grpc: 9090, http: 8080}, accepts: {shop/web: grpc}}", "pay")
    assert opened(CALLER, callee, ONE_OWNER) == ["shop/web -> pay/api 9090/TCP"]


@pytest.mark.parametrize("grant", ["{shop/web: grpc}", "{shop/*: grpc}", "{any: grpc}"])
def test_inside_one_owner_what_a_call_writes_beyond_the_grant_is_an_error(grant: str) -> None:
    """Row 2: whether the grant names the caller, its namespace or everybody."""
    caller = apps("web: {calls: ['pay/api:http']}")
    callee = apps(f"api: {{ports: {{grpc: 9090, http: 8080}}, accepts: {grant}}}", "pay")
    assert codes(caller, callee, ONE_OWNER) == ["port-not-granted"]


@pytest.mark.parametrize("grant", ["[other/job]", "[10.0.0.0/8]", "[internet]", "{other/*: grpc}"])
def test_inside_one_owner_entries_for_others_change_nothing(grant: str) -> None:
    """Row 3: the call opens its port as if the callee had no entries."""
    caller = apps("web: {calls: ['pay/api:http']}")
    callee = apps(f"api: {{ports: {{grpc: 9090, http: 8080}}, accepts: {grant}}}", "pay")
    assert "shop/web -> pay/api 8080/TCP" in opened(caller, callee, ONE_OWNER)


@pytest.mark.parametrize("owners", [ONE_OWNER, TWO_OWNERS])
def test_a_grant_that_nobody_uses_opens_nothing(owners: str) -> None:
    """Rows 4 and 7: the caller does not call, so the grant is a warning and nothing more."""
    documents = (apps("web: {}"), apps("api: {port: 8080, accepts: [shop/web]}", "pay"), owners)
    assert opened(*documents) == []
    assert warnings(*documents) == ["grant-unused"]


@pytest.mark.parametrize("owners", [TWO_OWNERS, platform("")])
def test_across_owners_both_sides_open_the_intersection(owners: str) -> None:
    """Row 5: the call is held to the ports of the grant; every namespace is its own owner where none is named."""
    callee = apps("api: {ports: {grpc: 9090, http: 8080, admin: 9000}, accepts: {shop/web: [grpc, http]}}", "pay")
    assert opened(apps("web: {calls: ['pay/api:http']}"), callee, owners) == ["shop/web -> pay/api 8080/TCP"]


def test_across_owners_a_call_without_consent_is_an_error_with_the_line_to_add() -> None:
    """Row 6: the error names the caller, the callee's owner, the file, and what to write there."""
    (problem,) = refused(CALLER, apps("api: {port: 8080, accepts: [other/x]}", "pay"), TWO_OWNERS)
    assert problem.code == "consent-missing"
    assert problem.message == "pay/api does not accept shop/web"
    assert problem.fix == "(team-pay, <stdin>): under apps.api.accepts add  shop/web"
    assert "<stdin>:11 has accepts: other/x" in problem.notes


def test_across_owners_what_a_call_writes_beyond_the_grant_is_an_error() -> None:
    """Row 8: the error names the port in excess."""
    callee = apps("api: {ports: {grpc: 9090, http: 8080}, accepts: {shop/web: grpc}}", "pay")
    (problem,) = refused(apps("web: {calls: ['pay/api:http']}"), callee, TWO_OWNERS)
    assert (problem.code, problem.message) == ("port-not-granted", "pay/api does not accept this caller on http")


def test_a_callee_whose_file_is_not_loaded_is_an_error() -> None:
    """Row 9: nobody knows its ports; in the own namespace it is an unknown app."""
    assert codes(CALLER) == ["callee-not-loaded"]
    assert codes(apps("web: {calls: [api]}")) == ["unknown-app"]


def test_a_caller_whose_file_is_not_loaded_gets_the_ingress_half() -> None:
    """Row 10: and the comment of the rule says so."""
    spec = apps("api: {port: 8080, accepts: [shop/web]}", "pay")
    assert opened(spec) == ["shop/app.kubernetes.io/name=web -> pay/api 8080/TCP (in)"]
    assert "caller-unmanaged" in warnings(spec)
    assert load(spec).intent.flows_to[load(spec).intent.apps[0].key][0].intent == "shop/web (unmanaged) -> pay/api:8080"


def test_several_grants_that_cover_a_caller_add_up() -> None:
    """A caller may use what any of them names."""
    accepts = "[{from: shop/*, ports: [grpc]}, {from: shop/web, ports: [http]}]"
    callee = apps(f"api: {{ports: {{grpc: 9090, http: 8080, admin: 9000}}, accepts: {accepts}}}", "pay")
    both = apps("web: {calls: [{to: pay/api, ports: [grpc, http]}]}")
    assert "shop/web -> pay/api 8080/TCP,9090/TCP" in opened(both, callee)
    assert codes(apps("web: {calls: ['pay/api:admin']}"), callee) == ["port-not-granted"]


def test_the_name_of_an_owner_is_no_namespace() -> None:
    """An owner who is called like a namespace without an owner does not own it."""
    documents = (CALLER, apps("api: 8080", "pay"), platform("owners: {shop: pay}\n"))
    assert codes(*documents) == ["consent-missing"]


def test_an_empty_list_is_as_good_as_none() -> None:
    """Emptiness means nobody (section 3.1)."""
    with_lists = apps("web: {calls: [db], accepts: [], expose: []}\ndb: {port: 5432, accepts: [], calls: []}")
    assert opened(with_lists) == [WEB_TO_DB]


# ------------------------------------------------------------------------------------------------- decisions 1 to 9


def test_decision_1_without_a_platform_plain_kubernetes_is_assumed_and_said() -> None:
    """A note says so; with a platform there is nothing to say."""
    spec = apps("db: 5432")
    (note,) = load(spec).problems
    assert (note.code, "kubernetes" in note.message) == ("no-platform", True)
    assert load(spec, platform("cni: kubernetes\n")).problems == ()


EXPOSED = apps("web: {port: 80 -> 8080, expose: loadBalancer}")


def test_decision_2_without_ranges_the_world_is_every_address_and_that_is_said() -> None:
    """Both families, and a note with the apps that every pod can reach."""
    assert opened(EXPOSED) == ["0.0.0.0/0 + ::/0 -> shop/web 8080/TCP (in)"]
    (note,) = (problem for problem in load(EXPOSED).problems if problem.code != "no-platform")
    assert (note.code, "shop/web" in note.message) == ("world-includes-pods", True)


def test_decision_2_with_ranges_the_pods_are_not_the_world() -> None:
    """The pods of either family are left out; nodes are not, since they hide clients behind their own address."""
    ranges = platform("ranges: {pods: [10.244.0.0/16, '2001:db8:1::/48'], nodes: [192.168.1.0/24]}\n")
    world = "0.0.0.0/0 without 10.244.0.0/16 + ::/0 without 2001:db8:1::/48"
    assert opened(EXPOSED, ranges) == [f"{world} -> shop/web 8080/TCP (in)"]
    assert opened(apps("web: {port: 8080, accepts: internet}"), ranges) == [f"{world} -> shop/web 8080/TCP (in)"]
    assert warnings(EXPOSED, ranges) == []


NEVER_4 = ("127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4")
NEVER_6 = ("::1/128", "fe80::/10", "ff00::/8")


def all_but(four: tuple[str, ...], six: tuple[str, ...]) -> str:
    """Return the addresses of both families without those listed, as a line shows them."""
    return f"0.0.0.0/0 without {','.join(four)} + ::/0 without {','.join(six)}"


def test_decision_3_internet_has_no_private_addresses() -> None:
    """Without a port it is every TCP and UDP port."""
    four = ("10.0.0.0/8", "100.64.0.0/10", NEVER_4[0], NEVER_4[1], "172.16.0.0/12", "192.168.0.0/16", NEVER_4[2])
    six = (NEVER_6[0], "fc00::/7", *NEVER_6[1:])
    internet = all_but(four, six)
    assert opened(apps("web: {calls: [internet]}")) == [f"shop/web -> {internet} all/TCP,all/UDP (out)"]
    assert opened(apps("web: {calls: ['internet:443']}")) == [f"shop/web -> {internet} 443/TCP (out)"]
    assert opened(apps("web: {calls: ['internet:53/udp']}")) == [f"shop/web -> {internet} 53/UDP (out)"]


def test_decision_3_with_exact_ranges_what_is_not_the_cluster_is_internet() -> None:
    """Private addresses of nobody are reached then; pods, Services and nodes never are."""
    exact = (
        "ranges: {exact: true, pods: [10.1.0.0/16], services: [10.2.0.0/16, '2001:db8::/64'], nodes: [8.8.4.0/24]}\n"
    )
    internet = all_but(
        ("8.8.4.0/24", "10.1.0.0/16", "10.2.0.0/16", *NEVER_4), (NEVER_6[0], "2001:db8::/64", *NEVER_6[1:])
    )
    assert opened(apps("web: {calls: ['internet:1']}"), platform(exact)) == [f"shop/web -> {internet} 1/TCP (out)"]


def test_decision_3_ranges_that_are_not_exact_are_left_out_besides() -> None:
    """A public range of the cluster is no internet either."""
    ranges = platform("ranges: {nodes: [8.8.4.0/24]}\n")
    (line,) = opened(apps("web: {calls: ['internet:1']}"), ranges)
    assert "8.8.4.0/24,10.0.0.0/8" in line


@pytest.mark.parametrize(
    ("call", "target"),
    [
        ("here/*", "shop/* everything"),
        ("shop/*", "shop/* everything"),
        ("pay/*:9090", "pay/* 9090/TCP"),
        ("any", "any everything"),
        ("any:53/udp", "any 53/UDP"),
    ],
)
def test_decision_4_a_wildcard_call_opens_egress_only(call: str, target: str) -> None:
    """On all ports or the one that is written; the callees are not opened by it, of one owner or not."""
    assert opened(apps(f"web: {{calls: ['{call}']}}\ndb: 5432"), apps("api: 9090", "pay"), ONE_OWNER) == [
        f"shop/web -> {target} (out)"
    ]


@pytest.mark.parametrize(("grant", "source"), [("here/*", "shop/*"), ("pay/*", "pay/*"), ("any", "any")])
def test_decision_4_a_wildcard_grant_opens_ingress(grant: str, source: str) -> None:
    """Whoever is meant, named by a spec or not, reaches the granted ports."""
    assert opened(apps(f"web: {{ports: {{http: 8080, admin: 9000}}, accepts: {{{grant}: http}}}}")) == [
        f"{source} -> shop/web 8080/TCP (in)"
    ]


@pytest.mark.parametrize("grant", ["any", "shop/*"])
def test_decision_4_a_wildcard_grant_is_consent_for_every_owner(grant: str) -> None:
    """A call across owners needs no other entry."""
    callee = apps(f"api: {{port: 8080, accepts: ['{grant}']}}", "pay")
    assert "shop/web -> pay/api 8080/TCP" in opened(CALLER, callee, TWO_OWNERS)


def test_decision_4_a_wildcard_call_and_a_grant_meet_in_the_ports_of_both() -> None:
    """What the grant has beyond the call, or the call beyond the grant, stays closed."""
    callee = "api: {ports: {http: 80 -> 8080, admin: 9000, udp: 8080/udp}, accepts: [shop/web]}"
    caller = "web: {calls: [{to: pay/*, ports: [8080, 7070]}]}"
    assert opened(apps(caller), apps(callee, "pay")) == [
        "shop/app.kubernetes.io/name=web -> pay/api 8080/TCP (in)",
        "shop/web -> pay/* 7070/TCP,8080/TCP (out)",
    ]


def test_decision_4_a_wildcard_call_beside_a_direct_one_is_answered_too() -> None:
    """The grant opens what either of them asks for."""
    caller = apps("web: {calls: ['pay/api:http', 'pay/*:9090']}")
    callee = apps("api: {ports: {http: 80 -> 8080, grpc: 9090, admin: 9000}, accepts: [shop/web]}", "pay")
    assert opened(caller, callee) == [
        "shop/app.kubernetes.io/name=web -> pay/api 9090/TCP (in)",
        "shop/web -> pay/* 9090/TCP (out)",
        "shop/web -> pay/api 8080/TCP",
    ]


def test_decision_4_a_wildcard_call_past_a_grant_uses_it_not() -> None:
    """The numbers of a wildcard call are those of the pods."""
    callee = apps("api: {port: 80 -> 8080, accepts: [shop/web]}", "pay")
    documents = (apps("web: {calls: ['pay/*:80']}"), callee)
    assert opened(*documents) == ["shop/web -> pay/* 80/TCP (out)"]
    assert warnings(*documents) == ["grant-unused"]


def test_decision_5_an_unknown_name_in_a_loaded_namespace_is_an_error_with_a_suggestion() -> None:
    """In calls and in accepts alike."""
    for spec in ("web: {calls: [databse]}\ndatabase: 5432", "web: {port: 80, accepts: [databse]}\ndatabase: 5432"):
        (problem,) = refused(apps(spec))
        assert problem.code == "unknown-app"
        assert problem.message.endswith("(did you mean `database`?)")


def test_decision_5_an_app_of_another_namespace_is_named_with_it() -> None:
    """The error for a bare name says where there is such an app."""
    (problem,) = refused(apps("web: {calls: [api]}"), apps("api: 80", "pay"))
    assert (problem.code, problem.fix) == ("unknown-app", "write pay/api")


PEERS = document(
    """
    peers:
      cron: {namespace: legacy, labels: {app: cron, tier: night}}
      mainframe: {cidr: 10.1.2.0/24}
    apps:
      web: {port: 80 -> 8080, calls: ['cron:9000', {to: mainframe, ports: [1414, 53/udp]}], accepts: [cron, mainframe]}
    """
)


def test_decision_5_peers_are_called_and_accepted_by_name() -> None:
    """Only the app's half is written, on both sides; the number is that of the peer's pods."""
    assert opened(PEERS) == [
        "10.1.2.0/24 -> shop/web 8080/TCP (in)",
        "legacy/app=cron,tier=night -> shop/web 8080/TCP (in)",
        "shop/web -> 10.1.2.0/24 1414/TCP,53/UDP (out)",
        "shop/web -> legacy/app=cron,tier=night 9000/TCP (out)",
    ]
    assert [manifest.name for manifest in api.render(load(PEERS).intent) if manifest.kind == "NetworkPolicy"] == ["web"]


@pytest.mark.parametrize("call", ["cron", "cron:http", "{to: cron, ports: [http]}"])
def test_decision_5_the_port_of_a_peer_is_a_number(call: str) -> None:
    """Nobody knows the names of its ports."""
    spec = f"peers: {{cron: {{namespace: legacy, labels: {{app: cron}}}}}}\napps: {{web: {{calls: [{call}]}}}}\n"
    assert codes(document(spec)) == ["port-needed"]


def test_decision_5_a_peer_belongs_to_its_document() -> None:
    """Another document of the namespace does not know it, and no app of the namespace has its name."""
    peer = document("peers: {cron: {cidr: 10.0.0.1}}\n", name="one")
    assert codes(peer, apps("web: {calls: ['cron:80']}", name="two")) == ["unknown-app"]
    assert codes(peer, apps("cron: 80", name="two")) == ["duplicate-app"]


def test_decision_5_a_peer_that_is_an_app_is_said() -> None:
    """Its other half is not written, so the name of the app is what should stand there."""
    peer = "peers: {pay: {namespace: pay, labels: {app.kubernetes.io/name: api}}}\napps: {web: {calls: ['pay:80']}}\n"
    assert warnings(document(peer), apps("api: 80", "pay")) == ["peer-managed"]
    assert warnings(document(peer), apps("other: 80", "pay")) == []


def test_decision_5_a_namespace_of_the_language_has_no_peers() -> None:
    """`here` is no namespace in which pods could be."""
    assert codes(document("peers: {cron: {namespace: here, labels: {app: cron}}}\n")) == ["reserved-name"]


@pytest.mark.parametrize("caller", ["legacy/any", "legacy/internet"])
def test_decision_5_a_word_is_no_app_of_another_namespace(caller: str) -> None:
    """No spec may have an app of this name, so nobody can be meant."""
    assert codes(apps(f"web: {{port: 80, accepts: [{caller}]}}")) == ["reserved-name"]
    assert codes(apps(f"web: {{calls: [{caller}]}}")) == ["reserved-name"]


TWO_PORTS = "ports: {web: 80 -> 8080, metrics: 9090}"


@pytest.mark.parametrize("target", ["db:80", "db:web", "db:80/tcp"])
def test_decision_6_a_call_names_a_port_or_the_service_port(target: str) -> None:
    """And opens the container port."""
    assert opened(apps(f"web: {{calls: ['{target}']}}\ndb: {{{TWO_PORTS}}}")) == ["shop/web -> shop/db 8080/TCP"]


def test_decision_6_a_container_port_is_an_error_that_names_both() -> None:
    """The number that the Service does not listen on is not guessed at."""
    (problem,) = refused(apps(f"web: {{calls: ['db:8080']}}\ndb: {{{TWO_PORTS}}}"))
    assert problem.code == "container-port"
    assert problem.message == "8080 is the container port of shop/db; its service port is 80"


def test_decision_6_a_service_port_that_is_the_container_port_of_another_is_the_service_port() -> None:
    """The Service decides what a caller reaches."""
    ports = "ports: {one: 80 -> 8080, two: 8080 -> 9090}"
    assert opened(apps(f"web: {{calls: ['db:8080']}}\ndb: {{{ports}}}")) == ["shop/web -> shop/db 9090/TCP"]


def test_decision_6_several_ports_are_ambiguous() -> None:
    """The error lists the choices."""
    ports = "ports: {web: 80 -> 8080, admin: 9090}"
    (problem,) = refused(apps(f"web: {{calls: [db]}}\ndb: {{{ports}}}"))
    assert (problem.code, problem.notes) == ("ambiguous-port", ("its ports: admin (9090/tcp), web (80/tcp)",))
    assert codes(apps(f"web: {{calls: [db]}}\ndb: {{{ports}, accepts: {{web: [web, admin]}}}}")) == ["ambiguous-port"]


@pytest.mark.parametrize(
    ("ports", "accepts", "reached"),
    [
        ("{web: 8080, metrics: 9090}", "[]", ["8080/TCP"]),
        ("{web: 8080, exporter: {container: 9090, metrics: true}}", "[]", ["8080/TCP"]),
        ("{web: {container: 8080, metrics: true}}", "[]", ["8080/TCP"]),
        ("{metrics: 9090}", "[]", ["9090/TCP"]),
        ("{web: 8080, metrics: 9090}", "{web: metrics}", ["ambiguous-port"]),
        ("{web: 8080, metrics: 9090}", "{web: [web, metrics]}", ["8080/TCP"]),
        ("{web: 8080, admin: 7070, metrics: 9090}", "{web: [admin, metrics]}", ["7070/TCP"]),
        ("{web: 8080, admin: 7070, metrics: 9090}", "[]", ["ambiguous-port"]),
        ("{web: 8080, metrics: {container: 9090, metrics: false}}", "[]", ["ambiguous-port"]),
        ("{web: {container: 8080, metrics: true}, metrics: 9090}", "[]", ["ambiguous-port"]),
    ],
)
def test_decision_6_a_port_for_metrics_is_not_meant_by_a_call_without_a_port(
    ports: str, accepts: str, reached: list[str]
) -> None:
    """Unless the app has no other, whatever is granted; and what the port says of metrics wins over its name."""
    spec = apps(f"web: {{calls: [db]}}\ndb: {{ports: {ports}, accepts: {accepts}}}")
    if reached == ["ambiguous-port"]:
        assert codes(spec) == reached
    else:
        assert opened(spec) == [f"shop/web -> shop/db {port}" for port in reached]


def test_decision_6_a_fix_for_a_call_without_a_port_leaves_out_those_for_metrics() -> None:
    """Nobody is told to open to a caller what is there for scrapers."""
    (problem,) = refused(apps("web: {calls: [db]}\ndb: {ports: {web: 8080, admin: 7070, metrics: 9090}}"))
    assert problem.fix == "write db:admin or db:web"
    foreign = apps("db: {ports: {web: 8080, metrics: 9090}, accepts: {other: web}}\nother: {}", "pay")
    problems = refused(apps("web: {calls: [pay/db]}"), foreign)
    assert [problem.fix.partition("add  ")[2] for problem in problems] == ["shop/web: web"]


def test_decision_6_one_number_for_two_protocols_is_told_apart_by_the_protocol() -> None:
    """The number alone is ambiguous."""
    dns = "dns: {ports: {udp: 53 -> 5353/udp, tcp: 53 -> 5353/tcp}}"
    assert codes(apps(f"web: {{calls: ['dns:53']}}\n{dns}")) == ["ambiguous-port"]
    assert opened(apps(f"web: {{calls: ['dns:53/udp']}}\n{dns}")) == ["shop/web -> shop/dns 5353/UDP"]
    assert opened(apps(f"web: {{calls: ['dns:tcp']}}\n{dns}")) == ["shop/web -> shop/dns 5353/TCP"]


@pytest.mark.parametrize("target", ["db:81", "db:80/udp", "db:admin", "db:65535"])
def test_decision_6_a_port_that_the_callee_does_not_have_is_an_error(target: str) -> None:
    """By name, by number and by protocol."""
    assert codes(apps(f"web: {{calls: ['{target}']}}\ndb: {{{TWO_PORTS}}}")) == ["unknown-port"]


@pytest.mark.parametrize(
    ("port", "name", "protocol"),
    [
        *(
            ("8080", "main", "TCP"),
            ("8080/tcp", "tcp", "TCP"),
            ("8080/udp", "udp", "UDP"),
            ("8080/sctp", "sctp", "SCTP"),
        ),
        *((f"8080/{word}", word, "TCP") for word in ("grpc", "http", "https", "tls")),
    ],
)
def test_decision_6_an_unnamed_port_is_called_by_its_protocol_word(port: str, name: str, protocol: str) -> None:
    """Or main, and its transport is that of the word."""
    assert opened(apps(f"web: {{calls: ['db:{name}']}}\ndb: {port}")) == [f"shop/web -> shop/db 8080/{protocol}"]


def test_decision_6_the_grant_names_ports_of_the_callee() -> None:
    """An unknown name in a grant is an error with a suggestion."""
    (problem,) = refused(apps(f"db: {{{TWO_PORTS}, accepts: {{any: metric}}}}"))
    assert (problem.code, problem.message) == ("unknown-port", "shop/db has no port `metric` (did you mean `metrics`?)")


@pytest.mark.parametrize("word", ["tcp", "udp", "sctp"])
def test_decision_6_a_url_needs_a_port_that_is_not_marked_as_a_transport(word: str) -> None:
    """On /tcp or /udp an error, on an unmarked port fine."""
    url = "expose: 'https://shop.example.com'"
    assert codes(apps(f"web: {{port: 8080/{word}, {url}}}"), ingress="traefik") == ["bad-exposure"]
    for port in ("8080", "8080/http", "8080/grpc"):
        assert load(apps(f"web: {{port: {port}, {url}}}"), ingress="traefik").intent.routes


def test_two_ports_that_collide_are_an_error() -> None:
    """A Service cannot listen twice on one port of one protocol."""
    assert codes(apps("web: {ports: {one: 8080, two: 8080}}")) == ["duplicate-port"]
    assert codes(apps("web: {ports: {one: 80 -> 8080, two: 80 -> 9090}}")) == ["duplicate-port"]
    load(apps("web: {ports: {one: 80 -> 8080, two: 81 -> 8080, three: 80 -> 8080/udp}}"))


SCRAPE = platform("scrape: mon/app=prom\n")


def test_decision_7_the_scraper_reaches_ports_that_are_metrics() -> None:
    """By name or marked so, and no other port; the scraper is no app here, so only the ingress half is written."""
    ports = "ports: {http: 8080, metrics: 81 -> 9090, stats: {container: 9091, metrics: true}}"
    assert opened(apps(f"web: {{{ports}}}\ndb: 5432"), SCRAPE) == ["mon/app=prom -> shop/web 9090/TCP,9091/TCP (in)"]


def test_decision_7_a_port_called_metrics_can_be_kept_closed() -> None:
    """`metrics: false` is stronger than the name."""
    assert opened(apps("web: {ports: {metrics: {container: 9090, metrics: false}}}"), SCRAPE) == []


def test_decision_7_a_scraper_that_is_an_app_gets_its_egress_half() -> None:
    """Its own metrics it may scrape too."""
    scraper = apps("prom: {select: {app: prom, tier: x}, ports: {metrics: 9100}}", "mon")
    assert opened(apps("web: {ports: {metrics: 9090}}"), scraper, SCRAPE) == [
        "mon/app=prom -> mon/prom 9100/TCP (in)",
        "mon/app=prom -> shop/web 9090/TCP (in)",
        "mon/prom -> mon/app=prom,tier=x 9100/TCP (out)",
        "mon/prom -> shop/app.kubernetes.io/name=web 9090/TCP (out)",
    ]


@pytest.mark.parametrize(
    "select",
    [
        "{app: prom}",
        "{app: prom, tier: x}",
        "{matchExpressions: [{key: app, operator: In, values: [prom]}]}",
        "{matchExpressions: [{key: app, operator: In, values: [prom, thanos]}]}",
    ],
)
def test_decision_7_a_scraper_is_an_app_however_its_pods_are_selected(select: str) -> None:
    """Whether the platform or the spec says more of its labels."""
    lines = opened(apps("web: {ports: {metrics: 9090}}"), apps(f"prom: {{select: {select}}}", "mon"), SCRAPE)
    assert "mon/prom -> shop/app.kubernetes.io/name=web 9090/TCP (out)" in lines
    other = opened(apps("web: {ports: {metrics: 9090}}"), apps("prom: {select: {app: other}}", "mon"), SCRAPE)
    assert other == ["mon/app=prom -> shop/web 9090/TCP (in)"]


def test_decision_9_replicas_reach_each_other_only_where_the_app_calls_itself() -> None:
    """The own name in calls is a call like any other."""
    store = "store: {ports: {client: 2379, peer: 2380}, calls: ['store:peer']}"
    assert opened(apps(store)) == ["shop/store -> shop/store 2380/TCP"]
    assert opened(apps("store: {ports: {client: 2379, peer: 2380}}")) == []


def test_decision_9_a_wildcard_call_needs_a_grant_for_replicas_too() -> None:
    """Both halves are written: by the wildcard, and by the grant."""
    assert opened(apps("store: {port: 2380, calls: ['here/*'], accepts: [store]}")) == [
        "shop/app.kubernetes.io/name=store -> shop/store 2380/TCP (in)",
        "shop/store -> shop/* everything (out)",
    ]


# ----------------------------------------------------------------------------------------------- decisions 11 to 16

APISERVER = platform("apiserver: ['10.0.0.2:6443', '10.0.0.1:6443', '[2001:db8::1]:443']\n")


def test_decision_11_the_api_server_is_called_at_its_addresses() -> None:
    """Each address with its own port."""
    assert opened(apps("web: {calls: [cluster/apiserver]}"), APISERVER) == [
        "shop/web -> 10.0.0.1/32 + 10.0.0.2/32 6443/TCP (out)",
        "shop/web -> 2001:db8::1/128 443/TCP (out)",
    ]


def test_decision_11_without_addresses_the_api_server_is_an_error() -> None:
    """As callee and as caller."""
    assert codes(apps("web: {calls: [cluster/apiserver]}")) == ["unenforceable-apiserver"]
    assert codes(apps("hook: {port: 443, accepts: [cluster/apiserver]}")) == ["unenforceable-apiserver"]


def test_decision_11_webhooks_are_called_from_the_api_server_and_its_nodes() -> None:
    """The nodes count where the server runs on one of them."""
    hook = apps("hook: {port: 443 -> 8443, accepts: [cluster/apiserver]}")
    one = "apiserver: ['10.0.0.1:6443']\n"
    assert opened(hook, platform(one)) == ["10.0.0.1/32 -> shop/hook 8443/TCP (in)"]
    elsewhere = platform(one + "ranges: {nodes: [192.168.1.0/24]}\n")
    assert opened(hook, elsewhere) == ["10.0.0.1/32 -> shop/hook 8443/TCP (in)"]
    on_a_node = platform(one + "ranges: {nodes: [10.0.0.0/24, 10.0.1.0/24]}\n")
    assert opened(hook, on_a_node) == ["10.0.0.0/24 + 10.0.0.1/32 + 10.0.1.0/24 -> shop/hook 8443/TCP (in)"]


@pytest.mark.parametrize(
    "app",
    [
        "{port: 80, hostNetwork: true, calls: [cluster/apiserver], accepts: [cluster/apiserver, cluster/nodes]}",
        "{port: 80, isolate: ingress, calls: [cluster/apiserver]}",
        "{port: 80, isolate: egress, accepts: [cluster/apiserver, cluster/nodes]}",
    ],
)
def test_decision_11_addresses_are_needed_only_where_a_policy_is_written(app: str) -> None:
    """What no policy holds is open to the API server and the nodes as to everybody."""
    assert opened(apps(f"agent: {app}")) == []


def test_nodes_are_callers_at_their_addresses() -> None:
    """And an error where the platform has none."""
    agent = apps("agent: {port: 9100, accepts: [cluster/nodes]}")
    nodes = platform("ranges: {nodes: [192.168.1.0/24, '2001:db8::/64']}\n")
    assert opened(agent, nodes) == ["192.168.1.0/24 + 2001:db8::/64 -> shop/agent 9100/TCP (in)"]
    assert codes(agent) == ["unenforceable-nodes"]


@pytest.mark.parametrize(
    ("isolate", "directions"), [("ingress", ["Ingress"]), ("egress", ["Egress"]), ("both", ["Ingress", "Egress"])]
)
def test_decision_12_an_app_is_isolated_in_the_directions_that_it_names(isolate: str, directions: list[str]) -> None:
    """Both is the default."""
    (policy,) = api.render(load(apps(f"web: {{isolate: {isolate}}}")).intent)
    assert policy.body["spec"]["policyTypes"] == directions
    (default,) = api.render(load(apps("web: {}")).intent)
    assert default.body["spec"]["policyTypes"] == ["Ingress", "Egress"]


def test_decision_12_dns_can_be_closed() -> None:
    """Every other app may ask every name server, by UDP and TCP."""
    assert opened(
        apps("web: {}\ndb: {dns: false}"), platform("dns: [dns/app=coredns, 169.254.20.10:5353]\n"), dns=True
    ) == [
        "shop/web -> 169.254.20.10/32 5353/TCP,5353/UDP (out)",
        "shop/web -> dns/app=coredns 53/TCP,53/UDP (out)",
    ]


def test_decision_15_an_app_without_ports_has_no_service_and_cannot_be_called() -> None:
    """Nor accept anyone, be exposed, or say anything of a Service."""
    assert load(apps("web: {}")).intent.services == ()
    assert codes(apps("web: {calls: [job]}\njob: {}")) == ["no-ports"]
    assert codes(apps("job: {accepts: [any]}")) == ["no-ports"]
    assert codes(apps("job: {expose: loadBalancer}")) == ["no-ports"]
    assert codes(apps("job: {service: {headless: true}}")) == ["no-ports"]
    assert codes(apps("job: {expose: 'https://shop.example.com'}"), ingress="traefik") == ["no-ports"]


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://203.0.113.7", "203.0.113.7/32 80/TCP"),
        ("https://203.0.113.0/24", "203.0.113.0/24 443/TCP"),
        ("grpc://203.0.113.7", "203.0.113.7/32 443/TCP"),
        ("tls://203.0.113.7:8443", "203.0.113.7/32 8443/TCP"),
        ("udp://198.51.100.0/24:123", "198.51.100.0/24 123/UDP"),
        ("sctp://10.0.0.1:3868", "10.0.0.1/32 3868/SCTP"),
        ("tcp://[2001:db8::]/32:443", "2001:db8::/32 443/TCP"),
        ("http://169.254.169.254", "169.254.169.254/32 80/TCP"),
    ],
)
def test_decision_16_addresses_outside_are_called_by_scheme(url: str, target: str) -> None:
    """The scheme says protocol and port; what is written is opened, link-local addresses too."""
    assert opened(apps(f"web: {{calls: ['{url}']}}")) == [f"shop/web -> {target} (out)"]


@pytest.mark.parametrize("caller", ["10.1.2.0/24", "203.0.113.7", "2001:db8::/32"])
def test_decision_16_addresses_outside_are_accepted(caller: str) -> None:
    """A bare address is one address."""
    block = {"203.0.113.7": "203.0.113.7/32"}.get(caller, caller)
    assert opened(apps(f"web: {{port: 80 -> 8080, accepts: ['{caller}']}}")) == [f"{block} -> shop/web 8080/TCP (in)"]


# ----------------------------------------------------------------------------------------------- decisions 19 to 27


def test_decision_19_a_name_server_that_is_an_app_is_opened_to_every_pod() -> None:
    """At the port that the platform names, whatever ports the app has; its own questions are open as well."""
    spec = apps("coredns: {select: {k8s-app: kube-dns, tier: x}}", "kube-system")
    assert opened(spec, dns=True) == [
        "any -> kube-system/coredns 53/TCP,53/UDP (in)",
        "kube-system/coredns -> kube-system/k8s-app=kube-dns 53/TCP,53/UDP (out)",
    ]
    other = apps("other: {select: {k8s-app: other}}", "kube-system")
    assert opened(other, dns=True) == ["kube-system/other -> kube-system/k8s-app=kube-dns 53/TCP,53/UDP (out)"]


def test_decision_19_the_default_port_may_be_written() -> None:
    """A name server with its default port is the same as without it."""
    once = opened(apps("web: {}"), platform("dns: [dns/app=coredns]\n"), dns=True)
    assert opened(apps("web: {}"), platform("dns: [dns/app=coredns, 'dns/app=coredns:53']\n"), dns=True) == once


WIDE = "a: {select: {app: web}}"


@pytest.mark.parametrize(
    "narrow",
    [
        "b: {select: {app: web}}",
        "b: {select: {app: web, track: canary}}",
        "b: {select: {matchLabels: {app: web}, matchExpressions: [{key: x, operator: Exists}]}}",
        "b: {select: {matchExpressions: [{key: app, operator: In, values: [web]}]}}",
    ],
)
def test_decision_20_an_app_whose_pods_are_those_of_another_is_an_error(narrow: str) -> None:
    """Unless the narrower one says `overlaps`."""
    assert codes(apps(f"{WIDE}\n{narrow}")) == ["selectors-overlap"]
    load(apps(f"{WIDE}\n{narrow[:-1]}, overlaps: [a]}}"))


@pytest.mark.parametrize(
    ("expression", "pods"),
    [
        ("{key: app, operator: In, values: [web, api]}", "{app: web}"),
        ("{key: app, operator: NotIn, values: [db]}", "{app: web}"),
        ("{key: app, operator: Exists}", "{app: web}"),
        ("{key: app, operator: DoesNotExist}", "{matchExpressions: [{key: app, operator: DoesNotExist}]}"),
        (
            "{key: app, operator: In, values: [web, api, db]}",
            "{matchExpressions: [{key: app, operator: In, values: [web, api]}]}",
        ),
        (
            "{key: app, operator: NotIn, values: [db]}",
            "{matchExpressions: [{key: app, operator: In, values: [web, api]}]}",
        ),
        (
            "{key: app, operator: NotIn, values: [db]}",
            "{matchExpressions: [{key: app, operator: DoesNotExist}]}",
        ),
        ("{key: app, operator: Exists}", "{matchExpressions: [{key: app, operator: In, values: [web, api]}]}"),
    ],
)
def test_decision_20_expressions_contain_what_they_imply(expression: str, pods: str) -> None:
    """A selector of expressions overlaps with labels and expressions that can only be inside it."""
    wide = f"a: {{select: {{matchExpressions: [{expression}]}}}}"
    assert codes(apps(f"{wide}\nb: {{select: {pods}}}")) == ["selectors-overlap"]


@pytest.mark.parametrize(
    "other",
    [
        "b: {select: {app: api}}",
        "b: {select: {track: canary}}",
        "b: {select: {app: api, track: canary}}",
        "b: {select: {matchExpressions: [{key: app, operator: In, values: [api, db]}]}}",
    ],
)
def test_decision_20_selectors_that_may_differ_are_no_error(other: str) -> None:
    """Labels tell them apart, or some pods may be in one alone."""
    load(apps(f"{WIDE}\n{other}"))


def test_decision_20_two_documents_of_a_namespace_overlap_as_one_would() -> None:
    """And two namespaces never do."""
    assert codes(apps(WIDE, name="one"), apps("b: {select: {app: web}}", name="two")) == ["selectors-overlap"]
    load(apps(WIDE), apps("b: {select: {app: web}}", "pay"))


@pytest.mark.parametrize("isolate", ["ingress", "egress"])
def test_decision_20_a_canary_may_leave_open_what_its_app_leaves_open(isolate: str) -> None:
    """Also in a closed namespace, where the policy of each of the two opens that direction to everybody."""
    canary = f"b: {{select: {{app: web, track: canary}}, overlaps: [a], isolate: {isolate}}}"
    body = f"isolate: namespace\napps:\n  a: {{select: {{app: web}}, isolate: {isolate}}}\n  {canary}\n"
    assert len(load(document(body)).intent.apps) == 2


def test_decision_20_an_overlap_that_cannot_be_is_an_error() -> None:
    """A label tells the two apart, or there is no such app; where the labels leave it open it may be said."""
    assert codes(apps(f"{WIDE}\nb: {{select: {{app: api}}, overlaps: [a]}}")) == ["unknown-overlap"]
    assert codes(apps(f"{WIDE}\nb: {{select: {{app: api}}, overlaps: [c]}}")) == ["unknown-overlap"]
    load(apps(f"{WIDE}\nb: {{select: {{track: canary}}, overlaps: [a]}}"))


def test_decision_21_the_key_of_the_default_label_is_the_documents() -> None:
    """`selectBy` names it, and `select` of an app wins."""
    spec = document("selectBy: app\napps:\n  web: {calls: [db]}\n  db: {port: 5432, select: {role: store}}\n")
    assert {app.key.name: specs.labels(app.selector) for app in load(spec).intent.apps} == {
        "web": "app=web",
        "db": "role=store",
    }
    (default,) = load(apps("web: {}")).intent.apps
    assert specs.labels(default.selector) == "app.kubernetes.io/name=web"


@pytest.mark.parametrize("key", ["pod-template-hash", "app.kubernetes.io/version", "helm.sh/chart"])
def test_labels_that_change_with_a_release_select_nothing(key: str) -> None:
    """In `select`, in `selectBy` and of a peer (S11)."""
    assert codes(apps(f"web: {{select: {{{key}: web}}}}")) == ["bad-selector"]
    assert codes(document(f"selectBy: {key}\napps: {{web: {{}}}}\n")) == ["bad-selector"]
    assert codes(document(f"peers: {{web: {{namespace: legacy, labels: {{{key}: web}}}}}}\n")) == ["bad-selector"]


def test_decision_22_several_documents_of_a_namespace_are_one_namespace() -> None:
    """Their apps call each other without a namespace and without consent, and each object names its document."""
    web, store = apps("web: {calls: [db]}", name="one"), apps("db: 5432", name="two")
    assert opened(web, store) == [WEB_TO_DB]
    parts = {app.key.name: dict(app.labels)["app.kubernetes.io/part-of"] for app in load(web, store).intent.apps}
    assert parts == {"web": "one", "db": "two"}


def test_decision_22_names_are_unique() -> None:
    """Of documents in a namespace, and of apps; the error shows the first place."""
    assert codes(apps("web: {}", name="one"), apps("db: 5432", name="one")) == ["duplicate-document"]
    (problem,) = refused(apps("web: {}", name="one"), apps("web: {}", name="two"))
    assert (problem.code, problem.notes) == ("duplicate-app", ("it stands at <stdin>:5",))
    load(apps("web: {}", "shop", "one"), apps("web: {}", "pay", "one"))


# ------------------------------------------------------------------------------------------------------ host network

NODES = platform("ranges: {nodes: [192.168.1.0/24]}\nscrape: mon/app.kubernetes.io/name=prom\n")


def test_no_policy_holds_an_app_on_the_host_network() -> None:
    """It has its Service, and a warning says so."""
    spec = apps("web: {port: 80, hostNetwork: true}")
    assert [manifest.kind for manifest in api.render(load(spec).intent)] == ["Service"]
    assert warnings(spec) == ["host-network"]


def test_an_app_on_the_host_network_is_met_at_the_nodes() -> None:
    """As callee, as caller, behind a wildcard, as scraper and as what is scraped."""
    host = "agent: {port: 9100, hostNetwork: true, calls: [api], accepts: [web]}"
    spec = apps(f"{host}\nweb: {{calls: [agent]}}\napi: {{port: 80}}")
    assert opened(spec, NODES) == [
        "192.168.1.0/24 -> shop/api 80/TCP",
        "shop/web -> 192.168.1.0/24 9100/TCP",
    ]
    assert codes(spec) == ["unenforceable-nodes", "unenforceable-nodes"]


def test_a_scraper_on_the_host_network_comes_from_the_nodes() -> None:
    """Where its labels say nothing; other pods that carry them are let in besides."""
    scraper = apps("prom: {hostNetwork: true}", "mon")
    assert opened(apps("web: {ports: {metrics: 9090}}"), scraper, NODES) == [
        "192.168.1.0/24 -> shop/web 9090/TCP (in)",
        "mon/app.kubernetes.io/name=prom -> shop/web 9090/TCP (in)",
    ]
    assert codes(
        apps("web: {ports: {metrics: 9090}}"), scraper, platform("scrape: mon/app.kubernetes.io/name=prom\n")
    ) == ["unenforceable-nodes"]


def test_a_scraper_reaches_apps_on_the_host_network_at_the_nodes() -> None:
    """No policy holds the app, so only the scraper's half is written."""
    documents = (apps("web: {ports: {metrics: 9090}, hostNetwork: true}"), apps("prom: {}", "mon"), NODES)
    assert opened(*documents) == ["mon/prom -> 192.168.1.0/24 9090/TCP (out)"]


def test_a_controller_on_the_host_network_comes_from_the_nodes() -> None:
    """And reaches an app there at the nodes."""
    points = "entrypoints: {public: {ingress: traefik}}\nranges: {nodes: [192.168.1.0/24]}\n"
    web = apps("web: {port: 80, expose: 'https://shop.example.com'}")
    assert opened(web, apps("traefik: {hostNetwork: true}", "traefik"), platform(points)) == [
        "192.168.1.0/24 -> shop/web 80/TCP (in)",
        "traefik/app.kubernetes.io/name=traefik -> shop/web 80/TCP (in)",
    ]
    held = apps("web: {port: 80, hostNetwork: true, expose: 'https://shop.example.com'}")
    assert opened(held, apps("traefik: {}", "traefik"), platform(points)) == [
        "traefik/traefik -> 192.168.1.0/24 80/TCP (out)"
    ]


def test_a_name_server_on_the_host_network_is_asked_at_the_nodes() -> None:
    """NodeLocal DNSCache is one."""
    server = apps("cache: {select: {k8s-app: kube-dns}, hostNetwork: true, dns: false}", "kube-system")
    assert opened(apps("web: {}"), server, NODES, dns=True) == [
        "shop/web -> 192.168.1.0/24 53/TCP,53/UDP (out)",
        "shop/web -> kube-system/k8s-app=kube-dns 53/TCP,53/UDP (out)",
    ]


# --------------------------------------------------------------------------------------------- labels and annotations


def test_every_object_has_the_labels_and_annotations_of_its_document() -> None:
    """Besides those that netgen sets; labels of the document select nothing."""
    spec = document(
        """
        isolate: namespace
        apps:
          web: {port: 80, expose: ['https://shop.example.com', {nodePort: {name: out}}]}
        """,
        more=", labels: {team: web}, annotations: {note: x}",
    )
    manifests = api.render(load(spec, ENTRY).intent)
    assert [manifest.kind for manifest in manifests] == [
        "NetworkPolicy",
        "NetworkPolicy",
        "Service",
        "Service",
        "Ingress",
    ]
    for manifest in manifests:
        about = manifest.body["metadata"]
        assert about["labels"] | {"app.kubernetes.io/name": "web"} == {
            "app.kubernetes.io/managed-by": "netgen",
            "app.kubernetes.io/name": "web",
            "app.kubernetes.io/part-of": "shop",
            "team": "web",
        }
        assert about["annotations"]["note"] == "x"


@pytest.mark.parametrize("key", ["app.kubernetes.io/name", "app.kubernetes.io/part-of", "app.kubernetes.io/managed-by"])
def test_labels_that_netgen_sets_are_not_set_by_a_document(key: str) -> None:
    """They would be overwritten without a word."""
    assert codes(document("apps: {}\n", more=f", labels: {{{key}: x}}")) == ["reserved-name"]


# ----------------------------------------------------------------------------------------------- order of what is said

SYSTEM = (
    apps("web: {port: 80, expose: ['https://a.b', nodePort], calls: [db, 'pay/api:grpc', internet, any]}\ndb: 1"),
    apps(
        "api: {ports: {grpc: 9090, metrics: 9100}, accepts: [shop/web, {from: any, ports: [grpc]}], calls: [api:grpc]}",
        "pay",
    ),
    apps("job: {calls: ['db', 'https://203.0.113.7'], select: {app: job, b: c}}", name="jobs"),
    platform(
        "scrape: [mon/a=b, mon/c=d]\ndns: [169.254.20.10, kube-system/k8s-app=kube-dns]\n"
        "entrypoints: {edge: {ingress: haproxy}}\n"
    ),
)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_the_order_of_documents_means_nothing(order: tuple[int, ...]) -> None:
    """The Intent and the bytes are the same."""
    mixed = load(*(SYSTEM[index] for index in order)).intent
    assert mixed == load(*SYSTEM).intent
    assert api.stream(api.render(mixed), "yaml") == api.stream(api.render(load(*SYSTEM).intent), "yaml")


def test_the_order_inside_a_document_means_nothing() -> None:
    """Of apps, of calls and grants, of ports, of ways to be exposed, of labels, and of a platform's lists."""
    one = (
        apps(
            "a: {calls: [c, 'b:x']}\nb: {ports: {x: 1, z: 2}, accepts: {a: [x], any: [z]}}\n"
            "c: {port: 3, select: {k: x, l: z}}"
        ),
        platform("scrape: [m/a=b, m/c=d]\ndns: [10.0.0.1, 10.0.0.2]\napiserver: ['10.0.0.3:1', '10.0.0.4:1']\n"),
    )
    two = (
        apps(
            "c: {select: {l: z, k: x}, port: 3}\n"
            "b: {accepts: {any: [z], a: [x]}, ports: {z: 2, x: 1}}\na: {calls: ['b:x', c]}"
        ),
        platform("apiserver: ['10.0.0.4:1', '10.0.0.3:1']\ndns: [10.0.0.2, 10.0.0.1]\nscrape: [m/c=d, m/a=b]\n"),
    )
    assert load(*one).intent == load(*two).intent


def test_the_order_of_ways_to_be_exposed_means_nothing() -> None:
    """Two entry points for one host and path, say."""
    points = platform("entrypoints: {one: {ingress: traefik}, two: {ingress: haproxy}}\n")
    ways = ["{url: 'https://h.example.com', via: one}", "{url: 'https://h.example.com', via: two}", "nodePort"]
    intents = [
        load(apps(f"web: {{port: 80, expose: [{', '.join(order)}]}}"), points).intent
        for order in itertools.permutations(ways)
    ]
    assert all(intent == intents[0] for intent in intents)


def test_what_is_said_twice_is_one_permission() -> None:
    """In short and in long form."""
    assert opened(apps("web: {calls: [db, db, {to: db}, shop/db, 'db:5432']}\ndb: 5432")) == [WEB_TO_DB]


# ------------------------------------------------------------------------------------------------ a closed namespace

CLOSED = document("isolate: namespace\napps: {db: {port: 5432}}\n", name="one")


def policies(*documents: str) -> list[reach.Body]:
    """Return the bodies of the policies that *documents* are rendered to."""
    return [manifest.body for manifest in api.render(load(*documents).intent) if manifest.kind == "NetworkPolicy"]


def app_end(name: str, namespace: str = "shop") -> reach.End:
    """Return a pod with the default label of an app."""
    return reach.End(name, namespace, (("app.kubernetes.io/name", name),))


STRANGER, ELSEWHERE = reach.End("stranger", "shop"), reach.End("stranger", "pay")
INTERNET = reach.End("internet", address=reach.INTERNET)


def test_decision_12_a_closed_namespace_closes_pods_that_no_spec_names() -> None:
    """In both directions, in that namespace only."""
    closed = policies(CLOSED)
    for other in (INTERNET, ELSEWHERE, reach.End("another", "shop")):
        assert not reach.meets(STRANGER, other, "TCP", 80, closed)
    assert not reach.meets(ELSEWHERE, STRANGER, "TCP", 80, closed)
    assert reach.meets(ELSEWHERE, INTERNET, "TCP", 80, closed)


@pytest.mark.parametrize("isolate", ["ingress", "egress", "both", "none"])
@pytest.mark.parametrize("order", [0, 1])
def test_decision_12_an_app_of_a_closed_namespace_is_closed_only_where_it_says(isolate: str, order: int) -> None:
    """The deny is for pods that no spec names: the app reaches what it would reach in an open namespace."""
    web = apps(f"web: {{port: 8080, isolate: {isolate}}}", name="two")
    documents = [CLOSED, web][:: 1 - 2 * order]
    closed, open_ = policies(*documents), policies(web)
    for other in (INTERNET, ELSEWHERE):
        for source, target in ((app_end("web"), other), (other, app_end("web"))):
            for protocol in ("TCP", "UDP", "SCTP"):
                expected = reach.meets(source, target, protocol, 8080, open_)
                assert reach.meets(source, target, protocol, 8080, closed) == expected


def test_decision_12_an_app_that_is_isolated_in_no_direction_has_no_policy() -> None:
    """It has its Service and its exposures, what it calls lets it in, and what calls it may go out to it."""
    spec = apps(
        "old: {port: 8080, isolate: none, expose: nodePort, calls: [db], accepts: [web]}\n"
        "db: {port: 5432, calls: [old]}\nweb: {}"
    )
    manifests = api.render(load(spec).intent)
    assert [(one.kind, one.name) for one in manifests if one.name in ("old", "db")] == [
        *(("NetworkPolicy", "db"), ("Service", "db"), ("Service", "old")),
    ]
    assert warnings(spec) == ["not-isolated", "grant-unused", "world-includes-pods"]
    bodies = [one.body for one in manifests if one.kind == "NetworkPolicy"]
    for source, target, port in (("old", "db", 5432), ("db", "old", 8080)):
        assert reach.meets(app_end(source), app_end(target), "TCP", port, bodies)
    assert reach.meets(STRANGER, app_end("old"), "TCP", 22, bodies)
    assert not reach.meets(app_end("old"), app_end("db"), "TCP", 22, bodies)


def test_decision_12_what_an_app_of_a_closed_namespace_leaves_open_is_open_to_nodes_too() -> None:
    """A rule that names pods and addresses would close it to nodes where a CNI counts them as neither."""
    closed = policies(CLOSED, apps("web: {port: 8080, isolate: egress}", name="two"))
    (web,) = (policy["spec"] for policy in closed if policy["metadata"]["name"] == "web")
    assert web["ingress"] == [{}]


# --------------------------------------------------------------------------------------------- as the policies have it


def test_rendered_a_wildcard_call_meets_the_apps_that_accept_it() -> None:
    """And no other port, no other app and no other way round."""
    bodies = policies(
        apps("web: {calls: ['pay/*:8080']}\njob: {}"),
        apps("api: {ports: {http: 80 -> 8080, admin: 9000}, accepts: [shop/web]}\ndb: 8080", "pay"),
    )
    web, api_, db = app_end("web"), app_end("api", "pay"), app_end("db", "pay")
    assert reach.meets(web, api_, "TCP", 8080, bodies)
    for source, target, port in ((web, api_, 80), (web, api_, 9000), (web, db, 8080), (api_, web, 8080)):
        assert not reach.meets(source, target, "TCP", port, bodies)
    assert not reach.meets(app_end("job"), api_, "TCP", 8080, bodies)


def test_rendered_replicas_meet_only_by_their_own_call() -> None:
    """Two pods of one app are as far apart as two apps."""
    store = app_end("store")
    closed, open_ = policies(apps("store: 2380")), policies(apps("store: {port: 2380, calls: [store]}"))
    assert not reach.meets(store, store, "TCP", 2380, closed)
    assert reach.meets(store, store, "TCP", 2380, open_)


@pytest.mark.parametrize("spec", ["web: {port: 8080, expose: loadBalancer}", "web: {port: 8080, accepts: internet}"])
def test_rendered_the_world_is_without_pods_where_their_addresses_are_known(spec: str) -> None:
    """An address of the pods' range is no client then; those of nodes are, and so is IPv6."""
    ranges = platform("ranges: {pods: [10.244.0.0/16, '2001:db8::/64'], nodes: [192.168.1.0/24]}\n")
    known, unknown = policies(apps(spec), ranges), policies(apps(spec))
    for address, let_in in (
        *(("198.51.100.7", True), ("192.168.1.9", True), ("2001:db8:1::7", True)),
        *(("10.244.3.4", False), ("2001:db8::7", False)),
    ):
        client = reach.End("client", address=address)
        assert reach.meets(client, app_end("web"), "TCP", 8080, known) == let_in
        assert reach.meets(client, app_end("web"), "TCP", 8080, unknown)


@pytest.mark.parametrize(
    ("address", "private"),
    [
        *(("198.51.100.7", False), ("2600::1", False), ("10.9.9.9", True), ("172.20.0.1", True), ("100.64.0.1", True)),
        *(("192.168.7.7", True), ("fd00::1", True)),
    ],
)
def test_rendered_the_internet_is_what_is_not_the_cluster(address: str, *, private: bool) -> None:
    """Private addresses belong to it only where the ranges are exact."""
    spec = apps("web: {calls: [internet]}")
    exact = platform("ranges: {exact: true, pods: [10.0.0.0/16], services: [10.1.0.0/16], nodes: [10.2.0.0/16]}\n")
    end = reach.End("end", address=address)
    for protocol in ("TCP", "UDP"):
        assert reach.meets(app_end("web"), end, protocol, 4711, policies(spec)) == (not private)
        assert reach.meets(app_end("web"), end, protocol, 4711, policies(spec, exact))
    assert not reach.meets(app_end("web"), end, "SCTP", 4711, policies(spec, exact))


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "169.254.169.254", "224.0.0.1", "::1", "fe80::1", "ff02::1", "10.1.2.3"]
)
def test_rendered_the_internet_never_is_on_this_link_or_in_the_cluster(address: str) -> None:
    """Loopback, link-local, multicast, and the ranges of the cluster."""
    exact = "ranges: {exact: true, pods: [10.0.0.0/16], services: [10.1.0.0/16], nodes: [10.2.0.0/16]}\n"
    for documents in ((apps("web: {calls: [internet]}"),), (apps("web: {calls: [internet]}"), platform(exact))):
        assert not reach.meets(app_end("web"), reach.End("end", address=address), "TCP", 80, policies(*documents))


def test_rendered_a_name_server_that_is_an_app_answers_every_pod() -> None:
    """At the port of the platform, by UDP and TCP, and at no other."""
    bodies = policies(apps("web: {}"), apps("coredns: {select: {k8s-app: kube-dns}, port: 8080}", "kube-system"))
    server = reach.End("dns", "kube-system", (("k8s-app", "kube-dns"),))
    for source in (app_end("web"), STRANGER, ELSEWHERE):
        assert reach.meets(source, server, "UDP", 53, bodies)
        assert reach.meets(source, server, "TCP", 53, bodies)
        assert not reach.meets(source, server, "TCP", 8080, bodies)


def test_a_wildcard_caller_on_the_host_network_is_let_in_at_the_nodes() -> None:
    """Nothing but the addresses of the nodes tells who it is, whether the grant names it or its namespace."""
    spec = (
        "apiVersion: netgen.dev/v1alpha1\nkind: Connectivity\nmetadata: {name: shop, namespace: shop}\n"
        "apps: {agent: {port: 9100, hostNetwork: true, calls: ['pay/*'], accepts: ['pay/*']}}\n---\n"
        "apiVersion: netgen.dev/v1alpha1\nkind: Connectivity\nmetadata: {name: pay, namespace: pay}\n"
        "apps: {api: {port: 8080, accepts: ['shop/*'], calls: ['shop/*']}}\n---\n"
        "apiVersion: netgen.dev/v1alpha1\nkind: Platform\nmetadata: {name: prod}\n"
        "ranges: {nodes: [192.168.10.0/24]}\n"
    )
    intent = api.load("-", stdin=spec.encode()).intent
    nodes = Addresses((Block("192.168.10.0/24"),))
    assert [(str(flow.target_app), flow.ports) for flow in intent.flows if flow.source == nodes] == [
        ("pay/api", (PortMatch("TCP", 8080),))
    ]
    assert [(str(flow.source_app), flow.ports) for flow in intent.flows if flow.target == nodes] == [
        ("pay/api", (PortMatch("TCP", 9100),))
    ]
