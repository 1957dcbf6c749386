"""The built-in profiles of Ingress controllers, from netgen/profiles/controllers.yaml."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from netgen.intent import Entities, Entity, Pairs, Pods, Selector
from netgen.records import record
from netgen.source import Dialect, read


@record
class Controller:
    """An Ingress controller: its data plane, pods or an entity, and the annotations that lead plain HTTP to HTTPS.

    *strict_paths*: it takes only letters, digits, '.', '-', '_' and '/' in Exact and Prefix paths. *needs_secret*: it
    serves an https host only with a Secret that the Ingress names.
    """

    data_plane: Pods | Entities
    secure: Pairs = ()
    strict_paths: bool = False
    needs_secret: bool = False


@record
class Controllers:
    """The profiles by their own name and by the Ingress classes for which they are the default."""

    by_name: dict[str, Controller]
    by_class: dict[str, Controller]


@cache
def controllers() -> Controllers:
    """Return the built-in profiles, read once."""
    path = Path(__file__).parents[1] / "profiles" / "controllers.yaml"
    data: Any = read(path.read_bytes(), path.name, Dialect.SPEC).documents[0].data
    by_name = {name: _controller(record) for name, record in data.items()}
    by_class = {name: by_name[profile] for profile, record in data.items() for name in record["classes"]}
    return Controllers(by_name, by_class)


def _controller(record: dict[str, Any]) -> Controller:
    return Controller(
        _plane(record),
        tuple(sorted(record.get("secure", {}).items())),
        strict_paths=record.get("strict_paths", False),
        needs_secret=record.get("needs_secret", False),
    )


def _plane(record: dict[str, Any]) -> Pods | Entities:
    if "entity" in record:
        return Entities((Entity(record["entity"]),))
    return Pods(record["namespace"], Selector(tuple(sorted(record["labels"].items()))))
