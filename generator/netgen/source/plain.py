"""The short way through plain YAML, a line at a time; any other text is left to the parser, and none is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NoReturn

from netgen.source.dialect import Dialect
from netgen.source.document import Document
from netgen.source.scalars import ManifestScalars, SpecScalars
from netgen.source.text import Text
from netgen.source.tokens import CHARACTER, FLOW, QUOTED, WORDS, NotPlainError, Values

_DEEPEST = 32

_NAME = "[A-Za-z0-9_/][A-Za-z0-9_/.@-]*"
# No blank can be given back to what stands before it (`*+`): a long row of them would take the square of its length.
_END = f" *+(?:(?<= )#{CHARACTER}*)?"
_LINE = re.compile(
    rf"( *+)(- )?(?:({_NAME}|{QUOTED}):(?= |$) *+)?(?:({WORDS}(?:, ?{WORDS})*|{QUOTED})|({FLOW}))?{_END}"
)
_IDLE = re.compile(rf" *(?:#{CHARACTER}*)?")


_Line = tuple[type[dict[str, object] | list[object]] | None, int, str | None, object]
"""One line: what it is a part of, a map or a list; the column of its key or dash; its key, and its value.

Of an empty line and a comment the first is None; the key is None where an item of a list has none. It is a tuple and
no more, since taking a named one apart takes twice the time.
"""

_BELOW = object()
"""The value of a key whose value stands in the lines below."""


class _Lines(dict[str, _Line]):
    """What each line says; most lines of a text stand in it many times."""

    def __init__(self, dialect: Dialect) -> None:
        super().__init__()
        self._values = Values((SpecScalars if dialect is Dialect.SPEC else ManifestScalars)(_give_up))

    def __missing__(self, text: str) -> _Line:
        match = _LINE.fullmatch(text)
        if match is None or match.lastindex == 1:
            idle = self[text] = _idle(text)
            return idle
        indent, dash, name, scalar, flow = match.groups()
        key = None if name is None else self._values.key(name)
        value = self._values.scalar(scalar) if scalar else self._values.flow(flow) if flow else _BELOW
        if key is None and (dash is None or value is _BELOW):
            raise NotPlainError
        line: _Line = (list if dash else dict, len(indent), key, value)
        if not flow:  # each line has a map or list of its own
            self[text] = line
        return line


def _give_up(*_: object) -> NoReturn:
    raise NotPlainError


def _idle(text: str) -> _Line:
    if _IDLE.fullmatch(text):
        return None, 0, None, None
    raise NotPlainError


def values(source: Text, dialect: Dialect) -> list[object] | None:
    """Return the values of the documents of *source*, without the empty ones; None where it is not plain throughout."""
    lines = _Lines(dialect)
    try:
        found = [_value(text, lines) for text in f"\n{source.content}".split("\n---\n")]
    except NotPlainError:
        return None
    return [value for value in found if value is not None]


def documents(
    source: Text,
    dialect: Dialect,
    places: Callable[[], tuple[list[Document], object]],
    known: Sequence[object] | None = None,
) -> list[Document] | None:
    """Return the documents of *source*; None where it is not plain throughout.

    *places* reads the same text with a parser: called when somebody first asks where something stands. *known* are its
    values, where they have been read already.
    """
    found = values(source, dialect) if known is None else known
    if found is None:
        return None
    located = cache(places)
    return [Document(source.file, index, data, source, _Cells(located, index), {}) for index, data in enumerate(found)]


def _value(text: str, lines: _Lines) -> object:  # noqa: C901, PLR0912 - a call for each line costs a third
    """Return the value of one document. All the time of reading goes to this loop: see Reader."""
    root: dict[str, Any] = {}
    frames: list[tuple[int, Any]] = []
    column = -1
    container: Any = root
    pending: Any = ""  # the key whose value begins with the next line
    for kind, at, key, value in map(lines.__getitem__, text.split("\n")):
        if kind is None:
            continue
        if pending is not None:
            # A list may stand as far left as its key.
            if at < column + (kind is dict) or len(frames) > _DEEPEST:
                raise NotPlainError
            frames.append((column, container))
            container[pending] = container = kind()
            column, pending = at, None
        elif at != column or container.__class__ is not kind:
            while at < column:
                column, container = frames.pop()
            if container.__class__ is not kind and frames:
                column, container = frames.pop()
            if at != column or container.__class__ is not kind:
                raise NotPlainError
        if kind is list:
            if key is None:
                container.append(value)
                continue
            frames.append((column, container))
            container.append({})
            column, container = at + 2, container[-1]
        if key in container:
            raise NotPlainError
        if value is _BELOW:
            pending = key
        else:
            container[key] = value
    if pending is not None and frames:
        raise NotPlainError
    return root.get("")


class _Cells(Sequence[int]):
    """The cells of the document *index*, found with the parser when the first of them is asked for."""

    def __init__(self, located: Callable[[], tuple[list[Document], object]], index: int) -> None:
        self._located = located
        self._index = index

    def __len__(self) -> int:
        return len(self._located()[0][self._index].cells)

    def __getitem__(self, number: Any) -> Any:
        return self._located()[0][self._index].cells[number]
