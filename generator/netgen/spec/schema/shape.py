"""A JSON Schema as a function: the fast answer to whether a value has the shape, for the keywords that netgen uses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

Schema = dict[str, Any]
Check = Callable[[Any], bool]

TYPES: Final[dict[str, type]] = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}
"""JSON type -> the one Python type of its values; a bool is no integer, and neither is 80.0."""

ANNOTATIONS: Final = frozenset(
    (
        *("$schema", "$id", "$defs", "title", "description", "markdownDescription", "patternErrorMessage"),
        *("examples", "default", "x-form", "x-code", "x-fix", "x-editor"),
    )
)
"""Keywords that judge nothing. x-form names the parser of a short form, x-code the problem code of a pattern, x-fix
what to write instead, by the JSON type of what was written (%KEY and %VALUE: its key, and itself); x-editor holds what
*enforced* set aside."""

KEYWORDS: Final = {
    "string": frozenset({"type", "const", "enum", "pattern", "minLength"}),
    "integer": frozenset({"type", "minimum", "maximum"}),
    "boolean": frozenset({"type", "const"}),
    "array": frozenset({"type", "items", "minItems", "uniqueItems"}),
    "object": frozenset({"type", "properties", "required", "additionalProperties", "propertyNames", "minProperties"})
    | {"dependentSchemas"},
    "any": frozenset({"anyOf"}),
}
"""JSON type -> the keywords that may judge its values; "any" is a choice between types."""

FORMS: Final = frozenset({"pattern", "minProperties", "not", "if", "then", "else"})
"""Keywords that only editors judge where a node has an x-form: the form's parser is stricter and says it better."""


def enforced(schema: Schema) -> Schema:
    """Return *schema* without `$ref`, `$defs` and what is left to the forms parser.

    A keyword beside a `$ref` wins over the one of its target. Equal nodes of the result may be one object.
    """
    definitions = schema.get("$defs", {})
    known: dict[str, Schema] = {}

    def resolve(node: Any) -> Any:
        if isinstance(node, list):
            return [resolve(item) for item in node]
        if not isinstance(node, dict):
            return node
        reference = node.get("$ref")
        own = {key: _resolved(key, value, resolve) for key, value in node.items() if key not in ("$ref", "$defs")}
        if reference is not None:
            name = reference.removeprefix("#/$defs/")
            if name not in known:
                known[name] = resolve(definitions[name])
            own = known[name] | own if own else known[name]
        return _without_forms(own) if "x-form" in own else own

    result: Schema = resolve(schema)
    return result


def _resolved(key: str, value: Any, resolve: Callable[[Any], Any]) -> Any:
    """Resolve the schemas in the *value* of a keyword; examples are none, and properties have any name."""
    if key in ("properties", "dependentSchemas"):
        return {name: resolve(node) for name, node in value.items()}
    return value if key in ANNOTATIONS or key in ("enum", "const", "required") else resolve(value)


def _without_forms(node: Schema) -> Schema:
    left = {key: value for key, value in node.items() if key in FORMS}
    kept = {key: value for key, value in node.items() if key not in FORMS}
    return kept | {"x-editor": node.get("x-editor", {}) | left}


def branch(branches: list[Schema], value: Any) -> Schema | None:
    """Return the one of *branches* that judges *value*, by its type, or None.

    Maps are told apart by a key: the first that the branch requires.
    """
    kind = type(value)
    fitting = [node for node in branches if TYPES[node["type"]] is kind]
    if len(fitting) < 2:
        return fitting[0] if fitting else None
    return next((node for node in fitting if node["required"][0] in value), None)


def compiled(schema: Schema) -> Check:
    """Return the function that tells whether a value has the shape of *schema*, as *enforced* returns it.

    Raises ValueError for a keyword that it does not know.
    """
    known: dict[int, Check] = {}  # one definition serves many places

    def check(node: Schema) -> Check:
        found = known.get(id(node))
        if found is None:
            known[id(node)] = found = _compiled(node, check)
        return found

    return check(schema)


def _compiled(node: Schema, check: Callable[[Schema], Check]) -> Check:
    kind = "any" if "anyOf" in node else node.get("type", "object")
    unknown = node.keys() - KEYWORDS[kind] - ANNOTATIONS
    if unknown:
        raise ValueError(f"keywords of no use for {kind}: {', '.join(sorted(unknown))}")
    match kind:
        case "any":
            return _choice(node["anyOf"], check)
        case "object":
            return _map(node, check)
        case "array":
            return _list(node, check)
        case "integer":
            return _integer(node)
        case "boolean":
            return _boolean(node)
        case _:
            return _text(node)


def _choice(branches: list[Schema], check: Callable[[Schema], Check]) -> Check:
    groups: dict[type, list[tuple[str, Check]]] = {}
    for node in branches:
        groups.setdefault(TYPES[node["type"]], []).append((node.get("required", [""])[0], check(node)))
    checks = {kind: group[0][1] if len(group) == 1 else _keyed(group) for kind, group in groups.items()}
    return lambda value: checks.get(type(value), _never)(value)


def _keyed(group: list[tuple[str, Check]]) -> Check:
    return lambda value: next((check for key, check in group if key in value), _never)(value)


def _text(node: Schema) -> Check:
    choices = frozenset([node["const"]] if "const" in node else node.get("enum", ()))
    if choices:
        return lambda value: type(value) is str and value in choices
    if "pattern" in node:
        fits = re.compile(node["pattern"], re.ASCII).fullmatch
        return lambda value: type(value) is str and fits(value) is not None
    least = node.get("minLength", 0)
    return lambda value: type(value) is str and len(value) >= least


def _integer(node: Schema) -> Check:
    least, most = node["minimum"], node["maximum"]
    return lambda value: type(value) is int and least <= value <= most


def _boolean(node: Schema) -> Check:
    choices = (node["const"],) if "const" in node else (True, False)
    return lambda value: type(value) is bool and value in choices


def _list(node: Schema, check: Callable[[Schema], Check]) -> Check:
    item, least, distinct = check(node["items"]), node.get("minItems", 0), node.get("uniqueItems", False)

    def is_list(value: Any) -> bool:
        if type(value) is not list or len(value) < least or not _all(item, value):
            return False
        return not distinct or len(set(value)) == len(value)

    return is_list


def _map(node: Schema, check: Callable[[Schema], Check]) -> Check:
    members = {name: check(member) for name, member in node.get("properties", {}).items()}
    others = _others(node, check)
    name = check(node["propertyNames"]) if "propertyNames" in node else _always
    required, least = frozenset(node.get("required", ())), node.get("minProperties", 0)
    beside = tuple((key, check(rule)) for key, rule in node.get("dependentSchemas", {}).items())

    def is_map(value: Any) -> bool:
        if type(value) is not dict or len(value) < least or not required <= value.keys():
            return False
        for key, member in value.items():
            if not members.get(key, others)(member) or not name(key):
                return False
        return all(rule(value) for key, rule in beside if key in value)

    return is_map


def _others(node: Schema, check: Callable[[Schema], Check]) -> Check:
    rest = node.get("additionalProperties", True)
    if isinstance(rest, bool):
        return _always if rest else _never
    return check(rest)


def _all(check: Check, values: Iterable[Any]) -> bool:
    return all(map(check, values))


def _always(_: Any) -> bool:
    return True


def _never(_: Any) -> bool:
    return False
