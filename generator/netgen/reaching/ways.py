"""Where Services, Ingresses and routes of Gateways lead, for people who ask who reaches whom."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from netgen.evaluate.objects.model import Cluster
from netgen.evaluate.objects.ways import INGRESS, ServicePort
from netgen.evaluate.routes import Backend, Route, routes
from netgen.evaluate.sets import ALL_PORTS, PortSet
from netgen.problems import Problem
from netgen.records import record
from netgen.scene import Scene


@record
class Service:
    """A port of a Service, and the ports of workloads that it leads to; none where nobody can say."""

    service: str
    port: int
    protocol: str
    targets: tuple[tuple[str, int], ...]


@record
class Ingress:
    """A path of an Ingress, and the Service port behind it; or one of a route of a Gateway, which is of another *kind*.

    The *class_name* of that is the Gateway. *beside* are words for what it asks of a request, or does with it, besides.
    """

    ingress: str
    class_name: str
    host: str
    path: str
    path_type: str
    service: str
    port: int | str
    kind: str = INGRESS
    beside: str = ""


class Ways:
    """The Services and Ingresses of *scene*; with *led*, those that lead to an end of one of these names.

    Ingresses lead to the ends *entered*, bits, on *ports* as well: who asks about sources outside comes in by them.
    """

    def __init__(
        self, scene: Scene, led: Collection[str] | None, *, entered: int = 0, ports: PortSet = ALL_PORTS
    ) -> None:
        self._scene = scene
        self._led = led
        self._entered = entered
        self._ports = ports
        self._routes = routes(scene.cluster)

    def services(self) -> Iterator[Service]:
        """Yield each port of each Service."""
        by_port: dict[tuple[str, ServicePort], list[Backend]] = {}
        for one in self._routes.backends:
            by_port.setdefault((str(one.service), one.port), []).append(one)
        for service in self._scene.cluster.services:
            for port in service.ports:
                backends = by_port.get((str(service), port), [])
                if self._led is None or any(self._is_led(one) for one in backends):
                    targets = tuple(dict.fromkeys((str(one.workload), one.number) for one in backends))
                    yield Service(str(service), port.port, str(port.protocol), targets)

    def ingresses(self) -> Iterator[Ingress]:
        """Yield each path of each Ingress or route that leads to pods."""
        for ingress, rule in dict.fromkeys((one.ingress, one.rule) for one in self._routes.routes if self._leads(one)):
            where = ingress.class_name, rule.host, rule.path, rule.type
            service = "/".join(ingress.backend(rule))
            yield Ingress(str(ingress), *where, service, rule.port, ingress.kind, rule.beside)

    def _leads(self, route: Route) -> bool:
        one = route.backend
        is_entered = self._entered >> self._scene.universe.of(one.workload) & 1 and self._ports.has(
            one.protocol, one.number
        )
        return self._led is None or bool(is_entered) or self._is_led(one)

    def _is_led(self, backend: Backend) -> bool:
        return self._scene.names[self._scene.universe.of(backend.workload)] in (self._led or ())


def broken(cluster: Cluster) -> Iterator[Problem]:
    """Yield a warning for each link of *cluster*, as it was read, that leads nowhere."""
    for one in routes(cluster).broken:
        yield Problem("link-nowhere", one.spot.value() if one.spot else None, one.what)
