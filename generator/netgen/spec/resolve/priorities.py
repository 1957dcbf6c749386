"""The order of ClusterNetworkPolicies: what denies before what accepts, and pods before addresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

from netgen.intent import Addresses, Denial, Permission
from netgen.problems import Problem
from netgen.spec.platform import Platform
from netgen.spec.resolve.installed import CLUSTER_POLICIES

DENIES_PODS = range(100, 500)
ACCEPTS_PODS = range(500, 800)
DENIES_ADDRESSES = range(800, 900)
ACCEPTS_ADDRESSES = range(900, 1000)
"""The priorities of each sort; what is before and behind them is left to others.

A policy about addresses leaves all pods to the tiers behind, since they may have such an address: so those about pods
come before it. Within one sort the order means nothing, as all of them do the same with what they match: also two
policies of one priority, out of two runs, are never at odds.
"""
UNSET = -1
"""The priority of what has not got one yet."""


def ordered(
    denials: Sequence[Denial], permissions: Sequence[Permission], platform: Platform, found: list[Problem]
) -> tuple[tuple[Denial, ...], tuple[Permission, ...]]:
    """Return *denials* and *permissions* with a priority each; those that the CNI's own kinds deny have none.

    A name has a place of its own in the range of its sort, or takes the next one that is free: what comes or goes
    moves hardly any other. More than there are places for is a problem.
    """
    wanted = [one for one in denials if one.priority is not None]
    by_name = {
        **_placed([one.name for one in wanted if not _is_outward(one)], DENIES_PODS, platform, found),
        **_placed([one.name for one in wanted if _is_outward(one)], DENIES_ADDRESSES, platform, found),
        **_placed([one.name for one in permissions if not _is_outward(one)], ACCEPTS_PODS, platform, found),
        **_placed([one.name for one in permissions if _is_outward(one)], ACCEPTS_ADDRESSES, platform, found),
    }
    return (
        tuple(one if one.priority is None else replace(one, priority=by_name.get(one.name, UNSET)) for one in denials),
        tuple(replace(one, priority=by_name.get(one.name, UNSET)) for one in permissions),
    )


def _is_outward(one: Denial | Permission) -> bool:
    return any(isinstance(peer, Addresses) for peer in one.peers)


def _placed(names: list[str], places: range, platform: Platform, found: list[Problem]) -> dict[str, int]:
    if len(names) > len(places):
        message = f"{len(names)} ClusterNetworkPolicies of one sort are needed, and there are {len(places)} priorities"
        fix = "claim and allow more in one line, such as NAMESPACE/* for each of its apps"
        found.append(Problem("policies-full", dict(platform.installed)[CLUSTER_POLICIES], message, fix=fix))
        names = names[: len(places)]
    taken: dict[int, str] = {}
    for name in sorted(names):
        place = int(sha256(name.encode()).hexdigest(), 16) % len(places)
        while place in taken:
            place = (place + 1) % len(places)
        taken[place] = name
    return {name: places[place] for place, name in taken.items()}
