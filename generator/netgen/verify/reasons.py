"""Why a connection is open or closed, as the notes of a finding."""

from __future__ import annotations

from collections.abc import Iterator

from netgen.evaluate.explain import Explanation, Side
from netgen.evaluate.objects.model import Direction, Policy, Rule
from netgen.problems import Place
from netgen.source import Spot


def closing(why: Explanation) -> Iterator[str]:
    """Yield, for each side that closes a connection, the policies that leave it closed."""
    for direction, side in _sides(why):
        if not side.allows:
            names = ", ".join(str(policy) for policy, _ in side.deciding)
            yield f"no {direction} rule allows it: {names}"


def opening(why: Explanation) -> Iterator[str]:
    """Yield what opens a connection, or leaves it open, on each side."""
    for direction, side in _sides(why):
        yield from of_side(direction, side)


def of_side(direction: Direction, side: Side) -> Iterator[str]:
    """Yield what decides *side*: each policy with its rule, or that there is none."""
    if not side.isolated:
        yield f"no policy isolates the {direction} side" if side.governed else f"nothing governs the {direction} side"
    for policy, rule in side.deciding:
        name = f"{policy.kind} {policy}"
        yield f"{direction}: {name}, rule {rule.index}" if rule else f"no {direction} rule: {name}"


def opening_place(why: Explanation) -> Place | None:
    """Return where the last of the rules stands that open a connection."""
    spots = [spot for _, side in _sides(why) for policy, rule in side.deciding if (spot := _spot(policy, rule))]
    return spots[-1].value() if spots else None


def spec_place(why: Explanation) -> Place | None:
    """Return where the first of the rules stands that decide a connection."""
    spots = [rule.spot for _, side in _sides(why) for _, rule in side.deciding if rule and rule.spot]
    return spots[0].value() if spots else None


def _sides(why: Explanation) -> tuple[tuple[Direction, Side], ...]:
    return (Direction.EGRESS, why.egress), (Direction.INGRESS, why.ingress)


def _spot(policy: Policy, rule: Rule | None) -> Spot | None:
    return rule.spot if rule else policy.spot
