"""Host names outside the cluster: api.stripe.com, and *.example.com for every name below, at any depth."""

from __future__ import annotations

import re

from netgen.spec.forms.text import DNS_LABEL, FormError, shown

_SERVICE = re.compile(r"([-a-z0-9]+)\.([-a-z0-9]+)\.svc(\.cluster\.local)?", re.ASCII)
_MOST = 253
_CLUSTER = ("svc", "cluster", "local")
"""The ends of names inside the cluster: the short one, and the labels of the usual long one."""
_AMBIGUOUS = re.compile("[\u00df\u03c2\u200c\u200d]")
"""Characters of which two versions of IDNA make different names (UTS 46, section 7, deviation characters)."""


def host_name(text: str, code: str, *, port: str = "PORT") -> str:
    """Return *text* when it is a host name or wildcard outside the cluster, in its one form; else raise *code*.

    A star stands only at the front, for labels at any depth; the name behind it is not among those it stands for.
    *port* is the one that is called, for the mending.
    """
    _refuse_other_forms(text, code)
    suffix = text.removeprefix("*.")
    labels = suffix.split(".")
    _refuse_cluster(text, suffix, labels, code, port)
    if "*" in suffix:
        message = f"{shown(text)}: a star stands only at the front, as in *.example.com, for names at any depth"
        raise FormError(code, message, fix=f"write *.{_after_stars(text)}" if _after_stars(text) else "")
    if not all(map(DNS_LABEL.fullmatch, labels)) or len(text) > _MOST:
        message = f"{shown(text)} is no host name: lower-case labels with dots between, *. in front for any below"
        raise FormError(code, message)
    if labels[-1].isdigit():
        raise FormError(code, f"{shown(text)} is no host name: the last label is a number", fix="write an address")
    return text


def _refuse_other_forms(text: str, code: str) -> None:
    """Refuse a name that has one form only: no capitals, no dot at the end, no characters beyond ASCII."""
    if not text.isascii():
        plain = _punycode(text)
        message = f"{shown(text)} has characters that DNS does not carry"
        raise FormError(code, message, fix=f"write {plain}" if plain else "write the name as DNS has it, in punycode")
    if text.endswith("."):
        message = f"{shown(text)} ends with a dot; every host name is taken as a whole one"
        raise FormError(code, message, fix=f"write {text.rstrip('.').lower()}")
    if text != text.lower():
        raise FormError(code, f"{shown(text)}: a host name is lower-case", fix=f"write {text.lower()}")


def _punycode(text: str) -> str:
    """Return *text* as DNS carries it; empty where that is not certain."""
    if _AMBIGUOUS.search(text.lower()):
        return ""
    try:
        return text.lower().rstrip(".").encode("idna").decode("ascii")
    except UnicodeError:
        return ""


def _after_stars(text: str) -> str:
    """Return the labels behind the last one with a star, of which there are two at least; else nothing."""
    labels = text.split(".")
    last = max(index for index, label in enumerate(labels) if "*" in label)
    return ".".join(labels[last + 1 :]) if len(labels) - last > 2 else ""


def _refuse_cluster(text: str, suffix: str, labels: list[str], code: str, port: str) -> None:
    """Refuse what is not outside: names without dots, and those of the cluster's own DNS."""
    if suffix in ("", "*") or (len(labels) < 2 and suffix == text):
        fix = f"write internet:{port} for every host, NAMESPACE/APP for an app"
        raise FormError(code, f"{shown(text)} is no host outside the cluster: its name has no dots", fix=fix)
    service = _SERVICE.fullmatch(suffix) if suffix == text else None
    if service:
        message = f"{shown(text)} is the address of a Service; an app of the cluster is called by its name"
        raise FormError(code, message, fix=f"write {service[2]}/{service[1]}{'' if port == 'PORT' else f':{port}'}")
    ending = tuple(labels[-len(_CLUSTER) :])
    is_wide = suffix != text and len(labels) < len(_CLUSTER) and _CLUSTER[-len(labels) :] == ending
    if ending[-2:] == _CLUSTER[1:] or labels[-1] == "svc" or is_wide:
        message = f"{shown(text)} is a name of the cluster's own DNS; what is inside is called by its app"
        raise FormError(code, message, fix="write NAMESPACE/APP, NAMESPACE/* or any")
