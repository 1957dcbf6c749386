"""The one YAML reader, for specs and manifests: plain data, and the place of every key and value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from netgen.problems import Problem, in_order
from netgen.records import record
from netgen.source import plain
from netgen.source.dialect import Dialect
from netgen.source.document import Document, Spot
from netgen.source.separators import pieces, unglued
from netgen.source.text import Text, decode

__all__ = ["Dialect", "Document", "Reading", "Spot", "read", "values"]


@record
class Reading:
    """What a text holds: its documents without the empty ones, and all that is wrong with it, in order."""

    documents: tuple[Document, ...]
    problems: tuple[Problem, ...]


def values(text: str | bytes, dialect: Dialect) -> list[object] | None:
    """Return what read finds in *text*, without places, for another process to go on with; None where that is not all.

    Which is so for a text with problems, and for one that is not plain.
    """
    source, problems = _decoded(text, "", dialect)
    return None if source is None or problems else plain.values(source, dialect)


def read(text: str | bytes, file: str, dialect: Dialect, known: Sequence[object] | None = None) -> Reading:
    """Read *text*, the content of *file*; whatever it holds, nothing is raised. *known* is what values made of it.

    A text that breaks off (no YAML, not UTF-8, too large, too deep) gives no documents; of manifests, which kubectl
    tells apart before it reads them, only the document that breaks off is lost. Any other problem leaves the document
    with the meaning that YAML 1.2 gives to what was written.
    """
    source, problems = _decoded(text, file, dialect)
    if source is None:
        return Reading((), in_order(problems))
    whole = None if problems else plain.documents(source, dialect, partial(_documents, source, dialect), known)
    if whole is not None:
        return Reading(tuple(whole), ())
    documents, found = _documents(source, dialect)
    if found and not documents and dialect is Dialect.MANIFEST:
        documents, found = _whole_ones(source, found)
    problems += found
    if problems and dialect is Dialect.MANIFEST:
        from netgen.source.templates import told  # noqa: PLC0415 - a text without problems does without it

        problems = list(told(problems, source.content))
    return Reading(tuple(documents), in_order(problems))


def _decoded(text: str | bytes, file: str, dialect: Dialect) -> tuple[Text | None, list[Problem]]:
    source, problems = decode(text, file, dialect)
    if source is not None and dialect is Dialect.MANIFEST:
        source = Text(file, unglued(source.content))
    return source, problems


def _documents(source: Text, dialect: Dialect) -> tuple[list[Document], list[Problem]]:
    # plain texts, which most are, do without the parser and without the time that it takes to import it
    from netgen.source.parsers import parser  # noqa: PLC0415
    from netgen.source.reader import Reader  # noqa: PLC0415

    return Reader(source, dialect).read(parser(source.content))


def _whole_ones(source: Text, problems: list[Problem]) -> tuple[list[Document], list[Problem]]:
    """Return the documents of a text that breaks off, without those that do; *problems* where it is only one."""
    found: list[Problem] = []
    kept: list[str] = []
    lines = 0
    for piece in pieces(source.content):
        documents, faults = _documents(Text(source.file, piece), Dialect.MANIFEST)
        is_whole = bool(documents) or not faults
        # Lines stay where they are, so that all places are right.
        kept.append(piece if is_whole else "\n" * piece.count("\n"))
        found += [_moved(one, lines) for one in faults if not is_whole and one.code != "duplicate-key"]
        lines += piece.count("\n")
    if len(kept) == 1:
        return [], problems
    documents, faults = _documents(Text(source.file, "".join(kept)), Dialect.MANIFEST)
    return documents, found + faults


def _moved(problem: Problem, lines: int) -> Problem:
    place = problem.place
    return problem if place is None else replace(problem, place=place._replace(line=place.line + lines))
