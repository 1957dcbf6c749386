"""Raw objects: what the network plugin and the Platform say of them."""

from __future__ import annotations

from netgen.intent import Raw
from netgen.problems import Problem
from netgen.spec.annotations import judge
from netgen.spec.forms.raw import CALICO, CILIUM, CODE, RawForm
from netgen.spec.platform import Platform
from netgen.spec.resolve.registry import Registry

_WHOSE = {CILIUM: "cilium", CALICO: "calico"}
"""The plugin whose own kinds are of a version."""


def raw_objects(registry: Registry, found: list[Problem]) -> tuple[Raw, ...]:
    """Return the raw objects of all documents, sorted; policies that nobody enforces are problems."""
    forms = [form for document in registry.documents for form in document.raw]
    for form in forms:
        _check(form, registry.platform, found)
    return tuple(Raw(form.body, form.spot) for form in sorted(forms, key=_order))


def _order(form: RawForm) -> tuple[str, str, str, str]:
    metadata = form.body["metadata"]
    return metadata["namespace"], form.body["kind"], metadata["name"], form.body["apiVersion"]


def _check(form: RawForm, platform: Platform, found: list[Problem]) -> None:
    """Refuse a kind that the plugin of *platform* does not enforce, and unsafe annotations."""
    kind, version = form.body["kind"], form.body["apiVersion"]
    whose = _WHOSE.get(version)
    if whose and platform.cni.name != whose and "cni" not in platform.unclear:
        what = kind if version == CILIUM else f"{kind} of {version}"
        message = f"{platform.cni} does not know the kind {what}, so nobody would enforce it"
        fix = f"where {whose.capitalize()} is what runs, write  cni: {whose}  in the Platform (or --cni {whose}); "
        fix += "else leave it out"
        found.append(Problem(CODE, form.spot.at("kind").value(), message, fix=fix))
    if "unsafeAnnotations" not in platform.unclear:
        pairs = form.body["metadata"].get("annotations", {}).items()
        judge(pairs, form.spot.at("metadata", "annotations"), platform.unsafe, found)
