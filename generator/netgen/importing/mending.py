"""The spec of an import is read before anybody sees it: what the language refuses is taken out, and said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from netgen.importing.layout import text
from netgen.importing.model import Unsaid
from netgen.problems import NetgenError, Problem, Severity
from netgen.source import Dialect, Spot, read
from netgen.spec import Loaded, load_texts
from netgen.verify.reading import step

_ROUNDS = 40
NAME = "spec.yaml"

Path = tuple[str | int, ...]
Places = Mapping[tuple[str, str], Spot | None]
"""Where the apps of a spec are in the manifests, by namespace and name."""


def mended(documents: list[dict[str, Any]], places: Places, said: Unsaid) -> tuple[str, Loaded]:
    """Return the text of *documents* and what it means; *places* is where their apps are in the manifests.

    NetgenError where the language refuses what cannot be left out.
    """
    errors: list[Problem] = []
    for _ in range(_ROUNDS):
        written = text(documents)
        try:
            return written, load_texts([(NAME, written.encode())], [])
        except NetgenError as error:
            errors = [one for one in error.problems if one.severity is Severity.ERROR]
        if not _taken_out(documents, written, errors, places, said):
            raise NetgenError(errors)
    raise NetgenError(errors)


def _taken_out(
    documents: list[dict[str, Any]], written: str, errors: list[Problem], places_of: Places, said: Unsaid
) -> bool:
    """Take out of *documents* what *errors* are about; return whether there was anything."""
    read_back = read(written, NAME, Dialect.SPEC).documents
    places: dict[tuple[int, int], tuple[int, Path]] = {}
    for index, document in enumerate(read_back):
        for path in _paths(document.data, ()):
            for spot in (document.spot(*path).value(), document.spot(*path).key()):
                places.setdefault((spot.line, spot.column), (index, path))
    cut: dict[tuple[int, Path], Problem] = {}
    for problem in errors:
        found = _at(places, problem)
        part = _removable(found[1]) if found else None
        if found and part:
            cut[found[0], part] = problem
    # From the end, so that the numbers of a list still hold.
    for (index, path), problem in sorted(cut.items(), key=lambda one: _order(*one[0]), reverse=True):
        if _remove(documents[index], path):
            what = ".".join(map(str, path))
            namespace = step(documents[index], "metadata", "namespace")
            whose = places_of.get((namespace, str(path[1]))) if path[0] == "apps" else None
            said.add(whose, f"{what} is left out, because the language refuses it: {problem.message}", problem.fix)
    return bool(cut)


def _order(index: int, path: Path) -> tuple[int, list[tuple[bool, int, str]]]:
    return index, [(isinstance(one, int), one if isinstance(one, int) else 0, str(one)) for one in path]


def _at(places: dict[tuple[int, int], tuple[int, Path]], problem: Problem) -> tuple[int, Path] | None:
    """Return what stands at the place of *problem*, or is the last thing before it on its line."""
    if problem.place is None:
        return None
    line, column = problem.place.line, problem.place.column
    near = [key for key in places if key[0] == line and key[1] <= column]
    return places[max(near)] if near else None


def _removable(path: Path) -> Path | None:
    """Return the part of *path* that a spec can do without."""
    if path[:1] == ("apps",) and len(path) > 2:
        # Without one of the others, an app would be other pods, or reach more.
        if path[2] not in ("calls", "accepts", "expose", "overlaps", "service", "isolate"):
            return path[:2]
        return path[: 4 if path[2] != "isolate" and len(path) > 3 else 3]
    if path[:1] in (("apps",), ("peers",), ("entrypoints",)) and len(path) > 1:
        return path[:2]
    if path[:2] in (("metadata", "labels"), ("metadata", "annotations")):
        return path[:3] if len(path) > 2 else path
    return path[:1] if path and path[0] in ("ranges", "dns", "selectBy", "isolate") else None


def _remove(data: Any, path: Path) -> bool:
    data, last = step(data, *path[:-1]), path[-1]
    if isinstance(data, dict) and last in data:
        del data[last]
        return True
    if isinstance(data, list) and isinstance(last, int) and last < len(data):
        del data[last]
        return True
    return False


def _paths(value: object, path: Path) -> Iterator[Path]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in members:
        yield from _paths(item, (*path, key))
        yield (*path, key)
