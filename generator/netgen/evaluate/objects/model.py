"""The objects that decide who reaches whom, as values: workloads, namespaces and policies, and a whole cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from enum import StrEnum
from typing import NamedTuple

from netgen.evaluate.addresses import Block
from netgen.evaluate.objects.operators import Operator as Operator  # noqa: PLC0414 - selectors are values of here
from netgen.evaluate.objects.operators import holds_part
from netgen.evaluate.objects.ways import IngressObject, ServiceObject
from netgen.evaluate.sets import FIRST, LAST, Protocol
from netgen.problems import Place, Problem
from netgen.records import record
from netgen.source import Spot

NAME_LABEL = "kubernetes.io/metadata.name"
"""The label that the API server gives every namespace: its name."""
SERVICE_ACCOUNT = "io.cilium.k8s.policy.serviceaccount"
"""What Cilium's selectors call the service account of a pod, as if it were a label of it."""
_ACCOUNT = "service account"

Labels = tuple[tuple[str, str], ...]


class Expression(NamedTuple):
    """One item of matchExpressions; *values* are sorted, and empty for EXISTS and DOES_NOT_EXIST.

    What asks for a part of the value has that part alone. A label that is not there meets every NOT.
    """

    key: str
    operator: Operator
    values: tuple[str, ...] = ()

    def holds(self, value: str | None) -> bool:
        """Return whether a label of this *value* (None: no such label) meets the expression."""
        if self.operator is Operator.EXISTS:
            return value is not None
        if self.operator is Operator.DOES_NOT_EXIST:
            return value is None
        if self.operator is Operator.IN or self.operator is Operator.NOT_IN:
            return (value in self.values) == (self.operator is Operator.IN)
        return holds_part(self.operator, self.values[0], value)


class Selector(NamedTuple):
    """A label selector: all *labels* and all *expressions* must hold, so that an empty one selects everything.

    Both are sorted: two selectors that are written alike in another order are equal.
    """

    labels: Labels = ()
    expressions: tuple[Expression, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Return whether *labels* are selected."""
        return all(labels.get(key) == value for key, value in self.labels) and all(
            one.holds(labels.get(one.key)) for one in self.expressions
        )

    def asks(self) -> Iterator[Expression]:
        """Yield everything that is asked, the labels as expressions too."""
        for key, value in self.labels:
            yield Expression(key, Operator.IN, (value,))
        yield from self.expressions

    def __str__(self) -> str:
        shown = [f"{_ACCOUNT} {value}" if key == SERVICE_ACCOUNT else f"{key}={value}" for key, value in self.labels]
        return ", ".join([*shown, *(_shown(one) for one in self.expressions)]) or "everything"


def _shown(one: Expression) -> str:
    values = f" ({', '.join(one.values)})" if one.values else ""
    return f"{_ACCOUNT if one.key == SERVICE_ACCOUNT else one.key} {one.operator}{values}"


class NamedPort(NamedTuple):
    """A port of a container that has a *name*.

    *init*: of an init container; *passing*: of one that ends before the others start, and is no sidecar.
    """

    name: str
    protocol: Protocol
    number: int
    init: bool = False
    passing: bool = False


@record
class Workload:
    """What makes pods, or one pod: *labels* and *ports* are those of its pods, *addresses* what the status says.

    *unsure* has the label keys that the cluster sets on the pods to a value which the object does not tell; with
    *more_labels* it may set any other too. Pods of which nobody tells the names of their ports have *ports_known*
    false. *service_account* is None where nobody tells it.
    """

    kind: str
    namespace: str
    name: str
    labels: Labels
    ports: tuple[NamedPort, ...] = ()
    host_network: bool = False
    addresses: tuple[str, ...] = ()
    unsure: frozenset[str] = frozenset()
    more_labels: bool = False
    ports_known: bool = True
    spot: Spot | None = field(default=None, compare=False, repr=False)
    service_account: str | None = None

    @property
    def selectable(self) -> dict[str, str]:
        """Return all that selectors see of the pods: the labels, and as one more the service account."""
        labels = dict(self.labels)
        if self.service_account is not None:
            labels[SERVICE_ACCOUNT] = self.service_account
        return labels

    @property
    def untold(self) -> frozenset[str]:
        """Return the keys, among those that selectors see, of which nobody tells the value."""
        return self.unsure if self.service_account is not None else self.unsure | {SERVICE_ACCOUNT}

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@record
class Namespace:
    """A namespace and its *labels*, always with the one that is its name. It stands for an object that was given."""

    name: str
    labels: Labels
    spot: Spot | None = field(default=None, compare=False, repr=False)


def namespace(name: str, labels: Mapping[str, str], spot: Spot | None = None) -> Namespace:
    """Return the namespace *name* with *labels*, to which the API server adds its name."""
    return Namespace(name, tuple(sorted({**labels, NAME_LABEL: name}.items())), spot)


class Direction(StrEnum):
    """The side of a pod that a rule speaks of."""

    __hash__ = str.__hash__  # that of an Enum is a call, and these stand in most keys

    INGRESS = "ingress"
    EGRESS = "egress"


class PortRule(NamedTuple):
    """Ports of *protocol*: from *low* to *high*, or the one that the destination pod calls *name*.

    An empty name is some port of the protocol, and nobody tells which. Of OTHER it is a part: the types of ICMP are
    numbers there, which `sets.icmp` gives.
    """

    protocol: Protocol
    low: int = FIRST
    high: int = LAST
    name: str | None = None


class PodPeer(NamedTuple):
    """Pods that *pods* selects in the namespaces that *namespaces* selects; None is the policy's own namespace."""

    namespaces: Selector | None
    pods: Selector


class BlockPeer(NamedTuple):
    """The addresses of an ipBlock; without *pods*, those of pods are left out, which a CNI tells by their labels."""

    block: Block
    pods: bool = True


class Entity(StrEnum):
    """What a CNI knows by a name of its own: none of these is a pod with labels, and only WORLD is addresses."""

    __hash__ = str.__hash__  # that of an Enum is a call, and these stand in most keys

    HOST = "host"
    REMOTE_NODE = "remote-node"
    KUBE_APISERVER = "kube-apiserver"
    INGRESS = "ingress"
    HEALTH = "health"
    INIT = "init"
    UNMANAGED = "unmanaged"
    WORLD = "world"


class EntityPeer(NamedTuple):
    """One entity: WORLD is every address outside of the cluster, REMOTE_NODE every other node, the API server's too."""

    entity: Entity


@record
class NamePeer:
    """The addresses that were learned for the DNS names of *pattern*.

    It is in lower case, without a dot at its end; `*` in it stands for any characters of one label, and `**` at its
    beginning for one label or several.
    """

    pattern: str


Peer = PodPeer | BlockPeer | EntityPeer | NamePeer


class Action(StrEnum):
    """What a rule does with a connection that matches it; PASS leaves it to the next tier."""

    __hash__ = str.__hash__  # that of an Enum is a call, and these stand in most keys

    ALLOW = "allow"
    DENY = "deny"
    PASS = "pass"  # noqa: S105 - no password


class Tier(NamedTuple):
    """Policies that decide together, before those of a tier with a higher *order*; *name* is how people call it.

    *ordered*: the first rule that matches decides, in the order of the policies and of their rules. Else DENY beats
    ALLOW, and there is no PASS. What no rule decides is closed where a policy *isolates*, and else left to the next
    tier; behind the last one everything is open.
    """

    order: float = 0
    name: str = ""
    ordered: bool = False
    isolates: bool = True


PLAIN = Tier()
"""The tier of NetworkPolicy, and of the kinds that add to it."""


class Request(NamedTuple):
    """An HTTP rule: regular expressions of a whole *method*, *path* (its query with it) and *host*, empty for any.

    *headers* are as they are written, each of which must be there.
    """

    method: str = ""
    path: str = ""
    host: str = ""
    headers: tuple[str, ...] = ()


@record
class Rule:
    """One rule of a direction: *peers* None is everybody, *ports* None is every port of every protocol.

    No peers, (), is nobody, and no ports is none. *index* counts the rules of the direction from 0: those that allow
    and those that deny each from their own 0, and a written rule with several filters is as many rules of one index.

    What the rule allows may be filtered. *requests*: only these HTTP requests pass (any one of them), and nothing that
    is no HTTP; *lookups*: only DNS lookups of names in one of these patterns, which are those of NamePeer. None is
    whatever there is. Of two rules for a connection, the one without a filter lets everything through.
    """

    peers: tuple[Peer, ...] | None
    ports: tuple[PortRule, ...] | None
    index: int
    spot: Spot | None = field(default=None, compare=False, repr=False)
    action: Action = Action.ALLOW
    requests: tuple[Request, ...] | None = None
    lookups: tuple[str, ...] | None = None


Rules = tuple[Rule, ...]


@record
class Policy:
    """A policy over the pods that *subject* selects: what each direction allows them.

    None: the policy does not touch the direction; (): it allows nobody. *unlisted* has rules of a direction that
    `policyTypes` leaves out, which some CNIs heed. *scope* selects the namespaces of its pods by their labels; None is
    the policy's own. *entities* are held besides the pods, as far as a CNI has policies for them. *yielding* are
    directions that it has rules for and does not isolate: what it allows is open where others isolate, and what it
    denies is closed.

    A clusterwide policy has the namespace "", which is none, and always a scope. An object with several specs is as
    many policies of one name. In an ordered *tier* the policy with the lower *order* is asked first, of equal ones that
    whose name, namespace and kind come first.
    """

    kind: str
    namespace: str
    name: str
    subject: Selector
    ingress: Rules | None
    egress: Rules | None
    unlisted: tuple[tuple[Direction, Rules], ...] = ()
    spot: Spot | None = field(default=None, compare=False, repr=False)
    scope: Selector | None = None
    yielding: frozenset[Direction] = frozenset()
    entities: frozenset[Entity] = frozenset()
    tier: Tier = PLAIN
    order: float = 0

    def sides(self) -> Iterator[tuple[Direction, Rules, bool]]:
        """Yield each direction that has rules or is isolated, and whether `policyTypes` lists it."""
        if self.ingress is not None:
            yield Direction.INGRESS, self.ingress, True
        if self.egress is not None:
            yield Direction.EGRESS, self.egress, True
        for direction, rules in self.unlisted:
            yield direction, rules, False

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


@record
class Unknown:
    """Something that may decide who reaches whom and is not understood: *what* is a sentence, *fix* the way out."""

    what: str
    place: Place | None
    fix: str = ""


@record
class Cluster:
    """All that was read, each kind in the order of the documents. Nothing is proved while there are *unknowns*.

    *said* are warnings about the reading.
    """

    workloads: tuple[Workload, ...] = ()
    namespaces: tuple[Namespace, ...] = ()
    policies: tuple[Policy, ...] = ()
    services: tuple[ServiceObject, ...] = ()
    ingresses: tuple[IngressObject, ...] = ()
    unknowns: tuple[Unknown, ...] = ()
    said: tuple[Problem, ...] = field(default=(), compare=False)
