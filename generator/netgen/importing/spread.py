"""Policies over several workloads of a namespace that is closed for every pod -> one over each app that they hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from netgen.evaluate.objects.model import Cluster, Direction, Peer, PodPeer, Policy, Rules, Selector
from netgen.importing.halves import names_of
from netgen.importing.model import ANYTHING, Held, Party, Where, meant
from netgen.importing.parties import is_rendered, own_selector
from netgen.importing.pods import Pods
from netgen.spec.forms import matching


def spread(cluster: Cluster) -> Cluster:
    """Return *cluster*, whose workloads reach the same, with a policy and a peer for each app of a closed namespace.

    Other pods are closed there, so that nothing is opened by it. Where only one direction is closed, an app that has
    pods of another one would even open the other direction for them.
    """
    closed = {name: sides for name, sides in _closed(cluster).items() if sides}
    spaces = {one.namespace for one in cluster.workloads} & closed.keys()
    if not spaces:
        return cluster
    single = frozenset(name for name in spaces if len(closed[name]) == 1)
    found = _Spread(cluster, frozenset(spaces), single)
    return replace(cluster, policies=tuple(each for one in cluster.policies for each in found.policies(one)))


def _closed(cluster: Cluster) -> dict[str, set[Direction]]:
    """Return the directions that somebody's policies close for every pod of a namespace."""
    listed: defaultdict[str, set[Direction]] = defaultdict(set)
    opened: defaultdict[str, set[Direction]] = defaultdict(set)
    for policy in cluster.policies:
        for side, rules, is_listed in policy.sides() if policy.subject == ANYTHING and not is_rendered(policy) else ():
            if is_listed:
                opens = any(rule.peers is None and rule.ports is None for rule in rules)
                (opened if opens else listed)[policy.namespace].add(side)
    return {name: sides - opened[name] for name, sides in listed.items()}


class _Spread:
    """The apps of closed namespaces: the selectors of Services, and those of workloads for what is behind none."""

    def __init__(self, cluster: Cluster, spaces: frozenset[str], single: frozenset[str]) -> None:
        self._pods = Pods(cluster.workloads)
        self._spaces = spaces
        self._known: dict[Where, tuple[Selector, ...]] = {}
        self._apps: defaultdict[int, dict[Where, int]] = defaultdict(dict)
        self._held: dict[Where, frozenset[int]] = {}
        for service in cluster.services:
            if service.selector and service.namespace in spaces and service.type != "ExternalName":
                most = 1 if service.namespace in single else 0
                self._add(Where(service.namespace, Selector(service.selector)), 0, most=most)
        for one in cluster.workloads:
            if one.namespace in spaces and (own := own_selector(one)) != ANYTHING:
                self._add(Where(one.namespace, own), 1)

    def _add(self, app: Where, rank: int, *, most: int = 0) -> None:
        held = self._held.setdefault(app, self._ids(app))
        for one in held if not most or len(held) <= most else ():
            self._apps[one].setdefault(app, rank)

    def _ids(self, where: Where) -> frozenset[int]:
        return frozenset(id(one) for one in self._pods.matching(where))

    def policies(self, policy: Policy) -> Iterator[Policy]:
        """Yield *policy*, or as many as its pods are of apps."""
        if is_rendered(policy):
            yield policy
            return
        ingress, egress = (self._rules(rules, policy) for rules in (policy.ingress, policy.egress))
        written = replace(policy, ingress=ingress, egress=egress)
        for subject in self._parts(Where(policy.namespace, policy.subject)):
            yield written if subject == policy.subject else replace(written, subject=subject)

    def _rules(self, rules: Rules | None, policy: Policy) -> Rules | None:
        if rules is None:
            return None
        return tuple(
            rule if rule.peers is None else replace(rule, peers=tuple(self._peers(rule.peers, policy)))
            for rule in rules
        )

    def _peers(self, peers: tuple[Peer, ...], policy: Policy) -> Iterator[Peer]:
        for peer in peers:
            spaces: tuple[str, ...] = (policy.namespace,) if isinstance(peer, PodPeer) else ()
            if isinstance(peer, PodPeer) and peer.namespaces is not None:
                spaces = names_of(peer.namespaces) or ()
            if isinstance(peer, PodPeer) and len(spaces) == 1:
                for pods in self._parts(Where(spaces[0], peer.pods)):
                    yield PodPeer(peer.namespaces, pods)
            else:
                yield peer

    def _parts(self, where: Where) -> tuple[Selector, ...]:
        """Return the selectors of the apps that are *where*; its own where these have more pods than it, or fewer."""
        if where.namespace not in self._spaces or where.pods == ANYTHING:
            return (where.pods,)
        if where not in self._known:
            left = inside = self._ids(where)
            near = {app: rank for one in inside for app, rank in self._apps[one].items() if self._held[app] <= inside}
            parts = []
            for app in sorted(near, key=lambda one: (-len(self._held[one]), near[one], one)):
                if left & self._held[app]:
                    parts.append(app.pods)
                    left -= self._held[app]
            self._known[where] = (where.pods,) if left or not inside else tuple(sorted(parts))
        return self._known[where]


def without_openings_of_others(helds: tuple[Held, ...], closed: frozenset[str]) -> tuple[Held, ...]:
    """Return *helds*, where no app of a *closed* namespace opens a direction for pods of another that closes it.

    A direction of which no policy speaks is opened by an app, and so for all its pods; it is closed here instead.
    """
    shut: defaultdict[tuple[str, Direction], list[Party]] = defaultdict(list)
    for held in helds:
        for side in held.closed if held.party.namespace in closed else ():
            shut[held.party.namespace, side].append(held.party)
    near = {key: Near(listed) for key, listed in shut.items()}
    return tuple(_without(held, near) for held in helds)


def _without(held: Held, near: dict[tuple[str, Direction], Near]) -> Held:
    for side in Direction:
        others = near.get((held.party.namespace, side))
        if others and side not in held.closed and not held.all[side] and others.meets(held.party):
            held = replace(held, closed=held.closed | {side})
    return held


class Near:
    """Parties of one namespace, found by the pods and labels that others may share with them."""

    def __init__(self, listed: list[Party]) -> None:
        self._workloads = {id(one) for party in listed for one in party.workloads}
        self._all = listed
        self._without: dict[str, list[Party]] = {}
        self._with: defaultdict[tuple[str, str], list[Party]] = defaultdict(list)
        for party in listed:
            for pair in party.selector.labels:
                self._with[pair].append(party)

    def meets(self, party: Party) -> bool:
        """Return whether *party* shares pods with one of these; those that no workload tells of may be of both."""
        if any(id(one) in self._workloads for one in party.workloads):
            return True
        return any(_may_meet(party, one) for one in self._candidates(party))

    def _candidates(self, party: Party) -> list[Party]:
        found = self._all
        for key, value in party.selector.labels:
            if key not in self._without:
                self._without[key] = [one for one in self._all if key not in dict(one.selector.labels)]
            some = [*self._without[key], *self._with[key, value]]
            found = min(found, some, key=len)
        return found


def _may_meet(one: Party, other: Party) -> bool:
    known = one.workloads and other.workloads
    return not known and not matching.are_apart(meant(one.selector), meant(other.selector))
