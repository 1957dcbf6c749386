"""netgen diff."""

from __future__ import annotations

import os
from functools import partial

import click

from netgen import api
from netgen.cli.inputs import PLUGIN, file_completion, platform_options, read_stdin
from netgen.cli.output import emit, report
from netgen.files import STDIN

EXAMPLES = """\b
Examples:
  netgen diff git:main spec.yaml
  netgen diff git:HEAD teams/ --platform platform.yaml -o markdown
  netgen diff git:v1.2:deploy git:v1.3:deploy
  helm template chart/ | netgen diff deploy/ - --cni calico
"""

CHANGED = 1


@click.command("diff", epilog=EXAMPLES)
@click.argument("old", metavar="OLD", shell_complete=file_completion)
@click.argument("new", metavar="NEW", shell_complete=file_completion)
@partial(platform_options, cni=PLUGIN)
@click.option("-o", "format_", type=click.Choice(["text", "markdown"]), default="text", help="Format.  [text]")
@click.pass_context
def command(
    ctx: click.Context,
    old: str,
    new: str,
    platform: str | None,
    cni: str | None,
    ingress: str | None,
    format_: str,
) -> None:
    """Say what has changed in who can reach whom.

    OLD and NEW are each a spec or manifests: a file, a folder, - for standard input, git:REV for the path of the other
    one as it was at a revision, or git:REV:PATH. A folder with specs is read as specs, which are rendered. Exit code 0
    says that nothing has changed, 1 that something has, or was not understood.
    """
    from netgen.diff import formats  # noqa: PLC0415 - the help does not need it

    if (old, new, platform).count(STDIN) > 1:
        raise click.UsageError("standard input is one of the two sides, or the platform")
    stdin = read_stdin() if STDIN in (old, new, platform) else None
    found, said = api.diff(
        old, new, platform=platform, ingress=ingress, cni=cni or "kubernetes", stdin=stdin, environment=os.environ
    )
    report(said)
    emit({"text": formats.as_text, "markdown": formats.as_markdown}[format_](found))
    if not found.is_same:
        ctx.exit(CHANGED)
