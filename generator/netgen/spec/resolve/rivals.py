"""What exposed URLs may not be together: two for one path, one host with two certificates, one name for two objects."""

from __future__ import annotations

from collections import defaultdict

from netgen.problems import Problem
from netgen.spec.forms.text import shown
from netgen.spec.resolve.exposed import Exposed, tls
from netgen.spec.resolve.registry import place_text


def check_together(exposed: list[Exposed], found: list[Problem]) -> None:
    """Tell of whatever two of *exposed* cannot both have."""
    _check_annotations(exposed, found)
    _check_paths(exposed, found)
    _check_hosts(exposed, found)
    _check_names(exposed, found)
    _check_listeners(exposed, found)


def _check_annotations(exposed: list[Exposed], found: list[Problem]) -> None:
    """Refuse annotations of a document that would change what an entry point says of its Ingresses."""
    told = set()
    for item in exposed:
        held, entrypoint, document = tls(item), item.gate.entrypoint, item.entry.document
        profile, certificate = (dict(entrypoint.secure), dict(held.annotations)) if held else ({}, {})
        said = profile | dict(entrypoint.annotations) | certificate
        for key, value in document.annotations:
            if said.get(key, value) != value and (document.spot, key) not in told:
                told.add((document.spot, key))
                place = document.spot.at("metadata", "annotations", key).key()
                message = f"{shown(key)} is {shown(said[key])} at the entry point {entrypoint.name}"
                found.append(Problem("annotation-conflict", place, message, fix="leave it out here"))


def _check_paths(exposed: list[Exposed], found: list[Problem]) -> None:
    """Refuse a host and path twice in one class or at one Gateway: its controller looks at all entry points there."""
    claims: dict[tuple[str, str, str, bool], list[Exposed]] = defaultdict(list)
    doors = _doors(exposed)
    for item in exposed:
        claims[doors[item.gate.entrypoint.name], item.form.url.host, item.path, item.form.exact].append(item)
    for rivals in claims.values():
        first, *others = sorted(rivals, key=_position) if len(rivals) > 1 else rivals
        # With two schemes at one entry point it is the scheme that is wrong.
        unmixed = [it for it in others if it.form.url.https == first.form.url.https]
        found.extend(_claimed_twice(first, item) for item in unmixed)


def _check_names(exposed: list[Exposed], found: list[Problem]) -> None:
    """Refuse a name for two objects of one kind: each holds one host of one document at one entry point."""
    holders: dict[tuple[str, str, str], Exposed] = {}
    for item in sorted((item for item in exposed if item.form.name), key=_position):
        kind = item.gate.entrypoint.kind
        first = holders.setdefault((kind, item.entry.key.namespace, item.form.name or ""), item)
        if _holder(first) != _holder(item):
            what = f"{kind} {item.entry.key.namespace}/{item.form.name}"
            here, there = _held(first), _held(item)
            message = f"{what} holds {there} and {here}; an {kind} holds one host of a document at one entry point"
            notes = (f"the first stands at {place_text(first.form.place)}",)
            place = item.form.item.at("name").value()
            found.append(Problem("name-collision", place, message, notes, "give one of the two another name"))


def _check_listeners(exposed: list[Exposed], found: list[Problem]) -> None:
    """Warn of a Gateway without a listener that https URLs go through: its plain listeners serve them as well."""
    told: set[str] = set()
    for item in exposed:
        gateway, name = item.gate.entrypoint.gateway, item.gate.entrypoint.name
        if gateway and not gateway.section and item.form.url.https and name not in told:
            told.add(name)
            what = f"each listener of the Gateway {gateway} serves {item.form.url.host}, those without TLS as well"
            spot = item.gate.spot
            fix = f"write  gateway: {gateway}:LISTENER" if spot else f"give  --gateway {gateway}:LISTENER"
            found.append(Problem("listener-unnamed", spot.value() if spot else None, what, fix=f"{fix}, that with TLS"))


def _doors(exposed: list[Exposed]) -> dict[str, str]:
    """Return what serves each entry point, by its name: a Gateway as a whole where one of them names no listener."""
    gates = [item.gate.entrypoint for item in exposed]
    whole = {gate.gateway._replace(section="") for gate in gates if gate.gateway and not gate.gateway.section}
    found = {gate.name: gate.door for gate in gates}
    for gate in gates:
        if gate.gateway and gate.gateway._replace(section="") in whole:
            found[gate.name] = str(gate.gateway._replace(section=""))
    return found


def _holder(item: Exposed) -> tuple[str, str, str]:
    return item.entry.document.name, item.gate.entrypoint.name, item.form.url.host


def _held(item: Exposed) -> str:
    return f"{item.form.url.host} of {item.entry.document.name} at {item.gate.entrypoint.name}"


def _position(item: Exposed) -> tuple[str, int, int]:
    place = item.form.place
    return place.file, place.line, place.column


def _claimed_twice(first: Exposed, item: Exposed) -> Problem:
    url = item.form.url
    message = f"{url.host}{url.path} leads to {item.entry.key}, and to {first.entry.key} already"
    if item.entry is first.entry:
        message = f"{item.entry.key} exposes {url.host}{url.path} twice"
    notes = (f"{first.entry.key} claims it at {place_text(first.form.place)}",)
    return Problem("route-duplicate", item.form.place, message, notes, "give one of them another path")


def _check_hosts(exposed: list[Exposed], found: list[Problem]) -> None:
    """Refuse a host with and without TLS in one class or at one Gateway, and one that would have two certificates."""
    hosts: dict[tuple[str, str], list[Exposed]] = defaultdict(list)
    issuers: dict[str, dict[tuple[str, str | None], Exposed]] = defaultdict(dict)
    secrets: dict[tuple[str, str, str, str], Exposed] = {}
    doors = _doors(exposed)
    for item in exposed:
        host, document = item.form.url.host, item.entry.document
        name = doors[item.gate.entrypoint.name]
        first = hosts[name, host][0] if hosts[name, host] else item
        hosts[name, host].append(item)
        if first.form.url.https != item.form.url.https:
            here, there = ("https", "http") if item.form.url.https else ("http", "https")
            message = f"{shown(host)} is exposed with {here}:// here and with {there}:// by {first.entry.key}"
            notes = (f"see {place_text(first.form.place)}",)
            found.append(Problem("scheme-mixed", item.form.place, message, notes, "write one scheme for the host"))
            continue
        held = tls(item)
        ingress = (document.namespace, document.name, name)
        if held and held.annotations:
            issuers[host].setdefault((document.namespace, item.gate.issuer), item)
        before = secrets.setdefault((*ingress, host), item)
        if tls(before) != held:
            message = f"{shown(host)} has another certificate here than for {before.entry.key}; a host has one"
            notes = (f"see {place_text(before.form.place)}",)
            found.append(Problem("certificate-shared", item.form.place, message, notes, "name one Secret for the host"))
    for host, items in issuers.items():
        found.extend(_issued_twice(host, list(items.values())))


def _issued_twice(host: str, items: list[Exposed]) -> list[Problem]:
    first = items[0]
    return [
        Problem(
            "certificate-shared",
            item.form.place,
            f"{item.entry.key} and {first.entry.key} would each have a certificate issued for {shown(host)}",
            (f"see {place_text(first.form.place)}",),
            "let the entry point hold it: tls: controller or tls: secret NAME",
        )
        for item in items[1:]
    ]
