"""Random claims about random systems, and whether they hold by what the systems mean."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from matrices import Compared
from meanings import Blocks, Listening, Peer, Pods, Reader, address_of, block_of, is_met, is_name, numbered, peer_of
from netgen.problems import Problem
from systems import Data, Key, Port, System, apps_in, exposures

ADDRESSES = ("203.0.113.7", "10.20.0.0/16", "198.51.100.0/24", "2001:db8::/32", "2001:db8::7")
LINK_LOCAL = "169.254.169.254"
WHYS = ("because", "card data: stays inside", "é # no")
PROTOCOLS = ("TCP", "UDP", "SCTP")


@dataclass(frozen=True)
class Claim:
    """A claim in its long form, *number* being that of its document; *written* is how the document has it."""

    number: int
    long: Data
    written: Any


def random_claims(system: System, chance: Random, count: int) -> Iterator[Claim]:
    """Yield claims that name only what is there, all different."""
    seen = set()
    for _ in range(count):
        number = chance.randrange(len(system.documents))
        long = _claim(system, system.documents[number], chance)
        written = _written(long, chance)
        if str((number, written)) not in seen:
            seen.add(str((number, written)))
            yield Claim(number, long, written)


def named_in(problems: Iterable[Problem], claims: list[Claim], text: str) -> list[Claim]:
    """Return those of *claims* at which one of *problems* is, in the *text* that `plainly` made of their documents."""
    found = []
    lines = text.splitlines()
    for claim in claims:
        line = 2 * claim.number
        written = json.dumps(claim.written, ensure_ascii=False)
        begin = lines[line].index(written, lines[line].index('"never"'))
        places = [one.place for one in problems if one.code == "never-broken" and one.place]
        if any(it.line == line + 1 and begin < it.column <= begin + len(written) for it in places):
            found.append(claim)
    return found


def with_claims(system: System, claims: list[Claim]) -> tuple[Data, ...]:
    """Return the documents of *system* with *claims*."""
    documents = [dict(document) for document in system.documents]
    for claim in claims:
        documents[claim.number]["never"] = [*documents[claim.number].get("never", ()), claim.written]
    return tuple(documents)


def _claim(system: System, document: Data, chance: Random) -> Data:
    sources = _sides(system, document)
    plain = [
        side for side in sources if "/" not in side or not side.startswith(tuple(f"{it[0]}/" for it in system.ports))
    ]
    urls = ["https://203.0.113.7", "tcp://[2001:db8::]/32:443", "https://api.example.com"]
    to = chance.choice(chance.choice((sources, plain, plain, [LINK_LOCAL, *urls])))
    long: Data = {"from": chance.choice(sources), "to": to}
    if chance.random() < 0.4:
        long |= {"from": "any"} if chance.random() < 0.5 else {}
        long["except"] = chance.sample(sources, chance.randint(1, 2))
    app = _app(to, document, system)
    if "://" not in to and to != "cluster/apiserver" and chance.random() < 0.6:
        words: list[Any] = [443, 8080, "53/udp"]
        if app:
            words = [word for port in system.ports[app] for word in _words(port)]
        long |= {"ports": chance.sample(words, min(len(words), chance.choice((1, 1, 1, 2))))} if words else {}
    if chance.random() < 0.2:
        long["http"] = [
            {"methods": ["GET", "POST"][: chance.randint(1, 2)], "path": chance.choice(("/", "/a/*", "/b/**"))}
        ]
    return long | ({"why": chance.choice(WHYS)} if chance.random() < 0.2 else {})


def _words(port: Port) -> list[Any]:
    """Return how a claim names a port of an app; a number alone is that port of each protocol that the app has."""
    return [port.name, f"{port.service}/{port.protocol.lower()}", port.service]


def _sides(system: System, document: Data) -> list[str]:
    """Return what may stand on either side of a claim in *document*."""
    platform = next((it for it in system.documents if it["kind"] == "Platform"), {})
    sides = ["any", "internet", "unseen/*", *ADDRESSES, *("/".join(key) for key in system.ports)]
    sides += [f"{space}/*" for space in dict.fromkeys(space for space, _ in system.ports)]
    sides += ["cluster/nodes"] if "ranges" in platform else []
    sides += ["cluster/apiserver"] if "apiserver" in platform else []
    if document["kind"] == "Connectivity":
        space = document["metadata"]["namespace"]
        sides += ["here/*", *document.get("peers", {}), *(name for home, name in system.ports if home == space)]
    return sides


def _app(text: str, document: Data, system: System) -> Key | None:
    """Return the app that a side is."""
    key = (text.rpartition("/")[0] or document["metadata"].get("namespace", ""), text.rpartition("/")[2])
    return key if text not in document.get("peers", {}) and key in system.ports else None


def _written(long: Data, chance: Random) -> Any:
    """Return a claim in its short form where it has one, mostly."""
    ports, requests, exempt = (long.get(key, []) for key in ("ports", "http", "except"))
    fits = len(ports) < 2 and len(requests) < 2 and "why" not in long and (not exempt or long["from"] == "any")
    if not fits or chance.random() < 0.2:
        return long
    left = long["from"] + (f" except {' and '.join(exempt)}" if exempt else "")
    right = re.sub("^([0-9a-f]*:[0-9a-f:]+)", r"[\1]", long["to"])
    right += "".join(f":{port}" for port in ports)
    return f"{left} -> {right}" + "".join(f" {'|'.join(it['methods'])} {it['path']}" for it in requests)


def _is_number_of(word: Any, port: Listening) -> bool:
    protocol, number = numbered(word)
    return number == port.service and (protocol == port.protocol or "/" not in str(word))


class Court:
    """Says which claims hold in a system, by what it means: for connections with an app at one end at least."""

    def __init__(self, documents: tuple[Data, ...], claims: list[Claim]) -> None:
        self.reader = Reader(documents)
        self.documents = documents
        sides = [(claim, text) for claim in claims for text in (claim.long["from"], *claim.long.get("except", ()))]
        spoken = [self.peer(text, documents[claim.number], is_source=True) for claim, text in sides]
        spoken += [self.peer(claim.long["to"], documents[claim.number], is_source=False) for claim in claims]
        self.one = Compared(documents, spoken=tuple(spoken))
        self.open = self.one.meant(wide=True)
        ends = self.one.universe.endpoints
        self.known = [self.own(index, known=bool(end.members)) for index, end in enumerate(ends)]
        self.routes = self.through_entry_points()

    def holds(self, claim: Claim) -> bool:
        """Return whether nothing is open that *claim* rules out."""
        long, document = claim.long, self.documents[claim.number]
        sources = self.side(long["from"], document, is_source=True) - self.exempt(long, document)
        targets = self.side(long["to"], document, is_source=False)
        ports = self.ports(long, document)
        by_app = self.app(long["from"], document) and self.app(long["to"], document)
        return not any(
            self.is_open(source, target, ports)
            for source in sources
            for target in targets
            if (self.known[source] or self.known[target]) and (by_app or not self.same(source, target))
        )

    def is_open(self, source: int, target: int, ports: int) -> bool:
        """Return whether some of *ports* are open: by the spec, on one node, or to the internet by an entry point."""
        kinds = self.one.ends[source].kind, self.one.ends[target].kind
        if self.open[target][source] & ports:
            return True
        if kinds[0] == "outside" and self.routes.get(target, 0) & ports:
            return True
        return bool({"host", "node"} & set(kinds)) and "outside" not in kinds and kinds != ("node", "node")

    def through_entry_points(self) -> dict[int, int]:
        """Return the ports of each end that the internet reaches through an entry point."""
        found: dict[int, int] = {}
        for key, app, _ in apps_in(self.documents):
            for form in (form for form in exposures(app) if "url" in form):
                if not self.reader.entry_point(form).get("internal", False):
                    meant = self.reader.apps[key]
                    mask = self.one.atoms.meant(meant.opened([form.get("port", next(iter(meant.ports)))]))
                    for index in (it for it, known in enumerate(self.known) if key in known):
                        found[index] = found.get(index, 0) | mask
        return found

    def app(self, text: str, document: Data) -> Key | None:
        """Return the app that a side is."""
        key = (text.rpartition("/")[0] or document["metadata"].get("namespace", ""), text.rpartition("/")[2])
        return key if text not in document.get("peers", {}) and key in self.reader.apps else None

    def own(self, index: int, *, known: bool) -> set[Key]:
        """Return the apps whose own pods an end is: all that select a *known* one, of others those that overlap."""
        held = self.holding(index)
        if known:
            return held
        pairs = [{key, (key[0], name)} for key, app, _ in apps_in(self.documents) for name in app.get("overlaps", [])]
        return {key for pair in pairs if pair <= held for key in pair}

    def same(self, source: int, target: int) -> bool:
        """Return whether two ends are own pods of just the same apps."""
        return bool(self.known[source]) and self.known[source] == self.known[target]

    def holding(self, index: int) -> set[Key]:
        """Return the apps that an end is a pod of."""
        end = self.one.ends[index]
        return {
            key for key, app in self.reader.apps.items() if key[0] == end.namespace and app.pods.selects(end.labels)
        }

    def side(self, text: str, document: Data, *, is_source: bool) -> set[int]:
        """Return the ends that a side is: an app its own pods, addresses what is beyond the cluster or a node."""
        app = self.app(text, document)
        if app:
            return {index for index, known in enumerate(self.known) if app in known}
        return self.met(self.peer(text, document, is_source=is_source))

    def met(self, peer: Peer, *, wide: bool = True) -> set[int]:
        """Return the ends that *peer* is; an address is never a pod."""
        ends = enumerate(self.one.ends)
        if isinstance(peer, Pods):
            return {index for index, end in ends if is_met(peer, end, wide=wide)}
        return {index for index, end in ends if end.kind in ("outside", "node") and is_met(peer, end, wide=True)}

    def exempt(self, long: Data, document: Data) -> set[int]:
        """Return the ends that do not count; of pods, those that are surely meant, and kube-system's for link-local."""
        peers = [self.peer(text, document, is_source=True) for text in long.get("except", ())]
        peers += [Pods("kube-system")] if long["to"] == LINK_LOCAL else []
        return {index for peer in peers for index in self.met(peer)}

    def peer(self, text: str, document: Data, *, is_source: bool) -> Peer:
        """Return what a side means, ports aside."""
        app = self.app(text, document)
        if app:
            return self.reader.apps[app].pods
        if text in document.get("peers", {}):
            return peer_of(document["peers"][text])
        if text == "any" or text.endswith("/*"):
            return self.reader.wildcard(text, (document["metadata"].get("namespace", ""), ""))
        return self.outside(text, is_source=is_source)

    def outside(self, text: str, *, is_source: bool) -> Blocks:
        """Return the addresses that a side means; a host name may be any of the internet."""
        if text == "cluster/nodes":
            return self.reader.nodes
        if text == "cluster/apiserver":
            servers = [server.rpartition(":")[0].strip("[]") for server in self.reader.platform["apiserver"]]
            return self.reader.apiserver() if is_source else block_of(*servers)
        if text in ("internet", "https://api.example.com"):
            cluster = [cidr for key in ("pods", "services", "nodes") for cidr in self.reader.ranges.get(key, ())]
            servers = [server.rpartition(":")[0].strip("[]") for server in self.reader.platform.get("apiserver", ())]
            return block_of("0.0.0.0/0", "::/0", excluded=(*cluster, *servers))
        return address_of(text)[0] if "://" in text else block_of(text)

    def ports(self, long: Data, document: Data) -> int:
        """Return the ports that a claim means."""
        to, app = long["to"], self.app(long["to"], document)
        opened: set[tuple[str, int]] = set()
        if to == "cluster/apiserver":
            opened = {("TCP", int(server.rpartition(":")[2])) for server in self.reader.platform["apiserver"]}
        elif to == "https://api.example.com":
            opened = {("TCP", 443)}
        elif "://" in to:
            opened = {(protocol, number) for protocol, number in address_of(to)[1] or () if number}
        for word in long.get("ports", ()):
            if app:
                opened |= {
                    (port.protocol, port.container)
                    for name, port in self.reader.apps[app].ports.items()
                    if (word == name if is_name(word) else _is_number_of(word, port))
                }
            else:
                protocol, number = numbered(word)
                opened |= {(one, number) for one in ((protocol,) if "/" in str(word) else PROTOCOLS)}
        return self.one.atoms.around(opened) if opened else self.one.atoms.everything
