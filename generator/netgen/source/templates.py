"""Templates of Helm, which are no YAML until Helm has filled them in: told by their braces, once something is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from netgen.problems import Problem, Severity

_FIX = "this looks like a Helm template: give what helm template prints"


def way_out(text: str) -> str:
    """Return what to do where *text*, in which something is wrong, looks like a template; else an empty text."""
    opened = text.find("{{")
    return _FIX if opened >= 0 and text.find("}}", opened + 2) >= 0 else ""


def told(problems: Iterable[Problem], text: str) -> Iterator[Problem]:
    """Yield *problems* of *text*; where it looks like a template, the errors say what to give instead."""
    fix = way_out(text)
    for problem in problems:
        yield replace(problem, fix=fix) if fix and problem.severity is Severity.ERROR else problem
