"""Tiers, and sets of addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv6Interface, ip_interface

from netgen.check import metadata, names
from netgen.check.calico import titles
from netgen.check.faults import Fault, Json, duplicate, forbidden, invalid, required, unsupported
from netgen.check.shape import Shape, cluster_object_of, object_of

_SET: Shape = {"nets": [str]}
SHAPES: dict[str, Shape] = {
    "Tier": cluster_object_of({"order": (int, float), "defaultAction": str}),
    "NetworkSet": object_of(_SET),
    "GlobalNetworkSet": cluster_object_of(_SET),
}
"""The shape of each kind."""

_NET = re.compile(r"[0-9A-Fa-f.:]+(?:/(?:0|[1-9][0-9]{0,2}))?")
_ACTIONS = ("Pass", "Deny")
_NAMESPACE = "projectcalico.org/namespace"


def faults(body: Json) -> Iterator[Fault]:
    """Yield what is wrong with a tier or a set of addresses."""
    about, spec = body.get("metadata", {}), body.get("spec", {})
    if body["kind"] == "Tier":
        yield from metadata.faults(about, titles.of_tier, is_namespaced=False)
        yield from _tier(spec)
    else:
        yield from metadata.faults(about, names.dns_subdomain, is_namespaced=body["kind"] == "NetworkSet")
        if _NAMESPACE in about.get("labels", ()):
            yield forbidden("metadata.labels", f"{_NAMESPACE} is a label that Calico gives")
        yield from _nets(spec.get("nets", ()))


def _tier(spec: Json) -> Iterator[Fault]:
    if "order" not in spec:
        yield required("spec.order", "a tier without it comes behind those that have one")
    if "defaultAction" not in spec:
        yield required("spec.defaultAction", "without it is denied what no rule of the tier decides")
    elif spec["defaultAction"] not in _ACTIONS:
        yield unsupported("spec.defaultAction", spec["defaultAction"], _ACTIONS)


def _nets(listed: list[str]) -> Iterator[Fault]:
    if not listed:
        yield required("spec.nets", "a set without addresses is nobody")
    seen = set()
    for index, text in enumerate(listed):
        if not _is_net(text):
            yield invalid(f"spec.nets[{index}]", text, "must be an IP address or a CIDR, without leading 0s")
        elif text in seen:
            yield duplicate(f"spec.nets[{index}]", text)
        seen.add(text)


def _is_net(text: str) -> bool:
    """Return whether *text* is an address, or one with a prefix length: here it may have bits behind that."""
    try:
        found = ip_interface(text)
    except ValueError:
        return False
    return _NET.fullmatch(text) is not None and not (isinstance(found, IPv6Interface) and found.ip.ipv4_mapped)
