"""Claims about HTTP: which of what is open lets pass none of the requests that a claim rules out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from netgen import paths
from netgen.evaluate.filters import Filter, Passing
from netgen.evaluate.objects.model import Request as Rendered
from netgen.evaluate.reach import Reach
from netgen.intent import Intent, Request
from netgen.verify.ground import Opening

Patterns = dict[str, str]
"""Expressions of paths, by what is rendered for them."""


def patterns(intent: Intent) -> Patterns:
    """Return the paths of all requests that *intent* opens."""
    found = {one.path for flow in intent.flows for one in flow.requests}
    return {paths.expression(path): path for path in found}


def passed(
    rows: Iterable[Opening], target: int, requests: tuple[Request, ...], there: Reach, known: Patterns
) -> list[Opening]:
    """Return what of *rows*, which are open to *target*, may let pass one of *requests*.

    A filter whose expressions nobody wrote for *known* paths may let pass anything.
    """
    shut = [
        (sources, ports)
        for sources, ports, asked in there.filtered(target)
        if not any(_passes(one, asked, known) for one in requests)
    ]
    found = []
    for row in rows:
        left = [(row.sources, row.ports)]
        for mask, closed in shut if not (row.hosted or row.route or row.service) else ():
            both = [(sources & mask, ports - closed) for sources, ports in left]
            left = [*both, *((sources & ~mask, ports) for sources, ports in left)]
        found += [replace(row, sources=sources, ports=ports) for sources, ports in left if sources and ports]
    return found


def _passes(request: Request, asked: Filter, known: Patterns) -> bool:
    """Return whether *asked* may let pass *request*: one of each side does."""
    return all(any(_meets(request, one, known) for one in side) for side in asked)


def _meets(request: Request, one: Passing, known: Patterns) -> bool:
    if not isinstance(one, Rendered):
        return False  # a lookup of DNS is no request of HTTP
    is_method = not one.method or not one.method.isalpha() or one.method in request.methods
    return is_method and _is_path(request.path, one.path, known)


def _is_path(path: str, expression: str, known: Patterns) -> bool:
    """Return whether *expression* may match a request for *path*: one that is not known does."""
    if expression in known:
        return paths.meet(path, known[expression])
    is_plain = bool(expression) and not re.search(r"[\\.^$*+?()\[\]{}|]", expression, re.ASCII)
    return not is_plain or paths.matches(path, expression)
