"""What the policies of somebody else close: at an app, or at an end of its permissions that is no app."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netgen.evaluate.endpoints import Kind
from netgen.evaluate.explain import explain
from netgen.evaluate.mentions import Selection
from netgen.evaluate.objects.model import Direction
from netgen.evaluate.reach import Reach
from netgen.evaluate.sets import ALL_PORTS, NO_PORTS, PortSet, Protocol, ports
from netgen.evaluate.universe import Universe
from netgen.intent import AppKey, Flow, Intent, Pods
from netgen.problems import Problem
from netgen.records import record
from netgen.verify import ideal
from netgen.verify.around.chosen import named_ends
from netgen.verify.around.others import Others

Row = tuple[int, int, PortSet]
"""A target, sources as bits, and ports."""

_SHOWN = 3


def own_half(there: Reach, row: Row, apps: int) -> Iterator[tuple[int, PortSet]]:
    """Yield of a missing *row* what is closed at an end that is one of *apps*: sources as bits, and ports."""
    target, sources, missing = row
    if apps >> target & 1:
        if sources & apps:
            yield sources & apps, missing
        yield from _without(sources & ~apps, missing, there.entering(target))
    else:
        yield from _without(sources & apps, missing, there.leaving(target))


def _without(sources: int, missing: PortSet, allowed: Iterable[tuple[int, PortSet]]) -> Iterator[tuple[int, PortSet]]:
    for mask, allowing in allowed:
        both, left = sources & mask, missing - allowing
        if both and left:
            yield both, left
        sources ^= both
    if sources:
        yield sources, missing


_Told = tuple[AppKey, int, Flow]


@record
class _Shut:
    """An end that no spec is about, and what its own policies keep closed."""

    endpoint: int
    direction: Direction
    missing: PortSet


def closed(intent: Intent, there: Reach, wide: Reach, foreign: Others) -> Iterator[Problem]:
    """Yield each named end of a permission that is no app and that policies of *foreign* keep closed to the app.

    The permission is as the spec says, and the manifests do their part, so this is nothing that the proof is about; but
    whoever named the end wants it to be open. A wildcard names nobody. *there* and *wide* are the two readings.
    """
    apps = {app.key: app for app in intent.apps}
    found: dict[_Shut, list[_Told]] = {}
    for flow in intent.flows:
        for app, peer, direction in named_ends(flow):
            held = apps[app].ingress if direction is Direction.EGRESS else apps[app].egress
            if not held:
                continue  # no policy speaks of the end, so the universe does not know it
            for end in _shut(there, peer, direction):
                for one in _known(there.universe, apps[app].pods):
                    missing = _wanted(flow) - _half(there, one, end, direction)
                    if missing:
                        found.setdefault(_Shut(end, direction, missing), []).append((app, one, flow))
    for shut, told in found.items():
        yield from _closed(there, wide, shut, told, foreign)


def _shut(there: Reach, peer: Pods, direction: Direction) -> list[int]:
    return [end for end in _known(there.universe, peer) if there.isolated(end, direction)]


def _known(universe: Universe, pods: Pods) -> list[int]:
    """Return the endpoints of *pods* that are workloads."""
    members = universe.members(Selection(pods.namespace or "", ideal.selector(pods.selector)))
    return [one for one in (*members.certain, *members.perhaps) if universe.endpoints[one].kind is Kind.WORKLOAD]


def _wanted(flow: Flow) -> PortSet:
    wanted = NO_PORTS
    for one in flow.ports:
        protocol = Protocol(one.protocol)
        wanted |= ports(protocol, one.port, one.last or one.port) if one.port else ports(protocol)
    return wanted if flow.ports else ALL_PORTS


def _half(there: Reach, app: int, end: int, direction: Direction) -> PortSet:
    return there.egress(end, app) if direction is Direction.EGRESS else there.ingress(app, end)


def _closed(there: Reach, wide: Reach, shut: _Shut, told: list[_Told], foreign: Others) -> Iterator[Problem]:
    _, one, flow = told[0]
    is_caller = shut.direction is Direction.EGRESS
    why = explain(there, *((shut.endpoint, one) if is_caller else (one, shut.endpoint)), *shut.missing.first())
    deciding = (why.egress if is_caller else why.ingress).deciding
    policies = [policy for policy, _ in deciding if policy in foreign]
    if not policies:
        return
    names = list(dict.fromkeys(str(app) for app, _, _ in told))
    listed = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
    end = there.universe.endpoints[shut.endpoint]
    ends = (end, listed) if is_caller else (listed, end)
    is_sure = bool(shut.missing - _half(wide, one, shut.endpoint, shut.direction))
    cannot, closes = ("cannot", "closes") if is_sure else ("perhaps cannot", "may close")
    message = f"{ends[0]} {cannot} open {ends[1]} on {shut.missing}: a policy that is not of these specs {closes} it"
    notes = [f"no {shut.direction} rule allows it: {foreign.place(policy)}" for policy in policies]
    notes += [] if is_sure else ["what decides it was not given, such as the labels of a namespace"]
    fix = f"have an {shut.direction} rule for it added to {policies[0].kind} {policies[0]}"
    yield Problem("closed-elsewhere", flow.spot.value(), message, tuple(notes), fix)
