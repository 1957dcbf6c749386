"""The outcome in netgen's own JSON, which schemas/report.schema.json describes."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from netgen import __version__
from netgen.problems import Place, Problem, Severity
from netgen.report.outcome import Outcome, related
from netgen.report.plain import harmless, sentence

VERSION = 1
"""Of the form: it grows when a key changes its meaning or goes; a new key may come without."""

_RESULTS = {0: "ok", 1: "refuted", 2: "refused", 3: "failed"}


def document(outcome: Outcome) -> str:
    """Return *outcome* as one JSON object in ASCII."""
    counts = Counter(problem.severity for problem in outcome.problems)
    marks = outcome.fingerprints()
    whole = {
        "version": VERSION,
        "tool": {"name": "netgen", "version": __version__},
        "command": outcome.command,
        "result": _RESULTS[outcome.code],
        "exitCode": outcome.code,
        "failure": sentence(outcome.failure) if outcome.failure else None,
        "said": [sentence(line) for line in outcome.lines],
        "proof": _proof(outcome),
        "counts": {str(severity): counts[severity] for severity in Severity},
        "problems": [_problem(problem, mark, outcome) for problem, mark in zip(outcome.problems, marks, strict=True)],
    }
    return json.dumps(whole, indent=2) + "\n"


def _proof(outcome: Outcome) -> dict[str, Any] | None:
    proof = outcome.proof
    if proof is None:
        return None
    return {
        "opened": proof.opened,
        "closed": proof.closed,
        "claims": proof.claims,
        "enforced": proof.enforced,
        "assumes": [sentence(each) for each in outcome.assumes],
        "provisos": [sentence(each) for each in proof.provisos],
    }


def _problem(problem: Problem, fingerprint: str, outcome: Outcome) -> dict[str, Any]:
    return {
        "code": problem.code,
        "severity": str(problem.severity),
        "message": sentence(problem.message),
        "notes": [sentence(note) for note in problem.notes],
        "fix": sentence(problem.fix) if problem.fix else None,
        "fingerprint": fingerprint,
        "place": _place(problem.place, outcome) if problem.place else None,
        "related": [_place(place, outcome) for place, _ in related(problem)],
    }


def _place(place: Place, outcome: Outcome) -> dict[str, Any]:
    """Return *place*; a number that is not known is left out."""
    numbers = {"line": place.line, "column": place.column}
    known = {name: number for name, number in numbers.items() if number > 0}
    shown = {"width": max(place.width, 1), "text": sentence(place.text)} if place.text else {}
    return {"file": harmless(outcome.path(place.file)), **known, **shown}
