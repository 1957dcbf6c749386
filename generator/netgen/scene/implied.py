"""Implied workloads: where manifests select pods and hold none, each selector stands for the pods that it means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netgen.evaluate.mentions import Selection, peer_pods, subject
from netgen.evaluate.objects.model import (
    SERVICE_ACCOUNT,
    BlockPeer,
    Cluster,
    Direction,
    Labels,
    Operator,
    PodPeer,
    Policy,
    Rule,
    Selector,
    Workload,
)
from netgen.evaluate.objects.ways import ServiceObject
from netgen.evaluate.universe import Universe
from netgen.problems import Problem
from netgen.source import Spot

IMPLIED = "Implied"
"""The kind of a workload that no manifest holds."""
ASKED = "Asked"
"""The kind of a pod that only a question speaks of."""

Wanted = dict[tuple[str, Labels], list[tuple[str, Spot | None]]]


def implied(cluster: Cluster) -> tuple[Workload, ...]:
    """Return a workload for the pods of each selector of a policy or Service that no workload of *cluster* wears.

    It wears the fewest labels that are selected, and is called after a Service with this selector, else after the
    policy. Selectors of the same pod make one; one that selects everything makes none.
    """
    known = _Known(cluster.workloads)
    wanted: Wanted = {}
    for namespace, selector, name, spot in _selectors(cluster):
        labels = worn(selector)
        if labels is not None and selector != Selector() and not known.selected(namespace, selector):
            wanted.setdefault((namespace, labels), []).append((name, spot))
    taken = {(one.namespace, one.name) for one in cluster.workloads}
    found = []
    for (namespace, labels), callers in _with_accounts(wanted).items():
        name, spot = next((each for each in callers if (namespace, each[0]) not in taken), (_pairs(labels), None))
        taken.add((namespace, name))
        account, place = dict(labels).get(SERVICE_ACCOUNT), spot or callers[0][1]
        found.append(Workload(IMPLIED, namespace, name, labels, ports_known=False, spot=place, service_account=account))
    return tuple(found)


def _with_accounts(wanted: Wanted) -> Wanted:
    """Return *wanted* where a selector without an account, as a Service's, is of pods that a policy tells by theirs."""
    told: dict[tuple[str, Labels], tuple[str, Labels]] = {}
    for space, labels in wanted:
        if labels != _without_account(labels):
            told.setdefault((space, _without_account(labels)), (space, labels))
    if not told:
        return wanted
    found: Wanted = {}
    for key, callers in wanted.items():
        found.setdefault(told.get(key, key), []).extend(callers)
    return found


def _without_account(labels: Labels) -> Labels:
    return tuple(pair for pair in labels if pair[0] != SERVICE_ACCOUNT)


def _pairs(labels: Labels) -> str:
    return ",".join(f"{key}={value}" for key, value in labels)


def _selectors(cluster: Cluster) -> Iterator[tuple[str, Selector, str, Spot | None]]:
    """Yield the selectors with the name and spot of who has them: of two for the same pod, the better name first."""
    policies = {(one.namespace, one.name) for one in cluster.policies}

    def rank(service: ServiceObject) -> tuple[bool, str]:
        return (service.namespace, service.name) not in policies, service.name

    for service in sorted(cluster.services, key=rank):
        if service.selector is not None and service.type != "ExternalName":
            yield service.namespace, Selector(service.selector), service.name, service.spot
    for policy in cluster.policies:
        if policy.scope is None:  # others are about pods of many namespaces, or of none
            yield policy.namespace, policy.subject, policy.name, policy.spot


def worn(selector: Selector) -> Labels | None:
    """Return the fewest labels that *selector* selects; None where no labels are selected."""
    labels = dict(selector.labels)
    for one in selector.expressions:
        if one.key in labels:
            continue
        if one.operator is Operator.IN:
            labels[one.key] = one.values[0]
        elif one.operator is Operator.EXISTS:
            labels[one.key] = "any"
    return tuple(sorted(labels.items())) if selector.matches(labels) else None


class _Known:
    """The workloads of manifests, found by namespace and label."""

    def __init__(self, workloads: Iterable[Workload]) -> None:
        self._spaces: dict[str, list[Workload]] = {}
        self._labels: dict[tuple[str, str, str | None], list[Workload]] = {}
        for one in workloads:
            self._spaces.setdefault(one.namespace, []).append(one)
            for key, value in one.selectable.items():
                self._labels.setdefault((one.namespace, key, value), []).append(one)
            for key in one.untold:
                self._labels.setdefault((one.namespace, key, None), []).append(one)

    def selected(self, namespace: str, selector: Selector) -> bool:
        """Return whether *selector* selects a workload of *namespace*, or may do so."""
        candidates = [
            [one for value in (*ask.values, None) for one in self._labels.get((namespace, ask.key, value), ())]
            for ask in selector.asks()
            if ask.operator is Operator.IN
        ]
        return any(
            _may_select(selector, one) for one in min(candidates, key=len, default=self._spaces.get(namespace, []))
        )


def _may_select(selector: Selector, workload: Workload) -> bool:
    labels, untold = workload.selectable, workload.untold
    return all(ask.key in untold or ask.holds(labels.get(ask.key)) for ask in selector.asks())


def unnumbered(cluster: Cluster, universe: Universe) -> Iterator[Problem]:
    """Yield a warning for each rule that names a port of implied workloads: nobody says which number that is."""
    pods = {universe.of(one) for one in cluster.workloads if one.kind == IMPLIED}
    for policy in cluster.policies if pods else ():
        for direction, rules, _ in policy.sides():
            for rule in rules:
                names = [port.name for port in rule.ports or () if port.name is not None]
                if names and any(_has(pods, universe, each) for each in _targets(policy, direction, rule)):
                    what = f"the {policy.kind} {policy} names the port {names[0]}, and no workload says its number"
                    spot = rule.spot or policy.spot
                    yield Problem(
                        "port-unnumbered", spot.value() if spot else None, what, fix="give the workloads as well"
                    )


def _targets(policy: Policy, direction: Direction, rule: Rule) -> Iterator[Selection | None]:
    """Yield the pods whose ports *rule* names; None for all pods."""
    if direction is Direction.INGRESS:
        yield subject(policy)
    elif rule.peers is None:
        yield None
    else:
        yield from (peer_pods(peer, policy.namespace) for peer in rule.peers if isinstance(peer, PodPeer))
        yield from (None for peer in rule.peers if isinstance(peer, BlockPeer))


def _has(pods: set[int], universe: Universe, selection: Selection | None) -> bool:
    if selection is None:
        return True
    members = universe.members(selection)
    return not pods.isdisjoint(members.certain) or not pods.isdisjoint(members.perhaps)
