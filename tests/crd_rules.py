"""The rules in CEL of custom resource definitions, as JSON Schemas.

What a JSON Schema cannot say is said more strictly, or by netgen's own check; a rule that is nowhere here is an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Schema = dict[str, Any]

CHECKED = frozenset({"self.start < self.end"})
"""The rules that netgen.check says instead."""

_NOTHING: Schema = {"not": {}}


def schema(rule: str) -> Schema:
    """Return what *rule* demands of a value; KeyError where nobody has said it yet."""
    if rule in _RULES:
        return _RULES[rule]
    for pattern, made in _FAMILIES:
        found = re.fullmatch(pattern, rule)
        if found:
            return made(*found.groups())
    raise KeyError(rule)


def _is(**values: object) -> Schema:
    """A map with these fields of these values."""
    return {"properties": {name: {"const": value} for name, value in values.items()}, "required": [*values]}


def _has(*names: str) -> Schema:
    return {"required": [*names]}


def _holds(**fields: Schema) -> Schema:
    """A map whose fields, where it has them, are as said."""
    return {"properties": fields}


def _if(when: Schema, then: Schema) -> Schema:
    return {"if": when, "then": then}


def _never(*parts: Schema) -> Schema:
    return {"not": {"allOf": [*parts]}}


_EMPTY: Schema = {"maxItems": 0}
_PREFIX_MATCH = {"maxItems": 1, "items": _holds(path=_is(type="PathPrefix")) | _has("path")}


def _one_prefix(when: Schema) -> Schema:
    """Where a path's prefix is replaced, the one match is that of a prefix, which is written."""
    return _if(when, _holds(matches=_PREFIX_MATCH) | _has("matches"))


def _replaced(filter_: str) -> Schema:
    path = _has("path") | _holds(path=_is(type="ReplacePrefixMatch"))
    return _has("filters") | _holds(filters={"contains": _has(filter_) | _holds(**{filter_: path})})


def _tier(name: str, action: str) -> Schema:
    named = _has("metadata") | _holds(metadata=_is(name=name))
    return _if(named, _has("spec") | _holds(spec=_is(defaultAction=action)))


def _plain_path(pattern: str) -> Schema:
    """A path that is no expression has no *pattern* in it; where the type is not written, it is a prefix."""
    return _if(_PLAIN, _holds(value={"not": {"pattern": pattern}}))


_PLAIN = _holds(type={"enum": ["Exact", "PathPrefix"]})
_EIGHT_EACH: Schema = {"items": _holds(matches={"maxItems": 8})}
_ONE_OR_OTHER = ({"contains": _is(type="RequestRedirect")}, {"contains": _is(type="URLRewrite")})

# In the order of the definitions: Cilium, Calico, ClusterNetworkPolicy, HTTPRoute.
_RULES: dict[str, Schema] = {
    "has(self.spec) || has(self.specs)": {"anyOf": [_has("spec"), _has("specs")]},
    "!((has(self.doNotTrack) && self.doNotTrack) && (has(self.preDNAT) && self.preDNAT))": _never(
        _is(doNotTrack=True), _is(preDNAT=True)
    ),
    "(!has(self.preDNAT) || !self.preDNAT) || !has(self.egress) || size(self.egress) == 0": _if(
        _is(preDNAT=True), _holds(egress=_EMPTY)
    ),
    "(!has(self.preDNAT) || !self.preDNAT) || !has(self.types) || !self.types.exists(t, t == 'Egress')": _if(
        _is(preDNAT=True), _holds(types={"items": {"not": {"const": "Egress"}}})
    ),
    "(has(self.applyOnForward) && self.applyOnForward) || ((!has(self.doNotTrack) || !self.doNotTrack) && "
    "(!has(self.preDNAT) || !self.preDNAT))": _if(
        {"anyOf": [_is(doNotTrack=True), _is(preDNAT=True)]}, _is(applyOnForward=True)
    ),
    "!has(self.http) || !has(self.protocol) || self.protocol == 'TCP' || self.protocol == 6": _if(
        _has("http"), _holds(protocol={"enum": ["TCP", 6]})
    ),
    "self.action == 'Allow' || !has(self.http)": _if(_has("http"), _is(action="Allow")),
    "!has(self.destination) || !has(self.destination.services) || (!has(self.destination.ports) || "
    "size(self.destination.ports) == 0) && (!has(self.destination.notPorts) || size(self.destination.notPorts) == 0)": (
        _holds(destination=_if(_has("services"), _holds(ports=_EMPTY, notPorts=_EMPTY)))
    ),
    "!has(self.code) || has(self.type)": _if(_has("code"), _has("type")),
    "isCIDR(self)": {"pattern": r"^[0-9A-Fa-f:.]+/[0-9]{1,3}$"},
    "(has(self.backendRefs) && size(self.backendRefs) > 0) ? "
    "(!has(self.filters) || self.filters.all(f, !has(f.requestRedirect))): true": _if(
        _has("backendRefs") | _holds(backendRefs={"minItems": 1}),
        _holds(filters={"items": {"not": _has("requestRedirect")}}),
    ),
    "(size(self.group) == 0 && self.kind == 'Service') ? has(self.port) : true": _if(
        _holds(group={"const": ""}, kind={"const": "Service"}), _has("port")
    ),
    "!(self.exists(f, f.type == 'RequestRedirect') && self.exists(f, f.type == 'URLRewrite'))": _never(*_ONE_OR_OTHER),
    "!('*' in self && self.size() > 1)": _if({"contains": {"const": "*"}}, {"maxItems": 1}),
    "!(has(self.percent) && has(self.fraction))": _never(_has("percent", "fraction")),
    "self.numerator <= self.denominator": _NOTHING,
    "(self.type in ['Exact','PathPrefix']) ? self.value.startsWith('/') : true": _if(
        _PLAIN, _holds(value={"pattern": "^/"})
    ),
    "self.type in ['Exact','PathPrefix'] || self.type == 'RegularExpression'": _holds(
        type={"enum": ["Exact", "PathPrefix", "RegularExpression"]}
    ),
}

# A rule in CEL that is one of many alike, and what makes a schema of what differs between them.
_FAMILIES: tuple[tuple[str, Callable[..., Schema]], ...] = (
    (
        r"self\.metadata\.name == '([\w-]+)' \? \(has\(.+\) && self\.spec\.defaultAction == '(\w+)'\) : true",
        _tier,
    ),
    (r"!\(has\(self\.(\w+)\) && self\.type != '(\w+)'\)", lambda name, kind: _if(_has(name), _is(type=kind))),
    (r"!\(!has\(self\.(\w+)\) && self\.type == '(\w+)'\)", lambda name, kind: _if(_is(type=kind), _has(name))),
    (
        r"self\.filter\(f, f\.type == '(\w+)'\)\.size\(\) <= 1",
        lambda kind: {"contains": _is(type=kind), "minContains": 0, "maxContains": 1},
    ),
    (r"self\.type == '(\w+)' \? has\(self\.(\w+)\) : true", lambda kind, name: _if(_is(type=kind), _has(name))),
    (r"has\(self\.(\w+)\) \? self\.type == '(\w+)' : true", lambda name, kind: _if(_has(name), _is(type=kind))),
    (
        r"\(self\.type in \['Exact','PathPrefix'\]\) \? !self\.value\.contains\('([^']+)'\) : true",
        lambda text: _plain_path(re.escape(text)),
    ),
    (
        r"\(self\.type in \['Exact','PathPrefix'\]\) \? !self\.value\.endsWith\('([^']+)'\) : true",
        lambda text: _plain_path(re.escape(text) + "$"),
    ),
    (
        r'\(self\.type in \[\'Exact\',\'PathPrefix\'\]\) \? self\.value\.matches\(r"""(.+)"""\) : true',
        lambda pattern: _if(_PLAIN, _holds(value={"pattern": pattern})),
    ),
    # stricter: a route names one parent, so that nothing is to tell several of one name apart
    (r"self\.all\(p1, self\.(?:all|exists_one)\(p2, p1\.group == p2\.group && .+", lambda: {"maxItems": 1}),
    # stricter: of the 16 rules each has 8 matches at the most
    (r"\(self\.size\(\) > 0 \? self\[0\]\.matches\.size\(\) : 0\) \+ .+ <= 128", lambda: _EIGHT_EACH),
    # stricter: not exactly once, but once or more
    (
        r"\(has\(self\.filters\) && self\.filters\.exists_one\(f, has\(f\.(\w+)\) && .+",
        lambda name: _one_prefix(_replaced(name)),
    ),
    (
        r"\(has\(self\.backendRefs\) && self\.backendRefs\.exists_one\(b, .+exists_one\(f, has\(f\.(\w+)\) && .+",
        lambda name: _one_prefix(_has("backendRefs") | _holds(backendRefs={"contains": _replaced(name)})),
    ),
    # stricter: a route writes one of the two
    (
        r"!\(has\(self\.request\) && has\(self\.backendRequest\) && .+",
        lambda: _never(_has("request", "backendRequest")),
    ),
)
