"""How a run ended, and what the formats share: paths, fingerprints, and the places that notes name."""

from __future__ import annotations

import hashlib
import os.path
import re
from collections import Counter
from collections.abc import Iterator

from netgen.problems import Place, Problem
from netgen.records import record
from netgen.report.plain import harmless, mending, sentence
from netgen.verify.proof import Proof

_IN_NOTE = re.compile(r"(?<![^\s(])([^\s()\"']+\.(?:yaml|yml|json)):([1-9][0-9]{0,8})(?::([1-9][0-9]{0,8}))?(?![\w:.])")
_POSITION = re.compile(r" at [0-9]+:[0-9]+")
"""Where the other end of a mistake of YAML stands, in its message."""


@record
class Outcome:
    """How a run of *command* ended: its exit *code*, its *problems* in order, and the lines that it said beside them.

    *proof* is what was proved, None if nothing was. *failure* says why the output could not be written. *first* is the
    file that was given first: a problem of the run as a whole is shown there where a format must have a place. Paths
    are shown as they are seen from the folder *root*.
    """

    command: str
    code: int
    problems: tuple[Problem, ...]
    lines: tuple[str, ...] = ()
    proof: Proof | None = None
    failure: str = ""
    first: str = "<stdin>"
    root: str = ""

    @property
    def assumes(self) -> tuple[str, ...]:
        """Return what the proof takes for granted, and did not look at."""
        said = [problem.code for problem in self.problems if problem.code == "world-includes-pods"]
        return (*self.proof.assumes, *said) if self.proof else ()

    def path(self, file: str) -> str:
        """Return *file* as it is seen from the folder of the run, without `./`; outside of it, as it was given."""
        if file.startswith("<"):
            return file
        whole, above = os.path.normpath(os.path.join(self.root, file)), os.path.join(self.root, "")  # noqa: PTH118
        return whole[len(above) :] if self.root and whole.startswith(above) else os.path.normpath(file)

    def where(self, problem: Problem) -> Place:
        """Return the place of *problem*, or the file that was given first where it is about the run as a whole."""
        return problem.place or Place(self.first, 0, 0)

    def fingerprints(self) -> tuple[str, ...]:
        """Return what each problem is known by, though its line may move: its code, file and message.

        Problems that have these in common are counted.
        """
        seen: Counter[tuple[str, ...]] = Counter()
        return tuple(_fingerprint(self._known_by(problem), seen) for problem in self.problems)

    def _known_by(self, problem: Problem) -> tuple[str, ...]:
        message = _POSITION.sub("", sentence(problem.message))
        return problem.code, harmless(self.path(self.where(problem).file)), message


def _fingerprint(known_by: tuple[str, ...], seen: Counter[tuple[str, ...]]) -> str:
    seen[known_by] += 1
    return hashlib.sha256("\n".join((*known_by, str(seen[known_by]))).encode()).hexdigest()[:32]


def is_file(place: Place) -> bool:
    """Return whether *place* is in a file: not in standard input."""
    return not place.file.startswith("<")


def lines_of(problem: Problem) -> list[str]:
    """Return message, notes and fix of *problem* as lines of text."""
    fix = [mending(problem)] if problem.fix else []
    return [*(sentence(line) for line in (problem.message, *problem.notes)), *fix]


def related(problem: Problem) -> Iterator[tuple[Place, str]]:
    """Yield each place of a spec or manifest that the notes of *problem* name, `shop.yaml:8`, with its note."""
    for note in problem.notes:
        for file, line, column in _IN_NOTE.findall(sentence(note)):
            yield Place(file, int(line), int(column or 0)), note


def reach(place: Place) -> tuple[int, int]:
    """Return the first column of *place* and the one after its last, from 1, in characters; it has one at least."""
    first = max(place.column, 1)
    after = first + max(place.width, 1)
    return first, min(after, max(len(place.text), first) + 1) if place.text else after
