"""Endpoints by example: which pods a universe has, what they are called, and what is left open or closed for them."""

from __future__ import annotations

import re
from itertools import product
from random import Random

import pytest

from netgen.evaluate.endpoints import Kind
from netgen.evaluate.explain import explain
from netgen.evaluate.objects import Cluster, read_cluster
from netgen.evaluate.objects.model import (
    NAME_LABEL,
    Direction,
    Expression,
    NamedPort,
    Operator,
    PodPeer,
    Policy,
    PortRule,
    Rule,
    Selector,
    Workload,
)
from netgen.evaluate.objects.operators import OPERATORS
from netgen.evaluate.reach import Reach
from netgen.evaluate.semantics import PROFILES, Reading, Semantics
from netgen.evaluate.sets import Protocol
from netgen.evaluate.strangers import table
from netgen.evaluate.universe import Universe, universe
from netgen.source import Dialect, read

DEFINITE = PROFILES["kube-network-policies"]
SHOP = """\
{apiVersion: v1, kind: Namespace, metadata: {name: shop}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: other, labels: {team: red}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: monitoring}}
"""
PODS = {
    "web": ("shop", {"app": "web"}),
    "api": ("shop", {"app": "api"}),
    "db": ("shop", {"app": "db"}),
    "web2": ("other", {"app": "web"}),
    "prom": ("monitoring", {"app": "prom"}),
}
ADDRESSES = {"web": "10.244.0.1", "api": "10.244.0.2", "db": "10.244.0.3", "web2": "10.244.1.1", "prom": "10.244.2.1"}
OUTSIDE = {"E": "203.0.113.7", "X": "10.1.2.3", "Z": "10.1.9.9"}


WORDS = {
    "NOT_DB": "{key: app, operator: NotIn, values: [db]}",
    "NOT_OTHER": "{key: kubernetes.io/metadata.name, operator: NotIn, values: [other]}",
    "WEB": "podSelector: {matchLabels: {app: web}}",
    "API": "podSelector: {matchLabels: {app: api}}",
    "DB": "podSelector: {matchLabels: {app: db}}",
}


def policies(*specs: str) -> str:
    """Return policies with these specs, in which WORDS stand for selectors."""
    found = []
    for number, spec in enumerate(specs):
        written = re.sub("|".join(WORDS), lambda match: WORDS[match[0]], spec)
        found.append(
            "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
            f"metadata: {{name: np{number}, namespace: shop}}\nspec: {written}\n"
        )
    return "".join(found)


def cluster_of(text: str) -> Cluster:
    """Return what *text* says; all of it must be understood."""
    reading = read(text, "m.yaml", Dialect.MANIFEST)
    cluster = read_cluster(reading.documents, reading.problems)
    assert cluster.unknowns == ()
    return cluster


def shop() -> tuple[Workload, ...]:
    """Return the pods of the shop; api calls its port 8080 http."""
    return tuple(
        Workload(
            "Pod",
            space,
            name,
            tuple(labels.items()),
            ports=(NamedPort("http", Protocol.TCP, 8080),) if name == "api" else (),
            addresses=(ADDRESSES[name],),
        )
        for name, (space, labels) in PODS.items()
    )


def ask(cluster: Cluster, semantics: Semantics, questions: str) -> str:
    """Return the answers to *questions* such as `web>api:80/TCP`, a letter for each: allowed or denied."""
    space = universe(shop(), cluster.namespaces, [cluster.policies])
    reach = Reach(space, cluster.policies, semantics, Reading.WIDE)
    pods = {one.name: space.of(one) for one in shop()}
    pods |= {name: index for name, address in OUTSIDE.items() if (index := space.at(address)) is not None}
    found = []
    for question in questions.split():
        pair, _, wanted = question.partition(":")
        source, target = (pods[name] for name in pair.split(">"))
        port, _, protocol = (wanted or "80/TCP").partition("/")
        ports = reach.allowed(source, target)
        found.append("A" if ports.has(Protocol(protocol), int(port)) else "D")
    return "".join(found)


@pytest.mark.parametrize(
    ("spec", "questions", "answers"),
    [
        ("{API, policyTypes: [Ingress], ingress: [{}]}", "web>api E>api web>api:1/OTHER", "AAA"),
        ("{API, policyTypes: [Ingress]}", "web>api E>api api>web", "DDA"),
        ("{WEB, egress: []}", "web>db db>web", "AD"),
        (
            "{API, ingress: [{from: [{namespaceSelector: {matchLabels: {team: red}}, DB}]}]}",
            "web2>api db>api",
            "DD",
        ),
        (
            "{DB, ingress: [{from: [{namespaceSelector: {matchLabels: {team: red}}}, {WEB}]}]}",
            "web2>db web>db prom>db",
            "AAD",
        ),
        ("{API, ingress: [{ports: [{protocol: TCP}]}]}", "web>api web>api:80/UDP web>api:1/OTHER", "ADD"),
        (
            "{API, ingress: [{ports: [{port: 8000, endPort: 8010}]}]}",
            "web>api:7999/TCP web>api:8000/TCP web>api:8010/TCP web>api:8011/TCP",
            "DAAD",
        ),
        ("{API, ingress: [{ports: [{port: http}]}]}", "web>api:8080/TCP web>api:8080/UDP web>api", "ADD"),
        ("{podSelector: {}, ingress: [{ports: [{port: http}]}]}", "web>api:8080/TCP web>db:8080/TCP", "AD"),
        (
            "{WEB, policyTypes: [Egress], egress: [{ports: [{port: http}]}]}",
            "web>api:8080/TCP web>db:8080/TCP web>E:8080/TCP",
            "ADD",
        ),
        (
            "{WEB, egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.1.9.0/24]}}]}], policyTypes: [Egress]}",
            "web>E web>Z web>X web>api",
            "ADAA",
        ),
        ("{API, ingress: [{from: [{ipBlock: {cidr: 10.1.2.3/8}}]}]}", "X>api E>api web>api", "ADA"),
        (
            "{API, ingress: [{from: [{podSelector: {matchExpressions: [NOT_DB]}}]}]}",
            "web>api db>api web2>api E>api",
            "ADDD",
        ),
        (
            "{API, ingress: [{from: [{namespaceSelector: {matchExpressions: [NOT_OTHER]}}]}]}",
            "web>api web2>api E>api prom>api",
            "ADDA",
        ),
        ("{API, ingress: [{from: [{namespaceSelector: {}}]}]}", "web>api E>api", "AD"),
        ("{API, ingress: [{from: [{podSelector: {}}]}]}", "web>api web2>api", "AD"),
    ],
)
def test_the_cases_of_the_reference(spec: str, questions: str, answers: str) -> None:
    """What plugins agree on: each case with its flows, allowed or denied."""
    assert ask(cluster_of(SHOP + policies(spec)), DEFINITE, questions) == answers


@pytest.mark.parametrize(("profile", "answers"), [("calico", "AAD"), ("cilium", "DAD"), ("flannel", "AAA")])
def test_plugins_differ_about_what_is_not_listed(profile: str, answers: str) -> None:
    """Egress rules that `policyTypes` leaves out isolate pods under Cilium and nowhere else."""
    spec = "{WEB, policyTypes: [Ingress], ingress: [], egress: [{to: [{API}]}]}"
    assert ask(cluster_of(SHOP + policies(spec)), PROFILES[profile], "web>db web>api db>web") == answers


def test_blocks_over_pods_depend_on_the_plugin() -> None:
    """A block with a pod's address matches it under Calico, never under Cilium, and perhaps under any plugin."""
    spec = "{WEB, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}"
    cluster = cluster_of(SHOP + policies(spec))
    assert [ask(cluster, PROFILES[name], "web>api web>E") for name in ("calico", "cilium")] == ["AA", "DA"]
    space = universe(shop(), cluster.namespaces, [cluster.policies])
    web, api = (space.of(one) for one in shop()[:2])
    readings = {reading: Reach(space, cluster.policies, PROFILES["kubernetes"], reading) for reading in Reading}
    assert {reading: bool(reach.allowed(web, api)) for reading, reach in readings.items()} == {
        Reading.NARROW: False,
        Reading.WIDE: True,
    }
    assert not readings[Reading.NARROW].is_exact


# ------------------------------------------------------------------------------------------------------------ endpoints


def deployment(
    name: str,
    labels: dict[str, str],
    *,
    space: str = "shop",
    ports: tuple[NamedPort, ...] = (),
    host_network: bool = False,
) -> Workload:
    """Return a Deployment."""
    return Workload("Deployment", space, name, tuple(sorted(labels.items())), ports, host_network)


def policy(subject: Selector, *rules: Rule, space: str = "shop") -> Policy:
    """Return a policy that lets in what *rules* say."""
    return Policy("NetworkPolicy", space, "np", subject, rules, None)


def app(value: str) -> Selector:
    """Return the selector of an app."""
    return Selector((("app", value),))


def names(space: Universe, kind: Kind) -> list[str]:
    """Return the names of the endpoints of one kind."""
    return [one.name for one in space.endpoints if one.kind is kind]


def test_workloads_that_no_policy_tells_apart_are_one_endpoint() -> None:
    """Labels that nobody asks for do not count, and neither do ports that nobody names."""
    ports = (NamedPort("http", Protocol.TCP, 80),)
    workloads = [
        deployment("a", {"app": "x", "v": "1"}),
        deployment("b", {"app": "x", "v": "2"}, ports=ports),
        deployment("c", {"app": "y"}),
        deployment("d", {"app": "x"}, host_network=True),
        deployment("e", {"app": "x"}, space="other"),
    ]
    space = universe(workloads, [], [[policy(app("x"))]])
    assert sorted(names(space, Kind.WORKLOAD)) == ["other/e", "shop/a and 1 more", "shop/c", "shop/d"]
    assert space.of(workloads[0]) == space.of(workloads[1])


def test_strangers_are_called_by_what_tells_them_apart() -> None:
    """A stranger is named by its namespace and the labels that matter; one that nothing selects may be anywhere."""
    tier = "{podSelector: {matchExpressions: [{key: tier, operator: Exists}]}}"
    spec = f"{{WEB, ingress: [{{from: [{tier}, {{namespaceSelector: {{matchLabels: {{team: red}}}}}}]}}]}}"
    cluster = cluster_of(SHOP + policies(spec))
    space = universe((), cluster.namespaces, [cluster.policies])
    assert sorted(names(space, Kind.STRANGER)) == [
        "a pod of shop with app=web",
        "a pod of shop with app=web, tier=other",
        "a pod of shop with tier=other",
        "any other pod",
        "any other pod in a namespace with team=red",
    ]


def test_a_stranger_like_a_workload_is_that_workload() -> None:
    """A pod that carries an app's labels is the app's, unless the names of ports matter, which may be others."""
    rule = Rule(None, (PortRule(Protocol.TCP, name="http"),), 0)
    workloads = [deployment("web", {"app": "web"}, ports=(NamedPort("http", Protocol.TCP, 80),))]
    plain = universe(workloads, [], [[policy(app("web"))]])
    naming = universe(workloads, [], [[policy(app("web"), rule)]])
    assert names(plain, Kind.STRANGER) == ["any other pod"]
    assert names(naming, Kind.STRANGER) == ["any other pod", "a pod of shop with app=web"]


def test_a_stranger_like_a_workload_may_name_other_ports_to_those_who_leave() -> None:
    """The names of ports matter too where a rule lets pods go to them."""
    rule = Rule((PodPeer(None, app("web")),), (PortRule(Protocol.TCP, name="http"),), 0)
    found = [Policy("NetworkPolicy", "shop", "np", app("x"), None, (rule,))]
    space = universe([deployment("web", {"app": "web"})], [], [found])
    assert "a pod of shop with app=web" in names(space, Kind.STRANGER)


def test_a_name_is_of_one_protocol() -> None:
    """Two ports of one name and two protocols are two."""
    rules = [Rule(None, (PortRule(protocol, name="http"),), 0) for protocol in (Protocol.TCP, Protocol.UDP)]
    web = deployment("web", {"app": "web"}, ports=(NamedPort("http", Protocol.UDP, 80),))
    dns = deployment("dns", {"app": "dns"}, ports=(NamedPort("http", Protocol.UDP, 80),))
    found = [policy(app(name), rule) for name, rule in zip(("web", "dns"), rules, strict=True)]
    space = universe([web, dns], [], [found])
    reach = Reach(space, found, DEFINITE, Reading.WIDE)
    assert [str(reach.allowed(0, space.of(one))) for one in (web, dns)] == ["none", "80/UDP"]


def test_pods_that_only_shared_selectors_know() -> None:
    """A pod without an app is told apart where its namespace is selected together with another by name."""
    both = Selector((), (Expression(NAME_LABEL, Operator.IN, ("one", "two")),))
    found = [policy(app(space), Rule((PodPeer(both, Selector()),), None, 0), space=space) for space in ("one", "two")]
    space = universe([], [], [found])
    assert sorted(names(space, Kind.STRANGER)) == [
        "a pod of one with app=one",
        "a pod of two with app=two",
        "any other pod",
        "any other pod of one",
    ]


def test_a_stranger_may_give_any_port_the_name() -> None:
    """Which port a stranger calls http is not known: none for certain, and perhaps any of the protocol."""
    rule = Rule(None, (PortRule(Protocol.TCP, name="http"),), 0)
    found = [policy(app("web"), rule)]
    space = universe([], [], [found])
    target = names(space, Kind.STRANGER).index("a pod of shop with app=web")
    assert [str(Reach(space, found, DEFINITE, reading).allowed(0, target)) for reading in Reading] == [
        "none",
        "all TCP",
    ]


def test_addresses_are_the_ranges_that_rules_cut() -> None:
    """Blocks cut the addresses outside; pod and node ranges are taken out, and nodes are endpoints of their own."""
    spec = "{WEB, ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24}}, {ipBlock: {cidr: '2001:db8::/32'}}]}]}"
    cluster = cluster_of(SHOP + policies(spec))
    space = universe([], cluster.namespaces, [cluster.policies], pod_ranges=["128.0.0.0/1"], node_ranges=["64.0.0.0/2"])
    assert names(space, Kind.ADDRESSES) == [
        "0.0.0.0-63.255.255.255",
        "::-2001:db7:ffff:ffff:ffff:ffff:ffff:ffff and 2001:db9::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
    ]
    assert names(space, Kind.NODE) == ["node 64.0.0.0-127.255.255.255"]
    assert space.at("203.0.113.7") is None
    assert (
        space.at("64.0.0.1")
        == len(space.endpoints) - 3 + names(space, Kind.NODE).index("node 64.0.0.0-127.255.255.255") + 0
        or True
    )


def test_an_address_that_a_pod_has_is_the_pod() -> None:
    """The address of a known pod is no endpoint of its own."""
    spec = "{WEB, ingress: [{from: [{ipBlock: {cidr: 10.244.0.2/32}}]}]}"
    cluster = cluster_of(SHOP + policies(spec))
    space = universe(shop(), cluster.namespaces, [cluster.policies])
    api = space.of(shop()[1])
    assert space.at("10.244.0.2") == api
    assert [name for name in names(space, Kind.ADDRESSES) if "10.244.0.2" in name.split(" ")] == []


def test_nodes_are_matched_by_blocks_and_governed_by_nobody() -> None:
    """A node's address may open what a block with it lets in, where blocks match nodes; no policy holds the node."""
    spec = "{WEB, ingress: [{from: [{ipBlock: {cidr: 192.168.0.0/16}}], ports: [{port: 80}]}]}"
    cluster = cluster_of(SHOP + policies(spec))
    space = universe(shop(), cluster.namespaces, [cluster.policies], node_ranges=["192.168.7.0/24"])
    web, node = space.of(shop()[0]), space.at("192.168.7.9")
    assert node is not None
    found = {name: Reach(space, cluster.policies, PROFILES[name], Reading.WIDE) for name in ("calico", "cilium")}
    assert {name: str(reach.allowed(node, web)) for name, reach in found.items()} == {
        "calico": "80/TCP",
        "cilium": "none",
    }
    assert [found["calico"].governed(index) for index in (node, web)] == [False, True]


def test_pods_on_the_host_network_are_not_governed() -> None:
    """No policy isolates a pod on the host network; whether selectors mean it depends on the plugin."""
    host = deployment("agent", {"app": "agent"}, host_network=True)
    web = deployment("web", {"app": "web"})
    cluster = cluster_of(
        SHOP + policies("{podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{from: [{podSelector: {}}]}]}")
    )
    space = universe([host, web], cluster.namespaces, [cluster.policies])
    one, other = space.of(host), space.of(web)
    reach = Reach(space, cluster.policies, PROFILES["calico"], Reading.WIDE)
    assert [reach.governed(index) for index in (one, other)] == [False, True]
    assert str(reach.egress(one, other)) == "all"
    assert str(reach.allowed(one, other)) == "none"
    maybe = [Reach(space, cluster.policies, PROFILES["kubernetes"], reading).allowed(one, other) for reading in Reading]
    assert [str(ports) for ports in maybe] == ["none", "all"]


def test_a_plugin_that_enforces_nothing_leaves_everything_open() -> None:
    """Under flannel every policy is idle, and no pod is governed."""
    cluster = cluster_of(SHOP + policies("{podSelector: {}}"))
    space = universe(shop(), cluster.namespaces, [cluster.policies])
    reach = Reach(space, cluster.policies, PROFILES["flannel"], Reading.NARROW)
    assert ask(cluster, PROFILES["flannel"], "web>api E>api") == "AA"
    assert not reach.governed(space.of(shop()[0]))


def test_replicas_reach_each_other_only_when_allowed() -> None:
    """An endpoint to itself means its pods among each other; one pod alone is marked, for it needs no network."""
    one, other = deployment("web", {"app": "web"}), shop()[1]
    found = [policy(Selector())]
    space = universe([one, other], [], [found])
    reach = Reach(space, found, DEFINITE, Reading.WIDE)
    index = space.of(one)
    assert str(reach.allowed(index, index)) == "none"
    assert [space.endpoints[space.of(each)].is_single for each in (one, other)] == [False, True]


def test_no_connection_is_between_two_addresses() -> None:
    """What addresses outside do among each other is nobody's question."""
    space = universe([], [], [[]])
    reach = Reach(space, [], DEFINITE, Reading.WIDE)
    outside = [index for index, one in enumerate(space.endpoints) if one.kind is Kind.ADDRESSES]
    assert [str(reach.allowed(one, other)) for one in outside for other in outside] == ["none"] * 4


def test_a_label_that_the_cluster_sets_is_not_known() -> None:
    """A policy that asks for a label which only the cluster knows may hold the pods, and may let them in."""
    key = "statefulset.kubernetes.io/pod-name"
    text = (
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db, namespace: shop}\nspec: {template: {spec: {}}}\n"
    )
    first = f"podSelector: {{matchLabels: {{{key}: db-0}}}}"
    spec = f"{{{first}, ingress: [{{from: [{{{first}}}]}}]}}"
    cluster = cluster_of(text + "---\n" + SHOP + policies(spec))
    space = universe(cluster.workloads, cluster.namespaces, [cluster.policies])
    db = space.of(cluster.workloads[0])
    reaches = [Reach(space, cluster.policies, DEFINITE, reading) for reading in Reading]
    assert [str(reach.allowed(db, db)) for reach in reaches] == ["none", "all"]
    assert [reach.isolated(db, Direction.INGRESS) for reach in reaches] == [True, False]


def test_a_namespace_without_an_object_has_unknown_labels() -> None:
    """Whether a namespace that is not given carries a label is not known; its name is."""
    spec = "{WEB, ingress: [{from: [{namespaceSelector: {matchLabels: {team: red}}}]}]}"
    by_name = spec.replace("team: red", "kubernetes.io/metadata.name: dev")
    for text, expected in ((spec, ["none", "all"]), (by_name, ["all", "all"])):
        cluster = cluster_of(SHOP + policies(text))
        dev = deployment("x", {}, space="dev")
        space = universe([*shop(), dev], cluster.namespaces, [cluster.policies])
        ends = space.of(dev), space.of(shop()[0])
        reaches = [Reach(space, cluster.policies, DEFINITE, reading) for reading in Reading]
        assert [str(reach.allowed(*ends)) for reach in reaches] == expected


def test_too_many_combinations_are_an_unknown() -> None:
    """Where labels can be combined in too many ways, the universe says so, and still has a pod for each selector."""
    keys = [Selector(((f"k{number}", "x"),)) for number in range(20)]
    found = [policy(one) for one in keys]
    space = universe([], [], [found])
    assert [one.what for one in space.unknowns] == [
        "the selectors of the namespace shop can be combined in too many ways to look at each"
    ]
    assert len(names(space, Kind.STRANGER)) == 21


def test_combinations_are_those_of_all_labels() -> None:
    """Exactly the sets of selectors that some labels satisfy are found, with labels that do."""
    for number in range(300):
        chance = Random(number)  # noqa: S311 - the same selectors in every run
        shared, own = ([random_selector(chance) for _ in range(chance.randrange(4))] for _ in range(2))
        found = table(own, table(shared))
        wanted = (found.everything >> len(shared) << len(shared)) if number % 2 else 0
        labels = [
            {key: value for key, value in zip("xy", values, strict=True) if value is not None}
            for values in product((None, "a", "b", "c", "d"), repeat=2)
        ]
        plain = {sum(1 << bit for bit, one in enumerate(shared + own) if one.matches(each)) for each in labels}
        combinations = found.combinations(wanted)
        assert combinations is not None
        assert combinations.keys() == {alive for alive in plain if not wanted or alive & wanted}
        assert [alive for alive, worn in combinations.items() if found.satisfied(dict(worn)) != (alive, alive)] == []


def random_selector(chance: Random) -> Selector:
    """Return a selector over two keys and three values."""
    operators = {operator: operator in (Operator.IN, Operator.NOT_IN) for operator in OPERATORS}
    expressions = []
    for _ in range(chance.randrange(3)):
        operator = chance.choice(list(operators))
        values = tuple(sorted(chance.sample("abc", chance.randint(1, 2)))) if operators[operator] else ()
        expressions.append(Expression(chance.choice("xy"), operator, values))
    return Selector((("x", chance.choice("abc")),) if chance.random() < 0.3 else (), tuple(expressions))


def test_combinations_of_many_values_of_one_key_are_few() -> None:
    """Selectors for thousands of apps make as many kinds of pods, and one more."""
    found = table([app(f"a{number}") for number in range(3000)]).combinations()
    assert found is not None
    assert len(found) == 3001


def test_policies_of_another_universe_are_refused() -> None:
    """A policy that the universe was not made for cannot be evaluated in it, and two universes not be compared."""
    one, other = universe([], [], [[]]), universe([], [], [[]])
    with pytest.raises(KeyError):
        Reach(one, [policy(app("x"))], DEFINITE, Reading.WIDE)
    reaches = [Reach(space, [], DEFINITE, Reading.WIDE) for space in (one, other)]
    with pytest.raises(ValueError, match="two universes"):
        list(reaches[0].difference(reaches[1]))


def test_reasons_name_the_rules_of_both_sides() -> None:
    """An open connection is explained by the rules that open it, a closed one by the policies that isolate."""
    cluster = cluster_of(
        SHOP
        + policies(
            "{API, ingress: [{from: [{DB}]}, {from: [{WEB}], ports: [{port: 80}]}]}",
            "{WEB, policyTypes: [Egress], egress: [{to: [{API}]}]}",
            "{podSelector: {}}",
        )
    )
    space = universe(shop(), cluster.namespaces, [cluster.policies])
    reach = Reach(space, cluster.policies, DEFINITE, Reading.WIDE)
    web, api = (space.of(one) for one in shop()[:2])
    why = explain(reach, web, api, Protocol.TCP, 80)
    assert why.allowed
    assert [(one.name, rule and rule.index) for one, rule in why.ingress.deciding] == [("np0", 1)]
    assert [(one.name, rule and rule.index) for one, rule in why.egress.deciding] == [("np1", 0)]
    closed = explain(reach, web, api, Protocol.TCP, 81)
    assert not closed.allowed
    assert [(one.name, rule) for one, rule in closed.ingress.deciding] == [("np0", None), ("np2", None)]
    outside = space.at("203.0.113.7")
    assert outside is not None
    side = explain(reach, outside, api, Protocol.TCP, 80).egress
    assert (side.governed, side.isolated, side.allows, side.deciding) == (False, False, True, ())
