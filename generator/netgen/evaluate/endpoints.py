"""The endpoints of connections: pods, addresses, what a CNI has a name for; one stands for all that are alike."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from netgen.evaluate.addresses import Range, shown
from netgen.evaluate.objects.model import Entity, Labels, NamedPort, Workload
from netgen.records import record


class Kind(StrEnum):
    """What an endpoint is: known pods, any other pod, addresses outside or of nodes, an entity, addresses by name."""

    WORKLOAD = "workload"
    STRANGER = "stranger"
    ADDRESSES = "addresses"
    NODE = "node"
    ENTITY = "entity"
    NAME = "name"


@record
class Endpoint:
    """Everything that no policy can tell apart, by a *name* for a person to read.

    Of a WORKLOAD, *members* are the workloads, and *labels* those of the first; of a STRANGER, *labels* are the fewest
    that such a pod carries, and *namespace* is empty where it may be any that nothing names and that carries the labels
    *spaces*. *ports* are the named ports that a policy speaks of, and *ports_known* is whether they are all that such
    pods have: never a stranger's. *ranges*: the addresses of ADDRESSES and NODE.

    An ENTITY is that *entity*; *is_outside*: an API server that is no node. A NAME is an address that was learned for a
    DNS name which just these *patterns* match, such as *example*. It and such an API server lie in no block but those
    of all addresses: where they lie in another too, ADDRESSES says what is open besides. *family* is 4 or 6 where that
    matters for them, and else 0.
    """

    kind: Kind
    name: str
    namespace: str = ""
    labels: Labels = ()
    spaces: Labels = ()
    ports: tuple[NamedPort, ...] = ()
    host_network: bool = False
    members: tuple[Workload, ...] = ()
    ranges: tuple[Range, ...] = ()
    ports_known: bool = True
    entity: Entity | None = None
    is_outside: bool = False
    patterns: tuple[str, ...] = ()
    example: str = ""
    family: int = 0

    @property
    def is_pod(self) -> bool:
        """Return whether the endpoint stands for pods."""
        return self.kind is Kind.WORKLOAD or self.kind is Kind.STRANGER

    @property
    def selectable(self) -> dict[str, str]:
        """Return all that selectors see of the pods, as far as it is told."""
        return self.members[0].selectable if self.members else dict(self.labels)

    @property
    def is_single(self) -> bool:
        """Return whether it is one pod alone, which reaches itself without a network whatever policies say."""
        return len(self.members) == 1 and self.members[0].kind == "Pod"

    def __str__(self) -> str:
        return self.name


def of_workloads(members: tuple[Workload, ...], ports: tuple[NamedPort, ...], *, ports_known: bool = True) -> Endpoint:
    """Return the endpoint of workloads that are alike."""
    first = members[0]
    others = len({(one.namespace, one.name) for one in members}) - 1
    more = f" and {others} more" if others else ""
    return Endpoint(
        Kind.WORKLOAD,
        f"{first}{more}",
        first.namespace,
        first.labels,
        ports=ports,
        host_network=first.host_network,
        members=members,
        ports_known=ports_known,
    )


def stranger(namespace: str, labels: Labels, *, spaces: Labels = ()) -> Endpoint:
    """Return any pod with *labels* that is no known one: of *namespace*, or else of any that carries *spaces*."""
    worn = f" with {_pairs(labels)}" if labels else ""
    what = f"a pod{{}}{worn}" if labels else "any other pod{}"
    if namespace:
        return Endpoint(Kind.STRANGER, what.format(f" of {namespace}"), namespace, labels, ports_known=False)
    place = f" in a namespace with {_pairs(spaces)}" if spaces else ""
    return Endpoint(Kind.STRANGER, what.format("") + place, "", labels, spaces, ports_known=False)


def resident(pod: Endpoint, ranges: tuple[Range, ...]) -> Endpoint:
    """Return a stranger that is as *pod*, and has an address of *ranges*."""
    place = outside(Kind.ADDRESSES, ranges).name
    return replace(pod, kind=Kind.STRANGER, name=f"{pod.name} at {place}", members=())


def _pairs(labels: Labels) -> str:
    return ", ".join(f"{key}={value}" for key, value in labels)


def outside(kind: Kind, ranges: tuple[Range, ...]) -> Endpoint:
    """Return the endpoint of addresses: of nodes, or beyond the cluster."""
    names = [shown(one) for one in ranges[:2]]
    more = f" and {len(ranges) - 2} more range{'s' if len(ranges) > 3 else ''}" if len(ranges) > 2 else ""
    name = " and ".join(names) if not more else ", ".join(names) + more
    return Endpoint(kind, f"node {name}" if kind is Kind.NODE else name, ranges=ranges)


def of_entity(entity: Entity, *, is_outside: bool = False, is_told: bool = True, family: int = 0) -> Endpoint:
    """Return the endpoint of *entity*; not *is_told*: nobody says whether it is outside or not."""
    place = " outside of the cluster" if is_outside and is_told else ""
    name = f"{entity}{place}{_over(family)}"
    return Endpoint(Kind.ENTITY, name, entity=entity, is_outside=is_outside, family=family)


def of_names(patterns: tuple[str, ...], example: str, family: int = 0) -> Endpoint:
    """Return the addresses of the names that just *patterns* match; a pattern without `*` is the name."""
    exact = next((one for one in patterns if "*" not in one), None)
    name = (exact or " and ".join(patterns)) + _over(family)
    return Endpoint(Kind.NAME, name, patterns=patterns, example=example, family=family)


def _over(family: int) -> str:
    return f" (IPv{family})" if family else ""
