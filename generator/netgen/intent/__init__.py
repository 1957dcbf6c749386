"""What a set of specs means: apps, the flows between them, Services and routes. Frozen and sorted; look-ups only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from netgen.intent.ends import (
    EVERY_POD,
    EVERYBODY,
    Addresses,
    AppKey,
    Block,
    Entities,
    Entity,
    Everybody,
    Expression,
    HostName,
    Pairs,
    Peer,
    Pods,
    Port,
    PortMatch,
    Request,
    Selector,
)
from netgen.intent.ways import EntryPoint, Gateway, Route, Service, ServicePort, Tls
from netgen.records import record
from netgen.source import Spot

__all__ = [
    "EVERYBODY",
    "EVERY_POD",
    "Addresses",
    "App",
    "AppKey",
    "Block",
    "Claim",
    "Denial",
    "Entities",
    "Entity",
    "EntryPoint",
    "Everybody",
    "Expression",
    "Flow",
    "Gateway",
    "HostName",
    "Intent",
    "IsolatedNamespace",
    "Pairs",
    "Peer",
    "Permission",
    "Pods",
    "Port",
    "PortMatch",
    "Raw",
    "Request",
    "Route",
    "Selector",
    "Service",
    "ServicePort",
    "Tls",
]


@record
class App:
    """A workload that policies hold.

    *ingress* and *egress* say in which directions it is isolated; both are False on the host network, where no policy
    holds. *labels* and *annotations* are those of every object rendered for the app. *staged*: its policy is there to
    be watched, and closes nothing.
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
    staged: bool = False

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

    Where there are *requests*, only these pass, which the ingress half says. *looks_up*: it is for DNS, and what it
    answers tells the CNI the addresses of host names. *weakened* is what the spec asks for where the flow, by
    `enforce: l4`, opens more: a host name, or requests.
    """

    source: Peer | Everybody
    target: Peer | Everybody
    ports: tuple[PortMatch, ...]
    source_app: AppKey | None
    target_app: AppKey | None
    intent: str
    why: str
    spot: Spot = field(compare=False, repr=False)
    requests: tuple[Request, ...] = ()
    looks_up: bool = False
    weakened: HostName | tuple[Request, ...] | None = None


@record
class IsolatedNamespace:
    """A namespace whose pods are all closed, in both directions, unless an app says otherwise; *staged* as in App."""

    namespace: str
    document: str
    labels: Pairs
    annotations: Pairs
    spot: Spot = field(compare=False, repr=False)
    staged: bool = False


@record
class Claim:
    """That nothing of *source* but *exempt* can open *ports* of *target*: it is proved.

    An empty *ports* stands for every port of every protocol. *title* is the claim as it is written; *notes* are
    sentences about how it is taken (a host name as the internet, an HTTP rule as its port). *spares_system*: pods of
    kube-system are exempt without being written. *denied*: denials enforce it besides, for all pods. Where there are
    *requests*, only these are ruled out.
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
    denied: bool = False
    requests: tuple[Request, ...] = ()


@record
class Denial:
    """Connections that no policy may open: an object denies them, and isolates nothing.

    It holds *subject*, whose namespace is the object's; None is every namespace, and the object is the cluster's.
    *direction* is "ingress" (*peers* are who may not come in) or "egress" (where it may not go). An empty *ports*
    stands for every port of every protocol. *intent* is the claim that it is for, *name* that of the object.

    With a *priority* the object is the cluster's whatever it holds, a ClusterNetworkPolicy: those with a lower one are
    asked first. Its addresses are blocks without exclusions.
    """

    name: str
    subject: Pods
    direction: str
    peers: tuple[Peer, ...]
    ports: tuple[PortMatch, ...]
    labels: Pairs
    annotations: Pairs
    intent: str
    why: str
    spot: Spot = field(compare=False, repr=False)
    priority: int | None = None

    @property
    def home(self) -> str:
        """Return the namespace of the object; "" for one of the cluster."""
        return "" if self.priority is not None else self.subject.namespace or ""


@record
class Permission:
    """Connections that no policy of a namespace may close: a ClusterNetworkPolicy accepts them before these are asked.

    The other side of a connection is asked all the same. All is as in a Denial with a priority: *peers* are who may
    come in to *subject*, or where it may go.
    """

    name: str
    subject: Pods
    direction: str
    peers: tuple[Peer, ...]
    ports: tuple[PortMatch, ...]
    labels: Pairs
    annotations: Pairs
    intent: str
    why: str
    priority: int
    spot: Spot = field(compare=False, repr=False)


@record
class Raw:
    """An object that is rendered with the values that the spec has: *body*, in which nobody changes anything."""

    body: Mapping[str, Any]
    spot: Spot = field(compare=False, repr=False)


@dataclass(frozen=True)
class Intent:
    """The whole meaning of a run, each part sorted, independent of the order in which it was written.

    *cni* is the network plugin that all of it is for, by its name in netgen.profiles.
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
    cni: str = "kubernetes"
    denials: tuple[Denial, ...] = ()
    raw: tuple[Raw, ...] = ()
    permissions: tuple[Permission, ...] = ()

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
