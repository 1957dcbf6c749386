"""What claims are held against: who is who in a universe, and every way in which a connection is open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netgen.evaluate.endpoints import Kind
from netgen.evaluate.mentions import Selection, peer_pods
from netgen.evaluate.objects.model import BlockPeer, Entity, PodPeer
from netgen.evaluate.objects.ways import ServiceObject
from netgen.evaluate.reach import Reach
from netgen.evaluate.sets import ALL_PORTS, PortSet, Protocol, bits, mask_of, ports
from netgen.evaluate.universe import Universe
from netgen.intent import Addresses, App, AppKey, Entities, HostName, Intent, Peer, Pods, Route
from netgen.records import record
from netgen.verify import ideal
from netgen.verify.behind import Behind
from netgen.verify.reading import body, items, step


@record
class Opening:
    """Connections that are open: of *sources*, to *ports*; by policies, *hosted* on one node, or through a *route*.

    Or through a *service*, which hands clients on to another node. *despite*: although they are denied.
    """

    sources: int
    ports: PortSet
    hosted: bool = False
    route: Route | None = None
    service: ServiceObject | None = None
    despite: bool = False


@record
class Ground:
    """What claims are held against, endpoints as bits.

    *own* has those of each app's pods, and *kin*, for each of them, all that are pods of just the same apps; *worn* has
    all that carry the labels of an app. *hosts* are nodes and apps on the host network, *pods* all pods that policies
    hold, *outside* the addresses beyond the cluster. *behind* are the Services
    that hand clients on to other nodes.
    """

    intent: Intent
    said: Reach
    there: Reach
    own: dict[Pods, int]
    kin: dict[int, int]
    worn: tuple[int, ...]
    apps: int
    hosts: int
    pods: int
    outside: int
    routes: dict[int, list[tuple[Route, PortSet]]]
    behind: Behind

    @property
    def universe(self) -> Universe:
        """Return the endpoints."""
        return self.there.universe

    def rows(self, target: int) -> Iterator[Opening]:
        """Yield what is open to *target*: by the policies, since no policy can hold it, and through entry points."""
        for sources, open_ports in self.there.row(target):
            yield Opening(sources, open_ports)
        # A node and the pods that it runs always reach each other, and where pods run is not known. Where nodes have
        # names, policies hold what pods do with their own.
        if self.hosts >> target & 1:
            if not self.universe.symbols:
                yield Opening(self.pods, ALL_PORTS, hosted=True)
        elif self.pods >> target & 1:
            yield Opening(self.hosts, ALL_PORTS, hosted=True)
        for route, port in self.routes.get(target, ()):
            yield Opening(self.outside, port, route=route)
        for service, found in self.behind.arriving(target) if self.apps >> target & 1 else ():
            yield Opening(self.outside, found, service=service)

    def alike(self, target: int) -> int:
        """Return the endpoints that carry the labels of an app which *target* carries too."""
        found = 0
        for worn in self.worn:
            found |= worn if worn >> target & 1 else 0
        return found


def ground_of(intent: Intent, said: Reach, there: Reach, services: Iterable[ServiceObject] = ()) -> Ground:
    """Return the ground of *intent*: what the spec *said*, what is *there*, in one universe, and the *services*."""
    ends = there.universe.endpoints
    own = {app.pods: _known(app, there.universe) for app in intent.apps}
    _share(intent, there.universe, own)
    kin = _kin(own)
    apps = mask_of(kin)
    nodes = [index for index, one in enumerate(ends) if one.kind is Kind.NODE or one.entity is Entity.HOST]
    return Ground(
        intent=intent,
        said=said,
        there=there,
        own=own,
        kin=kin,
        worn=tuple(_selected(app, there.universe) for app in intent.apps) if intent.denials else (),
        apps=apps,
        hosts=mask_of([*nodes, *(index for index in kin if ends[index].host_network)]),
        pods=mask_of([index for index, one in enumerate(ends) if one.is_pod]),
        outside=mask_of([index for index, one in enumerate(ends) if one.kind is Kind.ADDRESSES]),
        routes=_routes(intent, own),
        behind=Behind(services, there),
    )


def _known(app: App, universe: Universe) -> int:
    """Return the endpoints that are pods of *app*, strangers that would carry its labels left out."""
    return mask_of(
        [index for index in bits(_selected(app, universe)) if universe.endpoints[index].kind is Kind.WORKLOAD]
    )


def _selected(app: App, universe: Universe) -> int:
    """Return the endpoints that carry the labels of *app*."""
    members = universe.members(Selection(app.key.namespace, ideal.selector(app.selector)))
    return mask_of([*members.certain, *members.perhaps])


def _share(intent: Intent, universe: Universe, own: dict[Pods, int]) -> None:
    """Add to *own* the pods that are those of two apps, where one says that it overlaps the other."""
    apps = {app.key: app for app in intent.apps}
    for app in intent.apps:
        for name in items(step(body(app.spot), "overlaps")):
            other = apps.get(AppKey(app.key.namespace, name))
            if other:
                both = _selected(app, universe) & _selected(other, universe)
                own[app.pods] |= both
                own[other.pods] |= both


def _kin(own: dict[Pods, int]) -> dict[int, int]:
    holders: dict[int, list[int]] = {}
    for number, mask in enumerate(own.values()):
        for index in bits(mask):
            holders.setdefault(index, []).append(number)
    alike: dict[tuple[int, ...], list[int]] = {}
    for index, numbers in holders.items():
        alike.setdefault(tuple(numbers), []).append(index)
    return {index: mask for group in alike.values() for mask in (mask_of(group),) for index in group}


def _routes(intent: Intent, own: dict[Pods, int]) -> dict[int, list[tuple[Route, PortSet]]]:
    """Return, for each endpoint to which the internet comes through an entry point, the routes and their ports."""
    pods = {app.key: app.pods for app in intent.apps}
    targets = {
        (service.app, service.name, port.port): ports(Protocol(port.protocol), port.target, port.target)
        for service in intent.services
        for port in service.ports
    }
    found: dict[int, list[tuple[Route, PortSet]]] = {}
    for route in intent.routes:
        if not route.entrypoint.internal:
            port = targets[route.app, route.service, route.service_port]
            for target in bits(own[pods[route.app]]):
                found.setdefault(target, []).append((route, port))
    return found


def side_of(peer: Peer, ground: Ground, *, wide: bool) -> int:
    """Return the endpoints of a side; *wide* counts those of which it is not known.

    An app is its own pods. Addresses are those beyond the pods, unless only pods have them.
    """
    universe, found = ground.universe, 0
    if isinstance(peer, Entities | HostName):
        return _symbols(peer, universe)
    if wide and isinstance(peer, Pods) and peer in ground.own:
        return ground.own[peer]
    blocks = []
    for one in ideal.peers(peer):
        if isinstance(one, BlockPeer):
            blocks.append(one.block)
        elif isinstance(one, PodPeer):
            members = universe.members(peer_pods(one, ""))
            found |= mask_of([*members.certain, *(members.perhaps if wide else ())])
    if blocks:
        there = universe.inhabitants(universe.addresses(blocks))
        found |= there.outside | there.nodes
        if not there.outside and not there.nodes:
            some = [one for one in there.perhaps if wide and one.lives is not None]
            found |= mask_of([index for one in (*there.certain, *some) for index in one.ids])
    return found


def carrying(peer: Peer, ground: Ground) -> int:
    """Return the endpoints of a side as a policy tells them: of pods, all that surely carry its labels."""
    return side_of(peer, ground, wide=not isinstance(peer, Pods))


def _symbols(peer: Entities | HostName, universe: Universe) -> int:
    """Return the endpoints that have a name: entities, which may be known by their addresses too, or a host's."""
    symbols, found = universe.symbols, 0
    if isinstance(peer, HostName):
        return symbols.names.get(ideal.name_pattern(peer), 0)
    for entity in map(Entity, peer.names):
        match entity:
            case Entity.WORLD:
                found |= universe.world
            case Entity.KUBE_APISERVER:
                found |= symbols.of(entity) | symbols.servers
            case Entity.HOST | Entity.REMOTE_NODE:
                nodes = [index for index, one in enumerate(universe.endpoints) if one.kind is Kind.NODE]
                found |= symbols.of(entity) | mask_of(nodes)
            case _:
                found |= symbols.of(entity)
    return found


def is_internet(peer: Peer) -> bool:
    """Return whether *peer* is the word `internet` of a claim: nothing else is the world, or all addresses."""
    if isinstance(peer, Entities):
        return Entity.WORLD in map(Entity, peer.names)
    return isinstance(peer, Addresses) and any(block.cidr.endswith("/0") for block in peer.blocks)
