"""Where the ports of Services lead, by the names of the apps and not by labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from netgen.diff.ends import Ends
from netgen.evaluate.objects.model import Cluster, Workload
from netgen.evaluate.objects.ways import IngressObject, ServiceObject, ServicePort
from netgen.evaluate.routes import routes
from netgen.evaluate.sets import Protocol

_OWN = "endpoints that no selector gives"


class Lead(NamedTuple):
    """The end of a way: an app, and its *port*; no port for what is no app."""

    app: str
    port: str

    def __str__(self) -> str:
        return f"{self.app} on {self.port}" if self.port else self.app


Key = tuple[str, Protocol, int]
"""A Service, and one of its ports."""

Leads = Mapping[Key, frozenset[Lead]]


def key_of(service: ServiceObject, port: ServicePort) -> Key:
    """Return what a port of a Service is called in Leads."""
    return str(service), port.protocol, port.port


def leads_of(cluster: Cluster, ends: Ends, *, new: bool) -> Leads:
    """Return where the Services of *cluster* lead, which is one of the two sides of *ends*, by the new names of apps.

    A port that the pods call by a name is that name where nobody tells its number.
    """
    later = {old: name for name, old in ends.renamed.items()}
    names = {one: later.get(name, name) for name, one in (ends.after if new else ends.before).items()}
    targets = {key_of(service, port): (service, port) for service in cluster.services for port in service.ports}
    # A number for every port, so that no Service is passed over because of a name.
    numbered = [
        replace(one, ports=tuple(replace(port, target=port.port) for port in one.ports)) for one in cluster.services
    ]
    found: dict[Key, set[Lead]] = {key: _elsewhere(service) for key, (service, _) in targets.items()}
    for backend in routes(replace(cluster, services=tuple(numbered), ingresses=())).backends:
        key = key_of(backend.service, backend.port)
        port = f"{_number(*targets[key], backend.workload)}/{backend.protocol}"
        found[key].add(Lead(names.get(backend.workload, str(backend.workload)), port))
    return {key: frozenset(ways) for key, ways in found.items()}


def _elsewhere(service: ServiceObject) -> set[Lead]:
    if service.type == "ExternalName":
        return {Lead(str(mapping(written(service), "spec").get("externalName")), "")}
    return set() if service.selector is not None else {Lead(_OWN, "")}


def _number(service: ServiceObject, port: ServicePort, workload: Workload) -> int | str:
    if service.headless or isinstance(port.target, int):
        return port.port if service.headless else port.target
    named = (one for one in workload.ports if not one.passing)
    return next((one.number for one in named if (one.name, one.protocol) == (port.target, port.protocol)), port.target)


def written(one: ServiceObject | IngressObject) -> Mapping[str, Any]:
    """Return an object as it is written."""
    data: Any = one.spot.document.data if one.spot else {}
    for step in one.spot.path if one.spot else ():
        data = data[step]
    return data if isinstance(data, dict) else {}


def mapping(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return the mapping under *key*; an empty one where there is none."""
    value = data.get(key)
    return value if isinstance(value, dict) else {}
