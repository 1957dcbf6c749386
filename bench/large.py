"""netgen alone on large systems: every way in which it writes and reads them, its growth, and what --jobs gains."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.prover import Goal
from bench.systems import spec
from bench.timing import Command, Figures, compare

NETGEN = str(Path(sys.executable).with_name("netgen"))
SIZES = (1_000, 10_000)
JOBS = (1, 2, 3, 4)
LAYOUTS = ("kustomize", "plain", "helm")


def report(folder: Path, most: int, runs: int) -> None:
    """Print the tables for systems of at most *most* apps; each figure is the median of *runs* runs."""
    print("every way through netgen; exponents of processor time. The peak is that of all processes together")
    print(f"{'apps':>8} {'':34}{'wall s':>9}{'cpu s':>9}{'peak MiB':>10}{'exponent':>10}")
    before: dict[str, Figures] = {}
    taken: dict[int, dict[str, Figures]] = {}
    for apps in (size for size in SIZES if size <= most):
        rows = {row.name: row for row in compare(list(_commands(apps, folder)), runs, whole=True)}
        for name, row in rows.items():
            exponent = math.log10(row.cpu / before[name].cpu) if name in before else math.nan
            print(f"{apps:8} {name:34}{row.wall:9.2f}{row.cpu:9.2f}{row.peak:10.0f}{exponent:10.2f}", flush=True)
        before = taken[apps] = rows
    for goal in _goals(taken):
        print(goal)
    if most in taken:
        _jobs(folder / f"large-{most}", most, runs)


def _commands(apps: int, folder: Path) -> Iterator[Command]:
    """Yield the runs on a system of *apps* apps; those that read a folder come after those that write it."""
    root = folder / f"large-{apps}"
    (root / "chart").mkdir(parents=True)
    (root / "spec.yaml").write_text(spec(apps), encoding="utf-8")
    yield Command("render", (NETGEN, "render", "spec.yaml"), root)
    yield Command("render --no-verify", (NETGEN, "render", "--no-verify", "spec.yaml"), root)
    for layout in LAYOUTS:
        out = "chart/templates" if layout == "helm" else layout
        words = (NETGEN, "render", "spec.yaml", "--layout", layout, "--out", out)
        yield Command(f"render --out, {layout}", words, root)
        yield Command(f"render --out --check, {layout}", (*words, "--check"), root)
    yield Command("verify, a file each namespace", (NETGEN, "verify", "--spec", "spec.yaml", "kustomize"), root)
    yield Command("verify, one file", (NETGEN, "verify", "--spec", "spec.yaml", "plain"), root)


def _goals(taken: dict[int, dict[str, Figures]]) -> Iterator[Goal]:
    """Yield what the figures are held against, where both sizes were taken."""
    if len(taken) < len(SIZES):
        return
    small, large = (taken[size] for size in SIZES)
    worst = max(large, key=lambda name: large[name].cpu / small[name].cpu)
    exponent = math.log10(large[worst].cpu / small[worst].cpu)
    yield Goal(f"exponent of growth, of {worst}", 1.1, exponent, at_most=True)
    proofs = [rows["render"].cpu - rows["render --no-verify"].cpu for rows in (small, large)]
    yield Goal("times as long for the proof of 10,000 apps as of 1,000", 15, proofs[1] / proofs[0], at_most=True)


def _jobs(root: Path, apps: int, runs: int) -> None:
    """Print what several processes gain."""
    print(f"\n--jobs, {apps:,} apps\n{'':43}{'wall s':>9}{'cpu s':>9}{'peak MiB':>10}{'wall, 1 job = 1':>17}")
    for words in (("render",), ("render", "--no-verify")):
        base = (NETGEN, *words, "spec.yaml", "--jobs")
        rows = compare(
            [Command(f"{' '.join(words)} --jobs {jobs}", (*base, str(jobs)), root) for jobs in JOBS], runs, whole=True
        )
        for row in rows:
            print(
                f"{row.name:43}{row.wall:9.2f}{row.cpu:9.2f}{row.peak:10.0f}{row.wall / rows[0].wall:17.2f}", flush=True
            )
