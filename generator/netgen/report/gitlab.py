"""The outcome as a Code Quality report of GitLab: its problems, each known by a fingerprint."""

from __future__ import annotations

import json

from netgen.problems import Problem, Severity
from netgen.report.outcome import Outcome, lines_of
from netgen.report.plain import harmless

_WEIGHTS = {Severity.ERROR: "critical", Severity.WARNING: "minor", Severity.NOTE: "info"}


def document(outcome: Outcome) -> str:
    """Return the problems as a JSON list; what the run said beside them has no place in this format."""
    marks = outcome.fingerprints()
    entries = [_entry(problem, mark, outcome) for problem, mark in zip(outcome.problems, marks, strict=True)]
    return json.dumps(entries, indent=2) + "\n"


def _entry(problem: Problem, fingerprint: str, outcome: Outcome) -> dict[str, object]:
    place = outcome.where(problem)
    return {
        "description": "\n".join(lines_of(problem)),
        "check_name": problem.code,
        "fingerprint": fingerprint,
        "severity": _WEIGHTS[problem.severity],
        "location": {"path": harmless(outcome.path(place.file)), "lines": {"begin": max(place.line, 1)}},
    }
