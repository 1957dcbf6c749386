"""Runs the command line with `python -m netgen`."""

from netgen.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
