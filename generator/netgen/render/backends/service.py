"""Services of core/v1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from markupsafe import Markup

from netgen.intent import Intent, Pairs, Service, ServicePort
from netgen.quoting import comment
from netgen.render.planned import Metadata, Planned, Rank

TEMPLATE = "service/service.yaml.j2"


class ServiceView(NamedTuple):
    """What the template of a Service prints.

    *forwarded* is False where clients dial the pods themselves, so that a port has no target of its own;
    *affinity_seconds* is 0 for the cluster's default.
    """

    metadata: Metadata
    intent: Markup
    type: str
    headless: bool
    forwarded: bool
    load_balancer_class: str | None
    local_traffic: bool
    source_ranges: tuple[str, ...]
    client_affinity: bool
    affinity_seconds: int
    selector: Pairs
    ports: tuple[ServicePort, ...]


def plan(intent: Intent) -> Iterator[Planned]:
    """Yield the Services of *intent*, but for those that are there already."""
    for service in intent.services:
        if service.existing:
            continue
        yield Planned(Rank.SERVICE, TEMPLATE, _view(service), service.spot)


def _view(service: Service) -> ServiceView:
    if not service.selector:
        raise ValueError(f"Service {service.name} of {service.app} selects no pods")
    return ServiceView(
        metadata=Metadata(service.name, service.app.namespace, service.labels, service.annotations),
        intent=comment(service.intent),
        type=service.type,
        headless=service.headless,
        forwarded=not service.headless,
        load_balancer_class=service.load_balancer_class,
        local_traffic=service.local_traffic,
        source_ranges=service.source_ranges,
        client_affinity=service.affinity_seconds is not None,
        affinity_seconds=service.affinity_seconds or 0,
        selector=service.selector,
        ports=service.ports,
    )
