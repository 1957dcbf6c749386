"""What the Intent denies and permits by a priority, as the policies of a tier that decides before all others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from netgen import intent as meant
from netgen.evaluate.addresses import Block
from netgen.evaluate.objects import clusternetworkpolicy
from netgen.evaluate.objects.model import (
    NAME_LABEL,
    Action,
    BlockPeer,
    Direction,
    Expression,
    Operator,
    Peer,
    PodPeer,
    Policy,
    Rule,
    Selector,
    Tier,
)
from netgen.verify import ideal
from netgen.verify.wording import EVERY_NAMESPACE

_EVERY_POD = (PodPeer(ideal.EVERYTHING, ideal.EVERYTHING),)


def policies(intent: meant.Intent) -> Iterator[Policy]:
    """Yield them, each with the spot of the spec."""
    tier = _tier(intent.cni)
    for denial in intent.denials:
        if denial.priority is not None:
            yield _policy(denial, denial.priority, Action.DENY, tier)
    for one in intent.permissions:
        yield _policy(one, one.priority, Action.ALLOW, tier)


def _tier(cni: str) -> Tier:
    """Return the tier that stands for it with the plugin *cni*: Calico has one among its own."""
    if cni != "calico":
        return clusternetworkpolicy.ADMIN
    from netgen.evaluate.objects.calico.sets import ADMIN  # noqa: PLC0415 - only where it is that plugin

    return ADMIN


def _policy(one: meant.Denial | meant.Permission, priority: int, action: Action, tier: Tier) -> Policy:
    said = tuple(found for peer in one.peers for found in _peers(peer))
    about = Rule(said, ideal.port_rules(one.ports), 0, one.spot, action)
    rules: tuple[Rule, ...] = (about,)
    if any(isinstance(peer, meant.Addresses) and not peer.pods for peer in one.peers):
        rules = Rule(_EVERY_POD, None, 0, one.spot, Action.PASS), replace(about, index=1)
    is_inward = one.direction == Direction.INGRESS
    return Policy(
        ideal.KIND,
        "",
        one.name,
        ideal.selector(one.subject.selector),
        rules if is_inward else None,
        None if is_inward else rules,
        spot=one.spot,
        scope=_spaces(one.subject),
        tier=tier,
        order=priority,
    )


def _peers(peer: meant.Peer) -> Iterator[Peer]:
    if isinstance(peer, meant.Pods):
        yield PodPeer(_spaces(peer), ideal.selector(peer.selector))
    elif isinstance(peer, meant.Addresses):
        yield from (BlockPeer(Block(block.cidr, block.excluded)) for block in peer.blocks)
    else:
        raise ValueError(f"{peer} is nothing that a ClusterNetworkPolicy can name")


def _spaces(pods: meant.Pods) -> Selector:
    """Return the namespaces of *pods*; of all but some, those that have a name."""
    if pods.namespace is not None:
        return Selector(((NAME_LABEL, pods.namespace),))
    if not pods.beyond:
        return ideal.EVERYTHING
    others = Expression(NAME_LABEL, Operator.NOT_IN, pods.beyond)
    return Selector((), tuple(sorted((*EVERY_NAMESPACE.expressions, others))))
