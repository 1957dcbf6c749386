"""DNS names in classes: those that the same patterns match are one, with a name of each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple

from netgen.evaluate.sets import bits

MOST = 50_000
"""So many places where names branch are looked at."""
_WORDS = 4_000
"""So many labels are tried for those that several patterns with stars match at once."""

_LABEL = "[-a-z0-9_]"
_EVERY = re.compile(r"[*]+")


def is_match(pattern: str, name: str) -> bool:
    """Return whether *pattern*, as in NamePeer, matches *name*, in any case and with or without a dot at the end.

    `*` alone matches every name. Source: cilium/cilium, pkg/fqdn/matchpattern/matchpattern.go.
    """
    return _Pattern.of(pattern).regex.fullmatch(_normal(name)) is not None


def _normal(text: str) -> str:
    """Return a name or pattern in lower case, without a dot at its end."""
    return text.strip().lower().removesuffix(".")


class _Pattern(NamedTuple):
    """A pattern: its *labels* from the last to the first; *deep*: any more of them may stand before, one at least."""

    labels: tuple[str, ...]
    deep: bool

    @classmethod
    def of(cls, text: str) -> _Pattern:
        """Return the pattern *text*; the one that matches every name has no labels."""
        plain = _normal(text)
        if _EVERY.fullmatch(plain):
            return cls((), deep=True)
        first, *rest = (_EVERY.sub("*", label) for label in plain.split("."))
        deep = bool(rest) and plain.startswith("**") and first == "*"
        return cls(tuple(reversed(rest if deep else [first, *rest])), deep)

    @property
    def regex(self) -> re.Pattern[str]:
        """Return the pattern as a regular expression of a name."""
        labels = [re.escape(label).replace(r"\*", f"{_LABEL}*") for label in reversed(self.labels)]
        more = rf"(?:{_LABEL}+\.)*{_LABEL}+"
        return re.compile(r"\.".join([more, *labels] if self.deep else labels))


class NameClass(NamedTuple):
    """Names that just these *patterns* match, and one of them for an *example*."""

    patterns: tuple[str, ...]
    example: str


class NameClasses(NamedTuple):
    """All classes of names that some pattern matches; *complete* is False where there are too many of them."""

    classes: tuple[NameClass, ...]
    complete: bool


def name_classes(patterns: Iterable[str]) -> NameClasses:
    """Return the classes that *patterns* tell apart; a name that none of them matches is in no class."""
    listed = sorted(set(patterns))
    search = _Search([_Pattern.of(one) for one in listed])
    complete = search.run()
    if not complete:
        for number, one in enumerate(listed):
            search.found.setdefault(1 << number, _normal(one).replace("*", "other"))
    classes = [NameClass(tuple(listed[bit] for bit in bits(mask)), name) for mask, name in search.found.items()]
    return NameClasses(tuple(sorted(classes)), complete)


class _Node(NamedTuple):
    """All names that end in *suffix*: the patterns that may match those, and those that match all longer ones."""

    suffix: tuple[str, ...]
    active: Sequence[int]
    deep: int


@dataclass(slots=True)
class _Search:
    """Goes through names label by label, from the last to the first; *found* has a name for each set of patterns."""

    patterns: list[_Pattern]
    found: dict[int, str] = field(default_factory=dict)

    def run(self) -> bool:
        """Find the sets; return False where there were too many."""
        everything = sum(1 << number for number, one in enumerate(self.patterns) if not one.labels)
        left = [_Node((), [number for number, one in enumerate(self.patterns) if one.labels], everything)]
        for _ in range(MOST):
            if not left:
                return True
            labels = self._visit(left.pop())
            if labels is None:
                return False
            left += labels
        return False

    def _visit(self, node: _Node) -> list[_Node] | None:
        depth = len(node.suffix)
        ended = [one for one in node.active if len(self.patterns[one].labels) == depth]
        longer = [one for one in node.active if len(self.patterns[one].labels) > depth]
        exact = sum(1 << one for one in ended if not self.patterns[one].deep)
        if node.suffix and (exact or node.deep):
            self.found.setdefault(exact | node.deep, ".".join(reversed(node.suffix)))
        deep = node.deep | sum(1 << one for one in ended if self.patterns[one].deep)
        if not longer:
            if deep and deep not in self.found:
                self.found[deep] = ".".join(["other", *reversed(node.suffix)])
            return []
        return self._children(node, longer, deep)

    def _children(self, node: _Node, longer: list[int], deep: int) -> list[_Node] | None:
        asked: dict[str, list[int]] = {}
        for one in longer:
            asked.setdefault(self.patterns[one].labels[len(node.suffix)], []).append(one)
        classes = _label_classes(list(asked))
        if classes is None:
            return None
        found = []
        for label, globs in classes.items():
            active = [one for glob in globs for one in asked[glob]]
            if active or deep:
                found.append(_Node((*node.suffix, label), active, deep))
        return found


def _label_classes(globs: list[str]) -> dict[str, list[str]] | None:
    """Return a label for each set of *globs* that one can match at once, and the set; None where there are too many."""
    plain = [one for one in globs if "*" not in one]
    wild = [one for one in globs if "*" in one]
    regexes = {one: re.compile(re.escape(one).replace(r"\*", f"{_LABEL}*")) for one in wild if one != "*"}
    every = ["*"] if "*" in wild else []
    found: dict[str, list[str]] = {}
    for label in plain:
        found[label] = [label, *every, *(glob for glob, regex in regexes.items() if regex.fullmatch(label))]
    mixed = _mixed(list(regexes), set(plain))
    if mixed is None:
        return None
    for label, matching in mixed.items():
        found[label] = [*every, *matching]
    return found


def _mixed(globs: list[str], taken: set[str]) -> dict[str, list[str]] | None:
    """Return, for each set of *globs* that a label can match at once, such a label that is not *taken*, with the set.

    None where there are too many. The words are found from the shortest on, and of those that lead to one place as many
    as it takes to find one that is not taken.
    """
    regexes = {one: re.compile(re.escape(one).replace(r"\*", f"{_LABEL}*")) for one in globs}
    met = {label for label in taken if any(regex.fullmatch(label) for regex in regexes.values())}
    start = tuple(_places(glob, {0}) for glob in globs)
    found: dict[str, list[str]] = {_unlike(taken, list(regexes.values())): []}
    told: set[tuple[int, ...]] = {()}
    visits: dict[_Places, int] = {}
    queue: list[tuple[str, _Places]] = [("", start)]
    for label, state in queue:
        matching = tuple(number for number, glob in enumerate(globs) if len(glob) in state[number])
        if label and matching not in told and label not in taken:
            told.add(matching)
            found[label] = [globs[number] for number in matching]
        for letter in _letters(globs):
            after = tuple(_step(glob, places, letter) for glob, places in zip(globs, state, strict=True))
            if any(after) and visits.get(after, 0) <= len(met):
                visits[after] = visits.get(after, 0) + 1
                queue.append((label + letter, after))
        if len(queue) > _WORDS:
            return None
    return found


def _letters(globs: list[str]) -> list[str]:
    """Return the letters of *globs*, and one that is in none of them."""
    letters = sorted({letter for glob in globs for letter in glob if letter != "*"})
    return letters + [one for one in "xyzwvutsrqponmlkjihgfedcba0123456789_-" if one not in letters][:1]


def _unlike(taken: set[str], regexes: list[re.Pattern[str]]) -> str:
    """Return a label that is not *taken* and that none of *regexes* matches."""
    for number in count(1):
        label = "other" if number == 1 else f"{'xyz0_-'[number % 6]}other-{number}"
        if label not in taken and not any(regex.fullmatch(label) for regex in regexes):
            return label
    raise AssertionError


_Places = tuple[frozenset[int], ...]
"""For each glob, how much of it may be behind."""


def _places(glob: str, places: Iterable[int]) -> frozenset[int]:
    """Return *places* and those that can be reached without a letter."""
    found = set(places)
    for place in sorted(places):
        behind = place
        while behind < len(glob) and glob[behind] == "*":
            behind += 1
            found.add(behind)
    return frozenset(found)


def _step(glob: str, places: frozenset[int], letter: str) -> frozenset[int]:
    found = {place for place in places if place < len(glob) and glob[place] == "*"}
    found |= {place + 1 for place in places if place < len(glob) and glob[place] == letter}
    return _places(glob, found)
