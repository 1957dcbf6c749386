"""The list of directions of a policy, which each kind has under a key of its own."""

from __future__ import annotations

from collections.abc import Iterator

from netgen.check.faults import Fault, Json, duplicate, forbidden, required, unsupported

SECTIONS = {"Ingress": "ingress", "Egress": "egress"}
"""The sections of rules by the words of the list."""


def listed(spec: Json, key: str, why: str) -> Iterator[Fault]:
    """Yield what is wrong with the list *key* of *spec*; *why* is what it is that must be written."""
    types = spec.get(key, ())
    if not types:
        yield required(f"spec.{key}", why)
        return
    for index, name in enumerate(types):
        if name not in SECTIONS:
            yield unsupported(f"spec.{key}[{index}]", name, SECTIONS)
        elif name in types[:index]:
            yield duplicate(f"spec.{key}[{index}]", name)
    for name, section in SECTIONS.items():
        if section in spec and name not in types:
            yield forbidden(f"spec.{section}", f"may not be written when `{key}` does not list '{name}'")
