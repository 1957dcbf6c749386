"""Service accounts and their labels, by which some network plugins select pods."""

from __future__ import annotations

from typing import Any

from netgen.evaluate.objects.model import Labels
from netgen.evaluate.objects.values import labels, mapping
from netgen.records import record
from netgen.source import Spot


@record
class Account:
    """A service account and its labels."""

    namespace: str
    name: str
    labels: Labels


def account(body: dict[str, Any], namespace: str, name: str, spot: Spot) -> Account:
    """Return the ServiceAccount *body*."""
    own = labels(mapping(body.get("metadata"), spot.at("metadata")).get("labels"), spot.at("metadata", "labels"))
    return Account(namespace, name, tuple(sorted(own.items())))
