"""Which files of a folder are netgen's: those that its record lists, and nothing else."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from netgen.write import disk

RECORD = ".netgen.json"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Contents:
    """What a folder holds: the *own* files with their bytes (the record among them), and the names of the rest.

    *edited* are own files whose bytes are not those that were written.
    """

    own: dict[str, bytes]
    edited: tuple[str, ...]
    foreign: tuple[str, ...]


def record(files: Mapping[str, bytes]) -> bytes:
    """Return the record of *files*: the version of its form, and the SHA-256 of each file."""
    hashes = {name: _hash(files[name]) for name in sorted(files)}
    return (json.dumps({"format": _FORMAT, "files": hashes}, indent=2) + "\n").encode()


def examine(folder: Path) -> Contents:
    """Return what stands in *folder*, sorted by name; nothing where there is no such folder."""
    if not folder.is_dir():
        return Contents({}, (), ())
    listed = _listed(folder)
    known = {RECORD, *listed} if listed else set[str]()
    own, foreign = {}, []
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda each: each.name):
            if entry.name in known and entry.is_file(follow_symlinks=False):
                own[entry.name] = disk.read(folder / entry.name)
            else:
                foreign.append(entry.name)
    edited = tuple(name for name, content in own.items() if name != RECORD and _hash(content) != listed[name])
    return Contents(own, edited, tuple(foreign))


def discard(folder: Path) -> None:
    """Remove *folder* as far as it is netgen's; where anything else stands in it, or it resists, leave it.

    The record goes last, so that what is left after a kill is still known.
    """
    with contextlib.suppress(OSError):
        names = {path.name for path in folder.iterdir()}
        if names <= {RECORD, *_listed(folder)}:
            for name in _record_last(names):
                (folder / name).unlink()
            folder.rmdir()


def record_first(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return *files* in the order in which they are written, so that what a kill leaves half done is known."""
    return {name: files[name] for name in reversed(_record_last(files))}


def _record_last(names: Collection[str]) -> list[str]:
    return sorted(names, key=lambda name: (name == RECORD, name))


def _listed(folder: Path) -> dict[str, str]:
    """Return name and hash of each file that the record of *folder* lists; none where it has no record."""
    path = folder / RECORD
    if path.is_symlink() or not path.is_file():
        return {}
    try:
        said = json.loads(disk.read(path))
    except (ValueError, RecursionError):
        return {}
    files = said.get("files") if isinstance(said, dict) and said.get("format") == _FORMAT else None
    if not isinstance(files, dict):
        return {}
    return {str(name): str(value) for name, value in files.items()}


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
