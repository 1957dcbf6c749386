"""What lies outside the pods of a spec: the world, the internet, nodes, the API server, as addresses or entities."""

from __future__ import annotations

from functools import cache
from ipaddress import ip_address, ip_network
from typing import Protocol

from netgen.intent import Addresses, Block, Entities, Entity, Peer, PortMatch
from netgen.problems import Place, Problem
from netgen.profiles import DEFAULT, Feature
from netgen.spec.forms.addresses import without_contained
from netgen.spec.platform import Platform

NEVER = ("127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "::1/128", "fe80::/10", "ff00::/8")
"""Loopback, link-local and multicast: no target of `internet` (decision 3)."""
PRIVATE = ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
"""RFC 1918, RFC 6598 and RFC 4193: inside, unless the platform's ranges are exact (decision 3)."""
METADATA = "169.254.169.254"
"""Where clouds have their metadata server, and some their DNS: link-local, and never the node itself."""
WORLD = Entities((Entity.WORLD,))
NODES = Entities((Entity.HOST, Entity.REMOTE_NODE))
API_SERVER = Entities((Entity.KUBE_APISERVER,))
_ARRIVING = Entities((Entity.REMOTE_NODE, Entity.WORLD))
_CALLING = Entities((Entity.HOST, Entity.KUBE_APISERVER, Entity.REMOTE_NODE))
_FAMILIES = ((4, "0.0.0.0/0"), (6, "::/0"))


class Placed(Protocol):
    """A form of a spec that knows where it is written."""

    @property
    def place(self) -> Place:
        """Return that place."""


def by_name(platform: Platform) -> bool:
    """Return whether the plugin of *platform* knows by names what no pod is; addresses do not match it there."""
    # Plain NetworkPolicies have no such names, and each run asks: nothing is read for them.
    return platform.cni.name != DEFAULT and platform.cni.can(Feature.ENTITIES)


def world(platform: Platform, *, kept: bool = False) -> Addresses | Entities:
    """Return the clients outside the cluster: every address but the pods', where those are named (decision 2).

    Where entities are known, a client whose address is not *kept* may come by another node, as that node.
    """
    if by_name(platform):
        return WORLD if kept else _ARRIVING
    return no_pods(platform, all_but(platform.ranges.pods))


def internet(platform: Platform) -> Addresses:
    """Return what a call to `internet` reaches (decision 3)."""
    ranges = platform.ranges
    cluster = ranges.pods + ranges.services + ranges.nodes
    return no_pods(platform, all_but(NEVER + cluster if ranges.exact else NEVER + PRIVATE + cluster))


def beyond(platform: Platform) -> Addresses | Entities:
    """Return the internet of claims: all that is no pod, node or API server, where these are known (decision 3)."""
    if by_name(platform):
        return WORLD
    servers = tuple(_single(address).cidr for address, _ in platform.apiserver)
    return no_pods(platform, all_but(platform.ranges.pods + platform.ranges.nodes + servers))


def no_pods(platform: Platform, addresses: Addresses) -> Addresses:
    """Return *addresses* without the pods that have them, where the plugin of *platform* can keep these out.

    It need not be asked where addresses never match pods, which is where what is no pod has a name.
    """
    if platform.cni.name == DEFAULT or by_name(platform) or not platform.cni.can(Feature.WORLD):
        return addresses
    return addresses._replace(pods=False)


def nodes(platform: Platform, form: Placed, who: str, found: list[Problem]) -> Addresses | Entities | None:
    """Return the nodes, which *who* needs for *form*; that they have no name and no known addresses is a problem."""
    if by_name(platform):
        return NODES
    if not platform.ranges.nodes:
        if "ranges" not in platform.unclear:
            message = f"{who}, and {_knower(platform)} knows nodes only by their addresses, which no platform names"
            fix = "in the Platform write  ranges: {nodes: [CIDR, ...]}"
            found.append(Problem("unenforceable-nodes", form.place, message, fix=fix))
        return None
    return Addresses(tuple(Block(block) for block in platform.ranges.nodes))


def apiserver(
    platform: Platform, form: Placed, found: list[Problem]
) -> tuple[tuple[Addresses | Entities, PortMatch], ...]:
    """Return the API server with each of its ports: at its addresses, or by its name.

    That it has no name and the platform tells no addresses is a problem of *form*. Known by its name alone, it is every
    TCP port of that server: which one it listens on, 443 or 6443, differs from cluster to cluster.
    """
    if by_name(platform):
        numbers = sorted({port for _, port in platform.apiserver})
        return tuple((API_SERVER, PortMatch("TCP", port)) for port in numbers or (None,))
    if _is_found(platform):
        return ((API_SERVER, PortMatch("TCP")),)
    _need_addresses(platform, form, found)
    by_port: dict[int, list[Block]] = {}
    for address, port in platform.apiserver:
        by_port.setdefault(port, []).append(_single(address))
    return tuple((Addresses(tuple(blocks)), PortMatch("TCP", port)) for port, blocks in sorted(by_port.items()))


def _is_found(platform: Platform) -> bool:
    """Return whether the plugin finds the addresses and the port of the API server, which nobody tells."""
    told = platform.apiserver or "apiserver" in platform.unclear or platform.cni.name == DEFAULT
    return not told and platform.cni.can(Feature.API_SERVER)


def _need_addresses(platform: Platform, form: Placed, found: list[Problem]) -> None:
    if not platform.apiserver and "apiserver" not in platform.unclear:
        found.append(
            Problem(
                "unenforceable-apiserver",
                form.place,
                f"{_knower(platform)} knows the API server only by its addresses, which no platform names",
                notes=("kubectl get endpointslices -n default -l kubernetes.io/service-name=kubernetes shows them",),
                fix="in the Platform write  apiserver: [ADDRESS:PORT, ...]",
            )
        )


def _knower(platform: Platform) -> str:
    """Return who knows less than a spec asks for, as a sentence begins."""
    if platform.cni.name == DEFAULT:
        return "a plain NetworkPolicy"
    return f"a policy of {platform.cni}"


def warn_of_every_port(platform: Platform, form: Placed, found: list[Problem]) -> None:
    """Warn where *form* opens every TCP port of the API server, since nobody tells on which it listens."""
    if by_name(platform) and not platform.apiserver and "apiserver" not in platform.unclear:
        message = "the API server's port is not known, so that every TCP port of its machines is opened"
        fix = "in the Platform write  apiserver: [ADDRESS:PORT, ...]"
        found.append(Problem("apiserver-every-port", form.place, message, fix=fix))


def apiserver_callers(platform: Platform, form: Placed, found: list[Problem]) -> Addresses | Entities | None:
    """Return where calls of the API server (webhooks) come from: itself, and the nodes where it runs on one.

    By its name it is always the nodes too: that is how a managed server's calls arrive, through an agent on a node.
    """
    if by_name(platform):
        return _CALLING
    _need_addresses(platform, form, found)
    if not platform.apiserver:
        return None
    blocks = {_single(address) for address, _ in platform.apiserver}
    if _on_node(platform):
        blocks |= {Block(block) for block in platform.ranges.nodes}
    return Addresses(tuple(sorted(blocks)))


def _on_node(platform: Platform) -> bool:
    networks = [ip_network(block) for block in platform.ranges.nodes]
    return any(ip_address(address) in network for address, _ in platform.apiserver for network in networks)


def resolvers(platform: Platform, peer: Peer) -> tuple[Peer, ...]:
    """Return where a DNS server is met that the platform names as *peer*.

    A cache on each node listens at a link-local address there, and so is the node itself, whose addresses do not match
    it where nodes have names.
    """
    if not isinstance(peer, Addresses) or not by_name(platform):
        return (peer,)
    networks = [ip_network(block.cidr) for block in peer.blocks]
    is_cache = all(one.is_link_local and str(one.network_address) != METADATA for one in networks)
    return (peer, Entities((Entity.HOST,))) if is_cache else (peer,)


def _single(address: str) -> Block:
    return Block(str(ip_network(address)))


@cache
def all_but(excluded: tuple[str, ...]) -> Addresses:
    """Return every address but those of the CIDRs *excluded*."""
    kept = [ip_network(block) for block in without_contained(excluded)]
    return Addresses(
        tuple(
            Block(family, tuple(str(network) for network in kept if network.version == version))
            for version, family in _FAMILIES
        )
    )
