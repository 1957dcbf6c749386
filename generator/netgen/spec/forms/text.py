"""What the parsers of the short forms share: the error they raise, and how it becomes a problem at a place."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from netgen.problems import Problem
from netgen.source import Spot

T = TypeVar("T")

_MANY = 200
"""Names that a suggestion looks at; of more, only those that begin as the wrong one does: each look costs."""
DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
DNS_LABEL_RULE = "lower-case letters, digits and '-', a letter or digit at both ends, 63 characters at most"
RESERVED_NAMES = frozenset({"any", "internet"})
"""What no app and no peer may be called: the words for everybody."""
RESERVED_NAMESPACES = RESERVED_NAMES | {"here", "cluster", "external"}
"""What no namespace may be called: the words that stand where a namespace would."""


class FormError(ValueError):
    """A text that is not of its form: a code, a sentence, the mending, and the part of the text that is wrong."""

    def __init__(self, code: str, message: str, *, fix: str = "", part: tuple[int, int] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fix = fix
        self.part = part


def parsed(parse: Callable[[str], T], text: str, spot: Spot, found: list[Problem]) -> T | None:
    """Return what *parse* makes of *text*; where it raises FormError, add the problem to *found* and return None."""
    try:
        return parse(text)
    except FormError as error:
        place = spot.value(*error.part) if error.part else spot.value()
        found.append(Problem(error.code, place, error.message, fix=error.fix))
        return None


def within(parse: Callable[[str], T], text: str, offset: int) -> T:
    """Return what *parse* makes of *text*, which stands at *offset* of a longer one; a FormError counts from there."""
    try:
        return parse(text)
    except FormError as error:
        start, width = error.part or (0, len(text))
        raise FormError(error.code, error.message, fix=error.fix, part=(offset + start, max(width, 1))) from None


def each(parse: Callable[[str], T], value: str | list[str], spot: Spot, found: list[Problem]) -> list[T]:
    """Return what *parse* makes of one text or of each text of a list; what it refuses goes to *found*."""
    items = [(value, spot)] if isinstance(value, str) else [(text, spot.at(i)) for i, text in enumerate(value)]
    return [item for text, place in items if (item := parsed(parse, text, place, found)) is not None]


def shown(text: str) -> str:
    """Return *text* in quotes for a message, cut at 80 characters."""
    if not text:
        return '""'
    return f"`{text}`" if len(text) <= 80 else f"`{text[:79]}…`"


def nearest(name: str, names: Sequence[str]) -> str | None:
    """Return the one of *names* that *name* is most likely a slip of, whatever its case; None where none is near."""
    folded = {other.casefold(): other for other in reversed(names)}
    meant = name.casefold()
    choices = list(folded)
    if len(choices) > _MANY:
        choices = [other for other in choices if other[:2] == meant[:2]][:_MANY]
    from difflib import get_close_matches  # noqa: PLC0415 - only a slip needs it

    close = get_close_matches(meant, choices, n=1)
    return folded[close[0]] if close else None


def suggestion(name: str, names: Sequence[str]) -> str:
    """Return ` (did you mean x?)` for the nearest of *names*, or an empty text."""
    close = nearest(name, names)
    return f" (did you mean {shown(close)}?)" if close else ""


def dns_label(text: str, what: str, *, offset: int = 0) -> str:
    """Return *text* when it is a DNS label (RFC 1123), else raise `bad-name`; *what* names it in the message."""
    if not DNS_LABEL.fullmatch(text):
        mended = text.lower().replace("_", "-")
        fix = f"write {mended}" if DNS_LABEL.fullmatch(mended) else ""
        part = (offset, max(len(text), 1))
        raise FormError("bad-name", f"{shown(text)} is not {what}: {DNS_LABEL_RULE}", fix=fix, part=part)
    return text


def namespace_name(text: str, *, offset: int = 0) -> str:
    """Return *text* when a namespace may be called so, else raise `bad-name` or `reserved-name`."""
    dns_label(text, "a namespace name", offset=offset)
    if text in RESERVED_NAMESPACES:
        message = f"{shown(text)} is a word of the language, and no namespace"
        raise FormError("reserved-name", message, fix="write the name of the namespace", part=(offset, len(text)))
    return text
