"""Two sets of files -> a unified diff, in a time that grows with the files alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from pathlib import Path
from typing import NamedTuple

_CONTEXT = 3
_MOST_LINES = 4000
"""Two objects with more lines than this together are told as one replaced by the other: difflib is quadratic."""
_IDENTITY = re.compile(r"^(kind: .*|  (?:name|namespace): .*)$", re.MULTILINE)
_NOWHERE = "/dev/null"


class Change(NamedTuple):
    """The lines from *old* to *old_end* become those from *new* to *new_end*, counted from 0."""

    old: int
    old_end: int
    new: int
    new_end: int


def unified(old: Mapping[str, bytes], new: Mapping[str, bytes], folder: Path) -> str:
    """Return the unified diff from the files *old* to *new* of *folder*, by name."""
    parts: list[str] = []
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            path = _shown(folder / name)
            parts += [f"--- {path if name in old else _NOWHERE}\n", f"+++ {path if name in new else _NOWHERE}\n"]
            parts += _hunks(_lines(old.get(name, b"")), _lines(new.get(name, b"")))
    return "".join(parts)


def _shown(path: Path) -> str:
    return str(path) if str(path).isprintable() else json.dumps(str(path))


def _lines(content: bytes) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+\Z", content.decode(errors="backslashreplace"))


def _hunks(old: list[str], new: list[str]) -> Iterator[str]:
    for hunk in _grouped(_changes(old, new)):
        before = min(_CONTEXT, hunk[0].old)
        after = min(_CONTEXT, len(old) - hunk[-1].old_end)
        spans = (hunk[0].old - before, hunk[-1].old_end + after), (hunk[0].new - before, hunk[-1].new_end + after)
        yield f"@@ -{_span(*spans[0])} +{_span(*spans[1])} @@\n"
        at = hunk[0].old - before
        for change in hunk:
            yield from _marked(" ", old[at : change.old])
            yield from _marked("-", old[change.old : change.old_end])
            yield from _marked("+", new[change.new : change.new_end])
            at = change.old_end
        yield from _marked(" ", old[at : at + after])


def _span(start: int, end: int) -> str:
    count = end - start
    return f"{start + 1 if count else start}" + ("" if count == 1 else f",{count}")


def _marked(mark: str, lines: list[str]) -> Iterator[str]:
    for line in lines:
        yield f"{mark}{line}" if line.endswith("\n") else f"{mark}{line}\n\\ No newline at end of file\n"


def _grouped(changes: Iterator[Change]) -> Iterator[list[Change]]:
    """Put changes together that are so near that their context would overlap."""
    hunk: list[Change] = []
    for change in changes:
        if hunk and change.old - hunk[-1].old_end > 2 * _CONTEXT:
            yield hunk
            hunk = []
        hunk.append(change)
    if hunk:
        yield hunk


def _changes(old: list[str], new: list[str]) -> Iterator[Change]:
    """Compare object with object of the same name, where they stand in the same order; the rest came or went."""
    before, after = _objects(old), _objects(new)
    place = {identity: number for number, (identity, _, _) in reversed([*enumerate(before)])}
    at, old_line = 0, 0
    for identity, start, end in after:
        number = place.get(identity, -1)
        if number < at:
            yield Change(old_line, old_line, start, end)
            continue
        _, its_start, its_end = before[number]
        if its_start > old_line:
            yield Change(old_line, its_start, start, start)
        yield from _within(old, its_start, its_end, new, start, end)
        at, old_line = number + 1, its_end
    if old_line < len(old):
        yield Change(old_line, len(old), len(new), len(new))


def _objects(lines: list[str]) -> list[tuple[str, int, int]]:
    """Return what the object is, its first line, and the line after it, for each object of a stream."""
    starts = [0, *(number + 1 for number, line in enumerate(lines) if line.rstrip() == "---")]
    ends = [*starts[1:], len(lines)]
    return [
        ("".join(_IDENTITY.findall("".join(lines[start:end]))[:3]), start, end)
        for start, end in zip(starts, ends, strict=True)
        if start < end
    ]


def _within(old: list[str], start: int, end: int, new: list[str], its_start: int, its_end: int) -> Iterator[Change]:
    while start < end and its_start < its_end and old[start] == new[its_start]:
        start, its_start = start + 1, its_start + 1
    while start < end and its_start < its_end and old[end - 1] == new[its_end - 1]:
        end, its_end = end - 1, its_end - 1
    if start == end and its_start == its_end:
        return
    if end - start + its_end - its_start > _MOST_LINES:
        yield Change(start, end, its_start, its_end)
        return
    matcher = SequenceMatcher(None, old[start:end], new[its_start:its_end], autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "equal":
            yield Change(start + a, start + b, its_start + c, its_start + d)
