"""Which files a run reads: those that are named, and those of the folders that are named."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

from netgen.problems import Problem
from netgen.source import Dialect

STDIN = "-"
SUFFIXES = (".yaml", ".yml", ".json")
RENDERED = ".netgen"
"""The record that netgen writes into a folder of its own output (netgen.write.ownership)."""

_BARE = "Kustomization"
"""The one name without an ending that kustomize gives to what changes the manifests beside it."""
_NAMED = 5


def texts(
    paths: list[str],
    stdin: bytes | None,
    found: list[Problem],
    *,
    wanted: Callable[[bytes], bool],
    rendered: bool,
) -> list[tuple[str, bytes]]:
    """Return name and content of each file of *paths*, in the order given and each once; `-` stands for *stdin*.

    A folder is read with all folders below it, hidden ones left out, and those that netgen has written too unless
    *rendered*. What is not *wanted* there, and links to folders, are left out with a note. What cannot be read goes to
    *found*.
    """
    contents: dict[str, tuple[str, bytes]] = {}
    most = (Dialect.MANIFEST if rendered else Dialect.SPEC).most_bytes
    for path in paths:
        if path == STDIN:
            contents[STDIN] = ("<stdin>", stdin or b"")
        elif os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises where a name is too long
            for file, text in _of_folder(path, found, wanted, most, rendered=rendered):
                contents.setdefault(os.path.realpath(file), (file, text))
        elif (content := _bytes(path, found, most)) is not None:
            contents.setdefault(os.path.realpath(path), (path, content))
    return list(contents.values())


def _of_folder(
    folder: str, found: list[Problem], wanted: Callable[[bytes], bool], most: int, *, rendered: bool
) -> list[tuple[str, bytes]]:
    """Return the files of *folder* that are *wanted*, and note the others."""
    chosen, others = [], []
    for file in _files(folder, found, rendered=rendered):
        text = _bytes(file, found, most) if _is_regular(file) else b""
        if text is not None and wanted(text):
            chosen.append((file, text))
        elif text is not None:
            others.append(file)
    if others:
        shown = ", ".join(others[:_NAMED]) + (f" and {len(others) - _NAMED} more" if len(others) > _NAMED else "")
        found.append(Problem("skipped-files", None, f"left out, because no netgen document is in them: {shown}"))
    return chosen


def _files(folder: str, found: list[Problem], *, rendered: bool) -> list[str]:
    files: list[str] = []

    def refused(error: OSError) -> None:
        found.append(_unreadable(str(error.filename), error))

    for root, folders, names in os.walk(folder, onerror=refused):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        own = set() if rendered else _own(Path(root))
        named = [name for name in sorted(names) if _is_named_so(name) or (rendered and name == _BARE)]
        files += [str(Path(root, name)) for name in named if name not in own]
        # A link may lead anywhere, and back: it is not followed, and named among what is left out.
        files += [str(Path(root, name)) for name in folders if Path(root, name).is_symlink()]
    return files


def _is_named_so(name: str) -> bool:
    return name.lower().endswith(SUFFIXES) and name[0] != "."


def _own(folder: Path) -> set[str]:
    """Return the files of *folder* that netgen has written, by its record."""
    try:
        files = json.loads((folder / RENDERED).read_bytes())["files"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return set()
    return set(files) if isinstance(files, dict) else set()


def _is_regular(file: str) -> bool:
    """Return whether *file* is no pipe, device or folder, for which a run through a folder would wait in vain."""
    try:
        return stat.S_ISREG(Path(file).stat().st_mode)
    except (OSError, ValueError):
        return True


def _bytes(path: str, found: list[Problem], most: int) -> bytes | None:
    try:
        with Path(path).open("rb") as file:
            return file.read(most + 1)  # the reader refuses what is larger, and needs no more of it
    except (OSError, ValueError) as error:
        found.append(_unreadable(path, error))
        return None


def _unreadable(path: str, error: OSError | ValueError) -> Problem:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return Problem("unreadable-file", None, f"{path}: {reason}")
