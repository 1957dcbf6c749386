"""The keys of the language that this version does not read, by the map in which they stand, and what to do instead."""

from __future__ import annotations

from typing import Final

_UNTIL = "write the day into  why"
_INCLUDE = "give the other files to the command as well"
_PATCH = "leave it out, and set it by a kustomize patch of the rendered Service"
_ROUTING = "write your controller's annotation for it, under  annotations  of the entry point or of the document"

LATER: Final[dict[str, dict[str, str]]] = {
    "Connectivity": {"include": _INCLUDE},
    "app": {
        "scrape": "say it of the port:  ports: {NAME: {container: PORT, metrics: false}}",
    },
    "call": {"until": _UNTIL},
    "grant": {"until": _UNTIL},
    "URL exposure": {
        "clients": _ROUTING,
        "rewrite": _ROUTING,
        "weight": _ROUTING,
        "headers": _ROUTING,
        "query": _ROUTING,
        "timeout": _ROUTING,
        "redirect": _ROUTING,
    },
    "load balancer": {"internal": "write your cloud's annotation for it, under  annotations  here"},
    "service": {
        "also": "write a second app with the same  select, and  overlaps: [APP]",
        "trafficDistribution": _PATCH,
        "ipFamilies": _PATCH,
    },
    "Platform": {
        "namespaces": "write the cluster's own names of the namespaces in the specs",
        "clusterDomain": "leave it out: nothing that is rendered names the cluster's domain",
        "ipFamilies": "leave it out: addresses of both families are opened",
        "mesh": "name the pods of its control plane under  peers  of each spec, and write calls of them",
        "consent": "write both  calls  and  accepts  between owners; with one owner under  owners, calls are enough",
        "guardrails": "write what must not be open as claims under  never",
        "include": _INCLUDE,
    },
    "entry point": {
        "create": "make what the entry point needs by manifests of your own",
    },
}
"""Title of a map in the schemas -> each key that a later version will read there, and what is said of it now."""
