"""Services and Ingresses: the ways that lead to pods."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

from netgen.evaluate.objects.values import MalformedError, items, labels, mapping, text, whole
from netgen.evaluate.objects.ways import IngressObject, IngressRule, ServiceObject, ServicePort
from netgen.evaluate.sets import FIRST, LAST, Protocol
from netgen.source import Spot

_PROTOCOLS = {str(protocol): protocol for protocol in (Protocol.TCP, Protocol.UDP, Protocol.SCTP)}
_RANGES = "loadBalancerSourceRanges"
_CLASS = "kubernetes.io/ingress.class"


def service(body: dict[str, Any], namespace: str, name: str, spot: Spot) -> ServiceObject:
    """Return the Service *body*, with the API server's defaults. Source: kubernetes/api core/v1/types.go."""
    at = spot.at("spec")
    spec = mapping(body.get("spec"), at)
    selector = labels(spec.get("selector"), at.at("selector"))
    metadata = mapping(body.get("metadata"), spot.at("metadata"))
    return ServiceObject(
        namespace=namespace,
        name=name,
        type=text(spec.get("type") or "ClusterIP", at.at("type")),
        selector=tuple(sorted(selector.items())) or None,
        headless=spec.get("clusterIP") == "None",
        ports=tuple(
            _service_port(mapping(item, place), place) for item, place in items(spec.get("ports"), at.at("ports"))
        ),
        source_ranges=tuple(sorted(_range(item, place) for item, place in items(spec.get(_RANGES), at.at(_RANGES)))),
        external_addresses=_texts(spec, "externalIPs", at),
        local_outside=spec.get("externalTrafficPolicy") == "Local",
        local_inside=spec.get("internalTrafficPolicy") == "Local",
        load_balancer_class=text(spec.get("loadBalancerClass") or "", at.at("loadBalancerClass")),
        spot=spot,
        labels=tuple(sorted(labels(metadata.get("labels"), spot.at("metadata", "labels")).items())),
    )


def _range(value: object, spot: Spot) -> str:
    """Return a CIDR, from around which the API server takes blanks: pkg/apis/core/validation, ValidateService."""
    found = text(value, spot).strip()
    try:
        ip_network(found, strict=False)
    except ValueError:
        raise MalformedError(f"{found!r} is no CIDR", spot) from None
    if "/" not in found:
        raise MalformedError(f"{found!r} is no CIDR", spot)
    return found


def _texts(spec: dict[str, Any], key: str, spot: Spot) -> tuple[str, ...]:
    return tuple(sorted(text(item, at) for item, at in items(spec.get(key), spot.at(key))))


def _service_port(port: dict[str, Any], spot: Spot) -> ServicePort:
    own = whole(port.get("port"), spot.at("port"), FIRST, LAST)
    target = port.get("targetPort")
    if target is None or target in (0, ""):
        target = own
    elif not isinstance(target, str):
        target = whole(target, spot.at("targetPort"), FIRST, LAST)
    protocol = port.get("protocol") or "TCP"
    if not isinstance(protocol, str) or protocol not in _PROTOCOLS:
        raise MalformedError(f"{protocol!r} is no protocol of a Service port", spot.at("protocol"))
    node_port = port.get("nodePort") or None
    return ServicePort(
        name=text(port.get("name") or "", spot.at("name")),
        port=own,
        target=target,
        protocol=_PROTOCOLS[protocol],
        node_port=None if node_port is None else whole(node_port, spot.at("nodePort"), FIRST, LAST),
        spot=spot,
    )


def ingress(body: dict[str, Any], namespace: str, name: str, spot: Spot) -> IngressObject:
    """Return the Ingress *body*; backends that are no Service are left out. Source: kubernetes/api networking/v1."""
    at = spot.at("spec")
    spec = mapping(body.get("spec"), at)
    metadata = mapping(body.get("metadata"), spot.at("metadata"))
    annotations = mapping(metadata.get("annotations"), spot.at("metadata", "annotations"))
    for entry, place in items(spec.get("tls"), at.at("tls")):
        _check_certificate(mapping(entry, place), place)
    name_of_class = spec.get("ingressClassName") or annotations.get(_CLASS) or ""
    return IngressObject(
        namespace=namespace,
        name=name,
        class_name=text(name_of_class, at.at("ingressClassName")),
        rules=tuple(_ingress_rules(spec, at)),
        spot=spot,
    )


def _check_certificate(entry: dict[str, Any], spot: Spot) -> None:
    """Raise MalformedError where an item of `tls`, which leads nowhere, is not as the API server decodes it."""
    text(entry.get("secretName") or "", spot.at("secretName"))
    for host, place in items(entry.get("hosts"), spot.at("hosts")):
        text(host, place)


def _ingress_rules(spec: dict[str, Any], spot: Spot) -> Iterator[IngressRule]:
    if spec.get("defaultBackend") is not None:
        yield from _backend(spec["defaultBackend"], ("", "", ""), spot.at("defaultBackend"))
    for item, at in items(spec.get("rules"), spot.at("rules")):
        rule = mapping(item, at)
        host = text(rule.get("host") or "", at.at("host"))
        http = mapping(rule.get("http"), at.at("http"))
        for entry, place in items(http.get("paths"), at.at("http", "paths")):
            path = mapping(entry, place)
            way = text(path.get("path") or "", place.at("path")), text(path.get("pathType") or "", place.at("pathType"))
            yield from _backend(path.get("backend"), (host, *way), place.at("backend"))


def _backend(value: object, way: tuple[str, str, str], spot: Spot) -> Iterator[IngressRule]:
    backend = mapping(value, spot)
    if backend.get("resource") is not None:
        return
    at = spot.at("service")
    found = mapping(backend.get("service"), at)
    port = mapping(found.get("port"), at.at("port"))
    target = port.get("name") or port.get("number")
    if not isinstance(target, str):
        target = whole(target, at.at("port", "number"), FIRST, LAST)
    host, path, kind = way
    yield IngressRule(host, path, kind, text(found.get("name"), at.at("name")), target, spot)
