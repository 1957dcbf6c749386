"""netgen diff."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

import click

from netgen import api
from netgen.cli.inputs import PLUGIN_OF_SPECS, file_completion, platform_options, read_stdin
from netgen.cli.output import emit, report
from netgen.cli.progress import here
from netgen.files import STDIN

EXAMPLES = """\b
Examples:
  netgen diff git:main spec.yaml
  netgen diff git:HEAD teams/ --platform platform.yaml -o markdown
  netgen diff git:v1.2:deploy git:v1.3:deploy
  netgen diff git:main spec.yaml --removed | xargs -L1 kubectl delete
  helm template chart/ | netgen diff deploy/ - --cni calico
"""

CHANGED = 1


@click.command("diff", epilog=EXAMPLES)
@click.argument("old", metavar="OLD", shell_complete=file_completion)
@click.argument("new", metavar="NEW", shell_complete=file_completion)
@partial(platform_options, cni=PLUGIN_OF_SPECS)
@click.option("-o", "format_", type=click.Choice(["text", "markdown"]), default="text", help="Format.  [text]")
@click.option(
    "--removed", is_flag=True, help="Only the objects to delete, in their order: a line each for kubectl delete."
)
@click.pass_context
def command(
    ctx: click.Context,
    old: str,
    new: str,
    platform: str | None,
    cni: str | None,
    ingress: str | None,
    gateway: str | None,
    env: str | None,
    format_: str,
    *,
    removed: bool,
) -> None:
    """Say what has changed in who can reach whom.

    OLD and NEW are each a spec or manifests: a file, a folder, - for standard input, git:REV for the path of the other
    one as it was at a revision, or git:REV:PATH. A folder with specs is read as specs, which are rendered. Exit code 0
    says that nothing has changed, 1 that something has, or was not understood.
    With --removed, what netgen renders for OLD and not for NEW, to be deleted after NEW is applied; 1 if there is any.
    """
    if (old, new, platform).count(STDIN) > 1:
        raise click.UsageError("standard input is one of the two sides, or the platform")
    if removed and (format_ != "text" or cni is not None):
        raise click.UsageError("--removed lists objects; -o and --cni are about who reaches whom")
    stdin = read_stdin() if STDIN in (old, new, platform) else None
    asked: dict[str, Any] = {"platform": platform, "ingress": ingress, "gateway": gateway, "env": env, "stdin": stdin}
    asked |= {"environment": os.environ}
    if removed:
        ctx.exit(CHANGED if _list_removed(old, new, asked) else 0)
    from netgen.diff import formats  # noqa: PLC0415 - the help does not need it

    compare = partial(api.diff, old, new, **asked)
    with here() as progress:
        found, said = compare(cni=cni, progress=progress)
    report(said)
    emit({"text": formats.as_text, "markdown": formats.as_markdown}[format_](found))
    if not found.is_same:
        ctx.exit(CHANGED)


def _list_removed(old: str, new: str, asked: dict[str, Any]) -> bool:
    """Print the objects that are to be deleted, and return whether there are any; *asked* is what both sides share."""
    left, said = api.removed(old, new, **asked)
    report(said)
    emit("".join(f"{one}\n" for one in left))
    return bool(left)
