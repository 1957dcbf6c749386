"""The arguments and options that say what a run reads, and the reading."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click

from netgen import api

Command = Callable[..., Any]


def inputs(command: Command) -> Command:
    """Add FILES and the options of the platform to *command*."""
    for add in (
        click.option("--ingress", metavar="CLASS", help="Serve exposed URLs through this Ingress class."),
        click.option("--cni", metavar="NAME", help="Render for this CNI, whatever the platform says.  [kubernetes]"),
        click.option("--platform", metavar="FILE", help="The Platform document, where FILES do not hold it."),
        click.argument("files", nargs=-1, required=True, metavar="FILES..."),
    ):
        command = add(command)
    return command


def load(files: tuple[str, ...], platform: str | None, cni: str | None, ingress: str | None) -> api.Loaded:
    """Return the meaning of *files*, folders and standard input (`-`)."""
    stdin = sys.stdin.buffer.read() if "-" in (*files, platform) and sys.stdin else None
    return api.load(files, platform=platform, cni=cni, ingress=ingress, stdin=stdin)
