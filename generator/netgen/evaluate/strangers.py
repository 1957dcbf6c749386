"""The pods that labels could make: every combination of selectors that some pod satisfies, and a pod for each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from netgen.evaluate.objects.model import Labels, Operator, Selector
from netgen.evaluate.objects.operators import PARTS, has_part
from netgen.evaluate.parts import Part, values_with
from netgen.records import record

Alive = int
"""A set of selectors as bits, by their place in the table: those that a pod satisfies."""

MOST = 100_000
"""So many combinations of labels are told apart in one place, and eight more for each selector."""


@record
class Asked:
    """What one selector asks of one key: a value *among* these, *outside* of those, its presence, its absence.

    *parts* are what the value is to have, and not to have.
    """

    among: frozenset[str] | None
    outside: frozenset[str]
    present: bool
    absent: bool
    parts: frozenset[tuple[Part, bool]] = frozenset()


def asked(selector: Selector) -> dict[str, Asked]:
    """Return what *selector* asks of each key that it names."""
    found: dict[str, Asked] = {}
    for one in selector.asks():
        old = found.get(one.key, Asked(None, frozenset(), present=False, absent=False))
        if one.operator in PARTS:
            operator, wanted = PARTS[one.operator]
            found[one.key] = replace(old, parts=old.parts | {((operator, one.values[0]), wanted)})
            continue
        values = frozenset(one.values)
        found[one.key] = Asked(
            among=old.among if one.operator is not Operator.IN else values if old.among is None else old.among & values,
            outside=old.outside | values if one.operator is Operator.NOT_IN else old.outside,
            present=old.present or one.operator is Operator.EXISTS,
            absent=old.absent or one.operator is Operator.DOES_NOT_EXIST,
            parts=old.parts,
        )
    return found


@dataclass(eq=False, repr=False, slots=True)
class Askers:
    """The selectors that ask for one key, as bits, by what they ask: who wants each value, and who shuns it.

    *having* and *lacking*: who wants each part of a value, and who shuns it. *fresh* has the values of the selectors
    that were added last, behind those of another table.
    """

    among: Alive = 0
    present: Alive = 0
    absent: Alive = 0
    all: Alive = 0
    wanting: dict[str, Alive] = field(default_factory=dict)
    shunning: dict[str, Alive] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)
    having: dict[Part, Alive] = field(default_factory=dict)
    lacking: dict[Part, Alive] = field(default_factory=dict)

    def copy(self) -> Askers:
        """Return askers to which more can be added."""
        return replace(
            self,
            wanting=self.wanting.copy(),
            shunning=self.shunning.copy(),
            fresh=set(),
            having=self.having.copy(),
            lacking=self.lacking.copy(),
        )

    @property
    def has_parts(self) -> bool:
        """Return whether some selector asks for a part of the value."""
        return bool(self.having or self.lacking)

    def add(self, bit: Alive, ask: Asked) -> None:
        """Add the selector *bit*, which asks *ask*."""
        self.all |= bit
        self.fresh |= ask.outside if ask.among is None else ask.outside | ask.among
        self.present |= bit if ask.present else 0
        self.absent |= bit if ask.absent else 0
        if ask.among is not None:
            self.among |= bit
            for value in ask.among:
                self.wanting[value] = self.wanting.get(value, 0) | bit
        for value in ask.outside:
            self.shunning[value] = self.shunning.get(value, 0) | bit
        for part, wanted in ask.parts:
            askers = self.having if wanted else self.lacking
            askers[part] = askers.get(part, 0) | bit

    def failed(self, value: str | None) -> Alive:
        """Return the selectors that a label of *value* fails; None: no such label."""
        if value is None:
            failed = self.among | self.present
        else:
            failed = self.among & ~self.wanting.get(value, 0) | self.shunning.get(value, 0) | self.absent
        return failed | self._failed_parts(value) if self.having or self.lacking else failed

    def _failed_parts(self, value: str | None) -> Alive:
        found = 0
        for part, bits in self.having.items():
            found |= 0 if value is not None and has_part(*part, value) else bits
        for part, bits in self.lacking.items():
            found |= bits if value is not None and has_part(*part, value) else 0
        return found

    def every(self) -> list[str] | None:
        """Return a value for all that a label can be for these selectors, the last one that nobody names.

        None where parts of values can be combined in too many ways.
        """
        named = self.wanting.keys() | self.shunning.keys()
        if not self.has_parts:
            return [*sorted(named), unnamed(named)]
        others = values_with(frozenset(self.having.keys() | self.lacking.keys()), frozenset(named))
        return None if others is None else [*sorted(named), *others]

    def value(self, ask: Asked) -> str | None:
        """Return a value that meets *ask*, None being no label; any where there is none."""
        if ask.parts:
            met = (one for one in (None, *(self.every() or ())) if _meets(ask, one))
            return next(met, None)
        if ask.among is not None:
            return min(ask.among - ask.outside, default=None)
        return unnamed(self.wanting.keys() | self.shunning.keys()) if ask.present else None

    def effects(self, wanted: Alive) -> dict[Alive, str | None] | None:
        """Return each set of selectors that a value fails, with such a value: rather none, and rather a named one.

        Values that fail all of *wanted* may be left out; no set is *wanted* 0. None where there are too many values.
        """
        if self.has_parts:
            known = self.every()
            return None if known is None else self.effects_of((None, *known))
        every = self.wanting.keys() | self.shunning.keys()
        other = unnamed(every)
        # Of *wanted*, each value that none of them speaks of fails the same as one that nobody does.
        values = self.fresh if wanted and not wanted & ~self.failed(other) else every
        return self.effects_of((None, *sorted(values), other))

    def effects_of(self, values: Iterable[str | None]) -> dict[Alive, str | None]:
        """Return each set of selectors that one of *values* fails, with the first that does."""
        found: dict[Alive, str | None] = {}
        for value in values:
            found.setdefault(self.failed(value), value)
        return found


def _meets(ask: Asked, value: str | None) -> bool:
    """Return whether a label of *value* meets *ask*."""
    if value is None:
        return ask.among is None and not ask.present and not any(wanted for _, wanted in ask.parts)
    if ask.absent or value in ask.outside or (ask.among is not None and value not in ask.among):
        return False
    return all(has_part(*part, value) == wanted for part, wanted in ask.parts)


def unnamed(values: Collection[str], value: str = "other") -> str:
    """Return *value*, or one like it, that is not one of *values*."""
    number, found = 1, value
    while found in values:
        number += 1
        found = f"{value}-{number}"
    return found


@record
class SelectorTable:
    """The selectors that apply in one place; what tells a pod there from another is which of them it satisfies.

    *asks* has what each asks, *keys* who asks for each key.
    """

    asks: tuple[dict[str, Asked], ...]
    keys: dict[str, Askers]

    @property
    def everything(self) -> Alive:
        """Return all the selectors."""
        return (1 << len(self.asks)) - 1

    def satisfied(self, labels: Mapping[str, str], unsure: frozenset[str] = frozenset()) -> tuple[Alive, Alive]:
        """Return the selectors that a pod with *labels* satisfies: for certain, and perhaps.

        The two differ where a selector asks for a key whose value is *unsure*.
        """
        certain = perhaps = self.everything
        for name, key in self.keys.items():
            if name in unsure:
                certain &= ~key.all
            else:
                failed = key.failed(labels.get(name))
                certain &= ~failed
                perhaps &= ~failed
        return certain, perhaps

    def combinations(
        self, wanted: Alive = 0, given: Mapping[str, Sequence[str]] | None = None
    ) -> dict[Alive, Labels] | None:
        """Return every set of selectors that some pod satisfies at once, with labels of such a pod, the fewest.

        *wanted*: only the sets with one of these, which are those behind the base of the table. *given*: keys with the
        only values that they take here. None where there are too many.
        """
        most = MOST + 8 * len(self.asks)
        found: dict[Alive, Labels] = {self.everything: ()}
        for name, key in sorted(self.keys.items()):
            effects = key.effects_of(given[name]) if given and name in given else key.effects(wanted)
            if effects is None:
                return None
            grown: dict[Alive, Labels] = {}
            for alive, labels in found.items():
                for failed, value in effects.items() if alive & key.all else _first(effects):
                    left = alive & ~failed
                    longer = labels if value is None else (*labels, (name, value))
                    if (left & wanted or not wanted) and (left not in grown or len(longer) < len(grown[left])):
                        grown[left] = longer
                if len(grown) > most:
                    return None
            found = grown
        return found

    def examples(self, first: int) -> Iterator[Labels]:
        """Yield the labels of a pod that wears none, then of one for each selector from the number *first* on."""
        yield ()
        for asks in self.asks[first:]:
            pairs = [(key, self.keys[key].value(ask)) for key, ask in sorted(asks.items())]
            yield tuple((key, value) for key, value in pairs if value is not None)


def table(selectors: Sequence[Selector], base: SelectorTable | None = None) -> SelectorTable:
    """Return the table of *selectors*, put behind those of *base*."""
    asks = [] if base is None else list(base.asks)
    keys = {} if base is None else {name: key.copy() for name, key in base.keys.items()}
    for index, selector in enumerate(selectors, len(asks)):
        asks.append(asked(selector))
        for key, ask in asks[-1].items():
            keys.setdefault(key, Askers()).add(1 << index, ask)
    return SelectorTable(tuple(asks), keys)


def _first(effects: dict[Alive, str | None]) -> list[tuple[Alive, str | None]]:
    return [next(iter(effects.items()))]
