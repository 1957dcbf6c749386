"""What policies speak of: the pods, blocks and ports that tell one endpoint from another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

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


class Selection(NamedTuple):
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
    labels, expressions = peer.namespaces
    if len(labels) == 1 and not expressions and labels[0][0] == NAME_LABEL:
        return Selection(labels[0][1], peer.pods)
    if len(expressions) == 1 and not labels and _is_name(expressions[0]):
        return Selection(expressions[0].values[0], peer.pods)
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
    names = set()
    for port in rule.ports or ():
        if port.name is not None:
            names.add((port.protocol, port.name))
        else:
            found.cuts.add(ports(port.protocol, port.low, port.high))
    found.names |= names
    selections = list(_selections(rule, namespace))
    for selection in selections:
        found.selections[selection] = None
    found.blocks.update(peer.block for peer in rule.peers or () if isinstance(peer, BlockPeer))
    if names and about is not None:
        found.naming.add(about)
    elif names:
        found.naming |= set(selections)
        found.naming_all |= rule.peers is None or len(selections) < len(rule.peers)


def _selections(rule: Rule, namespace: str) -> Iterator[Selection]:
    for peer in rule.peers or ():
        if isinstance(peer, PodPeer):
            yield peer_pods(peer, namespace)
