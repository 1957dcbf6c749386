"""Where a policy closes one direction for every pod: policies over several workloads -> one over each of them.

In such a namespace netgen closes both directions, and opens the other one for the apps that nothing else closes there.
An app that has pods of another one, which is closed, would open those too; so each workload is an app of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from netgen.evaluate.objects.model import Cluster, Direction, Peer, PodPeer, Policy, Rules, Selector, Workload
from netgen.importing.halves import names_of
from netgen.importing.model import ANYTHING, Held, Party, Where, meant
from netgen.importing.parties import own_selector
from netgen.importing.pods import Pods
from netgen.spec.forms import matching


def spread(cluster: Cluster) -> Cluster:
    """Return *cluster*, whose workloads reach the same, with one policy for each workload where that matters."""
    listed: defaultdict[str, set[Direction]] = defaultdict(set)
    for policy in cluster.policies:
        if policy.subject == ANYTHING:
            listed[policy.namespace] |= {side for side, _, is_listed in policy.sides() if is_listed}
    spaces = {one.namespace for one in cluster.workloads if len(listed[one.namespace]) == 1}
    if not spaces:
        return cluster
    found = _Spread(cluster.workloads, frozenset(spaces))
    return replace(cluster, policies=tuple(each for one in cluster.policies for each in found.policies(one)))


class _Spread:
    def __init__(self, workloads: tuple[Workload, ...], spaces: frozenset[str]) -> None:
        self._pods = Pods(workloads)
        self._spaces = spaces
        self._known: dict[Where, tuple[Selector, ...]] = {}

    def policies(self, policy: Policy) -> Iterator[Policy]:
        """Yield *policy*, or as many as its pods are of workloads."""
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
        """Return the selectors of the workloads that are *where*; its own where these have more pods than it."""
        if where.namespace not in self._spaces or where.pods == ANYTHING:
            return (where.pods,)
        if where not in self._known:
            inside = set(self._pods.matching(where))
            parts = {own_selector(one) for one in inside}
            apart = all(set(self._pods.matching(Where(where.namespace, part))) <= inside for part in parts)
            is_split = len(parts) > 1 and apart and ANYTHING not in parts
            self._known[where] = tuple(sorted(parts)) if is_split else (where.pods,)
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
