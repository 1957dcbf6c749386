"""Clients from outside whom a Service hands to another node: the pods see that node's address in place of theirs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netgen.evaluate.endpoints import Endpoint, Kind
from netgen.evaluate.objects.model import Entity
from netgen.evaluate.objects.ways import ServiceObject
from netgen.evaluate.reach import Reach
from netgen.evaluate.sets import NO_PORTS, PortSet, mask_of, ports
from netgen.verify.ideal import KIND

_OPEN = ("NodePort", "LoadBalancer")
_OTHER = Entity.REMOTE_NODE


class Behind:
    """The *services* whose clients from outside may come to pods as a node that the pods do not run on."""

    def __init__(self, services: Iterable[ServiceObject], there: Reach) -> None:
        self._there = there
        self._leading: dict[str, list[ServiceObject]] = {}
        for one in services:
            if one.selector and not one.local_outside and (one.type in _OPEN or one.external_addresses):
                self._leading.setdefault(one.namespace, []).append(one)
        ends = enumerate(there.universe.endpoints if self._leading else ())
        self._nodes = mask_of([index for index, one in ends if one.kind is Kind.NODE or one.entity is _OTHER])

    def arriving(self, target: int) -> Iterator[tuple[ServiceObject, PortSet]]:
        """Yield each of the Services that leads clients to *target* as a node, and the ports that it opens so."""
        pods = self._there.universe.endpoints[target]
        leading = [one for one in self._leading.get(pods.namespace, ()) if _selects(one, pods)]
        opened = NO_PORTS
        for sources, found in self._there.row(target) if leading else ():
            opened |= found if sources & self._nodes else NO_PORTS
        for one in leading:
            both = _targets(one) & opened
            if both:
                yield one, both


def _selects(service: ServiceObject, pods: Endpoint) -> bool:
    """Return whether *service* may select *pods*: those that stand for an app may carry more than is known."""
    worn = dict(pods.labels)
    is_known = not any(one.kind == KIND or one.more_labels for one in pods.members)
    return all(worn.get(key, None if is_known else value) == value for key, value in service.selector or ())


def _targets(service: ServiceObject) -> PortSet:
    """Return the ports of the pods to which *service* leads; a name may be any."""
    found = NO_PORTS
    for one in service.ports:
        number = one.target
        found |= ports(one.protocol) if isinstance(number, str) else ports(one.protocol, number, number)
    return found
