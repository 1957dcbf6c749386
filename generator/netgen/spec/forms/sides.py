"""The two ends of a permission as a spec writes them: targets of `calls` and callers of `accepts`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from netgen.spec.forms.addresses import cidr, looks_like_address
from netgen.spec.forms.ports import PortWord, port_number, port_word
from netgen.spec.forms.text import FormError, dns_label, shown, suggestion

SCHEMES: dict[str, tuple[str, int | None]] = {
    "http": ("TCP", 80),
    "https": ("TCP", 443),
    "grpc": ("TCP", 443),
    "tls": ("TCP", 443),
    "tcp": ("TCP", None),
    "udp": ("UDP", None),
    "sctp": ("SCTP", None),
}
"""Scheme -> transport protocol and the port that it implies."""

_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<host>\[[^\]]*\]|[^/:\[\]]*)(?P<mask>/[0-9]+)?(?::(?P<port>[^/]*))?(?P<rest>.*)",
    re.ASCII | re.DOTALL,
)


class Kind(Enum):
    """What a side names."""

    APP = auto()
    NAMESPACE = auto()
    ANY = auto()
    INTERNET = auto()
    APISERVER = auto()
    NODES = auto()
    ADDRESS = auto()


WILDCARDS = frozenset({Kind.NAMESPACE, Kind.ANY})


@dataclass(frozen=True, slots=True)
class Side:
    """One end of a permission.

    *namespace* is None where it is the document's own (`cart`, `here/*`); *name* belongs to APP, *cidr* to ADDRESS.
    *port* is what a target writes after its name; callers have none.
    """

    kind: Kind
    namespace: str | None = None
    name: str = ""
    cidr: str = ""
    port: PortWord | None = None


def target(text: str) -> Side:
    """Return what a call names, else raise FormError: `bad-target`, `missing-scheme`, `bare-star`, `not-yet`, ..."""
    if "://" in text:
        return _outside(text)
    name, colon, port_text = text.partition(":")
    if looks_like_address(text) or ("." in name and not name.startswith(".")):
        raise _missing_scheme(text)
    side = _inside(name, "bad-target")
    if side.kind is Kind.NODES:
        raise FormError("bad-target", "cluster/nodes is a caller; nodes cannot be called", fix="name their CIDR")
    if not colon:
        return side
    if side.kind is Kind.APISERVER:
        raise FormError("bad-target", "cluster/apiserver has no port to choose", fix="write cluster/apiserver")
    word = _target_port(port_text, len(name) + 1)
    if side.kind is not Kind.APP and word.number is None:
        raise FormError(
            "port-needed",
            f"{shown(text)}: pods without a spec have no port names",
            fix=f"write the container port, such as {name}:8080",
            part=(len(name) + 1, len(port_text)),
        )
    return Side(side.kind, side.namespace, side.name, port=word)


def caller(text: str) -> Side:
    """Return what a grant names, else raise FormError: `bad-caller`, `bad-address`, `bare-star`, ..."""
    if "://" in text:
        raise FormError("bad-caller", f"{shown(text)} has a scheme; callers outside are written as addresses")
    if looks_like_address(text):
        return Side(Kind.ADDRESS, cidr=cidr(text))
    name, colon, _ = text.partition(":")
    if colon:
        raise FormError(
            "bad-caller",
            f"{shown(text)} names a port; the ports of a grant stand beside the caller",
            fix=f"accepts: {{{name}: PORT-NAME}}",
            part=(len(name), len(text) - len(name)),
        )
    if "." in name:
        raise FormError("bad-caller", f"{shown(text)} is no app and no address; callers outside are CIDRs")
    return _inside(name, "bad-caller")


def _inside(text: str, code: str) -> Side:
    """Return the side of the cluster that *text* names, without its port."""
    if text in ("any", "internet"):
        return Side(Kind.ANY if text == "any" else Kind.INTERNET)
    if "*" in text and not re.fullmatch(r"[^/*]+/\*", text):
        raise FormError("bare-star", f"{shown(text)} is no side", fix="write any (every pod), here/* or NAMESPACE/*")
    namespace, slash, name = text.rpartition("/")
    if not text or (slash and not namespace):
        fix = "write APP, NAMESPACE/APP, NAMESPACE/*, any or internet"
        raise FormError(code, f"{shown(text)} names nothing", fix=fix)
    if namespace == "cluster":
        return _cluster(name, code)
    if namespace == "external":
        raise FormError("not-yet", f"{shown(text)}: externals are not read by this version of netgen")
    return _named(namespace, name, code)


def _named(namespace: str, name: str, code: str) -> Side:
    own = namespace in ("", "here")
    if not own:
        dns_label(namespace, "a namespace name")
    if name == "*":
        return Side(Kind.NAMESPACE, None if own else namespace)
    if namespace == "here":
        raise FormError(code, "an app of the own namespace is written without one", fix=f"write {name}")
    dns_label(name, "an app name", offset=len(namespace) + 1 if namespace else 0)
    return Side(Kind.APP, None if own else namespace, name)


def _cluster(name: str, code: str) -> Side:
    kinds = {"apiserver": Kind.APISERVER, "nodes": Kind.NODES}
    if name not in kinds:
        raise FormError(
            code,
            f"the cluster has no {shown(name)}{suggestion(name, tuple(kinds))}",
            fix="write cluster/apiserver or cluster/nodes",
        )
    return Side(kinds[name])


def _target_port(text: str, offset: int) -> PortWord:
    try:
        return port_word(text)
    except FormError as error:
        start, width = error.part or (0, len(text))
        raise FormError(error.code, error.message, fix=error.fix, part=(offset + start, max(width, 1))) from None


def _outside(text: str) -> Side:
    """Return the addresses that a URL names: SCHEME://ADDRESS[/MASK][:PORT]."""
    match = _URL.fullmatch(text)
    if not match:
        raise FormError("bad-target", f"{shown(text)} is not SCHEME://HOST:PORT")
    scheme, host = match["scheme"], match["host"].strip("[]")
    if scheme not in SCHEMES:
        message = f"{shown(scheme)} is not a scheme{suggestion(scheme, tuple(SCHEMES))}"
        raise FormError("bad-target", message, fix="one of " + ", ".join(SCHEMES), part=(0, len(scheme)))
    if match["rest"]:
        raise FormError("bad-target", f"{shown(text)} has a path; what is called outside is a host and a port")
    if not looks_like_address(host):
        if not host:
            raise FormError("bad-target", f"{shown(text)} names no host")
        raise FormError(
            "not-yet",
            f"{shown(host)}: host names outside the cluster are not read by this version of netgen",
            fix=f"name the addresses, such as {scheme}://203.0.113.0/24, or internet",
        )
    transport, implied = SCHEMES[scheme]
    block = cidr(host + (match["mask"] or ""))
    if match["port"] is None and implied is None:
        raise FormError("port-needed", f"{shown(text)} needs a port: {scheme} implies none", fix=f"write {text}:PORT")
    number = port_number(match["port"], offset=match.start("port")) if match["port"] is not None else implied
    return Side(Kind.ADDRESS, cidr=block, port=PortWord(None, number, transport))


def _missing_scheme(text: str) -> FormError:
    scheme = "tcp" if looks_like_address(text.partition(":")[0]) or looks_like_address(text) else "https"
    host = f"[{text}]" if text.count(":") > 1 else text
    return FormError(
        "missing-scheme",
        f"{shown(text)} is outside the cluster and needs a scheme; an app name has no dots",
        fix=f"write {scheme}://{host}" + (":PORT" if scheme == "tcp" and ":" not in text else ""),
    )
