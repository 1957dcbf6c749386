"""The address ranges of a cluster, and what an address inside them means to a policy."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from netgen.problems import Place, Problem
from netgen.records import record
from netgen.source import Spot
from netgen.spec.forms.addresses import cidr, without_contained
from netgen.spec.forms.text import each


@record
class Ranges:
    """The address ranges of the cluster as CIDRs; *exact* says that no other private address belongs to it."""

    pods: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    exact: bool = False


NO_RANGES = Ranges()


def read_ranges(value: dict[str, Any], spot: Spot, found: list[Problem]) -> Ranges:
    """Return the ranges of a value of the schema's shape; what is wrong in them goes to *found*."""
    before = len(found)
    blocks = {
        key: without_contained(each(cidr, value.get(key, []), spot.at(key), found))
        for key in ("pods", "services", "nodes")
    }
    exact = value.get("exact", False)
    if exact and not all(blocks.values()) and len(found) == before:
        missing = " and ".join(key for key, known in blocks.items() if not known)
        message = f"exact ranges must name pods, services and nodes: without their CIDRs, {missing} would be outside"
        found.append(Problem("missing-key", spot.at("exact").key(), message, fix=f"add the CIDRs of the {missing}"))
    return Ranges(exact=exact, **blocks)


def warn_inside(ranges: Ranges, block: str, place: Callable[[], Place], found: list[Problem]) -> None:
    """Warn of a *block* that lies in the range of the Services or of the pods.

    A policy sees the pod behind a Service, never the Service's address, and whether a CIDR matches pods is left to the
    CNI (semantics of ipBlock in the Kubernetes documentation of network policies).
    """
    if is_inside(block, ranges.services):
        message = f"{block} is an address of a Service: policies see the pods behind it, so that nothing is opened"
        fix = "name the pods, or the addresses behind the Service"
    elif is_inside(block, ranges.pods):
        message = f"{block} is an address of pods: whether a CIDR matches pods depends on the CNI"
        fix = "name the pods: an app, a peer with labels, or NAMESPACE/*"
    else:
        return
    found.append(Problem("address-of-cluster", place(), message, fix=fix))


def is_inside(block: str, ranges: tuple[str, ...]) -> bool:
    """Return whether the CIDR *block* lies in one of *ranges*."""
    inner = _network(block)
    return any(_contains(_network(outer), inner) for outer in ranges)


_network = lru_cache(maxsize=1024)(ip_network)


def _contains(outer: IPv4Network | IPv6Network, inner: IPv4Network | IPv6Network) -> bool:
    return outer.version == inner.version and inner.network_address in outer and inner.prefixlen >= outer.prefixlen
