"""The ways that lead to pods: Service -> port of each pod, route -> Service; and the links that are broken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field

from netgen.evaluate.objects.model import (
    Cluster,
    Labels,
    NamedPort,
    Workload,
)
from netgen.evaluate.objects.ways import IngressObject, IngressRule, ServiceObject, ServicePort
from netgen.evaluate.sets import Protocol
from netgen.records import record
from netgen.source import Spot


@record
class Backend:
    """Where a port of a Service ends: *number* of *protocol* on the pods of *workload*."""

    service: ServiceObject
    port: ServicePort
    workload: Workload
    protocol: Protocol
    number: int


@record
class Route:
    """Where a path of an Ingress or a Gateway's route ends."""

    ingress: IngressObject
    rule: IngressRule
    backend: Backend


@record
class Broken:
    """A link that leads nowhere: *what* is a sentence, *spot* where the link is written."""

    what: str
    spot: Spot | None = field(default=None, compare=False, repr=False)


@record
class Routes:
    """All ways to the pods of a cluster, in the order of its objects, and the *broken* ones."""

    backends: tuple[Backend, ...]
    routes: tuple[Route, ...]
    broken: tuple[Broken, ...]


def routes(cluster: Cluster) -> Routes:
    """Return where the Services, Ingresses and routes of Gateways of *cluster* lead.

    Of a cluster without workloads no Service is told to be broken. Services without a selector and those of the type
    ExternalName lead elsewhere. A headless Service translates nothing: its port is the one that the pods see.
    """
    broken: list[Broken] = []
    pods = _by_label(cluster.workloads)
    backends = [
        backend
        for service in cluster.services
        if service.selector is not None and service.type != "ExternalName"
        for backend in _backends(service, service.selector, pods, broken if cluster.workloads else [])
    ]
    ways = list(_routes(cluster, backends, broken))
    return Routes(tuple(backends), tuple(ways), tuple(broken))


_NAMED = 3
"""So many workloads that lack a port are named."""
Pods = Mapping[tuple[str, str, str | None], Sequence[Workload]]


def _by_label(workloads: Iterable[Workload]) -> Pods:
    """Return the workloads by namespace and each label; under None those of which the value is not known."""
    found: dict[tuple[str, str, str | None], list[Workload]] = {}
    for one in workloads:
        for key, value in one.labels:
            found.setdefault((one.namespace, key, value), []).append(one)
        for key in one.unsure:
            found.setdefault((one.namespace, key, None), []).append(one)
    return found


def _selected(namespace: str, selector: Labels, pods: Pods) -> list[Workload]:
    """Return the workloads whose pods, or some of them, have all labels of *selector*."""
    candidates = (
        [*pods.get((namespace, key, value), ()), *pods.get((namespace, key, None), ())] for key, value in selector
    )
    return [
        one for one in min(candidates, key=len) if all(pair in one.labels or pair[0] in one.unsure for pair in selector)
    ]


def _backends(service: ServiceObject, selector: Labels, pods: Pods, broken: list[Broken]) -> Iterator[Backend]:
    selected = _selected(service.namespace, selector, pods)
    if not selected:
        pairs = ", ".join(f"{key}={value}" for key, value in selector)
        spot = None if service.spot is None else service.spot.at("spec", "selector")
        broken.append(Broken(f"the Service {service} selects no pods: none has {pairs}", spot))
    for port in service.ports:
        numbers = [(one, number) for one in selected if (number := _number(port, one.ports)) is not None]
        if selected and not numbers:  # pods without a port of the name are no endpoints of it, and the others are
            named = ", ".join(map(str, selected[:_NAMED])) + (" and others" if len(selected) > _NAMED else "")
            what = f"the Service {service} leads to a port {port.target!r} that {named} "
            what += "does not name" if len(selected) == 1 else "do not name"
            broken.append(Broken(what, port.spot))
        for one, number in numbers:
            if service.headless and port.port != number:
                what = f"the Service {service} is headless: nothing brings its port {port.port} to {port.target}"
                broken.append(Broken(what, port.spot))
            yield Backend(service, port, one, port.protocol, port.port if service.headless else number)


def _number(port: ServicePort, named: Iterable[NamedPort]) -> int | None:
    """Return the port of a pod that *port* means, None where the pod has none of this name.

    A name is looked for in the containers and then in the init containers that keep running, and the first counts:
    kubernetes/kubernetes pkg/api/v1/pod/util.go, FindPort.
    """
    if isinstance(port.target, int):
        return port.target
    wanted = port.target, port.protocol
    return next((one.number for one in named if (one.name, one.protocol) == wanted and not one.passing), None)


def _routes(cluster: Cluster, backends: Iterable[Backend], broken: list[Broken]) -> Iterator[Route]:
    services = {(service.namespace, service.name): service for service in cluster.services}
    by_port: dict[tuple[str, str, ServicePort], list[Backend]] = {}
    for one in backends if cluster.ingresses else ():
        by_port.setdefault((one.service.namespace, one.service.name, one.port), []).append(one)
    for ingress in cluster.ingresses:
        for rule in ingress.rules:
            if rule.beside and not rule.service:
                continue  # it leads to nothing that could be looked at
            service = services.get(ingress.backend(rule))
            if service is None:
                name = f"{rule.space}/{rule.service}" if rule.space else rule.service
                what = f"the {ingress.titled} leads to the Service {name!r}, which is not there"
                broken.append(Broken(what, rule.spot))
                continue
            port = _port(service, rule.port, Protocol.UDP if ingress.kind == "UDPRoute" else Protocol.TCP)
            if port is None:
                what = f"the {ingress.titled} leads to a port {rule.port!r} that the Service {service} does not have"
                broken.append(Broken(what, rule.spot))
                continue
            for backend in by_port.get((service.namespace, service.name, port), ()):
                yield Route(ingress, rule, backend)


def _port(service: ServiceObject, wanted: int | str, spoken: Protocol) -> ServicePort | None:
    """Return the port of *service* with this number or name; of two, that of the protocol which is *spoken*."""
    found = [port for port in service.ports if wanted == (port.port if isinstance(wanted, int) else port.name)]
    return min(found, key=lambda port: port.protocol is not spoken, default=None)
