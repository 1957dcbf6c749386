"""Connections that are open on one side only: found row by row, and put together where many are alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from netgen.diff.changes import FEW, WIDENING, Kind, Zone
from netgen.diff.doubles import doubles_of
from netgen.diff.ends import Ends
from netgen.diff.phrases import Phrase, Phrases, zone
from netgen.diff.protection import Protection
from netgen.diff.requests import WHOLE, Requests, Step, is_more, kind_of
from netgen.diff.rows import Row, common, joined, minus, within
from netgen.evaluate.objects.model import Direction, Entity
from netgen.evaluate.reach import Reach
from netgen.evaluate.sets import ALL_PORTS, PortSet, Protocol, bits, mask_of, ports
from netgen.records import record
from netgen.scene import Scene

Phrased = tuple[Phrase, ...]

Told = tuple[Kind, bool, Step | None]
"""The kind of a change, whether it is unsure, and what changes for the requests of connections."""

Key = tuple[Told, PortSet, Phrased]

_DNS = ports(Protocol.UDP, 53, 53) | ports(Protocol.TCP, 53, 53) | ports(Protocol.UDP, 5353, 5353)
_DNS |= ports(Protocol.TCP, 5353, 5353)
_DNS_NAMESPACES = frozenset({"kube-system", "openshift-dns"})
"""Where clusters have their DNS servers: every new app asks them, and that alone concerns nobody else."""


@record
class Fact:
    """That all *sources* can open *ports* of all *targets* now, or cannot any longer.

    *unsure* says of what is closed now that it was open with some network plugins only. *step*: it is so for some
    requests, which these are.
    """

    zone: Zone
    kind: Kind
    unsure: bool
    ports: PortSet
    sources: Phrased
    targets: Phrased
    step: Step | None = None

    @property
    def count(self) -> int:
        """Return how many connections these are."""
        return count(self.sources) * count(self.targets)

    @property
    def is_mutual(self) -> bool:
        """Return whether it is about the pods of one app among each other."""
        return self.sources == self.targets and self.count == 1 and not self.sources[0].is_whole


def count(phrases: Phrased) -> int:
    """Return how many names there are."""
    return sum(len(one.names) for one in phrases)


def facts(old: Scene, new: Scene, ends: Ends, phrases: Phrases, protection: Protection) -> Iterator[Fact]:
    """Yield what has changed between the scenes, except what the changes of *protection* say, each for an app."""
    found: dict[Key, int] = {}
    rows = _Rows(old, new, ends, protection)
    for target in ends.used:
        for change, row in rows.changes(target):
            for mask, opened in row:
                key = (change, opened, phrases.of(mask, besides=1 << target | rows.doubles))
                found[key] = found.get(key, 0) | 1 << target
    for ((kind, unsure, step), opened, named), targets in found.items():
        for where, some, others in _zones(named, phrases.of(targets, besides=rows.doubles)):
            for fact in _parted(Fact(where, kind, unsure, opened, some, others, step), new, ends):
                is_few = fact.count <= FEW and fact.zone is not Zone.APPS
                yield from _single(fact) if is_few else [fact]


def _parted(fact: Fact, scene: Scene, ends: Ends) -> Iterator[Fact]:
    """Yield what new apps, or those that are gone, ask of DNS as a fact about apps, and the rest of *fact*."""
    alone: Phrased = ()
    is_sure = fact.kind in {Kind.OPENED, Kind.CLOSED} and not fact.unsure
    if is_sure and fact.zone is Zone.ACROSS and not fact.ports - _DNS:
        targets = [scene.universe.endpoints[ends.ends[one.example].endpoint] for one in fact.targets]
        if all(one.namespace in _DNS_NAMESPACES for one in targets):
            alone = tuple(one for one in fact.sources if None in {(end := ends.ends[one.example]).old, end.new})
    others = tuple(one for one in fact.sources if one not in alone)
    if alone:
        yield replace(fact, zone=Zone.APPS, sources=alone)
    if others:
        yield replace(fact, sources=others)


@record
class _Compared:
    """The rows of one target on both sides, under the narrow and the wide reading, and what is beyond the other."""

    before: Row
    after: Row
    wide_before: Row
    wide_after: Row
    widened: Row
    narrowed: Row


class _Rows:
    """The rows of two scenes through the same ends, and what is told of their differences."""

    def __init__(self, old: Scene, new: Scene, ends: Ends, protection: Protection) -> None:
        self._old, self._new, self._ends, self._protection = old, new, ends, protection
        self._loosened = {side: protection.loosened(side) for side in Direction}
        self._tightened = {side: protection.tightened(side) for side in Direction}
        self._doubles = {is_new: doubles_of(ends, new if is_new else old, new=is_new) for is_new in (False, True)}
        self.doubles = self._doubles[False].all | self._doubles[True].all
        self._moved = ends.moved
        self._requests = Requests(old, new, ends)
        # Strangers among each other are nobody's; those that any pod of a namespace is are everybody's.
        self._known = ends.apps | mask_of(list(ends.plain))

    def changes(self, target: int) -> Iterator[tuple[Told, Row]]:
        """Yield what is open to *target* on one side only, or for other requests, by what is told of it."""
        rows, bit = self._compared(target), 1 << target
        filtered = self._requests.told(target)
        for kind, unsure, whole in _differences(rows):
            row = minus(whole, filtered) if filtered else whole
            is_new = kind in WIDENING
            if not bit & (self._loosened if is_new else self._tightened)[Direction.INGRESS]:
                is_wide = unsure and kind is not Kind.UNCERTAIN
                seen = self._unhosted(target, within(row, self._told_at(target)))
                told = self._unsaid(target, seen, new=is_new, wide=is_wide)
                yield (kind, unsure, None), self._unlike(target, told, new=is_new)
        yield from self._filtered(target)

    def _filtered(self, target: int) -> Iterator[tuple[Told, Row]]:
        """Yield what has changed for the requests of connections to *target*.

        Where it is held less than before, and open as a whole now, that says it; so it does there and back.
        """
        for step, pair in self._requests.at(target).items():
            is_new = is_more(step)
            free = (self._loosened if is_new else self._tightened)[Direction.INGRESS]
            if step[is_new] == WHOLE and free >> target & 1:
                continue
            for is_sure, row in zip((True, False), pair, strict=True):
                told = self._strange(target, within(row, self._told_at(target)), step)
                yield (kind_of(step, sure=is_sure), not is_sure, step), told

    def _strange(self, target: int, row: Row, step: Step) -> Row:
        """Return *row* of *step* without what a stranger shares with an app whose labels it wears."""
        left, doubles = joined([row]), self._doubles[is_more(step)]
        for app in bits(doubles.worn.get(target, 0)):
            left = minus(left, self._requests.like(app, step)) if left else left
        if target in doubles.worn or not left:
            return left
        return doubles.without(left, self._requests.like(target, step))

    def _compared(self, target: int) -> _Compared:
        end = self._ends.ends[target]
        before, after = self._row(self._old.narrow, end.old, new=False), self._row(self._new.narrow, end.new, new=True)
        wide_before, wide_after = before, after
        if not (self._old.narrow.is_exact and self._new.narrow.is_exact):
            wide_before = self._row(self._old.wide, end.old, new=False)
            wide_after = self._row(self._new.wide, end.new, new=True)
        widened, narrowed = minus(wide_after, wide_before), minus(wide_before, wide_after)
        return _Compared(before, after, wide_before, wide_after, widened, narrowed)

    def _told_at(self, target: int) -> int:
        """Return the sources of which connections to *target* are told."""
        return -1 if self._known >> target & 1 else self._known

    def _unhosted(self, target: int, row: Row) -> Row:
        """Return *row* of a new target, or one that is gone, without the node that runs it: it opens all there is."""
        end, host = self._ends.ends[target], self._new.universe.symbols.of(Entity.HOST)
        if not host or (end.old is not None and end.new is not None):
            return row
        return tuple((mask & ~host if ports == ALL_PORTS else mask, ports) for mask, ports in row)

    def _unlike(self, target: int, row: Row, *, new: bool) -> Row:
        """Return *row* without what a stranger shares with an app whose labels it wears."""
        left, doubles = joined([row]), self._doubles[new]
        if target in doubles.worn:
            for app in bits(doubles.worn[target]):
                left = minus(left, self._reference(app, new=new)) if left else left
            return left
        return doubles.without(left, self._reference(target, new=new)) if left else left

    def _unsaid(self, target: int, row: Row, *, new: bool, wide: bool) -> Row:
        """Return *row* without what is said of sources that lose their protection: they can open all that lets them in.

        By whom they are let in only now, that is not said. The same of those that gain it, there and back.
        """
        free = (self._loosened if new else self._tightened)[Direction.EGRESS]
        if not any(mask & free for mask, _ in row):
            return row
        return (*within(row, ~free), *common(within(row, free), self._let_in(target, new=new, wide=wide)))

    def _let_in(self, target: int, *, new: bool, wide: bool) -> Row:
        """Return whom the policies over *target* let in on one side only: nobody, where none holds it there."""
        if not self._protection.is_held(target, new=new):
            return ()
        end = self._ends.ends[target]
        rows: list[Row] = [(), ()]
        for is_new, scene, at in ((False, self._old, end.old), (True, self._new, end.new)):
            if at is not None:
                entering = (scene.wide if wide else scene.narrow).entering(at)
                rows[is_new] = self._ends.seen(entering, new=is_new)
        return minus(rows[new], rows[not new])

    def _reference(self, target: int, *, new: bool) -> Row:
        """Return what has changed for apps at *target*, and what those have that are new, gone or relabelled."""
        rows = self._compared(target)
        whole, part = (rows.wide_after, rows.widened) if new else (rows.wide_before, rows.narrowed)
        return whole if 1 << target & self._moved else _united(part, within(whole, self._moved))

    def _row(self, reach: Reach, target: int | None, *, new: bool) -> Row:
        return () if target is None else self._ends.seen(reach.whole(target), new=new)


def _differences(rows: _Compared) -> Iterator[tuple[Kind, bool, Row]]:
    """Yield what is open on one side only, or is more certain there, by kind and whether it is unsure."""
    yield Kind.OPENED, False, common(rows.widened, rows.after)
    yield Kind.MAY_OPEN, True, minus(rows.widened, rows.after)
    yield Kind.CERTAIN, False, minus(minus(rows.after, rows.before), rows.widened)
    yield Kind.CLOSED, False, common(rows.narrowed, rows.before)
    yield Kind.CLOSED, True, minus(rows.narrowed, rows.before)
    yield Kind.UNCERTAIN, True, minus(minus(rows.before, rows.after), rows.narrowed)


def _united(row: Row, other: Row) -> Row:
    """Return *other*, and *row* for whom is not in it; *other* has all that *row* has of its sources."""
    masks = 0
    for mask, _ in other:
        masks |= mask
    return (*within(row, ~masks), *other)


def _zones(sources: Phrased, targets: Phrased) -> Iterator[tuple[Zone, Phrased, Phrased]]:
    """Yield all of *sources* with all of *targets*, in parts of one zone each."""
    parts: dict[tuple[Zone, Phrased], list[Phrase]] = {}
    for group in _alike(sources):
        by_zone: dict[Zone, list[Phrase]] = {}
        for others in _alike(targets):
            by_zone.setdefault(zone(group[0], others[0]), []).extend(others)
        for where, some in by_zone.items():
            parts.setdefault((where, tuple(some)), []).extend(group)
    for (where, called), callers in parts.items():
        yield where, tuple(callers), called


def _alike(phrases: Iterable[Phrase]) -> list[list[Phrase]]:
    """Return *phrases* in groups of the same owner."""
    groups: dict[tuple[bool, str], list[Phrase]] = {}
    for one in phrases:
        groups.setdefault((one.is_internet, one.owner), []).append(one)
    return list(groups.values())


def _single(fact: Fact) -> Iterator[Fact]:
    for source in _named(fact.sources):
        for target in _named(fact.targets):
            yield replace(fact, sources=(source,), targets=(target,))


def _named(phrases: Phrased) -> Iterator[Phrase]:
    for one in phrases:
        for name in one.names:
            yield replace(one, names=(name,))
