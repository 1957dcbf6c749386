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


class EntryPoint(NamedTuple):
    """A way into the cluster: an Ingress class and the data plane of its controller, its pods or an entity.

    *secure* are the annotations that an https host needs from this controller (its redirect), *annotations* those of
    every Ingress. *internal*: the internet does not reach it.
    """

    name: str
    class_name: str
    data_plane: Pods | Entities
    annotations: Pairs
    secure: Pairs
    internal: bool = False


class Tls(NamedTuple):
    """How a host gets its certificate: *secret* is None where the controller holds it."""

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
