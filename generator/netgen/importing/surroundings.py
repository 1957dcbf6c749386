"""What the policies tell of the platform: its name servers, and the ranges that they leave out of the world."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from ipaddress import ip_network

from netgen.evaluate.addresses import Block
from netgen.evaluate.objects.model import Direction, Selector
from netgen.evaluate.sets import PortSet
from netgen.importing.model import ANYTHING, Half, Held, Where, covers, numbers, some
from netgen.intent import Everybody
from netgen.records import record
from netgen.spec.platform import CLUSTER_DNS, Platform
from netgen.spec.ranges import NO_RANGES, Ranges
from netgen.spec.resolve.outside import NEVER, PRIVATE, all_but, internet

IN, OUT = Direction.INGRESS, Direction.EGRESS
DEFAULT_RESOLVER = Where("kube-system", Selector((("k8s-app", "kube-dns"),))), 53

Resolver = tuple[Where | Block, int]
Families = tuple[Block, ...]


@record
class Around:
    """The *resolvers* that apps may ask, and the *ranges* of the cluster; the defaults where nothing is told."""

    resolvers: tuple[Resolver, ...]
    ranges: Ranges

    @property
    def world(self) -> Families:
        """Return the blocks that `internet` is as a caller."""
        return _blocks(all_but(self.ranges.pods).blocks)

    @property
    def internet(self) -> Families:
        """Return the blocks that `internet` is as a target."""
        return _blocks(internet(Platform(ranges=self.ranges)).blocks)

    def asks(self, held: Held) -> bool:
        """Return whether everything that `dns` opens is open to *held* already."""
        return all(_asks(held, one) for one in self.resolvers)

    def without_dns(self, held: Held) -> Held:
        """Return *held* without what `dns` opens."""
        if OUT not in held.closed or not self.asks(held):
            return held
        kept = []
        for half in held.own[OUT]:
            asked = [number for peer, number in self.resolvers if peer == half.peer]
            ports = half.ports - some([(kind, number) for number in asked for kind in ("TCP", "UDP")])
            kept += [half._replace(ports=ports)] if ports else []
        return replace(held, own={**held.own, OUT: tuple(kept)})


def around(helds: tuple[Held, ...]) -> Around:
    """Return what the policies over *helds* tell."""
    pods = _pods(helds)
    ranges = next((one for one in _ranges(helds, pods) if one is not None), Ranges(pods) if pods else NO_RANGES)
    return Around(_resolvers(helds), ranges)


def _resolvers(helds: tuple[Held, ...]) -> tuple[Resolver, ...]:
    asking = [held for held in helds if OUT in held.closed]
    answered = {held.party.where: held for held in helds if IN in held.closed}
    counts: Counter[tuple[Resolver, ...]] = Counter()
    for held in asking:
        found = {one for half in held.own[OUT] for one in _resolvers_of(half) if _is_open(one, answered)}
        if found:
            counts[tuple(sorted(found, key=resolver_text))] += 1
    if not counts or any(_asks(held, DEFAULT_RESOLVER) and _names(held, DEFAULT_RESOLVER) for held in asking):
        common = [one for one in counts if DEFAULT_RESOLVER in one]
        if not common:
            return (DEFAULT_RESOLVER,)
        counts = Counter({one: counts[one] for one in common})
    return max(counts, key=lambda one: (counts[one], -len(one), [resolver_text(each) for each in one]))


def _names(held: Held, resolver: Resolver) -> bool:
    return any(half.peer == resolver[0] for half in held.own[OUT])


def _resolvers_of(half: Half) -> Iterable[Resolver]:
    peer = half.peer
    if isinstance(peer, Everybody):
        return
    if isinstance(peer, Where):
        if peer.namespace is None or peer.pods == ANYTHING or peer.pods.expressions:
            return
    elif peer.excepts or ip_network(peer.cidr).num_addresses != 1:
        return
    listed = numbers(half.ports) or []
    for protocol, number in listed:
        if protocol == "UDP" and ("TCP", number) in listed:
            yield peer, number


def _is_open(resolver: Resolver, answered: dict[Where, Held]) -> bool:
    """Return whether it opens nothing that a name server answers everybody."""
    held = answered.get(resolver[0]) if isinstance(resolver[0], Where) else None
    return held is None or _covered(held.all[IN], Where(None, ANYTHING), _both(resolver[1]))


def _asks(held: Held, resolver: Resolver) -> bool:
    return _covered(held.all[OUT], resolver[0], _both(resolver[1]))


def _covered(halves: tuple[Half, ...], peer: Where | Block, wanted: PortSet) -> bool:
    for half in halves:
        same = half.peer == peer or isinstance(half.peer, Everybody)
        if same or (isinstance(peer, Where) and peer.namespace is not None and covers(half.peer, peer)):
            wanted -= half.ports
    return not wanted


def _both(number: int) -> PortSet:
    return some([("TCP", number), ("UDP", number)])


def resolver_text(resolver: Resolver) -> str:
    """Return *resolver* as a Platform writes it."""
    peer, number = resolver
    if isinstance(peer, Where):
        labels = ",".join(f"{key}={value}" for key, value in peer.pods.labels)
        text = f"{peer.namespace}/{labels}"
        return text if number == 53 else f"{text}:{number}"
    address = str(ip_network(peer.cidr).network_address)
    if ":" in address:
        return f"[{address}]:{number}"
    return address if number == 53 else f"{address}:{number}"


def is_default(resolvers: tuple[Resolver, ...]) -> bool:
    """Return whether a Platform needs no word on *resolvers*."""
    return [resolver_text(one) for one in resolvers] == [CLUSTER_DNS]


# -------------------------------------------------------------------------------------------------------------- ranges


def _pods(helds: tuple[Held, ...]) -> tuple[str, ...]:
    """Return what most policies leave out of the world, in both families."""
    counts = Counter(left_out for held in helds for left_out in _left_out(held.own[IN]) if left_out)
    return max(counts, key=lambda one: (counts[one], one)) if counts else ()


def _left_out(halves: tuple[Half, ...]) -> Iterable[tuple[str, ...]]:
    """Yield what is left out of all addresses of both families."""
    four = [half for half in halves if isinstance(half.peer, Block) and half.peer.cidr == "0.0.0.0/0"]
    six = [half for half in halves if isinstance(half.peer, Block) and half.peer.cidr == "::/0"]
    for one in four:
        for other in six:
            if one.ports & other.ports and isinstance(one.peer, Block) and isinstance(other.peer, Block):
                yield (*one.peer.excepts, *other.peer.excepts)


def _ranges(helds: tuple[Held, ...], pods: tuple[str, ...]) -> Iterable[Ranges | None]:
    counts = Counter(frozenset(left_out) for held in helds for left_out in _left_out(held.own[OUT]))
    for left_out in sorted(counts, key=lambda one: (-counts[one], sorted(one))):
        rest = sorted(left_out - {*NEVER, *PRIVATE, *pods})
        choices = [Ranges(pods, tuple(rest))]
        if pods and len(rest) > 1:
            choices.append(Ranges(pods, tuple(rest[:1]), tuple(rest[1:]), exact=True))
        for ranges in choices:
            found = internet(Platform(ranges=ranges)).blocks
            if {cidr for block in found for cidr in block.excluded} == left_out:
                yield ranges if ranges != NO_RANGES else None
                return


def _blocks(blocks: Iterable[tuple[str, tuple[str, ...]]]) -> Families:
    return tuple(Block(cidr, tuple(sorted(excluded))) for cidr, excluded in blocks)
