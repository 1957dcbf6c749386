"""Selectors of pods: an app's `select`, and the platform's `namespace/key=value` texts."""

from __future__ import annotations

import re
from typing import Any

from netgen.intent import Expression, Pods, Selector
from netgen.problems import Problem
from netgen.source import Spot
from netgen.spec.forms.addresses import address
from netgen.spec.forms.ports import port_number
from netgen.spec.forms.text import FormError, dns_label, shown

_WORD = r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
_LABEL_KEY = re.compile(rf"(?:[a-z0-9](?:[a-z0-9.-]{{0,251}}[a-z0-9])?/)?{_WORD}", re.ASCII)
_LABEL_VALUE = re.compile(rf"(?:{_WORD})?", re.ASCII)
UNSTABLE_KEYS = frozenset(
    {"pod-template-hash", "controller-revision-hash", "helm.sh/chart", "app.kubernetes.io/version"}
)
"""Labels that change with a release: a policy that selects by them loses its pods on the next rollout (S11)."""


def read_select(value: dict[str, Any], spot: Spot, found: list[Problem]) -> Selector | None:
    """Return the selector of a `select` of the schema's shape, or None with the problem found."""
    if not _is_full(value):
        selector = Selector(tuple(sorted(value.items())))
    else:
        expressions = tuple(
            sorted(
                Expression(item["key"], item["operator"], tuple(sorted(item.get("values", ()))))
                for item in value.get("matchExpressions", ())
            )
        )
        selector = Selector(tuple(sorted(value.get("matchLabels", {}).items())), expressions)
    problems = [*_unstable(selector, spot), *_valueless(selector, spot)]
    if selector == Selector():
        message = "an empty selector would select every pod of the namespace"
        problems.append(Problem("bad-selector", spot.value(), message))
    found.extend(problems)
    return None if problems else selector


def pods(text: str) -> Pods:
    """Return the pods of `namespace/key=value[,key=value]`, else raise `bad-selector`.

    The first slash ends the namespace; label keys may hold one of their own.
    """
    namespace, slash, labels = text.partition("/")
    pairs = [item.partition("=") for item in labels.split(",")]
    if not slash or not all(equals for _, equals, _ in pairs):
        raise FormError("bad-selector", f"{shown(text)} is not NAMESPACE/KEY=VALUE[,KEY=VALUE]")
    dns_label(namespace, "a namespace name")
    for key, _, value in pairs:
        if not _LABEL_KEY.fullmatch(key) or not _LABEL_VALUE.fullmatch(value):
            raise FormError("bad-selector", f"{shown(f'{key}={value}')} is not a label")
    if len({key for key, _, _ in pairs}) < len(pairs):
        raise FormError("bad-selector", f"{shown(text)} names one key twice")
    return Pods(namespace, Selector(tuple(sorted((key, value) for key, _, value in pairs))))


def resolver(text: str) -> tuple[Pods | str, int]:
    """Return a DNS resolver, pods or an address, and its port (53 where none is written); else raise FormError."""
    if "/" in text:
        name, colon, port = text.rpartition(":")
        if colon:
            return pods(name), port_number(port, offset=len(name) + 1)
        return pods(text), 53
    if text.startswith("["):
        inner, _, rest = text[1:].partition("]")
        if not rest.startswith(":"):
            raise FormError("bad-address", f"{shown(text)} is not [ADDRESS]:PORT")
        return address(inner), port_number(rest[1:], offset=len(inner) + 3)
    if text.count(":") == 1:
        host, _, port = text.partition(":")
        return address(host), port_number(port, offset=len(host) + 1)
    return address(text), 53


def _is_full(value: dict[str, Any]) -> bool:
    return isinstance(value.get("matchLabels"), dict) or isinstance(value.get("matchExpressions"), list)


def _unstable(selector: Selector, spot: Spot) -> list[Problem]:
    keys = [key for key, _ in selector.labels] + [item.key for item in selector.expressions]
    return [
        Problem("bad-selector", spot.value(), f"{shown(key)} changes with each release; the policy would lose its pods")
        for key in sorted(UNSTABLE_KEYS & set(keys))
    ]


def _valueless(selector: Selector, spot: Spot) -> list[Problem]:
    """Refuse expressions that the API server refuses: In and NotIn need values, Exists and DoesNotExist take none."""
    return [
        Problem("bad-selector", spot.value(), f"{item.operator} takes {'no ' if item.values else ''}values")
        for item in selector.expressions
        if (item.operator in ("In", "NotIn")) != bool(item.values)
    ]
