"""The cases of tests/engines/calico_cases.yaml: policies of Calico in a small cluster, and what they do in it.

A case has the specs of NetworkPolicies in the namespace shop (*np*), GlobalNetworkPolicies (*gnp*), a staged
NetworkPolicy (*staged*) and a NetworkPolicy of Kubernetes (*knp*): one alone, or several of Calico's by their names.
Then *tiers*, NetworkSets of shop (*sets*) and GlobalNetworkSets (*gsets*) by name; and what comes of them: connections
*allowed* and *denied*, words of why Calico's engine has *refused* an object, and words of what is *unknown* to netgen.

A connection is `web -> api`, on 80/TCP, or `web -> api 53/UDP`; of ICMP and ICMPv6 the number is a type.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from writing import plainly

FILE = Path(__file__).parent / "engines" / "calico_cases.yaml"

Body = dict[str, Any]
Connection = tuple[str, str, tuple[str, int]]
"""The addresses of source and target, the protocol, and the number of the port."""

ENDS = {
    "web": "10.1.0.1",
    "api": "10.1.0.2",
    "db": "10.1.0.3",
    "bare": "10.1.0.4",
    "web2": "10.2.0.1",
    "api2": "10.2.0.2",
    "prom": "10.3.0.1",
    "dns": "10.4.0.1",
    "E": "203.0.113.7",
    "F": "198.51.100.1",
    "X": "10.9.0.9",
}
"""What the cases call their sources and targets: pods, and addresses outside."""
POD_RANGES = ("10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16", "10.4.0.0/16")

_TEXT = re.compile(r"(?P<source>\w+) -> (?P<target>\w+)(?: (?P<number>\d+)(?:/(?P<protocol>\w+))?)?")
_SPEC_KEYS = frozenset(
    ("selector", "types", "ingress", "egress", "namespaceSelector", "serviceAccountSelector", "selectr")
)
_VERSION = "projectcalico.org/v3"


@dataclass(frozen=True)
class Case:
    """A case: its objects, whether each connection is allowed, and words of what is refused and not known.

    *differs* says in what the documentation has it otherwise.
    """

    name: str
    source: str
    differs: str
    objects: tuple[Body, ...]
    connections: dict[Connection, bool]
    refused: str
    unknown: str

    @property
    def manifests(self) -> str:
        """Return the objects and the cluster that all cases share."""
        return plainly([*world(), *self.objects])


def cases() -> list[Case]:
    """Return all cases."""
    return [_case(body) for body in yaml.safe_load(FILE.read_text(encoding="utf-8"))]


def _case(body: Body) -> Case:
    connections = {_read(text): key == "allowed" for key in ("allowed", "denied") for text in body.get(key, ())}
    case = Case(
        body["id"],
        body["source"],
        body.get("differs", ""),
        tuple(objects(body)),
        connections,
        body.get("refused", ""),
        body.get("unknown", ""),
    )
    assert case.connections or case.unknown
    return case


def _read(text: str) -> Connection:
    found = _TEXT.fullmatch(text)
    assert found, text
    return ENDS[found["source"]], ENDS[found["target"]], (found["protocol"] or "TCP", int(found["number"] or 80))


def objects(body: Body) -> list[Body]:
    """Return the objects of a case."""
    found = [_object("Tier", name, spec) for name, spec in body.get("tiers", {}).items()]
    for key, kind, namespace in (("sets", "NetworkSet", "shop"), ("gsets", "GlobalNetworkSet", "")):
        for name, one in body.get(key, {}).items():
            found.append(_object(kind, name, {"nets": one["nets"]}, namespace, labels=one["labels"]))
    kinds = (
        ("np", "NetworkPolicy", "shop"),
        ("gnp", "GlobalNetworkPolicy", ""),
        ("staged", "StagedNetworkPolicy", "shop"),
    )
    for key, kind, namespace in kinds:
        written = body.get(key, {})
        named = {key: written} if _SPEC_KEYS & written.keys() else written
        found += [_object(kind, name, spec, namespace) for name, spec in named.items()]
    if "knp" in body:
        one = _object("NetworkPolicy", "knp", body["knp"], "shop")
        found.append(one | {"apiVersion": "networking.k8s.io/v1"})
    return found


def _object(kind: str, name: str, spec: Body, namespace: str = "", **metadata: Any) -> Body:
    named = {"name": name} | ({"namespace": namespace} if namespace else {}) | metadata
    return {"apiVersion": _VERSION, "kind": kind, "metadata": named, "spec": spec}


def world() -> list[Body]:
    """Return the cluster that all cases share."""
    teams = {"shop": "a", "other": "b", "monitoring": "ops", "kube-system": "ops"}
    found: list[Body] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"team": team}}}
        for name, team in teams.items()
    ]
    account = {"name": "web-sa", "namespace": "shop", "labels": {"role": "front"}}
    return [
        *found,
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account},
        _pod("web", "shop", {"app": "web", "part": "front"}, account="web-sa"),
        _pod("api", "shop", {"app": "api"}, {"name": "http", "containerPort": 8080}),
        _pod("db", "shop", {"app": "db"}, {"name": "pg", "containerPort": 5432}),
        _pod("bare", "shop", {}),
        _pod("web2", "other", {"app": "web"}),
        _pod("api2", "other", {"app": "api"}),
        _pod("prom", "monitoring", {"app": "prometheus"}),
        _pod("dns", "kube-system", {"k8s-app": "kube-dns"}),
        _service("db", "shop", {"app": "db"}, {"port": 5432, "targetPort": "pg"}),
        _service("kube-dns", "kube-system", {"k8s-app": "kube-dns"}, {"port": 53, "protocol": "UDP"}),
    ]


def _pod(name: str, namespace: str, labels: dict[str, str], *ports: Body, account: str = "default") -> Body:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"serviceAccountName": account, "containers": [{"name": "c", "image": "i", "ports": list(ports)}]},
        "status": {"podIP": ENDS[name]},
    }


def _service(name: str, namespace: str, selector: dict[str, str], port: Body) -> Body:
    spec = {"selector": selector, "ports": [{"name": "one", **port}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": namespace}, "spec": spec}
