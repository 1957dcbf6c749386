"""The ways that lead to apps: Services, and routes through entry points."""

from __future__ import annotations

from dataclasses import field
from typing import NamedTuple

from netgen.intent.ends import AppKey, Entities, Pairs, Pods
from netgen.records import record
from netgen.source import Spot


class ServicePort(NamedTuple):
    """A port of a Service; *target* is the container port."""

    name: str
    port: int
    target: int
    protocol: str
    app_protocol: str | None = None
    node_port: int | None = None


@record
class Service:
    """A Service of *app*: *type* is ClusterIP, NodePort or LoadBalancer; *headless* goes with ClusterIP only.

    An *existing* one is somebody else's and is not rendered; it leads to the app by *ports*, and what else it has is
    not known.
    *affinity_seconds* is None without session affinity, 0 for ClientIP with the cluster's default time-out.
    """

    name: str
    app: AppKey
    type: str
    selector: Pairs
    ports: tuple[ServicePort, ...]
    labels: Pairs
    annotations: Pairs
    intent: str
    headless: bool = False
    affinity_seconds: int | None = None
    local_traffic: bool = False
    source_ranges: tuple[str, ...] = ()
    load_balancer_class: str | None = None
    existing: bool = False
    spot: Spot = field(compare=False, repr=False, kw_only=True)


class Gateway(NamedTuple):
    """A Gateway of the Gateway API, and the *section* of it to which routes are attached; empty: all that take them."""

    namespace: str
    name: str
    section: str = ""

    def __str__(self) -> str:
        """Return it as a Platform writes it: `infra/partner:https`."""
        return f"{self.namespace}/{self.name}:{self.section}" if self.section else f"{self.namespace}/{self.name}"


class EntryPoint(NamedTuple):
    """A way into the cluster: an Ingress class or a Gateway, and the data plane behind it, its pods or an entity.

    At a *gateway* routes are HTTPRoutes, and *class_name* is empty.
    *secure* are the annotations that an https host needs from this controller (its redirect), *annotations* those of
    every Ingress or HTTPRoute. *internal*: the internet does not reach it.
    """

    name: str
    class_name: str
    data_plane: Pods | Entities
    annotations: Pairs
    secure: Pairs
    internal: bool = False
    gateway: Gateway | None = None

    @property
    def door(self) -> str:
        """Return what serves its routes, the class or the Gateway: no class has a slash in its name."""
        return str(self.gateway) if self.gateway else self.class_name

    def is_beside(self, other: EntryPoint) -> bool:
        """Return whether *other* is served by the same door: of a Gateway without a listener each one is."""
        if self.gateway is None or other.gateway is None:
            return self.door == other.door
        alike = self.gateway._replace(section="") == other.gateway._replace(section="")
        here, there = self.gateway.section, other.gateway.section
        return alike and (here == there or not (here and there))

    @property
    def served(self) -> str:
        """Return what serves its routes as a message says it."""
        return f"the Gateway {self.gateway}" if self.gateway else f"the Ingress class {self.class_name}"

    @property
    def kind(self) -> str:
        """Return the kind of the objects that hold its routes."""
        return "HTTPRoute" if self.gateway else "Ingress"


class Tls(NamedTuple):
    """How a host gets its certificate: *secret* is None where the controller, or the listener, holds it."""

    secret: str | None
    annotations: Pairs = ()


@record
class Route:
    """One host and path of an entry point, led to a Service port of *app*; *tls* is None for plain HTTP.

    *ingress* is the name of the object that holds it, where the spec gives one: of one document, host and entry point.
    """

    document: str
    entrypoint: EntryPoint
    host: str
    path: str
    exact: bool
    tls: Tls | None
    app: AppKey
    service: str
    service_port: int
    labels: Pairs
    annotations: Pairs
    ingress: str | None = None
    spot: Spot = field(compare=False, repr=False, kw_only=True)
