"""Selectors that list values of a label, as `In` does -> one selector for each value, which is what a spec names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from netgen.evaluate.objects.model import Cluster, Operator, Peer, PodPeer, Policy, Rule, Rules, Selector
from netgen.importing.halves import names_of
from netgen.importing.model import contains
from netgen.importing.parties import is_rendered, own_selector

_MOST = 16


def one_by_one(cluster: Cluster) -> Cluster:
    """Return *cluster*, which reaches the same, with a policy and a peer for each value that a selector lists.

    What selects as one app and nothing else speaks of a part of it stays as it is.
    """
    apps = _Apps(cluster)
    return replace(cluster, policies=tuple(each for one in cluster.policies for each in _policies(one, apps)))


class _Apps:
    """The selectors that list values and are those of an app, which the rest of *cluster* tells."""

    def __init__(self, cluster: Cluster) -> None:
        wanted = {(one.namespace, one.subject) for one in cluster.policies if one.subject.expressions}
        made = {(one.namespace, one.subject) for one in cluster.policies if is_rendered(one)}
        self._spoken: defaultdict[tuple[str, str, str], set[Selector]] = defaultdict(set)
        for namespace, selector in _selectors(cluster) if wanted - made else ():
            for pair in selector.labels:
                self._spoken[namespace, *pair].add(selector)
        self._whole = {one for one in wanted if one in made or not self._has_parts(*one)}

    def _has_parts(self, namespace: str, wide: Selector) -> bool:
        listed = next((one for one in wide.expressions if one.operator is Operator.IN), None)
        if listed is None:
            return False
        near = (one for value in listed.values for one in self._spoken.get((namespace, listed.key, value), ()))
        return any(contains(wide, one) for one in near)

    def parts(self, namespace: str | None, selector: Selector) -> tuple[Selector, ...]:
        """Return the selectors of which *selector* is made, itself where it is that of an app."""
        parts = _each(selector)
        return (selector,) if len(parts) > 1 and (namespace, selector) in self._whole else parts


def _selectors(cluster: Cluster) -> Iterator[tuple[str, Selector]]:
    for policy in cluster.policies:
        yield policy.namespace, policy.subject
    for service in cluster.services:
        yield service.namespace, Selector(service.selector or ())
    for workload in cluster.workloads:
        yield workload.namespace, own_selector(workload)


def _policies(policy: Policy, apps: _Apps) -> Iterator[Policy]:
    ingress, egress = (_rules(rules, policy, apps) for rules in (policy.ingress, policy.egress))
    written = replace(policy, ingress=ingress, egress=egress)
    for subject in apps.parts(policy.namespace, policy.subject):
        yield written if subject == policy.subject else replace(written, subject=subject)


def _rules(rules: Rules | None, policy: Policy, apps: _Apps) -> Rules | None:
    return None if rules is None else tuple(_rule(one, policy, apps) for one in rules)


def _rule(rule: Rule, policy: Policy, apps: _Apps) -> Rule:
    if not any(isinstance(one, PodPeer) and one.pods.expressions for one in rule.peers or ()):
        return rule
    found: list[Peer] = []
    for peer in rule.peers or ():
        if isinstance(peer, PodPeer):
            found += [PodPeer(peer.namespaces, pods) for pods in apps.parts(_home(peer, policy), peer.pods)]
        else:
            found.append(peer)
    return replace(rule, peers=tuple(found))


def _home(peer: PodPeer, policy: Policy) -> str | None:
    """Return the one namespace in which *peer* is, if that is told by name."""
    names = (policy.namespace,) if peer.namespaces is None else names_of(peer.namespaces) or ()
    return names[0] if len(names) == 1 else None


def _each(selector: Selector) -> tuple[Selector, ...]:
    """Return selectors that together select what *selector* does: itself, where its values are many or contradict."""
    listed = [one for one in selector.expressions if one.operator is Operator.IN]
    if not listed:
        return (selector,)
    others = tuple(one for one in selector.expressions if one.operator is not Operator.IN)
    values: dict[str, set[str]] = {key: {value} for key, value in selector.labels}
    for one in listed:
        values[one.key] = values.get(one.key, set(one.values)) & set(one.values)
    count = 1
    for each in values.values():
        count *= len(each)
    if not 1 <= count <= _MOST:
        return (selector,)
    keys = sorted(values)
    choices = product(*(sorted(values[key]) for key in keys))
    return tuple(Selector(tuple(zip(keys, each, strict=True)), others) for each in choices)
