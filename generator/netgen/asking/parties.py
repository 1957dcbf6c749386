"""The two ends of a question, as a person writes them: `shop/web`, `shop/tier=cache`, `internet`, `shop/db:5432`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from netgen.asking.urls import service_of
from netgen.evaluate.objects.model import Workload
from netgen.evaluate.objects.ways import ServiceObject, ServicePort
from netgen.evaluate.sets import Protocol
from netgen.problems import NetgenError, Problem
from netgen.records import record
from netgen.scene import ASKED, INTERNET, Scene
from netgen.scene.ends import Ends, is_address, labels_of, port_of
from netgen.spec.forms.text import shown, suggestion

_Object = TypeVar("_Object", bound=Workload | ServiceObject)

WRITE_TARGET = "write namespace/name:port, namespace/key=value:port, internet:port, address:port or a URL"


@record
class Party:
    """An end called *name*: the endpoint *end*, and the workload where it is one of the manifests."""

    name: str
    end: int
    workload: Workload | None = None

    @property
    def without_family(self) -> str:
        """Return the name, which for both families of the internet is the same."""
        return INTERNET if self.name.startswith(f"{INTERNET} (") else self.name


@record
class Aim:
    """A port of *party*, as the pods have it."""

    party: Party
    protocol: Protocol
    number: int

    @property
    def port(self) -> str:
        """Return the port as text, `8080/TCP`."""
        return f"{self.number}/{self.protocol}"

    def __str__(self) -> str:
        return f"{self.party.name} on {self.port}"


def split(text: str) -> tuple[str, str]:
    """Return end and port of `shop/db:5432` and `[2001:db8::1]:443`; NetgenError where there is no port."""
    end, colon, port = text.rpartition(":")
    bracketed = end.startswith("[") and end.endswith("]")
    if not colon or not end or not port or is_address(text) or (":" in end and not bracketed):
        message = f"{shown(text)} has no port" if not bracketed else f"{shown(text)} is not an address and a port"
        raise NetgenError([Problem("bad-port", None, message, fix=WRITE_TARGET)])
    return end[1:-1] if bracketed else end, port


def asked_pod(text: str, namespace: str | None) -> Workload | None:
    """Return the pod that `shop/tier=cache` describes, None for a text of another form.

    *namespace* is that of a text which names none.
    """
    space, slash, rest = text.partition("/")
    if not slash or "." in space or "=" in space:
        space, rest = namespace or "", text
    labels = labels_of(rest)
    if labels is None or "<" in text:
        return None
    if not space:
        raise NetgenError(
            [Problem("unknown-end", None, f"{shown(text)} names no namespace", fix="write namespace/...")]
        )
    return Workload(ASKED, space, rest, labels, ports_known=False)


@dataclass(frozen=True)
class Parties:
    """The ends of *scene*; *asked* has the pods that were described by their labels, by the text that does so."""

    scene: Scene
    ends: Ends
    asked: dict[str, Workload]
    namespace: str | None

    def sources(self, text: str) -> tuple[Party, ...]:
        """Return the ends that *text* means: several for `internet`, and for a Service with several workloads."""
        if text in self.asked:
            return (self.party(self.asked[text]),)
        workload = self._workload(text)
        if workload is not None:
            return (self.party(workload),)
        service = self._service(text)
        if service is not None:
            return tuple(self.party(one) for one in self._behind(service))
        return tuple(self._plain(text))

    def aims(self, text: str, port: str) -> tuple[Aim, ...]:
        """Return what *port* of *text* is: of a Service, the ports of its pods that it leads to."""
        service = self._of_dns(text, port) if service_of(text) else None if text in self.asked else self._service(text)
        if service is not None:
            found = tuple(self._through(service, port))
            if found:
                return found
            astray = next((each for each in service.ports if _is_port(each, port)), None)
            if astray is not None:
                raise NetgenError([self.ends.astray(service, astray)])
        ends = self.sources(text) if service is None or not service_of(text) else map(self.party, self._behind(service))
        return tuple(aim for party in ends for aim in self._direct(party, port))

    def _of_dns(self, text: str, port: str) -> ServiceObject:
        """Return the Service whose DNS name *text* is; NetgenError where there is none, or it does not have *port*."""
        name = service_of(text) or ""
        service = self._service(name)
        if service is None:
            near = suggestion(name, [str(one) for one in self.scene.cluster.services])
            message, fix = (
                f"there is no Service {name} among the manifests{near}",
                "write the name of one, or namespace/name",
            )
            raise NetgenError([Problem("unknown-end", None, message, fix=fix)])
        if not service.headless and not any(_is_port(one, port) for one in service.ports):
            numbers = ", ".join(f"{one.port}/{one.protocol}" for one in service.ports) or "none"
            message = f"the Service {name} has no port {shown(port)}"
            raise NetgenError(
                [Problem("unknown-port", None, message, (f"its ports: {numbers}",), "write one of its ports")]
            )
        return service

    def _through(self, service: ServiceObject, text: str) -> Iterator[Aim]:
        for one in self.ends.backends:
            if one.service == service and _is_port(one.port, text):
                yield Aim(self.party(one.workload), one.protocol, one.number)

    def _direct(self, party: Party, text: str) -> Iterator[Aim]:
        if _is_number(text):
            # Without a protocol TCP is meant, as everywhere in Kubernetes.
            protocol, number = port_of(text if "/" in text else f"{text}/tcp").first()
            yield Aim(party, protocol, number)
            return
        names = party.workload.ports if party.workload is not None else ()
        found = [one for one in names if one.name == text and not one.passing]
        if not found:
            near = suggestion(text, [one.name for one in names])
            fix = "write the number of the port"
            raise NetgenError([Problem("unknown-port", None, f"{party.name} has no port {shown(text)}{near}", fix=fix)])
        yield from (Aim(party, one.protocol, one.number) for one in found)

    def _plain(self, text: str) -> Iterator[Party]:
        found = self.ends.find(text)
        names = list(self.scene.named(found))
        if text == INTERNET:
            for index, one in enumerate(self.scene.names):
                if found >> index & 1:
                    yield Party(one, index)
        elif len(names) > 1:
            message = f"{shown(text)} is more than one end"
            fix = "ask about one of them"
            raise NetgenError([Problem("unknown-end", None, message, (f"they are {', '.join(names[:5])}",), fix)])
        else:
            yield Party(text, found.bit_length() - 1)

    def party(self, workload: Workload) -> Party:
        """Return *workload* as an end; of a pod that is only asked about, no manifest is known."""
        known = None if workload.kind == ASKED else workload
        return Party(str(workload), self.scene.universe.of(workload), known)

    def _workload(self, text: str) -> Workload | None:
        return _one(text, self._called(text, self.scene.cluster.workloads))

    def _service(self, text: str) -> ServiceObject | None:
        return _one(text, self._called(text, self.scene.cluster.services))

    def _called(self, text: str, objects: Sequence[_Object]) -> list[_Object]:
        if "/" in text:
            return [one for one in objects if str(one) == text]
        space = self._space(text)
        return [one for one in objects if one.name == text and one.namespace == space]

    def _space(self, name: str) -> str | None:
        """Return the namespace of what is called *name*: workloads and Services of one are the same to a person."""
        cluster = self.scene.cluster
        objects: list[Workload | ServiceObject] = [*cluster.workloads, *cluster.services]
        spaces = {one.namespace for one in objects if one.name == name}
        if self.namespace in spaces or not spaces:
            return self.namespace
        if len(spaces) > 1:
            message = f"{shown(name)} is {', '.join(f'{space}/{name}' for space in sorted(spaces))}"
            raise NetgenError([Problem("unknown-end", None, message, fix="write which one")])
        return spaces.pop()

    def _behind(self, service: ServiceObject) -> list[Workload]:
        found = dict.fromkeys(one.workload for one in self.ends.backends if one.service == service)
        if not found:
            raise NetgenError([self.ends.astray(service)])
        return list(found)


def _is_port(port: ServicePort, text: str) -> bool:
    return port_of(text).has(port.protocol, port.port) if _is_number(text) else port.name == text


def _is_number(text: str) -> bool:
    """Return whether a port is written as a number: a name may begin with digits too."""
    return text.partition("/")[0].isdigit()


def _one(text: str, found: list[_Object]) -> _Object | None:
    if len(found) > 1:
        kinds = [f"{one} ({one.kind})" if isinstance(one, Workload) else str(one) for one in found]
        message = f"{shown(text)} is {', '.join(kinds)}"
        raise NetgenError([Problem("unknown-end", None, message, fix="write which one, or its labels")])
    return found[0] if found else None
