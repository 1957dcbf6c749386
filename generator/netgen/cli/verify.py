"""netgen verify."""

from __future__ import annotations

import click

from netgen import api
from netgen.cli.inputs import file_completion, load, platform_options, read_stdin
from netgen.cli.output import emit, proved, report
from netgen.files import STDIN

EXAMPLES = """\b
Examples:
  netgen verify --spec spec.yaml deploy/
  kustomize build deploy/ | netgen verify --spec spec.yaml -
  helm template chart/ | netgen verify --spec teams/ --platform platform.yaml -
"""


@click.command("verify", epilog=EXAMPLES)
@click.option("--spec", "specs", multiple=True, required=True, metavar="SPEC", help="A spec, or a folder of them.")
@platform_options
@click.argument("manifests", nargs=-1, required=True, metavar="MANIFESTS...", shell_complete=file_completion)
def command(
    specs: tuple[str, ...],
    platform: str | None,
    cni: str | None,
    ingress: str | None,
    manifests: tuple[str, ...],
) -> None:
    """Prove that manifests do what specs say.

    MANIFESTS are files and folders, whoever wrote them; - reads standard input. Nothing may be missing and nothing in
    excess: for the apps, for pods that no spec names, and for the outside. Exit code 1 says that something is.
    """
    if STDIN in (*specs, platform) and STDIN in manifests:
        raise click.UsageError("standard input holds the spec or the manifests, not both")
    loaded = load(specs, platform, cni, ingress)
    report(loaded.problems)
    stdin = read_stdin() if STDIN in manifests else None
    emit(f"{proved(api.verify(loaded.intent, manifests, stdin=stdin), loaded)}\n")
