"""One fault of a document's shape -> its problems: the code, the place and the sentence for each schema keyword."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from netgen.problems import Place, Problem
from netgen.source import Spot
from netgen.spec.forms.text import shown
from netgen.spec.schema.later import LATER
from netgen.spec.schema.shape import Schema
from netgen.spec.schema.words import (
    choices,
    did_you_mean,
    expected,
    given,
    instead,
    json_type,
    nearest,
    plain,
    subject,
    takes,
)


@dataclass(frozen=True, slots=True)
class Fault:
    """*value* at *spot* breaks the rule *keyword* of *schema*, whose value there is *limit*.

    Where *of_key* is true, *value* is the key with which *spot* ends.
    """

    spot: Spot
    keyword: str
    limit: Any
    value: Any
    schema: Schema
    of_key: bool

    @property
    def place(self) -> Place:
        """Return where the key or value stands."""
        return self.spot.key() if self.of_key else self.spot.value()

    @property
    def is_of_type(self) -> bool:
        """Return whether the value is of a type that is not taken."""
        return self.keyword in ("type", "anyOf")

    @property
    def is_header(self) -> bool:
        """Return whether the fault is in what says the kind of a document."""
        return self.spot.path in (("apiVersion",), ("kind",))


Teller = Callable[[Fault], Iterable[Problem]]


def _wrong_type(fault: Fault) -> Iterator[Problem]:
    if fault.of_key:
        yield Problem("wrong-type", fault.place, f"the key {shown(plain(fault.value))} must be text")
        return
    if isinstance(fault.value, dict) and "object" in [node["type"] for node in fault.schema.get("anyOf", ())]:
        yield from _no_telling_key(fault)
        return
    message = f"{subject(fault.spot)} must be {expected(fault.schema)}, not {given(fault.value, fault.spot)}"
    yield Problem("wrong-type", fault.place, message, fix=instead(fault.value, fault.schema, fault.spot))


def _no_telling_key(fault: Fault) -> Iterator[Problem]:
    maps = [node for node in fault.schema["anyOf"] if node["type"] == "object"]
    keys = choices([node["required"][0] for node in maps])
    yield Problem("missing-key", fault.spot.key(), f"{subject(fault.spot)} needs {keys}")


def _missing(fault: Fault) -> Iterator[Problem]:
    """Tell of each required key that is not there, unless an unknown key of the same map explains it."""
    known = fault.schema["properties"]
    unknown = [str(key) for key in fault.value if key not in known]
    later = LATER.get(fault.schema.get("title", ""), frozenset())
    if later.intersection(unknown) or len(fault.limit) == len(fault.value) == len(unknown) == 1:
        return
    slips = {nearest(key, list(known)): key for key in unknown}
    for name in fault.limit:
        if name not in fault.value and name not in slips:
            fix = f"add  {name}: {plain(known[name]['examples'][0])}"
            yield Problem("missing-key", fault.spot.key(), f"{subject(fault.spot)} needs {shown(name)}", fix=fix)
        elif name not in fault.value and fault.schema.get("additionalProperties") is not False:
            # Of a document of no known kind nothing else would tell this.
            key = slips[name]
            message = f"unknown key {shown(key)} (did you mean {shown(name)}?)"
            yield Problem("unknown-key", fault.spot.at(key).key(), message)


def _unknown(fault: Fault) -> Iterator[Problem]:
    known = list(fault.schema["properties"])
    title = fault.schema["title"]
    for key in fault.value:
        if key in known:
            continue
        place = fault.spot.at(key).key()
        if key in LATER.get(title, ()):
            yield Problem("not-yet", place, f"{shown(key)} is not read by this version of netgen", fix="leave it out")
        else:
            text = plain(key)
            message = f"unknown key {shown(text)}{did_you_mean(text, known)}"
            notes = (f"keys of {title}: {', '.join(known)}", *_in_one_word(fault))
            yield Problem("unknown-key", place, message, notes)


def _in_one_word(fault: Fault) -> Iterator[str]:
    """Say what was meant by a call that a blank after its colon has made a map: `- db: 5432`."""
    if fault.schema["title"] == "call" and len(fault.value) == 1:
        ((name, port),) = fault.value.items()
        if type(port) in (str, int) and not nearest(name, list(fault.schema["properties"])):
            yield f"a port follows its app without a blank: {name}:{port}"


def _not_chosen(fault: Fault) -> Iterator[Problem]:
    """Tell of a text that is none of the choices."""
    names = [plain(fault.limit)] if fault.keyword == "const" else fault.limit
    text = plain(fault.value)
    if fault.of_key:
        message = f"{shown(text)} does not go with {choices(names)}{did_you_mean(text, names)}"
        yield Problem("unknown-key", fault.place, message, notes=(f"keys here: {', '.join(names)}",))
        return
    message = f"{subject(fault.spot)} must be {choices(names)}, not {shown(text)}{did_you_mean(text, names)}"
    code = "unknown-kind" if fault.is_header else "bad-value"
    yield Problem(code, fault.place, message, fix=_own_fix(fault))


def _no_match(fault: Fault) -> Iterator[Problem]:
    code = fault.schema.get("x-code", "bad-value")
    message = f"{shown(fault.value)}: {fault.schema['patternErrorMessage']}"
    mended = fault.value.strip().lower().replace("_", "-")
    fix = f"write {mended}" if code == "bad-name" and takes(fault.schema, mended) else ""
    yield Problem(code, fault.place, message, fix=_own_fix(fault) or fix)


def _own_fix(fault: Fault) -> str:
    return str(fault.schema.get("x-fix", {}).get(json_type(fault.value), ""))


def _out_of_range(fault: Fault) -> Iterator[Problem]:
    bound = "at least" if fault.keyword == "minimum" else "at most"
    yield Problem("bad-value", fault.place, f"{subject(fault.spot)} must be {bound} {fault.limit}, not {fault.value}")


def _empty(fault: Fault) -> Iterator[Problem]:
    yield Problem("bad-value", fault.place, f"{subject(fault.spot)} must not be empty")


def _twice(fault: Fault) -> Iterator[Problem]:
    """Tell of each item of a list that stands there before; a list of wrong items is told of elsewhere."""
    for index, item in enumerate(fault.value):
        if item in fault.value[:index] and not isinstance(item, list | dict):
            spot = fault.spot.at(index)
            message = f"{shown(plain(item))} stands twice in {subject(fault.spot)}"
            yield Problem("bad-value", spot.value(), message, fix="leave one out")


TELLERS: Final[dict[str, Teller]] = {
    "type": _wrong_type,
    "anyOf": _wrong_type,
    "required": _missing,
    "additionalProperties": _unknown,
    "const": _not_chosen,
    "enum": _not_chosen,
    "pattern": _no_match,
    "minimum": _out_of_range,
    "maximum": _out_of_range,
    "minLength": _empty,
    "minItems": _empty,
    "minProperties": _empty,
    "uniqueItems": _twice,
}
"""Keyword of a JSON Schema -> what its fault is told as."""
