"""Each ClusterNetworkPolicy obeys the rules that its definition does not say, or is refused by its field."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from netgen.check import check
from test_check import DELETED, changed, found, manifest, named

TCP = {"tcp": {"destinationPort": {"number": 80}}}
SHOP = {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}
OTHERS = {
    "matchExpressions": [
        {"key": "kubernetes.io/metadata.name", "operator": "Exists"},
        {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["shop"]},
    ]
}
POLICY = {
    **changed(named("ClusterNetworkPolicy", "policy.networking.k8s.io/v1alpha2"), {"metadata/namespace": DELETED}),
    "spec": {
        "tier": "Admin",
        "priority": 10,
        "subject": {"pods": {"namespaceSelector": OTHERS, "podSelector": {}}},
        "ingress": [
            {
                "name": "scrape",
                "action": "Accept",
                "from": [{"namespaces": SHOP}, {"pods": {"namespaceSelector": {}, "podSelector": {}}}],
                "protocols": [TCP, {"destinationNamedPort": "metrics"}],
            }
        ],
        "egress": [
            {
                "action": "Deny",
                "to": [{"networks": ["169.254.169.254/32", "fd00:ec2::254/128"]}],
                "protocols": [{"udp": {"destinationPort": {"range": {"start": 1, "end": 65535}}}}],
            },
            {"action": "Pass", "to": [{"namespaces": {}}]},
        ],
    },
}
NAMES = changed(POLICY, {"spec/egress": [{"action": "Accept", "to": [{"domainNames": ["*.example.com", "a.b."]}]}]})
NODES = changed(POLICY, {"spec/egress": [{"action": "Deny", "to": [{"nodes": {"matchLabels": {"a": "b"}}}]}]})
GOOD = {"policy": json.loads(json.dumps(POLICY)), "names": NAMES, "nodes": NODES}
FIRST, OUT = "spec/ingress/0", "spec/egress/0"
IN_FIRST, IN_OUT = "spec.ingress[0]", "spec.egress[0]"
RANGE, IN_RANGE = f"{OUT}/protocols/0/udp/destinationPort/range", f"{IN_OUT}.protocols[0].udp.destinationPort.range"
PORT, IN_PORT = f"{FIRST}/protocols/0/tcp/destinationPort", f"{IN_FIRST}.protocols[0].tcp.destinationPort"
ONE = "Required value: must specify one of its fields"
PROTOCOLS = "must specify one of tcp, udp, sctp and destinationNamedPort"
ALONE = "Required value: a negative expression alone may mean what is in no namespace"
NEGATIVE = {"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["b"]}]}
ABSENT = {"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}

FAULTS: list[tuple[str, dict[str, Any], list[str]]] = [
    # The object
    ("policy", {"metadata/namespace": "shop"}, ["metadata.namespace: Forbidden: unknown field"]),
    ("policy", {"metadata/name": "A"}, ['metadata.name: Invalid value: "A": a lowercase RFC 1123 subdomain']),
    ("policy", {"spec/tier": "admin"}, ['spec.tier: Unsupported value: "admin"']),
    ("policy", {"spec/tier": DELETED}, ['spec.tier: Unsupported value: ""']),
    ("policy", {"spec/priority": DELETED}, ["spec.priority: Required value"]),
    *(
        ("policy", {"spec/priority": number}, [f"spec.priority: Invalid value: {number}: must be between 0 and 1000"])
        for number in (-1, 1001)
    ),
    ("policy", {"spec/priority": 0}, []),
    ("policy", {"spec/priority": 1000}, []),
    ("policy", {"spec/ingress": DELETED, "spec/egress": DELETED}, ["spec: Required value: there must be a rule"]),
    ("policy", {"spec/policyTypes": ["Ingress"]}, ["spec.policyTypes: Forbidden: unknown field"]),
    ("policy", {FIRST: {**POLICY["spec"]["ingress"][0], "to": []}}, [f"{IN_FIRST}.to: Forbidden: unknown field"]),
    # Subjects and peers
    ("policy", {"spec/subject": {}}, [f"spec.subject: {ONE}"]),
    ("policy", {"spec/subject/namespaces": {}}, [f"spec.subject: {ONE}"]),
    ("policy", {"spec/subject/pods/podSelector": DELETED}, ["spec.subject.pods.podSelector: Required value: an empty"]),
    (
        "policy",
        {"spec/subject/pods/namespaceSelector": DELETED},
        ["spec.subject.pods.namespaceSelector: Required value: an empty one selects all"],
    ),
    ("policy", {f"{FIRST}/from": DELETED}, [f"{IN_FIRST}.from: Required value: there is no rule about everybody"]),
    ("policy", {f"{FIRST}/from/0": {}}, [f"{IN_FIRST}.from[0]: {ONE}"]),
    ("policy", {f"{FIRST}/from/0/pods": {"namespaceSelector": {}, "podSelector": {}}}, [f"{IN_FIRST}.from[0]: {ONE}"]),
    ("policy", {f"{FIRST}/from/0": {"networks": ["10.0.0.0/8"]}}, [f"{IN_FIRST}.from[0].networks: Forbidden: unknown"]),
    (
        "policy",
        {f"{FIRST}/from/0/namespaces/matchLabels/a b": "c"},
        [f'{IN_FIRST}.from[0].namespaces.matchLabels: Invalid value: "a b": name part'],
    ),
    *(
        ("policy", {place: negative}, [f"{field}.matchExpressions: {ALONE}"])
        for negative in (NEGATIVE, ABSENT)
        for place, field in (
            ("spec/subject/pods/namespaceSelector", "spec.subject.pods.namespaceSelector"),
            (f"{FIRST}/from/0/namespaces", f"{IN_FIRST}.from[0].namespaces"),
            (f"{FIRST}/from/1/pods/namespaceSelector", f"{IN_FIRST}.from[1].pods.namespaceSelector"),
        )
    ),
    ("policy", {"spec/subject/pods/podSelector": NEGATIVE}, []),
    ("policy", {f"{FIRST}/from/0/namespaces": {**NEGATIVE, **SHOP}}, []),
    # Rules
    ("policy", {f"{FIRST}/action": "Allow"}, [f'{IN_FIRST}.action: Unsupported value: "Allow"']),
    ("policy", {f"{FIRST}/action": DELETED}, [f'{IN_FIRST}.action: Unsupported value: ""']),
    ("policy", {f"{FIRST}/name": "a" * 100}, []),
    ("policy", {f"{FIRST}/name": "a" * 101}, [f"{IN_FIRST}.name: Too long: may not be more than 100 characters"]),
    *(
        ("policy", {place: [item] * 26}, [f"{field}: Too many: 26: must have at most 25 items"])
        for place, field, item in (
            ("spec/ingress", "spec.ingress", POLICY["spec"]["ingress"][0]),
            ("spec/egress", "spec.egress", POLICY["spec"]["egress"][1]),
            (f"{FIRST}/from", f"{IN_FIRST}.from", {"namespaces": {}}),
            (f"{FIRST}/protocols", f"{IN_FIRST}.protocols", TCP),
        )
    ),
    ("policy", {f"{FIRST}/from": [{"namespaces": {}}] * 25}, []),
    # Networks, nodes, domain names
    (
        "policy",
        {f"{OUT}/to/0/networks": [f"10.{one}.0.0/16" for one in range(26)]},
        [f"{IN_OUT}.to[0].networks: Too many: 26: must have at most 25 items"],
    ),
    ("policy", {f"{OUT}/to/0/networks": ["10.0.0.0/8"] * 2}, [f'{IN_OUT}.to[0].networks[1]: Duplicate value: "10.']),
    (
        "policy",
        {f"{OUT}/to/0/networks/0": "10.0.0.1"},
        [f'{IN_OUT}.to[0].networks[0]: Invalid value: "10.0.0.1": must'],
    ),
    ("policy", {f"{OUT}/to/0/networks/0": "10.0.0.1/8"}, [f'{IN_OUT}.to[0].networks[0]: Invalid value: "10.0.0.1/8"']),
    ("nodes", {f"{OUT}/to/0/nodes/matchLabels/a": "-"}, [f'{IN_OUT}.to[0].nodes.matchLabels: Invalid value: "-"']),
    *(
        ("names", {f"{OUT}/action": action}, [f"{IN_OUT}.to[0].domainNames: Forbidden: may only be specified when"])
        for action in ("Deny", "Pass")
    ),
    *(
        ("names", {f"{OUT}/to/0/domainNames/0": text}, [f'{IN_OUT}.to[0].domainNames[0]: Invalid value: "{text}"'])
        for text in ("com", "a..b", "*a.com", "a b.com", "*.*.com", "-a.com")
    ),
    *(
        (
            name,
            {f"{OUT}/protocols": [{"destinationNamedPort": "http"}]},
            [f"{IN_OUT}.protocols[0].destinationNamedPort: Forbidden: may not be specified for peers"],
        )
        for name in GOOD
    ),
    # Ports
    ("policy", {f"{FIRST}/protocols": []}, [f"{IN_FIRST}.protocols: Invalid value: []: must not be empty"]),
    ("policy", {f"{FIRST}/protocols/0": {}}, [f"{IN_FIRST}.protocols[0]: Required value: {PROTOCOLS}"]),
    ("policy", {f"{FIRST}/protocols/0/udp": {}}, [f"{IN_FIRST}.protocols[0]: Required value: {PROTOCOLS}"]),
    ("policy", {f"{FIRST}/protocols/0": {"icmp": {}}}, [f"{IN_FIRST}.protocols[0].icmp: Forbidden: unknown field"]),
    ("policy", {f"{FIRST}/protocols/0/tcp": {}}, [f"{IN_PORT}: Required value: must specify one of number and range"]),
    ("policy", {f"{PORT}/range": {"start": 1, "end": 2}}, [f"{IN_PORT}: Required value: must specify one of"]),
    *(
        ("policy", {f"{PORT}/number": number}, [f"{IN_PORT}.number: Invalid value: {number}: must be between 1 and"])
        for number in (0, 65536)
    ),
    (
        "policy",
        {f"{FIRST}/protocols/1/destinationNamedPort": "A"},
        [f'{IN_FIRST}.protocols[1].destinationNamedPort: Invalid value: "A": must contain'] * 2,
    ),
    *(
        (
            "policy",
            {f"{RANGE}/start": start, f"{RANGE}/end": end},
            [f"{IN_RANGE}.end: Invalid value: {end}: must be gre"],
        )
        for start, end in ((80, 80), (81, 80))
    ),
    ("policy", {f"{RANGE}/start": 65534}, []),
    ("policy", {f"{RANGE}/end": DELETED}, [f"{IN_RANGE}.end: Required value"]),
    ("policy", {f"{RANGE}/start": 0}, [f"{IN_RANGE}.start: Invalid value: 0: must be between 1 and 65535"]),
]


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD)
def test_good(body: dict[str, Any]) -> None:
    """What an API server takes, and means no more than it says, is not refused."""
    assert found(body) == []


def test_good_is_good_by_the_definitions(kubeconform: Callable[[str], list[str]]) -> None:
    """The good example of what every channel has is one by the definition of the standard channel."""
    assert kubeconform(json.dumps(POLICY)) == []


@pytest.mark.parametrize(("name", "changes", "expected"), FAULTS)
def test_faults(name: str, changes: dict[str, Any], expected: list[str]) -> None:
    """A fault is named by its field, and nothing else is."""
    said = found(changed(GOOD[name], changes))
    assert len(said) == len(expected)
    assert [message[: len(start)] for message, start in zip(said, expected, strict=True)] == expected


def test_the_priorities_of_a_tier_are_different() -> None:
    """Two policies of one tier with one priority are a problem at the second, which names the first."""
    other = changed(POLICY, {"metadata/name": "other"})
    (problem,) = check([replace(manifest(body), namespace="") for body in (POLICY, other)])
    assert problem.message == (
        "ClusterNetworkPolicy other: spec.priority: Invalid value: 10: "
        "must not be that of another policy of the tier, ClusterNetworkPolicy cart"
    )


@pytest.mark.parametrize("change", [{"spec/priority": 11}, {"spec/tier": "Baseline"}])
def test_a_priority_may_stand_again_elsewhere(change: dict[str, Any]) -> None:
    """Another priority, and the same in the other tier, are right."""
    assert found(POLICY, changed(POLICY, {"metadata/name": "other", **change})) == []
