"""What keeps a document from its shape, one problem a cause: jsonschema finds it, this module says it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from jsonschema import Draft202012Validator, ValidationError, validators

from netgen.problems import Problem, in_order
from netgen.source import Document
from netgen.spec.forms.text import nearest
from netgen.spec.schema.faults import TELLERS, Fault
from netgen.spec.schema.shape import TYPES, Schema, branch, compiled


def explain(document: Document, schema: Schema) -> tuple[Problem, ...]:
    """Return the problems of *document*, which lacks the shape of *schema* (see netgen.spec.schema.shape.enforced)."""
    errors = list(_Validator(schema).iter_errors(_suspects(document.data, schema)))
    faults = [
        Fault(
            spot=document.spot(*error.absolute_path),
            keyword=str(error.validator),
            limit=error.validator_value,
            value=error.instance,
            schema=error.schema,
            of_key="propertyNames" in error.absolute_schema_path,
        )
        for error in errors
    ]
    problems = [problem for fault in _causes(faults) for problem in TELLERS[fault.keyword](fault)]
    if not problems:
        raise AssertionError(f"{document.file}: a document without the shape of its kind, and nothing to say about it")
    return in_order(problems)


def _causes(faults: list[Fault]) -> list[Fault]:
    """Return *faults* without those that another at the same place explains: a wrong type, a misplaced long form."""
    mistyped = {(fault.spot.path, fault.of_key) for fault in faults if fault.is_of_type}
    misnamed = {fault.spot.path for fault in faults if fault.of_key}
    return [
        fault
        for fault in faults
        if (fault.is_of_type or (fault.spot.path, fault.of_key) not in mistyped)
        and not (fault.keyword == "anyOf" and isinstance(fault.value, dict) and fault.spot.path in misnamed)
    ]


def _suspects(data: Any, schema: Schema) -> Any:
    """Return *data* without the members of its free maps (the apps, say) that are in order by themselves.

    jsonschema needs a millisecond for an app; one bad app among thousands is not to cost seconds.
    """
    if not isinstance(data, dict):
        return data
    return {key: _faulty(value, schema["properties"].get(key, {})) for key, value in data.items()}


def _faulty(value: Any, schema: Schema) -> Any:
    if not isinstance(value, dict) or not isinstance(schema.get("additionalProperties"), dict):
        return value
    check = compiled(schema)
    return {key: member for key, member in value.items() if not check({key: member})}


def _is(kind: type) -> Any:
    return lambda _checker, value: type(value) is kind


def _any_of(validator: Any, branches: list[Schema], value: Any, _schema: Schema) -> Iterator[ValidationError]:
    """Judge *value* by the branch of its type alone, so that no error speaks of another."""
    chosen = branch(branches, value) or _meant(branches, value)
    if chosen is None:
        yield ValidationError("no branch takes this type")
    else:
        yield from validator.descend(value, chosen)


def _meant(branches: list[Schema], value: Any) -> Schema | None:
    """Return the kind of map that *value* without its telling key is nearest to, None where nothing speaks for one."""
    if not isinstance(value, dict):
        return None
    maps = [node for node in branches if node["type"] == "object"]
    telling = {node["required"][0]: node for node in maps}
    for key in value:
        close = nearest(str(key), list(telling))
        if close:
            return telling[close]
    return next((node for node in maps if value.keys() & node["properties"].keys()), None)


def _property_names(validator: Any, names: Schema, value: Any, _schema: Schema) -> Iterator[ValidationError]:
    """Judge the keys of *value*; unlike jsonschema's own rule, the path of an error ends with the key."""
    if isinstance(value, dict):
        for key in value:
            yield from validator.descend(key, names, path=key)


def _pattern(_validator: Any, pattern: str, value: Any, _schema: Schema) -> Iterator[ValidationError]:
    """Match the whole text: with jsonschema's own rule `$` lets a line break through."""
    if isinstance(value, str) and not compiled({"type": "string", "pattern": pattern})(value):
        yield ValidationError("no match")


_Validator: Final = validators.extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {"anyOf": _any_of, "propertyNames": _property_names, "pattern": _pattern},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many({name: _is(kind) for name, kind in TYPES.items()}),
)
