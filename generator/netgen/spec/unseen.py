"""Labels that the network plugin does not see: a policy that selects by one finds no pods, or too many."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from netgen.evaluate.objects.cilium.selectors import is_unseen
from netgen.problems import Place, Problem
from netgen.profiles import Cni
from netgen.source import Spot
from netgen.spec.forms.selectors import UNSTABLE_KEYS
from netgen.spec.forms.text import shown

_OWN = ("projectcalico.org/namespace", "projectcalico.org/orchestrator", "projectcalico.org/serviceaccount")
"""The labels that Calico gives every pod, whatever it has."""
_BORROWED = ("pcns.", "pcsa.")
"""What the labels of its namespace and its service account begin with in Calico, and no label of the pod itself."""


def _is_calicos(key: str) -> bool:
    return key in _OWN or key.startswith(_BORROWED)


_UNSEEN: dict[str, tuple[Callable[[str], bool], str]] = {
    "cilium": (is_unseen, "its option `labels` changes which it takes in; netgen goes by the default"),
    "calico": (_is_calicos, "labels of this name are Calico's own, and say something else"),
}
"""What tells the labels that a plugin leaves out of what it knows of a pod, and a note on it, by the plugin."""

_Key = tuple[str, Callable[[], Place]]
"""A key, and what tells its place."""


def check_document(spot: Spot, cni: Cni, found: list[Problem]) -> None:
    """Refuse selectors of the Connectivity at *spot* by labels that *cni* does not see."""
    data: Any = spot.document.data
    _check(_of_document(data, spot), cni, found)


def check_platform(data: dict[str, Any], spot: Spot, cni: Cni, found: list[Problem]) -> None:
    """Refuse selectors of a Platform, of the schema's shape, by labels that *cni* does not see."""
    _check(_of_platform(data, spot), cni, found)


def _check(keys: Iterator[_Key], cni: Cni, found: list[Problem]) -> None:
    if cni.name not in _UNSEEN:
        return
    is_left_out, note = _UNSEEN[cni.name]
    for key, place in keys:
        if is_left_out(key) and key not in UNSTABLE_KEYS:  # these are refused for any plugin
            message = (
                f"{shown(key)}: {cni} leaves this label out of what it knows of a pod, so no policy can select by it"
            )
            fix = "name another label of these pods, such as app.kubernetes.io/name"
            found.append(Problem("unenforceable-label", place(), message, (note,), fix))


def _of_document(data: dict[str, Any], spot: Spot) -> Iterator[_Key]:
    if isinstance(data.get("selectBy"), str):
        yield data["selectBy"], spot.at("selectBy").value
    for part, under in (("apps", "select"), ("peers", "labels")):
        listed = data.get(part)
        for name, item in listed.items() if isinstance(listed, dict) else ():
            if isinstance(item, dict) and isinstance(item.get(under), dict):
                yield from _selected(item[under], spot.at(part, name, under))


def _of_platform(data: dict[str, Any], spot: Spot) -> Iterator[_Key]:
    for key in ("scrape", "dns"):
        listed = data.get(key, ())
        alone = [(listed, spot.at(key))] if isinstance(listed, str) else []
        texts = alone or [(text, spot.at(key, index)) for index, text in enumerate(listed)]
        for text, at in texts:
            yield from _written(text, at)
    for name, item in data.get("entrypoints", {}).items():
        controller = item.get("controller")
        if isinstance(controller, dict) and isinstance(controller.get("labels"), dict):
            yield from _selected(controller["labels"], spot.at("entrypoints", name, "controller", "labels"))


def _selected(value: dict[str, Any], spot: Spot) -> Iterator[_Key]:
    """Yield the keys of a selector: of its labels alone, or of both its parts."""
    labels, expressions = value.get("matchLabels"), value.get("matchExpressions")
    if not isinstance(labels, dict) and not isinstance(expressions, list):
        yield from ((key, spot.at(key).key) for key in value)
        return
    yield from ((key, spot.at("matchLabels", key).key) for key in labels or ())
    for index, one in enumerate(expressions or ()):
        if isinstance(one, dict) and isinstance(one.get("key"), str):
            yield one["key"], spot.at("matchExpressions", index, "key").value


def _written(text: str, spot: Spot) -> Iterator[_Key]:
    """Yield the keys in `namespace/key=value,key=value`; an address has none."""
    namespace, _, labels = text.partition("/")
    begin = len(namespace) + 1
    for pair in labels.split(","):
        key, equals, _ = pair.partition("=")
        if equals:
            yield key, partial(spot.value, begin, len(key))
        begin += len(pair) + 1
