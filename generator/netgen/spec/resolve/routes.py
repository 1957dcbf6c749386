"""Exposed URLs -> routes of the entry points, and the flows from their data planes."""

from __future__ import annotations

from collections.abc import Iterator

from netgen.intent import Entities, Flow, Port, Route, Tls
from netgen.problems import Problem
from netgen.profiles import Feature
from netgen.spec.forms.exposures import UrlForm
from netgen.spec.forms.text import shown, suggestion
from netgen.spec.gates import Gate
from netgen.spec.resolve import spans
from netgen.spec.resolve.calls import matches
from netgen.spec.resolve.consent import served
from netgen.spec.resolve.exposed import Exposed, tls
from netgen.spec.resolve.features import enforceable
from netgen.spec.resolve.instead import url_with_gate, url_with_port
from netgen.spec.resolve.outside import by_name
from netgen.spec.resolve.platform_pods import PlatformPods, inward_flows, platform_pods
from netgen.spec.resolve.registry import Entry, Registry, object_labels
from netgen.spec.resolve.rivals import check_together

_STRICT = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_/")
"""What ingress-nginx takes in Exact and Prefix paths (its strict-validate-path-type, on by default)."""


def route_parts(registry: Registry, found: list[Problem]) -> tuple[list[Route], list[Flow]]:
    """Return the routes of every exposed URL and the flows from the entry points' data planes."""
    exposed = [
        item
        for entry in registry.entries.values()
        for form in entry.form.exposures
        if isinstance(form, UrlForm) and (item := _exposed(entry, form, registry, found))
    ]
    check_together(exposed, found)
    return [_route(item) for item in exposed], _flows(exposed, registry, found)


def _exposed(entry: Entry, form: UrlForm, registry: Registry, found: list[Problem]) -> Exposed | None:
    gate = _gate(form, registry, found)
    port = _port(entry, form, found)
    if gate is None or port is None:
        return None
    if gate.controller.strict_paths and not set(form.url.path) <= _STRICT:
        message = f"{gate.entrypoint.door} takes only letters, digits, '.', '-', '_' and '/' in a path"
        found.append(Problem("route-path", form.path_place, message))
    item = Exposed(entry, form, gate, port)
    is_clear = "entrypoints" not in registry.platform.unclear
    if gate.entrypoint.gateway:
        found.extend(_listener_holds(form))
    elif is_clear and gate.controller.needs_secret and (tls(item) or Tls("")).secret is None:
        message = f"{gate.entrypoint.class_name} serves an https host only with a Secret that the Ingress names"
        fix = "write {url: ..., tls: {secret: NAME}}, or under the entry point  tls: secret NAME or cert-manager/ISSUER"
        found.append(Problem("certificate-missing", form.place, message, fix=fix))
    return item


def _listener_holds(form: UrlForm) -> Iterator[Problem]:
    """Yield that *form*, which is served by a Gateway, names a Secret."""
    if form.secret:
        message = "the URL goes through a Gateway, whose listener holds the certificate: no route can name one"
        place = form.item.at("tls", "secret").value()
        yield Problem("listener-certificate", place, message, fix="leave  tls  out here")


def _gate(form: UrlForm, registry: Registry, found: list[Problem]) -> Gate | None:
    gates = registry.platform.gates
    host = form.url.host
    if form.via is not None:
        return _named_gate(form, form.via, registry, found)
    exact = [gate for gate in gates if host in gate.hosts]
    wild = [gate for gate in gates if gate.serves(host)]
    fitting = exact or [gate for gate in wild if gate.hosts] or wild
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        names = tuple(gate.entrypoint.name for gate in fitting)
        message = f"{shown(host)} is served by several entry points: {', '.join(names)}"
        found.append(Problem("entrypoint-ambiguous", form.place, message, fix=url_with_gate(form, names)))
    elif "entrypoints" not in registry.platform.unclear:
        found.append(_no_gate(form, registry))
    return None


def _named_gate(form: UrlForm, name: str, registry: Registry, found: list[Problem]) -> Gate | None:
    """Return the entry point *name*, which must serve the host all the same: that is the platform's word."""
    gates = registry.platform.gates
    named = next((gate for gate in gates if gate.entrypoint.name == name), None)
    if named is None and "entrypoints" not in registry.platform.unclear:
        found.append(_no_such_gate(form, name, gates))
    if named is None or named.serves(form.url.host):
        return named
    notes = (f"{name} serves {', '.join(sorted(named.hosts))}",)
    fix = f"in the Platform add {form.url.host} to the hosts of {name}"
    message = f"{name} does not serve {shown(form.url.host)}"
    found.append(Problem("entrypoint-missing", form.place, message, notes, fix))
    return None


def _no_such_gate(form: UrlForm, name: str, gates: tuple[Gate, ...]) -> Problem:
    names = tuple(gate.entrypoint.name for gate in gates)
    known = ", ".join(names) if names else "none: a Platform document names them"
    place = form.item.at("via").value()
    message = f"no entry point {shown(name)}{suggestion(name, names)}"
    return Problem("entrypoint-unknown", place, message, (f"entry points: {known}",))


def _no_gate(form: UrlForm, registry: Registry) -> Problem:
    host = form.url.host
    gates = registry.platform.gates
    if not gates:
        fix = "give --ingress CLASS or --gateway NAMESPACE/NAME, or in the Platform write"
        fix += "  entrypoints: {NAME: {ingress: CLASS}}"
        message = f"no entry point can serve {shown(host)}: there is none"
        return Problem("entrypoint-missing", form.place, message, fix=fix)
    notes = tuple(f"{gate.entrypoint.name} serves {', '.join(sorted(gate.hosts))}" for gate in gates)
    near = suggestion(host, sorted({known for gate in gates for known in gate.hosts}))
    fix = f"in the Platform add {host} to the hosts of an entry point"
    return Problem("entrypoint-missing", form.place, f"no entry point serves {shown(host)}{near}", notes, fix)


def _port(entry: Entry, form: UrlForm, found: list[Problem]) -> Port | None:
    ports = entry.app.ports
    if entry.form.unclear:
        return None
    if entry.form.service is None or not ports:
        code, what = ("no-ports", "port") if not ports else ("service-needed", "Service")
        fix = "give the app a `port`" if not ports else "leave `service: false` out"
        found.append(Problem(code, form.place, f"{entry.key} has no {what} that a route could lead to", fix=fix))
        return None
    named = [port for port in ports if port.name == form.port] if form.port is not None else list(served(ports, entry))
    listed = ", ".join(port.name for port in ports)
    if len(named) > 1:
        message = f"{entry.key} has several ports, and the URL names none"
        fix = url_with_port(form, entry)
        found.append(Problem("ambiguous-port", form.place, message, (f"its ports: {listed}",), fix))
        return None
    if not named:
        near = suggestion(form.port or "", tuple(port.name for port in ports))
        message = f"{entry.key} has no port {shown(form.port or '')}{near}"
        fix = "put the long form into a list: expose: [{url: ...}]" if form.port == "url" else ""
        found.append(Problem("unknown-port", form.port_place, message, (f"its ports: {listed}",), fix))
        return None
    if named[0].last:
        found.append(spans.exposed(form.port_place if form.port else form.place, entry, named[0]))
        return None
    if any(port.opaque for port in entry.form.ports if (port.name or "main") == named[0].name):
        message = f"{named[0].name} is written as plain {named[0].protocol}, and a URL needs HTTP"
        is_tcp = named[0].protocol == "TCP"
        fix = "write the port without /tcp, if it serves HTTP" if is_tcp else "name a TCP port of the app"
        fix += "; what is no HTTP is exposed by loadBalancer or nodePort"
        found.append(Problem("bad-exposure", form.place, message, fix=fix))
    return named[0]


def _route(item: Exposed) -> Route:
    return Route(
        document=item.entry.document.name,
        entrypoint=item.gate.entrypoint,
        host=item.form.url.host,
        path=item.form.url.path,
        exact=item.form.exact,
        tls=tls(item),
        app=item.entry.key,
        service=item.entry.service_name,
        service_port=item.port.service,
        labels=object_labels(item.entry.document, None),
        annotations=item.entry.app.annotations,
        ingress=item.form.name,
        spot=item.form.spot,
    )


def _flows(exposed: list[Exposed], registry: Registry, found: list[Problem]) -> list[Flow]:
    """Return the flows from the data planes, with their egress half where a data plane is an app of a spec."""
    planes = {gate.entrypoint: _plane(gate, exposed, registry, found) for gate in registry.platform.gates}
    return [
        flow
        for item in exposed
        for flow in inward_flows(
            planes[item.gate.entrypoint],
            item.entry,
            matches((item.port,)),
            f"entrypoint {item.gate.entrypoint.name}",
            item.form,
            registry,
            found,
        )
    ]


def _plane(gate: Gate, exposed: list[Exposed], registry: Registry, found: list[Problem]) -> PlatformPods:
    """Return the data plane of *gate*; one that is no pods is a problem where the plugin has no name for it."""
    plane, used = gate.entrypoint.data_plane, [item for item in exposed if item.gate is gate]
    if isinstance(plane, Entities) and used and not by_name(registry.platform):
        place = gate.spot.value() if gate.spot else None
        what = f"the proxy of {gate.entrypoint.served}, which serves {used[0].form.url.host}, is no pod"
        enforceable(Feature.ENTITIES, place, what, registry.platform, found)
    return platform_pods(plane, registry)
