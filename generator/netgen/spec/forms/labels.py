"""Pods that are told by their labels where a name must stand: as `can`, `dns` and `scrape` write them."""

from __future__ import annotations

import re

from netgen.spec.forms.text import FormError, shown

_LABEL = r"[^\s=:,]+=[^\s=:,]*"
_BY_LABELS = re.compile(rf"(?P<namespace>[^/\s=:]+)/(?P<labels>{_LABEL}(?:,{_LABEL})*)(?P<port>:.*)?")


def peer_needed(text: str, code: str) -> FormError | None:
    """Return the *code* for pods that a call or a grant tells by labels; None where *text* is no such thing."""
    found = _BY_LABELS.fullmatch(text)
    if not found:
        return None
    namespace = "NAMESPACE" if found["namespace"] == "here" else found["namespace"]
    labels = ", ".join(label.replace("=", ": ", 1) for label in found["labels"].split(","))
    name = f"NAME{found['port'] or ''}"
    fix = f"under peers add  NAME: {{namespace: {namespace}, labels: {{{labels}}}}}  and write {name} here"
    return FormError(code, _message(text), fix=fix)


def name_needed(text: str, code: str) -> FormError | None:
    """Return the *code* for pods that a claim or a permission tells by labels; None where *text* is no such thing."""
    found = _BY_LABELS.fullmatch(text)
    if not found:
        return None
    namespace = found["namespace"]
    fix = f"write {namespace}/* or {namespace}/APP; in a Connectivity a name under peers can stand here"
    return FormError(code, _message(text), fix=fix)


def _message(text: str) -> str:
    return f"{shown(text)} tells pods by their labels; here they need a name"
