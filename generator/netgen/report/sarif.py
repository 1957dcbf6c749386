"""The outcome as a log of SARIF 2.1.0, the format of code scanning."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from netgen import __version__
from netgen.problems import CODES, Code, Place, Problem, Severity
from netgen.report.outcome import Outcome, lines_of, reach, related
from netgen.report.plain import harmless, sentence

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_ROOT = "%SRCROOT%"
_RULES = {code: number for number, code in enumerate(sorted(CODES))}
_WEIGHTS = {
    Severity.ERROR: "An error: nothing is written.",
    Severity.WARNING: "A warning: it stops nothing.",
    Severity.NOTE: "A note: it stops nothing.",
}


def document(outcome: Outcome) -> str:
    """Return one run, with every rule that there is and a result for each problem."""
    marks = outcome.fingerprints()
    run = {
        "tool": {"driver": _driver()},
        "automationDetails": {"id": f"netgen/{outcome.command}/"},
        "invocations": [_invocation(outcome)],
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The folder in which netgen was run."}}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(problem, mark, outcome) for problem, mark in zip(outcome.problems, marks, strict=True)],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _driver() -> dict[str, Any]:
    rules = [_rule(code, CODES[code]) for code in _RULES]
    return {"name": "netgen", "version": __version__, "semanticVersion": __version__, "rules": rules}


def _rule(code: str, entry: Code) -> dict[str, Any]:
    return {
        "id": code,
        "shortDescription": {"text": entry.meaning},
        "help": {"text": f"{entry.meaning} {_WEIGHTS[entry.severity]}"},
        "defaultConfiguration": {"level": str(entry.severity)},
    }


def _invocation(outcome: Outcome) -> dict[str, Any]:
    """Return how the run went: it succeeded when it came to an answer, whatever that is."""
    said = [{"level": "note", "message": {"text": sentence(line)}} for line in outcome.lines]
    failed = [{"level": "error", "message": {"text": sentence(outcome.failure)}}] if outcome.failure else []
    return {
        "executionSuccessful": not outcome.failure,
        "exitCode": outcome.code,
        "toolExecutionNotifications": [*failed, *said],
    }


def _result(problem: Problem, fingerprint: str, outcome: Outcome) -> dict[str, Any]:
    """Return *problem*, always with a location: code scanning refuses a log with a result that has none."""
    beside = [
        {"id": number, "message": {"text": sentence(note)}, **_location(place, outcome)}
        for number, (place, note) in enumerate(related(problem), 1)
    ]
    return {
        "ruleId": problem.code,
        "ruleIndex": _RULES[problem.code],
        "level": str(problem.severity),
        "message": {"text": "\n".join(lines_of(problem))},
        "locations": [_location(outcome.where(problem), outcome)],
        **({"relatedLocations": beside} if beside else {}),
        "partialFingerprints": {"netgen/v1": fingerprint},
    }


def _location(place: Place, outcome: Outcome) -> dict[str, Any]:
    region = {"region": _region(place)} if place.line else {}
    return {"physicalLocation": {"artifactLocation": _artifact(outcome.path(place.file)), **region}}


def _region(place: Place) -> dict[str, int]:
    """Return the marked part of a line; a place without a column is all of it."""
    if not place.column:
        return {"startLine": place.line}
    first, after = reach(place)
    return {"startLine": place.line, "startColumn": first, "endColumn": after}


def _artifact(path: str) -> dict[str, str]:
    """Return the file by a URI of its bytes; a name that no file system gives is written with escapes."""
    try:
        written = quote(path.encode(errors="surrogateescape"))
    except UnicodeEncodeError:
        written = quote(harmless(path))
    return {"uri": f"file://{written}"} if path.startswith("/") else {"uri": written, "uriBaseId": _ROOT}
