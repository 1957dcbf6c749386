"""How far a key or value reaches on the line where it begins."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

_PROPERTIES = r"(?:[&!][^\s,\[\]{}]*\s+)*"
_QUOTED = r"'(?:[^']|'')*'|\"(?:[^\"\\]|\\.)*\""
_BLOCK_HEADER = r"[|>][-+0-9]*"
_ALIAS = r"\*[^\s,\[\]{}]+"
_WORD = r"[-+.~\w]*"

_compiled = cache(re.compile)
"""A pattern is compiled when a place is first asked for: most runs ask for none."""


class Extent(NamedTuple):
    """What is written: *written* ends at column *end*, from 0, of the first line.

    *inner* is the column from which each character stands for itself, where that is so; *inner_end* is its end.
    """

    written: str
    end: int
    inner: int | None = None
    inner_end: int = 0


def measure(line: str, column: int, value: object) -> Extent:
    """Return the extent of *value*, which begins at *column* of *line*, maybe with an anchor or tag."""
    match = _compiled(_PROPERTIES).match(line, column)
    start = match.end() if match else column
    if alias := _compiled(_ALIAS).match(line, start):
        return Extent(alias[0], alias.end())
    if isinstance(value, (dict, list)):
        return Extent("", column + 1)
    if quoted := _compiled(_QUOTED).match(line, start):
        inside = quoted[0][1:-1]
        simple = "\\" not in inside if quoted[0][0] == '"' else "'" not in inside
        return Extent(quoted[0], quoted.end(), start + 1 if simple else None, quoted.end() - 1)
    if header := _compiled(_BLOCK_HEADER).match(line, start):
        return Extent(header[0], header.end())
    if isinstance(value, str) and value and line.startswith(value, start):
        end = start + len(value)
        return Extent(value, end, start, end)
    return _rest(line, start, value)


def _rest(line: str, start: int, value: object) -> Extent:
    """Measure a number, constant or null, and a scalar that goes on in the next line."""
    if isinstance(value, str):
        written = line[start:].rstrip()
        return Extent(written, start + len(written))
    word = _compiled(_WORD).match(line, start)
    end = word.end() if word else start
    return Extent(line[start:end], end, start, end)
