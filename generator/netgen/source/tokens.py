"""Scalars, and maps and lists in flow style, as the short way takes them: within one line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# No line end of any reader, and no control character; a tab is one.
CHARACTER = "[^\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]"
# No other escape stands for the character that follows it.
QUOTED = rf'"(?:(?!["\\]){CHARACTER}|\\["\\])*"' + rf"|'(?:(?!'){CHARACTER})*'"
WORDS = r"[A-Za-z0-9_/](?:[A-Za-z0-9_/.@=+*()<>-]|:(?=[A-Za-z0-9_/.])| (?=[A-Za-z0-9_/(<>=*+-]))*"
FLOW = rf"[\[{{](?:[A-Za-z0-9_/.@=+*()<>:,\[\]{{}} -]|{QUOTED})*[\]}}]"

_LONGEST_KEY = 512
_DEEPEST = 16
_TOKEN = re.compile(rf" *((?:{WORDS}|{QUOTED})(?::(?= ))?|[\[\]{{}},]) *")
_END = ""
"""Stands below the last token, so that there is always one more."""
_ESCAPE = re.compile(r"\\(.)")


class NotPlainError(Exception):
    """The text is not one for the short way."""


class Values:
    """Makes values of what is written; *plain* knows the unquoted scalars."""

    def __init__(self, plain: Mapping[str, Any]) -> None:
        self._plain = plain

    def scalar(self, written: str) -> object:
        """Return the value of a scalar."""
        if written[0] == '"':
            return _ESCAPE.sub(r"\1", written[1:-1])
        return written[1:-1] if written[0] == "'" else self._plain[written]

    def key(self, written: str) -> str:
        """Return the text that a scalar is as a key."""
        key = self.scalar(written)
        if not isinstance(key, str) or len(key) > _LONGEST_KEY:
            raise NotPlainError
        return key

    def flow(self, written: str) -> object:
        """Return the map or list that is written in flow style."""
        found: list[str] = []
        end = 0
        while match := _TOKEN.match(written, end):  # not finditer, which would look for one behind each blank
            found.append(match[1])
            end = match.end()
        if end != len(written):
            raise NotPlainError
        tokens = [_END, *reversed(found)]
        value = self._next(tokens, 0)
        if tokens != [_END]:
            raise NotPlainError
        return value

    def _next(self, tokens: list[str], depth: int) -> object:
        """Return the value that begins with the last of *tokens*, and take away what belongs to it."""
        first = tokens.pop()
        if first in ("{", "[") and depth < _DEEPEST:
            return self._map(tokens, depth) if first == "{" else self._list(tokens, depth)
        if first in (_END, *"{}[],") or first[-1] == ":":
            raise NotPlainError
        return self.scalar(first)

    def _map(self, tokens: list[str], depth: int) -> dict[str, object]:
        found: dict[str, object] = {}
        sign = tokens.pop() if tokens[-1] == "}" else ","
        while sign == ",":
            name = tokens.pop()
            key = self.key(name[:-1]) if name[-1:] == ":" else None
            if key is None or key in found:
                raise NotPlainError
            found[key] = self._next(tokens, depth + 1)
            sign = tokens.pop()
        if sign != "}":
            raise NotPlainError
        return found

    def _list(self, tokens: list[str], depth: int) -> list[object]:
        found: list[object] = []
        sign = tokens.pop() if tokens[-1] == "]" else ","
        while sign == ",":
            found.append(self._next(tokens, depth + 1))
            sign = tokens.pop()
        if sign != "]":
            raise NotPlainError
        return found
