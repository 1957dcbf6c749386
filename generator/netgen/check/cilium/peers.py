"""Peers of a rule: endpoints by their labels, addresses, entities and DNS names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from netgen.check import metadata
from netgen.check.addresses import block
from netgen.check.faults import Fault, Json, invalid, required, unsupported
from netgen.check.shape import SELECTOR, Shape

SHAPES: dict[str, Shape] = {
    "Endpoints": [SELECTOR],
    "CIDRSet": [{"cidr": str, "except": [str]}],
    "Entities": [str],
}
"""The kinds of peers, by how their keys end."""
NAME: Shape = {"matchName": str, "matchPattern": str}

_ENTITIES = (
    *("all", "world", "cluster", "cluster-mesh", "host", "init", "ingress", "unmanaged", "remote-node", "health"),
    *("none", "kube-apiserver"),
)
_SOURCES = frozenset(("", "any", "k8s", "reserved"))
_DNS_NAMES = {"matchName": re.compile(r"(?:[-\w]+\.)*[-\w]+\.?", re.ASCII).fullmatch}
_DNS_NAMES["matchPattern"] = re.compile(r"(?:[-\w*]+\.)*[-\w*]+\.?", re.ASCII).fullmatch
_LONGEST_NAME = 255


def faults(rule: Json, side: str, path: str) -> Iterator[Fault]:
    """Yield what is wrong with the peers of *rule*, whose keys begin with *side*."""
    for index, pods in enumerate(rule.get(f"{side}Endpoints", ())):
        at = f"{path}.{side}Endpoints[{index}]"
        yield from selector(pods, at) if pods else [required(at, "must specify a peer")]
    for index, one in enumerate(rule.get(f"{side}CIDRSet", ())):
        yield from block(one, f"{path}.{side}CIDRSet[{index}]")
    for index, entity in enumerate(rule.get(f"{side}Entities", ())):
        if entity not in _ENTITIES:
            yield unsupported(f"{path}.{side}Entities[{index}]", entity, _ENTITIES)
    for index, one in enumerate(rule.get("toFQDNs", ())):
        yield from name(one, f"{path}.toFQDNs[{index}]")


def selector(chosen: Json, path: str) -> Iterator[Fault]:
    """Yield what is wrong with a selector, whose keys may begin with the source of a label, `k8s:app`.

    Source: cilium v1.20.2, pkg/labels/validation.go.
    """
    plain: Json = {}
    if "matchLabels" in chosen:
        yield from _asked_twice(chosen["matchLabels"], f"{path}.matchLabels")
        plain["matchLabels"] = {_split(key)[1]: value for key, value in chosen["matchLabels"].items()}
    if "matchExpressions" in chosen:
        listed = chosen["matchExpressions"]
        for index, one in enumerate(listed):
            yield from _source(one.get("key", ""), f"{path}.matchExpressions[{index}].key")
        plain["matchExpressions"] = [{**one, "key": _split(one.get("key", ""))[1]} for one in listed]
    yield from metadata.selector(plain, path)


def _asked_twice(labels: dict[str, str], path: str) -> Iterator[Fault]:
    seen: set[tuple[str, str]] = set()
    for key in labels:
        yield from _source(key, path)
        source, label = _split(key)
        if (source or "any", label) in seen:
            yield invalid(path, key, "the label is asked for twice")
        seen.add((source or "any", label))


def _source(key: str, path: str) -> Iterator[Fault]:
    if _split(key)[0] not in _SOURCES:
        yield invalid(path, key, "the source of a label is k8s, any or reserved")


def _split(key: str) -> tuple[str, str]:
    source, _, label = key.rpartition(":")
    return source, label


def name(one: Json, path: str) -> Iterator[Fault]:
    """Yield what is wrong with a DNS name or a pattern of such names."""
    if len(one) != 1:
        yield required(path, "must specify one of matchName and matchPattern")
        return
    [(key, text)] = one.items()
    if not _DNS_NAMES[key](text):
        star = "" if key == "matchName" else "'*', "
        yield invalid(f"{path}.{key}", text, f"must consist of letters, digits, {star}'-', '_' and single dots")
    if len(text) > _LONGEST_NAME:
        yield invalid(f"{path}.{key}", text, f"must be no more than {_LONGEST_NAME} bytes")
