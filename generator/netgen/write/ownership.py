"""Which files of a folder are netgen's: those that its record lists, and nothing else."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from netgen.files import RENDERED
from netgen.write.disk import Folder

RECORD = RENDERED
"""Its name has no ending, so that `kubectl apply -f DIR` leaves it out, and a dot, so that Helm does."""

SINGLE = "netgen.yaml"
"""The one file among those of others."""

_FORMAT = 1
_STAGED = "~"


@dataclass(frozen=True, slots=True)
class Contents:
    """What a folder holds: the *own* files with their bytes (the record among them), and the names of the rest.

    *edited* are own files whose bytes are not those that were written. *stages* are what killed runs left in it.
    """

    own: dict[str, bytes]
    edited: tuple[str, ...]
    foreign: tuple[str, ...]
    stages: tuple[str, ...]


NOTHING = Contents({}, (), (), ())


def record(files: Mapping[str, bytes]) -> bytes:
    """Return the record of *files*: the version of its form, and the SHA-256 of each file."""
    hashes = {name: _hash(files[name]) for name in sorted(files)}
    return (json.dumps({"format": _FORMAT, "files": hashes}, indent=2) + "\n").encode()


def staged(name: str) -> str:
    """Return the name of the file *name* while it waits: one that kubectl and Argo CD take for no manifest."""
    return f"{name}{_STAGED}"


def examine(folder: Folder) -> Contents:
    """Return what stands in *folder*, sorted by name."""
    listed = _listed(folder)
    stages = tuple(name for name in folder.stages() if _is_left(folder, name))
    # A killed run may have put its file in place, and not yet its record: then what it left lists the file.
    left = {pair for stage in stages for pair in _listed_below(folder, stage).items()}
    known = {RECORD, *listed, *(name for name, _ in left)}
    own: dict[str, bytes] = {}
    edited, foreign = [], []
    for entry in folder.entries():
        name = entry.name
        content = _content(folder, entry, known)
        if content is not None and (name in listed or (name == RECORD and listed) or (name, _hash(content)) in left):
            own[name] = content
            if name != RECORD and (name, _hash(content)) not in left and listed.get(name) != _hash(content):
                edited.append(name)
        elif name not in stages:
            foreign.append(name)
    return Contents(own, tuple(edited), tuple(foreign), stages)


def discard(folder: Folder, name: str) -> None:
    """Remove the folder *name* in *folder* as far as it is netgen's; where anything else stands in it, leave it.

    The record goes last, so that what is left after a kill is still known.
    """
    with contextlib.suppress(OSError):
        with folder.below(name) as stage:
            for nested in stage.stages():
                discard(stage, nested)
            names = _names_if_own(stage)
            for each in _record_last(names or ()):
                stage.unlink(each)
        if names is not None:
            folder.rmdir(name)


def record_first(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return *files* in the order in which they are written, so that what a kill leaves half done is known."""
    return {name: files[name] for name in reversed(_record_last(files))}


def _record_last(names: Collection[str]) -> list[str]:
    return sorted(names, key=lambda name: (name == RECORD, name))


def _content(folder: Folder, entry: os.DirEntry[str], known: Collection[str]) -> bytes | None:
    """Return the content of *entry* if it can be netgen's: a file called like one that is *known*."""
    return folder.read(entry.name) if entry.name in known and entry.is_file(follow_symlinks=False) else None


def _is_left(folder: Folder, stage: str) -> bool:
    try:
        with folder.below(stage) as below:
            return _names_if_own(below) is not None
    except OSError:
        return False


def _names_if_own(stage: Folder) -> set[str] | None:
    """Return the names in *stage* where all are netgen's."""
    names = {entry.name for entry in stage.entries()}
    listed = _listed(stage)
    return names if names <= {RECORD, *listed, staged(SINGLE)} else None


def _listed_below(folder: Folder, stage: str) -> dict[str, str]:
    try:
        with folder.below(stage) as below:
            return _listed(below)
    except OSError:
        return {}


def _listed(folder: Folder) -> dict[str, str]:
    """Return name and hash of each file that the record of *folder* lists; none where it has no record."""
    state = folder.state(RECORD)
    if state is None or not stat.S_ISREG(state.st_mode):
        return {}
    try:
        said = json.loads(folder.read(RECORD))
    except (ValueError, RecursionError):
        return {}
    files = said.get("files") if isinstance(said, dict) and said.get("format") == _FORMAT else None
    if not isinstance(files, dict):
        return {}
    return {str(name): str(value) for name, value in files.items()}


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
