"""The two sides of the proof: manifests and what their spec renders, told apart by what they reach alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from netgen.evaluate.objects.model import (
    NAME_LABEL,
    Cluster,
    Expression,
    Operator,
    Peer,
    PodPeer,
    Policy,
    PortRule,
    Rule,
    Rules,
    Selector,
)
from netgen.evaluate.objects.ways import INGRESS, IngressObject
from netgen.importing.closed import of_apps
from netgen.importing.dns import at_home
from netgen.importing.halves import names_of
from netgen.importing.model import ANYTHING, Where
from netgen.importing.openings import without_openings
from netgen.importing.pods import Pods
from netgen.scene.implied import implied


def sides(before: Cluster, rendered: Cluster) -> tuple[Cluster, Cluster]:
    """Return *before* and what it is with *rendered* in place of its policies, Services and Ingresses.

    Both have the same pods: the workloads, and those for which policies and Services speak without one. What reaches
    the same is written alike in both, as long as the pods are those of the workloads: names of ports become numbers
    where all agree on them, policies that only open are left out, and pods of no app are
    closed where all of a namespace are closed and every workload is an app.
    """
    asking = _by_name(at_home(without_clusterwide(without_gateways(before))))
    whole = replace(asking, workloads=(*asking.workloads, *implied(asking)))
    return _comparable(of_apps(whole, rendered, asking.workloads)), _comparable(_instead(whole, rendered))


def without_gateways(cluster: Cluster) -> Cluster:
    """Return *cluster* without the routes of Gateways, which stay as they are beside a spec."""
    return replace(cluster, ingresses=tuple(one for one in cluster.ingresses if one.kind == INGRESS))


def without_clusterwide(cluster: Cluster) -> Cluster:
    """Return *cluster* without the policies of no namespace, which stay as they are beside a spec."""
    return replace(cluster, policies=tuple(one for one in cluster.policies if one.scope is None))


def _by_name(cluster: Cluster) -> Cluster:
    """Return *cluster*, where peers are in the namespaces of today that have the labels which they name."""

    def renamed(peer: Peer) -> Peer:
        asked = peer.namespaces if isinstance(peer, PodPeer) else None
        if not isinstance(peer, PodPeer) or asked is None or asked == ANYTHING or names_of(asked) is not None:
            return peer
        names = tuple(sorted(one.name for one in cluster.namespaces if asked.matches(dict(one.labels))))
        return PodPeer(Selector((), (Expression(NAME_LABEL, Operator.IN, names),)), peer.pods) if names else peer

    def written(rules: Rules | None) -> Rules | None:
        return rules and tuple(replace(one, peers=one.peers and tuple(map(renamed, one.peers))) for one in rules)

    policies = (replace(one, ingress=written(one.ingress), egress=written(one.egress)) for one in cluster.policies)
    return replace(cluster, policies=tuple(policies))


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
    if len(numbers) != 1 or 0 in numbers or not all(found):
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
