"""What an import works with: parties, halves of permissions, and what cannot be said."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import NamedTuple

from netgen import intent
from netgen.evaluate.addresses import Block
from netgen.evaluate.objects.model import Direction, Selector, ServiceObject, Workload
from netgen.evaluate.sets import ALL_PORTS, Interval, PortSet
from netgen.intent import Everybody
from netgen.problems import Place, Problem
from netgen.source import Spot
from netgen.spec.forms import matching

ANYTHING = Selector()
"""The selector of every pod."""


class Where(NamedTuple):
    """The pods that *pods* selects in *namespace*; None is every namespace."""

    namespace: str | None
    pods: Selector


Peer = Where | Block | Everybody


class Half(NamedTuple):
    """One side of a permission: its other end, and the ports it opens; *spot* is the rule."""

    peer: Peer
    ports: PortSet
    spot: Spot | None


@dataclass(frozen=True, slots=True, eq=False)
class Party:
    """Pods that become an app, found by the selector that policies and Services have for them."""

    namespace: str
    name: str
    selector: Selector
    workloads: tuple[Workload, ...]
    services: tuple[ServiceObject, ...]

    @property
    def host_network(self) -> bool:
        """Return whether no policy can hold the pods."""
        return bool(self.workloads) and all(one.host_network for one in self.workloads)

    @property
    def where(self) -> Where:
        """Return the pods as a peer."""
        return Where(self.namespace, self.selector)

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """What policies do to a party: *own* are the halves of its own policies, *all* those of wider selectors too.

    *closed* are the directions in which it is isolated; one that is open to everybody and all ports is not.
    """

    party: Party
    closed: frozenset[Direction]
    own: dict[Direction, tuple[Half, ...]]
    all: dict[Direction, tuple[Half, ...]]

    def effective(self, direction: Direction, other: Party) -> PortSet:
        """Return what the policies open between the party and *other* by everything that covers all its pods."""
        if direction not in self.closed:
            return ALL_PORTS
        found = PortSet(())
        for half in self.all[direction]:
            if covers(half.peer, other.where):
                found |= half.ports
        return found


@dataclass(slots=True)
class Unsaid:
    """Collects what a spec cannot say (*unsaid*), and what it says in another way that reaches the same (*notes*)."""

    unsaid: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)

    def add(self, spot: Spot | None, message: str, fix: str = "") -> None:
        """Note that something of the manifests is not in the spec."""
        self.unsaid.append(Problem("not-imported", place(spot), message, fix=fix))

    def note(self, spot: Spot | None, message: str) -> None:
        """Note that something is in the spec in another way."""
        self.notes.append(Problem("imported-otherwise", place(spot), message))


def place(spot: Spot | None) -> Place | None:
    """Return where *spot* stands."""
    return None if spot is None else spot.value()


def meant(selector: Selector) -> intent.Selector:
    """Return *selector* as specs have it."""
    terms = (intent.Expression(key, str(operator), values) for key, operator, values in selector.expressions)
    return intent.Selector(selector.labels, tuple(terms))


def contains(wide: Selector, narrow: Selector) -> bool:
    """Return whether every pod of *narrow* is one of *wide*."""
    return wide == narrow or matching.contains(meant(wide), meant(narrow))


def covers(peer: Peer, pods: Where) -> bool:
    """Return whether *peer* has all of *pods*."""
    if isinstance(peer, Everybody):
        return True
    if isinstance(peer, Block):
        return False
    return peer.namespace in (None, pods.namespace) and contains(peer.pods, pods.pods)


def numbers(ports: PortSet) -> list[tuple[str, int]] | None:
    """Return each of *ports* as protocol and number, None where they are more than a few."""
    found: list[tuple[str, int]] = []
    for protocol, low, high in ports:
        if high - low >= _MOST:
            return None
        found += [(str(protocol), port) for port in range(low, high + 1)]
    return found


_MOST = 16


def has(ports: PortSet, protocol: str, number: int) -> bool:
    """Return whether a port is among *ports*."""
    return any(str(kind) == protocol and low <= number <= high for kind, low, high in ports)


def some(listed: list[tuple[str, int]]) -> PortSet:
    """Return *listed* ports, by protocol and number, as a set."""
    found = PortSet(())
    for protocol, number in listed:
        found |= PortSet((_interval(protocol, number),))
    return found


def _interval(protocol: str, number: int) -> Interval:
    kind = next(one for one, _, _ in ALL_PORTS if str(one) == protocol)
    return (kind, number, number)


def canonical(cidr: str) -> str:
    """Return *cidr* as a spec takes it: the address of the network and its length."""
    return str(ip_network(cidr, strict=False))
