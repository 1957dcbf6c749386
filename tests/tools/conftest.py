"""The tools, on a PATH of the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from running import Shell, shell


@pytest.fixture
def tools(tmp_path: Path) -> Shell:
    """A shell in an empty folder, with kustomize, Helm and netgen."""
    return shell(tmp_path)
