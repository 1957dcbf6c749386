"""The command line: the one place that prints, exits, and reads standard input."""

from __future__ import annotations

import io
import os
from importlib import import_module
from keyword import iskeyword
from pathlib import Path

import click

from netgen import __version__
from netgen.cli.output import EXIT_BAD_INPUT, exit_code, report, say
from netgen.problems import NetgenError, OutputError

COMMANDS = ("render", "check", "verify", "reach", "can", "diff", "import", "cni", "init", "krm", "schema", "completion")
"""Each is a module of this package, imported when it is run or listed; a word of Python has a `_` behind it there."""

EXAMPLES = """\b
Examples:
  netgen init spec.yaml
  netgen render spec.yaml | kubectl apply -f -
  netgen render specs/ --platform platform.yaml --out deploy/
  netgen check spec.yaml
  kustomize build deploy/ | netgen verify --spec spec.yaml -
  netgen reach deploy/ --to shop/db
  netgen can web db:5432 --spec spec.yaml --why
  netgen diff git:main spec.yaml
  netgen import deploy/ --out imported.yaml
  netgen cni spec.yaml
"""

EXIT_INTERNAL = 70
EXIT_INTERRUPTED = 130


class Commands(click.Group):
    """A group whose commands are imported only when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of the commands in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command *cmd_name*; a name that is none of them is a usage error that proposes the nearest."""
        if cmd_name in COMMANDS:
            command: click.Command = import_module(f"netgen.cli.{cmd_name}{'_' * iskeyword(cmd_name)}").command
            return command
        from difflib import get_close_matches  # noqa: PLC0415 - only a slip needs it

        near = get_close_matches(cmd_name, COMMANDS, n=1)
        if near and not ctx.resilient_parsing:
            ctx.fail(f"No such command {cmd_name!r}. Did you mean {near[0]!r}?")
        return None


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 100},
    epilog=EXAMPLES,
)
@click.version_option(__version__, prog_name="netgen")
def netgen() -> None:
    """Turn a short spec of who talks to whom into Kubernetes networking manifests."""


def main() -> int:
    """Run the command line and return its exit code: 0 done, 1 a finding, 2 bad input, 3 environment, 70 a fault."""
    if "COMP_WORDS" not in os.environ:
        os.environ.pop("_NETGEN_COMPLETE", None)  # no shell is asking, and click would look for what it says
    try:
        code = netgen.main(prog_name="netgen", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.Abort:
        return EXIT_INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last line of defence: a fault is one line, never a traceback
        return _complain(error)
    return int(code or 0)


def _complain(error: Exception) -> int:
    """Say on stderr what stopped the run, and return the exit code for it."""
    match error:
        case click.ClickException():
            usage = io.StringIO()
            error.show(usage)
            say(usage.getvalue().expandtabs(4))
            return EXIT_BAD_INPUT
        case NetgenError():
            report(error.problems)
            return exit_code(error)
        case OutputError() | OSError():
            say(f"netgen: {error}")
            return exit_code(error)
        case _:
            import traceback  # noqa: PLC0415 - costs a start more than the rest of this module

            frame = traceback.extract_tb(error.__traceback__)[-1]
            text = " ".join(str(error).split())[:200]
            place = f"{Path(frame.filename).name}:{frame.lineno}"
            say(f"netgen: internal fault: {type(error).__name__}: {text} ({place})")
            return EXIT_INTERNAL
