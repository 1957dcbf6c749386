"""Plain data -> YAML in block style, a line for each key and item, and what each line is about."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import NamedTuple

from netgen.quoting import scalar

_IS_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*").fullmatch


class Line(NamedTuple):
    """One line of YAML without its end, and the path of the field that it is about: `apps.web.calls[1]`."""

    text: str
    field: str


def lines(value: object, indent: int = 0, field: str = "") -> Iterator[Line]:
    """Yield the lines of *value*, a map or list of such, text, numbers, truth and null, that is *field* of something.

    Text is quoted wherever a reader could take it for anything else, so that every reader gets the same value.
    """
    pad = " " * indent
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _entry(f"{pad}{scalar(str(key))}:", inner, indent, _member(field, str(key)))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _item(inner, indent, f"{field}[{number}]")


def _item(value: object, indent: int, field: str) -> Iterator[Line]:
    head = " " * indent + "- "
    if isinstance(value, dict | list) and value:
        inner = lines(value, indent + 2, field)
        first = next(inner)
        yield Line(head + first.text[len(head) :], first.field)
        yield from inner
    else:
        yield Line(head + _leaf(value), field)


def _entry(head: str, value: object, indent: int, field: str) -> Iterator[Line]:
    if isinstance(value, dict | list) and value:
        yield Line(head, field)
        yield from lines(value, indent + 2, field)
    else:
        yield Line(f"{head} {_leaf(value)}", field)


def _leaf(value: object) -> str:
    if value is None:
        return "null"
    if not isinstance(value, float):
        return scalar(value)
    if not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    text = repr(value)
    return text if "." in text else text.replace("e", ".0e")  # YAML 1.1 has no number without a point


def _member(field: str, key: str) -> str:
    if not _IS_WORD(key):
        return f"{field}[{json.dumps(key)}]"
    return f"{field}.{key}" if field else key


def text(value: object, indent: int = 0) -> str:
    """Return the same as one text, each line with its end."""
    return "".join(f"{line.text}\n" for line in lines(value, indent))
