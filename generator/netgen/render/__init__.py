"""Intent -> manifests: every object as text, and the same text read back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from netgen.intent import Intent
from netgen.render.backends import BACKENDS
from netgen.render.planned import Planned
from netgen.render.templates import fill
from netgen.source import Dialect, Document, Spot, read

Format = Literal["yaml", "json"]

SEPARATOR = "---\n"
"""What stands between two objects of a YAML stream."""

_BATCH = 1 << 20
"""So many characters are read back at once; one object alone may have more."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object: *text* is its YAML, *document* what a reader gets from it; the other fields stand in the body.

    *spot* is the place of the spec that asks for it.
    """

    api_version: str
    kind: str
    namespace: str
    name: str
    text: str
    document: Document = field(compare=False, repr=False)
    spot: Spot = field(compare=False, repr=False)

    @property
    def body(self) -> dict[str, Any]:
        """Return the object as plain maps, lists and scalars."""
        return _body(self.document)


def render(intent: Intent) -> tuple[Manifest, ...]:
    """Return the objects that make *intent* true, by namespace, rank and name.

    An Intent that would be written wider than it is (an empty selector, no addresses) raises ValueError, and a text
    that cannot be read back RuntimeError: both are faults of netgen, not of a spec.
    """
    planned = [item for plan in BACKENDS for item in plan(intent)]
    texts = [fill(item.template, item.view) for item in planned]
    parts = zip(planned, texts, _read_back(texts), strict=True)
    ranked = [(item.rank, _manifest(item, text, document)) for item, text, document in parts]
    ranked.sort(key=lambda pair: (pair[1].namespace, pair[0], pair[1].name))
    return tuple(manifest for _, manifest in ranked)


def stream(manifests: Iterable[Manifest], output: Format) -> str:
    """Return *manifests* as one text: YAML documents, or one JSON List."""
    if output == "yaml":
        return SEPARATOR.join(manifest.text for manifest in manifests)
    listed = {"apiVersion": "v1", "kind": "List", "items": [manifest.body for manifest in manifests]}
    return json.dumps(listed, indent=2) + "\n"


def _manifest(planned: Planned, text: str, document: Document) -> Manifest:
    body = _body(document)
    metadata = body["metadata"]
    return Manifest(
        api_version=body["apiVersion"],
        kind=body["kind"],
        namespace=metadata["namespace"],
        name=metadata["name"],
        text=text,
        document=document,
        spot=planned.spot,
    )


def _read_back(texts: list[str]) -> Iterator[Document]:
    """Yield each of *texts* read back, as a part of a stream: a parser of its own for each would cost a third more."""
    for batch in _batches(texts):
        reading = read(SEPARATOR.join(batch), "rendered", Dialect.MANIFEST)
        if reading.problems or len(reading.documents) != len(batch):
            raise RuntimeError(f"what was rendered cannot be read: {[p.message for p in reading.problems[:3]]}")
        yield from reading.documents


def _batches(texts: list[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for text in texts:
        if batch and size + len(text) > _BATCH:
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += len(text)
    if batch:
        yield batch


def _body(document: Document) -> dict[str, Any]:
    if not isinstance(document.data, dict):
        raise RuntimeError("a template rendered no object")
    return document.data
