"""netgen check."""

from __future__ import annotations

import click

from netgen import api
from netgen.cli.inputs import inputs, load
from netgen.cli.output import emit, report

EXAMPLES = """\b
Examples:
  netgen check spec.yaml
  netgen check teams/ --platform platform.yaml
"""


@click.command("check", epilog=EXAMPLES)
@inputs
def command(files: tuple[str, ...], platform: str | None, cni: str | None, ingress: str | None) -> None:
    """Do everything that render does, and write nothing."""
    loaded = load(files, platform, cni, ingress)
    manifests = api.render(loaded.intent)
    report(loaded.problems)
    intent = loaded.intent
    counts = {"app": len(intent.apps), "permission": len(intent.flows), "object": len(manifests)}
    listed = ", ".join(f"{count} {what}{'' if count == 1 else 's'}" for what, count in counts.items())
    emit(f"ok: {listed}\n")
