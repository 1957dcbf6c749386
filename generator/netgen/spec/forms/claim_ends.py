"""The two ends of a claim as a spec writes them: what opens connections, and to what."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import field, replace

from netgen.problems import Place, Problem
from netgen.records import record
from netgen.source import Spot
from netgen.spec.forms.addresses import bracketed, cidr, looks_like_address
from netgen.spec.forms.hosts import host_name
from netgen.spec.forms.labels import name_needed
from netgen.spec.forms.ports import PortWord, port_word
from netgen.spec.forms.sides import Kind, Side, inside, one_word, service_host, url
from netgen.spec.forms.text import FormError, parsed, shown, within

BAD = "bad-claim"
"""The code of what is no claim."""
ONE_EACH = "write a claim for each"
_BRACKETED = re.compile(r"\[(?P<host>[^\]]*)\](?P<mask>/[0-9]+)?(?::(?P<port>.*))?", re.DOTALL)


@record
class Words:
    """A part of the text at *spot*, from the character *begin* on."""

    text: str
    spot: Spot = field(compare=False, repr=False)
    begin: int = 0

    @property
    def place(self) -> Place:
        """Return where the words stand."""
        return self.spot.value(self.begin, len(self.text))

    def each(self) -> list[Words]:
        """Return the single words."""
        return [replace(self, text=m[0], begin=self.begin + m.start()) for m in re.finditer(r"\S+", self.text)]

    def cut(self, begin: int, end: int) -> Words:
        """Return the words from *begin* to *end*."""
        return replace(self, text=self.text[begin:end], begin=self.begin + begin)


@record
class End:
    """One end of a claim, as *words* write it; a *host* is taken as the internet, since its addresses are not known."""

    side: Side
    host: str
    words: Words

    @property
    def place(self) -> Place:
        """Return where the end is named."""
        return self.words.place


def read_source(words: Words, found: list[Problem]) -> End | None:
    """Return the end that *words* name as one that opens connections; what is wrong goes to *found*."""
    return _end(words, _source, found)


def read_target(words: Words, found: list[Problem]) -> End | None:
    """Return the end that *words* name as one to which they are opened; what is wrong goes to *found*."""
    return _end(words, _target, found)


def _end(words: Words, parse: Callable[[str], tuple[Side, str]], found: list[Problem]) -> End | None:
    def read_named(text: str) -> tuple[Side, str]:
        by_labels = name_needed(text, BAD)
        if by_labels:
            raise by_labels
        return parse(text)

    read = parsed(lambda text: within(read_named, text, words.begin), words.text, words.spot, found)
    return End(*read, words) if read else None


def _source(text: str) -> tuple[Side, str]:
    """Return the side that *text* names as one that opens connections, which has no port."""
    one_word(text, BAD, "write a claim for each source; exempt sides stand under  except: [...]")
    if "://" in text:
        message = f"{shown(text)} has a scheme; what opens connections is written as an address"
        raise FormError(BAD, message, fix="write an address or a CIDR, or internet")
    if looks_like_address(text) or text.startswith("["):
        return Side(Kind.ADDRESS, cidr=cidr(text)), ""
    name, colon, _ = text.partition(":")
    if colon:
        message = f"{shown(text)} names a port; the port of a claim stands behind its target"
        raise FormError(BAD, message, fix=f"write {name}", part=(len(name), len(text) - len(name)))
    if "." in name:
        raise service_host(text, BAD) or _dotted(text, "write an address or a CIDR, or internet")
    return inside(name, BAD), ""


def _dotted(text: str, fix: str) -> FormError:
    return FormError(BAD, f"{shown(text)} is neither an app nor an address; an app name has no dots", fix=fix)


def _target(text: str) -> tuple[Side, str]:
    """Return the side that *text* names as one to which connections are opened, and the host name in its URL."""
    one_word(text, BAD, ONE_EACH)
    if "://" in text:
        return _outside(text)
    if looks_like_address(text):
        return Side(Kind.ADDRESS, cidr=cidr(text)), ""
    if text.startswith("["):
        return _in_brackets(text), ""
    name, colon, port = text.partition(":")
    if looks_like_address(name):
        return Side(Kind.ADDRESS, cidr=within(cidr, name, 0), port=_number(port, len(name) + 1)), ""
    if "." in name:
        raise service_host(text, BAD) or _dotted(text, f"write https://{text}, or the app as NAMESPACE/APP")
    side = inside(name, BAD)
    if not colon:
        return side, ""
    if side.kind in (Kind.APISERVER, Kind.EXTERNAL):
        message = f"{side} has no port to choose" + ("" if side.kind is Kind.APISERVER else ": its own names it")
        raise FormError(BAD, message, fix=f"write {side}", part=(len(name), len(text) - len(name)))
    begin = len(name) + 1
    return replace(side, port=within(port_word, port, begin) if side.kind is Kind.APP else _number(port, begin)), ""


def _number(text: str, begin: int) -> PortWord:
    """Return the port *text* of what has no names for its ports."""
    word = within(port_word, text, begin)
    if word.number is None:
        message = f"{shown(text)}: only the ports of an app have names"
        raise FormError("port-needed", message, fix="write the port's number", part=(begin, len(text)))
    return word


def _in_brackets(text: str) -> Side:
    match = _BRACKETED.fullmatch(text)
    if not match:
        raise FormError(BAD, f"{shown(text)} is not [ADDRESS]/MASK:PORT")
    within(bracketed, match["host"], 1)
    block = within(cidr, match["host"] + (match["mask"] or ""), 1)
    return Side(Kind.ADDRESS, cidr=block, port=_number(match["port"], match.start("port")) if match["port"] else None)


def _outside(text: str) -> tuple[Side, str]:
    parts = url(text, BAD)
    if parts.is_address:
        return Side(Kind.ADDRESS, cidr=parts.cidr, port=parts.port), ""
    port = str(parts.port).removesuffix("/tcp") if parts.port.number else "PORT"
    within(lambda host: host_name(host, BAD, port=port), parts.host, parts.begin)
    return Side(Kind.INTERNET, port=parts.port), parts.host
