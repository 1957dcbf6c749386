"""Two apps whose selectors choose the same pods would inherit each other's permissions (S10)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from netgen.intent import AppKey, Selector
from netgen.problems import Problem
from netgen.spec.forms.connectivity import PeerForm
from netgen.spec.forms.matching import allowed, are_apart, contains
from netgen.spec.forms.text import shown, suggestion
from netgen.spec.resolve.registry import Entry, Registry, place_text

Holders = dict[tuple[str, str], list[Entry]]


def check_overlaps(registry: Registry, found: list[Problem]) -> None:
    """Report each app whose pods are all pods of another app of its namespace, unless it says `overlaps`."""
    by_namespace: dict[str, list[Entry]] = defaultdict(list)
    for entry in registry.entries.values():
        by_namespace[entry.key.namespace].append(entry)
    for entries in by_namespace.values():
        _check_namespace(entries, registry, found)


def check_peers(registry: Registry, found: list[Problem]) -> None:
    """Say which named peers are apps of the run: such a peer is opened on one side only, and so not at all."""
    holders: dict[tuple[str, tuple[str, str] | None], list[Entry]] = defaultdict(list)
    sound = [entry for entry in registry.entries.values() if not entry.form.unclear]
    for entry in sound if any(document.peers for document in registry.documents) else ():
        selector = entry.app.selector
        for pair in (*selector.labels, *((None,) if selector.expressions else ())):
            holders[entry.key.namespace, pair].append(entry)
    for document in registry.documents:
        for peer in document.peers:
            pairs = (*peer.selector.labels, None)
            near = {entry.key: entry for pair in pairs for entry in holders[peer.namespace, pair]}
            apps = [str(key) for key in sorted(near) if _is_peer(near[key], peer)]
            if apps:
                listed = " and ".join(apps[:3]) + (f" and {len(apps) - 3} more" if len(apps) > 3 else "")
                message = f"the peer {peer.name} has pods of {listed}, whose policy knows nothing of it"
                fix = f"write {apps[0]} instead of {peer.name}"
                found.append(Problem("peer-managed", peer.spot.key(), message, fix=fix))


def _is_peer(entry: Entry, peer: PeerForm) -> bool:
    """Return whether all pods of *entry* are of *peer* or all of *peer* are of *entry*, which a policy holds."""
    app = entry.app
    same = contains(peer.selector, app.selector) or contains(app.selector, peer.selector)
    return same and peer.selector != Selector() and (app.ingress or app.egress)


def _check_namespace(entries: list[Entry], registry: Registry, found: list[Problem]) -> None:
    holders: Holders = defaultdict(list)
    for entry in entries:
        for key, values in _listed(entry.app.selector).items():
            holders[key, min(values)].append(entry)
    told: set[AppKey] = set()
    for wide in entries:
        for narrow in _candidates(wide.app.selector, entries, holders):
            is_clear = not (wide.form.unclear or narrow.form.unclear)
            if narrow is wide or narrow.key in told or not is_clear:
                continue
            if contains(wide.app.selector, narrow.app.selector):
                problems = list(_inside(wide, narrow, registry))
                found.extend(problems)
                told |= {narrow.key for _ in problems}  # one of the apps around it is enough to tell
    _check_declared(entries, registry, found)
    if any(entry.app.selector.account for entry in entries):
        _check_services(entries, found)


def _check_services(entries: list[Entry], found: list[Problem]) -> None:
    """Refuse a Service that would lead to pods of another app, because only their accounts tell the two apart."""
    holders: Holders = defaultdict(list)
    for entry in entries:
        for key, values in _listed(_labels(entry)).items():
            holders[key, min(values)].append(entry)
    for entry in entries:
        service = entry.form.service
        if service is None or service.existing or not entry.app.ports or entry.form.unclear:
            continue
        others = [
            other
            for other in _candidates(_labels(entry), entries, holders)
            if contains(_labels(entry), _labels(other)) and are_apart(entry.app.selector, other.app.selector)
        ]
        if others:
            other = others[0].key
            message = f"a Service selects by labels, so that of {entry.key} would lead to the pods of {other} too"
            fix = "give the two labels that differ, or write  service: false"
            found.append(Problem("service-conflict", entry.form.spot.key(), message, fix=fix))


def _labels(entry: Entry) -> Selector:
    """Return what a Service can see of how *entry* is selected."""
    return entry.app.selector._replace(account="")


def _inside(wide: Entry, narrow: Entry, registry: Registry) -> Iterator[Problem]:
    """Yield what is wrong with *narrow*, all of whose pods are pods of *wide* too."""
    if _is_declared(wide, narrow):
        yield from _closed_by(wide, narrow, registry)
    elif not _is_misspelt(narrow, registry):
        yield _overlap(wide, narrow)


def _listed(selector: Selector) -> dict[str, frozenset[str]]:
    """Return the keys of which *selector* lists every value that it takes, with these values."""
    keys = allowed(selector)
    return {key: it.values for key, it in keys.items() if it.values and not it.others and not it.absent}


def _candidates(wide: Selector, entries: list[Entry], holders: Holders) -> list[Entry]:
    """Return the apps that may lie inside *wide*: none outside of them does, and for plain labels they are few."""
    choices = [
        [narrow for value in sorted(values) for narrow in holders.get((key, value), ())]
        for key, values in _listed(wide).items()
    ]
    return min(choices, key=len, default=entries)


def _is_declared(wide: Entry, narrow: Entry) -> bool:
    """Return whether the narrower app says `overlaps`; of two equal selectors one app does, and one is reported."""
    if wide.key.name in narrow.form.overlaps:
        return True
    equal = contains(narrow.app.selector, wide.app.selector)
    return equal and (narrow.key.name in wide.form.overlaps or wide.key > narrow.key)


def _closed_by(wide: Entry, narrow: Entry, registry: Registry) -> Iterator[Problem]:
    """Yield the problems of an app that is less open than it says, by itself or by an app around it."""
    for direction, is_closed, says_open in (
        ("ingress", wide.app.ingress and wide.form.ingress, not narrow.form.ingress),
        ("egress", wide.app.egress and wide.form.egress, not narrow.form.egress),
    ):
        if is_closed and says_open:
            message = f"{narrow.key} leaves {direction} open, but {wide.key}, which has its pods too, closes it"
            place = narrow.form.spot.at("isolate").value()
            fix = f"leave `isolate` out, or write it for {wide.key.name} as well"
            yield Problem("selectors-overlap", place, message, fix=fix)
    if narrow.app.staged and not wide.app.staged and (wide.app.ingress or wide.app.egress):
        message = f"{narrow.key} is staged, but {wide.key}, which has its pods too, closes them"
        fix = f"stage the document of {wide.key.name} as well"
        yield Problem("selectors-overlap", narrow.form.spot.key(), message, fix=fix)
    if wide.app.staged and not narrow.app.staged and (narrow.app.ingress or narrow.app.egress):
        yield from _unopened(wide, narrow, registry)


def _unopened(wide: Entry, narrow: Entry, registry: Registry) -> Iterator[Problem]:
    """Yield the problem of an enforced app inside of a staged one, where what is staged opens nothing."""
    from netgen.spec.resolve.stage import opens  # noqa: PLC0415 - few specs are

    if not opens(registry.platform):
        message = f"{wide.key} is staged and opens nothing yet, but {narrow.key}, whose pods are its own too, is closed"
        fix = f"stage the document of {narrow.key.name} as well"
        yield Problem("selectors-overlap", narrow.form.spot.key(), message, fix=fix)


def _is_misspelt(narrow: Entry, registry: Registry) -> bool:
    """Return whether `overlaps` of *narrow* names no app, which is said there, or cannot be known."""
    namespace = narrow.key.namespace
    return registry.is_unclear(namespace) or not set(narrow.form.overlaps) <= set(registry.names[namespace])


def _overlap(wide: Entry, narrow: Entry) -> Problem:
    return Problem(
        "selectors-overlap",
        narrow.form.spot.key(),
        f"every pod of {narrow.key} is also a pod of {wide.key}, and would have its permissions too",
        (f"{wide.key.name} selects {_text(wide.app.selector)} ({place_text(wide.form.spot.key())})",),
        f"give them labels that differ, or write  overlaps: [{wide.key.name}]  under {narrow.key.name}",
    )


def _text(selector: Selector) -> str:
    pairs = [f"{key}={value}" for key, value in selector.labels]
    pairs += [f"service account {selector.account}"] if selector.account else []
    return ", ".join(pairs + [f"{item.key} {item.operator} {list(item.values)}" for item in selector.expressions])


def _check_declared(entries: list[Entry], registry: Registry, found: list[Problem]) -> None:
    """Refuse to name an app that is not there, or that a label tells apart."""
    for entry in entries:
        if entry.form.unclear or registry.is_unclear(entry.key.namespace):
            continue
        for index, name in enumerate(entry.form.overlaps):
            other = registry.entries.get(AppKey(entry.key.namespace, name))
            if other is None or other is entry or are_apart(entry.app.selector, other.app.selector):
                near = "" if other else suggestion(name, registry.names[entry.key.namespace])
                message = f"{entry.key} does not overlap {shown(name)}{near}"
                place, fix = entry.form.spot.at("overlaps", index).value(), "leave it out" if other else ""
                found.append(Problem("unknown-overlap", place, message, fix=fix))
