"""All objects of a cluster whose network plugin is Cilium: its own are read when all others are known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from netgen.evaluate.objects import kinds
from netgen.evaluate.objects.cilium.conflicts import conflicts
from netgen.evaluate.objects.cilium.groups import group
from netgen.evaluate.objects.cilium.known import Group, Known
from netgen.evaluate.objects.cilium.policies import policies
from netgen.evaluate.objects.cilium.selectors import is_seen, seen
from netgen.evaluate.objects.model import Peer, PodPeer, Policy, Rules, Unknown
from netgen.evaluate.objects.values import MalformedError, misread
from netgen.evaluate.objects.waiting import Waiting
from netgen.evaluate.objects.ways import ServiceObject


def understood(found: Iterable[object], services: tuple[ServiceObject, ...]) -> tuple[list[object], list[Unknown]]:
    """Return *found* with the policies that its waiting objects make, and what of these is not understood."""
    objects = list(found)
    unknowns: list[Unknown] = []
    groups = tuple(_groups(objects, unknowns))
    read: list[object] = []
    for one in objects:
        if isinstance(one, Policy):
            read.append(_as_seen(one))
        elif not isinstance(one, Waiting):
            read.append(one)
        elif one.kind != kinds.CIDR_GROUP:
            known = Known(one.kind[1], one.namespace, services, groups)
            try:
                read += policies(one.body, one.name, one.spot, known)
                unknowns += known.unknowns
            except MalformedError as error:
                unknowns.append(misread(f"a {one.kind[1]}", error))
    unknowns += conflicts(one for one in read if isinstance(one, Policy))
    return read, unknowns


def _groups(objects: list[object], unknowns: list[Unknown]) -> Iterable[Group]:
    for one in objects:
        if isinstance(one, Waiting) and one.kind == kinds.CIDR_GROUP:
            try:
                yield group(one.body, one.name, one.spot)
            except MalformedError as error:
                unknowns.append(misread(f"a {one.kind[1]}", error))


def _as_seen(policy: Policy) -> Policy:
    """Return a NetworkPolicy as Cilium has it, for which pods do not have all of their labels."""
    peers = (peer for _, rules, _ in policy.sides() for rule in rules for peer in rule.peers or ())
    if is_seen(policy.subject) and all(not isinstance(one, PodPeer) or is_seen(one.pods) for one in peers):
        return policy
    return replace(
        policy,
        subject=seen(policy.subject),
        ingress=_seen_rules(policy.ingress),
        egress=_seen_rules(policy.egress),
        unlisted=tuple((direction, _seen_rules(rules) or ()) for direction, rules in policy.unlisted),
    )


def _seen_rules(rules: Rules | None) -> Rules | None:
    if rules is None:
        return None
    return tuple(replace(one, peers=one.peers and tuple(map(_peer, one.peers))) for one in rules)


def _peer(peer: Peer) -> Peer:
    return peer._replace(pods=seen(peer.pods)) if isinstance(peer, PodPeer) else peer
