"""netgen init."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import click

from netgen.cli.output import emit, say
from netgen.problems import OutputError
from netgen.resources import folder
from netgen.spec.schema import published

SCHEMA = ".netgen.schema.json"
_ID = b'"urn:netgen:connectivity:'


EXAMPLES = """\b
Examples:
  netgen init
  netgen init deploy/shop.yaml
"""


@click.command("init", epilog=EXAMPLES)
@click.argument("file", default="spec.yaml", metavar="[FILE]")
def command(file: str) -> None:
    """Write a commented spec to begin with, and its schema.

    The spec is spec.yaml, or FILE; a file that exists is left alone. The schema, which helps editors, is the
    file .netgen.schema.json beside the spec. - prints the spec only.
    """
    starter = (folder("templates") / "init" / "spec.yaml").read_text(encoding="utf-8")
    if file == "-":
        emit(starter)
        return
    write_new(Path(file), starter)


def write_new(path: Path, spec: str) -> None:
    """Write *spec* to a file that is not there yet, with its schema, and say what to do next.

    UsageError where something is there, OutputError where it cannot be written.
    """
    try:
        _create(path, spec)
    except FileExistsError as error:
        message = f"{error.filename} exists; it was left alone"
        raise click.UsageError(message) from None
    except OSError as error:
        message = f"{error.filename or path}: {error.strerror}"
        raise OutputError(message) from None
    say(f"wrote {path}; next: netgen render {path}")


def _create(path: Path, spec: str) -> None:
    """Write the schema and then the spec, so that a spec is never left without what its first line names."""
    schema = path.parent / SCHEMA
    for taken in (path, schema):
        if os.path.lexists(taken) and not (taken == schema and _is_ours(schema)):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(taken))
    schema.parent.mkdir(parents=True, exist_ok=True)
    schema.write_text(published("connectivity"), encoding="utf-8")
    with path.open("x", encoding="utf-8") as file:
        file.write(spec)


def _is_ours(schema: Path) -> bool:
    """Return whether *schema* was written by some netgen, as beside the spec before."""
    return schema.is_file() and not schema.is_symlink() and _ID in schema.read_bytes()
