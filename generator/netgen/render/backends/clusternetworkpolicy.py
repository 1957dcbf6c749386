"""ClusterNetworkPolicies of policy.networking.k8s.io/v1alpha2: one for each denial and permission with a priority."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

from markupsafe import Markup

from netgen.intent import EVERY_POD, Addresses, Denial, Intent, Peer, Permission, Pods, PortMatch, Selector
from netgen.quoting import comment
from netgen.render.planned import Metadata, Planned, Rank

TEMPLATE = "clusternetworkpolicy/policy.yaml.j2"
_MOST = 25
"""So many rules a direction has at most, a rule peers and protocols, and a peer networks."""
_PRIORITIES = range(1001)
_LAST_PORT = 65535

_Item = TypeVar("_Item")


class PodsView(NamedTuple):
    """Pods of every namespace (*everywhere*), of all *but* some, or else of *namespace*; all of them if not *named*.

    Of Calico and Cilium, a peer that is a selector of namespaces alone may be more than pods: that is never written.
    """

    everywhere: bool
    but: tuple[str, ...]
    namespace: str | None
    named: bool
    selector: Selector
    networks: tuple[str, ...] = ()


class NetworksView(NamedTuple):
    """Addresses."""

    networks: tuple[str, ...]


class PortView(NamedTuple):
    """An item of protocols: one port, or *is_range*."""

    protocol: str
    first: int
    last: int

    @property
    def is_range(self) -> bool:
        """Return whether there is more than one."""
        return self.first != self.last


class RuleView(NamedTuple):
    """One rule: *intent* is its comment."""

    intent: Markup
    action: str
    peers: tuple[PodsView | NetworksView, ...]
    ports: tuple[PortView, ...]


class PolicyView(NamedTuple):
    """What the template prints: the rules of one *direction*, whose peers stand under the key *peers*."""

    metadata: Metadata
    priority: int
    subject: PodsView
    direction: str
    peers: str
    rules: tuple[RuleView, ...]


def plan(intent: Intent) -> Iterator[Planned]:
    """Yield the policies of what *intent* denies and permits by a priority."""
    for denial in intent.denials:
        if denial.priority is not None:
            yield Planned(Rank.DENIAL, TEMPLATE, _policy(denial, denial.priority, "Deny"), denial.spot)
    for one in intent.permissions:
        yield Planned(Rank.APP_POLICY, TEMPLATE, _policy(one, one.priority, "Accept"), one.spot)


def _policy(one: Denial | Permission, priority: int, action: str) -> PolicyView:
    if priority not in _PRIORITIES:
        raise ValueError(f"{one.name} has no priority")
    rules = tuple(_rules(one, action))
    if not 0 < len(rules) <= _MOST:
        raise ValueError(f"{one.name} would have {len(rules)} rules")
    return PolicyView(
        metadata=Metadata(one.name, "", one.labels, one.annotations),
        priority=priority,
        subject=_pods(one.subject),
        direction=one.direction,
        peers="from" if one.direction == "ingress" else "to",
        rules=rules,
    )


def _rules(one: Denial | Permission, action: str) -> Iterator[RuleView]:
    """Yield the rules: where addresses leave out pods, these are left to the tiers behind first."""
    peers = [view for peer in one.peers for view in _peers(peer, one.direction)]
    if len({isinstance(peer, Addresses) for peer in one.peers}) != 1:
        raise ValueError(f"{one.name} is about addresses and pods, or about nobody")
    if any(isinstance(peer, Addresses) and not peer.pods for peer in one.peers):
        said = comment(f"pods are not meant, whatever addresses they have: {one.intent}")
        yield RuleView(said, "Pass", (_pods(Pods(None)),), ())
    said = comment(_said(one, action))
    for ports in _parts([_port(port) for port in one.ports]) or ((),):
        for some in _parts(peers):
            yield RuleView(said, action, some, ports)


def _said(one: Denial | Permission, action: str) -> str:
    why = f" (why: {one.why})" if one.why else ""
    return f"{'never' if action == 'Deny' else 'allow'}: {one.intent}{why}"


def _parts(items: Sequence[_Item]) -> tuple[tuple[_Item, ...], ...]:
    return tuple(tuple(items[first : first + _MOST]) for first in range(0, len(items), _MOST))


def _peers(peer: Peer, direction: str) -> Iterator[PodsView | NetworksView]:
    if isinstance(peer, Pods):
        yield _pods(peer)
        return
    if not isinstance(peer, Addresses) or direction == "ingress":
        raise ValueError(f"{peer} is nothing that {direction} of a ClusterNetworkPolicy can name")
    if not peer.blocks or any(block.excluded for block in peer.blocks):
        raise ValueError("networks are some, and leave nothing out")
    for cidrs in _parts([block.cidr for block in peer.blocks]):
        yield NetworksView(cidrs)


def _pods(pods: Pods) -> PodsView:
    if pods.selector.account:
        raise ValueError("a ClusterNetworkPolicy does not tell pods by their service account")
    return PodsView(
        everywhere=pods.namespace is None and not pods.beyond,
        but=pods.beyond if pods.namespace is None else (),
        namespace=pods.namespace,
        named=pods.selector != EVERY_POD,
        selector=pods.selector,
    )


def _port(match: PortMatch) -> PortView:
    first = match.port or 1
    last = match.last or match.port or _LAST_PORT
    return PortView(match.protocol.lower(), first, last)
