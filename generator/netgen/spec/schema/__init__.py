"""The gate: a document has the shape of its kind's JSON Schema, or each fault is a problem at its place."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from netgen.problems import Problem
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
