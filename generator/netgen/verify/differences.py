"""Connections that are missing or in excess, as findings; only a run that found some has a use for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from netgen.evaluate.explain import Explanation, explain
from netgen.evaluate.reach import Reach
from netgen.evaluate.sets import PortSet
from netgen.problems import Problem
from netgen.verify.filtered import in_excess, is_missing, told_apart, wanted_note
from netgen.verify.groups import CAN, Group, Row, beyond, can, groups, sentence
from netgen.verify.reasons import DOUBT, closing, mending, opening, opening_place, spec_place

if TYPE_CHECKING:
    from netgen.verify.around import Around
    from netgen.verify.comparison import Loss

MOST_GROUPS = 10
"""So many groups of connections are told of, of each kind; the rest are counted."""


def missing(lost: list[list[Loss]], apps: int) -> Iterator[Problem]:
    """Yield what is missing in *lost*, under each reading; what only the second one misses is never certain."""
    told: list[Row] = []
    for losses in lost:
        seen = [*told]
        for loss, widest in zip(losses, lost[-1], strict=True):
            rows = [*told_apart(beyond(loss.rows, seen), loss.meant, loss.there)]
            told += rows
            yield from _missing(replace(loss, rows=rows), widest.there, apps, certain=losses is lost[0])


def _missing(loss: Loss, widest: Reach, apps: int, *, certain: bool) -> Iterator[Problem]:
    for group in _shown(loss.rows, apps, "not-open"):
        if isinstance(group, Problem):
            yield group
            continue
        pair = group.source, group.target
        why, closed = (_explained(one, *pair, group.ports) for one in (loss.meant, loss.there))
        place = spec_place(why)
        requests = is_missing(loss.meant, loss.there, group)
        is_sure = bool(requests) or (certain and not group.ports & widest.allowed(*pair))
        said = sentence(widest.universe, group, "cannot" if is_sure else "perhaps cannot")
        message = f"{said}{requests}, which {'the spec says' if place else 'no spec closes'}"
        doubts = () if is_sure else (DOUBT,)
        asked = wanted_note(loss.meant, group) if requests else ()
        notes = (*closing(closed), *asked, *doubts, *group.others(widest.universe))
        yield Problem("not-open", place, message, notes, mending(closed))


def excess(readings: list[tuple[Reach, Reach]], around: Around | None, apps: int) -> Iterator[Problem]:
    """Yield what is there and not meant, under each of *readings*; *around* may have other policies that open it."""
    plain = partial(_excess, *readings[0])
    if around is not None and around.foreign.names:
        from netgen.verify.around.others import opened  # noqa: PLC0415 - only a run that is given a cluster pays

        yield from opened(readings, around.foreign, apps, plain)
        return
    told: list[Row] = []
    for meant, there in readings:
        rows = list(told_apart(beyond(there.difference(meant), told), there, meant))
        told += rows
        for group in _shown(rows, apps, "not-closed"):
            yield group if isinstance(group, Problem) else plain(there, group)


def _excess(meant: Reach, narrow: Reach, there: Reach, group: Group) -> Problem:
    why = _explained(there, group.source, group.target, group.ports)
    requests = in_excess(meant, there, group)
    word = CAN if requests else can(narrow, group)
    message = f"{sentence(narrow.universe, group, word)}{requests}, which no spec says"
    doubts = () if word == CAN else (DOUBT,)
    notes = (*opening(why), *wanted_note(meant, group), *doubts, *group.others(narrow.universe))
    return Problem("not-closed", opening_place(why), message, notes, "close it, or say it in the spec")


def _explained(reach: Reach, source: int, target: int, ports: PortSet) -> Explanation:
    protocol, port = ports.first()
    return explain(reach, source, target, protocol, port)


def _shown(rows: Iterable[Row], apps: int, code: str) -> Iterator[Group | Problem]:
    """Yield the first groups of *rows*, and then how many connections more there are."""
    left = 0
    for number, group in enumerate(groups(rows, apps)):
        if number < MOST_GROUPS:
            yield group
        else:
            left += group.count
    if left:
        yield Problem(code, None, f"and {left} more connections of this kind")
