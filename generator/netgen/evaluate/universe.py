"""The universe: every endpoint that some policies can tell apart, known or not, so that an answer is about all pods."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from netgen.evaluate.addresses import AddressSpace, Block, number, parse
from netgen.evaluate.endpoints import Endpoint, Kind, outside
from netgen.evaluate.entities import Symbols, symbols, symbols_among
from netgen.evaluate.mentions import Mentions, Selection, is_everything, mentions
from netgen.evaluate.objects.model import Entity, Namespace, Policy, Unknown, Workload
from netgen.evaluate.pods import Members, Pods, pods
from netgen.evaluate.sets import PortSet, PortSpace, bits, mask_of, ports
from netgen.evaluate.spaces import spaces
from netgen.records import record

if TYPE_CHECKING:
    from netgen.evaluate.filters import FilterSpace


@dataclass(frozen=True, eq=False, slots=True)
class Neighbours:
    """Pods that live at the same classes of addresses, all of them on the host network or none; one object for all."""

    ids: tuple[int, ...]
    on_host: bool
    lives: int | None
    """The classes as bits; None for anywhere."""


@record
class Inhabitants:
    """Who is in some addresses: *outside* and *nodes* as bits, and pods for *certain* or only *perhaps*."""

    outside: int
    nodes: int
    certain: tuple[Neighbours, ...]
    perhaps: tuple[Neighbours, ...]


@record
class Run:
    """Classes of addresses in a row, *count* from *first* on, which are the endpoints from *endpoint* on."""

    first: int
    count: int
    endpoint: int


@dataclass(frozen=True, eq=False)
class Universe:
    """The *endpoints*, told apart by the policies that it was made for; *unknowns* says where that was not possible.

    Answers name endpoints by their number, and sets of them by bits. Pods come first, then addresses, then *symbols*.
    Made by `universe`; every policy that is evaluated in it must have been among those that it was made for.
    """

    endpoints: tuple[Endpoint, ...]
    unknowns: tuple[Unknown, ...]
    ports: PortSpace
    symbols: Symbols
    _members: dict[Selection, Members]
    _addresses: AddressSpace
    _runs: tuple[Run, ...]
    _nodes: int
    _neighbours: tuple[Neighbours, ...]
    _workloads: dict[Workload, int]
    _pods_at: dict[tuple[int, int], int]

    def members(self, selection: Selection) -> Members:
        """Return the pods of *selection*, those on the host network among them. KeyError for one of other policies."""
        return self._members[selection]

    def held(self, policy: Policy) -> tuple[int, ...]:
        """Return the endpoints that *policy* holds besides pods: entities, as far as policies can hold them."""
        found = 0
        for entity in policy.entities:
            found |= self.symbols.of(entity)
        return tuple(bits(found & self.symbols.policed))

    def addresses(self, blocks: Iterable[Block]) -> int:
        """Return the classes of addresses in *blocks*, as bits."""
        found = 0
        for block in blocks:
            found |= self._addresses.mask(block)
        return found

    def inhabitants(self, classes: int) -> Inhabitants:
        """Return who is in *classes* of addresses.

        A pod is certainly there if every address that it may have is, and perhaps if one of them is.
        """
        homes = 0
        for run in self._runs:
            homes |= (classes >> run.first & (1 << run.count) - 1) << run.endpoint
        certain = tuple(one for one in self._neighbours if one.lives is not None and not one.lives & ~classes)
        some = [one for one in self._neighbours if one.lives is None or one.lives & classes]
        return Inhabitants(
            outside=homes & ~self._nodes,
            nodes=homes & self._nodes,
            certain=certain,
            perhaps=tuple(one for one in some if classes and one not in certain),
        )

    @cached_property
    def world(self) -> int:
        """Return all that is outside of the cluster, as bits."""
        outside = mask_of([index for index, one in enumerate(self.endpoints) if one.kind is Kind.ADDRESSES])
        return outside | self.symbols.outside[4] | self.symbols.outside[6]

    def everywhere(self, blocks: Iterable[Block]) -> int:
        """Return the endpoints that lie in *blocks* only as all addresses do, as bits."""
        found = 0
        if self.symbols:
            for family in {parse(block.cidr)[0] for block in blocks if is_everything(block)}:
                found |= self.symbols.outside[family]
        return found

    @cached_property
    def filters(self) -> FilterSpace:
        """Return what stands for requests in masks of ports; one for all that are compared in this universe."""
        from netgen.evaluate.filters import FilterSpace  # noqa: PLC0415 - few clusters have policies with requests

        return FilterSpace(self.ports)

    def entity(self, entity: Entity) -> int | None:
        """Return the number of the endpoint of *entity*, rather an API server on a node; None where it has none."""
        found = [(one.is_outside, index) for index, one in enumerate(self.endpoints) if one.entity is entity]
        return min(found)[1] if found else None

    def name(self, text: str, family: int = 4) -> int | None:
        """Return the number of the endpoint with addresses of *family* learned for the DNS name *text*.

        None where no policy has a pattern for it.
        """
        if not self.symbols.names:
            return None
        from netgen.evaluate.names import is_match  # noqa: PLC0415 - few clusters have policies with DNS names

        ends = mask_of([index for index, one in enumerate(self.endpoints) if one.family in (0, family)])
        found = self.symbols.learned & ends
        for pattern, mask in self.symbols.names.items():
            found &= mask if is_match(pattern, text) else ~mask
        return next(bits(found), None)

    def of(self, workload: Workload) -> int:
        """Return the number of the endpoint that *workload* is in. KeyError for one of another universe."""
        return self._workloads[workload]

    def at(self, address: str) -> int | None:
        """Return the number of the endpoint with *address*; None for one that only an unknown pod can have.

        ValueError where the text is no address.
        """
        pod = self._pods_at.get(number(address))
        if pod is not None:
            return pod
        home = self._addresses.class_of(address)
        run = next((one for one in self._runs if one.first <= home < one.first + one.count), None)
        return None if run is None else run.endpoint + home - run.first


def universe(
    workloads: Sequence[Workload],
    namespaces: Sequence[Namespace],
    policy_sets: Iterable[Iterable[Policy]],
    *,
    pod_ranges: Sequence[str] = (),
    node_ranges: Sequence[str] = (),
    server_ranges: Sequence[str] = (),
    entities: Iterable[Entity] = (),
) -> Universe:
    """Return the universe of a cluster for several sets of policies, so that what they allow can be compared.

    *pod_ranges*, *node_ranges* and *server_ranges* are the CIDRs of all pods, nodes and API servers, where they are
    known; *entities* are there even if no policy speaks of them. ValueError for a CIDR or a pod's address that is none.
    """
    policies = [policy for policies in policy_sets for policy in policies]
    spoken = mentions(policies)
    # Where no policy speaks of API servers, their addresses are as all others.
    homes = _Homes(spoken, pod_ranges, node_ranges, server_ranges if Entity.KUBE_APISERVER in spoken.entities else ())
    names = {one.namespace for one in workloads} | {one.namespace for one in policies if one.scope is None}
    found = spaces(names, namespaces, spoken.selections)
    built = pods(found, workloads, spoken, homes.of, homes.pods)
    if not found.complete:
        what = "the selectors of namespaces can be combined in too many ways to look at each"
        built.unknowns.append(Unknown(what, None))
    if spoken.podless:
        from netgen.evaluate.homes import settle  # noqa: PLC0415 - only what is meant for one CNI needs it

        settle(built, homes.space)
    return _assembled(built, homes, spoken, workloads, entities)


class _Homes:
    """Where pods, nodes and API servers live among the classes of addresses."""

    def __init__(self, spoken: Mentions, *known: Sequence[str]) -> None:
        ranges = [[Block(cidr) for cidr in cidrs] for cidrs in known]
        self.space = AddressSpace(spoken.blocks.union(*ranges))
        self.pods, self.nodes, self.servers = (self._mask(blocks) for blocks in ranges)

    def _mask(self, blocks: list[Block]) -> int | None:
        found = 0
        for block in blocks:
            found |= self.space.mask(block)
        return found or None

    def of(self, workload: Workload) -> int | None:
        """Return the classes of addresses in which the pods of *workload* are, as bits; None where that may be any."""
        # What makes pods has those of today: the next may be anywhere.
        if workload.kind != "Pod" or not workload.addresses:
            return self.nodes if workload.host_network else self.pods
        found = 0
        for address in workload.addresses:
            found |= 1 << self.space.class_of(address)
        return found


def _assembled(
    built: Pods, homes: _Homes, spoken: Mentions, workloads: Sequence[Workload], entities: Iterable[Entity]
) -> Universe:
    indices = {member: index for index, endpoint in enumerate(built.endpoints) for member in endpoint.members}
    pods_at = {number(address): indices[one] for one in workloads if not one.host_network for address in one.addresses}
    lives: dict[tuple[bool, int | None], list[int]] = {}
    for index, (endpoint, where) in enumerate(zip(built.endpoints, built.lives, strict=True)):
        lives.setdefault((endpoint.host_network, where), []).append(index)
    endpoints = list(built.endpoints)
    places = _outside(endpoints, homes, sorted(pods_at))
    known = len(endpoints)
    symbols(endpoints, spoken, entities, built.unknowns, served=homes.servers is not None)
    servers = mask_of([index for home, index in places if (homes.servers or 0) >> home & 1])
    return Universe(
        symbols=symbols_among(endpoints if len(endpoints) > known or servers else (), servers),
        _runs=tuple(_runs(places)),
        _nodes=mask_of([index for index, one in enumerate(endpoints) if one.kind is Kind.NODE]),
        endpoints=tuple(endpoints),
        unknowns=tuple(built.unknowns),
        ports=PortSpace(_cuts(spoken, workloads)),
        _members=built.members,
        _addresses=homes.space,
        _neighbours=tuple(Neighbours(tuple(ids), on_host, where) for (on_host, where), ids in lives.items()),
        _workloads=indices,
        _pods_at=pods_at,
    )


def _cuts(spoken: Mentions, workloads: Sequence[Workload]) -> set[PortSet]:
    named = {
        ports(port.protocol, port.number, port.number)
        for one in workloads
        for port in one.ports
        if (port.protocol, port.name) in spoken.names
    }
    return spoken.cuts | named


def _outside(endpoints: list[Endpoint], homes: _Homes, pods_at: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Append the endpoints that are addresses; return each class of addresses with the number of its endpoint.

    Addresses that only pods have are no endpoint.
    """
    found: list[tuple[int, int]] = []
    for index, one in enumerate(homes.space.classes):
        taken = sum(
            bisect_right(pods_at, (family, high)) - bisect_right(pods_at, (family, low - 1))
            for family, low, high in one.ranges
        )
        if (homes.pods or 0) >> index & 1 or taken == one.size:
            continue
        found.append((index, len(endpoints)))
        endpoints.append(outside(Kind.NODE if (homes.nodes or 0) >> index & 1 else Kind.ADDRESSES, one.ranges))
    return found


def _runs(homes: list[tuple[int, int]]) -> list[Run]:
    """Return *homes*, classes and endpoints that both rise, as runs."""
    found: list[Run] = []
    for home, endpoint in homes:
        last = found[-1] if found else None
        if last is not None and home == last.first + last.count:
            found[-1] = replace(last, count=last.count + 1)
        else:
            found.append(Run(home, 1, endpoint))
    return found
