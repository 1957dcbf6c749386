"""The rules about a NetworkPolicy, those of the API server and those that keep emptiness from meaning everyone."""

from __future__ import annotations

import marshal
from collections.abc import Iterator
from functools import lru_cache

from netgen.check import directions, metadata, names
from netgen.check.addresses import block
from netgen.check.faults import Fault, Json, forbidden, invalid, invalid_each, required, unsupported
from netgen.check.shape import SELECTOR, Shape, fits, object_of

_PROTOCOLS = ("TCP", "UDP", "SCTP")
_PORT: Shape = {"protocol": str, "port": (int, str), "endPort": int}
_PEER: Shape = {
    "podSelector": SELECTOR,
    "namespaceSelector": SELECTOR,
    "ipBlock": {"cidr": str, "except": [str]},
}

_PEERS = {"ingress": "from", "egress": "to"}
_RULES: dict[str, Shape] = {peers: {peers: [_PEER], "ports": [_PORT]} for peers in _PEERS.values()}

SPEC: dict[str, Shape] = {
    "podSelector": SELECTOR,
    "policyTypes": [str],
    **{direction: [_RULES[peers]] for direction, peers in _PEERS.items()},
}
SHAPE: Shape = object_of(SPEC)


def shortened(body: object) -> object:
    """Return *body* with one empty rule, in which nothing is wrong, for all of a direction in which nothing is either.

    Its shape and its faults are the same, and most rules are written many times.
    """
    spec = body.get("spec") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(spec, dict):
        return body
    right: Json = {direction: [{}] for direction, peers in _PEERS.items() if _are_right(spec.get(direction), peers)}
    return {**body, "spec": {**spec, **right}}


def _are_right(rules: object, peers: str) -> bool:
    return isinstance(rules, list) and bool(rules) and all(_is_right(marshal.dumps(rule, 2), peers) for rule in rules)


@lru_cache(maxsize=4096)
def _is_right(written: bytes, peers: str) -> bool:
    rule = marshal.loads(written)  # noqa: S302 - its own bytes
    return fits(rule, _RULES[peers]) and not any(True for _ in _rule(rule, peers, ""))


def faults(body: Json, _: names.Rule) -> Iterator[Fault]:
    """Yield what is wrong with a NetworkPolicy of the right shape.

    Source: kubernetes/kubernetes pkg/apis/networking/validation/validation.go. Beyond it, the selector, the policy
    types and the peers of a rule must be written: each would mean everyone where it is left out.
    """
    spec = body.get("spec", {})
    yield from metadata.faults(body.get("metadata", {}), names.dns_subdomain)
    if "podSelector" in spec:
        yield from metadata.selector(spec["podSelector"], "spec.podSelector")
    else:
        yield required("spec.podSelector", "a policy without it selects every pod of the namespace")
    yield from directions.listed(spec, "policyTypes", "a policy without it may leave a direction open")
    for direction, peers in _PEERS.items():
        for index, rule in enumerate(spec.get(direction, ())):
            yield from _rule(rule, peers, f"spec.{direction}[{index}]")


def _rule(rule: Json, peers: str, path: str) -> Iterator[Fault]:
    if peers not in rule and rule:  # an empty rule is the way to say everyone; one with ports has lost its peers
        yield required(f"{path}.{peers}", "a rule without it admits everyone")
    for index, peer in enumerate(rule.get(peers, ())):
        yield from _peer(peer, f"{path}.{peers}[{index}]")
    for index, port in enumerate(rule.get("ports", ())):
        yield from _port(port, f"{path}.ports[{index}]")


def _peer(peer: Json, path: str) -> Iterator[Fault]:
    if not peer:
        yield required(path, "must specify a peer")
    elif "ipBlock" in peer:
        if len(peer) > 1:
            yield forbidden(path, "may not specify both ipBlock and another peer")
        yield from block(peer["ipBlock"], f"{path}.ipBlock")
    for field in ("podSelector", "namespaceSelector"):
        if field in peer:
            yield from metadata.selector(peer[field], f"{path}.{field}")


def _port(port: Json, path: str) -> Iterator[Fault]:
    protocol, start, end = port.get("protocol", "TCP"), port.get("port"), port.get("endPort")
    if protocol not in _PROTOCOLS:
        yield unsupported(f"{path}.protocol", protocol, _PROTOCOLS)
    if start is not None:
        yield from invalid_each(f"{path}.port", start, names.port(start))
    if end is None:
        return
    if start is None:
        yield invalid(f"{path}.endPort", end, "may not be specified when `port` is not specified")
    elif isinstance(start, str):
        yield invalid(f"{path}.endPort", end, "may not be specified when `port` is non-numeric")
    elif end < start:
        yield invalid(f"{path}.endPort", end, "must be greater than or equal to `port`")
    yield from invalid_each(f"{path}.endPort", end, names.port_number(end))
