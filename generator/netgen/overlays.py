"""Kustomizations beside manifests: what they change when kustomize builds them, and what to write instead."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from netgen.annotations import unsafe
from netgen.problems import Problem, Severity
from netgen.source import Dialect, Document, Spot, read

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
"""How kustomize wants such a file to be called; it needs no kind."""

_GENERATING = ("generators", "helmCharts", "helmChartInflationGenerator")
_GROUP = "kustomize.config.k8s.io/"
_KINDS = ("Kustomization", "Component")
_NAMED = 5
_LARGEST_PATCH = 1 << 20
_OURS = frozenset(
    (
        *("NetworkPolicy", "CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy", "ClusterNetworkPolicy"),
        *("GlobalNetworkPolicy", "StagedNetworkPolicy", "NetworkSet", "Tier"),
        *("Service", "Ingress", "HTTPRoute"),
    )
)
_READ = _OURS | {
    *("Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job", "CronJob"),
    *("Namespace", "ServiceAccount", "CiliumCIDRGroup", "GlobalNetworkSet", "HostEndpoint"),
    *("StagedGlobalNetworkPolicy", "StagedKubernetesNetworkPolicy"),
    *("GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"),
}

_SELECTORS = (
    "{0} puts its labels into the selectors of policies and Services, and of the peers in their rules, where pods of "
    "others, such as DNS, do not have them"
)
_TEMPLATES = "labels: [{pairs: {...}, includeTemplates: true}]  , which labels the pods and leaves selectors alone"
_RENAMED = "{0} gives the Services other names than those by which they are called"
_NAMES_KEPT = "take it away, or under transformers a Prefix- or SuffixTransformer with fieldSpecs of other kinds"
_MOVED = "namespace moves policies, Services and Ingresses, and not the namespaces that their rules name"
_SPEC_MOVED = "write metadata.namespace in the spec, or have it among the resources, and netgen krm as a transformer"
_ANNOTATED = "commonAnnotations gives Services and Ingresses {0}, which {1}"
_LABELLED = "{0} gives the pods or namespaces more labels"
_PATCHED = "{0} may change {1}"
_SPEC_CHANGED = "say it in the spec"
_TRANSFORMED = "{0} may change anything"
_GIVEN_TOO = "prove what kustomize builds"
_WHATEVER = {
    "commonLabels": (_SELECTORS, _TEMPLATES),
    **dict.fromkeys(("namePrefix", "nameSuffix"), (_RENAMED, _NAMES_KEPT)),
    **dict.fromkeys(("transformers", "components"), (_TRANSFORMED, _GIVEN_TOO)),
}
"""Keys that change manifests whatever they hold: what each does, and what is to be written instead."""


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


def _changes(
    document: Document, namespaces: Collection[str], kinds: frozenset[str], *, labelled: bool = False
) -> Iterator[Change]:
    """Yield what the kustomization *document* may change in manifests of *kinds*, in the order of its keys.

    *namespaces* are those of the manifests, where they are known: that they are moved to where they are is no change.
    *labelled*: among them are some whose own labels select them.
    """
    body = _map(document.data)
    for key, value in body.items():
        spot = document.spot(key)
        if value and key in _WHATEVER:
            effect, instead = _WHATEVER[key]
            yield Change(spot, effect.format(key), instead)
        elif key == "commonAnnotations":
            yield from _annotations(value, spot)
        elif key == "labels":
            yield from _labels(value, spot, labelled=labelled, templates="Pod" in kinds)
        elif value and key == "namespace" and set(namespaces) != {value}:
            yield Change(spot, _MOVED, _SPEC_MOVED)
        elif key in ("patches", "patchesJson6902", "patchesStrategicMerge", "replacements"):
            yield from _patches(key, value, spot, kinds)


class Seen(NamedTuple):
    """What was read: the *namespaces* and *kinds* of the manifests, and the *places* of their files."""

    namespaces: Collection[str]
    kinds: Collection[str] = ()
    places: frozenset[str] = frozenset()


def places(files: Iterable[str]) -> frozenset[str]:
    """Return what a kustomization can name to get nothing but what is in *files*: each, and a folder that builds."""
    named = [_absolute(file) for file in files]
    return frozenset((*named, *(folder for folder, name in map(os.path.split, named) if name in NAMES)))


def is_within(document: Document, there: frozenset[str]) -> bool:
    """Return whether the kustomization *document* builds something in its own folder that is *there* (places)."""
    folder = _absolute(_folder(document))
    return any(os.path.dirname(path) == folder for _, _, path in _listed(document) if path in there)  # noqa: PTH120


def unbuilt(document: Document, seen: Seen) -> Iterator[Problem]:
    """Yield a problem for each key of *document* by which what it builds is not what the files say that were *seen*."""
    fix = _fix(document)
    for change in _changes(document, seen.namespaces, _READ, labelled=not {"Pod", "Namespace"}.isdisjoint(seen.kinds)):
        message = f"files were read that this kustomization changes: {change.effect}"
        yield Problem("overlay-unbuilt", change.spot.key(), message, fix=fix)
    for spot, what in _added(document, seen.places):
        message = f"this kustomization builds more than the files that were read: {what}"
        yield Problem("overlay-unbuilt", spot.key(), message, fix=fix)


def left_out(kustomizations: Collection[Document], manifests: Iterable[Document]) -> Iterator[Problem]:
    """Yield a problem for each of *kustomizations* beside which *manifests* lie that none of them builds."""
    building = {_absolute(_folder(one)): one for one in kustomizations if os.path.split(one.file)[1] in NAMES}
    named = {_absolute(f"{_folder(one) or '.'}/{name}") for one in kustomizations for name in _texts(one.data)}
    found: dict[str, list[str]] = {}
    for one in manifests if building else ():
        folder, name = os.path.split(_absolute(one.file))
        if folder in building and f"{folder}/{name}" not in named and _is_read(one.data):
            found.setdefault(folder, []).append(name)
    for folder, names in found.items():
        document, unique = building[folder], list(dict.fromkeys(names))
        more = f" and {len(unique) - _NAMED} more" if len(unique) > _NAMED else ""
        message = f"files were read that this kustomization does not build: {', '.join(unique[:_NAMED])}{more}"
        spot = document.spot("resources") if "resources" in _map(document.data) else document.spot()
        yield Problem("overlay-unbuilt", spot.key(), message, fix=_fix(document))


def _is_read(body: object) -> bool:
    kind = str(_map(body).get("kind"))
    return kind in _READ or kind.endswith("List")


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else _items(value):
        yield from _texts(inner)


def _fix(document: Document) -> str:
    return f"give what  kustomize build {_folder(document) or '.'}  prints"


def _added(document: Document, there: frozenset[str]) -> Iterator[tuple[Spot, str]]:
    """Yield where *document* takes objects that no file of those *there* holds, and what that is."""
    for spot, name, path in _listed(document):
        if path not in there:
            yield spot, f"{name} is not among them"
    body = _map(document.data)
    yield from ((document.spot(key), f"{key} may add anything") for key in _GENERATING if body.get(key))


def _listed(document: Document) -> Iterator[tuple[Spot, str, str]]:
    """Yield the place, name and path of each file, folder or address from which *document* takes objects."""
    body = _map(document.data)
    for key in ("resources", "bases"):
        for number, name in enumerate(_items(body.get(key))):
            if isinstance(name, str):
                yield document.spot(key, number), name, _absolute(f"{_folder(document) or '.'}/{name}")


def _folder(document: Document) -> str:
    return os.path.dirname(document.file)  # noqa: PTH120 - as it was given


def _absolute(path: str) -> str:
    return os.path.abspath(path)  # noqa: PTH100 - without `..`, and no file system is asked


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
    body = _map(document.data)
    listed = (one for key in ("resources", "bases", "components") for one in _items(body.get(key)))
    return any(isinstance(one, str) and os.path.normpath(one).split("/")[0] == name for one in listed)


def _annotations(value: object, spot: Spot) -> Iterator[Change]:
    for key, text in _map(value).items():
        if isinstance(text, str) and (what := unsafe(key, text)):
            yield Change(spot.at(key), _ANNOTATED.format(key, what), _SPEC_CHANGED)


def _labels(value: object, spot: Spot, *, labelled: bool, templates: bool) -> Iterator[Change]:
    for number, entry in enumerate(_items(value)):
        if not isinstance(entry, dict):
            continue
        if entry.get("includeSelectors") or _paths_select(entry):
            yield Change(spot.at(number), _SELECTORS.format("this entry of labels"), _TEMPLATES)
        elif labelled or (templates and entry.get("includeTemplates")):
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
    text = patch.encode(errors="surrogatepass") if isinstance(patch, str) else None
    if isinstance(path, str):
        text = _text(Path(spot.document.file).parent / path)
    reading = read(text, "", Dialect.MANIFEST) if text else None
    if reading is None or any(problem.severity is Severity.ERROR for problem in reading.problems):
        return None
    kinds = [str(_map(one.data).get("kind", "List")) for one in reading.documents if one.data is not None]
    return kinds if kinds and not any(kind.endswith("List") for kind in kinds) else None


def _targets(entry: object) -> list[str] | None:
    """Return the kinds into which a replacement writes; None where it does not say all of them."""
    targets = _items(entry.get("targets")) if isinstance(entry, dict) else []
    selects = [one.get("select") for one in targets if isinstance(one, dict)]
    kinds = [str(one["kind"]) for one in selects if isinstance(one, dict) and "kind" in one]
    return kinds if kinds and len(kinds) == len(targets) else None


def _items(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _map(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
