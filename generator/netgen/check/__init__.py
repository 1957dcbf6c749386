"""Each manifest alone: the API server's rules that JSON Schema cannot say, unique names, limits."""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Protocol

from netgen.check import ingress, names, networkpolicy, service
from netgen.check.faults import Fault, Json, invalid
from netgen.check.shape import UNKNOWN, Shape, fits, misfits
from netgen.problems import Place, Problem, in_order

_LARGEST = 3 * 1024 * 1024 // 2
_DIGITS_LEAD_SINCE = (1, 36)
_UNREAD = "netgen checks no such field: leave it out, or keep the object beside what is rendered"
_TIERED = ("policy.networking.k8s.io/v1alpha2", "ClusterNetworkPolicy")


class _Kind(NamedTuple):
    """The shape of a kind, its rules, and what makes a body shorter that has the same faults."""

    shape: Shape
    rules: Callable[[Json, names.Rule], Iterator[Fault]]
    shortened: Callable[[object], object] = lambda body: body


_KINDS = {
    ("v1", "Service"): _Kind(service.SHAPE, service.faults),
    ("networking.k8s.io/v1", "NetworkPolicy"): _Kind(
        networkpolicy.SHAPE, networkpolicy.faults, networkpolicy.shortened
    ),
    ("networking.k8s.io/v1", "Ingress"): _Kind(ingress.SHAPE, ingress.faults),
}


class Spotted(Protocol):
    """What knows where in a spec a manifest comes from."""

    def key(self) -> Place:
        """Return that place: the name of the app, say."""


class Manifest(Protocol):
    """What is checked: one object, as its text was read back, and the spot in the spec that asked for it."""

    @property
    def api_version(self) -> str:
        """Group and version, `networking.k8s.io/v1`."""

    @property
    def kind(self) -> str:
        """Kind, `NetworkPolicy`."""

    @property
    def namespace(self) -> str:
        """Namespace of the object, empty for one of the cluster."""

    @property
    def name(self) -> str:
        """Name of the object."""

    @property
    def text(self) -> str:
        """The text that was read back."""

    @property
    def body(self) -> object:
        """Whole object as plain maps, lists and scalars."""

    @property
    def spot(self) -> Spotted:
        """Spot of the spec."""


def are_sound(manifests: Iterable[Manifest], *, kubernetes: tuple[int, int] | None = None) -> bool:
    """Return whether each of *manifests*, looked at alone, passes `check`."""
    rule = _service_name(kubernetes)
    return not any(True for manifest in manifests for _ in _faults(manifest, rule))


def _service_name(kubernetes: tuple[int, int] | None) -> names.Rule:
    return names.dns_label if kubernetes and kubernetes >= _DIGITS_LEAD_SINCE else names.dns_1035_label


def check(
    manifests: Iterable[Manifest], *, kubernetes: tuple[int, int] | None = None, sound: bool = False
) -> tuple[Problem, ...]:
    """Return every reason for which an API server of version *kubernetes* would refuse one of *manifests*.

    Without a version the stricter rule holds where versions differ: from 1.36 on the name of a Service may start with
    a digit. A kind that is not known here is a problem too, so that nothing passes unread. *sound*: `are_sound` said so
    of all, and only what is between them is looked at.
    """
    service_name = _service_name(kubernetes)
    problems: list[Problem] = []
    seen: dict[tuple[str, str, str, str], Manifest] = {}
    claims: dict[object, Manifest] = {}
    for manifest in manifests:
        found = [] if sound else list(_faults(manifest, service_name))
        if not found and manifest.kind == "Service":
            found = list(_claim_node_ports(manifest, claims))
        if not found and (manifest.api_version, manifest.kind) == _TIERED:
            found = list(_claim_priority(manifest, claims))
        problems.extend(_problem(manifest, fault) for fault in found)
        first = seen.setdefault(_identity(manifest), manifest)
        if first is not manifest:
            problems.append(_collision(first, manifest))
    return in_order(problems)


def _faults(manifest: Manifest, service_name: names.Rule) -> Iterator[Fault]:
    kind = _kind(manifest.api_version, manifest.kind)
    if kind is None:
        yield Fault("kind", f"netgen does not know {manifest.api_version} {manifest.kind}, so it cannot check it")
        return
    (shape, rules, shortened), body = kind, manifest.body
    some = shortened(body)
    # As in the API server, the rules speak about an object that could be decoded.
    if not isinstance(body, dict) or not isinstance(some, dict) or not fits(some, shape):
        yield from misfits(body, shape)
        return
    yield from _same_identity(manifest, body)
    yield from rules(some, service_name)
    # Close to the stored size, at a fifth of what JSON costs; version 2 writes each shared part again. No part of a
    # text of YAML takes eight times its length.
    if 8 * len(manifest.text) > _LARGEST and len(marshal.dumps(body, 2)) > _LARGEST:
        yield Fault("", f"Too long: may not be more than {_LARGEST} bytes")


def _kind(api_version: str, kind: str) -> _Kind | None:
    if (api_version, kind) == ("gateway.networking.k8s.io/v1", "HTTPRoute"):
        from netgen.check import httproute  # noqa: PLC0415 - only where there is a Gateway

        return _Kind(httproute.SHAPE, httproute.faults)
    if api_version == "cilium.io/v2":
        from netgen.check import cilium  # noqa: PLC0415 - only one CNI needs it

        return _Kind(cilium.SHAPES[kind], cilium.faults, cilium.shortened) if kind in cilium.SHAPES else None
    if api_version == "projectcalico.org/v3":
        from netgen.check import calico  # noqa: PLC0415 - only one CNI needs it

        return _Kind(calico.SHAPES[kind], calico.faults, calico.shortened) if kind in calico.SHAPES else None
    if (api_version, kind) == _TIERED:
        from netgen.check import clusternetworkpolicy  # noqa: PLC0415 - only where it is installed

        return _Kind(clusternetworkpolicy.SHAPE, clusternetworkpolicy.faults)
    return _KINDS.get((api_version, kind))


def _same_identity(manifest: Manifest, body: Json) -> Iterator[Fault]:
    about = body.get("metadata", {})
    for path, said, meant in (
        ("apiVersion", body.get("apiVersion"), manifest.api_version),
        ("kind", body.get("kind"), manifest.kind),
        ("metadata.namespace", about.get("namespace"), manifest.namespace or None),
        ("metadata.name", about.get("name"), manifest.name),
    ):
        if said != meant:
            yield invalid(path, said, f'must be "{meant}", as the manifest is filed')


def _claim_node_ports(manifest: Manifest, claims: dict[object, Manifest]) -> Iterator[Fault]:
    # One Service may claim a number for several protocols; another Service may not, whatever the protocol
    # (kubernetes/kubernetes pkg/registry/core/service/storage/alloc.go).
    if isinstance(manifest.body, dict):
        for path, number in service.node_ports(manifest.body):
            first = claims.setdefault(number, manifest)
            if _identity(first) != _identity(manifest):
                yield invalid(path, number, f"provided port is already allocated, to {_title(first)}")


def _claim_priority(manifest: Manifest, claims: dict[object, Manifest]) -> Iterator[Fault]:
    # Which of two policies of one priority decides is not defined, and plugins differ.
    from netgen.check import clusternetworkpolicy  # noqa: PLC0415 - only where it is installed

    place = clusternetworkpolicy.priority(manifest.body)
    first = claims.setdefault(place, manifest)
    if place and _identity(first) != _identity(manifest):
        yield invalid("spec.priority", place[1], f"must not be that of another policy of the tier, {_title(first)}")


def _identity(manifest: Manifest) -> tuple[str, str, str, str]:
    group = manifest.api_version.rpartition("/")[0]
    return group, manifest.kind, manifest.namespace, manifest.name


def _title(manifest: Manifest) -> str:
    return f"{manifest.kind} {manifest.namespace}{'/' if manifest.namespace else ''}{manifest.name}"


def _problem(manifest: Manifest, fault: Fault) -> Problem:
    path = f"{fault.path}: " if fault.path else ""
    message = f"{_title(manifest)}: {path}{fault.detail}"
    return Problem("manifest-invalid", manifest.spot.key(), message, fix=_UNREAD if fault.detail == UNKNOWN else "")


def _collision(first: Manifest, second: Manifest) -> Problem:
    here, there = second.spot.key(), first.spot.key()
    return Problem(
        "name-collision",
        here,
        f"{_title(second)} would be rendered twice: for {_at(there)} and for {_at(here)}",
        fix="give one of the two another name",
    )


def _at(place: Place) -> str:
    return f"{place.file}:{place.line}:{place.column}"
