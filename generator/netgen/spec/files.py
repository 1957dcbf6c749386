"""Which files a run reads: those that are named, and those of the folders that are named."""

from __future__ import annotations

import os
from pathlib import Path

from netgen.problems import Place, Problem
from netgen.source import Dialect, Document, read

STDIN = "-"
SUFFIXES = (".yaml", ".yml", ".json")
GROUP = "netgen.dev/"


def read_all(paths: list[str], stdin: bytes | None, found: list[Problem]) -> list[Document]:
    """Return the documents of *paths*, in the order given; `-` stands for *stdin*.

    A folder is read with all folders below it, hidden ones left out; a file in it that names no netgen.dev apiVersion
    (a Deployment, a values file) is left out with a note. What cannot be read goes to *found*.
    """
    documents: list[Document] = []
    for file, text in _texts(paths, stdin, found):
        reading = read(text, file, Dialect.SPEC)
        documents += reading.documents
        found += reading.problems
    return documents


def _texts(paths: list[str], stdin: bytes | None, found: list[Problem]) -> list[tuple[str, bytes]]:
    texts: dict[str, tuple[str, bytes]] = {}
    for path in paths:
        if path == STDIN:
            texts[STDIN] = ("<stdin>", stdin or b"")
        elif Path(path).is_dir():
            for file in _files(path, found):
                text = _bytes(file, found)
                if text is not None and _has_spec(file, text, found):
                    texts.setdefault(os.path.realpath(file), (file, text))
        else:
            text = _bytes(path, found)
            if text is not None:
                texts.setdefault(os.path.realpath(path), (path, text))
    return list(texts.values())


def _files(folder: str, found: list[Problem]) -> list[str]:
    files = []

    def refused(error: OSError) -> None:
        found.append(_unreadable(str(error.filename), error))

    for root, folders, names in os.walk(folder, onerror=refused):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        files += [str(Path(root, name)) for name in sorted(names) if name.endswith(SUFFIXES) and name[0] != "."]
    return files


def _has_spec(file: str, text: bytes, found: list[Problem]) -> bool:
    if GROUP.encode() in text:
        return True
    found.append(Problem("skipped-file", Place(file, 1, 1), f"no document with apiVersion {GROUP}...; left out"))
    return False


def _bytes(path: str, found: list[Problem]) -> bytes | None:
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        found.append(_unreadable(path, error))
        return None


def _unreadable(path: str, error: OSError | ValueError) -> Problem:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return Problem("unreadable-file", None, f"{path}: {reason}")
