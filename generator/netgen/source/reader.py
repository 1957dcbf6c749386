"""From the parser's events to documents: plain data, built without recursion, and every refusal with its place."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable
from typing import Any

from yaml import YAMLError
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from netgen.problems import Problem
from netgen.source.anchors import AliasError, Anchors
from netgen.source.dialect import Dialect
from netgen.source.document import Document
from netgen.source.findings import Findings, Stop, quoted
from netgen.source.keys import MERGE, Keys, LeftOut, kind
from netgen.source.parsers import Parser
from netgen.source.scalars import ManifestScalars, Oddity, SpecScalars, core, tagged
from netgen.source.text import ALIAS, COLUMN_BITS, Text

_TAG = re.compile(r"!\S*")
_STANDARD = "tag:yaml.org,2002:"
_SCALAR_TAGS = frozenset(_STANDARD + name for name in ("str", "int", "float", "bool", "null"))
_COLLECTION_TAGS = {_STANDARD + "map": MappingStartEvent, _STANDARD + "seq": SequenceStartEvent}


class Reader:
    """Reads the documents of one text in one dialect."""

    def __init__(self, text: Text, dialect: Dialect) -> None:
        content = text.content
        self._text = text
        self._depth = dialect.depth
        self._spec = dialect is Dialect.SPEC
        self._findings = Findings(text, dialect)
        self._scalars = (SpecScalars if self._spec else ManifestScalars)(self._odd_scalar)
        # Most texts hold none of these characters, and then no scalar need be asked about them.
        self._special = "&" in content or "!" in content or "<<" in content
        self._escapes = "\\" in content
        self._shared: dict[str, str] = {}
        self._anchors = Anchors(len(content), dialect.depth)
        self._start()

    def _start(self) -> None:
        self._root: list[Any] = []
        self._stack: list[Any] = []
        self._cells = array("Q")
        self._keys = Keys(self._findings, spec=self._spec)
        self._complex_keys: list[tuple[int, int]] = []
        self._anchors.forget()

    def read(self, parser: Parser) -> tuple[list[Document], list[Problem]]:
        """Return the documents that *parser* finds, and the problems; no documents from a text that breaks off."""
        documents: list[Document] = []
        try:
            self._stream(parser.get_event, documents)
        except Stop:
            self._break_off()
        except (YAMLError, ValueError, OverflowError) as error:
            self._findings.broken(error, self._cells[-1] & ~ALIAS if self._cells else 0)
            self._break_off()
        else:
            return documents, self._findings.problems
        return [], self._findings.problems

    def _break_off(self) -> None:
        """Tell of the duplicates that were met before the end, while there is room for them."""
        try:
            self._keys.report_duplicates(self._root[0] if self._root else None, self._cells)
        except Stop:
            return

    def _stream(self, next_event: Callable[[], Any], documents: list[Document]) -> None:
        while (event := next_event()).__class__ is not StreamEndEvent:
            if event.__class__ is not DocumentStartEvent:
                continue
            self._start()
            if event.tags and self._spec:
                self._refuse_tag_line(event)
            self._document(next_event)
            data = self._root[0]
            self._keys.report_duplicates(data, self._cells)
            if data is not None:
                index = len(documents)
                documents.append(Document(self._text.file, index, data, self._text, self._cells, self._keys.layouts))

    def _document(self, next_event: Callable[[], Any]) -> None:  # noqa: C901, PLR0912 - a call for each event costs a third
        """Build one document. All the time of reading goes to this loop: local names, and no call that can be saved."""
        push, scalars, share, special = self._cells.append, self._scalars, self._shared.setdefault, self._special
        container: Any = self._root
        append: Callable[[object], None] | None = container.append
        key: Any = None
        while True:
            event = next_event()
            kind, mark = event.__class__, event.start_mark
            if kind is ScalarEvent:
                push(mark.line << COLUMN_BITS | mark.column)
                if special:
                    value = self._special_scalar(event, is_key=append is None and key is None)
                elif not event.style:
                    value = scalars[event.value]
                elif self._escapes and event.style == '"':
                    value = self._findings.unescaped(event)
                else:
                    value = share(event.value, event.value)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                container = self._enter(event, container, key)
                append, key = getattr(container, "append", None), None
                continue
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                container, key = self._leave(container)
                append = getattr(container, "append", None)
                continue
            elif kind is AliasEvent:
                push(mark.line << COLUMN_BITS | mark.column | ALIAS)
                value = self._alias(event)
            else:
                return
            if append is not None:
                append(value)
            elif key is None:
                key = value
                if value.__class__ is not str or value in container:
                    key = self._keys.key(getattr(event, "value", ""), value, container, self._cells[-1])
            else:
                container[key], key = value, None

    def _enter(self, event: Any, container: Any, key: Any) -> Any:
        """Begin a map or list inside *container*, under *key*, and return it."""
        child: Any = {} if event.__class__ is MappingStartEvent else []
        self._cells.append(event.start_mark.line << COLUMN_BITS | event.start_mark.column)
        self._stack.append(container)
        depth = len(self._stack)
        if depth > self._depth:
            self._report("too-deep", f"maps and lists lie more than {self._depth} levels deep in each other")
            raise Stop
        if container.__class__ is list:
            container.append(child)
        elif key is not None:
            container[key] = child
        else:
            self._report("key-not-text", f"{kind(child)} stands where a key is due", fix="write a text")
            self._complex_keys.append((depth, len(self._cells)))
        if self._special:
            self._properties(event, child)
        return child

    def _properties(self, event: Any, child: object) -> None:
        """Look at the tag and the anchor of a map or list."""
        depth = len(self._stack)
        self._anchors.deepen(depth)
        if event.tag is not None and (self._spec or _COLLECTION_TAGS.get(event.tag) is not event.__class__):
            self._refuse_tag(event)
        if event.anchor is not None:
            self._refuse_anchor(event)
            self._anchors.enter(event.anchor, child, depth, len(self._cells))

    def _leave(self, child: Any) -> tuple[Any, LeftOut | None]:
        """End a map or list; return what lies around it, and a key in its stead where it was one."""
        container = self._stack.pop()
        if self._keys.irregular:
            self._keys.settle(child)
        if self._special:
            self._anchors.leave(len(self._stack) + 1, len(self._cells))
        if self._complex_keys and self._complex_keys[-1][0] == len(self._stack) + 1:
            # The key has one cell like every key; its insides are gone.
            del self._cells[self._complex_keys.pop()[1] :]
            return container, self._keys.leave_out(container, LeftOut())
        return container, None

    def _special_scalar(self, event: Any, *, is_key: bool) -> object:
        """Return the value of a scalar in a text that holds `&`, `!` or `<<` somewhere."""
        written = self._findings.unescaped(event) if self._escapes and event.style == '"' else event.value
        value: object
        if event.tag is not None:
            value = self._tagged(event)
        elif event.style:
            value = self._shared.setdefault(written, written)
        else:
            value = MERGE if is_key and written == "<<" else self._scalars[written]
        if event.anchor is not None:
            self._refuse_anchor(event)
            self._anchors.scalar(event.anchor, written if value is MERGE else value)
        return value

    def _tagged(self, event: Any) -> object:
        if self._spec or event.tag not in _SCALAR_TAGS:
            self._refuse_tag(event)
            return event.value if event.style else core(event.value)
        name = event.tag.removeprefix(_STANDARD)
        try:
            return tagged(name, event.value)
        except ValueError:
            self._report("bad-value", f"{quoted(event.value)} is not of the type !!{name}")
            return event.value

    def _alias(self, event: Any) -> object:
        self._refuse_anchor(event)
        try:
            return self._anchors.follow(event.anchor, len(self._stack))
        except AliasError as error:
            if self._spec and error.code == "yaml-syntax":
                return None
            self._report(error.code, str(error), width=len(event.anchor) + 1)
            raise Stop from None

    def _refuse_anchor(self, event: Any) -> None:
        if self._spec:
            width = len(event.anchor) + 1
            self._report("yaml-anchor", "a spec has no anchors and aliases", width=width, fix="write the value out")

    def _refuse_tag(self, event: Any) -> None:
        line, column = event.start_mark.line, event.start_mark.column
        match = _TAG.search(self._text.line(line), column)
        written = match[0] if match else event.tag
        cell = line << COLUMN_BITS | (match.start() if match else column)
        message = "a spec has no tags" if self._spec else f"the tag {quoted(written)} is not one that is read"
        self._findings.report("yaml-tag", cell, message, width=len(written), fix="remove the tag")

    def _refuse_tag_line(self, event: Any) -> None:
        first: int = event.start_mark.line
        lines = self._text.lines[first : event.end_mark.line + 1]
        line = next((n for n, line in enumerate(lines, first) if line.startswith("%TAG")), first)
        self._findings.report("yaml-tag", line << COLUMN_BITS, "a spec has no tags", width=4, fix="remove the line")

    def _odd_scalar(self, written: str, oddity: Oddity) -> None:
        self._findings.odd_scalar(self._cells[-1], written, oddity)

    def _report(self, code: str, message: str, *, width: int = 1, fix: str = "") -> None:
        """Report a problem of the key or value that was met last."""
        self._findings.report(code, self._cells[-1] & ~ALIAS, message, width=width, fix=fix)
