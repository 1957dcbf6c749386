"""What the Intent says, as the policies and pods that an evaluator compares with the manifests'."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from netgen import intent as meant
from netgen.evaluate.addresses import Block
from netgen.evaluate.objects.model import (
    NAME_LABEL,
    SERVICE_ACCOUNT,
    Action,
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
    Request,
    Rule,
    Selector,
    Workload,
)
from netgen.evaluate.sets import Protocol
from netgen.verify.wording import WORDINGS, Wording

KIND = "Intent"
"""The kind of an ideal policy and of an app that stands for its own pods."""

EVERYTHING = Selector()
_EVERY_NAME = ("**",)
"""The names that may be looked up where a CNI learns addresses from the answers."""

_API_SERVER = meant.Entities((meant.Entity.KUBE_APISERVER,))
_SOME_PORT = (PortRule(Protocol.TCP, name=""),)
"""The port on which the API server listens, where nobody tells it."""

_End = tuple[str, meant.Peer | meant.Everybody, tuple[meant.PortMatch, ...]]
_Rule = tuple[tuple[Peer, ...] | None, tuple[PortRule, ...] | None]


def policies(intent: meant.Intent) -> tuple[Policy, ...]:
    """Return the policies that *intent* is: for each app its flows, one for each closed namespace, denial, permission.

    The spots of policies and rules are those of the spec.
    """
    said = _Said(WORDINGS[intent.cni])
    nobody = said.wording.nobody
    counts = said.wording.watched
    held = (_policy(app, intent, said) for app in intent.apps if app.ingress or app.egress if counts or not app.staged)
    closed = (
        Policy(
            KIND,
            one.namespace,
            one.document,
            EVERYTHING,
            nobody,
            nobody,
            spot=one.spot,
            yielding=frozenset(Direction if one.staged else ()),
            tier=said.wording.tier,
            order=said.wording.closing,
        )
        for one in intent.isolated
        if counts or not one.staged
    )
    denied = (_denial(one, said) for one in intent.denials if one.priority is None)
    return (*held, *closed, *denied, *_ordered(intent))


def staged(intent: meant.Intent) -> tuple[Policy, ...]:
    """Return the policies of what *intent* has staged, where they do nothing until that ends, as they are then."""
    if WORDINGS[intent.cni].watched:
        return ()
    apps = tuple(replace(one, staged=False) for one in intent.apps if one.staged)
    isolated = tuple(replace(one, staged=False) for one in intent.isolated if one.staged)
    return (
        policies(replace(intent, apps=apps, isolated=isolated, denials=(), permissions=())) if apps or isolated else ()
    )


def flow_of(intent: meant.Intent, policy: Policy, direction: Direction, index: int) -> meant.Flow:
    """Return the flow that rule *index* of the *policy* of an app is for. KeyError where it is of no app."""
    if not WORDINGS[intent.cni].divided:
        return _flows(intent, policy, direction)[index]
    for flow, count in counted_by_flow(intent, policy, direction):
        index -= count
        if index < 0:
            return flow
    raise KeyError(index)


def counted_by_flow(intent: meant.Intent, policy: Policy, direction: Direction) -> Iterator[tuple[meant.Flow, int]]:
    """Yield the flows that the rules of the *policy* of an app are for, each with the number of its rules."""
    from netgen.verify.divided import divided  # noqa: PLC0415 - few CNIs have rules in parts

    for flow in _flows(intent, policy, direction):
        peer = flow.source if direction is Direction.INGRESS else flow.target
        whom = None if isinstance(peer, meant.Everybody) else tuple(peers(peer, policy.namespace))
        yield flow, sum(1 for _ in divided(Rule(whom, port_rules(flow.ports), 0)))


def _flows(intent: meant.Intent, policy: Policy, direction: Direction) -> tuple[meant.Flow, ...]:
    grouped = intent.flows_to if direction is Direction.INGRESS else intent.flows_from
    return grouped[meant.AppKey(policy.namespace, policy.name)]


def _ordered(intent: meant.Intent) -> Iterable[Policy]:
    if not intent.permissions and all(one.priority is None for one in intent.denials):
        return ()
    from netgen.verify import ordered  # noqa: PLC0415 - few platforms have such policies

    return ordered.policies(intent)


def workloads(intent: meant.Intent) -> tuple[Workload, ...]:
    """Return a workload for each app, whose pods carry just what the app selects, and name their ports as they like."""
    return tuple(
        Workload(
            KIND,
            app.key.namespace,
            app.key.name,
            _worn(app.selector),
            service_account=app.selector.account or None,
            host_network=app.host_network,
            ports_known=False,
            spot=app.spot,
        )
        for app in intent.apps
    )


class _Said(dict[_End, _Rule]):
    """What a policy of a namespace says of an end and its ports, in one *wording*; most are said many times."""

    def __init__(self, wording: Wording) -> None:
        super().__init__()
        self.wording = wording

    def __missing__(self, key: _End) -> _Rule:
        home, peer, ports = key
        here = home if self.wording.at_home else ""
        everywhere = self.wording.every_namespace
        whom = None if isinstance(peer, meant.Everybody) else tuple(peers(peer, here, everywhere))
        is_found = self.wording.finds and peer == _API_SERVER
        found = self[key] = whom, _SOME_PORT if is_found else port_rules(ports)
        return found


def _policy(app: meant.App, intent: meant.Intent, said: _Said) -> Policy:
    home, inward, outward = app.key.namespace, intent.flows_to.get(app.key, ()), intent.flows_from.get(app.key, ())
    into = [
        Rule(*said[home, one.source, one.ports], number, one.spot, requests=_requests(one))
        for number, one in enumerate(inward)
    ]
    out = [
        Rule(*said[home, one.target, one.ports], number, one.spot, lookups=_EVERY_NAME if one.looks_up else None)
        for number, one in enumerate(outward)
    ]
    if said.wording.divided:
        into, out = _numbered(into), _numbered(out)
    return Policy(
        KIND,
        app.key.namespace,
        app.key.name,
        selector(app.selector),
        tuple(into) or said.wording.nobody if app.ingress else None,
        tuple(out) or said.wording.nobody if app.egress else None,
        spot=app.spot,
        yielding=frozenset(_directions(app) if app.staged else ()),
        tier=said.wording.tier,
        order=said.wording.opening,
    )


def _numbered(rules: Iterable[Rule]) -> list[Rule]:
    """Return the parts into which *rules* are divided, each with its number."""
    from netgen.verify.divided import divided  # noqa: PLC0415 - few CNIs have rules in parts

    parts = (part for one in rules for part in divided(one))
    return [part if part.index == index else replace(part, index=index) for index, part in enumerate(parts)]


def _directions(app: meant.App) -> Iterator[Direction]:
    """Yield the directions in which *app* has rules."""
    yield from (Direction.INGRESS,) if app.ingress else ()
    yield from (Direction.EGRESS,) if app.egress else ()


def _requests(flow: meant.Flow) -> tuple[Request, ...] | None:
    """Return the HTTP requests that pass by *flow*; None for whatever there is."""
    if not flow.requests:
        return None
    from netgen import paths  # noqa: PLC0415 - few specs have HTTP rules

    found = {Request(method, paths.expression(one.path)) for one in flow.requests for method in one.methods or ("",)}
    return tuple(sorted(found))


def _denial(denial: meant.Denial, said: _Said) -> Policy:
    namespace, wording = denial.subject.namespace, said.wording
    denied = [
        Rule(*said[namespace or "", peer, denial.ports], number, denial.spot, Action.DENY)
        for number, peer in enumerate(denial.peers)
    ]
    order = wording.shutting
    if any(isinstance(peer, meant.Addresses) and not peer.pods for peer in denial.peers):
        # Who has passed all pods on may deny all that has such an address.
        every = Rule(*said[namespace or "", meant.Pods(None), denial.ports], 0, denial.spot, Action.PASS)
        denied = [every, *(replace(one, peers=tuple(map(with_pods, one.peers or ()))) for one in denied)]
        order = wording.passing[namespace is None]
    rules = tuple(_numbered(denied) if wording.divided else denied)
    direction = Direction(denial.direction)
    return Policy(
        KIND,
        namespace or "",
        denial.name,
        selector(denial.subject.selector),
        rules if direction is Direction.INGRESS else None,
        rules if direction is Direction.EGRESS else None,
        spot=denial.spot,
        scope=_space(denial.subject, wording.every_namespace) if namespace is None else None,
        yielding=frozenset((direction,) if wording.denying.isolates else ()),
        tier=wording.denying,
        order=order,
    )


def with_pods(peer: Peer) -> Peer:
    """Return *peer*, and of addresses those of pods too."""
    return peer._replace(pods=True) if isinstance(peer, BlockPeer) else peer


def peers(peer: meant.Peer, home: str = "", everywhere: Selector = EVERYTHING) -> Iterable[Peer]:
    """Return *peer* as the evaluator has it; of pods in the namespace *home* a policy there names no namespace.

    *everywhere* selects all namespaces.
    """
    match peer:
        case meant.Addresses(blocks, _, pods):
            return [BlockPeer(Block(block.cidr, block.excluded), pods) for block in blocks]
        case meant.Entities(names):
            return [EntityPeer(Entity(name)) for name in names]
        case meant.HostName():
            return [NamePeer(name_pattern(peer))]
        case meant.Pods(namespace, pods):
            space = _space(peer, everywhere) if namespace is None else Selector(((NAME_LABEL, namespace),))
            return [PodPeer(None if namespace == home else space, selector(pods))]


def _space(pods: meant.Pods, everywhere: Selector) -> Selector:
    """Return the namespaces of *pods*, which are in all of them but some."""
    if not pods.beyond:
        return everywhere
    others = Expression(NAME_LABEL, Operator.NOT_IN, pods.beyond)
    return Selector(everywhere.labels, tuple(sorted((*everywhere.expressions, others))))


def name_pattern(name: meant.HostName) -> str:
    """Return the pattern of *name* as NamePeer has it."""
    return f"*{name.pattern}" if name.pattern.startswith("*.") else name.pattern


def port_rules(ports: tuple[meant.PortMatch, ...]) -> tuple[PortRule, ...] | None:
    """Return *ports* as the evaluator has them; None for every port."""
    if not ports:
        return None
    return tuple(
        PortRule(Protocol(one.protocol), one.port, one.last or one.port)
        if one.port
        else PortRule(Protocol(one.protocol))
        for one in ports
    )


def selector(written: meant.Selector) -> Selector:
    """Return *written* as the evaluator has it."""
    expressions = tuple(Expression(one.key, Operator(one.operator), one.values) for one in written.expressions)
    account = ((SERVICE_ACCOUNT, written.account),) if written.account else ()
    return Selector(tuple(sorted((*written.labels, *account))), expressions)


def _worn(written: meant.Selector) -> tuple[tuple[str, str], ...]:
    """Return the fewest labels with which a pod is selected."""
    labels = dict(written.labels)
    for one in written.expressions:
        if one.operator == "In":
            labels.setdefault(one.key, one.values[0])
        elif one.operator == "Exists":
            labels.setdefault(one.key, "any")
    return tuple(sorted(labels.items()))
