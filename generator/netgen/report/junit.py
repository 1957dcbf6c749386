"""The outcome as a JUnit test report: an error is a failed test, and a run without errors a passed one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from xml.etree import ElementTree as ET  # only writes here: nothing is parsed

from netgen.problems import Problem, Severity
from netgen.report.outcome import Outcome
from netgen.report.plain import block, count, harmless, sentence


def document(outcome: Outcome) -> str:
    """Return one suite in ASCII: a test for each problem, and the last, of the command's name, for the run itself.

    Warnings and notes are passed tests that say something. No test has a time, since the report is the same each time.
    """
    cases = [*_problems(outcome), _run(outcome)]
    failures = sum(1 for case in cases if case.find("failure") is not None)
    errors = sum(1 for case in cases if case.find("error") is not None)
    counts = {"tests": str(len(cases)), "failures": str(failures), "errors": str(errors)}
    whole = ET.Element("testsuites", {"name": "netgen", **counts})
    suite = ET.SubElement(whole, "testsuite", {"name": f"netgen {outcome.command}", **counts, "skipped": "0"})
    suite.extend(cases)
    ET.indent(whole)
    written: bytes = ET.tostring(whole, encoding="us-ascii", xml_declaration=True)
    return written.decode("ascii") + "\n"


def _problems(outcome: Outcome) -> Iterator[ET.Element]:
    """Yield a test for each problem, by a name that no other has and that stays when its line moves."""
    seen: Counter[tuple[str, str]] = Counter()
    for problem in outcome.problems:
        file, name = harmless(outcome.path(outcome.where(problem).file)), sentence(f"{problem.code}: {problem.message}")
        seen[file, name] += 1
        again = f" ({seen[file, name]})" if seen[file, name] > 1 else ""
        yield _case(problem, file, name + again)


def _case(problem: Problem, file: str, name: str) -> ET.Element:
    case = ET.Element("testcase", {"classname": file, "name": name})
    is_error = problem.severity is Severity.ERROR
    about = {"type": problem.code, "message": sentence(problem.message)} if is_error else {}
    detail = ET.SubElement(case, "failure" if is_error else "system-out", about)
    detail.text = "".join(f"{line}\n" for line in block(problem, colour=False))
    return case


def _run(outcome: Outcome) -> ET.Element:
    case = ET.Element("testcase", {"classname": "netgen", "name": outcome.command})
    if outcome.failure:
        ET.SubElement(case, "error", {"type": "failed", "message": sentence(outcome.failure)})
    elif outcome.code:
        ET.SubElement(case, "failure", {"type": "failed", "message": count(outcome.problems)})
    if outcome.lines:
        ET.SubElement(case, "system-out").text = "".join(f"{sentence(line)}\n" for line in outcome.lines)
    return case
