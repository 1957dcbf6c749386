"""The two ways in which a folder becomes new at once: exchanged as a whole, or a file of it among those of others."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from netgen.problems import NetgenError, OutputError
from netgen.write import disk
from netgen.write.disk import Folder
from netgen.write.ownership import RECORD, Contents, discard, examine, record_first, staged
from netgen.write.target import refuse


def replace(parent: Folder, name: str, files: Mapping[str, bytes], judge: Callable[[Contents], object]) -> None:
    """Let the folder *name* in *parent* hold *files* alone, in one step.

    What it held is given to *judge* once more when nobody else can reach it by its name; where that raises, the
    exchange is undone.
    """
    stage = parent.new_stage()
    try:
        old = parent.state(name)
        with parent.below(stage) as new:
            for each, content in record_first(files).items():
                new.create(each, content)
            if old is not None:
                new.chmod(old.st_mode & 0o7777)
            new.sync()
        if old is None:
            disk.move(parent, stage, parent, name)
        else:
            disk.exchange(parent, stage, name)
            _judge_again(parent, stage, name, judge)
        parent.sync()
    finally:
        # Before the exchange this is the new tree, after it the old one: neither is needed any more.
        discard(parent, stage)


def _judge_again(parent: Folder, old: str, name: str, judge: Callable[[Contents], object]) -> None:
    try:
        try:
            with parent.below(old) as folder:
                judge(examine(folder))
        except NotADirectoryError:
            refuse(f"{parent.path / name} is no longer the folder that it was", "see what replaced it, and try again")
    except BaseException:
        disk.exchange(parent, old, name)
        raise


def put(folder: Folder, files: Mapping[str, bytes], before: Contents) -> None:
    """Let *folder* hold the one file of *files* and the record; nothing else in it is looked at or touched.

    The file comes first, and is what counts. If the record can't follow, the file goes back; where even that fails, or
    after a kill, the stage stays, by whose record the next run knows the file.
    """
    stage = folder.new_stage()
    done: list[str] = []
    with folder.below(stage) as new:
        try:
            for name, content in record_first(files).items():
                new.create(_waiting(name), content)
            new.sync()
            for name in reversed(record_first(files)):
                if before.own.get(name) != files[name]:
                    _put_one(new, folder, name, before.own.get(name))
                    done.append(name)
                    folder.sync()
        except (OSError, NetgenError):
            if not _taken_back(new, folder, done, before):
                raise
            discard(folder, stage)
            raise
    discard(folder, stage)


def _waiting(name: str) -> str:
    return name if name == RECORD else staged(name)


def _put_one(new: Folder, folder: Folder, name: str, expected: bytes | None) -> None:
    """Put what waits for *name* in its place, where *expected* is what stands there."""
    waiting, place = _waiting(name), folder.path / name
    if expected is None:
        try:
            disk.move(new, waiting, folder, name)
        except FileExistsError:
            refuse(f"{place} has appeared meanwhile", "see what it is, and try again")
        return
    if not disk.swap(new, waiting, folder, name):
        new.rename(waiting, folder, name)
        return
    try:
        is_expected = new.read(waiting) == expected
    except OSError:
        is_expected = False
    if is_expected:
        return
    try:
        disk.swap(new, waiting, folder, name)
    except OSError as error:
        raise OutputError(f"{place} could not be put back; what it held is now in {new.path / waiting}") from error
    refuse(f"{place} has changed meanwhile", "see what it is, and try again")


def _taken_back(new: Folder, folder: Folder, done: list[str], before: Contents) -> bool:
    """Put back what was put in place, and return whether that was possible."""
    try:
        for name in reversed(done):
            if name not in before.own:
                disk.move(folder, name, new, _waiting(name))
            elif new.state(_waiting(name)) is None or not disk.swap(new, _waiting(name), folder, name):
                return False
    except OSError:
        return False
    return True
