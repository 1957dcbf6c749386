"""Who is who in a run: the apps by name, their documents and owners, the named peers, and what could not be read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from netgen.intent import App, AppKey, Pairs, Pods, Port, Selector
from netgen.problems import Place, Problem
from netgen.profiles import Feature
from netgen.records import record
from netgen.source import Spot
from netgen.spec.forms.connectivity import AppForm, ConnectivityForm, PeerForm
from netgen.spec.forms.matching import contains
from netgen.spec.forms.text import RESERVED_NAMES, RESERVED_NAMESPACES, shown
from netgen.spec.platform import Platform

NAME_LABEL = "app.kubernetes.io/name"
PART_OF = "app.kubernetes.io/part-of"
MANAGED_BY = "app.kubernetes.io/managed-by"


@record
class Entry:
    """An app with the document that speaks for it; *team* owns its namespace, None where the platform names nobody."""

    app: App
    form: AppForm
    document: ConnectivityForm
    team: str | None

    @property
    def key(self) -> AppKey:
        """Return the app's identity."""
        return self.app.key

    @property
    def service_name(self) -> str:
        """Return the name of the app's own Service."""
        service = self.form.service
        return (service and (service.existing or service.name)) or self.key.name

    @property
    def owner(self) -> str:
        """Return the owner as a message names it: a namespace without one is its own."""
        return self.team or self.key.namespace

    def shares_owner(self, other: Entry) -> bool:
        """Return whether both have one owner; a team that is called like a namespace does not own it."""
        return self.key.namespace == other.key.namespace or (self.team is not None and self.team == other.team)

    @property
    def file(self) -> str:
        """Return the file that the app is written in."""
        return self.form.spot.document.file


@dataclass(frozen=True)
class Registry:
    """The names of a run.

    *staged* has namespace and name of each document that is only watched.
    *unclear* holds the namespaces of which a document could not be read, None standing for an unknown one: references
    into them are not judged, since the run has failed already.
    """

    platform: Platform
    documents: tuple[ConnectivityForm, ...]
    entries: dict[AppKey, Entry]
    unclear: frozenset[str | None]
    staged: frozenset[tuple[str, str]] = frozenset()

    @cached_property
    def names(self) -> dict[str, tuple[str, ...]]:
        """Return the app names of each namespace that a loaded document speaks for."""
        names: dict[str, list[str]] = {document.namespace: [] for document in self.documents}
        for key in self.entries:
            names[key.namespace].append(key.name)
        return {namespace: tuple(sorted(apps)) for namespace, apps in names.items()}

    @cached_property
    def peers(self) -> dict[tuple[str, str, str], PeerForm]:
        """Return the named peers by (namespace, document, peer name)."""
        return {
            (document.namespace, document.name, peer.name): peer
            for document in self.documents
            for peer in document.peers
        }

    @cached_property
    def homes(self) -> dict[str, list[AppKey]]:
        """Return the apps that have one name, by that name."""
        homes: dict[str, list[AppKey]] = {}
        for key in self.entries:
            homes.setdefault(key.name, []).append(key)
        return homes

    @cached_property
    def _by_namespace(self) -> dict[str, tuple[Entry, ...]]:
        return {
            namespace: tuple(self.entries[AppKey(namespace, name)] for name in names)
            for namespace, names in self.names.items()
        }

    def is_unclear(self, namespace: str) -> bool:
        """Return whether a document that may speak for *namespace* could not be read."""
        return None in self.unclear or namespace in self.unclear

    def matching(self, pods: Pods) -> tuple[Entry, ...]:
        """Return the apps that *pods* are: all pods of the app are among them, or all of them are pods of the app."""
        return tuple(
            entry
            for entry in self._by_namespace.get(pods.namespace or "", ())
            if contains(pods.selector, entry.app.selector) or contains(entry.app.selector, pods.selector)
        )


def register(
    forms: list[ConnectivityForm], platform: Platform, unclear: frozenset[str | None], found: list[Problem]
) -> Registry:
    """Return the registry of *forms*; names used twice and reserved names go to *found*."""
    documents = tuple(sorted(forms, key=lambda form: (form.namespace, form.name)))
    _check_documents(documents, found)
    owners = dict(platform.owners)
    closed = {document.namespace for document in documents if document.isolate_namespace}
    staged = _staged(documents, platform, found)
    entries: dict[AppKey, Entry] = {}
    for document in documents:
        team = owners.get(document.namespace)
        for form in document.apps:
            app = _app(form, document, platform, found, closed=document.namespace in closed)
            app = replace(app, staged=True) if (document.namespace, document.name) in staged else app
            entry = Entry(app, form, document, team)
            if entry.key in entries:
                found.append(_taken("app", form.name, form.spot, entries[entry.key].form.spot))
            else:
                entries[entry.key] = entry
    ordered = {key: entries[key] for key in sorted(entries)}
    _check_peers(documents, ordered, found)
    return Registry(platform, documents, ordered, unclear, staged)


def _staged(
    documents: tuple[ConnectivityForm, ...], platform: Platform, found: list[Problem]
) -> frozenset[tuple[str, str]]:
    if not platform.stage and not any(document.stage for document in documents):
        return frozenset()
    from netgen.spec.resolve.stage import staged  # noqa: PLC0415 - few specs are

    return staged(documents, platform, found)


def object_labels(document: ConnectivityForm, app: str | None) -> Pairs:
    """Return the labels of an object that is rendered for *app*, or for the whole document where it is None."""
    own = {MANAGED_BY: "netgen", PART_OF: document.name} | ({NAME_LABEL: app} if app else {})
    return tuple(sorted((dict(document.labels) | own).items()))


def place_text(place: Place) -> str:
    """Return *place* as a note names it: `file:line`."""
    return f"{place.file}:{place.line}"


def _app(form: AppForm, document: ConnectivityForm, platform: Platform, found: list[Problem], *, closed: bool) -> App:
    default = Selector((((document.select_by or NAME_LABEL), form.name),))
    selector = form.selector or default
    if form.account:
        _check_account(form, document, platform, found)
        selector = selector._replace(account=form.account)
    return App(
        key=AppKey(document.namespace, form.name),
        selector=selector,
        ports=tuple(
            sorted(
                Port(port.name or "main", port.service, port.container, port.protocol, port.app_protocol, port.last)
                for port in form.ports
            )
        ),
        ingress=(form.ingress or closed) and not form.host_network,
        egress=(form.egress or closed) and not form.host_network,
        host_network=form.host_network,
        why=form.why,
        labels=object_labels(document, form.name),
        annotations=document.annotations,
        spot=form.spot,
    )


def _check_account(form: AppForm, document: ConnectivityForm, platform: Platform, found: list[Problem]) -> None:
    """Refuse an account where pods are not told by it."""
    from netgen.spec.resolve.features import enforceable  # noqa: PLC0415 - few specs name any

    what = f"{document.namespace}/{form.name} is the pods that run as {form.account}"
    place, fix = form.spot.at("serviceAccount").value(), "leave it out, and select the pods by labels"
    enforceable(Feature.SERVICE_ACCOUNTS, place, what, platform, found, l4=fix)


def _check_documents(documents: tuple[ConnectivityForm, ...], found: list[Problem]) -> None:
    seen: dict[tuple[str, str], ConnectivityForm] = {}
    for document in documents:
        first = seen.setdefault((document.namespace, document.name), document)
        spot = document.spot.at("metadata", "name")
        if first is not document:
            notes = (f"the first is at {place_text(first.spot.at('metadata', 'name').value())}",)
            message = f"a second Connectivity {document.name} in namespace {document.namespace}"
            fix = "give it another name, or write its apps into the first"
            found.append(Problem("duplicate-document", spot.value(), message, notes, fix))
        if document.namespace in RESERVED_NAMESPACES:
            place = document.spot.at("metadata", "namespace").value()
            found.append(_reserved(document.namespace, place))
        found.extend(
            _reserved(peer.namespace, peer.spot.at("namespace").value())
            for peer in document.peers
            if peer.namespace in RESERVED_NAMESPACES
        )
        labels = document.spot.at("metadata", "labels")
        found.extend(
            Problem("reserved-name", labels.at(key).key(), f"netgen sets {shown(key)} itself", fix="leave it out")
            for key in (NAME_LABEL, PART_OF, MANAGED_BY)
            if key in dict(document.labels)
        )
        names = [(item.name, item.spot) for item in document.apps] + [(item.name, item.spot) for item in document.peers]
        found.extend(_reserved(name, spot.key()) for name, spot in names if name in RESERVED_NAMES)


def _reserved(name: str, place: Place) -> Problem:
    message = f"{shown(name)} is a word of the language, and cannot be a name here"
    return Problem("reserved-name", place, message, fix="choose another name")


def _check_peers(documents: tuple[ConnectivityForm, ...], entries: dict[AppKey, Entry], found: list[Problem]) -> None:
    for document in documents:
        for peer in document.peers:
            entry = entries.get(AppKey(document.namespace, peer.name))
            if entry:
                found.append(_taken("app", peer.name, peer.spot, entry.form.spot))


def _taken(what: str, name: str, spot: Spot, first: Spot) -> Problem:
    message = f"{shown(name)} is already the name of an {what} in this namespace"
    notes = (f"it stands at {place_text(first.key())}",)
    return Problem("duplicate-app", spot.key(), message, notes, "give one of the two another name")
