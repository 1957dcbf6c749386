"""What lies outside the pods of a spec: the world, the internet, nodes, the API server, as addresses."""

from __future__ import annotations

from functools import cache
from ipaddress import ip_address, ip_network
from typing import Protocol

from netgen.intent import Addresses, Block, PortMatch
from netgen.problems import Place, Problem
from netgen.spec.forms.addresses import without_contained
from netgen.spec.platform import Platform

NEVER = ("127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "::1/128", "fe80::/10", "ff00::/8")
"""Loopback, link-local and multicast: no target of `internet` (decision 3)."""
PRIVATE = ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
"""RFC 1918, RFC 6598 and RFC 4193: inside, unless the platform's ranges are exact (decision 3)."""
_FAMILIES = ((4, "0.0.0.0/0"), (6, "::/0"))


class Placed(Protocol):
    """A form of a spec that knows where it is written."""

    @property
    def place(self) -> Place:
        """Return that place."""


def world(platform: Platform) -> Addresses:
    """Return the clients outside the cluster: every address but the pods', where those are named (decision 2)."""
    return _all_but(platform.ranges.pods)


def internet(platform: Platform) -> Addresses:
    """Return what a call to `internet` reaches (decision 3)."""
    ranges = platform.ranges
    cluster = ranges.pods + ranges.services + ranges.nodes
    return _all_but(NEVER + cluster if ranges.exact else NEVER + PRIVATE + cluster)


def beyond(platform: Platform) -> Addresses:
    """Return the internet of claims: every address but those of pods and nodes, where they are named (decision 3)."""
    return _all_but(platform.ranges.pods + platform.ranges.nodes)


def nodes(platform: Platform, form: Placed, who: str, found: list[Problem]) -> Addresses | None:
    """Return the addresses of the nodes, which *who* needs for *form*; that the platform names none is a problem."""
    if not platform.ranges.nodes:
        if "ranges" not in platform.unclear:
            message = f"{who}, and a plain NetworkPolicy knows nodes only by their addresses, which no platform names"
            fix = "in the Platform write  ranges: {nodes: [CIDR, ...]}"
            found.append(Problem("unenforceable-nodes", form.place, message, fix=fix))
        return None
    return Addresses(tuple(Block(block) for block in platform.ranges.nodes))


def apiserver(platform: Platform, form: Placed, found: list[Problem]) -> tuple[tuple[Addresses, PortMatch], ...]:
    """Return the API server's addresses, each with its port; that the platform names none is a problem of *form*."""
    if not platform.apiserver and "apiserver" not in platform.unclear:
        found.append(
            Problem(
                "unenforceable-apiserver",
                form.place,
                "a plain NetworkPolicy knows the API server only by its addresses, which no platform names",
                notes=("kubectl get endpointslices -n default -l kubernetes.io/service-name=kubernetes shows them",),
                fix="in the Platform write  apiserver: [ADDRESS:PORT, ...]",
            )
        )
    by_port: dict[int, list[Block]] = {}
    for address, port in platform.apiserver:
        by_port.setdefault(port, []).append(_single(address))
    return tuple((Addresses(tuple(blocks)), PortMatch("TCP", port)) for port, blocks in sorted(by_port.items()))


def apiserver_callers(platform: Platform, form: Placed, found: list[Problem]) -> Addresses | None:
    """Return where calls of the API server (webhooks) come from: its addresses, and the nodes where it runs on one."""
    if not apiserver(platform, form, found):
        return None
    blocks = {_single(address) for address, _ in platform.apiserver}
    networks = [ip_network(block) for block in platform.ranges.nodes]
    if any(ip_address(address) in network for address, _ in platform.apiserver for network in networks):
        blocks |= {Block(block) for block in platform.ranges.nodes}
    return Addresses(tuple(sorted(blocks)))


def _single(address: str) -> Block:
    return Block(str(ip_network(address)))


@cache
def _all_but(excluded: tuple[str, ...]) -> Addresses:
    kept = [ip_network(block) for block in without_contained(excluded)]
    return Addresses(
        tuple(
            Block(family, tuple(str(network) for network in kept if network.version == version))
            for version, family in _FAMILIES
        )
    )
