"""Manifests that people and tools wrote: as documents, and as plain data of any shape."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from netgen.annotations import holds_back, unsafe
from netgen.files import texts
from netgen.overlays import Seen, is_kustomization, is_within, left_out, places, unbuilt, warnings
from netgen.problems import NetgenError, Problem
from netgen.progress import Progress, begin, counted
from netgen.source import Dialect, Document, Spot, read

_OURS = "netgen.dev/"
"""What the apiVersion of every spec begins with."""
DEFAULT = "default"
"""The namespace of objects that name none, where nobody says otherwise."""
_NAMED = 5
_INSTEAD = {
    "reach": "give what they render:  {render} | netgen reach -  ; "
    "netgen can --spec and netgen diff read specs as they are",
    "verify": "give what they render:  {render} | netgen verify {specs} -",
    "import": "import writes a spec of manifests; these are rendered by  {render}",
    "workloads": "--workloads is for what is in the cluster; specs are given without it",
}
"""What to do instead of giving specs alone to one who reads manifests."""


def read_manifests(
    paths: Iterable[str], stdin: bytes | None, progress: Progress | None = None, *, reader: str = "reach"
) -> tuple[list[Document], list[Problem]]:
    """Return the documents of files and folders (`-`: *stdin*), and what is wrong with them as text.

    *reader* is the command or option that is given them: reach (can and diff too), verify, import or workloads.
    Specs among them are left out with a warning. NetgenError where nothing else is there: what they render was meant.
    Kustomizations are left out too, with a warning for each key that changes what is built: one that is among *paths*
    itself is there for that, unless the files around it are, and these are not what is built of them.
    """
    given = list(paths)
    problems: list[Problem] = []
    documents: list[Document] = []
    kustomizations: list[Document] = []
    begin(progress, "reading manifests")
    contents = texts(given, stdin, problems, wanted=bool, rendered=True)
    for file, text in counted(contents, len(contents), progress, "reading manifests", "files"):
        reading = read(text, file, Dialect.MANIFEST)
        problems += reading.problems
        for one in reading.documents:
            (kustomizations if is_kustomization(one) else documents).append(one)
    problems += overlaid(kustomizations, documents, [file for file, _ in contents], given)
    manifests = [one for one in documents if not _is_spec(one)]
    if len(manifests) < len(documents):
        specs = list(dict.fromkeys(one.file for one in documents if _is_spec(one)))
        _tell_of_specs(specs, problems, reader, only=not manifests)
    return manifests, problems


def overlaid(
    kustomizations: list[Document], documents: list[Document], files: Iterable[str], given: Collection[str] = ()
) -> Iterator[Problem]:
    """Yield what *kustomizations* among *files* change in the *documents* of the others.

    Those that are *given* by name are there for their keys alone, where none of the files that they build is read.
    """
    if not kustomizations:
        return
    bodies = [one for document in documents for one in (document.data, *items(step(document.data, "items")))]
    kinds = {str(step(one, "kind")) for one in bodies}
    seen = Seen({_namespace(one) for one in documents}, kinds, places(files))
    around: list[Document] = []
    for one in kustomizations:
        if one.file in given and not is_within(one, seen.places):
            yield from warnings(one)
        else:
            yield from unbuilt(one, seen)
            around.append(one)
    yield from left_out(around, documents)


def _namespace(document: Document) -> str:
    name = step(document.data, "metadata", "namespace")
    return name if isinstance(name, str) and name else DEFAULT


def _is_spec(document: Document) -> bool:
    return str(step(document.data, "apiVersion")).startswith(_OURS)


def _tell_of_specs(files: list[str], problems: list[Problem], reader: str, *, only: bool) -> None:
    """Add that the specs in *files* are left out; NetgenError where they are the *only* documents that *reader* has."""
    more = f" and {len(files) - _NAMED} more" if len(files) > _NAMED else ""
    named = ", ".join(files[:_NAMED]) + more
    if not only:
        problems.append(Problem("spec-left-out", None, f"left out, because they are specs and no manifests: {named}"))
        return
    render = f"netgen render {' '.join(files) if not more else 'SPECS'}"
    fix = _INSTEAD[reader].format(render=render, specs=" ".join(f"--spec {file}" for file in files) if not more else "")
    raise NetgenError([*problems, Problem("spec-given", None, f"these are specs, and no manifests: {named}", fix=fix)])


def body(spot: Spot | None) -> Any:
    """Return the object at *spot*, None where there is none."""
    return None if spot is None else step(spot.document.data, *spot.path)


def step(value: Any, *path: str | int) -> Any:
    """Return what is at *path* in *value*, None where nothing is."""
    for one in path:
        if isinstance(value, dict):
            value = value.get(one)
        elif isinstance(value, list) and isinstance(one, int) and one < len(value):
            value = value[one]
        else:
            return None
    return value


def items(value: object) -> list[Any]:
    """Return *value* if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def lacking(
    wanted: Iterable[tuple[str, str]], spot: Spot | None, part: str = "annotations"
) -> Iterator[tuple[str, str]]:
    """Yield those of the annotations (or another *part* of the metadata) *wanted* that the object at *spot* has not."""
    there = step(body(spot), "metadata", part)
    for key, value in wanted:
        if step(there, key) != value:
            yield key, value


def unasked(asked: Iterable[tuple[str, str]], spot: Spot | None) -> Iterator[tuple[str, str]]:
    """Yield each unsafe annotation of the object at *spot* that is none of those *asked*: its key, and what it does."""
    there = step(body(spot), "metadata", "annotations")
    meant = dict(asked)
    for key, value in there.items() if isinstance(there, dict) else ():
        if isinstance(key, str) and isinstance(value, str) and meant.get(key) != value and (what := unsafe(key, value)):
            yield key, what


def held_back(asked: Iterable[tuple[str, str]], spot: Spot | None) -> Iterator[str]:
    """Yield each annotation that keeps the object at *spot* from being applied, and is none of those *asked*."""
    there, meant = step(body(spot), "metadata", "annotations"), dict(asked)
    for key, value in there.items() if isinstance(there, dict) else ():
        if isinstance(key, str) and isinstance(value, str) and meant.get(key) != value and holds_back(key, value):
            yield key


def where(spot: Spot) -> str:
    """Return the place of *spot* as a note says it: `file:line`."""
    place = spot.value()
    return f"{place.file}:{place.line}"
