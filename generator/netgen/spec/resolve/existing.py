"""Services that are there already: what a spec says of one, and what it cannot say."""

from __future__ import annotations

from netgen.intent import Service, ServicePort
from netgen.problems import Problem
from netgen.spec.forms.connectivity import ServiceForm
from netgen.spec.forms.exposures import ServiceExposure, UrlForm
from netgen.spec.forms.text import shown
from netgen.spec.resolve.consent import served
from netgen.spec.resolve.instead import with_name
from netgen.spec.resolve.registry import Entry


def existing_service(entry: Entry, form: ServiceForm, exposed: list[ServiceExposure], found: list[Problem]) -> Service:
    """Return the Service of somebody else that leads to *entry*; *exposed* are the exposures that would be by it."""
    _check_alone(entry, form, found)
    found.extend(_not_exposed(entry, item) for item in exposed)
    routed = {item.port for item in entry.form.exposures if isinstance(item, UrlForm)}
    single = tuple(port for port in entry.app.ports if not port.last)
    ports = [port for port in single if port in served(single, entry) or port.name in routed]
    return Service(
        name=entry.service_name,
        app=entry.key,
        type="ClusterIP",
        selector=entry.app.selector.labels,
        ports=tuple(
            ServicePort(port.name, port.service, port.container, port.protocol, port.app_protocol) for port in ports
        ),
        labels=(),
        annotations=(),
        intent=str(entry.key),
        existing=True,
        spot=entry.form.spot.at("service", "existing"),
    )


def _check_alone(entry: Entry, form: ServiceForm, found: list[Problem]) -> None:
    """Refuse what is said of a Service that netgen does not render."""
    said = {
        "name": form.name is not None,
        "headless": form.headless,
        "sessionAffinity": form.affinity_seconds is not None,
        "labels": bool(form.labels),
        "annotations": bool(form.annotations),
    }
    for key in (key for key, is_said in said.items() if is_said):
        place = entry.form.spot.at("service", key).key()
        message = f"{shown(key)} is not netgen's to say of a Service that is there already"
        fix = "leave it out, or leave `existing` out and the Service to netgen"
        found.append(Problem("service-conflict", place, message, fix=fix))


def _not_exposed(entry: Entry, item: ServiceExposure) -> Problem:
    """Return the problem that *item* would change a Service that is not rendered."""
    name = entry.service_name
    message = f"the Service {name} is there already, so it is not netgen's to expose"
    notes = (
        "whether it is a LoadBalancer or NodePort is said where it is made; accepts: internet opens the app to it",
    )
    return Problem("service-conflict", item.place, message, notes, with_name(item, entry))
