"""A Connectivity document in its one long form."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from netgen.intent import Pairs, Selector
from netgen.problems import Place, Problem
from netgen.source import Spot
from netgen.spec.forms.addresses import cidr
from netgen.spec.forms.exposures import Exposure, read_exposures
from netgen.spec.forms.ports import PortForm, PortWord, port_name, port_word, read_port
from netgen.spec.forms.selectors import read_select, stable_key
from netgen.spec.forms.sides import Kind, Side, caller, target
from netgen.spec.forms.text import FormError, parsed, shown

_METHOD = "GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH"
_HTTP_RULE = re.compile(rf"(?:\S+ +)?(?:{_METHOD})(?:[|](?:{_METHOD}))*(?: +/\S*)?", re.ASCII)
"""A rule of a later version: `[PORT ]METHOD[|METHOD] [PATH]` (the methods of RFC 9110 and RFC 5789)."""


@dataclass(frozen=True, slots=True)
class CallForm:
    """One entry of `calls`; *ports* are those it writes, empty where it leaves them out.

    *spot* is the text that names the target; *listed* is each port's own where it stands under `ports`.
    """

    side: Side
    ports: tuple[PortWord, ...]
    why: str
    spot: Spot = field(compare=False, repr=False)
    listed: tuple[Spot, ...] = field(default=(), compare=False, repr=False)

    @property
    def place(self) -> Place:
        """Return where the target is named."""
        return self.spot.value()

    def port_place(self, word: PortWord) -> Place:
        """Return where *word*, one of the ports, is written."""
        if self.listed:
            return self.listed[self.ports.index(word)].value()
        return self.spot.value(len(str(self.side)) + 1)


@dataclass(frozen=True, slots=True)
class GrantForm:
    """One entry of `accepts`; *ports* are port names, empty for all ports of the app.

    *spot* is the text that names the caller, a key where *keyed*; *listed* is that of each port.
    """

    side: Side
    ports: tuple[str, ...]
    why: str
    spot: Spot = field(compare=False, repr=False)
    listed: tuple[Spot, ...] = field(compare=False, repr=False)
    keyed: bool = field(compare=False, repr=False)

    @property
    def place(self) -> Place:
        """Return where the caller is named."""
        return self.spot.key() if self.keyed else self.spot.value()


@dataclass(frozen=True, slots=True)
class ServiceForm:
    """The app's own Service; *name* is None where it is the app's, *affinity_seconds* as in netgen.intent.Service."""

    name: str | None = None
    headless: bool = False
    affinity_seconds: int | None = None
    annotations: Pairs = ()


@dataclass(frozen=True, slots=True)
class AppForm:
    """An app; *service* is None for `service: false`, *selector* None where the default label applies.

    *unclear* says that a part of it could not be read, so that what follows from it is not reported as well.
    """

    name: str
    ports: tuple[PortForm, ...]
    selector: Selector | None
    calls: tuple[CallForm, ...]
    accepts: tuple[GrantForm, ...]
    exposures: tuple[Exposure, ...]
    service: ServiceForm | None
    ingress: bool
    egress: bool
    dns: bool
    host_network: bool
    overlaps: tuple[str, ...]
    why: str
    unclear: bool
    spot: Spot = field(compare=False, repr=False)

    @property
    def place(self) -> Place:
        """Return where the app is named."""
        return self.spot.key()


@dataclass(frozen=True, slots=True)
class PeerForm:
    """A named peer that no policy holds: pods (*namespace* and *selector*), or addresses (*cidr*)."""

    name: str
    namespace: str
    selector: Selector
    cidr: str
    spot: Spot = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ConnectivityForm:
    """A Connectivity document."""

    name: str
    namespace: str
    labels: Pairs
    annotations: Pairs
    apps: tuple[AppForm, ...]
    peers: tuple[PeerForm, ...]
    select_by: str | None
    isolate_namespace: bool
    spot: Spot = field(compare=False, repr=False)


def read_connectivity(data: dict[str, Any], spot: Spot, found: list[Problem]) -> ConnectivityForm:
    """Return the long form of a document of the schema's shape; what is wrong in its short forms goes to *found*."""
    metadata = data["metadata"]
    return ConnectivityForm(
        name=metadata["name"],
        namespace=metadata["namespace"],
        labels=tuple(sorted(metadata.get("labels", {}).items())),
        annotations=tuple(sorted(metadata.get("annotations", {}).items())),
        apps=tuple(_app(name, item, spot.at("apps", name), found) for name, item in data.get("apps", {}).items()),
        peers=tuple(_peer(name, item, spot.at("peers", name), found) for name, item in data.get("peers", {}).items()),
        select_by=_select_by(data.get("selectBy"), spot.at("selectBy"), found),
        isolate_namespace=data.get("isolate") == "namespace",
        spot=spot,
    )


def _select_by(key: str | None, spot: Spot, found: list[Problem]) -> str | None:
    return None if key is None else parsed(stable_key, key, spot, found)


def _app(name: str, value: Any, spot: Spot, found: list[Problem]) -> AppForm:
    before = len(found)
    if isinstance(value, dict):
        ports = _ports(value, spot, found)
    else:
        port = read_port(value, None, spot, found)
        ports, value = (port,) if port else (), {}
    form = _app_form(name, value, ports, spot, found)
    return form if len(found) == before else replace(form, unclear=True)


def _app_form(
    name: str, value: dict[str, Any], ports: tuple[PortForm, ...], spot: Spot, found: list[Problem]
) -> AppForm:
    isolate = value.get("isolate", "both")
    return AppForm(
        name=name,
        ports=ports,
        selector=read_select(value["select"], spot.at("select"), found) if "select" in value else None,
        calls=_calls(value.get("calls", []), spot.at("calls"), found),
        accepts=_grants(value.get("accepts", []), spot.at("accepts"), found),
        exposures=read_exposures(value["expose"], spot.at("expose"), found) if "expose" in value else (),
        service=_service(value.get("service", {})),
        ingress=isolate in ("ingress", "both"),
        egress=isolate in ("egress", "both"),
        dns=value.get("dns", True),
        host_network=value.get("hostNetwork", False),
        overlaps=tuple(sorted(value.get("overlaps", []))),
        why=value.get("why", ""),
        unclear=False,
        spot=spot,
    )


def _ports(value: dict[str, Any], spot: Spot, found: list[Problem]) -> tuple[PortForm, ...]:
    if "port" in value and "ports" in value:
        fix = "leave `port` out and give it a name under `ports`"
        message = "an app has `port` or `ports`, not both"
        found.append(Problem("duplicate-port", spot.at("port").key(), message, fix=fix))
    if "ports" in value:
        items = [(name, item, spot.at("ports", name)) for name, item in value["ports"].items()]
        for name, _, place in items:
            parsed(port_name, name, place, found)
    else:
        items = [(None, value["port"], spot.at("port"))] if "port" in value else []
    read = [read_port(item, name, place, found) for name, item, place in items]
    ports = tuple(port for port in read if port is not None)
    _check_distinct(ports, found)
    return ports


def _check_distinct(ports: tuple[PortForm, ...], found: list[Problem]) -> None:
    """Refuse two ports with one number and protocol: neither a Service nor a call could tell them apart."""
    seen: dict[tuple[int, str], PortForm] = {}
    for port in ports:
        first = seen.setdefault((port.service, port.protocol), port)
        if first is not port:
            message = f"{first.name} and {port.name} would both be port {port.service} of the app"
            fix = f"give one of them another service port, such as {_free(ports)} -> {port.container}"
            found.append(Problem("duplicate-port", port.spot.value(), message, fix=fix))


def _free(ports: tuple[PortForm, ...]) -> int:
    return max(port.service for port in ports) % 65535 + 1


def _service(value: Any) -> ServiceForm | None:
    if value is False:
        return None
    affinity = value.get("sessionAffinity", "None")
    seconds = affinity["clientIP"] if isinstance(affinity, dict) else {"ClientIP": 0, "None": None}[affinity]
    return ServiceForm(
        name=value.get("name"),
        headless=value.get("headless", False),
        affinity_seconds=seconds,
        annotations=tuple(sorted(value.get("annotations", {}).items())),
    )


def _calls(value: Any, spot: Spot, found: list[Problem]) -> tuple[CallForm, ...]:
    items = [(value, spot)] if isinstance(value, str) else [(item, spot.at(i)) for i, item in enumerate(value)]
    calls = [_call(item, place, found) for item, place in items]
    return tuple(call for call in calls if call is not None)


def _call(value: Any, spot: Spot, found: list[Problem]) -> CallForm | None:
    if isinstance(value, str):
        side = parsed(target, value, spot, found)
        if side is None or side.port is None:
            return CallForm(side, (), "", spot) if side else None
        return CallForm(replace(side, port=None), (side.port,), "", spot)
    place = spot.at("to")
    side = parsed(target, value["to"], place, found)
    written = value.get("ports", [])
    spots = [spot.at("ports", index) for index in range(len(written))]
    words = [parsed(port_word, str(item), at, found) for item, at in zip(written, spots, strict=True)]
    listed = [(word, at) for word, at in zip(words, spots, strict=True) if word is not None]
    if side is None or len(listed) < len(written):
        return None
    if listed and not _takes_ports(side, listed, spot.at("ports"), found):
        return None
    ports = (side.port,) if side.port else tuple(word for word, _ in listed)
    return CallForm(replace(side, port=None), ports, value.get("why", ""), place, tuple(at for _, at in listed))


def _takes_ports(side: Side, ports: list[tuple[PortWord, Spot]], spot: Spot, found: list[Problem]) -> bool:
    """Refuse `ports` of a long call where the target has its own, has none, or has no names for them."""
    before = len(found)
    if side.port:
        message = f"the port is named twice: after the target ({side.port}) and under `ports`"
        found.append(Problem("ambiguous-port", spot.key(), message, fix="leave one out"))
    elif side.kind is Kind.APISERVER:
        message = "cluster/apiserver has no port to choose"
        found.append(Problem("bad-target", spot.key(), message, fix="leave `ports` out"))
    elif side.kind is not Kind.APP:
        message = "pods without a spec have no port names"
        fix = "write the container port, such as 8080"
        found += [Problem("port-needed", at.value(), message, fix=fix) for word, at in ports if word.number is None]
    return len(found) == before


def _grants(value: Any, spot: Spot, found: list[Problem]) -> tuple[GrantForm, ...]:
    if isinstance(value, str):
        grants = [_grant(value, [], "", spot, found)]
    elif isinstance(value, dict):
        grants = [_mapped_grant(name, what, spot.at(name), found) for name, what in value.items()]
    else:
        grants = [_listed_grant(item, spot.at(index), found) for index, item in enumerate(value)]
    return tuple(grant for grant in grants if grant is not None)


def _mapped_grant(name: str, what: Any, spot: Spot, found: list[Problem]) -> GrantForm | None:
    listed = isinstance(what, list)
    names = [(item, spot.at(i)) for i, item in enumerate(what)] if listed else [(what, spot)]
    return _grant(name, names, "", spot, found, keyed=True)


def _listed_grant(item: Any, spot: Spot, found: list[Problem]) -> GrantForm | None:
    if isinstance(item, str):
        return _grant(item, [], "", spot, found)
    names = [(name, spot.at("ports", index)) for index, name in enumerate(item.get("ports", []))]
    return _grant(item["from"], names, item.get("why", ""), spot.at("from"), found)


def _grant(
    text: str,
    names: list[tuple[str, Spot]],
    why: str,
    spot: Spot,
    found: list[Problem],
    *,
    keyed: bool = False,
) -> GrantForm | None:
    side = _keyed_caller(text, spot, found) if keyed else parsed(caller, text, spot, found)
    ports = {name: at for name, at in names if parsed(_granted, name, at, found) is not None}
    if side is None or len(ports) < len(names):
        return None
    return GrantForm(side, tuple(sorted(ports)), why, spot, tuple(ports[name] for name in sorted(ports)), keyed)


def _keyed_caller(text: str, spot: Spot, found: list[Problem]) -> Side | None:
    try:
        return caller(text)
    except FormError as error:
        found.append(Problem(error.code, spot.key(), error.message, fix=error.fix))
        return None


def _granted(text: str) -> str:
    """Return the port name of a grant; HTTP rules are refused by name."""
    if _HTTP_RULE.fullmatch(text):
        message = f"{shown(text)}: HTTP rules are not read by this version of netgen"
        raise FormError("not-yet", message, fix="name a port of the app, which opens it for every method and path")
    try:
        return port_name(text)
    except FormError as error:
        raise FormError("bad-grant", error.message, fix="name a port of the app") from None


def _peer(name: str, value: dict[str, Any], spot: Spot, found: list[Problem]) -> PeerForm:
    if "cidr" in value:
        block = parsed(cidr, value["cidr"], spot.at("cidr"), found) or ""
        return PeerForm(name, "", Selector(), block, spot)
    selector = read_select(value["labels"], spot.at("labels"), found) or Selector()
    return PeerForm(name, value["namespace"], selector, "", spot)
