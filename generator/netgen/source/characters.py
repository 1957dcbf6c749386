"""Characters that have no place in a text: those that nobody sees, and those that steer a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from netgen.source.dialect import Dialect

# The last two of each plane are noncharacters (Unicode standard, 23.7).
_NONCHARACTERS = "\ufdd0-\ufdef" + "".join(
    f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(17)
)
_DIRECTION = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_INVISIBLE = "\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
_SPEC = f"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff{_DIRECTION}{_INVISIBLE}{_NONCHARACTERS}"

_RAW = {
    # A carriage return alone is a line end to YAML and to no editor: it hides the rest of the line.
    Dialect.SPEC: f"[{_SPEC}]|\r(?!\n)",
    # YAML 1.1, 5.1: the characters that libyaml and Go's reader refuse. A second byte order mark, where a line begins,
    # is a column to the one parser and none to the other.
    Dialect.MANIFEST: (
        "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|(?:(?<=[\n\r\x85\u2028\u2029])|\\A)\ufeff"
    ),
}
_ESCAPED = {
    Dialect.SPEC: f"[{_SPEC}\r]",
    Dialect.MANIFEST: "[\ud800-\udfff]",
}
_KINDS = (
    ("[\ud800-\udfff]", "half of a surrogate pair"),
    ("[\u2028\u2029\x85\r]", "a line break that editors do not show"),
    ("[\x00-\x1f\x7f-\x9f]", "a control character"),
    (f"[{_DIRECTION}]", "it turns the direction of writing"),
    (f"[{_NONCHARACTERS}]", "not a character"),
)
_ESCAPE = r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))"
_NAMED = {"0": 0, "a": 7, "b": 8, "v": 11, "f": 12, "r": 13, "e": 27, "N": 0x85, "L": 0x2028, "P": 0x2029}

_compiled = cache(re.compile)
"""A pattern is compiled when a text first needs it, which most never do: all of them cost a tenth of a start."""

_PLAIN_BYTES = bytes([9, 10, 13, *range(0x20, 0x7F)])


class Hidden(NamedTuple):
    """A character that is refused: its code point, its *offset* in the text and the *width* of what stands for it."""

    code: int
    offset: int
    width: int = 1

    @property
    def impossible(self) -> bool:
        """Say whether no text can hold the character, so that the parser cannot make it from an escape."""
        return self.code > 0x10FFFF or 0xD800 <= self.code <= 0xDFFF

    @property
    def message(self) -> str:
        """Return the sentence that names the character."""
        kind = "not a character" if self.code > 0x10FFFF else _kind(chr(self.code))
        return f"U+{self.code:04X} is not allowed in the text: {kind}"


def _kind(character: str) -> str:
    return next((kind for pattern, kind in _KINDS if _compiled(pattern).match(character)), "it is invisible")


def harmless(data: bytes) -> bool:
    """Say whether the bytes are printable ASCII, tabs and line ends only, each carriage return before a line feed."""
    return not data.translate(None, _PLAIN_BYTES) and data.count(b"\r") == data.count(b"\r\n")


def hidden(content: str, dialect: Dialect) -> Iterator[Hidden]:
    """Give each character of *content* that *dialect* refuses as it stands."""
    for match in _compiled(_RAW[dialect]).finditer(content):
        yield Hidden(ord(match[0]), match.start())


def masked(content: str, dialect: Dialect) -> str:
    """Return *content* with U+FFFD for each refused character, so that columns stay."""
    return _compiled(_RAW[dialect]).sub("\ufffd", content)


def visible(value: str) -> str:
    """Return *value* with U+FFFD for each hidden character; tabs and line feeds stay."""
    return _compiled(_ESCAPED[Dialect.SPEC]).sub("\ufffd", value)


def shown(line: str) -> str:
    """Return *line* fit for a terminal, as long as before: a tab is one blank, what is hidden is U+FFFD."""
    return visible(line.replace("\t", " "))


def holds_escaped(value: str, dialect: Dialect) -> bool:
    """Say whether *value*, a text after its escapes, holds a character that *dialect* refuses."""
    return _compiled(_ESCAPED[dialect]).search(value) is not None


def holds_surrogate(value: str) -> bool:
    """Say whether *value* holds half of a surrogate pair, which no text can hold."""
    return holds_escaped(value, Dialect.MANIFEST)


def escapes(line: str, dialect: Dialect, start: int, end: int) -> Iterator[Hidden]:
    """Give each escape on *line*, from column *start* to *end*, that makes a character which *dialect* refuses."""
    for match in _compiled(_ESCAPE).finditer(line, start, end):
        digits = match[1] or match[2] or match[3]
        code = int(digits, 16) if digits else _NAMED.get(match[4])
        if code is not None and (code > 0x10FFFF or holds_escaped(chr(code), dialect)):
            yield Hidden(code, match.start(), len(match[0]))
