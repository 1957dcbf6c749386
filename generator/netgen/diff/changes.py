"""What a comparison finds: changes as sentences of plain words and names, each with its weight and its place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum, IntEnum

from netgen.records import record


class Zone(IntEnum):
    """Whom a change concerns, in the order in which it is told."""

    UNPROVEN = 0
    CLAIMS = 1
    INTERNET = 2
    ACROSS = 3
    WITHIN = 4
    APPS = 5


class Kind(Enum):
    """What a change is, by the word that counts it: first what becomes reachable, then what stops, then the rest."""

    BROKEN = "broken"
    UNCLAIMED = "no longer claimed"
    UNPROTECTED = "unprotected"
    EXPOSED = "exposed"
    OPENED = "opened"
    MAY_OPEN = "perhaps opened"
    CERTAIN = "certainly open"
    PROTECTED = "protected"
    WITHDRAWN = "no longer exposed"
    CLOSED = "closed"
    UNCERTAIN = "perhaps closed"
    NEW = "new"
    GONE = "gone"
    RELABELLED = "relabelled"
    RENAMED = "renamed"
    LED = "led elsewhere"
    CLAIMED = "newly claimed"
    UNPROVEN = "not understood"


WIDENING = (Kind.UNPROTECTED, Kind.EXPOSED, Kind.OPENED, Kind.MAY_OPEN, Kind.CERTAIN)
"""The kinds by which more is reachable than before."""

_RANKS = {kind: rank for rank, kind in enumerate(Kind)}


@record
class Name:
    """A part of a sentence that is no word of netgen's: the name of an app, ports, a URL."""

    text: str

    def __str__(self) -> str:
        return self.text


Sentence = tuple[str | Name, ...]
"""Words and names; the spaces between them are part of the words."""


@record
class Change:
    """One sentence. *place* says where the deciding line stands; *count* is how many connections or apps it is about.

    *remark* is what the sentence depends on.
    """

    zone: Zone
    kind: Kind
    sentence: Sentence
    place: str = ""
    count: int = 1
    remark: str = ""

    @property
    def words(self) -> str:
        """Return the sentence as text, without its place and remark."""
        return "".join(map(str, self.sentence))


@record
class Diff:
    """All *changes*, in the order in which they are told.

    *compared* are the two sides as they were named, if they were; *notes* are sentences about what is not on a side.
    """

    changes: tuple[Change, ...]
    compared: tuple[str, str] | None = None
    notes: tuple[str, ...] = ()

    @property
    def is_same(self) -> bool:
        """Return whether nothing has changed, and everything was understood."""
        return not self.changes

    @property
    def is_partly_understood(self) -> bool:
        """Return whether something is not understood, and something is told of the rest."""
        return len({one.zone is Zone.UNPROVEN for one in self.changes}) > 1

    def summary(self) -> str:
        """Return the line that counts."""
        counts = {kind: sum(one.count for one in self.changes if one.kind is kind) for kind in Kind}
        told = ", ".join(f"{count} {kind.value}" for kind, count in counts.items() if count)
        only_unproven = bool(counts[Kind.UNPROVEN]) and sum(counts.values()) == counts[Kind.UNPROVEN]
        if only_unproven:
            return f"no change in what is understood, {told}"
        return told or "no change in who reaches whom"


def in_order(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Return *changes* by zone and kind, and then by their words."""
    return tuple(sorted(set(changes), key=lambda one: (one.zone, _RANKS[one.kind], one.words, one.place)))


FEW = 5
"""So many names are listed in full."""


def listed(names: Sequence[str], *, total: int | None = None) -> Sentence:
    """Return *names* as `a, b and c`; of more than a few, the first three and how many more there are.

    *total* counts what *names* is only the beginning of.
    """
    count = len(names) if total is None else total
    shown = list(names) if count <= FEW else list(names[:3])
    parts: list[str | Name] = []
    for number, name in enumerate(shown):
        last = number == len(shown) - 1 and count == len(shown)
        parts += [" and " if last else ", "] if number else []
        parts.append(Name(name))
    return (*parts, f" and {count - len(shown)} more") if count > len(shown) else tuple(parts)
