"""Permissions as a spec writes them, from both sides: `calls` and `accepts` in their one long form."""

from __future__ import annotations

import re
from dataclasses import field, replace
from functools import lru_cache
from typing import Any

from netgen.problems import Place, Problem
from netgen.records import record
from netgen.source import Spot
from netgen.spec.forms.ports import PortWord, port_name, port_word
from netgen.spec.forms.sides import Kind, Side, caller, target
from netgen.spec.forms.text import FormError, parsed, shown

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH")
"""The methods of RFC 9110 and RFC 5789."""
_METHOD = "|".join(METHODS)
_HTTP_RULE = rf"(?:\S+ +)?(?:{_METHOD})(?:[|](?:{_METHOD}))*(?: +/\S*)?"
"""A rule of a later version: `[PORT ]METHOD[|METHOD] [PATH]`."""


@record
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


@record
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


def read_calls(value: Any, spot: Spot, found: list[Problem]) -> tuple[CallForm, ...]:
    """Return what `calls` of the schema's shape names; what is wrong in its texts goes to *found*."""
    items = [(value, spot)] if isinstance(value, str) else [(item, spot.at(i)) for i, item in enumerate(value)]
    calls = [_call(item, place, found) for item, place in items]
    return tuple(call for call in calls if call is not None)


def _call(value: Any, spot: Spot, found: list[Problem]) -> CallForm | None:
    if isinstance(value, str):
        parts = parsed(_parts, value, spot, found)
        return CallForm(*parts, "", spot) if parts else None
    place = spot.at("to")
    side = parsed(target, value["to"], place, found)
    written = value.get("ports", [])
    spots = [spot.at("ports", index) for index in range(len(written))]
    words = [parsed(port_word, str(item), at, found) for item, at in zip(written, spots, strict=True)]
    listed = [(word, at) for word, at in zip(words, spots, strict=True) if word is not None]
    if side is None or len(listed) < len(written):
        return None
    if listed and not takes_ports(side, listed, spot.at("ports"), found):
        return None
    ports = (side.port,) if side.port else tuple(word for word, _ in listed)
    return CallForm(replace(side, port=None), ports, value.get("why", ""), place, tuple(at for _, at in listed))


@lru_cache(maxsize=4096)  # many apps call the same few
def _parts(text: str) -> tuple[Side, tuple[PortWord, ...]]:
    """Return the target of a short call without its port, and the port."""
    side = target(text)
    return (replace(side, port=None), (side.port,)) if side.port else (side, ())


def takes_ports(side: Side, ports: list[tuple[PortWord, Spot]], spot: Spot, found: list[Problem]) -> bool:
    """Return whether `ports` of a long form go with its target: where it has its own, or no names for them, refuse."""
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


def read_grants(value: Any, spot: Spot, found: list[Problem]) -> tuple[GrantForm, ...]:
    """Return what `accepts` of the schema's shape names; what is wrong in its texts goes to *found*."""
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
    if re.fullmatch(_HTTP_RULE, text, re.ASCII):
        message = f"{shown(text)}: HTTP rules are not read by this version of netgen"
        raise FormError("not-yet", message, fix="name a port of the app, which opens it for every method and path")
    try:
        return port_name(text)
    except FormError as error:
        raise FormError("bad-grant", error.message, fix="name a port of the app") from None
