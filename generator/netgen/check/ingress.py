"""The API server's rules about an Ingress."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from netgen.check import metadata, names
from netgen.check.faults import Fault, Json, invalid, invalid_each, required, unsupported
from netgen.check.shape import Shape, object_of

_CLASS_ANNOTATION = "kubernetes.io/ingress.class"
_PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")
_BACKEND: Shape = {"service": {"name": str, "port": {"name": str, "number": int}}}

SHAPE: Shape = object_of(
    {
        "ingressClassName": str,
        "defaultBackend": _BACKEND,
        "rules": [{"host": str, "http": {"paths": [{"path": str, "pathType": str, "backend": _BACKEND}]}}],
        "tls": [{"hosts": [str], "secretName": str}],
    }
)


def faults(body: Json, service_name: names.Rule) -> Iterator[Fault]:
    """Yield what is wrong with an Ingress of the right shape; its backends follow *service_name*.

    Source: kubernetes/kubernetes pkg/apis/networking/validation/validation.go.
    """
    spec, about = body.get("spec", {}), body.get("metadata", {})
    yield from metadata.faults(about, names.dns_subdomain)
    if "rules" not in spec and "defaultBackend" not in spec:
        yield Fault("spec", "Invalid value: either `defaultBackend` or `rules` must be specified")
    if "defaultBackend" in spec:
        yield from _backend(spec["defaultBackend"], "spec.defaultBackend", service_name)
    for index, rule in enumerate(spec.get("rules", ())):
        yield from _rule(rule, f"spec.rules[{index}]", service_name)
    for index, entry in enumerate(spec.get("tls", ())):
        yield from _tls(entry, f"spec.tls[{index}]")
    yield from _class(spec.get("ingressClassName"), about.get("annotations", {}).get(_CLASS_ANNOTATION))


def _class(name: str | None, annotated: str | None) -> Iterator[Fault]:
    if name is not None:
        yield from invalid_each("spec.ingressClassName", name, names.dns_subdomain(name))
        if annotated is not None and annotated != name:
            why = "must match `ingressClassName` when both are specified"
            yield invalid(f"metadata.annotations[{_CLASS_ANNOTATION}]", annotated, why)


def _rule(rule: Json, path: str, service_name: names.Rule) -> Iterator[Fault]:
    host = rule.get("host", "")
    if is_address(host):
        yield invalid(f"{path}.host", host, "must be a DNS name, not an IP address")
    elif host:
        yield from invalid_each(f"{path}.host", host, names.host(host))
    if "http" in rule and "paths" not in rule["http"]:
        yield required(f"{path}.http.paths")
    for index, item in enumerate(rule.get("http", {}).get("paths", ())):
        yield from _path(item, f"{path}.http.paths[{index}]", service_name)


def _path(item: Json, path: str, service_name: names.Rule) -> Iterator[Fault]:
    kind, text = item.get("pathType"), item.get("path", "")
    if kind is None:
        yield required(f"{path}.pathType", "pathType must be specified")
    elif kind not in _PATH_TYPES:
        yield unsupported(f"{path}.pathType", kind, _PATH_TYPES)
    elif not text.startswith("/") and (text or kind != "ImplementationSpecific"):
        yield invalid(f"{path}.path", text, "must be an absolute path")
    if kind in ("Exact", "Prefix"):
        yield from invalid_each(f"{path}.path", text, path_faults(text))
    yield from _backend(item.get("backend", {}), f"{path}.backend", service_name)


def path_faults(text: str) -> Iterator[str]:
    """Yield what an exact path or a prefix must not hold, here as in an HTTPRoute."""
    for part in ("//", "/./", "/../", "%2f", "%2F"):
        if part in text:
            yield f"must not contain '{part}'"
    for end in ("/..", "/."):
        if text.endswith(end):
            yield f"cannot end with '{end}'"


def _backend(backend: Json, path: str, service_name: names.Rule) -> Iterator[Fault]:
    service = backend.get("service")
    if service is None:
        yield required(path, "resource or service backend is required")
        return
    name, port = service.get("name"), service.get("port", {})
    if not name:
        yield required(f"{path}.service.name")
    else:
        yield from invalid_each(f"{path}.service.name", name, service_name(name))
    if len(port) > 1:
        yield Fault(path, "Invalid value: cannot set both port name & port number")
    elif "name" in port:
        yield from invalid_each(f"{path}.service.port.name", port["name"], names.port_name(port["name"]))
    elif "number" in port:
        yield from invalid_each(f"{path}.service.port.number", port["number"], names.port_number(port["number"]))
    else:
        yield required(path, "port name or number is required")


def _tls(entry: Json, path: str) -> Iterator[Fault]:
    for index, host in enumerate(entry.get("hosts", ())):
        yield from invalid_each(f"{path}.hosts[{index}]", host, names.host(host))
    secret = entry.get("secretName", "")
    if secret:
        yield from invalid_each(f"{path}.secretName", secret, names.dns_subdomain(secret))


def is_address(host: str) -> bool:
    """Return whether *host* is an IP address, which no host of a route may be."""
    if ":" not in host and not host[-1:].isdigit():
        return False  # most are none, and that is soon seen
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
