"""A NetworkPolicy as Weave Net's controller reads it, which is not all that the API says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from netgen.evaluate.addresses import parse
from netgen.evaluate.objects import policies
from netgen.evaluate.objects.model import BlockPeer, Policy, PortRule, Rule, Rules
from netgen.evaluate.objects.values import MalformedError
from netgen.evaluate.sets import Protocol
from netgen.source import Spot

_IPV6 = 6


def policy(body: dict[str, Any], namespace: str, name: str, spot: Spot) -> Policy:
    """Return the NetworkPolicy *body*; of a range of ports only the first is open, since `endPort` is not read.

    MalformedError where nobody can tell what is enforced of it: one that names a port is refused as a whole, one with
    an address of IPv6 loses some of its rules, and nothing is known of SCTP.
    Source: weaveworks/weave npc/{analyser,rule,ipblock}.go at v2.8.1, the same in the fork rajch/weave at v2.9.0.
    """
    found = policies.policy(body, namespace, name, spot)
    for _, rules, _ in found.sides():
        for rule in rules:
            for why in _refused(rule):
                raise MalformedError(why, rule.spot or spot)
    spec = body["spec"]
    return replace(
        found,
        ingress=_cut(found.ingress, spec.get("ingress")),
        egress=_cut(found.egress, spec.get("egress")),
        unlisted=tuple((direction, _cut(rules, spec[direction]) or ()) for direction, rules in found.unlisted),
    )


def _refused(rule: Rule) -> Iterator[str]:
    """Yield why nobody can tell what Weave Net enforces of the policy of *rule*."""
    for port in rule.ports or ():
        if port.name is not None:
            yield f"Weave Net refuses the whole policy for the name of a port, {port.name}, so that nothing is closed"
        if port.protocol is Protocol.SCTP:
            yield "whether Weave Net enforces a rule for SCTP is not known"
    for peer in rule.peers or ():
        if isinstance(peer, BlockPeer) and parse(peer.block.cidr)[0] == _IPV6:
            yield f"Weave Net fails at the address {peer.block.cidr} of IPv6, and leaves out other rules of the policy"


def _cut(rules: Rules | None, written: list[dict[str, Any]] | None) -> Rules | None:
    """Return *rules*, as they are *written*, with the first port of each range alone."""
    if not rules or not written:
        return rules
    return tuple(replace(rule, ports=_first(rule.ports, one)) for rule, one in zip(rules, written, strict=True))


def _first(ports: tuple[PortRule, ...] | None, written: dict[str, Any]) -> tuple[PortRule, ...] | None:
    pairs = zip(ports, written["ports"], strict=True) if ports else ()
    return ports and tuple(port._replace(high=port.low) if "endPort" in one else port for port, one in pairs)
