"""A Platform document over the built-in profiles; without one, the defaults and the flags that stand in for it."""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

from netgen.intent import Addresses, Block, Pairs, Peer, Pods
from netgen.problems import Place, Problem
from netgen.profiles import Cni
from netgen.records import record
from netgen.source import Spot
from netgen.spec.annotations import judge
from netgen.spec.forms.addresses import address_and_port, cidr, looks_like_address
from netgen.spec.forms.selectors import pods, resolver
from netgen.spec.forms.text import each, parsed, shown
from netgen.spec.gates import Gate, check_internal, flag_gate, flag_gateway, read_gate
from netgen.spec.plugins import read_cni
from netgen.spec.ranges import NO_RANGES, Ranges, read_ranges, warn_inside

if TYPE_CHECKING:
    from netgen.spec.environments import Environments
    from netgen.spec.forms.claims import ClaimForm

CLUSTER_DNS = "kube-system/k8s-app=kube-dns"

Flags = tuple[str | None, str | None]
"""What `--ingress` and `--gateway` say, None where they are not given."""
NO_FLAGS: Flags = (None, None)


@record
class Resolver:
    """A DNS server that every app may ask; *name* is how the comment of a rule names it."""

    peer: Peer
    port: int
    name: str


DEFAULT_DNS = (Resolver(pods(CLUSTER_DNS), 53, CLUSTER_DNS),)


@record
class Platform:
    """What is installed in the cluster.

    *environments* are None where the platform names none, and no external. *unsafe* are the annotations that are
    allowed although no spec can answer for them. *installed* are the words for what is there besides, each with
    where it is written. Without *policies* none are rendered. *cni_spot* is where the CNI is written, None for a flag,
    and *policies_spot* where it is that there shall be no policies. *unclear* are the keys of which a part could not be
    read: what seems to be missing there is not reported as well.
    """

    name: str = "platform"
    cni: Cni = Cni()
    kubernetes: tuple[int, int] | None = None
    owners: Pairs = ()
    dns: tuple[Resolver, ...] = DEFAULT_DNS
    scrape: tuple[Pods, ...] = ()
    gates: tuple[Gate, ...] = ()
    ranges: Ranges = NO_RANGES
    apiserver: tuple[tuple[str, int], ...] = ()
    claims: tuple[ClaimForm, ...] = ()
    allowed: tuple[ClaimForm, ...] = ()
    stage: Place | None = None
    environments: Environments | None = None
    unsafe: frozenset[str] = frozenset()
    installed: tuple[tuple[str, Place], ...] = ()
    policies: bool = True
    cni_spot: Spot | None = field(default=None, compare=False, repr=False)
    policies_spot: Spot | None = field(default=None, compare=False, repr=False)
    unclear: frozenset[str] = frozenset()


PARTS = frozenset(
    {"cni", "entrypoints", "ranges", "apiserver", "owners", "kubernetes", "unsafeAnnotations", "externals"}
)
"""The keys of a platform without which a spec may look wrong."""


def read_platform(
    written: tuple[dict[str, Any], Spot] | None,
    plugin: str | None,
    flags: Flags,
    found: list[Problem],
    *,
    unread: bool,
) -> Platform:
    """Return the platform of a document of the schema's shape, with `--cni` (*plugin*) and other *flags* over it.

    *written* is the document's data and spot, None for the defaults. *unread* says that there may be more than was
    read, so that all of it is unclear.
    """
    platform = _written(*written, found) if written else Platform()
    if unread:
        platform = replace(platform, unclear=PARTS)
    if plugin is not None:
        cni = read_cni(plugin, None, found)
        unclear = platform.unclear - {"cni"} if cni else platform.unclear | {"cni"}
        platform = replace(platform, cni=cni or Cni(), cni_spot=None, unclear=unclear)
    if written and platform.cni != Cni() and platform.policies:
        from netgen.spec.unseen import check_platform  # noqa: PLC0415 - plain NetworkPolicies select by any label

        check_platform(*written, platform.cni, found)
    if written and "needs" in written[0]:
        from netgen.spec.needs import check_needs  # noqa: PLC0415 - few platforms say so

        check_needs(written[0]["needs"], written[1].at("needs"), platform, found)
    for read_flag, text in zip((flag_gate, flag_gateway), flags, strict=True):
        if text is not None:
            gates = read_flag(text, platform.gates, found)
            unclear = platform.unclear if gates else platform.unclear | {"entrypoints"}
            platform = replace(platform, gates=(*platform.gates, *gates), unclear=unclear)
    check_internal(platform.gates, found)
    return platform


def _written(data: dict[str, Any], spot: Spot, found: list[Problem]) -> Platform:
    scrape = data.get("scrape", [])
    unsafe = frozenset(data.get("unsafeAnnotations", ()))
    for name, item in data.get("entrypoints", {}).items():
        judge(item.get("annotations", {}).items(), spot.at("entrypoints", name, "annotations"), unsafe, found)
    gates = [
        read_gate(name, item, spot.at("entrypoints", name), found) for name, item in data.get("entrypoints", {}).items()
    ]
    before = len(found)
    ranges = read_ranges(data["ranges"], spot.at("ranges"), found) if "ranges" in data else NO_RANGES
    between = len(found)
    servers = each(address_and_port, data.get("apiserver", []), spot.at("apiserver"), found)
    _warn_inside(data, spot, ranges, found)
    unclear = {"entrypoints": None in gates, "ranges": between > before, "apiserver": len(found) > between}
    cni = read_cni(data["cni"], spot.at("cni"), found) if "cni" in data else Cni()
    unclear["cni"] = cni is None
    return Platform(
        name=data["metadata"]["name"],
        cni=cni or Cni(),
        kubernetes=_version(data.get("kubernetes")),
        owners=tuple(sorted(data.get("owners", {}).items())),
        dns=tuple(each(_resolver, data["dns"], spot.at("dns"), found)) if "dns" in data else DEFAULT_DNS,
        scrape=tuple(sorted(set(each(pods, scrape, spot.at("scrape"), found)))),
        gates=tuple(gate for gate in gates if gate),
        ranges=ranges,
        apiserver=tuple(sorted(set(servers))),
        claims=_claims(data, spot, found),
        allowed=_allowed(data, spot, found),
        stage=spot.at("stage").value() if data.get("stage") == "audit" else None,
        environments=_environments(data, spot, found),
        unsafe=unsafe,
        installed=tuple(
            (word, spot.at("installed", index).value()) for index, word in enumerate(data.get("installed", ()))
        ),
        policies="policies" not in data,
        cni_spot=spot.at("cni") if "cni" in data else None,
        policies_spot=spot.at("policies") if "policies" in data else None,
        unclear=frozenset(key for key, is_unclear in unclear.items() if is_unclear),
    )


def _environments(data: dict[str, Any], spot: Spot, found: list[Problem]) -> Environments | None:
    if "envs" not in data and "externals" not in data:
        return None
    from netgen.spec.environments import read_environments  # noqa: PLC0415 - few platforms have any

    return read_environments(data, spot, found)


def _claims(data: dict[str, Any], spot: Spot, found: list[Problem]) -> tuple[ClaimForm, ...]:
    if "never" not in data:
        return ()
    from netgen.spec.forms.claims import read_claims  # noqa: PLC0415 - few platforms have any

    return read_claims(data["never"], spot.at("never"), found)


def _allowed(data: dict[str, Any], spot: Spot, found: list[Problem]) -> tuple[ClaimForm, ...]:
    if "allow" not in data:
        return ()
    from netgen.spec.forms.allow import read_allow  # noqa: PLC0415 - same

    return read_allow(data["allow"], spot.at("allow"), found)


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
