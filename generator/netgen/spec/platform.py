"""A Platform document over the built-in profiles; without one, the defaults and the flags that stand in for it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netgen.intent import Addresses, Block, EntryPoint, Pairs, Peer, Pods, Selector
from netgen.problems import Problem
from netgen.records import record
from netgen.source import Spot
from netgen.spec.annotations import judge
from netgen.spec.controllers import Controller, controllers
from netgen.spec.forms.addresses import address_and_port, cidr, looks_like_address
from netgen.spec.forms.selectors import pods, read_select, resolver
from netgen.spec.forms.text import (
    FormError,
    dns_label,
    each,
    namespace_name,
    parsed,
    shown,
    suggestion,
)
from netgen.spec.ranges import NO_RANGES, Ranges, read_ranges, warn_inside

if TYPE_CHECKING:
    from netgen.spec.forms.claims import ClaimForm

CNIS = ("kubernetes",)
DEFAULT_CNI = "kubernetes"
LATER_CNIS = {
    "calico": "calico enforces plain NetworkPolicies",
    "cilium": "cilium enforces plain NetworkPolicies, but takes no node or pod for a part of a CIDR",
    "flannel": "flannel enforces no NetworkPolicy by itself: something beside it must",
    "weave": "weave enforces plain NetworkPolicies",
}
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*", re.ASCII)
_SUBDOMAIN_RULE = "at most 253 lower-case letters, digits, '-' and '.', a letter or digit at both ends and beside dots"
CLUSTER_DNS = "kube-system/k8s-app=kube-dns"


@record
class Resolver:
    """A DNS server that every app may ask; *name* is how the comment of a rule names it."""

    peer: Peer
    port: int
    name: str


DEFAULT_DNS = (Resolver(pods(CLUSTER_DNS), 53, CLUSTER_DNS),)


@record
class Gate:
    """An entry point with the *hosts* it serves (none: every host) and its way to certificates (None: its own)."""

    entrypoint: EntryPoint
    hosts: frozenset[str]
    secret: str | None
    issuer: str | None
    controller: Controller

    def serves(self, host: str) -> bool:
        """Return whether *host* is one of the gate's, by name or under one of its wildcards."""
        return not self.hosts or host in self.hosts or f"*.{host.partition('.')[2]}" in self.hosts


@record
class Platform:
    """What is installed in the cluster.

    *unsafe* are the annotations that are allowed although no spec can answer for them. *unclear* are the keys of which
    a part could not be read: what seems to be missing there is not reported as well.
    """

    cni: str = DEFAULT_CNI
    kubernetes: tuple[int, int] | None = None
    owners: Pairs = ()
    dns: tuple[Resolver, ...] = DEFAULT_DNS
    scrape: tuple[Pods, ...] = ()
    gates: tuple[Gate, ...] = ()
    ranges: Ranges = NO_RANGES
    apiserver: tuple[tuple[str, int], ...] = ()
    claims: tuple[ClaimForm, ...] = ()
    unsafe: frozenset[str] = frozenset()
    unclear: frozenset[str] = frozenset()


PARTS = frozenset({"entrypoints", "ranges", "apiserver", "owners", "kubernetes", "unsafeAnnotations"})
"""The keys of a platform without which a spec may look wrong."""


def read_platform(
    written: tuple[dict[str, Any], Spot] | None,
    cni: str | None,
    ingress: str | None,
    found: list[Problem],
    *,
    unread: bool,
) -> Platform:
    """Return the platform of a document of the schema's shape, with the flags *cni* and *ingress* over it.

    *written* is the document's data and spot, None for the defaults. *unread* says that there may be more than was
    read, so that all of it is unclear.
    """
    platform = _written(*written, found) if written else Platform()
    if cni is not None:
        platform = replace(platform, cni=_cni(cni, None, found))
    if ingress is not None:
        gates = _flag_gate(ingress, platform.gates, found)
        unclear = platform.unclear if gates else platform.unclear | {"entrypoints"}
        platform = replace(platform, gates=(*platform.gates, *gates), unclear=unclear)
    return replace(platform, unclear=PARTS) if unread else platform


def _written(data: dict[str, Any], spot: Spot, found: list[Problem]) -> Platform:
    scrape = data.get("scrape", [])
    unsafe = frozenset(data.get("unsafeAnnotations", ()))
    for name, item in data.get("entrypoints", {}).items():
        judge(item.get("annotations", {}).items(), spot.at("entrypoints", name, "annotations"), unsafe, found)
    gates = [
        _gate(name, item, spot.at("entrypoints", name), found) for name, item in data.get("entrypoints", {}).items()
    ]
    before = len(found)
    ranges = read_ranges(data["ranges"], spot.at("ranges"), found) if "ranges" in data else NO_RANGES
    between = len(found)
    servers = each(address_and_port, data.get("apiserver", []), spot.at("apiserver"), found)
    _warn_inside(data, spot, ranges, found)
    unclear = {"entrypoints": None in gates, "ranges": between > before, "apiserver": len(found) > between}
    return Platform(
        cni=_cni(data["cni"], spot.at("cni"), found) if "cni" in data else DEFAULT_CNI,
        kubernetes=_version(data.get("kubernetes")),
        owners=tuple(sorted(data.get("owners", {}).items())),
        dns=tuple(each(_resolver, data["dns"], spot.at("dns"), found)) if "dns" in data else DEFAULT_DNS,
        scrape=tuple(sorted(set(each(pods, scrape, spot.at("scrape"), found)))),
        gates=tuple(gate for gate in gates if gate),
        ranges=ranges,
        apiserver=tuple(sorted(set(servers))),
        claims=_claims(data, spot, found),
        unsafe=unsafe,
        unclear=frozenset(key for key, is_unclear in unclear.items() if is_unclear),
    )


def _claims(data: dict[str, Any], spot: Spot, found: list[Problem]) -> tuple[ClaimForm, ...]:
    if "never" not in data:
        return ()
    from netgen.spec.forms.claims import read_claims  # noqa: PLC0415 - few platforms have any

    return read_claims(data["never"], spot.at("never"), found)


def _warn_inside(data: dict[str, Any], spot: Spot, ranges: Ranges, found: list[Problem]) -> None:
    """Warn of name servers and API servers that are named by an address of a Service or a pod."""
    for index, text in enumerate(data.get("dns", ())):
        peer = parsed(lambda item: resolver(item)[0], text, spot.at("dns", index), [])
        if isinstance(peer, str):
            warn_inside(ranges, cidr(peer), spot.at("dns", index).value, found)
            _warn_of_port(text, spot.at("dns", index), found)
    for index, text in enumerate(data.get("apiserver", ())):
        server = parsed(address_and_port, text, spot.at("apiserver", index), [])
        if server:
            warn_inside(ranges, cidr(server[0]), spot.at("apiserver", index).value, found)


def _cni(text: str, spot: Spot | None, found: list[Problem]) -> str:
    if text in CNIS:
        return text
    name, place = text.partition(" ")[0].lower(), spot.value() if spot else None
    if text.lower() in CNIS:
        message = f"no CNI {shown(text)}: the name is lower-case"
        found.append(Problem("unknown-cni", place, message, fix=f"write {name}"))
    elif name in CNIS:
        found.append(Problem("unknown-cni", place, f"{shown(name)} has no versions", fix=f"write {name}"))
    elif name in LATER_CNIS:
        message = f"{shown(text)}: the profile {name} is not read by this version of netgen"
        fix = "write cni: kubernetes (or --cni kubernetes) for plain NetworkPolicies"
        found.append(Problem("not-yet", place, message, (LATER_CNIS[name],), fix))
    else:
        message = f"no CNI {shown(text)}{suggestion(name, (*CNIS, *LATER_CNIS))}"
        found.append(Problem("unknown-cni", place, message, fix="write kubernetes"))
    return DEFAULT_CNI


def _version(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    major, _, minor = text.partition(".")
    return int(major), int(minor)


def _warn_of_port(text: str, spot: Spot, found: list[Problem]) -> None:
    """Warn of an IPv6 address that is another one and the port of name servers: that stands after brackets."""
    host, _, last = text.rpartition(":")
    if last == "53" and not text.startswith("[") and looks_like_address(host) and not host.endswith(":"):
        message = f"{shown(text)} is read as an address without a port"
        fix = f"write [{host}]:53, if 53 is the port, else [{text}]:53"
        found.append(Problem("address-or-port", spot.value(), message, fix=fix))


def _resolver(text: str) -> Resolver:
    peer, port = resolver(text)
    if isinstance(peer, str):
        return Resolver(Addresses((Block(cidr(peer)),)), port, peer)
    return Resolver(peer, port, text.partition(":")[0])


def _gate(name: str, value: dict[str, Any], spot: Spot, found: list[Problem]) -> Gate | None:
    controller = _controller(value, spot, found)
    secret, issuer = _certificates(value.get("tls", "controller"), spot.at("tls"), found)
    annotations = tuple(sorted(value.get("annotations", {}).items()))
    if controller is None:
        return None
    plane, internal = controller.data_plane, value.get("internal", False)
    entrypoint = EntryPoint(name, value["ingress"], plane, annotations, controller.secure, internal=internal)
    return Gate(entrypoint, frozenset(value.get("hosts", ())), secret, issuer, controller)


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
    namespace: str | None = base.data_plane.namespace
    if "namespace" in written:
        namespace = parsed(namespace_name, written["namespace"], spot.at("namespace"), found)
    selector: Selector | None = base.data_plane.selector
    if "labels" in written:
        selector = read_select(written["labels"], spot.at("labels"), found)
    if namespace is None or selector is None:
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


def _flag_gate(class_name: str, gates: tuple[Gate, ...], found: list[Problem]) -> tuple[Gate, ...]:
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
