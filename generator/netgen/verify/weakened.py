"""What `enforce: l4` opens beyond what the spec asks for: both evaluated in one universe, and compared."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from operator import or_

from netgen.evaluate.addresses import Block
from netgen.evaluate.endpoints import Kind
from netgen.evaluate.reach import Reach
from netgen.evaluate.semantics import PROFILES, Reading
from netgen.evaluate.sets import ALL_PORTS, NO_PORTS, PortSet, Protocol, mask_of, ports
from netgen.evaluate.universe import Universe, universe
from netgen.intent import Addresses, AppKey, Flow, HostName, Intent
from netgen.verify import ideal
from netgen.verify.groups import Row
from netgen.verify.reasons import on

_PLUGIN = "cilium"
"""A plugin that can enforce what is asked for, so that both can be evaluated as it does."""


def extra(intent: Intent) -> tuple[str, ...]:
    """Return what the weakened rules of *intent* open in addition: `a/b -> internet on TCP 443, beyond api.stripe.com`.

    Only the apps at their ends are looked at. A rule that opens no more than others do is not among them.
    """
    flows = [flow for flow in intent.flows if flow.weakened is not None]
    if not flows:
        return ()
    difference = _compared(intent, flows)
    found: dict[str, list[str]] = {}
    for flow in flows:
        opened = difference.outside(flow) if isinstance(flow.weakened, HostName) else difference.inside(flow)
        if opened:
            found.setdefault(opened, []).append(_asked(flow))
    return tuple(f"{opened}, beyond {' and '.join(dict.fromkeys(asked))}" for opened, asked in found.items())


def _compared(intent: Intent, flows: list[Flow]) -> _Difference:
    """Return what the apps at the ends of *flows* can do, and could not if nothing were weakened."""
    ends = {key for flow in flows for key in (flow.source_app, flow.target_app) if key}
    apps = tuple(app for app in intent.apps if app.key in ends)
    kept = tuple(flow for flow in intent.flows if flow.source_app in ends or flow.target_app in ends)
    given = replace(intent, apps=apps, flows=kept, isolated=(), claims=())
    said, asked = (ideal.policies(one) for one in (given, replace(given, flows=tuple(map(_strict, kept)))))
    pods = ideal.workloads(given)
    space = universe(pods, (), (said, asked), pod_ranges=intent.pod_ranges, node_ranges=intent.node_ranges)
    wide, strict = (Reach(space, policies, PROFILES[_PLUGIN], Reading.WIDE) for policies in (said, asked))
    places = {app.key: space.of(pod) for app, pod in zip(apps, pods, strict=True)}
    return _Difference(space, places, tuple(wide.difference(strict)))


@dataclass(frozen=True, slots=True)
class _Difference:
    """The *rows* that are open, and would not be if nothing were weakened; *places* are the apps among the ends."""

    universe: Universe
    places: dict[AppKey, int]
    rows: tuple[Row, ...]

    def outside(self, flow: Flow) -> str:
        """Return the addresses that *flow* opens besides those of its host; nothing where it opens none."""
        source = self.places[flow.source_app] if flow.source_app else None
        allowed = _ports(flow)
        ends = self.universe.endpoints
        opened = {
            target: found & allowed
            for target, sources, found in self.rows
            if ends[target].kind is Kind.ADDRESSES and source is not None and sources >> source & 1 and found & allowed
        }
        if not opened:
            return ""
        is_all = not self._addresses(flow) & ~mask_of(opened)
        wide = "internet" if is_all else "internet, as far as no other rule opens it,"
        return f"{flow.source_app} -> {wide} on {on(reduce(or_, opened.values()))}"

    def inside(self, flow: Flow) -> str:
        """Return the end that *flow* opens for every request; nothing where it was open for every one of them."""
        target = self.places[flow.target_app] if flow.target_app else None
        source = self.places.get(flow.source_app) if flow.source_app else None
        allowed = _ports(flow)
        for row in self.rows:
            if row[0] == target and row[2] & allowed and (source is None or row[1] >> source & 1):
                caller = flow.intent.partition(" -> ")[0]
                return f"{caller} -> {flow.target_app} on {on(row[2] & allowed)}: every request"
        return ""

    def _addresses(self, flow: Flow) -> int:
        """Return the addresses that *flow* opens, as bits."""
        blocks = flow.target.blocks if isinstance(flow.target, Addresses) else ()
        classes = self.universe.addresses(Block(block.cidr, block.excluded) for block in blocks)
        return self.universe.inhabitants(classes).outside


def _strict(flow: Flow) -> Flow:
    """Return *flow* as the spec asks for it."""
    match flow.weakened:
        case None:
            return flow
        case HostName():
            return replace(flow, target=flow.weakened, weakened=None)
        case requests:
            return replace(flow, requests=requests, weakened=None)


def _asked(flow: Flow) -> str:
    """Return what the spec asks for where *flow* opens more."""
    if isinstance(flow.weakened, HostName):
        return flow.weakened.pattern
    return ", ".join(f"{'|'.join(one.methods) or 'any method'} {one.path}" for one in flow.weakened or ())


def _ports(flow: Flow) -> PortSet:
    """Return the ports that *flow* opens."""
    each = [ports(Protocol(one.protocol), one.port, one.last or one.port) for one in flow.ports if one.port]
    each += [ports(Protocol(one.protocol)) for one in flow.ports if not one.port]
    return reduce(or_, each, NO_PORTS) if flow.ports else ALL_PORTS
