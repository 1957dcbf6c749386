"""The cases of cilium_cases.yaml: policies in a small cluster, and what they do to its connections.

A case has the specs of a CiliumNetworkPolicy (*cnp*) and a NetworkPolicy (*np*) in the namespace shop and of a
CiliumClusterwideNetworkPolicy (*ccnp*), each one or a list, and CIDR groups by name (*groups*); the options of the
agent *any_cluster* and *cidr_match_mode*; and what comes of them: connections *allowed*, *denied* and *filtered*,
requests that a connection *passes* and that are *stopped*; words of why an object is *refused*; or words of what is
*unsupported*, which leaves connections *unknown*.

A connection is `web -> api`, on 80/TCP, or `web -> api 53/UDP`; then may follow `GET /path`, `GET host/path`, or `?`
and the name that a DNS query is about.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cilium_engine import Question, Request
from clusters import Body
from engine import Port
from writing import plainly

FILE = Path(__file__).with_name("cilium_cases.yaml")

ENDS = {
    "web": "10.244.0.1",
    "api": "10.244.0.2",
    "db": "10.244.0.3",
    "web2": "10.244.1.1",
    "prom": "10.244.2.1",
    "dns": "10.244.3.1",
    "hostpod": "192.168.1.2",
    "E": "203.0.113.7",
    "E2": "203.0.113.8",
    "E6": "2001:db8::7",
    "X": "10.1.2.3",
    "Y": "10.96.0.1",
    "host": "entity:host",
    "node": "entity:remote-node",
    "apiserver": "entity:kube-apiserver",
    "ingress": "entity:ingress",
    "health": "entity:health",
}
"""What the cases call their sources and targets: pods, addresses outside and entities."""

LETTERS = {"allowed": "1", "denied": "0", "filtered": "f", "unknown": "u", "passes": "1", "stopped": "0"}
TEXT = re.compile(r"(?P<source>\S+) -> (?P<target>\S+)(?: (?P<port>\d+|OTHER|\d+/\w+))?(?: (?P<asks>\S+ \S+))?")


@dataclass(frozen=True)
class Case:
    """A case: what the engine is asked, and the letter that each connection and request is to have.

    *refused* and *unsupported* are words of the reason, where there is to be one; *differs* says in what Cilium's
    documentation has it otherwise.
    """

    name: str
    source: str
    differs: str
    question: Question
    connections: dict[tuple[str, str, Port], str]
    requests: dict[Request, str]
    refused: str
    unsupported: str


def cases() -> list[Case]:
    """Return all cases."""
    return [_case(body) for body in yaml.safe_load(FILE.read_text(encoding="utf-8"))]


def objects(body: Body) -> list[Body]:
    """Return the policies and groups of a case."""
    found: list[Body] = []
    for name, cidrs in body.get("groups", {}).items():
        metadata = {"name": name, "labels": {"name": name}}
        spec = {"externalCIDRs": cidrs}
        found.append({"apiVersion": "cilium.io/v2", "kind": "CiliumCIDRGroup", "metadata": metadata, "spec": spec})
    for key, kind in (("cnp", "CiliumNetworkPolicy"), ("ccnp", "CiliumClusterwideNetworkPolicy")):
        if key in body:
            metadata = {"name": key} | ({"namespace": "shop"} if key == "cnp" else {})
            part = "specs" if isinstance(body[key], list) else "spec"
            found.append({"apiVersion": "cilium.io/v2", "kind": kind, "metadata": metadata, part: body[key]})
    if "np" in body:
        metadata = {"name": "np", "namespace": "shop"}
        version = "networking.k8s.io/v1"
        found.append({"apiVersion": version, "kind": "NetworkPolicy", "metadata": metadata, "spec": body["np"]})
    return found


def world() -> list[Body]:
    """Return the cluster that all cases share."""
    teams = {"shop": "a", "other": "b", "monitoring": "ops", "kube-system": "ops"}
    found: list[Body] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"team": team}}}
        for name, team in teams.items()
    ]
    side = {"name": "side", "restartPolicy": "Always", "ports": [{"name": "side", "containerPort": 9901}]}
    found += [
        _pod("web", "shop", {"app": "web"}, serviceAccountName="front"),
        _pod("api", "shop", {"app": "api"}, ports=({"name": "http", "containerPort": 8080},), initContainers=[side]),
        _pod("db", "shop", {"app": "db", "statefulset.kubernetes.io/pod-name": "db-0"}),
        _pod("web2", "other", {"app": "web"}),
        _pod("prom", "monitoring", {"app": "prom"}),
        _pod("dns", "kube-system", {"k8s-app": "kube-dns"}),
        _pod("hostpod", "other", {"app": "web"}, hostNetwork=True),
    ]
    metadata = {"name": "db", "namespace": "shop", "labels": {"tier": "data"}}
    spec = {"selector": {"app": "db"}, "ports": [{"port": 5432}]}
    return [*found, {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}]


def _pod(name: str, namespace: str, labels: dict[str, str], *, ports: tuple[Body, ...] = (), **spec: Any) -> Body:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"containers": [{"name": "c", "ports": list(ports)}], **spec},
        "status": {"podIP": ENDS[name]},
    }


def _case(body: Body) -> Case:
    name = body.pop("id")
    connections: dict[tuple[str, str, Port], str] = {}
    requests: dict[Request, str] = {}
    for key, letter in LETTERS.items():
        for text in body.get(key, ()):
            source, target, port, asked = read(text)
            if key in ("passes", "stopped"):
                assert asked, text
                requests[Request(source, target, port, **asked)] = letter
            else:
                assert not asked, text
                connections[source, target, port] = letter
    assert connections or requests or body.keys() & {"refused", "unsupported"}
    pairs = [(one, other) for one, other, _ in connections] + [(one.source, one.target) for one in requests]
    ends = dict.fromkeys([*ENDS.values(), *(end for pair in pairs for end in pair)])
    ports = dict.fromkeys(port for _, _, port in connections)
    question = Question(
        *(name, plainly([*world(), *objects(body)]), tuple(ends), tuple(ports) or (("TCP", 80),), tuple(requests)),
        cidr_match_mode=tuple(body.get("cidr_match_mode", ())),
        any_cluster=body.get("any_cluster", False),
    )
    said = (body.get(key, "") for key in ("refused", "unsupported"))
    return Case(name, body["source"], body.get("differs", ""), question, connections, requests, *said)


def read(text: str) -> tuple[str, str, Port, dict[str, str]]:
    """Return the source, target and port of a connection, and what is asked of it."""
    found = TEXT.fullmatch(text)
    assert found, text
    number, _, protocol = (found["port"] or "80").partition("/")
    port = ("OTHER", 1) if number == "OTHER" else (protocol or "TCP", int(number))
    asked: dict[str, str] = {}
    if found["asks"]:
        first, second = found["asks"].split()
        host, slash, path = second.partition("/")
        asked = {"name": second} if first == "?" else {"method": first, "host": host, "path": slash + path}
    return _end(found["source"]), _end(found["target"]), port, asked


def _end(text: str) -> str:
    return text if text.startswith("fqdn:") else ENDS[text]
