"""The ways in from outside that appear or vanish: paths of Ingresses, and Services that open ports of nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from netgen.diff.changes import Change, Kind, Name, Sentence, Zone
from netgen.diff.origin import Origin, shown
from netgen.evaluate.objects.model import IngressObject, IngressRule, ServiceObject, ServicePort
from netgen.intent import Route

OUTER = ("LoadBalancer", "NodePort")


@dataclass(frozen=True, slots=True)
class _Way:
    """A *title* of sentences that leads to *target*, written at *place*."""

    title: Sentence
    target: str
    place: str
    zone: Zone = Zone.INTERNET


def exposures(old: Origin, new: Origin) -> Iterator[Change]:
    """Yield each way in that leads elsewhere than before, or that only one side has."""
    before, after = _routes(old), _routes(new)
    for key in sorted(before.keys() | after.keys()):
        yield from _change(before.get(key), after.get(key), "leads to ")
    services, others = _services(old), _services(new)
    for key in sorted(services.keys() | others.keys()):
        yield from _change(services.get(key), others.get(key), "opens ")


def _change(before: _Way | None, after: _Way | None, verb: str) -> Iterator[Change]:
    if after is not None and (before is None or before.target != after.target):
        was = (" (before: ", Name(before.target), ")") if before else ()
        sentence = (*after.title, f" now {verb}", Name(after.target), *was)
        yield Change(after.zone, Kind.EXPOSED, sentence, after.place)
    if before is not None and after is None:
        sentence = (*before.title, f" no longer {verb}", Name(before.target))
        yield Change(before.zone, Kind.WITHDRAWN, sentence, before.place)


def _routes(side: Origin) -> dict[tuple[str, ...], _Way]:
    meant = {_key(route): route for route in side.intent.routes} if side.intent else {}
    found: dict[tuple[str, ...], _Way] = {}
    for ingress in side.scene.cluster.ingresses:
        secure = _secure(ingress)
        for rule in ingress.rules:
            key = (ingress.namespace, ingress.class_name, rule.host, rule.path, rule.type)
            route = meant.get(key)
            place = shown(route.spot.value()) if route else f"Ingress {ingress}"
            zone = Zone.ACROSS if route and route.entrypoint.internal else Zone.INTERNET
            title = _url(rule, secure=rule.host in secure)
            target = f"{ingress.namespace}/{rule.service}:{rule.port}"
            found[(*key, str(title[0]))] = _Way(title, target, place, zone)
    return found


def _key(route: Route) -> tuple[str, ...]:
    kind = "Exact" if route.exact else "Prefix"
    return (route.app.namespace, route.entrypoint.class_name, route.host, route.path, kind)


def _url(rule: IngressRule, *, secure: bool) -> Sentence:
    if not rule.host and not rule.path:
        return (Name("every URL without a rule"),)
    url = f"{'https' if secure else 'http'}://{rule.host or '*'}{rule.path or '/'}"
    return (Name(url), " alone") if rule.type == "Exact" else (Name(url),)


def _secure(ingress: IngressObject) -> frozenset[str]:
    """Return the hosts that *ingress* serves with TLS."""
    if ingress.spot is None:
        return frozenset()
    spec = _map(_data(ingress), "spec")
    listed = spec.get("tls")
    hosts = [one.get("hosts") for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return frozenset(host for each in hosts if isinstance(each, list) for host in each if isinstance(host, str))


def _data(ingress: IngressObject) -> Mapping[str, Any]:
    data: Any = ingress.spot.document.data if ingress.spot else {}
    for step in ingress.spot.path if ingress.spot else ():
        data = data[step]
    return data if isinstance(data, dict) else {}


def _map(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def _services(side: Origin) -> dict[tuple[str, ...], _Way]:
    meant = {(one.app.namespace, one.name): one.spot for one in side.intent.services} if side.intent else {}
    found: dict[tuple[str, ...], _Way] = {}
    for service in side.scene.cluster.services:
        if service.type in OUTER:
            spot = meant.get((service.namespace, service.name))
            place = shown(spot.key()) if spot else f"Service {service}"
            for port in service.ports:
                number = port.node_port if service.type == "NodePort" and port.node_port else port.port
                key = (str(service), service.type, port.protocol, str(number))
                found[key] = _Way(("the ", f"{service.type} ", Name(str(service))), _target(service, port), place)
    return found


def _target(service: ServiceObject, port: ServicePort) -> str:
    if service.type == "LoadBalancer":
        return f"{port.port}/{port.protocol}"
    node = f"port {port.node_port}" if port.node_port else "a port"
    return f"{node} of every node for {port.port}/{port.protocol}"
