"""Endpoints that are neither pods nor addresses: what a CNI has names for, and what was learned for DNS names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from netgen.evaluate.endpoints import Endpoint, Kind, of_entity, of_names
from netgen.evaluate.mentions import Mentions
from netgen.evaluate.objects.model import Entity, Unknown
from netgen.evaluate.sets import mask_of
from netgen.records import record

ALWAYS = (Entity.HOST, Entity.REMOTE_NODE, Entity.KUBE_APISERVER, Entity.INGRESS, Entity.HEALTH)
"""The entities that each cluster has; the others are endpoints where a policy speaks of them."""
POLICED = frozenset({Entity.INGRESS, Entity.HEALTH, Entity.INIT})
"""The entities that are endpoints of the CNI, so that policies can hold them."""


@record
class Symbols:
    """Such endpoints of a universe, as bits: those that each peer means, and those that policies can hold.

    *outside* has, by family, those that are addresses of the world, and *learned* those that were learned for names:
    nobody knows a source by its name, so these are targets only. Of addresses and pods, *hosts* are the nodes of which
    it is not known which ones they are, and *servers* the API servers. A CNI that knows no other entity by a name tells
    API servers by their addresses: the endpoint that stands for them is one outside, wherever they are.

    HOST is the node that runs the pod at the other end of a connection, REMOTE_NODE any other one, and KUBE_APISERVER
    another one that runs an API server: whatever is open from or to a node is open for one of these. *hosts*, which are
    NODE and pods on the host network, are among them too. As sources they are taken for REMOTE_NODE, since HOST says
    what a pod's own node may do; as targets they are HOST or REMOTE_NODE, and where one of the two alone is open it
    depends on which. So it does where KUBE_APISERVER alone is open. An API server outside of the cluster is an address
    that its entity means besides the world and its block; where nobody tells *servers*, an endpoint stands for it.

    Source: cilium/cilium, pkg/ipcache/metadata.go, pkg/policy/api/entity.go and pkg/identity/numericidentity.go.
    """

    entities: Mapping[Entity, int]
    names: Mapping[str, int]
    outside: Mapping[int, int]
    policed: int
    learned: int
    hosts: int
    servers: int

    def __bool__(self) -> bool:
        return bool(self.entities or self.names or self.servers)

    def of(self, entity: Entity) -> int:
        """Return the endpoints that a peer *entity*, but WORLD, means for certain."""
        return self.entities.get(entity, 0)


def symbols(
    endpoints: list[Endpoint], spoken: Mentions, asked: Iterable[Entity], unknowns: list[Unknown], *, served: bool
) -> None:
    """Append the endpoints of what policies have *spoken* of, and of the entities *asked* for.

    *served*: the addresses of the API servers are known.
    """
    wanted = frozenset(asked)
    entities = {*spoken.entities, *wanted, *(ALWAYS if spoken.symbolic else ())} - {Entity.WORLD}
    families = (4, 6) if spoken.families_apart else (0,)
    by_name = entities if spoken.symbolic else entities - {Entity.KUBE_APISERVER} | wanted - {Entity.WORLD}
    endpoints += [of_entity(one) for one in Entity if one in by_name]
    if Entity.KUBE_APISERVER in spoken.entities and not served:
        is_told = spoken.symbolic
        endpoints += [
            of_entity(Entity.KUBE_APISERVER, is_outside=True, is_told=is_told, family=family) for family in families
        ]
    if spoken.patterns:
        from netgen.evaluate.names import name_classes  # noqa: PLC0415 - few clusters have policies with DNS names

        classes = name_classes(spoken.patterns)
        endpoints += [of_names(*one, family) for one in classes.classes for family in families]
        if not classes.complete:
            what = "the patterns of DNS names can be combined in too many ways to look at each"
            unknowns.append(Unknown(what, None))


def symbols_among(endpoints: Sequence[Endpoint], servers: int = 0) -> Symbols:
    """Return who of *endpoints* is who; *servers* are those that are addresses of API servers, as bits."""
    entities: dict[Entity, int] = {}
    names: dict[str, int] = {}
    outside = {4: 0, 6: 0}
    hosts = 0
    for index, one in enumerate(endpoints):
        for entity in _meaning(one):
            entities[entity] = entities.get(entity, 0) | 1 << index
        for pattern in one.patterns:
            names[pattern] = names.get(pattern, 0) | 1 << index
        if one.patterns or one.is_outside:
            for family in (one.family,) if one.family else outside:
                outside[family] |= 1 << index
        if one.host_network or one.kind is Kind.NODE:
            hosts |= 1 << index
    policed = mask_of([index for index, one in enumerate(endpoints) if one.entity in POLICED])
    learned = mask_of([index for index, one in enumerate(endpoints) if one.patterns])
    return Symbols(entities, names, outside, policed, learned, hosts, servers)


def _meaning(one: Endpoint) -> tuple[Entity, ...]:
    """Return the entities that mean *one*."""
    if one.entity is None:
        return ()
    is_node = one.entity is Entity.KUBE_APISERVER and not one.is_outside
    return (one.entity, Entity.REMOTE_NODE) if is_node else (one.entity,)
