"""Kubernetes' OpenAPI document -> strict, standalone JSON Schemas for kubeconform, which then needs no network.

A JSON Schema lets unknown fields pass unless it says otherwise, and `kubeconform -strict` adds nothing to schemas that
it is given, so every object that lists its fields is closed here. Enumerations are not part of the OpenAPI document: a
protocol FOO passes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from crd_schemas import closed

GROUPS = ("", "networking.k8s.io")
LOCATION = "{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json"

# Words of OpenAPI that mean nothing, or something else, in a JSON Schema.
_FOREIGN = ("default", "description", "example", "format")

# The document calls these two plain text; the API server reads numbers as well.
_PORT_OR_NAME = {"type": ["integer", "string"]}
_AMOUNT = {"type": ["number", "string"]}
_QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"


def write(openapi: Path, folder: Path) -> None:
    """Write a schema for each kind of GROUPS in the document *openapi*, so that LOCATION finds it below *folder*.

    kubeconform takes `v1` for the group of the core kinds, so theirs lie in a folder of that name.
    """
    definitions = json.loads(openapi.read_bytes())["definitions"]
    for definition, group, version, kind in _kinds(definitions):
        file = folder / (group or "v1") / f"{kind.lower()}_{version}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        api_version = f"{group}/{version}" if group else version
        file.write_text(json.dumps(_standalone(definition, api_version, kind, definitions)), encoding="utf-8")


def _kinds(definitions: Mapping[str, Any]) -> Iterator[tuple[Any, str, str, str]]:
    """Find the definitions that are a kind of their own; DeleteOptions and the like stand for many groups."""
    for definition in definitions.values():
        match definition.get("x-kubernetes-group-version-kind"):
            case [{"group": group, "version": version, "kind": kind}] if group in GROUPS:
                yield definition, group, version, kind


def _standalone(definition: Any, api_version: str, kind: str, definitions: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of one kind with all that it refers to inside."""
    schema = _strict(definition)
    schema["properties"] |= {"apiVersion": {"const": api_version}, "kind": {"const": kind}}
    schema["required"] = sorted({*schema.get("required", ()), "apiVersion", "kind"})
    schema["definitions"] = {}
    waiting = list(_references(definition))
    while waiting:
        name = waiting.pop()
        if name not in schema["definitions"]:
            schema["definitions"][name] = _AMOUNT if name == _QUANTITY else _strict(definitions[name])
            waiting.extend(_references(definitions[name]))
    return {"$schema": "http://json-schema.org/draft-07/schema#", **schema}


def _strict(node: Any) -> Any:
    """Return an OpenAPI schema as a JSON Schema that allows no field beyond the listed ones."""
    if node.get("format") == "int-or-string":
        return _PORT_OR_NAME
    schema = {key: value for key, value in node.items() if key not in _FOREIGN and not key.startswith("x-")}
    return closed(schema, _strict)


def _references(node: Any) -> Iterator[str]:
    """Find the names of the definitions that *node* refers to."""
    if isinstance(node, list):
        node = dict(enumerate(node))
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref" and isinstance(value, str):
                yield value.rpartition("/")[2]
            else:
                yield from _references(value)
