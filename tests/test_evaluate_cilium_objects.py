"""Cilium's policies, whoever wrote them: each field is read, or named as not evaluated, or refused as Cilium does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from netgen import api
from netgen.evaluate.addresses import Block
from netgen.evaluate.objects import Cluster, read_cluster
from netgen.evaluate.objects.model import (
    NAME_LABEL,
    SERVICE_ACCOUNT,
    Action,
    BlockPeer,
    Direction,
    Entity,
    EntityPeer,
    Expression,
    NamePeer,
    Operator,
    PodPeer,
    Policy,
    PortRule,
    Request,
    Rule,
    Selector,
)
from netgen.evaluate.sets import Protocol, icmp, ports
from netgen.source import Dialect, read
from writing import plainly

Body = dict[str, Any]

API = {"matchLabels": {"app": "api"}}
WEB = PodPeer(None, Selector((("app", "web"),)))
EVERY_POD = PodPeer(Selector(), Selector())
TCP, UDP, SCTP = Protocol.TCP, Protocol.UDP, Protocol.SCTP
NAMESPACE, LABELS = "io.kubernetes.pod.namespace", "io.cilium.k8s.namespace.labels."


def an_object(kind: str, body: Body, **metadata: Any) -> Body:
    """Return an object of cilium.io/v2."""
    named: Body = {"name": "x"} | ({"namespace": "shop"} if kind == "CiliumNetworkPolicy" else {})
    return {"apiVersion": "cilium.io/v2", "kind": kind, "metadata": named | metadata, **body}


def cnp(**spec: Any) -> Body:
    """Return a CiliumNetworkPolicy of the namespace shop about the app api."""
    return an_object("CiliumNetworkPolicy", {"spec": {"endpointSelector": API, **spec}})


def ccnp(**spec: Any) -> Body:
    """Return a CiliumClusterwideNetworkPolicy about the app api."""
    return an_object("CiliumClusterwideNetworkPolicy", {"spec": {"endpointSelector": API, **spec}})


def group(name: str, *cidrs: str, **labels: str) -> Body:
    """Return a CiliumCIDRGroup."""
    return an_object("CiliumCIDRGroup", {"spec": {"externalCIDRs": list(cidrs)}}, name=name, labels=labels)


def service(name: str, namespace: str = "shop", selector: Body | None = None, **labels: str) -> Body:
    """Return a Service."""
    spec: Body = {"ports": [{"port": 80}]} | ({"selector": selector} if selector else {})
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": spec,
    }


def cluster_of(*bodies: Body, cni: str = "cilium") -> Cluster:
    """Return what *bodies* say."""
    reading = read(plainly(list(bodies)), "m.yaml", Dialect.MANIFEST)
    return read_cluster(reading.documents, reading.problems, cni=cni)


def policy_of(*bodies: Body) -> Policy:
    """Return the only policy of *bodies*, in which everything is understood."""
    cluster = cluster_of(*bodies)
    assert cluster.unknowns == ()
    (one,) = cluster.policies
    return one


def rules_of(body: Body, *others: Body, direction: Direction = Direction.INGRESS) -> tuple[Rule, ...] | None:
    """Return the rules of a direction of the policy *body*."""
    one = policy_of(body, *others)
    return one.ingress if direction is Direction.INGRESS else one.egress


def rule_of(rule: Body, *others: Body, key: str = "ingress", make: Any = cnp) -> Rule:
    """Return *rule* of the section *key*."""
    direction = Direction.INGRESS if key.startswith("ingress") else Direction.EGRESS
    (one,) = rules_of(make(**{key: [rule]}), *others, direction=direction) or ()
    return one


def peers_of(rule: Body, *others: Body, key: str = "ingress", make: Any = cnp) -> tuple[object, ...] | None:
    """Return the peers of *rule*."""
    return rule_of(rule, *others, key=key, make=make).peers


def ports_of(*listed: Body) -> tuple[PortRule, ...] | None:
    """Return what the ports *listed* of one rule are."""
    return rule_of({"toPorts": [{"ports": list(listed)}]}).ports


def unknowns(*bodies: Body) -> list[str]:
    """Return what is not understood in *bodies*."""
    return [one.what for one in cluster_of(*bodies).unknowns]


def refusal(body: Body) -> tuple[str, str]:
    """Return why *body* is not understood, and the text that this is told at, without quotes and brackets."""
    cluster = cluster_of(body)
    assert cluster.policies == ()
    (one,) = cluster.unknowns
    assert one.place is not None
    text = plainly([body]).splitlines()[one.place.line - 1][one.place.column - 1 :]
    return one.what, text.lstrip('{["')


# ------------------------------------------------------------------------------------------------------------- dialects


@pytest.mark.parametrize("cni", ["kubernetes", "calico", "flannel", "weave"])
def test_other_plugins_do_not_know_these_kinds(cni: str) -> None:
    """Where the plugin is another, each of the three kinds is named as not evaluated."""
    cluster = cluster_of(cnp(ingress=[{}]), ccnp(ingress=[{}]), group("g", "10.0.0.0/8"), cni=cni)
    kinds = ("CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy", "CiliumCIDRGroup")
    assert cluster.policies == ()
    assert [one.what.split()[2] for one in cluster.unknowns] == list(kinds)


def test_other_kinds_of_cilium_stay_unknown() -> None:
    """What reads policies does not read what leads traffic elsewhere."""
    (what,) = unknowns(an_object("CiliumLocalRedirectPolicy", {"spec": {}}))
    assert "the kind CiliumLocalRedirectPolicy of cilium.io is not evaluated" in what


@pytest.mark.parametrize(("version", "count"), [("v2", 0), ("v2alpha1", 0), ("v3", 1)])
def test_the_versions_of_a_group(version: str, count: int) -> None:
    """Both versions of a CiliumCIDRGroup that clusters serve are read."""
    body = {**group("g", "10.0.0.0/8"), "apiVersion": f"cilium.io/{version}"}
    assert len(unknowns(body)) == count


def test_a_policy_of_another_version_is_named() -> None:
    """No cluster serves policies of another version."""
    (what,) = unknowns({**cnp(ingress=[{}]), "apiVersion": "cilium.io/v2alpha1"})
    assert what.endswith("no cluster of today serves cilium.io/v2alpha1 CiliumNetworkPolicy")


def test_two_objects_of_one_name_are_named() -> None:
    """Only one of them can be in the cluster; a NetworkPolicy of that name is another object."""
    (what,) = unknowns(cnp(ingress=[{}]), cnp(egress=[{}]))
    assert what == "CiliumNetworkPolicy x stands twice, and only one of the two can be in the cluster"
    np = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "x", "namespace": "shop"},
        "spec": {"podSelector": {}},
    }
    assert [one.kind for one in cluster_of(cnp(ingress=[{}]), np).policies] == ["CiliumNetworkPolicy", "NetworkPolicy"]


def test_the_order_of_policies_is_that_of_the_documents() -> None:
    """Also where some are read later than others."""
    first, second = cnp(ingress=[{}]), {**cnp(egress=[{}]), "metadata": {"name": "y", "namespace": "shop"}}
    assert [str(one) for one in cluster_of(first, group("g"), second).policies] == ["shop/x", "shop/y"]


# -------------------------------------------------------------------------------------------------- objects and subject


def test_a_policy_of_a_namespace() -> None:
    """It is about pods of its own namespace, and names no entity."""
    one = policy_of(cnp(ingress=[{}]))
    assert (one.kind, str(one), one.scope, one.entities) == ("CiliumNetworkPolicy", "shop/x", None, frozenset())
    assert one.subject == Selector((("app", "api"),))


def test_a_clusterwide_policy_has_no_namespace() -> None:
    """It is about pods of all namespaces, whatever namespace is written or is the default."""
    body = ccnp(ingress=[{}])
    body["metadata"]["namespace"] = "ignored"
    one = policy_of(body)
    assert (one.kind, str(one), one.namespace) == ("CiliumClusterwideNetworkPolicy", "x", "")
    assert (one.scope, one.subject, one.entities) == (Selector(), Selector((("app", "api"),)), frozenset())


def test_each_spec_is_a_policy() -> None:
    """`spec` and each of `specs`, of one name; none of the latter is no policy at all."""
    spec: Body = {"endpointSelector": {}, "ingress": [{}]}
    other: Body = {"endpointSelector": API, "egress": [{}]}
    both = cluster_of(an_object("CiliumNetworkPolicy", {"spec": spec, "specs": [other, spec]}))
    assert [(str(one), one.ingress is None, one.subject == Selector()) for one in both.policies] == [
        ("shop/x", False, True),
        ("shop/x", True, False),
        ("shop/x", False, True),
    ]
    nothing = cluster_of(an_object("CiliumNetworkPolicy", {"specs": []}))
    assert (nothing.policies, nothing.unknowns) == ((), ())


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ({}, {Entity.INGRESS, Entity.HEALTH, Entity.INIT}),
        (API, set()),
        ({"matchExpressions": [{"key": NAMESPACE, "operator": "NotIn", "values": ["a"]}]}, set(Entity) & {
            Entity.INGRESS, Entity.HEALTH, Entity.INIT
        }),
        ({"matchExpressions": [{"key": NAMESPACE, "operator": "Exists"}]}, set()),
        ({"matchLabels": {"reserved:ingress": ""}}, {Entity.INGRESS}),
        ({"matchLabels": {"reserved:ingress": "x"}}, set()),
        ({"matchExpressions": [{"key": "reserved:ingress", "operator": "DoesNotExist"}]}, {Entity.HEALTH, Entity.INIT}),
        ({"matchExpressions": [{"key": "health", "operator": "Exists"}]}, {Entity.HEALTH}),
        ({"matchExpressions": [{"key": "k8s:health", "operator": "Exists"}]}, set()),
    ],
)  # fmt: skip
def test_the_entities_of_a_clusterwide_policy(selector: Body, expected: set[Entity]) -> None:
    """A selector that what has no labels meets holds Cilium's ingress and health endpoints as well."""
    assert policy_of(ccnp(endpointSelector=selector, ingress=[{}])).entities == expected


def test_a_clusterwide_policy_about_an_entity_is_about_no_pod() -> None:
    """No pod wears labels, known or not, with which it would be selected."""
    subject = policy_of(ccnp(endpointSelector={"matchLabels": {"reserved:ingress": ""}}, ingress=[{}])).subject
    keys = {one.key for one in subject.expressions}
    assert not any(subject.matches(labels) for labels in ({}, dict.fromkeys(keys, ""), dict.fromkeys(keys, "x")))


@pytest.mark.parametrize(
    ("labels", "scope"),
    [
        ({"k8s:app": "api"}, None),
        ({f"k8s:{NAMESPACE}": "other"}, None),  # overwritten
        ({NAMESPACE: "other"}, (("kubernetes.io/metadata.name", "other"), ("kubernetes.io/metadata.name", "shop"))),
        ({f"{LABELS}team": "a"}, (("kubernetes.io/metadata.name", "shop"), ("team", "a"))),
    ],
)
def test_a_policy_of_a_namespace_never_leaves_it(labels: Body, scope: tuple[tuple[str, str], ...] | None) -> None:
    """What its subject says of namespaces narrows it down at the most."""
    one = policy_of(cnp(endpointSelector={"matchLabels": labels}, ingress=[{}]))
    assert one.scope == (None if scope is None else Selector(scope))


def test_namespaces_of_a_clusterwide_policy() -> None:
    """It selects namespaces by name and by label."""
    selector = {
        "matchLabels": {f"k8s:{NAMESPACE}": "a", "any:app": "x"},
        "matchExpressions": [{"key": f"{LABELS}team", "operator": "In", "values": ["b", "a"]}],
    }
    one = policy_of(ccnp(endpointSelector=selector, ingress=[{}]))
    assert one.scope == Selector(((NAME_LABEL, "a"),), (Expression("team", Operator.IN, ("a", "b")),))
    assert one.subject == Selector((("app", "x"),))


# --------------------------------------------------------------------------------------------------------- default deny


@pytest.mark.parametrize(
    ("spec", "sides", "yielding"),
    [
        ({"ingress": [{}]}, (True, False), set()),
        ({"egressDeny": [{}]}, (False, True), set()),
        ({"ingress": [], "egress": [{}]}, (False, True), set()),
        ({"ingress": [{}], "enableDefaultDeny": {}}, (True, False), set()),
        ({"ingress": [{}], "enableDefaultDeny": {"ingress": False}}, (True, False), {Direction.INGRESS}),
        ({"ingress": [{}], "enableDefaultDeny": {"egress": False}}, (True, False), set()),
        ({"egress": [{}], "enableDefaultDeny": {"ingress": True, "egress": None}}, (False, True), set()),
    ],
)
def test_default_deny(spec: Body, sides: tuple[bool, bool], yielding: set[Direction]) -> None:
    """A section with a rule isolates, one of denies too, unless that is switched off; an empty one does nothing."""
    one = policy_of(cnp(**spec))
    assert ((one.ingress is not None, one.egress is not None), one.yielding) == (sides, yielding)


def test_both_sections_of_a_direction() -> None:
    """Rules that allow stand first; each section counts from 0."""
    allow, deny = {"fromEntities": ["all"]}, {"fromEndpoints": [{"matchLabels": {"app": "web"}}]}
    found = rules_of(cnp(ingressDeny=[deny, {}], ingress=[allow])) or ()
    assert [(one.action, one.index, one.peers) for one in found] == [
        (Action.ALLOW, 0, None),
        (Action.DENY, 0, (WEB,)),
        (Action.DENY, 1, ()),
    ]


def test_what_only_tells_of_a_policy_is_read_over() -> None:
    """Description, labels, log, and a status that is good."""
    body = cnp(ingress=[{}], description="d", labels=[{"key": "a", "value": "b", "source": "k8s"}], log={"value": "v"})
    body["status"] = {"conditions": [{"type": "Valid", "status": "True"}]}
    assert policy_of(body).ingress == (Rule((), None, 0),)


# ---------------------------------------------------------------------------------------------------------- empty forms


@pytest.mark.parametrize("key", ["ingress", "egress", "ingressDeny", "egressDeny"])
@pytest.mark.parametrize(
    ("rule", "peers", "listed"),
    [
        ({}, (), None),
        ({"toPorts": []}, (), None),
        ({"toPorts": [{"ports": [{"port": "80", "protocol": "TCP"}]}]}, None, (PortRule(TCP, 80, 80),)),
        ({"toPorts": [{}]}, None, ()),
        ({"toPorts": [{"ports": []}]}, None, ()),
        ({"icmps": []}, (), None),
        ({"icmps": [{}]}, None, ()),
        ({"icmps": [{"fields": []}]}, None, ()),
        ({"XEndpoints": []}, (), None),
        ({"XEndpoints": [], "toPorts": [{}]}, (), ()),
        ({"XCIDR": [], "toPorts": [{}]}, (), ()),
        ({"XCIDRSet": [], "toPorts": [{}]}, (), ()),
        ({"XEntities": [], "toPorts": [{}]}, (), ()),
        ({"XNodes": [], "toPorts": [{}]}, (), ()),
        ({"XGroups": [], "toPorts": [{}]}, None, ()),
        ({"XRequires": []}, (), None),
        ({"XEntities": ["all"]}, None, None),
        ({"XEntities": ["none"]}, (), None),
        ({"XEntities": ["none"], "toPorts": [{}]}, (), ()),
        ({"XEndpoints": None}, (), None),
    ],
)
def test_empty_forms(
    key: str, rule: Body, peers: tuple[object, ...] | None, listed: tuple[PortRule, ...] | None
) -> None:
    """Nobody, everybody and no port, as Cilium's agent has them; they differ from those of a NetworkPolicy."""
    side = "from" if key.startswith("ingress") else "to"
    one = rule_of({name.replace("X", side): value for name, value in rule.items()}, key=key)
    assert (one.peers, one.ports) == (peers, listed)


@pytest.mark.parametrize("key", ["toFQDNs", "toServices"])
def test_no_names_and_no_services_are_everybody_on_a_port(key: str) -> None:
    """Unlike no endpoints: the agent does not tell these from a rule that has none."""
    assert peers_of({key: [], "toPorts": [{}]}, key="egress") is None
    assert peers_of({key: []}, key="egress") == ()


# ---------------------------------------------------------------------------------------------------------------- peers


@pytest.mark.parametrize(
    ("selector", "own", "clusterwide"),
    [
        ({}, PodPeer(None, Selector()), EVERY_POD),
        ({"matchLabels": {"app": "web"}}, WEB, PodPeer(Selector(), WEB.pods)),
        ({"matchLabels": {"k8s:app": "web"}}, WEB, PodPeer(Selector(), WEB.pods)),
        ({"matchLabels": {f"k8s:{NAMESPACE}": "a"}}, *[PodPeer(Selector(((NAME_LABEL, "a"),)), Selector())] * 2),
        ({"matchLabels": {f"{LABELS}team": "a"}}, *[PodPeer(Selector((("team", "a"),)), Selector())] * 2),
        (
            {"matchLabels": {f"any:{LABELS}{NAME_LABEL}": "a"}},
            *[PodPeer(Selector(((NAME_LABEL, "a"),)), Selector())] * 2,
        ),
        (
            {"matchExpressions": [{"key": NAMESPACE, "operator": "NotIn", "values": ["a"]}]},
            *[PodPeer(Selector((), (Expression(NAME_LABEL, Operator.NOT_IN, ("a",)),)), Selector())] * 2,
        ),
    ],
)
def test_endpoints(selector: Body, own: PodPeer, clusterwide: PodPeer) -> None:
    """Pods of the policy's namespace where no namespace is spoken of, and never what is no pod."""
    for key, name in (("ingress", "fromEndpoints"), ("egress", "toEndpoints"), ("egressDeny", "toEndpoints")):
        assert peers_of({name: [selector]}, key=key) == (own,)
        assert peers_of({name: [selector]}, key=key, make=ccnp) == (clusterwide,)


def test_a_service_account_is_a_label_of_a_pod() -> None:
    """Selectors see it beside the labels; each pod has one, `default` if none is written."""
    wanted = Selector(((SERVICE_ACCOUNT, "front"),))
    assert peers_of({"fromEndpoints": [{"matchLabels": {SERVICE_ACCOUNT: "front"}}]}) == (PodPeer(None, wanted),)
    exists = {"matchExpressions": [{"key": f"k8s:{SERVICE_ACCOUNT}", "operator": "Exists"}]}
    absent = {"matchExpressions": [{"key": SERVICE_ACCOUNT, "operator": "DoesNotExist"}]}
    assert peers_of({"fromEndpoints": [exists]}) == (PodPeer(None, Selector()),)
    assert peers_of({"fromEndpoints": [absent]}) == ()
    accounts = ({"serviceAccountName": "front", "serviceAccount": "old"}, {"serviceAccount": "front"}, {})
    pods = [
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"p{number}"}, "spec": {"containers": [], **more}}
        for number, more in enumerate(accounts)
    ]
    found = cluster_of(*pods).workloads
    assert [one.service_account for one in found] == ["front", "front", "default"]
    assert [wanted.matches(one.selectable) for one in found] == [True, True, False]
    assert [one.untold for one in found] == [frozenset()] * 3


@pytest.mark.parametrize(
    "key",
    [
        "kubernetes.io/arch",
        "statefulset.kubernetes.io/pod-name",
        "pod-template-hash",
        "topology.kubernetes.io/zone",
        "x.beta.kubernetes.io/y",
        "io.cilium.k8s.policy.name",
        "io.kubernetes.pod.name",
    ],
)
def test_labels_that_cilium_does_not_see(key: str) -> None:
    """Pods may wear them, and nothing selects by them; that is so for a NetworkPolicy too."""
    by_it = {"matchLabels": {key: "x"}}
    without = {"matchExpressions": [{"key": key, "operator": "NotIn", "values": ["x"]}]}
    assert peers_of({"fromEndpoints": [by_it]}) == ()
    assert peers_of({"fromEndpoints": [without]}) == (PodPeer(None, Selector()),)
    plain = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "np", "namespace": "shop"},
        "spec": {"podSelector": without, "ingress": [{"from": [{"podSelector": by_it}, {"podSelector": without}]}]},
    }
    one = policy_of(plain)
    assert (one.subject, one.ingress is not None) == (Selector(), True)
    first, second = (one.ingress or ())[0].peers or ()
    assert isinstance(first, PodPeer)
    assert not any(first.pods.matches(labels) for labels in ({}, {key: "x"}, {"io.cilium.k8s": "x"}))
    assert second == PodPeer(None, Selector())


@pytest.mark.parametrize("key", ["app.kubernetes.io/name", "k8s-app", "batch.kubernetes.io/job-name", "app"])
def test_labels_that_cilium_sees(key: str) -> None:
    """Those that charts select by."""
    wanted = PodPeer(None, Selector(((key, "x"),)))
    assert peers_of({"fromEndpoints": [{"matchLabels": {key: "x"}}]}) == (wanted,)


@pytest.mark.parametrize(
    ("selector", "peers"),
    [
        ({"matchLabels": {"reserved:host": ""}}, (EntityPeer(Entity.HOST),)),
        ({"matchExpressions": [{"key": "reserved:ingress", "operator": "Exists"}]}, (EntityPeer(Entity.INGRESS),)),
        ({"matchLabels": {"reserved:host": "x"}}, ()),
        ({"matchLabels": {"reserved:none": ""}}, ()),
        ({"matchLabels": {"reserved:host": "", "app": "web"}}, ()),
        ({"matchLabels": {"reserved:host": "", "io.cilium.k8s.policy.cluster": "default"}}, ()),
        ({"matchLabels": {"reserved:host": "", "kubernetes.io/os": "linux"}}, ()),
    ],
)
def test_reserved_labels_mean_entities(selector: Body, peers: tuple[object, ...]) -> None:
    """A selector by a reserved label is about what is no pod, and in no namespace."""
    assert peers_of({"fromEndpoints": [selector]}) == peers


@pytest.mark.parametrize("name", [str(one) for one in Entity])
def test_entities(name: str) -> None:
    """Each has a value of its own."""
    assert peers_of({"fromEntities": [name]}) == (EntityPeer(Entity(name)),)


@pytest.mark.parametrize("name", ["cluster", "cluster-mesh"])
def test_the_whole_cluster(name: str) -> None:
    """Every pod, and all entities but the world; a mesh is not looked beyond this cluster."""
    found = peers_of({"toEntities": [name, "host"]}, key="egress")
    others = {EntityPeer(one) for one in Entity if one is not Entity.WORLD}
    assert found is not None
    assert (set(found), len(found)) == ({EVERY_POD, *others}, 1 + len(others))


def test_blocks() -> None:
    """CIDRs and their exceptions, as they are written; one may be all of it."""
    assert peers_of({"fromCIDR": ["10.0.0.0/8", "2001:db8::/32"]}) == (
        BlockPeer(Block("10.0.0.0/8")),
        BlockPeer(Block("2001:db8::/32")),
    )
    rules = [{"cidr": "10.0.0.0/8", "except": ["10.2.0.0/16", "10.1.0.0/16"]}, {"cidr": "10.9.9.9/24", "except": []}]
    assert peers_of({"toCIDRSet": rules}, key="egressDeny") == (
        BlockPeer(Block("10.0.0.0/8", ("10.2.0.0/16", "10.1.0.0/16"))),
        BlockPeer(Block("10.9.9.9/24")),
    )
    everything = {"cidr": "10.0.0.0/8", "except": ["10.0.0.0/8"]}
    assert peers_of({"fromCIDRSet": [everything]}) == ()


def test_groups_by_name() -> None:
    """Their blocks, with the exceptions that meet them."""
    groups = [group("a", "10.0.0.0/8", "192.168.0.0/16"), group("empty")]
    rules = [
        {"cidrGroupRef": "a", "except": ["10.1.0.0/16", "192.0.0.0/8", "2001:db8::/32"]},
        {"cidrGroupRef": "empty"},
    ]
    assert peers_of({"fromCIDRSet": rules}, *groups) == (BlockPeer(Block("10.0.0.0/8", ("10.1.0.0/16",))),)


@pytest.mark.parametrize(
    ("selector", "blocks"),
    [
        ({"matchLabels": {"zone": "east"}}, [Block("10.0.0.0/8"), Block("10.1.0.0/16")]),
        ({"matchLabels": {"zone": "east", "tier": "x"}}, [Block("10.1.0.0/16"), Block("10.2.0.0/16")]),
        (
            {"matchExpressions": [{"key": "cidrgroup:zone", "operator": "In", "values": ["east", "west"]}]},
            [Block("10.0.0.0/8"), Block("10.1.0.0/16"), Block("10.2.0.0/16")],
        ),
        (
            {
                "matchLabels": {"zone": "east"},
                "matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}],
            },
            [Block("10.0.0.0/8", ("10.1.0.0/16", "10.2.0.0/16"))],
        ),
        (
            {"matchExpressions": [{"key": "zone", "operator": "NotIn", "values": ["east"]}]},
            [Block("0.0.0.0/0", ("10.0.0.0/8", "10.1.0.0/16")), Block("::/0")],
        ),
    ],
)
def test_groups_by_labels(selector: Body, blocks: list[Block]) -> None:
    """An address has the labels of all groups that it is in, and without a group it has none."""
    groups = [
        group("a", "10.0.0.0/8", zone="east"),
        group("b", "10.1.0.0/16", zone="east", tier="x"),
        group("c", "10.2.0.0/16", zone="west", tier="x"),
    ]
    found = peers_of({"fromCIDRSet": [{"cidrGroupSelector": selector}]}, *groups)
    assert sorted(found or ()) == sorted(map(BlockPeer, blocks))


@pytest.mark.parametrize(
    ("item", "pattern"),
    [
        ({"matchName": "API.Example.com."}, "api.example.com"),
        ({"matchPattern": "*.example.com"}, "*.example.com"),
        ({"matchPattern": "**.Example.com."}, "**.example.com"),
        ({"matchPattern": "****.example.com"}, "**.example.com"),
        ({"matchPattern": "a**b.example.com"}, "a*b.example.com"),
        ({"matchPattern": "**example.com"}, "*example.com"),
        ({"matchPattern": "*.**.example.com"}, "*.*.example.com"),
        ({"matchPattern": "*"}, "**"),
        ({"matchPattern": "***."}, "**"),
    ],
)
def test_names(item: Body, pattern: str) -> None:
    """Names in lower case without a dot at the end; runs of stars mean what one or two do."""
    assert peers_of({"toFQDNs": [item]}, key="egress") == (NamePeer(pattern),)


def test_services() -> None:
    """The pods that a Service selects, by its name or its labels; without a namespace, in all of them."""
    services = [service("db", "shop", {"app": "db"}, tier="data"), service("db", "other", {"app": "x"}, tier="data")]

    def pods(namespace: str, app: str) -> PodPeer:
        return PodPeer(Selector(((NAME_LABEL, namespace),)), Selector((("app", app),)))

    def found(item: Body) -> tuple[object, ...] | None:
        return peers_of({"toServices": [item]}, *services, key="egress")

    both = (pods("shop", "db"), pods("other", "x"))
    assert found({"k8sService": {"serviceName": "db", "namespace": "shop"}}) == both[:1]
    assert found({"k8sService": {"serviceName": "db"}}) == both
    tier = {"matchLabels": {"tier": "data"}}
    assert found({"k8sServiceSelector": {"selector": tier}}) == both
    assert found({"k8sServiceSelector": {"selector": tier, "namespace": "other"}}) == both[1:]
    assert found({"k8sServiceSelector": {"selector": {}, "namespace": "shop"}}) == both[:1]


def test_services_of_denies_are_not_looked_up() -> None:
    """Cilium leaves such a rule without a peer: nobody, and on ports everybody."""
    item = {"k8sService": {"serviceName": "db", "namespace": "shop"}}
    db = service("db", "shop", {"app": "db"})
    assert peers_of({"toServices": [item]}, db, key="egressDeny") == ()
    assert peers_of({"toServices": [item], "toPorts": [{"ports": [{"port": "80"}]}]}, db, key="egressDeny") is None


# ---------------------------------------------------------------------------------------------------------------- ports


@pytest.mark.parametrize(
    ("port", "expected"),
    [
        ({"port": "80", "protocol": "TCP"}, [PortRule(TCP, 80, 80)]),
        ({"port": "80"}, [PortRule(TCP, 80, 80), PortRule(UDP, 80, 80), PortRule(SCTP, 80, 80)]),
        ({"port": "80", "protocol": "ANY"}, [PortRule(TCP, 80, 80), PortRule(UDP, 80, 80), PortRule(SCTP, 80, 80)]),
        ({"port": "0", "protocol": "UDP"}, [PortRule(UDP)]),
        ({"port": "0", "protocol": "UDP", "endPort": 9}, [PortRule(UDP)]),
        ({"port": "80", "endPort": 90, "protocol": "TCP"}, [PortRule(TCP, 80, 90)]),
        ({"port": "80", "endPort": 80, "protocol": "TCP"}, [PortRule(TCP, 80, 80)]),
        ({"port": "80", "endPort": 7, "protocol": "TCP"}, [PortRule(TCP, 80, 80)]),
        ({"port": "80", "endPort": 0, "protocol": "TCP"}, [PortRule(TCP, 80, 80)]),
        ({"port": "1", "endPort": 65535, "protocol": "TCP"}, [PortRule(TCP)]),
        ({"port": "HTTP", "protocol": "TCP"}, [PortRule(TCP, name="http")]),
        ({"port": "dns"}, [PortRule(TCP, name="dns"), PortRule(UDP, name="dns"), PortRule(SCTP, name="dns")]),
        ({"port": "0x50", "protocol": "TCP"}, [PortRule(TCP, name="0x50")]),
        ({"port": "010", "protocol": "TCP"}, [PortRule(TCP, 8, 8)]),
    ],
)
def test_ports(port: Body, expected: list[PortRule]) -> None:
    """Numbers are texts, 0 is every port, and no protocol is the three that have ports; never ICMP."""
    assert ports_of(port) == tuple(expected)


def test_ports_of_several_items_are_together() -> None:
    """Items without filters are one rule."""
    items = [{"ports": [{"port": "80", "protocol": "TCP"}]}, {"ports": [{"port": "53", "protocol": "UDP"}]}]
    assert rule_of({"toPorts": items}).ports == (PortRule(TCP, 80, 80), PortRule(UDP, 53, 53))


@pytest.mark.parametrize(
    ("field", "number"),
    [
        ({"type": 8}, icmp(4, 8)),
        ({"type": "8", "family": "IPv4"}, icmp(4, 8)),
        ({"type": "EchoRequest"}, icmp(4, 8)),
        ({"type": "EchoRequest", "family": "IPv6"}, icmp(6, 128)),
        ({"type": 255, "family": "IPv6"}, icmp(6, 255)),
    ],
)
def test_types_of_icmp(field: Body, number: int) -> None:
    """Each is a part of the protocols without ports, of which the types of IPv4 and IPv6 are apart."""
    assert rule_of({"icmps": [{"fields": [field]}]}).ports == (PortRule(Protocol.OTHER, number, number),)


@pytest.mark.parametrize(
    ("field", "family"), [({"type": 0}, 4), ({"type": "EchoReply"}, 4), ({"type": "0", "family": "IPv6"}, 6)]
)
def test_type_0_of_icmp_is_every_type(field: Body, family: int) -> None:
    """The agent has types where it has ports otherwise, of which 0 is every one."""
    assert rule_of({"icmps": [{"fields": [field]}]}).ports == (
        PortRule(Protocol.OTHER, icmp(family, 0), icmp(family, 255)),
    )


def test_types_of_icmp_are_shown_by_name() -> None:
    """As people write them, and the rest by what it is not."""
    some = ports(Protocol.OTHER, icmp(4, 8), icmp(4, 8)) | ports(Protocol.OTHER, icmp(6, 1), icmp(6, 2))
    assert str(some) == "ICMP type 8, ICMPv6 types 1-2"
    assert str(ports(Protocol.OTHER) - some) == (
        "what is neither TCP, UDP, SCTP nor ICMP, ICMP types 0-7, ICMP types 9-255, ICMPv6 type 0, ICMPv6 types 3-255"
    )
    assert str(some | (ports(Protocol.OTHER) - some)) == "other protocols"


# -------------------------------------------------------------------------------------------------------------- filters


def http(*rules: Body) -> Body:
    """Return a rule with HTTP rules."""
    return {"toPorts": [{"ports": [{"port": "80", "protocol": "TCP"}], "rules": {"http": list(rules)}}]}


def test_requests() -> None:
    """As they are written, in an order of their own; headers by name and value."""
    one = rule_of(http({"method": "GET", "path": "/b(/.*)?"}, {"host": "shop\\.test", "headers": ["X-B", "X-A: 1"]}))
    assert one.requests == (Request(host="shop\\.test", headers=("X-A: 1", "X-B")), Request("GET", "/b(/.*)?"))
    by_match = rule_of(http({"headerMatches": [{"name": "X-A", "value": "1"}, {"name": "X-B"}]}))
    assert by_match.requests == (Request(headers=("X-A: 1", "X-B")),)
    again = rule_of(http({"host": "shop\\.test", "headers": ["X-A: 1", "X-B"]}, {"path": "/b(/.*)?", "method": "GET"}))
    assert again == one


def test_no_rules_are_no_filter() -> None:
    """An empty list opens the port as a whole; an empty rule is one of every request."""
    assert rule_of(http()).requests is None
    assert rule_of(http({})).requests == (Request(),)
    assert rule_of({"toPorts": [{"ports": [{"port": "80"}], "rules": {"dns": []}}]}).lookups is None


def test_lookups() -> None:
    """DNS rules are a filter of names."""
    port = {"port": "53"}
    rule = {"toPorts": [{"ports": [port], "rules": {"dns": [{"matchPattern": "*.B.c"}, {"matchName": "a.b."}]}}]}
    one = rule_of(rule, key="egress")
    assert (one.requests, one.lookups) == (None, ("*.b.c", "a.b"))


def test_each_filter_is_a_rule() -> None:
    """Ports with other filters are other rules of the same number, and the same peers."""
    items = [
        {"ports": [{"port": "80", "protocol": "TCP"}], "rules": {"http": [{"method": "GET"}]}},
        {"ports": [{"port": "81", "protocol": "TCP"}]},
        {"ports": [{"port": "82", "protocol": "TCP"}], "rules": {"http": [{"method": "GET"}]}},
    ]
    rule = {"fromEndpoints": [{"matchLabels": {"app": "web"}}], "toPorts": items}
    found = rules_of(cnp(ingress=[{}, rule])) or ()
    assert found[1:] == (
        Rule((WEB,), (PortRule(TCP, 80, 80), PortRule(TCP, 82, 82)), 1, requests=(Request("GET"),)),
        Rule((WEB,), (PortRule(TCP, 81, 81),), 1),
    )


def test_http_and_dns_for_one_port_are_named() -> None:
    """Cilium takes the policies, and then cannot compute what the pods may do."""
    dns = {"toPorts": [{"ports": [{"port": "53"}], "rules": {"dns": [{"matchPattern": "*"}]}}]}
    web = {"toPorts": [{"ports": [{"port": "50", "endPort": 60, "protocol": "TCP"}], "rules": {"http": [{}]}}]}
    assert unknowns(cnp(egress=[dns, web])) == [
        "the CiliumNetworkPolicy shop/x has HTTP rules for a port that has DNS rules too"
    ]
    assert unknowns(cnp(egress=[dns], ingress=[web])) == []


# ------------------------------------------------------------------------------------------------- named, not evaluated


PORT = {"port": "443", "protocol": "TCP"}
SECRET = {"secret": {"name": "s"}}
UNEVALUATED = {
    "nodes as peers": ({"fromNodes": [{}]}, "its peers are nodes"),
    "groups as peers": ({"fromGroups": [{"aws": {"region": "r"}}]}, "its peers are groups"),
    "authentication": ({"authentication": {"mode": "required"}}, "it asks for authentication"),
    "server names": ({"toPorts": [{"ports": [PORT], "serverNames": ["a.b"]}]}, "it has serverNames"),
    "terminating TLS": ({"toPorts": [{"ports": [PORT], "terminatingTLS": SECRET}]}, "it has terminatingTLS"),
    "originating TLS": ({"toPorts": [{"ports": [PORT], "originatingTLS": SECRET}]}, "it has originatingTLS"),
    "a header by secret": (http({"headerMatches": [{"name": "X", "secret": {"name": "s"}}]}), "a header by secret"),
    "a header that is mended": (http({"headerMatches": [{"name": "X", "mismatch": "LOG"}]}), "a header by mismatch"),
    "a protocol without ports": ({"toPorts": [{"ports": [{"port": "0", "protocol": "GRE"}]}]}, "the protocol GRE"),
    "a name with an end": ({"toPorts": [{"ports": [{"port": "http", "endPort": 9}]}]}, "endPort beside the name"),
    "a group that is not there": ({"fromCIDRSet": [{"cidrGroupRef": "g"}]}, "no CiliumCIDRGroup g among"),
    "a label that no group has": (
        {"fromCIDRSet": [{"cidrGroupSelector": {"matchLabels": {"a": "b"}}}]},
        "no CiliumCIDRGroup among what was read has that label",
    ),
    "groups by no label": ({"fromCIDRSet": [{"cidrGroupSelector": {}}]}, "groups by no label at all"),
    "groups by other labels": (
        {"fromCIDRSet": [{"cidrGroupSelector": {"matchLabels": {"k8s:a": "b"}}}]},
        "groups by labels of the source 'k8s'",
    ),
    "labels of another source": (
        {"fromEndpoints": [{"matchLabels": {"container:a": "b"}}]},
        "labels of the source 'container'",
    ),
    "the world as a label": ({"fromEndpoints": [{"matchLabels": {"reserved:world": ""}}]}, "reserved:world"),
    "what is not an entity": (
        {"fromEndpoints": [{"matchExpressions": [{"key": "reserved:host", "operator": "DoesNotExist"}]}]},
        "by what it is not",
    ),
    "another cluster": ({"fromEndpoints": [{"matchLabels": {"io.cilium.k8s.policy.cluster": "b"}}]}, "of a cluster"),
    "not a cluster": (
        {"fromEndpoints": [{"matchExpressions": [
            {"key": "io.cilium.k8s.policy.cluster", "operator": "NotIn", "values": ["default"]}
        ]}]},
        "of a cluster",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rule", "what"), UNEVALUATED.values(), ids=UNEVALUATED)
def test_what_is_not_evaluated_is_named(rule: Body, what: str) -> None:
    """The rest of the policy is read: it is enforced, and does more or less than this."""
    cluster = cluster_of(cnp(ingress=[rule]))
    (one,) = cluster.unknowns
    assert one.what.startswith("a CiliumNetworkPolicy is not evaluated: ")
    assert what in one.what
    assert one.place is not None
    assert one.place.column > 150
    assert len(cluster.policies) == 1


@pytest.mark.parametrize(
    ("item", "what"),
    [
        ({"k8sService": {"serviceName": "gone", "namespace": "shop"}}, "there is no such Service"),
        ({"k8sService": {"serviceName": "bare", "namespace": "shop"}}, "the Service shop/bare has no selector"),
        ({"k8sServiceSelector": {"selector": {"matchLabels": {"a": "b"}}}}, "there is no such Service"),
        ({}, "there is no such Service"),
    ],
)
def test_services_that_are_not_known_are_named(item: Body, what: str) -> None:
    """Cilium opens the port to everybody while there is no Service, and what was read need not be all there is."""
    (found,) = unknowns(cnp(egress=[{"toServices": [item], "toPorts": [{"ports": [PORT]}]}]), service("bare"))
    assert what in found


def test_a_listener_is_named() -> None:
    """Envoy decides, as somebody configured it."""
    listener = {"envoyConfig": {"name": "e"}, "name": "l"}
    assert unknowns(cnp(egress=[{"toPorts": [{"ports": [PORT], "listener": listener}]}])) == [
        "a CiliumNetworkPolicy is not evaluated: it has listener"
    ]


def test_policies_of_nodes_are_named() -> None:
    """They hold no pod."""
    spec = {"nodeSelector": {}, "ingress": [{}]}
    cluster = cluster_of(an_object("CiliumClusterwideNetworkPolicy", {"spec": spec}))
    assert [one.what for one in cluster.unknowns] == [
        "a CiliumClusterwideNetworkPolicy is not evaluated: it is about nodes"
    ]
    assert cluster.policies == ()


def test_the_name_of_the_cluster_is_that_of_the_default() -> None:
    """A selector by it means the pods that it would mean without."""
    for key in ("io.cilium.k8s.policy.cluster", "k8s:io.cilium.k8s.policy.cluster"):
        assert peers_of({"fromEndpoints": [{"matchLabels": {key: "default", "app": "web"}}]}) == (WEB,)


def test_authentication_that_is_switched_off_is_none() -> None:
    """It always succeeds."""
    assert peers_of({"authentication": {"mode": "disabled"}, "fromEntities": ["all"]}) is None


# ------------------------------------------------------------------------------------------------------------- refusals


def ingress(**rule: Any) -> Body:
    """Return a policy with one rule."""
    return cnp(ingress=[rule])


def egress(**rule: Any) -> Body:
    """Return a policy with one rule of egress."""
    return cnp(egress=[rule])


def to_ports(item: Body, key: str = "ingress") -> Body:
    """Return a policy with one rule of one item of toPorts."""
    return cnp(**{key: [{"toPorts": [item]}]})


def selecting(selector: Body) -> Body:
    """Return a policy with a peer."""
    return ingress(fromEndpoints=[selector])


def field_of(field: Body) -> Body:
    """Return a policy with a type of ICMP."""
    return ingress(icmps=[{"fields": [field]}])


GET = {"http": [{"method": "GET"}]}
LOOKUP = {"dns": [{"matchName": "a.b"}]}
REFUSED = {
    "no spec": (an_object("CiliumNetworkPolicy", {}), "neither spec nor specs", "apiVersion"),
    "no rule": (cnp(), "a rule in one of ingress, ingressDeny, egress, egressDeny", "endpointSelector"),
    "only an empty section": (cnp(ingress=[]), "a rule in one of", "endpointSelector"),
    "a rule that is null": (cnp(ingress=[None]), "null in the list", "null"),
    "a spec that is null": (an_object("CiliumNetworkPolicy", {"specs": [None]}), "null in the list", "null"),
    "no subject": (an_object("CiliumNetworkPolicy", {"spec": {"ingress": [{}]}}), "one of endpointSelector", "ingress"),
    "two subjects": (ccnp(nodeSelector={}, ingress=[{}]), "one of endpointSelector and nodeSelector", "endpoint"),
    "nodes of a namespace": (
        an_object("CiliumNetworkPolicy", {"spec": {"nodeSelector": {}, "ingress": [{}]}}),
        "cannot be about nodes",
        "nodeSelector",
    ),
    "an unknown field at the top": (an_object("CiliumNetworkPolicy", {"spce": {}}), "the field 'spce'", "spce"),
    "an unknown section": (cnp(ingres=[{}]), "the field 'ingres' is not known in spec", "ingres"),
    "an unknown field of a rule": (ingress(fromEndpoint=[]), "known in spec.ingress[0]", "fromEndpoint"),
    "a field of the other side": (ingress(toEndpoints=[]), "the field 'toEndpoints'", "toEndpoints"),
    "names in ingress": (ingress(toFQDNs=[]), "the field 'toFQDNs'", "toFQDNs"),
    "names that are denied": (cnp(egressDeny=[{"toFQDNs": []}]), "the field 'toFQDNs'", "toFQDNs"),
    "authentication of denies": (
        cnp(ingressDeny=[{"authentication": {"mode": "required"}}]),
        "the field 'authentication'",
        "authentication",
    ),
    "filters of denies": (to_ports({"ports": [PORT], "rules": GET}, "ingressDeny"), "the field 'rules'", "rules"),
    "Kafka": (to_ports({"ports": [PORT], "rules": {"kafka": []}}), "the field 'kafka'", "kafka"),
    "an unknown field of a port": (to_ports({"ports": [{"prot": "80"}]}), "the field 'prot'", "prot"),
    "an unknown field of a request": (ingress(**http({"paths": "/"})), "the field 'paths'", "paths"),
    "an unknown field of a selector": (selecting({"matchLabel": {}}), "the field 'matchLabel'", "matchLabel"),
    "two kinds of peers": (
        ingress(fromEndpoints=[{}], fromCIDR=["10.0.0.0/8"]),
        "fromEndpoints and fromCIDR, are refused",
        "fromCIDR",
    ),
    "names and endpoints": (
        egress(toFQDNs=[{"matchName": "a.b"}], toEndpoints=[{}]),
        "toEndpoints and toFQDNs, are refused",
        "toFQDNs",
    ),
    "requirements": (ingress(fromRequires=["x"]), "fromRequires is refused", "x"),
    "an unknown entity": (ingress(fromEntities=["wrld"]), "'wrld' is no entity", "wrld"),
    "an entity of one family": (ingress(fromEntities=["world-ipv4"]), "'world-ipv4' is no entity", "world-ipv4"),
    "a bare address": (ingress(fromCIDR=["10.0.0.1"]), "'10.0.0.1' is no CIDR", "10.0.0.1"),
    "a CIDR that is none": (ingress(fromCIDR=["010.0.0.0/8"]), "is no CIDR", "010"),
    "an exception elsewhere": (
        ingress(fromCIDRSet=[{"cidr": "10.0.0.0/8", "except": ["11.0.0.0/16"]}]),
        "'11.0.0.0/16' is not a part of '10.0.0.0/8'",
        "11.0.0.0/16",
    ),
    "an exception of the other family": (
        ingress(fromCIDRSet=[{"cidr": "10.0.0.0/8", "except": ["2001:db8::/32"]}]),
        "is not a part of",
        "2001",
    ),
    "a block of two kinds": (
        ingress(fromCIDRSet=[{"cidr": "10.0.0.0/8", "cidrGroupRef": "g"}]),
        "one of cidr, cidrGroupRef, cidrGroupSelector",
        "cidr",
    ),
    "a block of no kind": (ingress(fromCIDRSet=[{"except": []}]), "one of cidr", "except"),
    "a group of no name": (ingress(fromCIDRSet=[{"cidrGroupRef": "A_B"}]), "'A_B' is no name", "A_B"),
    "a name and a pattern": (
        egress(toFQDNs=[{"matchName": "a.b", "matchPattern": "*"}]),
        "one of matchName and matchPattern",
        "matchName",
    ),
    "neither name nor pattern": (egress(toFQDNs=[{}]), "one of matchName and matchPattern", "}"),
    "a star in a name": (egress(toFQDNs=[{"matchName": "*.b"}]), "'*.b' is no name", "*.b"),
    "a name with two dots": (egress(toFQDNs=[{"matchName": "a..b"}]), "'a..b' is no name", "a..b"),
    "a name that is too long": (egress(toFQDNs=[{"matchName": "a" * 256}]), "is no name", "a"),
    "a port as a number": (
        to_ports({"ports": [{"port": 80}]}),
        'a port is text, even where it is a number: write "80"',
        "80",
    ),
    "no port": (to_ports({"ports": [{"protocol": "TCP"}]}), "a port has to be written", "protocol"),
    "a port that is none": (to_ports({"ports": [{"port": "99999"}]}), "'99999' is no port number", "99999"),
    "an octal port that is none": (to_ports({"ports": [{"port": "080"}]}), "'080' is no port number", "080"),
    "a name that is none": (to_ports({"ports": [{"port": "a--b"}]}), "'a--b' is no port number", "a--b"),
    "an empty port": (to_ports({"ports": [{"port": ""}]}), "'' is no port number", "}"),
    "an end that is none": (to_ports({"ports": [{"port": "1", "endPort": 65536}]}), "from 0 to 65535", "65536"),
    "a protocol in small letters": (to_ports({"ports": [{"port": "1", "protocol": "tcp"}]}), "'tcp' is no", "tcp"),
    "ICMP as a protocol": (to_ports({"ports": [{"port": "8", "protocol": "ICMP"}]}), "'ICMP' is no protocol", "ICMP"),
    "a port of what has none": (to_ports({"ports": [{"port": "8", "protocol": "GRE"}]}), "GRE has no ports", "8"),
    "too many ports": (to_ports({"ports": [PORT] * 41}), "more than 40 ports", "port"),
    "too many ports of denies": (to_ports({"ports": [PORT] * 41}, "egressDeny"), "more than 40 ports", "port"),
    "ICMP and ports": (ingress(icmps=[{"fields": [{"type": 8}]}], toPorts=[{"ports": [PORT]}]), "icmps and", "icmps"),
    "a name of the other family": (field_of({"type": "PacketTooBig"}), "no type of ICMP for IPv4", "PacketTooBig"),
    "no type": (field_of({"family": "IPv4"}), "type is not a number", "family"),
    "no family": (field_of({"family": "IPv5", "type": 8}), "'IPv5' is no family", "IPv5"),
    "too many types": (ingress(icmps=[{"fields": [{"type": 8}] * 41}]), "more than 40 types", "type"),
    "no kind of rules": (to_ports({"ports": [PORT], "rules": {}}), "one of http and dns", "}"),
    "two kinds of rules": (to_ports({"ports": [PORT], "rules": {**GET, **LOOKUP}}), "one of http and dns", "http"),
    "HTTP on any protocol": (to_ports({"ports": [{"port": "80"}], "rules": GET}), "ports of the protocol TCP", "http"),
    "HTTP on every port": (
        to_ports({"ports": [{"port": "0", "protocol": "TCP"}], "rules": GET}),
        "rules for the port 0 are refused",
        "http",
    ),
    "a path that is no expression": (ingress(**http({"path": "/("})), "'/(' is no regular expression", "/("),
    "a path that looks ahead": (ingress(**http({"path": "/(?!x)"})), "Go and Envoy do not have", "/(?!x)"),
    "a path that looks back": (ingress(**http({"path": "(a)\\1"})), "Go and Envoy do not have", "(a)"),
    "a header without a name": (ingress(**http({"headerMatches": [{"value": "1"}]})), "a header has no name", "value"),
    "an unknown mismatch": (
        ingress(**http({"headerMatches": [{"name": "X", "mismatch": "DROP"}]})),
        "'DROP' is none of LOG, ADD, DELETE, REPLACE",
        "DROP",
    ),
    "DNS on ingress": (to_ports({"ports": [{"port": "53"}], "rules": LOOKUP}), "DNS rules on ingress", "dns"),
    "DNS without a port": (to_ports({"rules": LOOKUP}, "egress"), "DNS rules need a port", "dns"),
    "DNS on a range": (
        to_ports({"ports": [{"port": "53", "endPort": 54}], "rules": LOOKUP}, "egress"),
        "DNS rules for a range",
        "dns",
    ),
    "DNS on every port": (to_ports({"ports": [{"port": "0"}], "rules": LOOKUP}, "egress"), "the port 0", "dns"),
    "server names and requests": (
        to_ports({"ports": [PORT], "serverNames": ["a.b"], "rules": GET}),
        "rules beside serverNames are refused",
        "rules",
    ),
    "an unknown mode": (ingress(authentication={"mode": "on"}), "'on' is none of disabled", "on"),
    "default deny as text": (cnp(ingress=[{}], enableDefaultDeny={"ingress": "no"}), "neither true nor false", "no"),
    "an unknown operator": (
        selecting({"matchExpressions": [{"key": "a", "operator": "Is", "values": ["b"]}]}),
        "'Is' is no operator",
        "Is",
    ),
    "an operator without values": (
        selecting({"matchExpressions": [{"key": "a", "operator": "In"}]}),
        "the operator In needs values",
        "In",
    ),
    "an operator with values": (
        selecting({"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["b"]}]}),
        "the operator Exists takes no values",
        "Exists",
    ),
    "a key of two sources": (selecting({"matchLabels": {"k8s:any:a": "b"}}), "no label key with a source", "k8s:any"),
    "a key that is none": (selecting({"matchLabels": {"$host": ""}}), "'$host' is no label key", "$host"),
    "a value that is none": (selecting({"matchLabels": {"a": "b c"}}), "'b c' is no label value", "b c"),
    "a long text in a log": (cnp(ingress=[{}], log={"value": "x" * 33}), "at most 32 characters", "x"),
    "a label without a key": (cnp(ingress=[{}], labels=[{"value": "x"}]), "a label has no key", "value"),
}
"""Objects that Cilium's definitions or its agent refuse, with words of the reason and of the text where it is told."""


@pytest.mark.parametrize(("body", "why", "where"), REFUSED.values(), ids=REFUSED)
def test_what_cilium_refuses_is_not_enforced(body: Body, why: str, where: str) -> None:
    """Nothing of the object is taken to be there, and nothing is proved: it is named at the place of the fault."""
    what, text = refusal(body)
    assert what.startswith(f"a {body['kind']} is not understood: ")
    assert why in what
    assert text.startswith(where)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (field_of({"type": 256}), "from 0 to 255"),
        (selecting({"matchLabels": {"a": None}}), "is not text"),
        (selecting({"matchLabels": {"a": "b", "any:a": "c"}}), "the label 'a' is asked for twice"),
    ],
)
def test_what_nobody_means_is_not_guessed_at(body: Body, why: str) -> None:
    """Cilium takes it for something; it is named all the same."""
    what, _ = refusal(body)
    assert why in what


def test_one_bad_spec_spoils_the_object() -> None:
    """The good ones are not enforced either."""
    good: Body = {"endpointSelector": {}, "ingress": [{}]}
    cluster = cluster_of(an_object("CiliumNetworkPolicy", {"specs": [good, {"endpointSelector": {}}]}))
    assert (cluster.policies, len(cluster.unknowns)) == ((), 1)


def test_a_status_that_says_so() -> None:
    """What Cilium says that it did not take is not enforced, whatever is thought of it here."""
    body = cnp(ingress=[{}])
    body["status"] = {"conditions": [{"type": "Valid", "status": "False", "message": "bad port"}]}
    what, _ = refusal(body)
    assert what.endswith("Cilium says in its status that it is not valid: bad port")


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        (None, "a map is needed"),
        ({}, "needs externalCIDRs"),
        ({"externalCIDRs": None}, "needs externalCIDRs"),
        ({"externalCIDRs": ["10.0.0.1"]}, "is no CIDR"),
        ({"cidrs": []}, "the field 'cidrs'"),
    ],
)
def test_groups_that_are_none(spec: Body | None, why: str) -> None:
    """They are named, and policies that speak of them do not find them."""
    bodies = [an_object("CiliumCIDRGroup", {"spec": spec}, name="g"), ingress(fromCIDRSet=[{"cidrGroupRef": "g"}])]
    first, second = unknowns(*bodies)
    assert first.startswith("a CiliumCIDRGroup is not understood: ")
    assert why in first
    assert "there is no CiliumCIDRGroup g" in second


# ------------------------------------------------------------------------------------------------------ the whole way


SPEC = """\
apiVersion: netgen.dev/v1alpha1
kind: Connectivity
metadata: {name: shop, namespace: shop}
apps:
  web: {port: 8080, calls: [db]}
  db: 5432/tcp
"""


def pods(name: str) -> Body:
    """Return a workload of an app of SPEC."""
    template = {"metadata": {"labels": {"app.kubernetes.io/name": name}}, "spec": {"containers": [{"name": "c"}]}}
    metadata = {"name": name, "namespace": "shop"}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {"template": template}}


@pytest.mark.parametrize(("cni", "is_proven"), [("cilium", True), ("kubernetes", False), ("calico", False)])
def test_the_plugin_that_is_asked_about_says_what_is_read(tmp_path: Path, cni: str, is_proven: bool) -> None:  # noqa: FBT001
    """By reach, can and diff: under Cilium all is understood, and under others Cilium's kinds are named."""
    texts = [[pods("web"), pods("db")], [pods("web"), pods("db"), cnp(endpointSelector={}, ingress=[{}])]]
    for name, bodies in zip("ab", texts, strict=True):
        (tmp_path / name).mkdir()
        (tmp_path / name / "m.yaml").write_text(plainly(bodies), encoding="utf-8")
    old, new = tmp_path / "a", tmp_path / "b"
    assert (api.reach([new], cni=cni).unproven == ()) == is_proven
    assert (api.can("shop/web", "shop/db:5432", [new], cni=cni).unproven == ()) == is_proven
    found, _ = api.diff(old, new, cni=cni)
    assert any("is not evaluated" in str(change) for change in found.changes) != is_proven


@pytest.mark.parametrize(
    ("cni", "words"),
    [
        ("cilium", "CiliumNetworkPolicy shop/db of the cluster opens what no spec says"),
        ("kubernetes", "is not evaluated"),
    ],
)
def test_policies_in_the_cluster_are_looked_at(tmp_path: Path, cni: str, words: str) -> None:
    """One of Cilium's that has the name of a rendered one is another object, and what it opens is found."""
    (tmp_path / "spec.yaml").write_text(SPEC, encoding="utf-8")
    intent = api.load(tmp_path / "spec.yaml").intent
    manifests = api.render(intent)
    assert ("NetworkPolicy", "db") in {(one.kind, one.name) for one in manifests}
    spec = {
        "endpointSelector": {"matchLabels": {"app.kubernetes.io/name": "db"}},
        "ingress": [{"fromEntities": ["all"]}],
    }
    opening = an_object("CiliumNetworkPolicy", {"spec": spec}, name="db")
    (tmp_path / "cluster.yaml").write_text(plainly([pods("web"), pods("db"), opening]), encoding="utf-8")
    proof = api.prove(intent, manifests, workloads=[tmp_path / "cluster.yaml"], namespace="shop", cni=cni)
    assert any(words in one.message for one in proof.findings)
