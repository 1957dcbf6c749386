"""Documents that are only watched: their policies say what they would open, and close nothing."""

from __future__ import annotations

from collections.abc import Iterator

from netgen.problems import Place, Problem
from netgen.profiles import Feature
from netgen.spec.forms.connectivity import ConnectivityForm
from netgen.spec.platform import Platform
from netgen.spec.resolve.features import enforceable

_SEEN = {
    "cilium": "flows that a rule opens have the log value netgen-audit; denials of never are enforced",
    "calico": "Calico's flow logs say what staged policies would do, unproved; denials of never are enforced",
}
"""What is to be seen of staged policies, by the plugin that has them."""
_INERT = frozenset(("calico",))
"""The plugins where what is staged does nothing: neither does it open what it says."""
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
        found.append(_warning(platform.stage, "of any spec", platform, _stricter(documents)))
        return frozenset((one.namespace, one.name) for one in documents)
    chosen = []
    for one in documents:
        if one.stage != "audit":
            continue
        place = one.spot.at("stage").value()
        if enforceable(Feature.AUDIT, place, f"{one.name} is staged", platform, found, l4=_INSTEAD):
            found.append(_warning(place, f"of {one.name}", platform))
            chosen.append((one.namespace, one.name))
    found += _unclosed(documents, dict(sorted(chosen, reverse=True)))
    return frozenset(chosen)


def _unclosed(documents: tuple[ConnectivityForm, ...], staged: dict[str, str]) -> Iterator[Problem]:
    """Yield the warnings of documents that close a namespace in which another one is *staged*, by its namespace."""
    for one in documents:
        if one.isolate_namespace and one.stage != "audit" and one.namespace in staged:
            other = staged[one.namespace]
            message = f"the namespace {one.namespace} is not closed: {other} is staged, which has pods in it"
            fix = f"leave `stage` out of {other} once nothing is missing"
            yield Problem("audit-only", one.spot.at("isolate").value(), message, fix=fix)


def opens(platform: Platform) -> bool:
    """Return whether what is staged opens what it says, beside what is enforced."""
    return platform.cni.name not in _INERT


def _stricter(documents: tuple[ConnectivityForm, ...]) -> tuple[str, ...]:
    """Return the notes on the documents that ask for more than the platform has."""
    named = [one.name for one in documents if one.stage == "enforce"]
    listed = ", ".join(named[:3]) + (f" and {len(named) - 3} more" if len(named) > 3 else "")
    return (f"stage: enforce in {listed} changes nothing: the weaker of the two wins",) if named else ()


def _warning(place: Place, what: str, platform: Platform, notes: tuple[str, ...] = ()) -> Problem:
    message = f"stage: audit: no policy {what} closes anything; what no rule opens passes all the same"
    # A plugin that could not be read has been reported already.
    seen = (_SEEN[platform.cni.name],) if platform.cni.name in _SEEN else ()
    return Problem("audit-only", place, message, (*notes, *seen), "leave `stage` out once nothing is missing")
