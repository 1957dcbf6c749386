"""Policies of projectcalico.org/v3: one for each app and closed namespace, one for the world, one for each denial."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from markupsafe import Markup

from netgen.intent import (
    EVERY_POD,
    EVERYBODY,
    Addresses,
    App,
    AppKey,
    Denial,
    Entities,
    Everybody,
    Flow,
    Intent,
    IsolatedNamespace,
    Pairs,
    Peer,
    Pods,
)
from netgen.naming import DENIALS, dotless, isolation_name, world_name
from netgen.quoting import comment
from netgen.render.backends import calico_selectors as selectors
from netgen.render.backends.calico_rules import DENY, PASS, RuleView, Way, every_pod, rules
from netgen.render.planned import Metadata, Planned, Rank
from netgen.source import Spot

TEMPLATE = "calico/policy.yaml.j2"
TIER = "calico/tier.yaml.j2"
NETWORK_SET = "calico/networkset.yaml.j2"
CNI = "calico"
APPS = 1100
"""The order of what opens, in the tier `default`: behind NetworkPolicies, which have 1000.

It only allows: what no rule of the tier allows is closed at its end.
"""
LAST = 2000
"""The order of what denies all pods before it allows the world, and of what opens nothing.

An address may be that of a pod. What denies pods comes behind all that opens something to them.
"""
_TIER_ORDER = 500
"""The order of the tier of denials: before that of ClusterNetworkPolicies, which is 1000, and `default`."""
_PODS_FIRST, _WORLD, _WORLD_LAST = 100, 200, 300
"""The orders of denials: of pods, of the world, and of the world for the whole cluster.

Who denies the world passes all pods on, so that nothing that denies pods may follow. Two of one order that do different
things are asked first in one release and second in the next.
"""
_OWN: Pairs = (("app.kubernetes.io/managed-by", "netgen"),)


class SideView(NamedTuple):
    """One direction: *type* is its item of types, *key* that of its rules; without any, *nobody* is said of it."""

    type: str
    key: str
    rules: tuple[RuleView, ...]
    nobody: Markup


class PolicyView(NamedTuple):
    """What the template of a policy prints; an empty *tier* is the default one, *namespaces* only a cluster's has."""

    kind: str
    metadata: Metadata
    why: Markup
    order: int
    selector: str
    sides: tuple[SideView, ...]
    namespaces: str = ""
    tier: str = ""
    staged: bool = False


class TierView(NamedTuple):
    """The tier of denials: what no rule of it denies is left to the tiers behind it."""

    metadata: Metadata
    order: int


class SetView(NamedTuple):
    """A set of addresses that rules of its namespace, or of all, select by its labels."""

    kind: str
    metadata: Metadata
    nets: tuple[str, ...]


def plan(intent: Intent) -> Iterator[Planned]:
    """Yield the policies of the isolated apps and namespaces of *intent*, and of what it denies, with their sets."""
    yield from _sets(intent)
    for app in intent.apps:
        if app.ingress or app.egress:
            yield from _app_policies(app, intent)
    for isolated in intent.isolated:
        yield Planned(Rank.NAMESPACE_POLICY, TEMPLATE, _namespace_policy(isolated), isolated.spot)
    denials = [one for one in intent.denials if one.priority is None]
    for denial in denials:
        yield Planned(Rank.DENIAL, TEMPLATE, _denial(denial), denial.spot)
    if denials:
        yield Planned(Rank.SHARED, TIER, TierView(Metadata(DENIALS, "", _OWN, ()), _TIER_ORDER), denials[0].spot)


_End = tuple[Flow, Peer | Everybody]
"""A flow and its other end."""


def _app_policies(app: App, intent: Intent) -> Iterator[Planned]:
    if app.selector == EVERY_POD:
        raise ValueError(f"the selector of {app.key} is empty, which would select every pod")
    held: dict[str, list[_End]] = {}
    if app.ingress:
        held["ingress"] = [(flow, flow.source) for flow in intent.flows_to.get(app.key, ())]
    if app.egress:
        held["egress"] = [(flow, flow.target) for flow in intent.flows_from.get(app.key, ())]
    outer = {direction: [one for one in ends if _is_world(one[1])] for direction, ends in held.items()}
    sides = [_opened(app, direction, ends, is_last=not outer[direction]) for direction, ends in held.items()]
    yield Planned(Rank.APP_POLICY, TEMPLATE, _policy(app, app.key.name, APPS, sides), app.spot)
    worlds = [_world(app, direction, ends) for direction, ends in outer.items() if ends]
    if worlds:
        yield Planned(Rank.APP_POLICY, TEMPLATE, _policy(app, world_name(app.key.name), LAST, worlds), app.spot)


def _is_world(peer: Peer | Everybody) -> bool:
    return isinstance(peer, Addresses) and not peer.pods


def _policy(app: App, name: str, order: int, sides: Iterable[SideView]) -> PolicyView:
    return PolicyView(
        kind="StagedNetworkPolicy" if app.staged else "NetworkPolicy",
        metadata=Metadata(name, app.key.namespace, app.labels, app.annotations),
        why=comment(app.why),
        order=order,
        selector=selectors.subject(app.selector),
        sides=tuple(sides),
        staged=app.staged,
    )


def _opened(app: App, direction: str, ends: list[_End], *, is_last: bool) -> SideView:
    """Return what is opened but for the world, which stands in a policy of its own unless this one *is_last*."""
    way = Way(direction, app.key.namespace)
    found = [
        rule
        for flow, peer in ends
        if not _is_world(peer)
        for rule in rules(way, _checked(flow, peer, direction), flow.ports, _said(flow.intent, flow.why))
    ]
    nobody = "nobody" if is_last else f"nobody here: see {world_name(app.key.name)}"
    return _side(direction, found, nobody)


def _world(app: App, direction: str, ends: list[_End]) -> SideView:
    """Return what is opened to the world, each time after all pods were denied the same ports."""
    way = Way(direction, app.key.namespace)
    found: list[RuleView] = []
    for flow, peer in ends:
        found += every_pod(way, flow.ports, comment(f"no pod: {flow.intent}"), DENY)
        found += rules(way, _checked(flow, peer, direction), flow.ports, _said(flow.intent, flow.why))
    return _side(direction, found)


def _checked(flow: Flow, peer: Peer | Everybody, direction: str) -> Peer | Everybody:
    """Return *peer*; what *flow* says besides, or of it, and Calico cannot, would be written wider than it is."""
    if flow.requests or flow.looks_up:
        raise ValueError(f"{flow.intent} is filtered, which Calico does not do")
    if peer is EVERYBODY and flow.ports:
        raise ValueError("everybody is opened on every port")
    if isinstance(peer, Entities) and (direction == "ingress" or any(one.port for one in flow.ports)):
        raise ValueError(f"{flow.intent}: the API server has a name only as a target, with the ports that it has")
    return peer


def _namespace_policy(isolated: IsolatedNamespace) -> PolicyView:
    name, nobody = isolation_name(isolated.document, CNI), "nobody"
    return PolicyView(
        kind="StagedNetworkPolicy" if isolated.staged else "NetworkPolicy",
        metadata=Metadata(name, isolated.namespace, isolated.labels, isolated.annotations),
        why=comment("every pod that no other policy opens"),
        order=LAST,
        selector=selectors.ALL,
        sides=(_side("ingress", (), nobody), _side("egress", (), nobody)),
        staged=isolated.staged,
    )


def _denial(denial: Denial) -> PolicyView:
    home = denial.subject.namespace or ""
    if not denial.peers:
        raise ValueError(f"{denial.intent} denies nobody")
    outer = [_is_world(peer) for peer in denial.peers]
    if any(outer) and not all(outer):
        raise ValueError(f"{denial.intent} denies the world and pods, which takes two policies")
    way, said = Way(denial.direction, home), _said(f"never: {denial.intent}", denial.why)
    found: list[RuleView] = []
    if any(outer):
        found += every_pod(way, denial.ports, comment(f"not about pods: {denial.intent}"), PASS)
    for peer in denial.peers:
        if isinstance(peer, Entities) and denial.direction == "ingress":
            raise ValueError(f"{denial.intent}: the API server has a name only as a target")
        found += rules(way, peer, denial.ports, said, DENY)
    return PolicyView(
        kind="NetworkPolicy" if home else "GlobalNetworkPolicy",
        metadata=Metadata(denial.name, home, denial.labels, denial.annotations),
        why=Markup(""),
        order=_denial_order(home, is_world=any(outer)),
        selector=selectors.subject(denial.subject.selector),
        sides=(_side(denial.direction, found),),
        namespaces="" if home else _every_namespace(denial.subject),
        tier=DENIALS,
    )


def _denial_order(home: str, *, is_world: bool) -> int:
    if not is_world:
        return _PODS_FIRST
    return _WORLD if home else _WORLD_LAST


def _every_namespace(pods: Pods) -> str:
    """Return the namespaces that a policy of the cluster holds: never a node's endpoints, which are in none."""
    return selectors.namespaces(pods) if pods.beyond else selectors.IS_NAMESPACE


def _side(direction: str, found: Iterable[RuleView], nobody: str = "") -> SideView:
    return SideView(direction.capitalize(), direction, tuple(found), comment(nobody))


def _said(intent: str, why: str) -> Markup:
    return comment(f"{intent} (why: {why})" if why else intent)


def _sets(intent: Intent) -> Iterator[Planned]:
    """Yield the sets of addresses that policies select, each once: of a namespace, or by the platform of all."""
    held = {app.key for app in intent.apps if app.ingress or app.egress}
    found: dict[tuple[str, str], tuple[Addresses, Spot]] = {}
    for flow in intent.flows:
        for key, peer in ((flow.target_app, flow.source), (flow.source_app, flow.target)):
            if key in held and isinstance(peer, Addresses) and peer.external:
                _add(found, key, peer, flow.spot)
    for (namespace, name), (addresses, spot) in found.items():
        labels = tuple(sorted((*_OWN, (selectors.EXTERNAL, name))))
        nets = tuple(block.cidr for block in addresses.blocks)
        kind = "NetworkSet" if namespace else "GlobalNetworkSet"
        view = SetView(kind, Metadata(dotless(f"external-{name}"), namespace, labels, ()), nets)
        yield Planned(Rank.SHARED, NETWORK_SET, view, spot)


def _add(found: dict[tuple[str, str], tuple[Addresses, Spot]], key: AppKey | None, peer: Addresses, spot: Spot) -> None:
    if key is None or not peer.pods or any(block.excluded for block in peer.blocks) or not peer.blocks:
        raise ValueError(f"{peer.external} is no set of addresses")
    first, _ = found.setdefault(("" if peer.shared else key.namespace, peer.external), (peer, spot))
    if first != peer:
        raise ValueError(f"{peer.external} stands for two sets of addresses")
