"""`./dev fuzz`, without atheris: what is a finding, how it is kept and tried again, and that mutants make none."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from fuzz import command, corpus, judging
from fuzz.judging import Finding, judge
from fuzz.targets import TARGETS
from netgen.source import Dialect, read
from writing import chance_of

MUTANTS = 120
every_target = pytest.mark.parametrize("target", TARGETS)


def test_the_command_knows_every_target() -> None:
    """It names them without importing netgen, which the process that fuzzes must be the first to do."""
    assert list(TARGETS) == list(command.NAMES)


def raising(data: bytes) -> None:
    """Fail as a bug does."""
    {}[data]


def promising(_: bytes) -> None:
    """Fail deep inside of netgen."""
    read(None, "f.yaml", Dialect.SPEC)  # type: ignore[arg-type]


def endless(_: bytes) -> None:
    """Never end, whatever is raised."""
    while True:
        try:
            while True:
                pass
        except Exception:  # noqa: BLE001, S112 - a handler that takes every error must not keep it alive
            continue


def greedy(_: bytes) -> None:
    """Use more memory than this process ever did."""
    peak = judging._peak()  # noqa: SLF001 - what is measured
    assert len(b"x" * (peak + 16 * 1024 * 1024)) > peak


def test_what_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of Python, one that never ends, and too much memory; and nothing else."""
    monkeypatch.setattr(judging, "SECONDS", 0.2)
    monkeypatch.setattr(judging, "MOST_MEMORY", 8 * 1024 * 1024)
    assert judge("t", lambda _: None, b"x") is None
    names = [finding and finding.name for finding in (judge("t", one, b"x") for one in (raising, endless, greedy))]
    assert names[0] == "KeyError: b'x'"
    assert names[1]
    assert names[1].startswith("no end in 0.2 s")
    assert names[2] == "memory"


def test_a_finding_is_known_by_the_line_of_netgen_that_failed() -> None:
    """So that a thousand inputs that fail alike are one."""
    found = {finding.name for data in (b"", b"x") if (finding := judge("t", promising, data))}
    assert len(found) == 1
    assert "text.py" in found.pop()


def test_the_shortest_input_of_a_finding_is_kept(tmp_path: Path) -> None:
    """With what was told of it beside it; another name is another file."""
    kept = [
        Finding("t", name, "told", data).save(tmp_path) for name, data in (("a", b"xx"), ("a", b"x"), ("b", b"xxx"))
    ]
    assert Finding("t", "a", "told", b"xyz").save(tmp_path) is None
    assert kept[0] == kept[1] != kept[2]
    assert sorted(file.read_bytes() for file in kept if file) == [b"x", b"x", b"xxx"]
    assert (kept[0] or tmp_path).with_suffix(".txt").read_text() == "a\n\ntold"


def test_a_finding_is_tried_again_with_its_own_target(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`./dev fuzz FILE`: exit code 1 and the traceback while it fails, 0 when it is mended."""
    file = tmp_path / "read-spec+0123"
    file.write_bytes(b"a: b\n")
    assert command.main([str(file)]) == 0
    monkeypatch.setitem(TARGETS, "read-spec", raising)
    assert command.main([str(file)]) == 1
    out = capsys.readouterr().out
    assert "Traceback" in out
    assert out.endswith(f"{file}: 1 findings\n")


@every_target
def test_each_target_has_inputs_to_begin_with(target: str) -> None:
    """The project's own specs and manifests are among them, and random ones."""
    assert len(list(islice(corpus.seeds(target), 20))) == 20


@pytest.mark.heavy
@every_target
def test_no_mutant_is_a_finding(target: str) -> None:
    """What a run begins with, and mutants of it, a few hundred a target: the same ones each time."""
    seeds = list(corpus.seeds(target))
    mutate = corpus.Mutator(seeds)
    for number in range(MUTANTS):
        chance = chance_of(f"{target}/{number}")
        data = chance.choice(seeds)
        for each in (data, mutate(data, chance), mutate(mutate(data, chance), chance)):
            finding = judge(target, TARGETS[target], each)
            assert finding is None, f"{finding.told}\n{each!r}"
