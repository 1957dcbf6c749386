"""CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy: each spec of an object is a policy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from netgen.evaluate.objects.cilium.known import Known, each, record
from netgen.evaluate.objects.cilium.rules import SECTIONS, rules
from netgen.evaluate.objects.cilium.subjects import subject
from netgen.evaluate.objects.model import Direction, Policy
from netgen.evaluate.objects.values import MalformedError, items, mapping, text
from netgen.source import Spot

_TOP = frozenset(("apiVersion", "kind", "metadata", "spec", "specs", "status"))
_SPEC = frozenset(
    (
        *("endpointSelector", "nodeSelector", "enableDefaultDeny", "description", "labels", "log"),
        *(key for sections in SECTIONS.values() for _, key in sections),
    )
)
_SELECTORS = ("endpointSelector", "nodeSelector")
_DIRECTIONS = frozenset(str(direction) for direction in Direction)
_LABEL = frozenset(("key", "value", "source"))
_LOG = frozenset(("value",))
_PRINTED = re.compile(r"[^\x00-\x1f\x7f-\x9f]{0,32}")


def policies(body: dict[str, Any], name: str, spot: Spot, known: Known) -> tuple[Policy, ...]:
    """Return the policies of the object *body*, one for each of its specs.

    MalformedError where Cilium refuses the object, or says in its status that it did: nothing of it is enforced then.
    What Cilium takes, and nobody here evaluates, is noted in *known*. Source: cilium v1.20.2,
    pkg/k8s/apis/cilium.io/v2/{cnp,ccnp}_types.go, pkg/policy/api/rule_validation.go, and the definitions of the kinds.
    """
    found = record(body, _TOP, spot)
    _check_status(found.get("status"), spot.at("status"))
    if "spec" not in found and "specs" not in found:
        raise MalformedError("there is neither spec nor specs", spot)
    specs = [(found["spec"], spot.at("spec"))] if "spec" in found else []
    specs += list(each(found.get("specs"), spot.at("specs")))
    return tuple(one for spec, at in specs for one in _policy(spec, at, name, spot if len(specs) == 1 else at, known))


def _check_status(value: object, spot: Spot) -> None:
    at = spot.at("conditions")
    for item, place in items(mapping(value, spot).get("conditions"), at):
        one = mapping(item, place)
        if one.get("type") == "Valid" and one.get("status") == "False":
            raise MalformedError(f"Cilium says in its status that it is not valid: {one.get('message')}", place)


def _policy(value: object, spot: Spot, name: str, whole: Spot, known: Known) -> Iterator[Policy]:
    """Yield the policy of a spec; one about nodes is not evaluated."""
    spec = record(value, _SPEC, spot)
    _check_texts(spec, spot)
    given = [key for key in _SELECTORS if key in spec]
    if len(given) != 1:
        raise MalformedError("there has to be one of endpointSelector and nodeSelector", spot)
    if given == ["nodeSelector"] and known.namespace:
        raise MalformedError("a policy of a namespace cannot be about nodes", spot.at("nodeSelector"), at_key=True)
    directions = {direction: rules(spec, direction, spot, known) for direction in Direction}
    if not any(directions.values()):
        keys = ", ".join(key for sections in SECTIONS.values() for _, key in sections)
        raise MalformedError(f"there has to be a rule in one of {keys}", spot)
    yielding = _yielding(spec, spot)
    if given == ["nodeSelector"]:
        known.unknown("it is about nodes", spot.at("nodeSelector").key())
        return
    about = subject(spec["endpointSelector"], spot.at("endpointSelector"), known)
    yield Policy(
        kind=known.kind,
        namespace=known.namespace,
        name=name,
        subject=about.pods,
        ingress=directions[Direction.INGRESS],
        egress=directions[Direction.EGRESS],
        spot=whole,
        scope=about.scope,
        yielding=frozenset(one for one in yielding if directions[one] is not None),
        entities=about.entities,
    )


def _yielding(spec: dict[str, Any], spot: Spot) -> list[Direction]:
    """Return the directions in which default deny is switched off; where there are no rules, it is off anyway."""
    at = spot.at("enableDefaultDeny")
    found = record(spec.get("enableDefaultDeny", {}), _DIRECTIONS, at)
    for key, value in found.items():
        if not isinstance(value, bool):
            raise MalformedError(f"{key} is neither true nor false", at.at(key))
    return [direction for direction in Direction if found.get(str(direction)) is False]


def _check_texts(spec: dict[str, Any], spot: Spot) -> None:
    """Raise MalformedError where what only tells of the policy is not as the definition has it."""
    text(spec.get("description", ""), spot.at("description"))
    log = record(spec.get("log", {}), _LOG, spot.at("log"))
    if not _PRINTED.fullmatch(text(log.get("value", ""), spot.at("log", "value"))):
        raise MalformedError("a log value has at most 32 characters that can be printed", spot.at("log", "value"))
    for item, at in each(spec.get("labels"), spot.at("labels")):
        label = record(item, _LABEL, at)
        if "key" not in label:
            raise MalformedError("a label has no key", at)
        for key, value in label.items():
            text(value, at.at(key))
