"""Services that specs take to be there: what the manifests have under their names, and what is only assumed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from netgen.evaluate.objects.model import Cluster
from netgen.evaluate.objects.ways import ServiceObject, ServicePort
from netgen.evaluate.sets import Protocol
from netgen.intent import App, AppKey, Intent, Pods, Selector, Service
from netgen.problems import Problem
from netgen.spec.forms.matching import are_apart
from netgen.verify.around.chosen import Index

Named = Mapping[tuple[str, str, int, str], set[int]]
"""By namespace and name of a Service, port and protocol: the numbers that the name of a target has at its pods."""
_FIX = "say in the spec what the Service does, or correct the Service"
_SHOWN = 3


def with_existing(cluster: Cluster, intent: Intent | None) -> Cluster:
    """Return *cluster* with each Service that *intent* takes to be there, as the spec has it, where it has none."""
    wanted = () if intent is None else _absent(intent, cluster)
    told = {app.key for app in intent.apps if not app.selector.expressions} if intent and wanted else set()
    made = tuple(
        ServiceObject(
            namespace=one.app.namespace,
            name=one.name,
            type=one.type,
            # By expressions no Service selects; which labels tell the same is not known.
            selector=one.selector if one.app in told else None,
            headless=False,
            ports=tuple(
                ServicePort(port.name, port.port, port.target, Protocol(port.protocol), None) for port in one.ports
            ),
        )
        for one in wanted
    )
    return replace(cluster, services=(*cluster.services, *made)) if made else cluster


def completed(cluster: Cluster, whole: Cluster, intent: Intent) -> Cluster:
    """Return *cluster* with the Services that *intent* takes to be there, as *whole* has them.

    Where it has none, one that leads to the ports of the spec; to which pods, nobody asks.
    """
    wanted = {(one.app.namespace, one.name) for one in intent.services if one.existing}
    have = {(one.namespace, one.name) for one in cluster.services}
    given = [one for one in whole.services if (key := (one.namespace, one.name)) in wanted and key not in have]
    made = with_existing(whole, intent).services[len(whole.services) :]
    stand_ins = [replace(one, selector=None) for one in made]
    return replace(cluster, services=(*cluster.services, *given, *stand_ins))


def assumed(intent: Intent, cluster: Cluster) -> tuple[str, ...]:
    """Return of which Services that *intent* takes to be there *cluster* does not tell their pods, as an assumption."""
    wanted = [*_absent(intent, cluster), *_untold(intent, cluster)]
    names = [f"{one.app.namespace}/{one.name}" for one in sorted(wanted, key=lambda one: (one.app, one.name))]
    if not names:
        return ()
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return (f"existing Services lead to their apps: {', '.join(names[:_SHOWN])}{more}",)


def _absent(intent: Intent, cluster: Cluster) -> tuple[Service, ...]:
    wanted = [one for one in intent.services if one.existing]
    there = {(one.namespace, one.name) for one in cluster.services} if wanted else set()
    return tuple(one for one in wanted if (one.app.namespace, one.name) not in there)


def _untold(intent: Intent, cluster: Cluster) -> Iterator[Service]:
    """Yield the Services that ask for labels of which the spec says nothing, where the app has no pods to look at."""
    there = {(one.namespace, one.name): one for one in cluster.services}
    apps, index = {app.key: app for app in intent.apps}, Index(cluster.workloads)
    for one in intent.services:
        found = there.get((one.app.namespace, one.name)) if one.existing else None
        if found is None or set(found.selector or ()) <= set(apps[one.app].selector.labels):
            continue
        if not index.selected(apps[one.app].pods):
            yield one


def differences(intent: Intent, cluster: Cluster, numbers: Named) -> Iterator[Problem]:
    """Yield where a Service of *cluster* is not what *intent* takes it to be; *numbers* are those of named targets."""
    wanted = {(one.app.namespace, one.name): one for one in intent.services if one.existing}
    there = [(one, wanted[key]) for one in cluster.services if (key := (one.namespace, one.name)) in wanted]
    if not there:
        return
    apps: dict[AppKey, App] = {app.key: app for app in intent.apps}
    index = Index(cluster.workloads)
    for found, service in there:
        # The ports of other pods would say nothing.
        for what in tuple(_pods(found, apps[service.app], index)) or _ports(found, service, numbers):
            message = f"the Service {found}, which the spec takes to be there for {service.app}, {what}"
            place = found.spot.value() if found.spot else service.spot.value()
            yield Problem("service-differs", place, message, fix=_FIX)


def _pods(found: ServiceObject, app: App, index: Index) -> Iterator[str]:
    if found.selector is None or found.type == "ExternalName":
        yield "selects no pods"
        return
    selector = Selector(found.selector)
    listed = ", ".join(f"{key}={value}" for key, value in found.selector)
    own, there = index.selected(app.pods), index.selected(Pods(found.namespace, selector))
    strange = [one for one in there if one not in own] if own else []
    if are_apart(selector, app.selector) or (own and len(strange) == len(there)):
        yield f"selects none of its pods, but those with {listed}"
    elif strange:
        yield f"selects other pods too, such as the {strange[0].kind} {strange[0]}: those with {listed}"


def _ports(found: ServiceObject, service: Service, numbers: Named) -> Iterator[str]:
    there = {(port.port, str(port.protocol)): port for port in found.ports}
    for port in service.ports:
        one, shown = there.get((port.port, port.protocol)), f"{port.port}/{port.protocol}"
        if one is None:
            yield f"has no port {shown}"
            continue
        known = numbers.get((found.namespace, found.name, port.port, port.protocol), ())
        target = next(iter(known)) if len(known) == 1 else one.target
        if found.headless and port.port != port.target:
            yield f"is headless: its port {shown} is that of the pods, where the spec means {port.target}"
        elif not found.headless and isinstance(target, str):
            yield f"leads its port {shown} to {target!r}, of which no workload tells the number"
        elif not found.headless and target != port.target:
            yield f"leads its port {shown} to {target}, where the spec means {port.target}"
