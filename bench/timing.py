"""Whole processes, timed in turn with the operating system's own figures."""

from __future__ import annotations

import os
import statistics
import subprocess
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


def compare(commands: list[Command], runs: int) -> list[Figures]:
    """Return the figures of *commands*, run in turn *runs* times after one warm-up, so that drift hits all alike."""
    taken: list[list[tuple[float, float, float]]] = [[] for _ in commands]
    for number in range(runs + 1):
        for command, figures in zip(commands, taken, strict=True):
            figure = _run(command)
            if number:
                figures.append(figure)
    return [_median(command.name, figures) for command, figures in zip(commands, taken, strict=True)]


def once(command: Command) -> Figures:
    """Return the figures of one run of *command*, for those that take minutes."""
    return Figures(command.name, *_run(command))


def _median(name: str, figures: list[tuple[float, float, float]]) -> Figures:
    wall, cpu, peak = (statistics.median(column) for column in zip(*figures, strict=True))
    return Figures(name, wall, cpu, peak)


def _run(command: Command) -> tuple[float, float, float]:
    started = time.perf_counter()
    process = subprocess.Popen(
        command.words, cwd=command.cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
    )
    said = process.stderr.read() if process.stderr else b""
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command.name} ended with {process.returncode}: {said.decode(errors='replace')[-500:]}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
