"""Closed namespaces all of whose workloads are apps: what policies say of other pods there says nothing."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

from netgen.evaluate.objects.model import Cluster, Direction, Peer, PodPeer, Policy, Rule, Selector, Workload
from netgen.importing.halves import names_of
from netgen.importing.model import ANYTHING, Where
from netgen.importing.pods import Pods

_ALL = (Rule(None, None, 0),)
Ids = frozenset[int]


def of_apps(cluster: Cluster, rendered: Cluster, given: tuple[Workload, ...]) -> Cluster:
    """Return *cluster*, whose workloads reach the same, as if its policies were over the apps of *rendered*.

    That is so in namespaces which are rendered closed for every pod, and of which every workload that is *given* is of
    an app; there other pods are closed. Without workloads nobody knows which pods there are.
    """
    by_space: defaultdict[str, list[Policy]] = defaultdict(list)
    for policy in rendered.policies:
        by_space[policy.namespace].append(policy)
    pods = Pods(cluster.workloads)
    found: dict[str, _Space] = {}
    for namespace in {one.namespace for one in given}:
        if any(one.subject == ANYTHING and one.ingress == one.egress == () for one in by_space[namespace]):
            found[namespace] = _Space(namespace, by_space[namespace], pods)
    if not found:
        return cluster
    own: defaultdict[str, list[Policy]] = defaultdict(list)
    for policy in cluster.policies:
        own[policy.namespace].append(policy)
    known = {name: space for name, space in found.items() if space.is_known(own[name])}
    policies: list[Policy] = []
    for namespace, listed in own.items():
        written = [_with_peers(one, known) for one in listed]
        policies += known[namespace].policies(written) if namespace in known else written
    return replace(cluster, policies=tuple(policies))


def _with_peers(policy: Policy, known: dict[str, _Space]) -> Policy:
    """Return *policy*, whose peers in *known* namespaces are their apps."""
    ingress, egress = (
        rules and tuple(replace(rule, peers=_peers(rule.peers, policy, known)) for rule in rules)
        for rules in (policy.ingress, policy.egress)
    )
    return replace(policy, ingress=ingress, egress=egress)


def _peers(peers: tuple[Peer, ...] | None, policy: Policy, known: dict[str, _Space]) -> tuple[Peer, ...] | None:
    if peers is None:
        return None
    found: list[Peer] = []
    for peer in peers:
        names: tuple[str, ...] = ()
        if isinstance(peer, PodPeer):
            names = (policy.namespace,) if peer.namespaces is None else names_of(peer.namespaces) or ()
        space = known.get(names[0]) if len(names) == 1 else None
        if space and isinstance(peer, PodPeer) and peer.pods != ANYTHING:
            found += [PodPeer(peer.namespaces, pods) for pods in space.parts(peer.pods)]
        else:
            found.append(peer)
    return tuple(found)


@dataclass
class _Space:
    """A namespace with what is *rendered* over its apps, each with the workloads of *pods* that it holds."""

    namespace: str
    rendered: list[Policy]
    pods: Pods

    def __post_init__(self) -> None:
        self._known: dict[Selector, Ids] = {}
        apps = dict.fromkeys(one.subject for one in self.rendered if one.subject != ANYTHING)
        self._held: dict[Selector, Ids] = {one: self._of(one) for one in apps}
        self._apps: defaultdict[int, list[Selector]] = defaultdict(list)
        for app, held in self._held.items():
            for one in held:
                self._apps[one].append(app)

    def _of(self, selector: Selector) -> Ids:
        if selector not in self._known:
            found = self.pods.matching(Where(self.namespace, selector))
            self._known[selector] = frozenset(id(one) for one in found if not one.host_network)
        return self._known[selector]

    def policies(self, own: list[Policy]) -> list[Policy]:
        """Return *own*, the policies of the namespace, over apps, and what closes all other pods."""
        parts = [replace(policy, subject=one) for policy in own for one in self.parts(policy.subject)]
        return [
            *parts,
            replace(own[0], subject=ANYTHING, ingress=(), egress=(), unlisted=()),
            *(self._opening(own) or ()),
        ]

    def is_known(self, own: list[Policy]) -> bool:
        """Return whether every workload is of an app, and those apart that *own* policies leave open."""
        return bool(own) and self._opening(own) is not None and self._of(ANYTHING) <= self._apps.keys()

    def parts(self, subject: Selector) -> list[Selector]:
        """Return the apps whose pods *subject* selects; itself where they have not the same pods."""
        if subject == ANYTHING:
            return list(self._held)
        held = self._of(subject)
        near = dict.fromkeys(app for one in held for app in self._apps[one] if self._held[app] <= held)
        is_split = subject not in self._held and held == frozenset().union(*(self._held[app] for app in near))
        return list(near) if held and is_split else [subject]

    def _opening(self, own: list[Policy]) -> list[Policy] | None:
        """Return what keeps open what no policy of *own* closes; None where no app is that alone."""
        found: list[Policy] = []
        for side in Direction:
            closing = [
                policy.subject for policy in own for each, _, listed in policy.sides() if listed and each is side
            ]
            closed = frozenset().union(*map(self._of, dict.fromkeys(closing)))
            apps = (
                [app for app, held in self._held.items() if closed.isdisjoint(held)] if ANYTHING not in closing else []
            )
            if not self._of(ANYTHING) <= closed.union(*(self._held[app] for app in apps)):
                return None
            is_in = side is Direction.INGRESS
            for app in apps:
                rules = (_ALL if is_in else None), (None if is_in else _ALL)
                found.append(replace(own[0], subject=app, ingress=rules[0], egress=rules[1], unlisted=()))
        return found
