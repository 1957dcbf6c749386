"""What an import works with: parties, halves of permissions, and what cannot be said."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import NamedTuple

from netgen import intent
from netgen.evaluate.addresses import Block
from netgen.evaluate.objects.model import Direction, Selector, Workload
from netgen.evaluate.objects.ways import ServiceObject
from netgen.evaluate.sets import ALL_PORTS, Interval, PortSet
from netgen.intent import Everybody
from netgen.problems import Place, Problem, in_order
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


_Reason = tuple[str, str, str]
_HERE = "\0"
"""Stands in the message of a reason where each object is named."""
_NAMED = 3


@dataclass(slots=True)
class Unsaid:
    """Collects what a spec cannot say, and what it says in another way that reaches the same; one reason is told once.

    A reason is a code, a message and a fix; behind each are the names and places of the objects of which it is told.
    """

    _told: dict[_Reason, list[tuple[str, Place | None]]] = field(default_factory=dict)

    def add(self, spot: Spot | None, message: str, fix: str = "", *, of: str = "") -> None:
        """Note that something of the manifests is not in the spec; *of* is the part of *message* that names it."""
        self.add_at(place(spot), message, fix, of=of)

    def add_at(self, where: Place | None, message: str, fix: str = "", *, of: str = "") -> None:
        """Note the same of what stands at a place."""
        self._tell("not-imported", where, message, fix, of)

    def note(self, spot: Spot | None, message: str, *, of: str = "") -> None:
        """Note that something is in the spec in another way."""
        self._tell("imported-otherwise", place(spot), message, "", of)

    def _tell(self, code: str, where: Place | None, message: str, fix: str, of: str) -> None:
        reason = code, message.replace(of, _HERE, 1) if of else message, fix
        self._told.setdefault(reason, []).append((of, where))

    def problems(self, code: str) -> tuple[Problem, ...]:
        """Return what was noted under *code*, in the order of the files."""
        return in_order([_told_once(reason, told) for reason, told in self._told.items() if reason[0] == code])


def _told_once(reason: _Reason, told: list[tuple[str, Place | None]]) -> Problem:
    """Return one reason with the names of all of which it is *told*, and where each of them is."""
    code, message, fix = reason
    order = sorted(dict.fromkeys(told), key=lambda one: (one[1] is None, one[1] or Place("", 0, 0), one[0]))
    names = list(dict.fromkeys(name for name, _ in order))
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    message = message.replace(_HERE, ", ".join(names[:_NAMED]) + more)
    files: dict[str, list[str]] = {}
    for name, where in order if len(order) > 1 else ():
        if where is not None:
            files.setdefault(where.file, []).append(f"{name} ({where.line})" if name else str(where.line))
    notes = tuple(f"{file}: {', '.join(listed)}" for file, listed in files.items())
    return Problem(code, order[0][1], message, notes, fix)


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

Span = tuple[str, int, int]
"""A port, or a range of them, as protocol, first and last; 0 for the last of one port."""


def spans(ports: PortSet) -> list[Span] | None:
    """Return *ports* as a call names them, None where they are all of a protocol."""
    if any((low, high) == (1, 65535) for _, low, high in ports):
        return None
    return [(str(protocol), low, high if high > low else 0) for protocol, low, high in ports]


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
