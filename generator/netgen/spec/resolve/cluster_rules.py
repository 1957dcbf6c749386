"""What the rules of a ClusterNetworkPolicy can say: pods on both sides, addresses as a target, and so many of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network

from netgen.intent import Addresses, Block, Entities, HostName, Peer, Pods, PortMatch
from netgen.spec.platform import Platform
from netgen.spec.ranges import is_inside

_Network = IPv4Network | IPv6Network

_MOST = 25
"""So many rules a direction has at most, a rule peers and protocols, and a peer networks."""


def sayable(peer: Peer, direction: str) -> str:
    """Return why no rule of *direction* can name *peer*, as what such a policy does not do; nothing where one can."""
    if isinstance(peer, Pods):
        return "does not tell pods by their service account" if peer.selector.account else ""
    if direction == "ingress":
        return "knows no sources but pods"
    if isinstance(peer, HostName):
        return "knows no host names"
    return "has no word for nodes and API servers" if isinstance(peer, Entities) else ""


def undeniable(target: Peer, sources: Sequence[Peer], platform: Platform, *, is_internet: bool) -> str:
    """Return why no policy denies *target* to *sources*; nothing where one does. *is_internet*: that is its word."""
    reason = next((why for peer in sources if (why := sayable(peer, "ingress"))), "") or sayable(target, "egress")
    if reason or not isinstance(target, Addresses):
        return f"a ClusterNetworkPolicy {reason}" if reason else ""
    if is_internet and not (platform.ranges.nodes and platform.apiserver):
        return "the addresses of nodes and API servers are not known, and would be denied with the internet's"
    if any(is_inside(block.cidr, platform.ranges.pods) for block in target.blocks):
        return "only pods have these addresses, and a deny of addresses leaves out pods"
    return ""


def as_networks(peers: Iterable[Peer]) -> tuple[Peer, ...]:
    """Return *peers*, addresses among them as blocks that leave nothing out."""
    return tuple(plain(peer) if isinstance(peer, Addresses) else peer for peer in peers)


def fits(peers: Sequence[Peer], ports: Sequence[PortMatch]) -> bool:
    """Return whether one policy has room for the rules about *peers* and *ports*, addresses being plain."""
    networks = sum(len(peer.blocks) for peer in peers if isinstance(peer, Addresses))
    passes = any(isinstance(peer, Addresses) and not peer.pods for peer in peers)
    items = -(-networks // _MOST) + sum(1 for peer in peers if isinstance(peer, Pods))
    rules = -(-items // _MOST) * max(1, -(-len(ports) // _MOST))
    return rules + passes <= _MOST


def plain(addresses: Addresses) -> Addresses:
    """Return *addresses* as blocks that leave nothing out, since networks have no exceptions.

    Networks match pods as well, which addresses do not mean: so they leave out pods.
    """
    v4: list[IPv4Network] = []
    v6: list[IPv6Network] = []
    for block in addresses.blocks:
        for left in _without(ip_network(block.cidr), [ip_network(cidr) for cidr in block.excluded]):
            if isinstance(left, IPv4Network):
                v4.append(left)
            else:
                v6.append(left)
    found: list[_Network] = [*collapse_addresses(v4), *collapse_addresses(v6)]
    return Addresses(tuple(Block(str(one)) for one in found), pods=False)


def _without(network: _Network, excluded: list[_Network]) -> list[_Network]:
    parts = [network]
    for one in excluded:
        parts = [left for part in parts for left in _apart(part, one)]
    return parts


def _apart(part: _Network, one: _Network) -> list[_Network]:
    """Return *part* without *one*; of two networks that meet, one holds the other."""
    if part.version != one.version or not part.overlaps(one):
        return [part]
    if isinstance(part, IPv4Network) and isinstance(one, IPv4Network) and one.subnet_of(part):
        return list(part.address_exclude(one))
    if isinstance(part, IPv6Network) and isinstance(one, IPv6Network) and one.subnet_of(part):
        return list(part.address_exclude(one))
    return []
