"""The entry points of a Platform, each an Ingress class or a Gateway, and where its certificates come from."""

from __future__ import annotations

import re
from dataclasses import field
from typing import Any

from netgen.intent import EntryPoint, Gateway
from netgen.problems import Problem
from netgen.records import record
from netgen.source import Spot
from netgen.spec.controllers import Controller, controllers
from netgen.spec.forms.text import FormError, dns_label, namespace_name, parsed, shown
from netgen.spec.planes import of_class, of_gateway, unknown_class

_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*", re.ASCII)
_SUBDOMAIN_RULE = "at most 253 lower-case letters, digits, '-' and '.', a letter or digit at both ends and beside dots"
_LISTENER = "the listener of the Gateway holds the certificate, and no route can name another"


@record
class Gate:
    """An entry point with the *hosts* it serves (none: every host) and its way to certificates (None: its own).

    *spot* is where its class or Gateway is written, None where a flag says it.
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
    if ("ingress" in value) == ("gateway" in value):
        found.append(_one_of_two(value, spot))
        return None
    if "gateway" in value:
        return _at_gateway(name, value, spot, found)
    controller = of_class(value, spot, found)
    secret, issuer = _certificates(value.get("tls", "controller"), spot.at("tls"), found)
    if controller is None or controller.data_plane is None:
        return None
    entrypoint = EntryPoint(
        name, value["ingress"], controller.data_plane, _annotations(value), controller.secure, _internal(value)
    )
    return Gate(entrypoint, frozenset(value.get("hosts", ())), secret, issuer, controller, spot.at("ingress"))


def _annotations(value: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(value.get("annotations", {}).items()))


def _internal(value: dict[str, Any]) -> bool:
    return bool(value.get("internal", False))


def _one_of_two(value: dict[str, Any], spot: Spot) -> Problem:
    if "gateway" in value:
        message = "an entry point has `ingress` or `gateway`, not both"
        fix = "write an entry point for each; a URL names its own by  via, where both serve the host"
        return Problem("bad-value", spot.at("gateway").key(), message, fix=fix)
    message = f"the entry point {shown(str(spot.path[-1]))} needs `ingress` or `gateway`"
    return Problem("missing-key", spot.key(), message, fix="add  ingress: CLASS  or  gateway: NAMESPACE/NAME:LISTENER")


def _at_gateway(name: str, value: dict[str, Any], spot: Spot, found: list[Problem]) -> Gate | None:
    gateway = parsed(read_gateway, value["gateway"], spot.at("gateway"), found)
    if value.get("tls", "controller") != "controller":
        fix = "leave  tls  out, and give the listener its certificate in the Gateway"
        found.append(Problem("listener-certificate", spot.at("tls").value(), _LISTENER, fix=fix))
    served = gateway and of_gateway(gateway, value.get("controller"), spot, found)
    if gateway is None or served is None:
        return None
    entrypoint = EntryPoint(name, "", served.plane, _annotations(value), (), _internal(value), gateway)
    return Gate(entrypoint, frozenset(value.get("hosts", ())), None, None, served.controller, spot.at("gateway"))


def read_gateway(text: str) -> Gateway:
    """Return the Gateway that `NAMESPACE/NAME[:LISTENER]` names, else raise `bad-name` or `bad-value`."""
    namespace, slash, rest = text.partition("/")
    if not slash:
        message = f"{shown(text)} names no namespace of a Gateway"
        raise FormError("bad-value", message, fix=f"write NAMESPACE/{text or 'NAME'}")
    namespace_name(namespace)
    name, colon, section = rest.partition(":")
    start = len(namespace) + 1
    _object_name(name, "a Gateway", start)
    if colon:
        _object_name(section, "a listener", start + len(name) + 1)
    return Gateway(namespace, name, section)


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
    if not parsed(lambda whole: _object_name(named, "a Secret or issuer", len(whole) - len(named)), text, spot, found):
        return None, None
    return (named, None) if is_secret else (None, named)


def _object_name(text: str, what: str, offset: int) -> str:
    if len(text) > 253 or not _SUBDOMAIN.fullmatch(text):
        message = f"{shown(text)} is not the name of {what}: {_SUBDOMAIN_RULE}"
        raise FormError("bad-name", message, part=(offset, max(len(text), 1)))
    return text


def flag_gate(class_name: str, gates: tuple[Gate, ...], found: list[Problem]) -> tuple[Gate, ...]:
    """Return the entry point that `--ingress NAME` stands for: the class NAME, serving every host."""
    known = controllers().by_class
    try:
        dns_label(class_name, "an Ingress class that can name an entry point")
    except FormError as error:
        found.append(Problem(error.code, None, error.message, fix=error.fix))
        return ()
    controller = known.get(class_name)
    if controller is None or controller.data_plane is None:
        found.append(unknown_class(class_name, None))
        return ()
    if _is_taken(class_name, gates, f"--ingress {class_name}", found):
        return ()
    entrypoint = EntryPoint(class_name, class_name, controller.data_plane, (), controller.secure)
    return (Gate(entrypoint, frozenset(), None, None, controller),)


def flag_gateway(text: str, gates: tuple[Gate, ...], found: list[Problem]) -> tuple[Gate, ...]:
    """Return the entry point that `--gateway NAMESPACE/NAME[:LISTENER][=PROFILE]` stands for, serving every host."""
    written, says, profile = text.partition("=")
    try:
        gateway = read_gateway(written)
        dns_label(gateway.name, "the name of a Gateway that can name an entry point")
    except FormError as error:
        found.append(Problem(error.code, None, f"--gateway: {error.message}", fix=error.fix))
        return ()
    served = of_gateway(gateway, profile if says else None, None, found)
    if served is None or _is_taken(gateway.name, gates, f"--gateway {gateway}", found):
        return ()
    entrypoint = EntryPoint(gateway.name, "", served.plane, (), (), gateway=gateway)
    return (Gate(entrypoint, frozenset(), None, None, served.controller),)


def _is_taken(name: str, gates: tuple[Gate, ...], flag: str, found: list[Problem]) -> bool:
    if all(gate.entrypoint.name != name for gate in gates):
        return False
    message = f"{flag}: there is an entry point {shown(name)} already"
    found.append(Problem("entrypoint-ambiguous", None, message, fix=f"leave {flag.partition(' ')[0]} out"))
    return True


def check_internal(gates: tuple[Gate, ...], found: list[Problem]) -> None:
    """Refuse an entry point that the internet does not reach, where it reaches another one through the same door."""
    public = [gate.entrypoint for gate in gates if not gate.entrypoint.internal]
    for gate in gates if public else ():
        rival = next((one for one in public if one.is_beside(gate.entrypoint)), None)
        if gate.entrypoint.internal and rival:
            message = f"the internet does not reach {gate.entrypoint.served} by {gate.entrypoint.name}, and does by "
            message += f"{rival.name}: what serves both takes the hosts of both"
            fix = f"write  internal: true  at both or at neither{'' if gate.spot else ', or leave the flag out'}"
            found.append(Problem("bad-value", gate.spot.value() if gate.spot else None, message, fix=fix))
