"""One YAML document as plain data, and the place of each of its keys and values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from netgen.problems import Place
from netgen.source.extent import measure
from netgen.source.text import ALIAS, COLUMN_BITS, Text

Layouts = Mapping[int, dict[object, object]]
Members = dict[int, dict[object, int]]
_make = tuple.__new__


class Found(NamedTuple):
    """Where a path leads: the numbers of the cells of *key* and value, the value, the key's *name*.

    Not *exact*: the path leads on, and this is as far as the text has it.
    """

    key: int | None
    cell: int
    value: object
    name: str = ""
    exact: bool = True


@dataclass(frozen=True, eq=False)
class Document:
    """One document: *data* is plain dict, list, str, int, float, bool and None, keys being text; *index* counts from 0.

    *cells* has a position for each key and value in the order of the text (text.py says how); *layouts* the maps as
    they were written, by id, where that is not how they are now (merge keys, duplicates).
    """

    file: str
    index: int
    data: object
    text: Text = field(repr=False)
    cells: Sequence[int] = field(repr=False)
    layouts: Layouts = field(repr=False)

    def spot(self, *path: str | int) -> Spot:
        """Return the spot of the value at *path*: map keys and list numbers from the root."""
        return Spot(self, path)

    @cached_property
    def _members(self) -> Members:
        return members(self.data, self.cells, self.layouts)

    def find(self, path: tuple[str | int, ...]) -> Found:
        """Follow *path* as far as the text has it: a missing key ends the way, and so does an alias."""
        found = Found(None, 0, self.data)
        for step in path:
            slots = {} if self.cells[found.cell] & ALIAS else self._members.get(id(found.value), {})
            if step not in slots:
                return found._replace(exact=False)
            if isinstance(found.value, dict):
                found = Found(slots[step], slots[step] + 1, found.value[step], str(step))
            elif isinstance(found.value, list) and isinstance(step, int):
                found = Found(None, slots[step], found.value[step])
        return found

    def part(self, path: tuple[str | int, ...], data: object) -> Document:
        """Return *data* as a document of its own, with the places of what stands at *path*.

        *data* is that, or a copy in the same order, of which maps may have members in addition.
        """
        found = self.find(path)
        layouts: dict[int, dict[object, object]] = {}
        count = _written(data, found.value, layouts)
        return Document(self.file, self.index, data, self.text, self.cells[found.cell : found.cell + count], layouts)


def _written(value: object, original: object, layouts: dict[int, dict[object, object]]) -> int:
    """Return how many cells *original* has; *layouts* get the maps of *value*, its copy, that have more members."""
    if isinstance(original, list) and isinstance(value, list):
        return 1 + sum(_written(one, other, layouts) for one, other in zip(value, original, strict=True))
    if not isinstance(original, dict) or not isinstance(value, dict):
        return 1
    if len(value) > len(original):
        layouts[id(value)] = {key: value[key] for key in original}
    return 1 + sum(1 + _written(value[key], original[key], layouts) for key in original)


class Spot(NamedTuple):
    """A value of a document by its path; cheap to make, and looked up only when its place is asked for."""

    document: Document
    path: tuple[str | int, ...]

    def at(self, *more: str | int) -> Spot:
        """Return the spot of the value at *more* inside this one."""
        return _make(Spot, (self.document, self.path + more))  # as Spot(...) does, and a run makes many thousands

    def value(self, offset: int = 0, width: int | None = None) -> Place:
        """Return the place of the value; of the map or list around it where the text does not have the value.

        *offset* and *width* (characters) choose a part of a scalar that is plain or simply quoted, on one line; of any
        other scalar the whole is the place.
        """
        found = self.document.find(self.path)
        line, column = self._position(found.cell)
        extent = measure(self.document.text.line(line), column, found.value)
        if found.value is None and not extent.written and found.key is not None:
            return self._after_key(found, found.key)
        if not found.exact or extent.inner is None or (offset == 0 and width is None):
            return self._place(line, column, extent.end - column)
        start = min(extent.inner + offset, extent.inner_end)
        end = extent.inner_end if width is None else min(start + width, extent.inner_end)
        return self._place(line, start, end - start)

    def key(self) -> Place:
        """Return the place of the key; of the value where it has none: a list item, the root."""
        found = self.document.find(self.path)
        if found.key is None or not found.exact:
            return self.value()
        line, column = self._position(found.key)
        return self._place(line, column, self._key_end(found, line, column) - column)

    def written(self) -> str:
        """Return the scalar as its first line has it, quotes included; nothing for a map, a list and an empty value."""
        found = self.document.find(self.path)
        line, column = self._position(found.cell)
        return measure(self.document.text.line(line), column, found.value).written if found.exact else ""

    def _after_key(self, found: Found, number: int) -> Place:
        """Place an empty value behind its key and colon: libyaml and the pure parser do not agree on its place."""
        line, column = self._position(number)
        text = self.document.text.line(line)
        end = self._key_end(found, line, column)
        colon = len(text) - len(text[end:].lstrip())
        return self._place(line, colon + 1 if text.startswith(":", colon) else end, 1)

    def _key_end(self, found: Found, line: int, column: int) -> int:
        text = self.document.text.line(line)
        extent = measure(text, column, found.name)
        if extent.inner is None and extent.written[:1] not in "\"'":
            # A key that became text (80, on): it is one word.
            extent = measure(text, column, 0)
        return extent.end

    def _position(self, number: int) -> tuple[int, int]:
        return divmod(self.document.cells[number] & ~ALIAS, 1 << COLUMN_BITS)

    def _place(self, line: int, column: int, width: int) -> Place:
        return self.document.text.place(line << COLUMN_BITS | column, width)


def members(data: object, cells: Sequence[int], layouts: Layouts) -> Members:
    """Return the cell of each member by the id of its map or list: of the key in a map, of the value in a list."""
    found: Members = {}
    frames: list[tuple[dict[object, int], int, Iterator[tuple[object, object]]]] = [({}, 1, iter([(None, data)]))]
    number = 0
    while frames:
        slots, cells_each, children = frames[-1]
        for slot, child in children:
            slots[slot] = number
            number += cells_each
            if isinstance(child, (dict, list)) and not cells[number - 1] & ALIAS:
                slots = found[id(child)] = {}
                frames.append((slots, *_children(child, layouts)))
                break
        else:
            frames.pop()
    return found


def _children(node: dict[str, object] | list[object], layouts: Layouts) -> tuple[int, Iterator[tuple[object, object]]]:
    if isinstance(node, list):
        return 1, iter(enumerate(node))
    return 2, iter(layouts.get(id(node), node).items())
