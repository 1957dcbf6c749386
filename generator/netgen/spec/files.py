"""Which files a run reads: those that are named, and those of the folders that are named."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from netgen.problems import Place, Problem
from netgen.source import MOST_BYTES, Dialect, Document, read

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
        elif os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises where a name is too long
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
        named = [str(Path(root, name)) for name in sorted(names) if name.endswith(SUFFIXES) and name[0] != "."]
        files += [file for file in named if not _is_endless(file, found)]
    return files


def _is_endless(file: str, found: list[Problem]) -> bool:
    """Return whether *file* is a pipe or a device, and note it: a run through a folder would wait for it."""
    try:
        mode = Path(file).stat().st_mode
    except (OSError, ValueError):
        return False
    if stat.S_ISREG(mode):
        return False
    found.append(Problem("skipped-file", Place(file, 1, 1), "left out: it is no regular file"))
    return True


def _has_spec(file: str, text: bytes, found: list[Problem]) -> bool:
    # An editor may have saved a spec as UTF-16: the reader says so, where a note would hide it.
    if any(GROUP.encode(encoding) in text for encoding in ("utf-8", "utf-16-le", "utf-16-be")):
        return True
    message = f"left out: no document in it has an apiVersion that begins with {GROUP}"
    found.append(Problem("skipped-file", Place(file, 1, 1), message))
    return False


def _bytes(path: str, found: list[Problem]) -> bytes | None:
    try:
        with Path(path).open("rb") as file:
            return file.read(MOST_BYTES + 1)  # the reader refuses what is larger, and needs no more of it
    except (OSError, ValueError) as error:
        found.append(_unreadable(path, error))
        return None


def _unreadable(path: str, error: OSError | ValueError) -> Problem:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return Problem("unreadable-file", None, f"{path}: {reason}")
