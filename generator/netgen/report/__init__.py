"""The outcome of a run: as text for a person, or as one document of a format that another program reads."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Literal, get_args

from netgen.report.plain import harmless, text

if TYPE_CHECKING:
    from netgen.report.outcome import Outcome

__all__ = ["FORMATS", "Format", "document", "harmless", "text"]

Format = Literal["json", "github", "gitlab", "sarif", "junit"]
FORMATS: tuple[Format, ...] = get_args(Format)
"""Each is a module of this package with a function `document`, imported when it is asked for."""


def document(outcome: Outcome, format_: Format) -> str:
    """Return *outcome* as one document: all its problems, and what the run had to say beside them.

    It ends with a line feed, and holds no clock time and no path that was not given. Nothing in it can steer a terminal
    or be taken for markup.
    """
    written: str = import_module(f"netgen.report.{format_}").document(outcome)
    return written
