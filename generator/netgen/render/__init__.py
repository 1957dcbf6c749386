"""Intent -> manifests: every object as text, and the same text read back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from netgen.intent import Intent
from netgen.render.backends import BACKENDS
from netgen.render.planned import Planned
from netgen.render.templates import fill
from netgen.source import Dialect, Spot, read

Format = Literal["yaml", "json"]


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object: *text* is its YAML, *body* what a reader gets from that text; the other fields stand in the body."""

    api_version: str
    kind: str
    namespace: str
    name: str
    text: str
    body: dict[str, Any] = field(compare=False, repr=False)
    spot: Spot = field(compare=False, repr=False)


def render(intent: Intent) -> tuple[Manifest, ...]:
    """Return the objects that make *intent* true, by namespace, rank and name.

    An Intent that would be written wider than it is (an empty selector, no addresses) raises ValueError, and a text
    that cannot be read back RuntimeError: both are faults of netgen, not of a spec.
    """
    ranked = [(planned.rank, _manifest(planned)) for plan in BACKENDS for planned in plan(intent)]
    ranked.sort(key=lambda pair: (pair[1].namespace, pair[0], pair[1].name))
    return tuple(manifest for _, manifest in ranked)


def stream(manifests: Iterable[Manifest], output: Format) -> str:
    """Return *manifests* as one text: YAML documents, or one JSON List."""
    if output == "yaml":
        return "---\n".join(manifest.text for manifest in manifests)
    listed = {"apiVersion": "v1", "kind": "List", "items": [manifest.body for manifest in manifests]}
    return json.dumps(listed, indent=2) + "\n"


def _manifest(planned: Planned) -> Manifest:
    text = fill(planned.template, planned.view)
    body = _body(text, planned.template)
    metadata = body["metadata"]
    return Manifest(
        api_version=body["apiVersion"],
        kind=body["kind"],
        namespace=metadata["namespace"],
        name=metadata["name"],
        text=text,
        body=body,
        spot=planned.spot,
    )


def _body(text: str, template: str) -> dict[str, Any]:
    """Return *text* read back; what netgen cannot read, it has rendered wrongly."""
    reading = read(text, template, Dialect.MANIFEST)
    if reading.problems or len(reading.documents) != 1:
        raise RuntimeError(f"{template} rendered what cannot be read: {[p.message for p in reading.problems]}")
    body = reading.documents[0].data
    if not isinstance(body, dict):
        raise RuntimeError(f"{template} rendered no object")
    return body
