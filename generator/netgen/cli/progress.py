"""One line on the terminal that says how far a run is, where it takes longer than a second."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import TextIO

from netgen.progress import Progress, Step

_PATIENCE = 1.0
"""So many seconds pass before anything is shown."""
_PAUSE = 0.1
"""So many seconds pass between one picture and the next."""
_OFF = ("", "0", "false")


class Line:
    """The line of one run on the terminal *handle*; None for nowhere.

    It is shown while it is entered, and cleared when it is left. Entered, it is the Progress to hand on, or None: then
    no stage need count. It may be entered several times; the patience is for the run as a whole. With *alarm* it is
    shown by the alarm of the system too, so that a stage which counts nothing is seen.
    """

    def __init__(self, handle: int | None, *, alarm: bool = True, clock: Callable[[], float] = time.monotonic) -> None:
        self._handle = handle
        self._alarm = alarm
        self._clock = clock
        self._next = clock() + _PATIENCE
        self._step: Step | None = None
        self._shown = ""
        self._widest = 0
        self._stop: Callable[[], object] = bool

    def __enter__(self) -> Progress | None:
        if self._handle is None:
            return None
        if self._alarm:
            self._stop = _alarm(self._look)
        return self._show

    def __exit__(self, *_: object) -> None:
        self._stop()
        self._step = None
        if self._widest:
            self._write(" " * self._widest + "\r")
            self._shown, self._widest = "", 0

    def _show(self, step: Step) -> None:
        self._step = step
        self._look()

    def _look(self) -> None:
        """Show the last step, if that is due."""
        now = self._clock()
        if self._step is not None and now >= self._next:
            self._next = now + _PAUSE
            words = _words(self._step)[: self._columns() - 1]
            if words != self._shown:
                self._widest = max(self._widest, len(words))
                self._write(words.ljust(self._widest))
                self._shown = words

    def _write(self, words: str) -> None:
        """Put *words* in the place of what was shown; whoever does not see them misses nothing."""
        try:
            # Past the buffers, since the alarm may come in the midst of a write.
            os.write(self._handle or 0, f"\r{words}".encode())
        except OSError:
            self._handle = None

    def _columns(self) -> int:
        try:
            return os.get_terminal_size(self._handle or 0).columns or 80
        except OSError:
            return 80


def here() -> Line:
    """Return the line of this run, on stderr."""
    return line_on(sys.stderr, os.environ)


def line_on(stream: TextIO | None, environment: Mapping[str, str], clock: Callable[[], float] = time.monotonic) -> Line:
    """Return a line on *stream* if that is a terminal, and nobody has asked for quiet, else one that is nowhere."""
    quiet = any(environment.get(name, "").lower() not in _OFF for name in ("CI", "NO_PROGRESS"))
    if stream is None or quiet or environment.get("TERM") == "dumb" or not stream.isatty():
        return Line(None)
    return Line(stream.fileno(), clock=clock)


def _words(step: Step) -> str:
    if not step.total:
        return f"{step.stage} ..."
    return f"{step.stage}: {step.done:,} of {step.total:,} {step.unit}"


def _alarm(look: Callable[[], None]) -> Callable[[], object]:
    """Have the system call *look* again and again; return what ends that. Where it has no alarm, nothing happens."""
    import signal  # noqa: PLC0415 - only a terminal needs it

    if not hasattr(signal, "setitimer"):
        return bool
    try:
        before = signal.signal(signal.SIGALRM, lambda *_: look())
    except ValueError:  # a program that calls this in another thread
        return bool
    signal.setitimer(signal.ITIMER_REAL, _PAUSE, _PAUSE)

    def stop() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

    return stop
