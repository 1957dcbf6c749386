"""ClusterNetworkPolicy of policy.networking.k8s.io/v1alpha2: a tier before NetworkPolicy, and one behind it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from netgen.evaluate.objects import kinds
from netgen.evaluate.objects.clusternetworkpolicy.known import Known
from netgen.evaluate.objects.clusternetworkpolicy.rules import rules
from netgen.evaluate.objects.clusternetworkpolicy.subjects import subject
from netgen.evaluate.objects.clusternetworkpolicy.ties import ties
from netgen.evaluate.objects.model import Direction, Policy, Tier, Unknown
from netgen.evaluate.objects.values import MalformedError, fields, misread, text, whole
from netgen.evaluate.objects.waiting import Waiting
from netgen.source import Spot

ADMIN = Tier(-1, "Admin", ordered=True, isolates=False)
"""The tier that decides before NetworkPolicy."""
BASELINE = Tier(1, "Baseline", ordered=True, isolates=False)
"""The tier that decides behind NetworkPolicy."""

_KIND = kinds.CLUSTER_NETWORK_POLICY[1]
_TIERS = {tier.name: tier for tier in (ADMIN, BASELINE)}
_TOP = frozenset(("apiVersion", "kind", "metadata", "spec", "status"))
_SPEC = frozenset(("tier", "priority", "subject", *(str(direction) for direction in Direction)))
_LAST_PRIORITY = 1000


def understood(found: Iterable[object], cni: str) -> tuple[list[object], list[Unknown]]:
    """Return *found* with the policies that waiting objects of this kind make, and what of these is not understood."""
    read: list[object] = []
    made: list[Policy] = []
    unknowns: list[Unknown] = []
    for one in found:
        if not isinstance(one, Waiting) or one.kind != kinds.CLUSTER_NETWORK_POLICY:
            read.append(one)
            continue
        known = Known(cni)
        try:
            made.append(policy(one.body, one.name, one.spot, known))
        except MalformedError as error:
            unknowns.append(misread(f"a {_KIND}", error))
            continue
        read.append(made[-1])
        unknowns += known.unknowns
    return read, [*unknowns, *ties(made)]


def policy(body: dict[str, Any], name: str, spot: Spot, known: Known) -> Policy:
    """Return the policy of the object *body*; a direction without rules is one that it does not touch.

    MalformedError where the API server refuses the object. What it takes, and nobody can say for certain, is noted in
    *known*. Source: kubernetes-sigs/network-policy-api v0.2.0, apis/v1alpha2/clusternetworkpolicy_types.go, config/crd.
    """
    at = spot.at("spec")
    spec = fields(fields(body, _TOP, spot).get("spec"), _SPEC, at)
    for key in ("tier", "priority", "subject"):
        if key not in spec:
            raise MalformedError(f"a {_KIND} needs {key}", at)
    about = subject(spec["subject"], at.at("subject"), known)
    directions = {
        direction: rules(spec.get(direction), at.at(direction), direction, known) or None for direction in Direction
    }
    return Policy(
        kind=_KIND,
        namespace="",
        name=name,
        subject=about.pods,
        ingress=directions[Direction.INGRESS],
        egress=directions[Direction.EGRESS],
        spot=spot,
        scope=about.scope,
        entities=about.entities,
        tier=_tier(spec["tier"], at.at("tier")),
        order=whole(spec["priority"], at.at("priority"), 0, _LAST_PRIORITY),
    )


def _tier(value: object, spot: Spot) -> Tier:
    name = text(value, spot)
    if name not in _TIERS:
        raise MalformedError(f"{name!r} is none of the tiers {' and '.join(_TIERS)}", spot)
    return _TIERS[name]
