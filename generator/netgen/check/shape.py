"""The fields that a manifest may have, and the comparison of a body with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import repeat

from netgen.check.faults import Fault, quoted

Shape = type | tuple[type, ...] | list["Shape"] | dict[str, "Shape"]
"""The fields of a manifest, drawn like it.

A type is a scalar of just this type, a tuple a choice of them, `[shape]` a list, `{name: shape}` a map with these
names, TEXTS a map of text to text.
"""

UNKNOWN = "Forbidden: unknown field"
"""What is said of a field that is in no table; the API server may know it."""

TEXTS: Shape = Mapping
_TEXT = {str}
_WORDS = {str: "a string", int: "an integer", bool: "a boolean", float: "a number"}

SELECTOR: Shape = {
    "matchLabels": TEXTS,
    "matchExpressions": [{"key": str, "operator": str, "values": [str]}],
}


def object_of(spec: Shape) -> Shape:
    """Return the shape of a namespaced object with this *spec*."""
    return _object({"name": str, "namespace": str, "labels": TEXTS, "annotations": TEXTS}, spec)


def cluster_object_of(spec: Shape) -> Shape:
    """Return the shape of an object of the cluster, which is in no namespace, with this *spec*."""
    return _object({"name": str, "labels": TEXTS, "annotations": TEXTS}, spec)


def _object(metadata: Shape, spec: Shape) -> Shape:
    return {"apiVersion": str, "kind": str, "metadata": metadata, "spec": spec}


def fits(value: object, shape: Shape) -> bool:
    """Say whether *value* has the form *shape*, as `misfits` without a fault does, at a fraction of its cost."""
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return False
        for name, member in value.items():
            inner = shape.get(name)
            # Most members are scalars: a call for each would cost as much as all the rest.
            if type(member) is not inner and (inner is None or not fits(member, inner)):
                return False
        return True
    if isinstance(shape, list):
        return isinstance(value, list) and bool(value) and all(map(fits, value, repeat(shape[0])))
    if shape is TEXTS:
        return isinstance(value, dict) and {*map(type, value), *map(type, value.values())} == _TEXT
    return type(value) is shape or (isinstance(shape, tuple) and type(value) in shape)


def misfits(value: object, shape: Shape, path: str = "") -> Iterator[Fault]:
    """Yield where *value* has another form than *shape*: types, strange fields, nulls, and what is empty.

    An empty list and a null mean "everything" in one field and "nothing" in the next, so neither is ever written; an
    empty map stands only where a map of named fields does, `podSelector: {}`.
    """
    if isinstance(shape, dict):
        yield from _fields(value, shape, path)
    elif isinstance(shape, list):
        yield from _items(value, shape[0], path)
    elif shape is TEXTS:
        yield from _texts(value, path)
    elif not fits(value, shape):
        wanted = shape if isinstance(shape, tuple) else (shape,)
        yield _other_type(value, " or ".join(_WORDS[kind] for kind in wanted), path)


def _fields(value: object, shape: dict[str, Shape], path: str) -> Iterator[Fault]:
    if not isinstance(value, dict):
        yield _other_type(value, "a map", path)
        return
    for name, member in value.items():
        below = f"{path}.{name}" if path else str(name)
        if name in shape:
            yield from misfits(member, shape[name], below)
        elif below == "status":
            yield Fault(below, "Forbidden: the cluster fills it in, so it is never rendered")
        else:
            yield Fault(below, UNKNOWN)


def _items(value: object, shape: Shape, path: str) -> Iterator[Fault]:
    if not isinstance(value, list):
        yield _other_type(value, "a list", path)
    elif not value:
        yield Fault(path, "Invalid value: []: must not be empty")
    else:
        for index, item in enumerate(value):
            yield from misfits(item, shape, f"{path}[{index}]")


def _texts(value: object, path: str) -> Iterator[Fault]:
    if not isinstance(value, dict):
        yield _other_type(value, "a map", path)
    elif not value:
        yield Fault(path, "Invalid value: {}: must not be empty")
    else:
        for key, text in value.items():
            if type(key) is not str or type(text) is not str:
                yield _other_type(text if type(key) is str else key, "a string", f"{path}[{key}]")


def _other_type(value: object, wanted: str, path: str) -> Fault:
    shown = "a map" if isinstance(value, dict) else "a list" if isinstance(value, list) else quoted(value)
    return Fault(path, f"Invalid value: {shown}: must be {wanted}")
