"""Objects of Kubernetes as they stand in a spec: of a kind that is proved, of its namespace, with values that print."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import Any

from netgen.problems import Problem
from netgen.records import record
from netgen.source import Spot
from netgen.spec.forms.text import shown

CODE = "bad-raw"
CILIUM, CALICO = "cilium.io/v2", "projectcalico.org/v3"
_VERSIONS = {
    "NetworkPolicy": ("networking.k8s.io/v1", CALICO),
    "Service": ("v1",),
    "Ingress": ("networking.k8s.io/v1",),
    "CiliumNetworkPolicy": (CILIUM,),
    "StagedNetworkPolicy": (CALICO,),
    "NetworkSet": (CALICO,),
}
"""The kinds that are passed through, and the versions of each."""
_KINDS = (
    "kinds here: NetworkPolicy, Service, Ingress; with Cilium CiliumNetworkPolicy; and with Calico its NetworkPolicy, "
    "StagedNetworkPolicy and NetworkSet"
)
_OTHERS = {
    "CiliumClusterwideNetworkPolicy": "it is of the cluster, and a document speaks for its namespace",
    "GlobalNetworkPolicy": "it is of the cluster, and a document speaks for its namespace",
    "ClusterNetworkPolicy": "it is of the cluster, and a document speaks for its namespace",
    "List": "it is a list of objects",
}
_LONGEST_KEY = 317
"""So long is the longest key of a label: a prefix, a slash and a name."""


@record
class RawForm:
    """An object: *body* has the namespace of the document, whether it is written there or not."""

    body: dict[str, Any]
    spot: Spot = field(compare=False, repr=False)


def read_raw(value: list[dict[str, Any]], namespace: str, spot: Spot, found: list[Problem]) -> tuple[RawForm, ...]:
    """Return the objects of `raw`, of the schema's shape, in a document of *namespace*; faults go to *found*."""
    forms = []
    for index, item in enumerate(value):
        at = spot.at(index)
        problems = [*_of_kind(item, at)] or [*_elsewhere(item["metadata"], namespace, at), *_values(item, at)]
        found.extend(problems)
        if not problems:
            forms.append(_form(item, namespace, at))
    return tuple(forms)


def _form(item: dict[str, Any], namespace: str, spot: Spot) -> RawForm:
    metadata = item["metadata"]
    if "namespace" in metadata:
        return RawForm(item, spot)
    placed: dict[str, Any] = {}
    for key, one in metadata.items():
        placed |= {key: one, "namespace": namespace} if key == "name" else {key: one}
    return RawForm({**item, "metadata": placed}, spot)


def _of_kind(item: dict[str, Any], spot: Spot) -> Iterator[Problem]:
    kind, version = item["kind"], item["apiVersion"]
    known = _VERSIONS.get(kind)
    if known is None:
        why = _OTHERS.get(kind, "netgen does not prove what it does")
        fix = "keep it beside what is rendered, and give both to  netgen verify"
        fix = "write each of its objects under `raw`" if kind == "List" else fix
        yield Problem(CODE, spot.at("kind").value(), f"{shown(kind)} is not passed through: {why}", (_KINDS,), fix)
    elif version not in known:
        message = f"{shown(version)} is not the version of {kind} that is passed through"
        yield Problem(CODE, spot.at("apiVersion").value(), message, fix=f"write  apiVersion: {' or '.join(known)}")


def _elsewhere(metadata: dict[str, Any], namespace: str, spot: Spot) -> Iterator[Problem]:
    there = metadata.get("namespace", namespace)
    if there != namespace:
        message = f"the document speaks for namespace {namespace}, and the object is in {shown(there)}"
        fix = "leave `namespace` out, or write the object into a document of its namespace"
        yield Problem(CODE, spot.at("metadata", "namespace").value(), message, fix=fix)


def _values(value: object, spot: Spot) -> Iterator[Problem]:
    """Yield what cannot be printed so that every reader gets the same: nulls, fractions, keys that are no words."""
    waiting: list[tuple[object, Spot]] = [(value, spot)]
    while waiting:
        one, at = waiting.pop()
        if isinstance(one, dict):
            yield from (_of_key(at.at(key)) for key in one if not _is_key(key))
            waiting += [(inner, at.at(key)) for key, inner in one.items()]
        elif isinstance(one, list):
            waiting += [(inner, at.at(index)) for index, inner in enumerate(one)]
        elif one is None:
            message = "a null means everything in one field of Kubernetes and nothing in the next"
            yield Problem(CODE, at.value(), message, fix="write the value, or leave the key out")
        elif isinstance(one, float):
            message = "no field here takes a number that is not whole"
            yield Problem(CODE, at.value(), message, fix="write a whole number, or quote the text")


def _is_key(key: str) -> bool:
    return 0 < len(key) <= _LONGEST_KEY and key.isascii() and key.isprintable()


def _of_key(spot: Spot) -> Problem:
    return Problem(CODE, spot.key(), "no field and no label of Kubernetes is called so", fix="leave it out")
