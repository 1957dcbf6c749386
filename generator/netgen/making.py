"""Intent -> manifests that are rendered and held against the API's rules, in one process or in several."""

from __future__ import annotations

from netgen import check, render
from netgen.intent import Intent
from netgen.problems import NetgenError
from netgen.progress import Progress, begin, counted
from netgen.render import Manifest

_STAGE = "rendering"
_UNIT = "objects"


def make(intent: Intent, *, jobs: int = 1, progress: Progress | None = None) -> tuple[Manifest, ...]:
    """Return the manifests of *intent* in the order in which they are applied, each held against the API's rules.

    With more *jobs* that many processes do it, as netgen.jobs says: the result is the same to the byte, and so is what
    is raised. NetgenError for what an API server would refuse.
    """
    begin(progress, _STAGE)
    work = render.Work(intent)
    if jobs > 1 and work.count > 1:
        manifests, sound = _spread(work, intent, jobs, progress)
    else:
        numbers = counted(range(work.count), work.total, progress, _STAGE, _UNIT, size=render.PART)
        manifests, sound = render.in_order([work.render(number) for number in numbers]), False
    looked_at = counted(manifests, len(manifests), progress, "checking", _UNIT)
    problems = check.check(looked_at, kubernetes=intent.kubernetes, sound=sound)
    if problems:
        raise NetgenError(problems)
    return manifests


def _spread(
    work: render.Work, intent: Intent, jobs: int, progress: Progress | None
) -> tuple[tuple[Manifest, ...], bool]:
    """Return what several processes have rendered, and whether each object alone is sound."""
    from netgen.jobs import spread  # noqa: PLC0415 - few runs are large enough to gain by it

    def do(number: int) -> tuple[render.Packed, bool]:
        packed = work.pack(number)
        made = (manifest for _, manifest in work.unpack(number, packed))
        return packed, check.are_sound(made, kubernetes=intent.kubernetes)

    parts: list[tuple[render.Ranked, ...]] = [()] * work.count
    sound = True
    done = spread(do, work.count, jobs)
    for number, (packed, is_sound) in counted(done, work.total, progress, _STAGE, _UNIT, size=render.PART):
        parts[number] = work.unpack(number, packed)
        sound = sound and is_sound
    return render.in_order(parts), sound
