"""Spec files -> Intent: read, held against the schema, short forms expanded, names resolved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from netgen.intent import Intent
from netgen.problems import NetgenError, Problem, Severity, in_order
from netgen.source import Document
from netgen.spec.files import read_all
from netgen.spec.forms.connectivity import ConnectivityForm, read_connectivity
from netgen.spec.platform import read_platform
from netgen.spec.resolve import resolve
from netgen.spec.schema import validate


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a run's specs mean, and the warnings and notes about them."""

    intent: Intent
    problems: tuple[Problem, ...]


def load(
    paths: list[str],
    *,
    platform: str | None = None,
    cni: str | None = None,
    ingress: str | None = None,
    stdin: bytes | None = None,
) -> Loaded:
    """Return the meaning of the spec files and folders *paths* (`-`: *stdin*) on the platform they or the flags give.

    Raises NetgenError with every problem of the run when one of them is an error.
    """
    found: list[Problem] = []
    documents = read_all([*paths, *([platform] if platform is not None else [])], stdin, found)
    unread = any(problem.severity is Severity.ERROR for problem in found)
    valid = [document for document in documents if _is_valid(document, found)]
    unclear = _unclear([document for document in documents if document not in valid], unread=unread)
    forms = [read_connectivity(document, found) for document in valid if _kind(document) == "Connectivity"]
    platforms = [document for document in valid if _kind(document) == "Platform"]
    intent = _intent(forms, platforms, unclear, cni, ingress, found)
    if not forms and not unclear:
        found.append(Problem("no-spec", None, "no Connectivity document in what was given"))
    problems = in_order(found)
    if any(problem.severity is Severity.ERROR for problem in problems):
        raise NetgenError(problems)
    return Loaded(intent, problems)


def _intent(
    forms: list[ConnectivityForm],
    platforms: list[Document],
    unclear: frozenset[str | None],
    cni: str | None,
    ingress: str | None,
    found: list[Problem],
) -> Intent:
    for other in platforms[1:]:
        first = platforms[0].spot("kind").value()
        note = f"the first is at {first.file}:{first.line}"
        found.append(Problem("several-platforms", other.spot("kind").value(), "a second Platform", (note,)))
    if not platforms and not unclear:
        message = f"no platform: rendering for {cni or 'kubernetes'}, with DNS at kube-system/k8s-app=kube-dns"
        found.append(Problem("no-platform", None, message, fix="a Platform document, or --cni, says otherwise"))
    platform = read_platform(platforms[0] if platforms else None, cni, ingress, found)
    return resolve(forms, platform, unclear, found)


def _is_valid(document: Document, found: list[Problem]) -> bool:
    """Hold *document* against its schema; a place that the reader complained of is not complained of again."""
    problems = validate(document)
    told = {_start(problem) for problem in found}
    found += [problem for problem in problems if _start(problem) not in told]
    return not problems


def _start(problem: Problem) -> tuple[str, int, int] | None:
    return (problem.place.file, problem.place.line, problem.place.column) if problem.place else None


def _kind(document: Document) -> str:
    data: Any = document.data
    return str(data["kind"])


def _unclear(documents: list[Document], *, unread: bool) -> frozenset[str | None]:
    """Return the namespaces of *documents* that did not pass, None for one that cannot be told."""
    names: set[str | None] = {None} if unread else set()
    for document in documents:
        data = document.data
        metadata = data.get("metadata") if isinstance(data, dict) else None
        namespace = metadata.get("namespace") if isinstance(metadata, dict) else None
        names.add(namespace if isinstance(namespace, str) else None)
    return frozenset(names)
