"""Value -> YAML text that no reader can misread."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache

from markupsafe import Markup

_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./@-]*")
_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan", "inf"))

# What a reader may refuse, take for a line break, or not show: C1 controls, soft hyphen, zero-width and direction
# marks, line and paragraph separators, surrogates, byte order marks, interlinear marks, tags.
_UNSEEN = (
    r"\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    r"\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f"
)
_ESCAPED = f"[{_UNSEEN}]"
_BREAKS = r"[\t-\r\x1c-\x1e\x85\u2028\u2029]+"
_UNPRINTED = rf"[\x00-\x1f{_UNSEEN}]"
_compiled = cache(re.compile)
"""A pattern is compiled when a text first needs it: no printable text does, so that most runs have no use for it."""

_as_json = json.JSONEncoder(ensure_ascii=False).encode


def scalar(value: object) -> Markup:
    """Return *value* as one line of YAML: plain where every reader agrees, else in JSON's quotes.

    Text, whole numbers, booleans, and maps and lists of them (in flow style). Everything else raises TypeError: None
    would print a null, and readers differ on floats. A lone surrogate is written as an escape, which readers refuse.
    A map's key has at most 1024 characters, as YAML demands.
    """
    if type(value) is str:  # as most are
        return _text(value)
    if isinstance(value, str):
        return value if isinstance(value, Markup) else _text(value)
    if isinstance(value, bool):
        return Markup("true" if value else "false")
    if isinstance(value, int):
        return _number(value)
    if isinstance(value, Mapping):
        return Markup("{" + ", ".join(f"{_key(key)}: {scalar(item)}" for key, item in value.items()) + "}")
    if type(value) is list or type(value) is tuple:
        return Markup("[" + ", ".join(map(scalar, value)) + "]")
    raise TypeError(f"{type(value).__name__} cannot be printed as YAML")


def block(value: Mapping[str, object]) -> Markup:
    """Return a map as lines of YAML, each key and each item on a line of its own; the last line has no end.

    Values are those of scalar, which prints what holds nothing else, keys are in the order of the map.
    """
    return Markup("\n".join(_lines(value)))


def _lines(value: Mapping[str, object] | list[object]) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _entry(f"{_key(key)}:", "  ", inner)
    else:
        for inner in value:
            yield from _entry("-", "", inner)


def _entry(head: str, indent: str, value: object) -> Iterator[str]:
    """Yield the lines of a member: behind *head*, or below it; those of an item begin behind its dash."""
    if not value or not isinstance(value, Mapping | list):
        yield f"{head} {scalar(value)}"
        return
    lines = _lines(value)
    if head == "-":
        yield f"- {next(lines)}"
        yield from (f"  {line}" for line in lines)
    else:
        yield head
        yield from (f"{indent}{line}" for line in lines)


@lru_cache(maxsize=4096)  # each flow is a rule of both its ends
def comment(text: str) -> Markup:
    """Return *text* as what may follow `# `: one line, with line breaks as spaces and unseen characters as U+XXXX."""
    if text.isprintable():  # none of the characters below is
        return Markup(text.strip())
    line = _compiled(_BREAKS).sub(" ", text).strip()
    return Markup(_compiled(_UNPRINTED).sub(lambda match: f"U+{ord(match[0]):04X}", line))


@lru_cache(maxsize=4096)  # the same labels and names come by the thousand
def _text(value: str) -> Markup:
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return Markup(value)
    quoted = _as_json(value)
    return Markup(quoted if quoted.isprintable() else _compiled(_ESCAPED).sub(_escape, quoted))


@lru_cache(maxsize=4096)  # so do the numbers of ports
def _number(value: int) -> Markup:
    return Markup(int.__repr__(value))


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _key(value: object) -> Markup:
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} cannot be a key in YAML")
    return scalar(value)
