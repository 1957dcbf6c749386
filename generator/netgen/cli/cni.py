"""netgen cni."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netgen.cli.inputs import cni_completion, file_completion, platform_options, read_stdin
from netgen.cli.output import emit
from netgen.cli.progress import here
from netgen.files import STDIN
from netgen.problems import NetgenError, Problem
from netgen.profiles import NAMES, Cni
from netgen.spec.plugins import read_cni

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

EXAMPLES = """\b
Examples:
  netgen cni
  netgen cni calico
  netgen cni spec.yaml
  netgen cni teams/ --platform platform.yaml -o json
  netgen cni calico 'cilium 1.18' spec.yaml
"""

NONE = 1
_VERSION = re.compile(r"v?[0-9]+(\.[0-9]+)*")
_NAME = re.compile(r"[A-Za-z]+")


def _completed(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name of a plugin, or that of a file."""
    return (incomplete and cni_completion(ctx, param, incomplete)) or file_completion(ctx, param, incomplete)


@click.command("cni", epilog=EXAMPLES)
@click.argument("asked", nargs=-1, metavar="[CNI...] [SPEC...]", shell_complete=_completed)
@click.option(
    "-o", "format_", type=click.Choice(["text", "markdown", "json"]), default="text", help="Format on stdout.  [text]"
)
@partial(platform_options, cni=None)
@click.pass_context
def command(
    ctx: click.Context,
    asked: tuple[str, ...],
    format_: str,
    platform: str | None,
    ingress: str | None,
    gateway: str | None,
    env: str | None,
) -> None:
    """Say what each CNI can, and which can carry a spec.

    Without arguments: a table of what netgen knows of CNIs. With the name of one, and with its version as in 'calico
    3.30': all of it, with the sources, and how the CNI is installed. With specs, which are files and folders or - for
    standard input: for each CNI, or those that are named, from which version on it can carry them, or the lines that
    it cannot. What the Platform needs is part of that; the CNI that it names is one among the others. A file that is
    called like a CNI is written ./calico.

    Exit code 1 says that none of them can.
    """
    cnis, paths = _sorted(asked)
    if not paths:
        if platform or ingress or gateway or env:
            raise click.UsageError("give the specs that the options are for")
        emit(_table(cnis, format_))
        return
    from netgen.cnis import answers, carrying  # noqa: PLC0415 - the table does without it

    stdin = read_stdin() if STDIN in (*paths, platform) else None
    with here() as progress:
        verdicts = carrying(
            paths, cnis, platform=platform, flags=(ingress, gateway), env=env, stdin=stdin, progress=progress
        )
    emit({"text": answers.as_text, "markdown": answers.as_markdown, "json": answers.as_json}[format_](verdicts))
    if not any(one.able for one in verdicts):
        ctx.exit(NONE)


def _sorted(asked: tuple[str, ...]) -> tuple[tuple[Cni, ...], tuple[str, ...]]:
    """Return the plugins and the paths of *asked*: what begins with the name of a plugin is one, whatever is there."""
    _refuse_nothing(asked)
    found: list[Problem] = []
    named = [one for one in asked if one.partition(" ")[0] in NAMES]
    cnis = [cni for one in named if (cni := read_cni(one, None, found))]
    if found:
        raise NetgenError(found)
    return tuple(dict.fromkeys(cnis)), tuple(one for one in asked if one not in named)


def _refuse_nothing(asked: tuple[str, ...]) -> None:
    """Raise UsageError for a word that is neither a file nor a plugin, but looks like a part of one's name."""
    for before, word in zip(("", *asked), asked, strict=False):
        if word.partition(" ")[0] in NAMES or word == STDIN or Path(word).exists():
            continue
        if before in NAMES and _VERSION.fullmatch(word):
            raise click.UsageError(f"a CNI and its version are one word: '{before} {word}'")
        if _NAME.fullmatch(word):
            raise click.UsageError(f"{word} is neither a file nor a CNI: the CNIs are {', '.join(NAMES)}")


def _table(cnis: tuple[Cni, ...], format_: str) -> str:
    """Return the table, or of each of *cnis* all that is known."""
    from netgen.cnis import formats  # noqa: PLC0415 - the help does not need it

    if not cnis:
        return {"text": formats.table_text, "markdown": formats.table_markdown, "json": formats.table_json}[format_]()
    if format_ == "json":
        return formats.table_json(cnis)
    one: Callable[[Cni], str] = {"text": formats.one_text, "markdown": formats.one_markdown}[format_]
    return "\n".join(map(one, cnis))
