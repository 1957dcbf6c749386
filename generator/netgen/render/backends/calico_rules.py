"""Rules of Calico's policies: whom and what each is for, cut so that Calico takes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

from markupsafe import Markup

from netgen.intent import (
    EVERY_POD,
    Addresses,
    Block,
    Entities,
    Entity,
    Everybody,
    HostName,
    Peer,
    Pods,
    PortMatch,
)
from netgen.render.backends import calico_selectors as selectors

ALLOW, DENY, PASS = "Allow", "Deny", "Pass"
MOST_PORTS = 50
"""So many ports a rule has at most (maxItems of ports)."""
MOST_NETS = 256
"""So many addresses a rule has at most (maxItems of nets and notNets)."""
_Item = TypeVar("_Item")
_APISERVER = Entities((Entity.KUBE_APISERVER,))


class EndView(NamedTuple):
    """One end of a rule; what is empty is not written. *service*: the Service by which pods call the API server."""

    selector: str = ""
    namespaces: str = ""
    nets: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    service: bool = False
    ports: tuple[int | str, ...] = ()

    @property
    def is_said(self) -> bool:
        """Return whether it is anything but everybody, on every port."""
        return self != _EVERYBODY


_EVERYBODY = EndView()


class RuleView(NamedTuple):
    """One rule: *intent* is its comment; an empty *protocol* is any; an end that is empty is everybody."""

    intent: Markup
    action: str
    protocol: str
    source: EndView
    destination: EndView


class Way(NamedTuple):
    """The side of a policy in *namespace* ("" for one of the cluster) that its rules are for."""

    direction: str
    namespace: str


def rules(
    way: Way, peer: Peer | Everybody, ports: tuple[PortMatch, ...], intent: Markup, action: str = ALLOW
) -> Iterator[RuleView]:
    """Yield the rules by which connections with *peer* on *ports* get *action*: Calico wants one protocol in each."""
    ends = list(_ends(peer, way.namespace))
    # The rule of a Service has the port and the protocol of its endpoints, and may not name ports.
    openings = [("", ())] if peer == _APISERVER else list(_openings(ports))
    for protocol, numbers in openings:
        for end in ends:
            yield _rule(way, end, protocol, numbers, intent, action)


def _rule(way: Way, end: EndView, protocol: str, ports: tuple[int | str, ...], intent: Markup, action: str) -> RuleView:
    if way.direction == "ingress":
        return RuleView(intent, action, protocol, end, EndView(ports=ports))
    return RuleView(intent, action, protocol, EndView(), end._replace(ports=ports))


def every_pod(way: Way, ports: tuple[PortMatch, ...], intent: Markup, action: str) -> Iterator[RuleView]:
    """Yield the rules by which connections with any pod on *ports* get *action*."""
    return rules(way, Pods(None, EVERY_POD), ports, intent, action)


def _ends(peer: Peer | Everybody, home: str) -> Iterator[EndView]:
    """Yield *peer* as the ends of rules, of which a connection has to match one."""
    match peer:
        case Everybody():
            yield EndView()
        case Pods():
            yield EndView(
                selector=selectors.pods(peer.selector),
                namespaces="" if peer.namespace == home else selectors.namespaces(peer),
            )
        case Addresses(external=external, shared=shared) if external and home:
            yield EndView(selector=selectors.external(external), namespaces=selectors.GLOBAL if shared else "")
        case Addresses(blocks):
            yield from _nets(blocks)
        case Entities((Entity.KUBE_APISERVER,)):
            yield EndView(service=True)
        case Entities() | HostName():
            raise ValueError(f"{peer} is nothing that Calico can say")


def _nets(blocks: Sequence[Block]) -> Iterator[EndView]:
    """Yield *blocks*: those that exclude nothing together by family, each of the others alone."""
    if not blocks:
        raise ValueError("an empty set of addresses would be written as everyone")
    for is_six in (False, True):
        same = [block for block in blocks if (":" in block.cidr) is is_six]
        yield from (EndView(nets=part) for part in _parts([one.cidr for one in same if not one.excluded], MOST_NETS))
        yield from (EndView(nets=(one.cidr,), excluded=one.excluded) for one in same if one.excluded)


def _openings(ports: tuple[PortMatch, ...]) -> Iterator[tuple[str, tuple[int | str, ...]]]:
    """Yield *ports* as a protocol and so many of its ports as a rule may have; none for every port."""
    if not ports:
        yield "", ()
    for protocol in sorted({one.protocol for one in ports}):
        same = [one for one in ports if one.protocol == protocol]
        if any(one.port is None for one in same):
            yield protocol, ()
            continue
        numbers = dict.fromkeys(f"{one.port}:{one.last}" if one.last else one.port or 0 for one in same)
        yield from ((protocol, part) for part in _parts(list(numbers), MOST_PORTS))


def _parts(items: Sequence[_Item], most: int) -> Iterator[tuple[_Item, ...]]:
    for first in range(0, len(items), most):
        yield tuple(items[first : first + most])
