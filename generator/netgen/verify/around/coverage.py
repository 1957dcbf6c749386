"""Where the workloads of the cluster and the apps that select them disagree."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from netgen.evaluate.objects.model import Workload
from netgen.evaluate.objects.workloads import TEMPLATES
from netgen.intent import App, AppKey, Intent
from netgen.problems import Place, Problem
from netgen.verify.around.chosen import Chosen
from netgen.verify.around.naming import named
from netgen.verify.reading import body, items, step, where

_NAMED = 5
_TEMPLATES = {kind: path for (_, kind), path in TEMPLATES.items()}


def host_network(intent: Intent, chosen: Chosen) -> Iterator[Problem]:
    """Yield each app that does not say of its pods what they are: on the host network, where no policy holds them."""
    for app in intent.apps:
        others = [one for one in chosen.of(app) if one.host_network != app.host_network]
        if not others:
            continue
        listed, first = named(others), others[0]
        if app.host_network:
            place = app.spot.at("hostNetwork").value()
            message = f"{app.key} says hostNetwork, so that no policy holds it, but {listed} is not on the host network"
            fix = f"leave hostNetwork out under {app.key.name}"
        else:
            place = app.spot.key()
            message = f"{listed} is on the host network, where no policy holds what the spec closes for {app.key}"
            fix = f"write  hostNetwork: true  under {app.key.name}, or take it out of the {first.kind}"
        yield Problem("host-network-differs", place, message, tuple(_written(first)), fix)


def shared(intent: Intent, chosen: Chosen) -> Iterator[Problem]:
    """Yield the apps that have pods in common, although neither says `overlaps`."""
    apps = {app.key: app for app in intent.apps}
    found: dict[tuple[AppKey, AppKey], list[Workload]] = {}
    for one, keys in chosen.apps().items():
        for pair in combinations(sorted(keys), 2):
            found.setdefault(pair, []).append(one)
    for (first, second), workloads in found.items():
        if first.name not in _overlaps(apps[second]) and second.name not in _overlaps(apps[first]):
            message = f"{named(workloads)} has pods of both {first} and {second}, and the permissions of both"
            fix = f"give them labels that differ, or write  overlaps: [{first.name}]  under {second.name}"
            yield Problem("pods-shared", apps[second].spot.key(), message, tuple(_written(workloads[0])), fix)


def undeclared_ports(intent: Intent, chosen: Chosen) -> Iterator[Problem]:
    """Yield each port of an app that its containers leave out, although they declare others."""
    for app in intent.apps:
        declared = {port for one in chosen.of(app) for port in _declared(one)}
        listed = ", ".join(f"{number}/{protocol}" for number, protocol in sorted(declared)[:_NAMED])
        for port in app.ports:
            if declared and not port.last and (port.container, port.protocol) not in declared:
                what = f"{port.container}/{port.protocol}"
                message = f"no container of {app.key} declares the port {what}, which is the one that is opened"
                notes = (f"{named(chosen.of(app))} declares {listed}",)
                yield Problem("port-undeclared", _port_place(app, port.name), message, notes, "see which one listens")


def _written(one: Workload) -> Iterator[str]:
    if one.spot:
        yield f"{one.kind} {one} is at {where(one.spot)}"


def _overlaps(app: App) -> list[str]:
    """Return the apps that *app* says to overlap with: the spec was read, so it is a list of names."""
    return items(step(body(app.spot), "overlaps"))


def _port_place(app: App, name: str) -> Place:
    written = body(app.spot)
    if step(written, "ports", name) is not None:
        return app.spot.at("ports", name).key()
    return app.spot.at("port").value() if step(written, "port") is not None else app.spot.value()


def _declared(one: Workload) -> Iterator[tuple[int, str]]:
    """Yield number and protocol of every port that a container of *one* declares, with a name or without."""
    spec = step(body(one.spot), *_TEMPLATES.get(one.kind, ("spec", "template")), "spec")
    for key in ("containers", "initContainers"):
        for container in items(step(spec, key)):
            for port in items(step(container, "ports")):
                number = step(port, "containerPort")
                if isinstance(number, int):
                    yield number, str(step(port, "protocol") or "TCP")
