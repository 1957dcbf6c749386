"""The start and the end of a run: `netgen` and `python -m netgen`."""

from __future__ import annotations

import gc


def main() -> int:
    """Run the command line and return its exit code, as netgen.cli.main does; as a rule the process ends before that.

    A run is short, and the collector would walk everything that is imported and read, again and again: while it runs
    and once more when it ends.
    """
    gc.disable()
    from netgen.cli import main as run  # noqa: PLC0415 - importing is a third of a run
    from netgen.cli.output import leave  # noqa: PLC0415 - same

    code = run()
    leave(code)
    gc.freeze()
    return code


if __name__ == "__main__":
    raise SystemExit(main())
