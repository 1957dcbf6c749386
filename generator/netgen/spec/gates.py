"""The entry points of a Platform, each an Ingress class and its controller: a built-in profile, or one described."""

from __future__ import annotations

import re
from dataclasses import field, replace
from typing import Any

from netgen.intent import EVERY_POD, Entities, EntryPoint, Pods, Selector
from netgen.problems import Problem
from netgen.records import record
from netgen.source import Spot
from netgen.spec.controllers import Controller, controllers
from netgen.spec.forms.selectors import read_select
from netgen.spec.forms.text import FormError, dns_label, namespace_name, parsed, shown, suggestion

_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*", re.ASCII)
_SUBDOMAIN_RULE = "at most 253 lower-case letters, digits, '-' and '.', a letter or digit at both ends and beside dots"


@record
class Gate:
    """An entry point with the *hosts* it serves (none: every host) and its way to certificates (None: its own).

    *spot* is where its class is written, None where a flag says it.
    """

    entrypoint: EntryPoint
    hosts: frozenset[str]
    secret: str | None
    issuer: str | None
    controller: Controller
    spot: Spot | None = field(default=None, compare=False, repr=False)

    def serves(self, host: str) -> bool:
        """Return whether *host* is one of the gate's, by name or under one of its wildcards."""
        return not self.hosts or host in self.hosts or f"*.{host.partition('.')[2]}" in self.hosts


def read_gate(name: str, value: dict[str, Any], spot: Spot, found: list[Problem]) -> Gate | None:
    """Return the entry point *name* of a value of the schema's shape, or None with the problem found."""
    controller = _controller(value, spot, found)
    secret, issuer = _certificates(value.get("tls", "controller"), spot.at("tls"), found)
    annotations = tuple(sorted(value.get("annotations", {}).items()))
    if controller is None:
        return None
    plane, internal = controller.data_plane, value.get("internal", False)
    entrypoint = EntryPoint(name, value["ingress"], plane, annotations, controller.secure, internal=internal)
    return Gate(entrypoint, frozenset(value.get("hosts", ())), secret, issuer, controller, spot.at("ingress"))


def _controller(value: dict[str, Any], spot: Spot, found: list[Problem]) -> Controller | None:
    """Return the controller of an entry point: the profile of its class, another one, or one described in the spec."""
    written = value.get("controller", {})
    if isinstance(written, str):
        return _profile(written, spot.at("controller"), found)
    if "profile" in written:
        base = _profile(written["profile"], spot.at("controller", "profile"), found)
    elif {"namespace", "labels"} <= written.keys():
        base = controllers().by_class.get(value["ingress"], Controller(Pods("", Selector())))
    else:
        base = _class_profile(value["ingress"], spot, found)
    return base and _placed(base, written, spot.at("controller"), found)


def _placed(base: Controller, written: dict[str, Any], spot: Spot, found: list[Problem]) -> Controller | None:
    """Return *base* with the namespace and labels that are written."""
    plane = base.data_plane
    if isinstance(plane, Entities):
        if not {"namespace", "labels"} & written.keys():
            return base
        plane = Pods("")
    namespace: str | None = plane.namespace
    if "namespace" in written:
        namespace = parsed(namespace_name, written["namespace"], spot.at("namespace"), found)
    selector: Selector | None = plane.selector
    if "labels" in written:
        selector = read_select(written["labels"], spot.at("labels"), found)
    if namespace is None or selector is None:
        return None
    if not namespace or selector == EVERY_POD:
        message = "the proxy of this profile is no pods, which need a namespace and labels"
        found.append(Problem("unknown-controller", spot.value(), message, fix="write both, or neither"))
        return None
    return replace(base, data_plane=Pods(namespace, selector))


def _profile(name: str, spot: Spot, found: list[Problem]) -> Controller | None:
    known = controllers().by_name
    if name not in known:
        of_class = controllers().by_class.get(name)
        near = next((f" (did you mean {shown(other)}?)" for other in known if known[other] is of_class), None)
        message = f"no controller profile {shown(name)}{near or suggestion(name, tuple(known))}"
        found.append(Problem("unknown-controller", spot.value(), message, fix="one of " + ", ".join(known)))
        return None
    return known[name]


def _class_profile(class_name: str, spot: Spot, found: list[Problem]) -> Controller | None:
    known = controllers().by_class
    if class_name not in known:
        found.append(_unknown_class(class_name, spot))
        return None
    return known[class_name]


def _unknown_class(class_name: str, spot: Spot | None) -> Problem:
    known = tuple(controllers().by_class)
    near = suggestion(class_name, known)
    message = f"the Ingress class {shown(class_name)} has no built-in controller profile, so its pods cannot be named"
    notes = (f"classes with a profile: {', '.join(known)}",)
    if spot is None:
        fix = "in a Platform document, describe the entry point with its controller: {namespace, labels}"
        return Problem("unknown-controller", None, message + near, notes, fix)
    fix = "under this entry point write  controller: {namespace: NAMESPACE, labels: {KEY: VALUE}}"
    return Problem("unknown-controller", spot.at("ingress").value(), message + near, notes, fix)


def _certificates(text: str, spot: Spot, found: list[Problem]) -> tuple[str | None, str | None]:
    """Return the Secret or the issuer that `tls` names; both None where the controller holds the certificates."""
    is_secret, is_issuer = text.startswith("secret "), text.startswith("cert-manager/")
    if text == "controller":
        return None, None
    if not is_secret and not is_issuer:
        fix = "write controller, secret NAME or cert-manager/ISSUER"
        found.append(Problem("bad-value", spot.value(), f"{shown(text)} is no way to a certificate", fix=fix))
        return None, None
    named = text.removeprefix("secret ") if is_secret else text.removeprefix("cert-manager/")
    if not parsed(lambda whole: _resource_name(named, len(whole) - len(named)), text, spot, found):
        return None, None
    return (named, None) if is_secret else (None, named)


def _resource_name(text: str, offset: int) -> str:
    if len(text) > 253 or not _SUBDOMAIN.fullmatch(text):
        message = f"{shown(text)} is not the name of a Secret or issuer: {_SUBDOMAIN_RULE}"
        raise FormError("bad-name", message, part=(offset, len(text)))
    return text


def flag_gate(class_name: str, gates: tuple[Gate, ...], found: list[Problem]) -> tuple[Gate, ...]:
    """Return the entry point that `--ingress NAME` stands for: the class NAME, serving every host."""
    known = controllers().by_class
    try:
        dns_label(class_name, "an Ingress class that can name an entry point")
    except FormError as error:
        found.append(Problem(error.code, None, error.message, fix=error.fix))
        return ()
    if class_name not in known:
        found.append(_unknown_class(class_name, None))
        return ()
    if any(gate.entrypoint.name == class_name for gate in gates):
        message = f"--ingress {class_name}: the Platform has an entry point of this name already"
        found.append(Problem("entrypoint-ambiguous", None, message, fix="leave --ingress out"))
        return ()
    controller = known[class_name]
    entrypoint = EntryPoint(class_name, class_name, controller.data_plane, (), controller.secure)
    return (Gate(entrypoint, frozenset(), None, None, controller),)
