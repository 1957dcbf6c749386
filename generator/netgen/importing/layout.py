"""Documents as plain data -> the text of a spec: short things on one line, the rest below each other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from netgen.quoting import scalar

SCHEMA = "# yaml-language-server: $schema=.netgen.schema.json\n"
_WIDTH = 110
_PLAIN = re.compile(
    r"(?!0)[0-9]{1,5} -> [0-9]{1,5}(/[a-z]+)?|(?!0)[0-9]{1,5}/[a-z]+"  # ports
    r"|[a-z][a-z0-9-]*(/([a-z0-9-]+|\*))?(:[a-z0-9-]+(/[a-z]+)?)?"  # apps, namespaces, wildcards
    r"|[a-z]+://[A-Za-z0-9._~/-]+(:[0-9]+)?|[0-9]{1,3}(\.[0-9]{1,3}){3}(/[0-9]{1,2})?"  # URLs and addresses
    r"|nodePort [0-9]+|secret [a-z0-9.-]+"
)
"""Texts of the language that every reader takes as they stand."""
_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"))


def text(documents: Iterable[dict[str, Any]]) -> str:
    """Return *documents* as a spec."""
    return SCHEMA + "---\n".join("".join(f"{line}\n" for line in _map(each, 0)) for each in documents)


def _map(data: dict[str, Any], depth: int) -> Iterator[str]:
    pad = "  " * depth
    for key, value in data.items():
        start = f"{pad}{_scalar(key)}:"
        flow = _flow(value)
        whole = f"{start} {flow}"
        if (
            not isinstance(value, (dict, list))
            or not value
            or (not _is_long(key, value, depth) and len(whole) < _WIDTH)
        ):
            yield whole
        elif isinstance(value, dict):
            yield start
            yield from _map(value, depth + 1)
        else:
            yield start
            yield from (f"{pad}  - {_flow(item)}" for item in value)


def _is_long(key: str, value: object, depth: int) -> bool:
    """Return whether a value has a line for each member however short it is, as the apps and each of them have."""
    if not isinstance(value, dict) or depth > 1:
        return False
    return key in ("apps", "peers", "entrypoints") if depth == 0 else len(value) > 1 and "namespace" not in value


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value)


def _scalar(value: object) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value not in _WORDS:
        return value
    return str(scalar(value))
