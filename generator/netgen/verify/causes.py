"""What was changed: the policies that are not as they were rendered, object by object."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from netgen.evaluate.objects.model import (
    Action,
    BlockPeer,
    Direction,
    Labels,
    Peer,
    PodPeer,
    Policy,
    Rules,
    Selector,
)
from netgen.problems import Problem
from netgen.records import record
from netgen.verify.groups import listed
from netgen.verify.reasons import at
from netgen.verify.unlike import Difference, differences, rules_of, said_of
from netgen.verify.wording import Wording, is_first_asked

_CLUSTER_POLICY = "ClusterNetworkPolicy"
"""The kind of a policy that is asked first, whatever the CNI."""
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


def causes(meant: Iterable[Policy], there: Iterable[Policy], wording: Wording) -> Iterator[Problem]:
    """Yield what is different in the policies *there* from those that are *meant*, a finding for each policy.

    Two policies are compared if they have one name, and the kind that is rendered by *wording*. Manifests may do what
    the spec says without being as netgen writes them, so this says only why something is missing or in excess where
    that was found.
    """
    wanted, named = list(meant), dict[tuple[str, str], Policy]()
    first_asked = {one.name for one in wanted if is_first_asked(one)}
    holding: set[tuple[str, Selector]] = set()
    for policy in there:
        is_first = not policy.namespace and policy.name in first_asked
        if policy.kind == (
            _CLUSTER_POLICY if is_first else wording.kind_of(policy.namespace)
        ):  # other kinds may have the same names
            named[policy.namespace, policy.name] = policy
        holding.add((policy.namespace, policy.subject))
    pairs = [(one, named[one.namespace, one.name]) for one in wanted if (one.namespace, one.name) in named]
    added = _added(pairs)
    yield from _labelled(added)
    moved = _moved(wanted, named)
    yield from map(_elsewhere, moved.values())
    for one in wanted:
        if one.namespace in moved:
            continue
        is_alone = _denies(one) or is_first_asked(one) or (one.namespace, one.subject) not in holding
        if is_alone and (one.namespace, one.name) not in named:
            yield _gone(one, _kind(one, wording))
    for one, found in map(_comparable, pairs):
        unlike = list(differences(one, _without(found, frozenset(added)), wording.selects))
        if unlike:
            yield _problem(one, found, unlike)


def _comparable(pair: tuple[Policy, Policy]) -> tuple[Policy, Policy]:
    """Return two policies of one name without what another policy says: addresses that leave out their pods."""
    wanted, found = pair
    return replace(wanted, ingress=_inside(wanted.ingress), egress=_inside(wanted.egress)), found


def _inside(rules: Rules | None) -> Rules | None:
    if rules is None:
        return None
    return tuple(one for one in rules if not any(isinstance(it, BlockPeer) and not it.pods for it in one.peers or ()))


def _kind(policy: Policy, wording: Wording) -> str:
    """Return the kind as which *policy* is rendered."""
    return _CLUSTER_POLICY if is_first_asked(policy) else wording.kind_of(policy.namespace)


def _gone(policy: Policy, kind: str) -> Problem:
    message = f"no {kind} among the manifests selects {policy.subject}, the pods of {policy}"
    if _denies(policy):
        message = f"the {kind} {policy}, which denies what the spec forbids, is not among the manifests"
    elif is_first_asked(policy):
        message = f"the {kind} {policy}, which accepts what the platform allows, is not among the manifests"
    place = policy.spot.value() if policy.spot else None
    return Problem("policy-differs", place, message, fix="render it again, or give its file as well")


def _denies(policy: Policy) -> bool:
    """Return whether *policy* does nothing but deny."""
    is_apart = is_first_asked(policy) or bool(policy.yielding) or not policy.tier.isolates
    return is_apart and all(rule.action is not Action.ALLOW for _, rules, _ in policy.sides() for rule in rules)


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
        for one, other in zip(rules_of(wanted, direction) or (), rules_of(found, direction) or (), strict=False):
            for peer, changed in zip(one.peers or (), other.peers or (), strict=False):
                if isinstance(peer, PodPeer) and isinstance(changed, PodPeer):
                    for label in _narrower(peer.pods.labels, changed.pods.labels):
                        yield label, said_of(peer, wanted.namespace)


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


def _problem(wanted: Policy, found: Policy, unlike: list[Difference]) -> Problem:
    first, place, meant = unlike[0]
    spot, line = place or found.spot, meant or wanted.spot
    notes = [f"the spec says it at {at(line.value())}"] if line else []
    notes += [sentence for sentence, _, _ in unlike[1:_MOST]]
    notes += [f"and {len(unlike) - _MOST} more differences"] if len(unlike) > _MOST else []
    message = f"{found.kind} {found} {first}"
    return Problem("policy-differs", spot.value() if spot else None, message, tuple(notes), "undo what changed it")
