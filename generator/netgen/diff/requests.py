"""What changes for the requests of connections: ports that are open for some only, before or now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netgen.diff.changes import Kind, Name, Sentence
from netgen.diff.ends import Ends
from netgen.diff.rows import Row, common, minus, within
from netgen.evaluate.filters import Filter
from netgen.evaluate.reach import Reach
from netgen.evaluate.sets import PortSet
from netgen.scene import Scene
from netgen.verify.requests import in_words

WHOLE: Filter = ()
"""That every request passes: none is asked for."""

Step = tuple[Filter | None, Filter | None]
"""What a port was open for and is open for now: WHOLE, a filter, or None where it is closed. One is a filter."""

Parts = tuple[tuple[int, PortSet, Filter], ...]


class Requests:
    """The steps between two scenes, target by target, through the same *ends*."""

    def __init__(self, old: Scene, new: Scene, ends: Ends) -> None:
        self._sides = ((old, False), (new, True))
        self._ends = ends
        self.is_empty = not (old.narrow.has_filters or new.narrow.has_filters)
        self._known: dict[int, dict[Step, tuple[Row, Row]]] = {}

    def at(self, target: int) -> dict[Step, tuple[Row, Row]]:
        """Return what has changed at *target*, by step: what is certain, and what is not."""
        if self.is_empty:
            return {}
        if target not in self._known:
            narrow, wide = (_steps(*self._parts(target, wide=wide)) for wide in (False, True))
            steps = dict.fromkeys((*narrow, *wide))
            pairs = {step: (narrow.get(step, ()), wide.get(step, ())) for step in steps}
            self._known[target] = {step: (common(*pair), _either(*pair)) for step, pair in pairs.items()}
        return self._known[target]

    def told(self, target: int) -> Row:
        """Return all that `at` tells, whatever it is."""
        return _united(part for pair in self.at(target).values() for row in pair for part in row)

    def like(self, target: int, step: Step) -> Row:
        """Return who makes *step* at *target*, and of apps that are new, gone or relabelled, who is there after it.

        Of a step to less, who was there before it.
        """
        new = is_more(step)
        there = _united(
            (sources, ports) for sources, ports, asked in self._parts(target, wide=True)[new] if asked == step[new]
        )
        if 1 << target & self._ends.moved:
            return there
        made = (part for row in self.at(target).get(step, ()) for part in row)
        return _united((*made, *within(there, self._ends.moved)))

    def _parts(self, target: int, *, wide: bool) -> tuple[Parts, Parts]:
        end = self._ends.ends[target]
        found: list[Parts] = []
        for (scene, is_new), at in zip(self._sides, (end.old, end.new), strict=True):
            reach = scene.wide if wide else scene.narrow
            seen = () if at is None else self._seen(reach, at, new=is_new)
            found.append(tuple(seen))
        return found[0], found[1]

    def _seen(self, reach: Reach, target: int, *, new: bool) -> Iterator[tuple[int, PortSet, Filter]]:
        for row, asked in ((reach.whole(target), WHOLE), *(((each[:2],), each[2]) for each in reach.filtered(target))):
            for sources, ports in self._ends.seen(row, new=new):
                yield sources, ports, asked


def _steps(before: Parts, after: Parts) -> dict[Step, Row]:
    """Return all steps from *before* to *after* in which a filter is."""
    found: dict[Step, list[tuple[int, PortSet]]] = {}
    for sources, ports, now in after:
        left: Row = ((sources, ports),)
        for their_sources, their_ports, then in before:
            theirs = ((their_sources, their_ports),)
            found.setdefault((then, now), []).extend(common(left, theirs))
            left = minus(left, theirs)
        found.setdefault((None, now), []).extend(left)
    for sources, ports, then in before:
        left = ((sources, ports),)
        for their_sources, their_ports, _ in after:
            left = minus(left, ((their_sources, their_ports),))
        found.setdefault((then, None), []).extend(left)
    return {step: _united(parts) for step, parts in found.items() if parts and _is_step(step)}


def _is_step(step: Step) -> bool:
    then, now = step
    if not then and not now:
        return False
    return not (_is_within(then, now) and _is_within(now, then))


def is_more(step: Step) -> bool:
    """Return whether something passes now that may not have passed before."""
    then, now = step
    return not _is_within(now, then)


def _is_within(one: Filter | None, other: Filter | None) -> bool:
    """Return whether *other* certainly lets pass all that *one* does: of each end it asks for as much or more."""
    if one is None or other is None:
        return one is None
    return all(any(set(mine) <= set(theirs) for mine in one) for theirs in other)


def _either(one: Row, other: Row) -> Row:
    """Return what is in one of two rows only."""
    return _united((*minus(one, other), *minus(other, one)))


def _united(parts: Iterable[tuple[int, PortSet]]) -> Row:
    """Return *parts* so that no source is in two."""
    found: list[tuple[int, PortSet]] = []
    for sources, ports in parts:
        left, after = sources, []
        for mask, known in found:
            both = mask & left
            after += [(both, known | ports)] if both else []
            after += [(mask ^ both, known)] if mask ^ both else []
            left ^= both
        found = [*after, (left, ports)] if left else after
    return tuple(found)


def kind_of(step: Step, *, sure: bool) -> Kind:
    """Return the kind of change that *step* is."""
    if is_more(step):
        return Kind.OPENED if sure else Kind.MAY_OPEN
    return Kind.CLOSED if sure else Kind.UNCERTAIN


def words(step: Step | None) -> Sentence:
    """Return what follows the ports in a sentence about *step*; nothing where there is none."""
    if step is None:
        return ()
    then, now = step
    if then is None or then == WHOLE or now is None or now == WHOLE:
        known = Name(in_words(now or then or WHOLE))
        if then is None:
            return (" for some requests only (", known, ")")
        if now == WHOLE:
            return (", and no longer for some requests only (before ", known, ")")
        return (" even for some requests (before " if now is None else " but for some requests (now ", known, ")")
    is_less = _is_within(now, then)
    how = "as many" if is_less else "more" if _is_within(then, now) else "other"
    return (f" for {how} requests (now ", Name(in_words(now)), ", before ", Name(in_words(then)), ")")
