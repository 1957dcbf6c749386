"""Label selectors, held against the rules of the API server."""

from __future__ import annotations

import re
from typing import Any

from netgen.evaluate.objects.model import Expression, Operator, Selector
from netgen.evaluate.objects.operators import OPERATORS
from netgen.evaluate.objects.values import MalformedError, fields, items, labels, text
from netgen.source import Spot

_FIELDS = frozenset(("matchLabels", "matchExpressions"))
_EXPRESSION = frozenset(("key", "operator", "values"))
_OPERATORS = {str(operator): operator for operator in OPERATORS}
_WITH_VALUES = (Operator.IN, Operator.NOT_IN)
# k8s.io/apimachinery pkg/util/validation: IsQualifiedName, IsValidLabelValue.
_NAME = r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)"
_DOMAIN = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*"
_KEY = re.compile(rf"((?=[^/]{{1,253}}/){_DOMAIN}/)?{_NAME}")
_VALUE = re.compile(f"{_NAME}?")


def selector(value: object, spot: Spot) -> Selector:
    """Return the LabelSelector *value*; null and a map without fields select everything."""
    found = fields(value, _FIELDS, spot)
    pairs = labels(found.get("matchLabels"), spot.at("matchLabels")) if "matchLabels" in found else {}
    for key, wanted in pairs.items():
        check(key, (wanted,), spot.at("matchLabels", key))
    if "matchExpressions" not in found:
        return Selector(tuple(sorted(pairs.items())))
    listed = items(found["matchExpressions"], spot.at("matchExpressions"))
    expressions = sorted({_expression(item, at) for item, at in listed})
    return Selector(tuple(sorted(pairs.items())), tuple(expressions))


def _expression(value: object, spot: Spot) -> Expression:
    found = fields(value, _EXPRESSION, spot)
    operator = _OPERATORS.get(_written(found, "operator"))
    if operator is None:
        raise MalformedError(f"{_written(found, 'operator')!r} is no operator of a selector", spot.at("operator"))
    values = sorted({text(item, at) for item, at in items(found.get("values"), spot.at("values"))})
    if bool(values) != (operator in _WITH_VALUES):
        needs = "needs values" if operator in _WITH_VALUES else "takes no values"
        raise MalformedError(f"the operator {operator} {needs}", spot.at("operator"))
    key = _written(found, "key")
    check(key, values, spot.at("key"))
    return Expression(key, operator, tuple(values))


def _written(found: dict[str, Any], key: str) -> str:
    value = found.get(key, "")
    return value if isinstance(value, str) else str(value)


def is_label(key: str, value: str) -> bool:
    """Return whether the API server takes a label of *key* and *value*."""
    return bool(_KEY.fullmatch(key) and _VALUE.fullmatch(value))


def check(key: str, values: list[str] | tuple[str, ...], spot: Spot) -> None:
    """Raise MalformedError where *key* is no key of a label, or one of *values* no value."""
    if not _KEY.fullmatch(key):
        raise MalformedError(f"{key!r} is no label key", spot, at_key=True)
    for value in values:
        if not _VALUE.fullmatch(value):
            raise MalformedError(f"{value!r} is no label value", spot)
