"""Documents that are only watched: their policies say what they would open, and close nothing."""

from __future__ import annotations

from netgen.problems import Place, Problem
from netgen.profiles import Feature
from netgen.spec.forms.connectivity import ConnectivityForm
from netgen.spec.platform import Platform
from netgen.spec.resolve.features import enforceable

_INSTEAD = "write  isolate: none  under each app that is not to be closed yet"


def staged(
    documents: tuple[ConnectivityForm, ...], platform: Platform, found: list[Problem]
) -> frozenset[tuple[str, str]]:
    """Return namespace and name of each of *documents* that is staged: by itself, or by *platform* with all others.

    Of the two stages the weaker wins, and what is not closed is a warning. A plugin that has no such policies is a
    problem.
    """
    if platform.stage:
        if not enforceable(Feature.AUDIT, platform.stage, "the platform is staged", platform, found, l4=_INSTEAD):
            return frozenset()
        found.append(_warning(platform.stage, "of any spec", _stricter(documents)))
        return frozenset((one.namespace, one.name) for one in documents)
    chosen = []
    for one in documents:
        if one.stage != "audit":
            continue
        place = one.spot.at("stage").value()
        if enforceable(Feature.AUDIT, place, f"{one.name} is staged", platform, found, l4=_INSTEAD):
            found.append(_warning(place, f"of {one.name}", ()))
            chosen.append((one.namespace, one.name))
    return frozenset(chosen)


def _stricter(documents: tuple[ConnectivityForm, ...]) -> tuple[str, ...]:
    """Return the notes on the documents that ask for more than the platform has."""
    named = [one.name for one in documents if one.stage == "enforce"]
    listed = ", ".join(named[:3]) + (f" and {len(named) - 3} more" if len(named) > 3 else "")
    return (f"stage: enforce in {listed} changes nothing: the weaker of the two wins",) if named else ()


def _warning(place: Place, what: str, notes: tuple[str, ...]) -> Problem:
    message = f"stage: audit: no policy {what} closes anything; what no rule opens passes all the same"
    said = "flows that a rule opens have the log value netgen-audit; denials of never are enforced"
    return Problem("audit-only", place, message, (*notes, said), "leave `stage` out once nothing is missing")
