"""The answer for pairs of ends: one word, one line, and what decides it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from netgen.asking.parties import Party
from netgen.asking.why import Pair, Why
from netgen.evaluate.reach import Reach
from netgen.problems import Problem
from netgen.records import record
from netgen.scene import INTERNET, Scene, undecided
from netgen.verify.requests import in_words

if TYPE_CHECKING:
    from netgen.evaluate.filters import Filter


class Reply(StrEnum):
    """The answer in a few words; UNKNOWN where the manifests, or the CNI that was named, do not decide it.

    SOME: yes for some requests, and no for all others.
    """

    YES = "yes"
    SOME = "only for some requests"
    NO = "no"
    UNKNOWN = "unknown"


@record
class Answer:
    """The *reply*, the same as one *line*, and the reasons: lines on what decides it, and how to dial or to open it.

    *beside* are lines on Ingresses that lead to the same pods. *unproven* is what was not understood, and makes the
    reply UNKNOWN. *said* are warnings about the manifests.
    """

    reply: Reply
    line: str
    why: tuple[str, ...]
    unproven: tuple[Problem, ...]
    said: tuple[Problem, ...] = ()
    beside: tuple[str, ...] = ()


@record
class Question:
    """A question as pairs of ends, told apart by the port that each aims at."""

    scene: Scene
    pairs: Sequence[Pair]
    cni: str

    def answer(self, why: Why | None) -> Answer:
        """Return the answer for all pairs together, with the reasons of *why*."""
        replies = {pair: self._reply(pair) for pair in self.pairs}
        wanted = self._together(replies)
        unproven = tuple(self.scene.unproven())
        line = self._line(wanted, replies, self._apart(wanted), is_proven=not unproven)
        deciding = next(pair for pair, reply in replies.items() if reply is wanted)
        lines = () if why is None else tuple(why.lines(deciding, wanted in (Reply.YES, Reply.SOME)))
        reply = Reply.UNKNOWN if unproven else wanted
        return Answer(reply, line, lines, unproven, self.scene.cluster.said)

    def _reply(self, pair: Pair) -> Reply:
        if self._is_open(self.scene.narrow, pair):
            return Reply.YES
        asked = self._asked(self.scene.narrow, pair)
        if asked is not None and asked == self._asked(self.scene.wide, pair):
            return Reply.SOME
        return Reply.UNKNOWN if self._is_open(self.scene.wide, pair) else Reply.NO

    @staticmethod
    def _is_open(reach: Reach, pair: Pair) -> bool:
        return pair.is_itself or reach.allowed(*pair.ends).has(pair.aim.protocol, pair.aim.number)

    @staticmethod
    def _asked(reach: Reach, pair: Pair) -> Filter | None:
        """Return which requests pass, where only some do."""
        return reach.filter(*pair.ends, pair.aim.protocol, pair.aim.number)

    def _only(self, pairs: Sequence[Pair]) -> str:
        """Return in words which requests pass, where *pairs* are open for some only."""
        found = dict.fromkeys(self._asked(self.scene.narrow, pair) for pair in pairs)
        shown = [in_words(asked) for asked in found if asked is not None]
        return f" for {'; or for '.join(shown[:SHOWN])}{' and others' if len(shown) > SHOWN else ''}" if shown else ""

    def _together(self, replies: dict[Pair, Reply]) -> Reply:
        """Return the worst reply; of the families of the internet the better one counts, since a client chooses."""
        groups: dict[tuple[str, str, str], list[Reply]] = {}
        for pair, reply in replies.items():
            groups.setdefault(pair.without_family, []).append(reply)
        return max((min(found, key=_WORSE.index) for found in groups.values()), key=_WORSE.index)

    def _apart(self, wanted: Reply) -> str:
        """Return in words which public addresses have another reply than *wanted*, that of the internet."""
        about = [pair for pair in self.pairs if INTERNET in pair.without_family]
        found: dict[Reply, list[str]] = {}
        for end in self.scene.apart if about else ():
            party = Party(self.scene.names[end], end)
            replies = {self._reply(pair.with_internet(party)) for pair in about}
            found.setdefault(max(replies, key=_WORSE.index), []).append(party.name)
        said = [f"for {listed(found[each])}: {each}" for each in _WORSE if each is not wanted and each in found]
        return f" ({'; '.join(said)})" if said else ""

    def _line(self, wanted: Reply, replies: dict[Pair, Reply], apart: str, *, is_proven: bool) -> str:
        deciding = [pair for pair, reply in replies.items() if reply is wanted]
        others = [pair for pair, reply in replies.items() if reply is not wanted]
        verb = VERBS[wanted]
        port = deciding[0].aim.port if len({pair.aim.port for pair in self.pairs}) == 1 else ""
        said = f"{sources_of(deciding)} {verb} open {_aims(deciding, port)}{f' on {port}' if port else ''}"
        if wanted is Reply.SOME:
            said += self._only(deciding)
        if others:
            said += f" (otherwise: {sources_of(others)} to {_aims(others, port)})"
        if not is_proven:
            return f"{Reply.UNKNOWN}: something is not understood; by the rest, {said}{apart}"
        return f"{wanted}: {said}{apart}{self._because() if wanted is Reply.UNKNOWN else ''}"

    def _because(self) -> str:
        return f": {undecided(self.cni)}"


VERBS = {Reply.YES: "can", Reply.SOME: "can", Reply.NO: "cannot", Reply.UNKNOWN: "may"}
"""What is said between the two ends."""
_WORSE = [Reply.YES, Reply.SOME, Reply.UNKNOWN, Reply.NO]
SHOWN = 3
"""So many of several names are told."""


def sources_of(pairs: Sequence[Pair]) -> str:
    """Return the sources of *pairs* in a row."""
    return listed(pair.source.name for pair in pairs)


def _aims(pairs: Sequence[Pair], port: str) -> str:
    """Return the targets of *pairs*, each with its port unless all have *port*."""
    return listed(pair.aim.party.name if port else str(pair.aim) for pair in pairs)


def listed(names: Iterable[str]) -> str:
    """Return *names* in a row, a few of many; both families of the internet are one name."""
    found = list(dict.fromkeys(names))
    if found == [f"{INTERNET} (IPv4)", f"{INTERNET} (IPv6)"]:
        found = [INTERNET]
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return ", ".join(found[:SHOWN]) + more
