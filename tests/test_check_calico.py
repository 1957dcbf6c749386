"""Each of Calico's objects obeys the rules that its definition does not say, or is refused by its field."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from netgen.check import calico
from netgen.check.shape import fits
from test_check import DELETED, changed, found, named

VERSION = "projectcalico.org/v3"
POLICY = {
    **named("NetworkPolicy", VERSION),
    "spec": {
        "order": 1100,
        "selector": "app == 'web' && env in {'a', 'b'}",
        "types": ["Ingress", "Egress"],
        "ingress": [
            {
                "action": "Allow",
                "protocol": "TCP",
                "source": {"namespaceSelector": "has(projectcalico.org/name)", "selector": "app == 'shop'"},
                "destination": {"ports": [80, "8000:8010", "http"]},
                "http": {"methods": ["GET"], "paths": [{"exact": "/a"}, {"prefix": "/b"}]},
            },
            {"action": "Deny", "ipVersion": 4, "source": {"nets": ["10.0.0.0/8"], "notNets": ["10.1.0.0/16"]}},
            {"action": "Log", "protocol": "ICMP", "icmp": {"type": 8, "code": 0}},
            {"action": "Pass", "metadata": {"annotations": {"a": "b"}}, "source": {"namespaceSelector": "global()"}},
        ],
        "egress": [
            {"action": "Allow", "destination": {"services": {"name": "kubernetes", "namespace": "default"}}},
            {"action": "Allow", "protocol": 17, "destination": {"ports": [53], "notPorts": [54]}},
            {"action": "Allow", "destination": {"serviceAccounts": {"names": ["a.b"], "selector": "role == 'x'"}}},
        ],
    },
}
CLUSTER = {
    **changed(named("GlobalNetworkPolicy", VERSION), {"metadata/namespace": DELETED, "metadata/name": "netgen.guard"}),
    "spec": {
        "tier": "netgen",
        "order": 0.5,
        "namespaceSelector": "has(projectcalico.org/name) && kubernetes.io/metadata.name not in {'kube-system'}",
        "selector": "all()",
        "types": ["Egress"],
        "egress": [{"action": "Deny", "destination": {"services": {"name": "a", "namespace": "b"}}}],
        "performanceHints": ["AssumeNeededOnEveryNode"],
    },
}
HOSTS = changed(
    CLUSTER,
    {
        "spec/preDNAT": True,
        "spec/applyOnForward": True,
        "spec/namespaceSelector": DELETED,
        "spec/types": ["Ingress"],
        "spec/egress": DELETED,
        "spec/ingress": [{"action": "Deny"}],
    },
)
STAGED = changed(POLICY, {"kind": "StagedNetworkPolicy", "spec/stagedAction": "Set"})
GONE = changed(STAGED, {"spec": {"stagedAction": "Delete"}})
KUBERNETES = {
    **named("StagedKubernetesNetworkPolicy", VERSION),
    "spec": {"stagedAction": "Set", "podSelector": {}, "policyTypes": ["Ingress"]},
}
TIER = {
    **changed(named("Tier", VERSION), {"metadata/namespace": DELETED}),
    "spec": {"order": 500, "defaultAction": "Pass"},
}
NETS = {**named("NetworkSet", VERSION), "spec": {"nets": ["10.1.2.3", "10.1.2.3/8", "2001:db8::/32"]}}
GLOBAL_NETS = changed(NETS, {"kind": "GlobalNetworkSet", "metadata/namespace": DELETED})
GOOD = {
    "policy": json.loads(json.dumps(POLICY)),
    "cluster": CLUSTER,
    "hosts": HOSTS,
    "staged": STAGED,
    "gone": GONE,
    "kubernetes": KUBERNETES,
    "tier": TIER,
    "nets": NETS,
    "global nets": GLOBAL_NETS,
}
HTTP, NET, PING, NEAR = "spec/ingress/0", "spec/ingress/1", "spec/ingress/2", "spec/egress/1/destination"
IN_HTTP, IN_NET, IN_PING = "spec.ingress[0]", "spec.ingress[1]", "spec.ingress[2]"
SOURCE, IN_SOURCE = f"{HTTP}/source", f"{IN_HTTP}.source"
SERVICE, IN_SERVICE = "spec/egress/0/destination", "spec.egress[0].destination"
FEW = [f"10.{one // 256}.{one % 256}.0/24" for one in range(257)]
PORTS_NEED = "Forbidden: may only be specified when `protocol` is 'TCP', 'UDP' or 'SCTP'"
MIXED = "must not stand beside addresses of the other IP family"

FAULTS: list[tuple[str, dict[str, Any], list[str]]] = [
    # Names and tiers
    ("policy", {"metadata/namespace": DELETED}, ["metadata.namespace: Required value"]),
    ("cluster", {"metadata/namespace": "shop"}, ["metadata.namespace: Forbidden: unknown field"]),
    ("policy", {"metadata/name": "A"}, ['metadata.name: Invalid value: "A": must consist of lower case']),
    ("policy", {"metadata/name": "cart.world"}, ['metadata.name: Invalid value: "cart.world": must consist of']),
    ("policy", {"metadata/name": "default.cart"}, []),
    ("policy", {"metadata/name": "default.a.b"}, ['metadata.name: Invalid value: "default.a.b": must consist of']),
    ("policy", {"metadata/name": "knp.default.a"}, ['metadata.name: Invalid value: "knp.default.a": must not begin']),
    (
        "policy",
        {"metadata/name": "a" * 254},
        [f'metadata.name: Invalid value: "{"a" * 80}…": must be no more than 253'],
    ),
    ("cluster", {"metadata/name": "guard"}, ['metadata.name: Invalid value: "guard": must be the name of the tier']),
    (
        "cluster",
        {"spec/tier": "a.b", "metadata/name": "a.b.c"},
        ['spec.tier: Invalid value: "a.b": must not contain dots'],
    ),
    ("tier", {"metadata/name": "a.b"}, ['metadata.name: Invalid value: "a.b": must not contain dots']),
    (
        "tier",
        {"metadata/name": "a" * 64},
        [f'metadata.name: Invalid value: "{"a" * 64}": must be no more than 63 bytes'],
    ),
    *(
        ("tier", {"metadata/name": name}, [f'metadata.name: Invalid value: "{name}": is a tier that Calico makes'])
        for name in ("default", "kube-admin", "kube-baseline")
    ),
    ("tier", {"spec/order": DELETED}, ["spec.order: Required value"]),
    ("tier", {"spec/order": "1"}, ['spec.order: Invalid value: "1": must be an integer or a number']),
    ("tier", {"spec/defaultAction": DELETED}, ["spec.defaultAction: Required value: without it is denied"]),
    ("tier", {"spec/defaultAction": "Allow"}, ['spec.defaultAction: Unsupported value: "Allow"']),
    # The policy
    ("policy", {"spec/nodeSelector": "all()"}, ["spec.nodeSelector: Forbidden: unknown field"]),
    ("policy", {"spec/namespaceSelector": "all()"}, ["spec.namespaceSelector: Forbidden: unknown field"]),
    ("policy", {"status": {}}, ["status: Forbidden: the cluster fills it in"]),
    ("policy", {"spec/order": DELETED}, ["spec.order: Required value: a policy without it comes behind"]),
    ("policy", {"spec/selector": DELETED}, ["spec.selector: Required value: a policy without it selects everything"]),
    ("policy", {"spec/selector": ""}, ["spec.selector: Required value: a policy without it selects everything"]),
    ("policy", {"spec/types": DELETED}, ["spec.types: Required value: Felix takes a policy without it for both"]),
    ("policy", {"spec/types": ["Ingress", "Ingress", "Egress"]}, ['spec.types[1]: Duplicate value: "Ingress"']),
    (
        "policy",
        {"spec/types": ["ingress", "Egress"]},
        ["spec.ingress: Forbidden: may not be written when `types`", 'spec.types[0]: Unsupported value: "ingress"'],
    ),
    ("policy", {"spec/types": ["Ingress"]}, ["spec.egress: Forbidden: may not be written when `types` does not list"]),
    ("policy", {"spec/ingress": []}, ["spec.ingress: Invalid value: []: must not be empty"]),
    (
        "policy",
        {"spec/ingress": [{"action": "Deny"}] * 1025},
        ["spec.ingress: Too many: 1025: must have at most 1024 items"],
    ),
    ("cluster", {"spec/performanceHints/0": "x"}, ['spec.performanceHints[0]: Unsupported value: "x"']),
    # What a policy of the cluster selects
    *(
        ("cluster", {"spec/namespaceSelector": spaces, "spec/selector": selector}, wrong)
        for spaces, selector, wrong in [
            ("a not in {'b'}", "all()", []),
            ("a not in {'b'}", "c not in {'d'}", ["spec.namespaceSelector: Required value: hosts are selected too"]),
            ("!has(a)", "!has(b)", ["spec.namespaceSelector: Required value: hosts are selected too"]),
            ("all()", "c not in {'d'}", []),
            ("a == 'b'", "!has(c)", []),
            ("global()", "all()", ["spec.namespaceSelector: Forbidden: global() may only stand alone"]),
        ]
    ),
    (
        "cluster",
        {"spec/namespaceSelector": DELETED},
        ["spec.namespaceSelector: Required value: hosts are selected too"],
    ),
    (
        "cluster",
        {"spec/namespaceSelector": DELETED, "spec/selector": "projectcalico.org/orchestrator == 'k8s'"},
        [],
    ),
    # Hosts
    ("hosts", {"spec/doNotTrack": True}, ["spec.doNotTrack: Forbidden: may not be true when `preDNAT` is"]),
    (
        "hosts",
        {"spec/types": ["Ingress", "Egress"], "spec/egress": [{"action": "Deny"}]},
        ["spec.egress: Forbidden: may not be written when `preDNAT` is true"],
    ),
    ("hosts", {"spec/applyOnForward": False}, ["spec.applyOnForward: Required value: must be true when"]),
    # Staged
    ("staged", {"spec/stagedAction": "Learn"}, ['spec.stagedAction: Unsupported value: "Learn"']),
    ("gone", {"spec/order": 5}, ["spec.order: Forbidden: may not be written when `stagedAction` is 'Delete'"]),
    ("gone", {"spec/tier": "x"}, []),
    ("policy", {"spec/stagedAction": "Set"}, ["spec.stagedAction: Forbidden: unknown field"]),
    ("kubernetes", {"spec/podSelector": DELETED}, ["spec.podSelector: Required value"]),
    ("kubernetes", {"spec/order": 5}, ["spec.order: Forbidden: unknown field"]),
    # Selectors
    *(
        ("policy", {place: text}, [f"{field}: Invalid value: {json.dumps(text)}: must be a selector: "])
        for place, field in (
            ("spec/selector", "spec.selector"),
            ("spec/serviceAccountSelector", "spec.serviceAccountSelector"),
            (f"{SOURCE}/selector", f"{IN_SOURCE}.selector"),
            (f"{SOURCE}/namespaceSelector", f"{IN_SOURCE}.namespaceSelector"),
            (f"{SOURCE}/notSelector", f"{IN_SOURCE}.notSelector"),
            (
                "spec/egress/2/destination/serviceAccounts/selector",
                "spec.egress[2].destination.serviceAccounts.selector",
            ),
        )
        for text in ("app = 'web'",)
    ),
    *(
        ("policy", {"spec/selector": text}, [f"spec.selector: Invalid value: {json.dumps(text)}: must be a selector: "])
        for text in (
            "app == 'web' \n",
            "a == 'x'\n|| b == 'y'",
            "not has(app)",
            "app == web",
            "app in {'web'",
            "app == 'it''s'",
            "app == 'a\\'b'",
            "a == 'b' and c == 'd'",
            "(a == 'b'",
            "a == 'b' c == 'd'",
        )
    ),
    ("policy", {"spec/selector": f"a == '{'b' * 1020}'"}, [f"spec.selector: Invalid value: \"a == '{'b' * 74}"]),
    ("policy", {"spec/selector": "all() || global()"}, ["spec.selector: Forbidden: global() may only stand alone"]),
    (
        "policy",
        {f"{SOURCE}/namespaceSelector": "global() || has(a)"},
        [f"{IN_SOURCE}.namespaceSelector: Forbidden: global() may only stand alone"],
    ),
    ("policy", {f"{SOURCE}/selector": "global()"}, [f"{IN_SOURCE}.selector: Forbidden: global() may only stand alone"]),
    # Whom a rule means
    (
        "policy",
        {SOURCE: {"namespaceSelector": "projectcalico.org/name not in {'a'}"}},
        [f"{IN_SOURCE}.namespaceSelector: Required value: hosts and sets of addresses"],
    ),
    (
        "cluster",
        {"spec/egress/0/destination": {"selector": "!has(a)"}},
        ["spec.egress[0].destination.namespaceSelector: Required value: hosts and sets of addresses"],
    ),
    (
        "policy",
        {SOURCE: {"namespaceSelector": "!has(a)", "serviceAccounts": {"selector": "all()"}}},
        [f"{IN_SOURCE}.namespaceSelector: Required value: hosts and sets of addresses"],
    ),
    ("policy", {SOURCE: {"namespaceSelector": "!has(a)", "serviceAccounts": {"names": ["b"]}}}, []),
    ("policy", {SOURCE: {"namespaceSelector": "!has(a)", "serviceAccounts": {"selector": "b == 'c'"}}}, []),
    ("policy", {SOURCE: {"selector": "!has(a)"}}, []),
    ("policy", {SOURCE: {"namespaceSelector": "all()"}}, []),
    ("policy", {SOURCE: {}}, [f"{IN_SOURCE}: Required value: an empty one is everybody"]),
    ("policy", {f"{SOURCE}/serviceAccounts": {}}, [f"{IN_SOURCE}.serviceAccounts: Required value: must specify"]),
    (
        "policy",
        {f"{SOURCE}/serviceAccounts": {"names": ["a", "a", "B"]}},
        [
            f'{IN_SOURCE}.serviceAccounts.names[1]: Duplicate value: "a"',
            f'{IN_SOURCE}.serviceAccounts.names[2]: Invalid value: "B": a lowercase RFC 1123 subdomain',
        ],
    ),
    # Actions, protocols, messages
    ("policy", {f"{NET}/action": DELETED}, [f"{IN_NET}.action: Required value"]),
    ("policy", {f"{NET}/action": "Accept"}, [f'{IN_NET}.action: Unsupported value: "Accept"']),
    ("policy", {f"{NET}/protocol": "tcp"}, [f'{IN_NET}.protocol: Unsupported value: "tcp"']),
    ("policy", {f"{NET}/notProtocol": 256}, [f"{IN_NET}.notProtocol: Invalid value: 256: must be between 1 and 255"]),
    ("policy", {f"{NET}/protocol": 0}, [f"{IN_NET}.protocol: Invalid value: 0: must be between 1 and 255"]),
    ("policy", {f"{PING}/protocol": "TCP"}, [f"{IN_PING}.icmp: Forbidden: may only be specified when `protocol`"]),
    ("policy", {f"{PING}/protocol": DELETED}, [f"{IN_PING}.icmp: Forbidden: may only be specified when `protocol`"]),
    ("policy", {f"{PING}/icmp/type": DELETED}, [f"{IN_PING}.icmp.type: Required value"]),
    ("policy", {f"{PING}/icmp/type": 255}, [f"{IN_PING}.icmp.type: Invalid value: 255: must be between 0 and 254"]),
    ("policy", {f"{PING}/icmp/code": 256}, [f"{IN_PING}.icmp.code: Invalid value: 256: must be between 0 and 255"]),
    ("policy", {f"{PING}/ipVersion": 6}, [f"{IN_PING}.ipVersion: Invalid value: 6: must be 4 when `protocol` is"]),
    ("policy", {f"{NET}/ipVersion": 5}, [f'{IN_NET}.ipVersion: Unsupported value: 5: supported values: "4", "6"']),
    # Addresses
    ("policy", {f"{NET}/source/nets/0": "10.1.2.3"}, [f'{IN_NET}.source.nets[0]: Invalid value: "10.1.2.3": must be']),
    (
        "policy",
        {f"{NET}/source/nets/0": "10.1.2.3/8"},
        [f'{IN_NET}.source.nets[0]: Invalid value: "10.1.2.3/8": must not have bits set'],
    ),
    ("policy", {f"{NET}/source/nets/1": "10.0.0.0/8"}, [f'{IN_NET}.source.nets[1]: Duplicate value: "10.0.0.0/8"']),
    ("policy", {f"{NET}/source/notNets/0": "0.0.0.0/0"}, [f"{IN_NET}.source.notNets[0]: Forbidden: may not be every"]),
    ("policy", {f"{NET}/source/nets": FEW}, [f"{IN_NET}.source.nets: Too many: 257: must have at most 256 items"]),
    (
        "policy",
        {f"{NET}/ipVersion": DELETED, f"{NET}/source/nets/1": "fd00::/8"},
        [
            f'{IN_NET}.source.nets[1]: Invalid value: "fd00::/8": {MIXED}',
        ],
    ),
    (
        "policy",
        {f"{NET}/ipVersion": DELETED, f"{NET}/destination": {"notNets": ["fd00::/8"]}},
        [f'{IN_NET}.destination.notNets[0]: Invalid value: "fd00::/8": {MIXED}'],
    ),
    (
        "policy",
        {f"{NET}/ipVersion": 6},
        [f'{IN_NET}.source.{one}[0]: Invalid value: "10.' for one in ("nets", "notNets")],
    ),
    # Ports
    (
        "policy",
        {"spec/egress/1/protocol": DELETED},
        [f"spec.egress[1].destination.{one}: {PORTS_NEED}" for one in ("notPorts", "ports")],
    ),
    ("policy", {f"{HTTP}/protocol": "ICMP", f"{HTTP}/http": DELETED}, [f"{IN_HTTP}.destination.ports: {PORTS_NEED}"]),
    (
        "policy",
        {f"{NEAR}/ports": list(range(1, 52))},
        ["spec.egress[1].destination.ports: Too many: 51: must have at most 50"],
    ),
    *(
        (
            "policy",
            {f"{NEAR}/ports/0": port},
            [f"spec.egress[1].destination.ports[0]: Invalid value: {json.dumps(port)}"],
        )
        for port in (0, 65536, "9:8", "0:5", "a_b", "80")
    ),
    # Services
    (
        "policy",
        {f"{SERVICE}/ports": [443], "spec/egress/0/protocol": "TCP"},
        [f"{IN_SERVICE}.ports: Forbidden: may not be specified beside services"],
    ),
    *(
        (
            "policy",
            {f"{SERVICE}/{field}": value},
            [f"{IN_SERVICE}.services: Forbidden: may not be specified beside {field}"],
        )
        for field, value in (
            ("selector", "a == 'b'"),
            ("notSelector", "a == 'b'"),
            ("namespaceSelector", "all()"),
            ("nets", ["10.0.0.0/8"]),
            ("notNets", ["10.0.0.0/8"]),
            ("serviceAccounts", {"names": ["a"]}),
        )
    ),
    ("policy", {f"{SERVICE}/services/name": DELETED}, [f"{IN_SERVICE}.services.name: Required value"]),
    (
        "policy",
        {f"{SERVICE}/services/namespace": DELETED},
        [f"{IN_SERVICE}.services.namespace: Required value: without"],
    ),
    (
        "cluster",
        {"spec/egress/0/destination/services/namespace": DELETED},
        ["spec.egress[0].destination.services.namespace: Required value: without it Calico"],
    ),
    (
        "policy",
        {f"{PING}/destination": {"services": {"name": "a", "namespace": "b"}}},
        [f"{IN_PING}.destination.services: Forbidden: may only be specified in the source of ingress"],
    ),
    (
        "policy",
        {"spec/egress/0/source": {"services": {"name": "a", "namespace": "b"}}},
        ["spec.egress[0].source.services: Forbidden: may only be specified in the source of ingress"],
    ),
    # HTTP
    (
        "policy",
        {"spec/egress/1/protocol": "TCP", "spec/egress/1/http": {"methods": ["GET"]}},
        ["spec.egress[1].http: Forbidden: may only"],
    ),
    (
        "policy",
        {f"{HTTP}/action": "Deny"},
        [f"{IN_HTTP}.http: Forbidden: may only be specified when `action` is 'Allow'"],
    ),
    (
        "policy",
        {f"{HTTP}/protocol": "UDP"},
        [f"{IN_HTTP}.http: Forbidden: may only be specified when `protocol` is 'TCP'"],
    ),
    ("policy", {f"{HTTP}/http/methods/1": "GET"}, [f'{IN_HTTP}.http.methods[1]: Duplicate value: "GET"']),
    (
        "policy",
        {f"{HTTP}/http/methods": [f"M{one}" for one in range(21)]},
        [f"{IN_HTTP}.http.methods: Too many: 21: must have at most 20 items"],
    ),
    ("policy", {f"{HTTP}/http/paths/0/prefix": "/"}, [f"{IN_HTTP}.http.paths[0]: Required value: must specify one of"]),
    ("policy", {f"{HTTP}/http/paths/0": {}}, [f"{IN_HTTP}.http.paths[0]: Required value: must specify one of"]),
    *(
        (
            "policy",
            {f"{HTTP}/http/paths/0/exact": text},
            [f"{IN_HTTP}.http.paths[0].exact: Invalid value: {json.dumps(text)}"],
        )
        for text in ("a", "/a?b", "/a b", "/a#b", "")
    ),
    (
        "policy",
        {"spec/ingress/3/metadata/annotations": {"a b": "c"}},
        ['spec.ingress[3].metadata.annotations: Invalid value: "a b": name part must consist of'],
    ),
    # Sets of addresses
    (
        "nets",
        {"metadata/labels/projectcalico.org|namespace": "a"},
        ["metadata.labels: Forbidden: projectcalico.org/namespace is a label that Calico gives"],
    ),
    (
        "global nets",
        {"metadata/labels/projectcalico.org|namespace": "a"},
        ["metadata.labels: Forbidden: projectcalico"],
    ),
    ("nets", {"spec/nets": DELETED}, ["spec.nets: Required value: a set without addresses is nobody"]),
    ("nets", {"spec/nets/1": "10.1.2.3"}, ['spec.nets[1]: Duplicate value: "10.1.2.3"']),
    *(
        ("nets", {"spec/nets/0": text}, [f'spec.nets[0]: Invalid value: "{text}": must be an IP address or a CIDR'])
        for text in (
            "a",
            "10.0.0.0/33",
            "10.0.0.0/08",
            "10.0.0.0/255.0.0.0",
            "010.0.0.0",
            "::ffff:10.0.0.1",
            "fe80::1%a",
        )
    ),
]


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD)
def test_good(body: dict[str, Any]) -> None:
    """What Calico takes, and means no more than it says, is not refused."""
    assert found(body) == []


def test_good_is_good_by_the_definitions(kubeconform: Callable[[str], list[str]]) -> None:
    """The good examples of these tests are what Calico calls by these names, by the definitions of the kinds."""
    assert kubeconform("\n---\n".join(json.dumps(body, indent=1) for body in GOOD.values())) == []


@pytest.mark.parametrize(("name", "changes", "expected"), FAULTS)
def test_faults(name: str, changes: dict[str, Any], expected: list[str]) -> None:
    """A fault is named by its field, and nothing else is."""
    said = found(changed(GOOD[name], changes))
    assert len(said) == len(expected)
    assert [message[: len(start)] for message, start in zip(said, expected, strict=True)] == expected


def test_a_body_with_right_sections_is_shortened_and_another_is_not() -> None:
    """What is looked at once for many rules has the same faults: of a wrong section nothing is left out."""
    some = calico.shortened(changed(POLICY, {"spec/egress": [{}]}))
    assert isinstance(some, dict)
    assert fits(some, calico.SHAPES["NetworkPolicy"])
    assert some["spec"]["ingress"] == [{"action": "Deny"}]
    assert some["spec"]["egress"] == [{}]


def test_a_rule_is_looked_at_for_the_policy_that_it_is_in() -> None:
    """The same rule may be right in a namespace and wrong for the cluster, whichever was looked at first."""
    rule = {"action": "Deny", "destination": {"selector": "!has(a)"}}
    there = changed(CLUSTER, {"spec/egress": [rule]})
    here = changed(POLICY, {"spec/egress": [rule]})
    assert [len(found(body)) for body in (here, there, here, there)] == [0, 1, 0, 1]


def test_a_kind_that_is_not_known_is_not_passed() -> None:
    """Other kinds of the same group are a problem, so that nothing goes unread."""
    assert found(changed(TIER, {"kind": "HostEndpoint"})) == [
        "kind: netgen does not know projectcalico.org/v3 HostEndpoint, so it cannot check it"
    ]
