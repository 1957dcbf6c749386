"""What the API server says about one field: the fault and its phrases."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

Json = dict[str, Any]
"""A map of a manifest whose shape has been compared, so that its members have the types of the table."""

_SHOWN = 80


class Fault(NamedTuple):
    """One field that the API server would refuse: its path, `spec.ports[1].name`, and what is wrong with it."""

    path: str
    detail: str


def invalid(path: str, value: object, why: str) -> Fault:
    """Return the fault of a value that breaks the rule *why*."""
    return Fault(path, f"Invalid value: {quoted(value)}: {why}")


def invalid_each(path: str, value: object, reasons: Iterable[str]) -> list[Fault]:
    """Return a fault of *value* for each of the rules that it breaks."""
    return [invalid(path, value, why) for why in reasons]


def required(path: str, why: str = "") -> Fault:
    """Return the fault of a field that must be written."""
    return Fault(path, f"Required value: {why}" if why else "Required value")


def forbidden(path: str, why: str) -> Fault:
    """Return the fault of a field that must not stand here."""
    return Fault(path, f"Forbidden: {why}")


def duplicate(path: str, value: object) -> Fault:
    """Return the fault of a value that stands twice."""
    return Fault(path, f"Duplicate value: {quoted(value)}")


def unsupported(path: str, value: object, supported: Iterable[str]) -> Fault:
    """Return the fault of a word that is none of the *supported* ones."""
    words = ", ".join(json.dumps(word) for word in supported)
    return Fault(path, f"Unsupported value: {quoted(value)}: supported values: {words}")


def quoted(value: object) -> str:
    """Return a scalar as it is shown in a message: text in double quotes, cut after 80 characters."""
    if isinstance(value, str) and len(value) > _SHOWN:
        value = value[:_SHOWN] + "…"
    return json.dumps(value, ensure_ascii=False)
