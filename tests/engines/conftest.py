"""The seed of what is asked at random."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run ask about other clusters."""
    parser.addoption("--engine-seed", default="0", help="ask about other random clusters and systems")


@pytest.fixture(scope="session")
def engine_seed(pytestconfig: pytest.Config) -> str:
    """The seed of every random choice."""
    return str(pytestconfig.getoption("--engine-seed"))
