"""The API server's rules about an HTTPRoute, as far as netgen renders one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from netgen.check import metadata, names
from netgen.check.faults import Fault, Json, invalid, invalid_each, required, unsupported
from netgen.check.ingress import is_address, path_faults
from netgen.check.shape import Shape, object_of

_PATH_TYPES = ("Exact", "PathPrefix")
_LONGEST_PATH = 1024
_IS_PATH = re.compile(r"(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})+", re.ASCII).fullmatch
_MOST = {"parentRefs": 32, "hostnames": 16, "rules": 16, "matches": 64, "backendRefs": 16}
_MOST_MATCHES = 128
_GATEWAY = {"group": "gateway.networking.k8s.io", "kind": "Gateway"}

SHAPE: Shape = object_of(
    {
        "parentRefs": [{"group": str, "kind": str, "name": str, "namespace": str, "sectionName": str}],
        "hostnames": [str],
        "rules": [{"matches": [{"path": {"type": str, "value": str}}], "backendRefs": [{"name": str, "port": int}]}],
    }
)


def faults(body: Json, service_name: names.Rule) -> Iterator[Fault]:
    """Yield what is wrong with an HTTPRoute of the right shape; its backends follow *service_name*.

    Source: kubernetes-sigs/gateway-api config/crd/standard/gateway.networking.k8s.io_httproutes.yaml, v1.6.1. What an
    HTTPRoute may leave out, and netgen always writes, is required here: without a parent it does nothing, and without
    hosts or matches it takes more than was meant.
    """
    spec = body.get("spec", {})
    yield from metadata.faults(body.get("metadata", {}), names.dns_subdomain)
    yield from _lists(spec, "spec", ("parentRefs", "hostnames", "rules"))
    for index, parent in enumerate(spec.get("parentRefs", ())):
        yield from _parent(parent, f"spec.parentRefs[{index}]")
    for index, host in enumerate(spec.get("hostnames", ())):
        path = f"spec.hostnames[{index}]"
        if is_address(host):
            yield invalid(path, host, "must be a DNS name, not an IP address")
        else:
            yield from invalid_each(path, host, names.host(host))
    rules = spec.get("rules", ())
    for index, rule in enumerate(rules):
        yield from _rule(rule, f"spec.rules[{index}]", service_name)
    if sum(len(rule.get("matches", ())) for rule in rules) > _MOST_MATCHES:
        yield Fault("spec.rules", f"Too many: must have at most {_MOST_MATCHES} matches in all rules")


def _lists(holder: Json, path: str, keys: tuple[str, ...]) -> Iterator[Fault]:
    for key in keys:
        if key not in holder:
            yield required(f"{path}.{key}")
        elif len(holder[key]) > _MOST[key]:
            yield Fault(f"{path}.{key}", f"Too many: {len(holder[key])}: must have at most {_MOST[key]} items")


def _parent(parent: Json, path: str) -> Iterator[Fault]:
    for key, only in _GATEWAY.items():
        if parent.get(key, only) != only:
            yield unsupported(f"{path}.{key}", parent[key], (only,))
    for key, rule in (("name", names.dns_subdomain), ("namespace", names.dns_label)):
        if key not in parent:
            yield required(f"{path}.{key}")
        else:
            yield from invalid_each(f"{path}.{key}", parent[key], rule(parent[key]))
    if "sectionName" in parent:
        section = parent["sectionName"]
        yield from invalid_each(f"{path}.sectionName", section, names.dns_subdomain(section))


def _rule(rule: Json, path: str, service_name: names.Rule) -> Iterator[Fault]:
    yield from _lists(rule, path, ("matches", "backendRefs"))
    for index, match in enumerate(rule.get("matches", ())):
        yield from _match(match.get("path", {}), f"{path}.matches[{index}].path")
    for index, backend in enumerate(rule.get("backendRefs", ())):
        yield from _backend(backend, f"{path}.backendRefs[{index}]", service_name)


def _match(match: Json, path: str) -> Iterator[Fault]:
    kind, text = match.get("type"), match.get("value")
    if kind is None:
        yield required(f"{path}.type")
    elif kind not in _PATH_TYPES:
        yield unsupported(f"{path}.type", kind, _PATH_TYPES)
    if text is None:
        yield required(f"{path}.value")
        return
    if not text.startswith("/"):
        yield invalid(f"{path}.value", text, "must be an absolute path and start with '/'")
    elif not _IS_PATH(text):
        yield invalid(f"{path}.value", text, "must only contain valid characters")
    if len(text) > _LONGEST_PATH:
        yield Fault(f"{path}.value", f"Too long: may not be more than {_LONGEST_PATH} bytes")
    yield from invalid_each(f"{path}.value", text, path_faults(text))


def _backend(backend: Json, path: str, service_name: names.Rule) -> Iterator[Fault]:
    name, port = backend.get("name"), backend.get("port")
    if not name:
        yield required(f"{path}.name")
    else:
        yield from invalid_each(f"{path}.name", name, service_name(name))
    if port is None:
        yield required(f"{path}.port", "must have port for Service reference")
    else:
        yield from invalid_each(f"{path}.port", port, names.port_number(port))
