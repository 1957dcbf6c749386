"""What a run has to say: at once as text, or kept for the one document that --report or -o asks for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import click

from netgen.cli import output
from netgen.cli.progress import Line, here
from netgen.files import STDIN
from netgen.problems import NetgenError, OutputError, Problem, in_order
from netgen.report import FORMATS, Format, document

if TYPE_CHECKING:
    from netgen.report.outcome import Outcome
    from netgen.verify import Proof

Choice = Literal["text"] | Format
CHOICES = ("text", *FORMATS)


@dataclass(frozen=True, slots=True)
class Voice:
    """How a command speaks: here as text, problems and remarks on stderr, and its result on stdout.

    While it works it shows its *line*, and does not speak.
    """

    line: Line = field(default_factory=here)

    def report(self, problems: tuple[Problem, ...]) -> None:
        """Show *problems*, which do not stop the run."""
        output.report(problems)

    def say(self, words: str) -> None:
        """Show the line *words*, beside the result."""
        output.say(words)

    def result(self, words: str) -> None:
        """Show the line *words*, which is the result."""
        output.emit(f"{words}\n")

    def proved(self, proof: Proof) -> None:
        """Take note of *proof*, of which a line is said as well."""


@dataclass(frozen=True, slots=True)
class Kept(Voice):
    """The same, kept until the run ends."""

    problems: list[Problem] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    proofs: list[Proof] = field(default_factory=list)

    def report(self, problems: tuple[Problem, ...]) -> None:
        """Keep *problems*."""
        self.problems.extend(problems)

    def say(self, words: str) -> None:
        """Keep *words*."""
        self.lines.append(words)

    def result(self, words: str) -> None:
        """Keep *words*."""
        self.lines.append(words)

    def proved(self, proof: Proof) -> None:
        """Keep *proof*."""
        self.proofs.append(proof)


@contextmanager
def reporting(command: str, format_: Choice, first: str, *, beside: bool = False) -> Iterator[Voice]:
    """Give *command* its voice, and in another format than text write the document when the run has ended.

    It is written whether the run found fault or not, to stdout, or to stderr for one that stands *beside* the result.
    *first* is the file that was given first.
    """
    if format_ == "text":
        yield Voice()
        return
    kept, code, failure = Kept(), 0, ""
    try:
        yield kept
    except (NetgenError, OutputError, OSError) as error:
        code = output.exit_code(error)
        if isinstance(error, NetgenError):
            kept.report(error.problems)
        else:
            failure = str(error)
    words = document(_outcome(kept, command, code, failure, first), format_)
    if beside:
        output.emit_beside(words)
    else:
        output.emit(words)
    if code:
        raise click.exceptions.Exit(code)


def _outcome(kept: Kept, command: str, code: int, failure: str, first: str) -> Outcome:
    from netgen.report.outcome import Outcome  # noqa: PLC0415 - as all of it, only for a run that is asked for it

    return Outcome(
        command,
        code,
        in_order(kept.problems),
        tuple(kept.lines),
        proof=kept.proofs[-1] if kept.proofs else None,
        failure=failure,
        first="<stdin>" if first == STDIN else first,
        root=os.getcwd(),  # noqa: PTH109 - pathlib, for a word that os has
    )
