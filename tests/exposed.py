"""What the Services and Ingresses of a valid system are: each function returns what is not as it should be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from invariants import Rendered, name_of
from systems import Data, Port, System, apps_of, exposures, selector


def wrong_services(system: System, result: Rendered) -> list[str]:
    """Each app with ports has its Service, and each exposure is on it or has its own; nothing else is one."""
    wanted = dict(services_of(system))
    found = {}
    for service in result.of("Service"):
        spec = service["spec"]
        ports = [
            (port["name"], port["port"], port.get("targetPort", port["port"]), port["protocol"], port.get("nodePort"))
            for port in spec["ports"]
        ]
        kind = "None" if "clusterIP" in spec else spec["type"]
        more = (spec.get("loadBalancerSourceRanges"), spec.get("externalTrafficPolicy"), spec.get("loadBalancerClass"))
        found[name_of(service)] = (kind, sorted(ports, key=str), spec["selector"], *more)
    return [
        f"{name}: {found.get(name)} is not {wanted.get(name)}"
        for name in found | wanted
        if found.get(name) != wanted.get(name)
    ]


def services_of(system: System) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield the name of each Service that *system* means, and its type, ports, selector, ranges, policy and class."""
    for key, app, document in apps_of(system):
        own = app.get("service", {})
        labels = selector(document, key[1])
        exposed = [form for form in exposures(app) if "url" not in form]
        if own is not False and "existing" not in own and system.ports[key]:
            name, mine = own.get("name", key[1]), [form for form in exposed if "name" not in form[kind_of(form)]]
            plain_kind = "None" if "headless" in own else "ClusterIP"
            yield (
                f"{key[0]}/{name}",
                (
                    service_of(mine[0], system.ports[key], labels)
                    if mine
                    else (plain_kind, listed(system.ports[key], {}), labels, None, None, None)
                ),
            )
        for form in exposed:
            if "name" in form[kind_of(form)]:
                yield f"{key[0]}/{form[kind_of(form)]['name']}", service_of(form, system.ports[key], labels)


def kind_of(form: Data) -> str:
    """Return which of the two ways an exposure by a Service is."""
    return "loadBalancer" if "loadBalancer" in form else "nodePort"


def service_of(form: Data, ports: tuple[Port, ...], labels: Data) -> tuple[Any, ...]:
    """Return what the Service of an exposure is."""
    kind = kind_of(form)
    body = form[kind]
    named = body.get("ports", [port.name for port in ports])
    if None in named:
        named = {ports[0].name: named[None]}  # a number without a name is that of the only port
    narrow = [client for client in body.get("clients", []) if client != "internet"]
    clients = [block if "/" in block else f"{block}/32" for block in sorted(narrow)]
    local = "Local" if clients or body.get("externalTrafficPolicy") == "Local" else None
    shown = listed([port for port in ports if port.name in named], named if isinstance(named, dict) else {})
    ranges = (clients or None) if kind == "loadBalancer" else None
    return kind[0].upper() + kind[1:], shown, labels, ranges, local, body.get("class")


def listed(ports: Sequence[Port], numbers: dict[str, int]) -> list[Any]:
    """Return *ports* as those of a Service."""
    rows = [(port.name, port.service, port.container, port.protocol, numbers.get(port.name)) for port in ports]
    return sorted(rows, key=str)


def wrong_routes(system: System, result: Rendered) -> list[str]:
    """Each exposed URL is a path of one Ingress, and leads to the Service port of its app."""
    found = {
        (
            *(ingress["metadata"]["namespace"], ingress["spec"]["ingressClassName"]),
            *(rule["host"], path["path"], path["pathType"]),
            *(path["backend"]["service"]["name"], path["backend"]["service"]["port"]["number"]),
        )
        for ingress in result.of("Ingress")
        for rule in ingress["spec"]["rules"]
        for path in rule["http"]["paths"]
    }
    classes = {
        host.removeprefix("*"): point["ingress"]
        for document in system.documents
        for point in document.get("entrypoints", {}).values()
        for host in point.get("hosts", [""])
    }
    wanted = set()
    for key, app, _ in apps_of(system):
        for form in exposures(app):
            if "url" in form:
                host, _, path = form["url"].partition("://")[2].partition("/")
                served = [port for port in system.ports[key] if not port.metrics] or list(system.ports[key])
                port = next(port for port in system.ports[key] if port.name == form.get("port", served[0].name))
                gate = next(it for end, it in classes.items() if host.endswith(end))
                kind = {"exact": "Exact", "prefix": "Prefix"}[form.get("match", "prefix")]
                own = app.get("service", {})
                service = own.get("existing") or own.get("name", key[1])
                wanted.add((key[0], gate, host, f"/{path}", kind, service, port.service))
    return [str(route) for route in found ^ wanted]
