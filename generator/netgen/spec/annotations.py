"""Annotations for which no spec can answer: refused, unless the Platform allows them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from netgen.annotations import unsafe_key, unsafe_value
from netgen.problems import Problem
from netgen.source import Spot
from netgen.spec.forms.text import shown


def judge(pairs: Iterable[tuple[str, str]], spot: Spot, allowed: Collection[str], found: list[Problem]) -> None:
    """Add a problem for each unsafe one of the annotations at *spot*: an error, or a warning where it is *allowed*."""
    for key, value in pairs:
        of_key, of_value = unsafe_key(key, value), unsafe_value(key, value)
        if not of_key and not of_value:
            continue
        place = spot.at(key).key() if of_key else spot.at(key).value()
        message = f"{shown(key)} {of_key or of_value}"
        if key in allowed:
            found.append(Problem("annotation-allowed", place, f"{message}; the Platform allows it"))
        else:
            fix = f"leave it out, or allow it in the Platform:  unsafeAnnotations: [{key}]"
            found.append(Problem("unsafe-annotation", place, message, fix=fix))
