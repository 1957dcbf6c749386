"""Addresses outside the cluster as calls and grants write them."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network

from netgen.evaluate.addresses import Block
from netgen.evaluate.objects.model import Direction
from netgen.evaluate.sets import PortSet
from netgen.importing.model import Held, Span, Unsaid
from netgen.spec.forms.ports import span_text

Network = IPv4Network | IPv6Network
_MOST = 64


def number(port: Span) -> str:
    """Return a port, or a range of them, as a call writes it."""
    protocol, first, last = port
    return span_text(first, last) if protocol == "TCP" else f"{span_text(first, last)}/{protocol.lower()}"


def url(cidr: str, protocol: str, first: int, last: int) -> str:
    """Return addresses and a port, or a range of them, as a call writes them."""
    host = cidr.removesuffix("/32").removesuffix("/128") if ":" not in cidr else cidr.removesuffix("/128")
    if ":" in host:
        address, slash, mask = host.partition("/")
        host = f"[{address}]{slash}{mask}"
    implied = {("TCP", 443): "https", ("TCP", 80): "http"}.get((protocol, first)) if not last else None
    return f"{implied}://{host}" if implied else f"{protocol.lower()}://{host}:{span_text(first, last)}"


def is_tcp_and_udp(ports: PortSet) -> bool:
    """Return whether *ports* are all that `internet` without a port opens."""
    return {(str(kind), low, high) for kind, low, high in ports} == {("TCP", 1, 65535), ("UDP", 1, 65535)}


def short_cidrs(block: Block, who: str, said: Unsaid, held: Held | None = None) -> list[str]:
    """Return *block* as CIDRs without exceptions; nothing, and a word, where these would be many."""
    left = [ip_network(block.cidr)]
    for cidr in block.excepts:
        out = ip_network(cidr)
        left = [part for one in left for part in _without(one, out)]
        if len(left) > _MOST:
            halves = held.own[Direction.EGRESS] if held else ()
            spot = next((half.spot for half in halves if half.peer == block), None)
            said.add(spot, f"{who} {block}, which takes more than {_MOST} CIDRs without exceptions")
            return []
    # Every address is refused as a CIDR, since it is mostly a slip for a word; two halves of it are not.
    whole = [part for one in left for part in (one.subnets() if one.prefixlen == 0 else (one,))]
    whole.sort(key=lambda one: (one.version, int(one.network_address)))
    return [str(one).removesuffix("/32" if one.version == 4 else "/128") for one in whole]


def _without(one: Network, out: Network) -> list[Network]:
    if isinstance(one, IPv4Network) and isinstance(out, IPv4Network) and out.subnet_of(one):
        return list(one.address_exclude(out))
    if isinstance(one, IPv6Network) and isinstance(out, IPv6Network) and out.subnet_of(one):
        return list(one.address_exclude(out))
    return [one]
