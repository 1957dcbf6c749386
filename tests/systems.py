"""A system as plain data, what it means, and how a test looks into it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

Data = dict[str, Any]
Key = tuple[str, str]
"""Namespace and name of an app."""


@dataclass(frozen=True)
class Port:
    """A port of an app as the cluster will see it; *http*: a URL may lead to it; *metrics*: it is for scrapers."""

    name: str
    service: int
    container: int
    protocol: str
    http: bool
    metrics: bool


@dataclass(frozen=True)
class Edge:
    """A call from app to app, and the (protocol, container port) pairs that it opens."""

    caller: Key
    callee: Key
    ports: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class System:
    """The *documents* of a valid system, a Platform last where there is one, and what they mean.

    *edges* are the calls from app to app; *wide* the callers that reach an app by a wildcard and are accepted by name,
    for whom the app has an ingress rule of its own; *ports* those of each app.
    """

    documents: tuple[Data, ...]
    edges: tuple[Edge, ...]
    wide: tuple[Edge, ...]
    ports: dict[Key, tuple[Port, ...]]


def apps_of(system: System) -> Iterator[tuple[Key, Data, Data]]:
    """Yield the key, the map and the document of each app."""
    return apps_in(system.documents)


def apps_in(documents: Iterable[Data]) -> Iterator[tuple[Key, Data, Data]]:
    """Yield the same of some documents."""
    for document in documents:
        for name, app in document.get("apps", {}).items():
            yield (document["metadata"]["namespace"], name), app if isinstance(app, dict) else {"port": app}, document


def texts(value: Any) -> Iterator[str]:
    """Yield the keys and texts in *value*."""
    if isinstance(value, dict):
        yield from value
        yield from texts(list(value.values()))
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, str):
        yield value


def target_of(call: Any) -> str:
    """Return the target of an entry of `calls`."""
    return str(call["to"] if isinstance(call, dict) else call)


def selector(document: Data, name: str) -> dict[str, str]:
    """Return the labels by which the app *name* of *document* is found; none where it has expressions."""
    app = document["apps"].get(name)
    select = app.get("select") if isinstance(app, dict) else None
    if select is None:
        return {document.get("selectBy", "app.kubernetes.io/name"): name}
    return {} if "matchExpressions" in select else dict(select)


def exposures(app: Data) -> list[Data]:
    """Return each exposure of *app* in its long form, with the port that stands before it in a map."""
    value = app.get("expose", [])
    if not isinstance(value, dict):
        return [_exposure(item, None) for item in (value if isinstance(value, list) else [value])]
    found = []
    for key, listed in value.items():
        if key in ("loadBalancer", "nodePort"):
            found.append({key: listed})
        else:
            found += [_exposure(item, key) for item in (listed if isinstance(listed, list) else [listed])]
    return found


def _exposure(item: Any, port: str | None) -> Data:
    if isinstance(item, str):
        word, _, number = item.partition(" ")
        numbered = {"ports": {port: int(number)}} if number else {}
        item = {"url": item} if "://" in item else {word: numbered}
    if "url" in item:
        return {**({"port": port} if port else {}), **item}
    ((kind, body),) = item.items()
    return {kind: {**({"ports": [port]} if port else {}), **body}}
