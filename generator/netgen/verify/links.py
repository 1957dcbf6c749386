"""The Services that the Intent asks for, held against those of the manifests; and links that lead nowhere."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from netgen.evaluate.objects.model import Cluster
from netgen.evaluate.objects.ways import ServiceObject
from netgen.evaluate.routes import routes
from netgen.intent import App, Intent, Service
from netgen.problems import Problem
from netgen.verify import ways
from netgen.verify.reading import body, lacking, step, unasked
from netgen.verify.unasked import Leads, services

Facts = tuple[object, ...]

_THREE_HOURS = 10800
"""How long a session affinity lasts that does not say so. Source: kubernetes/api core/v1/types.go."""


def differences(intent: Intent, cluster: Cluster) -> Iterator[Problem]:
    """Yield what of *intent* is missing or otherwise: Services, routes, raw objects; and exposures that it lacks."""
    found = {(service.namespace, service.name): service for service in cluster.services}
    numbers = _numbers(cluster)
    apps = {app.key: app for app in intent.apps}
    for service in (one for one in intent.services if not one.existing):
        there = found.get((service.app.namespace, service.name))
        yield from _service(service, there, numbers, apps[service.app])
    yield from _standing(intent, cluster, numbers)
    leads = Leads(intent, cluster)
    yield from services(cluster, leads)
    yield from ways.differences(intent, cluster, leads)
    if intent.raw:
        from netgen.verify import raws  # noqa: PLC0415 - few specs have any

        yield from raws.missing(intent, cluster)


def _standing(intent: Intent, cluster: Cluster, numbers: _Named) -> Iterator[Problem]:
    if any(one.existing for one in intent.services):
        from netgen.verify import standing  # noqa: PLC0415 - few specs have any

        yield from standing.differences(intent, cluster, numbers)


def broken(
    intent: Intent, cluster: Cluster, idle: Collection[tuple[str, str]] = (), whole: Cluster | None = None
) -> Iterator[Problem]:
    """Yield each link of *cluster* that leads nowhere, but for the Services *idle*, which may select no pods.

    What *intent* takes to be there is there: as *whole*, the cluster around, has it, or else as the spec says it.
    """
    if any(one.existing for one in intent.services):
        from netgen.verify import standing  # noqa: PLC0415 - few specs have any

        cluster = standing.completed(cluster, whole or cluster, intent)
    known = {
        one.spot.at("spec", "selector") for one in cluster.services if one.spot and (one.namespace, one.name) in idle
    }
    for link in routes(cluster).broken:
        if link.spot not in known:
            place = link.spot.value() if link.spot else None
            yield Problem("link-broken", place, link.what, fix="give what it leads to as well, or remove it")


_Named = dict[tuple[str, str, int, str], set[int]]
"""By namespace and name of a Service, port and protocol: the numbers that the name of a target has at its pods."""


def _numbers(cluster: Cluster) -> _Named:
    """Return what the named targets of *cluster* are."""
    found: _Named = {}
    if cluster.workloads and any(isinstance(port.target, str) for one in cluster.services for port in one.ports):
        for end in routes(cluster).backends:
            key = end.service.namespace, end.service.name, end.port.port, str(end.protocol)
            found.setdefault(key, set()).add(end.number)
    return found


def _service(wanted: Service, found: ServiceObject | None, numbers: _Named, app: App) -> Iterator[Problem]:
    title = f"Service {wanted.app.namespace}/{wanted.name}"
    if found is None:
        message = f"the {title}, by which {wanted.app} is called, is not among the manifests"
        yield Problem("service-differs", wanted.spot.key(), message, fix="render it again, or give its file as well")
        return
    for what in _differs(wanted, found, numbers, app):
        place = found.spot.value() if found.spot else None
        fix = "see what changed it after it was rendered"
        yield Problem("service-differs", place, f"the {title} {what}", fix=fix)


def _differs(wanted: Service, found: ServiceObject, numbers: _Named, app: App) -> Iterator[str]:
    for what, meant, there in _facts(wanted, found, numbers):
        if meant != there:
            yield f"has {what} {_shown(there)}; the spec means {_shown(meant)}"
    labels = [pair for pair in wanted.labels if pair not in app.labels]
    for key, value in lacking(labels, found.spot, "labels") if labels else ():
        yield f"lacks the label {key}: {value}"
    asked = [pair for pair in wanted.annotations if pair not in app.annotations]
    for key, value in lacking(asked, found.spot) if asked else ():
        yield f"lacks the annotation {key}: {value}"
    for key, what in unasked(wanted.annotations, found.spot):
        yield f"has the annotation {key}, which {what}; the spec does not mean it"


def _facts(wanted: Service, found: ServiceObject, numbers: _Named) -> Iterator[tuple[str, Facts, Facts]]:
    yield "the type", (wanted.type,), (found.type,)
    yield "the selector", wanted.selector, tuple(sorted(found.selector or ()))
    yield "clusterIP", ("None" if wanted.headless else "its own",), ("None" if found.headless else "its own",)
    meant = [(port.port, port.port if wanted.headless else port.target, port.protocol) for port in wanted.ports]
    there: list[tuple[int, int | str, str]] = []
    for port in found.ports:
        named = numbers.get((found.namespace, found.name, port.port, str(port.protocol)), ())
        there.append((port.port, next(iter(named)) if len(named) == 1 else port.target, str(port.protocol)))
    yield "the ports", tuple(sorted(map(_port, meant))), tuple(sorted(map(_port, there)))
    yield "the session affinity", (_affinity(wanted.affinity_seconds),), (_affinity(_seconds(found)),)
    yield from _outside(wanted, found)


def _seconds(found: ServiceObject) -> int | None:
    """Return how long the session affinity of *found* lasts; None where it has none."""
    spec = step(body(found.spot), "spec")
    if step(spec, "sessionAffinity") != "ClientIP":
        return None
    seconds = step(spec, "sessionAffinityConfig", "clientIP", "timeoutSeconds")
    return seconds if isinstance(seconds, int) else 0


def _affinity(seconds: int | None) -> str:
    return "None" if seconds is None else f"ClientIP for {seconds or _THREE_HOURS} s"


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
