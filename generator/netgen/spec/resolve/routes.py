"""Exposed URLs -> routes of the entry points, and the flows from their data planes."""

from __future__ import annotations

from collections import defaultdict

from netgen.intent import Entities, Flow, Port, Route, Tls
from netgen.naming import fitting
from netgen.problems import Problem
from netgen.profiles import Feature
from netgen.records import record
from netgen.spec.forms.exposures import UrlForm
from netgen.spec.forms.text import shown, suggestion
from netgen.spec.gates import Gate
from netgen.spec.resolve import spans
from netgen.spec.resolve.calls import matches
from netgen.spec.resolve.consent import served
from netgen.spec.resolve.features import enforceable
from netgen.spec.resolve.instead import url_with_gate, url_with_port
from netgen.spec.resolve.outside import by_name
from netgen.spec.resolve.platform_pods import PlatformPods, inward_flows, platform_pods
from netgen.spec.resolve.registry import Entry, Registry, object_labels, place_text

ISSUER = "cert-manager.io/cluster-issuer"
_STRICT = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_/")
"""What ingress-nginx takes in Exact and Prefix paths (its strict-validate-path-type, on by default)."""


@record
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
    _check_annotations(exposed, found)
    _check_paths(exposed, found)
    _check_hosts(exposed, found)
    _check_names(exposed, found)
    return [_route(item) for item in exposed], _flows(exposed, registry, found)


def _exposed(entry: Entry, form: UrlForm, registry: Registry, found: list[Problem]) -> Exposed | None:
    gate = _gate(form, registry, found)
    port = _port(entry, form, found)
    if gate is None or port is None:
        return None
    if gate.controller.strict_paths and not set(form.url.path) <= _STRICT:
        message = f"{gate.entrypoint.class_name} takes only letters, digits, '.', '-', '_' and '/' in a path"
        found.append(Problem("route-path", form.path_place, message))
    item = Exposed(entry, form, gate, port)
    is_clear = "entrypoints" not in registry.platform.unclear
    if is_clear and gate.controller.needs_secret and (_tls(item) or Tls("")).secret is None:
        message = f"{gate.entrypoint.class_name} serves an https host only with a Secret that the Ingress names"
        fix = "write {url: ..., tls: {secret: NAME}}, or under the entry point  tls: secret NAME or cert-manager/ISSUER"
        found.append(Problem("certificate-missing", form.place, message, fix=fix))
    return item


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
        fix = "give --ingress CLASS, or in the Platform write  entrypoints: {NAME: {ingress: CLASS}}"
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
        tls=_tls(item),
        app=item.entry.key,
        service=item.entry.service_name,
        service_port=item.port.service,
        labels=object_labels(item.entry.document, None),
        annotations=item.entry.app.annotations,
        ingress=item.form.name,
        spot=item.form.spot,
    )


def _tls(item: Exposed) -> Tls | None:
    if not item.form.url.https:
        return None
    if item.form.secret or item.gate.secret:
        return Tls(item.form.secret or item.gate.secret)
    if item.gate.issuer:
        host = item.form.url.host
        secret = f"{host.removeprefix('*.')}-wildcard-tls" if host.startswith("*.") else f"{host}-tls"
        return Tls(fitting(secret), ((ISSUER, item.gate.issuer),))
    return Tls(None)


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
        what = f"the proxy of class {gate.entrypoint.class_name}, which serves {used[0].form.url.host}, is no pod"
        enforceable(Feature.ENTITIES, place, what, registry.platform, found)
    return platform_pods(plane, registry)


def _check_annotations(exposed: list[Exposed], found: list[Problem]) -> None:
    """Refuse annotations of a document that would change what an entry point says of its Ingresses."""
    told = set()
    for item in exposed:
        tls, entrypoint, document = _tls(item), item.gate.entrypoint, item.entry.document
        profile, certificate = (dict(entrypoint.secure), dict(tls.annotations)) if tls else ({}, {})
        said = profile | dict(entrypoint.annotations) | certificate
        for key, value in document.annotations:
            if said.get(key, value) != value and (document.spot, key) not in told:
                told.add((document.spot, key))
                place = document.spot.at("metadata", "annotations", key).key()
                message = f"{shown(key)} is {shown(said[key])} at the entry point {entrypoint.name}"
                found.append(Problem("annotation-conflict", place, message, fix="leave it out here"))


def _check_paths(exposed: list[Exposed], found: list[Problem]) -> None:
    """Refuse a host and path twice in one Ingress class: its controller looks at all entry points of the class."""
    claims: dict[tuple[str, str, str, bool], list[Exposed]] = defaultdict(list)
    for item in exposed:
        claims[item.gate.entrypoint.class_name, item.form.url.host, item.path, item.form.exact].append(item)
    for rivals in claims.values():
        first, *others = sorted(rivals, key=_position) if len(rivals) > 1 else rivals
        # With two schemes at one entry point it is the scheme that is wrong.
        unmixed = [it for it in others if it.form.url.https == first.form.url.https]
        found.extend(_claimed_twice(first, item) for item in unmixed)


def _check_names(exposed: list[Exposed], found: list[Problem]) -> None:
    """Refuse a name for two Ingresses: each holds one host of one document at one entry point."""
    holders: dict[tuple[str, str], Exposed] = {}
    for item in sorted((item for item in exposed if item.form.name), key=_position):
        first = holders.setdefault((item.entry.key.namespace, item.form.name or ""), item)
        if _holder(first) != _holder(item):
            what = f"Ingress {item.entry.key.namespace}/{item.form.name}"
            here, there = _held(first), _held(item)
            message = f"{what} holds {there} and {here}; an Ingress holds one host of a document at one entry point"
            notes = (f"the first stands at {place_text(first.form.place)}",)
            place = item.form.item.at("name").value()
            found.append(Problem("name-collision", place, message, notes, "give one of the two another name"))


def _holder(item: Exposed) -> tuple[str, str, str]:
    return item.entry.document.name, item.gate.entrypoint.name, item.form.url.host


def _held(item: Exposed) -> str:
    return f"{item.form.url.host} of {item.entry.document.name} at {item.gate.entrypoint.name}"


def _position(item: Exposed) -> tuple[str, int, int]:
    place = item.form.place
    return place.file, place.line, place.column


def _claimed_twice(first: Exposed, item: Exposed) -> Problem:
    url = item.form.url
    message = f"{url.host}{url.path} leads to {item.entry.key}, and to {first.entry.key} already"
    if item.entry is first.entry:
        message = f"{item.entry.key} exposes {url.host}{url.path} twice"
    notes = (f"{first.entry.key} claims it at {place_text(first.form.place)}",)
    return Problem("route-duplicate", item.form.place, message, notes, "give one of them another path")


def _check_hosts(exposed: list[Exposed], found: list[Problem]) -> None:
    """Refuse a host with and without TLS in one Ingress class, and a host whose certificate would be issued twice."""
    hosts: dict[tuple[str, str], list[Exposed]] = defaultdict(list)
    issuers: dict[str, dict[tuple[str, str | None], Exposed]] = defaultdict(dict)
    secrets: dict[tuple[str, str, str, str], Exposed] = {}
    for item in exposed:
        host, name, document = item.form.url.host, item.gate.entrypoint.class_name, item.entry.document
        first = hosts[name, host][0] if hosts[name, host] else item
        hosts[name, host].append(item)
        if first.form.url.https != item.form.url.https:
            here, there = ("https", "http") if item.form.url.https else ("http", "https")
            message = f"{shown(host)} is exposed with {here}:// here and with {there}:// by {first.entry.key}"
            notes = (f"see {place_text(first.form.place)}",)
            found.append(Problem("scheme-mixed", item.form.place, message, notes, "write one scheme for the host"))
            continue
        tls = _tls(item)
        ingress = (document.namespace, document.name, name)
        if tls and tls.annotations:
            issuers[host].setdefault((document.namespace, item.gate.issuer), item)
        before = secrets.setdefault((*ingress, host), item)
        if _tls(before) != tls:
            message = f"{shown(host)} has another certificate here than for {before.entry.key}; a host has one"
            notes = (f"see {place_text(before.form.place)}",)
            found.append(Problem("certificate-shared", item.form.place, message, notes, "name one Secret for the host"))
    for host, items in issuers.items():
        found.extend(_issued_twice(host, list(items.values())))


def _issued_twice(host: str, items: list[Exposed]) -> list[Problem]:
    first = items[0]
    return [
        Problem(
            "certificate-shared",
            item.form.place,
            f"{item.entry.key} and {first.entry.key} would each have a certificate issued for {shown(host)}",
            (f"see {place_text(first.form.place)}",),
            "let the entry point hold it: tls: controller or tls: secret NAME",
        )
        for item in items[1:]
    ]
