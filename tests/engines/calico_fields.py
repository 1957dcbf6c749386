"""Which fields of Calico's policies random clusters hold, and which the definitions know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from clusters import Cluster

ENUMERATIONS = ("action", "types", "ipVersion")
UNCLAIMED = frozenset(
    [
        *("http", "doNotTrack", "preDNAT", "applyOnForward"),
        *("code", "source.ports", "source.notPorts"),
    ]
)
"""Fields of the definitions that no cluster holds, by the end of their path."""
NEAR = {
    "ingress": tuple(f"destination.{name}" for name in ("nets", "notNets", "notSelector", "namespaceSelector")),
    "egress": tuple(f"source.{name}" for name in ("nets", "notNets", "notSelector", "namespaceSelector")),
}
"""What would be about the policy's own pods; of these, selectors alone are drawn."""
_NEAR_TOO = {"ingress": "destination", "egress": "source"}


def fields(cluster: Cluster) -> Counter[str]:
    """Return which fields the policies of Calico in *cluster* hold, with the values of enumerations, each once."""
    found: set[str] = set()
    for one in cluster.policies:
        if one["apiVersion"] == "projectcalico.org/v3":
            found |= {*_fields(one["spec"], "")}
    return Counter(found)


def _fields(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield f"{path}.{key}"
            yield from _fields(item, f"{path}.{key}") if key != "annotations" else ()
    elif isinstance(value, list):
        for item in value:
            yield from _fields(item, path)
    if path.endswith(ENUMERATIONS) and not isinstance(value, list):
        yield f"{path}={value}"


def claimed(schema: Any, path: str = "") -> Iterator[str]:
    """Return the fields that *schema*, that of a spec, knows, and the values of enumerations, but for UNCLAIMED."""
    for key, item in schema.get("properties", {}).items():
        here = f"{path}.{key}"
        if not here.endswith(tuple(f".{one}" for one in UNCLAIMED)) and not _is_near(here):
            yield here
            yield from claimed(item, here)
    yield from claimed(schema["items"], path) if "items" in schema else ()
    if path.endswith(ENUMERATIONS):
        yield from (f"{path}={value}" for value in schema.get("enum", ()))


def _is_near(path: str) -> bool:
    """Return whether a field is about the policy's own pods otherwise than by a selector, and by ports."""
    parts = path.split(".")
    if len(parts) < 4 or _NEAR_TOO.get(parts[1]) != parts[2]:
        return False
    return parts[3] not in ("selector", *(("ports", "notPorts") if parts[2] == "destination" else ()))
