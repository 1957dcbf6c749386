"""The two sides of the proof: manifests and what their spec renders, told apart by what they reach alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from netgen.evaluate.objects.model import Cluster, PodPeer, Policy, PortRule, Rule, Rules, Selector
from netgen.evaluate.objects.ways import IngressObject
from netgen.importing.halves import names_of
from netgen.importing.model import ANYTHING, Where
from netgen.importing.openings import without_openings
from netgen.importing.pods import Pods
from netgen.scene.implied import implied


def sides(before: Cluster, rendered: Cluster) -> tuple[Cluster, Cluster]:
    """Return *before* and what it is with *rendered* in place of its policies, Services and Ingresses.

    Both have the same pods: the workloads, and those for which policies and Services speak without one. What reaches
    the same is written alike in both, as long as the pods are those of the workloads: names of ports become numbers
    where all agree on them, policies that only open are left out, and what holds every pod of a namespace holds its
    workloads.
    """
    whole = replace(before, workloads=(*before.workloads, *implied(before)))
    given = frozenset(one.namespace for one in before.workloads)
    subjects = dict(_subjects(whole, rendered, given))
    after = _instead(whole, rendered)
    return _comparable(_of_apps(whole, subjects)), _comparable(_of_apps(after, subjects))


def _subjects(whole: Cluster, rendered: Cluster, given: frozenset[str]) -> Iterator[tuple[str, tuple[Selector, ...]]]:
    """Yield the *given* namespaces all of whose pods are apps and which are *rendered* closed, with the apps' pods."""
    spaces: defaultdict[str, list[Policy]] = defaultdict(list)
    for policy in rendered.policies:
        spaces[policy.namespace].append(policy)
    pods = Pods(whole.workloads)
    counts = Counter(one.namespace for one in whole.workloads if not one.host_network)
    for namespace in given & spaces.keys():
        closing = [one for one in spaces[namespace] if one.subject == ANYTHING]
        subjects = dict.fromkeys(one.subject for one in spaces[namespace] if one.subject != ANYTHING)
        held = {id(one) for each in subjects for one in pods.matching(Where(namespace, each)) if not one.host_network}
        if any(one.ingress == one.egress == () for one in closing) and len(held) == counts[namespace]:
            yield namespace, tuple(subjects)


def _of_apps(cluster: Cluster, subjects: dict[str, tuple[Selector, ...]]) -> Cluster:
    """Return *cluster*, where policies over every pod of a namespace are over the pods of its apps, by *subjects*."""
    wide = [one for one in cluster.policies if one.subject == ANYTHING and one.namespace in subjects]
    parts = [replace(one, subject=part) for one in wide for part in subjects[one.namespace]]
    gone = {id(one) for one in wide}
    # Pods without a workload are called after the first policy over them.
    return replace(cluster, policies=(*(one for one in cluster.policies if id(one) not in gone), *parts))


def _comparable(cluster: Cluster) -> Cluster:
    pods = Pods(cluster.workloads)
    ports = {(one.namespace, one.name, port.name): port.port for one in cluster.services for port in one.ports}
    policies = tuple(_numbered(one, pods) for one in cluster.policies)
    ingresses = tuple(_routed(one, ports) for one in cluster.ingresses)
    return without_openings(replace(cluster, policies=policies, ingresses=ingresses))


def _instead(before: Cluster, rendered: Cluster) -> Cluster:
    """Return *before* with what is *rendered* in the place of its policies, Services and Ingresses.

    A Service of another name than all rendered ones stays: it was left out, and is kept beside the spec.
    """
    names = {(one.namespace, one.name) for one in rendered.services}
    kept = tuple(one for one in before.services if (one.namespace, one.name) not in names)
    return replace(
        before,
        policies=rendered.policies,
        services=(*rendered.services, *kept),
        ingresses=rendered.ingresses,
    )


def _routed(ingress: IngressObject, ports: dict[tuple[str, str, str], int]) -> IngressObject:
    rules = []
    for rule in ingress.rules:
        port = ports.get((ingress.namespace, rule.service, str(rule.port)), rule.port)
        rules.append(replace(rule, port=port, type="Exact" if rule.type == "Exact" else "Prefix"))
    return replace(ingress, rules=tuple(rules))


def _numbered(policy: Policy, pods: Pods) -> Policy:
    """Return *policy* with a number for each name of a port that all its targets have for it."""
    own = [Where(policy.namespace, policy.subject)]
    ingress = _each(policy.ingress, lambda _: own, pods)
    egress = _each(policy.egress, lambda rule: list(_targets(rule, policy)), pods)
    return replace(policy, ingress=ingress, egress=egress)


def _each(rules: Rules | None, targets: Callable[[Rule], list[Where]], pods: Pods) -> Rules | None:
    if rules is None or not any(port.name for rule in rules for port in rule.ports or ()):
        return rules
    return tuple(
        replace(rule, ports=rule.ports and tuple(_port(port, targets(rule), pods) for port in rule.ports))
        for rule in rules
    )


def _port(port: PortRule, targets: Iterable[Where], pods: Pods) -> PortRule:
    found = [pods.numbers(port, where) for where in targets] if port.name else []
    numbers = {number for each in found for number in each}
    if len(numbers) != 1 or not all(found):
        return port
    number = numbers.pop()
    return PortRule(port.protocol, number, number)


def _targets(rule: Rule, policy: Policy) -> Iterator[Where]:
    for peer in rule.peers or ():
        if isinstance(peer, PodPeer):
            if peer.namespaces is None:
                yield Where(policy.namespace, peer.pods)
            elif peer.namespaces == ANYTHING:
                yield Where(None, peer.pods)
            else:
                yield from (Where(name, peer.pods) for name in names_of(peer.namespaces) or ())
