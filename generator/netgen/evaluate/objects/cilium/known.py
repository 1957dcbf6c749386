"""What reading one of Cilium's policies needs of the cluster around it, and what it finds that is not evaluated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from netgen.evaluate.objects.model import Unknown
from netgen.evaluate.objects.values import MalformedError, fields, items
from netgen.evaluate.objects.ways import ServiceObject
from netgen.problems import Place
from netgen.source import Spot


@dataclass(frozen=True, slots=True)
class Group:
    """A CiliumCIDRGroup: blocks outside of the cluster, by name and by labels."""

    name: str
    labels: tuple[tuple[str, str], ...]
    cidrs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """A policy of *kind* in *namespace* ("" for a clusterwide one), and the *services* and *groups* it may speak of.

    What a reader does not understand goes to *unknowns*.
    """

    kind: str
    namespace: str
    services: tuple[ServiceObject, ...] = ()
    groups: tuple[Group, ...] = ()
    unknowns: list[Unknown] = field(default_factory=list)

    def unknown(self, what: str, place: Place, fix: str = "") -> None:
        """Note *what*, a sentence about something in the policy that is not evaluated."""
        self.unknowns.append(Unknown(f"a {self.kind} is not evaluated: {what}", place, fix))


def record(value: object, known: frozenset[str], spot: Spot) -> dict[str, Any]:
    """Return a map that has *known* keys only, without those that are null; no map at all is refused, unlike there."""
    if value is None:
        raise MalformedError("there is null, and a map is needed", spot)
    return fields(value, known, spot)


def each(value: object, spot: Spot) -> Iterator[tuple[Any, Spot]]:
    """Yield the items of a list with their spots; a null among them is refused."""
    for item, at in items(value, spot):
        if item is None:
            raise MalformedError("there is null in the list", at)
        yield item, at
