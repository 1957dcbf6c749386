"""Tests on data beside the checkout: a plain clone leaves them out and says so, CI must not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

TEST = '''\
def test_needing_data(shared_data):
    """Needs what is not there."""
    shared_data("no-such-file")
'''


def run(folder: Path, ci: str) -> tuple[int, list[str]]:
    """Return the exit code and the lines of a test run that lacks its data."""
    (folder / "test_it.py").write_text(TEST, encoding="utf-8")
    env = {**os.environ, "CI": ci, "PYTHONPATH": str(Path(__file__).parent)}
    command = (sys.executable, "-m", "pytest", "-p", "conftest", "-p", "no:cacheprovider", "test_it.py")
    done = subprocess.run(command, check=False, cwd=folder, env=env, capture_output=True, encoding="utf-8")
    return done.returncode, done.stdout.splitlines()


def test_a_plain_clone_says_what_it_leaves_out(tmp_path: Path) -> None:
    """Each test that lacks its data is named at the end, with the reason."""
    code, lines = run(tmp_path, "")
    assert code == 0
    assert "test_it.py::test_needing_data: ../shared/data/no-such-file is not there" in lines


def test_ci_demands_the_data(tmp_path: Path) -> None:
    """With CI=true, missing data is a failure."""
    code, lines = run(tmp_path, "true")
    assert code == 1
    assert any(line.startswith("FAILED test_it.py::test_needing_data") for line in lines)
