"""netgen render."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from netgen import api
from netgen.cli.inputs import folder_completion, inputs, load
from netgen.cli.output import emit, proved, report, say

if TYPE_CHECKING:
    from netgen.write import Written


EXAMPLES = """\b
Examples:
  netgen render spec.yaml
  netgen render spec.yaml --ingress traefik
  netgen render teams/ --platform platform.yaml --out deploy/
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
@click.option("--no-verify", is_flag=True, help="Leave the proof out, and say so.")
def command(
    files: tuple[str, ...],
    platform: str | None,
    cni: str | None,
    ingress: str | None,
    format_: api.Format,
    out: str | None,
    *,
    no_verify: bool,
) -> None:
    """Render specs as Services, NetworkPolicies and Ingresses.

    FILES are spec files and folders; - reads standard input. Manifests go to stdout, or with --out into a folder of
    their own; everything else goes to stderr. The manifests are proved: read back by an evaluator that shares nothing
    with the renderer, they open what the spec says and nothing else. When something is wrong, nothing is written.
    """
    if out is not None and format_ == "json":
        message = "--out writes YAML files; -o json is for stdout"
        raise click.UsageError(message)
    loaded = load(files, platform, cni, ingress)
    manifests = api.render(loaded.intent)
    report(loaded.problems)
    say("not proved: --no-verify" if no_verify else _proved(loaded, manifests))
    if out is None:
        emit(api.stream(manifests, format_))
        return
    written = api.write(manifests, out)
    say(f"{out}: {_summary(written)}")


def _proved(loaded: api.Loaded, manifests: tuple[api.Manifest, ...]) -> str:
    """Return the line that says what is proved, or why nothing is; raise RefutedError for what is found to be wrong.

    What netgen has rendered itself is not refused because a proof of it would be too large.
    """
    proof = api.prove(loaded.intent, manifests)
    return f"not proved: {proof.findings[0].message}" if proof.is_open else proved(proof, loaded)


def _summary(written: Written) -> str:
    counts = {
        "created": written.created,
        "changed": written.changed,
        "unchanged": written.unchanged,
        "removed": written.removed,
    }
    return ", ".join(f"{len(names)} {what}" for what, names in counts.items() if names)
