"""The rules about kinds of projectcalico.org/v3: what Calico refuses, and what would mean more than it says."""

from __future__ import annotations

import marshal
from collections.abc import Iterator
from functools import lru_cache, partial

from netgen.check import directions, metadata, names, networkpolicy
from netgen.check.calico import objects, rules, selectors, titles
from netgen.check.faults import Fault, Json, forbidden, invalid_each, required, unsupported
from netgen.check.shape import Shape, cluster_object_of, fits, object_of

_MOST_RULES = 1024
_RIGHT: Json = {"action": "Deny"}
_ACTIONS = ("Set", "Delete")
_HINTS = ("AssumeNeededOnEveryNode",)
_HOST_FIELDS = ("preDNAT", "doNotTrack", "applyOnForward")
"""What makes a policy one for endpoints of hosts."""

_SPEC: dict[str, Shape] = {
    "tier": str,
    "order": (int, float),
    "selector": str,
    "serviceAccountSelector": str,
    "types": [str],
    "performanceHints": [str],
    **{section: [rules.SHAPE] for section in directions.SECTIONS.values()},
}
_GLOBAL_SPEC: dict[str, Shape] = {**_SPEC, "namespaceSelector": str, **dict.fromkeys(_HOST_FIELDS, bool)}
_STAGED: dict[str, Shape] = {"stagedAction": str}
_KUBERNETES = "StagedKubernetesNetworkPolicy"

SHAPES: dict[str, Shape] = {
    "NetworkPolicy": object_of(_SPEC),
    "StagedNetworkPolicy": object_of({**_SPEC, **_STAGED}),
    "GlobalNetworkPolicy": cluster_object_of(_GLOBAL_SPEC),
    "StagedGlobalNetworkPolicy": cluster_object_of({**_GLOBAL_SPEC, **_STAGED}),
    _KUBERNETES: object_of({**networkpolicy.SPEC, **_STAGED}),
    **objects.SHAPES,
}
"""The shape of each kind."""


def shortened(body: object) -> object:
    """Return *body* with one right rule for all of a section in which nothing is wrong.

    Its shape and its faults are the same, and most rules are written many times.
    """
    spec = body.get("spec") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(spec, dict) or body.get("kind") == _KUBERNETES:
        return body
    home = not str(body.get("kind")).endswith("GlobalNetworkPolicy")
    right: Json = {
        section: [_RIGHT]
        for section in directions.SECTIONS.values()
        if _are_right(spec.get(section), section, is_namespaced=home)
    }
    return {**body, "spec": {**spec, **right}}


def _are_right(listed: object, section: str, *, is_namespaced: bool) -> bool:
    return (
        isinstance(listed, list)
        and 0 < len(listed) <= _MOST_RULES
        and all(_is_right(marshal.dumps(rule, 2), section, is_namespaced=is_namespaced) for rule in listed)
    )


@lru_cache(maxsize=4096)
def _is_right(written: bytes, section: str, *, is_namespaced: bool) -> bool:
    rule = marshal.loads(written)  # noqa: S302 - its own bytes
    found = rules.faults(rule, section, "", is_namespaced=is_namespaced) if fits(rule, rules.SHAPE) else [None]
    return not any(True for _ in found)


def faults(body: Json, service_name: names.Rule) -> Iterator[Fault]:
    """Yield what is wrong with an object of the right shape.

    Where the API server has only the definitions of the kinds, it takes what Calico refuses, and Felix then treats the
    policy as missing: what was closed is open. Therefore every rule of Calico's validator is here.
    Source: projectcalico/calico, libcalico-go/lib/validator/v3/validator.go and lib/names/policy.go, and the
    definitions of v3.32.1. Beyond it, a policy has an order, a selector and types, and selects nothing but pods.
    """
    kind = body["kind"]
    if kind in objects.SHAPES:
        yield from objects.faults(body)
        return
    spec = body.get("spec", {})
    is_namespaced = not kind.endswith("GlobalNetworkPolicy")
    yield from _staged(spec)
    if spec.get("stagedAction") == "Delete":
        yield from metadata.faults(body.get("metadata", {}), names.dns_subdomain, is_namespaced=is_namespaced)
    elif kind == _KUBERNETES:
        plain = {key: value for key, value in spec.items() if key != "stagedAction"}
        yield from networkpolicy.faults({**body, "spec": plain}, service_name)
    else:
        yield from _policy(body, spec, is_namespaced=is_namespaced)


def _staged(spec: Json) -> Iterator[Fault]:
    action = spec.get("stagedAction", "Set")
    if action not in _ACTIONS:
        yield unsupported("spec.stagedAction", action, _ACTIONS)
    if action == "Delete":
        for field in spec.keys() - {"stagedAction", "tier"}:
            yield forbidden(f"spec.{field}", "may not be written when `stagedAction` is 'Delete'")


def _policy(body: Json, spec: Json, *, is_namespaced: bool) -> Iterator[Fault]:
    tier = spec.get("tier", titles.DEFAULT)
    named = partial(titles.of_policy, tier=tier)
    yield from metadata.faults(body.get("metadata", {}), named, is_namespaced=is_namespaced)
    yield from invalid_each("spec.tier", tier, names.dns_label(tier))
    if "order" not in spec:
        yield required("spec.order", "a policy without it comes behind those that have one")
    yield from _subject(spec, is_namespaced=is_namespaced)
    why = "Felix takes a policy without it for both directions, and the API server does not"
    yield from directions.listed(spec, "types", why)
    for index, hint in enumerate(spec.get("performanceHints", ())):
        if hint not in _HINTS:
            yield unsupported(f"spec.performanceHints[{index}]", hint, _HINTS)
    if any(spec.get(field) for field in _HOST_FIELDS):
        yield from _of_hosts(spec)
    for section in directions.SECTIONS.values():
        yield from _section(spec.get(section, ()), section, is_namespaced=is_namespaced)


def _section(listed: list[Json], section: str, *, is_namespaced: bool) -> Iterator[Fault]:
    if len(listed) > _MOST_RULES:
        yield Fault(f"spec.{section}", f"Too many: {len(listed)}: must have at most {_MOST_RULES} items")
    for index, one in enumerate(listed):
        yield from rules.faults(one, section, f"spec.{section}[{index}]", is_namespaced=is_namespaced)


def _subject(spec: Json, *, is_namespaced: bool) -> Iterator[Fault]:
    if not spec.get("selector"):
        yield required("spec.selector", "a policy without it selects everything; `all()` says so")
    wrong = [
        fault
        for field in ("selector", "serviceAccountSelector", "namespaceSelector")
        if field in spec
        for fault in selectors.faults(spec[field], f"spec.{field}")
    ]
    yield from wrong
    is_of_hosts = any(spec.get(field) for field in _HOST_FIELDS)
    if not wrong and not is_namespaced and not is_of_hosts and selectors.means_hosts(spec):
        yield required("spec.namespaceSelector", f"hosts are selected too: begin it with `{selectors.IS_NAMESPACE}`")


def _of_hosts(spec: Json) -> Iterator[Fault]:
    if spec.get("preDNAT") and spec.get("doNotTrack"):
        yield forbidden("spec.doNotTrack", "may not be true when `preDNAT` is")
    if spec.get("preDNAT") and ("egress" in spec or "Egress" in spec.get("types", ())):
        yield forbidden("spec.egress", "may not be written when `preDNAT` is true")
    if not spec.get("applyOnForward"):
        yield required("spec.applyOnForward", "must be true when `preDNAT` or `doNotTrack` is")
