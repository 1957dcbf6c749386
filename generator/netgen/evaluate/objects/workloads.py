"""What makes pods: the kinds of Kubernetes and every other kind with a pod template; and namespaces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netgen.evaluate.addresses import number
from netgen.evaluate.objects.model import NamedPort, Namespace, Workload, namespace
from netgen.evaluate.objects.values import MalformedError, items, labels, mapping, text, truth, whole
from netgen.evaluate.sets import FIRST, LAST, Protocol
from netgen.source import Spot

_TEMPLATE = ("spec", "template")
TEMPLATES = {
    ("", "Pod"): (),
    ("", "ReplicationController"): _TEMPLATE,
    ("apps", "Deployment"): _TEMPLATE,
    ("apps", "StatefulSet"): _TEMPLATE,
    ("apps", "DaemonSet"): _TEMPLATE,
    ("apps", "ReplicaSet"): _TEMPLATE,
    ("batch", "Job"): _TEMPLATE,
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
}
"""Where each kind has the template of its pods, by API group and kind."""

_JOB = ("batch.kubernetes.io/controller-uid", "controller-uid", "batch.kubernetes.io/job-completion-index")
_JOB_NAME = ("batch.kubernetes.io/job-name", "job-name")
# Labels that controllers add to their pods: kubernetes/kubernetes pkg/controller and pkg/apis/apps, batch.
_ADDED = {
    ("apps", "Deployment"): ("pod-template-hash",),
    ("apps", "StatefulSet"): (
        "statefulset.kubernetes.io/pod-name",
        "apps.kubernetes.io/pod-index",
        "controller-revision-hash",
    ),
    ("apps", "DaemonSet"): ("controller-revision-hash", "pod-template-generation"),
    ("batch", "Job"): _JOB,
    ("batch", "CronJob"): (*_JOB, *_JOB_NAME),
}
_PROTOCOLS = {str(protocol): protocol for protocol in (Protocol.TCP, Protocol.UDP, Protocol.SCTP)}


def has_template(body: dict[str, Any]) -> bool:
    """Return whether an object of an unknown kind has a pod template where Kubernetes' own kinds have it."""
    found: object = body
    for step in (*_TEMPLATE, "spec", "containers"):
        found = found.get(step) if isinstance(found, dict) else None
    return isinstance(found, list)


def has_ended(body: dict[str, Any], kind: tuple[str, str]) -> bool:
    """Return whether an object is a pod that has ended for good: it has no network, and others may have its address."""
    status = body.get("status")
    return kind == ("", "Pod") and isinstance(status, dict) and status.get("phase") in ("Succeeded", "Failed")


def workload(body: dict[str, Any], kind: tuple[str, str], namespace: str, name: str, spot: Spot) -> Workload:
    """Return the workload *body* of the API group and kind *kind*; what others' controllers add, nobody here knows."""
    path = TEMPLATES.get(kind, _TEMPLATE)
    template: Any = body
    for depth, step in enumerate(path, 1):
        template = mapping(template, spot.at(*path[: depth - 1])).get(step)
    at = spot.at(*path)
    if not isinstance(template, dict) or not isinstance(template.get("spec"), dict):
        raise MalformedError("there is no pod template", at)
    spec = template["spec"]
    metadata = mapping(template.get("metadata"), at.at("metadata"))
    own = labels(metadata.get("labels"), at.at("metadata", "labels"))
    added = _ADDED.get(kind, ())
    if kind == ("batch", "Job"):
        if mapping(body.get("metadata"), spot.at("metadata")).get("name"):
            own |= dict.fromkeys(_JOB_NAME, name)
        else:
            added = (*added, *_JOB_NAME)
    return Workload(
        kind=kind[1],
        namespace=namespace,
        name=name,
        labels=tuple(sorted(own.items())),
        ports=tuple(dict.fromkeys(_ports(spec, at.at("spec")))),
        host_network=truth(spec.get("hostNetwork"), at.at("spec", "hostNetwork")),
        addresses=tuple(dict.fromkeys(_addresses(body, spot))) if kind == ("", "Pod") else (),
        unsure=frozenset(added).difference(own),
        more_labels=kind not in TEMPLATES,
        spot=spot,
        service_account=_service_account(spec, at.at("spec")),
    )


def _service_account(spec: dict[str, Any], spot: Spot) -> str:
    """Return what the API server makes of both fields for it, of which one has the old name."""
    for key in ("serviceAccountName", "serviceAccount"):
        if spec.get(key):
            return text(spec[key], spot.at(key))
    return "default"


def _ports(spec: dict[str, Any], spot: Spot) -> Iterator[NamedPort]:
    for key in ("containers", "initContainers"):
        for item, at in items(spec.get(key), spot.at(key)):
            container = mapping(item, at)
            init = key == "initContainers"
            passing = init and container.get("restartPolicy") != "Always"
            for port, place in items(container.get("ports"), at.at("ports")):
                yield from _port(mapping(port, place), place, init=init, passing=passing)


def _port(port: dict[str, Any], spot: Spot, *, init: bool, passing: bool) -> Iterator[NamedPort]:
    value = whole(port.get("containerPort"), spot.at("containerPort"), FIRST, LAST)
    protocol = port.get("protocol") or "TCP"
    if not isinstance(protocol, str) or protocol not in _PROTOCOLS:
        raise MalformedError(f"{protocol!r} is no protocol of a container port", spot.at("protocol"))
    if port.get("name"):
        yield NamedPort(text(port["name"], spot.at("name")), _PROTOCOLS[protocol], value, init, passing)


def _addresses(body: dict[str, Any], spot: Spot) -> Iterator[str]:
    at = spot.at("status")
    status = mapping(body.get("status"), at)
    listed = [(mapping(item, place).get("ip"), place) for item, place in items(status.get("podIPs"), at.at("podIPs"))]
    for value, place in [(status.get("podIP"), at.at("podIP")), *listed]:
        if value:
            try:
                number(text(value, place))
            except ValueError:
                raise MalformedError(f"{value!r} is no address", place) from None
            yield value


def namespace_object(body: dict[str, Any], name: str, spot: Spot) -> Namespace:
    """Return the Namespace *body*."""
    metadata = mapping(body.get("metadata"), spot.at("metadata"))
    return namespace(name, labels(metadata.get("labels"), spot.at("metadata", "labels")), spot)
