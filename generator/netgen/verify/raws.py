"""The raw objects of a spec that are not among the manifests."""

from __future__ import annotations

from collections.abc import Iterator

from netgen.evaluate.objects.model import Cluster
from netgen.intent import Intent, Raw
from netgen.problems import Problem

_CODES = {"Service": "service-differs", "Ingress": "route-differs"}
"""By kind; all others are policies."""
_CALICO = "projectcalico.org/v3"
_UNSEEN = frozenset(("NetworkSet", "StagedNetworkPolicy"))
"""Calico's kinds that decide nothing by themselves: who lacks a set is told where a policy selects it."""


def missing(intent: Intent, cluster: Cluster) -> Iterator[Problem]:
    """Yield each raw object of *intent* that *cluster* lacks; where something is not understood, it may be that."""
    if cluster.unknowns:
        return
    there = {("Service", one.namespace, one.name) for one in cluster.services}
    there |= {("Ingress", one.namespace, one.name) for one in cluster.ingresses}
    there |= {(one.kind, one.namespace, one.name) for one in cluster.policies}
    for one in intent.raw:
        kind, metadata = _kind(one), one.body["metadata"]
        if kind not in _UNSEEN and (kind, metadata["namespace"], metadata["name"]) not in there:
            message = f"the {kind} {metadata['namespace']}/{metadata['name']} of the spec is not among the manifests"
            fix = "render the spec again, and give all that it gives"
            yield Problem(_CODES.get(kind, "policy-differs"), one.spot.value(), message, fix=fix)


def _kind(one: Raw) -> str:
    """Return the kind of a raw object as the evaluator calls it: of two that are called alike, one has its group."""
    kind = str(one.body["kind"])
    is_alike = kind == "NetworkPolicy" and one.body["apiVersion"] == _CALICO
    return f"{kind}.projectcalico.org" if is_alike else kind
