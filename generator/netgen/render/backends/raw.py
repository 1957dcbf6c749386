"""Objects that the spec has as they are: printed with the same values, in the same order."""

from __future__ import annotations

from collections.abc import Iterator

from netgen.intent import Intent
from netgen.quoting import block
from netgen.render.planned import Planned, Rank

TEMPLATE = "raw/object.yaml.j2"
_RANKS = {"Service": Rank.SERVICE, "Ingress": Rank.ROUTE}


def plan(intent: Intent) -> Iterator[Planned]:
    """Yield the raw objects of *intent*, each with the rank of its kind; a policy may open something."""
    for one in intent.raw:
        rank = _RANKS.get(one.body["kind"], Rank.APP_POLICY)
        yield Planned(rank, TEMPLATE, block(one.body), one.spot, one.body)
