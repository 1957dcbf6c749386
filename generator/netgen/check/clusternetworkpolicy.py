"""The rules about a ClusterNetworkPolicy: those of its definition, and those that keep it to what it says."""

from __future__ import annotations

import re
from collections.abc import Iterator

from netgen.check import metadata, names
from netgen.check.addresses import network
from netgen.check.faults import Fault, Json, duplicate, forbidden, invalid, invalid_each, required, unsupported
from netgen.check.shape import SELECTOR, Shape, cluster_object_of

_PODS: Shape = {"namespaceSelector": SELECTOR, "podSelector": SELECTOR}
_SUBJECT: dict[str, Shape] = {"namespaces": SELECTOR, "pods": _PODS}
_OUTSIDE: dict[str, Shape] = {"networks": [str], "nodes": SELECTOR, "domainNames": [str]}
_PORT: Shape = {"destinationPort": {"number": int, "range": {"start": int, "end": int}}}
_PROTOCOLS = ("tcp", "udp", "sctp")
_NAMED = "destinationNamedPort"
_PEERS = {"ingress": "from", "egress": "to"}


def _rule_shape(direction: str) -> Shape:
    peer = _SUBJECT if direction == "ingress" else {**_SUBJECT, **_OUTSIDE}
    return {
        "name": str,
        "action": str,
        _PEERS[direction]: [peer],
        "protocols": [{**dict.fromkeys(_PROTOCOLS, _PORT), _NAMED: str}],
    }


SHAPE: Shape = cluster_object_of(
    {
        "tier": str,
        "priority": int,
        "subject": _SUBJECT,
        **{direction: [_rule_shape(direction)] for direction in _PEERS},
    }
)

_TIERS = ("Admin", "Baseline")
_ACTIONS = ("Accept", "Deny", "Pass")
_LAST_PRIORITY = 1000
_MOST = 25
_LONGEST_NAME = 100
_IS_DOMAIN = re.compile(
    r"(\*\.)?([a-zA-Z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.)+[a-zA-Z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.?"
).fullmatch


def priority(body: object) -> tuple[str, int] | None:
    """Return the tier of a policy and its priority there, None where it has none."""
    spec = body.get("spec") if isinstance(body, dict) else None
    if not isinstance(spec, dict) or not isinstance(spec.get("priority"), int):
        return None
    return str(spec.get("tier")), spec["priority"]


def faults(body: Json, _: names.Rule) -> Iterator[Fault]:
    """Yield what is wrong with a policy of the right shape.

    Source: network-policy-api v0.2.0, apis/v1alpha2 and the definitions of both channels. Beyond it, a negative
    expression about namespaces stands beside one that asks for a label: plugins have peers that are in none.
    """
    spec = body.get("spec", {})
    yield from metadata.faults(body.get("metadata", {}), names.dns_subdomain, is_namespaced=False)
    if spec.get("tier") not in _TIERS:
        yield unsupported("spec.tier", spec.get("tier", ""), _TIERS)
    if "priority" not in spec:
        yield required("spec.priority")
    elif not 0 <= spec["priority"] <= _LAST_PRIORITY:
        why = f"must be between 0 and {_LAST_PRIORITY}, inclusive"
        yield invalid("spec.priority", spec["priority"], why)
    yield from _one_of(spec.get("subject", {}), "spec.subject")
    if not any(direction in spec for direction in _PEERS):
        yield required("spec", "there must be a rule in ingress or egress")
    for direction, peers in _PEERS.items():
        yield from _at_most(spec.get(direction, ()), f"spec.{direction}")
        for index, rule in enumerate(spec.get(direction, ())):
            yield from _rule(rule, peers, f"spec.{direction}[{index}]")


def _rule(rule: Json, peers: str, path: str) -> Iterator[Fault]:
    if rule.get("action") not in _ACTIONS:
        yield unsupported(f"{path}.action", rule.get("action", ""), _ACTIONS)
    if len(rule.get("name", "")) > _LONGEST_NAME:
        yield Fault(f"{path}.name", f"Too long: may not be more than {_LONGEST_NAME} characters")
    listed = rule.get(peers, ())
    if not listed:
        yield required(f"{path}.{peers}", "there is no rule about everybody")
    yield from _at_most(listed, f"{path}.{peers}")
    for index, peer in enumerate(listed):
        below = f"{path}.{peers}[{index}]"
        yield from _one_of(peer, below)
        yield from _outside(peer, below, rule.get("action", ""))
    protocols = rule.get("protocols", ())
    yield from _at_most(protocols, f"{path}.protocols")
    is_outside = any(field in peer for peer in listed for field in _OUTSIDE)
    for index, protocol in enumerate(protocols):
        below = f"{path}.protocols[{index}]"
        yield from _protocol(protocol, below)
        if is_outside and _NAMED in protocol:
            why = "may not be specified for peers that are networks, nodes or domain names"
            yield forbidden(f"{below}.{_NAMED}", why)


def _at_most(listed: object, path: str) -> Iterator[Fault]:
    if isinstance(listed, list) and len(listed) > _MOST:
        yield Fault(path, f"Too many: {len(listed)}: must have at most {_MOST} items")


def _one_of(end: Json, path: str) -> Iterator[Fault]:
    """Yield what is wrong with a subject or a peer, of whose fields just one is written."""
    if len(end) != 1:
        yield required(path, "must specify one of its fields")
    if "namespaces" in end:
        yield from _spaces(end["namespaces"], f"{path}.namespaces")
    if "pods" in end:
        pods = end["pods"]
        for field in ("namespaceSelector", "podSelector"):
            if field not in pods:
                yield required(f"{path}.pods.{field}", "an empty one selects all")
        yield from _spaces(pods.get("namespaceSelector", {}), f"{path}.pods.namespaceSelector")
        yield from metadata.selector(pods.get("podSelector", {}), f"{path}.pods.podSelector")


def _spaces(chosen: Json, path: str) -> Iterator[Fault]:
    yield from metadata.selector(chosen, path)
    asked = [one.get("operator") for one in chosen.get("matchExpressions", ())]
    if asked and "matchLabels" not in chosen and not {*asked} & {"In", "Exists"}:
        why = "a negative expression alone may mean what is in no namespace: add one with the operator 'Exists'"
        yield required(f"{path}.matchExpressions", why)


def _outside(peer: Json, path: str, action: str) -> Iterator[Fault]:
    """Yield what is wrong with addresses, nodes and domain names."""
    if "nodes" in peer:
        yield from metadata.selector(peer["nodes"], f"{path}.nodes")
    for field in ("networks", "domainNames"):
        listed = peer.get(field, ())
        yield from _at_most(listed, f"{path}.{field}")
        for index, text in enumerate(listed):
            below = f"{path}.{field}[{index}]"
            if text in listed[:index]:
                yield duplicate(below, text)
            elif field == "domainNames" and not _IS_DOMAIN(text):
                yield invalid(below, text, "must be a domain name, or '*.' and one")
            elif field == "networks" and isinstance(why := network(text), str):
                yield invalid(below, text, why)
    if "domainNames" in peer and action != "Accept":
        yield forbidden(f"{path}.domainNames", "may only be specified when `action` is 'Accept'")


def _protocol(protocol: Json, path: str) -> Iterator[Fault]:
    if len(protocol) != 1:
        yield required(path, f"must specify one of {', '.join(_PROTOCOLS)} and {_NAMED}")
        return
    [(kind, said)] = protocol.items()
    if kind == _NAMED:
        yield from invalid_each(f"{path}.{_NAMED}", said, names.port_name(said))
        return
    port, below = said.get("destinationPort", {}), f"{path}.{kind}.destinationPort"
    if len(port) != 1:
        yield required(below, "must specify one of number and range")
    if "number" in port:
        yield from invalid_each(f"{below}.number", port["number"], names.port_number(port["number"]))
    if "range" in port:
        yield from _range(port["range"], f"{below}.range")


def _range(written: Json, path: str) -> Iterator[Fault]:
    for field in ("start", "end"):
        if field not in written:
            yield required(f"{path}.{field}")
        else:
            yield from invalid_each(f"{path}.{field}", written[field], names.port_number(written[field]))
    if {"start", "end"} <= written.keys() and written["start"] >= written["end"]:
        yield invalid(f"{path}.end", written["end"], "must be greater than `start`")
