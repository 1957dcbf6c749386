"""The apps of a spec while they are made: each with its ports, and who of a party's apps has which port."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from netgen.annotations import unsafe
from netgen.evaluate.objects.model import Policy, Selector
from netgen.evaluate.objects.ways import IngressObject, ServiceObject
from netgen.evaluate.sets import PortSet
from netgen.importing.model import Party, Peer, Unsaid, has, numbers
from netgen.importing.parties import app_name
from netgen.source import Spot
from netgen.spec.forms.ports import port_name
from netgen.spec.forms.text import FormError
from netgen.verify.reading import body, items, step


class DraftPort(NamedTuple):
    """A port of an app; *name* is empty where it needs none."""

    name: str
    service: int
    container: int
    protocol: str
    app_protocol: str | None = None


Caller = Peer | Party
Shared = dict[str, dict[str, str]]
"""The annotations that all Services, Ingresses and policies of a namespace have."""
CLIENT_CONFIG = "kubectl.kubernetes.io/last-applied-configuration"


@dataclass(slots=True, eq=False)
class Draft:
    """An app: *service* is the one that it has in the manifests, if any; *exposed* are `expose` items.

    *calls* are ports of other drafts, or peers with a port; *accepts* has port names by caller.
    """

    name: str
    party: Party
    ports: tuple[DraftPort, ...] = ()
    service: ServiceObject | None = None
    calls: dict[tuple[Any, Any], None] = field(default_factory=dict)
    accepts: defaultdict[Caller, set[str]] = field(default_factory=lambda: defaultdict(set))
    exposed: list[object] = field(default_factory=list)
    overlaps: list[str] = field(default_factory=list)

    @property
    def namespace(self) -> str:
        """Return its namespace."""
        return self.party.namespace

    @property
    def selector(self) -> Selector:
        """Return the selector of its pods."""
        return self.party.selector

    @property
    def spot(self) -> Spot | None:
        """Return where the manifests have it."""
        found = [one.spot for one in (self.service, *self.party.workloads, *self.party.services) if one is not None]
        return found[0] if found else None

    def called(self, port: DraftPort, namespace: str) -> str:
        """Return *port* as an app of *namespace* calls it."""
        name = self.name if namespace == self.namespace else f"{self.namespace}/{self.name}"
        return name if len(self.ports) == 1 else f"{name}:{self.named(port)}"

    @staticmethod
    def named(port: DraftPort) -> str:
        """Return the name that *port* has for callers."""
        return port.name or (port.protocol.lower() if port.protocol != "TCP" else "main")


class Drafts:
    """The drafts of a party: the first is the app itself, the others are its further Services and ports."""

    def __init__(self, party: Party, shared: Shared, said: Unsaid) -> None:
        self.party = party
        self._said = said
        self.all: list[Draft] = []
        self.added: list[ServiceObject] = []
        own = shared.get(party.namespace, {})
        found = [(one, ports) for one in party.services if (ports := service_ports(one, party, said)) is not None]
        widest = max((_covered(ports, found) for _, ports in found), default=0)
        for service, ports in sorted(found, key=lambda one: (_covered(one[1], found) < widest, *_rank(one[0], party))):
            plain = service.type == "LoadBalancer" or annotations_of(service) == own
            added = not service.headless and service.type != "ClusterIP" and plain
            if self.all and added and _is_part(ports, self.all[0].ports):
                self.added.append(service)  # an exposure of the app gives it
            else:
                self._add(service.name if self.all else party.name, ports, service)
        if not self.all:
            self._add(party.name, (), None)

    def _add(self, name: str, ports: tuple[DraftPort, ...], service: ServiceObject | None) -> None:
        overlaps = [self.all[0].name] if self.all else []
        self.all.append(Draft(app_name(name) or name, self.party, ports, service, overlaps=overlaps))

    @property
    def main(self) -> Draft:
        """Return the app itself."""
        return self.all[0]

    def add_ports(self, wanted: list[tuple[str, int]]) -> None:
        """Give the app container ports that none of its Services has."""
        missing = sorted({one for one in wanted if self.find(*one) is None})
        if not missing:
            return
        names = self._names()
        ports = tuple(DraftPort(names.get(one) or _generic(one), one[1], one[1], one[0]) for one in missing)
        if len(ports) == 1 and self.main.service is None and not names.get(missing[0]):
            ports = (ports[0]._replace(name=""),)
        if self.main.service is None:
            self.main.ports = ports
        else:
            word = ports[0].name if len(ports) == 1 and ports[0].name else "ports"
            self._add(f"{self.party.name[:46]}-{word}", ports, None)

    def _names(self) -> dict[tuple[str, int], str]:
        """Return the names of the container ports, each used once."""
        found: dict[tuple[str, int], str] = {}
        for workload in self.party.workloads:
            for one in workload.ports:
                key = str(one.protocol), one.number
                if key not in found and one.name not in found.values() and _is_port_name(one.name):
                    found[key] = one.name
        return found

    def find(self, protocol: str, number: int) -> tuple[Draft, DraftPort] | None:
        """Return the app and its port that is *number* of its pods."""
        for draft in self.all:
            for port in draft.ports:
                if (port.protocol, port.container) == (protocol, number):
                    return draft, port
        return None

    def within(self, ports: PortSet) -> list[tuple[Draft, DraftPort]]:
        """Return the ports of the apps that are among *ports*, each number once."""
        found: dict[tuple[str, int], tuple[Draft, DraftPort]] = {}
        for draft in self.all:
            for port in draft.ports:
                if has(ports, port.protocol, port.container):
                    found.setdefault((port.protocol, port.container), (draft, port))
        return list(found.values())

    def declared(self) -> list[tuple[str, int]]:
        """Return the ports that the containers of the party declare."""
        found = set()
        for workload in self.party.workloads:
            for container in _containers(body(workload.spot)):
                for port in items(step(container, "ports")):
                    number, protocol = step(port, "containerPort"), step(port, "protocol") or "TCP"
                    if isinstance(number, int) and isinstance(protocol, str):
                        found.add((protocol, number))
        return sorted(found)


def _is_part(ports: tuple[DraftPort, ...], whole: tuple[DraftPort, ...]) -> bool:
    return {one[1:] for one in ports} <= {one[1:] for one in whole}


def _covered(ports: tuple[DraftPort, ...], found: list[tuple[ServiceObject, tuple[DraftPort, ...]]]) -> int:
    """Return how many other Services can be exposures of one that has *ports*."""
    others = ((one, other) for one, other in found if other is not ports)
    return sum(one.type in ("LoadBalancer", "NodePort") and _is_part(other, ports) for one, other in others)


def annotations_of(service: ServiceObject | IngressObject | Policy) -> dict[str, str]:
    """Return the annotations of *service*, without what kubectl keeps there and what only a Platform may allow."""
    found = step(body(service.spot), "metadata", "annotations")
    pairs = [pair for pair in found.items() if isinstance(pair[1], str)] if isinstance(found, dict) else []
    return {key: value for key, value in sorted(pairs) if key != CLIENT_CONFIG and not unsafe(key, value)}


def _rank(service: ServiceObject, party: Party) -> tuple[bool, bool, bool, str]:
    """Return how little *service* is the one that others of the party are beside."""
    return service.name != party.name, service.headless, service.type != "ClusterIP", service.name


def _containers(value: object) -> list[object]:
    for path in (("spec", "jobTemplate", "spec", "template", "spec"), ("spec", "template", "spec"), ("spec",)):
        found = items(step(value, *path, "containers"))
        if found:
            return found
    return []


def _generic(port: tuple[str, int]) -> str:
    protocol, number = port
    return f"{'p' if protocol == 'TCP' else protocol.lower() + '-'}{number}"


def _is_port_name(text: str) -> bool:
    try:
        return bool(port_name(text))
    except FormError:
        return False


def service_ports(service: ServiceObject, party: Party, said: Unsaid) -> tuple[DraftPort, ...] | None:
    """Return the ports of *service* with container numbers; None, and what is missing, where one is not known."""
    found: list[DraftPort] = []
    for index, port in enumerate(service.ports):
        container = port.target
        if isinstance(container, str):
            known = {
                one.number
                for workload in party.workloads
                for one in workload.ports
                if one.name == container and one.protocol is port.protocol and not one.passing
            }
            if len(known) != 1:
                what = "several numbers" if known else "no number that the manifests tell"
                message = f"the targetPort {container!r} of Service {service} has {what}; the Service is left out"
                said.add(port.spot, message, "keep this Service beside the spec")
                return None
            container = known.pop()
        written = step(body(service.spot), "spec", "ports", index, "appProtocol")
        word = written if isinstance(written, str) else None
        if service.headless and container != port.port:
            said.note(port.spot, f"the headless Service {service} is dialled on {container}, which is its target port")
        own = container if service.headless else port.port
        found.append(DraftPort(port.name, own, container, str(port.protocol), word))
    names = [one.name for one in found]
    if not found:
        said.add(service.spot, f"Service {service} has no ports; it is left out", "keep this Service beside the spec")
        return None
    if any(name and not _is_port_name(name) for name in names):
        said.add(service.spot, f"a port name of Service {service} is none that a spec takes; it is left out")
        return None
    return tuple(found)


def listed(ports: PortSet) -> list[tuple[str, int]]:
    """Return the ports of *ports* that can be written one by one."""
    return numbers(ports) or []
