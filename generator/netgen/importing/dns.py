"""Name servers that policies ask for in every namespace, as copied rules do -> those of the namespaces they are in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeGuard

from netgen.evaluate.objects.model import NAME_LABEL, Cluster, PodPeer, Policy, PortRule, Rule, Selector
from netgen.evaluate.sets import Protocol
from netgen.importing.model import ANYTHING, Unsaid, Where
from netgen.importing.pods import Pods

DNS = 53
_HOME = "kube-system"
"""Where the name servers of a cluster are that nobody has moved."""


def at_home(cluster: Cluster, said: Unsaid | None = None) -> Cluster:
    """Return *cluster*, where port 53 of pods in every namespace is that of the namespaces which have such pods."""
    pods = Pods(cluster.workloads)
    policies = (
        replace(one, egress=tuple(each for rule in one.egress for each in _rules(rule, one, pods, said)))
        if one.egress
        else one
        for one in cluster.policies
    )
    return replace(cluster, policies=tuple(policies))


def is_dns(port: PortRule) -> bool:
    """Return whether *port* is among those that name servers answer on."""
    is_asked = port.protocol in (None, Protocol.UDP, Protocol.TCP)
    return port.name is None and is_asked and port.low <= DNS <= port.high


def _rules(rule: Rule, policy: Policy, pods: Pods, said: Unsaid | None) -> Iterator[Rule]:
    """Yield what *rule* says in parts of which each is of one kind."""
    asked = tuple(port for port in rule.ports or () if is_dns(port) and port.low == port.high)
    servers = tuple(one for one in rule.peers or () if _is_everywhere(one)) if asked else ()
    if not servers:
        yield rule
        return
    rest = tuple(one for one in rule.peers or () if one not in servers)
    more = tuple(port for port in rule.ports or () if port not in asked)
    moved = []
    for peer in servers:
        spaces = _homes(peer, pods)
        moved += [PodPeer(Selector(((NAME_LABEL, space),)), peer.pods) for space in spaces]
        if said:
            words = f"port {DNS} of pods with {peer.pods} in every namespace is written as that of those in"
            said.note(rule.spot or policy.spot, f"{words} {', '.join(spaces)}")
    yield replace(rule, peers=(*rest, *moved), ports=asked)
    if more:
        yield replace(rule, ports=more)


def _is_everywhere(peer: object) -> TypeGuard[PodPeer]:
    return isinstance(peer, PodPeer) and peer.namespaces == ANYTHING and peer.pods != ANYTHING


def _homes(peer: PodPeer, pods: Pods) -> list[str]:
    return sorted({one.namespace for one in pods.matching(Where(None, peer.pods))}) or [_HOME]
