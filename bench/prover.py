"""The prover beside its peers, its growth, and what it adds to a render."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.clusters import PORT, write
from bench.peers import CYCLONUS, NCA, MissingError, cyclonus, network_config_analyzer
from bench.systems import spec
from bench.timing import Command, Figures, compare, once

NETGEN = str(Path(sys.executable).with_name("netgen"))
SIZES = (200, 400, 1_000, 10_000, 50_000)
PEER_SIZES = {"cyclonus": (200, 400, 1_000), "network-config-analyzer": (200, 400)}
"""Larger ones take the peers hours, or more memory than there is."""
RENDERED = (10, 1_000, 10_000)


@dataclass(frozen=True)
class Goal:
    """Something that a figure is held against: *found* is at least or at most *wanted*."""

    says: str
    wanted: float
    found: float
    at_most: bool = False

    def __str__(self) -> str:
        met = self.found <= self.wanted if self.at_most else self.found >= self.wanted
        word = "at most" if self.at_most else "at least"
        return f"{self.says}: {self.found:.1f}, {word} {self.wanted:g} wanted: {'met' if met else 'MISSED'}"


def report(folder: Path, most: int) -> None:
    """Print every table of the prover, for clusters and systems of at most *most* workloads."""
    taken = _reach(folder, [size for size in SIZES if size <= most])
    for goal in _goals(taken):
        print(goal)
    _share(folder, [apps for apps in RENDERED if apps <= most])


def _reach(folder: Path, sizes: list[int]) -> dict[tuple[str, int], Figures]:
    """Print and return the figures of netgen and of the peers, by name and size."""
    peers = {"cyclonus": _found(cyclonus), "network-config-analyzer": _found(network_config_analyzer)}
    print("who reaches whom, YAML reading included: netgen every port, strangers and the outside (median of 3 runs);")
    print(f"{CYCLONUS.rpartition('/')[2]} one port ({PORT}/TCP) among the pods, {NCA} its connectivity query (one run)")
    print(f"{'workloads':>10} {'':26}{'wall s':>9}{'cpu s':>9}{'peak MiB':>10}{'it / netgen, wall':>20}{'cpu':>6}")
    taken: dict[tuple[str, int], Figures] = {}
    for size in sizes:
        root = folder / f"cluster-{size}"
        write(size, root)
        (own,) = compare([Command("netgen reach", (NETGEN, "reach", "all", "-o", "csv"), root)], runs=3)
        rows = [own]
        for name, path in peers.items():
            if path and size in PEER_SIZES[name]:
                try:
                    rows.append(once(Command(name, _words(name, path), root)))
                except RuntimeError as error:
                    print(f"{size:10} WITHOUT {error}")
        for row in rows:
            taken[row.name, size] = row
            ratio = f"{row.wall / own.wall:20.0f}{row.cpu / own.cpu:6.0f}" if row is not own else ""
            print(f"{size:10} {row.name:26}{row.wall:9.2f}{row.cpu:9.2f}{row.peak:10.0f}{ratio}", flush=True)
    return taken


def _found(peer: Callable[[], str]) -> str:
    try:
        return peer()
    except (MissingError, OSError) as error:
        print(f"WITHOUT {peer.__name__}: {error}")
        return ""


def _words(name: str, path: str) -> tuple[str, ...]:
    if name == "cyclonus":
        given = ("--policy-path", "policies.yaml", "--probe-path", "probe.json")
        return (path, "analyze", "--mode", "probe", *given)
    return (path, "--connectivity", "-r", "all", "-o", "csv", "--return_0")


def _goals(taken: dict[tuple[str, int], Figures]) -> list[Goal]:
    """Return what the figures are held against; a goal whose figures were not taken is none."""
    found = []
    for says, peer, size, wanted in (
        ("times faster than cyclonus, 1,000 workloads", "cyclonus", 1_000, 40),
        ("times faster than network-config-analyzer, 400 workloads", "network-config-analyzer", 400, 200),
    ):
        if (peer, size) in taken:
            its, own = taken[peer, size], taken["netgen reach", size]
            found.append(Goal(f"{says} ({its.cpu / own.cpu:.0f} by processor time)", wanted, its.wall / own.wall))
    alone = {size: row for (name, size), row in taken.items() if name == "netgen reach"}
    if 10_000 in alone:
        says = "times as long for 10,000 workloads as for 1,000"
        found.append(Goal(says, 15, alone[10_000].wall / alone[1_000].wall, at_most=True))
    if 50_000 in alone:
        found.append(Goal("GB at the peak, 50,000 workloads", 2, alone[50_000].peak * 2**20 / 1e9, at_most=True))
    return found


def _share(folder: Path, sizes: list[int]) -> None:
    """Print what the proof adds to a render, reading back what was rendered counted as proof."""
    print("\nthe proof's share of render, reading back counted as proof; processor time, median of 3 runs")
    print(f"{'apps':>10}{'render s':>10}{'--no-verify s':>15}{'reading back s':>16}{'share':>8}")
    for apps in sizes:
        root = folder / f"system-{apps}"
        root.mkdir()
        (root / "spec.yaml").write_text(spec(apps), encoding="utf-8")
        words = (NETGEN, "render", "spec.yaml")
        commands = [Command("render", words, root), Command("without", (*words, "--no-verify"), root)]
        whole, without = compare(commands, runs=3)
        back = _reading_back(root / "spec.yaml")
        share = (whole.cpu - without.cpu + back) / whole.cpu
        print(f"{apps:10}{whole.cpu:10.2f}{without.cpu:15.2f}{back:16.2f}{share:8.0%}", flush=True)


def _reading_back(path: Path) -> float:
    """Return the seconds that reading what is rendered of a spec takes."""
    from netgen import api  # noqa: PLC0415 - the peers' time holds none of it
    from netgen.source import Dialect, read  # noqa: PLC0415

    text = api.stream(api.render(api.load(path).intent), "yaml")
    started = time.process_time()
    read(text, "rendered", Dialect.MANIFEST)
    return time.process_time() - started
