"""Who is who in a run: the apps by name, their documents and owners, the named peers, and what could not be read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from netgen.intent import App, AppKey, Pairs, Pods, Port, Selector
from netgen.problems import Problem
from netgen.source import Spot
from netgen.spec.forms.connectivity import AppForm, ConnectivityForm, PeerForm
from netgen.spec.forms.text import shown
from netgen.spec.platform import Platform

NAME_LABEL = "app.kubernetes.io/name"
PART_OF = "app.kubernetes.io/part-of"
MANAGED_BY = "app.kubernetes.io/managed-by"
RESERVED_NAMESPACES = frozenset({"here", "cluster", "external"})
RESERVED_NAMES = frozenset({"any", "internet"})


@dataclass(frozen=True, slots=True)
class Entry:
    """An app with the document that speaks for it and the owner of its namespace."""

    app: App
    form: AppForm
    document: ConnectivityForm
    owner: str

    @property
    def key(self) -> AppKey:
        """Return the app's identity."""
        return self.app.key

    @property
    def file(self) -> str:
        """Return the file that the app is written in."""
        return self.form.spot.document.file


@dataclass(frozen=True)
class Registry:
    """The names of a run.

    *unclear* holds the namespaces of which a document could not be read, None standing for an unknown one: references
    into them are not judged, since the run has failed already.
    """

    platform: Platform
    documents: tuple[ConnectivityForm, ...]
    entries: dict[AppKey, Entry]
    unclear: frozenset[str | None]

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
    def _by_namespace(self) -> dict[str, tuple[Entry, ...]]:
        return {
            namespace: tuple(self.entries[AppKey(namespace, name)] for name in names)
            for namespace, names in self.names.items()
        }

    def is_unclear(self, namespace: str) -> bool:
        """Return whether a document that may speak for *namespace* could not be read."""
        return None in self.unclear or namespace in self.unclear

    def matching(self, pods: Pods) -> tuple[Entry, ...]:
        """Return the apps whose pods all are among *pods* by their labels."""
        wanted = set(pods.selector.labels)
        return tuple(
            entry
            for entry in self._by_namespace.get(pods.namespace or "", ())
            if wanted <= set(entry.app.selector.labels)
        )


def register(
    forms: list[ConnectivityForm], platform: Platform, unclear: frozenset[str | None], found: list[Problem]
) -> Registry:
    """Return the registry of *forms*; names used twice and reserved names go to *found*."""
    documents = tuple(sorted(forms, key=lambda form: (form.namespace, form.name)))
    _check_documents(documents, found)
    owners = dict(platform.owners)
    entries: dict[AppKey, Entry] = {}
    for document in documents:
        owner = owners.get(document.namespace, document.namespace)
        for form in document.apps:
            entry = Entry(_app(form, document), form, document, owner)
            if entry.key in entries:
                found.append(_taken("app", form.name, form.spot, entries[entry.key].form.spot))
            else:
                entries[entry.key] = entry
    ordered = {key: entries[key] for key in sorted(entries)}
    _check_peers(documents, ordered, found)
    return Registry(platform, documents, ordered, unclear)


def object_labels(document: ConnectivityForm, app: str | None) -> Pairs:
    """Return the labels of an object that is rendered for *app*, or for the whole document where it is None."""
    own = {MANAGED_BY: "netgen", PART_OF: document.name} | ({NAME_LABEL: app} if app else {})
    return tuple(sorted((dict(document.labels) | own).items()))


def place_text(spot: Spot) -> str:
    """Return `file:line` of what *spot* points at."""
    place = spot.value()
    return f"{place.file}:{place.line}"


def _app(form: AppForm, document: ConnectivityForm) -> App:
    default = Selector((((document.select_by or NAME_LABEL), form.name),))
    return App(
        key=AppKey(document.namespace, form.name),
        selector=form.selector or default,
        ports=tuple(
            sorted(
                Port(port.name or "main", port.service, port.container, port.protocol, port.app_protocol)
                for port in form.ports
            )
        ),
        ingress=form.ingress and not form.host_network,
        egress=form.egress and not form.host_network,
        host_network=form.host_network,
        why=form.why,
        labels=object_labels(document, form.name),
        annotations=document.annotations,
        spot=form.spot,
    )


def _check_documents(documents: tuple[ConnectivityForm, ...], found: list[Problem]) -> None:
    seen: dict[tuple[str, str], ConnectivityForm] = {}
    for document in documents:
        first = seen.setdefault((document.namespace, document.name), document)
        spot = document.spot.at("metadata", "name")
        if first is not document:
            notes = (f"the first is at {place_text(first.spot.at('metadata', 'name'))}",)
            message = f"a second Connectivity {document.name} in namespace {document.namespace}"
            found.append(Problem("duplicate-document", spot.value(), message, notes=notes))
        if document.namespace in RESERVED_NAMESPACES:
            place = document.spot.at("metadata", "namespace").value()
            found.append(Problem("reserved-name", place, f"{shown(document.namespace)} is a word of the language"))
        labels = document.spot.at("metadata", "labels")
        found.extend(
            Problem("reserved-name", labels.at(key).key(), f"netgen sets {shown(key)} itself")
            for key in (NAME_LABEL, PART_OF, MANAGED_BY)
            if key in dict(document.labels)
        )
        names = [(item.name, item.spot) for item in document.apps] + [(item.name, item.spot) for item in document.peers]
        found.extend(
            Problem("reserved-name", spot.key(), f"{shown(name)} is a word of the language")
            for name, spot in names
            if name in RESERVED_NAMES
        )


def _check_peers(documents: tuple[ConnectivityForm, ...], entries: dict[AppKey, Entry], found: list[Problem]) -> None:
    for document in documents:
        for peer in document.peers:
            entry = entries.get(AppKey(document.namespace, peer.name))
            if entry:
                found.append(_taken("app", peer.name, peer.spot, entry.form.spot))


def _taken(what: str, name: str, spot: Spot, first: Spot) -> Problem:
    message = f"{shown(name)} is already the name of an {what} in this namespace"
    return Problem("duplicate-app", spot.key(), message, notes=(f"it stands at {place_text(first)}",))
