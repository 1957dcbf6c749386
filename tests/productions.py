"""Which productions of the spec language's grammar, and which of its numbered decisions, some documents hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from meanings import Listening, are_within, calls_of, grants_of, is_name, listed, platform_pods, pods_of, ports_of
from systems import Data, Key, apps_in, exposures

NAME = "(?!(?:any|internet)(?![a-z0-9-]))[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
WORD = "[a-z0-9-]*[a-z][a-z0-9-]*"
V4 = r"\d+\.\d+\.\d+\.\d+"
V6 = r"[0-9a-f]*:[0-9a-f:]+"

TARGETS = {
    "app": NAME,
    "app:port name": f"{NAME}:{WORD}",
    "app:number": rf"{NAME}:\d+",
    "app:number/protocol": rf"{NAME}:\d+/\w+",
    "external/name": f"external/{NAME}",
    "namespace/app": f"(?!cluster/|external/){NAME}/{NAME}",
    "namespace/app:port name": f"(?!cluster/){NAME}/{NAME}:{WORD}",
    "namespace/app:number": rf"(?!cluster/){NAME}/{NAME}:\d+",
    "namespace/app:number/protocol": rf"(?!cluster/){NAME}/{NAME}:\d+/\w+",
    "here/*": r"here/\*",
    "here/*:port": r"here/\*:\d+",
    "namespace/*": rf"(?!here/){NAME}/\*",
    "namespace/*:port": rf"(?!here/){NAME}/\*:\d+",
    "any": "any",
    "any:port": r"any:\d+",
    "internet": "internet",
    "internet:port": r"internet:\d+",
    "cluster/apiserver": "cluster/apiserver",
    "scheme://address": rf"\w+://{V4}",
    "scheme://address:port": rf"\w+://{V4}:\d+",
    "scheme://CIDR": rf"\w+://{V4}/\d+",
    "scheme://CIDR:port": rf"\w+://{V4}/\d+:\d+",
    "scheme://[address]": rf"\w+://\[{V6}\]",
    "scheme://[CIDR]:port": rf"\w+://\[{V6}\]/\d+:\d+",
    "scheme://CIDR:port-port": rf"\w+://{V4}/\d+:\d+-\d+",
    "scheme://host": r"\w+://[a-z][a-z.]*",
    "scheme://host:port": r"\w+://[a-z][a-z.]*:\d+",
    "scheme://*.host": r"\w+://\*\.[a-z.]+",
    **{f"{scheme}://": f"{scheme}://.*" for scheme in ("http", "https", "grpc", "tls", "tcp", "udp", "sctp")},
}
CALLERS = {
    "app": NAME,
    "namespace/app": f"(?!cluster/){NAME}/{NAME}",
    "here/*": r"here/\*",
    "namespace/*": rf"(?!here/){NAME}/\*",
    "any": "any",
    "internet": "internet",
    "cluster/apiserver": "cluster/apiserver",
    "cluster/nodes": "cluster/nodes",
    "address": V4,
    "CIDR": rf"{V4}/\d+",
    "IPv6 address": V6,
    "IPv6 CIDR": rf"{V6}/\d+",
}
CLAIMED = {
    **{name: pattern for name, pattern in TARGETS.items() if "://" not in name and name != "external/name"},
    "cluster/nodes": "cluster/nodes",
    "cluster/nodes:port": r"cluster/nodes:\d+",
    "address": V4,
    "address:port": rf"{V4}:\d+",
    "CIDR": rf"{V4}/\d+",
    "CIDR:port": rf"{V4}/\d+:\d+",
    "IPv6 address": rf"{V6}|\[{V6}\]",
    "[CIDR]": rf"\[{V6}\]/\d+",
    "[address]:port": rf"\[{V6}\]:\d+",
    "[CIDR]:port": rf"\[{V6}\]/\d+:\d+",
    "scheme://address": rf"\w+://{V4}",
    "scheme://[CIDR]:port": rf"\w+://\[{V6}\]/\d+:\d+",
    "host name": "https://[a-z.]+",
}
"""What may stand behind the arrow of a claim."""
PORTS = {
    "number": r"\d+",
    "service -> container": r"\d+ -> \d+.*",
    "service->container": r"\d+->\d+.*",
    "number-number": r"\d+-\d+.*",
    **{f"/{word}": rf".*/{word}" for word in ("tcp", "udp", "sctp", "http", "grpc", "https", "tls")},
}
EXPOSURES = {
    "http URL": "http://.*",
    "https URL": "https://.*",
    "URL of a host": "https?://[^/]+",
    "URL with a path": "https?://[^/]+/.+",
    "loadBalancer": "loadBalancer",
    "nodePort": "nodePort",
    "nodePort number": r"nodePort \d+",
}
NAME_SERVERS = {
    "pods": r"[^:\[]+/[^:]+",
    "pods:port": r"[^:\[]+/[^:]+:\d+",
    "pods of several labels": ".*,.*",
    "address": V4,
    "address:port": rf"{V4}:\d+",
    "[address]:port": rf"\[{V6}\]:\d+",
}

Maps = Iterator[tuple[str, Data]]


def productions(documents: tuple[Data, ...]) -> set[str]:
    """Return the names of all that is in *documents*: keys as `app.calls`, forms as `target any:port`."""
    found = {f"{title}.{key}" for title, data in maps(documents) for key in data}
    decided = {name if name.startswith("consent") else f"decision {name}" for name in decisions(documents)}
    return found | set(forms(documents)) | decided


# ------------------------------------------------------------------------------------------------------------- keys


def maps(documents: tuple[Data, ...]) -> Maps:
    """Yield each map whose keys the language names, with the title that its schema has."""
    for document in documents:
        yield document["kind"], document
        yield f"{document['kind']} metadata", document["metadata"]
        for peer in document.get("peers", {}).values():
            yield ("peer by addresses" if "cidr" in peer else "peer by labels"), peer
        for claim in document.get("never", []):
            yield from [("claim", claim)] if isinstance(claim, dict) else []
            yield from (("HTTP rule", it) for it in claim.get("http", ())) if isinstance(claim, dict) else ()
        for point in document.get("entrypoints", {}).values():
            yield "entry point", point
            yield from [("controller", point["controller"])] if isinstance(point.get("controller"), dict) else []
        yield from [("ranges", document["ranges"])] if "ranges" in document else []
        yield from [("needs", document["needs"])] if "needs" in document else []
        yield from (("permission", it) for it in document.get("allow", ()) if isinstance(it, dict))
        for one in document.get("raw", ()):
            yield from (("raw object", one), ("raw metadata", one["metadata"]))
    for _, app, _ in apps_in(documents):
        yield "app", app
        yield from _in_app(app)


def _in_app(app: Data) -> Maps:
    yield from (("port", port) for port in app.get("ports", {}).values() if isinstance(port, dict))
    select, service = app.get("select", {}), app.get("service")
    if {"matchLabels", "matchExpressions"} & select.keys():
        yield "selector", select
        yield from (("expression", term) for term in select.get("matchExpressions", ()))
    if isinstance(service, dict):
        yield "service", service
        affinity = service.get("sessionAffinity")
        yield from [("time-out", affinity)] if isinstance(affinity, dict) else []
    accepted = app.get("accepts", [])
    grants = [] if isinstance(accepted, dict) else listed(accepted)
    for title, written in (("call", listed(app.get("calls", []))), ("grant", grants)):
        for one in written:
            yield from [(title, one)] if isinstance(one, dict) else []
            yield from (("HTTP rule", rule) for rule in one.get("http", ())) if isinstance(one, dict) else ()
    for form in (item for item in exposed(app) if isinstance(item, dict)):
        if "url" in form:
            yield "URL exposure", form
            yield from [("certificate", form["tls"])] if "tls" in form else []
        else:
            ((kind, body),) = form.items()
            title = {"loadBalancer": "load balancer", "nodePort": "node port"}[kind]
            yield f"{title} exposure", form
            yield title, body


def exposed(app: Data) -> Iterator[Any]:
    """Yield each item of `expose` as it is written."""
    value = app.get("expose", [])
    if isinstance(value, dict):
        for key, item in value.items():
            yield from [{key: item}] if key in ("loadBalancer", "nodePort") else listed(item)
    else:
        yield from listed(value)


# ------------------------------------------------------------------------------------------------------------ forms


def forms(documents: tuple[Data, ...]) -> Iterator[str]:
    """Yield the alternatives of the grammar, and the short and long forms, that occur."""
    for document in documents:
        yield from (f"dns {name}" for text in document.get("dns", ()) for name in matching(NAME_SERVERS, text))
        yield from [f"scrape {shape(document['scrape'])}"] if "scrape" in document else []
        for server in document.get("apiserver", ()):
            yield "apiserver [address]:port" if "[" in server else "apiserver address:port"
        for point in document.get("entrypoints", {}).values():
            yield f"controller {shape(point['controller'])}" if "controller" in point else "controller of the class"
            yield from [f"internal {str(point['internal']).lower()}"] if "internal" in point else []
            yield f"tls {re.split('[ /]', point['tls'])[0]}" if "tls" in point else "tls by default"
            yield from (f"host {'with a star' if '*' in host else 'name'}" for host in point.get("hosts", ()))
        for claim in document.get("never", ()):
            yield from _claimed(claim, document.get("peers", {}))
    for key, app, document in apps_in(documents):
        yield f"app {shape(document['apps'][key[1]])}"
        yield from _ports(app)
        yield from _selected(app)
        yield from _permissions(app, document)
        yield from _exposures(app)


def _claimed(claim: Any, peers: Data) -> Iterator[str]:
    yield f"claim {shape(claim)}"
    text = claim if isinstance(claim, str) else f"{claim['from']} -> {claim['to']}"
    left, right = (half.split() for half in text.split("->"))
    exempt = [word for word in left[2:] if word != "and"] if isinstance(claim, str) else claim.get("except", [])
    yield from [f"claim any except {'one' if len(left) == 3 else 'several'}"] if len(left) > 1 else []
    yield from ["claim METHOD path"] if len(right) > 1 else []
    for place, side in [("from", left[0]), *(("except", side) for side in exempt), ("to", right[0])]:
        names = matching(CLAIMED if place == "to" else CALLERS, side)
        yield from (
            [f"claim {place} peer"] if side.partition(":")[0] in peers else [f"claim {place} {it}" for it in names]
        )


def shape(value: Any) -> str:
    """Return the kind of a value, and for a list whether it has nothing, one item or more."""
    if isinstance(value, list):
        return "[]" if not value else "list"
    return {str: "text", int: "number", dict: "map", bool: str(value).lower()}[type(value)]


def matching(patterns: dict[str, str], text: str) -> Iterator[str]:
    """Yield the name of each of *patterns* that *text* is."""
    return (name for name, pattern in patterns.items() if re.fullmatch(pattern, text))


def _ports(app: Data) -> Iterator[str]:
    for value in [app["port"]] if "port" in app else app.get("ports", {}).values():
        where = "port" if "port" in app else "ports"
        yield f"{where} {shape(value)}"
        if not isinstance(value, dict):
            yield from (f"port {name}" for name in matching(PORTS, str(value)))
        else:
            yield f"protocol {value.get('protocol', 'by default')}"


def _selected(app: Data) -> Iterator[str]:
    yield from (f"expression {term['operator']}" for term in app.get("select", {}).get("matchExpressions", ()))
    if "service" in app:
        yield "service false" if app["service"] is False else "service map"
        affinity = (app["service"] or {}).get("sessionAffinity")
        yield from [f"sessionAffinity {affinity if isinstance(affinity, str) else 'map'}"] if affinity else []
    yield from [f"isolate {app['isolate']}"] if "isolate" in app else []
    yield from [f"dns {str(app['dns']).lower()}"] if "dns" in app else []


def _permissions(app: Data, document: Data) -> Iterator[str]:
    peers = document.get("peers", {})
    yield from [f"calls {shape(app['calls'])}"] if "calls" in app else []
    yield from [f"accepts {shape(app['accepts'])}"] if "accepts" in app else []
    for call in listed(app.get("calls", [])):
        text = call["to"] if isinstance(call, dict) else call
        yield f"call {shape(call)}"
        peer = peers.get(text.partition(":")[0])
        yield from (
            [f"target peer:port by {'addresses' if 'cidr' in peer else 'labels'}"]
            if peer
            else [f"target {name}" for name in matching(TARGETS, text)]
        )
        for word in call.get("ports", ()) if isinstance(call, dict) else ():
            yield f"ports item {'port name' if is_name(word) else 'number/protocol' if '/' in str(word) else 'number'}"
    accepted = app.get("accepts", [])
    for grant in accepted.values() if isinstance(accepted, dict) else listed(accepted):
        yield f"{'granted' if isinstance(accepted, dict) else 'grant'} {shape(grant)}"
        yield from ["granted METHOD path"] if any(" " in word for word in granted_words(accepted, grant)) else []
    for text, _ in grants_of(app):
        peer = peers.get(text)
        yield from (
            [f"caller peer by {'addresses' if 'cidr' in peer else 'labels'}"]
            if peer
            else [f"caller {name}" for name in matching(CALLERS, text)]
        )


def single_ports(app: Data) -> dict[str, Listening]:
    """Return the ports of *app* that are one number each; the decisions about ports are about these."""
    ports = app.get("ports", {})
    kept = {name: port for name, port in ports.items() if not re.search(r"\d-\d|'end'", str(port))}
    return ports_of({**app, "ports": kept} if ports else app)


def granted_words(accepted: Any, grant: Any) -> list[str]:
    """Return the texts in which a map of grants names ports and requests."""
    return listed(grant) if isinstance(accepted, dict) else []


def _exposures(app: Data) -> Iterator[str]:
    value = app.get("expose")
    if value is None:
        return
    direct = isinstance(value, dict) and {"loadBalancer", "nodePort"} & value.keys()
    yield "expose kind: map" if direct else f"expose {shape(value)}"
    if isinstance(value, dict) and not direct:
        yield from (f"expose port: {shape(item)}" for item in value.values())
    for item in exposed(app):
        yield from (f"exposure {name}" for name in (matching(EXPOSURES, item) if isinstance(item, str) else ["map"]))
        if isinstance(item, dict) and "nodePort" in item and "ports" in item["nodePort"]:
            yield f"nodePort ports {shape(item['nodePort']['ports'])}"
    for form in exposures(app):
        for body in (form.get("loadBalancer", {}), form.get("nodePort", {})):
            yield from (f"clients {'internet' if it == 'internet' else 'addresses'}" for it in body.get("clients", ()))
            yield from [f"traffic {body['externalTrafficPolicy']}"] if "externalTrafficPolicy" in body else []
        yield from [f"match {form['match']}"] if "match" in form else []


# -------------------------------------------------------------------------------------------------------- decisions


def decisions(documents: tuple[Data, ...]) -> Iterator[str]:
    """Yield the numbered decisions (section 6 of the language), and rows of consent, that these are a case of."""
    platform = next((it for it in documents if it["kind"] == "Platform"), {})
    yield "1 by default" if "cni" not in platform else "1 cni"
    yield from _about_clusters(documents, platform)
    apps = {key: (app, document) for key, app, document in apps_in(documents)}
    for key, (app, document) in apps.items():
        yield from _about_an_app(app, document)
        yield from _about_outsiders(app, platform)
        yield from _about_callers(key, apps, platform)
        yield from _about_scrapers(key, app, document, platform)


def _about_clusters(documents: tuple[Data, ...], platform: Data) -> Iterator[str]:
    spaces = [it["metadata"]["namespace"] for it in documents if it["kind"] == "Connectivity"]
    yield from ["22 two documents of one namespace"] if len(spaces) > len(set(spaces)) else []
    yield from ["12 namespace"] if any("isolate" in it for it in documents) else []
    yield from ["21 selectBy"] if any("selectBy" in it for it in documents) else []
    claims = [str(claim) for it in documents for claim in it.get("never", ())]
    yield from ["8 claims"] if claims else []
    yield from ["8 a link-local target"] if any("169.254." in claim for claim in claims) else []
    for point in platform.get("entrypoints", {}).values():
        yield from ["8 an internal entry point"] if point.get("internal") else []
        yield f"24 controller {shape(point['controller']) if 'controller' in point else 'of the class'}"
    yield from ("19 name server" for _ in platform.get("dns", ()))
    hosts: dict[str, set[str]] = {}
    for key, app, _ in apps_in(documents):
        for form in exposures(app):
            if "url" in form:
                hosts.setdefault(form["url"].split("/")[2], set()).add(key[0])
    yield from ["27 a host in two namespaces"] if any(len(spaces) > 1 for spaces in hosts.values()) else []


def _about_an_app(app: Data, document: Data) -> Iterator[str]:
    ports = single_ports(app)
    directions = {"both": "", "none": "no direction"}.get(app.get("isolate", "both"), "one direction")
    yield from [f"12 {directions}"] if directions else []
    yield from [f"12 {directions} of a closed namespace"] if directions and "isolate" in document else []
    yield from ["12 without DNS"] if app.get("dns") is False else []
    yield from ["15 no ports, no Service"] if not ports else []
    yield from ["20 overlaps"] if "overlaps" in app else []
    yield from ["21 select wins over selectBy"] if "select" in app and "selectBy" in document else []
    yield from ["25 [] for nobody"] if [] in (app.get("calls"), app.get("accepts")) else []
    yield from ["28 why"] if "why" in app else []
    for form in exposures(app):
        if "url" in form:
            yield f"14 {form['url'].partition(':')[0]}"
            yield from ["17 the path is a prefix"] if "match" not in form and form["url"].count("/") > 2 else []
        elif any(client != "internet" for body in form.values() for client in body.get("clients", ())):
            yield "13 clients"


def _about_outsiders(app: Data, platform: Data) -> Iterator[str]:
    ranges = platform.get("ranges", {})
    texts = [text for text, _ in grants_of(app)]
    worldly = [form for form in exposures(app) if "url" not in form]
    if "internet" in texts or any("clients" not in body for form in worldly for body in form.values()):
        yield "2 the world without the pods" if "pods" in ranges else "2 the world, perhaps with pods"
    for text, words in calls_of(app):
        if text == "internet":
            yield f"3 {'with' if words else 'without'} a port"
            yield f"3 {'exact' if ranges.get('exact') else 'without private addresses'}"
        if text == "cluster/apiserver":
            yield "11 target"
        if "://" in text:
            yield "16 port of the scheme" if not re.search(r"[\]\d]:\d+$", text) else "16 port"
            yield "16 CIDR" if text.count("/") > 2 else "16 address"
    if "cluster/apiserver" in texts:
        servers = [one for one in platform["apiserver"] if one.startswith("192.0.2.")]
        yield "11 caller on a node" if servers else "11 caller"
    yield from ["11 nodes"] if "cluster/nodes" in texts else []


def _about_callers(key: Key, apps: dict[Key, tuple[Data, Data]], platform: Data) -> Iterator[str]:
    app, document = apps[key]
    owners = platform.get("owners", {})
    spaces = {space for space, _ in apps}
    for text, words in calls_of(app):
        callee = ((text.rpartition("/")[0] or key[0]), text.rpartition("/")[2])
        if text in document.get("peers", {}):
            yield "5 a peer is called"
        elif callee in apps and "://" not in text:
            yield from _about_a_call(key, callee, words, apps[callee][0], owners)
        if text == "any" or text.endswith("/*"):
            yield "4 a wildcard calls"
            yield from (
                "4 a wildcard is accepted by name"
                for other, _ in apps.values()
                for caller, _ in grants_of(other)
                if caller == "/".join(key)
            )
    for text, _ in grants_of(app):
        yield from ["5 a peer is accepted"] if text in document.get("peers", {}) else []
        if re.fullmatch(f"{NAME}/{NAME}", text) and not text.startswith("cluster/"):
            yield from ["5 an unmanaged caller"] if text.partition("/")[0] not in spaces else []


def _about_a_call(caller: Key, key: Key, words: list[Any], app: Data, owners: Data) -> Iterator[str]:
    ports = single_ports(app)
    yield from ["9 self"] if caller == key else []
    named = {"/".join(caller)} | ({caller[1]} if caller[0] == key[0] else set())
    granted = [names for text, names in grants_of(app) if text in named]
    if caller[0] != key[0]:
        same = caller[0] in owners and owners[caller[0]] == owners.get(key[0])
        yield (
            "4 consent by a wildcard" if not same and not granted else f"consent {'of one owner' if same else 'of two'}"
        )
    served = [port for port in ports.values() if not port.metrics]
    if not words and not any(granted) and len(served) == 1 < len(ports):
        yield "6 a port for metrics is left out"
    for word in words:
        by_number = [
            port for port in ports.values() if not is_name(word) and port.service == int(str(word).partition("/")[0])
        ]
        yield from ("6 the service port" for port in by_number if port.service != port.container)
        yield from ["6 named by the protocol word"] if "port" in app and is_name(word) and word != "main" else []
        yield from ["6 main"] if word == "main" else []
    if not words:
        yield "6 the granted port" if len(ports) > 1 else "6 the only port"
    yield from ["6 a grant narrows"] if any(names and len(names) < len(ports) for names in granted) else []


def _about_scrapers(key: Key, app: Data, document: Data, platform: Data) -> Iterator[str]:
    select = app.get("select", {document.get("selectBy", "app.kubernetes.io/name"): key[1]})
    scrapers = [platform_pods(text) for text in listed(platform.get("scrape", []))]
    if any(are_within(pods_of(key[0], select), pods) for pods in scrapers):
        yield "7 the scraper is an app"
    if scrapers:
        marked = {name for name, port in single_ports(app).items() if port.metrics}
        yield from ["7 metrics by name"] if "metrics" in marked else []
        yield from ["7 metrics by a mark"] if marked - {"metrics"} else []
