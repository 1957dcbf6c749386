"""The flows that the platform gives every app: DNS and scraping."""

from __future__ import annotations

from netgen.intent import EVERY_POD, Flow, Pods, PortMatch
from netgen.spec.platform import Resolver
from netgen.spec.resolve.calls import Ports, ports_text
from netgen.spec.resolve.registry import Entry, Registry


def dns_flows(registry: Registry) -> list[Flow]:
    """Return the flows to the DNS servers: from each app, and into a DNS server that is an app of a spec."""
    flows = []
    for resolver in registry.platform.dns:
        flows += [_ask(entry, resolver) for entry in registry.entries.values() if entry.form.dns]
        flows += [_answer(entry, resolver) for entry in _held(resolver, registry)]
    return flows


def scrape_flows(registry: Registry) -> list[Flow]:
    """Return the flows from each scraper to the `metrics` ports, and the egress half of a scraper that is an app."""
    scraped = [(entry, ports) for entry in registry.entries.values() if (ports := _metrics(entry))]
    flows = []
    for scraper in registry.platform.scrape:
        held = registry.matching(scraper)
        for entry, ports in scraped:
            intent = f"scraper {scraper.namespace} -> {entry.key}{ports_text(ports)}"
            flows.append(Flow(scraper, entry.app.pods, ports, None, entry.key, intent, "", entry.form.spot))
            flows += [
                Flow(source.app.pods, entry.app.pods, ports, source.key, None, intent, "", entry.form.spot)
                for source in held
            ]
    return flows


def _ask(entry: Entry, resolver: Resolver) -> Flow:
    intent = f"{entry.key} -> DNS {resolver.name}"
    return Flow(entry.app.pods, resolver.peer, _ports(resolver), entry.key, None, intent, "", entry.form.spot)


def _answer(entry: Entry, resolver: Resolver) -> Flow:
    intent = f"any -> DNS {entry.key}"
    return Flow(Pods(None, EVERY_POD), entry.app.pods, _ports(resolver), None, entry.key, intent, "", entry.form.spot)


def _held(resolver: Resolver, registry: Registry) -> tuple[Entry, ...]:
    return registry.matching(resolver.peer) if isinstance(resolver.peer, Pods) else ()


def _ports(resolver: Resolver) -> Ports:
    return (PortMatch("TCP", resolver.port), PortMatch("UDP", resolver.port))


def _metrics(entry: Entry) -> Ports:
    return tuple(sorted({PortMatch(port.protocol, port.container) for port in entry.form.ports if port.metrics}))
