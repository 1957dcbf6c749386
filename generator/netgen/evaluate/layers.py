"""What the rules of one action match: for each end of a connection the other ends, and on which ports."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from netgen.evaluate.compiled import Compiler, Ports
from netgen.evaluate.crowds import Crowd
from netgen.evaluate.objects.model import Direction, Rules
from netgen.evaluate.universe import Universe

Masks = dict[int, int]
"""Ports as bits -> sources as bits; a source may be under several."""

Grant = tuple[Crowd | None, Ports]


class Layer:
    """All rules that do the same with a connection that they match, of one tier: what a side says is layer upon layer.

    Rules are added, and then it is sealed.
    """

    def __init__(self, universe: Universe, compiler: Compiler) -> None:
        self.compiler = compiler
        self._endpoints = universe.endpoints
        self._all = (1 << len(universe.endpoints)) - 1
        self._grants: list[list[tuple[Grant, ...]]] = [[] for _ in universe.endpoints]
        self._narrow: list[list[tuple[Crowd, Ports]]] = [[] for _ in universe.endpoints]
        self._wide: dict[Crowd | None, list[tuple[int, Ports]]] = {}
        self._leaving: dict[Grant, list[Crowd]] = {}

    def add(self, direction: Direction, held: Crowd, rules: Rules, namespace: str) -> None:
        """Add *rules* over the endpoints *held*, of a policy in *namespace*."""
        compiler = self.compiler
        found = [
            (crowd, compiler.ports(rule)) for rule in rules for crowd in compiler.peers(rule, namespace, direction)
        ]
        grants = tuple(dict.fromkeys(found))  # once for each crowd of peers and ports
        if direction is Direction.INGRESS:
            for index in held.ids:
                self._grants[index].append(grants)
        else:
            for grant in grants:
                self._leaving.setdefault(grant, []).append(held)

    def seal(self) -> None:
        """Put together what was added, and of the egress that to few ends by these."""
        most = max(len(self._endpoints) // 16, 16)
        for (targets, ports), crowds in self._leaving.items():
            sources = (
                crowds[0] if len(crowds) == 1 else Crowd(dict.fromkeys(index for one in crowds for index in one.ids))
            )
            if targets is None or len(targets) > most:
                self._wide.setdefault(targets, []).append((sources.mask, ports))
            else:
                for index in targets.ids:
                    self._narrow[index].append((sources, ports))
        self._leaving.clear()

    def entering(self, target: int) -> Masks:
        """Return whom the rules over *target* match."""
        endpoint = self._endpoints[target]
        found: Masks = {}
        for grants in self._grants[target]:
            for crowd, ports in grants:
                resolved = self.compiler.resolved(ports, endpoint)
                found[resolved] = found.get(resolved, 0) | (self._all if crowd is None else crowd.mask)
        return found

    def leaving(self, target: int, found: Masks) -> Masks:
        """Add to *found* whose rules match *target*, and return it."""
        endpoint = self._endpoints[target]
        for sources, ports in self._narrow[target]:
            resolved = self.compiler.resolved(ports, endpoint)
            found[resolved] = found.get(resolved, 0) | sources.mask
        for targets, leaving in self._wide.items():
            if targets is None or target in targets:
                for mask, ports in leaving:
                    resolved = self.compiler.resolved(ports, endpoint)
                    found[resolved] = found.get(resolved, 0) | mask
        return found


def partition(entries: Iterable[tuple[int, int]]) -> Masks:
    """Return (ports, sources) *entries* as masks in which no source is under two sets of ports."""
    found: Masks = {}
    met = 0
    for ports, sources in entries:
        if not ports or not sources:
            continue
        if sources & met:
            _join(found, ports, sources)
        else:
            found[ports] = found.get(ports, 0) | sources
        met |= sources
    return found


def _join(found: Masks, ports: int, sources: int) -> None:
    """Add *sources*, of which some are in *found*, to it."""
    left = sources
    for known, members in list(found.items()):
        both = members & left
        if both:
            left ^= both
            if known | ports != known:
                found[known] = found[known] ^ both
                found[known | ports] = found.get(known | ports, 0) | both
                if not found[known]:
                    del found[known]
            if not left:
                return
    found[ports] = found.get(ports, 0) | left


def without(row: Masks, other: Masks) -> Masks:
    """Return what *row* has beyond *other*; no source is under two sets of ports, in all three."""
    found: Masks = {}
    for ports, sources in row.items():
        left = sources
        for their_ports, their_sources in other.items():
            both = left & their_sources
            if both and ports & ~their_ports:
                found[ports & ~their_ports] = found.get(ports & ~their_ports, 0) | both
            left ^= both
        if left:
            found[ports] = found.get(ports, 0) | left
    return found


def beside(row: Masks, other: Masks, left_of: Callable[[int, int], int]) -> Masks:
    """Return the same where ports are more than bits: *left_of* says what is left of some beside others."""
    found: Masks = {}
    for ports, sources in row.items():
        left = sources
        for their_ports, their_sources in other.items():
            _put(found, left_of(ports, their_ports), left & their_sources)
            left &= ~their_sources
        _put(found, left_of(ports, 0), left)
    return found


def together(row: Masks, other: Masks, open_by: Callable[[int, int], int]) -> Masks:
    """Return what both let pass, where *open_by* says which ports that is; in all three no source is under two sets."""
    found: Masks = {}
    for ports, sources in row.items():
        for their_ports, their_sources in other.items():
            if sources & their_sources:
                _put(found, open_by(ports, their_ports), sources & their_sources)
    return found


def _put(found: Masks, ports: int, sources: int) -> None:
    if ports and sources:
        found[ports] = found.get(ports, 0) | sources
