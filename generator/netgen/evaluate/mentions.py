"""What policies speak of: the pods, blocks and ports that tell one endpoint from another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from netgen.evaluate.addresses import Block
from netgen.evaluate.objects.model import (
    NAME_LABEL,
    BlockPeer,
    Direction,
    Expression,
    Operator,
    PodPeer,
    Policy,
    Rule,
    Selector,
)
from netgen.evaluate.sets import PortSet, Protocol, ports


@dataclass(frozen=True, slots=True)
class Selection:
    """Pods as a policy speaks of them: those that *pods* selects in *scope*, one namespace or what selects some."""

    scope: str | Selector
    pods: Selector


def subject(policy: Policy) -> Selection:
    """Return the pods that *policy* is about."""
    return Selection(policy.namespace, policy.subject)


def peer_pods(peer: PodPeer, namespace: str) -> Selection:
    """Return the pods of a peer in a policy of *namespace*; a namespace selected by its name is that namespace."""
    if peer.namespaces is None:
        return Selection(namespace, peer.pods)
    asks = tuple(peer.namespaces.asks())
    if len(asks) == 1 and _is_name(asks[0]):
        return Selection(asks[0].values[0], peer.pods)
    return Selection(peer.namespaces, peer.pods)


def _is_name(ask: Expression) -> bool:
    return ask.key == NAME_LABEL and ask.operator is Operator.IN and len(ask.values) == 1


@dataclass(slots=True)
class Mentions:
    """All that some policies speak of, each once.

    *naming* are the selections for which the name of a pod's port matters; *naming_all*: it matters for every pod.
    """

    selections: dict[Selection, None] = field(default_factory=dict)
    naming: set[Selection] = field(default_factory=set)
    naming_all: bool = False
    names: set[tuple[Protocol, str]] = field(default_factory=set)
    blocks: set[Block] = field(default_factory=set)
    cuts: set[PortSet] = field(default_factory=set)


def mentions(policies: Iterable[Policy]) -> Mentions:
    """Return what *policies* speak of."""
    found = Mentions()
    for policy in policies:
        about = subject(policy)
        found.selections[about] = None
        for direction, rules, _ in policy.sides():
            for rule in rules:
                _rule(found, rule, policy.namespace, about if direction is Direction.INGRESS else None)
    return found


def _rule(found: Mentions, rule: Rule, namespace: str, about: Selection | None) -> None:
    """Note what *rule* speaks of; *about*: the pods whose ports it names, unless they are its peers."""
    names = {(port.protocol, port.name) for port in rule.ports or () if port.name is not None}
    found.names |= names
    found.cuts |= {ports(port.protocol, port.low, port.high) for port in rule.ports or () if port.name is None}
    selections = list(_selections(rule, namespace))
    found.selections |= dict.fromkeys(selections)
    found.blocks |= {peer.block for peer in rule.peers or () if isinstance(peer, BlockPeer)}
    if names and about is not None:
        found.naming.add(about)
    elif names:
        found.naming |= set(selections)
        found.naming_all |= rule.peers is None or len(selections) < len(rule.peers)


def _selections(rule: Rule, namespace: str) -> Iterator[Selection]:
    for peer in rule.peers or ():
        if isinstance(peer, PodPeer):
            yield peer_pods(peer, namespace)
