"""What published schemas and linters say of the files of pipelines; each answer is empty where they find nothing."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

from composite import bare_environment

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
WANTED = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["netgen"]["tools"]


def fits(schema: str, file: Path) -> str:
    """Return what the published *schema* says of *file*; it is carried by check-jsonschema, and nothing is fetched."""
    return _run(BIN / "check-jsonschema", "--quiet", "--builtin-schema", f"vendor.{schema}", file)


def zizmor(file: Path) -> str:
    """Return what an auditor of GitHub Actions says of *file*."""
    return _run(BIN / "zizmor", "--offline", "--quiet", "--persona", "pedantic", file)


def actionlint(file: Path) -> str:
    """Return what a linter of workflows says of *file*, with its scripts."""
    command = ROOT / ".cache" / "tools" / f"actionlint-{WANTED['actionlint'].rpartition('@')[2]}"
    return _run(command, "-shellcheck", BIN / "shellcheck", file)


def shellcheck(script: str, shell: str) -> str:
    """Return what a linter says of *script*, in *shell*."""
    return _run(BIN / "shellcheck", "--shell", shell, "-", stdin=script)


def _run(*command: str | Path, stdin: str = "") -> str:
    done = subprocess.run(
        command,
        check=False,
        env=bare_environment(NO_COLOR="1"),
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    return done.stdout if done.returncode else ""
