"""What a system means: who may open which port of whom, by a plain reading of the language; netgen has no part in it.

Source: the spec language, sections 2, 3 and 6. It takes a system to be valid, and looks at one pair of ends at a time.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_address, ip_network
from itertools import product
from typing import Any

from systems import Data, Key, apps_in, exposures

Network = IPv4Network | IPv6Network
Opened = frozenset[tuple[str, int | None]] | None
"""(protocol, port of the pod) pairs, with None for every port of a protocol; None for everything."""
EVERYTHING: Opened = None
NOTHING: Opened = frozenset()

WORD = {"udp": "UDP", "sctp": "SCTP"}
"""Protocol word of a port or scheme -> its transport; every other word is spoken over TCP."""
SCHEMES = {"http": 80, "https": 443, "grpc": 443, "tls": 443}
NEVER = ("127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "::1/128", "fe80::/10", "ff00::/8")
PRIVATE = ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
NAME = "app.kubernetes.io/name"
PART = "app.kubernetes.io/component"
CONTROLLERS: dict[str, tuple[str, dict[str, str]]] = {
    "nginx": ("ingress-nginx", {NAME: "ingress-nginx", PART: "controller"}),
    "traefik": ("traefik", {NAME: "traefik"}),
    "haproxy": ("haproxy-controller", {NAME: "kubernetes-ingress"}),
    "kong": ("kong", {NAME: "kong", PART: "app"}),
    "contour": ("projectcontour", {"app": "envoy"}),
}
"""Ingress controller -> namespace and labels of its data plane, as its own documentation installs it."""


@dataclass(frozen=True)
class Pods:
    """The pods of *namespace* (None: of every one) that wear *labels* and meet *expressions*."""

    namespace: str | None
    labels: tuple[tuple[str, str], ...] = ()
    expressions: tuple[tuple[str, str, tuple[str, ...]], ...] = ()

    def selects(self, labels: dict[str, str]) -> bool:
        """Return whether a pod with *labels* is meant, as far as labels say."""
        return all(labels.get(key) == value for key, value in self.labels) and all(
            _holds(key, operator, values, labels) for key, operator, values in self.expressions
        )


@dataclass(frozen=True)
class Blocks:
    """The addresses of some (CIDR, excluded CIDRs)."""

    blocks: tuple[tuple[str, tuple[str, ...]], ...]


EVERYBODY = "everybody"
Peer = Pods | Blocks | str


@dataclass(frozen=True)
class End:
    """One end of a connection.

    *kind* is `pod`, `host` (a pod on the host network), `node` or `outside`; *homes* are the networks in which a pod
    lives (none: anywhere), or the single address of the others.
    """

    kind: str
    name: str
    namespace: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    homes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Listening:
    """A port of an app: *service* is dialled, the pods listen on *container*; *metrics*: scrapers may read it."""

    service: int
    container: int
    protocol: str
    metrics: bool


@dataclass
class Meant:
    """An app: its *pods*, in which directions it is isolated, and whom it lets in and may go out to."""

    pods: Pods
    ports: dict[str, Listening]
    ingress: bool
    egress: bool
    host: bool
    inward: list[tuple[Peer, Opened]] = field(default_factory=list)
    outward: list[tuple[Peer, Opened]] = field(default_factory=list)

    def opened(self, names: Iterable[str]) -> Opened:
        """Return the ports of the pods that are called *names*."""
        return frozenset((self.ports[name].protocol, self.ports[name].container) for name in names)


@dataclass(frozen=True)
class Meaning:
    """The *apps* of a system, the namespaces that it closes, and the ranges of pods and nodes."""

    apps: dict[Key, Meant]
    closed: frozenset[str]
    pod_ranges: tuple[str, ...]
    node_ranges: tuple[str, ...]

    def holding(self, end: End) -> list[Meant]:
        """Return the apps that *end* is a pod of, so that their permissions are its own; none on the host network."""
        return [
            app
            for app in self.apps.values()
            if not app.host
            and end.kind == "pod"
            and app.pods.namespace == end.namespace
            and app.pods.selects(end.labels)
        ]

    def permissions(self, end: End, direction: str) -> list[tuple[Peer, Opened]] | None:
        """Return whom *end* may meet in *direction*; None where nothing isolates it."""
        holding = self.holding(end)
        closed = end.kind == "pod" and end.namespace in self.closed
        found: list[tuple[Peer, Opened]] = []
        for app in holding:
            if app.ingress if direction == "ingress" else app.egress:
                found += app.inward if direction == "ingress" else app.outward
            elif closed:
                found.append((EVERYBODY, EVERYTHING))
        isolated = closed or any(app.ingress if direction == "ingress" else app.egress for app in holding)
        return found if isolated else None

    def peers(self) -> Iterator[Peer]:
        """Yield everybody that the system speaks of."""
        for app in self.apps.values():
            yield app.pods
            for peer, _ in (*app.inward, *app.outward):
                yield peer


def meaning(documents: Iterable[Data]) -> Meaning:
    """Return what *documents* mean."""
    return Reader(tuple(documents)).meaning()


def is_met(peer: Peer, end: End, *, wide: bool) -> bool:
    """Return whether *peer* means *end*.

    Whether an address stands for the pod or the node that has it, and a selector for pods on the host network, plugins
    decide differently: *wide* says yes wherever one does.
    """
    if not isinstance(peer, Pods | Blocks):
        return True
    if isinstance(peer, Pods):
        is_pod = end.kind == "pod" or (wide and end.kind == "host")
        return is_pod and peer.namespace in (None, end.namespace) and peer.selects(end.labels)
    if end.kind == "outside":
        return any(_inside(end.homes[0], block) for block in peer.blocks)
    return wide and (not end.homes or any(_inside(home, block) for home in end.homes for block in peer.blocks))


@cache
def _inside(home: str, block: tuple[str, tuple[str, ...]]) -> bool:
    """Return whether some address of *home* is one of *block*."""
    own, outer = ip_network(home), ip_network(block[0])
    if own.version != outer.version or not own.overlaps(outer):
        return False
    both = min(own, outer, key=lambda network: network.num_addresses)
    holes = [ip_network(one) for one in block[1] if ip_network(one).version == both.version]
    if any(hole.num_addresses >= both.num_addresses and hole.overlaps(both) for hole in holes):
        return False
    taken: list[Any] = [hole for hole in holes if hole.overlaps(both)]
    return both.num_addresses > sum(int(hole.num_addresses) for hole in collapse_addresses(taken))


def _holds(key: str, operator: str, values: tuple[str, ...], labels: dict[str, str]) -> bool:
    has, within = key in labels, labels.get(key) in values
    return {"In": within, "NotIn": not within, "Exists": has, "DoesNotExist": not has}[operator]


def pods_of(namespace: str | None, select: Data) -> Pods:
    """Return the pods of a label map or a LabelSelector."""
    if not {"matchLabels", "matchExpressions"} & select.keys():
        return Pods(namespace, tuple(sorted(select.items())))
    labels = tuple(sorted(select.get("matchLabels", {}).items()))
    terms = [(it["key"], it["operator"], tuple(it.get("values", ()))) for it in select.get("matchExpressions", [])]
    return Pods(namespace, labels, tuple(terms))


def worn(pods: Pods) -> dict[str, str]:
    """Return labels with which a pod is one of *pods*."""
    labels = {key: values[0] for key, operator, values in pods.expressions if operator == "In"}
    labels |= {key: "any" for key, operator, _ in pods.expressions if operator == "Exists"}
    return labels | dict(pods.labels)


def are_within(inner: Pods, outer: Pods) -> bool:
    """Return whether all pods of *inner* are pods of *outer*: every pod that the two could tell apart is tried."""
    if outer.namespace not in (None, inner.namespace):
        return False
    values: dict[str, set[str | None]] = defaultdict(lambda: {None, "another"})
    for pods in (inner, outer):
        for key, value in pods.labels:
            values[key].add(value)
        for key, _, listed in pods.expressions:
            values[key].update(listed)
    for choice in product(*values.values()):
        labels = {key: value for key, value in zip(values, choice, strict=True) if value is not None}
        if inner.selects(labels) and not outer.selects(labels):
            return False
    return True


def port_of(name: str, value: Any) -> Listening:
    """Return a port in any of its forms."""
    if isinstance(value, dict):
        value = {"service": value["container"], "protocol": "TCP", "metrics": name == "metrics"} | value
        return Listening(value["service"], value["container"], value["protocol"], value["metrics"])
    service, container, word = parts_of(r"(?:(\d+) *-> *)?(\d+)(?:/(\w+))?", str(value))
    return Listening(int(service or container), int(container), WORD.get(word, "TCP"), name == "metrics")


def parts_of(pattern: str, text: str) -> list[str]:
    """Return what the groups of *pattern* are in *text*, nothing for one that is not there."""
    match = re.fullmatch(pattern, text)
    return [group or "" for group in match.groups()] if match else []


def ports_of(app: Data) -> dict[str, Listening]:
    """Return the ports of an app by name; one without a name is called by its protocol word, or `main`."""
    if "port" in app:
        return {str(app["port"]).partition("/")[2] or "main": port_of("", app["port"])}
    return {name: port_of(name, value) for name, value in app.get("ports", {}).items()}


def listed(value: Any) -> list[Any]:
    """Return a value that may stand alone as a list."""
    return value if isinstance(value, list) else [value]


def calls_of(app: Data) -> Iterator[tuple[str, list[Any]]]:
    """Yield each target of the calls of *app*, with the ports that it names."""
    for call in listed(app.get("calls", [])):
        text, words = (call["to"], call.get("ports", [])) if isinstance(call, dict) else (call, [])
        if "://" not in text and ":" in text:
            text, _, word = text.partition(":")
            words = [int(word) if word.isdigit() else word]
        yield text, words


def grants_of(app: Data) -> Iterator[tuple[str, list[str]]]:
    """Yield each caller that *app* accepts, with the ports that are named for it."""
    value = app.get("accepts", [])
    if isinstance(value, dict):
        yield from ((caller, listed(ports)) for caller, ports in value.items())
        return
    for grant in listed(value):
        yield (grant["from"], grant.get("ports", [])) if isinstance(grant, dict) else (grant, [])


def numbered(word: Any) -> tuple[str, int]:
    """Return a port that is written as a number, perhaps with its protocol."""
    number, _, protocol = str(word).partition("/")
    return WORD.get(protocol, "TCP"), int(number)


def address_of(text: str) -> tuple[Blocks, Opened]:
    """Return what a URL with an address or a CIDR reaches."""
    scheme, _, rest = text.partition("://")
    host = r"\[(.*)\]" if rest.startswith("[") else "([^/:]+)"
    address, mask, port = parts_of(host + r"(/\d+)?(?::(\d+))?", rest)
    number = int(port) if port else SCHEMES[scheme]
    return block_of(address + mask), frozenset({(WORD.get(scheme, "TCP"), number)})


def block_of(*texts: str, excluded: tuple[str, ...] = ()) -> Blocks:
    """Return addresses and CIDRs as blocks, each without those of *excluded* that are of its family."""
    networks = [ip_network(text) for text in texts]
    holes = [ip_network(text) for text in excluded]
    return Blocks(
        tuple((str(one), tuple(str(hole) for hole in holes if hole.version == one.version)) for one in networks)
    )


class Reader:
    """Reads the apps of all documents, then what each says of others."""

    def __init__(self, documents: tuple[Data, ...]) -> None:
        self.platform: Data = next((it for it in documents if it["kind"] == "Platform"), {})
        self.ranges: Data = self.platform.get("ranges", {})
        self.nodes = block_of(*self.ranges.get("nodes", []))
        self.maps = list(apps_in(documents))
        self.apps = {key: self.app(key, app, document) for key, app, document in self.maps}
        self.grants = {key: list(grants_of(app)) for key, app, _ in self.maps}
        self.wildcards: dict[Key, list[tuple[Pods, Opened]]] = defaultdict(list)
        self.closed = frozenset(it["metadata"]["namespace"] for it in documents if "isolate" in it)

    def meaning(self) -> Meaning:
        """Return what all of it means."""
        for key, app, document in self.maps:
            for text, words in calls_of(app):
                self.call(key, text, words, document)
        for key, _, document in self.maps:
            for text, names in self.grants[key]:
                self.grant(key, text, names, document)
        self.name_servers()
        self.scrapers()
        for key, app, _ in self.maps:
            for form in exposures(app):
                self.expose(self.apps[key], form)
        ranges = (tuple(self.ranges.get(name, ())) for name in ("pods", "nodes"))
        return Meaning(self.apps, self.closed, *ranges)

    def app(self, key: Key, app: Data, document: Data) -> Meant:
        """Return an app without its permissions."""
        select = app.get("select", {document.get("selectBy", NAME): key[1]})
        isolate, host = app.get("isolate", "both"), app.get("hostNetwork", False)
        return Meant(
            pods_of(key[0], select),
            ports_of(app),
            ingress=isolate in ("both", "ingress") and not host,
            egress=isolate in ("both", "egress") and not host,
            host=host,
        )

    def at(self, app: Meant) -> Peer:
        """Return how others meet *app*: its pods, or the nodes where it is on their network."""
        return self.nodes if app.host else app.pods

    # ------------------------------------------------------------------------------------------------------- calls

    def call(self, key: Key, text: str, words: list[Any], document: Data) -> None:
        """Open what the app *key* calls."""
        outward = self.apps[key].outward
        numbers: Opened = NOTHING if any(map(is_name, words)) else frozenset(map(numbered, words))
        if text == "cluster/apiserver":
            for server in self.platform.get("apiserver", []):
                outward.append(address_of(f"tcp://{server}"))
        elif text == "internet":
            outward.append((self.internet(), numbers or frozenset({("TCP", None), ("UDP", None)})))
        elif "://" in text:
            outward.append(address_of(text))
        elif text == "any" or text.endswith("/*"):
            pods = self.wildcard(text, key)
            self.wildcards[key].append((pods, numbers or EVERYTHING))
            outward.append((pods, numbers or EVERYTHING))
        elif text in document.get("peers", {}):
            outward.append((peer_of(document["peers"][text]), numbers))
        else:
            self.call_app(key, ((text.rpartition("/")[0] or key[0]), text.rpartition("/")[2]), words)

    def call_app(self, caller: Key, callee: Key, words: list[Any]) -> None:
        """Open the ports that a call means and a grant does not forbid, on both sides."""
        source, target = self.apps[caller], self.apps[callee]
        covering = self.covering(caller, callee)
        granted = {name for names in covering for name in names} if covering and all(covering) else set(target.ports)
        called = [name for word in words for name, port in target.ports.items() if is_meant(word, name, port)]
        # Without a word, the ports for metrics are not meant, unless the app has no others.
        served = {name for name, port in target.ports.items() if not port.metrics} or set(target.ports)
        opened = target.opened(called or served & granted)
        source.outward.append((self.at(target), opened))
        target.inward.append((self.at(source), opened))

    def covering(self, caller: Key, callee: Key) -> list[list[str]]:
        """Return the ports of each grant of *callee* that speaks of *caller*."""
        own = {"here/*", caller[1]} if caller[0] == callee[0] else set()
        texts = {"/".join(caller), f"{caller[0]}/*", "any"} | own
        return [names for text, names in self.grants[callee] if text in texts]

    def wildcard(self, text: str, key: Key) -> Pods:
        """Return the pods of `any`, `here/*` or `NAMESPACE/*`."""
        space = text.partition("/")[0]
        return Pods(None if text == "any" else key[0] if space == "here" else space)

    # ------------------------------------------------------------------------------------------------------ grants

    def grant(self, key: Key, text: str, names: list[str], document: Data) -> None:
        """Let in whom the app *key* accepts, if no call is needed for it."""
        app = self.apps[key]
        opened = app.opened(names or app.ports)
        caller = (text.rpartition("/")[0] or key[0], text.rpartition("/")[2])
        if text in document.get("peers", {}):
            app.inward.append((peer_of(document["peers"][text]), opened))
        elif text in ("internet", "cluster/nodes", "cluster/apiserver"):
            words = {"internet": self.world, "cluster/apiserver": self.apiserver}
            app.inward.append((words[text]() if text in words else self.nodes, opened))
        elif text == "any" or text.endswith("/*"):
            pods = self.wildcard(text, key)
            app.inward.append((pods, opened))
            for other in self.apps:
                if pods.namespace in (None, other[0]):
                    self.reach(other, key, opened, only_hosts=True)
        elif is_address(text):
            app.inward.append((block_of(text), opened))
        elif caller in self.apps:
            self.reach(caller, key, opened, only_hosts=False)
        else:
            app.inward.append((Pods(caller[0], ((NAME, caller[1]),)), opened))

    def reach(self, caller: Key, callee: Key, opened: Opened, *, only_hosts: bool) -> None:
        """Open what a wildcard call of *caller* and a grant of *callee* share; pods are met at nodes on their network.

        *only_hosts*: the grant lets all pods in already, and its own half is written.
        """
        source, target = self.apps[caller], self.apps[callee]
        for pods, ports in self.wildcards[caller]:
            if pods.namespace in (None, callee[0]):
                both = opened if ports is None or opened is None else opened & ports
                if both == NOTHING:
                    continue
                if source.host or not only_hosts:
                    target.inward.append((self.at(source), both))
                if target.host:
                    source.outward.append((self.nodes, both))

    # ------------------------------------------------------------------------------------------------- the platform

    def name_servers(self) -> None:
        """Let every app ask the name servers, and these answer if they are apps."""
        for text in self.platform.get("dns", ["kube-system/k8s-app=kube-dns"]):
            peer, port = name_server(text)
            opened: Opened = frozenset({("TCP", port), ("UDP", port)})
            servers = self.apps_that_are(peer) if isinstance(peer, Pods) else []
            places = {peer, *(self.at(app) for app in servers if app.host)}
            for key, app, _ in self.maps:
                self.apps[key].outward += [(place, opened) for place in places if app.get("dns", True)]
            for server in servers:
                server.inward.append((Pods(None), opened))

    def scrapers(self) -> None:
        """Let the scrapers in at every port that has metrics."""
        for text in listed(self.platform.get("scrape", [])):
            for app in self.apps.values():
                metrics = [name for name, port in app.ports.items() if port.metrics]
                self.from_platform(platform_pods(text), app, app.opened(metrics))

    def apps_that_are(self, pods: Pods) -> list[Meant]:
        """Return the apps that the platform means by *pods*: one of the two holds all of the other."""
        return [
            app
            for app in self.apps.values()
            if app.pods.namespace == pods.namespace and (are_within(app.pods, pods) or are_within(pods, app.pods))
        ]

    def from_platform(self, pods: Pods, app: Meant, opened: Opened) -> None:
        """Let *pods* that the platform names into *app*, on both sides where they are an app."""
        if opened == NOTHING:
            return
        sources = self.apps_that_are(pods)
        for place in {pods, *(self.at(source) for source in sources if source.host)}:
            app.inward.append((place, opened))
        for source in sources:
            source.outward.append((self.at(app), opened))

    def expose(self, app: Meant, form: Data) -> None:
        """Let in who comes by an exposure of *app*."""
        if "url" in form:
            served = [name for name, port in app.ports.items() if not port.metrics] or list(app.ports)
            port = form.get("port", served[0])
            self.from_platform(self.controller(self.entry_point(form)), app, app.opened([port]))
            return
        (body,) = form.values()
        clients = [client for client in body.get("clients", []) if client != "internet"]
        names = [name or next(iter(app.ports)) for name in body.get("ports", app.ports)]
        app.inward.append((block_of(*clients) if clients else self.world(), app.opened(names)))

    def entry_point(self, form: Data) -> Data:
        """Return the entry point that serves the host of a URL."""
        host = form["url"].partition("://")[2].partition("/")[0]
        points = self.platform["entrypoints"]
        serving = [name for name, it in points.items() if any(serves(one, host) for one in it.get("hosts", [host]))]
        point: Data = points[form.get("via", serving[0])]
        return point

    def controller(self, point: Data) -> Pods:
        """Return the data plane of an entry point."""
        written = point.get("controller", {})
        controller: Data = {"profile": written} if isinstance(written, str) else written
        namespace, labels = CONTROLLERS.get(str(controller.get("profile", point["ingress"])), ("", {}))
        return pods_of(controller.get("namespace", namespace), controller.get("labels", labels))

    def world(self) -> Blocks:
        """Return the addresses outside the cluster, as far as the platform tells them from pods."""
        return block_of("0.0.0.0/0", "::/0", excluded=tuple(self.ranges.get("pods", ())))

    def internet(self) -> Blocks:
        """Return what a call of the internet reaches."""
        cluster = [cidr for key in ("pods", "services", "nodes") for cidr in self.ranges.get(key, ())]
        private = () if self.ranges.get("exact") else PRIVATE
        return block_of("0.0.0.0/0", "::/0", excluded=(*NEVER, *private, *cluster))

    def apiserver(self) -> Blocks:
        """Return where the API server calls from: its addresses, and the nodes where it runs on one."""
        servers = [server.rpartition(":")[0].strip("[]") for server in self.platform.get("apiserver", [])]
        on_node = any(_inside(server, block) for server in servers for block in self.nodes.blocks)
        return Blocks(block_of(*servers).blocks + (self.nodes.blocks if on_node else ()))


def is_name(word: Any) -> bool:
    """Return whether *word* is the name of a port, not a number with or without its protocol."""
    return not str(word).partition("/")[0].isdigit()


def is_meant(word: Any, name: str, port: Listening) -> bool:
    """Return whether a call's *word* means the port *name*: by that, or by its service port and protocol."""
    if is_name(word):
        return bool(word == name)
    protocol, number = numbered(word)
    return number == port.service and ("/" not in str(word) or protocol == port.protocol)


def is_address(text: str) -> bool:
    """Return whether *text* is an address or a CIDR."""
    try:
        ip_address(text.partition("/")[0])
    except ValueError:
        return False
    return True


def peer_of(value: Data) -> Peer:
    """Return what a named peer is."""
    return block_of(value["cidr"]) if "cidr" in value else pods_of(value["namespace"], value["labels"])


def platform_pods(text: str) -> Pods:
    """Return the pods of `namespace/key=value,key=value`."""
    space, _, pairs = text.partition("/")
    return pods_of(space, dict(pair.split("=", 1) for pair in pairs.split(",")))


def name_server(text: str) -> tuple[Peer, int]:
    """Return a name server of the platform and its port."""
    if "=" in text:
        pods, _, port = text.partition(":")
        return platform_pods(pods), int(port or 53)
    address, _, port = text.rpartition(":") if "]" in text or text.count(":") == 1 else (text, "", "")
    return block_of(address.strip("[]")), int(port or 53)


def serves(pattern: str, host: str) -> bool:
    """Return whether a host of an entry point is *host*, or a wildcard one label above it."""
    return pattern == host or (pattern.startswith("*.") and pattern[2:] == host.partition(".")[2])
