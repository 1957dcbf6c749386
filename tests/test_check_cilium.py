"""Each policy of Cilium obeys the rules that its definition does not say, or is refused by its field."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from intents import CILIUM
from netgen import paths
from netgen.check import check, cilium
from netgen.check.shape import fits
from netgen.render import render
from programs import STEPS
from test_check import DELETED, changed, found, manifest, named

WEB = {"matchLabels": {"k8s:app": "web", "k8s:io.kubernetes.pod.namespace": "shop"}}
PORTS = [{"port": "8080", "protocol": "TCP"}]
NAMES = [{"matchPattern": "*"}]
POLICY = {
    **named("CiliumNetworkPolicy", "cilium.io/v2"),
    "spec": {
        "endpointSelector": {"matchLabels": {"k8s:app.kubernetes.io/name": "cart"}},
        "enableDefaultDeny": {"ingress": False, "egress": True},
        "log": {"value": "netgen-audit"},
        "ingress": [
            {"fromEndpoints": [WEB], "toPorts": [{"ports": [{"port": "8080", "protocol": "TCP", "endPort": 8090}]}]},
            {"fromEntities": ["world", "remote-node"], "toPorts": [{"ports": [{"port": "0", "protocol": "UDP"}]}]},
            {
                "fromCIDRSet": [{"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}],
                "toPorts": [
                    {"ports": PORTS, "rules": {"http": [{"path": "/a\\.b/[!-.0->@-~]+(\\?[!-~]*)?", "method": "GET"}]}},
                ],
            },
        ],
        "ingressDeny": [{"fromEndpoints": [WEB], "toPorts": [{"ports": PORTS}]}],
        "egress": [
            {"toFQDNs": [{"matchName": "api.example.com"}, {"matchPattern": "**.example.com"}]},
            {
                "toEndpoints": [WEB],
                "toPorts": [{"ports": [{"port": "53", "protocol": "UDP"}], "rules": {"dns": NAMES}}],
            },
        ],
        "egressDeny": [{"toEntities": ["kube-apiserver"]}],
    },
}
CLOSED = {
    **named("CiliumNetworkPolicy", "cilium.io/v2"),
    "spec": {"endpointSelector": {}, "ingress": [{}], "egress": [{}]},
}
EVERYWHERE = {"matchExpressions": [{"key": "k8s:io.kubernetes.pod.namespace", "operator": "Exists"}]}
CLUSTERWIDE = {
    **changed(named("CiliumClusterwideNetworkPolicy", "cilium.io/v2"), {"metadata/namespace": DELETED}),
    "spec": {"endpointSelector": EVERYWHERE, "egressDeny": [{"toCIDRSet": [{"cidr": "169.254.169.254/32"}]}]},
}
# Read anew, so that no part stands in two places and a change is one change.
GOOD = {"policy": json.loads(json.dumps(POLICY)), "closed": CLOSED, "clusterwide": CLUSTERWIDE}
SECTIONS = "ingress, ingressDeny, egress, egressDeny"
FIRST = "spec/ingress/0"
PORT = f"{FIRST}/toPorts/0/ports/0"
IN_PORT = "spec.ingress[0].toPorts[0].ports[0]"
HTTP = "spec/ingress/2/toPorts/0/rules/http/0"
IN_HTTP = "spec.ingress[2].toPorts[0].rules.http"
DNS = "spec/egress/1/toPorts/0"
IN_DNS = "spec.egress[1].toPorts[0].rules.dns"
NO_EXPRESSION = "must be a regular expression that RE2 reads as others do"
SINGLE = "Forbidden: may only be specified for single ports of the protocols UDP and TCP"
ONLY_TCP = "Forbidden: may only be specified for ports of the protocol TCP other than 0"
NO_NUMBER = 'must be a number between "0" and "65535", inclusive'

FAULTS: list[tuple[str, dict[str, Any], list[str]]] = [
    # The object
    ("policy", {"metadata/namespace": DELETED}, ["metadata.namespace: Required value"]),
    ("clusterwide", {"metadata/namespace": "shop"}, ["metadata.namespace: Forbidden: unknown field"]),
    ("policy", {"metadata/name": "A"}, ['metadata.name: Invalid value: "A": a lowercase RFC 1123 subdomain must']),
    ("policy", {"spec/nodeSelector": {}}, ["spec.nodeSelector: Forbidden: unknown field"]),
    ("policy", {"specs": []}, ["specs: Forbidden: unknown field"]),
    ("policy", {"status": {}}, ["status: Forbidden: the cluster fills it in"]),
    (
        "closed",
        {"spec": {"endpointSelector": {}}},
        [f"spec: Required value: there must be a rule in one of {SECTIONS}"],
    ),
    ("closed", {"spec/ingress": []}, ["spec.ingress: Invalid value: []: must not be empty"]),
    ("policy", {"spec/endpointSelector": DELETED}, ["spec.endpointSelector: Required value"]),
    (
        "clusterwide",
        {"spec/endpointSelector": {}},
        ["spec.endpointSelector: Required value: an empty one selects every"],
    ),
    ("policy", {"spec/enableDefaultDeny/ingress": "no"}, ["spec.enableDefaultDeny.ingress: Invalid value"]),
    ("policy", {"spec/enableDefaultDeny/both": True}, ["spec.enableDefaultDeny.both: Forbidden: unknown field"]),
    ("policy", {"spec/log/value": "a" * 33}, ["spec.log.value: Forbidden: must be at most 32 characters"]),
    ("policy", {"spec/log/value": "a\nb"}, ["spec.log.value: Forbidden: must be at most 32 characters"]),
    # Rules
    ("closed", {"spec/ingress": [{}, {}]}, [f"spec.ingress[{n}]: Required value: must specify a peer" for n in (0, 1)]),
    ("policy", {"spec/ingressDeny/0": {}}, ["spec.ingressDeny[0]: Required value: must specify a peer"]),
    (
        "policy",
        {f"{FIRST}/fromEndpoints": DELETED},
        ["spec.ingress[0]: Required value: a rule without peers admits everyone"],
    ),
    (
        "policy",
        {"spec/ingressDeny/0/fromEndpoints": DELETED},
        ["spec.ingressDeny[0]: Required value: a rule without peers denies everyone"],
    ),
    ("policy", {f"{FIRST}/fromEndpoints": []}, ["spec.ingress[0].fromEndpoints: Invalid value: []: must not be empty"]),
    (
        "policy",
        {f"{FIRST}/fromEntities": ["host"]},
        ["spec.ingress[0].fromEntities: Forbidden: combining fromEndpoints and fromEntities is not supported"],
    ),
    ("policy", {f"{FIRST}/toEndpoints": [WEB]}, ["spec.ingress[0].toEndpoints: Forbidden: unknown field"]),
    ("policy", {"spec/egressDeny/0": {"toFQDNs": NAMES}}, ["spec.egressDeny[0].toFQDNs: Forbidden: unknown field"]),
    (
        "policy",
        {"spec/ingressDeny/0/toPorts/0/rules": {"dns": NAMES}},
        ["spec.ingressDeny[0].toPorts[0].rules: Forbidden: unknown field"],
    ),
    # Selectors
    ("policy", {f"{FIRST}/fromEndpoints/0": {}}, ["spec.ingress[0].fromEndpoints[0]: Required value: must specify"]),
    (
        "policy",
        {f"{FIRST}/fromEndpoints/0/matchLabels/k9s:app": "web"},
        ['spec.ingress[0].fromEndpoints[0].matchLabels: Invalid value: "k9s:app": the source of a label is k8s'],
    ),
    (
        "policy",
        {f"{FIRST}/fromEndpoints/0/matchLabels": {"any:app": "a", "app": "b"}},
        ['spec.ingress[0].fromEndpoints[0].matchLabels: Invalid value: "app": the label is asked for twice'],
    ),
    (
        "policy",
        {f"{FIRST}/fromEndpoints/0/matchLabels": {"k8s:a b": "c d"}},
        [
            'spec.ingress[0].fromEndpoints[0].matchLabels: Invalid value: "a b": name part must consist of',
            'spec.ingress[0].fromEndpoints[0].matchLabels: Invalid value: "c d": a valid label must be',
        ],
    ),
    (
        "clusterwide",
        {"spec/endpointSelector/matchExpressions/0/operator": "In"},
        ["spec.endpointSelector.matchExpressions[0].values: Required value"],
    ),
    (
        "clusterwide",
        {"spec/endpointSelector/matchExpressions/0/key": "fqdn:a"},
        ['spec.endpointSelector.matchExpressions[0].key: Invalid value: "fqdn:a": the source of a label'],
    ),
    # Addresses, entities, names
    (
        "clusterwide",
        {"spec/egressDeny/0/toCIDRSet/0/cidr": "169.254.169.254"},
        ['spec.egressDeny[0].toCIDRSet[0].cidr: Invalid value: "169.254.169.254": must be a valid CIDR value'],
    ),
    (
        "policy",
        {"spec/ingress/2/fromCIDRSet/0/cidr": "10.0.0.1/8"},
        ['spec.ingress[2].fromCIDRSet[0].cidr: Invalid value: "10.0.0.1/8": must not have bits set'],
    ),
    (
        "policy",
        {"spec/ingress/2/fromCIDRSet/0/except/0": "11.0.0.0/16"},
        ['spec.ingress[2].fromCIDRSet[0].except[0]: Invalid value: "11.0.0.0/16": must be a strict subset'],
    ),
    ("policy", {"spec/ingress/2/fromCIDRSet/0/cidr": ""}, ["spec.ingress[2].fromCIDRSet[0].cidr: Required value"]),
    (
        "policy",
        {"spec/ingress/1/fromEntities/0": "world-ipv4"},
        ['spec.ingress[1].fromEntities[0]: Unsupported value: "world-ipv4"'],
    ),
    (
        "policy",
        {"spec/egress/0/toFQDNs/0": {}},
        ["spec.egress[0].toFQDNs[0]: Required value: must specify one of matchName and matchPattern"],
    ),
    (
        "policy",
        {"spec/egress/0/toFQDNs/0/matchPattern": "a"},
        ["spec.egress[0].toFQDNs[0]: Required value: must specify one of matchName and matchPattern"],
    ),
    (
        "policy",
        {"spec/egress/0/toFQDNs/0/matchName": "*.example.com"},
        ['spec.egress[0].toFQDNs[0].matchName: Invalid value: "*.example.com": must consist of'],
    ),
    (
        "policy",
        {"spec/egress/0/toFQDNs/1/matchPattern": "a..b"},
        ['spec.egress[0].toFQDNs[1].matchPattern: Invalid value: "a..b": must consist of'],
    ),
    (
        "policy",
        {"spec/egress/0/toFQDNs/0/matchName": "a" * 256},
        [f'spec.egress[0].toFQDNs[0].matchName: Invalid value: "{"a" * 80}…": must be no more than 255 bytes'],
    ),
    # Ports
    ("policy", {f"{FIRST}/toPorts/0": {}}, ["spec.ingress[0].toPorts[0].ports: Required value"]),
    (
        "policy",
        {f"{FIRST}/toPorts/0/ports": PORTS * 41},
        ["spec.ingress[0].toPorts[0].ports: Too many: 41: must have at most 40 items"],
    ),
    ("policy", {f"{PORT}/port": 8080}, [f"{IN_PORT}.port: Invalid value: 8080: must be a string"]),
    ("policy", {f"{PORT}/port": DELETED}, [f"{IN_PORT}.port: Required value"]),
    *(
        ("policy", {f"{PORT}/port": text}, [f'{IN_PORT}.port: Invalid value: "{text}": {NO_NUMBER}'])
        for text in ("65536", "080", "http", "-1", "8080 ", "٨")
    ),
    ("policy", {f"{PORT}/protocol": DELETED}, [f"{IN_PORT}.protocol: Required value: without it every protocol"]),
    ("policy", {f"{PORT}/protocol": "ANY"}, [f'{IN_PORT}.protocol: Unsupported value: "ANY"']),
    ("policy", {f"{PORT}/endPort": 8080}, [f"{IN_PORT}.endPort: Invalid value: 8080: must be greater than `port`"]),
    ("policy", {f"{PORT}/endPort": 65536}, [f"{IN_PORT}.endPort: Invalid value: 65536: must be between 1 and 65535"]),
    ("policy", {f"{PORT}/port": "0"}, [f"{IN_PORT}.endPort: Forbidden: may not be specified for the port 0"]),
    # HTTP and DNS
    (
        "policy",
        {"spec/ingress/2/toPorts/0/rules/dns": NAMES},
        ["spec.ingress[2].toPorts[0].rules: Required value: must specify one of http and dns"],
    ),
    ("policy", {"spec/ingress/2/toPorts/0/ports/0/protocol": "UDP"}, [f"{IN_HTTP}: {ONLY_TCP}"]),
    ("policy", {"spec/ingress/2/toPorts/0/ports/0/port": "0"}, [f"{IN_HTTP}: {ONLY_TCP}"]),
    ("policy", {HTTP: {}}, [f"{IN_HTTP}[0].path: Required value: without it every path is meant"]),
    ("policy", {f"{HTTP}/method": "get"}, [f'{IN_HTTP}[0].method: Invalid value: "get": must be an HTTP method']),
    ("policy", {f"{HTTP}/method": ".*"}, [f'{IN_HTTP}[0].method: Invalid value: ".*": must be an HTTP method']),
    ("policy", {f"{HTTP}/host": "a"}, [f"{IN_HTTP}[0].host: Forbidden: unknown field"]),
    *(
        ("policy", {f"{HTTP}/path": text}, [f"{IN_HTTP}[0].path: Invalid value: {json.dumps(text)}: {NO_EXPRESSION}"])
        for text in ("/(a)\\1", "/(?=a)", "/(?i)a", "/a++", "/a**", "/(", "/[", "/\\d", "/\n", "/a*?", "/\\")
    ),
    ("policy", {f"{HTTP}/path": "/" + "a" * 96}, [f"{IN_HTTP}[0].path: Invalid value: "]),
    ("policy", {f"{HTTP}/path": "/" + "a" * 95}, []),
    (
        "policy",
        {"spec/ingress/2/toPorts/0/rules": {"dns": NAMES}},
        ["spec.ingress[2].toPorts[0].rules.dns: Forbidden: DNS rules on ingress are not supported"],
    ),
    ("policy", {f"{DNS}/ports/0/endPort": 54}, [f"{IN_DNS}: {SINGLE}"]),
    ("policy", {f"{DNS}/ports/0/protocol": "SCTP"}, [f"{IN_DNS}: {SINGLE}"]),
    ("policy", {f"{DNS}/ports/0/port": "0"}, [f"{IN_DNS}: {SINGLE}"]),
    ("policy", {f"{DNS}/rules/dns/0/matchPattern": "a b"}, [f'{IN_DNS}[0].matchPattern: Invalid value: "a b": must']),
]


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD)
def test_good(body: dict[str, Any]) -> None:
    """What Cilium takes, and netgen may render, is not refused."""
    assert found(body) == []


def test_good_is_good_by_the_definitions(kubeconform: Callable[[str], list[str]]) -> None:
    """The good examples of these tests are what Cilium calls by these names, by the definitions of the kinds."""
    assert kubeconform("\n---\n".join(json.dumps(body) for body in GOOD.values())) == []


def test_rendered(kubeconform: Callable[[str], list[str]]) -> None:
    """What netgen renders is refused neither here nor by the definitions."""
    manifests = render(CILIUM)
    assert check(manifests) == ()
    assert kubeconform("---\n".join(one.text for one in manifests)) == []


@pytest.mark.parametrize(("name", "changes", "expected"), FAULTS)
def test_faults(name: str, changes: dict[str, Any], expected: list[str]) -> None:
    """A fault is named by its field, and nothing else is."""
    said = found(changed(GOOD[name], changes))
    assert len(said) == len(expected)
    assert [message[: len(start)] for message, start in zip(said, expected, strict=True)] == expected


def test_a_body_with_right_sections_is_shortened_and_another_is_not() -> None:
    """What is looked at once for many rules has the same faults: of a wrong section nothing is left out."""
    some = cilium.shortened(changed(POLICY, {"spec/egress": [{}]}))
    assert fits(some, cilium.SHAPES["CiliumNetworkPolicy"])
    assert isinstance(some, dict)
    assert some["spec"]["ingress"] == [{"fromEntities": ["none"]}]
    assert some["spec"]["egress"] == [{}]


@pytest.mark.parametrize(("path", "steps"), STEPS)
def test_the_steps_of_an_expression_are_those_of_re2(path: str, steps: int) -> None:
    """The size of each program, as RE2 told it, decides whether Cilium's proxy takes it."""
    text = paths.expression(path)
    longest = text.replace("/", "/" + "a" * (100 - steps), 1)
    assert found(changed(GOOD["policy"], {f"{HTTP}/path": longest})) == []
    (said,) = found(changed(GOOD["policy"], {f"{HTTP}/path": longest.replace("/", "/a", 1)}))
    assert "must be a program of 100 steps at most, not 101" in said


def test_a_policy_of_the_cluster_is_named_without_a_namespace() -> None:
    """The message says which object it is."""
    (said,) = check([replace(manifest(CLUSTERWIDE, line), namespace="") for line in (1, 2)])
    assert said.message.startswith("CiliumClusterwideNetworkPolicy cart would be rendered twice")
