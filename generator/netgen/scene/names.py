"""Names for the ends of connections: short, of one form, and taken back by the filters of the command line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_network, summarize_address_range

from netgen.evaluate.addresses import Range, shown
from netgen.evaluate.endpoints import Endpoint, Kind
from netgen.evaluate.objects.model import Labels, PodPeer, Policy, Selector
from netgen.scene.implied import ASKED, IMPLIED

INTERNET = "internet"
OTHER = "<other>"
"""Where no name or value that the manifests speak of stands."""

MADE_UP = (IMPLIED, ASKED)
"""The kinds of workloads that stand in no manifest."""
_MADE_UP = re.compile(r"other(-[0-9]+)?")
_SHOWN_RANGES = 3


def names_of(endpoints: Sequence[Endpoint], policies: Iterable[Policy]) -> tuple[str, ...]:
    """Return a name for each of *endpoints*, which *policies* tell apart.

    `shop/web` and `shop/web and 3 more` are workloads, `shop/tier=cache` any other pod with these labels,
    `shop/<other>` any pod with none that matter, `<other>/...` the same in a namespace that nothing names. Addresses
    are CIDRs or ranges, and `internet (IPv4)` those that are ordinary public ones; an entity or DNS name is itself.
    """
    spoken = _Spoken(policies)
    named = [_workload(one) if one.kind is Kind.WORKLOAD else ("", "") for one in endpoints]
    kinds: dict[str, set[str]] = {}
    for name, kind in named:
        kinds.setdefault(name, set()).add(kind)
    public = set(_internet(endpoints))
    found = []
    for index, (one, (name, kind)) in enumerate(zip(endpoints, named, strict=True)):
        if one.kind is Kind.WORKLOAD:
            found.append(f"{name} ({kind})" if len(kinds[name]) > 1 else name)
        elif one.kind is Kind.STRANGER:
            place = f"{_place(one, spoken)}/{_labels(one.labels, spoken) or OTHER}"
            found.append(f"{place} (other)" if place in kinds else place)
        elif index in public:
            found.append(f"{INTERNET} (IPv{one.ranges[0][0]})")
        else:
            found.append(_beyond(one))
    return tuple(found)


def _beyond(one: Endpoint) -> str:
    """Return the name of what is no pod."""
    if one.kind in (Kind.ENTITY, Kind.NAME):
        return one.name
    return ("node " if one.kind is Kind.NODE else "") + _ranges(one.ranges)


def _workload(one: Endpoint) -> tuple[str, str]:
    """Return the name and kind of workloads; an implied one stands back behind others that wear the same."""
    given = {str(member): member.kind for member in one.members if member.kind not in MADE_UP}
    worn = {member.labels for member in one.members if member.kind not in MADE_UP}
    extra: dict[Labels, str] = {}
    for member in one.members:
        if member.labels not in worn:
            extra[member.labels] = min(extra.get(member.labels, str(member)), str(member))
    names = sorted({*given, *extra.values()})
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return names[0] + more, given.get(names[0], IMPLIED)


def _place(one: Endpoint, spoken: _Spoken) -> str:
    if one.namespace:
        return one.namespace
    return f"<other {_labels(one.spaces, spoken)}>" if one.spaces else OTHER


def _labels(labels: Labels, spoken: _Spoken) -> str:
    return ",".join(f"{key}={OTHER if spoken.is_made_up(key, value) else value}" for key, value in labels)


class _Spoken:
    """The values of labels that policies speak of, looked up when it matters."""

    def __init__(self, policies: Iterable[Policy]) -> None:
        self._policies = policies
        self._values: dict[str, set[str]] | None = None

    def is_made_up(self, key: str, value: str) -> bool:
        """Return whether *value* stands for all that no selector speaks of."""
        if not _MADE_UP.fullmatch(value):
            return False
        if self._values is None:
            self._values = {}
            for selector in _selectors(self._policies):
                for ask in selector.asks():
                    self._values.setdefault(ask.key, set()).update(ask.values)
        return value not in self._values.get(key, ())


def _selectors(policies: Iterable[Policy]) -> Iterator[Selector]:
    for policy in policies:
        yield policy.subject
        for _, rules, _ in policy.sides():
            for rule in rules:
                for peer in rule.peers or ():
                    if isinstance(peer, PodPeer):
                        yield peer.pods
                        yield peer.namespaces or Selector()


def _networks(*cidrs: str) -> tuple[Range, ...]:
    found = [ip_network(cidr) for cidr in cidrs]
    return tuple((one.version, int(one.network_address), int(one.broadcast_address)) for one in found)


_GLOBAL = {4: _networks("0.0.0.0/0"), 6: _networks("2000::/3")}
"""Source: the IANA IPv4 and IPv6 address space registries."""
_SPECIAL = _networks("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12")
_SPECIAL += _networks("192.168.0.0/16", "224.0.0.0/3")
"""Source: the IANA IPv4 Special-Purpose Address Registry and RFC 1112."""


def is_public(one: Endpoint) -> bool:
    """Return whether *one* has addresses of the internet."""
    return bool(one.ranges) and _public(one.ranges) > 0


def _internet(endpoints: Sequence[Endpoint]) -> Iterator[int]:
    """Yield, for each family, the endpoint that has most public addresses, if it has more than half of them."""
    for family, (everything,) in _GLOBAL.items():
        total = _public((everything,))
        for index, one in enumerate(endpoints):
            if one.ranges and one.ranges[0][0] == family and 2 * _public(one.ranges) > total:
                yield index


def _public(ranges: tuple[Range, ...]) -> int:
    """Count the public addresses in *ranges*."""
    family = ranges[0][0]
    return _common(ranges, _GLOBAL[family]) - _common(ranges, _SPECIAL)


def _common(ranges: tuple[Range, ...], others: tuple[Range, ...]) -> int:
    return sum(
        max(0, min(high, other_high) - max(low, other_low) + 1)
        for family, low, high in ranges
        for other_family, other_low, other_high in others
        if family == other_family
    )


def _ranges(ranges: tuple[Range, ...]) -> str:
    texts = [spelt(one) for one in ranges[:_SHOWN_RANGES]]
    more = len(ranges) - len(texts)
    return ", ".join(texts) + (f" and {more} more range{'s' if more > 1 else ''}" if more else "")


def spelt(one: Range) -> str:
    """Return a range as an address, a CIDR where it is one, or its ends."""
    family, low, high = one
    if low == high:
        return shown(one)
    kind = IPv4Address if family == 4 else IPv6Address
    networks = summarize_address_range(kind(low), kind(high))
    first = next(networks)
    return str(first) if next(networks, None) is None else shown(one)
