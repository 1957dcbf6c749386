"""The routes that the Intent asks for, held against Ingresses and HTTPRoutes: paths, certificates, annotations."""

from __future__ import annotations

from collections.abc import Iterator

from netgen.evaluate.objects.model import Cluster
from netgen.evaluate.objects.ways import INGRESS, IngressObject, IngressRule, door_of
from netgen.intent import Intent, Route
from netgen.problems import Problem
from netgen.records import record
from netgen.verify.reading import body, items, lacking, step, unasked
from netgen.verify.unasked import Leads

_FIX = "see what changed it after it was rendered"
_SPOKEN = ("Ingress", "HTTPRoute")


@record
class _Way:
    """A path of an Ingress or HTTPRoute; *port* is the number of the Service's port, where its name says one."""

    ingress: IngressObject
    rule: IngressRule
    port: int | str

    @property
    def key(self) -> tuple[object, ...]:
        """Return all that a route says too."""
        return self._as(self.rule.type)

    @property
    def usual(self) -> tuple[object, ...]:
        """Return the same with the type that controllers give a path which leaves it to them."""
        return self._as("Prefix" if self.rule.type == "ImplementationSpecific" else self.rule.type)

    def _as(self, kind: str) -> tuple[object, ...]:
        door, host, path = self.ingress.class_name, self.rule.host, self.rule.path
        return (
            door,
            host,
            path,
            self.ingress.namespace,
            kind,
            *self.ingress.backend(self.rule),
            self.port,
            self.rule.beside,
        )


def differences(intent: Intent, cluster: Cluster, leads: Leads) -> Iterator[Problem]:
    """Yield each route that is not as *intent* says it, and each that leads to an app although it does not say so."""
    there = list(_ways(cluster))
    keys: dict[tuple[object, ...], list[_Way]] = {}
    for way in there:
        keys.setdefault(way.key, []).append(way)
    wanted = {_key(route): route for route in intent.routes}
    own = {app.key: dict(app.annotations) for app in intent.apps}
    for key, route in wanted.items():
        for way in keys.get(key, ()):
            yield from _held(route, way, own[route.app])
        if key not in keys:
            gate = route.entrypoint
            of = f"{gate.kind} of {'the Gateway' if gate.gateway else 'class'} {gate.door}"
            message = f"no {of} leads {route.host}{route.path} to {route.app}"
            yield Problem("route-differs", route.spot.value(), message, fix=_FIX)
    yield from _beside(wanted, keys)
    taken = _taken(intent)
    for way in there:
        if way.key not in wanted and way.usual not in wanted:
            yield from _unasked(way, next(_rivals(way, taken), None), leads)


_Taken = dict[tuple[str, str, str], list[tuple[str, Route]]]


def _taken(intent: Intent) -> _Taken:
    """Return the routes by what a client asks for, at a class or Gateway, each with its listener."""
    found: _Taken = {}
    for route in intent.routes:
        whole, section = door_of(route.entrypoint.door)
        found.setdefault((whole, route.host, _bare(route.path)), []).append((section, route))
    return found


def _rivals(way: _Way, taken: _Taken) -> Iterator[Route]:
    """Yield the routes whose requests *way* takes too: at one listener, or where one of the two is at all of them."""
    for whole, section in way.ingress.doors:
        for other, route in taken.get((whole, way.rule.host, _bare(way.rule.path)), ()):
            if section == other or not (section and other):
                yield route


def _bare(path: str) -> str:
    """Return *path* as a prefix is matched: with and without its last slash."""
    return path.rstrip("/")


def _key(route: Route) -> tuple[object, ...]:
    kind = "Exact" if route.exact else "Prefix"
    address, space = (route.entrypoint.door, route.host, route.path), route.app.namespace
    return (*address, space, kind, space, route.service, route.service_port, "")


def _ways(cluster: Cluster) -> Iterator[_Way]:
    named = {
        (one.namespace, one.name, port.name): port.port for one in cluster.services for port in one.ports if port.name
    }
    for ingress in cluster.ingresses:
        for rule in ingress.rules:
            port = rule.port
            if isinstance(port, str):
                port = named.get((*ingress.backend(rule), port), port)
            yield _Way(ingress, rule, port)


def _held(route: Route, way: _Way, own: dict[str, str]) -> Iterator[Problem]:
    """Yield what the object that leads *route* lacks: its certificate, and what its controller is told."""
    for what in _differs(route, way, own):
        place = way.ingress.spot.value() if way.ingress.spot else None
        yield Problem("route-differs", place, f"the {way.ingress.titled} {what}", fix=_FIX)


def _differs(route: Route, way: _Way, own: dict[str, str]) -> Iterator[str]:
    meant, there = _certificate(route.tls.secret if route.tls else None, tls=route.tls is not None), _tls(way)
    if there != meant and route.entrypoint.gateway is None:
        yield f"serves {route.host} {there}; the spec means {meant}"
    annotations = dict(route.entrypoint.secure) | dict(route.tls.annotations) if route.tls else {}
    written = {key: value for key, value in route.annotations if own.get(key) != value}
    asked = {**annotations, **dict(route.entrypoint.annotations), **written}
    for key, value in lacking(asked.items(), way.ingress.spot) if asked else ():
        yield f"lacks the annotation {key}: {value}"


def _beside(wanted: dict[tuple[object, ...], Route], keys: dict[tuple[object, ...], list[_Way]]) -> Iterator[Problem]:
    """Yield the unsafe annotations of objects that lead routes, where none of these routes has them."""
    asked: dict[IngressObject, set[tuple[str, str]]] = {}
    for key, route in wanted.items():
        pairs = {*route.annotations, *route.entrypoint.annotations}
        for way in keys.get(key, ()):
            asked.setdefault(way.ingress, set()).update(pairs)
    for ingress, pairs in asked.items():
        for key_there, what in unasked(pairs, ingress.spot):
            place = ingress.spot.value() if ingress.spot else None
            message = f"the {ingress.titled} has the annotation {key_there}, which {what}; the spec does not mean it"
            yield Problem("route-differs", place, message, fix=_FIX)


def _tls(way: _Way) -> str:
    """Return how the Ingress of *way* serves the host, as a phrase."""
    every: str | None = None
    for entry in items(step(body(way.ingress.spot), "spec", "tls")):
        secret, hosts = step(entry, "secretName"), step(entry, "hosts")
        said = _certificate(secret if isinstance(secret, str) and secret else None, tls=True)
        if not {way.rule.host, f"*.{way.rule.host.partition('.')[2]}"}.isdisjoint(map(str, items(hosts))):
            return said
        if not hosts:
            every = f"{said}, as every host"
    return every or _certificate(None, tls=False)


def _certificate(secret: str | None, *, tls: bool) -> str:
    if not tls:
        return "without TLS"
    return f"with the certificate in the Secret {secret}" if secret else "with a certificate that its controller holds"


def _unasked(way: _Way, route: Route | None, leads: Leads) -> Iterator[Problem]:
    rule, (namespace, name) = way.rule, way.ingress.backend(way.rule)
    shown = f"{rule.host}{rule.path}" or "all that nothing else takes"
    what = f"{'an' if way.ingress.kind in _SPOKEN else 'a'} {way.ingress.kind}"
    what += f" of the {way.ingress.at} leads {shown}" if way.ingress.kind != INGRESS else f" leads {shown}"
    message, fix = f"{what} to the Service {namespace}/{name}" if name else f"{what} to no Service", ""
    message += f" ({rule.beside})" if rule.beside else ""
    app = leads.app(namespace, name)
    if app:
        by = "" if leads.is_meant(namespace, name) else f" of {app}"
        message, fix = f"{message}{by}, which no spec says", "expose it in the spec, or remove it"
    elif route:
        message, fix = f"{message}, where the spec says {route.app}", "remove it, or take the URL out of the spec"
    if fix:
        yield Problem("route-differs", rule.spot.value() if rule.spot else None, message, fix=fix)
