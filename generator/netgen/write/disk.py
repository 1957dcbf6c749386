"""What the file system does for a replacement: open folders, new files, one run at a time, names changed at once."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import re
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from netgen.problems import OutputError

if sys.platform != "win32":
    import fcntl

_STAGE = ".netgen-"
_IS_STAGE = re.compile(re.escape(_STAGE) + "[0-9a-f]{16}").fullmatch
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)
_LIST = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)
_PASS = _LIST | getattr(os, "O_PATH", 0)
"""To go through a folder one need not be allowed to list it."""
_NO_REPLACE, _EXCHANGE = 1, 2
_UNSUPPORTED = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)


@dataclass(frozen=True, slots=True)
class Folder:
    """An open folder. What is done in it is done there, whatever stands at its path by then, and no link is followed.

    Without a *handle* (Windows) names are looked up by the path each time.
    """

    path: Path
    handle: int | None

    def at(self, name: str) -> str | Path:
        """Return *name* as it is given to the system, with the handle."""
        return self.path / name if self.handle is None else name

    def entries(self) -> list[os.DirEntry[str]]:
        """Return what stands in the folder, by name."""
        with os.scandir(self.path if self.handle is None else self.handle) as entries:
            return sorted(entries, key=lambda each: each.name)

    def state(self, name: str) -> os.stat_result | None:
        """Return the state of *name*, of a link its own; None where there is nothing."""
        try:
            return os.stat(self.at(name), dir_fd=self.handle, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def read(self, name: str) -> bytes:
        """Return the content of the file *name*, which is no link, pipe or device."""
        handle = os.open(self.at(name), os.O_RDONLY | _NO_FOLLOW | _NO_WAIT, dir_fd=self.handle)
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise OSError(errno.EINVAL, f"{name} is not a file")
            return file.read()

    def create(self, name: str, content: bytes) -> None:
        """Write the file *name*, which must not exist, so that its content outlives a crash."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW
        handle = os.open(self.at(name), flags, 0o644, dir_fd=self.handle)
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[os.write(handle, rest) :]
            os.fsync(handle)
        finally:
            os.close(handle)

    def new_stage(self) -> str:
        """Make a folder in this one, with a name that no other run uses, and return that."""
        name = f"{_STAGE}{os.urandom(8).hex()}"
        # Not mkdtemp: the folder may become the output, so its mode is the umask's business.
        os.mkdir(self.at(name), 0o755, dir_fd=self.handle)
        return name

    def stages(self) -> list[str]:
        """Return the folders in this one that a run of this user made, and did not live to remove."""
        named = [each for each in self.entries() if _IS_STAGE(each.name) and each.is_dir(follow_symlinks=False)]
        return [each.name for each in named if each.stat(follow_symlinks=False).st_uid == os.geteuid()]

    def unlink(self, name: str) -> None:
        """Remove the file *name*."""
        os.unlink(self.at(name), dir_fd=self.handle)

    def rmdir(self, name: str) -> None:
        """Remove the empty folder *name*."""
        os.rmdir(self.at(name), dir_fd=self.handle)

    def rename(self, name: str, to: Folder, new: str) -> None:
        """Give *name* the name *new* in the folder *to*; a file that is there is replaced in the same step."""
        os.replace(self.at(name), to.at(new), src_dir_fd=self.handle, dst_dir_fd=to.handle)

    def chmod(self, mode: int) -> None:
        """Set the mode of the folder itself."""
        os.chmod(self.path if self.handle is None else self.handle, mode)  # noqa: PTH101 - Path takes no handle

    def sync(self) -> None:
        """Have the names in the folder outlive a crash."""
        if self.handle is not None:
            os.fsync(self.handle)

    @contextlib.contextmanager
    def below(self, name: str) -> Iterator[Folder]:
        """Open the folder *name* in this one, which must be no link."""
        if self.handle is None:
            yield Folder(self.path / name, None)
            return
        handle = os.open(name, _LIST | _NO_FOLLOW, dir_fd=self.handle)
        try:
            yield Folder(self.path / name, handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def opened(path: Path, *, make: bool) -> Iterator[Folder]:
    """Open the folder *path*, which is absolute and without links: one that has come in since then is not followed.

    What is missing of it is made, if *make*.
    """
    if sys.platform == "win32":
        if make:
            path.mkdir(parents=True, exist_ok=True)
        yield Folder(path, None)
        return
    handle = _walked(path, make=make)
    try:
        yield Folder(path, handle)
    finally:
        os.close(handle)


def _walked(path: Path, *, make: bool) -> int:
    handle = os.open(path.anchor, _PASS)
    try:
        for part in path.parts[1:]:
            below = _stepped(handle, part, make=make)
            handle, above = below, handle
            os.close(above)
        return os.open(".", _LIST, dir_fd=handle)
    finally:
        os.close(handle)


def _stepped(handle: int, part: str, *, make: bool) -> int:
    try:
        return os.open(part, _PASS | _NO_FOLLOW, dir_fd=handle)
    except FileNotFoundError:
        if not make:
            raise
    with contextlib.suppress(FileExistsError):
        os.mkdir(part, dir_fd=handle)
    return os.open(part, _PASS | _NO_FOLLOW, dir_fd=handle)


def lock(folder: Folder) -> bool:
    """Wait until no other run has the lock of *folder*, take it until *folder* is closed, and return whether it is had.

    The lock is the kernel's on the folder itself: there is no file to be left behind, and it ends with the process.
    Where it can't be had (Windows, some network file systems) a replacement is still one step, but of two runs one may
    be refused for what the other did.
    """
    if sys.platform == "win32" or folder.handle is None:
        return False
    try:
        fcntl.flock(folder.handle, fcntl.LOCK_EX)
    except OSError:
        return False
    return True


def swap(one: Folder, name: str, other: Folder, its: str) -> bool:
    """Let *name* in *one* and *its* in *other* change places in one step; return whether the system can do that."""
    return _renamed(one, name, other, its, _EXCHANGE)


def move(one: Folder, name: str, other: Folder, its: str) -> None:
    """Rename *name* to *its* in *other*; FileExistsError where that exists."""
    if _renamed(one, name, other, its, _NO_REPLACE):
        return
    if other.state(its) is not None:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), its)
    one.rename(name, other, its)


def _renamed(one: Folder, name: str, other: Folder, its: str, flag: int) -> bool:
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None) if sys.platform == "linux" else None
    if rename is None:
        return False
    if rename(one.handle, os.fsencode(name), other.handle, os.fsencode(its), flag):
        code = ctypes.get_errno()
        if code in _UNSUPPORTED:
            return False
        raise OSError(code, os.strerror(code))
    return True


def exchange(folder: Folder, one: str, other: str) -> None:
    """Let two folders in *folder* change names: in one step on Linux, else in three renames.

    A failure among the three is undone; only a kill in just that moment leaves *other* without its name.
    """
    if swap(folder, one, folder, other):
        return
    spare = f"{_STAGE}{os.urandom(8).hex()}"
    try:
        folder.rename(other, folder, spare)
        folder.rename(one, folder, other)
    except BaseException:
        if folder.state(other) is None:
            _bring_back(folder, spare, other)
        raise
    folder.rename(spare, folder, one)


def _bring_back(folder: Folder, spare: str, other: str) -> None:
    try:
        folder.rename(spare, folder, other)
    except OSError as error:
        was, now = folder.path / other, folder.path / spare
        raise OutputError(f"the folder {was} could not be replaced; what it held is now in {now}") from error
