"""One resource of a ResourceList: what it is called, where it was read, and as a spec, what its author wrote."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from netgen.krm.blocks import Line, lines

SPECS = "netgen.dev/"
_IS_TOOLS = re.compile(r"(?:.*\.)?config\.(?:kubernetes|k8s)\.io/.*", re.DOTALL).fullmatch
"""Annotations by which an orchestrator keeps its books: they are not the author's."""
_PATHS = ("internal.config.kubernetes.io/path", "config.kubernetes.io/path")
_INDICES = ("internal.config.kubernetes.io/index", "config.kubernetes.io/index")
_ORIGIN = "config.kubernetes.io/origin"
_MANAGER = "app.kubernetes.io/managed-by"

Identity = tuple[str, str, str, str]


@dataclass(frozen=True)
class Resource:
    """A resource, as plain data."""

    body: dict[str, Any]

    @property
    def is_spec(self) -> bool:
        """Return whether netgen reads it as a spec."""
        return str(self.body.get("apiVersion")).startswith(SPECS)

    @property
    def is_rendered(self) -> bool:
        """Return whether an earlier run of netgen made it."""
        return _map(self._metadata.get("labels")).get(_MANAGER) == "netgen"

    @property
    def identity(self) -> Identity:
        """Return group, kind, namespace and name."""
        group = str(self.body.get("apiVersion", "")).rpartition("/")[0]
        return group, self.reference["kind"], str(self._metadata.get("namespace", "")), self.reference["name"]

    @property
    def reference(self) -> dict[str, str]:
        """Return by what a result names it."""
        version, kind = (str(self.body.get(key, "")) for key in ("apiVersion", "kind"))
        namespace = {"namespace": str(self._metadata["namespace"])} if self._metadata.get("namespace") else {}
        return {"apiVersion": version, "kind": kind, **namespace, "name": str(self._metadata.get("name", ""))}

    @property
    def file(self) -> dict[str, str | int]:
        """Return from which file an orchestrator read it, and as which of its documents; nothing where it is silent."""
        annotations = _map(self._metadata.get("annotations"))
        path = next((str(annotations[key]) for key in _PATHS if key in annotations), "")
        if not path:
            origin = re.match(r"path: (.+)", str(annotations.get(_ORIGIN, "")))
            return {"path": origin[1]} if origin else {}
        index = next((str(annotations[key]) for key in _INDICES if key in annotations), "")
        return {"path": path, "index": int(index)} if re.fullmatch(r"[1-9][0-9]{0,8}", index) else {"path": path}

    @property
    def called(self) -> str:
        """Return what a message calls it: its file, else its kind and name."""
        if self.file:
            return str(self.file["path"]) + (f"#{self.file['index']}" if "index" in self.file else "")
        _, kind, namespace, name = self.identity
        return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"

    @cached_property
    def written(self) -> dict[str, Any]:
        """Return it as its author wrote it: without the annotations that tools keep.

        Of a Platform only the name is left of the metadata: kustomize puts labels and a namespace on everything.
        """
        metadata = self.body.get("metadata")
        if not isinstance(metadata, dict):
            return self.body
        if self.body.get("kind") == "Platform":
            kept = {key: value for key, value in metadata.items() if key not in ("annotations", "labels", "namespace")}
            return {**self.body, "metadata": kept}
        annotations = metadata.get("annotations")
        if not isinstance(annotations, dict):
            return self.body
        own = {key: value for key, value in annotations.items() if not _IS_TOOLS(key)}
        kept = {key: own if key == "annotations" else value for key, value in metadata.items()}
        return {**self.body, "metadata": kept if own else {key: kept[key] for key in kept if key != "annotations"}}

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """Return the lines of what its author wrote, keys in order as the list has them."""
        return tuple(lines(self.written))

    @property
    def _metadata(self) -> dict[str, Any]:
        return _map(self.body.get("metadata"))


def _map(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
