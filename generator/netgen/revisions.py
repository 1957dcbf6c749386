"""Files as they were at a revision, read out of a git repository; neither it nor its working tree is touched."""

from __future__ import annotations

import os
import posixpath
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from netgen.files import SUFFIXES
from netgen.problems import NetgenError, OutputError, Problem
from netgen.records import record

PREFIX = "git:"
_ARGUMENT = re.compile(r"git:((?:[^:{]|\{[^}]*\})*)(?::(.*))?", re.DOTALL)
_LINK, _FOLDER, _MODULE = "120000", "040000", "160000"
_MOST_LINKS = 10
_POINTER = b"version https://git-lfs.github.com/spec/"

_NEUTRAL = {
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
"""No network, no locks, no questions, and messages in one language."""

_KEPT = ("GIT_CONFIG_", "GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM", "GIT_EXEC_PATH")
"""Variables of git that do not say which repository is meant. The others are a hook's, and the path decides here."""


@record
class Reference:
    """`git:REVISION` or `git:REVISION:PATH`; *path* None is that of the other side."""

    revision: str
    path: str | None

    def __str__(self) -> str:
        return f"{PREFIX}{self.revision}" + ("" if self.path is None else f":{self.path}")


@record
class Snapshot:
    """The files of a path at a revision, by name and content, each name `REVISION:path`.

    *absent* says that there was nothing at the path, and *is_here* that the working tree has something there then.
    *left_out* has what is no regular file of the revision. *beside* is another file of it, if it was there.
    """

    files: tuple[tuple[str, bytes], ...]
    left_out: tuple[str, ...] = ()
    absent: bool = False
    is_here: bool = False
    beside: tuple[tuple[str, bytes], ...] = ()


def reference(argument: str) -> Reference | None:
    """Return the revision that *argument* names, None for one that names none. NetgenError where git would misread it.

    A colon inside braces belongs to the revision: `git:HEAD@{2026-01-01 10:00}:specs`.
    """
    match = _ARGUMENT.fullmatch(argument)
    if match is None:
        return None
    revision, path = match[1], match[2]
    if not revision or revision.startswith("-") or path == "":
        what = f"{argument!r} names no revision" if path != "" else f"{argument!r} names no path"
        raise NetgenError([Problem("unknown-revision", None, what, fix="write git:REV or git:REV:PATH")])
    return Reference(revision, path)


def snapshot(
    wanted: Reference, other: str | None, environment: Mapping[str, str], *, beside: str | None = None
) -> Snapshot:
    """Return the files of *wanted*, in the repository that holds the path *other*, or the current folder.

    A folder gives its YAML and JSON files with those of all folders below it, hidden ones left out. *beside* is the
    path of a file that is wanted too, as it was then. NetgenError where there is no such repository or revision,
    OutputError where git is missing or fails.
    """
    if wanted.path is None and other is None:
        message = f"{wanted} needs a path: that of the other side, or one of its own"
        raise NetgenError([Problem("unknown-revision", None, message, fix="write git:REV:PATH")])
    folder = _existing(Path(other)) if wanted.path is None and other else Path()
    git = _Git(folder, environment)
    tree = _Tree(git, git.commit(wanted.revision), wanted.revision)
    path = git.inside(other) if wanted.path is None and other else _plain(wanted.path or "", git)
    found = tree.snapshot(path)
    if found.absent:
        found = replace(found, is_here=git.is_here(path))
    return found if beside is None else replace(found, beside=_beside(tree, git, beside))


def _beside(tree: _Tree, git: _Git, path: str) -> tuple[tuple[str, bytes], ...]:
    try:
        return tree.snapshot(git.inside(path)).files
    except NetgenError:
        return ()  # it lies outside of the repository


def _existing(path: Path) -> Path:
    """Return *path* if it is a folder, or else the first one above it that is there."""
    there = path.absolute()
    return next((folder for folder in (there, *there.parents) if folder.is_dir()), Path())


def _plain(path: str, git: _Git) -> str:
    """Return *path* as the tree has it. As for git, it starts at the top, and behind `./` or `../` where we are."""
    if path.startswith(("./", "../")) or path in {".", ".."}:
        return git.inside(path)
    return _inner(posixpath.normpath(path), path)


def _inner(path: str, written: str) -> str:
    if path.startswith(("/", "../")) or path == "..":
        message = f"{written!r} lies outside of the repository"
        raise NetgenError([Problem("unknown-revision", None, message, fix="give a path inside of it")])
    return "" if path == "." else path


class _Git:
    """The git of one repository, run without a shell and with nothing of the environment that names another one."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        own = {key: value for key, value in environment.items() if not key.startswith("GIT_") or key.startswith(_KEPT)}
        self._environment = {**own, **_NEUTRAL}
        found = self._try("rev-parse", "--git-dir")
        if found.returncode != 0:
            said = _first_line(found.stderr)
            if "not a git repository" not in said:
                raise OutputError(f"git cannot read the repository of {folder}: {said}")
            message = f"{folder.absolute()} is in no git repository"
            raise NetgenError([Problem("unknown-revision", None, message, fix="run it in one, or give files")])

    def _try(self, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        command = ["git", "--no-pager", "--literal-pathspecs", "-C", str(self._folder), *arguments]
        try:
            return subprocess.run(command, input=given, capture_output=True, check=False, env=self._environment)  # noqa: S603 - a list without a shell
        except FileNotFoundError:
            raise OutputError("git is not installed, and a revision was given") from None

    def run(self, *arguments: str, given: bytes = b"") -> bytes:
        """Return what a git command says; OutputError where it fails."""
        done = self._try(*arguments, given=given)
        if done.returncode != 0:
            raise OutputError(f"git {arguments[0]} failed: {_first_line(done.stderr)}")
        return done.stdout

    def commit(self, revision: str) -> str:
        """Return the commit that *revision* names."""
        asked = f"{revision}^{{commit}}"
        done = self._try("rev-parse", "--verify", "--quiet", "--end-of-options", asked)
        # `^main` is known to git as what is to be left out.
        if done.returncode != 0 or revision.startswith("^"):
            message = f"the repository knows no revision {revision!r}"
            fix = "name a commit, branch or tag; in a shallow clone, fetch it first"
            raise NetgenError([Problem("unknown-revision", None, message, fix=fix)])
        return done.stdout.decode("ascii").strip()

    def is_here(self, path: str) -> bool:
        """Return whether the working tree, if there is one, has something at *path*."""
        top = self._try("rev-parse", "--show-toplevel")
        there = Path(os.fsdecode(top.stdout.removesuffix(b"\n"))) / path
        return top.returncode == 0 and os.path.exists(there)  # noqa: PTH110 - Path.exists raises where a name is too long

    def inside(self, path: str) -> str:
        """Return *path* of the file system as a path from the top of the repository."""
        top = Path(os.fsdecode(self.run("rev-parse", "--show-toplevel").removesuffix(b"\n")))
        there = Path(path).absolute()
        # The folder may be reached by a link; the last name is looked up in the revision, which may have it as one.
        ways = [_real(there)] if there.name == ".." else [_real(there.parent) / there.name, _real(there)]
        real = next((way.relative_to(top).as_posix() for way in ways if way.is_relative_to(top)), "..")
        return _inner(real, path)


def _real(path: Path) -> Path:
    """Return *path* without links; a loop of them stays as it is."""
    return Path(os.path.realpath(path))


def _first_line(said: bytes) -> str:
    lines = said.decode("utf-8", "replace").strip().splitlines()
    first = next((line for line in lines if not line.startswith("warning: ")), "it says nothing")
    return first.removeprefix("fatal: ").removeprefix("error: ")


@record
class _Entry:
    mode: str
    sha: str
    path: str


class _Tree:
    """The tree of a commit, called *name*."""

    def __init__(self, git: _Git, commit: str, name: str) -> None:
        self._git = git
        self._commit = commit
        self._name = name

    def snapshot(self, path: str) -> Snapshot:
        """Return the files of *path*: the one that it is, or those below it."""
        start = self._followed(self._at(path)) if path else _Entry(_FOLDER, self._commit, "")
        if start is None:
            return Snapshot((), absent=True)
        if start.mode == _MODULE:
            return Snapshot((), (f"{self._name}:{path}",))
        if start.mode != _FOLDER:
            return Snapshot(self._read([(path, start)]))
        chosen, left_out = [], []
        below = f"{start.path}/" if start.path else ""
        for entry in self._list("-r", start.path):
            name = entry.path.removeprefix(below)
            is_read = _is_read(name)
            if _is_hidden(name) or not (is_read or entry.mode in {_LINK, _MODULE}):
                continue
            shown = posixpath.join(path, name)
            found = self._followed(entry) if entry.mode == _LINK else entry
            if found is None or found.mode in {_FOLDER, _MODULE}:
                left_out.append(f"{self._name}:{shown}")
            elif is_read:
                chosen.append((shown, found))
        return Snapshot(self._read(chosen), tuple(left_out))

    def _list(self, *arguments: str) -> Iterator[_Entry]:
        *options, path = arguments
        named = ["--", path] if path else []
        listed = self._git.run("ls-tree", "-z", "--full-tree", *options, self._commit, *named)
        for line in listed.split(b"\0")[:-1]:
            about, _, name = line.partition(b"\t")
            mode, _, sha = os.fsdecode(about).split(" ")
            yield _Entry(mode, sha, os.fsdecode(name))

    def _at(self, path: str) -> _Entry | None:
        return next((entry for entry in self._list(path) if entry.path == path), None)

    def _followed(self, entry: _Entry | None) -> _Entry | None:
        """Return what *entry* leads to, if it is a link; None where that is nothing of this tree."""
        for _ in range(_MOST_LINKS):
            if entry is None or entry.mode != _LINK:
                return entry
            target = os.fsdecode(self._git.run("cat-file", "blob", entry.sha))
            path = posixpath.normpath(posixpath.join(posixpath.dirname(entry.path), target))
            entry = None if path.startswith(("/", "../")) or path in {"..", "."} else self._at(path)
        return None

    def _read(self, entries: Iterable[tuple[str, _Entry]]) -> tuple[tuple[str, bytes], ...]:
        listed = list(entries)
        asked = "".join(f"{entry.sha}\n" for _, entry in listed).encode("ascii")
        answer = self._git.run("cat-file", "--batch", given=asked) if listed else b""
        found, at = [], 0
        for path, _ in listed:
            line_end = answer.index(b"\n", at)
            size = answer[at:line_end].rpartition(b" ")[2]
            name = f"{self._name}:{path}"
            if not size.isdigit():
                raise OutputError(f"git has no content of {name}: fetch it first")
            content = answer[line_end + 1 : line_end + 1 + int(size)]
            if content.startswith(_POINTER):
                message = f"{name} is a pointer of Git LFS, and what it points to is not in the repository"
                raise NetgenError(
                    [Problem("unreadable-file", None, message, fix="keep it in git itself, or give files")]
                )
            found.append((name, content))
            at = line_end + int(size) + 2
        return tuple(found)


def _is_read(name: str) -> bool:
    """Return whether a run through a folder reads the file *name* below it."""
    return name.lower().endswith(SUFFIXES) and not _is_hidden(name)


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") for part in name.split("/"))
