"""Claims as denies: what the spec rules out is closed by objects of its own, whatever any policy opens."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from hashlib import sha256

from netgen.intent import (
    EVERYBODY,
    Addresses,
    App,
    Claim,
    Denial,
    Entities,
    Entity,
    Flow,
    Pairs,
    Peer,
    Pods,
)
from netgen.naming import denial_name
from netgen.problems import Problem
from netgen.profiles import Feature
from netgen.records import record
from netgen.spec.forms.matching import are_apart
from netgen.spec.forms.sides import Kind
from netgen.spec.platform import Platform
from netgen.spec.resolve.claims import SYSTEM, Spoken
from netgen.spec.resolve.cluster_rules import as_networks, fits, undeniable
from netgen.spec.resolve.exempt import without
from netgen.spec.resolve.installed import denies_by_cluster_policies
from netgen.spec.resolve.outside import no_pods
from netgen.spec.resolve.priorities import UNSET
from netgen.spec.resolve.registry import MANAGED_BY, PART_OF, Registry, object_labels

MOST = 16
"""So many objects a claim may need, and each so many peers."""


@record
class _Part:
    """What one object denies: *subject* in a *direction*, and the *peers* at the other end."""

    subject: Pods
    direction: str
    peers: tuple[Peer, ...]


def denials(
    spoken: Sequence[Spoken], flows: Iterable[Flow], registry: Registry, found: list[Problem]
) -> tuple[tuple[Claim, ...], tuple[Denial, ...]]:
    """Return the claims *spoken*, each with whether it is denied, and what denies them; *found* gets why some are not.

    *flows* are all that the spec opens: an app that reaches its own replicas still does, since these are no pair of a
    wildcard.
    """
    selves = _selves(registry, flows)
    closed = frozenset(entry.app.pods for entry in registry.entries.values() if entry.form.ingress)
    claims: list[Claim] = []
    made: list[Denial] = []
    for one in spoken:
        parts = _parts(one, selves, closed, registry)
        claims.append(replace(one.claim, denied=not isinstance(parts, str)))
        if isinstance(parts, str):
            message = f"the claim is proved for the apps, and nothing denies it for other pods: {parts}"
            found.append(Problem("not-denied", one.claim.spot.value(), message))
        else:
            _warn_of_system(one, parts, found)
            made += _objects(one, parts, registry)
    return tuple(claims), _named(_distinct(made), registry.platform.cni.name)


def _selves(registry: Registry, flows: Iterable[Flow]) -> tuple[App, ...]:
    """Return the apps whose replicas may reach each other."""
    apps = {entry.key: entry.app for entry in registry.entries.values()}
    found = {key for key, app in apps.items() if not app.ingress}
    for flow in flows:
        app = apps.get(flow.target_app) if flow.target_app else None
        if app and (flow.source is EVERYBODY or (isinstance(flow.source, Pods) and _may_be(app.pods, flow.source))):
            found.add(app.key)
    return tuple(apps[key] for key in sorted(found))


def _may_be(pods: Pods, others: Pods) -> bool:
    """Return whether one pod may be of both."""
    somewhere = others.namespace is None or pods.namespace is None or others.namespace == pods.namespace
    return somewhere and pods.namespace not in others.beyond and not are_apart(pods.selector, others.selector)


def _parts(
    one: Spoken, selves: tuple[App, ...], closed: frozenset[Pods], registry: Registry
) -> tuple[_Part, ...] | str:
    """Return what denies the claim; or why nothing does. *closed* are the pods of apps that specs open one by one."""
    claim = one.claim
    # What is left, and in how many parts, depends on the order in which it is taken away.
    sources = without(claim.source, sorted(claim.exempt, key=repr))
    reason = _reason(one, sources, registry)
    if reason:
        return reason
    parts = _at_target(claim.target, sources, selves) if isinstance(claim.target, Pods) else ()
    if not parts or not all(_is_home(part.subject, one, registry) for part in parts):
        parts = _at_source(claim.target, parts, sources)
    if not parts or not all(_is_home(part.subject, one, registry) for part in parts):
        return _elsewhere(one, registry)
    if _is_hidden(parts, closed, registry):
        return "the addresses of nodes and API servers are not known, and would be denied with the internet's"
    parts = tuple(replace(part, peers=_no_pods(part.peers, registry)) for part in parts)
    too_many = len(parts) > MOST or any(len(part.peers) > MOST for part in parts)
    if denies_by_cluster_policies(registry.platform):
        parts = tuple(replace(part, peers=as_networks(part.peers)) for part in parts)
        too_many = too_many or not all(fits(part.peers, claim.ports) for part in parts)
    return "its exempt sides would need too many rules" if too_many else parts


def _reason(one: Spoken, sources: tuple[Peer, ...], registry: Registry) -> str:
    """Return why no deny can be made of the claim; nothing where one can."""
    ends = one.claim.source, one.claim.target
    if one.form.http:
        return "a deny cannot tell requests apart"
    if one.form.target.host:
        return "a deny knows no host names"
    if any(isinstance(end, Entities) and Entity.HOST in end.names for end in ends):
        return "nodes are never denied, since the probes of pods come from them"
    if not sources:
        return "all its sources are exempt"
    hosted = {entry.app.pods: key for key, entry in registry.entries.items() if entry.app.host_network}
    vain = next((hosted[end] for end in ends if isinstance(end, Pods) and end in hosted), None)
    if vain:
        return f"no policy holds {vain}, which is on the host network"
    is_held = any(isinstance(end, Pods) for end in ends)
    return _untold(one, sources, registry.platform) if is_held else "no policy holds either of its ends"


def _untold(one: Spoken, sources: tuple[Peer, ...], platform: Platform) -> str:
    """Return why a ClusterNetworkPolicy cannot say it, where it would have to."""
    if not denies_by_cluster_policies(platform):
        return ""
    is_internet = one.form.target.side.kind is Kind.INTERNET
    return undeniable(one.claim.target, sources, platform, is_internet=is_internet)


def _at_target(target: Pods, sources: tuple[Peer, ...], selves: tuple[App, ...]) -> tuple[_Part, ...]:
    """Return the parts that hold *target*; an app among it that is a source as well may still reach itself."""
    both = [
        app.pods
        for app in selves
        if _may_be(app.pods, target) and any(_is_of(app.pods, one) and not one == target == app.pods for one in sources)
    ]
    rest = [one for one in without(target, both) if isinstance(one, Pods)]
    parts = [_Part(one, "ingress", sources) for one in rest]
    for pods in both:
        peers = tuple(left for source in sources for left in without(source, (pods,)))
        parts += [_Part(pods, "ingress", peers)] if peers else []
    return tuple(parts)


def _is_of(pods: Pods, source: Peer) -> bool:
    return isinstance(source, Pods) and _may_be(pods, source)


def _at_source(target: Peer, parts: tuple[_Part, ...], sources: tuple[Peer, ...]) -> tuple[_Part, ...]:
    """Return the parts that hold the sources instead; none where one of these is no pods."""
    pairs: list[tuple[Peer, Peer]] = [(peer, part.subject) for part in parts for peer in part.peers]
    targets: dict[Pods, list[Peer]] = {}
    for source, aim in pairs or [(one, target) for one in sources]:
        if not isinstance(source, Pods):
            return ()
        targets.setdefault(source, []).append(aim)
    return tuple(_Part(source, "egress", tuple(aims)) for source, aims in targets.items())


def _is_home(subject: Pods, one: Spoken, registry: Registry) -> bool:
    """Return whether who speaks may write an object that holds *subject*: a team in its namespace."""
    if one.document:
        return subject.namespace == one.document.namespace
    if subject.namespace in registry.names:
        return True
    if _strange(one, registry):
        return False  # a run that knows its labels denies the claim too, and by the same names
    is_able = subject.namespace is None and registry.platform.cni.can(Feature.CLUSTER_WIDE)
    return is_able or denies_by_cluster_policies(registry.platform)


def _strange(one: Spoken, registry: Registry) -> str:
    """Return an app that is named and whose labels no loaded document has; nothing where there is none."""
    ends = (one.form.source, *one.form.exempt, one.form.target)
    named = (end.side for end in ends if end.side.kind is Kind.APP and end.side.namespace is not None)
    return next((f"{side.namespace}/{side.name}" for side in named if side.namespace not in registry.names), "")


def _is_hidden(parts: tuple[_Part, ...], closed: frozenset[Pods], registry: Registry) -> bool:
    """Return whether a part denies the internet by its addresses, and those of nodes or API servers may be among them.

    Inwards that cuts nothing that a spec opens where apps are *closed*, since nodes are opened by their addresses too.
    """
    platform = registry.platform
    if platform.ranges.nodes and platform.apiserver:
        return False
    told = [part for part in parts if part.direction == "egress" or part.subject not in closed]
    return any(isinstance(peer, Addresses) and not peer.pods for part in told for peer in part.peers)


def _no_pods(peers: tuple[Peer, ...], registry: Registry) -> tuple[Peer, ...]:
    """Return *peers* where addresses leave out the pods that have them, as they do in claims."""
    return tuple(no_pods(registry.platform, one) if isinstance(one, Addresses) else one for one in peers)


def _elsewhere(one: Spoken, registry: Registry) -> str:
    if one.document:
        return f"a team's deny holds pods of {one.document.namespace} only; the Platform can claim it for all"
    strange = _strange(one, registry)
    if strange:
        return f"no loaded document has the labels of {strange}"
    return "no loaded document speaks for the namespaces that it is about"


def _warn_of_system(one: Spoken, parts: tuple[_Part, ...], found: list[Problem]) -> None:
    """Warn where pods of the cluster itself lose what is outside: they may live by it."""
    outward = [part for part in parts if part.direction == "egress" and part.subject.namespace is None]
    if any("kube-system" not in part.subject.beyond for part in outward):
        message = f"pods of {SYSTEM.namespace}, the cluster's DNS servers among them, are denied this as well"
        fix = f"write  any except {SYSTEM.namespace}/*  before the arrow, if they need it"
        found.append(Problem("system-denied", one.claim.spot.value(), message, fix=fix))


def _objects(one: Spoken, parts: tuple[_Part, ...], registry: Registry) -> list[Denial]:
    """Return the objects for *parts*, all with the name of the claim."""
    claim, document = one.claim, one.document
    owner = document.name if document else registry.platform.name
    is_ordered = denies_by_cluster_policies(registry.platform)
    prefix = f"{document.namespace}.{owner}" if document and is_ordered else owner
    platform: Pairs = ((MANAGED_BY, "netgen"), (PART_OF, owner))
    return [
        Denial(
            name=f"{prefix}.never.{slug(claim.title)}",
            subject=part.subject,
            direction=part.direction,
            peers=part.peers,
            ports=claim.ports,
            labels=object_labels(document, None) if document else platform,
            annotations=document.annotations if document else (),
            intent=claim.title,
            why=claim.why,
            spot=claim.spot,
            priority=UNSET if is_ordered else None,
        )
        for part in parts
    ]


def slug(title: str) -> str:
    """Return *title*, of a claim or a permission, as a part of a name."""
    return re.sub("[^a-z0-9]+", "-", title.lower().replace("->", " to ")).strip("-")


def _distinct(made: Iterable[Denial]) -> tuple[Denial, ...]:
    """Return the denials, each once, also of claims that give different reasons."""
    in_order = sorted(made, key=lambda one: one.why)
    return tuple({(one.name, one.subject, one.direction, one.peers, one.ports): one for one in in_order}.values())


def _named(made: Collection[Denial], cni: str) -> tuple[Denial, ...]:
    """Return the denials, sorted, each with a name of its own in its namespace, as *cni* has names."""
    held = Counter((one.home, one.name) for one in made)
    given = [one if held[one.home, one.name] == 1 else replace(one, name=_apart(one)) for one in made]
    given = [replace(one, name=denial_name(one.name, cni)) for one in given]
    return tuple(sorted(given, key=lambda one: (one.home, one.name)))


def _apart(one: Denial) -> str:
    """Return a name that depends on all that the object denies, and on nothing else."""
    said = repr((one.intent, one.subject, one.direction, one.peers, one.ports))
    return f"{one.name}.h{sha256(said.encode()).hexdigest()[:8]}"
