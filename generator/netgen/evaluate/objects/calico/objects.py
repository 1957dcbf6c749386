"""All objects of a cluster whose network plugin is Calico: its own are read when all others are known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from netgen.evaluate.objects import kinds
from netgen.evaluate.objects.accounts import Account
from netgen.evaluate.objects.calico.known import Known, NetworkSet, Surroundings
from netgen.evaluate.objects.calico.orders import ties
from netgen.evaluate.objects.calico.policies import policies
from netgen.evaluate.objects.calico.sets import ADMIN, BASELINE, DEFAULT, network_set, tier, tiers
from netgen.evaluate.objects.model import PLAIN, Namespace, Policy, Tier, Unknown, Workload
from netgen.evaluate.objects.policies import policy
from netgen.evaluate.objects.values import MalformedError, misread
from netgen.evaluate.objects.waiting import Waiting
from netgen.evaluate.objects.ways import ServiceObject

KUBERNETES_ORDER = 1000
"""The order that Calico gives Kubernetes' NetworkPolicies in their tier."""
_SETS = ("NetworkSet", "GlobalNetworkSet")
_POLICIES = ("NetworkPolicy", "GlobalNetworkPolicy")
_STAGED = ("StagedNetworkPolicy", "StagedGlobalNetworkPolicy", "StagedKubernetesNetworkPolicy")
_FIX_OF_HOSTS = "leave it out where it holds no traffic of pods"


def understood(found: Iterable[object], services: tuple[ServiceObject, ...]) -> tuple[list[object], list[Unknown]]:
    """Return *found* with the policies that its waiting objects make, and what of these is not understood.

    Where one of Calico's own is among them, the others are in its tiers too.
    """
    objects = [one for one in found if not isinstance(one, Account)]
    waiting = [one for one in objects if isinstance(one, Waiting)]
    rest = [one for one in objects if not isinstance(one, Waiting)]
    if not waiting:
        return rest, []
    unknowns: list[Unknown] = []
    sets = tuple(_sets(waiting, unknowns))
    around = Surroundings(
        services=services,
        sets=sets,
        accounts=tuple(one for one in found if isinstance(one, Account)),
        workloads=tuple(one for one in rest if isinstance(one, Workload)),
        namespaces={one.name: one.labels for one in rest if isinstance(one, Namespace)},
        tiers=tiers({one.name: one for one in _tiers(waiting, unknowns)}),
    )
    read = [one for each in waiting for one in _policies(each, around, unknowns)]
    if read:
        rest = [_in_tiers(one) if isinstance(one, Policy) else one for one in rest]
    unknowns += ties((*(one for one in rest if isinstance(one, Policy)), *read)) if read else ()
    return [*rest, *read], unknowns


def _sets(waiting: list[Waiting], unknowns: list[Unknown]) -> Iterator[NetworkSet]:
    for one in waiting:
        if one.kind[1] in _SETS:
            try:
                yield network_set(one.body, one.namespace, one.name, one.spot)
            except MalformedError as error:
                unknowns.append(misread(f"a {one.kind[1]}", error))


def _tiers(waiting: list[Waiting], unknowns: list[Unknown]) -> Iterator[Tier]:
    for one in waiting:
        if one.kind == kinds.TIER:
            try:
                yield tier(one.body, one.name, one.spot)
            except MalformedError as error:
                unknowns.append(misread("a Tier", error))


def _policies(one: Waiting, around: Surroundings, unknowns: list[Unknown]) -> Iterator[Policy]:
    """Yield the policies of an object; those of a staged kind are looked at, and are none."""
    kind = one.kind[1]
    known = Known(f"{kind}.{one.kind[0]}", one.namespace, around)
    try:
        if kind in _POLICIES:
            yield from policies(one.body, one.name, one.spot, known)
            unknowns += known.unknowns
        elif kind == "StagedKubernetesNetworkPolicy":
            _kubernetes(one)
        elif kind in _STAGED:
            policies(one.body, one.name, one.spot, known)
        elif kind == "HostEndpoint":
            what = f"a {known.kind} is not evaluated: policies then hold nodes too"
            unknowns.append(Unknown(what, one.spot.at("kind").value(), _FIX_OF_HOSTS))
    except MalformedError as error:
        unknowns.append(misread(f"a {known.kind}", error))


def _kubernetes(one: Waiting) -> None:
    """Raise MalformedError where a staged NetworkPolicy of Kubernetes is none."""
    spec = one.body.get("spec")
    if isinstance(spec, dict):
        spec = {key: value for key, value in spec.items() if key != "stagedAction"}
    policy(one.body | {"spec": spec}, one.namespace, one.name, one.spot)


def in_common(policies: tuple[Policy, ...]) -> tuple[Policy, ...]:
    """Return *policies*, some of which were read apart from Calico's own among them, all in Calico's tiers."""
    known = ADMIN, DEFAULT, BASELINE
    return tuple(
        one if one.kind.endswith(f".{kinds.CALICO}") or one.tier in known else _in_tiers(one) for one in policies
    )


def _in_tiers(policy: Policy) -> Policy:
    """Return a policy of Kubernetes in the tier that Calico has for it."""
    if policy.tier == PLAIN:
        return replace(policy, tier=DEFAULT, order=KUBERNETES_ORDER)
    return replace(policy, tier=ADMIN if policy.tier < PLAIN else BASELINE)
