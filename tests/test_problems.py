"""The corpus of bad specs: each file says in its last comments what netgen must find, and where."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from netgen import api
from netgen.problems import CODES, NetgenError, Problem

FOLDER = Path(__file__).parent / "problems"
CASES = sorted(FOLDER.glob("*.yaml"))
EXPECTED = re.compile(r"^# (\d+:\d+|-) ([a-z0-9-]+)$", re.MULTILINE)
FLAGS = re.compile(r"^# flags: (.*)$", re.MULTILINE)
ELSEWHERE = {
    "not-proved": "test_faults.py",
    "unreadable-file": "test_files.py",
    "no-spec": "test_files.py",
    "not-a-platform": "test_files.py",
    "skipped-files": "test_files.py",
    "too-large": "test_source.py",
    "bad-encoding": "test_source.py",
    "manifest-invalid": "test_check.py",
    **dict.fromkeys(
        ("not-open", "not-closed", "policy-differs", "service-differs", "route-differs", "link-broken", "unproven"),
        "test_verify.py",
    ),
    "never-broken": "test_never.py",
    **dict.fromkeys(("link-nowhere", "no-policies", "port-unnumbered"), "test_reach_command.py"),
    "unknown-end": "test_can.py",
    **dict.fromkeys(("not-imported", "imported-otherwise", "nothing-to-import"), "test_import.py"),
    **dict.fromkeys(("spec-given", "spec-left-out"), "test_reach_command.py"),
    **dict.fromkeys(("unknown-revision", "empty-side", "nothing-to-compare"), "test_diff.py"),
    **dict.fromkeys(
        (
            "host-network-differs",
            "selects-nothing",
            "pods-uncovered",
            "pods-shared",
            "port-undeclared",
            "closed-elsewhere",
        ),
        "test_workloads.py",
    ),
    "resource-list": "test_krm.py",
    **dict.fromkeys(("overlay-changes", "overlay-unbuilt"), "test_overlays.py"),
    "foreign-files": "test_write.py",
    "policies-full": "test_render_clusternetworkpolicy.py",
    **dict.fromkeys(("edited-files", "folder-differs"), "test_write_layouts.py"),
    "unwritable": "test_write.py",
}
"""Codes whose cases need more than one text: the module that has them."""


def problems(case: Path) -> tuple[Problem, ...]:
    """Return what netgen says of the spec in *case*, read with the flags that it asks for."""
    words = FLAGS.search(case.read_text(encoding="utf-8"))
    pairs = iter(shlex.split(words[1]) if words else [])
    flags = {flag.removeprefix("--"): value for flag, value in zip(pairs, pairs, strict=True)}
    try:
        loaded = api.load(case, **flags)
        api.render(loaded.intent)
    except NetgenError as error:
        return error.problems
    return loaded.problems


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_bad_spec_gets_the_problems_it_lists(case: Path) -> None:
    """Every problem of the file is found at its line and column, and no other."""
    found = [
        (f"{p.place.line}:{p.place.column}" if p.place else "-", p.code)
        for p in problems(case)
        if p.code != "no-platform"
    ]
    assert found == EXPECTED.findall(case.read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_problem_is_a_sentence_that_stands_for_itself(case: Path) -> None:
    """A message is there, does not end in a full stop, and fits on a line."""
    for problem in problems(case):
        assert 10 < len(problem.message) < 250
        assert not problem.message.endswith(".")
        assert "\n" not in problem.message + problem.fix


def test_every_code_has_a_case() -> None:
    """A code of the table that nothing in the corpus provokes is a code that nobody has seen."""
    seen = {code for case in CASES for _, code in EXPECTED.findall(case.read_text(encoding="utf-8"))}
    tests = Path(__file__).parent
    for code, module in ELSEWHERE.items():
        assert code in (tests / module).read_text(encoding="utf-8"), f"{module} has no case for {code}"
    assert seen | ELSEWHERE.keys() >= CODES.keys() - {"no-platform"}


def test_no_two_cases_are_alike() -> None:
    """Each case is there for something that no other shows."""
    texts = [EXPECTED.sub("", case.read_text(encoding="utf-8")).strip() for case in CASES]
    assert len(set(texts)) == len(texts)
