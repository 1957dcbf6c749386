"""Ports that are ranges: what calls reach of them, and where one port must stand."""

from __future__ import annotations

from netgen.intent import Port, PortMatch
from netgen.problems import Place, Problem
from netgen.spec.forms.ports import PortForm, PortWord, span_text
from netgen.spec.resolve.registry import Entry


def shared(port: PortMatch, called: tuple[PortMatch, ...]) -> tuple[PortMatch, ...]:
    """Return what a call of the numbered ports *called* reaches of *port*."""
    return tuple(found for one in called if (found := _both(port, one)))


def _both(one: PortMatch, other: PortMatch) -> PortMatch | None:
    if one.protocol != other.protocol or one.port is None or other.port is None:
        return None
    first, last = max(one.port, other.port), min(one.last or one.port, other.last or other.port)
    return PortMatch(one.protocol, first, last if last > first else 0) if first <= last else None


def part(place: Place, name: str, callee: Entry, word: PortWord) -> Problem | None:
    """Return the problem that *word* at *place* is a number of a range of *callee*, written *name*; None where not."""
    port = next((port for port in callee.app.ports if _meets(port, word)), None)
    if port is None:
        return None
    span = span_text(port.container, port.last)
    message = f"{word} is not all of {callee.key}:{port.name}, the range {span}, which is named as a whole"
    fix = f"write {name}:{port.name}" if port.name != "main" else f"write {name}:{span}"
    return Problem("port-range", place, message, fix=fix)


def _meets(port: Port, word: PortWord) -> bool:
    """Return whether *word* writes a number of the range that *port* is."""
    if word.number is None or word.protocol not in (None, port.protocol):
        return False
    return port.container <= (word.last or word.number) and word.number <= port.last


def exposed(place: Place, entry: Entry, port: Port) -> Problem:
    """Return the problem at *place* that *port* of *entry* is exposed, which is a range."""
    message = f"{entry.key}:{port.name} is a range of ports, to which no Service leads"
    fix = "name another port" if len(entry.app.ports) > 1 else "let callers in by  accepts: internet"
    return Problem("port-range", place, message, fix=fix)


def in_service(entry: Entry, port: PortForm) -> Problem:
    """Return the problem that *entry* has a Service with an address of its own beside the range *port*."""
    message = f"{port} is a range of ports, and the Service of {entry.key} can have none"
    fix = "write  service: false  or  service: {headless: true}, so that callers dial the pods"
    return Problem("service-conflict", port.spot.value(), message, fix=fix)
