"""Work in several processes, each a copy of this one: what they find comes back, and what goes wrong is done here."""

from __future__ import annotations

import contextlib
import gc
import marshal
import os
import select
import signal
import struct
from collections.abc import Callable, Iterator
from typing import Any, NoReturn, TypeVar

_Result = TypeVar("_Result")

_TICKET = struct.Struct("<II")
_HEADER = struct.Struct("<IQ")
_FAILED = 1 << 63
"""The length of a result that is none: the work has failed, and is to be done again where its error can be seen."""
_MOST_TICKETS = 500
"""As many as the smallest pipe takes at once."""
_PART = 1 << 20


def available() -> bool:
    """Return whether this system can copy a process."""
    return hasattr(os, "fork")


def processors() -> int:
    """Return how many processors this process may use."""
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable else os.cpu_count() or 1


def spread(work: Callable[[int], _Result], count: int, jobs: int) -> Iterator[tuple[int, _Result]]:
    """Yield each number below *count* with the result of *work*, done in *jobs* processes, in any order.

    A result is what marshal can write. The processes see everything as it is when this is called, and whatever they
    change is lost. Where *work* raises an error there, it is done once more here, so that of several errors the first
    number's is raised. RuntimeError where a process is killed. When the iterator is closed, by an error or Ctrl-C too,
    all of them are ended. Not for a program with threads, nor for a system without fork.
    """
    tickets = _tickets(count)
    workers: dict[int, int] = {}
    try:
        with _uninterrupted():
            for _ in range(min(jobs, count)):
                out, into = _pipe()
                workers[out] = _forked(work, tickets, into, (*workers, out))
                os.close(into)
        failed: list[int] = []
        for number, written in _results(workers):
            if written is None:
                failed.append(number)
            else:
                yield number, marshal.loads(written)  # noqa: S302 - this process's own copy wrote it
        yield from ((number, work(number)) for number in sorted(failed))
    finally:
        _end(workers)
        os.close(tickets)


def _tickets(count: int) -> int:
    """Return what the processes read one ticket after the other from: each is for some numbers below *count*."""
    tickets, give = os.pipe()
    some = count // _MOST_TICKETS + 1
    firsts = range(0, count, some)
    os.write(give, b"".join(_TICKET.pack(first, min(first + some, count)) for first in firsts))
    os.close(give)
    return tickets


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let Ctrl-C wait, so that every process that is started is known; the copies of this one never hear it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _pipe() -> tuple[int, int]:
    """Return the ends of a pipe that takes a whole result where the system lets it, so that nobody waits for room."""
    import fcntl  # noqa: PLC0415 - Windows has none, and comes no further than to ask whether jobs are available

    out, into = os.pipe()
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with contextlib.suppress(OSError):
            fcntl.fcntl(into, fcntl.F_SETPIPE_SZ, _PART)
    return out, into


def _forked(work: Callable[[int], Any], tickets: int, into: int, others: tuple[int, ...]) -> int:
    """Start a process that does what *tickets* say and writes results to *into*; return its number."""
    pid = os.fork()
    if not pid:
        _serve(work, tickets, into, others)
    return pid


def _serve(work: Callable[[int], Any], tickets: int, into: int, others: tuple[int, ...]) -> NoReturn:
    """Work until there is no ticket left, in a process of its own; nothing of the other one's is flushed or run."""
    code = 1
    try:
        gc.disable()
        for other in others:
            os.close(other)
        while ticket := os.read(tickets, _TICKET.size):
            for number in range(*_TICKET.unpack(ticket)):
                _do(work, number, into)
        code = 0
    finally:
        os._exit(code)


def _do(work: Callable[[int], Any], number: int, into: int) -> None:
    try:
        written = marshal.dumps(work(number))
    except Exception:  # noqa: BLE001 - whatever it is, it is raised where it can be seen
        _write(into, _HEADER.pack(number, _FAILED))
    else:
        _write(into, _HEADER.pack(number, len(written)))
        _write(into, written)


def _write(into: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(into, rest) :]


def _results(workers: dict[int, int]) -> Iterator[tuple[int, bytes | None]]:
    """Yield number and result of what *workers*, by the pipes that they write to, have done; None where that failed."""
    waiting = {out: bytearray() for out in workers}
    poll = select.poll()  # select itself refuses handles from 1024 on
    for out in waiting:
        poll.register(out, select.POLLIN)
    while waiting:
        for out, _ in poll.poll():
            part = os.read(out, _PART)
            if not part:
                poll.unregister(out)
                _ended(workers, out, clean=not waiting.pop(out))
                continue
            waiting[out] += part
            yield from _whole(waiting[out])


def _whole(buffer: bytearray) -> Iterator[tuple[int, bytes | None]]:
    """Take the results that are complete from *buffer*."""
    while len(buffer) >= _HEADER.size:
        number, length = _HEADER.unpack_from(buffer)
        end = _HEADER.size + (0 if length == _FAILED else length)
        if len(buffer) < end:
            return
        yield number, None if length == _FAILED else bytes(buffer[_HEADER.size : end])
        del buffer[:end]


def _ended(workers: dict[int, int], out: int, *, clean: bool) -> None:
    """Take leave of the worker that writes to *out* no more; RuntimeError unless it was ready."""
    with _uninterrupted():
        os.close(out)
        code = os.waitstatus_to_exitcode(os.waitpid(workers.pop(out), 0)[1])
    if code or not clean:
        how = f"was ended by signal {-code}" if code < 0 else f"ended with {code}"
        raise RuntimeError(f"a process of --jobs {how} before its work was done")


def _end(workers: dict[int, int]) -> None:
    """End all *workers*."""
    with _uninterrupted():
        for pid in workers.values():
            os.kill(pid, signal.SIGKILL)
        for out, pid in workers.items():
            os.close(out)
            os.waitpid(pid, 0)
