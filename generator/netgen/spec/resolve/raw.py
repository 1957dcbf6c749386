"""Raw objects: what the network plugin and the Platform say of them."""

from __future__ import annotations

from netgen.intent import Raw
from netgen.problems import Problem
from netgen.spec.annotations import judge
from netgen.spec.forms.raw import CILIUM_POLICY, CODE, RawForm
from netgen.spec.platform import Platform
from netgen.spec.resolve.registry import Registry

_CILIUM = "cilium"


def raw_objects(registry: Registry, found: list[Problem]) -> tuple[Raw, ...]:
    """Return the raw objects of all documents, sorted; policies that nobody enforces are problems."""
    forms = [form for document in registry.documents for form in document.raw]
    for form in forms:
        _check(form, registry.platform, found)
    return tuple(Raw(form.body, form.spot) for form in sorted(forms, key=_order))


def _order(form: RawForm) -> tuple[str, str, str]:
    metadata = form.body["metadata"]
    return metadata["namespace"], form.body["kind"], metadata["name"]


def _check(form: RawForm, platform: Platform, found: list[Problem]) -> None:
    """Refuse a kind that the plugin of *platform* does not enforce, and unsafe annotations."""
    if form.body["kind"] == CILIUM_POLICY and platform.cni.name != _CILIUM and "cni" not in platform.unclear:
        message = f"{platform.cni} does not know the kind {CILIUM_POLICY}, so nobody would enforce it"
        fix = "where Cilium is what runs, write  cni: cilium  in the Platform (or --cni cilium); else leave it out"
        found.append(Problem(CODE, form.spot.at("kind").value(), message, fix=fix))
    if "unsafeAnnotations" not in platform.unclear:
        pairs = form.body["metadata"].get("annotations", {}).items()
        judge(pairs, form.spot.at("metadata", "annotations"), platform.unsafe, found)
