"""What reading one of Calico's objects needs of the cluster around it, and what it finds that is not evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from netgen.evaluate.objects.accounts import Account
from netgen.evaluate.objects.calico.selectors import EVERYTHING, Asks, SelectorError, parse
from netgen.evaluate.objects.model import Labels, Tier, Unknown, Workload
from netgen.evaluate.objects.values import MalformedError, text
from netgen.evaluate.objects.ways import ServiceObject
from netgen.problems import Place
from netgen.records import record
from netgen.source import Spot


@record
class NetworkSet:
    """A NetworkSet, or with the namespace "" a GlobalNetworkSet: *nets* are addresses outside, with *labels*."""

    namespace: str
    name: str
    labels: Labels
    nets: tuple[str, ...]


@dataclass(frozen=True)
class Surroundings:
    """The objects that Calico's policies may speak of: *namespaces* has the labels of those that were given."""

    services: tuple[ServiceObject, ...] = ()
    sets: tuple[NetworkSet, ...] = ()
    accounts: tuple[Account, ...] = ()
    workloads: tuple[Workload, ...] = ()
    namespaces: Mapping[str, Labels] = field(default_factory=dict)
    tiers: Mapping[str, Tier] = field(default_factory=dict)

    @cached_property
    def by_name(self) -> dict[tuple[str, str], ServiceObject]:
        """Return the Services by namespace and name."""
        return {(one.namespace, one.name): one for one in self.services}


@dataclass(frozen=True, slots=True)
class Known:
    """A policy of *kind* in *namespace* ("" for a global one), and its surroundings.

    What a reader does not understand goes to *unknowns*.
    """

    kind: str
    namespace: str
    around: Surroundings
    unknowns: list[Unknown] = field(default_factory=list)

    def unknown(self, what: str, place: Place, fix: str = "") -> None:
        """Note *what*, a sentence about something in the object that is not evaluated."""
        self.unknowns.append(Unknown(f"a {self.kind} is not evaluated: {what}", place, fix))


def selector(value: object, spot: Spot, prefix: str = "", everything: Asks = EVERYTHING) -> Asks:
    """Return what a selector asks; see `parse`. MalformedError where Calico refuses it."""
    written = text(value, spot)
    try:
        return parse(written, prefix, everything)
    except SelectorError as error:
        raise MalformedError(f"the selector {written!r} is none: {error}", spot) from None
