"""CustomResourceDefinitions -> strict, standalone JSON Schemas for kubeconform.

`python tests/crd_schemas.py FOLDER FILE...` writes a schema for each version of each definition in the YAML FILEs below
FOLDER, where LOCATION of kubernetes_schemas finds it. The schema of a definition lets unknown fields pass, so every
object that lists its fields is closed here; of its metadata a manifest may say what METADATA lists, and a manifest has
no status. The rules in CEL are those of crd_rules.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

import crd_rules

_TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
METADATA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 253},
        "namespace": {"type": "string"},
        "labels": _TEXTS,
        "annotations": _TEXTS,
    },
    "required": ["name"],
    "additionalProperties": False,
}

# Words of OpenAPI that mean nothing, or something else, in a JSON Schema.
_FOREIGN = ("default", "description", "example", "format", "nullable")

# The API server checks these formats, of which a JSON Schema knows nothing.
_PATTERNS = {"cidr": r"^[0-9A-Fa-f:.]+/[0-9]{1,3}$"}


def write(folder: Path, files: list[Path]) -> None:
    """Write the schemas of the definitions in *files* below *folder*."""
    for file in files:
        body = yaml.load(file.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
        spec = body["spec"]
        for version in spec["versions"]:
            target = folder / spec["group"] / f"{spec['names']['kind'].lower()}_{version['name']}.json"
            target.parent.mkdir(parents=True, exist_ok=True)
            schema = standalone(spec, version["name"], version["schema"]["openAPIV3Schema"])
            target.write_text(json.dumps(schema), encoding="utf-8")


def standalone(spec: dict[str, Any], version: str, node: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of one version of a definition."""
    schema = _strict(node)
    metadata = METADATA if spec["scope"] == "Namespaced" else _without(METADATA, "namespace")
    schema["properties"] |= {
        "apiVersion": {"const": f"{spec['group']}/{version}"},
        "kind": {"const": spec["names"]["kind"]},
        "metadata": metadata,
    }
    schema["properties"].pop("status", None)
    schema["required"] = sorted({*schema.get("required", ()), "apiVersion", "kind", "metadata"})
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _without(schema: dict[str, Any], name: str) -> dict[str, Any]:
    return schema | {"properties": {key: item for key, item in schema["properties"].items() if key != name}}


def _strict(node: dict[str, Any]) -> dict[str, Any]:
    """Return an OpenAPI schema as a JSON Schema that allows no field beyond the listed ones.

    What stands under anyOf, oneOf and the like only adds to the fields that are listed beside it.
    """
    schema = {key: value for key, value in node.items() if key not in _FOREIGN and not key.startswith("x-")}
    if node.get("format") in _PATTERNS:
        schema["pattern"] = _PATTERNS[node["format"]]
    if node.get("x-kubernetes-list-type") == "set":
        schema["uniqueItems"] = True
    fields = schema.get("properties", {})
    if "required" in schema:  # the API server fills in what has a default, before it looks
        schema["required"] = [name for name in schema["required"] if "default" not in fields.get(name, {})]
    rules = [rule["rule"] for rule in node.get("x-kubernetes-validations", ())]
    said = [crd_rules.schema(rule) for rule in rules if rule not in crd_rules.CHECKED]
    schema = closed(schema, _strict)
    return schema | {"allOf": [*schema.get("allOf", ()), *said]} if said else schema


def closed(schema: dict[str, Any], strict: Callable[[Any], Any]) -> dict[str, Any]:
    """Return *schema* without fields beyond the listed ones, and what is within made *strict*."""
    found = dict(schema)
    if "properties" in schema:
        found["properties"] = {name: strict(field) for name, field in schema["properties"].items()}
        found.setdefault("additionalProperties", False)
    if isinstance(schema.get("additionalProperties"), dict):
        found["additionalProperties"] = strict(schema["additionalProperties"])
    if "items" in schema:
        found["items"] = strict(schema["items"])
    return found


if __name__ == "__main__":
    write(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
