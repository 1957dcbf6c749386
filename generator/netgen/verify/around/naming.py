"""How findings name workloads, and the labels by which pods are told apart."""

from __future__ import annotations

from collections.abc import Iterable

from netgen.evaluate.objects.model import Workload
from netgen.verify.reading import where

_NAMED = 5
_USUAL = (
    "app.kubernetes.io/name",
    "app",
    "k8s-app",
    "name",
    "app.kubernetes.io/component",
    "component",
    "app.kubernetes.io/instance",
)
"""The labels by which pods are usually told apart, the likeliest first."""

Label = tuple[str, str]


def named(workloads: Iterable[Workload]) -> str:
    """Return the first of *workloads* with its kind, and how many more there are."""
    listed = list(workloads)
    more = f" and {len(listed) - 1} more" if len(listed) > 1 else ""
    return f"the {listed[0].kind} {listed[0]}{more}"


def carries(one: Workload) -> str:
    """Return which labels the pods of *one* carry, as a sentence with its place."""
    labels = ", ".join(f"{key}: {value}" for key, value in one.labels) or "no labels"
    return f"{named([one])} carries {labels}" + (f" ({where(one.spot)})" if one.spot else "")


def listed(names: list[str]) -> str:
    """Return the first of *names*, and how many more there are."""
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")


def rank(key: str) -> tuple[int, str]:
    """Return the place of the label *key* among those that tell pods apart: less is likelier."""
    return (_USUAL.index(key) if key in _USUAL else len(_USUAL)), key


def telling(labels: Iterable[Label]) -> Label:
    """Return the one of *labels* that most likely tells the pods apart from others."""
    return min(labels, key=lambda label: rank(label[0]))
