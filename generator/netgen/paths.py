"""Paths of HTTP rules: `/orders` is that path, `*` a segment that is not empty, `/**` at the end whatever follows."""

from __future__ import annotations

from functools import lru_cache

_SEGMENT = "[^/?]+"
_REST = "(/[^?]*)?"
_QUERY = r"(\?.*)?"
_META = frozenset(r"\.^$*+?()[]{}|")


@lru_cache(maxsize=1024)
def expression(path: str) -> str:
    """Return the regular expression (RE2) of a whole `:path`, query and all, that *path* means.

    Only what every dialect reads alike is in it: characters behind a backslash, sets that leave some out, and groups
    that may be missing. Where it meets text that is no UTF-8, RE2 finds nothing.
    """
    segments, is_open = _parts(path)
    written = "/".join(_SEGMENT if one == "*" else _plain(one) for one in segments)
    return written + (_REST if is_open else "") + _QUERY


def matches(pattern: str, path: str) -> bool:
    """Return whether the path of a request, query and all, is one that *pattern* means.

    It is compared as it is sent, up to its query: nothing is decoded, and the case counts. Cilium's proxy has it put
    right before: without `.` and `..` segments, and with one slash for several (its option http-normalize-path, which
    is on unless somebody turns it off; cilium/cilium, operator and daemon flags).
    """
    wanted, is_open = _parts(pattern)
    there = path.partition("?")[0].split("/")
    if len(there) < len(wanted) or (len(there) > len(wanted) and not is_open):
        return False
    return all(bool(is_there) if one == "*" else one == is_there for one, is_there in zip(wanted, there, strict=False))


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
