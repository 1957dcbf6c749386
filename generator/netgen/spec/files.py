"""The documents of a run: those of the spec files and folders that are named, and of the platform's."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from netgen.files import texts
from netgen.problems import Problem
from netgen.progress import Progress, begin, counted
from netgen.source import Dialect, Document, read

GROUP = "netgen.dev/"
_MEANT = re.compile(rb"^(?:apiVersion: *[\"']?netgen|kind: *[\"']?Connectivity\b)", re.MULTILINE)


def read_all(
    paths: list[str], stdin: bytes | None, found: list[Problem], progress: Progress | None = None
) -> list[Document]:
    """Return the documents of *paths*, in the order given; `-` stands for *stdin*.

    A folder is read with all folders below it, hidden ones left out. What is no spec there (a Deployment, a values
    file) is left out with a note, and what netgen has rendered without one. What cannot be read goes to *found*.
    """
    begin(progress, "reading specs")
    contents = texts(paths, stdin, found, wanted=_has_spec, rendered=False)
    return read_texts(counted(contents, len(contents), progress, "reading specs", "files"), found)


def read_texts(contents: Iterable[tuple[str, bytes]], found: list[Problem]) -> list[Document]:
    """Return the documents of *contents*, names and texts; what is wrong with them goes to *found*."""
    documents: list[Document] = []
    for file, text in contents:
        reading = read(text, file, Dialect.SPEC)
        documents += reading.documents
        found += reading.problems
    return documents


def read_beside(documents: list[Document], platform: str, stdin: bytes | None, found: list[Problem]) -> list[Document]:
    """Return the Platform documents of the path *platform* that are not among *documents*, which were read before.

    That it holds none, or another document that was not given as a spec, is a problem.
    """
    before = len(found)
    return beside(documents, platform, read_all([platform], stdin, found), found, clean=len(found) == before)


def beside(
    documents: list[Document], platform: str, read_here: list[Document], found: list[Problem], *, clean: bool
) -> list[Document]:
    """Return the same of *read_here*, the documents of *platform*; *clean*: nothing was wrong with its text."""
    known = {os.path.realpath(document.file) for document in documents}
    fresh = [document for document in read_here if os.path.realpath(document.file) not in known]
    if clean and not any(map(_is_platform, read_here)):
        message = f"{platform} holds no Platform document"
        found.append(Problem("not-a-platform", None, message, fix="give the file with  kind: Platform"))
    for document in fresh:
        if not _is_platform(document):
            message = "this stands in the file of the platform and is none"
            fix = "move it to a file of its own, or give this one among FILES"
            found.append(Problem("not-a-platform", document.spot("kind").value(), message, fix=fix))
    return [document for document in fresh if _is_platform(document)]


def _is_platform(document: Document) -> bool:
    return isinstance(document.data, dict) and document.data.get("kind") == "Platform"


def _has_spec(text: bytes) -> bool:
    """Return whether *text* is meant as a spec: by its group, or by its kind where the group may be misspelt."""
    # An editor may have saved a spec as UTF-16: the reader says so, where a note would hide it.
    return any(GROUP.encode(encoding) in text for encoding in ("utf-8", "utf-16-le", "utf-16-be")) or bool(
        _MEANT.search(text)
    )
