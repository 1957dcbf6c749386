"""One input, one verdict: nothing, or a finding with a name by which the same one is known again."""

from __future__ import annotations

import hashlib
import resource
import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

SECONDS = 10.0
"""So long may one input take, in seconds of the processor, so that a busy machine makes no finding."""
MOST_MEMORY = 400 * 1024 * 1024
"""So much may the memory of the process grow by one input, in bytes."""

_HERE = Path(__file__).parent
_HOUSE = Path(__file__).parents[2] / "generator"


class HangError(BaseException):
    """The input took longer than SECONDS; no handler of errors may stop it."""


@dataclass(frozen=True)
class Finding:
    """What was found by *target*: *name* is the same for all inputs that fail alike, *told* says how this one did."""

    target: str
    name: str
    told: str
    data: bytes

    def save(self, folder: Path) -> Path | None:
        """Write the input and what is told of it into *folder*; None where a shorter one of the same name is there."""
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{self.target}+{hashlib.sha256(self.name.encode()).hexdigest()[:12]}"
        if file.exists() and file.stat().st_size <= len(self.data):
            return None
        file.write_bytes(self.data)
        file.with_suffix(".txt").write_text(f"{self.name}\n\n{self.told}", encoding="utf-8", errors="backslashreplace")
        return file


def judge(target: str, function: Callable[[bytes], None], data: bytes) -> Finding | None:
    """Return what is wrong with what *function* does with *data*: an error of Python, no end, or too much memory."""
    before = _peak()
    signal.signal(signal.SIGVTALRM, _stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        function(data)
    except (Exception, HangError) as error:  # noqa: BLE001 - whatever it is, it is the finding
        return Finding(target, _name(error), "".join(traceback.format_exception(error)), data)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    grown = _peak() - before
    if grown > MOST_MEMORY:
        return Finding(target, "memory", f"the process grew by {grown // 1024 // 1024} MiB\n", data)
    return None


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise HangError


def _peak() -> int:
    """Return the most memory that this process had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _name(error: BaseException) -> str:
    """Return the type of *error*, and the line of netgen (else of anybody) where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(_HOUSE)]
    if isinstance(error, HangError):
        # Where it happens to be when its time is up is chance; where it came in is not.
        return f"no end in {SECONDS:g} s: {' > '.join(frame.name for frame in own[:4])}"
    if not own or (frames[-1] is not own[-1] and Path(frames[-1].filename).parent == _HERE):
        return f"{type(error).__name__}: {error.args[0] if error.args else ''}"  # a target says what is wrong
    frame = own[-1]
    return f"{type(error).__name__}: {Path(frame.filename).name}:{frame.lineno} {frame.name}"
