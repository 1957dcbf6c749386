"""The Services that a rule names: the pods behind them, on the ports that they listen on; and the API server."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from netgen.evaluate.objects.calico.known import Known
from netgen.evaluate.objects.model import (
    NAME_LABEL,
    Entity,
    EntityPeer,
    Peer,
    PodPeer,
    PortRule,
    Selector,
)
from netgen.evaluate.objects.values import MalformedError, fields, namespace_name, object_name
from netgen.evaluate.objects.ways import ServiceObject
from netgen.evaluate.sets import Protocol
from netgen.source import Spot

_MATCH = frozenset(("name", "namespace"))
_API_SERVER = ("default", "kubernetes")
SOME_PORT = PortRule(Protocol.TCP, name="")
"""The port of the API server behind its Service."""

Ports = tuple[PortRule, ...] | None


class ServiceMatch(NamedTuple):
    """A Service by its name."""

    namespace: str
    name: str
    spot: Spot


def service_match(value: object, spot: Spot, known: Known) -> ServiceMatch | None:
    """Return the Service of `services`; a policy of a namespace may leave out that it is there."""
    if value is None:
        return None
    found = fields(value, _MATCH, spot)
    if not found.get("name"):
        raise MalformedError("services needs a name", spot)
    if not found.get("namespace") and not known.namespace:
        raise MalformedError("services of a global policy needs a namespace", spot)
    if not found.get("namespace"):
        # The documentation says the policy's own; libcalico-go's updateprocessors/rules.go looks for it in none.
        fix = f"write namespace: {known.namespace}"
        known.unknown("it names a Service without its namespace, which Calico then finds in none", spot.key(), fix)
    namespace = namespace_name(found.get("namespace") or known.namespace, spot.at("namespace"))
    return ServiceMatch(namespace, object_name(found["name"], spot.at("name")), spot)


def of_service(match: ServiceMatch, ports: Ports, known: Known, *, is_target: bool) -> tuple[tuple[Peer, ...], Ports]:
    """Return the pods behind a Service, and where it is the target the ports of it, of those that the rule has.

    Source: felix/calc/rule_scanner.go, and the documentation of service rules: as a source it means addresses alone.
    """
    if (match.namespace, match.name) == _API_SERVER:
        listening = _both(ports, (SOME_PORT,)) if is_target else ports
        return (EntityPeer(Entity.KUBE_APISERVER),), listening
    found = known.around.by_name.get((match.namespace, match.name))
    name = f"{match.namespace}/{match.name}"
    if found is None:
        fix = "give the Services of the cluster as well"
        known.unknown(f"there is no Service {name} among what was read", match.spot.value(), fix)
        return (), ()
    if found.selector is None or found.type == "ExternalName":
        known.unknown(f"the Service {name} has no selector, and nobody tells its addresses", match.spot.value())
        return (), ()
    if any(
        _is_behind(found, one.selectable)
        for one in known.around.workloads
        if one.host_network and one.namespace == found.namespace
    ):
        known.unknown(f"pods behind the Service {name} have the addresses of their nodes", match.spot.value())
    spaces = None if known.namespace == found.namespace else Selector(((NAME_LABEL, found.namespace),))
    listening = _both(ports, _targets(found)) if is_target else ports
    return (PodPeer(spaces, Selector(found.selector)),), listening


def _is_behind(service: ServiceObject, labels: dict[str, str]) -> bool:
    return all(labels.get(key) == value for key, value in service.selector or ())


def _targets(service: ServiceObject) -> tuple[PortRule, ...]:
    return tuple(
        PortRule(one.protocol, name=one.target)
        if isinstance(one.target, str)
        else PortRule(one.protocol, one.target, one.target)
        for one in service.ports
    )


def _both(ports: Ports, others: Iterable[PortRule]) -> Ports:
    """Return those of *others* whose protocol is among *ports*, which have nothing but protocols beside a Service."""
    if ports is None:
        return tuple(others)
    protocols = {one.protocol for one in ports}
    return tuple(one for one in others if one.protocol in protocols)
