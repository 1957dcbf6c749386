"""The path that was given -> the folder that is meant, or why it can't be written."""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from netgen.problems import NetgenError, OutputError, Problem
from netgen.write.layouts import Layout


def find(out: Path, layout: Layout) -> Path:
    """Return *out* with every part but the last resolved; raise where it can't be the folder of *layout*."""
    if not _is_path(out):
        refuse(f"{json.dumps(str(out)[:80])} is not a path", "name a folder")
    folder = Path(os.path.realpath(out)) if out.name in ("", "..") else Path(os.path.realpath(out.parent), out.name)
    here = Path.cwd()
    if layout == "kustomize" or folder == folder.parent:
        check_replaceable(folder, out)
    if folder.is_symlink():
        refuse(f"{out} is a symbolic link", "name the folder that it points to")
    if Path(os.path.abspath(out)).is_relative_to(here) and not folder.is_relative_to(here):  # noqa: PTH100 - links stay
        refuse(f"{out} leads out of the current folder by a symbolic link", f"name {folder}, if that is meant")
    if folder.exists() and not folder.is_dir():
        refuse(f"{out} is a file", "name a folder, or something that does not exist yet")
    above = next(path for path in folder.parents if path.exists())
    if not above.is_dir():
        refuse(f"{out} lies below {above}, which is a file", "name a folder elsewhere")
    if layout == "helm" and folder.name != "templates":
        message = f"{out} is not called templates, and only in a chart's templates/ Helm leaves hidden files out"
        refuse(message, "name the folder templates of the chart")
    return folder


def check_replaceable(folder: Path, out: Path) -> None:
    """Raise where *folder* is one that the run stands in, and would be left in the old one."""
    here = Path.cwd()
    if folder == here or folder in here.parents:
        refuse(f"{out} is the current folder or one above it, and cannot be replaced", "name a folder below it")


def refuse(message: str, fix: str) -> NoReturn:
    """Raise the error that the folder can't be written."""
    raise NetgenError([Problem("unwritable", None, message, fix=fix)])


@contextlib.contextmanager
def refusals(out: Path) -> Iterator[None]:
    """Turn what the system refuses into the sentence about *out* that says it."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.EBUSY, errno.EXDEV):
            what = "a mount point or part of a container's image"
            raise OutputError(f"{out} is {what}, and cannot be replaced: name a folder below it") from error
        raise OutputError(f"the folder {out} cannot be written: {error.strerror or error}") from error


def _is_path(out: Path) -> bool:
    try:
        return b"\0" not in os.fsencode(out)
    except UnicodeEncodeError:
        return False
