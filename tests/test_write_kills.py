"""A run that is killed at any call that writes leaves the folder old or new, and the next run leaves no trace of it."""

from __future__ import annotations

import errno
import itertools
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from netgen.problems import OutputError
from netgen.write import Layout, disk, lay_out, write

pytestmark = pytest.mark.heavy

WRITING = ("write", "fsync", "mkdir", "replace", "unlink", "rmdir", "chmod")


@dataclass(frozen=True)
class Manifest:
    """A manifest as it is written."""

    namespace: str
    text: str


def objects(*names: str) -> list[Manifest]:
    """Return an object for each `namespace/name`."""
    return [
        Manifest(space, f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  namespace: {space}\n")
        for space, _, name in (each.partition("/") for each in names)
    ]


OLD, NEW = objects("shop/a", "gone/a", "same/a"), objects("shop/b", "new/a", "same/a")
STRANGERS = {"mine.yaml": b"kind: List\n", "tests/deep/mine.txt": b"{{ mine }}", ".hidden": b"x"}


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file below *folder*, hidden ones too, by its path."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def shown(folder: Path) -> dict[str, bytes]:
    """Return the files of *folder* but for netgen's hidden ones, which nothing that reads manifests would read."""
    return {name: content for name, content in tree(folder).items() if not name.startswith(".netgen")}


def absent(_: Path, __: Layout) -> None:
    """Start with nothing."""


def empty(out: Path, _: Layout) -> None:
    """Start with an empty folder."""
    out.mkdir(parents=True)


def old(out: Path, layout: Layout) -> None:
    """Start with what netgen wrote."""
    write(OLD, out, layout=layout)


def other_layout(out: Path, layout: Layout) -> None:
    """Start with what netgen wrote in another layout."""
    write(OLD, out, layout="plain" if layout == "kustomize" else "kustomize")


def among_strangers(out: Path, _: Layout) -> None:
    """Start with files of others alone."""
    for name, content in STRANGERS.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(content)


def old_among_strangers(out: Path, layout: Layout) -> None:
    """Start with what netgen wrote, and files of others."""
    old(out, layout)
    among_strangers(out, layout)


def edited(out: Path, layout: Layout) -> None:
    """Start with what netgen wrote, edited since."""
    old_among_strangers(out, layout)
    (out / "netgen.yaml").write_text("edited")


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is not waited for, so that a busy one slows no test."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


Start = Callable[[Path, Layout], None]
CASES: list[tuple[Layout, Start, bool]] = [
    *(("kustomize", start, True) for start in (absent, empty, old, other_layout)),
    *(("plain", start, True) for start in (absent, empty, old, other_layout, among_strangers, edited)),
    *(("plain", start, False) for start in (absent, empty, old, old_among_strangers, edited)),
    *(("helm", start, True) for start in (absent, old_among_strangers)),
]


@contextmanager
def counting(stop: Callable[[str, Callable[[], Any]], Any]) -> Iterator[None]:
    """Have *stop* make each call that writes, which it is given with its name."""
    patch = pytest.MonkeyPatch()

    def counted(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *given, **named: stop(name, lambda: call(*given, **named))

    opening = os.open
    for name in WRITING:
        patch.setattr(os, name, counted(name, getattr(os, name)))
    patch.setattr(disk, "_renamed", counted("renameat2", disk._renamed))  # noqa: SLF001 - no other way
    create = counted("create", opening)
    patch.setattr(
        os,
        "open",
        lambda path, flags, *more, **at: (create if flags & os.O_CREAT else opening)(path, flags, *more, **at),
    )
    try:
        yield
    finally:
        patch.undo()


def killed_at(at: int, run: Callable[[], object], *, late: bool) -> bool:
    """Do *run* in a process that dies before its call *at*, or *late* after it; return whether it came to that."""

    def stop(_: str, call: Callable[[], Any]) -> Any:
        made[0] += 1
        if made[0] == at and not late:
            os.kill(os.getpid(), signal.SIGKILL)
        done = call()
        if made[0] == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    made = [0]
    process = os.fork()
    if not process:
        code = 1
        try:
            with counting(stop):
                run()
            code = 0
        finally:
            os._exit(code)
    status = os.waitpid(process, 0)[1]
    assert status in (0, signal.SIGKILL)
    return status == signal.SIGKILL


@contextmanager
def exchanging(*, possible: bool) -> Iterator[None]:
    """Take the exchange in one step away where it is not *possible*."""
    patch = pytest.MonkeyPatch()
    if not possible:
        patch.setattr(disk, "_renamed", lambda *_: False)
    try:
        yield
    finally:
        patch.undo()


def prepared(case: Path, start: Start, layout: Layout) -> tuple[Path, dict[str, bytes], dict[str, bytes]]:
    """Make the folder of *case*; return it, what is read in it, and what is to be read after the run."""
    out = case / "chart" / "templates"
    start(out, layout)
    before = shown(out) if out.exists() else {}
    files = {name: content for name, content in lay_out(NEW, layout).items() if name[0] != "."}
    strangers = {name: content for name, content in before.items() if name in STRANGERS}
    return out, before, strangers | files


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("layout", "start", "possible"), CASES)
def test_killed_at_every_call(layout: Layout, start: Start, *, possible: bool, late: bool, tmp_path: Path) -> None:
    """Whichever call is the last, the folder holds all of the old or all of the new, and the next run makes it new."""
    points = 0
    with exchanging(possible=possible):
        for at in itertools.count(1):
            case = tmp_path / str(at)
            out, before, after = prepared(case, start, layout)
            points = at
            is_killed = killed_at(at, lambda out=out: write(NEW, out, layout=layout, force=True), late=late)
            assert (shown(out) if out.exists() else {}) in (before, after)
            write(NEW, out, layout=layout, force=start is edited)
            assert tree(out) == after | {".netgen": lay_out(NEW, layout)[".netgen"]}
            assert [each.name for each in (case / "chart").iterdir()] == ["templates"]
            assert not list(case.rglob(".netgen-*"))
            shutil.rmtree(case)
            if not is_killed:
                break
    assert points > 10


@pytest.mark.parametrize("possible", [True, False])
def test_killed_twice(*, possible: bool, tmp_path: Path) -> None:
    """The next run may be killed too, at any call, and write something else: nothing is lost or taken for an edit."""
    more = objects("shop/c")
    with exchanging(possible=possible):
        for first in itertools.count(1):
            for second in itertools.count(1):
                case = tmp_path / f"{first}-{second}"
                out, before, after = prepared(case, old_among_strangers, "plain")
                is_first = killed_at(first, lambda out=out: write(NEW, out, layout="plain"), late=True)
                is_second = killed_at(second, lambda out=out: write(more, out, layout="plain"), late=True)
                last = STRANGERS | {"netgen.yaml": lay_out(more, "plain")["netgen.yaml"]}
                assert shown(out) in (before, after, last)
                write(OLD, out, layout="plain")
                assert tree(out) == STRANGERS | lay_out(OLD, "plain")
                shutil.rmtree(case)
                if not is_second:
                    break
            if not is_first:
                break
    assert min(first, second) > 10


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EROFS])
@pytest.mark.parametrize(("layout", "start", "possible"), CASES)
def test_refused_at_every_call(layout: Layout, start: Start, number: int, *, possible: bool, tmp_path: Path) -> None:
    """Whichever call the system refuses, the folder is as it was or new, and the next run may write anything."""
    with exchanging(possible=possible):
        for at in itertools.count(1):
            case, made = tmp_path / str(at), [0]
            out, before, after = prepared(case, start, layout)

            def refuse(_: str, call: Callable[[], Any], made: list[int] = made, at: int = at) -> Any:
                made[0] += 1
                if made[0] == at:
                    raise OSError(number, os.strerror(number))
                return call()

            with counting(refuse), suppress(OutputError):
                write(NEW, out, layout=layout, force=True)
                before = after
            assert (shown(out) if out.exists() else {}) in (before, after)
            write(objects("shop/c"), out, layout=layout, force=start is edited)
            write(NEW, out, layout=layout)
            assert tree(out) == after | {".netgen": lay_out(NEW, layout)[".netgen"]}
            assert not list(case.rglob(".netgen-*"))
            shutil.rmtree(case)
            if made[0] < at:
                break
