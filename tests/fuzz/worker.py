"""One process that fuzzes one target with atheris (libFuzzer) until its time is up."""

from __future__ import annotations

import os
import resource
import sys
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

from fuzz.judging import SECONDS, judge

MOST_MEMORY_MB = 3000
LONGEST = 4 * int(SECONDS)
"""Seconds after which libFuzzer ends the process: for what no signal of Python can interrupt."""


def work(target: str, seconds: int, seed: int, folder: Path) -> None:
    """Fuzz *target*; findings, and the inputs that lead somewhere new, are kept in *folder*. Does not return."""
    atheris: Any = import_module("atheris")
    with atheris.instrument_imports(include=["netgen"]):
        targets = import_module("fuzz.targets")
    corpus = import_module("fuzz.corpus")
    resource.setrlimit(resource.RLIMIT_AS, (2 * MOST_MEMORY_MB * 1024 * 1024,) * 2)  # a MemoryError is a finding too
    os.nice(10)
    function = targets.TARGETS[target]
    starts = list(corpus.seeds(target))
    mutator = corpus.Mutator(starts)
    kept, given, found = (folder / part / target for part in ("corpus", "seeds", "findings"))
    for each in (kept, given, found):
        each.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(starts):
        (given / str(number)).write_bytes(data)

    def try_one(data: bytes) -> None:
        finding = judge(target, function, data)
        if finding is not None and finding.save(found):
            print(f"finding: {finding.name}", file=sys.stderr, flush=True)

    def mutate(data: bytes, most: int, number: int) -> bytes:
        chance = Random(number)  # noqa: S311 - it chooses inputs
        if chance.random() < 0.3:
            return bytes(atheris.Mutate(data, most))
        return mutator(data, chance)[:most]

    limits = [f"-max_total_time={seconds}", f"-timeout={LONGEST}", f"-rss_limit_mb={MOST_MEMORY_MB}"]
    inputs = [f"-max_len={corpus.MOST_BYTES}", f"-seed={seed}", f"-artifact_prefix={found}/{target}+"]
    atheris.Setup(
        [sys.argv[0], *limits, *inputs, "-print_final_stats=1", str(kept), str(given)], try_one, custom_mutator=mutate
    )
    atheris.Fuzz()
