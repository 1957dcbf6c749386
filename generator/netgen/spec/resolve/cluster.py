"""The flows that the platform gives every app: DNS and scraping."""

from __future__ import annotations

from netgen.intent import EVERY_POD, Flow, HostName, Peer, Pods, PortMatch
from netgen.problems import Problem
from netgen.spec.platform import Resolver
from netgen.spec.resolve.calls import Ports
from netgen.spec.resolve.outside import resolvers
from netgen.spec.resolve.platform_pods import inward_flows, platform_pods
from netgen.spec.resolve.registry import Entry, Registry


def dns_flows(registry: Registry, written: list[Flow], found: list[Problem]) -> list[Flow]:
    """Return the flows to the DNS servers: from each app, and into a DNS server that is an app of a spec.

    What an app is answered is listened to where it calls hosts, by one of the flows that are *written*.
    """
    flows = []
    callers = {flow.source_app for flow in written if isinstance(flow.target, HostName)}
    for resolver in registry.platform.dns:
        servers = platform_pods(resolver.peer, registry) if isinstance(resolver.peer, Pods) else None
        peers = servers.peers(registry, found) if servers else resolvers(registry.platform, resolver.peer)
        asking = [entry for entry in registry.entries.values() if entry.form.dns]
        flows += [_ask(entry, resolver, peer, looks_up=entry.key in callers) for entry in asking for peer in peers]
        flows += [_answer(app, resolver) for app in (servers.apps if servers else ()) if app.app.ingress]
    return flows


def scrape_flows(registry: Registry, found: list[Problem]) -> list[Flow]:
    """Return the flows from each scraper to the `metrics` ports, and the egress half of a scraper that is an app."""
    scraped = [(entry, ports) for entry in registry.entries.values() if (ports := _metrics(entry))]
    scrapers = [(f"scraper {pods.namespace}", platform_pods(pods, registry)) for pods in registry.platform.scrape]
    return [
        flow
        for name, scraper in scrapers
        for entry, ports in scraped
        for flow in inward_flows(scraper, entry, ports, name, entry.form, registry, found)
    ]


def _ask(entry: Entry, resolver: Resolver, peer: Peer, *, looks_up: bool) -> Flow:
    intent, ports = f"{entry.key} -> DNS {resolver.name}", _ports(resolver)
    return Flow(entry.app.pods, peer, ports, entry.key, None, intent, "", entry.form.spot, looks_up=looks_up)


def _answer(entry: Entry, resolver: Resolver) -> Flow:
    intent = f"any -> DNS {entry.key}"
    return Flow(Pods(None, EVERY_POD), entry.app.pods, _ports(resolver), None, entry.key, intent, "", entry.form.spot)


def _ports(resolver: Resolver) -> Ports:
    return (PortMatch("TCP", resolver.port), PortMatch("UDP", resolver.port))


def _metrics(entry: Entry) -> Ports:
    return tuple(sorted({PortMatch(port.protocol, port.container) for port in entry.form.ports if port.metrics}))
