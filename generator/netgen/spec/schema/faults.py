"""One fault of a document's shape -> its problems: the code, the place and the sentence for each schema keyword."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from netgen.problems import Place, Problem
from netgen.records import record
from netgen.source import Spot
from netgen.spec.forms.text import nearest, shown, suggestion
from netgen.spec.schema.habits import APP_KEYS, habit, placeholder, stands_for
from netgen.spec.schema.later import LATER
from netgen.spec.schema.shape import Schema
from netgen.spec.schema.words import (
    choices,
    expected,
    given,
    instead,
    own_fix,
    plain,
    subject,
    takes,
)

_KUBERNETES: Final = re.compile(r"(?!netgen)([a-z0-9.-]+/)?v[0-9]+((alpha|beta)[0-9]+)?")

_DOCUMENT_KEYS: Final = frozenset(
    ("apiVersion", "kind", "metadata", "apps", "peers", "selectBy", "stage", "isolate", "never", "raw")
)


@record
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
    astray = _lost_members(fault)
    if astray is None:
        return
    message = f"{subject(fault.spot)} must be {expected(fault.schema)}, not {given(fault.value, fault.spot)}"
    fix = astray or _long_grant(fault.spot) or instead(fault.value, fault.schema, fault.spot)
    yield Problem("wrong-type", fault.place, message, fix=fix)


def _long_grant(spot: Spot) -> str:
    """Return the fix of a long grant that stands by itself, so that its keys are taken for callers; else nothing."""
    holder: Any = spot.document.data
    for step in spot.path[:4]:
        if step == "http" and isinstance(holder, dict) and "from" in holder:
            return "put the map into a list: accepts: [{from: ...}]"
        holder = holder[step]
    return ""


def _lost_members(fault: Fault) -> str | None:
    """Return the fix of a map whose members are not indented, and None for what is said there; else an empty text."""
    root: Any = fault.spot.document.data
    path = fault.spot.path
    apps = root.get("apps") if isinstance(root, dict) else None
    if path == ("apps",) and fault.value is None:
        strange = root.keys() - _DOCUMENT_KEYS
        return None if any(isinstance(root[key], int | str | dict) for key in strange) else ""
    if len(path) != 2 or path[0] != "apps" or not isinstance(apps, dict):
        return ""
    keys = [key for key in apps if key in APP_KEYS]
    empty = [name for name, value in apps.items() if value is None and name not in keys]
    if not keys or not empty:
        return ""
    return f"indent its keys below it: {', '.join(keys)}" if path[1] == empty[0] else None


def _no_telling_key(fault: Fault) -> Iterator[Problem]:
    maps = [node for node in fault.schema["anyOf"] if node["type"] == "object"]
    keys = choices([node["required"][0] for node in maps])
    last = fault.spot.path[-1] if fault.spot.path else ""
    meant = [node["required"][0] for node in maps if str(last).casefold() == node["required"][0].casefold()]
    fix = f"write {meant[0]}" if meant else ""
    yield Problem("missing-key", fault.spot.key(), f"{subject(fault.spot)} needs {keys}", fix=fix)


def _missing(fault: Fault) -> Iterator[Problem]:
    """Tell of each required key that is not there, unless an unknown key of the same map explains it."""
    known = fault.schema["properties"]
    unknown = [str(key) for key in fault.value if key not in known]
    later = LATER.get(fault.schema.get("title", ""), {})
    if any(key in later for key in unknown) or len(fault.limit) == len(fault.value) == len(unknown) == 1:
        return
    title = fault.schema.get("title", "")
    slips = {stands_for(title, key, fault.value) or nearest(key, list(known)): key for key in unknown}
    for name in fault.limit:
        if name not in fault.value and name not in slips:
            fix = f"add  {name}: {placeholder(name, known[name])}"
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
        if key in LATER.get(title, {}):
            message = f"{shown(key)} is not read by this version of netgen"
            yield Problem("not-yet", place, message, fix=LATER[title][key])
        else:
            text = plain(key)
            fix = habit(title, text, fault.value[key], fault.value)
            near = "" if fix else suggestion(text, known)
            fix = fix or (
                "" if near else _cut_off(fault, key, place) or _in_one_word(fault) or _not_indented(fault, text)
            )
            message = f"unknown key {shown(text)}{near}"
            yield Problem("unknown-key", place, message, (f"keys of {title}: {', '.join(known)}",), fix)


def _cut_off(fault: Fault, key: str, place: Place | None) -> str:
    """Say of a key without a value that it is the rest of a reason that a comma has ended: `{why: this, and that}`."""
    keys = list(fault.value)
    before = keys[: keys.index(key)]
    has_colon = place is None or place.text[place.column - 1 + place.width :].lstrip().startswith(":")
    if has_colon or before[-1:] != ["why"] or not isinstance(fault.value["why"], str):
        return ""
    rest = itertools.takewhile(lambda one: fault.value[one] is None, keys[len(before) :])
    text = ", ".join([fault.value["why"], *map(plain, rest)])
    return "" if '"' in text or "\\" in text else f'a comma ends the text: write  why: "{text}"'


def _in_one_word(fault: Fault) -> str:
    """Say what was meant by an item that a blank after its colon has made a map: `- db: 5432`, `- shop/web: grpc`."""
    if fault.schema["title"] not in ("call", "grant") or len(fault.value) != 1:
        return ""
    ((name, port),) = fault.value.items()
    if type(port) not in (str, int):
        return ""
    if fault.schema["title"] == "grant":
        return f"write {{from: {name}, ports: [{port}]}}"
    return f"a port follows its app without a blank: write {name}:{port}"


def _not_indented(fault: Fault, key: str) -> str:
    """Say of an unknown key of a document that it may be an app, which stands deeper."""
    value = fault.value.get(key)
    if fault.schema["title"] != "Connectivity" or not isinstance(value, int | str | dict):
        return ""
    return f"if {key} is an app, indent it below `apps`"


def _not_chosen(fault: Fault) -> Iterator[Problem]:
    """Tell of a text that is none of the choices."""
    names = [plain(fault.limit)] if fault.keyword == "const" else fault.limit
    text = plain(fault.value)
    if fault.of_key:
        message = f"{shown(text)} does not go with {choices(names)}{suggestion(text, names)}"
        yield Problem("unknown-key", fault.place, message, notes=(f"keys here: {', '.join(names)}",))
        return
    message = f"{subject(fault.spot)} must be {choices(names)}, not {shown(text)}{suggestion(text, names)}"
    code = "unknown-kind" if fault.is_header else "bad-value"
    yield Problem(code, fault.place, message, fix=_own_fix(fault) or _manifest(fault))


def _manifest(fault: Fault) -> str:
    """Say of a document that is an object of Kubernetes where such are read."""
    document = fault.spot.document
    head = document.data if fault.spot.path == ("kind",) and isinstance(document.data, dict) else {}
    version = head.get("apiVersion")
    if not isinstance(version, str) or not _KUBERNETES.fullmatch(version):
        return ""
    file = "FILE" if document.file.startswith("<") else document.file
    return f"a manifest is given with  --workloads {file}; the spec of manifests is written by  netgen import {file}"


def _no_match(fault: Fault) -> Iterator[Problem]:
    code = fault.schema.get("x-code", "bad-value")
    message = f"{shown(fault.value)}: {fault.schema['patternErrorMessage']}"
    plain_name = fault.value.strip().lower().replace("_", "-")
    words = {str(word).casefold(): str(word) for word in fault.schema.get("examples", ())}
    mended = words.get(plain_name, plain_name)  # LoadBalancer is no slip of a port name
    fix = f"write {mended}" if code == "bad-name" and takes(fault.schema, mended) else ""
    yield Problem(code, fault.place, message, fix=_own_fix(fault) or fix or _version(fault))


def _version(fault: Fault) -> str:
    """Return the Kubernetes version that was meant by one with a `v` or a patch level."""
    match = re.fullmatch(r"v?(1[.][0-9]+)(?:[.][0-9].*)?", fault.value, re.ASCII)
    is_taken = fault.schema.get("title") == "version" and match and takes(fault.schema, match[1])
    return f'write "{match[1]}"' if match and is_taken else ""


def _own_fix(fault: Fault) -> str:
    return own_fix(fault.value, fault.schema, fault.spot)


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
