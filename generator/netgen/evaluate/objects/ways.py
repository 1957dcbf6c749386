"""The ways that lead to pods, as values: Services, Ingresses and the routes of Gateways."""

from __future__ import annotations

from dataclasses import field

from netgen.evaluate.sets import Protocol
from netgen.records import record
from netgen.source import Spot

INGRESS = "Ingress"
"""The kind that is no route of a Gateway."""


@record
class ServicePort:
    """A port of a Service; *target* is a number, or the name of a port of each pod."""

    name: str
    port: int
    target: int | str
    protocol: Protocol
    node_port: int | None
    spot: Spot | None = field(default=None, compare=False, repr=False)


@record
class ServiceObject:
    """A Service; *selector* None is one without (its endpoints come from elsewhere).

    What it takes from outside: *source_ranges* (empty: from everybody), *external_addresses*; *local_outside* and
    *local_inside*: what comes from there is led to pods of the same node only, and from outside shows its own address.
    *labels* are its own, and not those of its pods.
    """

    namespace: str
    name: str
    type: str
    selector: tuple[tuple[str, str], ...] | None
    headless: bool
    ports: tuple[ServicePort, ...]
    source_ranges: tuple[str, ...] = ()
    external_addresses: tuple[str, ...] = ()
    local_outside: bool = False
    local_inside: bool = False
    load_balancer_class: str = ""
    spot: Spot | None = field(default=None, compare=False, repr=False)
    labels: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@record
class IngressRule:
    """One path of an Ingress and its backend: *port* is the number or name of a port of the Service.

    An empty *host* is every host. The default backend has neither host nor path.

    Routes of a Gateway have more. The Service may be in *space*, another namespace than theirs, and without a *service*
    the path leads to none. *beside* says in words what is not evaluated and may decide: a header that must be there, a
    filter, other backends. A prefix is of the type Prefix for both.
    """

    host: str
    path: str
    type: str
    service: str
    port: int | str
    spot: Spot | None = field(default=None, compare=False, repr=False)
    space: str = ""
    beside: str = ""


@record
class IngressObject:
    """An Ingress of the class *class_name* (empty: the cluster's default class), or an object of another *kind*.

    That is a route of the Gateway API, an HTTPRoute, say. Its *class_name* is the Gateway to which it is attached,
    `infra/partner:https`: no class has a slash in its name. Of several, it is all of them.
    """

    namespace: str
    name: str
    class_name: str
    rules: tuple[IngressRule, ...]
    spot: Spot | None = field(default=None, compare=False, repr=False)
    kind: str = INGRESS

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"

    @property
    def titled(self) -> str:
        """Return it with its kind, as a message says it."""
        return f"{self.kind} {self}"

    @property
    def at(self) -> str:
        """Return its class or Gateway, as a message says it; nothing for an Ingress of the default class."""
        if self.kind != INGRESS:
            return f"Gateway {self.class_name}"
        return f"class {self.class_name}" if self.class_name else ""

    @property
    def doors(self) -> tuple[tuple[str, str], ...]:
        """Return its class, or each Gateway and the listener there; an empty listener: perhaps all of them."""
        if self.kind != INGRESS:
            return tuple(door_of(one.partition(" port ")[0]) for one in self.class_name.split(", "))
        return (door_of(self.class_name),)

    def backend(self, rule: IngressRule) -> tuple[str, str]:
        """Return namespace and name of the Service to which *rule*, one of its own, leads."""
        return rule.space or self.namespace, rule.service


def door_of(text: str) -> tuple[str, str]:
    """Return the class or Gateway that *text* names, and the listener; empty where it names none."""
    whole, _, section = text.partition(":")
    return whole, section
