"""The one YAML reader, for specs and manifests: plain data, and the place of every key and value."""

from __future__ import annotations

from dataclasses import dataclass

from netgen.problems import Problem, in_order
from netgen.source.dialect import Dialect
from netgen.source.document import Document, Spot
from netgen.source.parsers import parser
from netgen.source.reader import Reader
from netgen.source.text import MOST_BYTES, decode

__all__ = ["MOST_BYTES", "Dialect", "Document", "Reading", "Spot", "read"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text holds: its documents without the empty ones, and all that is wrong with it, in order."""

    documents: tuple[Document, ...]
    problems: tuple[Problem, ...]


def read(text: str | bytes, file: str, dialect: Dialect) -> Reading:
    """Read *text*, the content of *file*; whatever it holds, nothing is raised.

    A text that breaks off (no YAML, not UTF-8, too large, too deep) gives no documents; any other problem leaves the
    document with the meaning that YAML 1.2 gives to what was written.
    """
    source, problems = decode(text, file, dialect)
    if source is None:
        return Reading((), in_order(problems))
    documents, found = Reader(source, dialect).read(parser(source.content))
    return Reading(tuple(documents), in_order(problems + found))
