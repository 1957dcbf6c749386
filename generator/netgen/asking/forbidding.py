"""The claim of a spec that rules a connection out, so that nobody is told how to open it."""

from __future__ import annotations

from netgen.asking.parties import Aim, Party
from netgen.evaluate.addresses import Range, number, parse
from netgen.evaluate.endpoints import Endpoint
from netgen.intent import Addresses, Claim, Intent, Peer, Pods, PortMatch
from netgen.scene import INTERNET, Scene
from netgen.scene.ends import is_address
from netgen.scene.symbols import is_everywhere, is_meant
from netgen.verify import ideal
from netgen.verify.ground import is_internet


def forbidding(intent: Intent, scene: Scene, source: Party, aim: Aim) -> Claim | None:
    """Return a claim of *intent* by which *source* can never open *aim*; None where there is none."""
    return next((claim for claim in intent.claims if _forbids(claim, scene, source, aim)), None)


def _forbids(claim: Claim, scene: Scene, source: Party, aim: Aim) -> bool:
    ports = [one for one in claim.ports if one.protocol == aim.protocol and _has(one, aim.number)]
    if claim.ports and not ports:
        return False
    if source.end == aim.party.end and claim.source != claim.target:
        return False  # what is claimed of all pods does not count the replicas of one app
    if not _is_of(claim.source, source, scene) or not _is_of(claim.target, aim.party, scene):
        return False
    return not any(_is_of(peer, source, scene) for peer in claim.exempt)


def _has(match: PortMatch, number: int) -> bool:
    return match.port is None or match.port <= number <= (match.last or match.port)


def _is_of(peer: Peer, party: Party, scene: Scene) -> bool:
    end = scene.universe.endpoints[party.end]
    if isinstance(peer, Pods):
        worn = dict(end.labels) if party.workload is None else party.workload.selectable
        return end.is_pod and peer.namespace in (None, end.namespace) and ideal.selector(peer.selector).matches(worn)
    if end.is_pod:
        return False
    if not isinstance(peer, Addresses):
        return is_meant(peer, end)
    if party.without_family == INTERNET:
        return is_internet(peer)
    if not end.ranges:
        return is_everywhere(peer, end)
    family, low = _first(party, end)
    return any(
        _holds(parse(block.cidr), family, low) and not any(_holds(parse(one), family, low) for one in block.excluded)
        for block in peer.blocks
    )


def _first(party: Party, end: Endpoint) -> tuple[int, int]:
    """Return the family and number of the address that was asked about, or the first of several."""
    return number(party.name) if is_address(party.name) else end.ranges[0][:2]


def _holds(block: Range, family: int, low: int) -> bool:
    return block[0] == family and block[1] <= low <= block[2]
