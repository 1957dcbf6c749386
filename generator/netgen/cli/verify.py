"""netgen verify."""

from __future__ import annotations

import click

from netgen import api
from netgen.cli.inputs import (
    file_completion,
    load,
    platform_options,
    read_stdin,
    read_workloads,
    report_option,
    workloads_option,
)
from netgen.cli.output import proved
from netgen.cli.reporting import Choice, reporting
from netgen.files import STDIN

EXAMPLES = """\b
Examples:
  netgen verify --spec spec.yaml deploy/
  kustomize build deploy/ | netgen verify --spec spec.yaml - deploy/kustomization.yaml
  helm template chart/ | netgen verify --spec teams/ --platform platform.yaml -
  netgen verify --spec spec.yaml deploy/ -o junit > netgen.xml
"""


@click.command("verify", epilog=EXAMPLES)
@click.option("--spec", "specs", multiple=True, required=True, metavar="SPEC", help="A spec, or a folder of them.")
@platform_options
@workloads_option
@report_option
@click.argument("manifests", nargs=-1, required=True, metavar="MANIFESTS...", shell_complete=file_completion)
def command(
    specs: tuple[str, ...],
    platform: str | None,
    cni: str | None,
    ingress: str | None,
    gateway: str | None,
    env: str | None,
    workloads: tuple[str, ...],
    namespace: str | None,
    format_: Choice,
    manifests: tuple[str, ...],
) -> None:
    """Prove that manifests do what specs say.

    MANIFESTS are files and folders, whoever wrote them; - reads standard input. Nothing may be missing and nothing in
    excess: for the apps, for pods that no spec names, and for the outside. Exit code 1 says that something is. With
    --workloads MANIFESTS are proved in their cluster: they replace what it has under the same name. Of a
    kustomization.yaml among MANIFESTS, the keys are named that may have changed what was found.
    With -o the whole outcome is one document on stdout, whatever it is. The exit code stays the same.
    """
    if STDIN in (*specs, platform) and STDIN in manifests:
        raise click.UsageError("standard input holds the spec or the manifests, not both")
    with reporting("verify", format_, specs[0]) as voice:
        stdin = read_workloads(workloads, (*specs, platform, *manifests))
        loaded = load(specs, platform, cni, ingress, gateway, env, voice.line)
        voice.report(loaded.problems)
        stdin = read_stdin() if STDIN in manifests else stdin
        with voice.line as progress:
            proof = api.verify(
                loaded.intent, manifests, workloads=workloads, namespace=namespace, stdin=stdin, progress=progress
            )
        voice.result(proved(proof, loaded, voice))
