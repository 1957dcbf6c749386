"""What is not understood on a side, or differs where both must be alike, so that `no change` would be no answer."""

from __future__ import annotations

from collections.abc import Iterator

from netgen.diff.changes import Change, Kind, Name, Zone
from netgen.diff.origin import Origin, at, shown
from netgen.evaluate.objects.model import NAME_LABEL, Cluster, Namespace, PodPeer
from netgen.problems import Place


def doubts(old: Origin, new: Origin) -> Iterator[Change]:
    """Yield what is not understood, each kind once, with the side where it is; then what cannot be compared."""
    found: dict[str, dict[str, list[Place | None]]] = {}
    for word, side in (("new", new), ("old", old)):
        for problem in side.scene.unproven():
            found.setdefault(problem.message, {}).setdefault(word, []).append(problem.place)
    for message, sides in found.items():
        which = "both sides" if len(sides) > 1 else f"{next(iter(sides))} side"
        places = next(iter(sides.values()))
        times = f", {len(places)} times" if len(places) > 1 else ""
        place = shown(places[0]) if places[0] else ""
        yield Change(Zone.UNPROVEN, Kind.UNPROVEN, (f"not understood ({which}): ", Name(message), times), place)
    yield from _namespaces(old.scene.cluster, new.scene.cluster)


def _namespaces(old: Cluster, new: Cluster) -> Iterator[Change]:
    """Yield the namespaces whose labels have changed so that selectors may tell: both sides are seen with the old ones.

    A universe has every namespace once.
    """
    asked = _asked(old) | _asked(new)
    earlier = {one.name: one for one in old.namespaces}
    for one in new.namespaces:
        before = earlier.get(one.name)
        pairs = set() if before is None else set(one.labels) ^ set(before.labels)
        if asked.intersection(key for key, _ in pairs):
            words = " wears other labels now, and what that opens or closes is not told"
            yield Change(Zone.UNPROVEN, Kind.UNPROVEN, ("the namespace ", Name(one.name), words), at(one.spot))
    for word, here, there in (("new", new, old), ("old", old, new)):
        given = {one.name for one in there.namespaces}
        for one in here.namespaces:
            if one.name not in given and asked.intersection(_own(one)) and not _is_alone(one.name, here, there):
                words = f" is there on the {word} side only, and the other one is seen with its labels as well"
                yield Change(Zone.UNPROVEN, Kind.UNPROVEN, ("the namespace ", Name(one.name), words), at(one.spot))


def _own(one: Namespace) -> set[str]:
    """Return the keys of the labels that the API server does not give every namespace."""
    return {key for key, _ in one.labels} - {NAME_LABEL}


def _is_alone(name: str, here: Cluster, there: Cluster) -> bool:
    """Return whether a namespace came or went with its pods, of which all is told then."""
    held, others = ({one.namespace for one in side.workloads} for side in (here, there))
    return name in held and name not in others | {one.namespace for one in there.policies}


def _asked(cluster: Cluster) -> set[str]:
    """Return the keys of namespaces' labels that rules ask for."""
    rules = (rule for policy in cluster.policies for _, rules, _ in policy.sides() for rule in rules)
    peers = (peer for rule in rules for peer in rule.peers or () if isinstance(peer, PodPeer))
    return {ask.key for peer in peers if peer.namespaces is not None for ask in peer.namespaces.asks()}
