"""What an unquoted scalar means: to YAML 1.2, to kubectl, and whether all readers agree on it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

Scalar = str | int | float | bool | None

_CONSTANTS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}
_TRUE = frozenset(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON"))
_FALSE = frozenset(("n", "N", "no", "No", "NO", "off", "Off", "OFF"))
# Text that starts otherwise is text to every reader.
_FIRST = frozenset("+-.0123456789yYnNoO")
_FIRST_ODD = frozenset("+-.0123456789=<")

_INTEGER = re.compile(r"([-+]?[0-9]+)|0o([0-7]+)|0x([0-9a-fA-F]+)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_GO_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))|0b([-+]?[01]+)")
_GO_FRACTION = r"\.[0-9]+(_[0-9]+)*([eE][-+]?[0-9]+(_[0-9]+)*)?"
# Numbers that YAML 1.1 readers, Go's reader and YAML 1.2 readers take for the same number.
_AGREED = re.compile(r"[-+]?(0|[1-9][0-9]*)|0x[0-9a-fA-F]+|([-+]?[0-9]+\.[0-9]*|\.[0-9]+)([eE][-+][0-9]+)?")
# The types int, float and timestamp of yaml.org/type, as PyYAML's resolver.py has them.
# (For base 60 they want a first digit that is not 0; Ruby's reader does not.)
_SEXAGESIMAL = r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?"
_DATE = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}"
    r"(\.[0-9]*)?([ \t]*(Z|[-+][0-9]{1,2}(:[0-9]{2})?))?"
)
_OLD_NUMBER = (
    r"[-+]?(0b[01_]+|0[0-7_]+|[1-9][0-9_]*|0x[0-9a-fA-F_]+|[0-9][0-9_]*\.[0-9_]*([eE][-+][0-9]+)?)"
    r"|\.[0-9][0-9_]*([eE][-+][0-9]+)?"
)
_LEADING_ZERO = r"[-+]?0[0-9]+"
_AMBIGUOUS = "ambiguous-scalar"
_ODD_NUMBER = "is a number to some YAML readers and text to others"
_ODD = (
    ("=|<<", "is a special key to some YAML readers and text to others"),
    (_DATE, "is a date to some YAML readers and text to others"),
    (_SEXAGESIMAL, "is a number of base 60 to some YAML readers and text to others"),
)

_compiled = cache(re.compile)
"""A pattern is compiled when a scalar first needs it: few texts hold one that needs these."""


class Oddity(NamedTuple):
    """Why an unquoted scalar is refused: a code of problems.CODES, what readers make of it, and the mending."""

    code: str
    meaning: str
    fix: str


def core(text: str) -> Scalar:
    """Return what *text* means in the core schema of YAML 1.2 (spec 1.2.2, 10.3.2).

    An integer that 64 bits do not hold stays text.
    """
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in _FIRST:
        return text
    if match := _INTEGER.fullmatch(text):
        decimal, octal, hexadecimal = match.groups()
        value = _integer(decimal, 10) if decimal else _integer(octal, 8) if octal else _integer(hexadecimal, 16)
        return text if value is None else value
    return float(text) if _FLOAT.fullmatch(text) else text


def manifest(text: str) -> Scalar:
    """Return what *text* means to kubectl: resolve.go of sigs.k8s.io/yaml (goyaml.v2), where a date is text."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in _FIRST:
        return text
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    number = _go_number(text)
    return text if number is None else number


def _go_number(text: str) -> int | float | None:
    if text[0] == "." and not _compiled(_GO_FRACTION).fullmatch(text):
        return None
    plain = text.replace("_", "")
    integer = _go_integer(plain)
    if integer is not None or not _FLOAT.fullmatch(plain):
        return integer
    number = float(plain)
    return number if math.isfinite(number) else None


def _go_integer(text: str) -> int | None:
    """Read an integer as Go's strconv.ParseInt with base 0 does, and goyaml's own reading of 0b."""
    match = _GO_INTEGER.fullmatch(text)
    if match is None:
        return None
    sign, *digits, odd_binary = match.groups()
    if odd_binary:
        return _integer(odd_binary, 2)
    base, found = next(pair for pair in zip((16, 2, 8, 10), digits, strict=True) if pair[1])
    return _integer(sign + found, base)


def _integer(text: str, base: int) -> int | None:
    """Return the number that *text*, an optional sign and digits, stands for; None where 64 bits do not hold it."""
    sign = text[0] if text[0] in "+-" else ""
    digits = text[len(sign) :].lstrip("0") or "0"
    # Python refuses to read some thousands of digits; 64 bits have no more than 64 in any base.
    value = int(sign + digits, base) if len(digits) <= 64 else 2**64
    return value if -(2**63) <= value < (2**63 if sign else 2**64) else None


def oddity(text: str) -> Oddity | None:
    """Say why a spec must not hold *text* unquoted; None where YAML 1.1, Go's and YAML 1.2 readers agree on it."""
    if text in _TRUE or text in _FALSE:
        word = "true" if text in _TRUE else "false"
        meaning = f"is {word} to some YAML readers and text to others"
        return Oddity(_AMBIGUOUS, meaning, f"write {word}, or {_quote(text)}")
    if text[:1] not in _FIRST_ODD or text in _CONSTANTS:
        return None
    agreed = _AGREED.fullmatch(text) is not None
    if not agreed:
        meaning = next((meaning for pattern, meaning in _ODD if _compiled(pattern).fullmatch(text)), "")
        if meaning:
            return Oddity(_AMBIGUOUS, meaning, _quote(text))
    return _odd_number(text, agreed=agreed)


def _quote(text: str) -> str:
    return "quote it if text is meant" + (f': "{text}"' if len(text) <= 40 else "")


def _odd_number(text: str, *, agreed: bool) -> Oddity | None:
    new, go = core(text), manifest(text)
    large = _INTEGER.fullmatch(text) if isinstance(new, str) else agreed and isinstance(new, float) and math.isinf(new)
    if large:
        return Oddity("bad-value", "is a larger number than YAML readers keep", _quote(text))
    if agreed or (isinstance(new, str) and isinstance(go, str) and not _compiled(_OLD_NUMBER).fullmatch(text)):
        return None
    octal = _compiled(_LEADING_ZERO).fullmatch(text)
    meaning = "is octal to some YAML readers and decimal to others" if octal else _ODD_NUMBER
    number = go if isinstance(new, str) else new
    if isinstance(number, float) and number.is_integer() and abs(number) < 2**53:
        number = int(number)
    plainly = f"write {number}, or " if isinstance(number, int) else ""
    return Oddity(_AMBIGUOUS, meaning, plainly + _quote(text))


class SpecScalars(dict[str, Scalar]):
    """The meaning of each unquoted scalar of a spec; *report* hears of every odd one, each time that it is met."""

    def __init__(self, report: Callable[[str, Oddity], None]) -> None:
        super().__init__()
        self._report = report

    def __missing__(self, text: str) -> Scalar:
        value = core(text)
        if (odd := oddity(text)) is not None:
            self._report(text, odd)
        else:
            self[text] = value
        return value


class ManifestScalars(dict[str, Scalar]):
    """The meaning of each unquoted scalar of a manifest; *report* hears of numbers that JSON has not."""

    def __init__(self, report: Callable[[str, Oddity], None]) -> None:
        super().__init__()
        self._report = report

    def __missing__(self, text: str) -> Scalar:
        value = manifest(text)
        if isinstance(value, float) and not math.isfinite(value):
            self._report(text, Oddity("bad-value", "is no number of JSON, so kubectl refuses it", "write a number"))
        else:
            self[text] = value
        return value


_TAGGED: dict[str, tuple[type, ...]] = {"bool": (bool,), "int": (int,), "float": (int, float), "null": (type(None),)}


def tagged(tag: str, text: str) -> Scalar:
    """Return what *text* means under the standard tag `!!TAG`, to kubectl; ValueError where the tag does not fit."""
    if tag == "str":
        return text
    value = manifest(text)
    if type(value) not in _TAGGED[tag] or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueError(tag)
    return float(value) if tag == "float" and isinstance(value, int) else value
