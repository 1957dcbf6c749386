"""The short and the long form of a port: `8080`, `80 -> 8080`, `9090/grpc`, `10000-10100/udp`, {container, ...}."""

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
    text; in the long form it is the number that callers dial. With a *last* it is a range, which begins at *container*.
    """

    name: str | None
    service: int
    container: int
    protocol: str
    app_protocol: str | None
    opaque: bool
    metrics: bool
    spot: Spot = field(compare=False, repr=False)
    last: int = 0

    def __str__(self) -> str:
        """Return the container port, or the range of them, as a spec writes it without its protocol."""
        return span_text(self.container, self.last)


@record
class PortWord:
    """A port as a call writes it: a *name*, or a *number* with its protocol where that is written.

    With a *last* it is a range, which begins at *number*. In a claim a *protocol* alone stands for all its ports.
    """

    name: str | None
    number: int | None = None
    protocol: str | None = None
    last: int = 0

    def __str__(self) -> str:
        if self.number is None:
            return self.name or (self.protocol or "").lower()
        text = span_text(self.number, self.last)
        return f"{text}/{self.protocol.lower()}" if self.protocol else text


def span_text(first: int, last: int) -> str:
    """Return a port, or with a *last* the range from the one to the other, as a spec writes it."""
    return f"{first}-{last}" if last else str(first)


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
        first, last = port_span(match[1] + (match[2] or ""))
        transport = _transport(match[3], offset=match.start(3)) if match[3] else None
        return PortWord(None, first, transport, last)
    return PortWord(port_name(text))


def port_span(text: str, *, offset: int = 0) -> tuple[int, int]:
    """Return the number that *text* writes and 0, or both ends of the range FIRST-LAST; else raise `bad-port`."""
    low, dash, high = text.partition("-")
    first = port_number(low, offset=offset)
    if not dash:
        return first, 0
    last = port_number(high, offset=offset + len(low) + 1)
    if last <= first:
        message = f"{shown(text)} is no range of ports: the second number is greater than the first"
        fix = f"write {last}-{first}" if last < first else f"write {first}"
        raise FormError("bad-port", message, fix=fix, part=(offset, len(text)))
    return first, last


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
        return _long_port(value, name, spot, found)
    if isinstance(value, int):
        value = str(value)
    return parsed(lambda text: _short_port(text, name, spot), value, spot, found)


def _short_port(text: str, name: str | None, spot: Spot) -> PortForm:
    service, container, last, word = _short_parts(text)
    transport, app_protocol = PROTOCOLS[word] if word else ("TCP", None)
    if last and name == "metrics":
        raise _scraped(span_text(container, last))
    return PortForm(
        name=name or word,
        service=service,
        container=container,
        protocol=transport,
        app_protocol=app_protocol,
        opaque=word is not None and app_protocol is None,
        metrics=name == "metrics",
        spot=spot,
        last=last,
    )


@lru_cache(maxsize=1024)  # the same ports come by the thousand
def _short_parts(text: str) -> tuple[int, int, int, str | None]:
    """Return service port, container port, the last of a range (else 0) and protocol word."""
    match = _PORT.fullmatch(text)
    if not match:
        pair = re.fullmatch(_PAIR, text, re.ASCII)
        fix = "write 8080, 80 -> 8080 (service -> container), 53/udp or 10000-10100/udp"
        fix = f"write {pair[1]} -> {pair[2]} (service -> container)" if pair else fix
        raise FormError("bad-port", f"{shown(text)} is not a port", fix=fix)
    container, last = port_span(match[2] + (match[3] or ""), offset=match.start(2))
    service = port_number(match[1], offset=match.start(1)) if match[1] else container
    if match[1] and last:
        raise _mapped(f"{container}-{last}", part=(0, match.start(2)))
    if match[4]:
        protocol(match[4], offset=match.start(4))
    return service, container, last, match[4]


def _mapped(span: str, *, part: tuple[int, int] | None = None) -> FormError:
    message = f"{span} is a range of ports, to which no port of a Service leads"
    return FormError("bad-port", message, fix=f"write {span}", part=part)


def _scraped(span: str) -> FormError:
    message = f"{span} is a range of ports, and a scraper asks one"
    return FormError("bad-port", message, fix="give the metrics a port of their own")


def _is_range(value: dict[str, Any], *, metrics: bool, spot: Spot, found: list[Problem]) -> bool:
    """Return whether the long form, which has an `end`, is a range; what speaks against it goes to *found*."""
    span, before = f"{value['container']}-{value['end']}", len(found)

    def refuse(at: Spot, error: FormError, fix: str = "") -> None:
        found.append(Problem(error.code, at.value(), error.message, fix=fix or error.fix))

    try:
        port_span(span)
    except FormError as error:
        refuse(spot.at("end"), error, "write a number greater than the container port")
    if "service" in value:
        refuse(spot.at("service"), _mapped(span), "leave `service` out")
    if metrics:
        refuse(spot.at("metrics" if "metrics" in value else "end"), _scraped(span))
    return len(found) == before


def _long_port(value: dict[str, Any], name: str | None, spot: Spot, found: list[Problem]) -> PortForm | None:
    container, last = value["container"], value.get("end", 0)
    metrics = value.get("metrics", name == "metrics")
    if last and not _is_range(value, metrics=metrics, spot=spot, found=found):
        return None
    return PortForm(
        name=name,
        service=value.get("service", container),
        container=container,
        protocol=value.get("protocol", "TCP"),
        app_protocol=value.get("appProtocol"),
        opaque=value.get("protocol", "TCP") != "TCP",
        metrics=metrics,
        spot=spot.at("service" if "service" in value else "container"),
        last=last,
    )
