"""netgen render."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from netgen import api
from netgen.cli.inputs import folder_completion, inputs, load, read_workloads, workloads_option
from netgen.cli.output import emit, not_proved, proved, report, say

if TYPE_CHECKING:
    from netgen.write import Written


EXAMPLES = """\b
Examples:
  netgen render spec.yaml
  netgen render spec.yaml --ingress traefik
  netgen render teams/ --platform platform.yaml --out deploy/
  netgen render teams/ --workloads charts/ --out deploy/
  kubectl get deploy,sts,ds,netpol -A -o yaml | netgen render spec.yaml --workloads -
  cat spec.yaml | netgen render - -o json | jq .items[].kind
"""


@click.command("render", epilog=EXAMPLES)
@inputs
@click.option("-o", "format_", type=click.Choice(["yaml", "json"]), default="yaml", help="Format on stdout.  [yaml]")
@click.option(
    "--out",
    metavar="DIR",
    help="Write the manifests into this folder, with a kustomization.yaml.",
    shell_complete=folder_completion,
)
@workloads_option
@click.option("--no-verify", is_flag=True, help="Leave the proof out, and say so.")
def command(
    files: tuple[str, ...],
    platform: str | None,
    cni: str | None,
    ingress: str | None,
    format_: api.Format,
    out: str | None,
    workloads: tuple[str, ...],
    *,
    no_verify: bool,
) -> None:
    """Render specs as Services, NetworkPolicies and Ingresses.

    FILES are spec files and folders; - reads standard input. Manifests go to stdout, or with --out into a folder of
    their own; everything else goes to stderr. The manifests are proved: read back by an evaluator that shares nothing
    with the renderer, they open what the spec says and nothing else. When something is wrong, nothing is written.
    With --workloads they are proved in their cluster: against the pods that are there, and with the other policies.
    """
    if out is not None and format_ == "json":
        message = "--out writes YAML files; -o json is for stdout"
        raise click.UsageError(message)
    if workloads and no_verify:
        raise click.UsageError("--workloads is for the proof, and --no-verify leaves it out")
    stdin = read_workloads(workloads, (*files, platform))
    loaded = load(files, platform, cni, ingress)
    manifests = api.render(loaded.intent)
    report(loaded.problems)
    say(not_proved("--no-verify", loaded) if no_verify else proved_or_open(loaded, manifests, workloads, stdin))
    if out is None:
        emit(api.stream(manifests, format_))
        return
    written = api.write(manifests, out)
    say(f"{out}: {_summary(written)}")


def proved_or_open(
    loaded: api.Loaded, manifests: tuple[api.Manifest, ...], workloads: tuple[str, ...], stdin: bytes | None
) -> str:
    """Return the line that says what is proved, or why nothing is; raise RefutedError for what is found to be wrong.

    What netgen has rendered itself is not refused because a proof of it would be too large; what is not understood in
    *workloads* is refused, since it may open or close anything.
    """
    proof = api.prove(loaded.intent, manifests, workloads=workloads, stdin=stdin)
    if proof.too_large and not workloads:
        return not_proved(proof.findings[0].message, loaded)
    return proved(proof, loaded)


def _summary(written: Written) -> str:
    counts = {
        "created": written.created,
        "changed": written.changed,
        "unchanged": written.unchanged,
        "removed": written.removed,
    }
    return ", ".join(f"{len(names)} {what}" for what, names in counts.items() if names)
