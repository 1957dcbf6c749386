"""What a platform needs of its network plugin beside policies: it must be able, and what turns it on is said."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netgen.problems import Place, Problem
from netgen.profiles import NAMES, Cni, Feature, table
from netgen.source import Spot
from netgen.spec.resolve.features import enforceable
from netgen.spec.resolve.settings import WORDS, say_setting

if TYPE_CHECKING:
    from netgen.spec.platform import Platform

NEEDS = {
    "encryption": Feature.ENCRYPTION,
    "observability": Feature.OBSERVABILITY,
    "dualStack": Feature.DUAL_STACK,
    "hostPolicies": Feature.HOST_POLICIES,
}
"""The keys of `needs` that are true or false."""


def check_needs(needs: dict[str, Any], spot: Spot, platform: Platform, found: list[Problem]) -> None:
    """Report each of *needs*, a map of the schema's shape at *spot*, that the plugin of *platform* does not meet.

    Of what it meets, *found* gets what turns it on: no manifest of netgen does.
    """
    if "cni" in platform.unclear:
        return
    asked = replace(platform, policies=True)  # a platform that wants no policies has its needs all the same
    for key, feature in NEEDS.items():
        if not needs.get(key, False):
            continue
        place, what = spot.at(key).value(), f"the platform needs {WORDS[feature]}"
        if enforceable(feature, place, what, asked, found):
            say_setting(feature, place, platform.cni, found)
    if "nodes" in needs:
        _check_nodes(needs["nodes"], spot.at("nodes").value(), platform.cni, found)


def _check_nodes(wanted: int, place: Place, cni: Cni, found: list[Problem]) -> None:
    """Report that the documentation of *cni* does not speak of clusters as large as *wanted*."""
    nodes = table(cni.name).about.nodes
    if nodes.most is not None and nodes.most >= wanted:
        return
    message = f"the platform needs {wanted} nodes, and of so many the documentation of {cni} does not speak"
    largest = f" ({nodes.source})" if nodes.source else ""
    able = [(name, most) for name in NAMES if (most := table(name).about.nodes.most or 0) >= wanted]
    notes = (f"{cni}: {nodes.said}{largest}", *(f"{name}: as many as {most}" for name, most in able))
    named = f"in the Platform write  cni: {able[0][0]}, where that is what runs; else " if able else ""
    found.append(Problem("needs-unmet", place, message, notes, f"{named}leave `nodes` out, where you know better"))
