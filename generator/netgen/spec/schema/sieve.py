"""What is left of a document when its faults are taken out, so that the rest can be read and judged as well."""

from __future__ import annotations

from typing import Any, Final

from netgen.spec.schema.later import LATER
from netgen.spec.schema.shape import Check, Schema, branch, compiled

_BY_KEY: Final = frozenset({"Connectivity", "Platform", "metadata", "app", "entry point"})
"""The maps that can be read without one of their keys; of any other, the rest means something else without it."""
_NAMELESS: Final = frozenset({"apiVersion", "kind", "metadata", "selectBy", "isolate", "never", "raw"})
"""The keys of a document in which neither an app nor a peer gets its name."""
_TEXT: Final[Schema] = {"type": "string"}


def sieve(data: dict[str, Any], schema: Schema) -> dict[str, Any] | None:
    """Return *data* without the faults that keep it from the shape of *schema*, or None where nothing is left.

    An app of which nothing is left stays by its name, so that whoever calls it has not made a mistake.
    """
    return _Sieve().of_map(data, schema)


def names_all(data: dict[str, Any], left: dict[str, Any]) -> bool:
    """Return whether *left* has every app and peer of *data*; an unknown key of the document may hold others."""
    strange = data.keys() - left.keys() - LATER["Connectivity"].keys() - _NAMELESS
    return not strange and all(left.get(key, {}).keys() == data.get(key, {}).keys() for key in ("apps", "peers"))


class _Sieve:
    """Takes values apart; keeps the checks that it compiles, since one schema judges many values."""

    def __init__(self) -> None:
        self._checks: dict[int, Check] = {}

    def of_map(self, value: dict[str, Any], schema: Schema) -> dict[str, Any] | None:
        left = {}
        for key, member in value.items():
            node = schema.get("properties", {}).get(key, schema.get("additionalProperties"))
            if not isinstance(node, dict):
                continue
            kept = self._of(member, node)
            if kept is None and schema.get("title") == "apps":
                kept = {}
            if kept is not None and self._fits(key, schema.get("propertyNames", _TEXT)):
                left[key] = kept
            elif not _can_lack(schema, key):
                return None
        return left if left and self._fits(left, schema) else None

    def _of(self, value: Any, schema: Schema) -> Any:
        if self._fits(value, schema):
            return value
        chosen = branch(schema["anyOf"], value) if "anyOf" in schema else schema
        if isinstance(value, dict) and chosen and chosen["type"] == "object":
            return self.of_map(value, chosen)
        if isinstance(value, list) and chosen and chosen["type"] == "array":
            left = [self._of(item, chosen["items"]) for item in value]
            return left if None not in left and self._fits(left, chosen) else None
        return None

    def _fits(self, value: Any, schema: Schema) -> bool:
        check = self._checks.get(id(schema))
        if check is None:
            self._checks[id(schema)] = check = compiled(schema)
        return check(value)


def _can_lack(schema: Schema, key: str) -> bool:
    """Return whether a map of *schema* can be read without its member *key*; of labels, all count."""
    others = schema.get("additionalProperties")
    if (schema.get("title"), key) == ("entry point", "controller"):
        return False  # the class may have no profile
    return schema.get("title") in _BY_KEY or (isinstance(others, dict) and others.get("type") != "string")
