"""NetworkPolicies of networking.k8s.io/v1: one for each app, one for each closed namespace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from markupsafe import Markup

from netgen.intent import (
    EVERY_POD,
    EVERYBODY,
    Addresses,
    App,
    Block,
    Entities,
    Everybody,
    Flow,
    HostName,
    Intent,
    IsolatedNamespace,
    Peer,
    Pods,
    PortMatch,
    Selector,
)
from netgen.quoting import comment
from netgen.render.planned import Metadata, Planned, Rank

TEMPLATE = "networkpolicy/networkpolicy.yaml.j2"


class PodsView(NamedTuple):
    """Pods as a peer: those of this namespace (*here*), of every namespace (*everywhere*), or else of *namespace*.

    *named* is False for all pods there.
    """

    here: bool
    everywhere: bool
    namespace: str | None
    named: bool
    selector: Selector


class RuleView(NamedTuple):
    """One rule: *intent* is its comment, its peers are *pods* and *blocks*, or *everybody*, who is written as none."""

    intent: Markup
    everybody: bool
    pods: tuple[PodsView, ...]
    blocks: tuple[Block, ...]
    ports: tuple[PortMatch, ...]


class SideView(NamedTuple):
    """One isolated direction: *type* is its policyTypes item, *key* and *peers* the keys of its rules."""

    type: str
    key: str
    peers: str
    rules: tuple[RuleView, ...]


class PolicyView(NamedTuple):
    """What the template of a NetworkPolicy prints; *named* is False for a policy over every pod."""

    metadata: Metadata
    why: Markup
    named: bool
    selector: Selector
    sides: tuple[SideView, ...]


def plan(intent: Intent) -> Iterator[Planned]:
    """Yield the policies of the isolated apps and namespaces of *intent*."""
    for app in intent.apps:
        if app.ingress or app.egress:
            yield Planned(Rank.APP_POLICY, TEMPLATE, _app_policy(app, intent), app.spot)
    for isolated in intent.isolated:
        yield Planned(Rank.NAMESPACE_POLICY, TEMPLATE, _namespace_policy(isolated), isolated.spot)


def _app_policy(app: App, intent: Intent) -> PolicyView:
    if app.selector == EVERY_POD:
        raise ValueError(f"the selector of {app.key} is empty, which would select every pod")
    if app.staged:
        raise ValueError(f"{app.key} is staged, and a NetworkPolicy closes what it holds")
    sides = []
    if app.ingress:
        sides.append(_ingress(_rule(flow, flow.source, app) for flow in intent.flows_to.get(app.key, ())))
    if app.egress:
        sides.append(_egress(_rule(flow, flow.target, app) for flow in intent.flows_from.get(app.key, ())))
    return PolicyView(
        metadata=Metadata(app.key.name, app.key.namespace, app.labels, app.annotations),
        why=comment(app.why),
        named=True,
        selector=app.selector,
        sides=tuple(sides),
    )


def _namespace_policy(isolated: IsolatedNamespace) -> PolicyView:
    if isolated.staged:
        raise ValueError(f"{isolated.namespace} is staged, and a NetworkPolicy closes what it holds")
    name = f"{isolated.document}.isolate-namespace"
    return PolicyView(
        metadata=Metadata(name, isolated.namespace, isolated.labels, isolated.annotations),
        why=comment("every pod that no other policy opens"),
        named=False,
        selector=EVERY_POD,
        sides=(_ingress(()), _egress(())),
    )


def _ingress(rules: Iterator[RuleView] | tuple[()]) -> SideView:
    return SideView("Ingress", "ingress", "from", tuple(rules))


def _egress(rules: Iterator[RuleView] | tuple[()]) -> SideView:
    return SideView("Egress", "egress", "to", tuple(rules))


def _rule(flow: Flow, peer: Peer | Everybody, app: App) -> RuleView:
    if peer is EVERYBODY and flow.ports:
        raise ValueError("everybody is opened on every port")
    if isinstance(peer, Entities | HostName) or flow.requests:
        raise ValueError(f"{flow.intent} is nothing that a NetworkPolicy can say")
    why = f" (why: {flow.why})" if flow.why else ""
    return RuleView(
        intent=comment(f"{flow.intent}{why}"),
        everybody=peer is EVERYBODY,
        pods=(_pods(peer, app.key.namespace),) if isinstance(peer, Pods) else (),
        blocks=_blocks(peer) if isinstance(peer, Addresses) else (),
        ports=flow.ports,
    )


def _pods(peer: Pods, namespace: str) -> PodsView:
    return PodsView(
        here=peer.namespace == namespace,
        everywhere=peer.namespace is None,
        namespace=peer.namespace,
        named=peer.selector != EVERY_POD,
        selector=peer.selector,
    )


def _blocks(peer: Addresses) -> tuple[Block, ...]:
    if not peer.blocks:
        raise ValueError("an empty set of addresses would be written as everyone")
    return peer.blocks
