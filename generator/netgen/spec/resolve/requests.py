"""HTTP rules: which requests a grant lets pass and a call makes, and whether that is enforced (decisions 5 to 7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from netgen import paths
from netgen.intent import Flow, Port, PortMatch, Request
from netgen.problems import Place, Problem
from netgen.profiles import Feature
from netgen.spec.forms.permissions import CallForm, GrantForm
from netgen.spec.forms.requests import BAD, HttpForm, request_text
from netgen.spec.forms.text import shown
from netgen.spec.platform import Platform
from netgen.spec.resolve.calls import ports_text
from netgen.spec.resolve.consent import rule_ports
from netgen.spec.resolve.features import enforceable
from netgen.spec.resolve.registry import Entry, place_text
from netgen.spec.resolve.weaker import is_given_up

Requests = tuple[Request, ...]
EVERY: Requests = ()
"""That every request passes."""
_ENCRYPTED = frozenset({"https", "tls"})
_COUNTED = "counted: 9 for every path, 1 for each character, 4 for each *, and 1 for /** at the end"
_MOST = 8
"""Requests that a comment names."""
_MOST_SPELT = 2
"""Rules that a fix spells out."""


def granted_flows(flow: Flow, grant: GrantForm, callee: Entry, platform: Platform) -> list[Flow]:
    """Return *flow*, which *grant* opens at *callee*, by the requests that pass."""
    return _apart(flow, _rules((grant,), callee), callee, platform)


def called_flows(
    flow: Flow,
    call: CallForm,
    ends: tuple[Entry, Entry],
    covering: tuple[GrantForm, ...],
    platform: Platform,
    found: list[Problem],
) -> list[Flow]:
    """Return *flow*, by which the first of *ends* calls the second, by the requests that pass.

    These are what the grants *covering* the caller say together, all where there are none. What the call writes narrows
    them, and is a problem where it is not among them.
    """
    caller, callee = ends
    rules = _rules(covering, callee)
    if call.http:
        before = len(found)
        _check_call(call, flow.ports, rules, callee, covering, found)
        is_weak = any(grant.l4 for grant in covering if grant.http)
        if len(found) == before and callee.app.ingress and not is_weak:
            what = f"{caller.key} calls {callee.key} for {_listed(call.http)}"
            l4 = "leave `http` out, which opens the port for every request"
            if enforceable(Feature.HTTP, call.http[0].place, what, platform, found, l4=l4):
                _check_sizes(call.http, platform, found)
        rules = dict.fromkeys(flow.ports, merged(form.request for form in call.http))
    return _apart(flow, rules, callee, platform)


def merged(requests: Iterable[Request]) -> Requests:
    """Return *requests* by path, each once with all its methods."""
    methods: dict[str, set[str]] = {}
    for one in requests:
        methods.setdefault(one.path, set()).update(one.methods)
    return tuple(Request(tuple(sorted(methods[path])), path) for path in sorted(methods))


def _rules(grants: tuple[GrantForm, ...], callee: Entry) -> dict[PortMatch, Requests]:
    """Return the ports that *grants* open for some requests only, and which: what any of them lets pass, passes."""
    if not any(grant.http for grant in grants) or any(grant.is_whole for grant in grants):
        return {}
    whole = {_at_pod(port) for grant in grants for port in callee.app.ports if port.name in grant.ports}
    asked: dict[PortMatch, list[Request]] = {}
    for grant in grants:
        for form in grant.http:
            for port in rule_ports(form, callee):
                asked.setdefault(_at_pod(port), []).append(form.request)
    return {port: merged(requests) for port, requests in asked.items() if port not in whole}


def _apart(flow: Flow, rules: Mapping[PortMatch, Requests], callee: Entry, platform: Platform) -> list[Flow]:
    """Return *flow* by what passes on its ports; where no policy holds *callee*, everything does."""
    if not rules or not callee.app.ingress:
        return [flow]
    by_requests: dict[Requests, list[PortMatch]] = {}
    for port in flow.ports:
        by_requests.setdefault(rules.get(port, EVERY), []).append(port)
    said, is_able = flow.intent.removesuffix(ports_text(flow.ports)), platform.cni.can(Feature.HTTP)
    return [
        replace(
            flow,
            ports=tuple(ports),
            intent=f"{said}{ports_text(tuple(ports))}{_text(asked) if is_able else ''}",
            requests=asked if is_able else EVERY,
            weakened=None if is_able or not asked else asked,
        )
        for asked, ports in sorted(by_requests.items())
    ]


def _text(requests: Requests) -> str:
    """Return *requests* as the comment of a rule writes them behind its ports: ` (POST /orders, GET /orders/**)`."""
    if not requests:
        return ""
    named = ", ".join(request_text(one) for one in requests[:_MOST])
    return f" ({named}{f' and {len(requests) - _MOST} more' if len(requests) > _MOST else ''})"


def _at_pod(port: Port) -> PortMatch:
    return PortMatch(port.protocol, port.container, port.last)


def _check_call(
    call: CallForm,
    ports: tuple[PortMatch, ...],
    rules: Mapping[PortMatch, Requests],
    callee: Entry,
    covering: tuple[GrantForm, ...],
    found: list[Problem],
) -> None:
    """Report what *call* writes in excess of *rules*, and ports without HTTP."""
    called = [port for port in callee.app.ports if _at_pod(port) in ports]
    silent = [problem for port in called for problem in _no_http(port, call.http[0].place, callee)]
    found += silent[:1]
    for form in call.http if not silent else ():
        beyond = {method for port in ports if port in rules for method in _beyond(form.request, rules[port])}
        if beyond:
            text = request_text(Request(tuple(sorted(beyond)), form.request.path))
            places = tuple(f"{place_text(grant.place)} accepts {grant}" for grant in covering[:5])
            fix = f"({callee.owner}, {callee.file}): add  {text}  to that entry of {callee.key.name}.accepts"
            message = f"{callee.key} does not accept {text} of this caller"
            found.append(Problem("http-not-granted", form.place, message, places, fix))


def _beyond(written: Request, granted: Requests) -> list[str]:
    """Return the methods of *written* that are not *granted* for all of its paths."""
    return [
        method
        for method in written.methods
        if not any(method in one.methods and paths.covers(one.path, written.path) for one in granted)
    ]


def check_rules(grant: GrantForm, callee: Entry, platform: Platform, found: list[Problem]) -> None:
    """Report what is wrong with the HTTP rules of *grant*: void ones, ports without HTTP, and what is not enforced."""
    before = len(found)
    whole = {_at_pod(port) for port in callee.app.ports if port.name in grant.ports}
    for form in grant.http:
        for port in rule_ports(form, callee):
            found += _no_http(port, form.place, callee)
            if _at_pod(port) in whole:
                message = f"{port.name} is open to {grant.side} as a whole, so that this rule says nothing"
                found.append(Problem(BAD, form.place, message, fix=f"leave out the rule, or {port.name}"))
    if grant.http and callee.app.ingress and len(found) == before:
        what = f"{callee.key} accepts {_listed(grant.http)} of {grant.side}"
        if grant.l4:
            place = grant.spot._replace(path=(*grant.spot.path[:-1], "enforce")).key()
            is_given_up(Feature.HTTP, place, what, "every request", platform, found)
        else:
            enforceable(Feature.HTTP, grant.http[0].place, what, platform, found, l4=_weaker(grant))
        _check_sizes(grant.http, platform, found)


def _check_sizes(forms: tuple[HttpForm, ...], platform: Platform, found: list[Problem]) -> None:
    """Report paths that are too long for a proxy that would refuse all rules of the pod for them."""
    for form in forms if platform.cni.can(Feature.HTTP) else ():
        path, steps = form.request.path, paths.size(form.request.path)
        if steps > paths.MOST:
            message = (
                f"{shown(path)} takes {steps} steps as an expression of {platform.cni}, whose proxy takes {paths.MOST} "
                f"at most: else it refuses all rules of the pod"
            )
            fix = f"write {_shorter(path)}, which lets all requests below it pass"
            found.append(Problem("path-too-long", form.path_place, message, (_COUNTED,), fix))


def _shorter(path: str) -> str:
    """Return the longest prefix of *path* that is short enough."""
    while paths.size(path) > paths.MOST:
        path = f"{path.removesuffix('/**').rpartition('/')[0]}/**"
    return path


def _no_http(port: Port, place: Place, callee: Entry) -> list[Problem]:
    """Return the problem that the rule at *place* is about a port on which no proxy reads requests, if it is."""
    opaque = {form.name or "main" for form in callee.form.ports if form.opaque}
    name, fix = f"{callee.key}:{port.name}", "name another port, or the port without requests"
    if port.name in opaque:
        message = f"{name} is written as plain {port.protocol}, and an HTTP rule needs HTTP"
        fix = (
            "write the port without /tcp, if it serves HTTP" if port.protocol == "TCP" else "name a TCP port of the app"
        )
    elif port.app_protocol in _ENCRYPTED:
        message = f"{name} is written as {port.app_protocol}, and nobody on the way reads encrypted requests"
        fix = f"leave the requests out; or write the port without /{port.app_protocol}, if its pods serve plain HTTP"
    elif port.last:
        message = f"{name} is a range of ports, and an HTTP rule is about one"
        fix = "leave the requests out, or give the port that serves HTTP a name of its own"
    else:
        return []
    return [Problem("http-port", place, message, fix=fix)]


def _listed(forms: tuple[HttpForm, ...]) -> str:
    """Return the first of some rules in words."""
    distinct = list(dict.fromkeys(request_text(form.request) for form in forms))
    more = f" and {len(distinct) - _MOST_SPELT} more" if len(distinct) > _MOST_SPELT else ""
    return f"{', '.join(distinct[:_MOST_SPELT])}{more}"


def _weaker(grant: GrantForm) -> str:
    """Return how a spec says that *grant* may open the port as a whole."""
    if grant.spot.path[-1] == "from":
        return "add  enforce: l4  to the grant, which opens the port for every request"
    by_port: dict[str, list[HttpForm]] = {}
    for form in grant.http:
        by_port.setdefault(form.port, []).append(form)
    items = [_long(grant, port, forms) for port, forms in by_port.items()]
    items += [f"{{from: {grant.side}, ports: [{', '.join(grant.ports)}]}}"] if grant.ports else []
    return f"to open the port for every request, make accepts a list, with {' and '.join(items)}"


def _long(grant: GrantForm, port: str, forms: list[HttpForm]) -> str:
    """Return the long form of the rules that *grant* has for a port."""
    rules = [f"{{methods: [{', '.join(it.request.methods)}], path: {_in_braces(it.request.path)}}}" for it in forms]
    named = f"ports: [{port}], " if port else ""
    return f"{{from: {grant.side}, {named}http: [{', '.join(rules)}], enforce: l4}}"


def _in_braces(path: str) -> str:
    return f'"{path}"' if "," in path else path
