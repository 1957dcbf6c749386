"""ClusterNetworkPolicy: each field is read or refused as the API server has it, and what is not known is named."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from random import Random
from typing import Any

import pytest

import naive_tiers
import tiered
from clusters import Cluster, questions, random_cluster
from naive import Choices
from naive_tiers import Finality
from netgen.evaluate import objects
from netgen.evaluate.addresses import Block
from netgen.evaluate.explain import explain
from netgen.evaluate.objects.clusternetworkpolicy import ADMIN, BASELINE
from netgen.evaluate.objects.model import (
    NAME_LABEL,
    Action,
    BlockPeer,
    Entity,
    PodPeer,
    Policy,
    PortRule,
    Selector,
)
from netgen.evaluate.reach import Reach
from netgen.evaluate.semantics import PROFILES, Reading
from netgen.evaluate.sets import Protocol
from netgen.evaluate.universe import universe
from netgen.source import Dialect, read
from test_evaluate_reach import numbers, semantics_of, tri

RANDOM_CLUSTERS = 2000
SOME_CLUSTERS = 120

HEAD = """\
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: c}
"""
SHOP = "{matchLabels: {kubernetes.io/metadata.name: shop}}"
POD = "{podSelector: {matchLabels: {app: db}}}"
PORT = "{tcp: {destinationPort: {number: 80}}}"
NOT = "{matchExpressions: [{key: team, operator: NotIn, values: [a]}]}"


def spec(*lines: str, tier: str = "Admin", priority: int = 7, subject: str = "namespaces: {}", name: str = "c") -> str:
    """Return the text of a policy with *lines* in its spec."""
    head = HEAD.replace("name: c", f"name: {name}")
    start = f"spec:\n  tier: {tier}\n  priority: {priority}\n  subject: {{{subject}}}\n"
    return head + start + "".join(f"  {line}\n" for line in lines)


def rule(text: str, way: str = "ingress") -> str:
    """Return the text of a policy with one rule."""
    return spec(f"{way}:", f"- {text}")


def cluster_of(text: str, cni: str = "kube-network-policies") -> objects.Cluster:
    """Return what *text* says."""
    reading = read(text, "m.yaml", Dialect.MANIFEST)
    return objects.read_cluster(reading.documents, reading.problems, cni=cni)


def policy_of(text: str, cni: str = "kube-network-policies") -> Policy:
    """Return the policy that *text* is, of which nothing is unknown."""
    cluster = cluster_of(text, cni)
    assert cluster.unknowns == ()
    (found,) = cluster.policies
    return found


def named(text: str, cni: str = "kube-network-policies") -> list[str]:
    """Return what is not understood in *text*, with the line and column."""
    unknowns = cluster_of(text, cni).unknowns
    return [f"{one.place.line}:{one.place.column} {one.what}" if one.place else one.what for one in unknowns]


# --------------------------------------------------------------------------------------------------------------- fields


@pytest.mark.parametrize("cni", ["kubernetes", "kube-network-policies", "cilium", "calico"])
def test_every_field_is_read(cni: str) -> None:
    """Tier, priority, subject and rules are what is written, and rules count on whatever their action is."""
    text = spec(
        "ingress:",
        f"- {{name: one, action: Deny, from: [{{namespaces: {SHOP}}}, {{pods: {POD}}}]}}",
        f"- {{action: Pass, from: [{{namespaces: {SHOP}}}], protocols: [{PORT}]}}",
        "egress:",
        "- action: Accept",
        '  to: [{networks: [10.0.0.0/8, "fd00::/8"]}]',
        "  protocols: [{udp: {destinationPort: {range: {start: 1, end: 9}}}}, {sctp: {destinationPort: {number: 5}}}]",
        f"- {{action: Accept, to: [{{pods: {POD}}}], protocols: [{{destinationNamedPort: http}}]}}",
        tier="Baseline",
        subject=f"pods: {{namespaceSelector: {SHOP}, podSelector: {{}}}}",
    )
    found = policy_of(text, "kube-network-policies" if cni == "calico" else cni)
    shop, db = Selector(((NAME_LABEL, "shop"),)), Selector((("app", "db"),))
    assert (found.kind, found.namespace, found.name) == ("ClusterNetworkPolicy", "", "c")
    assert (found.tier, found.order, found.scope, found.subject) == (BASELINE, 7, shop, Selector())
    assert found.ingress is not None
    assert found.egress is not None
    assert [(one.index, one.action, one.peers, one.ports) for one in (*found.ingress, *found.egress)] == [
        (0, Action.DENY, (PodPeer(shop, Selector()), PodPeer(Selector(), db)), None),
        (1, Action.PASS, (PodPeer(shop, Selector()),), (PortRule(Protocol.TCP, 80, 80),)),
        (
            *(0, Action.ALLOW, (BlockPeer(Block("10.0.0.0/8")), BlockPeer(Block("fd00::/8")))),
            (PortRule(Protocol.UDP, 1, 9), PortRule(Protocol.SCTP, 5, 5)),
        ),
        (
            *(1, Action.ALLOW, (PodPeer(Selector(), db),)),
            tuple(PortRule(one, name="http") for one in (Protocol.TCP, Protocol.UDP, Protocol.SCTP)),
        ),
    ]


def test_a_direction_without_rules_is_not_touched() -> None:
    """No rules and an empty list of them are the same: the policy says nothing of the direction, and closes nothing."""
    found = policy_of(spec("ingress: []", "egress: null"))
    assert (found.ingress, found.egress, found.tier) == (None, None, ADMIN)


def test_a_status_and_a_namespace_are_read_over() -> None:
    """What the cluster adds says nothing about connections, and the kind is in no namespace."""
    found = policy_of(
        spec("ingress: []").replace("{name: c}", "{name: c, namespace: shop}") + "status: {conditions: []}\n"
    )
    assert (found.namespace, found.name) == ("", "c")


REFUSED = {
    "no spec": (HEAD, "a ClusterNetworkPolicy needs tier"),
    "no tier": (HEAD + "spec: {priority: 1, subject: {namespaces: {}}}", "a ClusterNetworkPolicy needs tier"),
    "no priority": (HEAD + "spec: {tier: Admin, subject: {namespaces: {}}}", "a ClusterNetworkPolicy needs priority"),
    "no subject": (HEAD + "spec: {tier: Admin, priority: 1}", "a ClusterNetworkPolicy needs subject"),
    "another tier": (spec(tier="admin"), "'admin' is none of the tiers Admin and Baseline"),
    "a priority below 0": (spec(priority=-1), "spec.priority is not a number from 0 to 1000"),
    "a priority above 1000": (spec(priority=1001), "spec.priority is not a number from 0 to 1000"),
    "an empty subject": (spec(subject=""), "there has to be one of namespaces, pods"),
    "two subjects": (spec(subject=f"namespaces: {{}}, pods: {POD}"), "there has to be one of namespaces, pods"),
    "pods without a selector": (spec(subject="pods: {namespaceSelector: {}}"), "pods needs a podSelector"),
    "an unknown field": (spec("podSelector: {}"), "the field 'podSelector' is not known in spec"),
    "a label of null": (spec(subject="namespaces: {matchLabels: {a: null}}"), "the label 'a' has no value"),
    "26 rules": (spec("ingress:", *["- {action: Deny, from: [{namespaces: {}}]}"] * 26), "from 0 to 25 items"),
    "no action": (rule("{from: [{namespaces: {}}]}"), "None is none of the actions Accept, Deny, Pass"),
    "the action Allow": (rule("{action: Allow, from: [{namespaces: {}}]}"), "'Allow' is none of the actions"),
    "no peers": (rule("{action: Deny}"), "a rule needs from; there is no rule about everybody"),
    "no peer": (rule("{action: Deny, from: []}"), "there have to be from 1 to 25 items"),
    "an empty peer": (rule("{action: Deny, from: [{}]}"), "there has to be one of namespaces, pods"),
    "a peer of null": (rule("{action: Deny, from: [null]}"), "there has to be one of namespaces, pods"),
    "networks in ingress": (
        rule("{action: Deny, from: [{networks: [10.0.0.0/8]}]}"),
        "the field 'networks' is not known",
    ),
    "to in ingress": (rule("{action: Deny, to: [{namespaces: {}}]}"), "the field 'to' is not known"),
    "a long name": (
        rule(f"{{name: {'x' * 101}, action: Deny, from: [{{namespaces: {{}}}}]}}"),
        "at most 100 characters",
    ),
    "no CIDR": (rule("{action: Deny, to: [{networks: [10.0.0.1]}]}", "egress"), "'10.0.0.1' is no CIDR"),
    "a network twice": (
        rule("{action: Deny, to: [{networks: [10.0.0.0/8, 10.0.0.0/8]}]}", "egress"),
        "'10.0.0.0/8' is listed twice",
    ),
    "no protocols": (rule("{action: Deny, from: [{namespaces: {}}], protocols: []}"), "from 1 to 25 items"),
    "no port": (
        rule("{action: Deny, from: [{namespaces: {}}], protocols: [{tcp: {}}]}"),
        "tcp needs a destinationPort",
    ),
    "two protocols in one": (
        rule("{action: Deny, from: [{namespaces: {}}], protocols: [{destinationNamedPort: a, tcp: {}}]}"),
        "there has to be one of destinationNamedPort, sctp, tcp, udp",
    ),
    "a range of one": (
        rule(
            "{action: Deny, from: [{namespaces: {}}],"
            " protocols: [{tcp: {destinationPort: {range: {start: 80, end: 80}}}}]}"
        ),
        "a range has to end behind its start; one port is a number",
    ),
    "port 0": (
        rule("{action: Deny, from: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {number: 0}}}]}"),
        "is not a number from 1 to 65535",
    ),
    "a number as a name": (
        rule('{action: Deny, from: [{namespaces: {}}], protocols: [{destinationNamedPort: "80"}]}'),
        "'80' is no name of a port",
    ),
    "the name of a port of a network": (
        rule("{action: Deny, to: [{networks: [10.0.0.0/8]}], protocols: [{destinationNamedPort: http}]}", "egress"),
        "a rule with networks has no destinationNamedPort, since only pods name ports",
    ),
    "names that are denied": (
        rule("{action: Deny, to: [{domainNames: [example.com]}]}", "egress"),
        "domainNames are for rules of the action Accept",
    ),
    "no domain name": (rule("{action: Accept, to: [{domainNames: [com]}]}", "egress"), "'com' is no domain name"),
    "a star in a name": (
        rule("{action: Accept, to: [{domainNames: [a*.example.com]}]}", "egress"),
        "'a*.example.com' is no domain name",
    ),
    "another version": (
        spec().replace("v1alpha2", "v1alpha1"),
        "no cluster of today serves policy.networking.k8s.io/v1alpha1 ClusterNetworkPolicy",
    ),
}


@pytest.mark.parametrize(("text", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_what_the_api_server_refuses_is_named(text: str, why: str) -> None:
    """An object that no API server takes makes no policy, and is named with the reason at its place."""
    cluster = cluster_of(text)
    assert cluster.policies == ()
    (found,) = cluster.unknowns
    assert found.what.startswith("a ClusterNetworkPolicy is not understood: ")
    assert why in found.what
    assert found.place is not None


# ---------------------------------------------------------------------------------------------------- what is not known


def test_a_selector_that_only_says_no_is_named() -> None:
    """Plugins differ on whom a peer means by a selector of namespaces that any thing without labels meets."""
    bad = rule(f"{{action: Deny, from: [{{namespaces: {NOT}}}]}}")
    good = rule(
        f"{{action: Deny, from: [{{namespaces: {NOT.replace(']}]}', ']}, {key: team, operator: Exists}]}')}}}]}}"
    )
    what = (
        "9:40 a ClusterNetworkPolicy is not evaluated: its selector of namespaces says only what must not be, and some "
        "plugins take more than pods for that"
    )
    found = {cni: (named(bad, cni), named(good, cni)) for cni in ("kubernetes", "cilium", "kube-network-policies")}
    assert found == {"kubernetes": ([what], []), "cilium": ([what], []), "kube-network-policies": ([], [])}
    (unknown,) = cluster_of(bad, "cilium").unknowns
    assert unknown.fix.startswith("ask as well that a label exists: ")


@pytest.mark.parametrize("cni", ["kubernetes", "cilium", "kube-network-policies"])
def test_nodes_are_named(cni: str) -> None:
    """No plugin is known to tell nodes by their labels, and Cilium then enforces nothing of the policy."""
    (unknown,) = cluster_of(rule("{action: Deny, to: [{nodes: {}}]}", "egress"), cni).unknowns
    assert unknown.what.startswith("a ClusterNetworkPolicy is not evaluated: its peers are nodes")
    assert unknown.fix


@pytest.mark.parametrize("cni", ["kubernetes", "kube-network-policies", "calico"])
def test_domain_names_are_named(cni: str) -> None:
    """They are of the experimental channel, and few plugins know them."""
    (unknown,) = cluster_of(rule("{action: Accept, to: [{domainNames: ['*.example.com']}]}", "egress"), cni).unknowns
    assert unknown.what.startswith("a ClusterNetworkPolicy is not evaluated: its peers are domainNames")
    assert unknown.fix


@pytest.mark.parametrize("cni", ["weave", "flannel"])
def test_where_no_plugin_reads_it_it_is_named(cni: str) -> None:
    """A plugin without this kind does not look at it, so nobody says what it does."""
    (found,) = named(spec(), cni)
    assert found.startswith("2:7 the kind ClusterNetworkPolicy of policy.networking.k8s.io is not evaluated")


@pytest.mark.parametrize("kind", ["AdminNetworkPolicy", "BaselineAdminNetworkPolicy"])
def test_the_kinds_before_it_are_named(kind: str) -> None:
    """The kinds of v1alpha1 are not read, and the way out is the kind that took their place."""
    text = f"apiVersion: policy.networking.k8s.io/v1alpha1\nkind: {kind}\nmetadata: {{name: default}}\nspec: {{}}\n"
    (unknown,) = cluster_of(text, "kubernetes").unknowns
    instead = "a ClusterNetworkPolicy of policy.networking.k8s.io/v1alpha2"
    assert unknown.fix == f"write what {kind} default says as {instead}, or leave it out"


def test_kinds_of_other_groups_with_this_name_are_not_this_one() -> None:
    """The name stands in three API groups, and only one of them is read."""
    for group in ("crd.antrea.io/v1beta1", "networking.k8s.aws/v1alpha1"):
        (found,) = named(spec().replace("policy.networking.k8s.io/v1alpha2", group))
        assert "is not evaluated" in found


DENY, ACCEPT = (f"{{action: {action}, from: [{{namespaces: {{}}}}]}}" for action in ("Deny", "Accept"))
PASS, FAR = "{action: Pass, to: [{namespaces: {}}]}", "{action: Deny, to: [{networks: [10.0.0.0/16]}]}"
TIES = {
    "other actions": ((spec(f"ingress: [{DENY}]"), spec(f"ingress: [{ACCEPT}]", name="d")), True),
    "one action": ((spec(f"ingress: [{DENY}]"), spec(f"ingress: [{DENY}]", name="d")), False),
    "other tiers": ((spec(f"ingress: [{DENY}]"), spec(f"ingress: [{ACCEPT}]", name="d", tier="Baseline")), False),
    "other priorities": ((spec(f"ingress: [{DENY}]"), spec(f"ingress: [{ACCEPT}]", name="d", priority=8)), False),
    "other directions": (
        (spec(f"ingress: [{DENY}]"), spec("egress: [{action: Accept, to: [{namespaces: {}}]}]", name="d")),
        False,
    ),
    "other namespaces": (
        (
            spec(f"ingress: [{DENY}]", subject=f"namespaces: {SHOP}"),
            spec(f"ingress: [{ACCEPT}]", subject=f"namespaces: {SHOP.replace('shop', 'pay')}", name="d"),
        ),
        False,
    ),
    "other pods": (
        (
            spec(f"ingress: [{DENY}]", subject=f"pods: {POD}"),
            spec(f"ingress: [{ACCEPT}]", subject=f"pods: {POD.replace('db', 'web')}", name="d"),
        ),
        False,
    ),
    "one start, and one action behind it": (
        (spec(f"egress: [{PASS}, {FAR}]"), spec(f"egress: [{PASS}, {FAR.replace('10.0', '10.9')}]", name="d")),
        False,
    ),
    "one start, and other actions behind it": (
        (spec(f"egress: [{PASS}, {FAR}]"), spec(f"egress: [{PASS}, {FAR.replace('Deny', 'Accept')}]", name="d")),
        True,
    ),
    "another start": ((spec(f"egress: [{PASS}, {FAR}]"), spec(f"egress: [{FAR}]", name="d")), True),
    "all and some namespaces": (
        (spec(f"ingress: [{DENY}]", subject=f"namespaces: {SHOP}"), spec(f"ingress: [{ACCEPT}]", name="d")),
        True,
    ),
}


@pytest.mark.parametrize(("texts", "tied"), TIES.values(), ids=TIES.keys())
def test_two_policies_of_one_priority_are_named(texts: tuple[str, str], *, tied: bool) -> None:
    """Where two policies of a tier have one priority, and may decide otherwise, nobody knows which of them does."""
    for (one, other), names in ((texts, "c and d"), (texts[::-1], "d and c")):
        unknowns = cluster_of(f"{one}---\n{other}").unknowns
        what = f"two policies of the tier Admin have the priority 7, {names}, and nobody can say which of them decides"
        assert [(one.what, one.fix) for one in unknowns] == [(what, "give each its own priority")] * tied


def test_many_policies_of_one_priority_in_their_own_namespaces_are_quick() -> None:
    """As many as there are namespaces may share a priority, and are not compared pair by pair."""
    texts = [
        spec(
            f"ingress: [{DENY}, {ACCEPT}]",
            subject=f"namespaces: {SHOP.replace('shop', f'n{number}')}",
            name=f"c{number}",
        )
        for number in range(300)
    ]
    assert cluster_of("---\n".join(texts)).unknowns == ()


# --------------------------------------------------------------------------------------------------------------- Cilium


def test_on_cilium_a_subject_that_only_says_no_holds_more_than_pods() -> None:
    """What has no namespace meets such a subject: Cilium's own ingress and health, and what has no labels yet."""
    everyone = frozenset((Entity.INGRESS, Entity.HEALTH, Entity.INIT))
    subjects = {
        f"namespaces: {NOT}": everyone,
        f"pods: {{namespaceSelector: {NOT}, podSelector: {{}}}}": everyone,
        f"pods: {{namespaceSelector: {NOT}, podSelector: {{matchLabels: {{a: b}}}}}}": frozenset(),
        "namespaces: {}": frozenset(),
        f"namespaces: {SHOP}": frozenset(),
    }
    found = {one: policy_of(spec(f"ingress: [{DENY}]", subject=one), "cilium").entities for one in subjects}
    assert found == subjects
    assert policy_of(spec(subject=f"namespaces: {NOT}")).entities == frozenset()


def test_on_cilium_labels_that_it_adds_are_named() -> None:
    """A selector of pods by a label that Cilium gives them means something on Cilium only."""
    text = spec(subject="pods: {podSelector: {matchLabels: {io.kubernetes.pod.namespace: shop}}}")
    (found,) = named(text, "cilium")
    assert "Cilium gives pods a label io.kubernetes.pod.namespace of its own" in found
    assert named(text) == []


WORLD = """\
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: c}]}
---
apiVersion: v1
kind: Pod
metadata: {name: dns, namespace: shop, labels: {k8s-app: kube-dns}}
spec: {containers: [{name: c, ports: [{name: dns, containerPort: 53, protocol: UDP}]}]}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: web}}
  enableDefaultDeny: {ingress: true, egress: true}
  ingress: [{toPorts: [{ports: [{port: "80", protocol: TCP}], rules: {http: [{path: /public}]}}]}]
  egress: [{toEndpoints: [{}]}]
---
"""
YIELDING = WORLD.replace("{ingress: true, egress: true}", "{ingress: false, egress: false}")


def opened(text: str, source: str, target: str, protocol: Protocol, port: int) -> str:
    """Return whether a connection is open, filtered or closed on Cilium, in both readings and as it is explained."""
    cluster = cluster_of(text, "cilium")
    assert cluster.unknowns == ()
    space = universe(cluster.workloads, cluster.namespaces, [cluster.policies])
    pods = {one.name: space.of(one) for one in cluster.workloads}
    ends = pods[source], pods[target]
    said = set()
    for reading in Reading:
        reach = Reach(space, cluster.policies, PROFILES["cilium"], reading)
        is_filtered = reach.filter(*ends, protocol, port) is not None
        said.add("filtered" if is_filtered else "open" if reach.allowed(*ends).has(protocol, port) else "closed")
        why = explain(reach, *ends, protocol, port)
        said.add("filtered" if why.is_filtered else "open" if why.allowed else "closed")
    (found,) = said
    return found


NO_TIER, ADMITTED, REFUSED_LAST, ADMITTED_LAST = (
    "",
    spec(f"ingress: [{ACCEPT}]"),
    spec(f"ingress: [{DENY}]", tier="Baseline"),
    spec(f"ingress: [{ACCEPT}]", tier="Baseline"),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (WORLD + NO_TIER, "filtered"),
        (WORLD + ADMITTED, "open"),
        (WORLD + REFUSED_LAST, "filtered"),
        (WORLD + ADMITTED_LAST, "open"),
        (YIELDING + NO_TIER, "open"),
        (YIELDING + REFUSED_LAST, "open"),
    ],
    ids=[
        "alone",
        "accepted before",
        "denied behind",
        "accepted behind",
        "nothing closed",
        "nothing closed, denied behind",
    ],
)
def test_a_filter_of_cilium_decides_where_it_stands(text: str, expected: str) -> None:
    """Requests that it does not let through are left to the tiers behind; where nothing is closed, all passes it."""
    assert opened(text, "dns", "web", Protocol.TCP, 80) == expected


NAMES = "{action: Accept, to: [{domainNames: [example.com]}]}"
TO_PODS, NOT_TO_PODS = (f"{{action: {action}, to: [{{namespaces: {{}}}}]}}" for action in ("Accept", "Deny"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (WORLD + spec(f"egress: [{NAMES}]"), "filtered"),
        (WORLD + spec(f"egress: [{NAMES}, {TO_PODS}]"), "filtered"),
        (WORLD + spec(f"egress: [{TO_PODS}, {NAMES}]"), "open"),
        (WORLD + spec(f"egress: [{NOT_TO_PODS}, {NAMES}]"), "closed"),
        (WORLD + spec(f"egress: [{NAMES}, {NOT_TO_PODS}]"), "filtered"),
        (YIELDING + spec(f"egress: [{NAMES}, {NOT_TO_PODS}]"), "open"),
    ],
    ids=["alone", "pods behind", "pods before", "denied before", "denied behind", "nothing closed"],
)
def test_domain_names_are_looked_up_by_rules_of_cilium(text: str, expected: str) -> None:
    """Cilium lets the names of a rule be looked up, and by that rule no others, where a policy closes the egress."""
    assert opened(text, "web", "dns", Protocol.UDP, 53) == expected


# ------------------------------------------------------------------------------------------------------ random clusters


def differing(number: int | str) -> tuple[Cluster, list[dict[str, Any]], list[str]]:
    """Return a random cluster, its ClusterNetworkPolicies and what the two evaluators answer otherwise."""
    cluster = random_cluster(f"tiers/{number}")
    made = tiered.policies(cluster)
    chance = cluster.chance
    choices = Choices(*(chance.random() < 0.5 for _ in range(5)))
    finality = Finality(*(chance.random() < 0.5 for _ in range(2)))
    return cluster, made, list(_differing(cluster, made, choices, finality, chance))


def _differing(
    cluster: Cluster, made: list[dict[str, Any]], choices: Choices, finality: Finality, chance: Random
) -> Iterator[str]:
    bodies = {"apiVersion": "v1", "kind": "List", "items": [*cluster.objects, *made]}
    found = cluster_of(json.dumps(bodies))
    assert found.unknowns == ()
    space = universe(found.workloads, found.namespaces, [found.policies])
    assert space.unknowns == ()
    semantics = replace(
        semantics_of(choices),
        isolates_last=tri(holds=finality.isolates_last),
        final_for_pods=tri(holds=finality.final_for_pods),
    )
    reach = Reach(space, found.policies, semantics, chance.choice(list(Reading)))
    ends = list(zip(cluster.ends, numbers(found, space, cluster.ends), strict=True))
    asked = questions(cluster)
    for (source, one), (target, other) in product(ends, ends):
        if source.pod is None and target.pod is None:
            continue
        ports = reach.allowed(one, other)
        for protocol, port in asked:
            expected = naive_tiers.allowed(cluster.policies, made, source, target, protocol, port, choices, finality)
            if expected != ports.has(Protocol(protocol), port):
                yield f"{source} -> {target} {port}/{protocol}: {expected} expected"


def test_some_random_clusters_as_the_documentation_says() -> None:
    """In clusters with policies of all three tiers, each connection is as a naive reading has it."""
    assert [(number, found) for number in range(SOME_CLUSTERS) if (found := differing(number)[2])] == []


@pytest.mark.heavy
def test_random_clusters_as_the_documentation_says() -> None:
    """So it is in many more, which hold every field and operator that is read."""
    policies = []
    for number in range(RANDOM_CLUSTERS):
        _, made, found = differing(f"heavy/{number}")
        assert (number, found) == (number, [])
        policies += made
    seen = Counter(name for one in policies for name in {*tiered.fields(one["spec"])})
    assert {name: seen[name] for name in tiered.FIELDS if seen[name] < len(policies) / 100} == {}
