"""python tests/fuzz: what `./dev fuzz` starts."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).parents[1])  # where this package is, and the tests' own modules beside it

from fuzz.command import main  # noqa: E402 - only now it is found

sys.exit(main(sys.argv[1:]))
