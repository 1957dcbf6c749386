"""Permissions as a spec writes them, from both sides: `calls` and `accepts` in their one long form."""

from __future__ import annotations

from dataclasses import field, replace
from functools import lru_cache
from typing import Any

from netgen.problems import Place, Problem
from netgen.records import record
from netgen.source import Spot
from netgen.spec.forms.ports import PortWord, port_word
from netgen.spec.forms.requests import BAD, HttpForm, granted, read_request
from netgen.spec.forms.sides import Kind, Side, caller, target
from netgen.spec.forms.text import FormError, parsed, shown


@record
class CallForm:
    """One entry of `calls`; *ports* are those it writes, empty where it leaves them out.

    *spot* is the text that names the target; *listed* is each port's own where it stands under `ports`. *envs* are the
    environments in which it is called, empty for all; with *l4* a host name may be opened as the internet. *http* are
    the only requests that are made, where the call says which.
    """

    side: Side
    ports: tuple[PortWord, ...]
    why: str
    spot: Spot = field(compare=False, repr=False)
    listed: tuple[Spot, ...] = field(default=(), compare=False, repr=False)
    envs: tuple[str, ...] = ()
    l4: bool = False
    http: tuple[HttpForm, ...] = ()

    @property
    def place(self) -> Place:
        """Return where the target is named."""
        return self.spot.value()

    def port_place(self, word: PortWord) -> Place:
        """Return where *word*, one of the ports, is written."""
        if self.listed:
            return self.listed[self.ports.index(word)].value()
        return self.spot.value(len(str(self.side)) + 1)

    def env_place(self, name: str) -> Place:
        """Return where *name*, one of the environments, is written."""
        return self.spot._replace(path=(*self.spot.path[:-1], "envs", self.envs.index(name))).value()


@record
class GrantForm:
    """One entry of `accepts`; *ports* are the names of those that are open as a whole, *http* what passes on others.

    Without either, all ports of the app are open. *spot* is the text that names the caller, a key where *keyed*;
    *listed* is that of each port. With *l4* a port of *http* may be opened as a whole.
    """

    side: Side
    ports: tuple[str, ...]
    why: str
    spot: Spot = field(compare=False, repr=False)
    listed: tuple[Spot, ...] = field(compare=False, repr=False)
    keyed: bool = field(compare=False, repr=False)
    http: tuple[HttpForm, ...] = ()
    l4: bool = False

    @property
    def place(self) -> Place:
        """Return where the caller is named."""
        return self.spot.key() if self.keyed else self.spot.value()

    @property
    def is_whole(self) -> bool:
        """Return whether it opens every port of the app."""
        return not self.ports and not self.http

    def __str__(self) -> str:
        what = ", ".join([*self.ports, *map(str, self.http)])
        return f"{self.side} on {what}" if what else str(self.side)


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
    http = _requests(value, spot, found)
    if side is None or len(listed) < len(written) or http is None:
        return None
    if listed and not takes_ports(side, listed, spot.at("ports"), found):
        return None
    if http and not _takes_http(side, spot.at("http"), found):
        return None
    if "enforce" in value and not _takes_l4(side, spot.at("enforce"), found):
        return None
    ports = (side.port,) if side.port else tuple(word for word, _ in listed)
    return CallForm(
        side=replace(side, port=None),
        ports=ports,
        why=value.get("why", ""),
        spot=place,
        listed=tuple(at for _, at in listed),
        envs=tuple(value.get("envs", ())),
        l4="enforce" in value,
        http=http,
    )


def _requests(value: dict[str, Any], spot: Spot, found: list[Problem]) -> tuple[HttpForm, ...] | None:
    """Return the rules under `http` of a long form; None where one is wrong."""
    read = [read_request(item, spot.at("http", index), found) for index, item in enumerate(value.get("http", ()))]
    forms = tuple(form for form in read if form is not None)
    return forms if len(forms) == len(read) else None


def _takes_l4(side: Side, spot: Spot, found: list[Problem]) -> bool:
    """Return whether there is something in a call of *side* that could be enforced more weakly: a host name."""
    if side.kind in (Kind.HOST, Kind.EXTERNAL):
        return True
    message = f"{side} is no host name, so that nothing can be enforced otherwise"
    found.append(Problem("bad-value", spot.key(), message, fix="leave `enforce` out"))
    return False


def _takes_http(side: Side, spot: Spot, found: list[Problem]) -> bool:
    """Return whether a call of *side* may say which requests it makes: of an app, which holds callers to it."""
    if side.kind is Kind.APP:
        return True
    message = f"{side} is no app, and HTTP rules are enforced by the policy of the app that is called"
    found.append(Problem("http-port", spot.key(), message, fix="leave `http` out"))
    return False


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
    elif side.kind in (Kind.APISERVER, Kind.EXTERNAL):
        message = f"{side} has no port to choose" + ("" if side.kind is Kind.APISERVER else ": its own names it")
        found.append(Problem("bad-target", spot.key(), message, fix="leave `ports` out"))
    elif side.kind is not Kind.APP:
        message = "pods without a spec have no port names"
        fix = "write the container port, such as 8080"
        found += [Problem("port-needed", at.value(), message, fix=fix) for word, at in ports if word.number is None]
    return len(found) == before


def read_grants(value: Any, spot: Spot, found: list[Problem]) -> tuple[GrantForm, ...]:
    """Return what `accepts` of the schema's shape names; what is wrong in its texts goes to *found*."""
    if isinstance(value, str):
        grants = [_grant(parsed(caller, value, spot, found), [], spot)]
    elif isinstance(value, dict):
        grants = [_mapped_grant(name, what, spot.at(name), found) for name, what in value.items()]
    else:
        grants = [_listed_grant(item, spot.at(index), found) for index, item in enumerate(value)]
    return tuple(grant for grant in grants if grant is not None)


def _mapped_grant(name: str, what: Any, spot: Spot, found: list[Problem]) -> GrantForm | None:
    texts = [(item, spot.at(i)) for i, item in enumerate(what)] if isinstance(what, list) else [(what, spot)]
    read = [(parsed(granted, text, at, found), at) for text, at in texts]
    rules = [(*rule, at) for rule, at in read if rule is not None]
    grant = _grant(_keyed_caller(name, spot, found), [(port, at) for port, http, at in rules if http is None], spot)
    if grant is None or len(rules) < len(read):
        return None
    http = tuple(HttpForm(port, request, at) for port, request, at in rules if request is not None)
    return replace(grant, http=http, keyed=True)


def _listed_grant(item: Any, spot: Spot, found: list[Problem]) -> GrantForm | None:
    if isinstance(item, str):
        return _grant(parsed(caller, item, spot, found), [], spot)
    texts = [(text, spot.at("ports", index)) for index, text in enumerate(item.get("ports", []))]
    names = [(name, at) for text, at in texts if (name := parsed(_granted_port, text, at, found)) is not None]
    http = _requests(item, spot, found)
    place = spot.at("from")
    side = parsed(caller, item["from"], place, found)
    if len(names) < len(texts) or http is None or not _takes_enforce(item, spot, found):
        return None
    grant = _grant(side, [] if http else names, place)
    forms = tuple(replace(form, port=name, named=at) for form in http for name, at in names) if names else http
    return replace(grant, why=item.get("why", ""), http=forms, l4="enforce" in item) if grant else None


def _takes_enforce(item: dict[str, Any], spot: Spot, found: list[Problem]) -> bool:
    """Return whether there is something in a grant that could be enforced more weakly: HTTP rules."""
    if "enforce" not in item or "http" in item:
        return True
    message = "the grant has no HTTP rules, so that nothing can be enforced otherwise"
    found.append(Problem("bad-value", spot.at("enforce").key(), message, fix="leave `enforce` out"))
    return False


def _grant(side: Side | None, names: list[tuple[str, Spot]], spot: Spot) -> GrantForm | None:
    ports = dict(names)
    listed = tuple(ports[name] for name in sorted(ports))
    return GrantForm(side, tuple(sorted(ports)), "", spot, listed, keyed=False) if side else None


def _keyed_caller(text: str, spot: Spot, found: list[Problem]) -> Side | None:
    try:
        return caller(text)
    except FormError as error:
        found.append(Problem(error.code, spot.key(), error.message, fix=error.fix))
        return None


def _granted_port(text: str) -> str:
    """Return the port name of a long grant, whose HTTP rules stand apart."""
    port, request = granted(text)
    if request is not None:
        fix = f"write  http: [{{methods: [{', '.join(request.methods)}], path: {request.path}}}]"
        raise FormError(BAD, f"{shown(text)}: in the long form HTTP rules stand under `http`", fix=fix)
    return port
