"""Apps on the host network behind wildcards: what a wildcard says of pods, nodes must be told by their addresses."""

from __future__ import annotations

from collections.abc import Iterator

from netgen.intent import Flow, PortMatch
from netgen.problems import Problem
from netgen.spec.forms.permissions import CallForm, GrantForm
from netgen.spec.forms.sides import Kind
from netgen.spec.resolve.calls import Called, Ports, matches, numbers, peer_of, ports_text
from netgen.spec.resolve.consent import Grants, granted_ports, grants_of
from netgen.spec.resolve.registry import Entry, Registry
from netgen.spec.resolve.spans import shared


def hosted_flows(registry: Registry, called: Called, found: list[Problem]) -> list[Flow]:
    """Return the flows between apps on the host network and others, where a wildcard calls and a grant admits.

    A caller by name is seen to where the grant is; this is about callers that a wildcard of `accepts` covers, and about
    callees on the host network.
    """
    callers = [registry.entries[key] for key in called.wildcards]
    hosted = [entry for entry in registry.entries.values() if entry.app.host_network]
    grants = {entry.key: grants_of(entry, registry) for entry in hosted} if callers else {}
    flows: list[Flow] = []
    for caller in callers:
        if caller.app.host_network:
            flows += _from_host(caller, registry, called, found)
        else:
            flows += [
                flow
                for callee in hosted
                for flow in _to_host(caller, callee, grants[callee.key], registry, called, found)
            ]
    return flows


def _from_host(caller: Entry, registry: Registry, called: Called, found: list[Problem]) -> Iterator[Flow]:
    """Yield what lets *caller*, at the nodes, into the apps that accept its namespace or everybody."""
    for callee in registry.entries.values():
        wide = [grant for grant in callee.form.accepts if grant.side.kind in (Kind.NAMESPACE, Kind.ANY)]
        covering = [
            grant
            for grant in wide
            if grant.side.kind is Kind.ANY or (grant.side.namespace or callee.key.namespace) == caller.key.namespace
        ]
        for grant in covering if callee.app.ingress else ():
            ports = _reached(caller, callee, matches(granted_ports(grant, callee, [])), called)
            source = peer_of(caller, grant, registry, found) if ports else None
            if source:
                intent = f"{caller.key} -> {callee.key}{ports_text(ports)}"
                flow = Flow(source, callee.app.pods, ports, None, callee.key, intent, grant.why, grant.spot)
                yield from _filtered(flow, grant, callee, registry) if grant.http else (flow,)


def _filtered(flow: Flow, grant: GrantForm, callee: Entry, registry: Registry) -> list[Flow]:
    from netgen.spec.resolve.requests import granted_flows  # noqa: PLC0415 - few specs have any

    return granted_flows(flow, grant, callee, registry.platform)


def _to_host(
    caller: Entry, callee: Entry, grants: Grants, registry: Registry, called: Called, found: list[Problem]
) -> Iterator[Flow]:
    """Yield what lets *caller* out to *callee* at the nodes."""
    for grant in grants.covering(caller.key) if caller.app.egress else ():
        ports = _reached(caller, callee, matches(granted_ports(grant, callee, [])), called)
        target = peer_of(callee, grant, registry, found) if ports else None
        if target:
            intent = f"{caller.key} -> {callee.key}{ports_text(ports)}"
            yield Flow(caller.app.pods, target, ports, caller.key, None, intent, grant.why, grant.spot)


def _reached(caller: Entry, callee: Entry, ports: Ports, called: Called) -> Ports:
    """Return those of *ports* that a wildcard call of *caller* reaches."""
    calls = [call for call in called.wildcards[caller.key] if _is_at(call, caller, callee)]
    reached = {one for port in ports for call in calls for one in (shared(port, numbers(call)) or _whole(call, port))}
    return tuple(sorted(reached))


def _whole(call: CallForm, port: PortMatch) -> Ports:
    return () if call.ports else (port,)


def _is_at(call: CallForm, caller: Entry, callee: Entry) -> bool:
    return call.side.kind is Kind.ANY or (call.side.namespace or caller.key.namespace) == callee.key.namespace
