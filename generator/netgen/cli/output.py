"""How the commands speak: what was asked for on stdout at once, everything else on stderr; and the exit codes."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, TextIO

from netgen.problems import NetgenError, OutputError, Problem, RefutedError
from netgen.report import harmless, text

if TYPE_CHECKING:
    from netgen.cli.reporting import Voice
    from netgen.intent import Intent
    from netgen.spec import Loaded
    from netgen.verify import Proof

EXIT_FINDING = 1
EXIT_BAD_INPUT = 2
EXIT_ENVIRONMENT = 3


def exit_code(error: Exception) -> int:
    """Return the exit code of a run that *error* stopped: one that is no fault of netgen."""
    if isinstance(error, RefutedError):
        return EXIT_FINDING
    return EXIT_BAD_INPUT if isinstance(error, NetgenError) else EXIT_ENVIRONMENT


def emit(text: str) -> None:
    """Write *text* to stdout as UTF-8, whole; raises OutputError where there is no stdout or it takes no more.

    A reader who has left a pipe wants nothing more, and that is no error.
    """
    stream: TextIO | None = sys.stdout
    if stream is None:
        message = "standard output is closed"
        raise OutputError(message)
    try:
        stream.buffer.write(text.encode())
        stream.buffer.flush()
    except BrokenPipeError:
        _let_go(stream)
    except OSError as error:
        _let_go(stream)
        message = f"standard output cannot be written: {error.strerror}"
        raise OutputError(message) from None


def emit_beside(text: str) -> None:
    """Write *text* to stderr as UTF-8, whole; where nobody can hear it, there is nobody to complain to either."""
    stream: TextIO | None = sys.stderr
    if stream is None:
        return
    try:
        stream.flush()
        stream.buffer.write(text.encode())
        stream.buffer.flush()
    except OSError:
        _let_go(stream)


def report(problems: tuple[Problem, ...]) -> None:
    """Write *problems* to stderr, in colour where a terminal shows them and NO_COLOR is not set."""
    stream: TextIO | None = sys.stderr
    colour = stream is not None and stream.isatty() and not os.environ.get("NO_COLOR")
    _write(text(problems, colour=colour))


def proved(proof: Proof, loaded: Loaded, voice: Voice) -> str:
    """Return the line that says what is proved, and under which assumptions; raise RefutedError where it is not.

    What the proof has to say beside it is reported by *voice*.
    """
    if proof.findings:
        raise RefutedError((*proof.findings, *proof.warnings))
    voice.report(proof.warnings)
    voice.proved(proof)
    for opened in proof.beyond:
        voice.say(f"enforce: l4 also opens {opened}")
    assumed = [*proof.assumes]
    assumed += [problem.code for problem in loaded.problems if problem.code == "world-includes-pods"]
    is_closed = _isolates(loaded.intent)
    terms = [
        _kinds(loaded.intent) if is_closed else "",
        f"looked at: {proof.beside}" if proof.beside else "",
        *proof.provisos,
    ]
    terms += [f"assumes: {', '.join(assumed)}"] if assumed else []
    return f"{'proved' if is_closed else 'nothing is isolated'}: {proof} ({'; '.join(term for term in terms if term)})"


def _isolates(intent: Intent) -> bool:
    """Return whether *intent* closes anything: else there is no isolation that could be proved."""
    return bool(_has_own(intent) or intent.denials)


def _has_own(intent: Intent) -> bool:
    """Return whether there are policies of apps and namespaces."""
    return bool(any(app.ingress or app.egress for app in intent.apps) or intent.isolated or intent.raw)


def _kinds(intent: Intent) -> str:
    """Return the kinds of the policies that were proved."""
    from netgen.verify.wording import WORDINGS  # noqa: PLC0415 - a proof has loaded it

    own = _has_own(intent) or any(one.priority is None for one in intent.denials)
    ordered = intent.permissions or any(one.priority is not None for one in intent.denials)
    kinds = [WORDINGS[intent.cni].kind] if own else []
    return ", ".join([*kinds, "ClusterNetworkPolicy"] if ordered else kinds)


def unproved(proof: Proof, loaded: Loaded, voice: Voice) -> str:
    """Return the line that says why *proof*, which would be too large, proves nothing; *voice* warns of it."""
    why = proof.findings[0].message
    voice.report((Problem("not-proved", None, f"nothing is proved: {why}", fix="let fewer keys tell the pods apart"),))
    return not_proved(why, loaded)


def not_proved(why: str, loaded: Loaded) -> str:
    """Return the line that says *why* nothing is proved, and that claims are not looked at then."""
    count = len(loaded.intent.claims)
    claims = f" ({count} never claim{'s' if count > 1 else ''} unchecked)" if count else ""
    return f"not proved: {why}{claims}"


def say(words: str) -> None:
    """Write the lines *words* to stderr; nothing in them can steer a terminal."""
    _write("".join(f"{harmless(line)}\n" for line in words.removesuffix("\n").split("\n")))


def _write(words: str) -> None:
    """Write *words* to stderr; where nobody can hear them, there is nobody to complain to either."""
    stream: TextIO | None = sys.stderr
    if stream is None:
        return
    try:
        stream.write(words)
        stream.flush()
    except OSError:
        _let_go(stream)


def leave(code: int) -> None:
    """End the process with *code*: nothing of netgen waits for its end, and to take every value apart takes longer.

    Where something that was written cannot be delivered, this returns, and Python is left to end as it does then.
    """
    streams: tuple[TextIO | None, ...] = (sys.stdout, sys.stderr)
    try:
        for stream in streams:
            if stream is not None:
                stream.flush()
    except (OSError, ValueError):  # ValueError: it is closed
        return
    os._exit(code)


def _let_go(stream: TextIO) -> None:
    """Send what *stream* still holds nowhere: Python would write it once more at the end, and complain."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
