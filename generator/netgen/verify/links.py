"""The Services and routes that the Intent asks for, held against those of the manifests."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from netgen.evaluate.objects.model import Cluster, ServiceObject
from netgen.evaluate.routes import routes
from netgen.intent import Intent, Route, Service
from netgen.problems import Problem

Facts = tuple[object, ...]


def differences(intent: Intent, cluster: Cluster) -> Iterator[Problem]:
    """Yield each Service and route that is not as *intent* says it."""
    found = {(service.namespace, service.name): service for service in cluster.services}
    for service in intent.services:
        yield from _service(service, found.get((service.app.namespace, service.name)))
    yield from _routes(intent, cluster)


def broken(cluster: Cluster, idle: Collection[tuple[str, str]] = ()) -> Iterator[Problem]:
    """Yield each link of *cluster* that leads nowhere, but for the Services *idle*, which may select no pods."""
    known = {
        one.spot.at("spec", "selector") for one in cluster.services if one.spot and (one.namespace, one.name) in idle
    }
    for link in routes(cluster).broken:
        if link.spot not in known:
            place = link.spot.value() if link.spot else None
            yield Problem("link-broken", place, link.what, fix="give what it leads to as well, or remove it")


def _service(wanted: Service, found: ServiceObject | None) -> Iterator[Problem]:
    title = f"Service {wanted.app.namespace}/{wanted.name}"
    if found is None:
        message = f"the {title}, by which {wanted.app} is called, is not among the manifests"
        yield Problem("service-differs", wanted.spot.key(), message, fix="render it again, or give its file as well")
        return
    for what, meant, there in _facts(wanted, found):
        if meant != there:
            place = found.spot.value() if found.spot else None
            message = f"the {title} has {what} {_shown(there)}; the spec means {_shown(meant)}"
            yield Problem("service-differs", place, message, fix="see what changed it after it was rendered")


def _facts(wanted: Service, found: ServiceObject) -> Iterator[tuple[str, Facts, Facts]]:
    yield "the type", (wanted.type,), (found.type,)
    yield "the selector", wanted.selector, tuple(sorted(found.selector or ()))
    yield "clusterIP", ("None" if wanted.headless else "its own",), ("None" if found.headless else "its own",)
    meant = [(port.port, port.port if wanted.headless else port.target, port.protocol) for port in wanted.ports]
    there = [(port.port, port.target, str(port.protocol)) for port in found.ports]
    yield "the ports", tuple(sorted(map(_port, meant))), tuple(sorted(map(_port, there)))
    yield from _outside(wanted, found)


def _outside(wanted: Service, found: ServiceObject) -> Iterator[tuple[str, Facts, Facts]]:
    """Yield what decides whether the outside comes in. A port of the nodes that the spec leaves open may be any."""
    fixed = {(port.port, port.protocol): port.node_port for port in wanted.ports if port.node_port}
    there = {(port.port, str(port.protocol)): port.node_port for port in found.ports}
    yield "the node ports", tuple(fixed.values()), tuple(there.get(key) or "any" for key in fixed)
    yield "loadBalancerSourceRanges", tuple(sorted(wanted.source_ranges)), found.source_ranges
    yield "loadBalancerClass", (wanted.load_balancer_class or "none",), (found.load_balancer_class or "none",)
    yield "externalIPs", (), found.external_addresses
    yield "externalTrafficPolicy", (_policy(local=wanted.local_traffic),), (_policy(local=found.local_outside),)
    yield "internalTrafficPolicy", (_policy(local=False),), (_policy(local=found.local_inside),)


def _policy(*, local: bool) -> str:
    return "Local" if local else "Cluster"


def _port(port: tuple[int, int | str, str]) -> str:
    return f"{port[0]} -> {port[1]}/{port[2]}"


def _shown(facts: Facts) -> str:
    return ", ".join("=".join(fact) if isinstance(fact, tuple) else str(fact) for fact in facts) or "none"


def _routes(intent: Intent, cluster: Cluster) -> Iterator[Problem]:
    there = {
        (ingress.namespace, ingress.class_name, rule.host, rule.path, rule.type, rule.service, rule.port): rule.spot
        for ingress in cluster.ingresses
        for rule in ingress.rules
    }
    wanted = {_route(route): route for route in intent.routes}
    for key, route in wanted.items():
        if key not in there:
            message = f"no Ingress of class {route.entrypoint.class_name} leads {route.host}{route.path} to {route.app}"
            yield Problem("route-differs", route.spot.value(), message, fix="see what changed it after it was rendered")
    apps = {(service.app.namespace, service.name) for service in intent.services}
    for key, spot in there.items():
        if key not in wanted and (key[0], key[5]) in apps:
            message = f"an Ingress leads {key[2]}{key[3]} to the Service {key[0]}/{key[5]}, which no spec says"
            yield Problem(
                "route-differs", spot.value() if spot else None, message, fix="expose it in the spec, or remove it"
            )


def _route(route: Route) -> tuple[str, str, str, str, str, str, int | str]:
    kind = "Exact" if route.exact else "Prefix"
    namespace, entrypoint = route.app.namespace, route.entrypoint.class_name
    return (namespace, entrypoint, route.host, route.path, kind, route.service, route.service_port)
