"""The ends of connections on both sides of a comparison, by the names of the apps and not by what they wear."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from netgen.diff.origin import Origin
from netgen.diff.rows import Row
from netgen.evaluate.endpoints import Endpoint, Kind
from netgen.evaluate.objects.model import Cluster, Labels, Operator, PodPeer, Workload
from netgen.evaluate.sets import bits, mask_of
from netgen.records import record
from netgen.scene import IMPLIED

Apps = dict[str, Workload]

_MOST_KNOWN = 1000
"""So many sets of endpoints are remembered as ends; each may be large."""


@record
class End:
    """An endpoint of the old scene and the one of the new scene that it is compared with.

    The two differ where an app wears other labels; *old* is None where its apps are new, *new* where they are gone.
    *names* are the apps there; without any it is no app's: a stranger, or addresses.
    """

    old: int | None
    new: int | None
    names: tuple[str, ...] = ()

    @property
    def endpoint(self) -> int:
        """Return the endpoint of the new scene, or else of the old one."""
        found = self.old if self.new is None else self.new
        if found is None:
            raise ValueError("an end is on one side at least")
        return found


@dataclass(frozen=True)
class Ends:
    """All ends by number, and the two scenes seen through them.

    *used* are the numbers that stand for something, *apps* those with names, as bits, and *plain* those of the pods
    that nothing is known of, with their namespace. *before* and *after* have the apps of the scenes by name, *renamed*
    old names by new ones.
    """

    ends: tuple[End, ...]
    used: tuple[int, ...]
    before: Mapping[str, Workload]
    after: Mapping[str, Workload]
    renamed: Mapping[str, str]
    apps: int
    plain: Mapping[int, str]
    _same: int
    _odd: int
    _moved: tuple[Mapping[int, int], Mapping[int, int]]
    _known: dict[tuple[bool, int], int] = field(default_factory=dict)

    def seen(self, row: Row, *, new: bool) -> Row:
        """Return *row* of a scene with its endpoints as ends."""
        return tuple((sources, ports) for mask, ports in row if (sources := self._seen(mask, new=new)))

    @cached_property
    def moved(self) -> int:
        """Return the apps that are on one side only, or wear other labels, as bits."""
        return mask_of([number for number in bits(self.apps) if self.ends[number].old != self.ends[number].new])

    def _seen(self, mask: int, *, new: bool) -> int:
        odd = mask & self._odd
        if not odd:
            return mask & self._same
        if (new, odd) not in self._known:
            found = 0
            for endpoint in bits(odd):
                found |= self._moved[new].get(endpoint, 0)
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[new, odd] = found
        return mask & self._same | self._known[new, odd]


def ends_of(old: Origin, new: Origin, plain: Iterable[Workload]) -> Ends:
    """Return the ends of two scenes of one universe; *plain* are pods in it that nothing is known of."""
    shared = _shared(old) | _shared(new)
    before, after = _apps(old, shared), _apps(new, shared)
    _part(before, after, old, new)
    renamed = _renamed(before, after)
    groups: dict[tuple[int | None, int | None], set[str]] = {}
    universe = old.scene.universe
    for name, one in after.items():
        here, earlier = universe.of(one), before.get(renamed.get(name, name))
        lasting = earlier is None and not new.has_app(name, one)
        then = None if earlier is None else universe.of(earlier)
        groups.setdefault((here if lasting else then, here), set()).add(name)
    for name in before.keys() - after.keys() - set(renamed.values()):
        here = universe.of(before[name])
        groups.setdefault((here, None if old.has_app(name, before[name]) else here), set()).add(name)
    others = {universe.of(one): one.namespace for one in plain}
    for here in others:
        groups.setdefault((here, here), set())
    mixed = _mixed(universe.endpoints, old, new)
    found = _assembled(len(universe.endpoints), groups, mixed)
    return replace(found, before=before, after=after, renamed=renamed, plain=_plain(found, others))


def _assembled(count: int, groups: Mapping[tuple[int | None, int | None], set[str]], mixed: set[int]) -> Ends:
    odd = {endpoint for pair in groups if pair[0] != pair[1] for endpoint in pair if endpoint is not None}
    ends = [End(index, index, tuple(sorted(groups.get((index, index), ())))) for index in range(count)]
    moved: tuple[dict[int, int], dict[int, int]] = ({}, {})
    touched = [pair for pair in groups if not odd.isdisjoint(pair)]
    for pair in sorted(touched, key=lambda pair: min(groups[pair], default="")):
        bit = 1 << len(ends)
        ends.append(End(*pair, tuple(sorted(groups[pair]))))
        for side, endpoint in zip(moved, pair, strict=True):
            if endpoint is not None:
                side[endpoint] = side.get(endpoint, 0) | bit
    used = tuple(number for number in range(len(ends)) if number not in odd and number not in mixed)
    apps = mask_of([number for number in used if ends[number].names])
    same = (1 << count) - 1 & ~mask_of(odd | mixed)
    return Ends(tuple(ends), used, {}, {}, {}, apps, {}, same, mask_of(odd), moved)


def _plain(ends: Ends, others: Mapping[int, str]) -> dict[int, str]:
    pairs = ((number, ends.ends[number]) for number in ends.used)
    return {number: others[end.endpoint] for number, end in pairs if end.old == end.new and end.endpoint in others}


def _mixed(endpoints: Sequence[Endpoint], old: Origin, new: Origin) -> set[int]:
    """Return the strangers that wear a label of which only the old policies speak, and one of only the new ones.

    They are there because both sides share a universe. What changes for them, changes for a pod with one of the two
    labels, or with neither. Of labels that are shunned that is not so: a pod without them may be let in.
    """
    spoken, shunned = ([_spoken(side.scene.cluster, shunned=way) for side in (old, new)] for way in (False, True))
    before, after = (spoken[one] - spoken[1 - one] - shunned[0] - shunned[1] for one in (0, 1))
    return {
        index
        for index, one in enumerate(endpoints)
        if one.kind is Kind.STRANGER and not (before.isdisjoint(one.labels) or after.isdisjoint(one.labels))
    }


def _spoken(cluster: Cluster, *, shunned: bool) -> set[tuple[str, str]]:
    """Return the labels that policies ask for, or those that they shun."""
    rules = [rule for policy in cluster.policies for _, rules, _ in policy.sides() for rule in rules]
    peers = [peer.pods for rule in rules for peer in rule.peers or () if isinstance(peer, PodPeer)]
    selectors = {policy.subject for policy in cluster.policies} | set(peers)
    asks = (ask for selector in selectors for ask in selector.asks())
    return {(ask.key, value) for ask in asks if (ask.operator is Operator.NOT_IN) == shunned for value in ask.values}


def _shared(side: Origin) -> set[str]:
    """Return the names that two kinds of workloads share."""
    return {name for name, count in Counter(map(str, side.scene.cluster.workloads)).items() if count > 1}


def _apps(side: Origin, shared: set[str]) -> Apps:
    """Return the workloads of a side by name; with the kind too where it is among *shared*."""
    workloads = side.scene.cluster.workloads
    return {f"{one} ({one.kind})" if one.kind != IMPLIED and str(one) in shared else str(one): one for one in workloads}


def _part(before: Apps, after: Apps, old: Origin, new: Origin) -> None:
    """Call pods by their labels where nothing but a policy of one name speaks of them, and now of others than before.

    The policy has gone from some pods to others: these are two apps, and no app with other labels.
    """
    universe = old.scene.universe
    for name in before.keys() & after.keys():
        lasting = old.has_app(name, before[name]) and new.has_app(name, after[name])
        if not lasting and universe.of(before[name]) != universe.of(after[name]):
            for apps in (before, after):
                if apps[name].kind == IMPLIED:
                    one = apps.pop(name)
                    pairs = ",".join(f"{key}={value}" for key, value in one.labels)
                    apps[f"{one.namespace}/{pairs}"] = one


def _renamed(before: Apps, after: Apps) -> dict[str, str]:
    """Return the old name of each app that has another one now and wears the same labels, which nobody else does."""
    gone, fresh = (
        _by_labels({name: one for name, one in these.items() if name not in others})
        for these, others in ((before, after), (after, before))
    )
    return {
        fresh[labels][0]: names[0]
        for labels, names in gone.items()
        if labels[1] and len(names) == 1 and len(fresh.get(labels, ())) == 1
    }


def _by_labels(apps: Apps) -> dict[tuple[str, Labels], list[str]]:
    found: dict[tuple[str, Labels], list[str]] = {}
    for name, one in apps.items():
        found.setdefault((one.namespace, one.labels), []).append(name)
    return found
