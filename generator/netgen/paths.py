"""Paths of HTTP rules: `/orders` is that path, `*` a segment that is not empty, `/**` at the end whatever follows."""

from __future__ import annotations

import re
from functools import lru_cache

MOST = 100
"""The largest program of RE2 that Cilium's proxy takes.

It is Envoy's default (re2.max_program_size.error_level), for which Cilium has no setting. With a larger one the proxy
refuses all rules of the pod (cilium/cilium, issues 41314 and 48773).
"""
_SEGMENT, _IS_SEGMENT = "[!-.0->@-~]+", re.compile(r"[!-.0->@-~]+").fullmatch
_QUERY, _IS_REST = r"(\?[!-~]*)?", re.compile(r"[!-~]*").fullmatch
_REST = "([/?][!-~]*)?"
_META = frozenset(r"\.^$*+?()[]{}|")
_ENDS, _OPEN, _STAR = 9, 1, 4
"""Steps of a program: those of each, of a `/**`, and of a `*`."""


@lru_cache(maxsize=1024)
def expression(path: str) -> str:
    """Return the regular expression (RE2) of a whole `:path`, query and all, that *path* means.

    Only what every dialect reads alike is in it: characters behind a backslash, sets of ASCII, and groups that may be
    missing. Sets beyond ASCII would need a larger program, of which there is a largest one.
    """
    segments, is_open = _parts(path)
    written = "/".join(_SEGMENT if one == "*" else _plain(one) for one in segments)
    return written + (_REST if is_open else _QUERY)


def size(path: str) -> int:
    """Return how many steps the program has that RE2 makes of the expression of *path*; the proxy takes `MOST`.

    They are 9, one for each byte of the literals and for each slash but that of `/**`, 4 for each `*`, and 1 for `/**`:
    what RE2 itself said (ProgramSize) of 20,000 paths, by google-re2 1.1.
    """
    segments, is_open = _parts(path)
    steps = sum(_STAR if one == "*" else len(one.encode()) for one in segments)
    return _ENDS + len(segments) - 1 + steps + (_OPEN if is_open else 0)


def matches(pattern: str, path: str) -> bool:
    """Return whether the path of a request, query and all, is one that *pattern* means.

    It is compared as it is sent, up to its query: nothing is decoded, and the case counts. Cilium's proxy has it put
    right before: without `.` and `..` segments, and with one slash for several (its option http-normalize-path, which
    is on unless somebody turns it off; cilium/cilium, operator and daemon flags).

    Clients write bytes beyond ASCII as %XX. Where one sends them as they are, neither `*` nor `/**` nor a query stands
    for them: fewer requests pass, never more.
    """
    wanted, is_open = _parts(pattern)
    before, _, query = path.partition("?")
    there = before.split("/")
    if len(there) < len(wanted) or (len(there) > len(wanted) and not is_open):
        return False
    more = "".join(there[len(wanted) :]) + query
    return bool(_IS_REST(more)) and all(
        bool(_IS_SEGMENT(is_there)) if one == "*" else one == is_there
        for one, is_there in zip(wanted, there, strict=False)
    )


def covers(wide: str, narrow: str) -> bool:
    """Return whether every path that *narrow* means is one that *wide* means."""
    (mine, mine_open), (theirs, theirs_open) = _parts(wide), _parts(narrow)
    if len(theirs) < len(mine) or (not mine_open and (theirs_open or len(theirs) > len(mine))):
        return False
    return all(bool(theirs) if one == "*" else one == theirs for one, theirs in zip(mine, theirs, strict=False))


def meet(one: str, other: str) -> bool:
    """Return whether there is a path that both mean."""
    (mine, mine_open), (theirs, theirs_open) = _parts(one), _parts(other)
    if (len(mine) > len(theirs) and not theirs_open) or (len(theirs) > len(mine) and not mine_open):
        return False
    return all(_alike(*pair) for pair in zip(mine, theirs, strict=False))


def _alike(one: str, other: str) -> bool:
    return one == other or (one == "*" and bool(other)) or (other == "*" and bool(one))


def _parts(pattern: str) -> tuple[list[str], bool]:
    """Return the segments of *pattern*, and whether others may follow them."""
    is_open = pattern.endswith("/**")
    return (pattern.removesuffix("/**") if is_open else pattern).split("/"), is_open


def _plain(text: str) -> str:
    return "".join(f"\\{one}" if one in _META else one for one in text)
