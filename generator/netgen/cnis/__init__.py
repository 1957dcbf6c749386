"""Which network plugins can carry a spec, from which version on, and what fails in the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache

from netgen.problems import NetgenError, Place, Problem, Severity, in_order
from netgen.profiles import NAMES, Cni, Feature, Version
from netgen.progress import Progress, begin
from netgen.records import record
from netgen.spec import Loaded, Texts, meaning
from netgen.spec import read as read_texts
from netgen.spec.platform import NO_FLAGS, Flags

SETTING = "cni-setting"
_NOT_DENIED = "not-denied"
_OF_THE_CNI = frozenset(("needs-unmet", "not-implemented"))
_SETTINGS = frozenset((SETTING, "calicoctl-needed"))
_OF_THE_RUN = _SETTINGS | {"no-platform"}
"""Codes that say nothing of what a plugin makes of the spec."""


@record
class Verdict:
    """Whether a plugin can carry a spec.

    *cni* has the version that was asked for, None where all were. *since* is the first version that can, None where
    the plugin has no versions or cannot. *problems* is what fails in the newest version; *before* is what fails in the
    last version before *since*. *weaker* is what holds less there than elsewhere, and *settings* is what must be
    turned on. *own* is the plugin that the platform names, None where that is another.
    """

    cni: Cni
    able: bool
    since: Version | None = None
    problems: tuple[Problem, ...] = ()
    before: tuple[Problem, ...] = ()
    weaker: tuple[Problem, ...] = ()
    settings: tuple[Problem, ...] = ()
    own: Cni | None = None

    @property
    def own_able(self) -> bool:
        """Return whether the plugin can in the version that the platform names, or else in the oldest that is known."""
        if self.own is None or not self.able:
            return False
        version = self.own.version or next(iter(self.own.supported), None)
        return self.since is None or version is None or version >= self.since


@record
class _Run:
    """What a spec means under one version of a plugin: *loaded* is None where it has *errors*. *said* is the rest."""

    loaded: Loaded | None
    errors: tuple[Problem, ...] = ()
    said: tuple[Problem, ...] = ()


_Resolve = Callable[[Cni], _Run]


def carrying(
    paths: Iterable[str],
    cnis: Sequence[Cni] = (),
    *,
    platform: str | None = None,
    flags: Flags = NO_FLAGS,
    env: str | None = None,
    stdin: bytes | None = None,
    progress: Progress | None = None,
) -> tuple[Verdict, ...]:
    """Return for each of *cnis*, all that are known if there are none, whether it can carry the specs *paths*.

    The other arguments are those of netgen.api.load. The texts are read once, and resolved for a few versions of each
    plugin; what is claimed is proved of what would be rendered. Raises NetgenError for what is wrong with the spec
    whatever the plugin is.
    """
    texts = read_texts(list(paths), platform=platform, stdin=stdin, progress=progress)
    begin(progress, "resolving")

    @cache
    def resolved(cni: Cni) -> _Run:
        return _run(texts, cni, flags, env)

    @cache
    def held(cni: Cni) -> _Run:
        return _held(resolved(cni), progress)

    asked = cnis or tuple(Cni(name) for name in NAMES)
    newest = [resolved(_versions(cni)[-1]) for cni in asked]
    _refuse(newest)
    everywhere = [resolved(_versions(Cni(name))[-1]) for name in NAMES]
    common = _common([run for run in newest if run.loaded]) | _common(everywhere)
    verdicts = [_verdict(cni, held, common) for cni in asked]
    return tuple(_with_own(one, texts.cni) for one in verdicts)


def _run(texts: Texts, cni: Cni, flags: Flags, env: str | None) -> _Run:
    try:
        loaded = meaning(texts, cni=str(cni), flags=flags, env=env)
    except NetgenError as error:
        errors = tuple(one for one in error.problems if one.severity is Severity.ERROR)
        return _Run(None, errors, tuple(one for one in error.problems if one.severity is not Severity.ERROR))
    return _Run(loaded, said=loaded.problems)


def _held(run: _Run, progress: Progress | None) -> _Run:
    """Return *run* with what its manifests break of the claims: what these mean hangs on the plugin as well."""
    if run.loaded is None or not run.loaded.intent.claims:
        return run
    from netgen import verify  # noqa: PLC0415 - specs without claims do without the evaluator
    from netgen.making import make  # noqa: PLC0415 - same

    intent = run.loaded.intent
    try:
        documents = [manifest.document for manifest in make(intent, progress=progress)]
    except NetgenError as error:
        return replace(run, loaded=None, errors=error.problems)
    found = verify.prove(intent, documents, (), cni=intent.cni, progress=progress).findings
    return replace(run, loaded=None, errors=found) if found else run


def _versions(cni: Cni) -> tuple[Cni, ...]:
    """Return the plugin in each version that is in question, in order."""
    known = () if cni.version else cni.supported
    return tuple(Cni(cni.name, version) for version in known) or (cni,)


def _refuse(newest: Sequence[_Run]) -> None:
    """Raise for the errors that every one of the runs *newest* has, but those that are of the plugins by their code."""
    shared = set.intersection(*({(one.code, one.place) for one in run.errors} for run in newest))
    own = [one for one in newest[0].errors if (one.code, one.place) in shared and not _is_of_the_cni(one)]
    if own:
        raise NetgenError(own)


def _is_of_the_cni(problem: Problem) -> bool:
    return problem.code in _OF_THE_CNI or problem.code.startswith("unenforceable-")


def _common(runs: Sequence[_Run]) -> frozenset[tuple[str, Place | None]]:
    """Return what each of several *runs* says, which tells no plugin from another."""
    said = [frozenset((one.code, one.place) for one in run.said) for run in runs]
    return frozenset.intersection(*said) if len(said) > 1 else frozenset()


def _verdict(cni: Cni, resolved: _Resolve, common: frozenset[tuple[str, Place | None]]) -> Verdict:
    versions = _versions(cni)
    if resolved(versions[-1]).errors:
        return Verdict(cni, able=False, problems=resolved(versions[-1]).errors)
    first = _first(versions, resolved)
    run = resolved(versions[first])
    weaker = [one for one in run.said if one.code not in _OF_THE_RUN and (one.code, one.place) not in common]
    return Verdict(
        cni,
        able=True,
        since=versions[first].version,
        before=resolved(versions[first - 1]).errors if first else (),
        weaker=in_order([*weaker, *_undenied(versions[first], run)]),
        settings=tuple(one for one in run.said if one.code in _SETTINGS),
    )


def _first(versions: Sequence[Cni], resolved: _Resolve) -> int:
    """Return the index of the first of *versions* without errors, of which the last has none: what can stays able."""
    low, high = 0, len(versions) - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if resolved(versions[middle]).errors else (low, middle)
    return low


def _undenied(cni: Cni, run: _Run) -> list[Problem]:
    """Return the claims that are proved for the apps alone, since the plugin denies nothing."""
    if run.loaded is None or cni.can(Feature.DENY):
        return []
    message = f"the claim is proved for the apps, and nothing denies it for other pods: {cni} has no denials"
    told = {one.place for one in run.said if one.code == _NOT_DENIED}
    places = [one.spot.value() for one in run.loaded.intent.claims if not one.denied]
    return [Problem(_NOT_DENIED, place, message) for place in places if place not in told]


def _with_own(verdict: Verdict, platform: Cni | None) -> Verdict:
    return replace(verdict, own=platform) if platform and verdict.cni.name == platform.name else verdict
