"""The routes of the Gateway API: HTTPRoutes, and those of other protocols as far as it counts where they lead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from netgen.evaluate.objects.kinds import ROUTE_GROUP
from netgen.evaluate.objects.values import items, mapping, namespace_name, text, whole
from netgen.evaluate.objects.ways import IngressObject, IngressRule
from netgen.evaluate.sets import FIRST, LAST
from netgen.source import Spot

HTTP = "HTTPRoute"

_TYPES = {"PathPrefix": "Prefix"}
_SPEC = frozenset(("parentRefs", "hostnames", "rules"))
_RULE = frozenset(("name", "matches", "backendRefs", "filters"))
_MOST = 1_000_000
"""The largest weight of a backend."""


class _Way(NamedTuple):
    """A host and path, and what is asked for *beside* these."""

    host: str
    path: str
    type: str
    beside: tuple[str, ...]


class _Backend(NamedTuple):
    """Where requests go: no *service* for what is no Service."""

    space: str
    service: str
    port: int
    beside: tuple[str, ...]
    spot: Spot


def route(body: dict[str, Any], kind: str, namespace: str, name: str, spot: Spot) -> IngressObject:
    """Return the route *body* of *kind*, with the defaults of its CustomResourceDefinition.

    Each host, path and backend is a rule of it, and so is what gets a copy of the requests. A route that is attached to
    nothing has none. Source: kubernetes-sigs/gateway-api apis/v1/httproute_types.go.
    """
    at = spot.at("spec")
    spec = mapping(body.get("spec"), at)
    parents = sorted(
        {_parent(mapping(one, place), namespace, place) for one, place in items(*_of(spec, "parentRefs", at))}
    )
    rules = tuple(_rules(spec, kind, namespace, at)) if parents else ()
    return IngressObject(namespace, name, ", ".join(parents), rules, spot, kind)


def _of(holder: dict[str, Any], key: str, spot: Spot) -> tuple[object, Spot]:
    return holder.get(key), spot.at(key)


def _parent(parent: dict[str, Any], namespace: str, spot: Spot) -> str:
    """Return what a route is attached to, as a Platform would have it."""
    kind, group = parent.get("kind") or "Gateway", parent.get("group", ROUTE_GROUP)
    space = namespace_name(parent.get("namespace") or namespace, spot.at("namespace"))
    found = f"{space}/{text(parent.get('name'), spot.at('name'))}"
    if parent.get("sectionName"):
        found += f":{text(parent['sectionName'], spot.at('sectionName'))}"
    if parent.get("port") is not None:
        found += f" port {whole(parent['port'], spot.at('port'), FIRST, LAST)}"
    return found if (kind, group) == ("Gateway", ROUTE_GROUP) else f"{kind} {found}"


def _rules(spec: dict[str, Any], kind: str, namespace: str, spot: Spot) -> Iterator[IngressRule]:
    hosts = [text(host, at) for host, at in items(*_of(spec, "hostnames", spot))] or [""]
    more = (() if kind == HTTP else (kind,)) + tuple(sorted(spec.keys() - _SPEC))
    listed = list(items(*_of(spec, "rules", spot))) or [({}, spot.at("rules"))]
    for item, at in listed:
        rule = mapping(item, at)
        own = (*more, *sorted(rule.keys() - _RULE), *_filters(rule, at))
        backends = list(_backends(rule, namespace, at)) or [_Backend("", "", 0, ("no backend",), at)]
        for host in hosts:
            for way in _matches(rule, kind, host, at):
                for one in backends:
                    beside = ", ".join(dict.fromkeys((*own, *way.beside, *one.beside)))
                    yield IngressRule(host, way.path, way.type, one.service, one.port, one.spot, one.space, beside)


def _matches(rule: dict[str, Any], kind: str, host: str, spot: Spot) -> Iterator[_Way]:
    if kind != HTTP:
        yield _Way(host, "", "", ("matches",) if rule.get("matches") else ())
        return
    for item, at in list(items(*_of(rule, "matches", spot))) or [({}, spot.at("matches"))]:
        match, place = mapping(item, at), at.at("path")
        path = mapping(match.get("path"), place)
        written = text(path.get("type") or "PathPrefix", place.at("type"))
        value = text(path.get("value") or "/", place.at("value"))
        yield _Way(host, value, _TYPES.get(written, written), tuple(sorted(match.keys() - {"path"})))


def _filters(holder: dict[str, Any], spot: Spot) -> Iterator[str]:
    """Yield the types of the filters of a rule or backend."""
    for item, at in items(*_of(holder, "filters", spot)):
        yield text(mapping(item, at).get("type"), at.at("type"))


def _backends(rule: dict[str, Any], namespace: str, spot: Spot) -> Iterator[_Backend]:
    """Yield where a rule leads: its backends, and those to which its filters send requests too."""
    listed = list(items(*_of(rule, "backendRefs", spot)))
    several = ("several backends",) if len(listed) > 1 else ()
    for item, at in listed:
        backend = mapping(item, at)
        yield _backend(backend, namespace, (*several, *_filters(backend, at)), at)
        yield from _copies(backend, namespace, at)
    yield from _copies(rule, namespace, spot)


def _copies(holder: dict[str, Any], namespace: str, spot: Spot) -> Iterator[_Backend]:
    for item, at in items(*_of(holder, "filters", spot)):
        for key, value in mapping(item, at).items():
            if isinstance(value, dict) and "backendRef" in value:
                place = at.at(key, "backendRef")
                yield _backend(mapping(value["backendRef"], place), namespace, (f"asked by {key}",), place)


def _backend(backend: dict[str, Any], namespace: str, beside: tuple[str, ...], spot: Spot) -> _Backend:
    name = text(backend.get("name"), spot.at("name"))
    if (backend.get("group") or "", backend.get("kind") or "Service") != ("", "Service"):
        return _Backend("", "", 0, (*beside, f"{backend.get('kind')} {name}"), spot)
    port = whole(backend.get("port"), spot.at("port"), FIRST, LAST)
    space = namespace_name(backend.get("namespace") or namespace, spot.at("namespace"))
    weight = backend.get("weight")
    idle = ("weight 0",) if weight is not None and whole(weight, spot.at("weight"), 0, _MOST) == 0 else ()
    return _Backend("" if space == namespace else space, name, port, (*beside, *idle), spot)
