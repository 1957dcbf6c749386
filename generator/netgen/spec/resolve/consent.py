"""Which ports a call opens: what it writes, what the callee has, what its owner grants (spec language, section 3.4)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from netgen.intent import AppKey, Port
from netgen.problems import Problem
from netgen.spec.forms.connectivity import CallForm, GrantForm
from netgen.spec.forms.ports import PortWord
from netgen.spec.forms.sides import Kind
from netgen.spec.forms.text import shown, suggestion
from netgen.spec.resolve.registry import Entry, place_text


@dataclass(frozen=True)
class Grants:
    """The grants of one callee, by the caller they name; *wide* are those that name whole namespaces or every pod."""

    by_caller: dict[AppKey, list[GrantForm]]
    wide: tuple[GrantForm, ...]

    def covering(self, caller: AppKey, callee: AppKey) -> tuple[GrantForm, ...]:
        """Return the grants that admit *caller*."""
        wide = [
            grant
            for grant in self.wide
            if grant.side.kind is Kind.ANY or (grant.side.namespace or callee.namespace) == caller.namespace
        ]
        return (*self.by_caller.get(caller, ()), *wide)


def grants_of(entry: Entry) -> Grants:
    """Return the grants of *entry*, ready to be asked for a caller."""
    by_caller: dict[AppKey, list[GrantForm]] = defaultdict(list)
    wide = []
    for grant in entry.form.accepts:
        if grant.side.kind is Kind.APP:
            by_caller[AppKey(grant.side.namespace or entry.key.namespace, grant.side.name)].append(grant)
        elif grant.side.kind in (Kind.NAMESPACE, Kind.ANY):
            wide.append(grant)
    return Grants(by_caller, tuple(wide))


def called_ports(
    call: CallForm, caller: Entry, callee: Entry, grants: Grants, found: list[Problem]
) -> tuple[Port, ...]:
    """Return the ports of *callee* that *call* opens; empty, with the problem found, where it opens none."""
    if callee.form.unclear:
        return ()
    if not callee.app.ports:
        message = f"{callee.key} has no ports, so there is nothing to call"
        fix = f"give {callee.key.name} a `port` ({callee.file})"
        found.append(Problem("no-ports", call.spot.value(), message, fix=fix))
        return ()
    covering = grants.covering(caller.key, callee.key)
    if caller.owner != callee.owner and not covering:
        found.append(_consent_missing(call, caller, callee))
        return ()
    granted = _granted(covering, callee)
    if not call.ports:
        return _only_port(call, callee, granted, found)
    return _written_ports(call, callee, covering, granted, found)


def granted_ports(grant: GrantForm, callee: Entry, found: list[Problem]) -> tuple[Port, ...]:
    """Return the ports of *callee* that *grant* names, all where it names none; unknown names go to *found*."""
    if not callee.app.ports:
        if not callee.form.unclear:
            message = f"{callee.key} accepts callers but has no ports"
            found.append(Problem("no-ports", grant.spot.value(), message, fix="give the app a `port`"))
        return ()
    by_name = {port.name: port for port in callee.app.ports}
    for name in grant.ports:
        if name not in by_name and not callee.form.unclear:
            message = f"{callee.key} has no port {shown(name)}{suggestion(name, tuple(by_name))}"
            found.append(Problem("unknown-port", grant.spot.value(), message, notes=(_choices(callee.app.ports),)))
    return tuple(by_name[name] for name in grant.ports if name in by_name) if grant.ports else callee.app.ports


def find_port(word: PortWord, callee: Entry) -> tuple[Port, ...]:
    """Return the ports of *callee* that *word* can mean: by name, or by service port and protocol."""
    if word.number is None:
        return tuple(port for port in callee.app.ports if port.name == word.name)
    return tuple(
        port for port in callee.app.ports if port.service == word.number and word.protocol in (None, port.protocol)
    )


def _granted(covering: tuple[GrantForm, ...], callee: Entry) -> tuple[Port, ...]:
    """Return the ports that the grants leave open: all of them where no grant speaks of the caller."""
    if not covering or any(not grant.ports for grant in covering):
        return callee.app.ports
    names = {name for grant in covering for name in grant.ports}
    return tuple(port for port in callee.app.ports if port.name in names)


def _only_port(call: CallForm, callee: Entry, granted: tuple[Port, ...], found: list[Problem]) -> tuple[Port, ...]:
    if len(granted) > 1:
        message = f"{callee.key} has several ports, and the call names none"
        names = " or ".join(f"{_written(call)}:{port.name}" for port in granted)
        found.append(Problem("ambiguous-port", call.spot.value(), message, (_choices(granted),), f"write {names}"))
        return ()
    return granted


def _written_ports(
    call: CallForm, callee: Entry, covering: tuple[GrantForm, ...], granted: tuple[Port, ...], found: list[Problem]
) -> tuple[Port, ...]:
    ports = []
    for word in call.ports:
        matches = find_port(word, callee)
        if len(matches) != 1:
            found.append(_no_single_port(call, callee, word, matches))
        elif matches[0] not in granted:
            found.append(_not_granted(call, callee, covering, matches[0]))
        else:
            ports.append(matches[0])
    return tuple(ports)


def _no_single_port(call: CallForm, callee: Entry, word: PortWord, matches: tuple[Port, ...]) -> Problem:
    place = call.spot.value()
    choices = (_choices(callee.app.ports),)
    if matches:
        names = " or ".join(f"{_written(call)}:{port.name}" for port in matches)
        message = f"{callee.key} has several ports {word}"
        return Problem("ambiguous-port", place, message, choices, f"write {names}")
    inner = [port for port in callee.app.ports if port.container == word.number]
    if inner:
        port = inner[0]
        message = f"{word} is the container port of {callee.key}; its service port is {port.service}"
        return Problem("container-port", place, message, fix=f"write {_written(call)}:{port.name} or :{port.service}")
    names_ = tuple(port.name for port in callee.app.ports)
    message = f"{callee.key} has no port {shown(str(word))}{suggestion(str(word), names_)}"
    return Problem("unknown-port", place, message, choices)


def _not_granted(call: CallForm, callee: Entry, covering: tuple[GrantForm, ...], port: Port) -> Problem:
    places = tuple(f"{place_text(grant.spot)} accepts {_grant_text(grant)}" for grant in covering)
    fix = f"({callee.owner}, {callee.file}): add {port.name} to that entry of {callee.key.name}.accepts"
    message = f"{callee.key} does not accept this caller on {port.name}"
    return Problem("port-not-granted", call.spot.value(), message, places, fix)


def _consent_missing(call: CallForm, caller: Entry, callee: Entry) -> Problem:
    wanted = ", ".join(str(word) for word in call.ports)
    line = f"{caller.key}: {wanted}" if len(call.ports) == 1 and call.ports[0].name else str(caller.key)
    accepted = callee.form.accepts
    notes = [f"{caller.key} belongs to {caller.owner}, {callee.key} to {callee.owner}: both sides must say it"]
    if accepted:
        notes.append(f"{place_text(accepted[0].spot)} has accepts: {', '.join(_grant_text(g) for g in accepted[:5])}")
    return Problem(
        "consent-missing",
        call.spot.value(),
        f"{callee.key} does not accept {caller.key}" + (f" on {wanted}" if wanted else ""),
        tuple(notes),
        f"({callee.owner}, {callee.file}): under apps.{callee.key.name}.accepts add  {line}",
    )


def _grant_text(grant: GrantForm) -> str:
    side = grant.side
    name = {
        Kind.APP: f"{side.namespace}/{side.name}" if side.namespace else side.name,
        Kind.NAMESPACE: f"{side.namespace or 'here'}/*",
        Kind.ADDRESS: side.cidr,
        Kind.APISERVER: "cluster/apiserver",
        Kind.NODES: "cluster/nodes",
    }.get(side.kind, side.kind.name.lower())
    return f"{name} on {', '.join(grant.ports)}" if grant.ports else name


def _written(call: CallForm) -> str:
    side = call.side
    return f"{side.namespace}/{side.name}" if side.namespace else side.name


def _choices(ports: tuple[Port, ...]) -> str:
    listed = ", ".join(f"{port.name} ({port.service}/{port.protocol.lower()})" for port in ports)
    return f"its ports: {listed}"
