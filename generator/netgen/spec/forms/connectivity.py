"""A Connectivity document in its one long form."""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

from netgen.intent import Pairs, Selector
from netgen.problems import Place, Problem
from netgen.records import record
from netgen.source import Spot
from netgen.spec.forms.addresses import cidr
from netgen.spec.forms.exposures import Exposure, read_exposures
from netgen.spec.forms.permissions import CallForm, GrantForm, read_calls, read_grants
from netgen.spec.forms.ports import PortForm, port_name, read_port
from netgen.spec.forms.selectors import read_select, stable_key
from netgen.spec.forms.text import parsed

if TYPE_CHECKING:
    from netgen.spec.forms.claims import ClaimForm
    from netgen.spec.forms.raw import RawForm


@record
class ServiceForm:
    """The app's own Service; *name* is None where it is the app's, *affinity_seconds* as in netgen.intent.Service.

    *existing* is the name of the one that is there already, beside which no other setting means anything.
    """

    name: str | None = None
    existing: str | None = None
    headless: bool = False
    affinity_seconds: int | None = None
    labels: Pairs = ()
    annotations: Pairs = ()


@record
class AppForm:
    """An app; *service* is None for `service: false`, *selector* None where the default label applies.

    *account* is the service account that its pods run under, empty where it is not written.
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
    account: str = ""

    @property
    def place(self) -> Place:
        """Return where the app is named."""
        return self.spot.key()


@record
class PeerForm:
    """A named peer that no policy holds: pods (*namespace* and *selector*), or addresses (*cidr*)."""

    name: str
    namespace: str
    selector: Selector
    cidr: str
    spot: Spot = field(compare=False, repr=False)


@record
class ConnectivityForm:
    """A Connectivity document; *stage* is empty where none is written."""

    name: str
    namespace: str
    labels: Pairs
    annotations: Pairs
    apps: tuple[AppForm, ...]
    peers: tuple[PeerForm, ...]
    select_by: str | None
    isolate_namespace: bool
    claims: tuple[ClaimForm, ...]
    spot: Spot = field(compare=False, repr=False)
    stage: str = ""
    raw: tuple[RawForm, ...] = ()


def read_connectivity(data: dict[str, Any], spot: Spot, found: list[Problem]) -> ConnectivityForm:
    """Return the long form of a document of the schema's shape; what is wrong in its short forms goes to *found*.

    *data* is what the document at *spot* holds, or a part of it; an app that differs from what stands there is unclear.
    """
    metadata = data["metadata"]
    return ConnectivityForm(
        name=metadata["name"],
        namespace=metadata["namespace"],
        labels=tuple(sorted(metadata.get("labels", {}).items())),
        annotations=tuple(sorted(metadata.get("annotations", {}).items())),
        apps=_apps(data.get("apps", {}), spot.at("apps"), found),
        peers=tuple(_peer(name, item, spot.at("peers", name), found) for name, item in data.get("peers", {}).items()),
        select_by=_select_by(data.get("selectBy"), spot.at("selectBy"), found),
        isolate_namespace=data.get("isolate") == "namespace",
        claims=_claims(data, spot, found),
        spot=spot,
        stage=data.get("stage", ""),
        raw=_raw(data, spot, found),
    )


def _claims(data: dict[str, Any], spot: Spot, found: list[Problem]) -> tuple[ClaimForm, ...]:
    if "never" not in data:
        return ()
    from netgen.spec.forms.claims import read_claims  # noqa: PLC0415 - few specs have any

    return read_claims(data["never"], spot.at("never"), found)


def _raw(data: dict[str, Any], spot: Spot, found: list[Problem]) -> tuple[RawForm, ...]:
    if "raw" not in data:
        return ()
    from netgen.spec.forms.raw import read_raw  # noqa: PLC0415 - few specs have any

    return read_raw(data["raw"], data["metadata"]["namespace"], spot.at("raw"), found)


def _select_by(key: str | None, spot: Spot, found: list[Problem]) -> str | None:
    return None if key is None else parsed(stable_key, key, spot, found)


def _apps(apps: dict[str, Any], spot: Spot, found: list[Problem]) -> tuple[AppForm, ...]:
    root: Any = spot.document.data
    written = root.get("apps", {})
    return tuple(
        _app(name, item, spot.at(name), found, is_whole=item is written.get(name)) for name, item in apps.items()
    )


def _app(name: str, value: Any, spot: Spot, found: list[Problem], *, is_whole: bool) -> AppForm:
    before = len(found)
    if isinstance(value, dict):
        ports = _ports(value, spot, found)
    else:
        port = read_port(value, None, spot, found)
        ports, value = (port,) if port else (), {}
    form = _app_form(name, value, ports, spot, found)
    return form if is_whole and len(found) == before else replace(form, unclear=True)


def _app_form(
    name: str, value: dict[str, Any], ports: tuple[PortForm, ...], spot: Spot, found: list[Problem]
) -> AppForm:
    isolate = value.get("isolate", "both")
    if isolate in ("ingress", "none") and value.get("dns") is False:
        message = "egress is not isolated, so that DNS cannot be closed"
        found.append(
            Problem("bad-value", spot.at("dns").value(), message, fix="leave `dns` out, or isolate egress too")
        )
    return AppForm(
        name=name,
        ports=ports,
        selector=read_select(value["select"], spot.at("select"), found) if "select" in value else None,
        calls=read_calls(value.get("calls", []), spot.at("calls"), found),
        accepts=read_grants(value.get("accepts", []), spot.at("accepts"), found),
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
        account=value.get("serviceAccount", ""),
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
    for span in ports:
        others = (port for port in ports if span.last and port is not span and port.protocol == span.protocol)
        for port in others:
            begins = span.container < port.container or (span.container == port.container and not port.last)
            if begins and port.container <= span.last:
                message = f"{port.name or 'the port'} is among the ports {span} of {span.name}"
                found.append(Problem("duplicate-port", port.spot.value(), message, fix="write ranges that do not meet"))


def _free(ports: tuple[PortForm, ...]) -> int:
    return max(port.service for port in ports) % 65535 + 1


def _service(value: Any) -> ServiceForm | None:
    if value is False:
        return None
    affinity = value.get("sessionAffinity", "None")
    seconds = affinity["clientIP"] if isinstance(affinity, dict) else {"ClientIP": 0, "None": None}[affinity]
    return ServiceForm(
        name=value.get("name"),
        existing=value.get("existing"),
        headless=value.get("headless", False),
        affinity_seconds=seconds,
        labels=tuple(sorted(value.get("labels", {}).items())),
        annotations=tuple(sorted(value.get("annotations", {}).items())),
    )


def _peer(name: str, value: dict[str, Any], spot: Spot, found: list[Problem]) -> PeerForm:
    if "cidr" in value:
        block = parsed(cidr, value["cidr"], spot.at("cidr"), found) or ""
        return PeerForm(name, "", Selector(), block, spot)
    selector = read_select(value["labels"], spot.at("labels"), found) or Selector()
    return PeerForm(name, value["namespace"], selector, "", spot)
