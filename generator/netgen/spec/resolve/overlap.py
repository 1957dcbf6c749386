"""Two apps whose selectors choose the same pods would inherit each other's permissions (S10)."""

from __future__ import annotations

from collections import defaultdict

from netgen.intent import Selector
from netgen.problems import Problem
from netgen.spec.forms.text import shown, suggestion
from netgen.spec.resolve.registry import Entry, Registry, place_text


def check_overlaps(registry: Registry, found: list[Problem]) -> None:
    """Report each app whose pods are all pods of another app of its namespace, unless it says `overlaps`."""
    by_namespace: dict[str, list[Entry]] = defaultdict(list)
    for entry in registry.entries.values():
        by_namespace[entry.key.namespace].append(entry)
    for entries in by_namespace.values():
        _check_namespace(entries, registry, found)


def _check_namespace(entries: list[Entry], registry: Registry, found: list[Problem]) -> None:
    holders: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        for pair in entry.app.selector.labels:
            holders[pair].append(entry)
    declared: dict[str, set[str]] = defaultdict(set)
    for wide in entries:
        labels = wide.app.selector.labels
        candidates = min((holders[pair] for pair in labels), key=len) if labels else entries
        for narrow in candidates:
            if narrow is wide or not _contains(wide.app.selector, narrow.app.selector):
                continue
            declared[narrow.key.name].add(wide.key.name)
            if not _is_declared(wide, narrow):
                found.append(_overlap(wide, narrow))
    _check_declared(entries, declared, registry, found)


def _is_declared(wide: Entry, narrow: Entry) -> bool:
    """Return whether the narrower app says `overlaps`; of two equal selectors one app does, and one is reported."""
    if wide.key.name in narrow.form.overlaps:
        return True
    equal = wide.app.selector == narrow.app.selector
    return equal and (narrow.key.name in wide.form.overlaps or wide.key > narrow.key)


def _contains(wide: Selector, narrow: Selector) -> bool:
    """Return whether every pod that *narrow* selects is provably one that *wide* selects."""
    return set(wide.labels) <= set(narrow.labels) and set(wide.expressions) <= set(narrow.expressions)


def _overlap(wide: Entry, narrow: Entry) -> Problem:
    return Problem(
        "selectors-overlap",
        narrow.form.spot.key(),
        f"every pod of {narrow.key} is also a pod of {wide.key}, and would have its permissions too",
        (f"{wide.key.name} selects {_text(wide.app.selector)} ({place_text(wide.form.spot)})",),
        f"give them labels that differ, or write  overlaps: [{wide.key.name}]  under {narrow.key.name}",
    )


def _text(selector: Selector) -> str:
    pairs = [f"{key}={value}" for key, value in selector.labels]
    return ", ".join(pairs + [f"{item.key} {item.operator} {list(item.values)}" for item in selector.expressions])


def _check_declared(
    entries: list[Entry], declared: dict[str, set[str]], registry: Registry, found: list[Problem]
) -> None:
    for entry in entries:
        if entry.form.unclear or registry.is_unclear(entry.key.namespace):
            continue
        for index, name in enumerate(entry.form.overlaps):
            others = declared[entry.key.name] | {n for n, wides in declared.items() if entry.key.name in wides}
            if name not in others:
                message = f"{entry.key} does not overlap {shown(name)}{suggestion(name, tuple(sorted(others)))}"
                found.append(Problem("unknown-overlap", entry.form.spot.at("overlaps", index).value(), message))
