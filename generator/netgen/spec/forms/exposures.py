"""How an app is exposed: a URL, a load balancer, node ports; short and long forms."""

from __future__ import annotations

import re
from dataclasses import field
from typing import Any

from netgen.problems import Place, Problem
from netgen.records import record
from netgen.source import Spot
from netgen.spec.forms.addresses import cidr, looks_like_address
from netgen.spec.forms.ports import port_number
from netgen.spec.forms.text import DNS_LABEL, FormError, parsed, shown, suggestion, within

Pairs = tuple[tuple[str, str], ...]

_URL = re.compile(
    r"(?P<scheme>[^:/]*)://(?P<host>[^/:?#]*)(?P<port>:[^/?#]*)?(?P<path>/[^?#]*)?(?P<rest>.*)", re.DOTALL
)
_PATH = re.compile(r"/(?:[A-Za-z0-9._~!&()*+,=:@/-]|%[0-9A-Fa-f]{2})*", re.ASCII)
"""What a URL may hold, without the quotes, `;` and `$` with which paths became configuration of a controller (H16)."""


@record
class Url:
    """An exposed URL: *host* may begin with `*.`, *path* begins with `/`."""

    https: bool
    host: str
    path: str


@record
class UrlForm:
    """A URL exposure; *port* is the name of the app's port, *name* that of the Ingress, None where the spec has none.

    *spot* is the text of the URL, *item* the whole exposure; *key* is the member of `expose` whose key names the port.
    """

    url: Url
    port: str | None
    via: str | None
    exact: bool
    secret: str | None
    name: str | None
    spot: Spot = field(compare=False, repr=False)
    item: Spot = field(compare=False, repr=False)
    key: Spot | None = field(compare=False, repr=False)

    @property
    def place(self) -> Place:
        """Return where the URL is written."""
        return self.spot.value()

    @property
    def path_place(self) -> Place:
        """Return where the URL's path is written."""
        return self.spot.value(len("https://" if self.url.https else "http://") + len(self.url.host))

    @property
    def port_place(self) -> Place:
        """Return where the port is named."""
        return self.key.key() if self.key else self.item.at("port").value()


@record
class ServiceExposure:
    """An exposure by the Service itself.

    *type* is LoadBalancer or NodePort. *ports* are (port name, node port): empty for all the app's ports, a name of
    None stands for the only one. *clients* are CIDRs, empty for the whole internet. *local* is what the spec says of
    externalTrafficPolicy, None where it says nothing. *spot* is the text, or the map of the *long* form; *named* has
    the member that names it, for each of *ports*.
    """

    type: str
    name: str | None
    ports: tuple[tuple[str | None, int | None], ...]
    clients: tuple[str, ...]
    local: bool | None
    class_name: str | None
    annotations: Pairs
    spot: Spot = field(compare=False, repr=False)
    named: tuple[Spot, ...] = field(compare=False, repr=False)
    long: bool = field(compare=False, repr=False)

    @property
    def place(self) -> Place:
        """Return where the exposure is written: its text, or the key loadBalancer or nodePort of the long form."""
        return self.spot.key() if self.long else self.spot.value()

    def port_place(self, name: str) -> Place:
        """Return where the port *name*, one of *ports*, is named."""
        return self._member(name).key()

    def node_port_place(self, name: str) -> Place:
        """Return where the node port of the port *name* is written."""
        return self._member(name).value() if self.long else self.spot.value(len("nodePort "))

    def _member(self, name: str) -> Spot:
        return next(spot for spot, (port, _) in zip(self.named, self.ports, strict=True) if port == name)


Exposure = UrlForm | ServiceExposure


_LONG = frozenset({"loadBalancer", "nodePort"})
"""The keys of long forms that no port can be called; `url` may name one."""


def read_exposures(value: Any, spot: Spot, found: list[Problem]) -> tuple[Exposure, ...]:
    """Return the exposures of an `expose` value of the schema's shape, in the order written."""
    if isinstance(value, dict) and _is_long_url(value):
        listed = ", ".join(f"{name}: ..." for name in value)
        message = "the long form of a URL is an item of a list, since here its keys would be the names of ports"
        fix = f"put it into a list: expose: [{{{listed}}}]"
        found.append(Problem("bad-exposure", spot.value(), message, fix=fix))
        return ()
    if isinstance(value, dict):
        return tuple(
            exposure for name, items in value.items() for exposure in _member(name, items, spot.at(name), found)
        )
    return tuple(_listed(value, None, spot, found))


def url(text: str) -> Url:
    """Return the parts of an exposed URL, else raise `bad-url` or `route-path`."""
    match = _URL.fullmatch(text)
    if not match or match["scheme"] not in ("http", "https"):
        raise FormError("bad-url", f"{shown(text)} is not a URL to expose", fix="write https://HOST/PATH")
    host, path = match["host"], match["path"] or "/"
    if match["port"]:
        message = f"{shown(text)} names a port; the entry point decides on which port it listens"
        raise FormError("bad-url", message, fix="leave the port out", part=_span(match, "port"))
    if match["rest"]:
        message = f"{shown(text)} has a query or fragment; an exposed URL is a host and a path"
        raise FormError("bad-url", message, fix="leave it out", part=_span(match, "rest"))
    _check_host(host, match.start("host"))
    _check_path(path, match.end("host"))
    return Url(match["scheme"] == "https", host, path)


def _is_long_url(value: dict[str, Any]) -> bool:
    """Return whether the keys of an `expose` map are those of a URL's long form, and not names of ports."""
    beside = [value.get(key) for key in ("port", "via", "match", "name")]
    exposed = ("://", "loadBalancer", "nodePort")
    return "url" in value and any(isinstance(it, str) and not any(word in it for word in exposed) for it in beside)


def _member(name: str, value: Any, spot: Spot, found: list[Problem]) -> list[Exposure]:
    """Return the exposures that the member *name* of an `expose` map holds: those of a port, or a long form."""
    return [_long_service(name, value, None, spot, found)] if name in _LONG else _listed(value, spot, spot, found)


def _listed(value: Any, key: Spot | None, spot: Spot, found: list[Problem]) -> list[Exposure]:
    """Return the exposure or the list of them at *spot*; *key* is the member of `expose` whose key names their port."""
    items = [(value, spot)] if not isinstance(value, list) else [(v, spot.at(i)) for i, v in enumerate(value)]
    exposures = [_exposure(item, key, place, found) for item, place in items]
    return [exposure for exposure in exposures if exposure is not None]


def _exposure(value: Any, key: Spot | None, spot: Spot, found: list[Problem]) -> Exposure | None:
    if isinstance(value, str):
        return parsed(lambda text: _short(text, key, spot), value, spot, found)
    if "url" in value:
        return _long_url(value, key, spot, found)
    kind = "loadBalancer" if "loadBalancer" in value else "nodePort"
    return _long_service(kind, value[kind], key, spot.at(kind), found)


def _port_of(key: Spot | None) -> str | None:
    return None if key is None else str(key.path[-1])


def _short(text: str, key: Spot | None, spot: Spot) -> Exposure:
    if text == "loadBalancer":
        return _plain_service("LoadBalancer", None, key, spot)
    word, space, number = text.partition(" ")
    if word == "nodePort":
        written = number.lstrip()
        wanted = within(port_number, written, len(text) - len(written)) if space else None
        return _plain_service("NodePort", wanted, key, spot)
    if "://" in text:
        return UrlForm(
            url(text), _port_of(key), via=None, exact=False, secret=None, name=None, spot=spot, item=spot, key=key
        )
    if "." in text:
        raise FormError("missing-scheme", f"{shown(text)} has no scheme", fix=f"write https://{text}")
    raise _no_exposure(text)


def _no_exposure(text: str) -> FormError:
    word, space, number = text.partition(" ")
    kinds = {"loadbalancer": "loadBalancer", "nodeport": "nodePort"}
    kind = kinds.get(word.casefold())
    fix = f"write {kind}{space}{number}" if kind else "write a URL, loadBalancer, nodePort or nodePort 30080"
    if text.casefold() == "clusterip":
        fix = "leave the key out: an app with ports has a ClusterIP Service"
    near = "" if kind else suggestion(text, tuple(kinds.values()))
    return FormError("bad-exposure", f"{shown(text)} is no way to expose an app{near}", fix=fix)


def _plain_service(kind: str, node_port: int | None, key: Spot | None, spot: Spot) -> ServiceExposure:
    ports = ((_port_of(key), node_port),) if key is not None or node_port is not None else ()
    return ServiceExposure(
        type=kind,
        name=None,
        ports=ports,
        clients=(),
        local=None,
        class_name=None,
        annotations=(),
        spot=spot,
        named=(key or spot,) if ports else (),
        long=False,
    )


def _long_url(value: dict[str, Any], key: Spot | None, spot: Spot, found: list[Problem]) -> UrlForm | None:
    address = parsed(url, value["url"], spot.at("url"), found)
    port = value.get("port")
    if port is not None and key is not None:
        message = f"the port is named twice, by the key {shown(str(key.path[-1]))} and by `port`"
        found.append(Problem("ambiguous-port", spot.at("port").value(), message, fix="leave one out"))
    if address is None:
        return None
    secret = value.get("tls", {}).get("secret")
    if secret and not address.https:
        message, fix = "an http:// URL has no certificate", "write https://, or leave tls out"
        found.append(Problem("bad-url", spot.at("tls").key(), message, fix=fix))
    exact = value.get("match", "prefix") == "exact"
    return UrlForm(
        url=address,
        port=port or _port_of(key),
        via=value.get("via"),
        exact=exact,
        secret=secret,
        name=value.get("name"),
        spot=spot.at("url"),
        item=spot,
        key=key,
    )


def _long_service(
    kind: str, value: dict[str, Any], key: Spot | None, spot: Spot, found: list[Problem]
) -> ServiceExposure:
    port = _port_of(key)
    numbered = isinstance(value.get("ports"), dict) and list(value["ports"]) == [port]
    if key is not None and value.get("ports") and not numbered:  # under its key, a port may still have its number
        message = f"the ports are named twice, by the key {shown(port or '')} and by `ports`"
        found.append(Problem("ambiguous-port", spot.at("ports").key(), message, fix="leave one out"))
    ports = _named_ports(value.get("ports", []), spot.at("ports")) or ([(port, None, key)] if key else [])
    policy = value.get("externalTrafficPolicy")
    return ServiceExposure(
        type="LoadBalancer" if kind == "loadBalancer" else "NodePort",
        name=value.get("name"),
        ports=tuple((name, number) for name, number, _ in ports),
        clients=_clients(value.get("clients", []), spot.at("clients"), found),
        local=None if policy is None else policy == "Local",
        class_name=value.get("class"),
        annotations=tuple(sorted(value.get("annotations", {}).items())),
        spot=spot,
        named=tuple(member for _, _, member in ports),
        long=True,
    )


def _named_ports(value: list[str] | dict[str, int], spot: Spot) -> list[tuple[str | None, int | None, Spot]]:
    """Return the ports of a long form by name, each with its node port and with the member that names it."""
    if isinstance(value, dict):
        return [(name, number, spot.at(name)) for name, number in sorted(value.items())]
    return [(name, None, spot.at(value.index(name))) for name in sorted(value)]


def _clients(items: list[str], spot: Spot, found: list[Problem]) -> tuple[str, ...]:
    if "internet" in items:
        if len(items) > 1:
            place = spot.at(items.index("internet")).value()
            message = "internet is every client, so the addresses beside it would change nothing"
            found.append(Problem("bad-value", place, message, fix="leave internet or the addresses out"))
        return ()
    blocks = [parsed(cidr, item, spot.at(index), found) for index, item in enumerate(items)]
    return tuple(sorted({block for block in blocks if block is not None}))


def _check_host(host: str, offset: int) -> None:
    if not _is_host(host):
        reason = "is not a host name: lower-case DNS labels; a star only as the first label"
        reason = "is an address; an exposed URL has a host name" if looks_like_address(host) else reason
        fix = f"write {host.lower()}" if _is_host(host.lower()) else ""
        raise FormError("bad-url", f"{shown(host)} {reason}", fix=fix, part=(offset, max(len(host), 1)))


def _is_host(host: str) -> bool:
    labels = host.removeprefix("*.").split(".")
    return not looks_like_address(host) and all(DNS_LABEL.fullmatch(label) for label in labels) and len(host) <= 253


def _check_path(path: str, offset: int) -> None:
    """Refuse what the API server refuses in an Ingress path (pkg/apis/networking/validation), and what no URL holds."""
    part = (offset, len(path))
    if "*" in path:
        message = f"the path {shown(path)} has a star; a path leads everything below it without one"
        raise FormError("route-path", message, fix=f"write {path.partition('*')[0]}", part=part)
    wrong = [segment for segment in ("//", "/./", "/../", "%2f", "%2F") if segment in path]
    wrong += [segment for segment in ("/.", "/..") if path.endswith(segment)]
    if wrong or not _PATH.fullmatch(path):
        reason = f"holds {shown(wrong[0])}, which an Ingress does not take" if wrong else "is not a plain URL path"
        fix = "" if wrong else "write each character that is none of A-Z a-z 0-9 -._~!&()+,=:@/ as %XX"
        raise FormError("route-path", f"the path {shown(path)} {reason}", fix=fix, part=part)


def _span(match: re.Match[str], group: str) -> tuple[int, int]:
    return match.start(group), len(match[group])
