"""The peers of a rule of a ClusterNetworkPolicy."""

from __future__ import annotations

import re
from collections.abc import Iterator

from netgen.evaluate.addresses import Block, parse
from netgen.evaluate.objects.clusternetworkpolicy.known import (
    Known,
    is_met_without_labels,
    listed,
    namespaced_pods,
    one_of,
    selector,
)
from netgen.evaluate.objects.model import (
    NAME_LABEL,
    Action,
    BlockPeer,
    Direction,
    NamePeer,
    Peer,
    PodPeer,
    Selector,
)
from netgen.evaluate.objects.values import MalformedError, text
from netgen.source import Spot

SIDES = {Direction.INGRESS: "from", Direction.EGRESS: "to"}
_PEERS = {
    Direction.INGRESS: frozenset(("namespaces", "pods")),
    Direction.EGRESS: frozenset(("namespaces", "pods", "networks", "nodes", "domainNames")),
}
_LONGEST_CIDR = 43
_DOMAIN = re.compile(r"(\*\.)?([a-zA-Z0-9_]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.)+[a-zA-Z0-9_]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.?")
_EXISTS = f"ask as well that a label exists: {{key: {NAME_LABEL}, operator: Exists}} in its matchExpressions"


def peers(value: object, spot: Spot, direction: Direction, action: Action, known: Known) -> tuple[Peer, ...]:
    """Return the peers of a rule, each once."""
    return tuple(
        dict.fromkeys(peer for item, at in listed(value, spot) for peer in _peer(item, at, direction, action, known))
    )


def _peer(value: object, spot: Spot, direction: Direction, action: Action, known: Known) -> Iterator[Peer]:
    key, item, at = one_of(value, _PEERS[direction], spot)
    match key:
        case "namespaces":
            yield _namespaces(selector(item, at), at, known)
        case "pods":
            yield PodPeer(*namespaced_pods(item, at, known))
        case "networks":
            yield from _networks(item, at)
        case "nodes":
            _nodes(item, at, known)
        case _:
            yield from _names(item, at, action, known)


def _namespaces(found: Selector, spot: Spot, known: Known) -> Peer:
    """Return the pods of the namespaces *found*.

    The API says that pods are meant. For Cilium that is whatever meets it, since a selector of namespaces is confined
    to no cluster: one that says only what must not be is met by the world and by nodes, and in v1.20.2 by everybody,
    since the identities that stand for all others meet it. For Calico it is also what a GlobalNetworkSet or a
    HostEndpoint stands for. Source: cilium, pkg/k8s/cluster_network_policy.go and pkg/policy/aggregate.go.
    """
    if is_met_without_labels(found) and known.cni != "kube-network-policies":
        what = "its selector of namespaces says only what must not be, and some plugins take more than pods for that"
        known.unknown(what, spot.value(), _EXISTS)
    return PodPeer(found, Selector())


def _networks(value: object, spot: Spot) -> Iterator[Peer]:
    for cidr, at in _unique(value, spot):
        try:
            parse(cidr)
        except ValueError as error:
            raise MalformedError(f"{cidr!r} {error}", at) from None
        if len(cidr) > _LONGEST_CIDR:
            raise MalformedError(f"{cidr!r} has more than {_LONGEST_CIDR} characters", at)
        yield BlockPeer(Block(cidr))


def _nodes(value: object, spot: Spot, known: Known) -> None:
    selector(value, spot)
    fix = "write the addresses of the nodes as networks"
    if known.is_cilium:
        fix = "write a CiliumClusterwideNetworkPolicy with the entities host and remote-node"
    known.unknown("its peers are nodes, of which only some plugins know the labels", spot.key(), fix)


def _names(value: object, spot: Spot, action: Action, known: Known) -> Iterator[Peer]:
    if action is not Action.ALLOW:
        raise MalformedError("domainNames are for rules of the action Accept", spot, at_key=True)
    names = list(_unique(value, spot))
    for name, at in names:
        if not _DOMAIN.fullmatch(name):
            raise MalformedError(f"{name!r} is no domain name", at)
        if known.is_cilium:
            yield NamePeer(_pattern(name))
    if not known.is_cilium:
        what = "its peers are domainNames, which only some plugins know"
        known.unknown(what, spot.key(), "write the addresses of these names as networks")


def _pattern(name: str) -> str:
    """Return the pattern of a domain name, of which a star is one label or several."""
    found = name.lower().removesuffix(".")
    return f"*{found}" if found.startswith("*") else found


def _unique(value: object, spot: Spot) -> Iterator[tuple[str, Spot]]:
    """Yield the texts of a list in which none may be twice."""
    seen = set()
    for item, at in listed(value, spot):
        if text(item, at) in seen:
            raise MalformedError(f"{item!r} is listed twice", at)
        seen.add(item)
        yield item, at
