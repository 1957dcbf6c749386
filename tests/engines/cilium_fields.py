"""Which fields of Cilium's policies random clusters hold, and which the CRD knows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from clusters import Cluster

ENUMERATIONS = ("operator", "Entities", "protocol", "family", "source")
UNCLAIMED = frozenset(
    [
        *("nodeSelector", "fromNodes", "toNodes", "fromGroups", "toGroups", "fromRequires", "toRequires"),
        *("authentication", "listener", "originatingTLS", "terminatingTLS", "serverNames", "headerMatches"),
        *("VRRP", "IGMP", "GRE", "IPIP", "IPV6", "ESP", "AH"),
        ".ingress.toPorts.rules.dns",  # refused
    ]
)
"""Fields and values of the CRD that no cluster holds."""


def fields(cluster: Cluster) -> Counter[str]:
    """Return which fields the policies of Cilium in *cluster* hold, with the values of enumerations, each once."""
    found: set[str] = set()
    for one in cluster.policies:
        for each in (one.get("spec"), *one.get("specs", ())) if one["apiVersion"] == "cilium.io/v2" else ():
            found |= {*_fields(each, "")} if each else set()
    return Counter(found)


def _fields(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield f"{path}.{key}"
            yield from _fields(item, f"{path}.{key}") if key != "matchLabels" else ()
    elif isinstance(value, list):
        for item in value:
            yield from _fields(item, path)
    elif path.endswith(ENUMERATIONS):
        yield f"{path}={value}"


def claimed(schema: Any, path: str = "") -> Iterator[str]:
    """Return the fields that *schema*, that of a spec, knows, and the values of its enumerations, but for UNCLAIMED."""
    for key, item in schema.get("properties", {}).items():
        if key not in UNCLAIMED and f"{path}.{key}" not in UNCLAIMED:
            yield f"{path}.{key}"
            yield from claimed(item, f"{path}.{key}")
    yield from claimed(schema["items"], path) if "items" in schema else ()
    yield from (f"{path}={value}" for value in schema.get("enum", ()) if value not in UNCLAIMED)
