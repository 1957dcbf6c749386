"""What policies speak of: the pods, blocks and ports that tell one endpoint from another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from netgen.evaluate.addresses import Block, parse
from netgen.evaluate.objects.model import (
    NAME_LABEL,
    BlockPeer,
    Direction,
    Entity,
    EntityPeer,
    Expression,
    NamePeer,
    Operator,
    Peer,
    PodPeer,
    Policy,
    PortRule,
    Selector,
)
from netgen.evaluate.sets import PortSet, Protocol, ports


class Selection(NamedTuple):
    """Pods as a policy speaks of them: those that *pods* selects in *scope*, one namespace or what selects some."""

    scope: str | Selector
    pods: Selector


def subject(policy: Policy) -> Selection:
    """Return the pods that *policy* is about."""
    return Selection(policy.namespace if policy.scope is None else _scope(policy.scope), policy.subject)


def peer_pods(peer: PodPeer, namespace: str) -> Selection:
    """Return the pods of a peer in a policy of *namespace*; a namespace selected by its name is that namespace."""
    if peer.namespaces is None:
        return Selection(namespace, peer.pods)
    return Selection(_scope(peer.namespaces), peer.pods)


def _scope(namespaces: Selector) -> str | Selector:
    labels, expressions = namespaces
    if len(labels) == 1 and not expressions and labels[0][0] == NAME_LABEL:
        return labels[0][1]
    if len(expressions) == 1 and not labels and _is_name(expressions[0]):
        return expressions[0].values[0]
    return namespaces


def _is_name(ask: Expression) -> bool:
    return ask.key == NAME_LABEL and ask.operator is Operator.IN and len(ask.values) == 1


_CILIUM = "Cilium"


def is_everything(block: Block) -> bool:
    """Return whether *block* has all addresses of a family, but for smaller blocks."""
    return block.cidr.endswith("/0") and not any(one.endswith("/0") for one in block.excepts)


@dataclass(eq=False, repr=False, slots=True)
class Mentions:
    """All that some policies speak of, each once.

    *naming* are the selections for which the name of a pod's port matters; *naming_all*: it matters for every pod.
    *symbolic*: a policy is of a CNI that knows entities, which then are there whether policies speak of them or not;
    others know the API server alone.
    *families_apart*: a rule means all addresses of one family and not of the other. *podless*: a rule means addresses
    without the pods that have them.
    """

    selections: dict[Selection, None] = field(default_factory=dict)
    naming: set[Selection] = field(default_factory=set)
    naming_all: bool = False
    names: set[tuple[Protocol, str]] = field(default_factory=set)
    blocks: set[Block] = field(default_factory=set)
    cuts: set[PortSet] = field(default_factory=set)
    entities: set[Entity] = field(default_factory=set)
    patterns: set[str] = field(default_factory=set)
    symbolic: bool = False
    families_apart: bool = False
    podless: bool = False


def mentions(policies: Iterable[Policy]) -> Mentions:
    """Return what *policies* speak of."""
    found = Mentions()
    peers, ports = _Peers(found), _Ports(found)
    for policy in policies:
        about = subject(policy)
        found.selections[about] = None
        if policy.kind.startswith(_CILIUM) or policy.entities:
            found.symbolic = True
            found.entities |= policy.entities
        for direction, rules, _ in policy.sides():
            for rule in rules:
                selections = peers[rule.peers, policy.namespace]
                if not ports[rule.ports]:
                    continue
                if direction is Direction.INGRESS:  # the names are those of the pods that the policy is about
                    found.naming.add(about)
                else:
                    found.naming.update(selections)
                    found.naming_all |= rule.peers is None or any(isinstance(one, BlockPeer) for one in rule.peers)
    return found


class _Peers(dict[tuple[tuple[Peer, ...] | None, str], tuple[Selection, ...]]):
    """The selections of the peers of rules in a namespace, noted once however many rules have the same."""

    def __init__(self, found: Mentions) -> None:
        super().__init__()
        self._found = found

    def __missing__(self, key: tuple[tuple[Peer, ...] | None, str]) -> tuple[Selection, ...]:
        peers, namespace = key
        made = self[key] = tuple(peer_pods(peer, namespace) for peer in peers or () if isinstance(peer, PodPeer))
        self._found.selections |= dict.fromkeys(made)
        if len(made) < len(peers or ()):
            self._others(peers or ())
        return made

    def _others(self, peers: tuple[Peer, ...]) -> None:
        """Note those of *peers* that are no pods."""
        found = self._found
        blocks = [peer.block for peer in peers if isinstance(peer, BlockPeer)]
        found.blocks.update(blocks)
        found.podless |= any(isinstance(peer, BlockPeer) and not peer.pods for peer in peers)
        found.families_apart |= len({parse(one.cidr)[0] for one in blocks if is_everything(one)}) == 1
        spoken = {peer.entity for peer in peers if isinstance(peer, EntityPeer)}
        found.entities |= spoken
        # The world is no endpoint, and means nobody where no entity is one.
        found.symbolic |= bool(spoken - {Entity.KUBE_APISERVER})
        found.patterns |= {peer.pattern for peer in peers if isinstance(peer, NamePeer)}


class _Ports(dict[tuple[PortRule, ...] | None, bool]):
    """Whether the ports of rules have names, noted once like their peers."""

    def __init__(self, found: Mentions) -> None:
        super().__init__()
        self._found = found

    def __missing__(self, rules: tuple[PortRule, ...] | None) -> bool:
        names = {(port.protocol, port.name) for port in rules or () if port.name}
        self._found.names |= names
        self._found.cuts |= {ports(one.protocol, one.low, one.high) for one in rules or () if one.name is None}
        self[rules] = bool(names)
        return bool(names)
