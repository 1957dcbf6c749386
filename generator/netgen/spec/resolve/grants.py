"""The flows that `accepts` open by itself: callers that no spec holds, and callers by wildcard."""

from __future__ import annotations

from dataclasses import replace

from netgen.intent import EVERY_POD, Addresses, AppKey, Block, Flow, Peer, Pods, PortMatch, Selector
from netgen.problems import Problem
from netgen.spec.forms.exposures import ServiceExposure
from netgen.spec.forms.permissions import CallForm, GrantForm
from netgen.spec.forms.sides import Kind
from netgen.spec.forms.text import nearest, suggestion
from netgen.spec.ranges import warn_inside
from netgen.spec.resolve.calls import (
    Called,
    Ports,
    find_peer,
    matches,
    numbers,
    peer_of,
    peer_target,
    ports_text,
    unknown_app,
)
from netgen.spec.resolve.consent import granted_ports
from netgen.spec.resolve.outside import apiserver_callers, nodes, world
from netgen.spec.resolve.registry import NAME_LABEL, Entry, Registry
from netgen.spec.resolve.spans import shared

_EVERYBODY = frozenset({"all", "everybody", "everyone", "everything", "public", "world"})


def grant_flows(registry: Registry, called: Called, found: list[Problem]) -> list[Flow]:
    """Return the flows of every grant in *registry* that no call has opened already."""
    return [
        flow
        for entry in registry.entries.values()
        for grant in entry.form.accepts
        for flow in (_filtered if grant.http else _grant)(grant, entry, registry, called, found)
    ]


def _filtered(grant: GrantForm, entry: Entry, registry: Registry, called: Called, found: list[Problem]) -> list[Flow]:
    """Return the flows of a grant that has HTTP rules."""
    from netgen.spec.resolve.requests import check_rules, granted_flows  # noqa: PLC0415 - few specs have any

    check_rules(grant, entry, registry.platform, found)
    flows = _grant(grant, entry, registry, called, found)
    return [part for flow in flows for part in granted_flows(flow, grant, entry, registry.platform)]


def _grant(grant: GrantForm, entry: Entry, registry: Registry, called: Called, found: list[Problem]) -> list[Flow]:
    ports = matches(granted_ports(grant, entry, found))
    if grant.side.kind is Kind.APP:
        return _from_app(grant, ports, entry, registry, called, found)
    if grant.side.kind in (Kind.NODES, Kind.APISERVER) and not entry.app.ingress:
        return []  # no policy is written, so nobody needs their addresses
    named = _outsider(grant, entry, registry, found)
    return [_flow(grant, entry, *named, ports)] if named and ports else []


def _outsider(grant: GrantForm, entry: Entry, registry: Registry, found: list[Problem]) -> tuple[Peer, str] | None:
    """Return the peer that a grant names by a word, a namespace or an address, and its name for the comment."""
    side, platform = grant.side, registry.platform
    match side.kind:
        case Kind.ANY:
            return Pods(None, EVERY_POD), "any"
        case Kind.NAMESPACE:
            namespace = side.namespace or entry.key.namespace
            return Pods(namespace, EVERY_POD), f"{namespace}/*"
        case Kind.INTERNET:
            return world(platform), "internet"
        case Kind.ADDRESS | Kind.EXTERNAL:
            return _addresses(grant, entry, registry, found)
        case Kind.NODES:
            peer: Peer | None = nodes(platform, grant, f"{entry.key} accepts the nodes", found)
            return (peer, "cluster/nodes") if peer else None
        case _:
            peer = apiserver_callers(platform, grant, found)
            return (peer, "cluster/apiserver") if peer else None


def _addresses(
    grant: GrantForm, entry: Entry, registry: Registry, found: list[Problem]
) -> tuple[Addresses, str] | None:
    """Return the addresses that a grant names, themselves or as an external, and their name for the comment."""
    if grant.side.kind is Kind.ADDRESS:
        _check_address(grant, entry, registry, found)
        return Addresses((Block(grant.side.cidr),)), grant.side.cidr
    from netgen.spec.resolve.externals import callers_of  # noqa: PLC0415 - few specs have any

    addresses = callers_of(grant.side.name, grant.place, registry.platform, found)
    if addresses is None:
        return None
    return addresses, f"{grant.side.name} ({', '.join(block.cidr for block in addresses.blocks)})"


def _check_address(grant: GrantForm, entry: Entry, registry: Registry, found: list[Problem]) -> None:
    """Warn of an address that changes nothing, or that is not where it seems to be."""
    warn_inside(registry.platform.ranges, grant.side.cidr, lambda: grant.place, found)
    for form in entry.form.exposures:
        if isinstance(form, ServiceExposure) and not form.clients:
            word = "load balancer" if form.type == "LoadBalancer" else "node port"
            message = f"{grant.side.cidr} narrows nothing: the {word} opens {entry.key} to the whole internet"
            fix = f"name the addresses at the {word} instead:  clients: [{grant.side.cidr}]"
            found.append(Problem("grant-idle", grant.place, message, fix=fix))
            return


def _from_app(
    grant: GrantForm, ports: Ports, entry: Entry, registry: Registry, called: Called, found: list[Problem]
) -> list[Flow]:
    side = grant.side
    peer = find_peer(side.name, entry, registry) if side.namespace is None else None
    if peer:
        return [_flow(grant, entry, peer_target(peer), f"{peer.name} (peer)", ports)] if ports else []
    key = AppKey(side.namespace or entry.key.namespace, side.name)
    caller = registry.entries.get(key)
    if caller:
        return _from_entry(grant, ports, entry, caller, registry, called, found)
    if registry.is_unclear(key.namespace) or not ports:
        return []
    if key.namespace in registry.names:
        problem = unknown_app(grant.place, key, entry.document, registry)
        found.append(problem if problem.fix else replace(problem, fix=_words(grant, key, registry)))
        return []
    found.append(_unmanaged(grant, key, tuple(registry.names)))
    pods = Pods(key.namespace, Selector(((NAME_LABEL, key.name),)))
    return [_flow(grant, entry, pods, f"{key} (unmanaged)", ports)]


def _from_entry(
    grant: GrantForm,
    ports: Ports,
    entry: Entry,
    caller: Entry,
    registry: Registry,
    called: Called,
    found: list[Problem],
) -> list[Flow]:
    """Return the ingress half for a caller that calls by a wildcard; a direct call has made its flow itself."""
    wildcards = called.wildcards.get(caller.key, ())
    reached = tuple(sorted({one for port in ports for it in wildcards for one in _reached(it, caller, entry, port)}))
    if not reached and (caller.key, entry.key) not in called.pairs:
        unclear = registry.is_unclear(caller.key.namespace) or caller.form.unclear or caller.key in called.misled
        if ports and not unclear:
            message = f"{entry.key} accepts {caller.key}, which does not call it; nothing is opened"
            fix = f"({caller.owner}, {caller.file}): under apps.{caller.key.name}.calls add  {entry.key}"
            found.append(Problem("grant-unused", grant.place, message, fix=fix))
    source = peer_of(caller, grant, registry, found) if reached else None
    return [_flow(grant, entry, source, str(caller.key), reached)] if source else []


def _reached(call: CallForm, caller: Entry, entry: Entry, port: PortMatch) -> Ports:
    """Return what the wildcard *call* of *caller* reaches of *port* of *entry*: both count ports as pods have them."""
    namespace = call.side.namespace or caller.key.namespace
    if call.side.kind is not Kind.ANY and namespace != entry.key.namespace:
        return ()
    return shared(port, numbers(call)) if call.ports else (port,)


def _flow(grant: GrantForm, entry: Entry, source: Peer, name: str, ports: Ports) -> Flow:
    """Return a flow whose source no app of this run holds: only the callee's ingress half is written."""
    intent = f"{name} -> {entry.key}{ports_text(ports)}"
    return Flow(source, entry.app.pods, ports, None, entry.key, intent, grant.why, grant.spot)


def _words(grant: GrantForm, key: AppKey, registry: Registry) -> str:
    """Return what may be meant by a caller that is no app, as far as it is no slip of one."""
    if nearest(key.name, registry.names[key.namespace]):
        return ""
    every = "any is every pod, and internet what is outside the cluster"
    return (
        every
        if grant.side.namespace or key.name in _EVERYBODY
        else f"{every}; all pods of a namespace are {key.name}/*"
    )


def _unmanaged(grant: GrantForm, key: AppKey, namespaces: tuple[str, ...]) -> Problem:
    near = suggestion(key.namespace, namespaces)
    return Problem(
        "caller-unmanaged",
        grant.place,
        f"no loaded document speaks for namespace {key.namespace}{near}; "
        f"the caller's pods are taken as those with {NAME_LABEL}: {key.name}",
        fix="give its spec to the command as well, or name its pods under `peers`",
    )
