"""Claims of documents and of the platform -> what they say of pods, addresses and ports."""

from __future__ import annotations

from netgen.intent import (
    EVERY_POD,
    Addresses,
    AppKey,
    Block,
    Claim,
    HostName,
    Peer,
    Pods,
    PortMatch,
    Request,
    Selector,
)
from netgen.problems import Problem
from netgen.profiles import Cni, Feature
from netgen.records import record
from netgen.spec.forms.claim_ends import End, Words
from netgen.spec.forms.claims import ClaimForm
from netgen.spec.forms.connectivity import ConnectivityForm, PeerForm
from netgen.spec.forms.ports import PortWord
from netgen.spec.forms.sides import Kind
from netgen.spec.forms.text import nearest, shown, suggestion
from netgen.spec.ranges import is_inside, warn_inside
from netgen.spec.resolve.calls import Ports, matches, peer_target, unknown_app
from netgen.spec.resolve.consent import find_port, no_single_port
from netgen.spec.resolve.externals import spelt_out
from netgen.spec.resolve.outside import apiserver, apiserver_callers, beyond, nodes
from netgen.spec.resolve.registry import NAME_LABEL, Entry, Registry

LINK_LOCAL = ("169.254.0.0/16", "fe80::/10")
"""Metadata servers and node-local services; pods of kube-system may need them (decision 8)."""
SYSTEM = Pods("kube-system", EVERY_POD)
_PROTOCOLS = ("TCP", "UDP", "SCTP")


@record
class Spoken:
    """A claim with the form that it was read from and the document that makes it, None for the platform."""

    claim: Claim
    form: ClaimForm
    document: ConnectivityForm | None


def claims(registry: Registry, found: list[Problem]) -> tuple[Spoken, ...]:
    """Return every claim of *registry*, sorted by its title; names that mean nothing go to *found*."""
    spoken: list[tuple[ClaimForm, ConnectivityForm | None]] = [
        (claim, document) for document in registry.documents for claim in document.claims
    ]
    spoken += [(claim, None) for claim in registry.platform.claims]
    told: set[AppKey] = set()
    spoken = [(one, document) for form, document in spoken for one in spelt_out(form, registry.platform, found)]
    read = [(_Reader(registry, document, found, told, {}).claim(form), form, document) for form, document in spoken]
    kept = [Spoken(claim, form, document) for claim, form, document in read if claim]
    return tuple(sorted(kept, key=lambda one: one.claim.title))


@record
class _Reader:
    """What reads a claim of *document*, or of the platform where that is None.

    *strange* are the apps in it for whose namespace no document speaks, *told* those of which that was said before.
    """

    registry: Registry
    document: ConnectivityForm | None
    found: list[Problem]
    told: set[AppKey]
    strange: dict[AppKey, Problem]

    def claim(self, form: ClaimForm) -> Claim | None:
        """Return what *form* claims; None, with the problem found, where it speaks of what is not there."""
        source, exempt = self._source(form.source), [self._source(end) for end in form.exempt]
        target = self._target(form.target)
        if source is None or target is None or None in exempt:
            return None
        if not self._warn_idle(form):
            self.found.extend(problem for key, problem in self.strange.items() if key not in self.told)
            self.told.update(self.strange)
        ports = self._ports(form)
        if ports is None:
            return None
        blocks = [block.cidr for block in target.blocks] if isinstance(target, Addresses) else []
        spares = all(is_inside(block, LINK_LOCAL) for block in blocks) if blocks else False
        spared = (SYSTEM,) if spares and SYSTEM not in exempt else ()
        requests = form.http if form.http and self.registry.platform.cni.can(Feature.HTTP) else ()
        return Claim(
            title=form.title,
            source=source,
            exempt=(*(peer for peer in exempt if peer), *spared),
            target=target,
            ports=ports,
            why=form.why,
            notes=tuple(_notes(form, target, requests, spares=bool(spared))),
            spares_system=bool(spared),
            spot=form.spot,
            requests=requests,
        )

    def _source(self, end: End) -> Peer | None:
        if end.side.kind is Kind.APISERVER:
            return apiserver_callers(self.registry.platform, end, self.found)
        return self._peer(end)

    def _target(self, end: End) -> Peer | None:
        if end.side.kind is Kind.APISERVER:
            servers = apiserver(self.registry.platform, end, self.found)
            blocks = tuple(block for peer, _ in servers if isinstance(peer, Addresses) for block in peer.blocks)
            return Addresses(blocks) if blocks else servers[0][0] if servers else None
        return self._peer(end)

    def _peer(self, end: End) -> Peer | None:
        """Return the pods or addresses that *end* names; None where it names nothing."""
        side, platform = end.side, self.registry.platform
        match side.kind:
            case Kind.APP:
                return self._named(end)
            case Kind.NAMESPACE:
                namespace = self._namespace(end)
                return Pods(namespace, EVERY_POD) if namespace else None
            case Kind.ANY:
                return Pods(None, EVERY_POD)
            case Kind.INTERNET:
                return HostName(end.host) if end.host and _knows_hosts(self.registry) else beyond(platform)
            case Kind.ADDRESS:
                warn_inside(platform.ranges, side.cidr, lambda: end.place, self.found)
                return Addresses((Block(side.cidr),))
            case _:
                return nodes(platform, end, "the claim speaks of nodes", self.found)

    def _namespace(self, end: End) -> str | None:
        """Return the namespace of *end*: the document's own, where it is not written. A platform has none."""
        if end.side.namespace or self.document:
            return end.side.namespace or (self.document.namespace if self.document else None)
        homes = self.registry.homes.get(end.side.name, [])
        fix = f"write {homes[0] if homes else 'NAMESPACE/' + (end.side.name or '*')}"
        message = f"{shown(str(end.side))}: a Platform has no namespace of its own, so that one must be written"
        self.found.append(Problem("bad-claim", end.place, message, fix=fix))
        return None

    def _named(self, end: End) -> Peer | None:
        """Return the app or the named peer that *end* is."""
        peer = self._spoken_peer(end)
        if peer:
            return peer_target(peer)
        namespace = self._namespace(end)
        if namespace is None:
            return None
        key = AppKey(namespace, end.side.name)
        entry = self.registry.entries.get(key)
        if entry:
            return entry.app.pods
        if self.registry.is_unclear(namespace):
            return None
        if namespace in self.registry.names:
            self.found.append(unknown_app(end.place, key, self.document, self.registry))
            return None
        return self._elsewhere(end, key)

    def _elsewhere(self, end: End, key: AppKey) -> Peer:
        """Return the pods of *key*, for whose namespace no loaded document speaks: of the label that apps have."""
        self.strange.setdefault(key, self._not_loaded(end, key))
        return Pods(key.namespace, Selector(((NAME_LABEL, key.name),)))

    def _not_loaded(self, end: End, key: AppKey) -> Problem:
        near = suggestion(key.namespace, tuple(self.registry.names))
        taken = f"the pods of {key} are taken to be those with {NAME_LABEL}={key.name}"
        message = f"no loaded document speaks for namespace {key.namespace}{near}, so {taken}"
        fix = "give its spec to the command as well; where another repository has it, the claim is proved there"
        return Problem("claim-idle", end.place, message, fix=fix)

    def _spoken_peer(self, end: End) -> PeerForm | None:
        if self.document is None or end.side.kind is not Kind.APP or end.side.namespace:
            return None
        return self.registry.peers.get((self.document.namespace, self.document.name, end.side.name))

    def _entry(self, end: End) -> Entry | None:
        namespace = end.side.namespace or (self.document.namespace if self.document else "")
        return self.registry.entries.get(AppKey(namespace, end.side.name))

    def _ports(self, form: ClaimForm) -> Ports | None:
        """Return the ports of the claim as the pods or addresses of its target have them; empty for all of them."""
        if form.target.side.kind is Kind.APISERVER:
            return tuple(sorted(port for _, port in apiserver(self.registry.platform, form.target, [])))
        peer = self._spoken_peer(form.target)
        entry = None if peer else self._entry(form.target)
        if entry and entry.form.unclear:
            return None
        if not entry and not peer and form.target.side.kind is Kind.APP and any(word.name for word, _ in form.ports):
            return None  # its spec is not loaded, which was said: nobody knows the number of the port
        before = len(self.found)
        ports = [
            port
            for word, words in form.ports
            for port in (self._of_app(word, words, entry, form) if entry else self._of_others(word, words, peer))
        ]
        return tuple(sorted(set(ports))) if len(self.found) == before else None

    def _of_app(self, word: PortWord, words: Words, entry: Entry, form: ClaimForm) -> Ports:
        ports = find_port(word, entry)
        if not ports and not entry.app.ports:
            message = f"{entry.key} has no ports, so a claim about it has none"
            self.found.append(Problem("no-ports", words.place, message, fix="leave the port out: nothing may be open"))
        elif not ports:
            self.found.append(no_single_port(words.place, str(form.target.side), entry, word, ()))
        return matches(ports)

    def _of_others(self, word: PortWord, words: Words, peer: PeerForm | None) -> Ports:
        """Return the ports of what has no spec: a number without its protocol is that port of each."""
        if word.name is not None:
            name = peer.name if peer else "the target"
            message = f"{name} has no spec, so its ports have no names"
            self.found.append(Problem("port-needed", words.place, message, fix="write the port's number"))
            return ()
        protocols = (word.protocol,) if word.protocol else _PROTOCOLS
        return tuple(PortMatch(one, word.number, word.last) for one in protocols)

    def _warn_idle(self, form: ClaimForm) -> bool:
        """Warn of a claim that may say nothing: of a namespace that looks misspelt, or without any app."""
        known = self.registry.names
        ends = (form.source, *form.exempt, form.target)
        unclear = None in self.registry.unclear
        for end in ends:
            namespace = end.side.namespace
            is_strange = end.side.kind is Kind.NAMESPACE and namespace is not None and namespace not in known
            if is_strange and not unclear and nearest(namespace or "", tuple(known)):
                near = suggestion(namespace or "", tuple(known))
                message = f"no loaded document speaks for namespace {namespace}{near}"
                fix = "correct it, if it is a slip; else only the other side is looked at"
                self.found.append(Problem("claim-idle", end.place, message, fix=fix))
                return True
        if not unclear and not self._has_app(form.source) and not self._has_app(form.target):
            message = "no app of a loaded document is on either side, so that there is nothing to prove"
            fix = "give the spec of one side to the command as well"
            self.found.append(Problem("claim-idle", form.target.place, message, fix=fix))
            return True
        return False

    def _has_app(self, end: End) -> bool:
        side = end.side
        if side.kind is Kind.APP:
            peer = self._spoken_peer(end)
            if peer:
                return bool(self.registry.matching(Pods(peer.namespace, peer.selector)))
            return self._entry(end) is not None or self.registry.is_unclear(side.namespace or "")
        if side.kind is Kind.NAMESPACE:
            namespace = side.namespace or (self.document.namespace if self.document else "")
            return bool(self.registry.names.get(namespace)) or self.registry.is_unclear(namespace)
        return side.kind is Kind.ANY and bool(self.registry.entries)


def _knows_hosts(registry: Registry) -> bool:
    cni = registry.platform.cni
    return cni != Cni() and cni.can(Feature.HOST_NAMES)


def _notes(form: ClaimForm, target: Peer, requests: tuple[Request, ...], *, spares: bool) -> list[str]:
    notes = []
    if form.target.host and not isinstance(target, HostName):
        notes.append(f"{form.target.host} is taken as internet: a NetworkPolicy knows no host names")
    if form.http and not requests:
        notes.append("a NetworkPolicy knows no HTTP, so the claim is about the whole port")
    if spares:
        notes.append("pods of kube-system are exempt, since the target is link-local")
    return notes
