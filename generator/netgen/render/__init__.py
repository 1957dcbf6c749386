"""Intent -> manifests: every object as text, and the same text read back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import field
from typing import Any, Literal

from netgen.intent import Intent
from netgen.records import record
from netgen.render.backends import backends
from netgen.render.planned import Planned, Rank
from netgen.render.templates import fill
from netgen.source import Dialect, Document, Spot, read, values

Format = Literal["yaml", "json"]

SEPARATOR = "---\n"
"""What stands between two objects of a YAML stream."""

PART = 600
"""So many objects are one part of the work."""
_BATCH = 1 << 20
"""So many characters are read back at once; one object alone may have more."""


@record
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


Ranked = tuple[Rank, Manifest]
"""An object with its rank in the order of its namespace."""
Packed = list[tuple[list[str], list[Any] | None]]
"""Texts of objects and what they are read as, batch by batch, for another process."""


class Work:
    """What is to be rendered, in *count* parts, each of which can be done by itself, here or in another process.

    An Intent that would be written wider than it is (an empty selector, no addresses) raises ValueError, and a text
    that cannot be read back RuntimeError: both are faults of netgen, not of a spec.
    """

    def __init__(self, intent: Intent) -> None:
        planned = [item for plan in backends(intent.cni) for item in plan(intent)]
        self._parts = [planned[first : first + PART] for first in range(0, len(planned), PART)]

    @property
    def total(self) -> int:
        """Return how many objects there are."""
        return sum(map(len, self._parts))

    @property
    def count(self) -> int:
        """Return how many parts there are."""
        return len(self._parts)

    def render(self, number: int) -> tuple[Ranked, ...]:
        """Return the objects of a part."""
        return self.unpack(number, [(batch, None) for batch in self._texts(number)])

    def pack(self, number: int) -> Packed:
        """Return the same for unpack, which makes it objects of its own process in less time."""
        return [(batch, values(SEPARATOR.join(batch), Dialect.MANIFEST)) for batch in self._texts(number)]

    def unpack(self, number: int, packed: Packed) -> tuple[Ranked, ...]:
        """Return the objects of a part of which *packed* is known."""
        texts = (text for batch, _ in packed for text in batch)
        documents = (document for batch, known in packed for document in _read_back(batch, known))
        parts = zip(self._parts[number], texts, documents, strict=True)
        return tuple((item.rank, _manifest(item, text, document)) for item, text, document in parts)

    def _texts(self, number: int) -> Iterator[list[str]]:
        return _batches([fill(item.template, item.view) for item in self._parts[number]])


def in_order(parts: Iterable[Iterable[Ranked]]) -> tuple[Manifest, ...]:
    """Return the objects of *parts*, by namespace, rank and name; those of no namespace come first."""
    ranked = [pair for part in parts for pair in part]
    ranked.sort(key=lambda pair: (pair[1].namespace, pair[0], pair[1].name))
    return tuple(manifest for _, manifest in ranked)


def render(intent: Intent) -> tuple[Manifest, ...]:
    """Return the objects that make *intent* true, by namespace, rank and name; Work says what it may raise."""
    work = Work(intent)
    return in_order(map(work.render, range(work.count)))


def stream(manifests: Iterable[Manifest], output: Format) -> str:
    """Return *manifests* as one text: YAML documents, or one JSON List."""
    if output == "yaml":
        return SEPARATOR.join(manifest.text for manifest in manifests)
    listed = {"apiVersion": "v1", "kind": "List", "items": [manifest.body for manifest in manifests]}
    return json.dumps(listed, indent=2) + "\n"


def _manifest(planned: Planned, text: str, document: Document) -> Manifest:
    body = _body(document)
    if planned.raw is not None:
        document = _as_the_spec_has_it(planned, document)
    metadata = body["metadata"]
    return Manifest(
        api_version=body["apiVersion"],
        kind=body["kind"],
        namespace=metadata.get("namespace", ""),
        name=metadata["name"],
        text=text,
        document=document,
        spot=planned.spot,
    )


def _as_the_spec_has_it(planned: Planned, document: Document) -> Document:
    """Return *document*, what was read back of an object of the spec, with the places that it has there."""
    if document.data != planned.raw:
        raise RuntimeError(f"what was rendered of {planned.spot.path} is not what stands there")
    return planned.spot.document.part(planned.spot.path, document.data)


def _read_back(batch: list[str], known: list[Any] | None) -> Iterator[Document]:
    """Yield each text of *batch* read back, as a part of a stream: a parser for each would cost a third more."""
    reading = read(SEPARATOR.join(batch), "rendered", Dialect.MANIFEST, known)
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
