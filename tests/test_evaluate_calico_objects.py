"""Calico's objects, whoever wrote them: each field is read, or named as not evaluated, or refused as Calico does."""

from __future__ import annotations

import math
from typing import Any

import pytest

from netgen.evaluate.addresses import Block
from netgen.evaluate.endpoints import Kind
from netgen.evaluate.objects import Cluster, read_cluster
from netgen.evaluate.objects.calico.sets import ADMIN, BASELINE, DEFAULT
from netgen.evaluate.objects.model import (
    NAME_LABEL,
    PLAIN,
    SERVICE_ACCOUNT,
    Action,
    BlockPeer,
    Direction,
    Entity,
    EntityPeer,
    Expression,
    Operator,
    PodPeer,
    Policy,
    PortRule,
    Rule,
    Selector,
    Tier,
)
from netgen.evaluate.reach import Reach
from netgen.evaluate.semantics import PROFILES, Reading
from netgen.evaluate.sets import FIRST, LAST, NO_PORTS, Protocol, icmp, ports
from netgen.evaluate.universe import universe
from netgen.source import Dialect, read
from writing import plainly

Body = dict[str, Any]
TCP, UDP, SCTP, OTHER = Protocol.TCP, Protocol.UDP, Protocol.SCTP, Protocol.OTHER
WEB = Selector((("app", "web"),))
EVERYWHERE = ("0.0.0.0/0", "::/0")
REFUSED = "NetworkPolicy.projectcalico.org is not understood: "
NEVER = "NetworkPolicy.projectcalico.org is not evaluated: "


def an_object(kind: str, spec: Body | None, name: str = "x", namespace: str = "", **metadata: Any) -> Body:
    """Return an object of projectcalico.org/v3."""
    named = {"name": name} | ({"namespace": namespace} if namespace else {}) | metadata
    return {"apiVersion": "projectcalico.org/v3", "kind": kind, "metadata": named, "spec": spec}


def np(name: str = "x", **spec: Any) -> Body:
    """Return a NetworkPolicy of the namespace shop about the app api."""
    return an_object("NetworkPolicy", {"selector": "app == 'api'", "types": ["Ingress"], **spec}, name, "shop")


def gnp(name: str = "x", **spec: Any) -> Body:
    """Return a GlobalNetworkPolicy about the app api."""
    return an_object("GlobalNetworkPolicy", {"selector": "app == 'api'", "types": ["Ingress"], **spec}, name)


def allowing(source: Body | None = None, /, **rule: Any) -> Body:
    """Return a NetworkPolicy with one rule, for *source*."""
    return np(ingress=[{"action": "Allow", **({} if source is None else {"source": source}), **rule}])


def core(kind: str, name: str, namespace: str = "shop", version: str = "v1", **body: Any) -> Body:
    """Return an object of another group; *labels* are of its metadata."""
    metadata = {"name": name, "namespace": namespace, "labels": body.pop("labels", {})}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **body}


def service(name: str, **spec: Any) -> Body:
    """Return a Service of the namespace shop."""
    return core("Service", name, spec={"ports": [{"port": 80}], **spec})


KNP = core("NetworkPolicy", "k", version="networking.k8s.io/v1", spec={"podSelector": {}})


def cluster_of(*bodies: Body, cni: str = "calico") -> Cluster:
    """Return what *bodies* say."""
    reading = read(plainly(list(bodies)), "m.yaml", Dialect.MANIFEST)
    return read_cluster(reading.documents, reading.problems, cni=cni)


def policies_of(*bodies: Body) -> tuple[Policy, ...]:
    """Return the policies of *bodies*, of which all is understood."""
    cluster = cluster_of(*bodies)
    assert cluster.unknowns == ()
    return cluster.policies


def rule_of(body: Body, *others: Body) -> Rule:
    """Return the one rule of the one policy *body*."""
    (policy,) = policies_of(body, *others)
    (rule,) = (*(policy.ingress or ()), *(policy.egress or ()))
    return rule


def told(*bodies: Body) -> list[str]:
    """Return what is not known of *bodies*."""
    return [one.what for one in cluster_of(*bodies).unknowns]


# ------------------------------------------------------------------------------------------------------ policies, tiers


def test_a_policy_is_read_whole() -> None:
    """It has its kind as kubectl names it, its pods, its tier and order, and its rules as they are written."""
    rules = [{"action": "Log"}, {"action": "Deny"}, {"action": "Pass", "protocol": "UDP"}]
    (found,) = policies_of(np(order=7.5, types=["Ingress", "Egress"], ingress=rules, tier="default"))
    ingress = (Rule(None, None, 1, action=Action.DENY), Rule(None, (PortRule(UDP),), 2, action=Action.PASS))
    subject = Selector((("app", "api"),))
    kind = "NetworkPolicy.projectcalico.org"
    assert found == Policy(kind, "shop", "x", subject, ingress, (), tier=DEFAULT, order=7.5)
    (found,) = policies_of(gnp(namespaceSelector="team in {'a', 'b'}"))
    scope = Selector((), (Expression("team", Operator.IN, ("a", "b")),))
    kind = "GlobalNetworkPolicy.projectcalico.org"
    assert found == Policy(kind, "", "x", subject, (), None, scope=scope, tier=DEFAULT, order=math.inf)


def test_a_direction_that_types_leave_out_is_not_touched() -> None:
    """Its rules do nothing."""
    (found,) = policies_of(np(egress=[{"action": "Deny"}]))
    assert (found.ingress, found.egress) == ((), None)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, Tier(math.inf, "own", ordered=True, isolates=True)),
        ({"order": 5}, Tier(5, "own", ordered=True, isolates=True)),
        ({"order": 5, "defaultAction": "Pass"}, Tier(5, "own", ordered=True, isolates=False)),
    ],
)
def test_a_tier_is_that_of_its_policies(spec: Body, expected: Tier) -> None:
    """Without an order it is the last, and without an action it closes what no rule decides."""
    (found,) = policies_of(an_object("Tier", spec, "own"), gnp("own.x", tier="own"))
    assert found.tier == expected


def test_policies_of_kubernetes_are_in_calicos_tiers_beside_its_own() -> None:
    """Without a policy of Calico they stay as they are, which is the same."""
    assert [(one.tier, one.order) for one in policies_of(KNP)] == [(PLAIN, 0)]
    assert [(one.tier, one.order) for one in policies_of(KNP, np(order=5))] == [(DEFAULT, 1000), (DEFAULT, 5)]
    spec: Body = {"tier": "Admin", "priority": 3, "subject": {"namespaces": {}}}
    admin = core("ClusterNetworkPolicy", "a", version="policy.networking.k8s.io/v1alpha2", spec=spec)
    base = core(
        "ClusterNetworkPolicy", "b", version="policy.networking.k8s.io/v1alpha2", spec=spec | {"tier": "Baseline"}
    )
    found = policies_of(admin, base, np(order=5))
    assert [(one.tier, one.order) for one in found] == [(ADMIN, 3), (BASELINE, 3), (DEFAULT, 5)]


def test_alternatives_are_as_many_policies() -> None:
    """A selector with alternatives is as many policies of one name, each with all rules."""
    found = policies_of(np(selector="app == 'a' || has(b)", ingress=[{"action": "Deny"}]))
    assert [str(one.subject) for one in found] == ["app=a", "b Exists"]
    assert {(one.name, one.order, one.ingress) for one in found} == {
        ("x", math.inf, (Rule(None, None, 0, action=Action.DENY),))
    }


def test_rules_about_some_of_the_pods_stay_in_order() -> None:
    """They are policies of those pods, between those with the rules before and behind; all of it is isolated."""
    rules = [{"action": "Allow"}, {"action": "Deny", "destination": {"selector": "has(b)"}}, {"action": "Pass"}]
    found = policies_of(np(ingress=rules))
    assert [(str(one.subject), [rule.index for rule in one.ingress or ()]) for one in found] == [
        ("app=api", []),
        ("app=api", [0]),
        ("app=api, b Exists", [1]),
        ("app=api", [2]),
    ]


def test_staged_policies_are_none() -> None:
    """They are looked at, and do nothing."""
    spec: Body = {"selector": "all()", "types": ["Ingress"], "stagedAction": "Set"}
    staged = an_object("StagedNetworkPolicy", spec, namespace="shop")
    everywhere = an_object("StagedGlobalNetworkPolicy", spec)
    kubernetes = an_object(
        "StagedKubernetesNetworkPolicy", {"podSelector": {}, "stagedAction": "Set"}, namespace="shop"
    )
    assert policies_of(staged, everywhere, kubernetes, KNP) == policies_of(KNP)
    spec = {"selector": "app = 'x'"}
    (what,) = told(an_object("StagedNetworkPolicy", spec, namespace="shop"))
    assert what.startswith("a StagedNetworkPolicy.projectcalico.org is not understood: the selector \"app = 'x'\"")


def test_endpoints_of_hosts_are_named() -> None:
    """Policies hold nodes then, which nobody here evaluates."""
    assert told(an_object("HostEndpoint", {"node": "n"})) == [
        "a HostEndpoint.projectcalico.org is not evaluated: policies then hold nodes too"
    ]


def test_what_calico_stores_is_to_be_given_as_people_write_it() -> None:
    """The kinds of crd.projectcalico.org are named, with the command that prints the others."""
    body = core("NetworkPolicy", "x", version="crd.projectcalico.org/v1")
    (unknown,) = cluster_of(body).unknowns
    assert unknown.fix == (
        "that is how Calico stores it: give it as projectcalico.org/v3, which "
        "`kubectl get networkpolicies.projectcalico.org -o yaml` prints"
    )


def test_service_accounts_are_read_for_calico_only() -> None:
    """Two alike are one; elsewhere nobody asks for them."""
    account = core("ServiceAccount", "a", labels={"role": "front"})
    assert told(account, account) == []
    assert told(account, account | {"metadata": {"name": "a", "namespace": "shop"}}) == [
        "ServiceAccount a stands twice, and only one of the two can be in the cluster"
    ]
    assert cluster_of(account, account | {"metadata": {"name": "a"}}, cni="kubernetes").unknowns == ()


# ---------------------------------------------------------------------------------------------------------------- peers


@pytest.mark.parametrize(
    ("source", "peers"),
    [
        ({}, None),
        ({"selector": "app == 'web'"}, [PodPeer(None, WEB)]),
        ({"selector": "app == 'web' && projectcalico.org/orchestrator == 'k8s'"}, [PodPeer(None, WEB)]),
        ({"selector": "app in {'web'}", "namespaceSelector": "all()"}, [PodPeer(Selector(), WEB)]),
        ({"selector": "all()", "namespaceSelector": "projectcalico.org/name == 'shop'"}, [PodPeer(None, Selector())]),
        (
            {"namespaceSelector": "kubernetes.io/metadata.name == 'other'"},
            [PodPeer(Selector(((NAME_LABEL, "other"),)), Selector())],
        ),
        (
            {"namespaceSelector": "has(projectcalico.org/name) && projectcalico.org/name not in {'b', 'a'}"},
            [PodPeer(Selector((), (Expression(NAME_LABEL, Operator.NOT_IN, ("a", "b")),)), Selector())],
        ),
        (
            {"selector": "app == 'web' || a starts with 'b'"},
            [PodPeer(None, WEB), PodPeer(None, Selector((), (Expression("a", Operator.STARTS_WITH, ("b",)),)))],
        ),
        ({"serviceAccounts": {"names": ["one"]}}, [PodPeer(None, Selector(((SERVICE_ACCOUNT, "one"),)))]),
        (
            {"selector": "projectcalico.org/serviceaccount == 'one'"},
            [PodPeer(None, Selector(((SERVICE_ACCOUNT, "one"),)))],
        ),
        (
            {"selector": "has(projectcalico.org/serviceaccount) && has(projectcalico.org/namespace)"},
            [PodPeer(None, Selector())],
        ),
        (
            {"selector": "app != 'no value' && !has(no key)".replace("no key", "-") + " && app not in {}"},
            [PodPeer(None, Selector())],
        ),
        (
            {"nets": ["10.0.0.0/8"], "notNets": ["10.1.0.0/16", "192.0.2.0/24"]},
            [BlockPeer(Block("10.0.0.0/8", ("10.1.0.0/16",)))],
        ),
        ({"notNets": ["fd00::/8"]}, [BlockPeer(Block("::/0", ("fd00::/8",)))]),
        ({"selector": "!all()"}, []),
    ],
)
def test_peers_are_read(source: Body, peers: list[Any] | None) -> None:
    """Selectors are those of pods, of the policy's namespace or of namespaces by label; addresses are blocks."""
    assert rule_of(allowing(source)).peers == (None if peers is None else tuple(peers))


def test_what_a_global_policy_leaves_out_is_everybody_else() -> None:
    """A notSelector alone means other pods, and all addresses that are no pods'."""
    (found,) = policies_of(gnp(ingress=[{"action": "Deny", "source": {"notSelector": "app == 'web'"}}]))
    other = Selector((), (Expression("app", Operator.NOT_IN, ("web",)),))
    blocks = tuple(BlockPeer(Block(cidr), pods=False) for cidr in EVERYWHERE)
    assert found.ingress == (Rule((PodPeer(Selector(), other), *blocks), None, 0, action=Action.DENY),)


def test_sets_are_their_addresses() -> None:
    """Those with the labels are meant, in a namespace those of it; a set has the labels of its namespace too."""
    spec: Body = {"nets": ["203.0.113.7", "198.51.100.9/24"]}
    own = an_object("NetworkSet", spec, "own", "shop", labels={"app": "web"})
    other = an_object("NetworkSet", {"nets": ["192.0.2.1"]}, "other", "other", labels={"app": "web"})
    everywhere = an_object("GlobalNetworkSet", {"nets": ["2001:db8::/32"]}, "all", labels={"app": "web"})
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "other", "labels": {"team": "b"}}}
    given = (own, other, everywhere, space)
    blocks = tuple(BlockPeer(Block(cidr)) for cidr in ("203.0.113.7/32", "198.51.100.0/24"))
    assert rule_of(allowing({"selector": "app == 'web'"}), *given).peers == (PodPeer(None, WEB), *blocks)
    elsewhere = {"selector": "app == 'web'", "namespaceSelector": "team == 'b'"}
    pods = PodPeer(Selector((("team", "b"),)), WEB)
    found = cluster_of(allowing(elsewhere), *given)
    assert [one.what for one in found.unknowns] == [
        f"a {NEVER}it selects by labels of the namespace shop, where the NetworkSet own is"
    ]
    named = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    assert rule_of(allowing(elsewhere), *given, named).peers == (pods, BlockPeer(Block("192.0.2.1/32")))
    at_all = {"selector": "app == 'web'", "namespaceSelector": "global()"}
    assert rule_of(allowing(at_all), *given).peers == (BlockPeer(Block("2001:db8::/32")),)
    narrowed = {"selector": "app == 'web' && !has(projectcalico.org/orchestrator)", "nets": ["203.0.113.0/29"]}
    assert rule_of(allowing(narrowed), *given).peers == (BlockPeer(Block("203.0.113.7/32")),)


def test_names_of_ports_are_those_of_the_pods_that_the_labels_select() -> None:
    """A pod whose address is in a network set has no names of ports for a rule that selects the set and not the pod."""
    nets = an_object("GlobalNetworkSet", {"nets": ["10.0.0.0/30"]}, labels={"set": "a"})
    end = {"selector": "set == 'a'", "namespaceSelector": "global()", "ports": ["http", 8080]}
    body = np(types=["Egress"], egress=[{"action": "Allow", "protocol": "TCP", "destination": end}])
    pod = {"containers": [{"name": "c", "ports": [{"name": "http", "containerPort": 80}]}]}
    api = core("Pod", "api", labels={"app": "api"}, spec=pod, status={"podIP": "10.0.0.6"})
    other = core("Pod", "other", spec=pod, status={"podIP": "10.0.0.1"})
    cluster = cluster_of(body, nets, api, other)
    assert cluster.unknowns == ()
    space = universe(cluster.workloads, cluster.namespaces, [cluster.policies])
    found = {Reach(space, cluster.policies, PROFILES["calico"], reading) for reading in Reading}
    one, two = (space.at(address) for address in ("10.0.0.6", "10.0.0.1"))
    assert one is not None
    assert two is not None
    assert {each.allowed(one, two) for each in found} == {ports(TCP, 8080, 8080)}


def test_names_of_ports_are_those_of_the_pods_that_a_policy_lets_others_in_to() -> None:
    """From a network set too, the ports that a policy opens by name are those of its own pods."""
    nets = an_object("GlobalNetworkSet", {"nets": ["192.0.2.1"]}, labels={"set": "a"})
    rule = {
        "source": {"selector": "set == 'a'", "namespaceSelector": "global()"},
        "destination": {"ports": ["http", 81]},
    }
    found = rule_of(np(ingress=[{"action": "Allow", "protocol": "TCP", **rule}]), nets)
    assert found == Rule((BlockPeer(Block("192.0.2.1/32")),), (PortRule(TCP, 81, 81), PortRule(TCP, name="http")), 0)


def test_services_are_the_pods_behind_them() -> None:
    """As a target on the ports that they listen on, as a source whatever the port."""
    ports_of = [{"port": 80, "targetPort": "http"}, {"port": 53, "targetPort": 5353, "protocol": "UDP"}]
    given = service("web", selector={"app": "web"}, ports=ports_of)
    match = {"services": {"name": "web", "namespace": "shop"}}
    listening = (PortRule(TCP, name="http"), PortRule(UDP, 5353, 5353))
    out = np(types=["Egress"], egress=[{"action": "Allow", "destination": match}])
    assert rule_of(out, given) == Rule((PodPeer(None, WEB),), listening, 0)
    out = np(types=["Egress"], egress=[{"action": "Allow", "protocol": "UDP", "destination": match}])
    assert rule_of(out, given).ports == (PortRule(UDP, 5353, 5353),)
    assert rule_of(allowing(match), given) == Rule((PodPeer(None, WEB),), None, 0)
    (found,) = policies_of(
        gnp(ingress=[{"action": "Allow", "source": {"services": {"name": "web", "namespace": "shop"}}}]), given
    )
    assert found.ingress == (Rule((PodPeer(Selector(((NAME_LABEL, "shop"),)), WEB),), None, 0),)


def test_the_family_of_pods_behind_a_service_is_not_known() -> None:
    """A rule for one family means those of a Service's pods that have such addresses, which nobody tells."""
    match = {"services": {"name": "web", "namespace": "shop"}}
    body = np(types=["Egress"], egress=[{"action": "Deny", "ipVersion": 6, "destination": match}])
    assert told(body, service("web", selector={"app": "web"})) == [
        f"a {NEVER}it means pods behind the Service shop/web, and the family of their addresses"
    ]


def test_the_api_server_is_known_by_its_service() -> None:
    """Some port of it is open, and nobody tells which: none is proved open, and of no other protocol any."""
    match = {"services": {"name": "kubernetes", "namespace": "default"}}
    body = np(types=["Egress"], egress=[{"action": "Allow", "destination": match}])
    rule = rule_of(body)
    assert rule == Rule((EntityPeer(Entity.KUBE_APISERVER),), (PortRule(TCP, name=""),), 0)
    pod = {"containers": [{"name": "c"}]}
    api = core("Pod", "api", labels={"app": "api"}, spec=pod)
    cluster = cluster_of(body, api)
    for ranges, expected in (((), [Kind.ENTITY]), (("192.0.2.1/32",), [Kind.ADDRESSES])):
        space = universe(cluster.workloads, cluster.namespaces, [cluster.policies], server_ranges=ranges)
        server = space.at("192.0.2.1") if ranges else space.entity(Entity.KUBE_APISERVER)
        assert server is not None
        kinds = [
            one.kind
            for one in space.endpoints
            if one.kind in (Kind.ENTITY, Kind.NAME) or one.ranges[:1] == ((4, 3221225985, 3221225985),)
        ]
        assert kinds == expected
        narrow, wide = (Reach(space, cluster.policies, PROFILES["calico"], reading) for reading in Reading)
        end = space.of(cluster.workloads[0])
        assert (narrow.allowed(end, server), wide.allowed(end, server)) == (NO_PORTS, ports(TCP))
        other = space.at("198.51.100.1")
        assert other is not None
        assert wide.allowed(end, other) == NO_PORTS


# ----------------------------------------------------------------------------------------------------- ports, protocols


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"protocol": "TCP"}, [PortRule(TCP)]),
        ({"protocol": 17}, [PortRule(UDP)]),
        ({"protocol": "132"}, [PortRule(SCTP)]),
        ({"protocol": "ICMP"}, [PortRule(OTHER, icmp(4, 0), icmp(4, 255))]),
        ({"protocol": "ICMPv6", "icmp": {"type": 128}}, [PortRule(OTHER, icmp(6, 128), icmp(6, 128))]),
        (
            {"protocol": "ICMP", "notICMP": {"type": 8}},
            [PortRule(OTHER, icmp(4, 0), icmp(4, 7)), PortRule(OTHER, icmp(4, 9), icmp(4, 255))],
        ),
        ({"notProtocol": "TCP"}, [PortRule(UDP), PortRule(SCTP), PortRule(OTHER)]),
        (
            {"notProtocol": "ICMP"},
            [
                *(PortRule(one) for one in (TCP, UDP, SCTP)),
                PortRule(OTHER, FIRST, icmp(4, 0) - 1),
                PortRule(OTHER, icmp(4, 255) + 1, LAST),
            ],
        ),
        ({"protocol": "TCP", "notProtocol": "TCP"}, []),
        (
            {"protocol": "TCP", "destination": {"ports": [80, "81", "8000:8010"]}},
            [PortRule(TCP, 80, 81), PortRule(TCP, 8000, 8010)],
        ),
        ({"protocol": "TCP", "destination": {"ports": ["http"]}}, [PortRule(TCP, name="http")]),
        ({"destination": {"ports": ["http"]}}, [PortRule(one, name="http") for one in (TCP, UDP, SCTP)]),
        ({"protocol": "UDP", "destination": {"notPorts": [53]}}, [PortRule(UDP, FIRST, 52), PortRule(UDP, 54, LAST)]),
        (
            {"protocol": "UDP", "destination": {"ports": ["1:9"], "notPorts": ["3:4"]}},
            [PortRule(UDP, 1, 2), PortRule(UDP, 5, 9)],
        ),
        ({"protocol": "TCP", "source": {"ports": ["1:65535"]}}, [PortRule(TCP)]),
    ],
)
def test_ports_are_read(rule: Body, expected: list[PortRule]) -> None:
    """Numbers, ranges and names, of a protocol or of all but one, and types of ICMP."""
    assert rule_of(allowing(None, **rule)).ports == tuple(expected)


# --------------------------------------------------------------------------------------- what is not evaluated, refused


@pytest.mark.parametrize(
    ("rule", "what"),
    [
        ({"protocol": "TCP", "source": {"ports": [53]}}, "it speaks of ports of the source"),
        ({"protocol": 47}, "it speaks of the protocol 47"),
        ({"protocol": "ICMP", "icmp": {"type": 3, "code": 1}}, "it speaks of a code of ICMP"),
        ({"protocol": "TCP", "destination": {"notPorts": ["http"]}}, "it leaves out ports where names of ports are"),
        (
            {"source": {"selector": "has(a)", "nets": ["10.0.0.0/8"]}},
            "it selects pods by labels and by addresses in one source",
        ),
        (
            {"ipVersion": 4, "source": {"selector": "has(a)"}},
            "it selects pods by labels, and by the family of their addresses",
        ),
        (
            {"destination": {"nets": ["10.0.0.0/8"]}},
            "it speaks of addresses of the pods that it is about, in destination",
        ),
        (
            {"source": {"selector": "!has(projectcalico.org/orchestrator)"}},
            "nothing among what was read is in its source",
        ),
        (
            {"source": {"serviceAccounts": {"selector": "role == 'x'"}}},
            "no ServiceAccount among what was read has those labels",
        ),
        (
            {"source": {"serviceAccounts": {"selector": "!has(role)"}}},
            "it selects by labels that service accounts do not have",
        ),
        ({"source": {"services": {"name": "gone"}}}, "there is no Service shop/gone among what was read"),
        (
            {"source": {"services": {"name": "bare"}}},
            "the Service shop/bare has no selector, and nobody tells its addresses",
        ),
        (
            {"source": {"services": {"name": "hosted"}}},
            "pods behind the Service shop/hosted have the addresses of their nodes",
        ),
    ],
)
def test_what_is_not_evaluated_is_named(rule: Body, what: str) -> None:
    """What Calico takes and nobody here knows is said, with its place."""
    host = core("Pod", "h", labels={"on": "host"}, spec={"hostNetwork": True, "containers": [{"name": "c"}]})
    given = service("bare"), service("hosted", selector={"on": "host"}), host
    found = cluster_of(allowing(None, **rule), *given)
    assert f"a {NEVER}{what}" in [one.what for one in found.unknowns]
    assert [one for one in found.unknowns if one.place is None] == []


def test_a_notselector_and_sets_are_named() -> None:
    """Addresses of sets are left out of those of pods, of which nobody knows the addresses."""
    bad = an_object("GlobalNetworkSet", {"nets": ["10.0.0.0/8"]}, "bad", labels={"bad": "true"})
    what = "it leaves out by notSelector, and network sets have such labels"
    body = gnp(ingress=[{"action": "Allow", "source": {"notSelector": "has(bad)"}}])
    assert told(body, bad) == [f"a Global{NEVER}{what}"]


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"ingress": [{}]}, "None is none of Allow, Deny, Pass, Log"),
        ({"ingress": [{"action": "allow"}]}, "'allow' is none of Allow, Deny, Pass, Log"),
        ({"ingress": [{"action": "Allow", "sources": {}}]}, "the field 'sources' is not known in spec.ingress[0]"),
        ({"selector": "global()"}, "global() stands in a namespaceSelector of a rule only"),
        ({"types": ["ingress"]}, "'ingress' is no policy type"),
        ({"types": ["Ingress", "Ingress"]}, "a policy type stands twice"),
        ({"order": "1"}, "an order is a number"),
        ({"performanceHints": ["x"]}, "'x' is no hint"),
        ({"namespaceSelector": "all()"}, "the field 'namespaceSelector' is not known in spec"),
        ({"preDNAT": True}, "the field 'preDNAT' is not known in spec"),
    ],
)
def test_what_calico_refuses_of_a_policy_is_named(spec: Body, said: str) -> None:
    """An object that it refuses is as good as none there, so that nobody knows what is meant."""
    assert told(np(**spec)) == [f"a {REFUSED}{said}"]
    assert cluster_of(np(**spec)).policies == ()


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"destination": {"ports": [80]}}, "ports need the protocol TCP, UDP or SCTP"),
        ({"protocol": "ICMP", "destination": {"ports": ["http"]}}, "ports need the protocol TCP, UDP or SCTP"),
        (
            {"protocol": "TCP", "destination": {"ports": [0]}},
            "spec.ingress[0].destination.ports[0] is not a number from 1 to 65535",
        ),
        ({"protocol": "TCP", "destination": {"ports": ["9:8"]}}, "the range '9:8' ends before it begins"),
        ({"protocol": "TCP", "destination": {"ports": ["a b"]}}, "'a b' is no port"),
        ({"protocol": "tcp"}, "'tcp' is no protocol"),
        ({"protocol": 256}, "spec.ingress[0].protocol is not a number from 1 to 255"),
        ({"icmp": {"type": 8}}, "icmp needs the protocol ICMP or ICMPv6"),
        ({"protocol": "ICMP", "icmp": {"code": 8}}, "a code needs a type"),
        ({"protocol": "ICMP", "ipVersion": 6}, "ICMP is of IPv4"),
        ({"ipVersion": 5}, "ipVersion is 4 or 6"),
        ({"ipVersion": 6, "source": {"nets": ["10.0.0.0/8"]}}, "addresses of IPv4 and of IPv6 in one rule are refused"),
        ({"source": {"notNets": ["0.0.0.0/0"]}}, "all addresses in notNets are refused"),
        ({"source": {"nets": ["10.0.0.0/8", "10.0.0.0/8"]}}, "there are at most 256 CIDRs, each once"),
        ({"source": {"namespaceSelector": "global() || all()"}}, "global() stands alone"),
        ({"source": {"services": {}}}, "services needs a name"),
        (
            {"source": {"services": {"name": "a"}, "selector": "all()"}},
            "services stand alone: selectors and addresses beside them are refused",
        ),
        ({"destination": {"services": {"name": "a"}}}, "services are refused in the destination of ingress"),
        ({"http": {"methods": ["GET", "GET"]}}, "http has at most 20 methods and paths, and each method once"),
        (
            {"http": {"paths": [{"exact": "/a", "prefix": "/b"}]}},
            "a path is one of exact and prefix, begins with / and has no ?, # and blank",
        ),
        ({"protocol": "UDP", "http": {}}, "http needs an ingress rule that allows, and no protocol but TCP"),
    ],
)
def test_what_calico_refuses_of_a_rule_is_named(rule: Body, said: str) -> None:
    """Each rule of its validator is held against a rule."""
    assert told(allowing(None, **rule)) == [f"a {REFUSED}{said}"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (gnp(preDNAT=True), f"a Global{REFUSED}preDNAT needs applyOnForward"),
        (
            gnp(preDNAT=True, doNotTrack=True, applyOnForward=True),
            f"a Global{REFUSED}preDNAT and doNotTrack in one policy are refused",
        ),
        (
            gnp(preDNAT=True, applyOnForward=True, types=["Egress"]),
            f"a Global{REFUSED}preDNAT goes with ingress only",
        ),
        (
            gnp(doNotTrack=True, applyOnForward=True),
            f"a Global{NEVER}it is about the interfaces of nodes, before connections reach pods",
        ),
        (
            gnp(ingress=[{"action": "Allow", "source": {"services": {"name": "a"}}}]),
            f"a Global{REFUSED}services of a global policy needs a namespace",
        ),
        (
            np("a.b.c"),
            f"a {REFUSED}'a.b.c' is no name of a policy: it has one dot at most",
        ),
        (np("other.x"), f"a {NEVER}its name does not begin with its tier, and before 3.32 that is refused"),
        (
            an_object("Tier", {"order": 1}, "a.b"),
            "a Tier is not understood: the name of a Tier has no dots, and at most 63 characters",
        ),
        (
            an_object("Tier", {"defaultAction": "Allow"}, "a"),
            "a Tier is not understood: 'Allow' is neither Deny nor Pass",
        ),
        (
            an_object("NetworkSet", {"nets": ["x"]}, "a", "shop"),
            "a NetworkSet is not understood: 'x' is neither an address nor a CIDR",
        ),
        (
            an_object("GlobalNetworkSet", {}, labels={"projectcalico.org/namespace": "a"}),
            "a GlobalNetworkSet is not understood: the label projectcalico.org/namespace is Calico's own",
        ),
        (
            {**np(), "apiVersion": "projectcalico.org/v1"},
            "a NetworkPolicy is not understood: no cluster of today serves projectcalico.org/v1 NetworkPolicy",
        ),
    ],
)
def test_what_calico_refuses_of_an_object_is_named(body: Body, said: str) -> None:
    """Names, network sets, tiers and policies of hosts."""
    assert told(body) == [said]


def test_directions_are_both_sides() -> None:
    """A policy of both directions has rules of each."""
    (found,) = policies_of(np(types=["Egress", "Ingress"], egress=[{"action": "Allow"}]))
    assert [(direction, len(rules)) for direction, rules, _ in found.sides()] == [
        (Direction.INGRESS, 0),
        (Direction.EGRESS, 1),
    ]
