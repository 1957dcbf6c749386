"""Selectors of pods: an app's `select`, and the platform's `namespace/key=value` texts."""

from __future__ import annotations

import re
from typing import Any

from netgen.intent import Expression, Pods, Selector
from netgen.problems import Place, Problem
from netgen.source import Spot
from netgen.spec.forms.addresses import address, bracketed, looks_like_address
from netgen.spec.forms.matching import allowed
from netgen.spec.forms.ports import port_number
from netgen.spec.forms.text import FormError, namespace_name, shown, within

_WORD = r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
_DOMAIN = r"[a-z0-9](?:[a-z0-9]|-(?=[a-z0-9-])|[.](?=[a-z0-9])){0,252}"
_LABEL_KEY = re.compile(rf"(?:{_DOMAIN}/)?{_WORD}", re.ASCII)
_LABEL_VALUE = re.compile(rf"(?:{_WORD})?", re.ASCII)
UNSTABLE_KEYS = frozenset(
    {"pod-template-hash", "controller-revision-hash", "helm.sh/chart", "app.kubernetes.io/version"}
)
"""Labels that change with a release: a policy that selects by them loses its pods on the next rollout (S11)."""
_UNSTABLE = "{} changes with each release; the policy would lose its pods"


_DNS = "kube-system/k8s-app=kube-dns"


def read_select(value: dict[str, Any], spot: Spot, found: list[Problem]) -> Selector | None:
    """Return the selector of a `select` of the schema's shape, or None with the problem found."""
    full = _is_full(value)
    labels, at = (value.get("matchLabels", {}), spot.at("matchLabels")) if full else (value, spot)
    expressions = [
        (
            Expression(item["key"], item["operator"], tuple(sorted(item.get("values", ())))),
            spot.at("matchExpressions", i),
        )
        for i, item in enumerate(value.get("matchExpressions", ()) if full else ())
    ]
    problems = [_unstable(key, at.at(key).key()) for key in labels if key in UNSTABLE_KEYS]
    for expression, item in expressions:
        if expression.key in UNSTABLE_KEYS:
            problems.append(_unstable(expression.key, item.at("key").value()))
        problems += _valueless(expression, item)
    selector = Selector(tuple(sorted(labels.items())), tuple(sorted(item for item, _ in expressions)))
    if selector == Selector():
        message = "an empty selector would select every pod of the namespace"
        problems.append(Problem("bad-selector", at.value(), message, fix="name a label that only these pods carry"))
    if not problems:
        problems = [_impossible(key, spot) for key, values in allowed(selector).items() if not values]
    found.extend(problems)
    return None if problems else selector


def stable_key(text: str) -> str:
    """Return the label key *text*, else raise `bad-selector` where its value changes with each release (S11)."""
    if text in UNSTABLE_KEYS:
        raise FormError("bad-selector", _UNSTABLE.format(shown(text)), fix="name a label that stays")
    return text


def pods(text: str, *, example: str = "monitoring/app=prometheus") -> Pods:
    """Return the pods of `namespace/key=value[,key=value]`, else raise `bad-selector`.

    The first slash ends the namespace; label keys may hold one of their own. The *example* is what an error shows.
    """
    namespace, slash, labels = text.partition("/")
    if not slash or not all("=" in item for item in labels.split(",")):
        message = f"{shown(text)} is not NAMESPACE/KEY=VALUE[,KEY=VALUE]"
        raise FormError("bad-selector", message, fix=f"write it like {example}")
    namespace_name(namespace)
    pairs: dict[str, str] = {}
    offset = len(namespace) + 1
    for item in labels.split(","):
        key, _, value = item.partition("=")
        if not _LABEL_KEY.fullmatch(key) or not _LABEL_VALUE.fullmatch(value):
            raise FormError("bad-selector", f"{shown(item)} is not a label", part=(offset, max(len(item), 1)))
        if key in pairs:
            raise FormError("bad-selector", f"{shown(key)} stands twice", part=(offset, len(item)))
        if key in UNSTABLE_KEYS:
            raise FormError("bad-selector", _UNSTABLE.format(shown(key)), fix="leave it out", part=(offset, len(item)))
        pairs[key] = value
        offset += len(item) + 1
    return Pods(namespace, Selector(tuple(sorted(pairs.items()))))


def resolver(text: str) -> tuple[Pods | str, int]:
    """Return a DNS resolver, pods or an address, and its port (53 where none is written); else raise FormError."""
    if "/" in text:
        name, colon, port = text.rpartition(":")
        if colon:
            return pods(name, example=_DNS), port_number(port, offset=len(name) + 1)
        return pods(text, example=_DNS), 53
    if text.startswith("["):
        inner, _, rest = text[1:].partition("]")
        if not rest.startswith(":"):
            raise FormError("bad-address", f"{shown(text)} is not [ADDRESS]:PORT")
        return within(bracketed, inner, 1), port_number(rest[1:], offset=len(inner) + 3)
    host, colon, port = text.partition(":") if text.count(":") == 1 else (text, "", "")
    if not looks_like_address(host):
        fix = "write NAMESPACE/KEY=VALUE for pods, or an address such as 169.254.20.10"
        raise FormError("bad-address", f"{shown(text)} is no DNS server: neither pods nor an address", fix=fix)
    return address(host), port_number(port, offset=len(host) + 1) if colon else 53


def _is_full(value: dict[str, Any]) -> bool:
    return isinstance(value.get("matchLabels"), dict) or isinstance(value.get("matchExpressions"), list)


def _impossible(key: str, spot: Spot) -> Problem:
    message = f"no pod can match: what is said of {shown(key)} excludes each other"
    return Problem("bad-selector", spot.at("matchExpressions").key(), message)


def _unstable(key: str, place: Place) -> Problem:
    return Problem("bad-selector", place, _UNSTABLE.format(shown(key)), fix="leave it out")


def _valueless(expression: Expression, spot: Spot) -> list[Problem]:
    """Refuse what the API server refuses: In and NotIn need values, Exists and DoesNotExist take none."""
    if (expression.operator in ("In", "NotIn")) == bool(expression.values):
        return []
    if expression.values:
        message, fix = f"{expression.operator} takes no values", "leave `values` out, or write In or NotIn"
        return [Problem("bad-selector", spot.at("values").value(), message, fix=fix)]
    fix = "add  values: [...]"
    return [Problem("bad-selector", spot.at("operator").value(), f"{expression.operator} needs values", fix=fix)]
