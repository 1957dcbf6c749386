"""Ingresses of networking.k8s.io/v1: one for each host of a document at an entry point, and for each name given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import reduce
from operator import and_
from typing import NamedTuple

from markupsafe import Markup

from netgen.intent import Intent, Pairs, Route
from netgen.naming import ingress_name
from netgen.quoting import comment
from netgen.render.planned import Metadata, Planned, Rank

TEMPLATE = "ingress/ingress.yaml.j2"
APP_LABEL = "app.kubernetes.io/name"


class PathView(NamedTuple):
    """One path of a host; *app* is its comment."""

    app: Markup
    path: str
    type: str
    service: str
    port: int


class IngressView(NamedTuple):
    """What the template of an Ingress prints; *secret* is None where the controller holds the certificate."""

    metadata: Metadata
    class_name: str
    host: str
    tls: bool
    secret: str | None
    paths: tuple[PathView, ...]


def plan(intent: Intent) -> Iterator[Planned]:
    """Yield the Ingresses that hold the routes of *intent*."""
    for routes in together(route for route in intent.routes if route.entrypoint.gateway is None):
        yield Planned(Rank.ROUTE, TEMPLATE, _view(sorted(routes, key=order)), routes[0].spot)


def together(routes: Iterable[Route]) -> Iterator[list[Route]]:
    """Yield those of *routes* that share an object: of one host of a document at one entry point."""
    groups: dict[tuple[str, str, str, str, str | None], list[Route]] = {}
    for route in routes:
        key = (route.app.namespace, route.document, route.entrypoint.name, route.host, route.ingress)
        groups.setdefault(key, []).append(route)
    for group in groups.values():
        first = group[0]
        if any((route.entrypoint, route.tls) != (first.entrypoint, first.tls) for route in group):
            raise ValueError(f"the routes of {first.host} in {first.document} differ in entry point or TLS")
        yield group


def order(route: Route) -> tuple[int, bool, str, str]:
    """Order paths as a controller looks at them: the longest first, an exact one before a prefix."""
    return (-len(route.path), not route.exact, route.path, route.app.name)


def _view(routes: list[Route]) -> IngressView:
    first = routes[0]
    return IngressView(
        metadata=about(routes),
        class_name=first.entrypoint.class_name,
        host=first.host,
        tls=first.tls is not None,
        secret=first.tls.secret if first.tls else None,
        paths=tuple(map(_path, routes)),
    )


def about(routes: list[Route]) -> Metadata:
    """Return the metadata of the object that holds *routes*."""
    first = routes[0]
    name = first.ingress or ingress_name(first.document, first.entrypoint.name, first.host)
    return Metadata(name, first.app.namespace, _labels(routes), _annotations(routes))


def _labels(routes: list[Route]) -> Pairs:
    """Return the labels that all *routes* share; the name of one app would be wrong for the others."""
    shared = reduce(and_, (set(route.labels) for route in routes))
    return tuple(sorted(pair for pair in shared if pair[0] != APP_LABEL))


def _annotations(routes: list[Route]) -> Pairs:
    entrypoint, tls = routes[0].entrypoint, routes[0].tls
    written = dict(_agreed(pair for route in routes for pair in route.annotations))
    profile, certificate = (dict(entrypoint.secure), dict(tls.annotations)) if tls else ({}, {})
    return tuple(sorted({**profile, **dict(entrypoint.annotations), **certificate, **written}.items()))


def _agreed(pairs: Iterable[tuple[str, str]]) -> Pairs:
    """Return *pairs* each once; one Ingress cannot hold two values of one annotation."""
    unique = set(pairs)
    if len(unique) != len({key for key, _ in unique}):
        raise ValueError("the routes of one host differ in an annotation")
    return tuple(unique)


def _path(route: Route) -> PathView:
    return PathView(
        app=comment(str(route.app)),
        path=route.path,
        type="Exact" if route.exact else "Prefix",
        service=route.service,
        port=route.service_port,
    )
