"""Whole processes, timed in turn with the operating system's own figures."""

from __future__ import annotations

import os
import statistics
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Command:
    """A command to time; its standard output is thrown away."""

    name: str
    words: tuple[str, ...]
    cwd: Path


@dataclass(frozen=True)
class Figures:
    """Medians over the runs of one command: wall and processor seconds, and the peak of memory in MiB."""

    name: str
    wall: float
    cpu: float
    peak: float


def compare(commands: list[Command], runs: int, *, whole: bool = False) -> list[Figures]:
    """Return the figures of *commands*, run in turn *runs* times after one warm-up, so that drift hits all alike.

    *whole*: the peak is that of all processes of a command together, which costs it a little time.
    """
    taken: list[list[tuple[float, float, float]]] = [[] for _ in commands]
    for number in range(runs + 1):
        for command, figures in zip(commands, taken, strict=True):
            figure = _run(command, whole=whole)
            if number:
                figures.append(figure)
    return [_median(command.name, figures) for command, figures in zip(commands, taken, strict=True)]


def once(command: Command) -> Figures:
    """Return the figures of one run of *command*, for those that take minutes."""
    return Figures(command.name, *_run(command))


def _median(name: str, figures: list[tuple[float, float, float]]) -> Figures:
    wall, cpu, peak = (statistics.median(column) for column in zip(*figures, strict=True))
    return Figures(name, wall, cpu, peak)


def _run(command: Command, *, whole: bool = False) -> tuple[float, float, float]:
    started = time.perf_counter()
    process = subprocess.Popen(
        command.words, cwd=command.cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
    )
    watch = _Watch(process.pid) if whole else None
    said = process.stderr.read() if process.stderr else b""
    peak = watch.peak() if watch else 0.0
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command.name} ended with {process.returncode}: {said.decode(errors='replace')[-500:]}")
    return wall, usage.ru_utime + usage.ru_stime, max(peak, usage.ru_maxrss / 1024)


class _Watch:
    """Looks ten times a second at the memory of a process and its children; what they share counts once."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._most = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def peak(self) -> float:
        """Return the most memory that was seen, in MiB, and look no more."""
        self._over.set()
        self._thread.join()
        return self._most / 1024

    def _look(self) -> None:
        children = Path(f"/proc/{self._pid}/task/{self._pid}/children")
        while not self._over.wait(0.1):
            try:
                pids = [str(self._pid), *children.read_text(encoding="ascii").split()]
            except OSError:
                return
            self._most = max(self._most, sum(map(_proportional, pids)))


def _proportional(pid: str) -> int:
    """Return the KiB of the process *pid*, each page shared out among those that have it."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)
