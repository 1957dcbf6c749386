"""Kustomizations beside manifests: what they change when kustomize builds them, and what to write instead."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from netgen.problems import Problem
from netgen.source import Dialect, Document, Spot, read

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
"""How kustomize wants such a file to be called; it needs no kind."""

_GROUP = "kustomize.config.k8s.io/"
_KINDS = ("Kustomization", "Component")
_LARGEST_PATCH = 1 << 20
_OURS = frozenset(("NetworkPolicy", "Service", "Ingress"))
_READ = _OURS | {
    *("Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job", "CronJob"),
    "Namespace",
}
_KIND = re.compile(r"""^[ \t{,-]*+["']?kind["']?[ \t]*+:[ \t]*+["']?([A-Za-z]+)""", re.MULTILINE)

_SELECTORS = (
    "{0} puts its labels into the selectors of policies and Services, and of the peers in their rules, where pods of "
    "others, such as DNS, do not have them"
)
_TEMPLATES = "labels: [{pairs: {...}, includeTemplates: true}]  , which labels the pods and leaves selectors alone"
_RENAMED = "{0} gives the Services other names than those by which they are called"
_NAMES_KEPT = "take it away, or under transformers a Prefix- or SuffixTransformer with fieldSpecs of other kinds"
_MOVED = "namespace moves policies, Services and Ingresses, and not the namespaces that their rules name"
_SPEC_MOVED = "write metadata.namespace in the spec, or have it among the resources, and netgen krm as a transformer"
_LABELLED = "{0} gives the pods more labels"
_PATCHED = "{0} may change {1}"
_SPEC_CHANGED = "say it in the spec"
_TRANSFORMED = "{0} may change anything"
_GIVEN_TOO = "prove what kustomize builds"


class Change(NamedTuple):
    """What one key of a kustomization does to manifests, as a sentence, and what is to be written instead."""

    spot: Spot
    effect: str
    instead: str


def is_kustomization(document: Document) -> bool:
    """Return whether *document* is one that kustomize builds: by its group, or where it has no kind by its name."""
    if not isinstance(document.data, dict):
        return False
    version, kind = document.data.get("apiVersion"), document.data.get("kind")
    if not version and not kind:
        return os.path.basename(document.file) in NAMES  # noqa: PTH119 - any name will do
    # Anything else without a version may be a policy of which a part is lost, and is not to be left out.
    return kind in _KINDS if not version else isinstance(version, str) and version.startswith(_GROUP)


def _changes(document: Document, namespaces: Collection[str], kinds: frozenset[str]) -> Iterator[Change]:
    """Yield what the kustomization *document* may change in manifests of *kinds*, in the order of its keys.

    *namespaces* are those of the manifests, where they are known: that they are moved to where they are is no change.
    """
    body = document.data if isinstance(document.data, dict) else {}
    for key, value in body.items():
        spot = document.spot(key)
        if value and key == "commonLabels":
            yield Change(spot, _SELECTORS.format(key), _TEMPLATES)
        elif key == "labels":
            yield from _labels(value, spot, kinds)
        elif value and key == "namespace" and set(namespaces) != {value}:
            yield Change(spot, _MOVED, _SPEC_MOVED)
        elif value and key in ("namePrefix", "nameSuffix"):
            yield Change(spot, _RENAMED.format(key), _NAMES_KEPT)
        elif key in ("patches", "patchesJson6902", "patchesStrategicMerge", "replacements"):
            yield from _patches(key, value, spot, kinds)
        elif value and key in ("transformers", "components"):
            yield Change(spot, _TRANSFORMED.format(key), _GIVEN_TOO)


def unbuilt(document: Document, namespaces: Collection[str]) -> Iterator[Problem]:
    """Yield a problem for each key of *document* by which what it builds is not what its files say.

    *namespaces* are those of the manifests in the files.
    """
    folder = os.path.dirname(document.file) or "."  # noqa: PTH120 - as it was given
    for change in _changes(document, namespaces, _READ):
        message = f"files were read that this kustomization changes: {change.effect}"
        yield Problem("overlay-unbuilt", change.spot.key(), message, fix=f"give what  kustomize build {folder}  prints")


def warnings(document: Document, namespaces: Collection[str] = ()) -> Iterator[Problem]:
    """Yield a warning for each key of *document* that may change what manifests in *namespaces* mean."""
    for change in _changes(document, namespaces, _OURS):
        yield Problem("overlay-changes", change.spot.key(), change.effect, fix=change.instead)


def beside(out: Path, namespaces: Collection[str]) -> Iterator[Problem]:
    """Yield the same for the kustomization in the folder *out*, and for one beside it that builds *out*."""
    for folder in (out, out.parent):
        for name in NAMES:
            document = _document(folder / name)
            if document and (folder == out or _builds(document, out.name)):
                yield from warnings(document, namespaces)


def _document(file: Path) -> Document | None:
    text = _text(file)
    documents = read(text, str(file), Dialect.MANIFEST).documents if text else ()
    return documents[0] if documents and is_kustomization(documents[0]) else None


def _text(file: Path) -> bytes | None:
    """Return the content of *file*; None where it is none, cannot be read or is no kustomization by its size."""
    try:
        if not file.is_file() or file.stat().st_size > _LARGEST_PATCH:
            return None
        return file.read_bytes()
    except (OSError, ValueError):
        return None


def _builds(document: Document, name: str) -> bool:
    body = document.data if isinstance(document.data, dict) else {}
    listed = (one for key in ("resources", "bases", "components") for one in _items(body.get(key)))
    return any(isinstance(one, str) and os.path.normpath(one).split("/")[0] == name for one in listed)


def _labels(value: object, spot: Spot, kinds: frozenset[str]) -> Iterator[Change]:
    for number, entry in enumerate(_items(value)):
        if not isinstance(entry, dict):
            continue
        if entry.get("includeSelectors") or _paths_select(entry):
            yield Change(spot.at(number), _SELECTORS.format("this entry of labels"), _TEMPLATES)
        elif entry.get("includeTemplates") and "Pod" in kinds:
            yield Change(spot.at(number), _LABELLED.format("this entry of labels"), _GIVEN_TOO)


def _paths_select(entry: dict[str, Any]) -> bool:
    fields = (one for key in ("fields", "fieldSpecs") for one in _items(entry.get(key)))
    return any(isinstance(one, dict) and "elector" in str(one.get("path")) for one in fields)


def _patches(key: str, value: object, spot: Spot, kinds: frozenset[str]) -> Iterator[Change]:
    for number, entry in enumerate(_items(value)):
        found = _targets(entry) if key == "replacements" else _patched(entry, spot)
        if found is None or kinds & set(found):
            what = ", ".join(sorted(kinds & set(found or ()))) or "a policy, Service or Ingress"
            yield Change(spot.at(number), _PATCHED.format(f"this entry of {key}", what), _SPEC_CHANGED)


def _patched(entry: object, spot: Spot) -> list[str] | None:
    """Return the kinds that a patch is for; None where that cannot be told."""
    if isinstance(entry, dict):
        target = entry.get("target")
        if isinstance(target, dict) and "kind" in target:
            kind = str(target["kind"])
            return [kind] if kind.isalnum() else None  # it may be a pattern
        if isinstance(target, dict):
            return None
        patch, path = entry.get("patch"), entry.get("path")
    else:
        patch, path = (entry, None) if isinstance(entry, str) and "\n" in entry else (None, entry)
    text = patch if isinstance(patch, str) else None
    if isinstance(path, str):
        content = _text(Path(spot.document.file).parent / path)
        text = None if content is None else content.decode(errors="replace")
    return _KIND.findall(text) or None if text else None


def _targets(entry: object) -> list[str] | None:
    """Return the kinds into which a replacement writes; None where it does not say all of them."""
    targets = _items(entry.get("targets")) if isinstance(entry, dict) else []
    selects = [one.get("select") for one in targets if isinstance(one, dict)]
    kinds = [str(one["kind"]) for one in selects if isinstance(one, dict) and "kind" in one]
    return kinds if kinds and len(kinds) == len(targets) else None


def _items(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
