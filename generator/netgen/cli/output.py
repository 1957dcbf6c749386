"""How the commands speak: manifests on stdout at once, problems on stderr."""

from __future__ import annotations

import os
import sys

from netgen.problems import OutputError, Problem
from netgen.report import text


def emit(text: str) -> None:
    """Write *text* to stdout as UTF-8, whole; raises OutputError where the device takes no more."""
    try:
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        message = f"standard output cannot be written: {error.strerror}"
        raise OutputError(message) from None


def report(problems: tuple[Problem, ...]) -> None:
    """Write *problems* to stderr, in colour where a terminal shows them and NO_COLOR is not set."""
    if not problems:
        return
    colour = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    sys.stderr.write(text(problems, colour=colour))
    sys.stderr.flush()
