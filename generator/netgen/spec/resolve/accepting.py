"""What the platform allows as ClusterNetworkPolicies that accept it, for every pod."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256

from netgen.intent import Addresses, Pairs, Peer, Permission, Pods
from netgen.naming import fitting
from netgen.problems import Problem
from netgen.spec.forms.claims import ClaimForm
from netgen.spec.platform import Platform
from netgen.spec.resolve.calls import Ports
from netgen.spec.resolve.cluster_rules import as_networks, fits, sayable
from netgen.spec.resolve.denials import slug
from netgen.spec.resolve.priorities import UNSET
from netgen.spec.resolve.registry import MANAGED_BY, PART_OF


def accepted(
    form: ClaimForm,
    subject: Pods,
    direction: str,
    reached: Iterable[tuple[Peer, Ports]],
    platform: Platform,
    found: list[Problem],
) -> list[Permission]:
    """Return what accepts *reached* in a *direction* of *subject*; what nothing does is a note in *found*."""
    by_ports: dict[tuple[Ports, bool], list[Peer]] = {}
    reasons = [sayable(subject, "egress")]
    for peer, ports in reached:
        reason = sayable(peer, direction)
        reasons.append(reason)
        if not reason and not reasons[0]:
            by_ports.setdefault((ports, isinstance(peer, Addresses)), []).append(peer)
    made = []
    for (ports, _), peers in by_ports.items():
        networks = as_networks(peers)
        if fits(networks, ports):
            made.append(_permission(form, subject, direction, networks, ports, platform))
        else:
            reasons.append("has no room for so many addresses")
    why = next(filter(None, reasons), "")
    if why:
        opened = "the permission is open at the apps, and nothing accepts it for other pods"
        message = f"{opened}: a ClusterNetworkPolicy {why}"
        found.append(Problem("not-accepted", form.spot.value(), message))
    return made


def _permission(
    form: ClaimForm, subject: Pods, direction: str, peers: tuple[Peer, ...], ports: Ports, platform: Platform
) -> Permission:
    labels: Pairs = ((MANAGED_BY, "netgen"), (PART_OF, platform.name))
    return Permission(
        name=f"{platform.name}.allow.{slug(form.title)}.{direction}",
        subject=subject,
        direction=direction,
        peers=peers,
        ports=ports,
        labels=labels,
        annotations=(),
        intent=form.title,
        why=form.why,
        priority=UNSET,
        spot=form.spot,
    )


def named(made: Iterable[Permission]) -> tuple[Permission, ...]:
    """Return the permissions, each once whatever its reason, sorted, and with a name of its own."""
    in_order = sorted(made, key=lambda one: one.why)
    unique = {(one.name, one.subject, one.direction, one.peers, one.ports): one for one in in_order}.values()
    held = Counter(one.name for one in unique)
    given = (one if held[one.name] == 1 else replace(one, name=_apart(one)) for one in unique)
    return tuple(sorted((replace(one, name=fitting(one.name)) for one in given), key=lambda one: one.name))


def _apart(one: Permission) -> str:
    """Return a name that depends on all that the object accepts, and on nothing else."""
    said = repr((one.intent, one.subject, one.direction, one.peers, one.ports))
    return f"{one.name}.h{sha256(said.encode()).hexdigest()[:8]}"
