"""The words of the gate's messages: what was written, what was expected, what may have been meant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from netgen.source import Spot
from netgen.spec.forms.text import shown
from netgen.spec.schema.shape import Schema

_LONGEST_EXAMPLE = 100


def choices(values: Sequence[Any]) -> str:
    """Return *values* as `a`, `b` or `c`."""
    return joined([shown(plain(value)) for value in values])


def joined(words: Sequence[str]) -> str:
    """Return *words* as an enumeration: a, b or c."""
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def plain(value: Any) -> str:
    """Return *value*, text or a flat value of JSON, as it is written in YAML."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, list):
        return f"[{', '.join(map(plain, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {plain(item)}" for key, item in value.items()) + "}"
    return str(value)


def subject(spot: Spot) -> str:
    """Return how a message names the value at *spot*."""
    last = spot.path[-1] if spot.path else None
    if isinstance(last, str):
        return shown(last)
    name = next((key for key in reversed(spot.path) if isinstance(key, str)), None)
    return f"an item of {shown(name)}" if name else "the document"


def expected(schema: Schema) -> str:
    """Return which values *schema* takes, in words."""
    nodes = schema.get("anyOf", [schema])
    return joined(list(dict.fromkeys(word for node in nodes for word in _alternatives(node))))


def _alternatives(schema: Schema) -> list[str]:
    if "const" in schema or "enum" in schema:
        return [shown(plain(value)) for value in schema.get("enum", [schema.get("const")])]
    example, required = schema.get("examples"), schema.get("required")
    if schema["type"] == "string" and example:
        return [f"text such as {shown(example[0])}"]
    if schema["type"] == "object" and required:
        return [f"a map with {' and '.join(map(shown, required))}"]
    words = {"string": "text", "integer": "a whole number", "boolean": "true or false", "array": "a list"}
    return [words.get(schema["type"], "a map")]


def given(value: Any, spot: Spot) -> str:
    """Return what stands at *spot* in words; *value* is what YAML made of it."""
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "a map"
    written = spot.written()
    if value is None:
        return f"the empty value {shown(written)}" if written else "nothing"
    kind = {str: "the text", bool: "the truth value"}.get(type(value), "the number")
    return f"{kind} {shown(written)}"


def instead(value: Any, schema: Schema, spot: Spot) -> str:
    """Return what to write instead of *value*, whose type *schema* does not take."""
    own = own_fix(value, schema, spot)
    if own:
        return own
    nodes = schema.get("anyOf", [schema])
    if value is None:
        return f"give {subject(spot)} a value, or leave it out"
    if isinstance(value, str):
        return _unquoted(value, nodes) or _listed(spot.written(), nodes) or _like(schema, nodes)
    if isinstance(value, list | dict):
        return _like(schema, nodes) if isinstance(value, list) else ""
    if isinstance(value, float) and value.is_integer() and "integer" in {node["type"] for node in nodes}:
        return f"write {int(value)}"
    written = spot.written()
    return f'write "{written}" in quotes' if any(takes(node, written) for node in nodes) else ""


def own_fix(value: Any, schema: Schema, spot: Spot) -> str:
    """Return what *schema* itself says to write instead of *value*; VALUE and KEY stand for what the spec has there."""
    own = str(schema.get("x-fix", {}).get(json_type(value), ""))
    key = next((step for step in reversed(spot.path) if isinstance(step, str)), "")
    return own.replace("%KEY", key).replace("%VALUE", spot.written() or "VALUE") if own else ""


def takes(schema: Schema, text: str) -> bool:
    """Return whether *schema* is for texts and takes *text*, the pattern that only editors judge included."""
    if schema["type"] != "string" or not text:
        return False
    pattern = schema.get("pattern") or schema.get("x-editor", {}).get("pattern")
    if pattern:
        return re.fullmatch(pattern, text, re.ASCII) is not None
    return text in schema.get("enum", [schema.get("const", text)])


def json_type(value: Any) -> str:
    """Return the name that JSON has for the type of *value*."""
    names = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
    return names.get(type(value), "null")


def _listed(written: str, nodes: list[Schema]) -> str:
    """Return the one item *written* as a list, where nothing but a list of texts is taken."""
    types = [node["type"] for node in nodes]
    items = nodes[0].get("items", {}) if types == ["array"] else {}
    texts = "string" in [node.get("type") for node in items.get("anyOf", [items])]
    return f"put it into a list: [{written}]" if texts and written else ""


def _like(schema: Schema, nodes: list[Schema]) -> str:
    """Return an example of *schema* where nothing but a map is taken, and the example is short."""
    example = plain(next(iter(schema.get("examples", ())), ""))
    fits = bool(example) and len(example) <= _LONGEST_EXAMPLE and all(node["type"] == "object" for node in nodes)
    return f"write it like {example}" if fits else ""


def _unquoted(value: str, nodes: list[Schema]) -> str:
    types = {node["type"] for node in nodes}
    if "integer" in types and re.fullmatch("[1-9][0-9]*", value, re.ASCII):
        return f"write {value} without quotes"
    if "boolean" in types and value in ("true", "false"):
        return f"write {value} without quotes"
    return ""
