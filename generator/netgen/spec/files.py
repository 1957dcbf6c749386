"""Which files a run reads: those that are named, and those of the folders that are named."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from netgen.problems import Problem
from netgen.source import MOST_BYTES, Dialect, Document, read

STDIN = "-"
SUFFIXES = (".yaml", ".yml", ".json")
GROUP = "netgen.dev/"
RENDERED = ".netgen.json"
"""The record that netgen writes into a folder of its own output (netgen.write.ownership)."""

_MEANT = re.compile(rb"^(?:apiVersion: *[\"']?netgen|kind: *[\"']?Connectivity\b)", re.MULTILINE)
_NAMED = 5


def read_all(paths: list[str], stdin: bytes | None, found: list[Problem]) -> list[Document]:
    """Return the documents of *paths*, in the order given; `-` stands for *stdin*.

    A folder is read with all folders below it, hidden ones left out. What is no spec there (a Deployment, a values
    file) is left out with a note, and what netgen has rendered without one. What cannot be read goes to *found*.
    """
    documents: list[Document] = []
    for file, text in _texts(paths, stdin, found):
        reading = read(text, file, Dialect.SPEC)
        documents += reading.documents
        found += reading.problems
    return documents


def read_beside(documents: list[Document], platform: str, stdin: bytes | None, found: list[Problem]) -> list[Document]:
    """Return the Platform documents of the path *platform* that are not among *documents*, which were read before.

    That it holds none, or another document that was not given as a spec, is a problem.
    """
    before = len(found)
    read_here = read_all([platform], stdin, found)
    known = {os.path.realpath(document.file) for document in documents}
    fresh = [document for document in read_here if os.path.realpath(document.file) not in known]
    if len(found) == before and not any(map(_is_platform, read_here)):
        message = f"{platform} holds no Platform document"
        found.append(Problem("not-a-platform", None, message, fix="give the file with  kind: Platform"))
    for document in fresh:
        if not _is_platform(document):
            message = "this stands in the file of the platform and is none"
            fix = "move it to a file of its own, or give this one among FILES"
            found.append(Problem("not-a-platform", document.spot("kind").value(), message, fix=fix))
    return [document for document in fresh if _is_platform(document)]


def _is_platform(document: Document) -> bool:
    return isinstance(document.data, dict) and document.data.get("kind") == "Platform"


def _texts(paths: list[str], stdin: bytes | None, found: list[Problem]) -> list[tuple[str, bytes]]:
    texts: dict[str, tuple[str, bytes]] = {}
    for path in paths:
        if path == STDIN:
            texts[STDIN] = ("<stdin>", stdin or b"")
        elif os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises where a name is too long
            for file, text in _specs(path, found):
                texts.setdefault(os.path.realpath(file), (file, text))
        elif (content := _bytes(path, found)) is not None:
            texts.setdefault(os.path.realpath(path), (path, content))
    return list(texts.values())


def _specs(folder: str, found: list[Problem]) -> list[tuple[str, bytes]]:
    """Return the files of *folder* that hold specs, and note the others."""
    specs, others = [], []
    for file in _files(folder, found):
        text = b"" if _is_endless(file) else _bytes(file, found)
        if text is not None and _has_spec(text):
            specs.append((file, text))
        elif text is not None:
            others.append(file)
    if others:
        shown = ", ".join(others[:_NAMED]) + (f" and {len(others) - _NAMED} more" if len(others) > _NAMED else "")
        found.append(Problem("skipped-files", None, f"left out, because no netgen document is in them: {shown}"))
    return specs


def _files(folder: str, found: list[Problem]) -> list[str]:
    files: list[str] = []

    def refused(error: OSError) -> None:
        found.append(_unreadable(str(error.filename), error))

    for root, folders, names in os.walk(folder, onerror=refused):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        if RENDERED not in names:
            files += [str(Path(root, name)) for name in sorted(names) if name.endswith(SUFFIXES) and name[0] != "."]
    return files


def _is_endless(file: str) -> bool:
    """Return whether *file* is a pipe or a device: a run through a folder would wait for it."""
    try:
        return not stat.S_ISREG(Path(file).stat().st_mode)
    except (OSError, ValueError):
        return False


def _has_spec(text: bytes) -> bool:
    """Return whether *text* is meant as a spec: by its group, or by its kind where the group may be misspelt."""
    # An editor may have saved a spec as UTF-16: the reader says so, where a note would hide it.
    return any(GROUP.encode(encoding) in text for encoding in ("utf-8", "utf-16-le", "utf-16-be")) or bool(
        _MEANT.search(text)
    )


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
