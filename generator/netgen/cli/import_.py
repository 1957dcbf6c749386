"""netgen import."""

from __future__ import annotations

from pathlib import Path

import click

from netgen import api
from netgen.cli.init import write_new
from netgen.cli.inputs import NAMESPACE, file_completion, namespace_name, read_stdin
from netgen.cli.output import emit, report, say
from netgen.cli.progress import here
from netgen.files import STDIN

EXAMPLES = """\b
Examples:
  netgen import deploy/ --out imported.yaml
  kustomize build deploy/ | netgen import - --cni calico
  helm template chart/ | netgen import - --namespace shop > imported.yaml
"""

INCOMPLETE = 1


@click.command("import", epilog=EXAMPLES)
@click.argument("manifests", nargs=-1, required=True, metavar="MANIFESTS...", shell_complete=file_completion)
@click.option("--out", metavar="FILE", help="Write the spec to FILE, which must not exist, instead of stdout.")
@click.option("--namespace", metavar="NAME", default="default", help=NAMESPACE, callback=namespace_name)
@click.option(
    "--cni", metavar="NAME", default="kubernetes", help="The network plugin that enforces policies.  [kubernetes]"
)
@click.pass_context
def command(ctx: click.Context, manifests: tuple[str, ...], out: str | None, namespace: str, cni: str) -> None:
    """Write the spec of what manifests do.

    MANIFESTS are files and folders with workloads, Services, Ingresses and NetworkPolicies; - reads standard input.
    What a spec cannot say is listed on stderr with its place, and so is every connection that the rendered spec would
    open or close. Exit code 0 says that it reaches the same and holds everything, 1 that it does not.
    """
    from netgen.diff import formats  # noqa: PLC0415 - the help does not need it

    stdin = read_stdin() if STDIN in manifests else None
    with here() as progress:
        found, changes = api.import_manifests(manifests, namespace=namespace, cni=cni, stdin=stdin, progress=progress)
    if out is None:
        emit(found.text)
    else:
        write_new(Path(out), found.text)
    report((*found.unsaid, *found.notes))
    say("the spec reaches the same" if changes.is_same else f"rendered, the spec changes:\n{formats.as_text(changes)}")
    intent = found.intent
    counts = {"app": len(intent.apps), "permission": len(intent.flows)}
    listed = ", ".join(f"{count} {what}{'' if count == 1 else 's'}" for what, count in counts.items())
    read = f"{found.objects} object{'' if found.objects == 1 else 's'}"
    say(f"imported: {listed} from {read}; {len(found.unsaid)} not said, {len(changes.changes)} changed")
    if found.unsaid or not changes.is_same:
        ctx.exit(INCOMPLETE)
