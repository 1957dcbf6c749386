"""Patterns of DNS names, as NamePeer has them. Source: cilium/cilium v1.20.2, pkg/policy/api/fqdn.go, pkg/fqdn."""

from __future__ import annotations

import re

from netgen.evaluate.objects.cilium.known import record
from netgen.evaluate.objects.values import MalformedError, text
from netgen.source import Spot

EVERY_NAME = "**"
"""The pattern of all names."""

_FIELDS = frozenset(("matchName", "matchPattern"))
_NAME = re.compile(r"[-a-zA-Z0-9_]+([.][-a-zA-Z0-9_]+)*[.]?")
_PATTERN = re.compile(r"[-a-zA-Z0-9_*]+([.][-a-zA-Z0-9_*]+)*[.]?")
_LONGEST = 255


def pattern(value: object, spot: Spot) -> str:
    """Return the pattern of an item of toFQDNs or of a DNS rule."""
    found = record(value, _FIELDS, spot)
    if len(found) != 1:
        raise MalformedError("there has to be one of matchName and matchPattern", spot)
    ((key, written),) = found.items()
    name = text(written, spot.at(key))
    form = _NAME if key == "matchName" else _PATTERN
    if len(name) > _LONGEST or not form.fullmatch(name):
        raise MalformedError(f"{name!r} is no {'name' if key == 'matchName' else 'pattern'}", spot.at(key))
    name = name.lower().removesuffix(".")
    if not name.strip("*"):
        return EVERY_NAME
    first, dot, rest = name.partition(".")
    if dot and len(first) > 1 and not first.strip("*"):
        return f"{EVERY_NAME}.{_single(rest)}"
    return _single(name)


def _single(name: str) -> str:
    return re.sub(r"\*+", "*", name)
