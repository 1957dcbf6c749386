"""Sets of ends in words: `internet`, `every pod of shop`, `shop/web`; each with whom it belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address, ip_network

from netgen.diff.changes import Zone
from netgen.diff.ends import Ends
from netgen.evaluate.addresses import Range
from netgen.evaluate.endpoints import Endpoint, Kind
from netgen.evaluate.sets import bits, mask_of
from netgen.records import record
from netgen.scene import INTERNET, Scene
from netgen.scene.names import OTHER

NOBODYS = ""
"""The owner of what belongs to several, or to none: it is on the other side of everybody."""

_PRIVATE = tuple(
    ip_network(cidr)
    for cidr in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8"),
        *("fc00::/7", "fe80::/10", "::1/128"),
    )
)
"""Source: the IANA special-purpose address registries (RFC 1918, 6598, 3927, 1122, 4193, 4291)."""


@record
class Phrase:
    """The *names* of some ends, of *owner*; *example* is one of the ends.

    *is_whole*: the name says that it is every pod of some place.
    """

    names: tuple[str, ...]
    owner: str
    is_internet: bool
    example: int
    is_whole: bool = False

    @property
    def is_large(self) -> bool:
        """Return whether it stands for so much that it is named before others."""
        return self.is_whole or (self.is_internet and self.names[0].startswith(INTERNET))


def zone(source: Phrase, target: Phrase) -> Zone:
    """Return whom a connection between the two concerns."""
    if source.is_internet or target.is_internet:
        return Zone.INTERNET
    return Zone.WITHIN if source.owner == target.owner != NOBODYS else Zone.ACROSS


@dataclass(frozen=True)
class Phrases:
    """The words for the ends of two scenes; *owners* are those of namespaces that have one, once for each platform."""

    ends: Ends
    scene: Scene
    owners: Sequence[Sequence[tuple[str, str]]]

    def owner(self, namespace: str) -> str:
        """Return the owner of *namespace*: itself where nobody else is.

        Where it has another owner on each side, it is both's: only what was and is with one owner is within one.
        """
        named = [f"owner {one[namespace]}" if namespace in one else f"namespace {namespace}" for one in self._owners]
        return " and ".join(named) or f"namespace {namespace}"

    @cached_property
    def _owners(self) -> list[dict[str, str]]:
        return [dict(one) for one in self.owners]

    def of(self, ends: int, *, besides: int = 0) -> tuple[Phrase, ...]:
        """Return phrases for *ends*, the fewest; *besides* may be counted in where that completes a whole."""
        found, left = self._outside(ends)
        wholes, left = self._wholes(left, besides)
        found += wholes
        for number in bits(left):
            found.append(self._single(number))
        return tuple(sorted(found, key=lambda one: (not one.is_internet, not one.is_large, one.names)))

    def _outside(self, ends: int) -> tuple[list[Phrase], int]:
        """Return a phrase for the internet if all of it is among *ends*, or all addresses, and what is left."""
        internet = self.scene.internet
        for whole in (self._addresses, internet):
            if whole and not whole & ~ends:
                example = next(bits(internet or whole))
                return [Phrase((INTERNET,), NOBODYS, is_internet=True, example=example)], ends & ~whole
        return [], ends

    def _wholes(self, ends: int, besides: int) -> tuple[list[Phrase], int]:
        """Return phrases for every pod, or every pod of a namespace, and what is left."""
        wholes = [("every pod", NOBODYS, self._pods), ("every other pod", NOBODYS, self._others)]
        for space, pods in self._spaces.items():
            name = "every pod of other namespaces" if space == OTHER else f"every pod of {space}"
            wholes.append((name, self.owner(space), pods))
        found = []
        for name, owner, pods in wholes:
            here = ends & pods
            if here and not pods & ~(ends | besides):
                found.append(Phrase((name,), owner, is_internet=False, example=self._any(here), is_whole=True))
                # What is told may complete another whole.
                ends, besides = ends & ~pods, besides | pods
        return found, ends

    def _any(self, ends: int) -> int:
        """Return one of *ends*, rather an app."""
        return next(bits(ends & self.ends.apps or ends))

    def _single(self, number: int) -> Phrase:
        end = self.ends.ends[number]
        endpoint = self._endpoint(number)
        owner = self.owner(endpoint.namespace) if endpoint.namespace else NOBODYS
        is_internet = endpoint.kind is Kind.ADDRESSES and not all(map(_is_private, endpoint.ranges))
        other = (f"{self.ends.plain[number]}/{OTHER}",) if number in self.ends.plain else ()
        names = (*end.names, *other) or (self.scene.names[end.endpoint],)
        return Phrase(names, owner, is_internet, number)

    def _endpoint(self, number: int) -> Endpoint:
        return self.scene.universe.endpoints[self.ends.ends[number].endpoint]

    @cached_property
    def _addresses(self) -> int:
        return mask_of([number for number in self.ends.used if self._endpoint(number).kind is Kind.ADDRESSES])

    @cached_property
    def _pods(self) -> int:
        return mask_of([number for number in self.ends.used if self._endpoint(number).is_pod])

    @cached_property
    def _others(self) -> int:
        """Return the pods that are no app's."""
        return self._pods & ~self.ends.apps

    @cached_property
    def _spaces(self) -> dict[str, int]:
        """Return the pods of each namespace, all of which are told with that which nothing is known of."""
        found: dict[str, list[int]] = {}
        asked = set(self.ends.plain.values())
        for number in bits(self._pods):
            namespace = self._endpoint(number).namespace
            if namespace in asked:
                found.setdefault(namespace, []).append(number)
        return {namespace: mask_of(numbers) for namespace, numbers in sorted(found.items())}


def _is_private(one: Range) -> bool:
    family, low, high = one
    first, last = (IPv4Address(low), IPv4Address(high)) if family == 4 else (IPv6Address(low), IPv6Address(high))
    return any(first in network and last in network for network in _PRIVATE)
