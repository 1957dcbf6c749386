"""Claims as a spec writes them, `any except web -> db` or as a map, in their one long form."""

from __future__ import annotations

import re
from dataclasses import field
from typing import Any

from netgen.intent import Request
from netgen.problems import Problem
from netgen.records import record
from netgen.source import Spot
from netgen.spec.forms.claim_ends import BAD, ONE_EACH, End, Words, read_source, read_target
from netgen.spec.forms.permissions import takes_ports
from netgen.spec.forms.ports import PortWord, port_word
from netgen.spec.forms.requests import METHODS, http_path
from netgen.spec.forms.sides import Kind, one_word
from netgen.spec.forms.text import FormError, parsed, shown, suggestion, within

_ARROW = re.compile("=>|→")
_ONE_TARGET = "one claim has one target"


@record
class ClaimForm:
    """That nothing of *source* but *exempt* can open *ports* of *target*; without *ports*, none at all.

    *ports* stand with the words that write them. *http* are the only requests that are meant, if the claim says which.
    *title* is the short form.
    """

    title: str
    source: End
    exempt: tuple[End, ...]
    target: End
    ports: tuple[tuple[PortWord, Words], ...]
    http: tuple[Request, ...]
    why: str
    spot: Spot = field(compare=False, repr=False)


def read_claims(value: list[Any], spot: Spot, found: list[Problem]) -> tuple[ClaimForm, ...]:
    """Return what `never` of the schema's shape claims; what is wrong in its texts goes to *found*."""
    items = [(item, spot.at(index)) for index, item in enumerate(value)]
    claims = [_short(item, at, found) if isinstance(item, str) else _long(item, at, found) for item, at in items]
    return tuple(claim for claim in claims if claim is not None)


def _short(text: str, spot: Spot, found: list[Problem]) -> ClaimForm | None:
    halves = parsed(lambda whole: _halves(Words(whole, spot)), text, spot, found)
    if halves is None:
        return None
    left, right = halves
    sources = parsed(lambda _: _sources(left), text, spot, found)
    to = parsed(lambda _: _to(right), text, spot, found)
    if sources is None or to is None:
        return None
    ends = [read_source(words, found) for words in sources]
    target = read_target(to, found)
    if target is None or None in ends:
        return None
    source, *exempt = (end for end in ends if end)
    port = target.side.port
    at = to.cut(len(to.text) - len(str(port)), len(to.text)) if target.side.kind is Kind.APP else to
    return ClaimForm(
        title=" ".join(text.split()),
        source=source,
        exempt=tuple(exempt),
        target=target,
        ports=((port, at),) if port else (),
        http=_http(right.each()),
        why="",
        spot=spot,
    )


def _halves(whole: Words) -> tuple[Words, Words]:
    """Return what stands before the arrow and what stands behind it."""
    text = whole.text
    if "{{" in text or "${" in text:
        one_word(text, BAD)
    arrow = text.find("->")
    if arrow < 0:
        other = _ARROW.search(text)
        fix = f"write {text.replace(other[0], '->')}" if other else "write it like  storefront/* -> payments/*"
        raise FormError(BAD, f"{shown(text)} has no arrow: a claim is FROM -> TO", fix=fix)
    second = text.find("->", arrow + 2)
    if second >= 0:
        raise FormError(BAD, "a claim has one arrow", fix=ONE_EACH, part=(second, 2))
    return whole.cut(0, arrow), whole.cut(arrow + 2, len(text))


def _sources(left: Words) -> list[Words]:
    """Return the words before the arrow: the source, and the sides behind `any except`."""
    words = left.each()
    texts = [word.text for word in words]
    if not words:
        arrow = (left.begin + len(left.text), 2)
        raise FormError(BAD, "nothing stands before the arrow", fix="write any for every pod", part=arrow)
    if "except" not in texts:
        if len(words) > 1:
            raise _wrong(words[1], "a claim has one source", ONE_EACH)
        return words
    if texts[:2] != ["any", "except"]:
        fix = "write any except ..., or the long form: {from: ..., except: [...], to: ...}"
        raise _wrong(words[texts.index("except")], "`except` stands only behind `any`", fix)
    sides = [side for text in texts[2:] if text != "and" for side in text.split(",") if side]
    if len(sides) > 1 and ("," in left.text or any(text != "and" for text in texts[3::2])):
        word = next((word for word in words[3:] if word.text not in ("and", ",")), words[2])
        raise _wrong(word, "several sides are joined by `and`", f"write any except {' and '.join(sides)}")
    if len(words) % 2 == 0:
        raise _wrong(words[-1], f"{shown(texts[-1])} is followed by no side", "write any except APP and NAMESPACE/APP")
    return [words[0], *words[2::2]]


def _to(right: Words) -> Words:
    """Return the word behind the arrow that names the target; what follows it must be METHOD and path."""
    words = right.each()
    if not words:
        arrow = (right.begin - 2, 2)
        raise FormError(BAD, "nothing stands behind the arrow", fix="write any for every pod", part=arrow)
    if "," in words[0].text or (len(words) > 1 and words[1].text.startswith(",")):
        raise _wrong(words[-1], _ONE_TARGET, ONE_EACH)
    if len(words) > 1:
        _check_request(words[1:])
    return words[0]


def _check_request(words: list[Words]) -> None:
    first = words[0]
    if first.text in ("except", "and"):
        fix = "write any except SIDE -> TARGET" if first.text == "except" else ONE_EACH
        raise _wrong(first, f"{shown(first.text)} stands before the arrow only", fix)
    if first.text.startswith("/"):
        raise _wrong(first, "a path stands behind a method", f"write GET {first.text}")
    if first.text.isdigit():
        raise _wrong(first, "a port follows its target behind a colon", f"write TARGET:{first.text}")
    _check_methods(words)
    if len(words) == 1:
        raise _wrong(first, "a method is followed by a path", f"write {first.text} /**  for every path")
    if len(words) > 2:
        raise _wrong(words[2], "a claim has one path", ONE_EACH)
    within(_path, words[1].text, words[1].begin)


def _check_methods(words: list[Words]) -> None:
    first = words[0]
    for method in first.text.split("|"):
        if method not in METHODS:
            near = suggestion(method, METHODS)
            if not near and not any(word.text.startswith("/") for word in words):
                raise _wrong(first, _ONE_TARGET, ONE_EACH)
            fix = "methods are joined by `|`: GET|POST /path"
            raise _wrong(first, f"{shown(method)} is no HTTP method{near}", fix)


def _http(words: list[Words]) -> tuple[Request, ...]:
    """Return the requests that stand behind the target."""
    return (Request(_sorted(words[1].text.split("|")), words[2].text),) if len(words) > 1 else ()


def _sorted(methods: list[str]) -> tuple[str, ...]:
    return tuple(sorted(set(methods)))


def _path(text: str) -> str:
    return http_path(text, BAD)


def _wrong(words: Words, message: str, fix: str) -> FormError:
    return FormError(BAD, message, fix=fix, part=(words.begin, len(words.text)))


def _long(value: dict[str, Any], spot: Spot, found: list[Problem]) -> ClaimForm | None:
    before = len(found)
    source = read_source(Words(value["from"], spot.at("from")), found)
    target = read_target(Words(value["to"], spot.at("to")), found)
    listed = value.get("except", [])
    exempt = [read_source(Words(text, spot.at("except", index)), found) for index, text in enumerate(listed)]
    ports = _ports(value.get("ports", []), spot.at("ports"), found)
    texts = [_request(item, spot.at("http", index), found) for index, item in enumerate(value.get("http", []))]
    if source is None or target is None or len(found) > before:
        return None
    words = [(word, at.spot) for word, at in ports]
    if words and not takes_ports(target.side, words, spot.at("ports"), found):
        return None
    if target.side.port:
        ports = [(target.side.port, target.words)]
    # An object may have its name of the title, which depends on the meaning and not on the order of a list.
    left = value["from"] + (f" except {' and '.join(sorted(listed))}" if listed else "")
    named = sorted(str(word) for word, _ in ports)
    right = value["to"] + ("" if target.side.port or not ports else f":{','.join(named)}")
    return ClaimForm(
        title=f"{left} -> {right}" + (f" {', '.join(sorted(texts))}" if texts else ""),
        source=source,
        exempt=tuple(end for end in exempt if end),
        target=target,
        ports=tuple(ports),
        http=tuple(Request(_sorted(item["methods"]), item["path"]) for item in value.get("http", [])),
        why=value.get("why", ""),
        spot=spot.at("from"),
    )


def _ports(items: list[Any], spot: Spot, found: list[Problem]) -> list[tuple[PortWord, Words]]:
    listed = [Words(str(item), spot.at(index)) for index, item in enumerate(items)]
    read = [(parsed(port_word, words.text, words.spot, found), words) for words in listed]
    return [(word, words) for word, words in read if word is not None]


def _request(value: dict[str, Any], spot: Spot, found: list[Problem]) -> str:
    parsed(_path, value["path"], spot.at("path"), found)
    return f"{'|'.join(sorted(value['methods']))} {value['path']}"
