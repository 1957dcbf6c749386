"""Addresses and CIDRs in the one form that every reader takes the same way."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from netgen.spec.forms.text import FormError, shown, within

_SHAPE = re.compile(r"[0-9a-fA-F:.]+(/[0-9]{1,3})?", re.ASCII)
_IPV4 = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){1,3}(/[0-9.]+)?", re.ASCII)


def looks_like_address(text: str) -> bool:
    """Return whether *text* is meant as an address or CIDR rather than as a name."""
    is_v6 = ("::" in text or text.count(":") == 7) and bool(_SHAPE.fullmatch(text))
    return is_v6 or bool(_IPV4.fullmatch(text))


def cidr(text: str) -> str:
    """Return *text* as a CIDR; a bare address becomes /32 or /128.

    Raises `bad-address` for anything that is not canonical (host bits, leading zeros, upper case, an IPv4-mapped
    address: the API server's StrictIPCIDRValidation), and for the block of all addresses, which has the word
    `internet`.
    """
    network = _network(text)
    if network.prefixlen == 0:
        raise FormError(
            "bad-address",
            f"{shown(text)} is every address; that must be written as a word",
            fix="write internet (everything outside the cluster) or any (every pod)",
        )
    canonical = str(network)
    if canonical not in (text, f"{text}/{network.max_prefixlen}"):
        raise FormError("bad-address", f"{shown(text)} is not in canonical form", fix=f"write {canonical}")
    return canonical


def address(text: str) -> str:
    """Return *text* as a single address in canonical form, else raise `bad-address`."""
    try:
        value = ip_address(text)
    except ValueError:
        raise FormError("bad-address", f"{shown(text)} is not an IP address") from None
    _refuse_mapped(text, value)
    if str(value) != text:
        raise FormError("bad-address", f"{shown(text)} is not in canonical form", fix=f"write {value}")
    return text


def address_and_port(text: str) -> tuple[str, int]:
    """Return the parts of `10.0.0.1:6443` or `[2001:db8::1]:6443`, else raise `bad-address`."""
    match = re.fullmatch(r"(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):([1-9][0-9]{0,4})", text, re.ASCII)
    if not match or int(match[3]) > 65535:
        bare = text.strip("[]")
        host = f"[{bare}]" if ":" in bare else bare
        fix = f"write {host}:6443, or the port that it listens on" if looks_like_address(bare) else ""
        raise FormError("bad-address", f"{shown(text)} is not an address with a port, such as 10.0.0.1:6443", fix=fix)
    group = 1 if match[1] else 2
    parse = bracketed if match[1] else address
    return within(parse, match[group], match.start(group)), int(match[3])


def bracketed(text: str) -> str:
    """Return the address *text*, which stands in brackets, else raise `bad-address`: only an IPv6 address may."""
    if ":" not in text:
        raise FormError(
            "bad-address",
            f"{shown(text)} is no IPv6 address, and no other stands in brackets",
            fix="leave the brackets out",
        )
    return address(text)


def without_contained(blocks: Iterable[str]) -> tuple[str, ...]:
    """Return the CIDRs *blocks* by family and address, without those that lie inside another."""
    kept: list[IPv4Network | IPv6Network] = []
    networks = sorted(
        {ip_network(block) for block in blocks},
        key=lambda network: (network.version, int(network.network_address), network.prefixlen),
    )
    for network in networks:
        last = kept[-1] if kept else None
        if last is None or last.version != network.version or network.network_address not in last:
            kept.append(network)
    return tuple(str(network) for network in kept)


def _network(text: str) -> IPv4Network | IPv6Network:
    if not _SHAPE.fullmatch(text):
        raise FormError("bad-address", f"{shown(text)} is not an address or CIDR, such as 203.0.113.0/24")
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        plain = re.sub(r"(?<![0-9])0+(?=[0-9])", "", text)
        if plain != text and ":" not in text:
            raise FormError("bad-address", f"{shown(text)} has leading zeros", fix=f"write {plain}") from None
        raise FormError("bad-address", f"{shown(text)} is not an address or CIDR, such as 203.0.113.0/24") from None
    _refuse_mapped(text, network.network_address)
    if ip_address(text.partition("/")[0]) != network.network_address:
        raise FormError("bad-address", f"{shown(text)} has host bits set", fix=f"write {network}")
    return network


def _refuse_mapped(text: str, value: IPv4Address | IPv6Address) -> None:
    if isinstance(value, IPv6Address) and value.ipv4_mapped:
        raise FormError("bad-address", f"{shown(text)} is an IPv4-mapped address", fix=f"write {value.ipv4_mapped}")
