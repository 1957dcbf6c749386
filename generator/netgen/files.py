"""Which files a run reads: those that are named, and those of the folders that are named."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from netgen.problems import Problem
from netgen.source import MOST_BYTES

STDIN = "-"
SUFFIXES = (".yaml", ".yml", ".json")
RENDERED = ".netgen.json"
"""The record that netgen writes into a folder of its own output (netgen.write.ownership)."""

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
    *rendered*. What is not *wanted* there is left out with a note. What cannot be read goes to *found*.
    """
    contents: dict[str, tuple[str, bytes]] = {}
    for path in paths:
        if path == STDIN:
            contents[STDIN] = ("<stdin>", stdin or b"")
        elif os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises where a name is too long
            for file, text in _of_folder(path, found, wanted, rendered=rendered):
                contents.setdefault(os.path.realpath(file), (file, text))
        elif (content := _bytes(path, found)) is not None:
            contents.setdefault(os.path.realpath(path), (path, content))
    return list(contents.values())


def _of_folder(
    folder: str, found: list[Problem], wanted: Callable[[bytes], bool], *, rendered: bool
) -> list[tuple[str, bytes]]:
    """Return the files of *folder* that are *wanted*, and note the others."""
    chosen, others = [], []
    for file in _files(folder, found, rendered=rendered):
        text = b"" if _is_endless(file) else _bytes(file, found)
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
        if rendered or RENDERED not in names:
            files += [str(Path(root, name)) for name in sorted(names) if name.endswith(SUFFIXES) and name[0] != "."]
    return files


def _is_endless(file: str) -> bool:
    """Return whether *file* is a pipe or a device: a run through a folder would wait for it."""
    try:
        return not stat.S_ISREG(Path(file).stat().st_mode)
    except (OSError, ValueError):
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
