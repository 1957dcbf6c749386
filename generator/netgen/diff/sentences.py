"""Facts about connections -> sentences, with the place of the line that decides; those of one app are summed up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from netgen.diff.changes import FEW, WIDENING, Change, Kind, Name, Sentence, listed
from netgen.diff.connections import Fact, Phrased, count
from netgen.diff.ends import End, Ends
from netgen.diff.origin import Origin, deciding
from netgen.diff.phrases import Phrase
from netgen.diff.requests import words
from netgen.evaluate.semantics import Tri
from netgen.evaluate.sets import ALL_PORTS

_MOST = 8
"""So many sentences are made of one app and different ports."""

_SHOWN = 3

_VERBS = {
    Kind.OPENED: "can now open",
    Kind.MAY_OPEN: "may now open",
    Kind.CERTAIN: "can now open",
    Kind.CLOSED: "can no longer open",
    Kind.UNCERTAIN: "may no longer open",
}
_PLUGIN = "the network plugin"
_UNTOLD = "what the manifests do not tell"


@dataclass(frozen=True)
class Sentences:
    """Makes sentences of the *ends* of two sides."""

    ends: Ends
    old: Origin
    new: Origin

    def of(self, facts: Iterable[Fact]) -> Iterator[Change]:
        """Yield a change for each of *facts*; many of one app are one."""
        left = sorted(facts, key=_order)
        for one_of in (_source, _target):
            groups: dict[object, list[Fact]] = {}
            for fact in left:
                phrase = one_of(fact)
                key = object() if phrase is None else (fact.zone, fact.kind, fact.unsure, fact.step, phrase.names)
                groups.setdefault(key, []).append(fact)
            left = []
            for group in groups.values():
                if len(group) > _MOST:
                    yield self._summed(group, one_of)
                else:
                    left += group
        yield from (self._change(fact) for fact in left)

    def _change(self, fact: Fact) -> Change:
        on = (" on ", _ports(fact), *words(fact.step))
        verb = f" {_VERBS[fact.kind]} "
        if fact.is_mutual:
            return self._made(fact, ("the pods of ", *_listed(fact.sources), f"{verb}each other", *on), 1)
        return self._made(fact, (*_listed(fact.sources), verb, *_listed(fact.targets), *on), fact.count)

    def _summed(self, group: list[Fact], one_of: Callable[[Fact], Phrase | None]) -> Change:
        by_source = one_of is _source
        parts: list[str | Name] = []
        for fact in group[:_SHOWN]:
            parts += [", "] if parts else []
            parts += [*_listed(fact.targets if by_source else fact.sources), " on ", _ports(fact)]
        total = sum(fact.count for fact in group)
        shown = sum(fact.count for fact in group[:_SHOWN])
        first, verb = group[0], f" {_VERBS[group[0].kind]} "
        rest = f" and {total - shown} more"
        if by_source:
            return self._made(first, (*_listed(first.sources), verb, *parts, rest, *words(first.step)), total)
        return self._made(first, (*parts, rest, verb, *_listed(first.targets), *words(first.step)), total)

    def _made(self, fact: Fact, sentence: Sentence, total: int) -> Change:
        return Change(fact.zone, fact.kind, sentence, self._place(fact), total, self._remark(fact))

    def _remark(self, fact: Fact) -> str:
        if fact.kind in {Kind.MAY_OPEN, Kind.UNCERTAIN}:
            return f"depends on {self._doubt}"
        return f"before, that depended on {self._doubt}" if fact.unsure or fact.kind is Kind.CERTAIN else ""

    @cached_property
    def _doubt(self) -> str:
        semantics = self.new.scene.narrow.semantics
        by_plugin = (semantics.blocks_match_pods, semantics.blocks_match_nodes, semantics.selectors_match_hosts)
        return _PLUGIN if Tri.EITHER in by_plugin else _UNTOLD

    def _place(self, fact: Fact) -> str:
        """Return where the first connection of *fact* is opened: on the new side, or on the old one that opened it."""
        widens = fact.kind in WIDENING
        here, other = (self.new, self.old) if widens else (self.old, self.new)
        source, target = (self.ends.ends[phrases[0].example] for phrases in (fact.sources, fact.targets))
        now, then = (_pair(source, target, new=is_new) for is_new in (widens, not widens))
        if now is None:
            return ""
        written = here.permission((source.names, target.names), *now, fact.ports)
        if written:
            return written
        is_sure = fact.kind in {Kind.OPENED, Kind.CERTAIN, Kind.UNCERTAIN} or not fact.unsure
        reach, other_reach = (side.scene.narrow if is_sure else side.scene.wide for side in (here, other))
        before = None if then is None else other.explained(other_reach, *then, fact.ports)
        return deciding(here.explained(reach, *now, fact.ports), before)


def _pair(source: End, target: End, *, new: bool) -> tuple[int, int] | None:
    """Return the endpoints of two ends on one side, None where one of them is not there."""
    ends = (source.new, target.new) if new else (source.old, target.old)
    return None if ends[0] is None or ends[1] is None else (ends[0], ends[1])


def _order(fact: Fact) -> tuple[object, ...]:
    names = tuple(tuple(name for phrase in side for name in phrase.names) for side in (fact.sources, fact.targets))
    large = not any(phrase.is_large for side in (fact.sources, fact.targets) for phrase in side)
    return fact.zone, fact.kind.value, fact.unsure, large, *names, str(fact.ports), str(fact.step)


def _source(fact: Fact) -> Phrase | None:
    return fact.sources[0] if count(fact.sources) == 1 else None


def _target(fact: Fact) -> Phrase | None:
    return fact.targets[0] if count(fact.targets) == 1 else None


def _listed(phrases: Phrased) -> Sentence:
    names: list[str] = []
    for one in phrases:
        names += one.names[: FEW + 1 - len(names)] if len(names) <= FEW else ()
    return listed(names, total=count(phrases))


def _ports(fact: Fact) -> Name:
    return Name("every port" if fact.ports == ALL_PORTS else str(fact.ports))
