"""Anchors of one document: what an alias stands for, and how much the aliases unfold to."""

from __future__ import annotations

from dataclasses import dataclass

MOST_UNFOLDED = 1_000_000
"""So many values may the aliases of one text stand for."""

MOST_UNFOLDED_PER_KIB = 10_000
"""The same for each KiB of the text, so that a small text cannot stand for a huge one."""


class AliasError(Exception):
    """An alias cannot be followed: *code* is one of problems.CODES, the text says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(slots=True)
class _Anchored:
    value: object
    depth: int
    size: int
    height: int = 0
    complete: bool = False


class Anchors:
    """The anchors met so far, and how many values their aliases stand for."""

    def __init__(self, text_bytes: int, most_depth: int) -> None:
        self.unfolded = 0
        self._most = min(MOST_UNFOLDED, MOST_UNFOLDED_PER_KIB * (text_bytes // 1024 + 1))
        self._most_depth = most_depth
        self._named: dict[str, _Anchored] = {}
        self._open: list[_Anchored] = []

    def forget(self) -> None:
        """Start a new document: its anchors are its own, the limit is that of the text."""
        self._named, self._open = {}, []

    def scalar(self, name: str, value: object) -> None:
        """Name a scalar."""
        self._named[name] = _Anchored(value, 0, 1, complete=True)

    def enter(self, name: str, value: object, depth: int, cells: int) -> None:
        """Name a map or list that begins at *depth*, when *cells* cells have been written."""
        self._named[name] = anchored = _Anchored(value, depth, cells + self.unfolded)
        self._open.append(anchored)

    def deepen(self, depth: int) -> None:
        """Note that a map or list begins at *depth*; what lies around the innermost anchor learns it when that ends."""
        if self._open:
            self._open[-1].height = max(self._open[-1].height, depth - self._open[-1].depth)

    def leave(self, depth: int, cells: int) -> None:
        """Note that the map or list at *depth* ends, when *cells* cells have been written."""
        while self._open and self._open[-1].depth == depth:
            anchored = self._open.pop()
            anchored.size = cells + self.unfolded - anchored.size + 1
            anchored.complete = True
            self.deepen(anchored.depth + anchored.height)

    def follow(self, name: str, depth: int) -> object:
        """Return what the alias *name* stands for; it lies in *depth* maps and lists. AliasError where it cannot be."""
        anchored = self._named.get(name)
        if anchored is None:
            raise AliasError("yaml-syntax", f"no anchor called {name} stands before this alias")
        if not anchored.complete:
            raise AliasError("yaml-syntax", f"the alias stands inside the anchor {name} that it repeats")
        self.unfolded += anchored.size
        if self.unfolded > self._most:
            raise AliasError("too-large", f"the aliases of this text unfold to more than {self._most} values")
        nested = anchored.height + 1 if anchored.depth else 0
        if depth + nested > self._most_depth:
            raise AliasError("too-deep", f"the alias unfolds to more than {self._most_depth} levels of maps and lists")
        self.deepen(depth + nested)
        return anchored.value
