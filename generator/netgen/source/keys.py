"""The keys of one document's maps: which are text, which stand twice, which are merge keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netgen.source.document import members
from netgen.source.findings import Findings, Stop, quoted
from netgen.source.text import ALIAS, COLUMN_BITS, MOST_PROBLEMS


class LeftOut:
    """Stands in a map for a key that the document does not keep, until the map ends."""

    __slots__ = ()


class MergeKey(LeftOut):
    """The key `<<`, at *cell*: the maps that are its value are poured into the map around it."""

    __slots__ = ("cell",)

    def __init__(self, cell: int) -> None:
        self.cell = cell


MERGE = MergeKey(-1)
"""What an unquoted `<<` is read as where a key is due."""


class Keys:
    """Looks closely at the keys of one document that are more than a new text.

    *spec*: all but text is refused; else numbers and constants become text as kubectl makes them.
    *irregular* has the maps, by id, with keys that go when the map ends; *layouts* such maps as they were written.
    """

    def __init__(self, findings: Findings, *, spec: bool) -> None:
        self.layouts: dict[int, dict[object, object]] = {}
        self._findings = findings
        self._spec = spec
        self.irregular: dict[int, Any] = {}
        self._duplicates: list[tuple[dict[Any, Any], str, int, str]] = []

    def leave_out(self, container: dict[Any, Any], key: LeftOut) -> LeftOut:
        """Note that *key* of *container* goes when the map ends, and return it."""
        self.irregular[id(container)] = container
        return key

    def key(self, written: str, value: object, container: dict[Any, Any], cell: int) -> str | LeftOut:
        """Return the key of *container* for *value*, which stands at *cell* as *written*."""
        if value is MERGE:
            if not self._spec:
                return self.leave_out(container, MergeKey(cell))
            self._findings.report("yaml-merge-key", cell, "a spec has no merge keys", width=2, fix="write the keys out")
            return self.leave_out(container, LeftOut())
        name = self._text(written, value, cell)
        if name is None:
            return self.leave_out(container, LeftOut())
        if name in container:
            self._duplicates.append((container, name, cell & ~ALIAS, written))
            if len(self._duplicates) == MOST_PROBLEMS:
                raise Stop
            return self.leave_out(container, LeftOut())
        return name

    def _text(self, written: str, value: object, cell: int) -> str | None:
        if isinstance(value, str):
            return value
        if not self._spec and isinstance(value, bool):
            return "true" if value else "false"
        if not self._spec and isinstance(value, int) and value < 2**63:
            return str(value)
        if self._findings.last_cell != cell:
            shown = f"{quoted(written)} is {kind(value)}" if written else f"{kind(value)} stands"
            fix = f'quote it: "{written}"' if 0 < len(written) <= 40 else "write a text"
            self._findings.report("key-not-text", cell, f"{shown} where a key is due", width=len(written), fix=fix)
        return written if self._spec and not isinstance(value, (dict, list)) else None

    def settle(self, container: Any) -> None:
        """Bring a finished map to what it means."""
        if id(container) not in self.irregular:
            return
        written = self.layouts[id(container)] = dict(container)
        container.clear()
        for key, value in written.items():
            if isinstance(key, MergeKey):
                self._merge(value, container, key.cell)
            elif not isinstance(key, LeftOut):
                container[key] = value

    def _merge(self, value: object, container: dict[Any, Any], cell: int) -> None:
        """Pour *value* in as kubectl does: over the keys that stand before; in a list the first map wins."""
        for source in reversed(value if isinstance(value, list) else [value]):
            if isinstance(source, dict):
                container.update(source)
            else:
                self._findings.report("bad-value", cell, "a merge key takes a map or a list of maps", width=2)

    def report_duplicates(self, data: object, cells: Sequence[int]) -> None:
        """Report the keys that stand twice, with the line of the first: called when *data* is as whole as it gets."""
        found = members(data, cells, self.layouts) if self._duplicates else {}
        for container, name, cell, written in self._duplicates:
            first = found.get(id(container), {}).get(name)
            line = None if first is None else (cells[first] & ~ALIAS) >> COLUMN_BITS
            notes = () if line is None else (f"it stands first in line {line + 1}",)
            message = f"the key {quoted(name)} stands twice in one map"
            self._findings.report("duplicate-key", cell, message, width=len(written), notes=notes, fix="keep one")
        self._duplicates = []


def kind(value: object) -> str:
    """Name the type of a value, with its article."""
    names = {bool: "a truth value", dict: "a map", list: "a list", type(None): "nothing"}
    return names.get(type(value), "a number")
