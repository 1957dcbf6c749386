"""A KRM function: the ResourceList that kustomize or kpt gives, with its specs -> the same with what they render."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from netgen.krm.blocks import text as block
from netgen.krm.items import as_written, item
from netgen.krm.located import Located, Part, Texts
from netgen.krm.resource import Resource
from netgen.problems import NetgenError, Problem, Severity
from netgen.render import SEPARATOR, Manifest
from netgen.source import Dialect, Document, Spot, read
from netgen.spec import Loaded, load_texts

__all__ = ["STREAM", "ResourceList", "read_list"]

STREAM = "<stdin>"
"""The name of the stream that is proved, as the verifier has it."""

_CODE = "resource-list"


@dataclass(frozen=True)
class ResourceList:
    """The list that a KRM function is given: its *specs*, and the other items, each with its text.

    The format: kubernetes-sigs/kustomize, cmd/config/docs/api-conventions/functions-spec.md.
    """

    version: str
    specs: tuple[tuple[str, Resource], ...]
    """By what a message calls each."""
    others: tuple[tuple[Resource, str], ...]
    kept: tuple[str, ...]
    """The text of every item, the specs too."""
    column: int

    def load(self, env: str | None = None) -> Loaded:
        """Return what the specs mean, in the environment *env*; NetgenError with all that is wrong with them."""
        if not self.specs:
            fix = "put a resource of kind: Connectivity among the resources, or give it as the functionConfig"
            raise NetgenError([Problem("no-spec", None, "no Connectivity document in the list", fix=fix)])
        contents = [(name, "".join(f"{line.text}\n" for line in spec.lines).encode()) for name, spec in self.specs]
        return load_texts(contents, (), env=env)

    def collisions(self, manifests: Iterable[Manifest]) -> list[Problem]:
        """Return a problem for each of *manifests* that is already there, and that netgen has not made."""
        there = {one.identity: one for one, _ in self.others if not one.is_rendered}
        found = []
        for manifest in manifests:
            other = there.get(Resource(manifest.body).identity)
            if other is not None:
                message = f"{Resource(manifest.body).called} is among the resources already"
                fix = "take that one away, since netgen renders it"
                found.append(Problem("name-collision", manifest.spot.value(), message, (other.called,), fix))
        return found

    def beside(self, manifests: Iterable[Manifest]) -> list[tuple[Resource, str]]:
        """Return the items that stay beside *manifests*: no specs, and nothing that *manifests* replace."""
        new = {Resource(manifest.body).identity for manifest in manifests}
        return [(one, text) for one, text in self.others if one.identity not in new]

    def stream(self, manifests: Sequence[Manifest]) -> bytes:
        """Return what the list will hold with *manifests*, as one YAML stream."""
        texts = ["".join(f"{line.text}\n" for line in one.lines) for one, _ in self.beside(manifests)]
        return SEPARATOR.join([*texts, *(manifest.text for manifest in manifests)]).encode()

    def located(self, problems: Iterable[Problem], manifests: Sequence[Manifest]) -> list[Located]:
        """Return *problems* of the specs, and of the stream with *manifests*, by resource and field."""
        parts = {name: (Part(0, spec, name, spec.lines),) for name, spec in self.specs}
        first, stream = 0, []
        for one, _ in self.beside(manifests):
            stream.append(Part(first, one, one.called, one.lines))
            first += len(one.lines) + 1
        for manifest in manifests:
            rendered = Resource(manifest.body)
            stream.append(Part(first, rendered, rendered.called, ()))
            first += manifest.text.count("\n") + 1
        return Texts({**parts, STREAM: tuple(stream)} if stream else dict(parts)).located(problems)

    def answer(self, manifests: Sequence[Manifest] | None, results: Iterable[dict[str, Any]]) -> str:
        """Return the list with *manifests* at its end, and *results*; as it was, where *manifests* are None."""
        texts = list(self.kept)
        if manifests is not None:
            texts = [text for _, text in self.beside(manifests)]
            texts += [item(manifest.text.removesuffix("\n"), self.column) for manifest in manifests]
        listed = f"items:\n{''.join(texts)}" if texts else "items: []\n"
        said = list(results)
        head = {"apiVersion": self.version, "kind": "ResourceList"}
        return block(head) + listed + (block({"results": said}) if said else "")


def read_list(text: bytes) -> ResourceList:
    """Return the ResourceList in *text*; NetgenError where it is none."""
    reading = read(text, STREAM, Dialect.MANIFEST)
    errors = [problem for problem in reading.problems if problem.severity is Severity.ERROR]
    if errors:
        raise NetgenError(errors)
    if len(reading.documents) != 1:
        message = f"there are {len(reading.documents)} documents where one ResourceList is due"
        raise NetgenError([Problem(_CODE, None, message, fix=_FIX)])
    (document,) = reading.documents
    body = document.data
    if not isinstance(body, dict) or body.get("kind") != "ResourceList" or not _is_known(body.get("apiVersion")):
        message = "this is no ResourceList of config.kubernetes.io"
        raise NetgenError([Problem(_CODE, document.spot().value(), message, fix=_FIX)])
    return _list(document, body)


_FIX = "kustomize and kpt give one to their functions; netgen render reads spec files"


def _is_known(version: object) -> bool:
    return isinstance(version, str) and version.startswith("config.kubernetes.io/")


def _list(document: Document, body: dict[str, Any]) -> ResourceList:
    spot = document.spot()
    items = body.get("items")
    listed = [] if items is None else items
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise NetgenError([Problem(_CODE, spot.at("items").value(), "items is not a list of resources")])
    nested = next((number for number, one in enumerate(listed) if _holds_specs(one)), None)
    if nested is not None:
        message, fix = "a spec stands in a list of its own", "put it among the items themselves"
        raise NetgenError([Problem(_CODE, spot.at("items", nested).value(), message, fix=fix)])
    texts, column = as_written(document, listed)
    resources = [Resource(one) for one in listed]
    config = _config(body.get("functionConfig"), spot.at("functionConfig"))
    return ResourceList(
        version=body["apiVersion"],
        specs=_named([*config, *_others(resources, config)]),
        others=tuple((one, text) for one, text in zip(resources, texts, strict=True) if not one.is_spec),
        kept=tuple(texts),
        column=column,
    )


def _holds_specs(body: dict[str, Any]) -> bool:
    """Return whether *body* is a List that holds a spec, at any depth."""
    held = body.get("items") if str(body.get("kind")).endswith("List") else None
    inner = [one for one in held if isinstance(one, dict)] if isinstance(held, list) else []
    return any(Resource(one).is_spec or _holds_specs(one) for one in inner)


def _config(config: object, spot: Spot) -> list[Resource]:
    """Return the functionConfig where it is a spec; an empty ConfigMap is as good as none."""
    if config is None:
        return []
    resource = Resource(config) if isinstance(config, dict) else Resource({})
    if resource.is_spec:
        return [resource]
    if resource.identity[:2] == ("", "ConfigMap") and not resource.body.get("data"):
        return []
    message = f"the functionConfig is {resource.called.strip() or 'no resource'}, which says nothing to netgen"
    fix = "give a Connectivity or Platform of netgen.dev/v1alpha1 as the functionConfig"
    raise NetgenError([Problem(_CODE, spot.value(), message, fix=fix)])


def _others(resources: Iterable[Resource], config: list[Resource]) -> list[Resource]:
    """Return the specs among *resources*; to a generator, kustomize gives the functionConfig there once more."""
    known = [one.written for one in config]
    return [one for one in resources if one.is_spec and one.written not in known]


def _named(specs: Iterable[Resource]) -> tuple[tuple[str, Resource], ...]:
    """Return *specs* with their names, no two of which are the same."""
    named: dict[str, Resource] = {}
    for spec in specs:
        name, number = spec.called, 1
        while name in named or name == STREAM:
            number += 1
            name = f"{spec.called} ({number})"
        named[name] = spec
    return tuple(named.items())
