"""Calico's selectors: the text -> what it asks, as an expression of labels with and, or and not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from netgen.evaluate.objects.model import Expression, Operator
from netgen.records import record

NAMESPACE_OF = "projectcalico.org/namespace"
"""The label with its namespace that everything in a namespace has."""
IN_SPACES = "pcns."
"""What stands before the labels of its namespace that everything in it has besides its own."""
OF_ACCOUNTS = "pcsa."
"""What stands before the labels of its service account that a pod has besides its own."""

MOST = 1024
"""So many characters a selector may have."""


@record
class All:
    """All of *parts* hold; of none that is always so."""

    parts: tuple[Asks, ...] = ()


@record
class Any:
    """One of *parts* holds; of none that is never so."""

    parts: tuple[Asks, ...] = ()


@record
class Not:
    """*part* does not hold."""

    part: Asks


Asks = All | Any | Not | Expression

EVERYTHING = All()
NOTHING = Any()
IS_IN_A_NAMESPACE = Expression(NAMESPACE_OF, Operator.EXISTS)


class SelectorError(ValueError):
    """The text is no selector, and the message says why."""


class _Token(NamedTuple):
    kind: str
    value: str = ""


_KEY = r"[a-zA-Z0-9_./-]{1,512}"
# In this order; what stands behind a label can only be an operator.
_TOKENS = re.compile(
    rf"""(?P<text>"[^"]*"|'[^']*')|(?P<sign>==|!=|&&|\|\||[(){{}},!])"""
    rf"|has\(\s*(?P<has>{_KEY})\s*\)|(?P<all>all\(\s*\))|(?P<global>global\(\s*\))|(?P<label>{_KEY})",
    re.ASCII,
)
_BEHIND_A_LABEL = re.compile(
    r"""(?P<text>"[^"]*"|'[^']*')|(?P<sign>==|!=|&&|\|\||[(){},!])"""
    r"|(?P<contains>contains)|(?P<starts>starts\s*with)|(?P<ends>ends\s*with)|(?P<not_in>not\s*in\b)|(?P<in>in\b)",
    re.ASCII,
)
_END = _Token("end")
_OPERATORS = {
    "==": Operator.IN,
    "!=": Operator.NOT_IN,
    "in": Operator.IN,
    "not_in": Operator.NOT_IN,
    "contains": Operator.CONTAINS,
    "starts": Operator.STARTS_WITH,
    "ends": Operator.ENDS_WITH,
}
_DEEPEST = 100


def _tokens(text: str) -> list[_Token]:
    """Return the tokens; only blanks and tabs may stand between them."""
    found: list[_Token] = []
    rest = text.lstrip(" \t")
    while rest:
        pattern = _BEHIND_A_LABEL if found and found[-1].kind == "label" else _TOKENS
        match = pattern.match(rest)
        if match is None:
            raise SelectorError(_unread(rest))
        kind = match.lastgroup or ""
        value = match[kind]
        found.append(_Token(value if kind == "sign" else kind, value[1:-1] if kind == "text" else value))
        rest = rest[match.end() :].lstrip(" \t")
    return [*found, _END]


def _unread(rest: str) -> str:
    if rest[0] in "\n\r":
        return "a selector has no line breaks: write it on one line"
    if rest[0] in "\"'":
        return f"a text is not closed: {rest[:20]}"
    if rest[0] == "=":
        return "a single = is no operator: write =="
    return f"nobody can read it from {rest[:20]!r} on"


@lru_cache(maxsize=4096)
def parse(text: str, prefix: str = "", everything: Asks = EVERYTHING) -> Asks:
    """Return what the selector *text* asks; one without words is `all()`.

    *prefix* comes before each key, and *everything* is what `all()` asks. SelectorError where it is none. Source:
    projectcalico/calico, libcalico-go/lib/selector/{tokenizer,parser}.
    """
    if len(text) > MOST:
        raise SelectorError(f"a selector has at most {MOST} characters")
    tokens = _tokens(text)
    if tokens == [_END]:
        return everything
    parser = _Parser(tokens, prefix, everything)
    found = parser.alternatives(0)
    if parser.next() != _END:
        raise SelectorError("there is more behind its end")
    return found


class _Parser:
    """Goes through tokens from the first; each method reads a part of a selector."""

    def __init__(self, tokens: Sequence[_Token], prefix: str, everything: Asks) -> None:
        self._tokens = tokens
        self._at = 0
        self._prefix = prefix
        self._everything = everything

    def next(self) -> _Token:
        """Return the token that comes next, and go behind it."""
        token = self._tokens[min(self._at, len(self._tokens) - 1)]
        self._at += 1
        return token

    def _goes_on(self, kind: str) -> bool:
        """Return whether a token of *kind* comes next, and if so go behind it."""
        found = self._tokens[min(self._at, len(self._tokens) - 1)].kind == kind
        self._at += found
        return found

    def alternatives(self, depth: int) -> Asks:
        """Return parts with `||` between them, which binds less than `&&`."""
        if depth > _DEEPEST:
            raise SelectorError("its brackets are too deep")
        found = [self._together(depth)]
        while self._goes_on("||"):
            found.append(self._together(depth))
        return found[0] if len(found) == 1 else Any(tuple(found))

    def _together(self, depth: int) -> Asks:
        found = [self._single(depth)]
        while self._goes_on("&&"):
            found.append(self._single(depth))
        return found[0] if len(found) == 1 else All(tuple(found))

    def _single(self, depth: int) -> Asks:
        negated = False
        while self._goes_on("!"):
            negated = not negated
        token = self.next()
        match token.kind:
            case "has":
                found: Asks = Expression(self._prefix + token.value, Operator.EXISTS)
            case "all":
                found = self._everything
            case "global":
                found = Not(IS_IN_A_NAMESPACE)
            case "label":
                found = self._of_label(self._prefix + token.value)
            case "(":
                found = self.alternatives(depth + 1)
                if not self._goes_on(")"):
                    raise SelectorError("a bracket is not closed")
            case _:
                raise SelectorError(
                    f"there is {token.value!r} where a label is expected" if token.value else "it ends early"
                )
        return Not(found) if negated else found

    def _of_label(self, key: str) -> Asks:
        operator = self.next()
        if operator.kind in ("in", "not_in"):
            found = _one_of(key, self._values())
            return found if operator.kind == "in" else Not(found)
        if operator.kind not in _OPERATORS:
            raise SelectorError(f"the label {key.removeprefix(self._prefix)} has no operator behind it")
        value = self.next()
        if value.kind != "text":
            raise SelectorError(f"there is no text in quotes behind {key.removeprefix(self._prefix)}")
        if operator.kind in ("==", "!="):
            return Expression(key, _OPERATORS[operator.kind], (value.value,))
        return Expression(
            key, _OPERATORS[operator.kind] if value.value else Operator.EXISTS, (value.value,)[: bool(value.value)]
        )

    def _values(self) -> tuple[str, ...]:
        if not self._goes_on("{"):
            raise SelectorError("there is no { behind in")
        found: list[str] = []
        token = self.next()
        while token.kind == "text":
            found.append(token.value)
            if not self._goes_on(","):
                token = self.next()
                break
            token = self.next()
        if token.kind != "}":
            raise SelectorError("a } is missing")
        return tuple(sorted(set(found)))


def _one_of(key: str, values: tuple[str, ...]) -> Asks:
    return Expression(key, Operator.IN, values) if values else NOTHING
