"""Random Intents for Cilium, by values: everything that its backend writes, whatever the language says of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

from intents import SPOT, app, intent
from netgen.intent import (
    EVERY_POD,
    EVERYBODY,
    Addresses,
    App,
    AppKey,
    Block,
    Denial,
    Entities,
    Entity,
    Everybody,
    Expression,
    Flow,
    HostName,
    Intent,
    IsolatedNamespace,
    Peer,
    Pods,
    PortMatch,
    Request,
    Selector,
)
from writing import chance_of

NAMESPACES = ("shop", "pay", "n")
NAMES = ("web", "api", "db")
ACCOUNTS = ("front", "back")
SYSTEM = "kube-system"
DNS = Pods(SYSTEM, Selector((("k8s-app", "kube-dns"),)))
LOOKUPS = (PortMatch("TCP", 53), PortMatch("UDP", 53))
SELECTORS = (
    Selector((("app", "a"), ("tier", "x"))),
    Selector(expressions=(Expression("app", "In", ("a", "b")),)),
    Selector(expressions=(Expression("app", "Exists"),)),
    Selector((("app", "a"),), (Expression("tier", "NotIn", ("y",)),)),
    Selector((("app", "b"),), (Expression("tier", "DoesNotExist"),)),
)
BLOCKS = (
    Addresses((Block("203.0.113.0/24"),)),
    Addresses((Block("0.0.0.0/0", ("10.0.0.0/8", "203.0.113.128/25")), Block("::/0", ("2001:db8::/48",)))),
    Addresses((Block("10.20.0.0/16"), Block("198.51.100.9/32"))),
    Addresses((Block("2001:db8::/32", ("2001:db8:1::/48",)),)),
)
ENTITIES = (
    (Entity.WORLD,),
    (Entity.REMOTE_NODE, Entity.WORLD),
    (Entity.HOST, Entity.REMOTE_NODE),
    (Entity.KUBE_APISERVER,),
    (Entity.INGRESS,),
)
HOSTS = ("api.example.com", "example.com", "*.example.com", "*.eu.example.com")
METHODS = ((), (), ("GET",), ("GET", "POST"), ("DELETE",))
PATHS = ("/", "/**", "/orders", "/orders/**", "/orders/*", "/*/7/**", "/a.b", "/orders/*/lines")
PORTS = ((), (80,), (8080,), (80, 8080), (443,))


class Maker:
    """Makes one Intent."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.apps: list[App] = []
        self.flows: list[Flow] = []

    def intent(self) -> Intent:
        """Return the Intent."""
        keys = [AppKey(space, name) for space in NAMESPACES for name in NAMES]
        self.apps = [self.app(key) for key in sorted(self.chance.sample(keys, self.chance.randint(2, 5)))]
        for one in self.apps:
            self.flows += [self.inward(one) for _ in range(self.chance.randint(0, 3) if one.ingress else 0)]
            if one.egress:
                self.flows += [self.outward(one) for _ in range(self.chance.randint(0, 3))]
                self.look_up(one)
        spaces = [one.key.namespace for one in self.apps]
        closed = [self.chance.choice(spaces)] if self.chance.random() < 0.2 else []
        denials = [self.denial(number) for number in range(self.chance.choice((0, 1, 2, 3)))]
        return intent(
            apps=tuple(self.apps),
            flows=tuple(self.flows),
            isolated=tuple(
                IsolatedNamespace(one, "doc", (), (), SPOT, staged=self.chance.random() < 0.2) for one in closed
            ),
            denials=tuple(denials),
            cni="cilium",
        )

    def app(self, key: AppKey) -> App:
        """Return an app, mostly isolated in both directions."""
        selector = Selector((("app", key.name),))
        if self.chance.random() < 0.5:
            selector = self.chance.choice(SELECTORS)
        if self.chance.random() < 0.2:
            selector = selector._replace(account=self.chance.choice(ACCOUNTS))
        ways = self.chance.choice(((True, True),) * 5 + ((True, False), (False, True), (False, False)))
        return replace(app(key), selector=selector, ingress=ways[0], egress=ways[1], staged=self.chance.random() < 0.1)

    def inward(self, target: App) -> Flow:
        """Return a flow whose ingress half *target* holds."""
        source = self.peer([self.pods, self.pods, self.pods, self.block, self.entities])
        ports = self.ports()
        if source is EVERYBODY:
            ports = ()
        asked = ports if ports and all(one.protocol == "TCP" and one.port and not one.last for one in ports) else ()
        requests = self.requests() if asked and self.chance.random() < 0.6 else ()
        return Flow(source, target.pods, ports, None, target.key, "in", "", SPOT, requests=requests)

    def outward(self, source: App) -> Flow:
        """Return a flow whose egress half *source* holds."""
        target = self.peer([self.pods, self.pods, self.block, self.entities, self.host])
        ports = () if target is EVERYBODY else self.ports()
        return Flow(source.pods, target, ports, source.key, None, "out", "", SPOT)

    def look_up(self, source: App) -> None:
        """Let *source* look up names, and listen where it calls some."""
        named = any(one.source_app == source.key and isinstance(one.target, HostName) for one in self.flows)
        if named or self.chance.random() < 0.5:
            self.flows.append(Flow(source.pods, DNS, LOOKUPS, source.key, None, "DNS", "", SPOT, looks_up=named))

    def peer(self, kinds: list[Callable[[], Peer]]) -> Peer | Everybody:
        """Return one end of a flow."""
        return EVERYBODY if self.chance.random() < 0.04 else self.chance.choice(kinds)()

    def pods(self) -> Pods:
        """Return an app's pods, all of a namespace, all there are, or some by labels that no app has."""
        found = self.chance.choice(self.apps).pods
        kinds = (found, found, Pods(found.namespace), Pods(None), Pods(None, found.selector), DNS)
        return self.chance.choice(kinds)

    def block(self) -> Addresses:
        """Return addresses."""
        return self.chance.choice(BLOCKS)

    def entities(self) -> Entities:
        """Return some entities."""
        return Entities(self.chance.choice(ENTITIES))

    def host(self) -> HostName:
        """Return names outside the cluster."""
        return HostName(self.chance.choice(HOSTS))

    def ports(self) -> tuple[PortMatch, ...]:
        """Return ports as flows have them: some by number, a range, all of a protocol, and all there are."""
        protocol = self.chance.choice(("TCP", "TCP", "TCP", "UDP", "SCTP"))
        kinds: tuple[tuple[PortMatch, ...], ...] = (
            *(tuple(PortMatch(protocol, number) for number in numbers) for numbers in PORTS),
            (PortMatch("TCP", 80), PortMatch("UDP", 80)),
            (PortMatch(protocol, 8000, 8100),),
            (PortMatch(protocol),),
        )
        return self.chance.choice(kinds)

    def requests(self) -> tuple[Request, ...]:
        """Return HTTP rules."""
        paths = self.chance.sample(PATHS, self.chance.randint(1, 2))
        return tuple(sorted(Request(self.chance.choice(METHODS), path) for path in paths))

    def denial(self, number: int) -> Denial:
        """Return a claim that is denied; nobody denies the node of a pod its own pods."""
        direction = self.chance.choice(("ingress", "egress"))
        subject = self.chance.choice((self.chance.choice(self.apps).pods, self.pods(), Pods(None), self.others()))
        kinds = [self.pods, self.chosen, self.chosen, self.block, self.others, lambda: Entities((Entity.WORLD,))]
        peers = tuple(self.chance.choice(kinds)() for _ in range(self.chance.randint(1, 2)))
        return Denial(f"doc.never.{number}", subject, direction, peers, self.ports(), (), (), "a -> b", "", SPOT)

    def chosen(self) -> Pods:
        """Return some pods of a namespace by labels, now and then by their account too."""
        account = self.chance.choice(("", "", *ACCOUNTS))
        selector = self.chance.choice(SELECTORS)._replace(account=account)
        return Pods(self.chance.choice(self.apps).key.namespace, selector)

    def others(self) -> Pods:
        """Return the pods of all namespaces but one."""
        return Pods(None, EVERY_POD, (SYSTEM,))


def random_intent(seed: str) -> Intent:
    """Return the Intent that *seed* stands for."""
    return Maker(chance_of(seed)).intent()
