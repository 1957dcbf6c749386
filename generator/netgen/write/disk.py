"""What the file system does for a replacement: new files, one run at a time, two folders exchanged in one step."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from netgen.problems import OutputError

if sys.platform != "win32":
    import fcntl

_STAGE = ".netgen-"
_IS_STAGE = re.compile(re.escape(_STAGE) + "[0-9a-f]{16}").fullmatch
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
# None: a Python without dynamic loading.
_UNSUPPORTED = (None, errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)


@contextlib.contextmanager
def alone(parent: Path) -> Iterator[bool]:
    """Wait until no other run writes in *parent*, and keep the others out; yield whether this could be had.

    The lock is the kernel's on the folder itself: there is no file to be left behind, and it ends with the process.
    Where it can't be had (Windows, some network file systems) a replacement is still one step, but of two runs one may
    be refused for what the other did.
    """
    if sys.platform == "win32":
        yield False
        return
    handle = os.open(parent, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            locked = True
        except OSError:
            locked = False
        yield locked
    finally:
        os.close(handle)


def new_stage(parent: Path) -> Path:
    """Make and return a new folder beside the others of *parent*, with a name that no other run uses."""
    stage = parent / f"{_STAGE}{os.urandom(8).hex()}"
    # Not mkdtemp: the folder will be the output, so its mode is the umask's business.
    stage.mkdir(0o755)
    return stage


def stages(parent: Path) -> list[Path]:
    """Return the folders of *parent* that a run of this user made, and did not live to remove."""
    with os.scandir(parent) as entries:
        named = [each for each in entries if _IS_STAGE(each.name) and each.is_dir(follow_symlinks=False)]
        return [Path(each) for each in named if each.stat(follow_symlinks=False).st_uid == os.geteuid()]


def create(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write *files* into *folder*, in their order, so that they outlive a crash; none of them may exist."""
    for name, content in files.items():
        handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW, 0o644)
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[os.write(handle, rest) :]
            os.fsync(handle)
        finally:
            os.close(handle)
    sync(folder)


def read(path: Path) -> bytes:
    """Return the content of the file *path*, which must not be a link."""
    with os.fdopen(os.open(path, os.O_RDONLY | _NO_FOLLOW), "rb") as file:
        return file.read()


def sync(folder: Path) -> None:
    """Have the names in *folder* outlive a crash."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def exchange(one: Path, other: Path) -> None:
    """Let two folders of one parent change names: in one step on Linux, else in three renames.

    A failure among the three is undone; only a kill in just that moment leaves *other* without its name.
    """
    try:
        _exchange_at_once(one, other)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
    else:
        return
    spare = one.with_name(f"{_STAGE}{os.urandom(8).hex()}")
    try:
        other.rename(spare)
        one.rename(other)
    except BaseException:
        if not other.exists():
            _bring_back(spare, other)
        raise
    spare.rename(one)


def _exchange_at_once(one: Path, other: Path) -> None:
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None) if sys.platform == "linux" else None
    if rename is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    if rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def _bring_back(spare: Path, other: Path) -> None:
    try:
        spare.rename(other)
    except OSError as error:
        raise OutputError(f"the folder {other} could not be replaced; what it held is now in {spare}") from error
