"""netgen schema."""

from __future__ import annotations

import click

from netgen.cli.output import emit
from netgen.resources import folder

EXAMPLES = """\b
Example: help while typing, in every editor that speaks to yaml-language-server:
  netgen schema connectivity > connectivity.schema.json
  # yaml-language-server: $schema=connectivity.schema.json     (the first line of the spec)
"""


@click.command("schema", epilog=EXAMPLES)
@click.argument("kind", type=click.Choice(["connectivity", "platform", "report"]))
def command(kind: str) -> None:
    """Print the JSON Schema of a kind of spec, or of reports."""
    emit((folder("schemas") / f"{kind}.schema.json").read_text(encoding="utf-8"))
