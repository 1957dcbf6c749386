"""Reading plain data as the API server decodes it: null is nothing, a wrong type or an unknown field is no object."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from netgen.evaluate.objects.model import Unknown
from netgen.source import Spot
from netgen.source.templates import way_out

# k8s.io/apimachinery pkg/util/validation: IsDNS1123Subdomain, of which all other names are a part.
_OBJECT_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


class MalformedError(Exception):
    """The object at *spot* is not one that the API server takes, so nobody knows what the cluster would do."""

    def __init__(self, message: str, spot: Spot, *, at_key: bool = False) -> None:
        super().__init__(message)
        self.place = spot.key() if at_key else spot.value()


def misread(what: str, error: MalformedError) -> Unknown:
    """Return what is not known where *error* was found in *what*, an object of some kind."""
    return Unknown(f"{what} is not understood: {error}", error.place, way_out(error.place.text))


def mapping(value: object, spot: Spot) -> dict[str, Any]:
    """Return a map; null is an empty one."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise MalformedError(f"{_name(spot)} is not a map", spot)
    return value


def fields(value: object, known: frozenset[str], spot: Spot) -> dict[str, Any]:
    """Return a map that has *known* keys only, without those that are null."""
    found = mapping(value, spot)
    for key in found:
        if key not in known:
            raise MalformedError(f"the field {key!r} is not known in {_name(spot)}", spot.at(key), at_key=True)
    return {key: item for key, item in found.items() if item is not None}


def items(value: object, spot: Spot) -> Iterator[tuple[Any, Spot]]:
    """Yield the items of a list with their spots; null is an empty one."""
    if value is None:
        return
    if not isinstance(value, list):
        raise MalformedError(f"{_name(spot)} is not a list", spot)
    for index, item in enumerate(value):
        yield item, spot.at(index)


def text(value: object, spot: Spot) -> str:
    """Return a text."""
    if not isinstance(value, str):
        raise MalformedError(f"{_name(spot)} is not text", spot)
    return value


def object_name(value: object, spot: Spot) -> str:
    """Return the name of an object, which no reader can take for anything else."""
    found = text(value, spot)
    if not _OBJECT_NAME.fullmatch(found):
        raise MalformedError(f"{found!r} is no name", spot)
    return found


def namespace_name(value: object, spot: Spot) -> str:
    """Return the name of a namespace: unlike other names it has no dots, and at most 63 characters."""
    found = object_name(value, spot)
    if "." in found or len(found) > 63:
        raise MalformedError(f"{found!r} is no name of a namespace", spot)
    return found


def whole(value: object, spot: Spot, low: int, high: int) -> int:
    """Return a whole number from *low* to *high*."""
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise MalformedError(f"{_name(spot)} is not a number from {low} to {high}", spot)
    return value


def truth(value: object, spot: Spot) -> bool:
    """Return a truth value; null is false."""
    if value is None:
        return False
    if not isinstance(value, bool):
        raise MalformedError(f"{_name(spot)} is neither true nor false", spot)
    return value


def labels(value: object, spot: Spot) -> dict[str, str]:
    """Return a map of texts; a null in it is the empty text, as Go decodes it."""
    found = mapping(value, spot)
    for key, item in found.items():
        if item is not None and not isinstance(item, str):
            raise MalformedError(f"the value of {key!r} is not text", spot.at(key))
    return {key: item or "" for key, item in found.items()}


def _name(spot: Spot) -> str:
    """Return where the value stands in its object, as kubectl writes it."""
    shown = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in spot.path)
    return shown.lstrip(".") or "the document"
