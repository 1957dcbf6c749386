"""netgen check."""

from __future__ import annotations

import click

from netgen import api
from netgen.cli.inputs import inputs, jobs_option, read_workloads, report_option, workloads_option
from netgen.cli.render import make, proved_or_open
from netgen.cli.reporting import Choice, reporting

EXAMPLES = """\b
Examples:
  netgen check spec.yaml
  netgen check teams/ --platform platform.yaml
  netgen check teams/ --workloads charts/
  netgen check teams/ -o sarif > netgen.sarif
"""


@click.command("check", epilog=EXAMPLES)
@inputs
@workloads_option
@jobs_option
@report_option
def command(
    files: tuple[str, ...],
    platform: str | None,
    cni: str | None,
    ingress: str | None,
    gateway: str | None,
    env: str | None,
    workloads: tuple[str, ...],
    namespace: str | None,
    jobs: int,
    format_: Choice,
) -> None:
    """Do what render does, the proof too, and write nothing.

    With -o the whole outcome is one document on stdout, whatever it is. The exit code stays the same.
    """
    with reporting("check", format_, files[0]) as voice:
        stdin = read_workloads(workloads, (*files, platform), namespace)
        loaded, manifests = make(files, platform, cni, ingress, gateway, env, jobs, voice)
        voice.say(proved_or_open(loaded, manifests, workloads, namespace, stdin, voice))
        voice.result(_counted(loaded.intent, len(manifests)))


def _counted(intent: api.Intent, objects: int) -> str:
    counts = {"app": len(intent.apps), "permission": len(intent.flows), "object": objects}
    listed = ", ".join(f"{count} {what}{'' if count == 1 else 's'}" for what, count in counts.items())
    return f"ok: {listed}"
