"""The tools as a person has them: `kustomize`, `helm` and `netgen` on PATH, and a home of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

import judges
from netgen import api

ROOT = Path(__file__).parents[2]
NAMES = sorted(path.stem for path in (ROOT / "tests" / "golden").glob("*.yaml"))
"""The examples."""

Body = dict[str, Any]


def helm() -> Path:
    """Return the command as `./dev test-tools` built it, or fail the test."""
    source = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["netgen"]["tools"]["helm"]
    file = ROOT / ".cache" / "tools" / f"helm-{source.rpartition('@')[2]}"
    if not file.is_file():
        pytest.fail(f"{file.relative_to(ROOT)} is missing: run ./dev test-tools")
    return file


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    said: str

    @property
    def objects(self) -> list[Body]:
        """The objects of the stream that it printed, where it ended well."""
        assert (self.code, self.said) == (0, self.said), self.said
        return objects(self.out)


@dataclass(frozen=True)
class Shell:
    """A shell in a folder."""

    folder: Path
    env: dict[str, str]

    def run(self, script: str, *, stdin: str = "") -> Done:
        """Run *script*; where any command of a pipe fails, it has failed."""
        command = ["/bin/bash", "-e", "-o", "pipefail", "-c", script]
        where = {"cwd": self.folder, "env": self.env}
        done = subprocess.run(command, check=False, input=stdin, capture_output=True, encoding="utf-8", **where)
        assert "Traceback" not in done.stderr, done.stderr
        return Done(done.returncode, done.stdout, done.stderr)

    def ok(self, script: str, *, stdin: str = "") -> Done:
        """Run *script*, which ends well."""
        done = self.run(script, stdin=stdin)
        assert done.code == 0, f"{script}: {done.said}"
        return done

    def write(self, files: dict[str, str | Sequence[Body] | Body]) -> None:
        """Write *files*, of text or of objects."""
        for name, content in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content if isinstance(content, str) else dumped(content), encoding="utf-8")


def dumped(content: Sequence[Body] | Body) -> str:
    """Return objects as a YAML stream."""
    return str(yaml.safe_dump_all([content] if isinstance(content, dict) else content, sort_keys=False))


def shell(folder: Path) -> Shell:
    """Return a shell in *folder*, with the tools on its PATH and nothing of this machine's Helm."""
    tools = folder / ".tools"
    tools.mkdir()
    for name, target in (("kustomize", judges.command("kustomize")), ("helm", helm())):
        (tools / name).symlink_to(target)
    (tools / "netgen").symlink_to(Path(sys.executable).with_name("netgen"))
    homes = {f"HELM_{name}_HOME": str(folder / ".helm" / name.lower()) for name in ("CACHE", "CONFIG", "DATA")}
    return Shell(folder, {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "HOME": str(folder), **homes})


def objects(stream: str) -> list[Body]:
    """Return the objects of a YAML stream."""
    return [body for body in yaml.safe_load_all(stream) if body is not None]


def plain(value: object) -> str:
    """Return *value* as text that does not depend on the order of keys."""
    return json.dumps(value, sort_keys=True)


def spec_of(name: str) -> Path:
    """Return the folder with the spec of an example."""
    return ROOT / "specs" / name


def rendered(spec: Path) -> list[Body]:
    """Return what netgen renders of *spec*, in its order."""
    return [manifest.body for manifest in api.render(api.load(spec).intent)]


def workloads(name: str) -> list[Body]:
    """Return a Deployment for each app of an example, whose pods carry the labels that the app selects."""
    return [
        workload(
            str(app.key.name), app.key.namespace, {**dict(app.selector.labels), **chosen(app.selector.expressions)}
        )
        for app in api.load(spec_of(name)).intent.apps
    ]


def chosen(expressions: Iterable[Any]) -> dict[str, str]:
    """Return labels that hold *expressions*, each of which lists its values."""
    return {one.key: one.values[0] for one in expressions}


def workload(name: str, namespace: str, labels: dict[str, str]) -> Body:
    """Return a Deployment."""
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": "main:1"}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }
