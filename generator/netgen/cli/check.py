"""netgen check."""

from __future__ import annotations

import click

from netgen import api
from netgen.cli.inputs import inputs, load
from netgen.cli.output import emit, report


@click.command("check")
@inputs
def command(files: tuple[str, ...], platform: str | None, cni: str | None, ingress: str | None) -> None:
    r"""Do everything that render does, and write nothing.

    \b
    Examples:
      netgen check spec.yaml
      netgen check teams/ --platform platform.yaml
    """
    loaded = load(files, platform, cni, ingress)
    manifests = api.render(loaded.intent)
    report(loaded.problems)
    intent = loaded.intent
    emit(f"ok: {len(intent.apps)} apps, {len(intent.flows)} permissions, {len(manifests)} objects\n")
