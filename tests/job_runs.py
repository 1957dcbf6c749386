"""python job_runs.py FAULT SPEC...: render each spec with one process and with several, and say what differs."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from typing import Any

from netgen import check, cli, render

PART = 3
"""So few objects are a part here, so that small systems have several."""


def run(*arguments: str) -> tuple[int, bytes, bytes]:
    """Return the exit code of netgen with *arguments*, and what it writes to stdout and stderr."""
    sys.argv = ["netgen", *arguments]
    kept = os.dup(1), os.dup(2)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        os.dup2(out.fileno(), 1)
        os.dup2(err.fileno(), 2)
        try:
            code = cli.main()
        finally:
            os.dup2(kept[0], 1)
            os.dup2(kept[1], 2)
        for handle in kept:
            os.close(handle)
        return code, *(os.pread(file.fileno(), 1 << 24, 0) for file in (out, err))


def failing(fill: Callable[[str, Any], str]) -> Callable[[str, Any], str]:
    """Return *fill* with a fault: it fails for each object, with a message of its own."""

    def fails(template: str, view: Any) -> str:
        raise ValueError(fill(template, view)[:80])

    return fails


def main(fault: str, *specs: str) -> None:
    """Compare the runs: `sizes` makes every object too large, `fill` none renderable, and `none` is no fault."""
    render.PART = PART
    if fault == "sizes":
        check._LARGEST = 10  # noqa: SLF001 - no object that a test can wait for is too large
    elif fault == "fill":
        render.fill = failing(render.fill)
    codes = []
    for spec in specs:
        one, *others = (run("render", spec, "--jobs", jobs) for jobs in ("1", "2", "3"))
        codes.append(one[0])
        if others != [one, one]:
            sys.stdout.write(f"{spec}: {one}\nis not\n{others}\n")
    sys.stdout.write(f"codes: {sorted(set(codes))}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
