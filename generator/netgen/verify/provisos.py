"""What is to be said with claims that hold: how many are enforced, whom they do not hold for, whom they leave out."""

from __future__ import annotations

from netgen.intent import Addresses, Entities, Entity, HostName, Intent
from netgen.verify.ground import is_internet


def enforced(intent: Intent) -> int:
    """Return how many claims what is rendered denies, so that they hold for all pods."""
    return sum(one.denied for one in intent.claims)


def provisos(intent: Intent) -> tuple[str, ...]:
    """Return what is to be said with claims that hold: whom they do not hold for, and whom they leave out."""
    count, denied = len(intent.claims), enforced(intent)
    said = []
    if denied < count:
        which = f"{count - denied} of the claims" if denied else "claims"
        verb = "is" if denied and count - denied == 1 else "are"
        said.append(f"{which} {verb} not enforced for pods that no spec names")
    said += ["no policy holds pods on the host network"] if denied else []
    spared = sum(1 for claim in intent.claims if claim.spares_system)
    if spared:
        said.append(f"kube-system is exempt from {spared} link-local claim{'s' if spared > 1 else ''}")
    ends = [peer for claim in intent.claims for peer in (claim.source, claim.target) if not claim.spares_system]
    if any(map(_is_addresses, ends)):
        said.append("addresses in claims leave out the pods that have them")
    said += _of_names(intent)
    if _lets_nodes_in(intent) and any(map(_is_outside, (claim.source for claim in intent.claims))):
        said.append("Services of others lead no clients to what nodes may open")
    return tuple(said)


def _lets_nodes_in(intent: Intent) -> bool:
    """Return whether an app lets other nodes in, and not the world as well."""
    names = [flow.source.names for flow in intent.flows if flow.target_app and isinstance(flow.source, Entities)]
    return any(Entity.REMOTE_NODE in each and Entity.WORLD not in each for each in names)


def _is_outside(peer: object) -> bool:
    return isinstance(peer, Addresses) or (isinstance(peer, Entities) and Entity.WORLD in peer.names)


def _of_names(intent: Intent) -> tuple[str, ...]:
    """Return what is to be said where a claim is about addresses and calls about host names, or the other way round."""
    ruled_out = [one.target for one in intent.claims if not (one.denied and one.spares_system)]
    called = [flow.target for flow in intent.flows]
    # A claim that is denied holds all the same, but the deny may cut off what the name is called for.
    some = any(map(_is_addresses, ruled_out)) and any(isinstance(one, HostName) for one in called)
    others = any(isinstance(one, HostName) for one in ruled_out) and any(map(_is_addresses, called))
    return ("host names in specs have none of the addresses in them",) if some or others else ()


def _is_addresses(peer: object) -> bool:
    return isinstance(peer, Addresses) and not is_internet(peer)
