"""What apps open to addresses and not to pods, in the words of a CNI for which pods are addresses as well."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from netgen.evaluate.objects.model import Action, BlockPeer, Direction, PodPeer, Policy, Rule, Rules
from netgen.intent import Intent
from netgen.verify import ideal
from netgen.verify.divided import divided
from netgen.verify.wording import WORDINGS, Wording

_EVERY_POD = (PodPeer(ideal.EVERYTHING, ideal.EVERYTHING),)


def apart(intent: Intent, meant: tuple[Policy, ...]) -> tuple[Policy, ...]:
    """Return policies that allow what *meant*, those of *intent*, do where there are no others, in other words.

    Addresses and no pods are said by a policy behind all that opens something: it denies all pods, then allows the
    addresses. What it denies to pods, nothing behind it would open. Only the words are compared by this; what is meant
    stays what it is.
    """
    wording = WORDINGS[intent.cni]
    if not wording.apart:
        return meant
    return tuple(part for one in meant for part in (_parts(one, intent, wording) if _has_world(one) else (one,)))


def _has_world(policy: Policy) -> bool:
    return any(map(_is_world, (*(policy.ingress or ()), *(policy.egress or ()))))


def _is_world(rule: Rule) -> bool:
    return any(isinstance(peer, BlockPeer) and not peer.pods for peer in rule.peers or ())


def _parts(policy: Policy, intent: Intent, wording: Wording) -> tuple[Policy, Policy]:
    """Return the *policy* of an app without what is about the world, and one for that."""
    kept: dict[Direction, Rules | None] = dict.fromkeys(Direction)
    world = kept.copy()
    for direction, rules, _ in policy.sides():
        mine, others = _divided(policy, intent, direction, iter(rules)) if rules else (rules, ())
        kept[direction], world[direction] = mine, others or None
    into, out = Direction.INGRESS, Direction.EGRESS
    return (
        replace(policy, ingress=kept[into], egress=kept[out]),
        replace(policy, ingress=world[into], egress=world[out], order=wording.closing),
    )


def _divided(policy: Policy, intent: Intent, direction: Direction, rules: Iterator[Rule]) -> tuple[Rules, Rules]:
    """Return those of *rules* that are not about the world, and those that are, behind what denies pods."""
    kept: list[Rule] = []
    world: list[Rule] = []
    for flow, count in ideal.counted_by_flow(intent, policy, direction):
        own = [rule for _, rule in zip(range(count), rules, strict=False)]
        if any(map(_is_world, own)):
            world += divided(Rule(_EVERY_POD, ideal.port_rules(flow.ports), 0, flow.spot, Action.DENY))
            world += [replace(one, peers=tuple(map(ideal.with_pods, one.peers or ()))) for one in own]
        else:
            kept += own
    return _numbered(kept), _numbered(world)


def _numbered(rules: list[Rule]) -> Rules:
    return tuple(rule if rule.index == index else replace(rule, index=index) for index, rule in enumerate(rules))
