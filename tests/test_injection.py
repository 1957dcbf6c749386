"""No text of an Intent, whatever it holds, and no part left out changes the shape of what is rendered."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest

from intents import FULL, PUBLIC, flow, route
from netgen.intent import Addresses, Block, Intent, Tls
from netgen.render import Manifest, render
from netgen.source import Spot

OPTIONAL: list[tuple[str, Callable[[Intent], Intent]]] = [
    ("app.labels", lambda i: replace(i, apps=tuple(replace(a, labels=()) for a in i.apps))),
    ("app.annotations", lambda i: replace(i, apps=tuple(replace(a, annotations=()) for a in i.apps))),
    ("app.why", lambda i: replace(i, apps=tuple(replace(a, why="") for a in i.apps))),
    ("flow.ports", lambda i: replace(i, flows=tuple(replace(f, ports=()) for f in i.flows))),
    ("flow.why", lambda i: replace(i, flows=tuple(replace(f, why="") for f in i.flows))),
    ("flows", lambda i: replace(i, flows=())),
    ("block.excluded", lambda i: replace(i, flows=(flow(Addresses((Block("::/0"),)), i.apps[0]),))),
    ("isolated.labels", lambda i: replace(i, isolated=(replace(i.isolated[0], labels=(), annotations=()),))),
    ("route.tls", lambda i: replace(i, routes=(replace(i.routes[0], tls=None),))),
    ("route.secret", lambda i: replace(i, routes=(replace(i.routes[0], tls=Tls(None)),))),
    ("route.labels", lambda i: replace(i, routes=(replace(i.routes[0], labels=(), annotations=()),))),
    ("entrypoint", lambda i: replace(i, routes=(route(entrypoint=replace(PUBLIC, annotations=(), secure=())),))),
    *(
        (name, lambda i, name=name, value=value: replace(i, services=(replace(i.services[0], **{name: value}),)))
        for name, value in {
            "annotations": (),
            "labels": (),
            "ports": (),
            "headless": True,
            "affinity_seconds": None,
            "local_traffic": False,
            "source_ranges": (),
            "load_balancer_class": None,
        }.items()
    ),
]
FOR_ALL = {
    ("shop.isolate-namespace", "spec", "podSelector"),
    ("cart", "spec", "egress", "0", "to", "0", "namespaceSelector"),
}


def blanks(value: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of each null, empty text, map and list in *value*."""
    if value in (None, "", {}, []):
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from blanks(item, (*path, str(key)))


@pytest.mark.parametrize("left_out", [*itertools.combinations(OPTIONAL, 1), *itertools.combinations(OPTIONAL, 2)])
def test_what_is_left_out_leaves_no_null(left_out: tuple[tuple[str, Callable[[Intent], Intent]], ...]) -> None:
    """Without optional parts, one or two at a time, no null or empty list appears, and only words for all are empty."""
    bare = FULL
    for _, leave in left_out:
        bare = leave(bare)
    found = {(m.name, *path) for m in render(bare) for path in blanks(m.body)}
    assert found <= FOR_ALL


HOSTILE = [
    *("a\nb", "\na", "a\n", "a\r\nb", "\n---\n a", "---", "--- x", "\n...\n a", "...", "x\n---\nkind: Pod", "|-\n  a"),
    *("web\n  ingress:\n  - {}", "web\n      ingress:\n      - {}", "x\n  policyTypes: []", 'x"\n  a: "b', "'\n  a: '"),
    *("a: b", "a:", ": a", "- a", "-", "? a", "a #b", "# a", " a", "a ", "\ta", "&a b", "*a", "<<", "!t", ">", "%YAML"),
    *("!!python/object/apply:os.system [id]", "{}", "[]", "{a: b}", "a, b: c}\n  namespace: kube-system #", "@a"),
    *("{{", "{{ view }}", "{{ 7 * 7 }}", "{% for", "{% raw %}", "{#", "${x}", "<b> & &amp;", "'", '"', "\\", "\\n"),
    *("\x1b[31m", "\x00", "\x7f", "a\x85b", "a\u2028b", "\ufeff", "\u202e", "\U0001f600", "no", "~", "1e3", "0x1f"),
]  # fmt: skip
MARKER = "here-stood-a-text"


def places(value: Any, path: str = "") -> Iterator[tuple[str, Callable[[str], Any]]]:
    """Yield each text in *value*: its path, and a function that returns *value* with another text there."""
    if isinstance(value, str):
        yield path, lambda text: text
    elif isinstance(value, tuple) and not isinstance(value, Spot):
        make = getattr(value, "_make", tuple)
        for index, item in enumerate(value):
            for inner, put in places(item, f"{path}.{index}"):
                yield inner, lambda text, i=index, put=put: make((*value[:i], put(text), *value[i + 1 :]))
    elif is_dataclass(value):
        for field in fields(value):
            for inner, put in places(getattr(value, field.name), f"{path}.{field.name}"):
                yield inner, lambda text, name=field.name, put=put: replace(value, **{name: put(text)})


def swapped(value: Any, text: str) -> Any:
    """Return the parsed *value* with *text* for the marker, in keys and values."""
    if isinstance(value, dict):
        return {swapped(key, text): swapped(item, text) for key, item in value.items()}
    if isinstance(value, list):
        return [swapped(item, text) for item in value]
    return value.replace(MARKER, text) if isinstance(value, str) else value


def shape(manifests: tuple[Manifest, ...]) -> tuple[list[str], list[int]]:
    """Return the bodies and the numbers of lines of *manifests*, in an order that no name decides."""
    bodies = sorted(json.dumps(manifest.body, sort_keys=True) for manifest in manifests)
    return bodies, sorted(manifest.text.count("\n") for manifest in manifests)


PLACES = list(places(FULL))


def test_there_are_enough_places_and_payloads() -> None:
    """Every text of the Intent is a place."""
    assert len(PLACES) > 100
    assert len(set(HOSTILE)) > 60


@pytest.mark.parametrize(("path", "put"), PLACES, ids=[path for path, _ in PLACES])
def test_a_hostile_text_changes_nothing_but_itself(path: str, put: Callable[[str], Intent]) -> None:
    """Whatever text stands in a place, the objects are those of a harmless text there, and so are their lines."""
    harmless = render(put(MARKER))
    for text in HOSTILE:
        expected = tuple(replace(m, document=replace(m.document, data=swapped(m.body, text))) for m in harmless)
        assert shape(render(put(text))) == shape(expected), (path, text)
