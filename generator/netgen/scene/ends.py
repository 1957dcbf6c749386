"""Names back to the ends of connections: what a person types, looked up in a scene."""

from __future__ import annotations

from functools import cached_property
from ipaddress import ip_address

from netgen.evaluate.endpoints import Endpoint
from netgen.evaluate.objects.model import Labels, Selector
from netgen.evaluate.objects.ways import ServiceObject, ServicePort
from netgen.evaluate.routes import Backend, Routes, routes
from netgen.evaluate.sets import FIRST, LAST, NO_PORTS, PortSet, Protocol, mask_of, ports
from netgen.problems import NetgenError, Problem
from netgen.scene import INTERNET, Scene
from netgen.spec.forms.text import shown, suggestion

ANY = "any"
PROTOCOLS = {"tcp": Protocol.TCP, "udp": Protocol.UDP, "sctp": Protocol.SCTP}


class Ends:
    """The ends of *scene* by every name that they have."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    def find(self, text: str) -> int:
        """Return the ends that *text* means, as bits.

        It is a name as it is printed, that of a workload or Service (without the namespace where it has one only),
        `shop/*`, `shop/tier=cache` (who wears that label), `internet`, `any`, an address, or a DNS name that policies
        speak of. NetgenError for any other, which says too what was not understood: there it may be.
        """
        found = self._words(text) or self._named.get(text, 0) | self._wearing(text) or self._of_service.get(text, 0)
        if not found and is_address(text):
            found = self._at(text)
        if not found and "/" not in text:
            found = self._bare.get(text, 0) or self._learned(text)
        if not found:
            raise NetgenError([self.unknown(text), *self.scene.unproven()])
        return found

    def unknown(self, text: str) -> Problem:
        """Return the problem that nothing is called *text*."""
        services = self.scene.cluster.services
        called = next((one for one in services if text in (one.name, str(one))), None)
        if called is not None:
            return self.astray(called)
        names = (*self._named, *(str(service) for service in services), INTERNET)
        near = suggestion(text, names) or suggestion(text.rpartition("/")[2], tuple(self._bare))
        fix = "write namespace/name, namespace/key=value, namespace/*, internet, or an address"
        if _looks_like_host(text):
            message = f"nothing among the manifests is called {shown(text)}, and no policy names such a host outside"
            fix = "ask about internet, or an address that the host has; a pod is namespace/name"
            return Problem("unknown-end", None, message, fix=fix)
        return Problem("unknown-end", None, f"nothing among the manifests is called {shown(text)}{near}", fix=fix)

    @staticmethod
    def astray(service: ServiceObject, port: ServicePort | None = None) -> Problem:
        """Return the problem that *service*, or its *port*, leads to no pods of the scene."""
        what, fix = "leads to no pods that the manifests tell of", "give the workloads as well"
        if service.type == "ExternalName":
            what, fix = "is another name for something outside", "ask about the address that it has"
        elif service.selector is None:
            what, fix = "selects no pods: its endpoints are written elsewhere", "ask about their addresses"
        elif port is not None and isinstance(port.target, str):
            what = f"leads to the port {shown(port.target)} of its pods, and no workload says its number"
        return Problem("unknown-end", None, f"the Service {service} {what}", fix=fix)

    def _words(self, text: str) -> int:
        if text == ANY:
            return (1 << len(self.scene.names)) - 1
        return self.scene.internet if text == INTERNET else 0

    def _at(self, text: str) -> int:
        index = self.scene.universe.at(text)
        if index is None:
            message = f"only a pod that no manifest tells of can have the address {text}"
            raise NetgenError([Problem("unknown-end", None, message, fix="write the name or the labels of the pod")])
        return 1 << index

    def _learned(self, text: str) -> int:
        """Return what was learned for the DNS name *text*, where some pattern of a policy matches it."""
        universe = self.scene.universe
        ends = (universe.name(text, family) for family in (4, 6)) if "." in text and "*" not in text else ()
        return mask_of({end for end in ends if end is not None})

    def _wearing(self, text: str) -> int:
        """Return the pods of a namespace (`shop/*`), or those of them that wear some labels."""
        namespace, slash, rest = text.partition("/")
        labels = labels_of(rest)
        if not slash or (rest != "*" and labels is None):
            return 0
        selector = Selector(labels or ())
        found = 0
        for index, one in enumerate(self.scene.universe.endpoints):
            if one.is_pod and one.namespace == namespace and _wears(one, selector):
                found |= 1 << index
        return found

    @cached_property
    def _named(self) -> dict[str, int]:
        """Return the ends by their printed names, and by those of workloads."""
        found: dict[str, int] = {}
        for index, (name, one) in enumerate(zip(self.scene.names, self.scene.universe.endpoints, strict=True)):
            for each in {name, *(str(member) for member in one.members)}:
                found[each] = found.get(each, 0) | 1 << index
        return found

    @cached_property
    def ways(self) -> Routes:
        """Return where Services and Ingresses lead."""
        return routes(self.scene.cluster)

    @property
    def backends(self) -> tuple[Backend, ...]:
        """Return where Services lead."""
        return self.ways.backends

    @cached_property
    def _of_service(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for one in self.backends:
            index = self.scene.universe.of(one.workload)
            found[str(one.service)] = found.get(str(one.service), 0) | 1 << index
        return found

    @cached_property
    def _bare(self) -> dict[str, int]:
        """Return the same by the name alone."""
        found: dict[str, int] = {}
        for name, ends in (*self._named.items(), *self._of_service.items()):
            bare = name.rpartition("/")[2]
            found[bare] = found.get(bare, 0) | ends
        return found


def _wears(one: Endpoint, selector: Selector) -> bool:
    return selector.matches(dict(one.labels)) or any(selector.matches(dict(each.labels)) for each in one.members)


def labels_of(text: str) -> Labels | None:
    """Return the labels of `key=value,key2=value2`, each key once; None for a text of another form."""
    pairs = [pair.partition("=") for pair in text.split(",")]
    if not all(key and sign and "=" not in value for key, sign, value in pairs):
        return None
    labels = {key.strip(): value.strip() for key, _, value in pairs}
    return tuple(sorted(labels.items())) if len(labels) == len(pairs) else None


def is_address(text: str) -> bool:
    """Return whether *text* is an IP address."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def port_of(text: str) -> PortSet:
    """Return the ports that `8080` (of every protocol that has ports) or `8080/tcp` means; NetgenError for others."""
    number, slash, word = text.partition("/")
    is_number = number.isascii() and number.isdigit() and len(number) <= 5 and FIRST <= int(number) <= LAST
    if not is_number or (slash and word.lower() not in PROTOCOLS):
        fix = "write a number from 1 to 65535, and /tcp, /udp or /sctp for one protocol"
        raise NetgenError([Problem("bad-port", None, f"{shown(text)} is not a port", fix=fix)])
    found = NO_PORTS
    for protocol in [PROTOCOLS[word.lower()]] if slash else PROTOCOLS.values():
        found |= ports(protocol, int(number), int(number))
    return found


def _looks_like_host(text: str) -> bool:
    """Return whether *text* looks like a DNS name of something outside."""
    return "." in text and not set(text) & set("/=:*") and ".svc" not in text and text.rpartition(".")[2].isalpha()
