"""Why a connection is open or closed, as the notes of a finding."""

from __future__ import annotations

from collections.abc import Iterator

from netgen.evaluate.explain import Explanation, Side
from netgen.evaluate.objects.model import Direction, Policy, Rule
from netgen.evaluate.sets import ALL_PORTS, PortSet
from netgen.problems import Place
from netgen.source import Spot

DOUBT = "open or not, it depends on the network plugin, or on what the manifests do not tell"
"""What is said of a connection that one reading opens and another does not."""


def on(ports: PortSet) -> str:
    """Return *ports* as a person says them: what they lack, where that is shorter."""
    rest = ALL_PORTS - ports
    if not rest:
        return "all ports"
    return f"all but {rest}" if len(rest.intervals) < len(ports.intervals) else f"{ports}"


def at(place: Place) -> str:
    """Return *place* as a note says it: `file:line:column`."""
    return f"{place.file}:{place.line}:{place.column}"


def closing(why: Explanation) -> Iterator[str]:
    """Yield, for each side that closes a connection, or is open for some requests only, the policies that do so."""
    for direction, side in _sides(why):
        if side.denies:
            yield from of_side(direction, side)
        elif not side.allows:
            names = ", ".join(f"{policy.kind} {policy}{_where(policy.spot)}" for policy, _ in side.deciding)
            yield f"no {direction} rule allows it: {names}"
            for policy, _ in side.deciding:
                if any(left_out is direction for left_out, _ in policy.unlisted):
                    yield f"policyTypes of {policy} leaves its {direction} rules out, which some network plugins heed"
        elif side.passing is not None:
            for policy, rule in side.deciding:
                said = only(rule) if rule else ""
                yield f"{direction}: {policy.kind} {policy} opens it{said}{_where(_spot(policy, rule))}"


def opening(why: Explanation) -> Iterator[str]:
    """Yield what opens a connection, or leaves it open, on each side."""
    for direction, side in _sides(why):
        yield from of_side(direction, side)


def only(rule: Rule) -> str:
    """Return which requests *rule* lets pass, where it does not let all of them."""
    if rule.requests is None and rule.lookups is None:
        return ""
    from netgen.evaluate.filters import passing  # noqa: PLC0415 - few clusters have policies with requests
    from netgen.verify.requests import in_words  # noqa: PLC0415 - same

    found = passing(rule)
    return "" if found is None else f" only for {in_words((found,))}"


def of_side(direction: Direction, side: Side) -> Iterator[str]:
    """Yield what decides *side*: each policy with its rule, or that there is none."""
    if side.denies:
        for policy, rule in side.deciding:
            yield f"{direction}: {policy.kind} {policy} denies it{_where(_spot(policy, rule))}"
        return
    if not side.isolated and not side.deciding:
        yield f"no policy isolates the {direction} side" if side.governed else f"nothing governs the {direction} side"
    for policy, rule in side.deciding:
        name = f"{policy.kind} {policy}"
        yield f"{direction}: {name}, rule {rule.index}{only(rule)}" if rule else f"no {direction} rule: {name}"


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


def _where(spot: Spot | None) -> str:
    return f" ({at(spot.value())})" if spot else ""


def _spot(policy: Policy, rule: Rule | None) -> Spot | None:
    return rule.spot if rule else policy.spot


def mending(why: Explanation) -> str:
    """Return what to do about a connection that is closed and should not be."""
    denying, closed, filtering = (
        " and ".join(
            sorted(
                {f"{policy.kind} {policy}" for _, side in _sides(why) if wanted(side) for policy, _ in side.deciding}
            )
        )
        for wanted in (_denies, _is_closed, _is_filtered)
    )
    ways = [f"take the denial out of {denying}"] if denying else []
    ways += [f"add the rule to {closed}"] if closed else []
    ways += [f"let the requests pass in {filtering}"] if filtering else []
    undo = "undo what took it" if closed and len(ways) == 1 else "undo what changed the policies"
    return f"{' and '.join(ways)}, or {undo}" if ways else "see what changed the policies"


def _denies(side: Side) -> bool:
    return side.denies


def _is_closed(side: Side) -> bool:
    return not side.allows and not side.denies


def _is_filtered(side: Side) -> bool:
    return side.passing is not None
