"""Exposed URLs -> routes of the entry points, and the flows from their data planes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from netgen.intent import Flow, Port, Route, Tls
from netgen.problems import Problem
from netgen.spec.forms.exposures import UrlForm
from netgen.spec.forms.text import shown, suggestion
from netgen.spec.platform import Gate
from netgen.spec.resolve.calls import matches, ports_text
from netgen.spec.resolve.registry import Entry, Registry, object_labels, place_text
from netgen.spec.resolve.services import own_name

ISSUER = "cert-manager.io/cluster-issuer"
_STRICT = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_/")
"""What ingress-nginx takes in Exact and Prefix paths (its strict-validate-path-type, on by default)."""


@dataclass(frozen=True, slots=True)
class Exposed:
    """A URL exposure whose entry point and port are known."""

    entry: Entry
    form: UrlForm
    gate: Gate
    port: Port

    @property
    def path(self) -> str:
        """Return the path as it is compared: a prefix matches with and without its last slash."""
        path = self.form.url.path
        return path if self.form.exact or path == "/" else path.rstrip("/")


def route_parts(registry: Registry, found: list[Problem]) -> tuple[list[Route], list[Flow]]:
    """Return the routes of every exposed URL and the flows from the entry points' data planes."""
    exposed = [
        item
        for entry in registry.entries.values()
        for form in entry.form.exposures
        if isinstance(form, UrlForm) and (item := _exposed(entry, form, registry, found))
    ]
    _check_paths(exposed, found)
    _check_hosts(exposed, found)
    return [_route(item) for item in exposed], [flow for item in exposed for flow in _flows(item, registry)]


def _exposed(entry: Entry, form: UrlForm, registry: Registry, found: list[Problem]) -> Exposed | None:
    gate = _gate(form, registry, found)
    port = _port(entry, form, found)
    if gate is None or port is None:
        return None
    if gate.controller.strict_paths and not set(form.url.path) <= _STRICT:
        message = (
            f"{gate.entrypoint.class_name} takes only letters, digits, '.', '-', '_' and '/' in {shown(form.url.path)}"
        )
        found.append(Problem("route-path", form.spot.value(), message))
    item = Exposed(entry, form, gate, port)
    if gate.controller.needs_secret and (_tls(item) or Tls("")).secret is None:
        message = f"{gate.entrypoint.class_name} serves an https host only with a Secret that the Ingress names"
        fix = "write tls: secret NAME or tls: cert-manager/ISSUER under the entry point"
        found.append(Problem("certificate-missing", form.spot.value(), message, fix=fix))
    return item


def _gate(form: UrlForm, registry: Registry, found: list[Problem]) -> Gate | None:
    gates = registry.platform.gates
    host = form.url.host
    if form.via is not None:
        named = [gate for gate in gates if gate.entrypoint.name == form.via]
        if not named:
            names = tuple(gate.entrypoint.name for gate in gates)
            message = f"no entry point {shown(form.via)}{suggestion(form.via, names)}"
            found.append(Problem("entrypoint-unknown", form.spot.at("via").value(), message))
        return named[0] if named else None
    exact = [gate for gate in gates if host in gate.hosts]
    wild = [gate for gate in gates if gate.serves(host)]
    fitting = exact or [gate for gate in wild if gate.hosts] or wild
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        names = tuple(gate.entrypoint.name for gate in fitting)
        message = f"{shown(host)} is served by several entry points: {', '.join(names)}"
        found.append(Problem("entrypoint-ambiguous", form.spot.value(), message, fix=f"write via: {names[0]}"))
    else:
        found.append(_no_gate(form, registry))
    return None


def _no_gate(form: UrlForm, registry: Registry) -> Problem:
    host = form.url.host
    gates = registry.platform.gates
    if not gates:
        fix = "give --ingress CLASS, or in the Platform write  entrypoints: {NAME: {ingress: CLASS}}"
        message = f"no entry point can serve {shown(host)}: there is none"
        return Problem("entrypoint-missing", form.spot.value(), message, fix=fix)
    notes = tuple(f"{gate.entrypoint.name} serves {', '.join(gate.hosts)}" for gate in gates)
    fix = f"in the Platform add {host} to the hosts of an entry point"
    return Problem("entrypoint-missing", form.spot.value(), f"no entry point serves {shown(host)}", notes, fix)


def _port(entry: Entry, form: UrlForm, found: list[Problem]) -> Port | None:
    place = form.spot.value()
    ports = entry.app.ports
    if entry.form.unclear:
        return None
    if entry.form.service is None or not ports:
        code, what = ("no-ports", "port") if not ports else ("service-needed", "Service")
        found.append(Problem(code, place, f"{entry.key} has no {what} that a route could lead to"))
        return None
    named = [port for port in ports if port.name == form.port] if form.port is not None else list(ports)
    listed = ", ".join(port.name for port in ports)
    if len(named) > 1:
        fix = f"write expose: {{{ports[0].name}: ...}}"
        message = f"{entry.key} has several ports, and the URL names none"
        found.append(Problem("ambiguous-port", place, message, (f"its ports: {listed}",), fix))
        return None
    if not named:
        near = suggestion(form.port or "", tuple(port.name for port in ports))
        message = f"{entry.key} has no port {shown(form.port or '')}{near}"
        found.append(Problem("unknown-port", place, message, (f"its ports: {listed}",)))
        return None
    if any(port.opaque for port in entry.form.ports if (port.name or "main") == named[0].name):
        message = f"{named[0].name} is written as plain {named[0].protocol}, and a URL needs HTTP"
        fix = "write the port without its transport, or expose: loadBalancer"
        found.append(Problem("bad-exposure", place, message, fix=fix))
    return named[0]


def _route(item: Exposed) -> Route:
    return Route(
        document=item.entry.document.name,
        entrypoint=item.gate.entrypoint,
        host=item.form.url.host,
        path=item.form.url.path,
        exact=item.form.exact,
        tls=_tls(item),
        app=item.entry.key,
        service=own_name(item.entry),
        service_port=item.port.service,
        labels=object_labels(item.entry.document, None),
        annotations=item.entry.app.annotations,
        spot=item.form.spot,
    )


def _tls(item: Exposed) -> Tls | None:
    if not item.form.url.https:
        return None
    if item.form.secret or item.gate.secret:
        return Tls(item.form.secret or item.gate.secret)
    if item.gate.issuer:
        secret = item.form.url.host.replace("*", "wildcard") + "-tls"
        return Tls(secret, ((ISSUER, item.gate.issuer),))
    return Tls(None)


def _flows(item: Exposed, registry: Registry) -> Iterable[Flow]:
    """Yield the flow from the data plane, and its egress half where the data plane is an app of a spec."""
    plane = item.gate.entrypoint.data_plane
    app = item.entry.app
    ports = matches((item.port,))
    intent = f"entrypoint {item.gate.entrypoint.name} -> {app.key}{ports_text(ports)}"
    yield Flow(plane, app.pods, ports, None, app.key, intent, "", item.form.spot)
    for source in registry.matching(plane):
        yield Flow(source.app.pods, app.pods, ports, source.key, None, intent, "", item.form.spot)


def _check_paths(exposed: list[Exposed], found: list[Problem]) -> None:
    seen: dict[tuple[str, str, str, bool], Exposed] = {}
    for item in exposed:
        first = seen.setdefault((item.gate.entrypoint.name, item.form.url.host, item.path, item.form.exact), item)
        if first is not item:
            url = item.form.url
            message = f"{url.host}{url.path} leads to {item.entry.key}, and to {first.entry.key} already"
            notes = (f"{first.entry.key} claims it at {place_text(first.form.spot)}",)
            found.append(Problem("route-duplicate", item.form.spot.value(), message, notes))


def _check_hosts(exposed: list[Exposed], found: list[Problem]) -> None:
    """Refuse a host with and without TLS at one entry point, and a host whose certificate would be issued twice."""
    hosts: dict[tuple[str, str], list[Exposed]] = defaultdict(list)
    issuers: dict[str, dict[tuple[str, str, str], Exposed]] = defaultdict(dict)
    secrets: dict[tuple[str, str, str, str], Exposed] = {}
    for item in exposed:
        host, name, document = item.form.url.host, item.gate.entrypoint.name, item.entry.document
        first = hosts[name, host][0] if hosts[name, host] else item
        hosts[name, host].append(item)
        if first.form.url.https != item.form.url.https:
            message = f"{shown(host)} is exposed with http:// here and with https:// elsewhere, or the reverse"
            found.append(
                Problem("scheme-mixed", item.form.spot.value(), message, (f"see {place_text(first.form.spot)}",))
            )
            continue
        tls = _tls(item)
        ingress = (document.namespace, document.name, name)
        if tls and tls.annotations:
            issuers[host].setdefault(ingress, item)
        before = secrets.setdefault((*ingress, host), item)
        if (_tls(before) or Tls(None)).secret != (tls or Tls(None)).secret:
            message = f"{shown(host)} has two certificates in one Ingress; a host has one"
            found.append(
                Problem("certificate-shared", item.form.spot.value(), message, (f"see {place_text(before.form.spot)}",))
            )
    for host, items in issuers.items():
        found.extend(_issued_twice(host, list(items.values())))


def _issued_twice(host: str, items: list[Exposed]) -> list[Problem]:
    first = items[0]
    return [
        Problem(
            "certificate-shared",
            item.form.spot.value(),
            f"{item.entry.key} and {first.entry.key} would each have a certificate issued for {shown(host)}",
            (f"see {place_text(first.form.spot)}",),
            "let the entry point hold it: tls: controller or tls: secret NAME",
        )
        for item in items[1:]
    ]
