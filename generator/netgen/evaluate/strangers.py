"""The pods that labels could make: every combination of selectors that some pod satisfies, and a pod for each."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from netgen.evaluate.objects.model import Labels, Operator, Selector
from netgen.records import record

Alive = int
"""A set of selectors as bits, by their place in the table: those that a pod satisfies."""

MOST = 100_000
"""So many combinations of labels are told apart in one place, and eight more for each selector."""


@record
class Asked:
    """What one selector asks of one key: a value *among* these, *outside* of those, its presence, its absence."""

    among: frozenset[str] | None
    outside: frozenset[str]
    present: bool
    absent: bool


def asked(selector: Selector) -> dict[str, Asked]:
    """Return what *selector* asks of each key that it names."""
    found: dict[str, Asked] = {}
    for one in selector.asks():
        old = found.get(one.key, Asked(None, frozenset(), present=False, absent=False))
        values = frozenset(one.values)
        found[one.key] = Asked(
            among=old.among if one.operator is not Operator.IN else values if old.among is None else old.among & values,
            outside=old.outside | values if one.operator is Operator.NOT_IN else old.outside,
            present=old.present or one.operator is Operator.EXISTS,
            absent=old.absent or one.operator is Operator.DOES_NOT_EXIST,
        )
    return found


@dataclass(eq=False, repr=False, slots=True)
class Askers:
    """The selectors that ask for one key, as bits, by what they ask: who wants each value, and who shuns it.

    *fresh* has the values of the selectors that were added last, behind those of another table.
    """

    among: Alive = 0
    present: Alive = 0
    absent: Alive = 0
    all: Alive = 0
    wanting: dict[str, Alive] = field(default_factory=dict)
    shunning: dict[str, Alive] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)

    def copy(self) -> Askers:
        """Return askers to which more can be added."""
        return replace(self, wanting=self.wanting.copy(), shunning=self.shunning.copy(), fresh=set())

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

    def failed(self, value: str | None) -> Alive:
        """Return the selectors that a label of *value* fails; None: no such label."""
        if value is None:
            return self.among | self.present
        return self.among & ~self.wanting.get(value, 0) | self.shunning.get(value, 0) | self.absent

    def value(self, ask: Asked) -> str | None:
        """Return a value that meets *ask*, None being no label; any where there is none."""
        if ask.among is not None:
            return min(ask.among - ask.outside, default=None)
        return unnamed(self.wanting.keys() | self.shunning.keys()) if ask.present else None

    def effects(self, wanted: Alive) -> dict[Alive, str | None]:
        """Return each set of selectors that a value fails, with such a value: rather none, and rather a named one.

        Values that fail all of *wanted* may be left out; no set is *wanted* 0.
        """
        every = self.wanting.keys() | self.shunning.keys()
        other = unnamed(every)
        # Of *wanted*, each value that none of them speaks of fails the same as one that nobody does.
        values = self.fresh if wanted and not wanted & ~self.failed(other) else every
        found: dict[Alive, str | None] = {}
        for value in (None, *sorted(values), other):
            found.setdefault(self.failed(value), value)
        return found


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

    def combinations(self, wanted: Alive = 0, given: Mapping[str, str] | None = None) -> dict[Alive, Labels] | None:
        """Return every set of selectors that some pod satisfies at once, with labels of such a pod, the fewest.

        *wanted*: only the sets with one of these, which are those behind the base of the table. *given*: keys with the
        only value that they take here. None where there are too many.
        """
        most = MOST + 8 * len(self.asks)
        found: dict[Alive, Labels] = {self.everything: ()}
        for name, key in sorted(self.keys.items()):
            effects = key.effects(wanted)
            if given and name in given:
                effects = {key.failed(given[name]): given[name]}
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
