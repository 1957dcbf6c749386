"""What the YAML parser says about a text that is not YAML, as one sentence with one place."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from yaml import MarkedYAMLError

from netgen.problems import Problem
from netgen.records import record
from netgen.source.text import COLUMN_BITS, Text


@record
class _Saying:
    """A sentence for a parser's *problem* met in a *context*; *begins*: it stands where the context begins."""

    problems: tuple[str, ...]
    message: str
    fix: str
    context: str = ""
    begins: bool = False


_UNQUOTED = "text cannot start with {character} unquoted"
_LOOK = "check the indentation, and the quotes and brackets before it"
_STAR = "quote the text; in a spec, every pod is  any  and those of a namespace are  here/*  or  NAMESPACE/*"
_DIRECTIVE = "the directive is not one that is read"
_TAB = _Saying(
    ("found a tab character",), "the line is indented with a tab; YAML is indented with spaces", "replace the tab"
)
_COLON = _Saying(
    ("mapping values are not allowed", "found unexpected ':'"),
    "a colon is not expected here",
    "quote text that holds a colon and a blank",
)
_KEY = _Saying(
    ("could not find expected ':'",),
    "a key, a colon and a blank are expected: `key: value`",
    f"write them, or {_LOOK}",
    begins=True,
)
_BELOW = replace(_COLON, message="the line is indented below a line that has its value already", fix=_LOOK)
_AFTER = _Saying((), "nothing more is expected on this line", "quote the whole text, or remove the rest")

# Each row has libyaml's words and those of PyYAML's own parser (scanner.c and parser.c, scanner.py and parser.py).
_SAYINGS = (
    _TAB,
    _COLON,
    _KEY,
    _Saying(("cannot start any token",), _UNQUOTED, "quote the text"),
    _Saying(("",), _UNQUOTED, _STAR, context="scanning an alias", begins=True),
    _Saying(("",), _UNQUOTED, "quote the text", context="scanning an a", begins=True),
    _Saying(("",), _UNQUOTED, "quote the text", context="a tag", begins=True),
    _Saying(("sequence entries are not allowed",), "a list item cannot start here", "put it on a line of its own"),
    _Saying(("mapping keys are not allowed",), "a `?` cannot start a key here", "quote the text"),
    _Saying(("document start",), "the document has ended above", f"start the next one with ---, or {_LOOK}"),
    _Saying(("node content",), "a value is expected here", _LOOK),
    _Saying(
        ("end of stream", "document indicator", "document separator"),
        "the quote that opens here is not closed",
        "close it",
        begins=True,
    ),
    _Saying(
        ("unknown escape",), "the escape does not exist in YAML", "use single quotes, or write the backslash twice"
    ),
    _Saying(("hexdecimal", "hexadecimal"), "the escape has too few hexadecimal digits", "write all its digits"),
    _Saying(("",), "the list that opens at {opened} goes on without `,` or `]`", _LOOK, context="flow sequence"),
    _Saying(("",), "the map that opens at {opened} goes on without `,` or `}}`", _LOOK, context="flow mapping"),
    _Saying(("",), "the line does not belong to the list that starts at {opened}", _LOOK, context="block collection"),
    _Saying(("",), "the line does not belong to the map that starts at {opened}", _LOOK, context="block mapping"),
    _Saying(("",), "after `|` and `>` only `-`, `+` and a digit may stand", "remove the rest", context="block scalar"),
    _Saying(("directive", "incompatible"), _DIRECTIVE, "remove the line", begins=True),
    _Saying(("",), _DIRECTIVE, "remove the line", context="directive", begins=True),
)


def explain(error: MarkedYAMLError, text: Text) -> Problem:
    """Return the problem that *error*, raised by either parser, reports about *text*."""
    mark, opened = error.problem_mark, error.context_mark
    if "undefined tag handle" in (error.problem or "") and mark is not None:
        return Problem("yaml-tag", text.place(_within(text, mark)), "no line declares the tag", fix="remove the tag")
    if "maximum nesting depth" in (error.problem or "") and mark is not None:
        # newer libyaml stops by itself, and has looked ahead when the reader would
        message = "maps and lists lie too many levels deep in each other"
        return Problem("too-deep", text.place(_within(text, mark)), message)
    saying = next((one for one in _SAYINGS if _says(one, error)), None)
    if saying is None or mark is None:
        place = text.place(_within(text, mark) if mark is not None else 0)
        return Problem("yaml-syntax", place, f"the text is not YAML here: {error.problem}")
    line, column = divmod(_within(text, opened if saying.begins and opened is not None else mark), 1 << COLUMN_BITS)
    saying, line, column = _refined(saying, text, line, column)
    character = text.line(line)[column : column + 1]
    message = saying.message.format(
        character=f"`{character}`", opened="the start" if opened is None else f"{opened.line + 1}:{opened.column + 1}"
    )
    return Problem("yaml-syntax", text.place(line << COLUMN_BITS | column), message, fix=saying.fix)


def _says(saying: _Saying, error: MarkedYAMLError) -> bool:
    return saying.context in (error.context or "") and any(words in (error.problem or "") for words in saying.problems)


def _within(text: Text, mark: Any) -> int:
    """Return the cell of *mark*; what lies past the end of the text is moved behind its last character."""
    line: int = mark.line
    column: int = mark.column
    if not text.line(line)[column:].strip() and not "".join(text.lines[line + 1 :]).strip():
        line = max((n for n in range(line + 1) if text.line(n).strip()), default=0)
        column = len(text.line(line).rstrip())
    return line << COLUMN_BITS | column


def _refined(saying: _Saying, text: Text, line: int, column: int) -> tuple[_Saying, int, int]:
    """Find a better sentence and place by looking at the line, and at the one before it."""
    before = text.line(line)[:column]
    if "\t" in text.line(line)[: _indent(text.line(line))]:
        return _TAB, line, text.line(line).index("\t")
    if saying.context in ("block collection", "block mapping") and before.strip(" -"):
        return _AFTER, line, column
    if saying is not _COLON or re.search(r":(\s|$)", before):
        return saying, line, column
    above = next((n for n in range(line - 1, -1, -1) if text.line(n).strip()), None)
    if above is None:
        return saying, line, column
    if _indent(text.line(above)) < _indent(text.line(line)):
        return _BELOW, line, _indent(text.line(line))
    # The parser took the line above, a key without its colon, for the first half of this one.
    return _KEY, above, _indent(text.line(above))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
