"""netgen check."""

from __future__ import annotations

import click

from netgen import api
from netgen.cli.inputs import inputs, load, read_workloads, workloads_option
from netgen.cli.output import emit, report, say
from netgen.cli.render import proved_or_open

EXAMPLES = """\b
Examples:
  netgen check spec.yaml
  netgen check teams/ --platform platform.yaml
  netgen check teams/ --workloads charts/
"""


@click.command("check", epilog=EXAMPLES)
@inputs
@workloads_option
def command(
    files: tuple[str, ...], platform: str | None, cni: str | None, ingress: str | None, workloads: tuple[str, ...]
) -> None:
    """Do what render does, the proof too, and write nothing."""
    stdin = read_workloads(workloads, (*files, platform))
    loaded = load(files, platform, cni, ingress)
    manifests = api.render(loaded.intent)
    report(loaded.problems)
    say(proved_or_open(loaded, manifests, workloads, stdin))
    intent = loaded.intent
    counts = {"app": len(intent.apps), "permission": len(intent.flows), "object": len(manifests)}
    listed = ", ".join(f"{count} {what}{'' if count == 1 else 's'}" for what, count in counts.items())
    emit(f"ok: {listed}\n")
