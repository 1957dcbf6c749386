"""The rules about metadata and selectors that every kind shares."""

from __future__ import annotations

from collections.abc import Iterator

from netgen.check import names
from netgen.check.faults import Fault, Json, forbidden, invalid, invalid_each, required

_ANNOTATIONS_LIMIT = 256 * 1024


def faults(metadata: Json, name_rule: names.Rule, *, is_namespaced: bool = True) -> Iterator[Fault]:
    """Yield what is wrong with the metadata of an object whose name follows *name_rule*.

    Source: k8s.io/apimachinery pkg/api/validation/objectmeta.go.
    """
    for field, rule in (("name", name_rule), ("namespace", names.dns_label))[: 2 if is_namespaced else 1]:
        text = metadata.get(field)
        if not text:
            yield required(f"metadata.{field}")
        else:
            yield from invalid_each(f"metadata.{field}", text, rule(text))
    yield from labels(metadata.get("labels", {}), "metadata.labels")
    yield from annotated(metadata.get("annotations", {}), "metadata.annotations")


def labels(pairs: dict[str, str], path: str) -> Iterator[Fault]:
    """Yield the keys and values of *pairs* that are none of a label."""
    for key, value in pairs.items():
        for why in names.label_key(key):
            yield invalid(path, key, why)
        for why in names.label_value(value):
            yield invalid(path, value, why)


def annotated(pairs: dict[str, str], path: str) -> Iterator[Fault]:
    """Yield the keys of *pairs* that are none of an annotation, and that they are too long together."""
    for key in pairs:
        yield from invalid_each(path, key, names.label_key(key.lower()))
    size = sum(_bytes(key) + _bytes(value) for key, value in pairs.items())
    if size > _ANNOTATIONS_LIMIT:
        yield Fault(path, f"Too long: may not be more than {_ANNOTATIONS_LIMIT} bytes")


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(errors="surrogatepass"))


def selector(chosen: Json, path: str) -> Iterator[Fault]:
    """Yield what is wrong with a LabelSelector; the empty one is right, and selects everything.

    Source: k8s.io/apimachinery pkg/apis/meta/v1/validation/validation.go.
    """
    if "matchLabels" in chosen:
        yield from labels(chosen["matchLabels"], f"{path}.matchLabels")
    for index, expression in enumerate(chosen.get("matchExpressions", ())):
        yield from _expression(expression, f"{path}.matchExpressions[{index}]")


def _expression(expression: Json, path: str) -> Iterator[Fault]:
    operator, values = expression.get("operator", ""), expression.get("values", ())
    if operator in ("In", "NotIn"):
        if not values:
            yield required(f"{path}.values", "must be specified when `operator` is 'In' or 'NotIn'")
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            yield forbidden(f"{path}.values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
    else:
        yield invalid(f"{path}.operator", operator, "not a valid selector operator")
    key = expression.get("key", "")
    yield from invalid_each(f"{path}.key", key, names.label_key(key))
    for index, value in enumerate(values):
        yield from invalid_each(f"{path}.values[{index}]", value, names.label_value(value))
