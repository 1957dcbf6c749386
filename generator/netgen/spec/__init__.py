"""Spec files -> Intent: read, held against the schema, short forms expanded, names resolved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from netgen.intent import Intent
from netgen.problems import NetgenError, Place, Problem, Severity, in_order
from netgen.profiles import Cni
from netgen.progress import Progress, begin
from netgen.records import record
from netgen.source import Document
from netgen.spec.files import beside, read_all, read_beside, read_texts
from netgen.spec.forms.connectivity import ConnectivityForm, read_connectivity
from netgen.spec.forms.sides import Kind
from netgen.spec.forms.text import DNS_LABEL
from netgen.spec.platform import NO_FLAGS, Flags, Platform, read_platform
from netgen.spec.plugins import read_cni
from netgen.spec.resolve import resolve
from netgen.spec.schema import Part, sound, validate


@record
class Loaded:
    """What a run's specs mean, and the warnings and notes about them."""

    intent: Intent
    problems: tuple[Problem, ...]


def load(
    paths: list[str],
    *,
    platform: str | None = None,
    cni: str | None = None,
    ingress: str | None = None,
    gateway: str | None = None,
    env: str | None = None,
    stdin: bytes | None = None,
    progress: Progress | None = None,
) -> Loaded:
    """Return the meaning of the spec files and folders *paths* (`-`: *stdin*) on the platform they or the flags give.

    *env* is the environment that the run is for, one of the platform's. *progress* is told how far it is. Raises
    NetgenError with every problem of the run when one of them is an error.
    """
    texts = read(paths, platform=platform, stdin=stdin, progress=progress)
    return meaning(texts, cni=cni, flags=(ingress, gateway), env=env)


@record
class Texts:
    """What files hold, before anybody asks what it means: the *documents*, and what is wrong with the texts."""

    documents: tuple[Document, ...]
    problems: tuple[Problem, ...]

    @property
    def cni(self) -> Cni | None:
        """Return the plugin that a Platform among the documents names; None where none does, or none that is known."""
        maps = [one.data for one in self.documents if isinstance(one.data, dict) and one.data.get("kind") == "Platform"]
        names = [one["cni"] for one in maps if isinstance(one.get("cni"), str)]
        return read_cni(names[0], None, []) if names else None


def read(
    paths: list[str], *, platform: str | None = None, stdin: bytes | None = None, progress: Progress | None = None
) -> Texts:
    """Return what the spec files and folders *paths* and the file *platform* hold, for `meaning`; as load has them."""
    found: list[Problem] = []
    documents = read_all(paths, stdin, found, progress)
    if platform is not None:
        documents += read_beside(documents, platform, stdin, found)
    begin(progress, "resolving")
    return Texts(tuple(documents), tuple(found))


def meaning(texts: Texts, *, cni: str | None = None, flags: Flags = NO_FLAGS, env: str | None = None) -> Loaded:
    """Return what *texts* mean with these flags, as load does; it may be asked again with others."""
    return _loaded(list(texts.documents), list(texts.problems), cni, flags, env)


def load_texts(
    specs: Iterable[tuple[str, bytes]],
    platform: Sequence[tuple[str, bytes]],
    *,
    cni: str | None = None,
    flags: Flags = NO_FLAGS,
    env: str | None = None,
    partial: bool = False,
) -> Loaded:
    """Return the meaning of spec texts, by file name and content, with those of the platform's file; as load does.

    Without specs the platform alone is read: there are no apps. *partial*: the platform's claims about apps of which
    there is no spec here are left out, and *env* where the platform names no environments.
    """
    found: list[Problem] = []
    given = list(specs)
    documents = read_texts(given, found)
    if platform:
        before = len(found)
        read_here = read_texts(platform, found)
        documents += beside(documents, platform[0][0], read_here, found, clean=len(found) == before)
    return _loaded(documents, found, cni, flags, env, alone=not given, partial=partial)


def _loaded(
    documents: list[Document],
    found: list[Problem],
    cni: str | None,
    flags: Flags,
    env: str | None,
    *,
    alone: bool = False,
    partial: bool = False,
) -> Loaded:
    """Return what *documents* mean; *alone*: a platform without specs will do. *partial* as for load_texts."""
    misread = [problem for problem in found if problem.severity is Severity.ERROR]
    state = _gate(documents, misread, found)
    forms = [_form(part, found, unclear=part.document.file in state.misread) for part in state.of("Connectivity")]
    intent = _intent(forms, state, cni, flags, env, found, partial=partial)
    if not (forms or state.unclear or alone):
        fix = "give a file or folder with a document of kind: Connectivity; netgen init writes one"
        found.append(Problem("no-spec", None, "no Connectivity document in what was given", fix=fix))
    problems = in_order(_without_echoes(found, misread))
    if any(problem.severity is Severity.ERROR for problem in problems):
        raise NetgenError(problems)
    return Loaded(intent, problems)


@record
class _State:
    """What has the shape of its kind, and what is known of the rest.

    *misread* are the files in which something could not be read, *unclear* the namespaces of which something may be
    missing (None: of any), and *platform_unclear* says the same of the platform.
    """

    parts: tuple[Part, ...]
    misread: frozenset[str]
    unclear: frozenset[str | None]
    platform_unclear: bool

    def of(self, kind: str) -> list[Part]:
        """Return what has the shape of *kind*."""
        return [part for part in self.parts if part.kind == kind]


def _gate(documents: list[Document], misread: list[Problem], found: list[Problem]) -> _State:
    """Hold *documents* against the schema; *misread* are the problems of reading them, the others go to *found*."""
    files = {problem.place.file if problem.place else "" for problem in misread}
    parts = []
    unclear: set[str | None] = set()
    platform_unclear = False
    for document in documents:
        part = sound(document)
        problems = () if part and part.data is document.data else validate(document)
        found += problems
        if part:
            parts.append(part)
        if problems or document.file in files:
            kind = _kind(document)
            platform_unclear |= kind != "Connectivity"
            # An app with faults has its name all the same, so that whoever names another is judged.
            is_named = part is not None and part.names_all and document.file not in files
            unclear |= {_namespace(document)} if kind != "Platform" and not is_named else set()
    if files - {document.file for document in documents}:
        unclear.add(None)
        platform_unclear = True
    return _State(tuple(parts), frozenset(files), frozenset(unclear), platform_unclear)


def _form(part: Part, found: list[Problem], *, unclear: bool) -> ConnectivityForm:
    form = read_connectivity(part.data, part.document.spot(), found)
    return replace(form, apps=tuple(replace(app, unclear=True) for app in form.apps)) if unclear else form


def _intent(
    forms: list[ConnectivityForm],
    state: _State,
    cni: str | None,
    flags: Flags,
    env: str | None,
    found: list[Problem],
    *,
    partial: bool,
) -> Intent:
    platforms = [(part.data, part.document.spot()) for part in state.of("Platform")]
    for other in platforms[1:]:
        first = platforms[0][1].at("kind").value()
        note = f"the first is at {first.file}:{first.line}"
        message, fix = "a second Platform: a run is for one cluster", "give the Platform of one cluster only"
        found.append(Problem("several-platforms", other[1].at("kind").value(), message, (note,), fix))
        read_platform(other, None, NO_FLAGS, found, unread=False)
    if not platforms and not state.platform_unclear:
        message = f"no platform: rendering for {cni or 'kubernetes'}, with DNS at kube-system/k8s-app=kube-dns"
        found.append(Problem("no-platform", None, message, fix="a Platform document, or --cni, says otherwise"))
    unread = state.platform_unclear or len(platforms) > 1
    platform = read_platform(platforms[0] if platforms else None, cni, flags, found, unread=unread)
    if env is not None and not unread:
        platform = _in_environment(platform, env, found, partial=partial)
    if partial and platform.claims:
        platform = _with_known_claims(platform, forms, found)
    return resolve(forms, platform, state.unclear, found)


def _in_environment(platform: Platform, env: str, found: list[Problem], *, partial: bool) -> Platform:
    """Return *platform* for a run in *env*; where it names no environments, nothing can differ between them."""
    from netgen.spec.environments import Environments, in_environment  # noqa: PLC0415 - few platforms have any

    environments = platform.environments or Environments()
    if partial and not environments.names:
        return platform
    return replace(platform, environments=in_environment(environments, env, found))


def _with_known_claims(platform: Platform, forms: list[ConnectivityForm], found: list[Problem]) -> Platform:
    """Return *platform* without the claims that name an app of a namespace that no form speaks for."""
    known = {form.namespace for form in forms}
    claims = []
    for claim in platform.claims if forms else ():
        named = [end.side for end in (claim.source, *claim.exempt, claim.target) if end.side.kind is Kind.APP]
        strange = next((side.namespace for side in named if side.namespace and side.namespace not in known), None)
        if strange is None:
            claims.append(claim)
        else:
            message = f"the claim is left out: no document speaks for namespace {strange} here"
            found.append(Problem("claim-idle", claim.spot.value(), message))
    return replace(platform, claims=tuple(claims))


def _without_echoes(found: list[Problem], misread: list[Problem]) -> list[Problem]:
    """Return *found* without what follows from texts that could not be read as they stand, of which *misread* tells."""
    heard = [problem.place for problem in misread if problem.place]
    if not heard:
        return found
    left_out = {problem.place.file for problem in misread if problem.place and problem.code in _KEY_LEFT_OUT}
    return [
        problem
        for problem in found
        if problem in misread
        or (place := problem.place) is None
        or not (any(_touch(place, other) for other in heard) or (problem.code == _MISSING and place.file in left_out))
    ]


_KEY_LEFT_OUT = frozenset({"key-not-text", "yaml-merge-key"})
_MISSING = "missing-key"


def _touch(one: Place, other: Place) -> bool:
    return (
        (one.file, one.line) == (other.file, other.line)
        and one.column <= other.column + other.width
        and other.column <= one.column + one.width
    )


def _kind(document: Document) -> str | None:
    kind = document.data.get("kind") if isinstance(document.data, dict) else None
    return kind if isinstance(kind, str) else None


def _namespace(document: Document) -> str | None:
    """Return the namespace of a document of whatever shape, None where it cannot be told."""
    metadata = document.data.get("metadata") if isinstance(document.data, dict) else None
    namespace = metadata.get("namespace") if isinstance(metadata, dict) else None
    return namespace if isinstance(namespace, str) and DNS_LABEL.fullmatch(namespace) else None
