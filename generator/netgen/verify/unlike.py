"""What two policies of one name say differently, in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netgen.evaluate.mentions import peer_pods
from netgen.evaluate.objects.model import (
    Action,
    BlockPeer,
    Direction,
    EntityPeer,
    NamePeer,
    Peer,
    Policy,
    PortRule,
    Rule,
    Rules,
    Selector,
)
from netgen.evaluate.sets import NO_PORTS, PortSet, ports
from netgen.records import record
from netgen.source import Spot
from netgen.verify.reasons import on, only
from netgen.verify.wording import EVERY_NAMESPACE, is_first_asked

Difference = tuple[str, Spot | None, Spot | None]
"""A sentence, where the manifests have it, and where the spec does."""


Peers = frozenset[str]
"""Whom a rule is for, as texts; empty for everybody."""

_NOBODY = frozenset(("nobody",))


@record
class _Words:
    """What a rule says, in words that do not depend on how it is written."""

    peers: Peers
    ports: str

    def __str__(self) -> str:
        return f"{_for(self.peers)} {self.ports}"


def differences(wanted: Policy, found: Policy, selects: str) -> Iterator[Difference]:
    """Yield where *found* is not as it is *wanted*; *selects* is the key of its pods."""
    if (found.subject, found.scope, found.entities) != (wanted.subject, wanted.scope, wanted.entities):
        spot = found.spot and found.spot.at("spec", selects)
        yield f"selects {_selected(found)}; the spec means {_selected(wanted)}", spot, wanted.spot
    if (found.tier, found.order) != (wanted.tier, wanted.order):
        spot = found.spot and found.spot.at("spec", "priority" if is_first_asked(wanted) else "order")
        yield f"is in {_placed(found)}; the spec means {_placed(wanted)}", spot, wanted.spot
    for direction in Direction:
        yield from _unlike_isolation(direction, wanted, found)
        mine, theirs = rules_of(wanted, direction), rules_of(found, direction)
        if theirs is None and mine is not None:
            yield f"does not hold the {direction} of its pods; the spec does", None, None
        elif mine is None and theirs is not None:
            yield f"holds the {direction} of its pods, which the spec leaves open", None, None
        elif mine is not None and theirs is not None:
            yield from _unlike(direction, mine, theirs, wanted.namespace)


def _placed(policy: Policy) -> str:
    end = ", whose end is closed," if policy.tier.isolates else ""
    return f"the tier {policy.tier.name}{end} at {policy.order:g}" if policy.tier.name else "no tier"


def _selected(policy: Policy) -> str:
    spaces = "" if policy.scope in (None, Selector(), EVERY_NAMESPACE) else f" of namespaces with {policy.scope}"
    entities = "".join(f" and the entity {one}" for one in sorted(policy.entities))
    return f"{policy.subject}{spaces}{entities}"


def _unlike_isolation(direction: Direction, wanted: Policy, found: Policy) -> Iterator[Difference]:
    """Yield where one of the two isolates its pods in *direction*, and the other has rules that do not."""
    spot = found.spot and found.spot.at("spec", "enableDefaultDeny")
    has_rules = rules_of(wanted, direction) is not None and rules_of(found, direction) is not None
    if has_rules and direction in wanted.yielding - found.yielding:
        yield f"isolates the {direction} of its pods (enableDefaultDeny), which the spec does not mean", None, None
    elif has_rules and direction in found.yielding - wanted.yielding:
        yield f"does not isolate the {direction} of its pods (enableDefaultDeny); the spec does", spot, None


def rules_of(policy: Policy, direction: Direction) -> Rules | None:
    """Return the rules of *policy* in *direction*; None where it does not touch it."""
    return policy.ingress if direction is Direction.INGRESS else policy.egress


def _unlike(direction: Direction, mine: Rules, theirs: Rules, namespace: str) -> Iterator[Difference]:
    """Yield the rules that only one side has; two that differ and have one number are one rule that was changed."""
    wanted, found = (_by_number(rules, namespace) for rules in (mine, theirs))
    lines, spots = ({(rule.action, rule.index): rule.spot for rule in rules} for rules in (mine, theirs))
    meant, there = ([(action, words) for (action, _), words in said.items()] for said in (wanted, found))
    lost = [key for key, words in wanted.items() if (key[0], words) not in there and words.peers != _NOBODY]
    new = [key for key, words in found.items() if (key[0], words) not in meant and words.peers != _NOBODY]
    for key in dict.fromkeys((*lost, *new)):
        action, index = key
        title = f"{direction} rule"
        if action is not Action.ALLOW:
            title = f"{direction}{'Deny' if action is Action.DENY else 'Pass'} rule"
        if key in lost and key in new:
            sentence = f"has {title} {index} {found[key]}; the spec means {wanted[key]}"
        elif key in lost:
            sentence = f"has no {title} {wanted[key]}, which the spec means"
        else:
            sentence = f"has {title} {index} {found[key]}, which no spec means"
        yield sentence, spots.get(key) if key in new else None, lines.get(key) if key in lost else None


def _by_number(rules: Rules, namespace: str) -> dict[tuple[Action, int], _Words]:
    """Return the words of each rule; one that is written with several filters is several of one number."""
    found: dict[tuple[Action, int], _Words] = {}
    for rule in rules:
        key, words = (rule.action, rule.index), _words(rule, namespace)
        before = found.get(key)
        found[key] = _Words(words.peers, f"{before.ports} and {words.ports}") if before else words
    return found


def _words(rule: Rule, namespace: str) -> _Words:
    peers = frozenset(said_of(peer, namespace) for peer in rule.peers or ())
    if rule.peers == () or rule.ports == ():
        peers = _NOBODY
    where = "on all ports" if rule.ports is None else _on(rule.ports)
    return _Words(peers, f"{where}{only(rule)}")


def said_of(peer: Peer, namespace: str) -> str:
    """Return *peer*, of a policy in *namespace*, as a sentence names it."""
    if isinstance(peer, BlockPeer):
        return str(peer.block)
    if isinstance(peer, EntityPeer):
        return f"the entity {peer.entity}"
    if isinstance(peer, NamePeer):
        return f"the DNS names {peer.pattern}"
    scope, pods = peer_pods(peer, namespace)
    place = f"namespaces with {scope}"
    if isinstance(scope, str):
        place = scope
    elif scope in (Selector(), EVERY_NAMESPACE):
        place = "any namespace"
    return f"every pod of {place}" if pods == Selector() else f"pods of {place} with {pods}"


def _for(peers: Peers) -> str:
    return f"for {' and '.join(sorted(peers))}" if peers else "for everybody"


def _on(rules: Iterable[PortRule]) -> str:
    numbers: PortSet = NO_PORTS
    names = []
    for one in rules:
        if one.name is None:
            numbers |= ports(one.protocol, one.low, one.high)
        else:
            names.append(f"{one.name}/{one.protocol}")
    return " and ".join([*([f"on {on(numbers)}"] if numbers else []), *(f"on {name}" for name in sorted(names))])
