"""Claims of specs that came or went between two sides, and those that a change breaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from netgen.diff.changes import Change, Kind, Name, Zone
from netgen.diff.origin import Origin, shown
from netgen.evaluate.reach import Reach
from netgen.evaluate.semantics import Reading
from netgen.evaluate.universe import universe
from netgen.intent import Claim, Intent, Pods
from netgen.problems import Place
from netgen.verify import ideal
from netgen.verify.wording import WORDINGS

Key = tuple[str, tuple[str | None, ...]]
"""A claim as it is written, and the namespaces that its words are about."""


def claimed(old: Origin, new: Origin) -> Iterator[Change]:
    """Yield what has changed about the claims, if both sides were rendered from specs.

    A claim that held, or was not there, and does not hold now is broken. One about apps of a namespace of which a side
    has no spec cannot be held there: it has neither come nor gone.
    """
    intents = [side.intent for side in (old, new) if side.intent and side.intent.apps]
    if len(intents) < 2 or not any(one.claims for one in intents):
        return
    before, after = ({_key(claim): claim for claim in one.claims} for one in intents)
    broken = _broken(new, intents[1])
    earlier = _broken(old, intents[0]) if broken else {}
    for key, claim in after.items():
        place, then = claim.spot.value(), before.get(key)
        if place in broken and not (then and then.spot.value() in earlier):
            words = " is broken: " if then else " is new, and does not hold: "
            sentence = (_title(claim), words, Name(broken[place]))
            yield Change(Zone.CLAIMS, Kind.BROKEN, sentence, shown(place))
    yield from _alone(Kind.UNCLAIMED, " is gone", before, after, intents[1])
    kept = {key: claim for key, claim in after.items() if claim.spot.value() not in broken}
    yield from _alone(Kind.CLAIMED, " is new", kept, before, intents[0])


def _alone(
    kind: Kind, words: str, some: Mapping[Key, Claim], others: Mapping[Key, Claim], there: Intent
) -> Iterator[Change]:
    """Yield the claims of *some* that are not among *others*, which are those of *there*."""
    spaces = {app.key.namespace for app in there.apps}
    for key, claim in some.items():
        if key not in others and _needed(claim) <= spaces:
            sentence = ("the claim ", _title(claim), words)
            yield Change(Zone.CLAIMS, kind, sentence, shown(claim.spot.value()))


def _title(claim: Claim) -> Name:
    return Name(f"never {claim.title}")


def _key(claim: Claim) -> Key:
    ends = (claim.source, *claim.exempt, claim.target)
    return claim.title, tuple(end.namespace for end in ends if isinstance(end, Pods))


def _needed(claim: Claim) -> set[str]:
    """Return the namespaces of which *claim* names an app."""
    ends = (claim.source, *claim.exempt, claim.target)
    return {end.namespace for end in ends if isinstance(end, Pods) and end.namespace and any(end.selector)}


def _broken(side: Origin, intent: Intent) -> dict[Place, str]:
    """Return a connection that breaks it for each claim that the spec of *side* breaks, by where the claim stands."""
    if not intent.claims:
        return {}
    from netgen.verify import claims  # noqa: PLC0415 - few specs have any

    meant = ideal.policies(intent)
    built = universe(
        ideal.workloads(intent),
        side.scene.cluster.namespaces,
        (meant, claims.policies(intent), ideal.staged(intent)),
        pod_ranges=intent.pod_ranges,
        node_ranges=intent.node_ranges,
        server_ranges=intent.server_ranges,
        entities=WORDINGS[intent.cni].entities,
    )
    semantics = replace(side.scene.narrow.semantics, enforced=True)
    denied = Reach(built, meant, semantics, Reading.WIDE)
    bare = Reach(built, claims.undenied(intent, meant), semantics, Reading.WIDE) if intent.denials else denied
    return {one.place: one.message for one in claims.broken(intent, bare, bare, denied) if one.place}
