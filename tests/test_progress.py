"""How far a long run is: one line on a terminal that is gone in the end, and the steps that a program is told."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import pytest

from netgen import api
from netgen.cli.progress import Line, line_on
from netgen.progress import Step, begin, counted

ROOT = Path(__file__).parents[1]
SEED = ROOT / "specs" / "seed" / "spec.yaml"


@dataclass
class Clock:
    """A clock that stands still until it is told."""

    now: float = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@dataclass
class Terminal:
    """A terminal of 40 columns: what is written to *stream* can be read from *leader*."""

    leader: int
    stream: TextIO

    def line(self, clock: Clock, environment: Mapping[str, str] | None = None) -> Line:
        """Return the line of a run on it."""
        return line_on(self.stream, environment or {}, clock)

    def written(self) -> str:
        """Return what has been written to it since."""
        shown = b""
        while select.select([self.leader], [], [], 0.02)[0]:
            shown += os.read(self.leader, 65536)
        return shown.decode()


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    """Make a terminal."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
    with os.fdopen(follower, "w", encoding="ascii") as stream:
        yield Terminal(leader, stream)
    os.close(leader)


def screen(text: str) -> str:
    """Return what a person sees on one line when *text* has been written."""
    cells: list[str] = []
    for part in text.split("\r"):
        cells[: len(part)] = part
    return "".join(cells).rstrip()


# ------------------------------------------------------------------------------------------------------------- the line


def test_a_quick_run_shows_nothing(terminal: Terminal) -> None:
    """Up to a second."""
    clock = Clock()
    line = terminal.line(clock)
    with line as progress:
        assert progress is not None
        for now in (0.0, 0.5, 0.99):
            clock.now = now
            progress(Step("rendering", 1, 10, "objects"))
    assert terminal.written() == ""


def test_a_long_run_shows_one_line_that_changes_in_place(terminal: Terminal) -> None:
    """The stage and how far it is, ten times a second at most; a shorter text covers the longer one before."""
    clock = Clock()
    shown = ""
    seen = []
    with terminal.line(clock) as progress:
        assert progress is not None
        for now, step in (
            (0.9, Step("reading specs", 1, 2, "files")),
            (1.0, Step("rendering", 4200, 10000, "objects")),
            (1.05, Step("rendering", 4300, 10000, "objects")),
            (1.2, Step("rendering", 9900, 10000, "objects")),
            (1.4, Step("proving")),
        ):
            clock.now = now
            progress(step)
            shown += terminal.written()
            seen.append(screen(shown))
    busy = "rendering: 4,200 of 10,000 objects"
    assert seen == ["", busy, busy, "rendering: 9,900 of 10,000 objects", "proving ..."]
    assert "\n" not in shown
    assert screen(shown + terminal.written()) == ""


def test_the_line_is_gone_before_anything_is_said(terminal: Terminal) -> None:
    """Also where an error ends the work; and it comes back when more is done."""
    clock = Clock()
    line = terminal.line(clock)
    for now in (1.0, 5.0):
        clock.now = now
        with pytest.raises(ZeroDivisionError):
            fail_while_it_shows(line)
        shown = terminal.written()
        assert shown.startswith("\rproving ...\r")
        assert screen(shown) == ""


def fail_while_it_shows(line: Line) -> None:
    """Show a stage that ends with an error."""
    with line as progress:
        begin(progress, "proving")
        assert 1 / 0


def test_the_line_is_no_wider_than_the_terminal(terminal: Terminal) -> None:
    """Else it would wrap, and stay."""
    clock = Clock(0.0)
    with terminal.line(clock) as progress:
        clock.now = 2.0
        begin(progress, "x" * 100)
        assert screen(terminal.written()) == "x" * 39


def test_a_stage_that_counts_nothing_is_seen(terminal: Terminal) -> None:
    """The alarm of the system shows it, and is as it was afterwards."""
    clock = Clock()
    before = signal.getsignal(signal.SIGALRM)
    with terminal.line(clock) as progress:
        begin(progress, "comparing")
        assert terminal.written() == ""
        clock.now = 3.0
        assert select.select([terminal.leader], [], [], 10)[0] == [terminal.leader]
        assert screen(terminal.written()) == "comparing ..."
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


@pytest.mark.parametrize("environment", [{"CI": "true"}, {"NO_PROGRESS": "1"}, {"TERM": "dumb"}])
def test_nothing_where_it_is_not_wanted(environment: dict[str, str], terminal: Terminal) -> None:
    """In a pipeline, on a terminal that only prints, or by a person's wish."""
    with terminal.line(Clock(), environment) as progress:
        assert progress is None
    assert terminal.written() == ""


@pytest.mark.parametrize("environment", [{"CI": ""}, {"CI": "false"}, {"TERM": "xterm"}, {}])
def test_the_line_is_there_where_nobody_minds(environment: dict[str, str], terminal: Terminal) -> None:
    """On any other terminal."""
    with terminal.line(Clock(), environment) as progress:
        assert progress is not None


def test_nothing_where_there_is_no_terminal(tmp_path: Path) -> None:
    """Neither in a file nor where stderr is closed."""
    with (tmp_path / "log").open("w", encoding="ascii") as stream:
        for stderr in (stream, None):
            with line_on(stderr, {}, Clock()) as progress:
                assert progress is None
    assert (tmp_path / "log").read_bytes() == b""


def test_a_terminal_that_is_gone_ends_no_run() -> None:
    """Whoever does not see the line misses nothing."""
    reading, writing = os.pipe()
    os.close(reading)
    clock = Clock()
    with Line(writing, alarm=False, clock=clock) as progress:
        clock.now = 2.0
        begin(progress, "proving")
    os.close(writing)


# --------------------------------------------------------------------------------------------------------- the commands


@pytest.mark.parametrize(
    "command",
    [
        "render {spec}",
        "check {spec}",
        "verify --spec {spec} {all}",
        "reach {all}",
        "can backend frontend:80 --spec {spec}",
        "diff {spec} {seed}",
        "import {all}",
    ],
)
def test_every_command_that_may_be_long_shows_the_line(command: str, tmp_path: Path) -> None:
    """Here it waits for its file; the line is gone before anything is said, and stdout holds nothing of it."""
    everything, slow = tmp_path / "all.yaml", tmp_path / "slow.yaml"
    everything.write_text(api.stream(api.render(api.load(SEED).intent), "yaml"), encoding="utf-8")
    os.mkfifo(slow)
    is_spec = "{spec}" in command
    words = command.format(spec=slow, all=everything if is_spec else slow, seed=SEED).split()
    shown, out = on_terminal(words, slow, (SEED if is_spec else everything).read_bytes())
    assert shown.startswith(("\rreading specs ...", "\rreading manifests ...", "\rreading both sides ..."))
    lines = [screen(line) for line in shown.split("\r\n")]
    assert [line for line in lines if "..." in line] == []
    assert "\r" not in out


def on_terminal(words: Sequence[str], slow: Path, content: bytes) -> tuple[str, str]:
    """Run netgen with stderr on a terminal, and give it *content* when something shows; return that, and stdout."""
    leader, follower = pty.openpty()
    quiet = {"CI", "NO_PROGRESS", "TERM"}
    with subprocess.Popen(
        [sys.executable, "-m", "netgen", *words],
        stdout=subprocess.PIPE,
        stderr=follower,
        env={name: value for name, value in os.environ.items() if name not in quiet},
    ) as process:
        os.close(follower)
        shown = b""
        while select.select([leader], [], [], 30)[0]:
            try:
                part = os.read(leader, 65536)
            except OSError:  # the other end is closed
                break
            if not shown:
                slow.write_bytes(content)
            shown += part
        out = process.communicate(timeout=30)[0]
    os.close(leader)
    return shown.decode(), out.decode()


# ------------------------------------------------------------------------------------------------------------ the steps


def test_a_program_is_told_each_stage_in_turn(tmp_path: Path) -> None:
    """What is done never shrinks within a stage, and never passes the total."""
    steps: list[Step] = []
    loaded = api.load(SEED, progress=steps.append)
    manifests = api.render(loaded.intent, progress=steps.append)
    api.prove(loaded.intent, manifests, progress=steps.append)
    stages = list(dict.fromkeys(step.stage for step in steps))
    assert stages == ["reading specs", "resolving", "rendering", "checking", "reading back", "proving"]
    everything = tmp_path / "all.yaml"
    everything.write_text(api.stream(manifests, "yaml"), encoding="utf-8")
    api.verify(loaded.intent, [everything], progress=steps.append)
    api.reach([everything], progress=steps.append)
    api.can("backend", "frontend:80", [everything], progress=steps.append)
    api.diff(SEED, everything, progress=steps.append)
    api.import_manifests([everything], progress=steps.append)
    assert {"reading manifests", "evaluating", "reading both sides", "comparing", "importing"} < {
        step.stage for step in steps
    }
    assert all(0 <= step.done <= step.total for step in steps)


def test_what_is_counted_is_told_now_and_then() -> None:
    """Each fiftieth, and the end."""
    steps: list[Step] = []
    assert list(counted(range(120), 120, steps.append, "rendering", "objects")) == list(range(120))
    assert [step.done for step in steps if step.total] == [0, 50, 100]
    assert steps[-1] == Step("rendering")


def test_where_nobody_listens_nothing_is_counted() -> None:
    """The items are handed on as they are."""
    items = [1, 2]
    assert counted(items, 2, None, "rendering", "objects") is items
