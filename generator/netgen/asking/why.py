"""Why a connection is open or closed: both sides, the spec, the name to dial, and what would open it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from netgen.asking.advice import Meant, lines
from netgen.asking.forbidding import forbidding
from netgen.asking.parties import Aim, Party
from netgen.evaluate.endpoints import Kind
from netgen.evaluate.explain import Explanation, Side, explain
from netgen.evaluate.objects.model import Policy, Rule
from netgen.evaluate.routes import Backend
from netgen.problems import Place
from netgen.records import record
from netgen.scene import INTERNET, Scene
from netgen.scene.ends import Ends
from netgen.verify.requests import in_words


@record
class Pair:
    """One source and one aim of a question."""

    source: Party
    aim: Aim

    @property
    def ends(self) -> tuple[int, int]:
        """Return source and target as endpoints."""
        return self.source.end, self.aim.party.end

    @property
    def is_itself(self) -> bool:
        """Return whether both ends are one single pod, which reaches itself without a network."""
        workload = self.source.workload
        return workload is not None and workload.kind == "Pod" and workload == self.aim.party.workload

    @property
    def without_family(self) -> tuple[str, str, str]:
        """Return source, target and port; both families of the internet are the same."""
        return self.source.without_family, self.aim.party.without_family, self.aim.port

    def with_internet(self, party: Party) -> Pair:
        """Return the same with *party* where the internet is."""
        if self.source.without_family == INTERNET:
            return replace(self, source=party)
        return replace(self, aim=replace(self.aim, party=party))


@record
class Why:
    """The reasons in *scene*; *spec* is what specs say, where they were given.

    *placed*: the manifests are in files, whose lines are told. *through*: URLs by which the pods are reached, whatever
    policies say of the source.
    """

    scene: Scene
    ends: Ends
    spec: Meant | None
    placed: bool = True
    through: tuple[str, ...] = ()

    def lines(self, pair: Pair, is_open: bool) -> Iterator[str]:  # noqa: FBT001 - a value like the others
        """Yield the reasons for *pair*, which is certainly open or not."""
        source, target = pair.ends
        protocol, port = pair.aim.protocol, pair.aim.number
        if pair.is_itself:
            yield "a pod always reaches itself, whatever policies say"
            return
        reach = self.scene.narrow if is_open else self.scene.wide
        found = explain(reach, source, target, protocol, port)
        sure = explain(self.scene.narrow, source, target, protocol, port)
        yield from self._side("egress", pair.source.name, source, (found.egress, sure.egress))
        yield from self._side("ingress", pair.aim.party.name, target, (found.ingress, sure.ingress))
        if Kind.NODE in (self.scene.universe.endpoints[end].kind for end in (source, target)):
            yield "a node always reaches the pods that it runs, whatever policies say"
        meant = None if self.spec is None else self.spec.reach(is_open)
        said = None if meant is None else explain(meant, source, target, protocol, port)
        if said is not None:
            yield from lines(said, found.allowed)
        yield from self._dial(pair, self.scene.universe.endpoints[source].kind)
        if not self.through and not found.allowed and (said is None or not said.allowed):
            yield from self._opening(pair, source, target, found)

    def _side(self, word: str, name: str, end: int, sides: tuple[Side, Side]) -> Iterator[str]:
        """Yield what one end says, by the reading that decides and by the narrow one."""
        side, sure = sides
        head = f"{word} of {name}: {'' if side.allows == sure.allows else 'perhaps '}"
        if not side.governed:
            yield f"{head}not governed, {self._ungoverned(end)}"
        elif side.denies:
            for policy, rule in side.deciding:
                yield f"{head}closed by {self._cited(policy, rule, word)}, which denies this"
        elif not side.isolated and not side.deciding:
            yield f"{head}open, no policy isolates it"
        elif side.allows:
            for policy, rule in side.deciding:
                yield f"{head}open by {self._cited(policy, rule)}{_passing(rule)}"
            # Nothing decides it where an isolated pod lets in the node that runs it.
            yield from () if side.deciding else (f"{head}open to its own node, where nothing denies it",)
        else:
            for policy, _ in side.deciding:
                yield f"{head}closed by {self._cited(policy, None)}, no rule of which allows this"

    def _cited(self, policy: Policy, rule: Rule | None, denied: str = "") -> str:
        """Return *policy* with its *rule*: one that denies, at the side *denied*, is of a section of its own.

        It is not where rules have an order.
        """
        section = f"{denied}Deny " if denied and not policy.tier.ordered else ""
        spot = rule.spot if rule is not None else policy.spot
        where = f" ({at(spot.value())})" if spot is not None and self.placed else ""
        return f"{policy.kind} {policy}{'' if rule is None else f', {section}rule {rule.index}'}{where}"

    def _ungoverned(self, end: int) -> str:
        one = self.scene.universe.endpoints[end]
        if not self.scene.narrow.semantics.enforced:
            return f"{self.scene.cni} enforces no NetworkPolicy"
        if one.kind is Kind.ENTITY:
            return "policies hold pods, not nodes"
        return "a pod on the host network" if one.host_network else "policies hold pods, not addresses"

    def _dial(self, pair: Pair, source: Kind) -> Iterator[str]:
        """Yield the names under which Services bring this port, or for addresses outside where they take it."""
        if not self.scene.universe.endpoints[pair.aim.party.end].is_pod:
            return
        leading = [one for one in self.ends.backends if self._leads_to(one, pair.aim)]
        if source is not Kind.ADDRESSES and not self.through:
            names = [f"{one.service.name}.{one.service.namespace}.svc:{one.port.port}" for one in leading]
            found = [f"{name} (Service {one.service})" for name, one in zip(names, leading, strict=True)]
        else:
            found = [*self.through, *(way for one in leading if source is Kind.ADDRESSES for way in _from_outside(one))]
        outside = " from outside of the cluster" if source is Kind.ADDRESSES else ""
        nothing = f"no Service among the manifests leads to this port{outside}"
        yield from (f"dial: {way}" for way in dict.fromkeys(found or [nothing]))

    @staticmethod
    def _leads_to(one: Backend, aim: Aim) -> bool:
        return one.workload == aim.party.workload and (one.protocol, one.number) == (aim.protocol, aim.number)

    def _opening(self, pair: Pair, source: int, target: int, found: Explanation) -> Iterator[str]:
        claim = forbidding(self.spec.intent, self.scene, pair.source, pair.aim) if self.spec else None
        if claim is not None:
            yield f"the spec forbids it: never {claim.title} ({at(claim.spot.value())})"
        denials = list(self._denials(found))
        yield from denials
        if claim is not None or denials:
            return
        if self.spec is not None:
            ends = (self.scene.universe.endpoints[source], self.scene.universe.endpoints[target])
            yield f"to open it: {self.spec.advice(pair.source.name, *ends, pair.aim)}"
            return
        if not found.egress.allows:
            yield f"to open it: a policy of {pair.source.name} whose egress allows {pair.aim}"
        if not found.ingress.allows:
            whom = f"{pair.source.name} on {pair.aim.port}"
            yield f"to open it: a policy of {pair.aim.party.name} whose ingress allows {whom}"

    def _denials(self, found: Explanation) -> Iterator[str]:
        """Yield what stands in the way whatever else allows a connection."""
        for word, side in (("egress", found.egress), ("ingress", found.ingress)):
            for policy, rule in side.deciding if side.denies else ():
                yield f"nothing opens it while {self._cited(policy, rule, word)} denies it"


def _passing(rule: Rule | None) -> str:
    """Return what passes by *rule*, where that is not everything."""
    if rule is None or (rule.requests is None and rule.lookups is None):
        return ""
    from netgen.evaluate.filters import passing  # noqa: PLC0415 - few clusters have policies with requests

    found = passing(rule)
    return "" if found is None else f", for some requests only: {in_words((found,))}"


def _from_outside(backend: Backend) -> Iterator[str]:
    """Yield where a Service takes connections from outside; the pods see who dials only where it says so."""
    service, port = backend.service, backend.port
    seen = "" if service.local_outside else ": its pods may see the address of a node instead"
    if service.type == "LoadBalancer":
        yield f"port {port.port} of the load balancer (Service {service}{seen})"
    if service.type == "NodePort":
        yield f"port {port.node_port or 'that the cluster picks'} of any node (Service {service}{seen})"
    yield from (f"{address}:{port.port} (Service {service}{seen})" for address in service.external_addresses)


def at(place: Place) -> str:
    """Return *place* in a few characters."""
    return f"{place.file}:{place.line}"
