"""What the policies of a plugin leave out of those of Kubernetes: ranges of ports, SCTP, addresses of IPv6."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from netgen.intent import Addresses, Everybody, Flow, Peer
from netgen.problems import Place, Problem
from netgen.profiles import Feature, table
from netgen.spec.platform import Platform
from netgen.spec.resolve.features import enforceable

_GAPS = (Feature.PORT_RANGES, Feature.SCTP, Feature.DUAL_STACK)
_EVERY_ADDRESS = "::/0"
"""What a word for all that is outside is of IPv6; nobody can write that as an address."""


def sayable(flows: tuple[Flow, ...], platform: Platform, found: list[Problem]) -> tuple[Flow, ...]:
    """Return *flows* as policies of the plugin of *platform* can say them; what they cannot goes to *found*.

    A plugin without IPv6 gets the addresses of IPv4 of what is outside: it carries nothing else. Not asked are plugins
    that say all of it.
    """
    lacking = frozenset(one for one in _GAPS if table(platform.cni.name).cells[one].lack)
    if not lacking or "cni" in platform.unclear:
        return flows
    gaps = _Gaps(lacking, platform, found)
    return tuple(gaps.without(flow) for flow in flows)


@dataclass(eq=False, repr=False, slots=True)
class _Gaps:
    """What is *lacking*; each gap is told once for each place of the spec."""

    lacking: frozenset[Feature]
    platform: Platform
    found: list[Problem]
    told: set[tuple[Feature, Place]] = field(default_factory=set)

    def without(self, flow: Flow) -> Flow:
        """Return *flow* without the words for all of IPv6, where that is not there."""
        if Feature.DUAL_STACK in self.lacking:
            flow = replace(flow, source=_of_four(flow.source), target=_of_four(flow.target))
        for feature, what in self._gaps(flow):
            place = flow.spot.value()
            if (feature, place) not in self.told:
                self.told.add((feature, place))
                self._tell(feature, place, f"{flow.intent} {what}")
        return flow

    def _tell(self, feature: Feature, place: Place, what: str) -> None:
        cni = self.platform.cni
        if feature is not Feature.DUAL_STACK:
            enforceable(feature, place, what, self.platform, self.found)
            return
        message = f"{what}, and {cni} takes no rules for IPv6: one of them voids others of its policy"
        notes = (f"{cni}: {table(cni.name).cells[feature].lack}",)
        fix = "leave the address out: no pod has one of IPv6"
        self.found.append(Problem("unenforceable-ipv6", place, message, notes, fix))

    def _gaps(self, flow: Flow) -> Iterator[tuple[Feature, str]]:
        for port in flow.ports:
            if port.last and Feature.PORT_RANGES in self.lacking:
                yield Feature.PORT_RANGES, "opens a range of ports"
            if port.protocol == "SCTP" and Feature.SCTP in self.lacking:
                yield Feature.SCTP, "opens a port of SCTP"
        for peer in (flow.source, flow.target) if Feature.DUAL_STACK in self.lacking else ():
            blocks = peer.blocks if isinstance(peer, Addresses) else ()
            yield from ((Feature.DUAL_STACK, f"speaks of {one.cidr}") for one in blocks if ":" in one.cidr)


def _of_four(peer: Peer | Everybody) -> Peer | Everybody:
    """Return *peer* without all of IPv6."""
    if not isinstance(peer, Addresses):
        return peer
    return peer._replace(blocks=tuple(one for one in peer.blocks if one.cidr != _EVERY_ADDRESS))
