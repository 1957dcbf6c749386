"""Who reaches whom where policies deny, speak of entities and DNS names, and let pass some requests only."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from netgen import api
from netgen.asking import Reply
from netgen.evaluate.addresses import Block
from netgen.evaluate.endpoints import Kind
from netgen.evaluate.explain import explain
from netgen.evaluate.filters import Lookup
from netgen.evaluate.objects.model import (
    NAME_LABEL,
    Action,
    BlockPeer,
    Direction,
    Entity,
    EntityPeer,
    Expression,
    NamedPort,
    NamePeer,
    Operator,
    Peer,
    PodPeer,
    Policy,
    PortRule,
    Request,
    Rule,
    Selector,
    Workload,
)
from netgen.evaluate.reach import Reach
from netgen.evaluate.semantics import PROFILES, Reading
from netgen.evaluate.sets import ALL_PORTS, NO_PORTS, PortSet, Protocol, bits, ports
from netgen.evaluate.universe import Universe, universe
from netgen.verify.reasons import closing

CILIUM = PROFILES["cilium"]
TCP = Protocol.TCP
INSIDE = Selector(expressions=(Expression(NAME_LABEL, Operator.EXISTS),))
EVERY_POD = PodPeer(Selector(), Selector())
EVERYWHERE = Selector()
GET, POST = Request("GET", "/public"), Request("POST", "/public")


def pod(name: str, namespace: str = "shop", *, on_host: bool = False, named: tuple[NamedPort, ...] = ()) -> Workload:
    """Return a workload whose pods have its name as a label."""
    return Workload("Deployment", namespace, name, (("app", name),), host_network=on_host, ports=named)


WEB, API, DB, AWAY = pod("web"), pod("api"), pod("db"), pod("web", "other")
AGENT = pod("agent", on_host=True)
PODS = (WEB, API, DB, AWAY)


def app(name: str) -> PodPeer:
    """Return the pods called *name* in the policy's own namespace."""
    return PodPeer(None, Selector((("app", name),)))


def rule(*peers: Peer, port: int | None = None, action: Action = Action.ALLOW, asked: Iterable[Request] = ()) -> Rule:
    """Return a rule about *peers*, or everybody."""
    number = None if port is None else (PortRule(TCP, port, port),)
    return Rule(peers or None, number, 0, action=action, requests=tuple(asked) or None)


def deny(*peers: Peer, port: int | None = None) -> Rule:
    """Return a rule that denies."""
    return rule(*peers, port=port, action=Action.DENY)


def policy(
    name: str = "api",
    *,
    ingress: Iterable[Rule] | None = None,
    egress: Iterable[Rule] | None = None,
    yielding: Iterable[Direction] = (),
    kind: str = "CiliumNetworkPolicy",
) -> Policy:
    """Return a policy of the namespace shop over the pods called *name*."""
    sides = [None if rules is None else tuple(rules) for rules in (ingress, egress)]
    return Policy(kind, "shop", name, Selector((("app", name),)), *sides, yielding=frozenset(yielding))


def clusterwide(
    scope: Selector = EVERYWHERE, *, ingress: Iterable[Rule] | None = None, egress: Iterable[Rule] | None = None,
    entities: Iterable[Entity] = (), yielding: Iterable[Direction] = (),
) -> Policy:  # fmt: skip
    """Return a policy over all pods of the namespaces of *scope*."""
    sides = [None if rules is None else tuple(rules) for rules in (ingress, egress)]
    kind = "CiliumClusterwideNetworkPolicy"
    more = frozenset(yielding), frozenset(entities)
    return Policy(kind, "", "all", Selector(), *sides, scope=scope, yielding=more[0], entities=more[1])


class Ground:
    """A cluster of PODS under *policies*, in both readings."""

    def __init__(self, *policies: Policy, pods: tuple[Workload, ...] = PODS, node_ranges: tuple[str, ...] = ()) -> None:
        self.space = universe(pods, (), [policies], node_ranges=node_ranges)
        self.narrow, self.wide = (Reach(self.space, policies, CILIUM, reading) for reading in Reading)

    def end(self, one: Workload | Entity | str) -> int:
        """Return the endpoint of a workload, an entity, an address, or with a letter in it a DNS name."""
        if isinstance(one, Workload):
            return self.space.of(one)
        name = self.space.name(one) if isinstance(one, str) else None
        found = self.space.entity(one) if isinstance(one, Entity) else name if name is not None else self.space.at(one)
        assert found is not None
        return found

    def says(self, source: Workload | Entity | str, target: Workload | Entity | str, port: int = 80) -> str:
        """Return what becomes of a connection: open, closed, filtered or unsure."""
        ends = self.end(source), self.end(target)
        if self.narrow.filter(*ends, TCP, port) is not None:
            assert self.narrow.filter(*ends, TCP, port) == self.wide.filter(*ends, TCP, port)
            return "filtered"
        found = {reach.allowed(*ends).has(TCP, port) for reach in (self.narrow, self.wide)}
        return "unsure" if len(found) == 2 else "open" if found == {True} else "closed"


def test_a_denial_beats_what_other_policies_allow() -> None:
    """Of a NetworkPolicy that allows everybody and a denial, the denial is what counts, on its ports alone."""
    plain = policy(ingress=[rule()], kind="NetworkPolicy")
    ground = Ground(plain, policy(ingress=[deny(app("web"), port=80)]))
    asked = [(WEB, 80), (WEB, 81), (DB, 80), (AWAY, 80)]
    assert [ground.says(one, API, port) for one, port in asked] == ["closed", "open", "open", "open"]


def test_the_world_is_somebody_whatever_kind_of_policy_speaks_of_it_alone() -> None:
    """What is meant is of no CNI's kind, and its rules are compared with those that are."""
    ground = Ground(policy(egress=[deny(EntityPeer(Entity.WORLD))], yielding=[Direction.EGRESS], kind="Intent"))
    assert [ground.says(API, one) for one in ("203.0.113.7", DB)] == ["closed", "open"]


def test_a_denial_beats_a_narrower_allowance_of_its_own_policy() -> None:
    """That one pod is allowed is no exception from what is denied to all."""
    ground = Ground(policy(egress=[rule(app("db"), port=5432), deny(EVERY_POD)]))
    assert ground.says(API, DB, 5432) == "closed"


def test_a_direction_that_yields_isolates_nobody() -> None:
    """What such a policy denies is closed and all else is open; where another isolates, what it allows is open too."""
    yields = policy(ingress=[rule(app("web")), deny(app("db"))], yielding=[Direction.INGRESS])
    alone, beside = Ground(yields), Ground(yields, policy(ingress=[]))
    ends = (WEB, DB, AWAY)
    assert [alone.says(one, API) for one in ends] == ["open", "closed", "open"]
    assert [beside.says(one, API) for one in ends] == ["open", "closed", "closed"]


def test_what_is_perhaps_denied_is_closed_where_less_is_to_be_allowed() -> None:
    """A denial that depends on what nobody tells is unsure, whom it is about and what it is for."""
    unsure = Workload("Deployment", "shop", "job", (), unsure=frozenset({"app"}))
    ground = Ground(policy(ingress=[rule(), deny(app("web"))]), policy(egress=[deny()]), pods=(unsure, API))
    assert (ground.says(unsure, API), ground.says(API, unsure)) == ("unsure", "closed")
    assert not ground.narrow.is_exact


def test_a_clusterwide_policy_is_about_pods_of_all_its_namespaces() -> None:
    """The namespaces are selected by their labels, and the policy has none of its own."""
    elsewhere = Selector(expressions=(Expression(NAME_LABEL, Operator.NOT_IN, ("shop",)),))
    ground = Ground(clusterwide(elsewhere, ingress=[rule(EVERY_POD, port=80)]))
    assert [ground.says(WEB, AWAY, port) for port in (80, 81)] == ["open", "closed"]
    assert ground.says("203.0.113.7", AWAY) == "closed"
    assert ground.says(AWAY, WEB, 81) == "open"
    assert "" not in {one.namespace for one in ground.space.endpoints if one.kind is Kind.WORKLOAD}


ENDS = (WEB, AWAY, "203.0.113.7", *(Entity.HOST, Entity.REMOTE_NODE, Entity.KUBE_APISERVER, Entity.INGRESS))


@pytest.mark.parametrize(
    ("peers", "expected"),
    [
        ((EntityPeer(Entity.WORLD),), {"203.0.113.7"}),
        ((BlockPeer(Block("0.0.0.0/0")),), {"203.0.113.7"}),
        ((EntityPeer(Entity.HOST),), {Entity.HOST}),
        ((EntityPeer(Entity.REMOTE_NODE),), {Entity.REMOTE_NODE, Entity.KUBE_APISERVER}),
        ((EntityPeer(Entity.KUBE_APISERVER),), {Entity.KUBE_APISERVER}),
        ((EntityPeer(Entity.INGRESS),), {Entity.INGRESS}),
        ((EVERY_POD,), {WEB, AWAY}),
        ((PodPeer(None, Selector()), EntityPeer(Entity.WORLD)), {WEB, "203.0.113.7"}),
        ((), set(ENDS)),
    ],
)
def test_whom_peers_mean(peers: tuple[Peer, ...], expected: set[object]) -> None:
    """Pods, addresses and each entity are apart: no block has pods or nodes in it, and no pods are nodes."""
    ground = Ground(policy(egress=[rule(*peers)]))
    assert {one for one in ENDS if ground.says(API, one) == "open"} == expected
    assert {one for one in ENDS if ground.says(API, one) == "closed"} == set(ENDS) - expected


def test_the_node_of_a_pod_reaches_it_unless_that_is_denied() -> None:
    """An isolated pod is open to its own node, and no filter is for that; an explicit denial is."""
    anybody = rule(port=80, asked=[GET])
    ends = (Entity.HOST, Entity.REMOTE_NODE)
    closed, filtered = Ground(policy(ingress=[])), Ground(policy(ingress=[anybody]))
    denied = Ground(policy(ingress=[anybody, deny(EntityPeer(Entity.HOST))]))
    assert [closed.says(one, API) for one in ends] == ["open", "closed"]
    assert [filtered.says(one, API) for one in ends] == ["open", "filtered"]
    assert [denied.says(one, API) for one in ends] == ["closed", "filtered"]


def test_policies_hold_entities_that_they_say_they_do() -> None:
    """The endpoints of the CNI are held by policies that select them, and nodes by none."""
    entities = (Entity.INGRESS, Entity.HOST)
    ground = Ground(clusterwide(INSIDE, ingress=[], egress=[rule(EntityPeer(Entity.WORLD))], entities=entities))
    asked = (Entity.INGRESS, Entity.HEALTH)
    assert [ground.says("203.0.113.7", one) for one in asked] == ["closed", "open"]
    assert [ground.says(one, "203.0.113.7") for one in asked] == ["open", "open"]
    assert [ground.says(Entity.INGRESS, one) for one in (Entity.HEALTH, Entity.HOST, WEB)] == ["closed"] * 3
    assert [ground.narrow.governed(ground.end(one)) for one in (*asked, Entity.HOST)] == [True, True, False]
    assert ground.narrow.allowed(ground.end(Entity.HOST), ground.end(Entity.REMOTE_NODE)) == NO_PORTS


def test_what_has_no_labels_yet_is_closed_until_a_policy_speaks_of_it() -> None:
    """Such an endpoint is isolated always, and its node reaches it where a policy holds it."""
    peer = policy(egress=[rule(EntityPeer(Entity.INIT))])
    closed = Ground(peer)
    held = Ground(peer, clusterwide(ingress=[rule(app("api"))], entities=[Entity.INIT], yielding=[Direction.INGRESS]))
    assert [closed.says(one, Entity.INIT) for one in (API, Entity.HOST)] == ["closed", "closed"]
    assert held.says(Entity.HOST, Entity.INIT) == "open"
    assert closed.space.entity(Entity.UNMANAGED) is None


def test_nodes_that_may_be_the_pods_own_are_unsure_targets() -> None:
    """A pod on the host network, and an address of a node, are on the pod's own node or not, and that decides."""
    pods, ranges = (*PODS, AGENT), ("192.168.0.0/16",)
    peers = {
        "own": [EntityPeer(Entity.HOST)],
        "other": [EntityPeer(Entity.REMOTE_NODE)],
        "any": [EntityPeer(Entity.HOST), EntityPeer(Entity.REMOTE_NODE)],
        "server": [EntityPeer(Entity.KUBE_APISERVER)],
    }
    found = {}
    for name, listed in peers.items():
        ground = Ground(policy(egress=[rule(*listed)], ingress=[rule(*listed)]), pods=pods, node_ranges=ranges)
        targets = [ground.says(API, one) for one in (AGENT, "192.168.0.7")]
        sources = [ground.says(one, API) for one in (AGENT, "192.168.0.7")]
        assert targets[0] == targets[1]
        assert sources[0] == sources[1]
        found[name] = (targets[0], sources[0])
    assert found == {
        "own": ("unsure", "closed"),
        "other": ("unsure", "open"),
        "any": ("open", "open"),
        "server": ("unsure", "unsure"),
    }


def test_an_api_server_outside_is_an_address() -> None:
    """Where its addresses are known they are matched by the entity too; else an endpoint more stands for it."""
    rules = policy(
        egress=[rule(EntityPeer(Entity.KUBE_APISERVER), port=443), rule(BlockPeer(Block("0.0.0.0/0")), port=80)]
    )
    told = universe(PODS, (), [[rules]], server_ranges=("198.51.100.7/32",))
    reach = Reach(told, [rules], CILIUM, Reading.NARROW)
    server, other = told.at("198.51.100.7"), told.at("198.51.100.8")
    assert server is not None
    assert other is not None
    both = ports(TCP, 80, 80) | ports(TCP, 443, 443)
    assert [reach.allowed(told.of(API), one) for one in (server, other)] == [both, ports(TCP, 80, 80)]
    untold = Ground(rules)
    outside = [index for index, one in enumerate(untold.space.endpoints) if one.is_outside]
    found = [untold.narrow.allowed(untold.end(API), index) for index in outside]
    assert [both, ports(TCP, 443, 443)] == found  # by IPv4, and by IPv6
    assert not any(one.is_outside for one in told.endpoints)


def test_names_are_addresses_that_only_their_patterns_and_all_addresses_mean() -> None:
    """A name is open on the ports of each pattern for it, and is neither a source nor in a smaller block."""
    names = rule(NamePeer("api.example.com"), NamePeer("*.cdn.example.com"), port=443)
    block = rule(BlockPeer(Block("10.0.0.0/8")), port=81)
    everywhere = rule(BlockPeer(Block("0.0.0.0/0", ("10.0.0.0/8",))), BlockPeer(Block("::/0")), port=82)
    ground = Ground(policy(egress=[names, block, everywhere, deny(EntityPeer(Entity.WORLD), port=83)]))
    for name in ("API.example.com.", "x.cdn.example.com"):
        assert [ground.says(API, name, port) for port in (443, 80, 81, 82)] == ["open", "closed", "closed", "open"]
        assert ground.says(WEB, name, 83) == "open"
        assert ground.says(name, WEB, 443) == "closed"
    assert ground.space.name("a.b.cdn.example.com") is None
    assert ground.says(API, "203.0.113.7", 443) == "closed"
    learned = [index for index, one in enumerate(ground.space.endpoints) if one.kind is Kind.NAME]
    assert [str(ground.space.endpoints[index]) for index in learned] == ["*.cdn.example.com", "api.example.com"]
    assert not any(sources >> index & 1 for _, row in ground.narrow.rows() for sources, _ in row for index in learned)


def test_a_name_has_an_endpoint_for_each_family_where_one_alone_is_open() -> None:
    """All IPv4 addresses are not all addresses of a name."""
    ground = Ground(policy(egress=[rule(NamePeer("*"), port=443), rule(BlockPeer(Block("0.0.0.0/0")), port=80)]))
    ends = [ground.space.name("example.com", family) for family in (4, 6)]
    assert None not in ends
    found = [ground.narrow.allowed(ground.end(API), end) for end in ends if end is not None]
    assert [one.has(TCP, 80) for one in found] == [True, False]
    assert [one.has(TCP, 443) for one in found] == [True, True]


def test_a_port_is_open_for_some_requests_and_neither_open_nor_closed() -> None:
    """Under the narrow reading it is closed and under the wide one open; both say which requests pass."""
    ground = Ground(policy(ingress=[rule(app("web"), port=80, asked=[GET]), rule(app("web"), port=81)]))
    web, api = ground.end(WEB), ground.end(API)
    one, other = ports(TCP, 80, 80), ports(TCP, 81, 81)
    assert [reach.allowed(web, api) for reach in (ground.narrow, ground.wide)] == [other, one | other]
    for reach in (ground.narrow, ground.wide):
        assert reach.filtered(api) == ((1 << web, one, ((GET,),)),)
        assert reach.filter(web, api, TCP, 80) == ((GET,),)
        assert reach.filter(web, api, TCP, 81) is None
        assert not reach.is_exact
    assert (1 << web, other) in ground.narrow.row(api)
    assert (1 << web, one | other) in ground.wide.row(api)


@pytest.mark.parametrize(
    "more",
    [
        rule(app("web"), port=80),
        rule(app("web")),
        rule(port=80),
        rule(app("web"), port=80, asked=[Request()]),
        Rule((app("web"),), (PortRule(TCP, 1, 100),), 0),
        Rule((app("web"),), (PortRule(TCP, name="http"),), 0),
    ],
)
def test_a_filter_is_void_where_a_rule_opens_the_port_as_a_whole(more: Rule) -> None:
    """The same peer and port without a filter, however they are written, let every request through."""
    served = pod("api", named=(NamedPort("http", TCP, 80),))
    filtered = policy(ingress=[rule(app("web"), app("db"), port=80, asked=[GET])])
    ground = Ground(filtered, policy(ingress=[more]), pods=(WEB, DB, served))
    assert ground.says(WEB, served) == "open"
    assert ground.says(DB, served) == ("open" if more.peers is None else "filtered")


def test_filters_of_one_end_are_joined_and_those_of_both_ends_are_all_asked() -> None:
    """Of the rules of one end any may let a request pass; it has to pass both ends."""
    here = [policy(ingress=[rule(app("web"), port=80, asked=[one])]) for one in (POST, GET)]
    there = policy("web", egress=[rule(app("api"), port=80, asked=[GET])])
    one, both = Ground(*here), Ground(*here, there)
    ends = one.end(WEB), one.end(API)
    assert one.narrow.filter(*ends, TCP, 80) == ((GET, POST),)
    assert both.narrow.filter(both.end(WEB), both.end(API), TCP, 80) == ((GET,), (GET, POST))


def test_a_denial_takes_what_a_filter_lets_pass() -> None:
    """What is denied is closed for every request, and the filter stays for others."""
    ground = Ground(policy(ingress=[rule(app("web"), app("db"), port=80, asked=[GET]), deny(app("db"))]))
    assert [ground.says(one, API) for one in (WEB, DB)] == ["filtered", "closed"]


def test_lookups_are_a_filter() -> None:
    """DNS lookups of some names pass, and those of all names are no filter."""
    some, every = (
        policy("web", egress=[Rule((app("db"),), (PortRule(Protocol.UDP, 53, 53),), 0, lookups=(pattern,))])
        for pattern in ("*.test", "*")
    )
    ends = [(ground, ground.end(WEB), ground.end(DB)) for ground in (Ground(some), Ground(every))]
    found = [ground.narrow.filter(*pair, Protocol.UDP, 53) for ground, *pair in ends]
    assert found == [((Lookup("*.test"),),), None]
    assert ends[1][0].narrow.allowed(*ends[1][1:]).has(Protocol.UDP, 53)


def compared(one: Iterable[Rule], other: Iterable[Rule], reading: Reading) -> tuple[PortSet, PortSet]:
    """Return what is open to web at api by *one* rules and not by *other*, and the other way round."""
    sets = [[policy(ingress=rules)] for rules in (one, other)]
    space: Universe = universe(PODS, (), sets)
    mine, theirs = (Reach(space, policies, CILIUM, reading) for policies in sets)
    web, api = space.of(WEB), space.of(API)
    return _to(mine.difference(theirs), web, api), _to(theirs.difference(mine), web, api)


def _to(rows: Iterable[tuple[int, int, PortSet]], source: int, target: int) -> PortSet:
    found = NO_PORTS
    for end, sources, more in rows:
        if end == target and source in bits(sources):
            found |= more
    return found


WEB_TO_80 = ports(TCP, 80, 80)


@pytest.mark.parametrize("reading", list(Reading))
@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ([rule(port=80)], [rule(port=80, asked=[GET])], (WEB_TO_80, NO_PORTS)),
        ([rule(port=80, asked=[GET])], [], (WEB_TO_80, NO_PORTS)),
        ([rule(port=80, asked=[GET])], [rule(port=80, asked=[POST])], (WEB_TO_80, WEB_TO_80)),
        ([rule(port=80, asked=[GET])], [rule(port=80, asked=[GET, POST])], (WEB_TO_80, WEB_TO_80)),
        (
            [rule(port=80, asked=[GET, POST])],
            [rule(port=80, asked=[one]) for one in (POST, GET, POST)],
            (NO_PORTS,) * 2,
        ),
        ([rule(port=80, asked=[GET])], [rule(app("web"), port=80, asked=[GET])], (NO_PORTS,) * 2),
    ],
)
def test_filters_are_compared(
    one: list[Rule], other: list[Rule], expected: tuple[PortSet, PortSet], reading: Reading
) -> None:
    """What is filtered is less than what is open and more than what is closed, and other filters are both ways more."""
    assert compared(one, other, reading) == expected


def test_an_explanation_names_the_rule_that_denies() -> None:
    """It comes before the rules that allow, and says with which policy it stands."""
    allowing, denying = policy(ingress=[rule()]), policy(ingress=[deny(app("db"), port=80), deny(app("web"), port=80)])
    ground = Ground(allowing, denying)
    web, api = ground.end(WEB), ground.end(API)
    closed, opened = (explain(ground.narrow, web, api, TCP, port) for port in (80, 81))
    assert closed.ingress.deciding == ((denying, denying.ingress[1]),) if denying.ingress else ()
    assert (closed.allowed, closed.ingress.denies, closed.egress.deciding) == (False, True, ())
    assert (opened.allowed, opened.ingress.denies) == (True, False)
    assert [one for one, _ in opened.ingress.deciding] == [allowing]


def test_an_explanation_tells_the_filter() -> None:
    """Where all rules that allow a connection have filters, it says what passes, and which rules these are."""
    rules = [rule(app("web"), port=80, asked=[POST]), rule(port=80, asked=[GET])]
    ground = Ground(policy(ingress=rules))
    why = explain(ground.narrow, ground.end(WEB), ground.end(API), TCP, 80)
    assert why.ingress.passing == (GET, POST)
    assert (why.egress.passing, why.allowed, why.is_filtered) == (None, True, True)
    assert [one for _, one in why.ingress.deciding] == rules
    own = explain(ground.narrow, ground.end(Entity.HOST), ground.end(API), TCP, 81)
    assert (own.allowed, own.is_filtered, own.ingress.isolated, own.ingress.deciding) == (True, False, True, ())


def test_reasons_for_people_name_the_policy_that_denies() -> None:
    """A denial is told as one, where policies isolate the end and where none does."""
    for more in ([], [policy(ingress=[])]):
        ground = Ground(policy(ingress=[deny(app("web"))], yielding=[Direction.INGRESS]), *more)
        why = explain(ground.narrow, ground.end(WEB), ground.end(API), TCP, 80)
        assert list(closing(why)) == ["ingress: CiliumNetworkPolicy shop/api denies it"]


def test_the_reasons_of_an_answer_name_the_rule_that_denies() -> None:
    """So does the answer to a question, by the rule."""
    rules = "spec: {endpointSelector: {}, enableDefaultDeny: {ingress: false}, ingressDeny: [{fromEndpoints: [{}]}]}"
    manifests = f"apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {{name: a, namespace: shop}}\n{rules}"
    answer = api.can("shop/app=web", "shop/app=api:80", ["-"], cni="cilium", stdin=manifests.encode())
    assert answer.reply is Reply.NO
    cited = "CiliumNetworkPolicy shop/a, ingressDeny rule 0 (<stdin>:4)"
    assert [line for line in answer.why if "denies" in line] == [
        f"ingress of shop/app=api: closed by {cited}, which denies this",
        f"nothing opens it while {cited} denies it",
    ]


def test_a_plain_cluster_has_no_entities() -> None:
    """A cluster with NetworkPolicies alone has the endpoints that it always had, and nothing is filtered."""
    plain = policy(ingress=[rule(BlockPeer(Block("10.0.0.0/8")), port=80)], kind="NetworkPolicy")
    ground = Ground(plain)
    assert {one.kind for one in ground.space.endpoints} == {Kind.WORKLOAD, Kind.STRANGER, Kind.ADDRESSES}
    assert not ground.space.symbols
    assert ground.narrow.filtered(ground.end(API)) == ()
    assert ground.narrow.is_exact


def test_rows_are_what_single_connections_are() -> None:
    """A row has each source once, with the ports that are open to it."""
    policies = (
        clusterwide(INSIDE, ingress=[rule(EVERY_POD), deny(EntityPeer(Entity.REMOTE_NODE))], entities=[Entity.HEALTH]),
        policy(ingress=[rule(port=80, asked=[GET]), deny(app("db"), port=443)], egress=[rule(NamePeer("*.test"))]),
        policy("web", egress=[rule(app("api"), EntityPeer(Entity.WORLD))], yielding=[Direction.EGRESS]),
    )
    ground = Ground(*policies, pods=(*PODS, AGENT))
    for reach in (ground.narrow, ground.wide):
        for target, row in reach.rows():
            seen = {index: found for sources, found in row for index in bits(sources)}
            assert sum(sources.bit_count() for sources, _ in row) == len(seen)
            for source in range(len(ground.space.endpoints)):
                assert reach.allowed(source, target) == seen.get(source, NO_PORTS)
            entering, leaving = reach.entering(target), reach.leaving(target)
            for sources, found in entering:
                assert all(reach.ingress(index, target) == found for index in bits(sources))
            for sources, found in leaving:
                assert all(reach.egress(index, target) == found for index in bits(sources))


def test_nothing_is_enforced_by_a_plugin_that_enforces_nothing() -> None:
    """Then no denial counts either."""
    policies = (policy(ingress=[deny()]),)
    space = universe(PODS, (), [policies])
    reach = Reach(space, policies, PROFILES["flannel"], Reading.WIDE)
    assert reach.allowed(space.of(WEB), space.of(API)) == ALL_PORTS


@pytest.mark.parametrize("entity", list(Entity))
def test_a_name_like_that_of_an_entity_is_another_peer(entity: Entity) -> None:
    """`toFQDNs` of a host called `world` opens nothing that `toEntities: [world]` does, and the reverse."""
    assert NamePeer(str(entity)) != EntityPeer(entity)
    assert len({(NamePeer(str(entity)),), (EntityPeer(entity),)}) == 2
