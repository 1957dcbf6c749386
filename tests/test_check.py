"""Each manifest obeys the API server's rules that JSON Schema cannot say, or is refused with its phrases."""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents import FULL
from netgen.check import addresses, check, ingress, names, networkpolicy, service
from netgen.check.shape import Shape, fits, misfits
from netgen.problems import Place
from netgen.render import render

DELETED = object()
BACKEND = "spec/rules/0/http/paths/0/backend"


@dataclass(frozen=True)
class Spot:
    """A place of the spec."""

    line: int = 1

    def key(self) -> Place:
        """Return the place."""
        return Place("shop.yaml", self.line, 5, 3, "    cart: 8080")


@dataclass(frozen=True)
class Manifest:
    """A manifest as the check sees it."""

    api_version: str
    kind: str
    namespace: str
    name: str
    body: object
    spot: Spot = field(default_factory=Spot)

    @property
    def text(self) -> str:
        """Return the object as the shortest YAML that there is: JSON without blanks."""
        return json.dumps(self.body, separators=(",", ":"))


def manifest(body: dict[str, Any], line: int = 1) -> Manifest:
    """Return *body* as a manifest that is filed under what it says of itself."""
    about = body["metadata"]
    return Manifest(body["apiVersion"], body["kind"], about.get("namespace"), about.get("name"), body, Spot(line))


def found(*bodies: dict[str, Any], kubernetes: tuple[int, int] | None = None) -> list[str]:
    """Return what the check says of *bodies*, without the name of the object."""
    problems = check([manifest(body) for body in bodies], kubernetes=kubernetes)
    return [problem.message.partition(": ")[2] for problem in problems]


def changed(body: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return *body* with the values of *changes* at their paths, `spec/ports/0/port`."""
    whole = copy.deepcopy(body)
    for path, value in changes.items():
        *above, last = (int(part) if part.isdecimal() else part.replace("|", "/") for part in path.split("/"))
        there: Any = whole
        for part in above:
            there = there[part]
        if value is DELETED:
            del there[last]
        elif isinstance(there, list) and last == len(there):
            there.append(value)
        else:
            there[last] = value
    return whole


def named(kind: str, api_version: str = "networking.k8s.io/v1") -> dict[str, Any]:
    """Return the head of an object."""
    labels = {"app.kubernetes.io/name": "cart", "app.kubernetes.io/managed-by": "netgen"}
    about = {"name": "cart", "namespace": "shop", "labels": labels, "annotations": {"example.com/Note": "any text: é"}}
    return {"apiVersion": api_version, "kind": kind, "metadata": about}


SERVICE = {
    **named("Service", "v1"),
    "spec": {
        "type": "ClusterIP",
        "selector": {"app.kubernetes.io/name": "cart"},
        "ports": [
            {"name": "http", "protocol": "TCP", "port": 80, "targetPort": 8080, "appProtocol": "kubernetes.io/h2c"},
            {"name": "dns", "protocol": "UDP", "port": 80, "targetPort": "dns"},
        ],
    },
}
BALANCER = changed(
    SERVICE,
    {
        "spec/type": "LoadBalancer",
        "spec/ports/0/nodePort": 30080,
        "spec/ports/1/nodePort": 30080,
        "spec/externalTrafficPolicy": "Local",
        "spec/healthCheckNodePort": 32767,
        "spec/loadBalancerClass": "service.k8s.aws/nlb",
        "spec/loadBalancerSourceRanges": ["203.0.113.0/24", "2001:db8::/32"],
        "spec/allocateLoadBalancerNodePorts": True,
    },
)
NODE_PORT = changed(SERVICE, {"spec/type": "NodePort", "spec/ports/0/nodePort": 30000})
HEADLESS = changed(
    SERVICE,
    {"spec/clusterIP": "None", "spec/ports/0/targetPort": 80, "spec/ports/1/targetPort": DELETED},
)
EXTERNAL = changed(
    SERVICE,
    {"spec": {"type": "ExternalName", "externalName": "db.example.com."}},
)
STICKY = changed(
    SERVICE,
    {"spec/sessionAffinity": "ClientIP", "spec/sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 86400}}},
)
POLICY = {
    **named("NetworkPolicy"),
    "spec": {
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "cart"}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [
            {
                "from": [
                    {
                        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "web"}},
                        "podSelector": {"matchExpressions": [{"key": "a/b", "operator": "In", "values": ["x", ""]}]},
                    },
                    {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}},
                ],
                "ports": [{"protocol": "TCP", "port": 8080, "endPort": 8090}, {"port": "grpc"}, {"protocol": "SCTP"}],
            }
        ],
        "egress": [{"to": [{"namespaceSelector": {}}]}],
    },
}
CLOSED = changed(POLICY, {"spec": {"podSelector": {}, "policyTypes": ["Egress", "Ingress"]}})
INGRESS = {
    **named("Ingress"),
    "spec": {
        "ingressClassName": "nginx",
        "rules": [
            {
                "host": "shop.example.com",
                "http": {
                    "paths": [
                        {
                            "path": "/cart",
                            "pathType": "Prefix",
                            "backend": {"service": {"name": "cart", "port": {"number": 80}}},
                        }
                    ]
                },
            },
            {"host": "*.example.com"},
        ],
        "tls": [{"hosts": ["shop.example.com", "*.example.com"], "secretName": "shop.tls"}, {"secretName": ""}],
    },
}
DEFAULT_BACKEND = changed(
    INGRESS,
    {"spec": {"defaultBackend": {"service": {"name": "cart", "port": {"name": "http"}}}}},
)
GOOD = {
    "ClusterIP": SERVICE,
    "LoadBalancer": BALANCER,
    "NodePort": NODE_PORT,
    "headless": HEADLESS,
    "ExternalName": EXTERNAL,
    "sticky": STICKY,
    "policy": POLICY,
    "closed-namespace": CLOSED,
    "ingress": INGRESS,
    "default-backend": DEFAULT_BACKEND,
}
RANGE = "must be between 1 and 65535, inclusive"
NO_CIDR = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"


def cases() -> Iterator[tuple[str, str, list[str]]]:
    """Read check_faults.txt: the name of a good object, the change, what is said of it."""
    lines = Path(__file__).with_name("check_faults.txt").read_text(encoding="utf-8").splitlines()
    told = [line for line in lines if line and not line.startswith("#")]
    starts = [index for index, line in enumerate(told) if not line.startswith(" ")]
    for start, end in itertools.pairwise([*starts, len(told)]):
        name, _, change = told[start].partition(" ")
        yield name, change, [line.strip() for line in told[start + 1 : end]]


def parsed(change: str) -> dict[str, Any]:
    """Return a change of check_faults.txt as paths and values."""
    parts = [part.partition("=") for part in change.split("; ")]
    return {path: DELETED if value == "-" else json.loads(value) for path, _, value in parts}


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD)
def test_good(body: dict[str, Any]) -> None:
    """What the API server takes is not refused."""
    assert found(body) == []


def test_good_is_good_by_the_schemas(kubeconform: Callable[[str], list[str]]) -> None:
    """The good examples of these tests are what Kubernetes calls by these names, by its own strict schemas."""
    assert kubeconform("\n---\n".join(json.dumps(body) for body in GOOD.values())) == []


def test_rendered() -> None:
    """What netgen renders is not refused."""
    assert check(render(FULL)) == ()


@pytest.mark.parametrize(("name", "change", "expected"), list(cases()))
def test_faults(name: str, change: str, expected: list[str]) -> None:
    """A fault is named by its field and with the phrase of the API server; nothing else is."""
    said = found(changed(GOOD[name], parsed(change)))
    assert [message[: len(start)] for message, start in itertools.zip_longest(said, expected, fillvalue="")] == expected


@pytest.mark.parametrize(("text", "right"), [("b" * 262143, True), ("b" * 262144, False), ("é" * 131072, False)])
def test_annotations_are_256_kib(text: str, *, right: bool) -> None:
    """All annotations of an object have 256 KiB together, in UTF-8."""
    said = found(changed(SERVICE, {"metadata/annotations": {"a": text}}))
    assert said == ([] if right else ["metadata.annotations: Too long: may not be more than 262144 bytes"])


def test_long_values_are_cut() -> None:
    """Of a long value 80 characters are shown."""
    said = found(changed(POLICY, {"metadata/name": "a" * 254}))
    assert said == [f'metadata.name: Invalid value: "{"a" * 80}…": must be no more than 253 bytes']


def test_keys_are_text() -> None:
    """A label key that is no text is a problem."""
    assert found(changed(SERVICE, {"metadata/labels": {1: "a"}})) == [
        "metadata.labels[1]: Invalid value: 1: must be a string"
    ]


def test_form() -> None:
    """A problem stands at the place in the spec, and begins with the object."""
    (problem,) = check([manifest(changed(SERVICE, {"spec/ports/0/port": 0}), line=7)])
    assert (problem.code, problem.place) == ("manifest-invalid", Spot(7).key())
    assert problem.message == f"Service shop/cart: spec.ports[0].port: Invalid value: 0: {RANGE}"


def test_a_fault_among_equal_rules_is_told_at_its_own() -> None:
    """Rules that are right may be looked at once for all; one that is not is found, in its shape and in its values."""
    right = {"from": [{"podSelector": {}}], "ports": [{"port": 80, "protocol": "TCP"}]}
    for wrong in ({**right, "ports": [{"port": 0}]}, {**right, "ports": [{"port": None}]}, {**right, "form": []}):
        said = found(changed(POLICY, {"spec/ingress": [right, right, wrong, right]}))
        assert [text.partition("[")[2][0] for text in said] == ["2"], said
    assert found(changed(POLICY, {"spec/ingress": [right, right]})) == []


def test_all_at_once() -> None:
    """All problems of all manifests are told, in the order of their places."""
    broken = changed(SERVICE, {"spec/ports/0/port": 0, "spec/ports/1/protocol": "x"})
    problems = check([manifest(changed(POLICY, {"spec/policyTypes": []}), line=9), manifest(broken, line=2)])
    assert [problem.place and problem.place.line for problem in problems] == [2, 2, 9]


def test_a_digit_may_lead_from_1_36_on() -> None:
    """From Kubernetes 1.36 on the name of a Service may start with a digit, in the Service and where it is named."""
    led = [
        changed(SERVICE, {"metadata/name": "1a"}),
        changed(INGRESS, {"spec/rules/0/http/paths/0/backend/service/name": "1a"}),
    ]
    counts = {version: len(found(*led, kubernetes=version)) for version in ((1, 35), (1, 36), (1, 37), (2, 0))}
    assert counts == {(1, 35): 2, (1, 36): 0, (1, 37): 0, (2, 0): 0}
    assert found(changed(SERVICE, {"metadata/name": "a.b"}), kubernetes=(1, 36)) == [
        'metadata.name: Invalid value: "a.b": must not contain dots'
    ]


@pytest.mark.parametrize(
    ("api_version", "kind"),
    [("v1", "Pod"), ("networking.k8s.io/v1beta1", "Ingress"), ("networking.k8s.io/v1", "Service"), ("", "")],
)
def test_unknown_kind(api_version: str, kind: str) -> None:
    """A kind that the check does not know is a problem, not something to skip."""
    body = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "cart", "namespace": "shop"}}
    assert found(body) == [f"kind: netgen does not know {api_version} {kind}, so it cannot check it"]


@pytest.mark.parametrize("body", [None, [], "text", 1, True])
def test_no_object(body: object) -> None:
    """A body that is no map is a problem."""
    (problem,) = check([Manifest("v1", "Service", "shop", "cart", body)])
    assert problem.message.startswith("Service shop/cart: Invalid value: ")


def test_filed_under_another_name() -> None:
    """A body that says another identity than its manifest is a problem."""
    said = check([Manifest("v1", "Service", "shop", "carts", SERVICE)])
    assert [problem.message for problem in said] == [
        'Service shop/carts: metadata.name: Invalid value: "cart": must be "carts", as the manifest is filed'
    ]


def test_too_large() -> None:
    """An object that etcd would not store is a problem."""
    rules = [{"to": [{"ipBlock": {"cidr": f"10.{n >> 8}.{n & 255}.0/24"}}]} for n in range(30_000)]
    assert found(changed(POLICY, {"spec/egress": rules[:10_000]})) == []
    assert found(changed(POLICY, {"spec/egress": rules})) == ["Too long: may not be more than 1572864 bytes"]


def test_name_collision() -> None:
    """Two objects of one group, kind, namespace and name are a problem that names the place of both."""
    others = [
        changed(SERVICE, {"metadata/name": "other"}),
        changed(SERVICE, {"metadata/namespace": "other"}),
        changed(POLICY, {}),
        changed(INGRESS, {}),
    ]
    (problem,) = check([manifest(SERVICE, 4), *map(manifest, others), manifest(SERVICE, 9)])
    assert (problem.code, problem.place) == ("name-collision", Spot(9).key())
    assert problem.message == "Service shop/cart would be rendered twice: for shop.yaml:4:5 and for shop.yaml:9:5"


def test_node_ports_are_the_clusters() -> None:
    """A node port belongs to one Service of the run, whatever the protocol; so does a health check's."""
    second = changed(BALANCER, {"metadata/name": "web", "metadata/namespace": "other"})
    assert found(BALANCER, second) == [
        f"spec.{name}: Invalid value: {number}: provided port is already allocated, to Service shop/cart"
        for name, number in (
            ("healthCheckNodePort", 32767),
            ("ports[0].nodePort", 30080),
            ("ports[1].nodePort", 30080),
        )
    ]


GOOD_CIDRS = "0.0.0.0/0 10.0.0.0/8 10.9.8.7/32 192.0.2.128/25 ::/0 ::1/128 2001:db8::/32 2001:db8:0:1::/64 fe80::/10"
LEADING = "must not have leading 0s in IP or prefix length"
BEYOND = "must not have bits set beyond the prefix length"
MAPPED = "must not have an IPv4-mapped IPv6 address"
BAD_CIDRS = {
    NO_CIDR: """
        10.0.0.0 10.0.0/8 10.0.0.0/33 10.0.0.0/-1 10.0.0.0/+8 10.0.0.0/255.0.0.0 10.0.0.0/0.255.255.255 1.2.3.4/ /8 x
        ::/129 fe80::1%eth0/128 1.2.3.4.5/8 256.0.0.0/8 10.0.0.0/8/8 ٣.0.0.0/8 10.0.0.0/٨ :::/0 1:2/16 0x0a.0.0.0/8
        167772160/8
    """,
    LEADING: "010.0.0.0/8 10.00.0.0/8 10.0.0.0/08 2001:db8::/032 000.0.0.0/0",
    BEYOND: "10.0.0.1/8 10.0.0.5/31 0.0.0.1/0 2001:db8::1/32",
    MAPPED: "::ffff:10.0.0.0/104 ::ffff:a00:0/104",
    'must be in canonical form ("2001:db8::/32")': "2001:0db8::/32 2001:DB8::/32 2001:db8:0:0:0:0:0:0/32",
    'must be in canonical form ("1ab::/32")': "01ab::/32",
}


@pytest.mark.parametrize("cidr", GOOD_CIDRS.split())
def test_cidr(cidr: str) -> None:
    """A CIDR in its canonical form is one."""
    assert str(addresses.network(cidr)) == cidr
    assert not isinstance(addresses.network(cidr), str)


@pytest.mark.parametrize(
    ("cidr", "expected"),
    [(cidr, why) for why, listed in BAD_CIDRS.items() for cidr in ["", *listed.split()] if cidr or why == NO_CIDR],
)
def test_no_cidr(cidr: str, expected: str) -> None:
    """Whatever readers might understand in two ways is no CIDR, and the reason is the API server's."""
    assert addresses.network(cidr) == expected


@pytest.mark.parametrize("sign", ["\n", " ", "é", "\x00", "٣", "A\n", "_"])
@pytest.mark.parametrize(
    "rule", [names.dns_label, names.dns_1035_label, names.dns_subdomain, names.host, names.port_name]
)
def test_names_end_where_they_end(rule: names.Rule, sign: str) -> None:
    """No name takes a line break, a space or a letter of another script, neither inside nor at its end."""
    assert rule("a") == ()
    assert [rule(text) == () for text in (f"a{sign}", f"a{sign}b", f"{sign}a")] == [False, False, False]


SHAPES: dict[str, tuple[Shape, dict[str, Any]]] = {
    "Service": (service.SHAPE, SERVICE),
    "NetworkPolicy": (networkpolicy.SHAPE, POLICY),
    "Ingress": (ingress.SHAPE, INGRESS),
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 70000) | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def paths(value: object, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every value in a body."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [above, *(path for key, member in members for path in paths(member, (*above, key)))]


@given(st.sampled_from(list(SHAPES)), st.data())
def test_nothing_raises(kind: str, data: st.DataObject) -> None:
    """Anything in the place of anything is a problem or none, never an exception, and the quick look misses nothing."""
    shape, good = SHAPES[kind]
    body: Any = {"": copy.deepcopy(good)}
    for _ in range(data.draw(st.integers(1, 3))):
        *above, last = ("", *data.draw(st.sampled_from(paths(body[""]))))
        there = body
        for part in above:
            there = there[part]
        there[last] = data.draw(JSON)
    assert fits(body[""], shape) == (not list(misfits(body[""], shape)))
    api_version = good["apiVersion"]
    check([Manifest(api_version, kind, "shop", "cart", body[""])])
