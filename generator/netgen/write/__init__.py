"""Manifests -> a folder that becomes new at once; a record says which of its files are netgen's."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from netgen.problems import NetgenError, Problem
from netgen.write import disk, steps, target
from netgen.write.layouts import KUSTOMIZATION, Layout, Manifest, lay_out
from netgen.write.leftovers import outdated
from netgen.write.ownership import NOTHING, RECORD, Contents, discard, examine

if TYPE_CHECKING:
    from netgen.write.disk import Folder

__all__ = ["Comparison", "Layout", "Manifest", "Written", "compare", "lay_out", "write"]

_NAMED = 5


@dataclass(frozen=True, slots=True)
class Written:
    """What a run did to the folder: names of files in alphabetical order, the record not among them.

    *outdated* are the documents that stood in its files, and do not so any more.
    """

    created: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    outdated: tuple[str, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a run would do to the folder: the files, those of them that were *edited* since, and a unified *diff*.

    The diff is empty where the folder is, to the byte, what a run would make of it.
    """

    files: Written
    edited: tuple[str, ...]
    diff: str


def write(manifests: Iterable[Manifest], out: Path, *, layout: Layout = "kustomize", force: bool = False) -> Written:
    """Make the folder *out* hold *manifests*, laid out as `lay_out` says, and return what that changed.

    For `kustomize` the folder is absent, empty, or netgen's own by its record, and is replaced in one step; in the
    other layouts it may hold files of others, and one file and the record are put among them. Nothing is touched where
    every byte is there already. Runs that write in one parent wait for each other.
    Raises NetgenError where files of others are in the way (`foreign-files`), where netgen's own were edited and would
    be lost (`edited-files`, unless *force*), or *out* is nothing that can be written (`unwritable`); and OutputError
    where the environment refuses. Either way the folder is as it was, or, where only the last step failed, wholly new.
    """
    files = lay_out(manifests, layout)
    with target.refusals(out):
        path = target.find(out, layout)
        with disk.opened(path.parent, make=True) as parent:
            if disk.lock(parent):
                for stage in parent.stages():
                    discard(parent, stage)
            before = _held(parent, path.name)
            contents = before or NOTHING
            _judge(contents, files, out, force=force)
            if contents.own != files:
                _renew(parent, path.name, files, before, out, force=force)
            elif contents.stages:
                _clear(parent, path.name, contents)
    return replace(_difference(contents.own, files), outdated=outdated(_documents(contents.own), _documents(files)))


def compare(manifests: Iterable[Manifest], out: Path, *, layout: Layout = "kustomize") -> Comparison:
    """Return what `write` would do to the folder *out*, and do nothing.

    Raises what `write` would raise, but for files that were edited: these are told.
    """
    from netgen.write.differences import unified  # noqa: PLC0415 - a run that writes does not need it

    files = lay_out(manifests, layout)
    with target.refusals(out):
        path = target.find(out, layout)
        contents = NOTHING
        with contextlib.suppress(FileNotFoundError), disk.opened(path.parent, make=False) as parent:
            disk.lock(parent)
            contents = _held(parent, path.name) or NOTHING
    _judge(contents, files, out, force=True)
    old, new = ({**files, RECORD: b""} for files in (contents.own, files))
    if old == new:
        old, new = contents.own, files
    return Comparison(_difference(contents.own, files), _lost(contents, files), unified(old, new, out))


def _held(parent: Folder, name: str) -> Contents | None:
    """Return what the folder *name* in *parent* holds; None where there is none."""
    if parent.state(name) is None:
        return None
    with parent.below(name) as folder:
        return examine(folder)


def _is_whole(own: Mapping[str, bytes], files: Mapping[str, bytes]) -> bool:
    """Return whether more is to be changed than one file and the record, so that the folder must be replaced."""
    return len({*own, *files} - {RECORD}) > 1 or "kustomization.yaml" in files


def _renew(
    parent: Folder, name: str, files: Mapping[str, bytes], before: Contents | None, out: Path, *, force: bool
) -> None:
    if before is None or _is_whole(before.own, files):
        target.check_replaceable(parent.path / name, out)
        steps.replace(parent, name, files, lambda now: _judge(now, files, out, force=force))
        return
    with parent.below(name) as folder:
        steps.put(folder, files, before)
        for stage in before.stages:
            discard(folder, stage)


def _clear(parent: Folder, name: str, contents: Contents) -> None:
    with parent.below(name) as folder:
        for stage in contents.stages:
            discard(folder, stage)


def _judge(found: Contents, files: Mapping[str, bytes], out: Path, *, force: bool) -> None:
    """Raise where a run would lose what netgen did not write."""
    problems = []
    foreign = tuple(name for name in found.foreign if _is_whole(found.own, files) or name in files)
    if foreign:
        message = f"{out} holds {_names(foreign)}, which netgen did not write"
        notes = (f"{RECORD} is not a record that this netgen can read",) if RECORD in foreign else ()
        merged = "remove that, if a merge has left it so, and render again; else " if RECORD in foreign else ""
        fix = f"{merged}move that away, or name a new folder"
        problems.append(Problem("foreign-files", None, message, notes, fix))
    lost = _lost(found, files)
    if lost and not force:
        message = f"{out} holds {_names(lost)}, edited since netgen wrote it"
        fix = "see the difference with --check, then overwrite it with --force"
        problems.append(Problem("edited-files", None, message, fix=fix))
    if problems:
        raise NetgenError(problems)


def _lost(found: Contents, files: Mapping[str, bytes]) -> tuple[str, ...]:
    return tuple(name for name in found.edited if found.own[name] != files.get(name))


def _names(names: tuple[str, ...]) -> str:
    shown, more = ", ".join(names[:_NAMED]), len(names) - _NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def _documents(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {name: content for name, content in files.items() if name not in {RECORD, KUSTOMIZATION}}


def _difference(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Written:
    names = sorted(({*before, *after}) - {RECORD})
    return Written(
        created=tuple(name for name in names if name not in before),
        changed=tuple(name for name in names if name in before and name in after and before[name] != after[name]),
        unchanged=tuple(name for name in names if name in before and before[name] == after.get(name)),
        removed=tuple(name for name in names if name not in after),
    )
