"""Problems of texts that nobody has seen -> problems of resources and their fields."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from netgen.krm.blocks import Line
from netgen.krm.resource import Resource
from netgen.problems import Place, Problem, Severity
from netgen.report.outcome import lines_of

_SEVERITIES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "info"}


class Part(NamedTuple):
    """The part of a text that is one resource: it begins at line *first*, from 0; *lines* may be fewer than it has."""

    first: int
    resource: Resource
    called: str
    lines: Sequence[Line]


class Located(NamedTuple):
    """A problem, and the resource and field that it is about; None and nothing where it is about the run."""

    problem: Problem
    resource: Resource | None
    field: str

    @property
    def result(self) -> dict[str, Any]:
        """Return the problem as a result of a KRM function."""
        found: dict[str, Any] = {
            "message": "\n".join(lines_of(self.problem)),
            "severity": _SEVERITIES[self.problem.severity],
        }
        if self.resource:
            found["resourceRef"] = self.resource.reference
            found |= {"field": {"path": self.field}} if self.field else {}
            found |= {"file": self.resource.file} if self.resource.file else {}
        return {**found, "tags": {"code": self.problem.code}}


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts that netgen has read, by the name of each, and of which resources they are made."""

    parts: dict[str, tuple[Part, ...]]

    def located(self, problems: Iterable[Problem]) -> list[Located]:
        """Return *problems* with the resource and field in the place of file and line, in what they say too."""
        return [self._located(problem) for problem in problems]

    def _located(self, problem: Problem) -> Located:
        words = replace(
            problem,
            message=self._said(problem.message),
            notes=tuple(map(self._said, problem.notes)),
            fix=self._said(problem.fix),
        )
        place = problem.place
        if place is None or place.file not in self.parts:
            return Located(words, None, "")
        part, field = self._at(place.file, place.line, is_whole=place.column == 1)
        return Located(replace(words, place=Place(_name(part, field), 0, 0)), part.resource, field)

    def _at(self, file: str, line: int, *, is_whole: bool = True) -> tuple[Part, str]:
        """Return the part of *file* at *line*, and the field there; none for its first line where that *is_whole*."""
        parts = self.parts[file]
        part = parts[max(bisect_right(parts, line - 1, key=lambda one: one.first) - 1, 0)]
        number = line - 1 - part.first
        if number >= len(part.lines) or (is_whole and number == 0):
            return part, ""
        return part, part.lines[number].field

    def _said(self, words: str) -> str:
        for file in self.parts:
            if file in words:
                words = re.sub(rf"({re.escape(file)}):([1-9][0-9]{{0,8}})(?::[0-9]+)?", self._called, words)
        return words

    def _called(self, found: re.Match[str]) -> str:
        return _name(*self._at(found[1], int(found[2])))


def _name(part: Part, field: str) -> str:
    return f"{part.called}, {field}" if field else part.called
