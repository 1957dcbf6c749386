"""netgen reach."""

from __future__ import annotations

import click

from netgen import api
from netgen.cli.inputs import PLUGIN, file_completion, read_stdin
from netgen.cli.output import emit, report, say
from netgen.cli.progress import here
from netgen.files import STDIN
from netgen.problems import RefutedError

EXAMPLES = """\b
Examples:
  netgen reach deploy/
  netgen reach deploy/ --from internet
  netgen reach deploy/ --to shop/db --port 5432
  helm template chart/ | netgen reach - --cni calico
  kustomize build deploy/ | netgen reach - -o csv
"""


@click.command("reach", epilog=EXAMPLES)
@click.argument("manifests", nargs=-1, required=True, metavar="MANIFESTS...", shell_complete=file_completion)
@click.option("--from", "source", metavar="END", help="Only what this end can open.")
@click.option("--to", "target", metavar="END", help="Only who can open this end.")
@click.option("--port", metavar="PORT", help="Only this port: 8080, or 8080/udp.")
@click.option("--cni", metavar="NAME", default="kubernetes", help=PLUGIN)
@click.option(
    "-o", "format_", type=click.Choice(["text", "json", "csv"]), default="text", help="Format on stdout.  [text]"
)
def command(
    manifests: tuple[str, ...], source: str | None, target: str | None, port: str | None, cni: str, format_: str
) -> None:
    """Say who can reach whom, by manifests of anybody.

    MANIFESTS are files and folders; - reads standard input. Without workloads among them, each selector of a policy or
    Service stands for its pods. An END is a name as it is printed (default/backend, internet), namespace/key=value,
    namespace/* or an address. What some network plugins allow and others do not is shown apart. Exit code 1 says that
    something was not understood.
    """
    from netgen.reaching import formats  # noqa: PLC0415 - the help does not need it
    from netgen.scene import undecided  # noqa: PLC0415 - same

    stdin = read_stdin() if STDIN in manifests else None
    with here() as progress:
        answer = api.reach(manifests, source=source, target=target, port=port, cni=cni, stdin=stdin, progress=progress)
    report(answer.said)
    emit({"text": formats.as_text, "json": formats.as_json, "csv": formats.as_csv}[format_](answer))
    left = sum(not one.certain for one in answer.connections)
    if left and format_ == "csv":
        say(f"left out: {left} connection{'s' if left > 1 else ''}, open or not: {undecided(cni)}")
    if answer.unproven:
        raise RefutedError(answer.unproven)
