"""Items of toPorts: ports, and the requests of HTTP or DNS that pass there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from netgen import paths
from netgen.check import names
from netgen.check.cilium import peers
from netgen.check.faults import Fault, Json, forbidden, invalid, invalid_each, required, unsupported
from netgen.check.shape import Shape

_PORTS: Shape = [{"port": str, "endPort": int, "protocol": str}]
ALLOWED: Shape = {"ports": _PORTS, "rules": {"http": [{"path": str, "method": str}], "dns": [peers.NAME]}}
DENIED: Shape = {"ports": _PORTS}

_PROTOCOLS = ("TCP", "UDP", "SCTP")
_MOST_PORTS = 40
_IS_NUMBER = re.compile(r"0|[1-9][0-9]{0,4}").fullmatch
_EVERY_PORT, _LAST_PORT = 0, 65535
_IS_METHOD = re.compile(r"[A-Z]+").fullmatch
_IS_TAG = re.compile(r"[^\x00-\x1f\x7f-\x9f]{1,32}").fullmatch

_ESCAPED = re.compile(r"\\[^A-Za-z0-9]")
# RE2 has no `\1` and `(?=`, and reads some of the rest in another way; netgen writes none of that.
_OTHERWISE = re.compile(r"\\|\(\?|[*+?}][*+?{]|[\x00-\x1f\x7f]")
# The steps of a program are those that RE2 was seen to need (netgen.paths tells of the limit).
_LEAST_STEPS = 4
_STEPS = {".": 8, "+": 1, "?": 1, "*": 0, "(": 2, ")": 0}
_ALL_BUT_SOME = 9
_PIECE = re.compile(r"\[[^][]*\]|.", re.DOTALL)
_RANGE = re.compile(r".-.|.", re.DOTALL)


def is_tag(text: str) -> bool:
    """Return whether *text* is one by which flows can be found in a log."""
    return bool(_IS_TAG(text))


def faults(listed: Json, section: str, path: str) -> Iterator[Fault]:
    """Yield what is wrong with an item of toPorts of a rule of *section*."""
    ports = listed.get("ports", ())
    if not ports:
        yield required(f"{path}.ports", "without ports it matches nothing")
    if len(ports) > _MOST_PORTS:
        yield Fault(f"{path}.ports", f"Too many: {len(ports)}: must have at most {_MOST_PORTS} items")
    for index, port in enumerate(ports):
        yield from _port(port, f"{path}.ports[{index}]")
    if "rules" not in listed:
        return
    rules, below = listed["rules"], f"{path}.rules"
    if len(rules) != 1:
        yield required(below, "must specify one of http and dns")
    elif "dns" in rules:
        yield from _dns(rules["dns"], ports, section, f"{below}.dns")
    else:
        yield from _http(rules["http"], ports, f"{below}.http")


def _port(port: Json, path: str) -> Iterator[Fault]:
    text = port.get("port", "")
    number = int(text) if _IS_NUMBER(text) else _LAST_PORT + 1
    if not text:
        yield required(f"{path}.port")
    elif number > _LAST_PORT:
        yield invalid(f"{path}.port", text, 'must be a number between "0" and "65535", inclusive')
    if "protocol" not in port:
        yield required(f"{path}.protocol", "without it every protocol is meant")
    elif port["protocol"] not in _PROTOCOLS:
        yield unsupported(f"{path}.protocol", port["protocol"], _PROTOCOLS)
    if "endPort" in port:
        yield from _end(port["endPort"], number, f"{path}.endPort")


def _end(end: int, first: int, path: str) -> Iterator[Fault]:
    yield from invalid_each(path, end, names.port_number(end))
    if first == _EVERY_PORT:
        yield forbidden(path, "may not be specified for the port 0, which is every port")
    elif end <= first <= _LAST_PORT:
        yield invalid(path, end, "must be greater than `port`, else it is ignored")


def _dns(listed: list[Json], ports: list[Json], section: str, path: str) -> Iterator[Fault]:
    if section != "egress":
        yield forbidden(path, "DNS rules on ingress are not supported")
    if any("endPort" in one or one.get("port") == "0" or one.get("protocol") == "SCTP" for one in ports):
        yield forbidden(path, "may only be specified for single ports of the protocols UDP and TCP")
    for index, name in enumerate(listed):
        yield from peers.name(name, f"{path}[{index}]")


def _http(listed: list[Json], ports: list[Json], path: str) -> Iterator[Fault]:
    if any(one.get("port") == "0" or one.get("protocol") != "TCP" for one in ports):
        yield forbidden(path, "may only be specified for ports of the protocol TCP other than 0")
    for index, one in enumerate(listed):
        yield from _request(one, f"{path}[{index}]")


def _request(request: Json, path: str) -> Iterator[Fault]:
    text, method = request.get("path"), request.get("method")
    if not text:
        yield required(f"{path}.path", "without it every path is meant")
    elif not _is_expression(text):
        yield invalid(f"{path}.path", text, "must be a regular expression that RE2 reads as others do")
    elif _steps(text) > paths.MOST:
        why = (
            f"must be a program of {paths.MOST} steps at most, not {_steps(text)}, else the proxy refuses all policies"
        )
        yield invalid(f"{path}.path", text, why)
    if method is not None and not _IS_METHOD(method):
        yield invalid(f"{path}.method", method, "must be an HTTP method in capital letters")


@lru_cache(maxsize=1024)
def _is_expression(text: str) -> bool:
    if _OTHERWISE.search(_ESCAPED.sub("x", text)):
        return False
    try:
        re.compile(text)
    except re.error:
        return False
    return True


@lru_cache(maxsize=1024)
def _steps(text: str) -> int:
    """Return the size of the program that RE2 makes of *text*, an expression as netgen writes them."""
    return _LEAST_STEPS + sum(map(_token_steps, _PIECE.findall(_ESCAPED.sub("x", text))))


def _token_steps(token: str) -> int:
    if len(token) == 1:
        return _STEPS.get(token, len(token.encode()))
    return _ALL_BUT_SOME if token[1] == "^" else len(_RANGE.findall(token[1:-1]))
