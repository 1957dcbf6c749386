"""Objects that are understood only once all others have been read."""

from __future__ import annotations

from typing import Any

from netgen.records import record
from netgen.source import Spot


@record
class Waiting:
    """The object *body* of an API group and *kind* that speaks of others."""

    body: dict[str, Any]
    kind: tuple[str, str]
    namespace: str
    name: str
    spot: Spot
