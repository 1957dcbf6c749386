"""What a set of specs means: apps, the flows between them, Services and routes. Frozen and sorted; look-ups only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import NamedTuple

from netgen.records import record
from netgen.source import Spot

Pairs = tuple[tuple[str, str], ...]
"""A map of text to text (labels, annotations) as pairs sorted by key."""


class Expression(NamedTuple):
    """One matchExpressions item of a LabelSelector: *operator* is In, NotIn, Exists or DoesNotExist."""

    key: str
    operator: str
    values: tuple[str, ...] = ()


class Selector(NamedTuple):
    """A LabelSelector; the empty one selects every pod, and only a word for "all" in a spec makes it."""

    labels: Pairs = ()
    expressions: tuple[Expression, ...] = ()


EVERY_POD = Selector()


class Pods(NamedTuple):
    """The pods that *selector* matches in *namespace*; None stands for every namespace."""

    namespace: str | None
    selector: Selector = EVERY_POD


class Block(NamedTuple):
    """The addresses of *cidr* without those of *excluded*, each of which lies strictly inside it."""

    cidr: str
    excluded: tuple[str, ...] = ()


class Addresses(NamedTuple):
    """A non-empty set of address blocks."""

    blocks: tuple[Block, ...]


Peer = Pods | Addresses


class Everybody(Enum):
    """Every pod, node and address, as one end of a flow: a rule that names no peers."""

    EVERYBODY = "everybody"


EVERYBODY = Everybody.EVERYBODY


class PortMatch(NamedTuple):
    """What a flow opens at the pod: one container port, or every port of *protocol* where *port* is None."""

    protocol: str
    port: int | None = None


class Port(NamedTuple):
    """A port of an app: *service* is dialled, *container* listens; *protocol* is TCP, UDP or SCTP."""

    name: str
    service: int
    container: int
    protocol: str
    app_protocol: str | None = None


class AppKey(NamedTuple):
    """The identity of an app: unique in a run."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@record
class App:
    """A workload that policies hold.

    *ingress* and *egress* say in which directions it is isolated; both are False on the host network, where no policy
    holds. *labels* and *annotations* are those of every object rendered for the app.
    """

    key: AppKey
    selector: Selector
    ports: tuple[Port, ...]
    ingress: bool
    egress: bool
    host_network: bool
    why: str
    labels: Pairs
    annotations: Pairs
    spot: Spot = field(compare=False, repr=False)

    @property
    def pods(self) -> Pods:
        """Return the app as a peer."""
        return Pods(self.key.namespace, self.selector)


@record
class Flow:
    """One permission: *source* may open *ports* of *target*.

    The ingress half is written at *target_app*, the egress half at *source_app*; an end that is None is held by no
    policy of this run. An empty *ports* stands for every port of every protocol. *intent* is the comment of the
    rendered rule, `storefront/web -> checkout/cart:8080`.
    """

    source: Peer | Everybody
    target: Peer | Everybody
    ports: tuple[PortMatch, ...]
    source_app: AppKey | None
    target_app: AppKey | None
    intent: str
    why: str
    spot: Spot = field(compare=False, repr=False)


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
    """A way into the cluster: an Ingress class and the pods of its controller's data plane.

    *secure* are the annotations that an https host needs from this controller (its redirect), *annotations* those of
    every Ingress. *internal*: the internet does not reach it.
    """

    name: str
    class_name: str
    data_plane: Pods
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


@record
class IsolatedNamespace:
    """A namespace whose pods are all closed, in both directions, unless an app says otherwise."""

    namespace: str
    document: str
    labels: Pairs
    annotations: Pairs
    spot: Spot = field(compare=False, repr=False)


@record
class Claim:
    """That nothing of *source* but *exempt* can open *ports* of *target*: it is proved, and nothing is rendered for it.

    An empty *ports* stands for every port of every protocol. *title* is the claim as it is written; *notes* are
    sentences about how it is taken (a host name as the internet, an HTTP rule as its port). *spares_system*: pods of
    kube-system are exempt without being written.
    """

    title: str
    source: Peer
    exempt: tuple[Peer, ...]
    target: Peer
    ports: tuple[PortMatch, ...]
    why: str
    notes: tuple[str, ...]
    spares_system: bool
    spot: Spot = field(compare=False, repr=False)


@dataclass(frozen=True)
class Intent:
    """The whole meaning of a run, each part sorted, independent of the order in which it was written.

    *kubernetes* is the (major, minor) version of the cluster, None where the platform does not say; *pod_ranges* and
    *node_ranges* are the CIDRs of its pods and nodes, *server_ranges* those of its API servers, empty where they are
    unknown. *owners* are those of namespaces.
    """

    apps: tuple[App, ...]
    flows: tuple[Flow, ...]
    services: tuple[Service, ...]
    routes: tuple[Route, ...]
    isolated: tuple[IsolatedNamespace, ...]
    kubernetes: tuple[int, int] | None = None
    pod_ranges: tuple[str, ...] = ()
    node_ranges: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    owners: Pairs = ()
    server_ranges: tuple[str, ...] = ()

    @cached_property
    def flows_to(self) -> dict[AppKey, tuple[Flow, ...]]:
        """Return, for each app that something may reach, the flows whose ingress half it holds."""
        return _grouped((flow.target_app, flow) for flow in self.flows)

    @cached_property
    def flows_from(self) -> dict[AppKey, tuple[Flow, ...]]:
        """Return, for each app that may reach something, the flows whose egress half it holds."""
        return _grouped((flow.source_app, flow) for flow in self.flows)


def _grouped(pairs: Iterable[tuple[AppKey | None, Flow]]) -> dict[AppKey, tuple[Flow, ...]]:
    groups: dict[AppKey, list[Flow]] = {}
    for key, flow in pairs:
        if key is not None:
            groups.setdefault(key, []).append(flow)
    return {key: tuple(flows) for key, flows in groups.items()}
