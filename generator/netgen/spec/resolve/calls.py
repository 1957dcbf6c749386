"""The flows that `calls` open."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from netgen.intent import EVERY_POD, Addresses, AppKey, Block, Flow, Peer, Pods, Port, PortMatch
from netgen.problems import Place, Problem
from netgen.spec.forms.connectivity import ConnectivityForm, PeerForm
from netgen.spec.forms.permissions import CallForm
from netgen.spec.forms.ports import span_text
from netgen.spec.forms.sides import Kind
from netgen.spec.forms.text import suggestion
from netgen.spec.ranges import warn_inside
from netgen.spec.resolve.consent import Grants, called_ports, grants_of
from netgen.spec.resolve.outside import Placed, apiserver, internet, nodes, warn_of_every_port
from netgen.spec.resolve.registry import Entry, Registry

Ports = tuple[PortMatch, ...]


@dataclass(eq=False, repr=False, slots=True)
class Called:
    """What the calls of a run come to: the flows, and who calls whom directly (the pairs) or by a wildcard.

    *misled* are the callers of what is not there, or not in the environment of the run.
    """

    flows: list[Flow] = field(default_factory=list)
    pairs: set[tuple[AppKey, AppKey]] = field(default_factory=set)
    wildcards: dict[AppKey, list[CallForm]] = field(default_factory=dict)
    misled: set[AppKey] = field(default_factory=set)


def call_flows(registry: Registry, found: list[Problem]) -> Called:
    """Return the flows of every call in *registry*; what cannot be called goes to *found*."""
    called = Called()
    grants = {key: grants_of(entry, registry) for key, entry in registry.entries.items()}
    for entry in registry.entries.values():
        for call in entry.form.calls:
            _call(call, entry, grants, registry, called, found)
    return called


def peer_of(entry: Entry, form: Placed, registry: Registry, found: list[Problem]) -> Peer | None:
    """Return *entry* as a peer of *form*: its pods, or the nodes' addresses where it runs on the host network."""
    if not entry.app.host_network:
        return entry.app.pods
    return nodes(registry.platform, form, f"{entry.key} runs on the host network", found)


@lru_cache(maxsize=4096)  # most apps have the same few
def matches(ports: tuple[Port, ...]) -> Ports:
    """Return what *ports* are at the pod."""
    return tuple(sorted({PortMatch(port.protocol, port.container, port.last) for port in ports}))


@lru_cache(maxsize=4096)  # same
def ports_text(ports: Ports) -> str:
    """Return *ports* as the comment of a rule writes them, with their colon: `:8080`, `:53/udp,53/tcp`, or nothing."""
    listed = [
        span_text(port.port, port.last) + ("" if port.protocol == "TCP" else f"/{port.protocol.lower()}")
        for port in ports
        if port.port is not None
    ]
    return ":" + ",".join(listed) if listed else ""


def find_peer(name: str, entry: Entry, registry: Registry) -> PeerForm | None:
    """Return the named peer *name* of the document that *entry* stands in."""
    return registry.peers.get((entry.document.namespace, entry.document.name, name))


def peer_target(peer: PeerForm) -> Peer:
    """Return what a named peer stands for."""
    return Addresses((Block(peer.cidr),)) if peer.cidr else Pods(peer.namespace, peer.selector)


def unknown_app(place: Place, key: AppKey, speaker: ConnectivityForm | None, registry: Registry) -> Problem:
    """Return the problem that *speaker* (None: the platform) names *key* at *place*, which its namespace has not."""
    names = registry.names.get(key.namespace, ())
    peers = tuple(peer.name for peer in speaker.peers) if speaker and key.namespace == speaker.namespace else ()
    message = f"no app {key.name} in namespace {key.namespace}{suggestion(key.name, names + peers)}"
    listed = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
    notes = [f"the apps of {key.namespace} are: {listed or 'none'}"]
    notes += [
        f"document {document} has a peer of that name; a peer belongs to its own document"
        for namespace, document, name in registry.peers
        if (namespace, name) == (key.namespace, key.name)
    ]
    if key.name in peers:
        return Problem("unknown-app", place, message, (), f"write {key.name}, without a namespace: it is a peer")
    elsewhere = registry.homes.get(key.name)
    return Problem("unknown-app", place, message, tuple(notes), f"write {elsewhere[0]}" if elsewhere else "")


def _call(
    call: CallForm, entry: Entry, grants: dict[AppKey, Grants], registry: Registry, called: Called, found: list[Problem]
) -> None:
    kind, here = call.side.kind, not call.envs or _is_here(call, registry, found)
    if kind is Kind.APP:
        peer = find_peer(call.side.name, entry, registry) if call.side.namespace is None else None
        flows = _to_peer(call, entry, peer, found) if peer else _to_app(call, entry, grants, registry, called, found)
    elif not here:
        called.misled.add(entry.key)
        return
    elif kind is Kind.APISERVER:
        servers = apiserver(registry.platform, call, found) if entry.app.egress else ()
        if servers:
            warn_of_every_port(registry.platform, call, found)
        flows = [outward(call, entry, server, (port,), "cluster/apiserver") for server, port in servers]
    elif kind is Kind.INTERNET:
        flows = [outward(call, entry, internet(registry.platform), numbers(call) or _TCP_AND_UDP, "internet")]
    elif kind is Kind.ADDRESS:
        warn_inside(registry.platform.ranges, call.side.cidr, lambda: call.place, found)
        flows = [outward(call, entry, Addresses((Block(call.side.cidr),)), numbers(call), call.side.cidr)]
    elif kind in (Kind.HOST, Kind.EXTERNAL):
        from netgen.spec.resolve.hosts import flows_by_name  # noqa: PLC0415 - few specs have any

        flows = flows_by_name(call, entry, registry, found)
    else:
        called.wildcards.setdefault(entry.key, []).append(call)
        namespace = None if kind is Kind.ANY else call.side.namespace or entry.key.namespace
        name = f"{namespace}/*" if namespace else "any"
        flows = [outward(call, entry, Pods(namespace, EVERY_POD), numbers(call), name)]
    called.flows.extend(flows if here else ())


def _is_here(call: CallForm, registry: Registry, found: list[Problem]) -> bool:
    """Return whether *call* is one of the environment that the run is for."""
    from netgen.spec.resolve.externals import is_here  # noqa: PLC0415 - same

    return is_here(call, registry.platform, found)


_TCP_AND_UDP = (PortMatch("TCP"), PortMatch("UDP"))


def numbers(call: CallForm) -> Ports:
    """Return the numbered ports of a call that names no app: they are those of the pods, TCP unless it says so."""
    return tuple(sorted({PortMatch(word.protocol or "TCP", word.number, word.last) for word in call.ports}))


def _to_app(
    call: CallForm, entry: Entry, grants: dict[AppKey, Grants], registry: Registry, called: Called, found: list[Problem]
) -> list[Flow]:
    key = AppKey(call.side.namespace or entry.key.namespace, call.side.name)
    callee = registry.entries.get(key)
    if callee is None:
        called.misled.add(entry.key)
        if not registry.is_unclear(key.namespace):
            found.append(_unknown_callee(call, key, entry, registry))
        return []
    called.pairs.add((entry.key, key))
    ports = matches(called_ports(call, entry, callee, grants[key], registry.platform, found))
    if not ports:
        return []
    source = peer_of(entry, call, registry, found) if callee.app.ingress else entry.app.pods
    target = peer_of(callee, call, registry, found) if entry.app.egress else callee.app.pods
    if source is None or target is None:
        return []
    intent, covering = f"{entry.key} -> {key}{ports_text(ports)}", grants[key].covering(entry.key)
    reasons = [call.why, *(grant.why for grant in covering)]
    why = "; ".join(dict.fromkeys(reason for reason in reasons if reason))
    flow = Flow(source, target, ports, entry.key, key, intent, why, call.spot)
    if not call.http and not any(grant.http for grant in covering):
        return [flow]
    from netgen.spec.resolve.requests import called_flows  # noqa: PLC0415 - few specs have any

    return called_flows(flow, call, (entry, callee), covering, registry.platform, found)


def _to_peer(call: CallForm, entry: Entry, peer: PeerForm, found: list[Problem]) -> list[Flow]:
    named = [word for word in call.ports if word.number is None]
    if call.http:
        message = f"{peer.name} is a peer without a spec, and HTTP rules are enforced by the policy of an app"
        found.append(Problem("http-port", call.http[0].place, message, fix="leave `http` out"))
    if named or not call.ports:
        message = f"{peer.name} is a peer without a spec, so its ports must be written as numbers"
        place = call.port_place(named[0]) if named else call.place
        found.append(Problem("port-needed", place, message, fix=f"write {peer.name}:PORT"))
        return []
    return [outward(call, entry, peer_target(peer), numbers(call), f"{peer.name} (peer)")]


def outward(call: CallForm, entry: Entry, target: Peer, ports: Ports, name: str) -> Flow:
    """Return a flow whose target no app of this run holds: only the caller's egress half is written."""
    shown_ports = ports_text(ports) if ports != _TCP_AND_UDP else ""
    intent = f"{entry.key} -> {name}{shown_ports}"
    return Flow(entry.app.pods, target, ports, entry.key, None, intent, call.why, call.spot)


def _unknown_callee(call: CallForm, key: AppKey, entry: Entry, registry: Registry) -> Problem:
    if key.namespace in registry.names:
        return unknown_app(call.place, key, entry.document, registry)
    near = suggestion(key.namespace, tuple(registry.names))
    return Problem(
        "callee-not-loaded",
        call.place,
        f"no loaded document speaks for namespace {key.namespace}{near}, so the ports and consent of {key} are unknown",
        fix="give its spec to the command as well, or name its pods under `peers`",
    )
