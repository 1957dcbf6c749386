"""What the Intent says, as the policies and pods that an evaluator compares with the manifests'."""

from __future__ import annotations

from collections.abc import Iterable

from netgen import intent as meant
from netgen.evaluate.addresses import Block
from netgen.evaluate.objects.model import (
    NAME_LABEL,
    BlockPeer,
    Expression,
    Operator,
    Peer,
    PodPeer,
    Policy,
    PortRule,
    Rule,
    Selector,
    Workload,
)
from netgen.evaluate.sets import Protocol

KIND = "Intent"
"""The kind of an ideal policy and of an app that stands for its own pods."""

EVERYTHING = Selector()

_End = tuple[str, meant.Peer | meant.Everybody, tuple[meant.PortMatch, ...]]
_Rule = tuple[tuple[Peer, ...] | None, tuple[PortRule, ...] | None]


def policies(intent: meant.Intent) -> tuple[Policy, ...]:
    """Return the policies that *intent* is: for each app its flows, and one for each closed namespace.

    The spots of policies and rules are those of the spec.
    """
    closed = [Policy(KIND, one.namespace, one.document, EVERYTHING, (), (), spot=one.spot) for one in intent.isolated]
    said = _Said()
    return (*(_policy(app, intent, said) for app in intent.apps if app.ingress or app.egress), *closed)


def workloads(intent: meant.Intent) -> tuple[Workload, ...]:
    """Return a workload for each app, whose pods carry just what the app selects, and name their ports as they like."""
    return tuple(
        Workload(
            KIND,
            app.key.namespace,
            app.key.name,
            _worn(app.selector),
            host_network=app.host_network,
            ports_known=False,
            spot=app.spot,
        )
        for app in intent.apps
    )


class _Said(dict[_End, _Rule]):
    """What a policy of a namespace says of an end and its ports; most are said many times."""

    def __missing__(self, key: _End) -> _Rule:
        home, peer, ports = key
        whom = None if isinstance(peer, meant.Everybody) else tuple(peers(peer, home))
        found = self[key] = whom, port_rules(ports)
        return found


def _policy(app: meant.App, intent: meant.Intent, said: _Said) -> Policy:
    home, inward, outward = app.key.namespace, intent.flows_to.get(app.key, ()), intent.flows_from.get(app.key, ())
    into = [Rule(*said[home, one.source, one.ports], number, one.spot) for number, one in enumerate(inward)]
    out = [Rule(*said[home, one.target, one.ports], number, one.spot) for number, one in enumerate(outward)]
    return Policy(
        KIND,
        app.key.namespace,
        app.key.name,
        selector(app.selector),
        tuple(into) if app.ingress else None,
        tuple(out) if app.egress else None,
        spot=app.spot,
    )


def peers(peer: meant.Peer, home: str = "") -> Iterable[PodPeer | BlockPeer]:
    """Return *peer* as the evaluator has it; of pods in the namespace *home* a policy there names no namespace."""
    if isinstance(peer, meant.Addresses):
        return [BlockPeer(Block(block.cidr, block.excluded)) for block in peer.blocks]
    space = EVERYTHING if peer.namespace is None else Selector(((NAME_LABEL, peer.namespace),))
    return [PodPeer(None if peer.namespace == home else space, selector(peer.selector))]


def port_rules(ports: tuple[meant.PortMatch, ...]) -> tuple[PortRule, ...] | None:
    """Return *ports* as the evaluator has them; None for every port."""
    if not ports:
        return None
    return tuple(
        PortRule(Protocol(one.protocol), one.port, one.port) if one.port else PortRule(Protocol(one.protocol))
        for one in ports
    )


def selector(written: meant.Selector) -> Selector:
    """Return *written* as the evaluator has it."""
    expressions = tuple(Expression(one.key, Operator(one.operator), one.values) for one in written.expressions)
    return Selector(written.labels, expressions)


def _worn(written: meant.Selector) -> tuple[tuple[str, str], ...]:
    """Return the fewest labels with which a pod is selected."""
    labels = dict(written.labels)
    for one in written.expressions:
        if one.operator == "In":
            labels.setdefault(one.key, one.values[0])
        elif one.operator == "Exists":
            labels.setdefault(one.key, "any")
    return tuple(sorted(labels.items()))
