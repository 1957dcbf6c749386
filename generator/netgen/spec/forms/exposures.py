"""How an app is exposed: a URL, a load balancer, node ports; short and long forms."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from netgen.problems import Problem
from netgen.source import Spot
from netgen.spec.forms.addresses import cidr, looks_like_address
from netgen.spec.forms.ports import port_number
from netgen.spec.forms.text import DNS_LABEL, FormError, parsed, shown

Pairs = tuple[tuple[str, str], ...]

_URL = re.compile(
    r"(?P<scheme>[^:/]*)://(?P<host>[^/:?#]*)(?P<port>:[^/?#]*)?(?P<path>/[^?#]*)?(?P<rest>.*)", re.DOTALL
)
_PATH = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Url:
    """An exposed URL: *host* may begin with `*.`, *path* begins with `/`."""

    https: bool
    host: str
    path: str


@dataclass(frozen=True, slots=True)
class UrlForm:
    """A URL exposure; *port* is the name of the app's port, None where the spec leaves it out."""

    url: Url
    port: str | None
    via: str | None
    exact: bool
    secret: str | None
    spot: Spot = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ServiceExposure:
    """An exposure by the Service itself.

    *type* is LoadBalancer or NodePort. *ports* are (port name, node port): empty for all the app's ports, a name of
    None stands for the only one. *clients* are CIDRs, empty for the whole internet. *local* is what the spec says of
    externalTrafficPolicy, None where it says nothing.
    """

    type: str
    name: str | None
    ports: tuple[tuple[str | None, int | None], ...]
    clients: tuple[str, ...]
    local: bool | None
    class_name: str | None
    annotations: Pairs
    spot: Spot = field(compare=False, repr=False)


Exposure = UrlForm | ServiceExposure


def read_exposures(value: Any, spot: Spot, found: list[Problem]) -> tuple[Exposure, ...]:
    """Return the exposures of an `expose` value of the schema's shape, in the order written."""
    if isinstance(value, dict):
        return tuple(
            exposure for name, items in value.items() for exposure in _listed(items, name, spot.at(name), found)
        )
    return tuple(_listed(value, None, spot, found))


def url(text: str) -> Url:
    """Return the parts of an exposed URL, else raise `bad-url` or `route-path`."""
    match = _URL.fullmatch(text)
    if not match or match["scheme"] not in ("http", "https"):
        raise FormError("bad-url", f"{shown(text)} is not a URL to expose", fix="write https://HOST/PATH")
    host, path = match["host"], match["path"] or "/"
    if match["port"]:
        raise FormError("bad-url", f"{shown(text)} names a port; the entry point decides on which port it listens")
    if match["rest"]:
        raise FormError("bad-url", f"{shown(text)} has a query or fragment; an exposed URL is a host and a path")
    _check_host(host, match.start("host"))
    _check_path(path, match.end("host"))
    return Url(match["scheme"] == "https", host, path)


def _listed(value: Any, port: str | None, spot: Spot, found: list[Problem]) -> list[Exposure]:
    items = [(value, spot)] if not isinstance(value, list) else [(v, spot.at(i)) for i, v in enumerate(value)]
    exposures = [_exposure(item, port, place, found) for item, place in items]
    return [exposure for exposure in exposures if exposure is not None]


def _exposure(value: Any, port: str | None, spot: Spot, found: list[Problem]) -> Exposure | None:
    if isinstance(value, str):
        return parsed(lambda text: _short(text, port, spot), value, spot, found)
    if "url" in value:
        return _long_url(value, port, spot, found)
    kind = "loadBalancer" if "loadBalancer" in value else "nodePort"
    return _long_service(kind, value[kind], port, spot.at(kind), found)


def _short(text: str, port: str | None, spot: Spot) -> Exposure:
    if text == "loadBalancer":
        return _plain_service("LoadBalancer", port, None, spot)
    word, space, number = text.partition(" ")
    if word == "nodePort":
        wanted = port_number(number.strip(), offset=len(word) + 1) if space else None
        return _plain_service("NodePort", port, wanted, spot)
    if "://" in text:
        return UrlForm(url(text), port, via=None, exact=False, secret=None, spot=spot)
    if "." in text:
        raise FormError("missing-scheme", f"{shown(text)} has no scheme", fix=f"write https://{text}")
    raise FormError(
        "bad-exposure",
        f"{shown(text)} is no way to expose an app",
        fix="write a URL, loadBalancer, nodePort or nodePort 30080",
    )


def _plain_service(kind: str, port: str | None, node_port: int | None, spot: Spot) -> ServiceExposure:
    ports = ((port, node_port),) if port is not None or node_port is not None else ()
    return ServiceExposure(kind, None, ports, (), local=None, class_name=None, annotations=(), spot=spot)


def _long_url(value: dict[str, Any], port: str | None, spot: Spot, found: list[Problem]) -> UrlForm | None:
    address = parsed(url, value["url"], spot.at("url"), found)
    chosen = _one_port(value.get("port"), port, spot, found)
    if address is None:
        return None
    secret = value.get("tls", {}).get("secret")
    if secret and not address.https:
        found.append(Problem("bad-url", spot.at("tls").value(), "an http:// URL has no certificate"))
    exact = value.get("match", "prefix") == "exact"
    return UrlForm(address, chosen, value.get("via"), exact, secret, spot)


def _one_port(inner: str | None, outer: str | None, spot: Spot, found: list[Problem]) -> str | None:
    if inner is not None and outer is not None:
        message = f"the port is named twice, by the key {shown(outer)} and by `port`"
        found.append(Problem("ambiguous-port", spot.at("port").value(), message, fix="leave one out"))
    return inner if inner is not None else outer


def _long_service(
    kind: str, value: dict[str, Any], port: str | None, spot: Spot, found: list[Problem]
) -> ServiceExposure:
    if port is not None and value.get("ports"):
        message = f"the ports are named twice, by the key {shown(port)} and by `ports`"
        found.append(Problem("ambiguous-port", spot.at("ports").value(), message, fix="leave one out"))
    policy = value.get("externalTrafficPolicy")
    return ServiceExposure(
        type="LoadBalancer" if kind == "loadBalancer" else "NodePort",
        name=value.get("name"),
        ports=_named_ports(value.get("ports", [port] if port is not None else [])),
        clients=_clients(value.get("clients", []), spot.at("clients"), found),
        local=None if policy is None else policy == "Local",
        class_name=value.get("class"),
        annotations=tuple(sorted(value.get("annotations", {}).items())),
        spot=spot,
    )


def _named_ports(value: list[str] | dict[str, int]) -> tuple[tuple[str | None, int | None], ...]:
    if isinstance(value, dict):
        return tuple(sorted(value.items()))
    return tuple((name, None) for name in sorted(value))


def _clients(items: list[str], spot: Spot, found: list[Problem]) -> tuple[str, ...]:
    if "internet" in items:
        if len(items) > 1:
            message = "internet is every client; the other entries change nothing"
            found.append(Problem("bad-value", spot.value(), message, fix="leave internet or the addresses out"))
        return ()
    blocks = [parsed(cidr, item, spot.at(index), found) for index, item in enumerate(items)]
    return tuple(sorted({block for block in blocks if block is not None}))


def _check_host(host: str, offset: int) -> None:
    labels = host.removeprefix("*.").split(".")
    if looks_like_address(host) or not all(DNS_LABEL.fullmatch(label) for label in labels) or len(host) > 253:
        raise FormError(
            "bad-url",
            f"{shown(host)} is not a host name: lower-case DNS labels; a star only as the first label",
            part=(offset, max(len(host), 1)),
        )


def _check_path(path: str, offset: int) -> None:
    """Refuse what the API server refuses in an Ingress path (pkg/apis/networking/validation), and what no URL holds."""
    wrong = [part for part in ("//", "/./", "/../", "%2f", "%2F") if part in path]
    if wrong or path.endswith(("/.", "/..")) or not _PATH.fullmatch(path):
        reason = f"holds {shown(wrong[0])}" if wrong else "is not a plain URL path"
        raise FormError("route-path", f"the path {shown(path)} {reason}", part=(offset, len(path)))
