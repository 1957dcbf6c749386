"""HTTPRoutes of gateway.networking.k8s.io/v1: what Ingresses are at an Ingress class, at a Gateway."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from markupsafe import Markup

from netgen.intent import Gateway, Intent, Route
from netgen.naming import fitting
from netgen.quoting import comment
from netgen.render.backends.ingress import about, order, together
from netgen.render.planned import Metadata, Planned, Rank

TEMPLATE = "gateway/httproute.yaml.j2"
MOST_RULES = 16
"""So many rules an HTTPRoute has at most; more paths of a host are held by several."""


class RuleView(NamedTuple):
    """One path of a host; *app* is its comment."""

    app: Markup
    path: str
    type: str
    service: str
    port: int


class RouteView(NamedTuple):
    """What the template of an HTTPRoute prints."""

    metadata: Metadata
    gateway: Gateway
    host: str
    rules: tuple[RuleView, ...]


def plan(intent: Intent) -> Iterator[Planned]:
    """Yield the HTTPRoutes that hold the routes of *intent* that go through a Gateway."""
    for routes in together(route for route in intent.routes if route.entrypoint.gateway):
        ordered = sorted(routes, key=order)
        metadata = about(ordered)
        for number, first in enumerate(range(0, len(ordered), MOST_RULES), 1):
            name = metadata.name if number == 1 else fitting(f"{metadata.name}-{number}")
            view = _view(metadata._replace(name=name), ordered[first : first + MOST_RULES])
            yield Planned(Rank.ROUTE, TEMPLATE, view, routes[0].spot)


def _view(metadata: Metadata, routes: list[Route]) -> RouteView:
    gateway = routes[0].entrypoint.gateway
    if gateway is None:
        raise ValueError(f"{metadata.name} is to be attached to no Gateway")
    return RouteView(metadata, gateway, routes[0].host, tuple(map(_rule, routes)))


def _rule(route: Route) -> RuleView:
    return RuleView(
        app=comment(str(route.app)),
        path=route.path,
        type="Exact" if route.exact else "PathPrefix",
        service=route.service,
        port=route.service_port,
    )
