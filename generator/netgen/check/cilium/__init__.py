"""The rules about policies of cilium.io/v2: what Cilium refuses, and what would mean everyone where it is left out."""

from __future__ import annotations

import marshal
from collections.abc import Iterator
from functools import lru_cache

from netgen.check import metadata, names
from netgen.check.cilium import openings, peers
from netgen.check.faults import Fault, Json, forbidden, required
from netgen.check.shape import SELECTOR, Shape, cluster_object_of, fits, object_of

_CLUSTERWIDE = "CiliumClusterwideNetworkPolicy"
_SECTIONS = {"ingress": "from", "ingressDeny": "from", "egress": "to", "egressDeny": "to"}
"""The sections of a policy, and how the keys of the peers of their rules begin."""


def _rule_shape(section: str) -> Shape:
    side, denies = _SECTIONS[section], section.endswith("Deny")
    listed: dict[str, Shape] = {f"{side}{kind}": shape for kind, shape in peers.SHAPES.items()}
    if side == "to" and not denies:
        listed["toFQDNs"] = [peers.NAME]
    return {**listed, "toPorts": [openings.DENIED if denies else openings.ALLOWED]}


_RULES: dict[str, Shape] = {section: _rule_shape(section) for section in _SECTIONS}
_RIGHT: dict[str, Json] = {section: {f"{side}Entities": ["none"]} for section, side in _SECTIONS.items()}
_SPEC: Shape = {
    "endpointSelector": SELECTOR,
    "enableDefaultDeny": {"ingress": bool, "egress": bool},
    "log": {"value": str},
    **{section: [shape] for section, shape in _RULES.items()},
}
SHAPES: dict[str, Shape] = {"CiliumNetworkPolicy": object_of(_SPEC), _CLUSTERWIDE: cluster_object_of(_SPEC)}
"""The shape of each kind."""


def shortened(body: object) -> object:
    """Return *body* with one rule that speaks of nobody for all of a section in which nothing is wrong.

    Its shape and its faults are the same, and most rules are written many times.
    """
    spec = body.get("spec") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(spec, dict):
        return body
    right: Json = {section: [_RIGHT[section]] for section in _SECTIONS if _are_right(spec.get(section), section)}
    return {**body, "spec": {**spec, **right}}


def _are_right(rules: object, section: str) -> bool:
    return isinstance(rules, list) and bool(rules) and all(_is_right(marshal.dumps(rule, 2), section) for rule in rules)


@lru_cache(maxsize=4096)
def _is_right(written: bytes, section: str) -> bool:
    rule = marshal.loads(written)  # noqa: S302 - its own bytes
    return fits(rule, _RULES[section]) and not any(True for _ in _rule(rule, section, ""))


def faults(body: Json, _: names.Rule) -> Iterator[Fault]:
    """Yield what is wrong with a policy of the right shape.

    Source: cilium v1.20.2, pkg/policy/api/rule_validation.go, and the definitions of the two kinds. Beyond it, each
    rule names its peers, and an empty selector stands only for the pods of the policy's own namespace.
    """
    spec = body.get("spec", {})
    is_clusterwide = body.get("kind") == _CLUSTERWIDE
    yield from metadata.faults(body.get("metadata", {}), names.dns_subdomain, is_namespaced=not is_clusterwide)
    yield from _subject(spec, is_clusterwide=is_clusterwide)
    if "log" in spec and not openings.is_tag(spec["log"].get("value", "")):
        yield forbidden("spec.log.value", "must be at most 32 characters that can be printed, and not empty")
    if not any(section in spec for section in _SECTIONS):
        yield required("spec", f"there must be a rule in one of {', '.join(_SECTIONS)}")
    for section in _SECTIONS:
        rules = spec.get(section, ())
        for index, rule in enumerate(rules):
            # Alone, an empty rule is the way to say nobody.
            if rule or len(rules) > 1 or section.endswith("Deny"):
                yield from _rule(rule, section, f"spec.{section}[{index}]")


def _subject(spec: Json, *, is_clusterwide: bool) -> Iterator[Fault]:
    path = "spec.endpointSelector"
    if "endpointSelector" not in spec:
        yield required(path)
    elif spec["endpointSelector"]:
        yield from peers.selector(spec["endpointSelector"], path)
    elif is_clusterwide:
        yield required(path, "an empty one selects every pod, and endpoints of the cluster that are no pods")


def _rule(rule: Json, section: str, path: str) -> Iterator[Fault]:
    given = [key for key in rule if key != "toPorts"]
    if not given:
        yield required(path, _without_peers(section) if rule else "must specify a peer")
    if len(given) > 1:
        yield forbidden(f"{path}.{given[1]}", f"combining {given[0]} and {given[1]} is not supported")
    yield from peers.faults(rule, _SECTIONS[section], path)
    for index, listed in enumerate(rule.get("toPorts", ())):
        yield from openings.faults(listed, section, f"{path}.toPorts[{index}]")


def _without_peers(section: str) -> str:
    return f"a rule without peers {'denies' if section.endswith('Deny') else 'admits'} everyone"
