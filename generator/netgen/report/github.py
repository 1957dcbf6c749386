"""The outcome as workflow commands of GitHub Actions: each line is an annotation, and nothing but one."""

from __future__ import annotations

from collections.abc import Iterator

from netgen.problems import Problem, Severity
from netgen.report.outcome import Outcome, is_file, lines_of, reach
from netgen.report.plain import harmless, sentence

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_IN_MESSAGE = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_IN_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def document(outcome: Outcome) -> str:
    """Return a command for each problem, and a notice for each line that the run said."""
    return "".join(f"{line}\n" for line in _commands(outcome))


def _commands(outcome: Outcome) -> Iterator[str]:
    for problem in outcome.problems:
        properties = {**_place(problem, outcome), "title": f"netgen {problem.code}"}
        yield _command(_COMMANDS[problem.severity], properties, lines_of(problem))
    title = {"title": f"netgen {outcome.command}"}
    if outcome.failure:
        yield _command("error", title, [sentence(outcome.failure)])
    # Plain lines would be searched for commands of the old form, ##[...], wherever these stand in a line.
    yield from (_command("notice", title, [sentence(line)]) for line in outcome.lines)


def _place(problem: Problem, outcome: Outcome) -> dict[str, str]:
    """Return where *problem* is annotated; the last column is part of it."""
    place = problem.place
    if place is None or not is_file(place):
        return {}
    file = {"file": harmless(outcome.path(place.file))}
    if not place.line:
        return file
    first, after = reach(place)
    return {**file, "line": str(place.line), "col": str(first), "endColumn": str(after - 1)}


def _command(name: str, properties: dict[str, str], lines: list[str]) -> str:
    listed = ",".join(f"{key}={value.translate(_IN_PROPERTY)}" for key, value in properties.items())
    return f"::{name} {listed}::{_message(lines)}"


def _message(lines: list[str]) -> str:
    return "\n".join(lines).translate(_IN_MESSAGE)
