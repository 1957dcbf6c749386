"""Random systems that netgen must take, as plain data, and what their calls mean: in every form of the language."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from systems import Data, Edge, Key, Port, System, selector, target_of
from writing import chance_of

NAMESPACES = ("shop", "pay", "n", "true")
APPS = ("web", "api", "db", "no", "e1", "x-1", "null")
OUTSIDE_NAMES = ("legacy/cron", "legacy/job-2")
PORT_NAMES = ("http", "grpc", "admin", "metrics", "x-1", "n")
PODS_LISTEN = (8080, 8443, 9090, 5353, 7070, 65535)
SERVICES_ONLY = (82, 81, 88, 5000, 1)
"""Service ports of ports that are mapped; no pod listens on them, and nothing outside the cluster is called there."""
TRANSPORTS = {"": "TCP", "tcp": "TCP", "udp": "UDP", "sctp": "SCTP"}
WORDS = TRANSPORTS | dict.fromkeys(("http", "grpc", "https", "tls"), "TCP")
"""Protocol word of a port -> its transport protocol."""
LABEL_VALUES = ("1", "1.10", "true", "no", "1e3", "A_b.c-d", "0x1f", "")
LABEL_KEYS = ("tier", "example.com/part", "on", "app.kubernetes.io/component")
OUTSIDE = (
    *("internet", "internet:443", "any:8080", "any", "here/*:8443", "here/*", "pay/*", "unseen/*:9443"),
    *("tcp://10.20.0.0/16:1433", "https://203.0.113.7", "udp://198.51.100.0/24:123", "tcp://[2001:db8::]/32:443"),
    *("http://203.0.113.9", "grpc://198.51.100.32/28", "tls://[2001:db8::7]", "sctp://203.0.113.40:3868"),
    *("https://203.0.113.8:8443", "internet:53"),
)
CALLERS = (
    *("any", "internet", "here/*", "unseen/*", "pay/*", *OUTSIDE_NAMES),
    *("10.1.2.0/24", "203.0.113.7", "2001:db8::/32", "2001:db8::7"),
)
WHYS = (
    *("because", "1", "no", "a: b # c", 'it\'s "so"', "{{ x }}", "é 日本 \U0001f600", "- a", "---", "%YAML", "x" * 300),
)
NOTES = (
    *(
        "",
        "x",
        "true",
        "1e3",
        "a: b",
        '{"a": [1]}',
        "line\nline\n",
        " padded ",
        "# no",
        "é\t日本",
        "'",
        '"',
        "\\",
        "*a",
    ),
)
OWNERS = ("team-a", "team b", "@org/team.c")
DNS = (
    *("kube-system/k8s-app=kube-dns", "169.254.20.10", "dns/app=coredns,tier=edge:5353", "[2001:db8::53]:53"),
    "169.254.20.11:5353",
)
SCRAPERS = ("monitoring/app.kubernetes.io/name=prometheus", "monitoring/app=agent,tier=edge")
CLASSES: dict[str, Data] = {
    "traefik": {},
    "nginx": {"tls": "controller"},
    "haproxy": {},
    "kong": {"controller": "kong"},
    "own": {"controller": {"namespace": "edge", "labels": {"app": "edge", "y": "no"}}},
    "contour": {"tls": "secret shared-tls"},
    "traefik-2": {"controller": {"profile": "traefik", "namespace": "edge"}, "tls": "cert-manager/letsencrypt"},
}


@dataclass
class App:
    """An app that is being made."""

    key: Key
    document: int
    spec: Data
    ports: tuple[Port, ...] = ()
    calls: list[Any] = field(default_factory=list)
    grants: dict[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Return the names of its ports."""
        return [port.name for port in self.ports]


def samples(strategy: st.SearchStrategy[Any], count: int) -> list[Any]:
    """Return *count* values of *strategy*, the same ones in every run."""
    found: list[Any] = []

    @settings(max_examples=count, derandomize=True, database=None, phases=[Phase.generate], deadline=None)
    @given(strategy)
    def collect(value: Any) -> None:
        found.append(value)

    collect()
    return found


def random_system(seed: object) -> System:
    """Return the system that *seed* stands for: each choice is as likely as any other, and none is made twice."""
    chance = chance_of(seed)
    some = Maker(chance.randrange, lambda size, least, most: chance.sample(range(size), chance.randint(least, most)))
    return some.system()


@cache
def _index(size: int) -> st.SearchStrategy[int]:
    return st.integers(0, size - 1)


@cache
def indexes(size: int, least: int, most: int) -> st.SearchStrategy[list[int]]:
    """Return so many different numbers below *size*."""
    return st.lists(_index(size), min_size=least, max_size=most, unique=True)


@st.composite
def systems(draw: st.DrawFn) -> System:
    """Return a system of one to four documents with up to seven apps each."""
    return Maker(lambda size: draw(_index(size)), lambda size, least, most: draw(indexes(size, least, most))).system()


class Maker:
    """Makes one system: apps first, then who may call whom, last the calls and what else depends on the apps.

    *index* (of a size) and *indexes* (of a size, so many at least and at most, all different) make every choice.
    """

    def __init__(self, index: Callable[[int], int], indexes: Callable[[int, int, int], list[int]]) -> None:
        self.index = index
        self.indexes = indexes
        self.platform: Data = self.bare_platform() if self.chance(3) else {}
        self.ranges: Data = self.platform.get("ranges", {})
        self.entrypoints: Data = self.platform.get("entrypoints", {})
        self.apps: list[App] = []
        self.documents: list[Data] = []
        self.edges: list[Edge] = []
        self.node_port = 30000
        self.count = 0

    def one(self, choices: Sequence[Any]) -> Any:
        """Draw one of *choices*."""
        return choices[self.index(len(choices))]

    def some(self, choices: Sequence[Any], least: int = 0, most: int = 3) -> list[Any]:
        """Draw a few different ones of *choices*, in any order."""
        return [choices[index] for index in self.indexes(len(choices), least, min(most, len(choices)))]

    def all_of(self, choices: Sequence[Any]) -> list[Any]:
        """Draw an order of *choices*."""
        return self.some(choices, len(choices), len(choices))

    def chance(self, of_four: int) -> bool:
        """Draw True in *of_four* of four cases."""
        return bool(self.index(4) >= 4 - of_four)

    def next(self) -> int:
        """Return a number that no other call has returned."""
        self.count += 1
        return self.count

    def system(self) -> System:
        """Return the system."""
        for index, space in enumerate(self.one(NAMESPACES) for _ in range(1 + self.index(4))):
            self.document(index, space)
        for app in self.apps:
            self.open_to_outsiders(app)
        for app in self.apps:
            self.accept_wildcards(app)
        for app in self.apps:
            self.accept_idly(app)
        for caller, callee in self.some(list(product(self.apps, self.apps)), most=8) if self.apps else []:
            if callee.ports and (self.ranges or not any("hostNetwork" in app.spec for app in (caller, callee))):
                self.edge(caller, callee)
        for app in self.apps:
            self.finish(app)
        documents = [*self.documents, self.whole_platform()] if self.platform else self.documents
        ports = {app.key: app.ports for app in self.apps}
        return System(tuple(documents), tuple(self.edges), tuple(self.wide()), ports)

    # ------------------------------------------------------------------------------------------- platform, documents

    def bare_platform(self) -> Data:
        """Return a Platform without what depends on the apps."""
        data: Data = {"apiVersion": "netgen.dev/v1alpha1", "kind": "Platform", "metadata": {"name": "cluster"}}
        if self.chance(2):
            data |= {"cni": "kubernetes", "kubernetes": self.one(("1.30", "1.36"))}
        if self.chance(2):
            data["ranges"] = {"pods": ["10.244.0.0/16", "2001:db8:1::/48"], "nodes": ["192.0.2.0/26"]}
            data["ranges"] |= {"services": ["10.96.0.0/12"], "exact": True} if self.chance(2) else {}
            data["apiserver"] = self.some(("192.0.2.1:6443", "10.0.0.1:443", "[2001:db8::1]:6443"), 1)
        if self.chance(3):
            names = self.some(tuple(CLASSES), 1, 2)
            hosts = (["shop.example.com", "*.apps.example.com"], ["pay.example.com", "*.pay.example.com"])
            data["entrypoints"] = {
                name: {"ingress": name, "hosts": served, **CLASSES[name]}
                for name, served in zip(names, hosts, strict=False)
            }
            if len(names) == 1 and self.chance(1):
                del data["entrypoints"][names[0]]["hosts"]  # so that it serves every host
            for point in data["entrypoints"].values():
                point.update({"internal": self.one((True, False))} if self.chance(1) else {})
                point.update({"annotations": self.notes("gate.example.com")} if self.chance(1) else {})
        return data

    def whole_platform(self) -> Data:
        """Return the Platform with owners, DNS and scrapers, which may be apps of the system."""
        here = [f"{app.key[0]}/{label}" for app in self.apps if (label := self.label(app))]
        parts: Data = {
            "owners": self.owners,
            "dns": self.some((*DNS, *here), 1) if self.chance(2) else None,
            "scrape": self.some((*SCRAPERS, *here), 1) if self.chance(2) else None,
            "unsafeAnnotations": ["example.com/server-snippet"] if self.chance(1) else None,
        }
        if parts["scrape"] and len(parts["scrape"]) == 1 and self.chance(2):
            parts["scrape"] = parts["scrape"][0]
        return self.platform | {key: value for key, value in parts.items() if value}

    @property
    def owners(self) -> Data:
        """Return the owners that the platform names."""
        named: Data = self.platform.get("owners", {})
        return named

    def label(self, app: App) -> str:
        """Return the label by which the app is found, as the platform writes it."""
        labels = selector(self.documents[app.document], app.key[1])
        return ",".join(f"{key}={value}" for key, value in labels.items())

    def document(self, index: int, space: str) -> None:
        """Make a document and its apps."""
        data: Data = {
            "apiVersion": "netgen.dev/v1alpha1",
            "kind": "Connectivity",
            "metadata": {"name": f"d{index}", "namespace": space},
            "apps": {},
        }
        if self.chance(1):
            data["metadata"] |= {"labels": self.labels(), "annotations": self.notes("example.com")}
        data |= {"selectBy": self.one(("app", "y"))} if self.chance(1) else {}
        data |= {"isolate": "namespace"} if self.chance(1) else {}
        if self.platform and self.chance(2):
            self.platform.setdefault("owners", {})[space] = self.one(OWNERS)
        taken = {app.key for app in self.apps}
        names = [name for name in self.some(APPS, 1, 5) if (space, name) not in taken]
        if self.chance(1):
            pods = {"namespace": "legacy", "labels": {"app": "old", "y": "no"}}
            data["peers"] = {"old": pods, "mail": {"cidr": self.one(("198.51.100.25/32", "2001:db8:2::/48"))}}
        self.documents.append(data)
        self.apps += [self.app(index, (space, name)) for name in names]
        self.canary(index, (space, "canary"))

    def canary(self, index: int, key: Key) -> None:
        """Now and then make an app that says that its pods are those of another app too."""
        whole = [
            app
            for app in self.apps
            if app.document == index
            and not {"hostNetwork", "overlaps"} & app.spec.keys()
            and "matchExpressions" not in app.spec.get("select", {})
        ]
        if not whole or self.index(6) or any(app.key == key for app in self.apps):
            return
        other = self.one(whole)
        default = {self.documents[index].get("selectBy", "app.kubernetes.io/name"): other.key[1]}
        labels = other.spec.get("select", default)
        spec = {"select": {**labels, "track": "canary"}, "overlaps": [other.key[1]]}
        spec |= {"isolate": other.spec["isolate"]} if "isolate" in other.spec else {}
        app = App(key, index, spec)
        app.ports = self.ports(spec, mapped=True) if self.chance(3) else ()
        self.apps.append(app)

    def labels(self) -> Data:
        """Return a few labels."""
        return {key: self.one(LABEL_VALUES) for key in self.some(LABEL_KEYS)}

    def notes(self, prefix: str) -> Data:
        """Return annotations; two places that meet in one object have prefixes of their own."""
        return {f"{prefix}/{key}": self.one(NOTES) for key in self.some(("a", "b", "C_d", "y"))}

    # -------------------------------------------------------------------------------------------------- apps, ports

    def app(self, index: int, key: Key) -> App:
        """Make an app without calls, grants and exposures."""
        spec: Data = {}
        if not self.index(5):
            return self.bare_app(App(key, index, spec))
        kind = self.one(("plain", "plain", "named", "headless", "sticky", "none", "existing"))
        if kind in ("none", "existing") and self.chance(2):
            spec["select"] = self.expressions(key[1])
        elif self.chance(1):
            spec["select"] = {self.one(("app", "k8s-app")): f"{key[1]}-pods", **self.labels()}
        spec |= {"isolate": self.one(("ingress", "egress", "both", "none"))} if self.chance(1) else {}
        spec |= {"why": self.one(WHYS)} if self.chance(1) else {}
        if self.chance(1):
            # What is not isolated cannot do without DNS.
            spec |= {"dns": spec.get("isolate") in ("ingress", "none") or self.one((False, True))}
        if self.ranges and self.index(8) == 7:
            spec["hostNetwork"] = True
        app = App(key, index, spec)
        if self.chance(3):
            app.ports = self.ports(spec, mapped=kind not in ("none", "headless"))
        spec |= self.service(kind, key) if app.ports or kind == "none" else {}
        return app

    def bare_app(self, app: App) -> App:
        """Return *app* with a port and nothing else."""
        app.ports = self.ports(app.spec, mapped=True, most=1)
        return app

    def expressions(self, name: str) -> Data:
        """Return a LabelSelector for the pods of the app *name* alone."""
        terms: list[Data] = [
            {"key": name, "operator": "Exists"},
            {"key": "y", "operator": "In", "values": ["b", "a"]},
            {"key": "track", "operator": "NotIn", "values": ["canary", "off"]},
            {"key": "example.com/old", "operator": "DoesNotExist"},
        ]
        if self.chance(1):
            listed = {"key": "app", "operator": "In", "values": [name, f"{name}-2"]}
            return {"matchExpressions": [listed, *self.some(terms)]}
        return {"matchLabels": {"app": name}, "matchExpressions": self.some(terms, 1)}

    def service(self, kind: str, key: Key) -> Data:
        """Return the `service` of the app *key*, as a part of its map."""
        name = key[1]
        labelled = {"labels": {**self.labels(), "app.kubernetes.io/name": "metrics"}} if self.chance(1) else {}
        forms: dict[str, Any] = {
            "none": lambda: False,
            "headless": lambda: {"headless": True, **labelled},
            "existing": lambda: {"existing": f"old-{name}"},
            "named": lambda: {"name": f"svc-{name}", "annotations": self.notes("service.example.com"), **labelled},
            "sticky": lambda: {"sessionAffinity": self.one(("ClientIP", "None", {"clientIP": 600}))},
        }
        return {"service": forms[kind]()} if kind in forms else {}

    def ports(self, spec: Data, *, mapped: bool, most: int = 3) -> tuple[Port, ...]:
        """Draw the ports of an app into its map; *mapped*: a Service may have numbers of its own."""
        names = self.some(PORT_NAMES, 1, most)
        numbers = self.all_of(PODS_LISTEN)
        services = self.all_of(SERVICES_ONLY)
        made = [
            self.port(n, c, s if mapped and self.chance(2) else c)
            for n, c, s in zip(names, numbers, services, strict=False)
        ]
        if len(made) == 1 and made[0][1]["short"]:
            port, forms = made[0]
            word = forms["word"]
            spec["port"] = forms["short"]
            return (Port(word or "main", port.service, port.container, port.protocol, port.http, metrics=False),)
        spec["ports"] = {port.name: forms["short"] or forms["long"] for port, forms in made}
        return tuple(port for port, _ in made)

    def port(self, name: str, container: int, service: int) -> tuple[Port, Data]:
        """Return a port and how it is written."""
        if self.chance(1):
            protocol = self.one(("TCP", "UDP", "SCTP"))
            long = {"container": container, "service": service, "protocol": protocol}
            long |= {"appProtocol": self.one(("http", "kubernetes.io/h2c"))} if protocol == "TCP" else {}
            long |= {"metrics": self.chance(3)} if self.chance(1) else {}
            if (service, protocol) == (container, "TCP") and self.chance(1):
                long = {key: value for key, value in long.items() if key not in ("service", "protocol")}
            read = long.get("metrics", name == "metrics")
            return Port(name, service, container, protocol, protocol == "TCP", read), {"short": None, "long": long}
        word = self.one(("", "", *WORDS))
        arrow = self.one((" -> ", "->"))
        text = (f"{service}{arrow}" if service != container else "") + str(container) + (f"/{word}" if word else "")
        short = container if text == str(container) and self.chance(3) else text
        return (
            Port(name, service, container, WORDS[word], word not in TRANSPORTS or not word, name == "metrics"),
            {"short": short, "word": word},
        )

    # ------------------------------------------------------------------------------------------------- calls, grants

    def open_to_outsiders(self, app: App) -> None:
        """Draw grants for callers that no document speaks for, and calls that name no app."""
        callers: list[str] = [*CALLERS, *self.documents[app.document].get("peers", {})]
        callers += ["cluster/nodes", "cluster/apiserver"] if self.ranges else []
        targets: list[str] = [*OUTSIDE, *(["cluster/apiserver"] if self.ranges else [])]
        targets += [f"{peer}:9443" for peer in self.documents[app.document].get("peers", {})]
        if app.ports and self.chance(1):
            app.grants |= {caller: self.granted(app) for caller in self.some(callers, 1)}
        if self.chance(1):
            app.calls += [
                {"to": text, "why": self.one(WHYS)} if self.chance(1) else text for text in self.some(targets)
            ]

    def accept_wildcards(self, caller: App) -> None:
        """Have an app accept *caller* by name where that calls whole namespaces."""
        callees = [app for app in self.apps if app.ports]
        wild = any(target_of(call).startswith(("any", "here/*", "pay/*")) for call in caller.calls)
        if wild and callees and (self.ranges or "hostNetwork" not in caller.spec):
            callee = self.one(callees)
            callee.grants["/".join(caller.key)] = self.granted(callee)

    def accept_idly(self, app: App) -> None:
        """Now and then have *app* accept an app that may not call it, which opens nothing by itself."""
        other = self.one(self.apps)
        if app.ports and not self.index(8) and (self.ranges or "hostNetwork" not in other.spec):
            app.grants.setdefault("/".join(other.key), self.granted(app))

    def granted(self, app: App) -> list[str]:
        """Draw the port names of a grant, none for all of them."""
        return self.some(app.names, 1) if self.chance(2) else []

    def owner(self, app: App) -> str:
        """Return who owns the namespace of *app*."""
        return str(self.owners.get(app.key[0], app.key[0]))

    def edge(self, caller: App, callee: App) -> None:
        """Make *caller* call *callee*, with the grant that it needs."""
        foreign = self.owner(caller) != self.owner(callee)
        name = "/".join(caller.key) if caller.key[0] != callee.key[0] or self.chance(1) else caller.key[1]
        if (foreign and not self.covering(caller, callee)) or self.chance(1):
            callee.grants[name] = self.granted(callee)
        covering = self.covering(caller, callee)
        names = {name for grant in covering for name in grant}
        left = [port for port in callee.ports if port.name in names or not all(covering) or not covering]
        # A call without a port means the one that is not for metrics, if the app has one.
        served = [port for port in left if not port.metrics]
        alone = served if len(served) == 1 or any(not port.metrics for port in callee.ports) else left
        ports = alone if len(alone) == 1 and self.chance(2) else self.some(left, 1)
        text = "/".join(callee.key) if caller.key[0] != callee.key[0] or self.chance(1) else callee.key[1]
        caller.calls.append(self.call(text, ports, callee, written=ports != alone or len(alone) != 1 or self.chance(2)))
        opened = tuple(sorted({(port.protocol, port.container) for port in ports}))
        self.edges.append(Edge(caller.key, callee.key, opened))

    def covering(self, caller: App, callee: App) -> list[list[str]]:
        """Return the ports of each grant of *callee* that admits *caller*."""
        space, name = caller.key
        texts = {f"{space}/{name}", f"{space}/*", "any"} | ({name, "here/*"} if space == callee.key[0] else set())
        return [ports for text, ports in callee.grants.items() if text in texts]

    def wide(self) -> Iterator[Edge]:
        """Yield who reaches an app by a wildcard and is accepted by name."""
        apps = {app.key: app for app in self.apps}
        for callee in self.apps:
            for name, granted in callee.grants.items():
                caller = apps.get((name.rpartition("/")[0] or callee.key[0], name.rpartition("/")[2]))
                ports = [port for port in callee.ports if port.name in granted or not granted]
                if caller is None:
                    continue
                for target in map(target_of, caller.calls):
                    side, _, number = target.replace("here/", f"{caller.key[0]}/").partition(":")
                    if side in ("any", f"{callee.key[0]}/*"):
                        opened = [(it.protocol, it.container) for it in ports]
                        kept = [pair for pair in opened if not number or pair == ("TCP", int(number))]
                        yield Edge(caller.key, callee.key, tuple(kept))

    def call(self, text: str, ports: list[Port], callee: App, *, written: bool) -> Any:
        """Return an entry of `calls`, in its short or long form."""
        words = [self.word(port, callee) for port in ports] if written else []
        if len(words) > 1 or self.chance(1):
            ports_and_why = {"ports": words, "why": self.one(WHYS) if self.chance(2) else None}
            return {"to": text, **{key: value for key, value in ports_and_why.items() if value}}
        return f"{text}:{words[0]}" if words else text

    def word(self, port: Port, callee: App) -> Any:
        """Return *port* by its name, its service port, or that with the protocol."""
        alone = [other.service for other in callee.ports].count(port.service) == 1
        return self.one([port.name, f"{port.service}/{port.protocol.lower()}", *([port.service] if alone else [])])

    def finish(self, app: App) -> None:
        """Write calls, grants and exposures into the map of *app*, and the map into its document."""
        if app.calls:
            alone = len(app.calls) == 1 and isinstance(app.calls[0], str) and self.chance(2)
            app.spec["calls"] = app.calls[0] if alone else app.calls
        if app.grants:
            app.spec["accepts"] = self.accepts(app)
        for key in ("calls", "accepts"):
            if key not in app.spec and not self.index(16):
                app.spec[key] = []
        if app.ports and self.chance(2):
            app.spec |= self.exposures(app)
        lonely = app.spec.keys() == {"port"} and self.index(8)
        self.documents[app.document]["apps"][app.key[1]] = app.spec["port"] if lonely else app.spec

    def accepts(self, app: App) -> Any:
        """Return the grants of *app* as a map, as one text or as a list."""
        if all(app.grants.values()) and self.chance(2):
            return {
                name: ports[0] if len(ports) == 1 and self.chance(2) else ports for name, ports in app.grants.items()
            }
        if len(app.grants) == 1 and not any(app.grants.values()) and self.chance(2):
            return next(iter(app.grants))
        long = [
            {"from": name, **({"ports": ports} if ports else {}), **({"why": self.one(WHYS)} if self.chance(1) else {})}
            for name, ports in app.grants.items()
        ]
        return [item["from"] if item.keys() == {"from"} and self.chance(3) else item for item in long]

    # ----------------------------------------------------------------------------------------------------- exposures

    def exposures(self, app: App) -> Data:
        """Return the `expose` of *app* as a part of its map; nothing where it cannot be exposed."""
        service = app.spec.get("service", {})
        makers: list[Callable[[App], Data]] = []
        if "matchExpressions" not in app.spec.get("select", {}):
            makers.append(self.separate)
            makers += [self.own] if service is not False and not {"headless", "existing"} & service.keys() else []
        if service is not False and self.entrypoints and any(port.http for port in app.ports):
            makers += [self.url, self.url]
        items = [self.one(makers)(app) for _ in range(self.index(4))] if makers else []
        owned = [item for item in items if item.get("own")]
        kept = [item["form"] for item in items if not item.get("own") or item is owned[0]]
        return {"expose": self.arranged(kept, app)} if kept else {}

    def arranged(self, forms: list[Data], app: App) -> Any:
        """Return the exposures *forms* as a list, alone, or by the names of their ports."""
        ports = [ported(form, app) for form in forms]
        if all(len(names) == 1 for names in ports) and self.chance(2):
            by_port: dict[str, list[Any]] = {}
            for (name,), form in zip(ports, forms, strict=True):
                by_port.setdefault(name, []).append(self.shortened(under_key(form)))
            return {
                name: listed[0] if len(listed) == 1 and self.chance(3) else listed for name, listed in by_port.items()
            }
        written = [self.shortened(form) for form in forms]
        alone = len(written) == 1 and (isinstance(written[0], str) or "url" not in written[0])
        return written[0] if alone and self.chance(3) else written

    def shortened(self, form: Data) -> Any:
        """Return the exposure *form* as a text where it can be one, mostly."""
        if not self.index(4):
            return form
        if form.keys() == {"url"}:
            return form["url"]
        ((kind, body),) = form.items() if len(form) == 1 else [("", form)]
        numbers = body.get("ports", {})
        if kind == "nodePort" and body.keys() == {"ports"} and isinstance(numbers, dict) and len(numbers) == 1:
            return f"nodePort {next(iter(numbers.values()))}"
        return form if body else kind

    def own(self, app: App) -> Data:
        """Return an exposure of the app's own Service: all its ports."""
        named = {"ports": self.all_of(app.names)} if len(app.ports) > 1 or self.chance(1) else {}
        return {"own": True, "form": self.service_form(named)}

    def separate(self, app: App) -> Data:
        """Return an exposure by a Service of its own."""
        return {"form": self.service_form({"name": f"out-{self.next()}", "ports": self.some(app.names, 1)})}

    def service_form(self, parts: Data) -> Data:
        """Return a loadBalancer or nodePort with the *parts* that are given, and others."""
        if self.chance(1):
            numbered = "name" not in parts and len(parts.get("ports", [])) == 1
            self.node_port += 10 * numbered
            return {"nodePort": {"ports": {parts["ports"][0]: self.node_port}}} if numbered else {"loadBalancer": parts}
        clients: Data = {}
        if self.chance(1):
            clients = {"clients": self.some(("203.0.113.0/24", "198.51.100.7", "2001:db8::/32"), 1)}
        elif not self.index(8):
            clients = {"clients": ["internet"]}
        local = clients and clients["clients"] != ["internet"]
        policy = {"externalTrafficPolicy": "Local" if local else self.one(("Local", "Cluster"))}
        policy = policy if self.chance(1) else {}
        if self.chance(2):
            more = (
                {"class": "example.com/lb", "annotations": {"example.com/lb": self.one(NOTES)}}
                if self.chance(1)
                else {}
            )
            return {"loadBalancer": parts | clients | policy | more}
        if "ports" in parts and self.chance(2):
            self.node_port += 10
            parts = parts | {"ports": {name: self.node_port + i for i, name in enumerate(parts["ports"])}}
        return {"nodePort": parts | clients | policy}

    def url(self, app: App) -> Data:
        """Return a URL at one of the entry points, with a path or a host that no other exposure has."""
        name, point = self.one(sorted(self.entrypoints.items()))
        number, port = self.next(), self.one([port for port in app.ports if port.http])
        issued = point.get("tls", "").startswith("cert-manager")
        shared, own = point.get("hosts", ["shop.example.com", "*.example.net"])
        host = shared if not issued and self.chance(2) else own.replace("*", f"h{number}")
        path = self.one((f"/p{number}", f"/p{number}/", f"/P.{number}/a-b_c/d", *([""] if host != shared else [])))
        scheme = "http" if host != shared and self.chance(1) else "https"
        form: Data = {"url": f"{scheme}://{host}{path}"}
        if served_names(app) != [port.name] or self.chance(1):
            form["port"] = port.name
        if self.chance(1):
            return {"form": form}
        form |= {"match": self.one(("prefix", "exact"))} if self.chance(1) else {}
        form |= {"via": name} if self.chance(1) else {}
        form |= {"tls": {"secret": f"tls-{number}"}} if scheme == "https" and host != shared and self.chance(1) else {}
        form |= {"name": f"url-{number}"} if self.chance(1) else {}
        return {"form": form}


def served_names(app: App) -> list[str]:
    """Return the names of the ports that are not for metrics alone, all where each of them is."""
    return [port.name for port in app.ports if not port.metrics] or list(app.names)


def ported(form: Data, app: App) -> list[str]:
    """Return the names of the ports that the exposure *form* of *app* is about."""
    if "url" in form:
        return [form.get("port", served_names(app)[0])]
    (body,) = form.values()
    return list(body.get("ports", app.names))


def under_key(form: Data) -> Data:
    """Return the exposure *form* as it stands under the name of its port."""
    if "url" in form:
        return {key: value for key, value in form.items() if key != "port"}
    ((kind, body),) = form.items()
    return {kind: {key: value for key, value in body.items() if key != "ports" or isinstance(value, dict)}}
