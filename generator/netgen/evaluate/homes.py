"""Pods at some addresses: where one may have many, what it may open at each must not hide what it may at another."""

from __future__ import annotations

from netgen.evaluate.addresses import AddressSpace
from netgen.evaluate.endpoints import resident
from netgen.evaluate.pods import Pods
from netgen.evaluate.sets import bits

MOST_RESIDENTS = 20_000
"""So many pods at some addresses are looked at; where there are more, those at most addresses of a family alone."""


def settle(built: Pods, space: AddressSpace) -> None:
    """Add to *built*, for each pod that may have addresses of several classes of *space*, one at each of them.

    A rule for addresses without the pods there is kept if each of these is kept out, not only those that may have
    another address which some rule opens.
    """
    every = range(len(space.classes))
    roaming = [
        (index, tuple(every if lives is None else bits(lives)))
        for index, lives in enumerate(built.lives)
        if not built.endpoints[index].host_network and (lives is None or lives.bit_count() > 1)
    ]
    if sum(len(homes) for _, homes in roaming) > MOST_RESIDENTS:
        widest = set(_widest(space))
        roaming = [(index, tuple(home for home in homes if home in widest)) for index, homes in roaming]
    placed: dict[int, list[int]] = {}
    for index, homes in roaming:
        placed[index] = list(range(len(built.endpoints), len(built.endpoints) + len(homes)))
        built.endpoints += [resident(built.endpoints[index], space.classes[home].ranges) for home in homes]
        built.lives += [1 << home for home in homes]
    for members in built.members.values():
        for each in (members.certain, members.perhaps):
            each += [one for index in tuple(each) for one in placed.get(index, ())]


def _widest(space: AddressSpace) -> tuple[int, ...]:
    """Return the class with the most addresses of each family."""
    found: dict[int, int] = {}
    for number, one in enumerate(space.classes):
        family = one.ranges[0][0]
        if family not in found or one.size > space.classes[found[family]].size:
            found[family] = number
    return tuple(found.values())
