"""HTTP rules as a spec writes them: `POST /orders`, `web GET|HEAD /orders/**`, or {methods, path, match}."""

from __future__ import annotations

import re
from dataclasses import field
from typing import Any

from netgen.intent import Request
from netgen.problems import Place, Problem
from netgen.records import record
from netgen.source import Spot
from netgen.spec.forms.ports import port_name
from netgen.spec.forms.text import FormError, shown, suggestion, within

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH")
"""The methods of RFC 9110 and RFC 5789."""
BAD = "bad-grant"
_NO_CHARACTER = r"[^A-Za-z0-9._~!$&'()+,;=:@%/*-]"
"""What no path of a URL has (RFC 3986, 3.3)."""
_NOT_ENCODED = r"%(?![0-9A-Fa-f]{2})"
_FOR_NOTHING = r"%(2[dDeEfF]|3[0-9]|4[1-9a-fA-F]|5[0-9aAcCfF]|6[1-9a-fA-F]|7[0-9aAeE])"
"""Letters, digits and -._~, which mean the same without it, and slashes, which proxies take for an end of a segment."""
_PARAMETER = r"\{[^/{}]*\}"
_SPELT = re.compile(r"(?:([a-z0-9-]+)(?:: *| +))?([A-Z]+(?:(?: *[|,] *| +)[A-Z]+)*) +(/[^ ]*)", re.ASCII)
"""A rule with whatever people write between its port and its methods."""
_SCHEME = re.compile(r"https?://[^/]*")
_PORT_OR_RULE = "name a port of the app, or write METHOD /path"
_LIST = "write each rule as an item of a list: [POST /orders, GET /orders/**]"


@record
class HttpForm:
    """Requests that a grant lets pass, or that a call makes, on the port of this name; empty where none is written.

    *spot* is the text of the rule or its path in the long form, *named* that of the port there.
    """

    port: str
    request: Request
    spot: Spot = field(compare=False, repr=False)
    named: Spot | None = field(default=None, compare=False, repr=False)

    @property
    def place(self) -> Place:
        """Return where the rule is written."""
        return self.spot.value()

    @property
    def path_place(self) -> Place:
        """Return where its path is written: behind a method no slash comes before it."""
        written = self.spot.written()
        return self.spot.value(max(written.find("/") - written.startswith(("'", '"')), 0))

    @property
    def port_place(self) -> Place:
        """Return where its port is named."""
        return self.named.value() if self.named else self.spot.value(0, max(len(self.port), 1))

    def __str__(self) -> str:
        return f"{self.port} {request_text(self.request)}".strip()


def request_text(request: Request) -> str:
    """Return *request* as a spec writes it: `GET|HEAD /orders/**`."""
    return f"{'|'.join(request.methods)} {request.path}".strip()


def granted(text: str) -> tuple[str, Request | None]:
    """Return what a grant writes of a port: its name, empty for none, and the requests that pass, None for all.

    Else raise `bad-grant` or, of a path, `bad-path`.
    """
    words = [(match[0], match.start()) for match in re.finditer(r"[^ ]+", text)]
    texts = [word for word, _ in words]
    if not words:
        raise FormError(BAD, f"{shown(text)} names no port", fix=_PORT_OR_RULE)
    if len(words) == 1 and not text.startswith("/") and not _are_methods(text):
        return _port(text, None), None
    paths = [index for index, word in enumerate(texts) if word.startswith("/")]
    if not paths:
        raise _no_path(text, texts)
    rule = _rule(text)
    if rule not in ("", " ".join(texts)):
        raise FormError(BAD, f"{shown(text)}: a rule is [PORT ]METHOD[|METHOD] /path", fix=f"write {rule}")
    if len(words) > 3 or paths != [len(words) - 1]:
        raise FormError(BAD, f"{shown(text)} is more than one rule", fix=_LIST)
    port = _port(texts[0], (words[0][1], len(texts[0]))) if len(words) == 3 else ""
    path, begin = words[-1]
    if len(words) == 1:
        raise FormError(BAD, f"{shown(text)} is a path without a method", fix=f"write GET {text}")
    if len(words) == 2 and not _are_methods(texts[0]) and texts[0].islower() and not _is_method(texts[0].upper()):
        message = f"{shown(text)} names a port and a path, and no method"
        raise FormError(BAD, message, fix=f"write {texts[0]} GET {path}")
    methods = within(_methods, *words[-2])
    return port, Request(methods, within(_path, path, begin))


def read_request(value: dict[str, Any], spot: Spot, found: list[Problem]) -> HttpForm | None:
    """Return the rule that a map of the schema's shape stands for; what is wrong in its path goes to *found*."""
    place = spot.at("path")
    try:
        path = _path(value["path"])
    except FormError as error:
        where = place.value(*error.part) if error.part else place.value()
        found.append(Problem(error.code, where, error.message, fix=error.fix))
        return None
    match = value.get("match")
    if match and path.endswith("/**"):
        message = f"{shown(path)} says by itself what may follow, so that `match` says it twice"
        found.append(Problem("bad-path", spot.at("match").value(), message, fix="leave  match  out"))
        return None
    path = f"{path.removesuffix('/')}/**" if match == "prefix" else path
    return HttpForm("", Request(tuple(sorted(value["methods"])), path), place)


def http_path(text: str, code: str) -> str:
    """Return *text* when it is a path of an HTTP rule, with * for a segment and ** at the end, else raise *code*.

    What never arrives at a proxy in this form is refused: it would be a rule that nothing meets.
    """
    if not text.startswith("/"):
        raise FormError(code, f"{shown(text)} is no path: it begins with /", fix=f"write /{text}")
    _check_characters(text, code)
    *inner, last = text.split("/")
    if any("*" in one and one != "*" for one in inner) or ("*" in last and last not in ("*", "**")):
        raise FormError(code, f"{shown(text)}: * stands for a whole segment", fix="write * or, at the end, **")
    if "" in inner[1:] or {".", ".."} & {*inner, last}:
        message = f"{shown(text)} has an empty segment, `.` or `..`, which proxies take out of a path"
        raise FormError(code, message, fix="write the path without it")
    return text


def _check_characters(text: str, code: str) -> None:
    """Refuse what no path holds."""
    for sign, what in (("?", "a query"), ("#", "a fragment")):
        if sign in text:
            message = f"{shown(text)} has {what}, which is not looked at"
            raise FormError(code, message, fix=f"write {text.partition(sign)[0]}")
    if re.search(_PARAMETER, text, re.ASCII):
        message = f"{shown(text)}: a part of a path that varies is written as *"
        raise FormError(code, message, fix=f"write {re.sub(_PARAMETER, '*', text)}")
    wrong = re.search(_NO_CHARACTER, text, re.ASCII) or re.search(_NOT_ENCODED, text, re.ASCII)
    if wrong:
        fix = "write each character that is none of A-Z a-z 0-9 -._~!$&'()+,;=:@/ as %XX"
        part = (wrong.start(), len(wrong[0]))
        raise FormError(code, f"{shown(text)} is not a plain URL path", fix=fix, part=part)
    encoded = re.search(_FOR_NOTHING, text, re.ASCII)
    if encoded:
        message = f"{shown(text)} holds {encoded[0]}, which a proxy may decode before it looks at the path"
        sign = chr(int(encoded[1], 16))
        fix = f"write {sign} instead" if sign != "\\" else ""
        raise FormError(code, message, fix=fix, part=(encoded.start(), len(encoded[0])))


def _path(text: str) -> str:
    return http_path(text, "bad-path")


def _port(text: str, part: tuple[int, int] | None) -> str:
    try:
        return port_name(text)
    except FormError as error:
        near = suggestion(text, METHODS) if text.isupper() else ""
        fix = _PORT_OR_RULE if near else "name a port of the app"
        raise FormError(BAD, error.message + near, fix=fix, part=part) from None


def _no_path(text: str, texts: list[str]) -> FormError:
    """Return what is wrong with several words, or methods, without a path."""
    if len(texts) > 1 and _are_methods(texts[-2]):
        message = f"{shown(texts[-1])} is no path: it begins with /"
        path = _SCHEME.sub("", texts[-1]).removeprefix("/")
        return FormError(BAD, message, fix=f"write {' '.join(texts[:-1])} /{path}")
    if _are_methods(texts[-1]):
        what = "methods" if "|" in texts[-1] else "a method"
        fix = f"write {text} /**  for every path"
        return FormError(BAD, f"{shown(text)} names {what} and no path", fix=fix)
    return FormError(BAD, f"{shown(text)} is not one name", fix="write several as a list: [a, b]")


def _methods(text: str) -> tuple[str, ...]:
    for method in text.split("|"):
        if not _is_method(method):
            joined = "methods are joined by `|`: GET|POST /path"
            fix = f"write {text.upper()}" if _is_method(method.upper()) else joined
            raise FormError(BAD, f"{shown(method)} is no HTTP method{suggestion(method, METHODS)}", fix=fix)
    return tuple(sorted(set(text.split("|"))))


def _rule(text: str) -> str:
    """Return the rule that *text* spells, as it is to be written; empty where it is something else."""
    spelt = _SPELT.fullmatch(text.strip())
    methods = re.findall("[A-Z]+", spelt[2]) if spelt else []
    if spelt is None or not all(map(_is_method, methods)):
        return ""
    return f"{spelt[1] or ''} {'|'.join(methods)} {spelt[3]}".strip()


def _are_methods(text: str) -> bool:
    return all(map(_is_method, text.split("|")))


def _is_method(text: str) -> bool:
    return text in METHODS
