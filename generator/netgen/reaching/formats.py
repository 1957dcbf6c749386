"""An answer as text for people, as JSON and as CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator

from netgen.evaluate.sets import ALL_PORTS, PortSet
from netgen.reaching import Answer, Connection
from netgen.reaching.rows import NON_ISOLATED
from netgen.reaching.ways import Ingress, Service
from netgen.report import harmless
from netgen.scene import undecided
from netgen.verify.requests import in_words, one_by_one

VERSION = 1
"""Of the JSON form: it grows when a key changes its meaning or goes."""

_NON_ISOLATED = "non-isolated: that no policy isolates in that direction; addresses never are"
_WIDEST = 48
_MOST_TARGETS = 3


def as_text(answer: Answer) -> str:
    """Return *answer* as lines: connections, those that are not certain apart, Services and Ingresses, and footnotes.

    Parts are separated by an empty line.
    """
    certain = [one for one in answer.connections if one.certain]
    perhaps = [one for one in answer.connections if not one.certain]
    nothing = "no connection is open" + (", other than through an Ingress" if answer.ingresses else "")
    parts = [["none of this is certain, and stderr says why"]] if answer.unproven else []
    parts.append(_lines(certain) if answer.connections else [nothing])
    if perhaps:
        parts.append([f"open or not, {undecided(answer.cni)}:", *_lines(perhaps)])
    parts.append([_service(one) for one in answer.services])
    parts.append([_ingress(one) for one in answer.ingresses])
    parts.append([f"{name}: {', '.join(members)}" for name, members in answer.groups])
    if answer.on_hosts:
        parts.append([f"on the host network, where no policy holds: {', '.join(answer.on_hosts)}"])
    if any(end.startswith(NON_ISOLATED) for one in answer.connections for end in (one.source, one.target)):
        parts.append([_NON_ISOLATED])
    return "\n".join("".join(f"{harmless(line)}\n" for line in part) for part in parts if part)


def _lines(connections: list[Connection]) -> list[str]:
    widths = [min(_WIDEST, max((len(end) for end in ends), default=0)) for ends in _columns(connections)]
    return [
        f"{one.source:<{widths[0]}} -> {one.target:<{widths[1]}}  {', '.join(_ports(one.ports))}{_only(one)}"
        for one in connections
    ]


def _only(one: Connection) -> str:
    return "" if one.requests is None else f" for some requests only: {in_words(one.requests)}"


def _columns(connections: list[Connection]) -> tuple[list[str], list[str]]:
    return [one.source for one in connections], [one.target for one in connections]


def _ports(ports: PortSet) -> Iterator[str]:
    """Yield *ports*, an interval at a time; all of them are one."""
    if ports == ALL_PORTS:
        yield str(ports)
    else:
        yield from (str(PortSet((interval,))) for interval in ports)


def _service(one: Service) -> str:
    protocol = "" if one.protocol == "TCP" else f"/{one.protocol}"
    shown = [f"{number}{protocol} of {workload}" for workload, number in one.targets[:_MOST_TARGETS]]
    more = len(one.targets) - len(shown)
    targets = ", ".join(shown) + (f" and {more} more" if more else "")
    return f"Service {one.service}:{one.port}{protocol} -> {targets or 'no pods that the manifests tell of'}"


def _ingress(one: Ingress) -> str:
    where = f"{one.host or 'any host'}{one.path}" if one.host or one.path else "everything else"
    door = f" ({one.class_name})" if one.class_name else ""
    more = f" ({one.beside})" if one.beside else ""
    return f"{one.kind} {one.ingress}{door}: {where} -> Service {one.service}:{one.port}{more}"


def as_csv(answer: Answer) -> str:
    """Return the certain connections of *answer*, a row for each port or range of ports, sorted, under a header.

    Workloads that are alike, which have one name elsewhere, have their rows each, and so have addresses of which a name
    shows only some. A port that is open for some requests only is followed by ` for ` and which these are, so that
    nobody takes it for an open one.
    """
    members = dict(answer.groups)
    members |= {name: texts for name, texts in answer.ranges if name.endswith((" more range", " more ranges"))}
    rows = sorted(
        (source, target, port + ("" if one.requests is None else f" for {harmless(in_words(one.requests, most=None))}"))
        for one in answer.connections
        if one.certain
        for port in _ports(one.ports)
        for source in members.get(one.source, (one.source,))
        for target in members.get(one.target, (one.target,))
    )
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([("src", "dst", "port"), *rows])
    return stream.getvalue()


def as_json(answer: Answer) -> str:
    """Return *answer* as one JSON object.

    The keys: `version` (1), `cni`, `proven` (false where something is not understood), `connections` (source, target,
    ports, certain), `services` (service, port, protocol, targets), `ingresses` (kind, ingress, class, host, path,
    pathType, service, port; the Gateway is the class of its routes, and `beside` says what one asks besides), `groups`
    (the workloads behind a name that stands for several), `ranges` (the addresses behind a name of addresses),
    `hostNetwork` (the names of workloads that no policy holds) and `unproven` (sentences).
    A connection that is open for some requests only is not `certain` and has `requests` too: lists, of each of which a
    request must meet one item.
    """
    whole = {
        "version": VERSION,
        "cni": answer.cni,
        "proven": not answer.unproven,
        "connections": [_connection(one) for one in answer.connections],
        "services": [_json_service(one) for one in answer.services],
        "ingresses": [_json_ingress(one) for one in answer.ingresses],
        "groups": dict(answer.groups),
        "ranges": dict(answer.ranges),
        "hostNetwork": list(answer.on_hosts),
        "unproven": [problem.message for problem in answer.unproven],
    }
    return json.dumps(whole, indent=2) + "\n"


def _connection(one: Connection) -> dict[str, object]:
    certain = one.certain and one.requests is None
    found = {"source": one.source, "target": one.target, "ports": list(_ports(one.ports)), "certain": certain}
    return found if one.requests is None else {**found, "requests": one_by_one(one.requests)}


def _json_service(one: Service) -> dict[str, object]:
    targets = [{"workload": workload, "port": number} for workload, number in one.targets]
    return {"service": one.service, "port": one.port, "protocol": one.protocol, "targets": targets}


def _json_ingress(one: Ingress) -> dict[str, object]:
    found: dict[str, object] = {
        "kind": one.kind,
        "ingress": one.ingress,
        "class": one.class_name,
        "host": one.host,
        "path": one.path,
        "pathType": one.path_type,
        "service": one.service,
        "port": one.port,
    }
    return {**found, "beside": one.beside} if one.beside else found
