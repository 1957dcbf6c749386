"""The two ends of a flow and what it opens: apps, pods, addresses, names; ports and requests. Values, and no more."""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import NamedTuple

Pairs = tuple[tuple[str, str], ...]
"""A map of text to text (labels, annotations) as pairs sorted by key."""


class Expression(NamedTuple):
    """One matchExpressions item of a LabelSelector: *operator* is In, NotIn, Exists or DoesNotExist."""

    key: str
    operator: str
    values: tuple[str, ...] = ()


class Selector(NamedTuple):
    """A LabelSelector; the empty one selects every pod, and only a word for "all" in a spec makes it.

    *account* is the service account that the pods run under besides, empty for any.
    """

    labels: Pairs = ()
    expressions: tuple[Expression, ...] = ()
    account: str = ""


EVERY_POD = Selector()


class Pods(NamedTuple):
    """The pods that *selector* matches in *namespace*; None stands for every namespace but those of *beyond*.

    Only what is denied is of every namespace but some.
    """

    namespace: str | None
    selector: Selector = EVERY_POD
    beyond: tuple[str, ...] = ()


class Block(NamedTuple):
    """The addresses of *cidr* without those of *excluded*, each of which lies strictly inside it."""

    cidr: str
    excluded: tuple[str, ...] = ()


class Addresses(NamedTuple):
    """A non-empty set of address blocks; *external* is the name that the platform gives it, empty for none.

    *shared*: it is the platform that speaks of the external, to all namespaces.

    Without *pods*, pods with such an address are left out, which only a CNI can that tells pods from addresses.
    """

    blocks: tuple[Block, ...]
    external: str = ""
    pods: bool = True
    shared: bool = False


class Entity(StrEnum):
    """What a CNI knows by a name of its own: none of these is a pod that labels select."""

    WORLD = "world"
    HOST = "host"
    REMOTE_NODE = "remote-node"
    KUBE_APISERVER = "kube-apiserver"
    INGRESS = "ingress"


class Entities(NamedTuple):
    """A non-empty, sorted set of entities."""

    names: tuple[Entity, ...]


class HostName(NamedTuple):
    """The addresses behind the DNS names of *pattern*: one name, or `*.example.com` for those at any depth below it."""

    pattern: str


Peer = Pods | Addresses | Entities | HostName


class Everybody(Enum):
    """Every pod, node and address, as one end of a flow: a rule that names no peers."""

    EVERYBODY = "everybody"


EVERYBODY = Everybody.EVERYBODY


class PortMatch(NamedTuple):
    """What a flow opens at the pod: one container port, or every port of *protocol* where *port* is None.

    With a *last* it is all ports from the one to the other.
    """

    protocol: str
    port: int | None = None
    last: int = 0


class Request(NamedTuple):
    """HTTP requests: those of one of the *methods*, sorted (none: any), for *path*, as netgen.paths reads it."""

    methods: tuple[str, ...]
    path: str


class Port(NamedTuple):
    """A port of an app: *service* is dialled, *container* listens; *protocol* is TCP, UDP or SCTP.

    With a *last* it is a range that begins with *container*, and no Service has it.
    """

    name: str
    service: int
    container: int
    protocol: str
    app_protocol: str | None = None
    last: int = 0

    @property
    def span(self) -> str:
        """Return the container port, or the range from it to the last, as text."""
        return f"{self.container}-{self.last}" if self.last else str(self.container)


class AppKey(NamedTuple):
    """The identity of an app: unique in a run."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"
