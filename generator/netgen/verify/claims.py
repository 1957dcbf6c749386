"""Claims held against what the manifests allow: each holds for every app, or a connection shows that it does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from netgen.evaluate.endpoints import Kind
from netgen.evaluate.explain import Side
from netgen.evaluate.objects.model import BlockPeer, Direction, Policy, Rule
from netgen.evaluate.reach import Reach
from netgen.evaluate.sets import ALL_PORTS, NO_PORTS, PortSet, Protocol, bits, ports
from netgen.intent import Addresses, App, AppKey, Claim, Flow, Intent, Peer, PortMatch
from netgen.problems import Place, Problem
from netgen.records import record
from netgen.verify import ideal
from netgen.verify.ground import Ground, Opening, ground_of, is_internet, side_of
from netgen.verify.holding import Holding
from netgen.verify.reasons import of_side

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


def broken(intent: Intent, said: Reach, there: Reach) -> Iterator[Problem]:
    """Yield each claim of *intent* that does not hold in *there*, with a connection that it rules out.

    *there* is what the manifests allow and *said* what the spec does, both under the widest reading, in a universe that
    was made for the policies of the claims too. Only connections that have an app of *intent* at one end are looked at.
    """
    ground = ground_of(intent, said, there)
    cases = [_case(claim, ground) for claim in intent.claims] if intent.apps else []
    by_target: dict[int, list[_Case]] = {}
    for case in cases:
        for target in bits(case.targets):
            by_target.setdefault(target, []).append(case)
    for target, concerned in by_target.items():
        rows = list(ground.rows(target))
        for case in concerned:
            case.look(target, rows, ground)
    if any(case.breach for case in cases):
        holding = Holding(said), Holding(there)
        for case in cases:
            if case.breach:
                yield _problem(case, case.breach, ground, holding)


@record
class _Breach:
    """A connection that a claim rules out."""

    source: int
    target: int
    ports: PortSet
    opening: Opening


@dataclass(slots=True)
class _Case:
    """A claim with its sides as bits, and what was found against it: so many *pairs*, and the best *breach* to show."""

    claim: Claim
    sources: int
    targets: int
    ports: PortSet
    with_itself: bool
    pairs: int = 0
    breach: _Breach | None = None
    is_plain: bool = False

    def look(self, target: int, rows: list[Opening], ground: Ground) -> None:
        """Note what among *rows* the claim rules out."""
        sources = self.sources if ground.apps >> target & 1 else self.sources & ground.apps
        if not self.with_itself:
            sources &= ~ground.kin.get(target, 0)
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
    return _Case(
        claim=claim,
        sources=side_of(claim.source, ground, wide=True) & ~exempt,
        targets=side_of(claim.target, ground, wide=True),
        ports=_ports(claim.ports),
        with_itself=claim.source in ground.own and claim.target in ground.own,
    )


def _ports(matches: tuple[PortMatch, ...]) -> PortSet:
    found = NO_PORTS
    for one in matches:
        protocol = Protocol(one.protocol)
        found |= ports(protocol, one.port, one.port) if one.port else ports(protocol)
    return found if matches else ALL_PORTS


def _problem(case: _Case, breach: _Breach, ground: Ground, holding: tuple[Holding, Holding]) -> Problem:
    claim, route = case.claim, breach.opening.route
    source, target = _name(breach.source, claim.source, ground), _name(breach.target, claim.target, ground)
    message = f"{source} can open {target} on {breach.ports}"
    fix = "take away what opens it, or exempt it from the claim"
    if breach.opening.hosted:
        fix = "no policy can close this: exempt its source, by  except  in the long form, or take the claim back"
    if route:
        name = route.entrypoint.name
        message += f" through the entry point {name}"
        fix = f"expose it elsewhere; or, if the internet does not reach {name}, write  internal: true  there"
    notes = list(_reasons(breach, ground, *holding))
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
    route, ends = breach.opening.route, ground.universe.endpoints
    if route:
        yield f"opened by {_at(route.spot.value())} ({route.host}{route.path} -> {route.app})"
        return
    if breach.opening.hosted:
        for index in bits(ground.hosts & (1 << breach.source | 1 << breach.target)):
            yield f"nothing governs {ends[index]}: a node and what uses its network always meet the pods that it runs"
        return
    pair = (breach.source, breach.target, *breach.ports.first())
    spec, found = said.explain(*pair), there.explain(*pair)
    flows = [*_flows(spec.egress, ground.intent.flows_from), *_flows(spec.ingress, ground.intent.flows_to)]
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
        known = "" if ground.intent.pod_ranges else "; in a Platform, ranges: {pods: [CIDR]} says which pods have"
        yield f"a rule about addresses may be about pods, as some CNIs take it{known}"


def _is_about_addresses(rule: Rule | None) -> bool:
    return rule is not None and bool(rule.peers) and all(isinstance(peer, BlockPeer) for peer in rule.peers or ())


def _flows(side: Side, flows: dict[AppKey, tuple[Flow, ...]]) -> Iterator[Flow]:
    for policy, rule in side.deciding:
        if rule is not None:
            yield flows[AppKey(policy.namespace, policy.name)][rule.index]


def _at(place: Place) -> str:
    return f"{place.file}:{place.line}:{place.column}"


def provisos(intent: Intent) -> tuple[str, ...]:
    """Return what is to be said with claims that hold: whom they do not hold for, and whom they leave out."""
    said = ["claims are not enforced for pods that no spec names"]
    spared = sum(1 for claim in intent.claims if claim.spares_system)
    if spared:
        said.append(f"kube-system is exempt from {spared} link-local claim{'s' if spared > 1 else ''}")
    ends = [peer for claim in intent.claims for peer in (claim.source, claim.target) if not claim.spares_system]
    if any(isinstance(peer, Addresses) and not is_internet(peer) for peer in ends):
        said.append("addresses in claims leave out the pods that have them")
    return tuple(said)
