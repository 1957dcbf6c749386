"""What must be turned on in the network plugin: no manifest of netgen does, so that the run says it."""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

from netgen.intent import Flow
from netgen.problems import Place, Problem
from netgen.profiles import Cni, Feature, table

WORDS = MappingProxyType(
    {
        Feature.SCTP: "SCTP",
        Feature.ENCRYPTION: "encryption in transit",
        Feature.OBSERVABILITY: "observability",
        Feature.DUAL_STACK: "dual stack",
        Feature.HOST_POLICIES: "policies for nodes",
    }
)


def say_setting(feature: Feature, place: Place | None, cni: Cni, found: list[Problem]) -> None:
    """Add to *found* what turns *feature* on, which *cni* has, where anything must."""
    cell = table(cni.name).cells[feature]
    if cell.setting:
        found.append(Problem("cni-setting", place, f"{WORDS[feature]}: {cell.setting}", (f"so says {cell.source}",)))


def say_of_flows(flows: Iterable[Flow], cni: Cni, found: list[Problem]) -> None:
    """Say once what turns on what *flows* ask of *cni*, with the place of the first that does."""
    if cni.can(Feature.SCTP):
        for flow in flows:
            if any(port.protocol == "SCTP" for port in flow.ports):
                say_setting(Feature.SCTP, flow.spot.value(), cni, found)
                break
