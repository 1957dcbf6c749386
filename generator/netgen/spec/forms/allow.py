"""Permissions of the platform as it writes them, in the grammar of claims: what is open whoever asks for it."""

from __future__ import annotations

from typing import Any

from netgen.problems import Problem
from netgen.source import Spot
from netgen.spec.forms.claim_ends import End
from netgen.spec.forms.claims import ClaimForm, read_claims
from netgen.spec.forms.sides import WILDCARDS, Kind
from netgen.spec.forms.text import shown


def read_allow(value: list[Any], spot: Spot, found: list[Problem]) -> tuple[ClaimForm, ...]:
    """Return what `allow` of the schema's shape opens; what is wrong in its texts goes to *found*."""
    forms = read_claims(value, spot, found)
    return tuple(form for form in forms if _is_plain(form, found))


def _is_pods(end: End) -> bool:
    return end.side.kind is Kind.APP or end.side.kind in WILDCARDS


def _is_plain(form: ClaimForm, found: list[Problem]) -> bool:
    """Return whether *form* says no more than who may open what."""
    before = len(found)
    if not any(_is_pods(end) for end in (form.source, form.target)):
        message = "neither side is pods of the cluster, so that no policy of an app opens this"
        found.append(
            Problem("bad-allow", form.source.place, message, fix="name an app, NAMESPACE/* or any on one side")
        )
    if form.exempt:
        message = "a permission has no exceptions: what no line opens stays closed"
        fix = "write a line for each of those that may"
        found.append(Problem("bad-allow", form.exempt[0].place, message, fix=fix))
    if form.http:
        message = "a permission of the platform opens whole ports; HTTP rules stand in the grant of the app"
        fix = "leave the method and the path out"
        found.append(Problem("bad-allow", form.target.place, message, fix=fix))
    if _is_ambiguous(form):
        text = form.target.words.text
        host, _, last = text.rpartition(":")
        message = f"{shown(text)} is an address whose every port is opened, or an address and a port"
        fix = f"write [{text}] for the first" + (f", [{host}]:{last} for the second" if last.isdigit() else "")
        found.append(Problem("bad-allow", form.target.place, message, fix=fix))
    return len(found) == before


def _is_ambiguous(form: ClaimForm) -> bool:
    """Return whether the target is an IPv6 address, without brackets, a mask or ports, whose end may be a port."""
    text = form.target.words.text
    is_bare = form.target.side.kind is Kind.ADDRESS and not text.startswith("[") and "/" not in text
    return is_bare and text.count(":") > 1 and not form.ports
