"""The Services of an app, its own and those that exposures add, and the flows that they open to the outside."""

from __future__ import annotations

from dataclasses import replace

from netgen.intent import Addresses, Block, Flow, Pairs, Port, Service, ServicePort
from netgen.problems import Place, Problem
from netgen.records import record
from netgen.spec.forms.connectivity import ServiceForm
from netgen.spec.forms.exposures import ServiceExposure
from netgen.spec.forms.ports import PortForm
from netgen.spec.forms.text import shown, suggestion
from netgen.spec.platform import Platform
from netgen.spec.resolve import spans
from netgen.spec.resolve.calls import matches, ports_text
from netgen.spec.resolve.existing import existing_service
from netgen.spec.resolve.instead import with_name, with_port
from netgen.spec.resolve.outside import world
from netgen.spec.resolve.registry import MANAGED_BY, PART_OF, Entry, Registry, place_text

NODE_PORTS = range(30000, 32768)
"""The API server's default --service-node-port-range."""
_NODE_PORT_FIX = "write another number from 30000 to 32767, or none and leave it to the cluster"


@record
class Exposed:
    """An exposure whose ports are known; *node_ports* by port name."""

    form: ServiceExposure
    ports: tuple[Port, ...]
    node_ports: dict[str, int]


def service_parts(registry: Registry, found: list[Problem]) -> tuple[list[Service], list[Flow]]:
    """Return the Services of every app and the flows from outside that they open."""
    services: list[Service] = []
    outer: list[tuple[Entry, Exposed]] = []
    for entry in registry.entries.values():
        exposed = _exposed(entry, found)
        asked = _services(entry, exposed, found)
        services += asked if not entry.form.unclear else []
        outer += [(entry, item) for item in exposed]
    _check_names(services, registry.platform, found)
    _check_node_ports(outer, found)
    return services, [_flow(entry, item, registry.platform) for entry, item in outer]


def _exposed(entry: Entry, found: list[Problem]) -> list[Exposed]:
    items = []
    for form in entry.form.exposures:
        if isinstance(form, ServiceExposure) and not entry.form.unclear:
            _check_clients(form, found)
            ports = _exposed_ports(form, entry, found)
            if ports:
                numbers = {name or ports[0].name: number for name, number in form.ports if number is not None}
                items.append(Exposed(form, ports, numbers))
    return items


def _check_clients(form: ServiceExposure, found: list[Problem]) -> None:
    """Refuse client addresses with externalTrafficPolicy Cluster, which hides them behind the node's (decision 13)."""
    if form.clients and form.local is False:
        message = (
            "with externalTrafficPolicy Cluster the pods see the node's address, never the clients' that are named"
        )
        place = form.spot.at("externalTrafficPolicy").value()
        found.append(Problem("clients-need-local", place, message, fix="write Local, or leave the line out"))


def _exposed_ports(form: ServiceExposure, entry: Entry, found: list[Problem]) -> tuple[Port, ...]:
    ports = entry.app.ports
    names = [name for name, _ in form.ports]
    is_only = len(ports) == 1 and names in ([], [None])
    span = next((port for port in ports if port.last and (is_only or port.name in names)), None)
    if span:
        place = form.port_place(span.name) if span.name in names else form.place
        found.append(spans.exposed(place, entry, span))
        return ()
    if not ports:
        message = f"{entry.key} has no ports to expose"
        found.append(Problem("no-ports", form.place, message, fix="give the app a `port`"))
        return ()
    if is_only:
        return ports
    if not names or None in names:
        listed = ", ".join(port.name for port in ports)
        message = f"{entry.key} has several ports, and the exposure names none"
        fix = with_port(form, entry)
        found.append(Problem("ambiguous-port", form.place, message, (f"its ports: {listed}",), fix))
        return ()
    known = tuple(port.name for port in ports)
    unknown = [name for name in names if name is not None and name not in known]
    for name in unknown:
        message = f"{entry.key} has no port {shown(name)}{suggestion(name, known)}"
        found.append(Problem("unknown-port", form.port_place(name), message, (f"its ports: {', '.join(known)}",)))
    return () if unknown else tuple(port for port in ports if port.name in names)


def _services(entry: Entry, exposed: list[Exposed], found: list[Problem]) -> list[Service]:
    services = []
    name = entry.service_name
    mine = [item for item in exposed if item.form.name in (None, name)]
    if entry.form.service is not None and entry.app.ports:
        services.append(_own(entry, entry.form.service, mine, found))
    elif entry.form.service is None:
        found.extend(_no_service(entry, item) for item in exposed if item.form.name is None)
        if not exposed and not entry.form.unclear:
            found.extend(_no_mapping(entry, port) for port in entry.form.ports if port.service != port.container)
    elif entry.form.service != ServiceForm() and not entry.form.unclear:
        place = entry.form.spot.at("service").key()
        message = f"{entry.key} has no ports, so it has no Service"
        found.append(Problem("no-ports", place, message, fix="give it a `port`"))
    services += [
        _separate(entry, item)
        for item in exposed
        if item.form.name is not None and not (item in mine and entry.form.service is not None)
    ]
    rendered = any(not service.existing for service in services)
    if rendered and entry.app.selector.expressions and not entry.form.unclear:
        found.append(_no_equal_labels(entry))
    return services


def _own(entry: Entry, form: ServiceForm, exposed: list[Exposed], found: list[Problem]) -> Service:
    if form.existing:
        return existing_service(entry, form, [item.form for item in exposed], found)
    _check_labels(entry, form, found)
    if form.headless:
        _check_headless(entry, form, exposed, found)
    else:
        found.extend(spans.in_service(entry, port) for port in entry.form.ports if port.last)
    for item in exposed[1:] if not form.headless else ():
        _conflict(item, "the app's own Service is exposed twice", with_name(item.form, entry), found)
    service = Service(
        name=entry.service_name,
        app=entry.key,
        type="ClusterIP",
        selector=entry.app.selector.labels,
        ports=_service_ports(entry.app.ports, {}),
        labels=_merged(entry.app.labels, form.labels),
        annotations=_merged(entry.app.annotations, form.annotations),
        intent=f"{entry.key}{_service_text(entry.app.ports)}",
        headless=form.headless,
        affinity_seconds=form.affinity_seconds,
        spot=entry.form.spot.at("service", "name") if form.name else entry.form.spot,
    )
    return _opened(service, exposed[0], entry, found) if exposed else service


def _opened(service: Service, item: Exposed, entry: Entry, found: list[Problem]) -> Service:
    """Return the app's own *service* with the exposure *item* on it."""
    if item.ports != entry.app.ports:
        names = ", ".join(port.name for port in item.ports)
        message = f"exposing the app's own Service would expose all its ports, not only {names}"
        _conflict(item, message, with_name(item.form, entry), found)
    clash = dict(service.annotations).keys() & dict(item.form.annotations).keys()
    for key in sorted(clash):
        place = item.form.spot.at("annotations", key).key()
        message = f"the annotation {shown(key)} is set under `service` as well"
        found.append(Problem("service-conflict", place, message, fix="leave one out"))
    return _with_exposure(service, item)


def _separate(entry: Entry, item: Exposed) -> Service:
    service = Service(
        name=item.form.name or "",
        app=entry.key,
        type=item.form.type,
        selector=entry.app.selector.labels,
        ports=(),
        labels=entry.app.labels,
        annotations=entry.app.annotations,
        intent=f"{entry.key}{_service_text(item.ports)}",
        spot=item.form.spot.at("name"),
    )
    return _with_exposure(service, item)


def _with_exposure(service: Service, item: Exposed) -> Service:
    form = item.form
    return replace(
        service,
        type=form.type,
        ports=_service_ports(item.ports, item.node_ports),
        annotations=_merged(service.annotations, form.annotations),
        local_traffic=bool(form.local or form.clients),
        source_ranges=form.clients if form.type == "LoadBalancer" else (),
        load_balancer_class=form.class_name,
    )


def _service_ports(ports: tuple[Port, ...], node_ports: dict[str, int]) -> tuple[ServicePort, ...]:
    return tuple(
        ServicePort(
            port.name, port.service, port.container, port.protocol, port.app_protocol, node_ports.get(port.name)
        )
        for port in ports
        if not port.last
    )


def _service_text(ports: tuple[Port, ...]) -> str:
    listed = [
        f"{port.service}" if port.protocol == "TCP" else f"{port.service}/{port.protocol.lower()}"
        for port in ports
        if not port.last
    ]
    return ":" + ",".join(listed) if listed else ""


def _merged(first: Pairs, second: Pairs) -> Pairs:
    return tuple(sorted((dict(first) | dict(second)).items()))


def _flow(entry: Entry, item: Exposed, platform: Platform) -> Flow:
    clients = item.form.clients
    outside = world(platform, kept=bool(item.form.local))
    source = Addresses(tuple(Block(block) for block in clients)) if clients else outside
    ports = matches(item.ports)
    name = ", ".join(clients) if clients else "internet"
    word = "load balancer" if item.form.type == "LoadBalancer" else "node port"
    intent = f"{name} -> {entry.key}{ports_text(ports)} ({word})"
    return Flow(source, entry.app.pods, ports, None, entry.key, intent, "", item.form.spot)


def _check_labels(entry: Entry, form: ServiceForm, found: list[Problem]) -> None:
    """Refuse labels by which what netgen has rendered is found again."""
    for key in (key for key, _ in form.labels if key in (PART_OF, MANAGED_BY)):
        place = entry.form.spot.at("service", "labels", key).key()
        found.append(Problem("reserved-name", place, f"netgen sets {shown(key)} itself", fix="leave it out"))


def _check_headless(entry: Entry, form: ServiceForm, exposed: list[Exposed], found: list[Problem]) -> None:
    for item in exposed:
        _conflict(item, "a headless Service cannot be exposed", with_name(item.form, entry), found)
    if form.affinity_seconds is not None:
        place = entry.form.spot.at("service", "sessionAffinity").key()
        message = "a headless Service has no session affinity: its clients reach the pods themselves"
        found.append(Problem("service-conflict", place, message, fix="leave it out"))
    for port in entry.form.ports:
        if port.service != port.container:
            message = f"a headless Service ignores the container port: clients would dial {port.service}"
            found.append(Problem("service-conflict", port.spot.value(), message, fix=f"write {port.container}"))


def _conflict(item: Exposed, message: str, fix: str, found: list[Problem]) -> None:
    found.append(Problem("service-conflict", item.form.place, message, fix=fix))


def _no_service(entry: Entry, item: Exposed) -> Problem:
    fix = f"leave `service: false` out, or {with_name(item.form, entry)}"
    return Problem("service-needed", item.form.place, f"{entry.key} has no Service to expose", fix=fix)


def _no_equal_labels(entry: Entry) -> Problem:
    place = entry.form.spot.at("select", "matchExpressions").key()
    message = "a Service selects by equal labels only, and cannot select by expressions"
    fix = "select by labels" if entry.form.service is None else "write  service: false  or select by labels"
    return Problem("service-conflict", place, message, fix=fix)


def _no_mapping(entry: Entry, port: PortForm) -> Problem:
    message = f"{entry.key} has no Service, so nothing maps {port.service} to {port.container}"
    return Problem("service-conflict", port.spot.value(), message, fix=f"write {port.container}")


def _check_names(services: list[Service], platform: Platform, found: list[Problem]) -> None:
    """Refuse names that two Services would have, and those that the API server may refuse.

    Where it may still ask for RFC 1035 (before 1.36), the name of a Service does not begin with a digit.
    """
    seen: dict[tuple[str, str], Service] = {}
    for service in services:
        first = seen.setdefault((service.app.namespace, service.name), service)
        if first is not service:
            found.append(_same_name(first, service))
        if (service.app.namespace, service.name) == ("default", "kubernetes"):
            message = "the Service default/kubernetes is the API server's own"
            found.append(Problem("reserved-name", _place(service), message, fix="give this one another name"))
        strict = (platform.kubernetes or (0, 0)) < (1, 36) and "kubernetes" not in platform.unclear
        if strict and service.name[:1].isdigit() and not service.existing:
            message = f"{shown(service.name)} begins with a digit, which Service names may only from Kubernetes 1.36 on"
            fix = 'name the Service otherwise (service: {name: ...}), or set kubernetes: "1.36" in the Platform'
            found.append(Problem("service-name", _place(service), message, fix=fix))


def _same_name(first: Service, second: Service) -> Problem:
    """Return the problem at the one of two Services whose name is written, so that it can be changed there."""
    here, there = (second, first) if _is_named(second) else (first, second)
    message = f"{here.app} and {there.app} would both have a Service {here.app.namespace}/{here.name}"
    if here.app == there.app:
        message = f"{here.app} would have two Services {here.name}"
    notes = (f"the other is asked for at {place_text(_place(there))}",)
    return Problem("name-collision", _place(here), message, notes, "give one of the two another name")


def _is_named(service: Service) -> bool:
    return service.spot.path[-1] in ("name", "existing") and len(service.spot.path) > len(("apps", "APP"))


def _place(service: Service) -> Place:
    """Return where the name of *service* comes from: where it is written, or the name of its app."""
    return service.spot.value() if _is_named(service) else service.spot.key()


def _check_node_ports(exposed: list[tuple[Entry, Exposed]], found: list[Problem]) -> None:
    """Refuse node ports that are none, and those that are taken: by another Service, or for the same protocol."""
    taken: dict[int, tuple[str, set[str]]] = {}
    for entry, item in exposed:
        service = f"{entry.key.namespace}/{item.form.name or entry.service_name}"
        for port in item.ports:
            number = item.node_ports.get(port.name)
            if number is None:
                continue
            holder, protocols = taken.setdefault(number, (service, set()))
            place = item.form.node_port_place(port.name)
            if number not in NODE_PORTS:
                found.append(Problem("node-port", place, f"{number} is no node port", fix=_NODE_PORT_FIX))
            elif holder != service or port.protocol in protocols:
                message = f"node port {number} is taken by Service {holder}"
                message = f"node port {number} is written for two ports" if holder == service else message
                found.append(Problem("node-port", place, message, fix=_NODE_PORT_FIX))
            protocols.add(port.protocol)
