"""What rendered policies of Cilium have of all that netgen's backend writes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from cilium_populated import ACCOUNT, SPACE, Body, peers, rules
from netgen.intent import Intent

ISOLATED = {(True, True): "both ways", (True, False): "ingress", (False, True): "egress", (False, False): "not"}
_SELECTOR = ("by labels", "without labels", "by account", "In", "NotIn", "Exists", "DoesNotExist")
_PEERS = tuple(f"peer {one}" for one in (*_SELECTOR, "here", "elsewhere", "namespace Exists"))
_BLOCKS = ("block", "block without some")
_ENTITIES = tuple(f"entity {one}" for one in ("all", "host", "ingress", "kube-apiserver", "remote-node", "world"))
_PORTS = ("ports", "no ports", "every port", "range", "port TCP", "port UDP", "port SCTP")
FEATURES = (
    *(f"isolated: {one}" for one in ISOLATED.values()),
    *(f"CiliumNetworkPolicy: {one}" for one in ("isolates", "staged", "denies")),
    "CiliumClusterwideNetworkPolicy: denies",
    *(f"subject: {one}" for one in (*_SELECTOR, "namespace Exists", "namespace NotIn")),
    *(
        f"{way}: {one}"
        for way, one in product(("ingress", "egress"), ("nobody", *_PEERS, *_BLOCKS, *_ENTITIES, *_PORTS))
    ),
    *("ingress: http path", "ingress: http method path"),
    *("egress: matchName", "egress: matchPattern", "egress: dns matchPattern"),
    *(
        f"{way}Deny: {one}"
        for way, one in product(
            ("ingress", "egress"), (*_PEERS, "peer namespace NotIn", *_BLOCKS, "entity world", *_PORTS)
        )
    ),
)
"""Each feature, of which a cluster has some."""


def features(policies: list[Body], meant: Intent) -> Iterator[str]:
    """Yield what *policies*, rendered of *meant*, have of all that the backend writes."""
    for one in meant.apps:
        yield f"isolated: {ISOLATED[one.ingress, one.egress]}"
    for body in policies:
        home, spec = body["metadata"].get("namespace", ""), body["spec"]
        denies = any(section.endswith("Deny") for section, _ in rules(spec))
        yield f"{body['kind']}: {'denies' if denies else 'staged' if 'enableDefaultDeny' in spec else 'isolates'}"
        yield from (f"subject: {one}" for one in _selector(spec["endpointSelector"], home))
        for section, rule in rules(spec):
            yield from (f"{section}: {one}" for one in _rule(rule, home))


def _rule(rule: Body, home: str) -> Iterator[str]:
    if not rule:
        yield "nobody"
        return
    yield from (f"peer {one}" for selector in peers(rule, "Endpoints") for one in _selector(selector, home))
    yield from ("block without some" if "except" in block else "block" for block in peers(rule, "CIDRSet"))
    yield from (f"entity {one}" for one in peers(rule, "Entities"))
    yield from (key for item in peers(rule, "FQDNs") for key in item)
    yield "ports" if "toPorts" in rule else "no ports"
    for part in rule.get("toPorts", ()):
        yield from map(_port, part["ports"])
        for name, items in part.get("rules", {}).items():
            yield from (f"{name} {' '.join(sorted(item))}" for item in items)


def _port(port: Body) -> str:
    if "endPort" in port:
        return "range"
    return "every port" if port["port"] == "0" else f"port {port['protocol']}"


def _selector(selector: Body, home: str) -> Iterator[str]:
    labels, items = selector.get("matchLabels", {}), selector.get("matchExpressions", ())
    yield "by labels" if labels.keys() - {SPACE} else "without labels"
    if SPACE in labels:
        yield "here" if labels[SPACE] == home else "elsewhere"
    if ACCOUNT in labels:
        yield "by account"
    for item in items:
        where = "namespace " if item["key"] == SPACE else ""
        yield f"{where}{item['operator']}"
