"""CIDRs as a strict API server takes them, and in one spelling only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_interface

from netgen.check.faults import Fault, Json, invalid, required

Network = IPv4Network | IPv6Network

_CIDR = re.compile(r"([0-9A-Fa-f.:]+)/([0-9]+)")
_ZEROS = re.compile(r"^(?=[0-9]+\.)0+(?=[0-9])|(?<=[./])0+(?=[0-9])")
_NO_CIDR = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
_LEADING_ZEROS = "must not have leading 0s in IP or prefix length"


@lru_cache(maxsize=1024)
def network(text: str) -> Network | str:
    """Return the block that *text* names, or the phrase that says why an API server would not take it.

    The rules are those of a server with StrictIPCIDRValidation, and the canonical form besides, which CNIs need.
    Source: k8s.io/apimachinery pkg/util/validation/ip.go, IsValidCIDR.
    """
    if not _CIDR.fullmatch(text):
        return _NO_CIDR
    plain = _ZEROS.sub("", text)
    try:
        found = ip_interface(plain)
    except ValueError:
        return _NO_CIDR
    if plain != text:
        return _LEADING_ZEROS
    if found.version == 6 and found.ip.ipv4_mapped:
        return "must not have an IPv4-mapped IPv6 address"
    if found.ip != found.network.network_address:
        return "must not have bits set beyond the prefix length"
    canonical = str(found.network)
    return found.network if canonical == text else f'must be in canonical form ("{canonical}")'


def strictly_inside(inner: Network, outer: Network) -> bool:
    """Say whether *inner* is a part of *outer*, of the same family and smaller."""
    if isinstance(inner, IPv4Network) and isinstance(outer, IPv4Network):
        return inner != outer and inner.subnet_of(outer)
    if isinstance(inner, IPv6Network) and isinstance(outer, IPv6Network):
        return inner != outer and inner.subnet_of(outer)
    return False


def block(written: Json, path: str) -> Iterator[Fault]:
    """Yield what is wrong with a CIDR, and with the parts of it that are left out."""
    if not written.get("cidr"):
        yield required(f"{path}.cidr")
        return
    outer = network(written["cidr"])
    if isinstance(outer, str):
        yield invalid(f"{path}.cidr", written["cidr"], outer)
    for index, text in enumerate(written.get("except", ())):
        inner = network(text)
        if isinstance(inner, str):
            yield invalid(f"{path}.except[{index}]", text, inner)
        elif not isinstance(outer, str) and not strictly_inside(inner, outer):
            yield invalid(f"{path}.except[{index}]", text, "must be a strict subset of `cidr`")
