"""The command: shares the time out among the targets, watches the processes, and says what was found."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

NAMES = ("read-spec", "read-manifests", "load", "import", "reach", "verify")
"""Those of fuzz.targets, which the process that fuzzes must be the first to import."""
FOLDER = Path(__file__).parents[2] / ".cache" / "fuzz"
STARTS = 20
"""A process that ends before its time (libFuzzer ends it, or it crashes) is started again, so often."""
_STATUS = re.compile(r"^#(\d+)\s.*?cov: (\d+) ft: \d+ corp: (\d+)", re.MULTILINE)


@dataclass
class Score:
    """What the processes of one target did: inputs tried, edges of the program covered, inputs kept."""

    target: str
    tried: int = 0
    covered: int = 0
    kept: int = 0


def main(arguments: list[str]) -> int:
    """Fuzz, or try the files that are given; return 1 where something was found, else 0."""
    parser = argparse.ArgumentParser(
        prog="./dev fuzz", description="Fuzz the readers, the loader, the importer and the evaluator."
    )
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="try these inputs, and nothing else")
    parser.add_argument("--minutes", type=float, default=10, metavar="N", help="how long, all targets together [10]")
    parser.add_argument("--target", choices=NAMES, action="append", help="only this one; may be given again")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="other inputs [1]")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="processes at a time [2]")
    parser.add_argument("--seconds", type=int, default=0, help=argparse.SUPPRESS)  # this process is a worker
    asked = parser.parse_args(arguments)
    targets: list[str] = asked.target or list(NAMES)
    if asked.files:
        return max(_again(file, targets) for file in asked.files)
    if asked.seconds:
        from fuzz.worker import work  # noqa: PLC0415 - it is not needed to try files

        work(targets[0], asked.seconds, asked.seed, FOLDER)
        return 0
    known = set(_findings())
    each = max(5, round(asked.minutes * 60 * min(asked.jobs, len(targets)) / len(targets)))
    print(f"{len(targets)} targets, {each} s each, {asked.jobs} at a time; seed {asked.seed}", flush=True)
    with ThreadPoolExecutor(asked.jobs) as pool:
        for score in pool.map(lambda target: _fuzz(target, each, asked.seed), targets):
            print(f"{score.target:15}{score.tried:9} inputs  {score.covered:6} edges  {score.kept:5} kept", flush=True)
    return _report(sorted(set(_findings()) - known), known)


def _fuzz(target: str, seconds: int, seed: int) -> Score:
    """Fuzz *target* for so many *seconds*, in as many processes as that takes."""
    score, end = Score(target), time.monotonic() + seconds
    for start in range(STARTS):
        left = round(end - time.monotonic())
        if left < 2:
            break
        words = [sys.executable, Path(__file__).parent, "--target", target, "--seconds", str(left)]
        log = FOLDER / f"{target}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("w", encoding="utf-8") as file:
            subprocess.run([*words, "--seed", str(seed + 1000 * start)], check=False, stdout=file, stderr=file)
        said = _STATUS.findall(log.read_text(encoding="utf-8", errors="replace"))
        if not said:
            _complain(target, log)
            break
        tried, covered, kept = map(int, said[-1])
        score = Score(target, score.tried + tried, max(score.covered, covered), kept)
    return score


def _complain(target: str, log: Path) -> None:
    """Say that the process of *target* did not come to try anything: that is no clean run."""
    folder = FOLDER / "findings" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{target}+not-started.txt").write_text(log.read_text(encoding="utf-8", errors="replace"))
    (folder / f"{target}+not-started").write_bytes(b"")


def _findings() -> Iterator[Path]:
    """Yield the inputs that are kept as findings."""
    return (file for file in FOLDER.glob("findings/*/*+*") if file.suffix != ".txt")


def _report(found: list[Path], known: set[Path]) -> int:
    for file in found:
        beside = file.with_suffix(".txt")
        told = beside.read_text(encoding="utf-8").strip() if beside.exists() else "the process ended"
        data = file.read_bytes()
        print(f"\n{file.parent.name}: {told}\nthe input ({len(data)} bytes): {data[:2000]!r}")
        print(f"again: ./dev fuzz {file.relative_to(FOLDER.parents[1])}")
    if known:
        print(f"\n{len(known)} findings of earlier runs are still in {FOLDER / 'findings'}: mend and remove them")
    print(f"\n{len(found)} findings")
    return int(bool(found))


def _again(file: Path, targets: list[str]) -> int:
    """Try the input in *file* with its own target, or with all *targets*; say what is found."""
    from fuzz.judging import judge  # noqa: PLC0415 - see above
    from fuzz.targets import TARGETS  # noqa: PLC0415 - see NAMES

    own = file.name.partition("+")[0]
    found = [judge(each, TARGETS[each], file.read_bytes()) for each in ([own] if own in TARGETS else targets)]
    for finding in filter(None, found):
        print(f"{finding.target}: {finding.name}\n{finding.told}")
    print(f"{file}: {sum(one is not None for one in found)} findings")
    return int(any(found))
