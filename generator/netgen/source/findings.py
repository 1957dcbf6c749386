"""What a reader finds wrong while it goes through a text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from yaml import MarkedYAMLError

from netgen.problems import Problem
from netgen.source import characters
from netgen.source.dialect import Dialect
from netgen.source.scalars import Oddity
from netgen.source.syntax import explain
from netgen.source.text import COLUMN_BITS, MOST_PROBLEMS, Text


class Stop(Exception):  # noqa: N818 - a signal, as StopIteration is
    """Reading cannot go on; the problems say why."""


class Findings:
    """The problems of one text so far, each with its place; *last_cell* is where the last one stands."""

    def __init__(self, text: Text, dialect: Dialect) -> None:
        self.problems: list[Problem] = []
        self.last_cell = -1
        self._text = text
        self._dialect = dialect

    def report(
        self, code: str, cell: int, message: str, *, width: int = 1, notes: tuple[str, ...] = (), fix: str = ""
    ) -> None:
        """Add a problem at *cell*; Stop where there are too many."""
        self.last_cell = cell
        self.problems.append(Problem(code, self._text.place(cell, width), message, notes, fix))
        if len(self.problems) >= MOST_PROBLEMS:
            raise Stop

    def odd_scalar(self, cell: int, written: str, oddity: Oddity) -> None:
        """Add that the unquoted scalar *written* is refused."""
        self.report(oddity.code, cell, f"{quoted(written)} {oddity.meaning}", width=len(written), fix=oddity.fix)

    def unescaped(self, event: Any) -> str:
        """Return the value of a double-quoted scalar, and add each of its escapes that makes a refused character.

        Stop at an escape that makes no character at all.
        """
        value: str = event.value
        if not characters.holds_escaped(value, self._dialect):
            return value
        start, end = event.start_mark, event.end_mark
        impossible = characters.holds_surrogate(value)
        for cell, hidden in self._escapes(start.line, start.column, end.line, end.column):
            if hidden.impossible or not impossible:
                self.report("control-character", cell, hidden.message, width=hidden.width, fix="leave it out")
            if hidden.impossible:
                raise Stop
        return characters.visible(value)

    def broken(self, error: Exception, cell: int) -> None:
        """Add why the parser gave up with *error*, the last value being at *cell*."""
        problem = None
        if isinstance(error, MarkedYAMLError):
            problem = explain(error, self._text)
            if "Unicode character escape" not in str(error.problem):
                self.problems.append(problem)
                return
            mark = error.context_mark or error.problem_mark
            cell = mark.line << COLUMN_BITS | mark.column if mark else cell
        line, column = divmod(cell, 1 << COLUMN_BITS)
        for at, hidden in self._escapes(line, column, len(self._text.lines), 0):
            if hidden.impossible:
                place = self._text.place(at, hidden.width)
                self.problems.append(Problem("control-character", place, hidden.message, fix="leave it out"))
                return
        place = self._text.place(cell)
        self.problems.append(problem or Problem("yaml-syntax", place, "the text cannot be read as YAML from here on"))

    def _escapes(self, line: int, column: int, last: int, end: int) -> Iterator[tuple[int, characters.Hidden]]:
        for number in range(line, last + 1):
            text = self._text.line(number)
            start = column if number == line else 0
            for hidden in characters.escapes(text, self._dialect, start, end if number == last else len(text)):
                yield number << COLUMN_BITS | hidden.offset, hidden


def quoted(written: str) -> str:
    """Return *written* as a message shows it: between backticks, on one line, not longer than 40 characters."""
    line = " ".join(characters.shown(written).split())
    return f"`{line if len(line) <= 40 else line[:39] + '…'}`"
