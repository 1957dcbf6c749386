"""The short and the long form of a port: `8080`, `80 -> 8080`, `9090/grpc`, {container, service, protocol, ...}."""

from __future__ import annotations

import re
from dataclasses import field
from functools import lru_cache
from typing import Any

from netgen.problems import Problem
from netgen.records import record
from netgen.source import Spot
from netgen.spec.forms.text import FormError, parsed, shown, suggestion

PROTOCOLS: dict[str, tuple[str, str | None]] = {
    "tcp": ("TCP", None),
    "udp": ("UDP", None),
    "sctp": ("SCTP", None),
    "http": ("TCP", "http"),
    "grpc": ("TCP", "grpc"),
    "https": ("TCP", "https"),
    "tls": ("TCP", "tls"),
}
"""Protocol word -> transport protocol and appProtocol."""

_PORT = re.compile(r"(?:([0-9]+) *-> *)?([0-9]+)(-[0-9]+)?(?:/([A-Za-z0-9]+))?", re.ASCII)
_PAIR = r"([0-9]+) *(?:[:=>→-]+) *([0-9]+)"
_PORT_WORD = re.compile(r"([0-9]+)(-[0-9]+)?(?:/([A-Za-z]+))?", re.ASCII)
_PORT_NAME = re.compile(r"(?!-)(?=.*[a-z])[a-z0-9-]{1,63}(?<!-)", re.ASCII)
PORT_NAME_RULE = "at most 63 lower-case letters, digits and '-', at least one letter, no '-' at either end"


@record
class PortForm:
    """A port as a spec gives it; *name* is None where the app's only port was written without one.

    *opaque* says that the spec names a transport (`/tcp`, `/udp`, `/sctp`), so HTTP cannot be meant. *spot* is the
    text; in the long form it is the number that callers dial.
    """

    name: str | None
    service: int
    container: int
    protocol: str
    app_protocol: str | None
    opaque: bool
    metrics: bool
    spot: Spot = field(compare=False, repr=False)


@record
class PortWord:
    """A port as a call writes it: a *name*, or a *number* with its protocol where that is written.

    In a claim a *protocol* alone stands for all its ports.
    """

    name: str | None
    number: int | None = None
    protocol: str | None = None

    def __str__(self) -> str:
        if self.number is None:
            return self.name or (self.protocol or "").lower()
        return f"{self.number}/{self.protocol.lower()}" if self.protocol else str(self.number)


def port_number(text: str, *, offset: int = 0) -> int:
    """Return the port number that *text* writes, else raise `bad-port`: 1 to 65535, without leading zeros."""
    if not re.fullmatch(r"[1-9][0-9]{0,4}", text, re.ASCII) or int(text) > 65535:
        plain = text.lstrip("0")
        fix = f"write {plain}" if plain != text and re.fullmatch("[1-9][0-9]{0,4}", plain, re.ASCII) else ""
        message = f"{shown(text)} is not a port number: 1 to 65535"
        raise FormError("bad-port", message, fix=fix, part=(offset, max(len(text), 1)))
    return int(text)


def protocol(word: str, *, offset: int) -> tuple[str, str | None]:
    """Return transport protocol and appProtocol of a protocol word, else raise `bad-port`."""
    if word not in PROTOCOLS:
        message = f"{shown(word)} is not a protocol{suggestion(word.lower(), tuple(PROTOCOLS))}"
        raise FormError("bad-port", message, fix="one of " + ", ".join(PROTOCOLS), part=(offset, len(word)))
    return PROTOCOLS[word]


def port_word(text: str) -> PortWord:
    """Return the port of a call: a port name, or a number with an optional protocol; else raise `bad-port`."""
    match = _PORT_WORD.fullmatch(text)
    if match:
        if match[2]:
            message = f"{shown(text)}: port ranges are not read by this version of netgen"
            raise FormError("not-yet", message, fix="name the ports one by one")
        transport = _transport(match[3], offset=match.start(3)) if match[3] else None
        return PortWord(None, port_number(match[1]), transport)
    return PortWord(port_name(text))


def _transport(word: str, *, offset: int) -> str:
    """Return the transport that a call names; what is spoken over it is the callee's to say."""
    transport, spoken = protocol(word, offset=offset)
    if spoken is not None:
        message = f"{shown(word)} says what is spoken on a port, which its own app does"
        raise FormError("bad-port", message, fix=f"leave /{word} out", part=(offset, len(word)))
    return transport


def port_name(text: str) -> str:
    """Return *text* when it is a port name, else raise `bad-name`.

    A DNS label, as a port of a Service has it, with a letter, since digits alone are the number of a port. Nothing that
    is rendered names a port of containers, whose names are shorter.
    """
    if not _PORT_NAME.fullmatch(text):
        mended = text.lower().replace("_", "-")
        fix = f"write {mended}" if _PORT_NAME.fullmatch(mended) else ""
        raise FormError("bad-name", f"{shown(text)} is not a port name: {PORT_NAME_RULE}", fix=fix)
    return text


def read_port(value: Any, name: str | None, spot: Spot, found: list[Problem]) -> PortForm | None:
    """Return the port that *value* (short or long, of the schema's shape) stands for, or None with a problem found."""
    if isinstance(value, dict):
        return _long_port(value, name, spot)
    if isinstance(value, int):
        value = str(value)
    return parsed(lambda text: _short_port(text, name, spot), value, spot, found)


def _short_port(text: str, name: str | None, spot: Spot) -> PortForm:
    service, container, word = _short_parts(text)
    transport, app_protocol = PROTOCOLS[word] if word else ("TCP", None)
    return PortForm(
        name=name or word,
        service=service,
        container=container,
        protocol=transport,
        app_protocol=app_protocol,
        opaque=word is not None and app_protocol is None,
        metrics=name == "metrics",
        spot=spot,
    )


@lru_cache(maxsize=1024)  # the same ports come by the thousand
def _short_parts(text: str) -> tuple[int, int, str | None]:
    """Return service port, container port and protocol word."""
    match = _PORT.fullmatch(text)
    if not match:
        pair = re.fullmatch(_PAIR, text, re.ASCII)
        fix = "write 8080, 80 -> 8080 (service -> container) or 53/udp"
        fix = f"write {pair[1]} -> {pair[2]} (service -> container)" if pair else fix
        raise FormError("bad-port", f"{shown(text)} is not a port", fix=fix)
    if match[3]:
        message = f"{shown(text)}: port ranges are not read by this version of netgen"
        raise FormError("not-yet", message, fix="name the ports one by one under `ports`")
    container = port_number(match[2], offset=match.start(2))
    service = port_number(match[1], offset=match.start(1)) if match[1] else container
    if match[4]:
        protocol(match[4], offset=match.start(4))
    return service, container, match[4]


def _long_port(value: dict[str, Any], name: str | None, spot: Spot) -> PortForm:
    container = value["container"]
    return PortForm(
        name=name,
        service=value.get("service", container),
        container=container,
        protocol=value.get("protocol", "TCP"),
        app_protocol=value.get("appProtocol"),
        opaque=value.get("protocol", "TCP") != "TCP",
        metrics=value.get("metrics", name == "metrics"),
        spot=spot.at("service" if "service" in value else "container"),
    )
