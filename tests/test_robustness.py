"""Whatever is given to netgen, it ends in manifests or in problems that a person can find and read."""

from __future__ import annotations

import gc
import re
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from mutations import mutants, random_inputs
from netgen import api, cli
from netgen.problems import NetgenError, Problem, Severity
from netgen.report import text
from netgen.source import Dialect, read
from newer_keys import NEWER_KEYS
from strategies import samples, systems
from writing import plainly

ROOT = Path(__file__).parents[1]
EXAMPLES = [
    "---\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.yaml")))
    for folder in sorted((ROOT / "specs").iterdir())
    if folder.is_dir()
]
WRITTEN = [*EXAMPLES, *[NEWER_KEYS] * 20]  # one in ten of the seeds
SEEDS = [
    *WRITTEN,
    *([document.data for document in read(written, "", Dialect.SPEC).documents] for written in WRITTEN),
    *(list(system.documents) for system in samples(systems(), 200)),
]


def environment(data: bytes) -> str | None:
    """Return for which environment a spec is read: one of those that it may have, where it speaks of any."""
    return "prod" if b"envs" in data else None


def outcome(data: bytes) -> str:
    """Return `rendered` or `refused`; a problem that says nothing, or nothing that can be shown, is a failure."""
    try:
        loaded = api.load("-", stdin=data, env=environment(data))
        manifests = api.render(loaded.intent)
        for output in ("yaml", "json"):
            api.stream(manifests, output).encode()
        problems, result = loaded.problems, "rendered"
        assert all(problem.severity is not Severity.ERROR for problem in problems)
    except NetgenError as error:
        problems, result = error.problems, "refused"
        assert any(problem.severity is Severity.ERROR for problem in problems)
    check_places(problems, data)
    said = text(problems, colour=False)
    assert said.replace("\n", "").isprintable()
    said.encode()
    return result


def check_places(problems: Iterable[Problem], data: bytes) -> None:
    """Fail where a place lies outside of the input, or shows another line than the one that it names."""
    content = data.decode("utf-8", "replace").removeprefix("\ufeff")
    for problem in problems:
        assert problem.message, problem
        # Line breaks that a spec may not hold are no line breaks where they are refused by name.
        breaks = "\r\n|[\r\n\x85\u2028\u2029]" if problem.code == "bad-encoding" else "\r?\n"
        lines = re.split(breaks, content)
        place = problem.place
        if place is None:
            continue
        assert place.file == "<stdin>", problem
        assert 1 <= place.line <= len(lines), problem
        line = lines[place.line - 1]
        assert place.width >= 1, problem
        assert 1 <= place.column <= len(line) + 1, problem
        if place.text and line.isprintable():
            assert place.text == line, problem


def tried(inputs: Iterable[bytes]) -> Counter[str]:
    """Return how many of *inputs* were rendered and how many refused; the first that ends otherwise is named."""
    results: Counter[str] = Counter()
    for data in inputs:
        try:
            results[outcome(data)] += 1
        except Exception as error:
            error.add_note(f"the input: {data!r}")
            raise
    return results


@pytest.mark.once
def test_random_inputs_end_in_a_result_or_in_problems() -> None:
    """Ten thousand inputs out of nothing: bytes, signs, words, trees of any shape and of nearly the right one."""
    results = tried(random_inputs(10_000, seed=1))
    assert results.total() == 10_000
    assert results["rendered"] > 100
    assert results["refused"] > 5_000


@pytest.mark.once
def test_broken_specs_end_in_a_result_or_in_problems() -> None:
    """Ten thousand valid specs, broken by byte, token, line and node: the examples' and those of random systems."""
    results = tried(mutants(SEEDS, 10_000, seed=2))
    assert results.total() == 10_000
    assert results["rendered"] > 500
    assert results["refused"] > 5_000


def test_the_seeds_render() -> None:
    """What is broken above was whole before."""
    whole = [seed.encode() if isinstance(seed, str) else plainly(seed).encode() for seed in SEEDS]
    assert len(whole) > 200
    assert tried(whole) == {"rendered": len(whole)}


def test_the_command_ends_in_a_code_and_clean_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Inside the command too: 0 or 2, never a traceback, nothing on stdout but a result, nothing odd on stderr."""
    monkeypatch.setattr(gc, "disable", lambda: None)
    file = tmp_path / "spec.yaml"
    commands = (["render"], ["check"], ["render", "-o", "json"], ["check", "--ingress", "traefik"])
    codes: Counter[int] = Counter()
    for number, data in enumerate([*random_inputs(200, seed=3), *mutants(SEEDS, 400, seed=4)]):
        file.write_bytes(data)
        monkeypatch.setattr(sys, "argv", ["netgen", *commands[number % len(commands)], str(file)])
        code = cli.main()
        codes[code] += 1
        out, said = capfd.readouterr()
        assert code in (0, 2), data
        assert code == 0 or not out, data
        assert said.replace("\n", "").isprintable(), data
        assert "internal fault" not in said, data
    assert codes[0] > 20
    assert codes[2] > 300
