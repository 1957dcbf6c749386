"""netgen completion."""

from __future__ import annotations

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

from netgen.cli.output import emit

SHELLS: dict[str, type[ShellComplete]] = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}


EXAMPLES = """\b
Examples:
  source <(netgen completion bash)
  netgen completion fish > ~/.config/fish/completions/netgen.fish
"""


@click.command("completion", epilog=EXAMPLES)
@click.argument("shell", type=click.Choice(list(SHELLS)))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the completion script of a shell."""
    emit(SHELLS[shell](ctx.find_root().command, {}, "netgen", "_NETGEN_COMPLETE").source())
