"""The keys of the language that this version does not read, by the map in which they stand."""

from __future__ import annotations

from typing import Final

LATER: Final[dict[str, frozenset[str]]] = {
    "Connectivity": frozenset({"stage", "include", "raw"}),
    "app": frozenset({"serviceAccount", "scrape"}),
    "call": frozenset({"until", "envs", "http", "enforce"}),
    "grant": frozenset({"http", "until", "enforce"}),
    "URL exposure": frozenset({"clients", "rewrite", "weight", "headers", "query", "timeout", "redirect"}),
    "load balancer": frozenset({"internal"}),
    "service": frozenset({"existing", "also", "trafficDistribution", "ipFamilies"}),
    "Platform": frozenset(
        (
            *("externals", "allow", "namespaces", "clusterDomain", "ipFamilies", "mesh", "needs", "installed"),
            *("policies", "consent", "envs", "stage", "guardrails", "include"),
        )
    ),
    "entry point": frozenset({"gateway", "create"}),
}
"""Title of a map in the schemas -> the keys that a later version will read there; they are refused by name."""
