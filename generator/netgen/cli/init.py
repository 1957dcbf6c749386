"""netgen init."""

from __future__ import annotations

from pathlib import Path

import click

from netgen.cli.output import emit
from netgen.problems import OutputError
from netgen.resources import folder
from netgen.spec.schema import published

SCHEMA = Path(".netgen") / "connectivity.schema.json"


@click.command("init")
@click.argument("file", default="spec.yaml", metavar="[FILE]")
def command(file: str) -> None:
    r"""Write a commented spec to begin with (spec.yaml, or FILE), and its schema for editors.

    A file that exists is left alone. The schema goes into a folder .netgen beside the spec. - prints the spec only.

    \b
    Examples:
      netgen init
      netgen init deploy/shop.yaml
    """
    starter = (folder("templates") / "init" / "spec.yaml").read_text(encoding="utf-8")
    if file == "-":
        emit(starter)
        return
    path = Path(file)
    try:
        _write_new(path, starter)
        schema = path.parent / SCHEMA
        schema.parent.mkdir(exist_ok=True)
        schema.write_text(published("connectivity"), encoding="utf-8")
    except FileExistsError as error:
        message = f"{error.filename} exists; it was left alone"
        raise click.UsageError(message) from None
    except OSError as error:
        message = f"{error.filename}: {error.strerror}"
        raise OutputError(message) from None
    click.echo(f"wrote {path}; next: netgen render {path}", err=True)


def _write_new(path: Path, text: str) -> None:
    with path.open("x", encoding="utf-8") as file:
        file.write(text)
