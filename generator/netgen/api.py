"""The public API: functions over values. Every function raises NetgenError with all problems at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netgen import render as _render
from netgen import spec as _spec
from netgen.intent import Intent
from netgen.making import make as _make
from netgen.problems import NetgenError, Severity
from netgen.profiles import DEFAULT
from netgen.progress import Progress, begin
from netgen.render import Format, Manifest
from netgen.spec import Loaded

if TYPE_CHECKING:
    from netgen import asking
    from netgen.diff import Diff
    from netgen.diff.sides import Sides
    from netgen.importing import Spec
    from netgen.problems import Problem
    from netgen.reaching import Answer
    from netgen.verify import Proof
    from netgen.verify.around.surroundings import Surroundings
    from netgen.write import Comparison, Layout, Written
    from netgen.write.leftovers import Leftover

__all__ = [
    "Format",
    "Intent",
    "Loaded",
    "Manifest",
    "can",
    "compare",
    "diff",
    "import_manifests",
    "left_over",
    "load",
    "prove",
    "reach",
    "removed",
    "render",
    "stream",
    "verify",
    "write",
]

stream = _render.stream


def load(
    paths: str | Path | Iterable[str | Path],
    *,
    platform: str | Path | None = None,
    cni: str | None = None,
    ingress: str | None = None,
    gateway: str | None = None,
    env: str | None = None,
    stdin: bytes | None = None,
    progress: Progress | None = None,
) -> Loaded:
    """Return the meaning of spec files and folders, with its warnings.

    *platform* is a Platform file; *cni*, *ingress* (an Ingress class) and *gateway* (as the option has it) stand in for
    one. *env* is the environment that the run is for, where the platform has several. The path `-` reads *stdin*.
    Here and below, *progress* is told how far it is: see netgen.progress.
    """
    listed = [paths] if isinstance(paths, str | Path) else paths
    return _spec.load(
        [str(path) for path in listed],
        platform=None if platform is None else str(platform),
        cni=cni,
        ingress=ingress,
        gateway=gateway,
        env=env,
        stdin=stdin,
        progress=progress,
    )


def render(intent: Intent, *, jobs: int = 1, progress: Progress | None = None) -> tuple[Manifest, ...]:
    """Return the manifests of *intent* in the order in which they are applied, each held against the API's rules.

    With more *jobs* so many processes do it, to the same result; not in a program with threads, nor where a process
    cannot be copied (Windows).
    """
    return _make(intent, jobs=jobs, progress=progress)


def prove(
    intent: Intent,
    manifests: Iterable[Manifest],
    *,
    workloads: Iterable[str | Path] = (),
    namespace: str | None = None,
    cni: str | None = None,
    stdin: bytes | None = None,
    progress: Progress | None = None,
) -> Proof:
    """Return the proof that *manifests*, as they were rendered, do what *intent* says; see netgen.verify.

    *workloads* are files and folders (`-`: *stdin*) with what is in the cluster: workloads, other policies. *namespace*
    is that of objects which name none; None is `default`, and said to be assumed. *cni* is the network plugin, by its
    name in netgen.evaluate.semantics.PROFILES; None is the one that *intent* is for.
    """
    from netgen import verify  # noqa: PLC0415 - `--no-verify` does not pay for the evaluator

    cni = cni or intent.cni
    documents = [manifest.document for manifest in manifests]
    surroundings = _surroundings(workloads, namespace, stdin, cni)
    return verify.prove(
        intent,
        documents,
        (),
        cni=cni,
        surroundings=surroundings,
        namespace=namespace,
        progress=progress,
    )


def verify(
    intent: Intent,
    paths: Iterable[str | Path],
    *,
    workloads: Iterable[str | Path] = (),
    namespace: str | None = None,
    cni: str | None = None,
    stdin: bytes | None = None,
    progress: Progress | None = None,
) -> Proof:
    """Return the proof that the manifests in files and folders (`-`: *stdin*) do what *intent* says.

    *workloads*, *namespace* and *cni* as prove has them, the last two for the manifests too; standard input is one of
    the two inputs.
    """
    from netgen import verify as verifier  # noqa: PLC0415 - see above

    cni = cni or intent.cni
    listed, surroundings = [str(path) for path in paths], _surroundings(workloads, namespace, stdin, cni)
    return verifier.prove_files(
        intent,
        listed,
        stdin,
        cni=cni,
        surroundings=surroundings,
        namespace=namespace,
        progress=progress,
    )


def _surroundings(
    paths: Iterable[str | Path], namespace: str | None, stdin: bytes | None, cni: str
) -> Surroundings | None:
    listed = [str(path) for path in paths]
    if not listed:
        return None
    from netgen.verify.around.surroundings import read_surroundings  # noqa: PLC0415 - only a run that is given a cluster

    return read_surroundings(listed, stdin, namespace, cni=cni)


def reach(
    paths: Iterable[str | Path],
    *,
    source: str | None = None,
    target: str | None = None,
    port: str | None = None,
    cni: str = "kubernetes",
    stdin: bytes | None = None,
    progress: Progress | None = None,
) -> Answer:
    """Return who reaches whom by the manifests in files and folders (`-`: *stdin*), whoever wrote them.

    *source*, *target* and *port* narrow the answer, as `netgen reach` takes them; *cni* is the network plugin.
    """
    from netgen import reaching, scene  # noqa: PLC0415 - see above

    cluster = scene.read_manifests([str(path) for path in paths], stdin, progress, cni=scene.known_cni(cni))
    begin(progress, "evaluating")
    return reaching.reach(cluster, source=source, target=target, port=port, cni=cni)


def can(
    source: str,
    target: str,
    paths: Iterable[str | Path] = (),
    *,
    intent: Intent | None = None,
    cni: str | None = None,
    stdin: bytes | None = None,
    reasons: bool = True,
    progress: Progress | None = None,
) -> asking.Answer:
    """Return whether *source* can open *target*, an end and a port, by the manifests in files and folders.

    *intent* is what specs say of the same cluster, so that the reasons name their lines; without *paths* it is
    rendered. *source* and *target* are written as for `netgen can`. *cni* is the network plugin; None is the one that
    *intent* is for, or else `kubernetes`. Without *reasons* it is faster.
    """
    from netgen import asking, scene  # noqa: PLC0415 - see above
    from netgen.evaluate.objects import read_cluster  # noqa: PLC0415 - see above

    listed = [str(path) for path in paths]
    cni = scene.known_cni(cni or (intent.cni if intent else DEFAULT))
    if intent is None or listed:
        cluster = scene.read_manifests(listed, stdin, progress, cni=cni)
        begin(progress, "evaluating")
        return asking.can(cluster, source, target, cni=cni, intent=intent, reasons=reasons)
    cluster = read_cluster((manifest.document for manifest in render(intent, progress=progress)), cni=cni)
    begin(progress, "evaluating")
    return asking.can(cluster, source, target, cni=cni, intent=intent, reasons=reasons, rendered=True)


def diff(
    old: str | Path,
    new: str | Path,
    *,
    platform: str | Path | None = None,
    ingress: str | None = None,
    gateway: str | None = None,
    env: str | None = None,
    cni: str | None = None,
    stdin: bytes | None = None,
    environment: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> tuple[Diff, tuple[Problem, ...]]:
    """Return who can reach whom in *new* and could not in *old*, or the reverse; and the notes about both.

    Each is a spec or manifests, as `netgen diff` takes them; *env* is the environment that specs are read for, and
    *environment* that in which git is run, an empty one if it is None. *cni* is the network plugin, which specs are
    rendered for; None is the one that they name: of two that enforce anything, that of *new*. OutputError where git is
    missing or fails.
    """
    from netgen import diff as differ  # noqa: PLC0415 - see above

    begin(progress, "reading both sides")
    sides = _sides(old, new, platform, (ingress, gateway), stdin, environment or {}, cni, env)
    (before, after), said = sides.both, sides.said
    begin(progress, "comparing")
    found = differ.compare(before, after, cni=sides.cni)
    notes = tuple(problem.message for problem in said if problem.code == "empty-side")
    return replace(found, compared=(str(old), str(new)), notes=notes), said


def removed(
    old: str | Path,
    new: str | Path,
    *,
    platform: str | Path | None = None,
    ingress: str | None = None,
    gateway: str | None = None,
    env: str | None = None,
    stdin: bytes | None = None,
    environment: Mapping[str, str] | None = None,
) -> tuple[tuple[Leftover, ...], tuple[Problem, ...]]:
    """Return the objects of netgen that *old* has and *new* has not, in the order in which to delete them; and notes.

    The arguments are those of diff. All of *new* is to be applied before anything is deleted.
    """
    from netgen.write.leftovers import left_over as order  # noqa: PLC0415 - see above

    sides = _sides(old, new, platform, (ingress, gateway), stdin, environment or {}, None, env)
    (before, after), said = sides.both, sides.said
    old_bodies, new_bodies = (
        [document.data for document in side.documents if isinstance(document.data, dict)] for side in (before, after)
    )
    return order(old_bodies, new_bodies, _standing(after.intent)), said


def _sides(old: str | Path, new: str | Path, platform: str | Path | None, *around: Any) -> Sides:
    """Return both sides; *around* is what Surroundings takes behind the platform."""
    from netgen.diff.sides import Surroundings, read_sides  # noqa: PLC0415 - see above

    return read_sides(str(old), str(new), Surroundings(None if platform is None else str(platform), *around))


def import_manifests(
    paths: Iterable[str | Path],
    *,
    namespace: str = "default",
    cni: str = "kubernetes",
    stdin: bytes | None = None,
    progress: Progress | None = None,
) -> tuple[Spec, Diff]:
    """Return the spec of what the manifests in files and folders (`-`: *stdin*) do, and what it changes when rendered.

    *namespace* is that of objects which name none. What the spec does not hold stays as it is beside it.
    """
    from netgen import importing  # noqa: PLC0415 - see above
    from netgen.diff import Side, compare  # noqa: PLC0415 - see above
    from netgen.evaluate.objects import read_cluster  # noqa: PLC0415 - see above
    from netgen.scene import known_cni  # noqa: PLC0415 - see above
    from netgen.verify.reading import read_manifests  # noqa: PLC0415 - see above

    cni = known_cni(cni)
    documents, problems = read_manifests([str(path) for path in paths], stdin, progress, reader="import")
    if any(problem.severity is Severity.ERROR for problem in problems):
        raise NetgenError(problems)  # what nobody can read might be a policy
    before = read_cluster(documents, problems, namespace=namespace)
    begin(progress, "importing")
    found = importing.spec_of(before, documents)
    unbuilt = [problem for problem in problems if problem.code == "overlay-unbuilt"]
    others = [problem for problem in problems if problem.code != "overlay-unbuilt"]
    found = replace(found, unsaid=(*unbuilt, *found.unsaid), notes=(*others, *found.notes))
    rendered = read_cluster(manifest.document for manifest in render(found.intent, progress=progress))
    old, new = importing.sides(before, rendered)
    begin(progress, "comparing")
    return found, compare(Side(old), Side(new), cni=cni)


def write(
    manifests: Iterable[Manifest], out: str | Path, *, layout: Layout = "kustomize", force: bool = False
) -> Written:
    """Make the folder *out* hold *manifests*, as netgen.write says, and return which files that changed."""
    from netgen.write import write as write_folder  # noqa: PLC0415 - what only --out needs, no other run pays for

    return write_folder(manifests, Path(out), layout=layout, force=force)


def left_over(written: Written, manifests: Iterable[Manifest], intent: Intent | None = None) -> tuple[Leftover, ...]:
    """Return the objects that went out of a folder when *manifests* were written, in the order in which to delete them.

    They stay in the cluster until somebody does that, after the rest is applied. What *intent*, from which *manifests*
    were rendered, takes to be there already is none of them.
    """
    if not written.outdated:
        return ()
    from netgen.write.leftovers import bodies  # noqa: PLC0415 - see above
    from netgen.write.leftovers import left_over as order  # noqa: PLC0415 - see above

    return order(bodies(written.outdated), (manifest.body for manifest in manifests), _standing(intent))


def _standing(intent: Intent | None) -> list[tuple[str, str]]:
    """Return namespace and name of the Services that *intent* takes to be there already."""
    return [(one.app.namespace, one.name) for one in intent.services if one.existing] if intent else []


def compare(manifests: Iterable[Manifest], out: str | Path, *, layout: Layout = "kustomize") -> Comparison:
    """Return what write would change in the folder *out*, as a unified diff too, and do nothing."""
    from netgen.write import compare as compare_folder  # noqa: PLC0415 - see above

    return compare_folder(manifests, Path(out), layout=layout)
