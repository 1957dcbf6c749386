"""Claims held against what the manifests allow: each holds for every app, or a connection shows that it does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from netgen.evaluate.endpoints import Kind
from netgen.evaluate.explain import Side
from netgen.evaluate.objects.model import Action, BlockPeer, Direction, Policy, Rule
from netgen.evaluate.objects.ways import ServiceObject
from netgen.evaluate.reach import Reach, Row
from netgen.evaluate.sets import ALL_PORTS, NO_PORTS, PortSet, Protocol, bits, ports
from netgen.intent import App, Claim, Flow, Intent, Peer, Permission, PortMatch
from netgen.naming import isolation_name
from netgen.problems import Place, Problem
from netgen.records import record
from netgen.verify import ideal
from netgen.verify.ground import Ground, Opening, carrying, ground_of, is_internet, side_of
from netgen.verify.holding import Holding
from netgen.verify.passing import Patterns, passed, patterns
from netgen.verify.reasons import of_side

_BY_RANGES = "; in a Platform, ranges: {pods: [CIDR]} says which pods have"

KIND = "Claim"
"""The kind of a policy that only tells a universe what the claims speak of."""


def policies(intent: Intent) -> tuple[Policy, ...]:
    """Return policies that speak of what the claims of *intent* do, so that a universe can tell it apart.

    Nobody evaluates them.
    """
    if not intent.claims or not intent.apps:
        return ()
    subject = intent.apps[0]
    named = [_policy(app, "", None) for app in intent.apps if not (app.ingress or app.egress)]
    return (*named, *(_policy(subject, claim.title, (_rule(claim),)) for claim in intent.claims))


def _policy(app: App, name: str, rules: tuple[Rule, ...] | None) -> Policy:
    return Policy(KIND, app.key.namespace, name, ideal.selector(app.selector), rules, None)


def _rule(claim: Claim) -> Rule:
    ends = (claim.source, *claim.exempt, claim.target)
    return Rule(tuple(one for peer in ends for one in ideal.peers(peer)), ideal.port_rules(claim.ports), 0)


def broken(
    intent: Intent, said: Reach, there: Reach, denied: Reach, services: Sequence[ServiceObject] = ()
) -> Iterator[Problem]:
    """Yield each claim of *intent* that does not hold, with a connection that it rules out.

    *there* is what the manifests allow and *said* what the spec does, but for what is denied, both under the widest
    reading, in a universe that was made for the policies of the claims too: who opens what a claim rules out is told,
    rather than cut off. Only connections that have an app of *intent* at one end are looked at. *denied* is what the
    manifests allow with what they deny: of a claim that is denied, the connections of all pods are looked at there.

    *services* may lead clients from outside to what nodes may open.

    What is denied is so whatever policies are staged: of such a claim it is told what breaks it once they are enforced.
    """
    if not any(app.staged for app in intent.apps):
        yield from _broken(intent, intent.claims, said, there, denied, services)
        return
    loose, shut = (tuple(one for one in intent.claims if one.denied is wanted) for wanted in (False, True))
    yield from _broken(intent, loose, said, there, denied, services)
    if shut:
        found = [*_broken(intent, shut, _enforced(intent, said), _enforced(intent, there), denied, services)]
        yield from found
        # No deny holds pods on the host network: what meets them there does so by what is staged.
        told = {one.place for one in found}
        beyond = _broken(intent, shut, said, there, denied, services, hosts_only=True)
        yield from (one for one in beyond if one.place not in told)


def _enforced(intent: Intent, reach: Reach) -> Reach:
    """Return *reach* as it is once the policies that *intent* has staged are enforced."""
    missing = ideal.staged(intent)
    if missing:
        return Reach(reach.universe, (*reach.policies, *missing), reach.semantics, reach.reading)
    names = {(app.key.namespace, app.key.name) for app in intent.apps if app.staged}
    names |= {(one.namespace, isolation_name(one.document, intent.cni)) for one in intent.isolated if one.staged}
    names |= {(one.namespace, one.document) for one in intent.isolated if one.staged}
    policies = (
        replace(one, yielding=frozenset()) if (one.namespace, one.name) in names else one for one in reach.policies
    )
    return Reach(reach.universe, tuple(policies), reach.semantics, reach.reading)


def _broken(
    intent: Intent,
    listed: tuple[Claim, ...],
    said: Reach,
    there: Reach,
    denied: Reach,
    services: Sequence[ServiceObject],
    *,
    hosts_only: bool = False,
) -> Iterator[Problem]:
    ground = ground_of(intent, said, there, services)
    cases = [_case(one, ground) for one in listed] if intent.apps else []
    by_target: dict[int, list[_Case]] = {}
    for case in cases:
        for target in bits(case.targets | case.all_targets):
            by_target.setdefault(target, []).append(case)
    for target, concerned in by_target.items():
        if hosts_only and not ground.hosts >> target & 1:
            continue
        rows = list(ground.rows(target))
        for case in concerned:
            case.look(target, rows, ground)
            if case.all_targets >> target & 1:
                case.look_beyond(target, denied.row(target), ground)
    found = [(case, case.breach) for case in cases if case.breach]
    if found:
        holding = Holding(said), Holding(there), Holding(denied)
        yield from (_problem(case, breach, ground, holding) for case, breach in found)


def undenied(intent: Intent, policies: Sequence[Policy]) -> tuple[Policy, ...]:
    """Return *policies* without those that are what *intent* denies."""
    names = {(one.home, one.name) for one in intent.denials}
    return tuple(one for one in policies if (one.namespace, one.name) not in names or _accepts(one))


def _accepts(policy: Policy) -> bool:
    return any(rule.action is Action.ALLOW for _, rules, _ in policy.sides() for rule in rules)


@record
class _Breach:
    """A connection that a claim rules out."""

    source: int
    target: int
    ports: PortSet
    opening: Opening


@dataclass(slots=True)
class _Case:
    """A claim with its sides as bits, and what was found against it: so many *pairs*, and the best *breach* to show.

    *all_sources* and *all_targets* are those that what denies it speaks of, whether a spec names them or not. *known*
    are the paths of the spec's requests.
    """

    claim: Claim
    sources: int
    targets: int
    all_sources: int
    all_targets: int
    ports: PortSet
    with_itself: bool
    known: Patterns
    pairs: int = 0
    breach: _Breach | None = None
    is_plain: bool = False

    def look(self, target: int, rows: list[Opening], ground: Ground) -> None:
        """Note what among *rows* the claim rules out, where an app is at one end."""
        sources = self.sources if ground.apps >> target & 1 else self.sources & ground.apps
        if not self.with_itself:
            sources &= ~ground.kin.get(target, 0)
        if self.claim.requests:
            rows = passed(rows, target, self.claim.requests, ground.there, self.known)
        if self.targets >> target & 1:
            self._note(target, sources, rows, ground)

    def look_beyond(self, target: int, row: Row, ground: Ground) -> None:
        """Note what of *row* is open although it is denied, whoever is at the ends."""
        sources = self.all_sources if self.with_itself else self.all_sources & ~ground.alike(target)
        self._note(target, sources, [Opening(mask, found, despite=True) for mask, found in row], ground)

    def _note(self, target: int, sources: int, rows: list[Opening], ground: Ground) -> None:
        met = 0
        for row in rows:
            hit, open_ports = row.sources & sources, row.ports & self.ports
            if hit and open_ports:
                self._show(hit, target, open_ports, row, ground)
                met |= hit
        self.pairs += met.bit_count()

    def _show(self, hit: int, target: int, open_ports: PortSet, row: Opening, ground: Ground) -> None:
        """Keep a connection between two apps, if there is one; it says the most."""
        apps = hit & ground.apps
        is_plain = bool(apps and ground.apps >> target & 1)
        if self.breach is None or (is_plain and not self.is_plain):
            source = next(bits(apps or hit))
            self.breach, self.is_plain = _Breach(source, target, open_ports, row), is_plain


def _case(claim: Claim, ground: Ground) -> _Case:
    exempt = 0
    for peer in claim.exempt:
        exempt |= side_of(peer, ground, wide=False)
    hosts = ground.universe.symbols.hosts  # what no policy holds
    return _Case(
        claim=claim,
        sources=side_of(claim.source, ground, wide=True) & ~exempt,
        targets=side_of(claim.target, ground, wide=True),
        all_sources=carrying(claim.source, ground) & ~exempt & ~hosts if claim.denied else 0,
        all_targets=carrying(claim.target, ground) & ~hosts if claim.denied else 0,
        ports=_ports(claim.ports),
        with_itself=claim.source in ground.own and claim.target in ground.own,
        known=patterns(ground.intent) if claim.requests else {},
    )


def _ports(matches: tuple[PortMatch, ...]) -> PortSet:
    found = NO_PORTS
    for one in matches:
        protocol = Protocol(one.protocol)
        found |= ports(protocol, one.port, one.last or one.port) if one.port else ports(protocol)
    return found if matches else ALL_PORTS


def _problem(case: _Case, breach: _Breach, ground: Ground, holding: tuple[Holding, Holding, Holding]) -> Problem:
    claim, route = case.claim, breach.opening.route
    source, target = _name(breach.source, claim.source, ground), _name(breach.target, claim.target, ground)
    message = f"{source} can open {target} on {breach.ports}"
    if claim.requests:
        message += " for " + " or ".join(f"{'|'.join(one.methods)} {one.path}" for one in claim.requests)
    fix = "take away what opens it, or exempt its source from the claim, as an app, NAMESPACE/* or an address"
    if not any(app.ingress or app.egress for app in ground.intent.apps):
        fix = "let the apps be isolated, without  policies: none  and  isolate: none ; or take the claim back"
    if breach.opening.hosted:
        fix = "no policy can close this: exempt its source, by  except  in the long form, or take the claim back"
    if route:
        name = route.entrypoint.name
        message += f" through the entry point {name}"
        fix = f"expose it elsewhere; or, if the internet does not reach {name}, write  internal: true  there"
    if breach.opening.service:
        message += f" through the Service {breach.opening.service}"
        fix = "give the Service  externalTrafficPolicy: Local, or let no nodes in"
    said, there, denied = holding
    notes = list(_reasons(breach, ground, said, denied if breach.opening.despite else there))
    if any(note.endswith(_BY_RANGES) for note in notes):
        fix = "in a Platform write  ranges: {pods: [CIDR, ...]} , where the pods have other addresses"
    if case.pairs > 1:
        notes.append(f"and {case.pairs - 1} more pair{'s' if case.pairs > 2 else ''} that the claim rules out")
    notes += claim.notes
    notes += [f"why: {claim.why}"] if claim.why else []
    return Problem("never-broken", claim.spot.value(), message, tuple(notes), fix)


def _name(index: int, side: Peer, ground: Ground) -> str:
    one = ground.universe.endpoints[index]
    return "the internet" if one.kind is Kind.ADDRESSES and is_internet(side) else one.name


def _reasons(breach: _Breach, ground: Ground, said: Holding, there: Holding) -> Iterator[str]:
    """Yield what opens a connection: the lines of the spec, then policy and rule of both sides."""
    beside = tuple(_beside_policies(breach, ground))
    if beside:
        yield from beside
        return
    ends = ground.universe.endpoints
    pair = (breach.source, breach.target, *breach.ports.first())
    spec, found = said.explain(*pair), there.explain(*pair)
    permitted = {one.name: one for one in ground.intent.permissions}
    flows = [
        *_flows(spec.egress, Direction.EGRESS, ground.intent, permitted),
        *_flows(spec.ingress, Direction.INGRESS, ground.intent, permitted),
    ]
    for place, title in dict.fromkeys((_at(flow.spot.value()), flow.intent) for flow in flows):
        yield f"opened by {place} ({title})"
    for direction, side, index in (
        (Direction.EGRESS, found.egress, breach.source),
        (Direction.INGRESS, found.ingress, breach.target),
    ):
        if ends[index].is_pod:
            yield from of_side(direction, side)
    deciding = (*found.egress.deciding, *found.ingress.deciding)
    if (
        ends[breach.source].is_pod
        and ends[breach.target].is_pod
        and any(_is_about_addresses(rule) for _, rule in deciding)
    ):
        known = "" if ground.intent.pod_ranges else _BY_RANGES
        yield f"a rule about addresses may be about pods, as some CNIs take it{known}"


def _beside_policies(breach: _Breach, ground: Ground) -> Iterator[str]:
    """Yield what opens a connection that no policy decides."""
    opening = breach.opening
    if opening.route:
        route = opening.route
        yield f"opened by {_at(route.spot.value())} ({route.host}{route.path} -> {route.app})"
    elif opening.service:
        kind = opening.service.type
        yield f"it hands clients on to other nodes ({kind}), which the pods see in their place and let in"
    elif opening.hosted:
        for index in bits(ground.hosts & (1 << breach.source | 1 << breach.target)):
            end = ground.universe.endpoints[index]
            yield f"nothing governs {end}: a node and what uses its network always meet the pods that it runs"


def _is_about_addresses(rule: Rule | None) -> bool:
    return rule is not None and bool(rule.peers) and all(isinstance(peer, BlockPeer) for peer in rule.peers or ())


def _flows(
    side: Side, direction: Direction, intent: Intent, permitted: dict[str, Permission]
) -> Iterator[Flow | Permission]:
    for policy, rule in side.deciding:
        if rule is None:
            continue
        if policy.namespace:
            yield ideal.flow_of(intent, policy, direction, rule.index)
        elif policy.name in permitted:
            yield permitted[policy.name]


def _at(place: Place) -> str:
    return f"{place.file}:{place.line}:{place.column}"
