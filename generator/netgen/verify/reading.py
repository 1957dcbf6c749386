"""Manifests that people and tools wrote: as documents, and as plain data of any shape."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from netgen.files import texts
from netgen.problems import Problem
from netgen.source import Dialect, Document, Spot, read


def read_manifests(paths: Iterable[str], stdin: bytes | None) -> tuple[list[Document], list[Problem]]:
    """Return the documents of files and folders (`-`: *stdin*), and what is wrong with them as text."""
    problems: list[Problem] = []
    documents: list[Document] = []
    for file, text in texts(list(paths), stdin, problems, wanted=bool, rendered=True):
        reading = read(text, file, Dialect.MANIFEST)
        documents += reading.documents
        problems += reading.problems
    return documents, problems


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


def where(spot: Spot) -> str:
    """Return the place of *spot* as a note says it: `file:line`."""
    place = spot.value()
    return f"{place.file}:{place.line}"
