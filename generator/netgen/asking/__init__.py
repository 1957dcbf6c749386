"""One question, whether one end can open a port of another: the answer of `netgen can`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from netgen.asking.advice import Meant
from netgen.asking.parties import Parties, Party, asked_pod, split
from netgen.asking.why import Pair, Why
from netgen.evaluate.objects.model import Cluster
from netgen.evaluate.reach import Reach
from netgen.intent import Intent
from netgen.problems import NetgenError, Problem
from netgen.scene import INTERNET, Scene, known_cni, scenes, undecided
from netgen.scene.ends import Ends
from netgen.verify import ideal

__all__ = ["Answer", "Reply", "can"]


class Reply(StrEnum):
    """The answer in one word; UNKNOWN where the manifests, or the CNI that was named, do not decide it."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Answer:
    """The *reply*, the same as one *line*, and the reasons: lines on what decides it, and how to dial or to open it.

    *unproven* is what was not understood, and makes the reply UNKNOWN.
    """

    reply: Reply
    line: str
    why: tuple[str, ...]
    unproven: tuple[Problem, ...]


def can(cluster: Cluster, source: str, target: str, *, cni: str, intent: Intent | None, reasons: bool = True) -> Answer:
    """Return whether *source* can open *target*, an end and a port, by the manifests of *cluster*.

    *intent* is what specs say about the same cluster: the reasons name their lines too. Without *reasons* none are
    looked up, and no places, which is faster. NetgenError for an end that
    nothing is, and for a text of the wrong form.
    """
    end, port = split(target)
    namespace = _namespace(cluster, intent)
    pods = {text: pod for text in (source, end) if (pod := asked_pod(text, namespace)) is not None}
    meant = () if intent is None else (Cluster(policies=ideal.policies(intent)),)
    here, *others = scenes(
        (cluster, *meant),
        cni=known_cni(cni),
        pod_ranges=() if intent is None else intent.pod_ranges,
        node_ranges=() if intent is None else intent.node_ranges,
        asked=tuple(pods.values()),
    )
    parties = Parties(here, Ends(here), pods, namespace)
    pairs = [Pair(party, aim) for aim in parties.aims(end, port) for party in parties.sources(source)]
    _expect_pods(here, pairs)
    spec = None if intent is None else Meant(intent, others[0])
    return _Question(here, pairs, cni).answer(Why(here, parties.ends, spec) if reasons else None)


def _expect_pods(scene: Scene, pairs: Sequence[Pair]) -> None:
    """Raise NetgenError where neither end is a pod: no policy decides that, so nobody here knows."""
    for pair in pairs:
        if not any(scene.universe.endpoints[end].is_pod for end in pair.ends):
            message = f"neither {pair.source.name} nor {pair.aim.party.name} is a pod: no policy decides between them"
            raise NetgenError([Problem("unknown-end", None, message, fix="name a pod at one end")])


def _namespace(cluster: Cluster, intent: Intent | None) -> str | None:
    """Return the namespace that a name without one is in: that of the specs, else of the workloads, if it is one."""
    if intent is not None:
        spaces = {app.key.namespace for app in intent.apps}
    else:
        spaces = {one.namespace for one in cluster.workloads} | {one.namespace for one in cluster.policies}
    return next(iter(spaces)) if len(spaces) == 1 else None


@dataclass(frozen=True, slots=True)
class _Question:
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
        lines = () if why is None else tuple(why.lines(deciding, wanted is Reply.YES))
        return Answer(Reply.UNKNOWN if unproven else wanted, line, lines, unproven)

    def _reply(self, pair: Pair) -> Reply:
        if self._is_open(self.scene.narrow, pair):
            return Reply.YES
        return Reply.UNKNOWN if self._is_open(self.scene.wide, pair) else Reply.NO

    @staticmethod
    def _is_open(reach: Reach, pair: Pair) -> bool:
        return pair.is_itself or reach.allowed(*pair.ends).has(pair.aim.protocol, pair.aim.number)

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
        said = [f"for {_listed(found[each])}: {each}" for each in _WORSE if each is not wanted and each in found]
        return f" ({'; '.join(said)})" if said else ""

    def _line(self, wanted: Reply, replies: dict[Pair, Reply], apart: str, *, is_proven: bool) -> str:
        deciding = [pair for pair, reply in replies.items() if reply is wanted]
        others = [pair for pair, reply in replies.items() if reply is not wanted]
        verb = {Reply.YES: "can", Reply.NO: "cannot", Reply.UNKNOWN: "may"}[wanted]
        port = deciding[0].aim.port if len({pair.aim.port for pair in self.pairs}) == 1 else ""
        said = f"{_sources(deciding)} {verb} open {_aims(deciding, port)}{f' on {port}' if port else ''}"
        if others:
            said += f" (otherwise: {_sources(others)} to {_aims(others, port)})"
        if not is_proven:
            return f"{Reply.UNKNOWN}: something is not understood; by the rest, {said}{apart}"
        return f"{wanted}: {said}{apart}{self._because() if wanted is Reply.UNKNOWN else ''}"

    def _because(self) -> str:
        return f": {undecided(self.cni)}"


_WORSE = [Reply.YES, Reply.UNKNOWN, Reply.NO]
_SHOWN = 3


def _sources(pairs: Sequence[Pair]) -> str:
    return _listed(pair.source.name for pair in pairs)


def _aims(pairs: Sequence[Pair], port: str) -> str:
    """Return the targets of *pairs*, each with its port unless all have *port*."""
    return _listed(pair.aim.party.name if port else str(pair.aim) for pair in pairs)


def _listed(names: Iterable[str]) -> str:
    """Return *names* in a row, a few of many; both families of the internet are one name."""
    found = list(dict.fromkeys(names))
    if found == [f"{INTERNET} (IPv4)", f"{INTERNET} (IPv6)"]:
        found = [INTERNET]
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return ", ".join(found[:_SHOWN]) + more
