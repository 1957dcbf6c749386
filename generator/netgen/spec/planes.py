"""Who serves an entry point: the pods of a controller's data plane, by its profile or as a Platform describes them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from netgen.intent import EVERY_POD, Entities, Gateway, Pods, Selector
from netgen.problems import Place, Problem
from netgen.source import Spot
from netgen.spec.controllers import GENERIC, Controller, controllers
from netgen.spec.forms.selectors import read_select
from netgen.spec.forms.text import namespace_name, parsed, shown, suggestion

_LONGEST_LABEL = 63
Plane = Pods | Entities


class Served(NamedTuple):
    """The controller that serves a Gateway, and its data plane there."""

    controller: Controller
    plane: Plane


def of_gateway(gateway: Gateway, written: Any, spot: Spot | None, found: list[Problem]) -> Served | None:
    """Return who serves *gateway*, by the *written* controller of the entry point at *spot*, None for a flag's."""
    form = {"profile": written} if isinstance(written, str) else written or {}
    if not form:
        found.append(_assumed(gateway, spot))
    base = Controller(None) if {"namespace", "labels"} <= form.keys() else controllers().by_name[GENERIC]
    if "profile" in form:
        at = spot and spot.at("controller")
        place = at and (at if isinstance(written, str) else at.at("profile")).value()
        known = _profile(form["profile"], place, found)
        if known is None or known.gateway is None:
            found += [] if known is None else [_no_routes(form["profile"], place)]
            return None
        base = known
    plane = base.serving(gateway)
    if spot is not None:
        plane = _pods_of(plane, form, spot.at("controller"), found)
    return None if plane is None or _is_too_long(plane, gateway, spot, found) else Served(base, plane)


def _no_routes(profile: str, place: Place | None) -> Problem:
    known = ", ".join(name for name, one in controllers().by_name.items() if one.gateway)
    message = f"{shown(profile)} is the profile of a controller that takes no HTTPRoutes"
    return Problem("unknown-controller", place, message, fix=f"one of {known}")


def _assumed(gateway: Gateway, spot: Spot | None) -> Problem:
    """Return the note that nobody says who serves *gateway*."""
    pods = f"pods of {gateway.namespace} with gateway.networking.k8s.io/gateway-name={gateway.name}"
    message = f"the Gateway {gateway} is taken to be served by {pods}"
    known = controllers().by_name
    others = [name for name, one in known.items() if one.gateway not in (None, known[GENERIC].gateway)]
    notes = (f"controllers with other pods, or none: {', '.join(others)}",)
    written = "controller: PROFILE" if spot else f"--gateway {gateway}=PROFILE"
    fix = f"say whose they are: {written}; {GENERIC} stands for the pods named here"
    return Problem("controller-assumed", spot.at("gateway").value() if spot else None, message, notes, fix)


def _is_too_long(plane: Plane, gateway: Gateway, spot: Spot | None, found: list[Problem]) -> bool:
    """Return whether the name of *gateway* makes labels of *plane* that nothing can wear."""
    if isinstance(plane, Entities) or all(len(value) <= _LONGEST_LABEL for _, value in plane.selector.labels):
        return False
    message = f"the name {shown(gateway.name)} is too long for a label, so that its pods cannot be named by it"
    fix = "under this entry point write  controller: {namespace: NAMESPACE, labels: {KEY: VALUE}}"
    found.append(Problem("unknown-controller", spot.at("gateway").value() if spot else None, message, fix=fix))
    return True


def of_class(value: dict[str, Any], spot: Spot, found: list[Problem]) -> Controller | None:
    """Return the controller of an entry point: the profile of its class, another one, or one described in the spec."""
    written = value.get("controller", {})
    if isinstance(written, str):
        return _for_ingress(written, spot.at("controller").value(), found)
    if "profile" in written:
        base = _for_ingress(written["profile"], spot.at("controller", "profile").value(), found)
    elif {"namespace", "labels"} <= written.keys():
        base = controllers().by_class.get(value["ingress"], Controller(None))
    else:
        base = _class_profile(value["ingress"], spot, found)
    plane = base and _pods_of(base.data_plane, written, spot.at("controller"), found)
    return replace(base, data_plane=plane) if base and plane else None


def _for_ingress(name: str, place: Place, found: list[Problem]) -> Controller | None:
    """Return the profile *name*, which must serve Ingresses."""
    known = _profile(name, place, found)
    if known is None or known.data_plane is not None:
        return known
    message = f"{shown(name)} is the profile of a controller that takes no Ingresses"
    fix = "write  gateway: NAMESPACE/NAME:LISTENER  in the place of  ingress"
    found.append(Problem("unknown-controller", place, message, fix=fix))
    return None


def _pods_of(plane: Plane | None, written: dict[str, Any], spot: Spot, found: list[Problem]) -> Plane | None:
    """Return *plane* with the namespace and labels that are written."""
    if isinstance(plane, Entities):
        if not {"namespace", "labels"} & written.keys():
            return plane
        plane = None
    placed = plane or Pods("")
    namespace: str | None = placed.namespace
    if "namespace" in written:
        namespace = parsed(namespace_name, written["namespace"], spot.at("namespace"), found)
    selector: Selector | None = placed.selector
    if "labels" in written:
        selector = read_select(written["labels"], spot.at("labels"), found)
    if namespace is None or selector is None:
        return None
    if not namespace or selector == EVERY_POD:
        message = "the proxy of this profile is no pods, which need a namespace and labels"
        found.append(Problem("unknown-controller", spot.value(), message, fix="write both, or neither"))
        return None
    return Pods(namespace, selector)


def _profile(name: str, place: Place | None, found: list[Problem]) -> Controller | None:
    known = controllers().by_name
    if name not in known:
        meant = controllers().by_class.get(name)
        near = next((f" (did you mean {shown(other)}?)" for other in known if known[other] is meant), None)
        message = f"no controller profile {shown(name)}{near or suggestion(name, tuple(known))}"
        found.append(Problem("unknown-controller", place, message, fix="one of " + ", ".join(known)))
        return None
    return known[name]


def _class_profile(class_name: str, spot: Spot, found: list[Problem]) -> Controller | None:
    known = controllers().by_class
    if class_name not in known:
        found.append(unknown_class(class_name, spot))
        return None
    return known[class_name]


def unknown_class(class_name: str, spot: Spot | None) -> Problem:
    """Return the problem that no profile is that of *class_name*; *spot* as for assumed."""
    known = tuple(controllers().by_class)
    near = suggestion(class_name, known)
    message = f"the Ingress class {shown(class_name)} has no built-in controller profile, so its pods cannot be named"
    notes = (f"classes with a profile: {', '.join(known)}",)
    if spot is None:
        fix = "in a Platform document, describe the entry point with its controller: {namespace, labels}"
        return Problem("unknown-controller", None, message + near, notes, fix)
    fix = "under this entry point write  controller: {namespace: NAMESPACE, labels: {KEY: VALUE}}"
    return Problem("unknown-controller", spot.at("ingress").value(), message + near, notes, fix)
