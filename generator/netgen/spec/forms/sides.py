"""The two ends of a permission as a spec writes them: targets of `calls` and callers of `accepts`."""

from __future__ import annotations

import re
from enum import Enum, auto

from netgen.records import record
from netgen.spec.forms.addresses import bracketed, cidr, looks_like_address
from netgen.spec.forms.labels import peer_needed
from netgen.spec.forms.ports import PortWord, port_span, port_word
from netgen.spec.forms.text import DNS_LABEL, RESERVED_NAMES, FormError, dns_label, shown, suggestion, within

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


_NOT_ONE_WORD = re.compile(r"[\s,]|\{\{|\$\{")
_RULED = re.compile(r"([^\s:,]+):? +([A-Z|]+ /[^ ]*)")
"""A caller with an HTTP rule behind it, as a list of grants has none."""
_SERVICE_HOST = r"([a-z0-9-]+)\.([a-z0-9-]+)\.svc(?:\.[a-z0-9.-]+)?(:[0-9]+)?"


class Kind(Enum):
    """What a side names."""

    APP = auto()
    NAMESPACE = auto()
    ANY = auto()
    INTERNET = auto()
    APISERVER = auto()
    NODES = auto()
    ADDRESS = auto()
    HOST = auto()
    EXTERNAL = auto()


WILDCARDS = frozenset({Kind.NAMESPACE, Kind.ANY})


@record
class Side:
    """One end of a permission.

    *namespace* is None where it is the document's own (`cart`, `here/*`); *name* belongs to APP, HOST and EXTERNAL,
    *cidr* to ADDRESS. *port* is what a target writes after its name; callers have none, and neither has an EXTERNAL.
    """

    kind: Kind
    namespace: str | None = None
    name: str = ""
    cidr: str = ""
    port: PortWord | None = None

    def __str__(self) -> str:
        """Return the side as a spec writes it, without its port."""
        match self.kind:
            case Kind.APP:
                return f"{self.namespace}/{self.name}" if self.namespace else self.name
            case Kind.NAMESPACE:
                return f"{self.namespace or 'here'}/*"
            case Kind.ADDRESS | Kind.HOST:
                return self.cidr or self.name
            case Kind.EXTERNAL:
                return f"external/{self.name}"
            case Kind.APISERVER | Kind.NODES:
                return f"cluster/{self.kind.name.lower()}"
            case _:
                return self.kind.name.lower()


def target(text: str) -> Side:
    """Return what a call names, else raise FormError: `bad-target`, `missing-scheme`, `bare-star`, ..."""
    by_labels = peer_needed(text, "bad-target")
    if by_labels:
        raise by_labels
    one_word(text, "bad-target")
    if "://" in text:
        return _outside(text)
    name, colon, port_text = text.partition(":")
    if looks_like_address(text) or text.startswith("[") or ("." in name and not name.startswith(".")):
        raise _missing_scheme(text)
    side = inside(name, "bad-target")
    if side.kind is Kind.NODES:
        raise FormError("bad-target", "cluster/nodes is a caller; nodes cannot be called", fix="name their CIDR")
    if not colon:
        return side
    if side.kind in (Kind.APISERVER, Kind.EXTERNAL):
        message = f"{side} has no port to choose" + ("" if side.kind is Kind.APISERVER else ": its own names it")
        raise FormError("bad-target", message, fix=f"write {side}", part=(len(name), len(text) - len(name)))
    word = within(port_word, port_text, len(name) + 1)
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
    by_labels = peer_needed(text, "bad-caller")
    if by_labels:
        raise by_labels
    ruled = _RULED.fullmatch(text)
    one_word(text, "bad-caller", **({"fix": f"write accepts: {{{ruled[1]}: {ruled[2]}}}"} if ruled else {}))
    if "://" in text:
        message = f"{shown(text)} has a scheme; callers outside are written as addresses"
        raise FormError("bad-caller", message, fix="write an address or a CIDR, such as 203.0.113.0/24")
    if looks_like_address(text) or text.startswith("["):
        return Side(Kind.ADDRESS, cidr=cidr(text))
    name, colon, port = text.partition(":")
    if colon:
        raise FormError(
            "bad-caller",
            f"{shown(text)} names a port; the ports of a grant stand beside the caller",
            fix=f"write accepts: {{{name}: {'PORT-NAME' if not port or port[0].isdigit() else port}}}",
            part=(len(name), len(text) - len(name)),
        )
    if "." in name:
        message = f"{shown(text)} is neither an app nor an address; an app name has no dots"
        raise FormError("bad-caller", message, fix="write an address or a CIDR, such as 203.0.113.0/24")
    return inside(name, "bad-caller")


def one_word(text: str, code: str, fix: str = "write several names as a list: [a, b]") -> None:
    """Raise *code* where *text* is not one word: several names, for which *fix* says what to do, or a template."""
    if not _NOT_ONE_WORD.search(text):
        return
    if "{{" in text or "${" in text:
        raise FormError(code, f"{shown(text)} looks like a template; a spec has none", fix="write the name itself")
    raise FormError(code, f"{shown(text)} is not one name", fix=fix)


def inside(text: str, code: str) -> Side:
    """Return the side of the cluster that *text* names, without its port; what is none is *code*."""
    if text in ("any", "internet"):
        return Side(Kind.ANY if text == "any" else Kind.INTERNET)
    if "*" in text and not re.fullmatch(r"[^/*]+/\*", text):
        message = f"{shown(text)}: a star stands only for all pods of a namespace, as in payments/*"
        raise FormError("bare-star", message, fix="write any (every pod of the cluster), here/* or NAMESPACE/*")
    namespace, slash, name = text.rpartition("/")
    if not name or (slash and not namespace):
        fix = "write APP, NAMESPACE/APP, NAMESPACE/*, any or internet"
        raise FormError(code, f"{shown(text)} names nothing", fix=fix)
    if namespace == "cluster":
        return _cluster(name, code)
    if namespace == "external":
        dns_label(name, "the name of an external", offset=len("external/"))
        return Side(Kind.EXTERNAL, name=name)
    return _named(namespace, name, code)


def _named(namespace: str, name: str, code: str) -> Side:
    own = namespace in ("", "here")
    if not own:
        dns_label(namespace, "a namespace name")
    if name == "*":
        return Side(Kind.NAMESPACE, None if own else namespace)
    if name in RESERVED_NAMES:
        raise _reserved(namespace, name)
    if namespace == "here":
        raise FormError(code, "an app of the own namespace is written without one", fix=f"write {name}")
    dns_label(name, "an app name", offset=len(namespace) + 1 if namespace else 0)
    return Side(Kind.APP, None if own else namespace, name)


def _reserved(namespace: str, name: str) -> FormError:
    fix = f"write {namespace}/*" if name == "any" else "write internet"
    message = f"no app is called {shown(name)}, which is a word of the language"
    return FormError("reserved-name", message, fix=fix, part=(len(namespace) + 1, len(name)))


def _cluster(name: str, code: str) -> Side:
    kinds = {"apiserver": Kind.APISERVER, "nodes": Kind.NODES}
    if name not in kinds:
        raise FormError(
            code,
            f"the cluster has no {shown(name)}{suggestion(name, tuple(kinds))}",
            fix="write cluster/apiserver" + (" or cluster/nodes" if code != "bad-target" else ""),
            part=(len("cluster/"), len(name)),
        )
    return Side(kinds[name])


@record
class Url:
    """A URL outside the cluster: *host* stands in it at *begin*, an IPv6 address *bracketed*, with its *mask* if any.

    *port* is the one that is written or that the scheme implies, without a number where neither does.
    """

    scheme: str
    host: str
    begin: int
    bracketed: bool
    mask: str
    written: str
    port: PortWord

    @property
    def is_address(self) -> bool:
        """Return whether the host is meant as an address rather than as a name."""
        return looks_like_address(self.host) or self.bracketed

    @property
    def cidr(self) -> str:
        """Return the addresses that host and mask name, else raise `bad-address`."""
        if self.bracketed:
            within(bracketed, self.host, self.begin)
        return within(cidr, self.host + self.mask, self.begin)


def url(text: str, code: str) -> Url:
    """Return the parts of SCHEME://HOST[/MASK][:PORT]; what is none is *code*."""
    match = _URL.fullmatch(text)
    if not match:
        raise FormError(code, f"{shown(text)} is not SCHEME://HOST:PORT")
    scheme, host = match["scheme"], match["host"].strip("[]")
    if scheme not in SCHEMES:
        message = f"{shown(scheme)} is not a scheme{suggestion(scheme, tuple(SCHEMES))}"
        raise FormError(code, message, fix="one of " + ", ".join(SCHEMES), part=(0, len(scheme)))
    if not host:
        raise FormError(code, f"{shown(text)} names no host", fix=f"write {scheme}://ADDRESS")
    in_brackets = match["host"].startswith("[")
    if not in_brackets and text.count(":") > 2:
        message = f"{shown(text)}: an IPv6 address with a scheme stands in brackets"
        raise FormError(code, message, fix=f"write {scheme}://[ADDRESS]/MASK:PORT")
    if match["rest"]:
        message = f"{shown(text)} has a path; what is called outside is a host and a port"
        rest = match.span("rest")
        raise FormError(code, message, fix="leave the path out", part=(rest[0], rest[1] - rest[0]))
    transport, implied = SCHEMES[scheme]
    number, last = implied, 0
    if match["port"] is not None:
        number, last = within(port_span, match["port"], match.start("port"))
    port = PortWord(None, number, transport, last)
    begin = match.start("host") + in_brackets
    return Url(scheme, host, begin, in_brackets, match["mask"] or "", match["port"] or "", port)


def _outside(text: str) -> Side:
    """Return the addresses or the host that a URL names: SCHEME://ADDRESS[/MASK][:PORT], SCHEME://HOST[:PORT]."""
    parts = url(text, "bad-target")
    if not parts.is_address:
        return _host(text, parts)
    if parts.mask == "/0":
        protocol = "" if parts.port.protocol == "TCP" else f"/{str(parts.port.protocol).lower()}"
        part = (parts.begin, len(f"{parts.host}{parts.mask}"))
        raise _everywhere(text, part, f"{parts.written or parts.port.number or 'PORT'}{protocol}")
    return Side(Kind.ADDRESS, cidr=parts.cidr, port=_called_port(text, parts))


def _host(text: str, parts: Url) -> Side:
    from netgen.spec.forms.hosts import host_name  # noqa: PLC0415 - few specs have any

    port = str(parts.port).removesuffix("/tcp") if parts.port.number else "PORT"
    name = within(lambda host: host_name(host, "bad-target", port=port), parts.host, parts.begin)
    if parts.mask:
        message = f"{shown(text)} has a path; what is called outside is a host and a port"
        part = (parts.begin + len(parts.host), len(parts.mask))
        raise FormError("bad-target", message, fix="leave the path out", part=part)
    return Side(Kind.HOST, name=name, port=_called_port(text, parts))


def _called_port(text: str, parts: Url) -> PortWord:
    if parts.port.number is None:
        message = f"{shown(text)} needs a port: {parts.scheme} implies none"
        raise FormError("port-needed", message, fix=f"write {text}:PORT")
    return parts.port


def _everywhere(text: str, part: tuple[int, int], port: str) -> FormError:
    message = f"{shown(text[part[0] :][: part[1]])} is every address; that must be written as a word"
    fix = f"write internet:{port} (everything outside the cluster) or any:{port} (every pod)"
    return FormError("bad-address", message, fix=fix, part=part)


def _host_outside(host: str, port: str) -> FormError:
    scheme = {"": "https", "80": "http", "443": "https"}.get(port, "tcp")
    name = host.lstrip("/").partition("/")[0]
    fix = f"write {scheme}://{name}{f':{port}' if scheme == 'tcp' else ''}"
    first, _, second = host.partition(".")
    if DNS_LABEL.fullmatch(first) and DNS_LABEL.fullmatch(second):
        fix = f"for an app write NAMESPACE/APP, so {first}/{second} or {second}/{first}; for a host {fix}"
    message = f"{shown(host)} is no app, whose name has no dots; a host outside the cluster needs a scheme"
    return FormError("missing-scheme", message, fix=fix)


def service_host(text: str, code: str) -> FormError | None:
    """Return the *code* for the DNS name of a Service, for which an app is written; None where *text* is none."""
    service = re.fullmatch(_SERVICE_HOST, text, re.ASCII)
    if not service:
        return None
    name, namespace, port = service.groups(default="")
    message = f"{shown(text)} is the address of a Service; an app of the cluster is called by its name"
    return FormError(code, message, fix=f"write {namespace}/{name}{port}")


def _missing_scheme(text: str) -> FormError:
    service = service_host(text, "bad-target")
    if service:
        return service
    host, colon, port = (text, "", "") if text.count(":") > 1 else text.partition(":")
    if not looks_like_address(host) and not host.startswith("["):
        return _host_outside(host, port)
    if host.endswith("/0"):
        raise _everywhere(text, (0, len(host)), port or "PORT")
    scheme = "tcp" if colon or looks_like_address(text) else "https"
    scheme = {"80": "http", "443": "https"}.get(port, scheme)
    address, slash, mask = host.partition("/")
    host = f"[{address}]{slash}{mask}" if ":" in host and not host.startswith("[") else host
    url = f"{scheme}://{host}" + (f":{port or 'PORT'}" if scheme == "tcp" else "")
    return FormError(
        "missing-scheme",
        f"{shown(text)} is outside the cluster and needs a scheme; an app name has no dots",
        fix=f'write "{url}"' if "[" in url else f"write {url}",
    )
