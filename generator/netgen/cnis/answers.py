"""Which plugins can carry a spec, as text, Markdown and JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from netgen.cnis import Verdict
from netgen.cnis.formats import dumped
from netgen.problems import Problem
from netgen.profiles import table, version_text
from netgen.report import harmless


def as_text(verdicts: Sequence[Verdict]) -> str:
    """Return *verdicts* for a terminal, and a last line that counts them."""
    blocks = ["".join(f"{harmless(line)}\n" for line in _lines(one)) for one in verdicts]
    return "\n".join([*blocks, f"{counted(verdicts)}\n"])


def counted(verdicts: Sequence[Verdict]) -> str:
    """Return how many of *verdicts* say that the plugin can."""
    able = sum(one.able for one in verdicts)
    return f"{able} of {len(verdicts)} can carry it" if len(verdicts) > 1 else "it can" if able else "it cannot"


def _lines(one: Verdict) -> Iterator[str]:
    yield f"{one.cni}: {answer(one)}{_of_the_platform(one)}"
    yield from (f"  {placed(problem)}" for problem in one.problems)
    yield from (f"  before: {placed(problem)}" for problem in one.before)
    yield from (f"  weaker: {placed(problem)}" for problem in one.weaker)
    yield from (f"  setting: {placed(problem)}" for problem in one.settings)
    if one.able:
        yield f"  installed by: {installed(one)}"


def _of_the_platform(one: Verdict) -> str:
    if one.own is None:
        return ""
    return f"; the Platform says {one.own}, which {'can' if one.own_able else 'cannot'}"


def answer(one: Verdict) -> str:
    """Return `no`, `yes`, or `yes, from VERSION on`."""
    if not one.able:
        return "no"
    return f"yes, from {version_text(one.since)} on" if one.since and one.cni.version is None else "yes"


def installed(one: Verdict) -> str:
    """Return where the plugin is said to be installed, and by which chart."""
    about = table(one.cni.name).about
    return f"{about.install} (chart {about.chart} of {about.repository})" if about.chart else about.install


def placed(problem: Problem) -> str:
    """Return a problem on one line, with its place in front."""
    place = problem.place
    return f"{place.file}:{place.line}:{place.column}: {_coded(problem)}" if place else _coded(problem)


def _coded(problem: Problem) -> str:
    return f"{problem.message} [{problem.code}]"


def as_markdown(verdicts: Sequence[Verdict]) -> str:
    """Return *verdicts* as a table in Markdown."""
    lines = ["| CNI | can carry it | why |", "|---|---|---|"]
    lines += [
        f"| {one.cni} | {answer(one)} | {_listed((*one.problems, *one.before, *one.weaker))} |" for one in verdicts
    ]
    return "\n".join([*lines, ""])


def _listed(problems: Iterable[Problem]) -> str:
    return "<br>".join(_cell(placed(one)) for one in problems)


def _cell(said: str) -> str:
    return "".join(f"\\{each}" if each in "\\|*_<>`[]" else each for each in harmless(said))


def as_json(verdicts: Sequence[Verdict]) -> str:
    """Return *verdicts* as JSON."""
    return dumped({"able": sum(one.able for one in verdicts), "cnis": [_described(one) for one in verdicts]})


def _described(one: Verdict) -> dict[str, Any]:
    about = table(one.cni.name).about
    return {
        "name": one.cni.name,
        "version": version_text(one.cni.version) if one.cni.version else None,
        "platform": {"cni": str(one.own), "able": one.own_able} if one.own else None,
        "able": one.able,
        "since": version_text(one.since) if one.since else None,
        "problems": [_problem(each) for each in one.problems],
        "before": [_problem(each) for each in one.before],
        "weaker": [_problem(each) for each in one.weaker],
        "settings": [_problem(each) for each in one.settings],
        "install": {"page": about.install, "chart": about.chart or None, "repository": about.repository or None},
    }


def _problem(problem: Problem) -> dict[str, Any]:
    place = problem.place
    return {
        "code": problem.code,
        "file": place.file if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "message": problem.message,
    }
