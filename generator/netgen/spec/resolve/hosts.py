"""The flows to what lies outside under a name: hosts, whose addresses a CNI learns from DNS, and externals."""

from __future__ import annotations

from dataclasses import replace

from netgen.intent import Addresses, Block, Flow, HostName
from netgen.problems import Problem
from netgen.profiles import Feature
from netgen.spec.forms.permissions import CallForm
from netgen.spec.forms.sides import Kind, Side
from netgen.spec.ranges import warn_inside
from netgen.spec.resolve.calls import numbers, outward, ports_text
from netgen.spec.resolve.externals import is_set, sides_of
from netgen.spec.resolve.features import enforceable
from netgen.spec.resolve.outside import internet
from netgen.spec.resolve.registry import Entry, Registry
from netgen.spec.resolve.weaker import is_given_up


def flows_by_name(call: CallForm, entry: Entry, registry: Registry, found: list[Problem]) -> list[Flow]:
    """Return the flows of *call*, whose target is a host or an external; what cannot be opened goes to *found*."""
    if call.side.kind is Kind.HOST:
        return _to_host(call, entry, call.side.name, registry, found)
    flows = []
    name, platform = call.side.name, registry.platform
    sides = sides_of(name, call.place, platform, found)
    if is_set(sides, platform):
        return [_to_set(call, entry, sides, registry, found)]
    for side in sides:
        one = replace(call, side=replace(side, port=None), ports=(side.port,) if side.port else ())
        label = f"{name} ({side})"
        if side.kind is Kind.HOST:
            flows += _to_host(one, entry, label, registry, found)
        else:
            warn_inside(platform.ranges, side.cidr, lambda: call.place, found)
            flows.append(outward(one, entry, Addresses((Block(side.cidr),)), numbers(one), label))
    return flows


def _to_set(call: CallForm, entry: Entry, sides: tuple[Side, ...], registry: Registry, found: list[Problem]) -> Flow:
    """Return the flow to the addresses *sides* of an external, all with the same port."""
    for side in sides:
        warn_inside(registry.platform.ranges, side.cidr, lambda: call.place, found)
    port, blocks = sides[0].port, tuple(sorted({Block(side.cidr) for side in sides}))
    one = replace(call, side=replace(sides[0], port=None), ports=(port,) if port else ())
    label = f"{call.side.name} ({', '.join(block.cidr for block in blocks)})"
    return outward(one, entry, Addresses(blocks, call.side.name), numbers(one), label)


def _to_host(call: CallForm, entry: Entry, label: str, registry: Registry, found: list[Problem]) -> list[Flow]:
    """Return the flow to the host that *call* names, or to the internet where it may be enforced so."""
    if not entry.app.egress:
        return []  # no policy is written, so nothing has to be enforced
    if not entry.form.dns:
        message = f"{entry.key} calls {call.side} by its name, and `dns: false` keeps it from asking for the address"
        found.append(Problem("dns-needed", call.place, message, fix="leave `dns` out, or call the addresses"))
        return []
    platform, ports = registry.platform, numbers(call)
    feature = feature_of(call.side.name)
    wide = f"internet{ports_text(ports)}"
    what = f"{entry.key} calls {label}"
    if call.l4 and is_given_up(feature, call.place, what, wide, platform, found):
        flow = outward(call, entry, internet(platform), ports, "internet")
        return [replace(flow, intent=f"{flow.intent} for {label}", weakened=HostName(call.side.name))]
    fix = f"{_l4(call)}, which opens {wide}"
    if not enforceable(feature, call.place, what, platform, found, l4=fix):
        return []
    return [outward(call, entry, HostName(call.side.name), ports, label)]


def _l4(call: CallForm) -> str:
    """Return how a spec says that the host of *call* may be opened with everything else."""
    last = call.spot.path[-1]
    if last == "to":
        return "add  enforce: l4  to the call"
    long = f"{{to: {call.spot.written()}, enforce: l4}}"
    return f"write  [{long}]" if last == "calls" else f"write  {long}"


def feature_of(pattern: str) -> Feature:
    """Return what the plugin must enforce for *pattern*."""
    return Feature.WILDCARD_HOST_NAMES if pattern.startswith("*.") else Feature.HOST_NAMES
