"""What a backend hands to the templates: one view for each object to be written."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, NamedTuple

from markupsafe import Markup

from netgen.annotations import unsafe
from netgen.intent import Pairs
from netgen.quoting import comment
from netgen.source import Spot


class Rank(IntEnum):
    """The order of the objects of one namespace: what opens comes before what closes, routes come last.

    What only denies comes first: it cuts nothing that the spec opens, and what it denies is never open on the way.
    Before it there is only what policies refer to.
    """

    SHARED = -1
    DENIAL = 0
    APP_POLICY = 1
    NAMESPACE_POLICY = 2
    SERVICE = 3
    ROUTE = 4


class Metadata(NamedTuple):
    """The metadata block of an object; one of the cluster has no *namespace*."""

    name: str
    namespace: str
    labels: Pairs
    annotations: Pairs

    @property
    def unsafe(self) -> Markup:
        """Return the annotations for which no spec can answer, as a comment; empty where there are none."""
        return comment(", ".join(key for key, value in self.annotations if unsafe(key, value)))


class Planned(NamedTuple):
    """One object: *template* is a path below the folder of templates, *spot* the place of the spec that asks for it.

    *raw* is the object itself where the spec has it at *spot*, but perhaps for its namespace.
    """

    rank: Rank
    template: str
    view: object
    spot: Spot
    raw: Mapping[str, Any] | None = None
