"""Which ports a call opens: what it writes, what the callee has, what its owner grants (spec language, section 3.4)."""

from __future__ import annotations

from collections import defaultdict

from netgen.intent import AppKey, Port
from netgen.problems import Place, Problem
from netgen.records import record
from netgen.spec.forms.permissions import CallForm, GrantForm
from netgen.spec.forms.ports import PortWord, span_text
from netgen.spec.forms.requests import HttpForm, request_text
from netgen.spec.forms.sides import Kind
from netgen.spec.forms.text import shown, suggestion
from netgen.spec.platform import Platform
from netgen.spec.resolve.registry import Entry, Registry, place_text
from netgen.spec.resolve.spans import part

_MOST_CHOICES = 4
"""Ports that a fix spells out; the notes have all of them."""


@record
class Grants:
    """The grants of one callee, by the caller they name, or by its namespace, where None stands for every pod.

    *unclear*: one names a caller that is not there, and may be meant for any.
    """

    by_caller: dict[AppKey, list[GrantForm]]
    by_namespace: dict[str | None, list[GrantForm]]
    unclear: bool = False

    def covering(self, caller: AppKey) -> tuple[GrantForm, ...]:
        """Return the grants that admit *caller*."""
        wide = (*self.by_namespace.get(caller.namespace, ()), *self.by_namespace.get(None, ()))
        return (*self.by_caller.get(caller, ()), *wide)


def grants_of(entry: Entry, registry: Registry) -> Grants:
    """Return the grants of *entry*, ready to be asked for a caller."""
    by_caller: dict[AppKey, list[GrantForm]] = defaultdict(list)
    by_namespace: dict[str | None, list[GrantForm]] = defaultdict(list)
    for grant in sorted(entry.form.accepts, key=_reason):  # the comment of a rule has the reasons in this order
        if grant.side.kind is Kind.APP:
            by_caller[AppKey(grant.side.namespace or entry.key.namespace, grant.side.name)].append(grant)
        elif grant.side.kind is Kind.NAMESPACE:
            by_namespace[grant.side.namespace or entry.key.namespace].append(grant)
        elif grant.side.kind is Kind.ANY:
            by_namespace[None].append(grant)
    return Grants(by_caller, by_namespace, unclear=any(_is_missing(key, entry, registry) for key in by_caller))


def _reason(grant: GrantForm) -> str:
    return grant.why


def _is_missing(caller: AppKey, entry: Entry, registry: Registry) -> bool:
    """Return whether *caller*, which *entry* accepts, is neither an app nor a peer where all apps are known."""
    peer = (caller.namespace, entry.document.name, caller.name)
    is_peer = caller.namespace == entry.key.namespace and peer in registry.peers
    return caller not in registry.entries and caller.namespace in registry.names and not is_peer


def called_ports(
    call: CallForm, caller: Entry, callee: Entry, grants: Grants, platform: Platform, found: list[Problem]
) -> tuple[Port, ...]:
    """Return the ports of *callee* that *call* opens; empty, with the problem found, where it opens none."""
    if callee.form.unclear:
        return ()
    if not callee.app.ports:
        message = f"{callee.key} has no ports, so there is nothing to call"
        fix = f"give {callee.key.name} a `port` ({callee.file})"
        found.append(Problem("no-ports", call.place, message, fix=fix))
        return ()
    covering = grants.covering(caller.key)
    if not covering and not caller.shares_owner(callee):
        if "owners" not in platform.unclear and not grants.unclear:
            found.append(_consent_missing(call, caller, callee))
        return ()
    granted = _granted(covering, callee)
    if not call.ports:
        return granted if grants.unclear else _only_port(call, callee, granted, found)
    return _written_ports(call, callee, covering, granted, found)


def granted_ports(grant: GrantForm, callee: Entry, found: list[Problem]) -> tuple[Port, ...]:
    """Return the ports of *callee* that *grant* names, all where it names none; unknown names go to *found*."""
    if not callee.app.ports:
        if not callee.form.unclear:
            message = f"{callee.key} accepts callers but has no ports"
            found.append(Problem("no-ports", grant.place, message, fix="give the app a `port`"))
        return ()
    names = {port.name for port in callee.app.ports}
    missing = [(name, spot.value()) for name, spot in zip(grant.ports, grant.listed, strict=True) if name not in names]
    missing += [(form.port, form.port_place) for form in grant.http if form.port and form.port not in names]
    if not callee.form.unclear:
        for name, place in missing:
            message = f"{callee.key} has no port {shown(name)}{suggestion(name, tuple(sorted(names)))}"
            fix = f"write  accepts: [{{from: {name}}}] , a list" if grant.side.name == "from" else ""
            found.append(Problem("unknown-port", place, message, (_choices(callee.app.ports),), fix))
        found.extend(_no_port(form, callee) for form in grant.http if not (form.port or rule_ports(form, callee)))
    return opened_ports(grant, callee)


def opened_ports(grant: GrantForm, callee: Entry) -> tuple[Port, ...]:
    """Return the ports of *callee* that *grant* opens, as a whole or for some requests."""
    if grant.is_whole:
        return callee.app.ports
    names = {*grant.ports, *(port.name for form in grant.http for port in rule_ports(form, callee))}
    return tuple(port for port in callee.app.ports if port.name in names)


def rule_ports(form: HttpForm, callee: Entry) -> tuple[Port, ...]:
    """Return the port of *callee* that an HTTP rule is about; none where it names none and several are possible."""
    if form.port:
        return tuple(port for port in callee.app.ports if port.name == form.port)
    ports = served(callee.app.ports, callee)
    return ports if len(ports) == 1 else ()


def _no_port(form: HttpForm, callee: Entry) -> Problem:
    """Return the problem that an HTTP rule names no port, and *callee* has several."""
    names = [port.name for port in served(callee.app.ports, callee)][:_MOST_CHOICES]
    is_long = form.spot.path[-1] == "path"
    fix = "add " if is_long else "write "
    fix += " or ".join(f"ports: [{name}]" if is_long else f"{name} {request_text(form.request)}" for name in names)
    message = f"{callee.key} has several ports, and the rule names none"
    return Problem("ambiguous-port", form.place, message, (_choices(callee.app.ports),), fix)


def find_port(word: PortWord, callee: Entry) -> tuple[Port, ...]:
    """Return the ports of *callee* that *word* can mean: by name, or by service port and protocol."""
    if word.number is None:
        return tuple(port for port in callee.app.ports if port.name == word.name)
    return tuple(
        port
        for port in callee.app.ports
        if (port.service, port.last) == (word.number, word.last) and word.protocol in (None, port.protocol)
    )


def _granted(covering: tuple[GrantForm, ...], callee: Entry) -> tuple[Port, ...]:
    """Return the ports that the grants leave open: all of them where no grant speaks of the caller."""
    if not covering or any(grant.is_whole for grant in covering):
        return callee.app.ports
    names = {port.name for grant in covering for port in opened_ports(grant, callee)}
    return tuple(port for port in callee.app.ports if port.name in names)


def _only_port(call: CallForm, callee: Entry, granted: tuple[Port, ...], found: list[Problem]) -> tuple[Port, ...]:
    """Return the port that is meant by a call which names none; a grant chooses one, and never turns to the metrics.

    Else a call would mean another port, and open it, once the grant were gone.
    """
    meant = served(granted, callee)
    if len(meant) > 1 or not set(meant) <= set(served(callee.app.ports, callee)):
        message = f"{callee.key} has several ports, and the call names none"
        names = " or ".join(f"{call.side}:{port.name}" for port in meant)
        found.append(Problem("ambiguous-port", call.place, message, (_choices(granted),), f"write {names}"))
        return ()
    return meant


def served(ports: tuple[Port, ...], callee: Entry) -> tuple[Port, ...]:
    """Return those of *ports* that can be meant where none is named: scrapers alone call those with metrics.

    All of them where nothing else is left.
    """
    scraped = {port.name or "main" for port in callee.form.ports if port.metrics}
    return tuple(port for port in ports if port.name not in scraped) or ports


def _written_ports(
    call: CallForm, callee: Entry, covering: tuple[GrantForm, ...], granted: tuple[Port, ...], found: list[Problem]
) -> tuple[Port, ...]:
    ports = []
    for word in call.ports:
        matches = find_port(word, callee)
        if len(matches) != 1:
            found.append(no_single_port(call.port_place(word), str(call.side), callee, word, matches))
        elif matches[0] not in granted:
            if not _misspelt(covering, callee):
                found.append(_not_granted(call, callee, covering, word, matches[0]))
        else:
            ports.append(matches[0])
    return tuple(ports)


def no_single_port(place: Place, name: str, callee: Entry, word: PortWord, matches: tuple[Port, ...]) -> Problem:
    """Return the problem that *word* at *place* means none of the ports of *callee*, written *name*, or several."""
    choices = (_choices(callee.app.ports),)
    if matches:
        names = " or ".join(f"{name}:{port.name}" for port in matches)
        message = f"{callee.key} has several ports {word}"
        return Problem("ambiguous-port", place, message, choices, f"write {names}")
    of_range = part(place, name, callee, word)
    if of_range:
        return of_range
    inner = [p for p in callee.app.ports if p.container == word.number and word.protocol in (None, p.protocol)]
    if inner and not word.last:
        port = inner[0]
        message = f"{word} is the container port of {callee.key}; its service port is {port.service}"
        fix = f"write {name}:{port.name} or {name}:{port.service}"
        return Problem("container-port", place, message, fix=fix)
    near = suggestion(str(word), tuple(port.name for port in callee.app.ports))
    fix = f"write {' or '.join(f'{name}:{port}' for port in _numbers(callee.app.ports))}"
    return Problem("unknown-port", place, f"{callee.key} has no port {shown(str(word))}{near}", choices, fix)


def _numbers(ports: tuple[Port, ...]) -> list[str]:
    """Return a few of *ports* as a call writes them; one alone by its number, since it may have no name."""
    if len(ports) > _MOST_CHOICES:
        return ["PORT"]
    return [span_text(ports[0].service, ports[0].last)] if len(ports) == 1 else [port.name for port in ports]


def _misspelt(covering: tuple[GrantForm, ...], callee: Entry) -> bool:
    """Return whether one of the grants names a port that is not there, and so may be meant for any."""
    names = {port.name for port in callee.app.ports}
    return any(
        not names.issuperset(grant.ports) or not all(rule_ports(form, callee) for form in grant.http)
        for grant in covering
    )


def _not_granted(call: CallForm, callee: Entry, covering: tuple[GrantForm, ...], word: PortWord, port: Port) -> Problem:
    places = tuple(f"{place_text(grant.place)} accepts {grant}" for grant in covering[:5])
    fix = f"({callee.owner}, {callee.file}): add {port.name} to that entry of {callee.key.name}.accepts"
    message = f"{callee.key} does not accept this caller on {port.name}"
    return Problem("port-not-granted", call.port_place(word), message, places, fix)


def _consent_missing(call: CallForm, caller: Entry, callee: Entry) -> Problem:
    wanted = ", ".join(str(word) for word in call.ports)
    accepted = callee.form.accepts
    notes = [f"{caller.key} belongs to {caller.owner}, {callee.key} to {callee.owner}: both sides must say it"]
    if accepted:
        notes.append(f"{place_text(accepted[0].place)} has accepts: {', '.join(map(str, accepted[:5]))}")
    return Problem(
        "consent-missing",
        call.place,
        f"{callee.key} does not accept {caller.key}" + (f" on {wanted}" if wanted else ""),
        tuple(notes),
        f"({callee.owner}, {callee.file}): under apps.{callee.key.name}{_to_write(call, caller, callee)}",
    )


def _to_write(call: CallForm, caller: Entry, callee: Entry) -> str:
    """Return how *callee* consents, as it has written its other grants; the text goes on from the path of the app."""
    names = [port.name for word in call.ports for port in find_port(word, callee)]
    app = callee.form.spot.document.data
    for step in callee.form.spot.path:
        app = app[step]  # type: ignore[index]
    written = app.get("accepts") if isinstance(app, dict) else None
    if isinstance(written, dict) or (written is None and names):
        ports = names or [port.name for port in served(callee.app.ports, callee)]
        return f".accepts add  {caller.key}: {ports[0] if len(ports) == 1 else _listed(ports)}"
    grant = f"{{from: {caller.key}, ports: {_listed(names)}}}" if names else str(caller.key)
    if isinstance(written, str):
        return f" write  accepts: {_listed([written, grant])}"
    return f".accepts add  {grant}"


def _listed(items: list[str]) -> str:
    return f"[{', '.join(items)}]"


def _choices(ports: tuple[Port, ...]) -> str:
    spans = [(port, span_text(port.service, port.last)) for port in ports]
    listed = ", ".join(f"{port.name} ({span}/{port.protocol.lower()})" for port, span in spans)
    return f"its ports: {listed}"
