"""NetworkPolicy and GlobalNetworkPolicy of projectcalico.org/v3, and their staged kinds, which nobody enforces."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any, NamedTuple

from netgen.evaluate.objects.calico.known import Known, selector
from netgen.evaluate.objects.calico.places import ACCOUNT, Pods, pods
from netgen.evaluate.objects.calico.rules import Read, rules
from netgen.evaluate.objects.calico.selectors import (
    EVERYTHING,
    IN_SPACES,
    IS_IN_A_NAMESPACE,
    NAMESPACE_OF,
    OF_ACCOUNTS,
    All,
    Asks,
)
from netgen.evaluate.objects.calico.sets import DEFAULT, order_of
from netgen.evaluate.objects.model import Direction, Expression, Operator, Policy, Tier
from netgen.evaluate.objects.values import MalformedError, fields, items, text, truth
from netgen.source import Spot

_TOP = frozenset(("apiVersion", "kind", "metadata", "spec", "status"))
_SPEC = frozenset(
    (
        *("tier", "order", "selector", "types", "ingress", "egress"),
        *("serviceAccountSelector", "performanceHints", "stagedAction"),
    )
)
_GLOBAL = frozenset(("namespaceSelector", "doNotTrack", "preDNAT", "applyOnForward"))
_TYPES = {"Ingress": Direction.INGRESS, "Egress": Direction.EGRESS}
_HINT = "AssumeNeededOnEveryNode"
_STAGED = ("Set", "Delete", "Learn", "Ignore")
# networkPolicyNameRegex and globalNetworkPolicyNameRegex of the validator.
_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_NAME = re.compile(rf"{_LABEL}([.]{_LABEL})?")
_BOTH = frozenset(Direction)


class _Part(NamedTuple):
    """What a policy says of a direction to those of its pods that *only* means, None for all; no *rules* hold too."""

    direction: Direction
    only: Asks | None
    reads: tuple[Read, ...]


def policies(body: dict[str, Any], name: str, spot: Spot, known: Known) -> tuple[Policy, ...]:
    """Return the policies of the object *body*: as many as its selector has alternatives, one after the other.

    Where rules are about some of its pods only, there are more, in the order of the rules. MalformedError where Calico
    refuses the object: then it does as if there were none. Source: libcalico-go/lib/validator/v3/validator.go, and the
    rules of the kinds' definitions.
    """
    at = spot.at("spec")
    spec = fields(fields(body, _TOP, spot).get("spec"), _SPEC if known.namespace else _SPEC | _GLOBAL, at)
    _check(spec, name, spot)
    asks = _subject(spec, at, known)
    read = {direction: rules(spec.get(direction), direction, at.at(direction), known) for direction in Direction}
    types = _types(spec, at, known)
    _host(spec, types, at, known)
    parts = [part for direction in Direction if direction in types for part in _parts(direction, read[direction])]
    about = pods(asks, at, known)
    tier = _tier(spec, name, spot, known)
    order = order_of(spec.get("order"), at.at("order"))
    if all(part.only is None for part in parts):
        found = {part.direction: tuple(one.rule for one in part.reads) for part in parts}
        return tuple(_policy(one, name, known, (tier, order), spot, found) for one in about)
    made = [_policy(one, name, known, (tier, order), spot, dict.fromkeys(types, ())) for one in about]
    for part in parts:
        held = about if part.only is None else pods(All((asks, part.only)), at, known)
        found = {part.direction: tuple(one.rule for one in part.reads)}
        made += [_policy(one, name, known, (tier, order), spot, found) for one in held]
    return tuple(made)


def _policy(
    about: Pods,
    name: str,
    known: Known,
    place: tuple[Tier, float],
    spot: Spot,
    found: dict[Direction, tuple[Any, ...]],
) -> Policy:
    is_here = known.namespace and about.namespace() == known.namespace
    return Policy(
        kind=known.kind,
        namespace=known.namespace,
        name=name,
        subject=about.labels,
        ingress=found.get(Direction.INGRESS),
        egress=found.get(Direction.EGRESS),
        spot=spot,
        scope=None if is_here else about.spaces,
        tier=place[0],
        order=place[1],
    )


def _parts(direction: Direction, found: tuple[Read, ...]) -> Iterator[_Part]:
    """Yield the rules of *direction* in parts about the same pods, as they follow each other."""
    if not found:
        yield _Part(direction, None, ())
    for only, reads in groupby(found, lambda one: one.only):
        yield _Part(direction, only, tuple(reads))


def _check(spec: dict[str, Any], name: str, spot: Spot) -> None:
    """Raise MalformedError where the name or what only tells of the policy is not as Calico has it."""
    if not _NAME.fullmatch(name):
        raise MalformedError(f"{name!r} is no name of a policy: it has one dot at most", spot.at("metadata", "name"))
    at = spot.at("spec")
    for item, place in items(spec.get("performanceHints"), at.at("performanceHints")):
        if item != _HINT:
            raise MalformedError(f"{item!r} is no hint", place)
    if "stagedAction" in spec and spec["stagedAction"] not in _STAGED:
        raise MalformedError(f"{spec['stagedAction']!r} is none of {', '.join(_STAGED)}", at.at("stagedAction"))


def _subject(spec: dict[str, Any], spot: Spot, known: Known) -> Asks:
    """Return what a policy asks of its pods."""
    parts: list[Asks] = []
    if known.namespace:
        parts.append(Expression(NAMESPACE_OF, Operator.IN, (known.namespace,)))
    for key, prefix, everything in (
        ("namespaceSelector", IN_SPACES, IS_IN_A_NAMESPACE),
        ("serviceAccountSelector", OF_ACCOUNTS, Expression(ACCOUNT, Operator.EXISTS)),
        ("selector", "", EVERYTHING),
    ):
        if spec.get(key):
            written = text(spec[key], spot.at(key))
            if "global(" in written:
                raise MalformedError("global() stands in a namespaceSelector of a rule only", spot.at(key))
            parts.append(selector(written, spot.at(key), prefix, everything))
    return All(tuple(parts))


def _types(spec: dict[str, Any], spot: Spot, known: Known) -> frozenset[Direction]:
    """Return the directions of a policy; those of one that does not list them depend on who wrote it down."""
    at = spot.at("types")
    found = []
    for item, place in items(spec.get("types"), at):
        if not isinstance(item, str) or item not in _TYPES:
            raise MalformedError(f"{item!r} is no policy type", place)
        found.append(_TYPES[item])
    if len(set(found)) < len(found):
        raise MalformedError("a policy type stands twice", at)
    if found:
        return frozenset(found)
    used = [direction for direction in Direction if spec.get(direction)]
    if len(used) == len(_BOTH):
        return _BOTH
    direction = used[0] if used else Direction.INGRESS
    what = f"it has no types; calicoctl makes that {direction.capitalize()}, and where nobody does both are closed"
    known.unknown(what, spot.key(), f"write types: [{direction.capitalize()}]")
    return frozenset((direction,))


def _host(spec: dict[str, Any], types: frozenset[Direction], spot: Spot, known: Known) -> None:
    """Note what is about the interfaces of nodes; MalformedError for what Calico refuses of it."""
    early, untracked, forward = (
        truth(spec.get(key), spot.at(key)) for key in ("preDNAT", "doNotTrack", "applyOnForward")
    )
    if early and untracked:
        raise MalformedError("preDNAT and doNotTrack in one policy are refused", spot.at("preDNAT"), at_key=True)
    if early and (Direction.EGRESS in types or spec.get("egress")):
        raise MalformedError("preDNAT goes with ingress only", spot.at("preDNAT"), at_key=True)
    for key, is_set in (("preDNAT", early), ("doNotTrack", untracked)):
        if is_set and not forward:
            raise MalformedError(f"{key} needs applyOnForward", spot.at(key), at_key=True)
        if is_set:
            known.unknown("it is about the interfaces of nodes, before connections reach pods", spot.at(key).key())


def _tier(spec: dict[str, Any], name: str, spot: Spot, known: Known) -> Tier:
    at = spot.at("spec", "tier")
    written = text(spec.get("tier") or DEFAULT.name, at)
    found = known.around.tiers.get(written)
    if found is None:
        known.unknown(
            f"there is no Tier {written} among what was read", at.value(), "give the Tiers of the cluster as well"
        )
        return Tier(DEFAULT.order - 1, written, ordered=True, isolates=True)
    prefix, dot, _ = name.rpartition(".")
    if (dot and prefix != written) or (not dot and found != DEFAULT):
        fix = f"call it {written}.{name.rpartition('.')[2]}"
        known.unknown(
            "its name does not begin with its tier, and before 3.32 that is refused",
            spot.at("metadata", "name").value(),
            fix,
        )
    return found
