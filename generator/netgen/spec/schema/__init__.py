"""The gate: a document has the shape of its kind's JSON Schema, or each fault is a problem at its place."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from netgen.problems import Problem
from netgen.records import record
from netgen.resources import folder
from netgen.source import Document
from netgen.spec.schema.shape import Check, compiled, enforced

API_VERSION: Final = "netgen.dev/v1alpha1"
KINDS: Final = ("Connectivity", "Platform")
HEADER: Final[dict[str, Any]] = {
    "title": "document",
    "type": "object",
    "required": ["apiVersion", "kind"],
    "properties": {
        "apiVersion": {"type": "string", "const": API_VERSION, "examples": [API_VERSION]},
        "kind": {"type": "string", "enum": list(KINDS), "examples": list(KINDS)},
    },
}
"""What a document of either kind has; it judges those whose kind is neither."""


def validate(document: Document) -> tuple[Problem, ...]:
    """Return what keeps *document* from the shape of its kind, in the order of the file; empty when nothing does.

    Texts in short form are only seen to be text: netgen.spec.forms reads them, and says what is wrong inside.
    """
    kind = document.data.get("kind") if isinstance(document.data, dict) else None
    if kind in KINDS:
        if _check(kind)(document.data):
            return ()
        schema = shape(kind)
    else:
        schema = HEADER
    # jsonschema costs more than a whole good run, so that only a bad one imports it
    from netgen.spec.schema.explain import explain  # noqa: PLC0415

    return explain(document, schema)


@record
class Part:
    """The part of *document* that has the shape of its *kind*: all of it, or what is left without the faults.

    *names_all* says whether every app and every peer of the document is there by its name, if not by all of its keys.
    """

    document: Document
    kind: str
    data: dict[str, Any]
    names_all: bool


def sound(document: Document) -> Part | None:
    """Return *document* without what has not its shape; what has is the same object as in the document.

    None where what is left has not the shape of its kind: without a header or a namespace there is nothing to read.
    """
    data = document.data
    kind = data.get("kind") if isinstance(data, dict) else None
    if kind not in KINDS or not isinstance(data, dict):
        return None
    if _check(kind)(data):
        return Part(document, kind, data, names_all=True)
    # only a document with faults needs to be taken apart
    from netgen.spec.schema.sieve import names_all, sieve  # noqa: PLC0415

    left = sieve(data, shape(kind))
    if left is None:
        return None
    return Part(document, kind, left, names_all=names_all(data, left))


def published(kind: str) -> str:
    """Return the text of the JSON Schema of *kind*, one of KINDS, as editors read it."""
    return (folder("schemas") / f"{kind.lower()}.schema.json").read_text(encoding="utf-8")


@cache
def shape(kind: str) -> dict[str, Any]:
    """Return the schema of *kind* as the gate enforces it: without references, and without what the forms judge."""
    import json  # noqa: PLC0415

    return enforced(json.loads(published(kind)))


@cache
def _check(kind: str) -> Check:
    return compiled(shape(kind))
