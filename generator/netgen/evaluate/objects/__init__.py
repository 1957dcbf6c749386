"""Documents -> Cluster: each object that decides who reaches whom is read, or named as not understood."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from netgen.evaluate.objects import kinds
from netgen.evaluate.objects.model import (
    Cluster,
    Namespace,
    Policy,
    Unknown,
    Workload,
)
from netgen.evaluate.objects.owners import controller, is_idle, owning
from netgen.evaluate.objects.policies import policy
from netgen.evaluate.objects.services import ingress, service
from netgen.evaluate.objects.values import MalformedError, items, mapping, misread, namespace_name, object_name, text
from netgen.evaluate.objects.waiting import Waiting
from netgen.evaluate.objects.ways import IngressObject, ServiceObject
from netgen.evaluate.objects.workloads import TEMPLATES, has_ended, has_template, namespace_object, workload
from netgen.problems import Problem, Severity
from netgen.source import Document, Spot

Kind = tuple[str, str]
_VERSIONS: dict[str | Kind, tuple[str, ...]] = {
    **dict.fromkeys(("networking.k8s.io", "apps", "batch", ""), ("v1",)),
    "cilium.io": ("v2",),
    kinds.CALICO: ("v3",),
    kinds.ROUTE_GROUP: ("v1", "v1beta1", "v1alpha3", "v1alpha2"),
    kinds.CIDR_GROUP: ("v2", "v2alpha1"),
    kinds.CLUSTER_NETWORK_POLICY: ("v1alpha2",),
}
"""The versions that are read, by the API group or the kind of an object."""

_NAMED = {
    kinds.NETWORK_POLICY: policy,
    ("", "Service"): service,
    ("networking.k8s.io", "Ingress"): ingress,
}

_REPEATED = frozenset((("", "Namespace"), kinds.SERVICE_ACCOUNT))
"""The kinds of which equal objects are one: only their labels count, and charts often bring the same."""

_SPOKEN = frozenset(("Ingress", "HTTPRoute"))
"""The kinds before which stands an "an"."""
_KEPT = "; in a spec,  service: {{existing: {}}}  at its app keeps one that a chart or somebody else makes"
"""What to write where a Service of the same name is not netgen's."""


def read_cluster(
    documents: Iterable[Document],
    problems: Iterable[Problem] = (),
    *,
    namespace: str = "default",
    cni: str = "kubernetes",
) -> Cluster:
    """Return what *documents* say about connections.

    *problems* are those of reading them: each error is an Unknown, since nobody knows what was meant. *namespace* is
    that of objects which name none, and *cni* the network plugin, whose own kinds of policies are read as well. Objects
    that cannot decide who reaches whom are read over.
    """
    reader = _Reader(namespace, cni)
    for problem in problems:
        if problem.severity is Severity.ERROR:
            reader.unknowns.append(Unknown(problem.message, problem.place, problem.fix))
    for document in documents:
        reader.add(document.data, document.spot())
    return reader.cluster()


@dataclass(eq=False, repr=False, slots=True)
class _Reader:
    """Collects the objects of a cluster, each name once."""

    namespace: str
    cni: str
    objects: dict[tuple[Kind, str, str], object] = field(default_factory=dict)
    controllers: dict[tuple[Kind, str, str], tuple[Kind, str, str]] = field(default_factory=dict)
    idle: set[tuple[Kind, str, str]] = field(default_factory=set)
    unknowns: list[Unknown] = field(default_factory=list)

    def add(self, data: object, spot: Spot) -> None:
        """Read one object, or those of a list, however deep."""
        waiting: list[tuple[object, Spot, Kind | None]] = [(data, spot, None)]
        while waiting:
            value, at, expected = waiting.pop()
            try:
                body = mapping(value, at)
                kind = _kind(body, at, expected)
                listed = _listed(body, kind, at)
            except MalformedError as error:
                self.unknowns.append(misread("an object", error))
                continue
            if listed is None:
                self._object(body, kind, at)
            else:
                waiting += reversed(listed)

    def _object(self, body: dict[str, Any], kind: Kind, spot: Spot) -> None:
        group, name_of_kind = kind
        if not kinds.is_read_later(kind, self.cni) and kinds.undecided(group, name_of_kind):
            what = f"the kind {name_of_kind} of {group or 'v1'} is not evaluated, and may decide who reaches whom"
            self.unknowns.append(Unknown(what, spot.at("kind").value(), _without(kind, body)))
            return
        make = self._maker(body, kind)
        if make is None:
            return
        try:
            self._check_version(body, kind, spot)
            name, namespace = self._name(body, kind, spot)
            found = make(namespace, name, spot)
        except MalformedError as error:
            self.unknowns.append(misread(f"{'an' if name_of_kind in _SPOKEN else 'a'} {name_of_kind}", error))
            return
        key = (kind, "" if isinstance(found, Namespace) else namespace, name)
        if key in self.objects and not (kind in _REPEATED and found == self.objects[key]):
            what = f"{name_of_kind} {name} stands twice, and only one of the two can be in the cluster"
            fix = f"leave one out{_KEPT.format(name) if name_of_kind == 'Service' else ''}"
            self.unknowns.append(Unknown(what, spot.at("metadata", "name").value(), fix))
        elif isinstance(found, Workload):
            self._owned(key, body)
        self.objects.setdefault(key, found)

    def _owned(self, key: tuple[Kind, str, str], body: dict[str, Any]) -> None:
        kind, namespace, _ = key
        above = controller(body, namespace)
        if above is not None:
            self.controllers[key] = above
        if is_idle(body, kind):
            self.idle.add(key)

    def _maker(self, body: dict[str, Any], kind: Kind) -> Callable[[str, str, Spot], object] | None:
        """Return what reads an object of *kind*, from its namespace, name and spot; None for one to read over."""
        if kind in kinds.ROUTES:
            from netgen.evaluate.objects import httproutes  # noqa: PLC0415 - few clusters have any

            return lambda namespace, name, spot: httproutes.route(body, kind[1], namespace, name, spot)
        named = _asked(kind, self.cni) or _NAMED.get(kind)
        if named is not None:
            return lambda namespace, name, spot: named(body, namespace, name, spot)
        if kinds.is_read_later(kind, self.cni):
            return lambda namespace, name, spot: Waiting(body, kind, namespace, name, spot)
        if kind == ("", "Namespace"):
            return lambda _, name, spot: namespace_object(body, name, spot)
        if (kind in TEMPLATES or has_template(body)) and not has_ended(body, kind):
            return lambda namespace, name, spot: workload(body, kind, namespace, name, spot)
        return None

    @staticmethod
    def _check_version(body: dict[str, Any], kind: Kind, spot: Spot) -> None:
        version = str(body.get("apiVersion")).rpartition("/")[2]
        served = _VERSIONS.get(kind) or _VERSIONS.get(kind[0], (version,))
        if "apiVersion" in body and version not in served:
            message = f"no cluster of today serves {body.get('apiVersion')} {kind[1]}"
            raise MalformedError(message, spot.at("apiVersion"))

    def _name(self, body: dict[str, Any], kind: Kind, spot: Spot) -> tuple[str, str]:
        at = spot.at("metadata")
        metadata = mapping(body.get("metadata"), at)
        namespace = ""
        if kind not in kinds.CLUSTERED:
            namespace = namespace_name(metadata.get("namespace") or self.namespace, at.at("namespace"))
        if metadata.get("name"):
            called = namespace_name if kind == ("", "Namespace") else object_name
            return called(metadata["name"], at.at("name")), namespace
        if not metadata.get("generateName"):
            raise MalformedError("it has no name", at)
        # The cluster gives each object that is made of it another name.
        start = object_name(f"{text(metadata['generateName'], at.at('generateName'))}1", at.at("generateName"))[:-1]
        number = next(each for each in count(1) if (kind, namespace, f"{start}{each}") not in self.objects)
        return f"{start}{number}", namespace

    def cluster(self) -> Cluster:
        """Return what was read."""
        found = list(self.objects.values())
        workloads = {key: one for key, one in self.objects.items() if isinstance(one, Workload)}
        services = tuple(one for one in found if isinstance(one, ServiceObject))
        if any(isinstance(one, Waiting) and one.kind == kinds.CLUSTER_NETWORK_POLICY for one in found):
            from netgen.evaluate.objects import clusternetworkpolicy  # noqa: PLC0415 - few clusters have any

            found, unknowns = clusternetworkpolicy.understood(found, self.cni)
            self.unknowns += unknowns
        if kinds.of_plugin(self.cni):
            found, unknowns = _of_plugin(self.cni)(found, services)
            self.unknowns += unknowns
        return Cluster(
            workloads=tuple(owning(workloads, self.controllers, self.idle)),
            namespaces=tuple(one for one in found if isinstance(one, Namespace)),
            policies=tuple(one for one in found if isinstance(one, Policy)),
            services=services,
            ingresses=tuple(one for one in found if isinstance(one, IngressObject)),
            unknowns=tuple(self.unknowns),
        )


def _asked(kind: Kind, cni: str) -> Callable[[dict[str, Any], str, str, Spot], object] | None:
    """Return what reads objects of *kind* besides, or otherwise, where the network plugin is *cni*."""
    if cni == "calico" and kind == kinds.SERVICE_ACCOUNT:
        from netgen.evaluate.objects.accounts import account  # noqa: PLC0415 - only where it is that plugin

        return account
    if cni == "weave" and kind == kinds.NETWORK_POLICY:
        from netgen.evaluate.objects import weave  # noqa: PLC0415 - same

        return weave.policy
    return None


_Understood = Callable[[Iterable[object], tuple[ServiceObject, ...]], tuple[list[object], list[Unknown]]]


def _of_plugin(cni: str) -> _Understood:
    """Return what understands all objects together where the network plugin is *cni*."""
    if cni == "calico":
        from netgen.evaluate.objects.calico import objects as calico  # noqa: PLC0415 - only where it is that plugin

        return calico.understood
    from netgen.evaluate.objects.cilium import objects as cilium  # noqa: PLC0415 - only where it is that plugin

    return cilium.understood


def _without(kind: Kind, body: dict[str, Any]) -> str:
    """Return what to do about a policy of a *kind* that is not evaluated."""
    plugin = kinds.plugin_of(kind)
    if plugin:
        return f"where {plugin} is the network plugin, say so: --cni {plugin}, or cni: {plugin} in the Platform"
    if kind[0] == kinds.CALICO_STORED:
        name = f"{re.sub('y$', 'ie', kind[1].lower())}s.{kinds.CALICO}"
        return f"that is how Calico stores it: give it as {kinds.CALICO}/v3, which `kubectl get {name} -o yaml` prints"
    metadata = body.get("metadata")
    parts = [metadata.get(key) for key in ("namespace", "name")] if isinstance(metadata, dict) else []
    name = "/".join(part for part in parts if isinstance(part, str) and part)
    what = f"{kind[1]} {name}" if name else "it"
    if kind in kinds.BEFORE_CLUSTER_NETWORK_POLICY:
        return f"write what {what} says as a ClusterNetworkPolicy of policy.networking.k8s.io/v1alpha2, or leave it out"
    return f"write what {what} says as a NetworkPolicy, or leave it out: what it opens or closes is then not looked at"


def _listed(body: dict[str, Any], kind: Kind, spot: Spot) -> list[tuple[object, Spot, Kind | None]] | None:
    """Return the items of a list, each with the kind that it may leave out; None for an object that is no list."""
    group, name = kind
    if not name.endswith("List") or "items" not in body:
        return None
    expected = None if kind == ("", "List") else (group, name.removesuffix("List"))
    return [(item, at, expected) for item, at in items(body["items"], spot.at("items"))]


def _kind(body: dict[str, Any], spot: Spot, expected: Kind | None) -> Kind:
    """Return the API group and kind of an object; the items of a typed list may leave theirs out."""
    if expected is not None and "kind" not in body:
        return expected
    for key in ("apiVersion", "kind"):
        if not isinstance(body.get(key), str) or not body[key]:
            raise MalformedError(f"the document has no {key}", spot)
    return body["apiVersion"].rpartition("/")[0], body["kind"]
