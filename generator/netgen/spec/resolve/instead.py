"""What to write instead of an exposure that cannot stand: all of it, in the form that fits its place."""

from __future__ import annotations

import re

from netgen.intent import Port
from netgen.spec.forms.exposures import ServiceExposure, UrlForm
from netgen.spec.resolve.consent import served
from netgen.spec.resolve.registry import Entry

MOST_CHOICES = 4
"""Ports that a fix spells out; of more, it shows the form once, with PORT for the name."""
_LONGEST_NAME = 63
_NOT_PLAIN = re.compile(r"[,\[\]{}#]|: ")
"""What a text inside brackets or braces must be quoted for."""


def with_name(form: ServiceExposure, entry: Entry) -> str:
    """Return how the exposure *form* becomes a Service of its own; *form* names its ports, or needs not to."""
    name = free_name(form, entry)
    if form.long:
        return f"under {_word(form)} {'write' if form.name else 'add'}  name: {name}"
    return f"write {_short_as_long(form, name, None, entry)}"


def with_port(form: ServiceExposure, entry: Entry) -> str:
    """Return how *form*, which names no port, names each of the app's, or all of them; no Service leads to a range."""
    ports = tuple(port for port in entry.app.ports if not port.last) or entry.app.ports
    name = form.name or free_name(form, entry)
    every = ", ".join(port.name for port in ports)
    if form.long:
        named = "" if form.name else f"name: {name}  and  "
        each = _choice([f"ports: [{port}]" for port in _names(ports)])
        return f"under {_word(form)} add  {named}{each}; for all of them only  ports: [{every}]"
    each = _choice([_short_as_long(form, name, port, entry) for port in _names(ports)])
    said = form.ports or len(ports) < len(entry.app.ports)
    whole = "" if said else f"; for all of them  {{{_word(form)}: {{ports: [{every}]}}}}"
    return f"write {each}{whole}"


def url_with_port(form: UrlForm, entry: Entry) -> str:
    """Return how the URL *form*, which names no port, names each of the app's."""
    ports = served(entry.app.ports, entry)
    names = _names(tuple(port for port in ports if not port.last) or ports)
    if form.item != form.spot:
        return f"add  {_choice([f'port: {name}' for name in names])}"
    url = _url(form)
    if isinstance(form.item.path[-1], int):
        return f"write {_choice([f'{{url: {url}, port: {name}}}' for name in names])}"
    return f"write expose: {_choice([f'{{{name}: {url}}}' for name in names])}"


def url_with_gate(form: UrlForm, names: tuple[str, ...]) -> str:
    """Return how the URL *form*, which names no entry point, names each of those that are called *names*."""
    if form.item != form.spot:
        return f"add  {_choice([f'via: {name}' for name in names])}"
    longs = [f"{{url: {_url(form)}, via: {name}}}" for name in names]
    if form.key is not None or isinstance(form.item.path[-1], int):
        return f"write {_choice(longs)}"
    return f"write expose: {_choice([f'[{long}]' for long in longs])}"


def _url(form: UrlForm) -> str:
    scheme = "https" if form.url.https else "http"
    return flow(f"{scheme}://{form.url.host}{form.url.path if form.url.path != '/' else ''}")


def free_name(form: ServiceExposure, entry: Entry) -> str:
    """Return a name for a Service of *form* that no app and no exposure of the document has.

    Several exposures of one app that need a name get different ones.
    """
    apps = entry.document.apps
    taken = {app.name for app in apps}
    taken |= {name for app in apps if app.service for name in (app.service.name, app.service.existing) if name}
    taken |= {it.name or "" for app in apps for it in app.exposures if isinstance(it, ServiceExposure)}
    own = (None, entry.service_name)
    nameless = [it for it in entry.form.exposures if isinstance(it, ServiceExposure) and it.name in own]
    free = (name for number in range(1, 65536) if (name := _numbered(entry.key.name, number)) not in taken)
    index = next(index for index, it in enumerate(nameless) if it is form)
    return next(name for count, name in enumerate(free) if count == index)


def flow(text: str) -> str:
    """Return *text* as it stands inside brackets or braces."""
    return f'"{text}"' if _NOT_PLAIN.search(text) else text


def _numbered(app: str, number: int) -> str:
    end = "-external" if number == 1 else f"-external-{number}"
    return app[: _LONGEST_NAME - len(end)].rstrip("-") + end


def _short_as_long(form: ServiceExposure, name: str, port: str | None, entry: Entry) -> str:
    """Return the text *form* as a map with a *name*, for *port* where it names none itself."""
    written, number = form.ports[0] if form.ports else (None, None)
    port = port or written or entry.app.ports[0].name
    if number is not None:
        ports = f", ports: {{{port}: {number}}}"
    else:
        ports = "" if written or len(entry.app.ports) < 2 else f", ports: [{port}]"
    return f"{{{_word(form)}: {{name: {name}{ports}}}}}"


def _word(form: ServiceExposure) -> str:
    return "loadBalancer" if form.type == "LoadBalancer" else "nodePort"


def _names(ports: tuple[Port, ...]) -> list[str]:
    return [port.name for port in ports] if len(ports) <= MOST_CHOICES else ["PORT"]


def _choice(forms: list[str]) -> str:
    return " or ".join(forms)
