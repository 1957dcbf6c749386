"""How far a run is: what its stages tell whoever wants to show it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeVar

_Item = TypeVar("_Item")

_OFTEN = 50
"""Each time so many are done, somebody is told."""


class Step(NamedTuple):
    """That *stage* is under way (`rendering`); of *total* things of the kind *unit*, *done* are done, if it counts."""

    stage: str
    done: int = 0
    total: int = 0
    unit: str = ""


Progress = Callable[[Step], object]
"""Is called often, and in the thread of the run; what it raises ends the run."""


def begin(progress: Progress | None, stage: str) -> None:
    """Tell *progress* that *stage* begins, of which nothing is counted."""
    if progress is not None:
        progress(Step(stage))


def counted(
    items: Iterable[_Item], total: int, progress: Progress | None, stage: str, unit: str, *, size: int = 1
) -> Iterable[_Item]:
    """Return *items*, and tell *progress* how many of *total* have been taken; without one, they are just the items.

    An item stands for *size* of what is counted. After the last of them the stage goes on uncounted.
    """
    return items if progress is None else _counted(items, total, progress, Step(stage, 0, total, unit), size)


def _counted(items: Iterable[_Item], total: int, progress: Progress, step: Step, size: int) -> Iterator[_Item]:
    often = max(_OFTEN // size, 1)
    for number, item in enumerate(items):
        if number % often == 0:
            progress(step._replace(done=min(number * size, total)))
        yield item
    progress(Step(step.stage))
