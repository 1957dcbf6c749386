"""Where a side of a comparison says something: the line of its spec, or the policy and its rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import ip_address, ip_network

from netgen.evaluate.endpoints import Endpoint
from netgen.evaluate.explain import Explanation, explain
from netgen.evaluate.objects.model import Action, Direction, Policy, Rule, Selector, Workload
from netgen.evaluate.objects.ways import ServiceObject
from netgen.evaluate.reach import Reach
from netgen.evaluate.sets import PortSet, Protocol
from netgen.intent import Addresses, App, Entities, Everybody, Flow, HostName, Intent, Peer
from netgen.problems import Place
from netgen.scene import IMPLIED, Scene
from netgen.scene.symbols import is_everywhere, is_meant
from netgen.source import Spot
from netgen.spec.resolve.registry import MANAGED_BY
from netgen.verify.ideal import selector
from netgen.verify.reading import body, step

SIDES = (Direction.EGRESS, Direction.INGRESS)


@dataclass(frozen=True)
class Origin:
    """One side: its *scene*, and the Intent that it was rendered from, if a spec was given.

    *names* has the app of each workload that is called otherwise, or is.
    """

    scene: Scene
    intent: Intent | None
    names: Mapping[str, str] = field(default_factory=dict)

    def has_app(self, name: str, workload: Workload) -> bool:
        """Return whether more than a policy speaks of the app *name*: a workload, a spec, or a Service.

        A policy that netgen has rendered does too: it was rendered for an app.
        """
        return workload.kind != IMPLIED or any(name in names for names in (self._apps, self._services, self._rendered))

    def app(self, name: str) -> str:
        """Return where the app *name* is written; nothing where only selectors speak of it."""
        if name in self._apps:
            return shown(self._apps[name].spot.key())
        one = self._workloads.get(name) or self._workloads.get(name.rpartition(" (")[0])
        return shown(one.spot.value()) if one and one.spot and one.kind != IMPLIED else ""

    def service(self, service: ServiceObject) -> Spot | None:
        """Return where the spec asks for *service*; None where no spec does."""
        return self._meant.get((service.namespace, service.name))

    def holder(self, name: str, endpoint: int, directions: Sequence[Direction]) -> str:
        """Return what holds the app *name* at *endpoint* in one of *directions*."""
        if name in self._apps:
            return shown(self._apps[name].spot.key())
        policies = [one for side in directions for one in self._held_by(endpoint, side)]
        # A policy for this app says more than one for all pods.
        own = min(policies, key=lambda one: one.subject == Selector(), default=None)
        return _title(own) if own else ""

    def permission(self, names: tuple[Sequence[str], Sequence[str]], source: int, target: int, ports: PortSet) -> str:
        """Return the line of the spec that opens a connection; nothing where no spec does.

        *names* are the apps at *source* and *target*.
        """
        protocol, port = ports.first()
        ends = [self.scene.universe.endpoints[one] for one in (source, target)]
        places = [
            flow.spot.value()
            for flow in self._flows(*names)
            if _is_open(flow, protocol, port) and _is(flow.source, ends[0]) and _is(flow.target, ends[1])
        ]
        return shown(min(places)) if places else ""

    def _flows(self, sources: Sequence[str], targets: Sequence[str]) -> Iterator[Flow]:
        intent = self.intent
        for name in sources if intent else ():
            if intent and name in self._apps:
                yield from intent.flows_from.get(self._apps[name].key, ())
        for name in targets if intent else ():
            if intent and name in self._apps:
                yield from intent.flows_to.get(self._apps[name].key, ())

    def explained(self, reach: Reach, source: int, target: int, ports: PortSet) -> Explanation:
        """Return why a connection is open or closed in *reach*, which is one of the scene's."""
        protocol, port = ports.first()
        held = self._holding(reach)
        keys = ((source, Direction.EGRESS), (target, Direction.INGRESS))
        policies = {id(policy): policy for key in keys for policy in held.get(key, ())}
        return explain(reach, source, target, protocol, port, policies=tuple(policies.values()))

    def _held_by(self, endpoint: int, direction: Direction) -> list[Policy]:
        return self._narrow_holding.get((endpoint, direction), [])

    def _holding(self, reach: Reach) -> dict[tuple[int, Direction], list[Policy]]:
        return self._narrow_holding if reach is self.scene.narrow else self._wide_holding

    def allows_all(self, endpoint: int, direction: Direction) -> bool:
        """Return whether what holds *endpoint* in *direction* allows everything, and denies nothing."""
        held = self._held_by(endpoint, direction)
        sides = [one.ingress if direction is Direction.INGRESS else one.egress for one in held]
        rules = [rule for listed in sides for rule in listed or ()]
        return any(map(_is_everything, rules)) and all(rule.action is Action.ALLOW for rule in rules)

    @cached_property
    def _narrow_holding(self) -> dict[tuple[int, Direction], list[Policy]]:
        return _held(self.scene.narrow)

    @cached_property
    def _wide_holding(self) -> dict[tuple[int, Direction], list[Policy]]:
        return _held(self.scene.wide)

    @cached_property
    def _apps(self) -> dict[str, App]:
        apps = {} if self.intent is None else {str(app.key): app for app in self.intent.apps}
        return apps | {name: apps[app] for name, app in self.names.items() if name not in apps}

    @cached_property
    def _services(self) -> frozenset[str]:
        return frozenset(map(str, self.scene.cluster.services))

    @cached_property
    def _rendered(self) -> frozenset[str]:
        made = [one for one in self.scene.cluster.policies if one.spot and _is_rendered(body(one.spot))]
        return frozenset(map(str, made))

    @cached_property
    def _meant(self) -> dict[tuple[str, str], Spot]:
        services = self.intent.services if self.intent else ()
        return {(one.app.namespace, one.name): one.spot for one in services}

    @cached_property
    def _workloads(self) -> dict[str, Workload]:
        return {str(one): one for one in self.scene.cluster.workloads}


def _is_everything(rule: Rule) -> bool:
    return rule.peers is None and rule.ports is None and rule.requests is None and rule.lookups is None


def deciding(why: Explanation, other: Explanation | None) -> str:
    """Return the rules of *why* that open a connection, of the sides that are closed in *other*, or for other requests.

    None: of both sides.
    """
    sides = [("egress", why.egress), ("ingress", why.ingress)]
    if other is not None:
        sides = [
            each
            for each, then in zip(sides, (other.egress, other.ingress), strict=True)
            if not then.allows or then.passing != each[1].passing
        ]
    rules = [(word, *side.deciding[0]) for word, side in sides if side.deciding]
    return "; ".join(f"{_title(policy)}, {word} rule {rule.index}" for word, policy, rule in rules if rule)


def shown(place: Place) -> str:
    """Return *place* as `file:line:column`."""
    return f"{place.file}:{place.line}:{place.column}"


def at(spot: Spot | None) -> str:
    """Return the place of *spot*, nothing for None."""
    return shown(spot.value()) if spot else ""


def _is_rendered(written: object) -> bool:
    return bool(step(written, "metadata", "labels", MANAGED_BY) == "netgen")


def _title(policy: Policy) -> str:
    return f"{policy.kind} {policy}"


def _held(reach: Reach) -> dict[tuple[int, Direction], list[Policy]]:
    found: dict[tuple[int, Direction], list[Policy]] = {}
    for policy in reach.policies if reach.semantics.enforced else ():
        for direction, _, listed in policy.sides():
            held = reach.compilers.own.held(policy, listed=listed)
            for endpoint in dict.fromkeys((*held.isolates.ids, *held.allows.ids)):
                found.setdefault((endpoint, direction), []).append(policy)
    return found


def _is_open(flow: Flow, protocol: Protocol, port: int) -> bool:
    return not flow.ports or any(
        one.protocol == protocol and (one.port is None or one.port <= port <= (one.last or one.port))
        for one in flow.ports
    )


def _is(peer: Peer | Everybody, endpoint: Endpoint) -> bool:
    """Return whether *peer* means *endpoint*; of pods, addresses may always be meant."""
    if isinstance(peer, Everybody):
        return True
    if isinstance(peer, Entities | HostName):
        return is_meant(peer, endpoint)
    if isinstance(peer, Addresses):
        if not endpoint.is_pod and not endpoint.ranges:
            return is_everywhere(peer, endpoint)
        return endpoint.is_pod or any(_has(block.cidr, block.excluded, endpoint) for block in peer.blocks)
    if not endpoint.is_pod or peer.namespace not in {None, endpoint.namespace}:
        return False
    return selector(peer.selector).matches(endpoint.selectable)


def _has(cidr: str, excluded: Iterable[str], endpoint: Endpoint) -> bool:
    family, low, _ = endpoint.ranges[0]
    network = ip_network(cidr)
    if network.version != family:
        return False
    address = ip_address(low) if family == 4 else ip_address(low.to_bytes(16, "big"))
    return address in network and not any(address in ip_network(one) for one in excluded)
