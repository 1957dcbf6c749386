"""Drafts -> the documents of a spec as plain data, in the shortest forms and a stable order."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from netgen.evaluate.addresses import Block
from netgen.evaluate.objects.model import Direction, Selector
from netgen.evaluate.objects.ways import ServiceObject
from netgen.evaluate.sets import PortSet
from netgen.importing.drafts import Caller, Draft, Drafts
from netgen.importing.forms import exposures, ports, select
from netgen.importing.model import ANYTHING, Held, Party, Unsaid, Where, contains
from netgen.importing.outside import is_tcp_and_udp, number, short_cidrs, url
from netgen.importing.parties import DEFAULT_KEY, app_name
from netgen.importing.services import labels_of, lost_labels, service_form, tell_of_release
from netgen.importing.surroundings import Around
from netgen.spec.forms.text import DNS_LABEL
from netgen.spec.resolve.registry import NAME_LABEL, PART_OF
from netgen.verify.reading import body, step

IN, OUT = Direction.INGRESS, Direction.EGRESS
API = "netgen.dev/v1alpha1"
_MANY = 8
"""So many CIDRs are read at a glance."""


class Space:
    """The document of one namespace."""

    def __init__(
        self,
        namespace: str,
        apps: list[tuple[Held, Drafts]],
        around: Around,
        homes: frozenset[str],
        annotations: dict[str, str],
        said: Unsaid,
    ) -> None:
        self._annotations = annotations
        self._namespace = namespace
        self._apps = sorted(apps, key=lambda one: one[1].main.name)
        self._around = around
        self._homes = homes
        self._said = said
        self._peers: dict[Where, str] = {}
        self._taken: set[str] = set()
        drafts = [draft for _, each in self._apps for draft in each.all]
        _name_apart(drafts, self._taken)
        self._served = [(draft.service, draft.name) for draft in drafts if draft.service]
        self._served += [(service, each.main.name) for _, each in self._apps for service in each.added]
        self.name = _document_name([service for service, _ in self._served], namespace)

    def document(self, *, closed: bool) -> dict[str, Any]:
        """Return the document; *closed* is whether every pod of the namespace is isolated."""
        drafts = [draft for _, each in self._apps for draft in each.all]
        _overlaps(drafts)
        services = [service for service, _ in self._served]
        select_by = _select_by(drafts)
        shared = _shared(services)
        forms = {}
        for held, each in self._apps:
            for draft in each.all:
                forms[draft.name] = self._app(draft, held, select_by, shared)
        tell_of_release(services, self._said)
        own = {id(draft.service) for draft in drafts}
        for service, app in self._served:
            kept = shared | {NAME_LABEL: app, PART_OF: self.name}
            lost = list(lost_labels(service, kept, own=id(service) in own))
            if lost:
                message = f"labels of Service {service} are left out: {', '.join(lost)}"
                self._said.add(service.spot, message, of=str(service))
        metadata: dict[str, Any] = {"name": self.name, "namespace": self._namespace}
        metadata |= {"labels": shared} if shared else {}
        metadata |= {"annotations": self._annotations} if self._annotations else {}
        peers = {
            name: {"namespace": peer.namespace, "labels": dict(peer.pods.labels)}
            for peer, name in sorted(self._peers.items(), key=lambda one: one[1])
        }
        data: dict[str, Any] = {"apiVersion": API, "kind": "Connectivity", "metadata": metadata}
        data |= {"selectBy": select_by} if select_by != DEFAULT_KEY else {}
        data |= {"isolate": "namespace"} if closed else {}
        data |= {"peers": peers} if peers else {}
        return data | ({"apps": dict(sorted(forms.items()))} if forms else {})

    # ---------------------------------------------------------------------------------------------------------- apps

    def _app(self, draft: Draft, held: Held, select_by: str, labels: dict[str, str]) -> Any:
        form: dict[str, Any] = {}
        if draft.selector != Selector(((select_by, draft.name),)):
            form["select"] = select(draft.selector)
        form |= ports(draft)
        service = service_form(draft, self._annotations, labels | {NAME_LABEL: draft.name})
        form |= {} if service == {} else {"service": service}
        form |= self._held(held)
        form |= {"overlaps": draft.overlaps} if draft.overlaps else {}
        accepts = self._accepts(draft)
        calls = self._calls(draft, held)
        form |= {"expose": exposures(draft)} if draft.exposed else {}
        form |= {"accepts": accepts} if accepts else {}
        form |= {"calls": calls[0] if len(calls) == 1 else calls} if calls else {}
        return form["port"] if list(form) == ["port"] else form

    def _held(self, held: Held) -> dict[str, Any]:
        if held.party.host_network:
            return {"hostNetwork": True}
        form: dict[str, Any] = {}
        if not held.closed:
            form["isolate"] = "none"
        elif OUT not in held.closed:
            form["isolate"] = "ingress"
        elif IN not in held.closed:
            form["isolate"] = "egress"
        if OUT in held.closed and not self._around.asks(held):
            form["dns"] = False
        return form

    # ------------------------------------------------------------------------------------------------------- accepts

    def _accepts(self, draft: Draft) -> Any:
        found: dict[str, set[str]] = defaultdict(set)
        left = {caller: set(names) for caller, names in draft.accepts.items() if names}
        four, six = self._around.world
        both = left.get(four, set()) & left.get(six, set())
        if both:
            found["internet"] |= both
            left = {key: names - both if key in (four, six) else names for key, names in left.items()}
        for caller, names in left.items():
            for text in self._caller(caller, draft.party) if names else ():
                found[text] |= names
        every = {draft.named(port) for port in draft.ports}
        listed = sorted(found, key=_outsiders_last)
        if all(found[text] == every for text in listed):
            return listed[0] if len(listed) == 1 else listed
        order = [draft.named(port) for port in draft.ports]
        grants = {text: [name for name in order if name in found[text]] for text in listed}
        return {text: names[0] if len(names) == 1 else names for text, names in grants.items()}

    def _caller(self, caller: Caller, party: Party) -> list[str]:
        if isinstance(caller, Party):
            own = caller.namespace == self._namespace
            return [caller.name if own else f"{caller.namespace}/{caller.name}"]
        if isinstance(caller, Where):
            return [self._where(caller, as_caller=True)]
        if isinstance(caller, Block):
            return short_cidrs(caller, f"{party} accepts", self._said)
        return []

    def _where(self, peer: Where, *, as_caller: bool) -> str:
        if peer.namespace is None:
            return "any"
        if peer.pods == ANYTHING:
            return "here/*" if peer.namespace == self._namespace else f"{peer.namespace}/*"
        labels = dict(peer.pods.labels)
        word = labels.get(DEFAULT_KEY, "")
        if as_caller and len(labels) == 1 and word and app_name(word) == word and peer.namespace not in self._homes:
            return f"{peer.namespace}/{word}"
        return self._peers.setdefault(peer, self._peer_name(peer))

    def _peer_name(self, peer: Where) -> str:
        if peer in self._peers:
            return self._peers[peer]
        labels = dict(peer.pods.labels)
        words = [labels[key] for key in (DEFAULT_KEY, "app", "k8s-app") if key in labels] + list(labels.values())
        names = [name for word in words if (name := app_name(word))] or ["peer"]
        base = names[0][:50]
        choices = [base, f"{base}-pods", *(f"{base}-pods-{number}" for number in range(2, 100))]
        name = next(each for each in choices if each not in self._taken)
        self._taken.add(name)
        return name

    # --------------------------------------------------------------------------------------------------------- calls

    def _calls(self, draft: Draft, held: Held) -> list[str]:
        inside: list[str] = []
        pods: list[str] = []
        by_port: dict[object, list[Block]] = defaultdict(list)
        for peer, port in draft.calls:
            if isinstance(peer, Draft):
                inside.append(peer.called(port, self._namespace))
            elif isinstance(peer, Where):
                name = self._where(peer, as_caller=False)
                pods.append(f"{name}:{number(port)}" if port else name)
            else:
                by_port[port].append(peer)
        outside = [text for port, blocks in by_port.items() for text in self._outside(port, blocks, held)]
        return [*sorted(set(inside)), *sorted(set(pods)), *dict.fromkeys(sorted(outside))]

    def _outside(self, port: Any, blocks: list[Block], held: Held) -> list[str]:
        found: list[str] = []
        left = list(blocks)
        if set(self._around.internet) <= set(blocks) and (not isinstance(port, PortSet) or is_tcp_and_udp(port)):
            left = [block for block in blocks if block not in self._around.internet]
            found.append("internet" if isinstance(port, PortSet) else f"internet:{number(port)}")
        for block in left:
            spot = next((half.spot for half in held.own[OUT] if half.peer == block), None)
            if isinstance(port, PortSet):
                self._said.add(spot, f"{held.party} calls {block} on {port}, and a call names ports, no whole protocol")
                continue
            cidrs = short_cidrs(block, f"{held.party} calls", self._said, held)
            found += [url(cidr, *port) for cidr in cidrs]
            if len(cidrs) > _MANY:
                message = f"{block} is written as {len(cidrs)} CIDRs, since a call has no exceptions"
                word = f"`internet:{number(port)}` is one word for public addresses, of both families"
                self._said.note(spot, f"{message}; {word}")
        return found


def _outsiders_last(text: str) -> tuple[bool, bool, str]:
    return text in ("any", "internet"), text[0].isdigit() or ":" in text, text


# ------------------------------------------------------------------------------------------------ parts of a document


def _name_apart(drafts: list[Draft], taken: set[str]) -> None:
    """Give drafts of one name other ones; the apps themselves keep theirs."""
    for draft in sorted(drafts, key=lambda one: one.name != one.party.name):
        base, number = draft.name[:55], 2
        while draft.name in taken:
            draft.name, number = f"{base}-{number}", number + 1
        taken.add(draft.name)


def _overlaps(drafts: list[Draft]) -> None:
    """Say for each draft which others have all its pods."""
    near: defaultdict[object, list[Draft]] = defaultdict(list)
    for one in drafts:
        near[one.selector.labels[0] if one.selector.labels else None].append(one)
    for narrow in drafts:
        wide = {id(other): other for key in (*narrow.selector.labels, None) for other in near[key]}
        names = []
        for other in wide.values():
            if other is not narrow and contains(other.selector, narrow.selector):
                same = contains(narrow.selector, other.selector)
                names += [other.name] if not same or _comes_first(other, narrow) else []
        narrow.overlaps = sorted(names)


def _comes_first(one: Draft, other: Draft) -> bool:
    return (one.name != one.party.name, one.name) < (other.name != other.party.name, other.name)


def _select_by(drafts: list[Draft]) -> str:
    counts = Counter(
        key for one in drafts for key, value in one.selector.labels if one.selector == Selector(((key, one.name),))
    )
    return max(counts, key=lambda key: (counts[key], key == DEFAULT_KEY, key)) if counts else DEFAULT_KEY


def _shared(services: list[ServiceObject]) -> dict[str, str]:
    if not services:
        return {}
    first, *others = [set(labels_of(service).items()) for service in services]
    return dict(sorted(first.intersection(*others)))


def _document_name(services: list[ServiceObject], namespace: str) -> str:
    names = {step(body(one.spot), "metadata", "labels", PART_OF) for one in services}
    name = names.pop() if len(names) == 1 else None
    return name if isinstance(name, str) and DNS_LABEL.fullmatch(name) else namespace
