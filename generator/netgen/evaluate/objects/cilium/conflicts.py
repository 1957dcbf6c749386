"""Rules of HTTP and of DNS for one port: where they meet, Cilium cannot compute what the pods may do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netgen.evaluate.objects.model import Direction, Policy, PortRule, Rule, Unknown


def conflicts(policies: Iterable[Policy]) -> Iterator[Unknown]:
    """Yield an Unknown for each rule of HTTP for a port that has rules of DNS as well, whoever they are for.

    Source: cilium v1.20.2, pkg/policy/l4.go, L7ParserType.Merge. The pods then keep the policies that they had before.
    """
    rules = [
        (policy, rule)
        for policy in policies
        for direction, listed, _ in policy.sides()
        if direction is Direction.EGRESS
        for rule in listed
    ]
    lookups = {port for _, rule in rules if rule.lookups is not None for port in rule.ports or ()}
    for policy, rule in rules if lookups else ():
        if _has_requests_for(rule, lookups):
            what = f"the {policy.kind} {policy} has HTTP rules for a port that has DNS rules too"
            yield Unknown(what, rule.spot.value() if rule.spot else None, "write the two for different ports")


def _has_requests_for(rule: Rule, ports: set[PortRule]) -> bool:
    if rule.requests is None:
        return False
    return any(
        one.protocol is other.protocol and one.name == other.name and one.low <= other.high and other.low <= one.high
        for one in rule.ports or ()
        for other in ports
    )
