"""What was changed: the policies that are not as they were rendered, object by object."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from netgen.evaluate.mentions import peer_pods
from netgen.evaluate.objects.model import (
    BlockPeer,
    Direction,
    EntityPeer,
    Labels,
    NamePeer,
    Peer,
    PodPeer,
    Policy,
    PortRule,
    Rule,
    Rules,
    Selector,
)
from netgen.evaluate.sets import NO_PORTS, PortSet, ports
from netgen.problems import Problem
from netgen.records import record
from netgen.source import Spot
from netgen.verify.groups import listed
from netgen.verify.reasons import at, on

_RENDERED = "NetworkPolicy"
"""The kind of the policies that are rendered."""
_FEW = 2
"""So many policies with the same label in addition are no accident."""
_PEERS = 20
"""So many peers that a label was added to are told; the rest are counted."""
_MOST = 6
"""So many differences of one policy are told; the rest are counted."""

_MOVED = "what else is said of the two namespaces may come of that alone"
_MOVE = (
    "kustomize's namespace does that; write  namespace: {}  in the metadata of the spec, "
    "or have the spec among the resources, and netgen krm as a transformer"
)

Peers = frozenset[str]
"""Whom a rule is for, as texts; empty for everybody."""


@record
class _Words:
    """What a rule says, in words that do not depend on how it is written."""

    peers: Peers
    ports: str

    def __str__(self) -> str:
        return f"{_for(self.peers)} {self.ports}"


def causes(meant: Iterable[Policy], there: Iterable[Policy]) -> Iterator[Problem]:
    """Yield what is different in the policies *there* from those that are *meant*, a finding for each policy.

    Two policies are compared if they have one name. Manifests may do what the spec says without being as netgen writes
    them, so this says only why something is missing or in excess where that was found.
    """
    named: dict[tuple[str, str], Policy] = {}
    holding: set[tuple[str, Selector]] = set()
    for policy in there:
        if policy.kind == _RENDERED:  # other kinds may have the same names
            named[policy.namespace, policy.name] = policy
        holding.add((policy.namespace, policy.subject))
    wanted = list(meant)
    pairs = [(one, named[one.namespace, one.name]) for one in wanted if (one.namespace, one.name) in named]
    added = _added(pairs)
    yield from _labelled(added)
    moved = _moved(wanted, named)
    yield from map(_elsewhere, moved.values())
    for one in wanted:
        if one.namespace in moved:
            continue
        if (one.namespace, one.name) not in named and (one.namespace, one.subject) not in holding:
            place = one.spot.value() if one.spot else None
            message = f"no NetworkPolicy among the manifests selects {one.subject}, the pods of {one}"
            yield Problem("policy-differs", place, message, fix="render it again, or give its file as well")
    for one, found in pairs:
        differences = list(_differences(one, _without(found, frozenset(added))))
        if differences:
            yield _problem(one, found, differences)


@record
class _Moved:
    """That the *policies*, all of the namespace *old*, are in the namespace *new*."""

    old: str
    new: str
    policies: tuple[Policy, ...]


def _moved(wanted: list[Policy], there: Mapping[tuple[str, str], Policy]) -> dict[str, _Moved]:
    """Return the namespaces of which no policy is *there*, while another one that is not meant has all of them."""
    meant: dict[str, list[str]] = {}
    for one in wanted:
        meant.setdefault(one.namespace, []).append(one.name)
    present: dict[str, set[str]] = {}
    for namespace, name in there:
        present.setdefault(namespace, set()).add(name)
    strange = sorted(present.keys() - meant.keys())
    found = {}
    for old in [namespace for namespace in meant if namespace not in present]:
        new = [one for one in strange if present[one] >= set(meant[old])]
        if len(new) == 1:
            found[old] = _Moved(old, new[0], tuple(there[new[0], name] for name in meant[old]))
    return found


def _elsewhere(moved: _Moved) -> Problem:
    many = f"{len(moved.policies)} policies" if len(moved.policies) > 1 else "a policy"
    message = f"the namespace {moved.old} became {moved.new} in {many}, and not in the rules"
    notes = (f"there is now {listed(map(str, moved.policies))}", _MOVED)
    spot = moved.policies[0].spot
    return Problem("policy-differs", spot.value() if spot else None, message, notes, _MOVE.format(moved.new))


@dataclass(slots=True)
class _Added:
    """A label that selectors have in addition: the *policies* with it, and the peers that it was added to."""

    policies: dict[Policy, None]
    peers: dict[str, None]


def _added(pairs: list[tuple[Policy, Policy]]) -> dict[tuple[str, str], _Added]:
    """Return the labels that selectors of several policies have in addition: a tool has put them there."""
    found: dict[tuple[str, str], _Added] = {}
    for wanted, policy in pairs:
        for label, peer in _more(wanted, policy):
            one = found.setdefault(label, _Added({}, {}))
            one.policies[policy] = None
            one.peers |= {peer: None} if peer else {}
    return {label: one for label, one in sorted(found.items()) if len(one.policies) >= _FEW}


def _more(wanted: Policy, found: Policy) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield each label that a selector of *found* has beyond that of *wanted*, and the peer that the latter is."""
    for label in _narrower(wanted.subject.labels, found.subject.labels):
        yield label, ""
    for direction in Direction:
        for one, other in zip(_rules(wanted, direction) or (), _rules(found, direction) or (), strict=False):
            for peer, changed in zip(one.peers or (), other.peers or (), strict=False):
                if isinstance(peer, PodPeer) and isinstance(changed, PodPeer):
                    for label in _narrower(peer.pods.labels, changed.pods.labels):
                        yield label, _peer(peer, wanted.namespace)


def _narrower(wanted: Labels, found: Labels) -> set[tuple[str, str]]:
    return set(found) - set(wanted) if set(wanted) <= set(found) else set()


def _labelled(added: Mapping[tuple[str, str], _Added]) -> Iterator[Problem]:
    for (key, value), one in added.items():
        first = next(iter(one.policies))
        message = f"the label {key}={value} was added to the selectors of {len(one.policies)} policies"
        notes = [f"they are {listed(map(str, one.policies))}"]
        notes += [f"they no longer mean {peer}" for peer in sorted(one.peers)[:_PEERS]]
        notes += [f"and {len(one.peers) - _PEERS} more peers"] if len(one.peers) > _PEERS else []
        fix = "kustomize's commonLabels does that; write  labels: [{pairs: {...}, includeSelectors: false}]"
        place = first.spot.value() if first.spot else None
        yield Problem("policy-differs", place, message, tuple(notes), fix)


def _without(policy: Policy, added: frozenset[tuple[str, str]]) -> Policy:
    """Return *policy* as if the labels *added* were in none of its selectors."""
    if not added:
        return policy

    def plain(selector: Selector) -> Selector:
        return selector._replace(labels=tuple(pair for pair in selector.labels if pair not in added))

    def peer(one: Peer) -> Peer:
        return one._replace(pods=plain(one.pods)) if isinstance(one, PodPeer) else one

    def rules(listed: Rules | None) -> Rules | None:
        if listed is None:
            return None
        return tuple(replace(one, peers=one.peers and tuple(map(peer, one.peers))) for one in listed)

    return replace(policy, subject=plain(policy.subject), ingress=rules(policy.ingress), egress=rules(policy.egress))


_Difference = tuple[str, Spot | None, Spot | None]
"""A sentence, where the manifests have it, and where the spec does."""


def _problem(wanted: Policy, found: Policy, differences: list[_Difference]) -> Problem:
    first, place, meant = differences[0]
    spot, line = place or found.spot, meant or wanted.spot
    notes = [f"the spec says it at {at(line.value())}"] if line else []
    notes += [sentence for sentence, _, _ in differences[1:_MOST]]
    notes += [f"and {len(differences) - _MOST} more differences"] if len(differences) > _MOST else []
    message = f"NetworkPolicy {found} {first}"
    return Problem("policy-differs", spot.value() if spot else None, message, tuple(notes), "undo what changed it")


def _differences(wanted: Policy, found: Policy) -> Iterator[_Difference]:
    if found.subject != wanted.subject:
        spot = found.spot and found.spot.at("spec", "podSelector")
        yield f"selects {found.subject}; the spec means {wanted.subject}", spot, wanted.spot
    for direction in Direction:
        mine, theirs = _rules(wanted, direction), _rules(found, direction)
        if theirs is None and mine is not None:
            yield f"does not hold the {direction} of its pods; the spec does", None, None
        elif mine is None and theirs is not None:
            yield f"holds the {direction} of its pods, which the spec leaves open", None, None
        elif mine is not None and theirs is not None:
            yield from _unlike(direction, mine, theirs, wanted.namespace)


def _rules(policy: Policy, direction: Direction) -> Rules | None:
    return policy.ingress if direction is Direction.INGRESS else policy.egress


def _unlike(direction: Direction, mine: Rules, theirs: Rules, namespace: str) -> Iterator[_Difference]:
    """Yield the rules that only one side has; two that differ and have one number are one rule that was changed."""
    wanted, found = ({rule.index: _words(rule, namespace) for rule in rules} for rules in (mine, theirs))
    lines, spots = ({rule.index: rule.spot for rule in rules} for rules in (mine, theirs))
    lost = [index for index, words in wanted.items() if words not in found.values()]
    new = [index for index, words in found.items() if words not in wanted.values()]
    for index in dict.fromkeys((*lost, *new)):
        if index in lost and index in new:
            sentence = f"has {direction} rule {index} {found[index]}; the spec means {wanted[index]}"
        elif index in lost:
            sentence = f"has no {direction} rule {wanted[index]}, which the spec means"
        else:
            sentence = f"has {direction} rule {index} {found[index]}, which no spec means"
        yield sentence, spots.get(index) if index in new else None, lines.get(index) if index in lost else None


def _words(rule: Rule, namespace: str) -> _Words:
    peers = frozenset(_peer(peer, namespace) for peer in rule.peers or ())
    return _Words(peers, "on all ports" if rule.ports is None else _on(rule.ports))


def _peer(peer: Peer, namespace: str) -> str:
    if isinstance(peer, BlockPeer):
        return str(peer.block)
    if isinstance(peer, EntityPeer):
        return f"the entity {peer.entity}"
    if isinstance(peer, NamePeer):
        return f"the DNS names {peer.pattern}"
    scope, pods = peer_pods(peer, namespace)
    place = scope if isinstance(scope, str) else "any namespace" if scope == Selector() else f"namespaces with {scope}"
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
