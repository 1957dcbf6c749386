"""python -m bench: netgen beside its peers on the same objects, its growth, and where its time goes."""

from __future__ import annotations

import argparse
import compileall
import gc
import math
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from bench import large, prover
from bench.systems import spec
from bench.timing import Command, Figures, compare

T = TypeVar("T")

NETGEN = str(Path(sys.executable).with_name("netgen"))
COLD_APPS = (10, 17)
"""30 and 51 objects."""
PEER_APPS = 334
"""1,002 objects."""
GROWTH = (100, 1_000, 10_000)


def main() -> None:
    """Print the tables that are asked for."""
    parser = argparse.ArgumentParser(prog="./dev bench", description="Measure netgen, and its peers in the same run.")
    parser.add_argument("what", nargs="?", choices=("render", "prover", "large"), default="render", help="[render]")
    parser.add_argument("--most", type=int, default=50_000, metavar="N", help="no more than N workloads")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="large: the median of N runs  [3]")
    asked = parser.parse_args()
    # As in an install; a checkout may lack the bytecode of what was changed last.
    compileall.compile_dir(str(Path(__file__).parents[1] / "generator"), quiet=1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if asked.what == "prover":
            prover.report(folder, asked.most)
            return
        if asked.what == "large":
            large.report(folder, min(asked.most, large.SIZES[-1]), asked.runs)
            return
        for apps in COLD_APPS:
            _table(f"cold, {apps} apps, {3 * apps} objects", _cold(apps, folder, runs=15))
        _table(f"{PEER_APPS} apps, {3 * PEER_APPS} objects", _cold(PEER_APPS, folder, runs=7))
        _growth(folder)
        _stages(folder)


def _cold(apps: int, folder: Path, runs: int) -> list[Figures]:
    """Return the figures of netgen, bare Python and the peers that are on this machine, for one system."""
    root = _written(apps, folder)
    commands = [
        Command("netgen render", (NETGEN, "render", "spec.yaml"), root),
        Command("netgen render --no-verify", (NETGEN, "render", "--no-verify", "spec.yaml"), root),
        Command("netgen --version", (NETGEN, "--version"), root),
        Command("python -c pass", (sys.executable, "-c", "pass"), root),
    ]
    if kubectl := shutil.which("kubectl"):
        commands.append(Command("kubectl kustomize", (kubectl, "kustomize", "objects"), root))
    if kustomize := _built("kustomize"):
        commands.append(Command("kustomize build", (kustomize, "build", "objects"), root))
    if helm := shutil.which("helm"):
        commands.append(Command("helm template", (helm, "template", "bench", "chart"), root))
    return compare(commands, runs)


def _built(name: str) -> str | None:
    found = sorted((Path(__file__).parents[1] / ".cache" / "judges").glob(f"{name}-*"))
    return str(found[-1]) if found else shutil.which(name)


def _written(apps: int, folder: Path) -> Path:
    """Write a system of *apps* apps: its spec, and its rendered objects as a kustomization and as a chart."""
    from netgen import api  # noqa: PLC0415 - the peers' time holds none of it

    root = folder / str(apps)
    for part in ("objects", "chart/templates"):
        (root / part).mkdir(parents=True, exist_ok=True)
    (root / "spec.yaml").write_text(spec(apps), encoding="utf-8")
    stream = api.stream(api.render(api.load(root / "spec.yaml").intent), "yaml")
    (root / "objects" / "all.yaml").write_text(stream, encoding="utf-8")
    (root / "objects" / "kustomization.yaml").write_text("resources: [all.yaml]\n", encoding="utf-8")
    (root / "chart" / "Chart.yaml").write_text("apiVersion: v2\nname: bench\nversion: 0.1.0\n", encoding="utf-8")
    (root / "chart" / "templates" / "all.yaml").write_text(stream, encoding="utf-8")
    return root


def _table(title: str, figures: list[Figures]) -> None:
    base = figures[0]
    print(f"\n{title}\n{'':26}{'wall s':>9}{'cpu s':>9}{'peak MiB':>10}{'netgen / it, wall':>20}")
    for row in figures:
        print(f"{row.name:26}{row.wall:9.3f}{row.cpu:9.3f}{row.peak:10.0f}{base.wall / row.wall:20.2f}")


def _growth(folder: Path) -> None:
    """Print processor time and memory by size, and the exponent between each size and the next."""
    print(f"\ngrowth\n{'apps':>8}{'cpu s':>9}{'peak MiB':>10}{'exponent':>10}")
    before: tuple[int, float] | None = None
    for apps in GROWTH:
        root = folder / f"growth-{apps}"
        root.mkdir()
        (root / "spec.yaml").write_text(spec(apps), encoding="utf-8")
        (row,) = compare([Command("netgen render", (NETGEN, "render", "spec.yaml"), root)], runs=3)
        exponent = math.log(row.cpu / before[1]) / math.log(apps / before[0]) if before else math.nan
        print(f"{apps:8}{row.cpu:9.2f}{row.peak:10.0f}{exponent:10.2f}")
        before = apps, row.cpu


def _stages(folder: Path) -> None:
    """Print where the time of 1,000 apps goes, in one process without the start."""
    from netgen import api, check, render, verify  # noqa: PLC0415 - see _written
    from netgen.source import Dialect, read  # noqa: PLC0415
    from netgen.spec.schema import validate  # noqa: PLC0415

    path = folder / "growth-1000" / "spec.yaml"
    gc.disable()
    print("\nstages, 1,000 apps")
    documents = _timed("read", lambda: read(path.read_bytes(), "spec.yaml", Dialect.SPEC).documents)
    _timed("schema", lambda: [validate(document) for document in documents])
    loaded = _timed("read, schema, forms, resolve", lambda: api.load(path))
    manifests = _timed("render and read back", lambda: render.render(loaded.intent))
    _timed("check", lambda: check.check(manifests, kubernetes=loaded.intent.kubernetes))
    documents_back = [manifest.document for manifest in manifests]
    _timed("prove", lambda: verify.prove(loaded.intent, documents_back, (), cni="kubernetes"))
    _timed("stream", lambda: render.stream(manifests, "yaml"))


def _timed(name: str, stage: Callable[[], T]) -> T:
    started = time.process_time()
    result = stage()
    print(f"  {name:32}{time.process_time() - started:7.3f} s")
    return result


if __name__ == "__main__":
    main()
