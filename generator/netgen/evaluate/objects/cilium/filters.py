"""What passes of a connection that is allowed: HTTP requests and DNS lookups. Source: pkg/policy/api/{http,fqdn}.go."""

from __future__ import annotations

import re
import warnings
from typing import Any, NamedTuple

from netgen.evaluate.objects.cilium.known import Known, each, record
from netgen.evaluate.objects.cilium.names import pattern
from netgen.evaluate.objects.model import Request
from netgen.evaluate.objects.values import MalformedError, text
from netgen.source import Spot

_RULES = frozenset(("http", "dns"))
_HTTP = frozenset(("method", "path", "host", "headers", "headerMatches"))
_HEADER = frozenset(("name", "value", "secret", "mismatch"))
_SECRET = frozenset(("name", "namespace"))
_MISMATCHES = ("LOG", "ADD", "DELETE", "REPLACE")
# Go's regular expressions, and Envoy's, look neither ahead nor behind nor back, and keep nothing that they matched.
_FOREIGN = re.compile(r"\(\?([=!>(#]|<[=!]|P=)|\\[1-9Z]|[*+?}]\+")
_ESCAPED = re.compile(r"\\[^1-9Z]")
_CLASS = re.compile(r"\[\^?\]?[^\]]{0,500}\]")


class Filter(NamedTuple):
    """The *requests* and *lookups* that pass, as a Rule has them; one of the two is None."""

    requests: tuple[Request, ...] | None = None
    lookups: tuple[str, ...] | None = None


NO_FILTER = Filter()


def filter_of(value: object, spot: Spot, known: Known) -> Filter:
    """Return the filter of `rules`; where no rule is listed, there is none."""
    found = record(value, _RULES, spot)
    if len(found) != 1:
        raise MalformedError("there has to be one of http and dns", spot)
    requests = [_request(item, at, known) for item, at in each(found.get("http"), spot.at("http"))]
    lookups = [pattern(item, at) for item, at in each(found.get("dns"), spot.at("dns"))]
    if requests:
        return Filter(requests=tuple(sorted(set(requests))))
    return Filter(lookups=tuple(sorted(set(lookups)))) if lookups else NO_FILTER


def _request(value: object, spot: Spot, known: Known) -> Request:
    found = record(value, _HTTP, spot)
    parts = {key: _expression(found.get(key, ""), spot.at(key)) for key in ("method", "path", "host")}
    headers = [_header(text(item, at)) for item, at in each(found.get("headers"), spot.at("headers"))]
    matches = each(found.get("headerMatches"), spot.at("headerMatches"))
    headers += [one for item, at in matches if (one := _match(record(item, _HEADER, at), at, known))]
    return Request(**parts, headers=tuple(sorted(set(headers))))


def _expression(value: object, spot: Spot) -> str:
    """Return a regular expression, which is refused where the agent's and the proxy's syntax have no such one."""
    written = text(value, spot)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(written)
    except (re.error, RecursionError, OverflowError):
        raise MalformedError(f"{written!r} is no regular expression", spot) from None
    if _FOREIGN.search(_CLASS.sub("c", _ESCAPED.sub("e", written))):
        raise MalformedError(f"{written!r} has what regular expressions of Go and Envoy do not have", spot)
    return written


def _header(written: str) -> str:
    """Return a header as it is asked for: `name: value`, or its name alone where any value does."""
    name, space, value = written.partition(" ")
    return f"{name.rstrip(':')}: {value}" if space else name


def _match(found: dict[str, Any], spot: Spot, known: Known) -> str:
    name = text(found.get("name", ""), spot.at("name"))
    if not name:
        raise MalformedError("a header has no name", spot)
    value = text(found.get("value", ""), spot.at("value"))
    mismatch = text(found.get("mismatch", "LOG"), spot.at("mismatch"))
    if mismatch not in _MISMATCHES:
        raise MalformedError(f"{mismatch!r} is none of {', '.join(_MISMATCHES)}", spot.at("mismatch"))
    for key in ("secret", "mismatch"):
        if key in found:
            known.unknown(f"it matches a header by {key}", spot.at(key).key())
    if "secret" in found and not record(found["secret"], _SECRET, spot.at("secret")).get("name"):
        raise MalformedError("a secret has no name", spot.at("secret"))
    return f"{name}: {value}" if value else name
