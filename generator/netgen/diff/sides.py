"""The two sides of a comparison, read from files, folders, standard input and git revisions; specs are rendered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from netgen.check import check
from netgen.diff import Side
from netgen.evaluate.objects import read_cluster
from netgen.evaluate.objects.model import Cluster
from netgen.evaluate.semantics import PROFILES
from netgen.files import STDIN, texts
from netgen.intent import Intent
from netgen.overlays import is_kustomization
from netgen.problems import NetgenError, Problem, Severity, in_order
from netgen.profiles import DEFAULT, rendered_for
from netgen.records import record
from netgen.render import render
from netgen.revisions import Reference, reference, snapshot
from netgen.scene import IMPLIED, known_cni
from netgen.source import Dialect, Document, read
from netgen.spec import load_texts
from netgen.verify.ideal import workloads
from netgen.verify.reading import overlaid
from netgen.verify.standing import with_existing

Texts = list[tuple[str, bytes]]

_SPEC = re.compile(rb"""apiVersion["']?\s*:\s*["']?netgen\.dev/|^kind: *["']?Connectivity\b""", re.MULTILINE)
_NAMED = 5


@record
class Surroundings:
    """What both sides share: the file of the *platform*, its *flags*, *stdin*, the *environment* of git, a CNI.

    A *cni* is the one that specs are rendered for, whatever their platform says, and without one it is theirs. *env* is
    their environment, where the platform has several.
    """

    platform: str | None
    flags: tuple[str | None, str | None]
    stdin: bytes | None
    environment: Mapping[str, str]
    cni: str | None = None
    env: str | None = None


@record
class Sides:
    """*both* sides, the old one first, the *cni* under which they are compared, and what is *said* about them."""

    both: tuple[Side, Side]
    cni: str
    said: tuple[Problem, ...]


@record
class _Read:
    """One side as it was read: its texts, or the Intent of its specs; *intent* may be that of a platform alone."""

    argument: str
    contents: Texts
    intent: Intent | None
    is_spec: bool
    warnings: tuple[Problem, ...] = ()


def read_sides(old: str, new: str, around: Surroundings) -> Sides:
    """Return both sides, and the notes and warnings about them. NetgenError with the errors of both.

    Each side is a file or folder, `-`, `git:REV` or `git:REV:PATH`. Where specs are in it, it is they that are read:
    what they render is the side. The platform of a revision is as it was then, if it was there.
    """
    known = known_cni(around.cni) if around.cni else None
    read_both: list[_Read] = []
    notes: list[list[Problem]] = [[], []]
    errors: list[Problem] = []
    for argument, other, is_old in ((old, new, True), (new, old, False)):
        try:
            read_both.append(_read(argument, other, around, notes[not is_old], is_old=is_old))
        except NetgenError as error:
            errors += error.problems
    cni = known or _cni([one.intent for one in read_both])
    sides: list[Side] = []
    for one, found in zip(read_both, notes, strict=False) if not errors else ():
        try:
            sides.append(_side(one, cni, found))
        except NetgenError as error:
            errors += error.problems
    if errors:
        raise NetgenError(errors)
    # What is to be said about the specs of the old side was said when they were new.
    said = [*notes[0], *notes[1], *read_both[1].warnings]
    if not PROFILES[cni].enforced:
        message = f"{cni} enforces no NetworkPolicy: everything is open on both sides"
        said.append(Problem("no-policies", None, message))
    if all(_is_empty(one.cluster) for one in sides):
        fix = "give specs, or manifests with policies, workloads, Services or Ingresses"
        raise NetgenError([Problem("nothing-to-compare", None, "neither side holds any object", fix=fix)])
    return Sides((sides[0], sides[1]), cni, in_order(said))


def _cni(intents: list[Intent | None]) -> str:
    """Return the plugin that the specs are for, of two the one that the new side is for.

    One that enforces nothing would hide that the other side closes something, and counts only where both have it.
    """
    named = [DEFAULT if one is None else one.cni for one in intents]
    enforcing = [name for name in named if PROFILES[name].enforced]
    if named and not enforcing:
        return named[-1]
    return next((name for name in reversed(enforcing) if name != DEFAULT), DEFAULT)


def _read(argument: str, other: str, around: Surroundings, found: list[Problem], *, is_old: bool) -> _Read:
    """Return what *argument* names; notes go to *found*."""
    contents, platform = _contents(argument, other, around, found, is_old=is_old)
    errors = [problem for problem in found if problem.severity is Severity.ERROR]
    if errors:
        raise NetgenError(errors)
    specs = [each for each in contents if _SPEC.search(each[1])]
    if specs:
        others = [name for name, text in contents if not _SPEC.search(text)]
        _note_left_out(others, found, because="no netgen document is in them")
        cni = rendered_for(around.cni)
        loaded = load_texts(specs, platform, cni=cni, flags=around.flags, env=around.env, partial=True)
        return _Read(argument, [], loaded.intent, is_spec=True, warnings=loaded.problems)
    intent = load_texts([], platform, env=around.env, partial=True).intent if platform else None
    return _Read(argument, contents, intent, is_spec=False)


def _side(one: _Read, cni: str, found: list[Problem]) -> Side:
    """Return the side of what was read, under the network plugin *cni*; notes go to *found*."""
    if one.is_spec and one.intent:
        return _rendered(one.intent, cni)
    cluster, documents = _cluster(one.contents, cni)
    if _is_empty(cluster):
        absent = any(problem.code == "empty-side" for problem in found)
        found += [] if absent else [Problem("empty-side", None, f"{one.argument} holds no object that was looked for")]
    return Side(cluster, one.intent, documents)


def _contents(
    argument: str, other: str, around: Surroundings, found: list[Problem], *, is_old: bool
) -> tuple[Texts, Texts]:
    """Return the texts of a side and those of its platform."""
    wanted = reference(argument)
    if wanted is None:
        contents = texts([argument], around.stdin, found, wanted=bool, rendered=True)
        return contents, _platform(around, found)
    beside = None if around.platform in {None, STDIN} else around.platform
    path = None if other == STDIN or reference(other) else other
    then = snapshot(wanted, path, around.environment, beside=beside)
    if then.absent:
        known = then.is_here or _is_at(reference(other), wanted.path, around)
        found.append(_absence(wanted.revision, wanted.path or other, is_known=known, is_old=is_old))
    _note_left_out(list(then.left_out), found, because="git holds a link or another repository there")
    return list(then.files), list(then.beside) or _platform(around, found)


def _is_at(wanted: Reference | None, path: str | None, around: Surroundings) -> bool:
    """Return whether the revision of *wanted* has something at *path*."""
    if wanted is None or path is None:
        return False
    return not snapshot(replace(wanted, path=path), None, around.environment).absent


def _absence(revision: str, path: str, *, is_known: bool, is_old: bool) -> Problem:
    """Return what is to be said where *revision* has nothing at *path*: an error where nobody else has."""
    message = f"{revision} has nothing at {path}"
    if is_known:
        fate = f"all of it is new since {revision}" if is_old else f"all of it is gone at {revision}"
        return Problem("empty-side", None, f"{message}: {fate}")
    message += ", and neither has the other side or the working tree"
    return Problem("unknown-revision", None, message, fix="correct the path; it starts at the top of the repository")


def _platform(around: Surroundings, found: list[Problem]) -> Texts:
    given = [] if around.platform is None else [around.platform]
    return texts(given, around.stdin, found, wanted=bool, rendered=False)


def _rendered(intent: Intent, cni: str) -> Side:
    manifests = render(intent)
    problems = check(manifests, kubernetes=intent.kubernetes)
    if problems:
        raise NetgenError(problems)
    documents = tuple(manifest.document for manifest in manifests)
    # The pods are called what the spec calls them, and not after their Services.
    pods = tuple(replace(one, kind=IMPLIED) for one in workloads(intent))
    cluster = with_existing(read_cluster(documents, cni=cni), intent)
    return Side(replace(cluster, workloads=pods), intent, documents)


def _cluster(contents: Texts, cni: str) -> tuple[Cluster, tuple[Document, ...]]:
    documents: list[Document] = []
    kustomizations: list[Document] = []
    problems: list[Problem] = []
    for file, text in contents:
        reading = read(text, file, Dialect.MANIFEST)
        problems += reading.problems
        for one in reading.documents:
            (kustomizations if is_kustomization(one) else documents).append(one)
    unbuilt = overlaid(kustomizations, documents, [file for file, _ in contents])
    problems += (replace(problem, code="unproven") for problem in unbuilt)
    return read_cluster(documents, problems, cni=cni), tuple(documents)


def _is_empty(cluster: Cluster) -> bool:
    return cluster == Cluster(namespaces=cluster.namespaces)


def _note_left_out(names: list[str], found: list[Problem], *, because: str) -> None:
    if names:
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        message = f"left out, because {because}: {', '.join(names[:_NAMED])}{more}"
        found.append(Problem("skipped-files", None, message))
