"""Policies of cilium.io/v2: one for each app and closed namespace, one for each claim that is denied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from markupsafe import Markup

from netgen import paths
from netgen.intent import (
    EVERY_POD,
    EVERYBODY,
    Addresses,
    App,
    Block,
    Denial,
    Entities,
    Entity,
    Everybody,
    Expression,
    Flow,
    HostName,
    Intent,
    IsolatedNamespace,
    Pairs,
    Peer,
    Pods,
    PortMatch,
    Request,
)
from netgen.quoting import comment
from netgen.render.planned import Metadata, Planned, Rank

TEMPLATE = "cilium/policy.yaml.j2"
NAMESPACE = "k8s:io.kubernetes.pod.namespace"
ACCOUNT = "k8s:io.cilium.k8s.policy.serviceaccount"
_AUDITED = "netgen-audit"
"""The log value of flows that a policy opens which closes nothing."""
_ANY_PORT = 0
"""The port that stands for every port of a protocol."""
_MOST_PORTS = 40
"""So many ports an item of toPorts has at most."""


class SelectorView(NamedTuple):
    """An endpoint selector with the sources of its labels; *everyone*: it is empty, and the namespace's."""

    labels: Pairs
    expressions: tuple[Expression, ...]
    everyone: bool = False


class PortView(NamedTuple):
    """An item of ports: Cilium writes numbers as text; *last* is 0 where it is no range."""

    port: str
    last: int
    protocol: str


class RequestView(NamedTuple):
    """An item of rules.http; an empty *method* is any."""

    method: str
    path: str


class OpeningView(NamedTuple):
    """An item of toPorts: the *ports*, the *requests* that pass (none: all), or *looks_up*, for DNS that is heard."""

    ports: tuple[PortView, ...]
    requests: tuple[RequestView, ...]
    looks_up: bool


class NameView(NamedTuple):
    """An item of toFQDNs: *key* says whether *text* is a name or a pattern of names."""

    key: str
    text: str


class RuleView(NamedTuple):
    """One rule: *intent* is its comment, and its peers are of the one kind that is not empty."""

    intent: Markup
    pods: tuple[SelectorView, ...]
    blocks: tuple[Block, ...]
    entities: tuple[str, ...]
    names: tuple[NameView, ...]
    openings: tuple[OpeningView, ...]


class SideView(NamedTuple):
    """The rules of a section *key*, and the keys of its peers."""

    key: str
    endpoints: str
    blocks: str
    entities: str
    rules: tuple[RuleView, ...]


class PolicyView(NamedTuple):
    """What the template of a policy prints; *yields*: it isolates nothing. *log* is what flows are logged with."""

    kind: str
    metadata: Metadata
    why: Markup
    subject: SelectorView
    yields: bool
    sides: tuple[SideView, ...]
    log: str = ""


def plan(intent: Intent) -> Iterator[Planned]:
    """Yield the policies of the isolated apps and namespaces of *intent*, and of what it denies."""
    for app in intent.apps:
        if app.ingress or app.egress:
            yield Planned(Rank.APP_POLICY, TEMPLATE, _app_policy(app, intent), app.spot)
    for isolated in intent.isolated:
        yield Planned(Rank.NAMESPACE_POLICY, TEMPLATE, _namespace_policy(isolated), isolated.spot)
    for denial in intent.denials:
        yield Planned(Rank.DENIAL, TEMPLATE, _denial(denial), denial.spot)


def _app_policy(app: App, intent: Intent) -> PolicyView:
    if app.selector == EVERY_POD:
        raise ValueError(f"the selector of {app.key} is empty, which would select every pod")
    sides = []
    if app.ingress:
        flows = intent.flows_to.get(app.key, ())
        sides.append(_side("ingress", (_rule(flow, flow.source, flow.requests) for flow in flows)))
    if app.egress:
        flows = intent.flows_from.get(app.key, ())
        sides.append(_side("egress", (_rule(flow, flow.target, ()) for flow in flows)))
    return PolicyView(
        kind="CiliumNetworkPolicy",
        metadata=Metadata(app.key.name, app.key.namespace, app.labels, app.annotations),
        why=comment(app.why),
        subject=_subject(app.pods),
        yields=app.staged,
        sides=tuple(sides),
        log=_AUDITED if app.staged else "",
    )


def _namespace_policy(isolated: IsolatedNamespace) -> PolicyView:
    name = f"{isolated.document}.isolate-namespace"
    return PolicyView(
        kind="CiliumNetworkPolicy",
        metadata=Metadata(name, isolated.namespace, isolated.labels, isolated.annotations),
        why=comment("every pod that no other policy opens"),
        subject=SelectorView((), (), everyone=True),
        yields=isolated.staged,
        sides=(_side("ingress", ()), _side("egress", ())),
        log=_AUDITED if isolated.staged else "",
    )


def _denial(denial: Denial) -> PolicyView:
    namespace = denial.subject.namespace
    if not denial.peers:
        raise ValueError(f"{denial.intent} denies nobody")
    if any(isinstance(one, HostName) for one in denial.peers):
        raise ValueError(f"{denial.intent} denies a host name, which Cilium cannot")
    if any(isinstance(one, Entities) and Entity.HOST in one.names for one in denial.peers):
        raise ValueError(f"{denial.intent} denies the node, whose kubelet probes its pods")
    said = _said(f"never: {denial.intent}", denial.why)
    openings = _openings(denial.ports, (), looks_up=False)
    rules = (_view(said, peer, openings) for peer in denial.peers)
    return PolicyView(
        kind="CiliumNetworkPolicy" if namespace else "CiliumClusterwideNetworkPolicy",
        metadata=Metadata(denial.name, namespace or "", denial.labels, denial.annotations),
        why=Markup(""),
        subject=_subject(denial.subject) if namespace else _pods(denial.subject),
        yields=True,
        sides=(_side(denial.direction, rules, denies=True),),
    )


def _side(direction: str, rules: Iterable[RuleView], *, denies: bool = False) -> SideView:
    prefix = "from" if direction == "ingress" else "to"
    return SideView(
        key=f"{direction}Deny" if denies else direction,
        endpoints=f"{prefix}Endpoints",
        blocks=f"{prefix}CIDRSet",
        entities=f"{prefix}Entities",
        rules=tuple(rules),
    )


def _rule(flow: Flow, peer: Peer | Everybody, requests: tuple[Request, ...]) -> RuleView:
    if peer is EVERYBODY and flow.ports:
        raise ValueError("everybody is opened on every port")
    openings = _openings(flow.ports, requests, looks_up=flow.looks_up)
    return _view(_said(flow.intent, flow.why), peer, openings)


def _said(intent: str, why: str) -> Markup:
    return comment(f"{intent} (why: {why})" if why else intent)


def _view(said: Markup, peer: Peer | Everybody, openings: tuple[OpeningView, ...]) -> RuleView:
    """Return the rule for *peer*, of which a rule has one kind only."""
    return RuleView(
        intent=said,
        pods=(_pods(peer),) if isinstance(peer, Pods) else (),
        blocks=_blocks(peer) if isinstance(peer, Addresses) else (),
        entities=_entities(peer),
        names=(_name(peer),) if isinstance(peer, HostName) else (),
        openings=openings,
    )


@lru_cache(maxsize=1024)  # most flows are to the same few ports
def _openings(
    ports: tuple[PortMatch, ...], requests: tuple[Request, ...], *, looks_up: bool
) -> tuple[OpeningView, ...]:
    """Return the items of toPorts for *ports*, each with so many that Cilium takes it; none for every port."""
    if requests and (not ports or any(one.protocol != "TCP" or not one.port for one in ports)):
        raise ValueError("HTTP is filtered on ports of TCP that are named one by one")
    if looks_up and (not ports or any(one.protocol == "SCTP" or not one.port or one.last for one in ports)):
        raise ValueError("DNS is heard on single ports of UDP and TCP")
    if requests and looks_up:
        raise ValueError("a port is for HTTP or for DNS")
    filtered = tuple(RequestView(*one) for one in filters(requests))
    views = [PortView(str(one.port or _ANY_PORT), one.last, one.protocol) for one in ports]
    parts = (tuple(views[first : first + _MOST_PORTS]) for first in range(0, len(views), _MOST_PORTS))
    return tuple(OpeningView(part, filtered, looks_up) for part in parts)


def filters(requests: Iterable[Request]) -> tuple[tuple[str, str], ...]:
    """Return the method (empty for any) and the expression of the path of each of *requests*, sorted."""
    found = {(method, paths.expression(one.path)) for one in requests for method in one.methods or ("",)}
    return tuple(sorted(found))


def _name(peer: HostName) -> NameView:
    """Return *peer* as Cilium writes it: to it, one star is one label, and two are any depth."""
    is_wild = peer.pattern.startswith("*.")
    return NameView("matchPattern", f"*{peer.pattern}") if is_wild else NameView("matchName", peer.pattern)


def _entities(peer: Peer | Everybody) -> tuple[str, ...]:
    if isinstance(peer, Everybody):
        return ("all",)
    if not isinstance(peer, Entities):
        return ()
    if not peer.names:
        raise ValueError("an empty set of entities would be written as everyone")
    return tuple(str(one) for one in peer.names)


def _blocks(peer: Addresses) -> tuple[Block, ...]:
    if not peer.blocks:
        raise ValueError("an empty set of addresses would be written as everyone")
    return peer.blocks


def _subject(pods: Pods) -> SelectorView:
    """Return the selector of a policy in the namespace of *pods*."""
    return SelectorView(_labels(pods), _expressions(pods), everyone=pods.selector == EVERY_POD)


def _pods(pods: Pods) -> SelectorView:
    """Return *pods* as a peer: always with a namespace, since what is no pod has none."""
    if pods.namespace is not None:
        return SelectorView((*_labels(pods), (NAMESPACE, pods.namespace)), _expressions(pods))
    others = (Expression(NAMESPACE, "NotIn", pods.beyond),) if pods.beyond else ()
    return SelectorView(_labels(pods), (*_expressions(pods), *others, Expression(NAMESPACE, "Exists")))


def _labels(pods: Pods) -> Pairs:
    account = ((ACCOUNT, pods.selector.account),) if pods.selector.account else ()
    return (*((f"k8s:{key}", value) for key, value in pods.selector.labels), *account)


def _expressions(pods: Pods) -> tuple[Expression, ...]:
    return tuple(one._replace(key=f"k8s:{one.key}") for one in pods.selector.expressions)
