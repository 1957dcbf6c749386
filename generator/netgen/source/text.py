"""A text to read: bytes made characters within their limits, and places in its lines."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

from netgen.problems import Place, Problem
from netgen.source import characters
from netgen.source.dialect import Dialect

MOST_PROBLEMS = 1000
"""So many problems of one text are told; more would only fill memory."""

COLUMN_BITS = 28
"""A cell is `line << 28 | column`, both from 0: no column of a text that is read needs more bits."""

ALIAS = 1 << 63
"""The bit of a cell whose value is an alias, and so has no cells of its own."""

_LINE_END = "\r\n|[\n\r\x85\u2028\u2029]"
_SIGNATURES = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)


@dataclass(frozen=True, eq=False)
class Text:
    """The characters of one file, in which no character is one that the dialect refuses."""

    file: str
    content: str
    _shown: dict[int, str] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def lines(self) -> list[str]:
        """The lines without their ends, split as the parser counts them."""
        return re.split(_LINE_END, self.content)

    def line(self, number: int) -> str:
        """Return line *number*, from 0; the empty text past the end."""
        return self.lines[number] if number < len(self.lines) else ""

    def place(self, cell: int, width: int = 1) -> Place:
        """Return the place of *cell*, *width* characters long."""
        line, column = divmod(cell & ~ALIAS, 1 << COLUMN_BITS)
        if line not in self._shown:
            self._shown[line] = characters.shown(self.line(line))
        return Place(self.file, line + 1, column + 1, max(width, 1), self._shown[line])

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer(_LINE_END, self.content))]

    def cell(self, offset: int) -> int:
        """Return the cell of the character at *offset* of the content."""
        line = bisect_right(self._starts, offset) - 1
        return line << COLUMN_BITS | offset - self._starts[line]


def decode(data: str | bytes, file: str, dialect: Dialect) -> tuple[Text | None, list[Problem]]:
    """Return *data* as a text and what is wrong with its characters; no text where it cannot be read at all."""
    raw = data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")
    if len(raw) > dialect.most_bytes:
        most = f"{dialect.most_bytes // 1024 // 1024} MiB, which is as much as netgen reads of a {dialect.value}"
        message = f"the text is larger than {most}"
        return None, [Problem("too-large", Place(file, 1, 1), message, fix="split it into several files")]
    if isinstance(data, bytes) and (problem := _wide(raw, file) or _broken(raw, file)):
        return None, [problem]
    content = (data if isinstance(data, str) else data.decode("utf-8")).removeprefix("\ufeff")
    if characters.harmless(raw):
        return Text(file, content), []
    return _masked(content, file, dialect)


def _wide(raw: bytes, file: str) -> Problem | None:
    """Find UTF-16 and UTF-32 by their byte order mark, or by the zero bytes around the first character."""
    named = next((name for signature, name in _SIGNATURES if raw.startswith(signature)), None)
    if named is None and raw[:4].count(0) == 3:
        named = "UTF-32"
    elif named is None and raw[:2].count(0) == 1:
        named = "UTF-16"
    if named is None:
        return None
    return Problem("bad-encoding", Place(file, 1, 1), f"the text is {named}, not UTF-8", fix="save the file as UTF-8")


def _broken(raw: bytes, file: str) -> Problem | None:
    """Find the first byte that is not UTF-8."""
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        text = Text(file, raw.decode("utf-8", "replace").removeprefix("\ufeff"))
        before = raw[: error.start].decode("utf-8").removeprefix("\ufeff")
        message = f"the byte 0x{raw[error.start]:02X} is not UTF-8"
        return Problem("bad-encoding", text.place(text.cell(len(before))), message, fix="save the file as UTF-8")
    return None


def _masked(content: str, file: str, dialect: Dialect) -> tuple[Text | None, list[Problem]]:
    """Return the text with its hidden characters replaced, and a problem for each; no text if that is no text."""
    found = list(islice(characters.hidden(content, dialect), MOST_PROBLEMS))
    end = found[-1].offset + 1 if len(found) == MOST_PROBLEMS else len(content)
    text = Text(file, characters.masked(content[:end], dialect))
    problems = [
        Problem("control-character", text.place(text.cell(one.offset)), one.message, fix="remove it") for one in found
    ]
    return (text if end == len(content) else None), problems
