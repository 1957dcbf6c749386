"""Pods in the namespaces of the specs that no app has."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from netgen.evaluate.objects.model import Workload
from netgen.intent import Intent
from netgen.problems import Place, Problem
from netgen.quoting import scalar
from netgen.records import record
from netgen.verify.around.chosen import Chosen
from netgen.verify.around.naming import listed, telling
from netgen.verify.reading import body, items, step, where

Held = Callable[[Workload], str]
"""Says who holds the pods of a workload, as a sentence about them."""


@record
class _Group:
    """Pods of one namespace of which the same holds."""

    namespace: str
    held: str


def uncovered(intent: Intent, chosen: Chosen, proposed: set[Workload], held: Held) -> Iterator[Problem]:
    """Yield the workloads that no app has, in the namespaces of the specs; *held* says which policies hold them.

    Those that were *proposed* for an app are not told again.
    """
    places = _owned(intent)
    taken = chosen.apps()
    names = {(one.kind, one.namespace, one.name) for one in chosen.workloads}
    groups: dict[_Group, list[Workload]] = {}
    for one in chosen.workloads:
        # What a Deployment makes is not told beside it.
        if one.namespace in places and one not in taken and one not in proposed and _owner(one) not in names:
            groups.setdefault(_Group(one.namespace, held(one)), []).append(one)
    for group, workloads in groups.items():
        some = listed([f"{one.name} ({one.kind})" for one in workloads])
        message = f"no app of {group.namespace} has the pods of {some}: {group.held}"
        note = tuple(f"{one.kind} {one} is at {where(one.spot)}" for one in workloads[:1] if one.spot)
        fix = f"write an app for each{_labels_of(workloads)}, or leave them as they are"
        yield Problem("pods-uncovered", places[group.namespace], message, note, fix)


def _labels_of(workloads: list[Workload]) -> str:
    labels = workloads[0].labels
    if not labels:
        return ""
    key, value = telling(labels)
    return f", such as  {scalar(workloads[0].name)}: {{select: {scalar({key: value})}}}"


def _owned(intent: Intent) -> dict[str, Place]:
    """Return the namespaces that the specs speak for, each with the first place that does."""
    spots = {one.namespace: one.spot for one in intent.isolated}
    for app in intent.apps:
        spots.setdefault(app.key.namespace, app.spot.document.spot("metadata", "namespace"))
    return {namespace: spot.value() for namespace, spot in spots.items()}


def _owner(one: Workload) -> tuple[str, str, str] | None:
    """Return kind, namespace and name of what made *one*, where something did."""
    for reference in items(step(body(one.spot), "metadata", "ownerReferences")):
        kind, name = step(reference, "kind"), step(reference, "name")
        if step(reference, "controller") is True and isinstance(kind, str) and isinstance(name, str):
            return kind, one.namespace, name
    return None
