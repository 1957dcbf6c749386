"""The rows of an answer: what is open to everybody is one row, and no pair is looked at that is not shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Protocol

from netgen.evaluate.objects.model import Direction, Entity
from netgen.evaluate.reach import Reach
from netgen.evaluate.sets import ALL_PORTS, NO_PORTS, PortSet, bits, mask_of
from netgen.records import record
from netgen.scene import Scene
from netgen.scene.ends import ANY

NON_ISOLATED = "any non-isolated"
POD = " pod"
"""What follows these words where addresses are not meant."""

Parts = list[tuple[int, PortSet]]
"""Ends as bits with ports; no end is in two of them."""


@record
class View:
    """The part of an answer that is wanted: *sources* and *targets* as bits (None: all), and *ports*."""

    sources: int | None = None
    targets: int | None = None
    ports: PortSet = ALL_PORTS


def beyond(ports: PortSet, covered: PortSet) -> PortSet:
    """Return the intervals of *ports* that are not wholly in *covered*, uncut."""
    if not covered:
        return ports
    return PortSet(tuple(one for one in ports if PortSet((one,)) - covered))


class Opened(Protocol):
    """What says who may open a connection to a target: a Reach, or a part of one."""

    def row(self, target: int) -> Sequence[tuple[int, PortSet]]:
        """Return the sources as bits, each once, with the ports."""


class Crowds:
    """The ends of *scene* in sets, which all its rows share; *callers* are those that can be sources.

    *hosted*: the node of a pod is among them. Else nobody counts on it to open what the others do.
    """

    def __init__(self, scene: Scene, *, hosted: bool = True) -> None:
        universe = scene.universe
        ends = range(len(universe.endpoints))
        self.everything = (1 << len(ends)) - 1
        self.host = universe.symbols.of(Entity.HOST)
        self.callers = self.everything & ~universe.symbols.learned & (-1 if hosted else ~self.host)
        self.leaving = self.callers & _open(scene, Direction.EGRESS)
        self.entering = _open(scene, Direction.INGRESS)
        self.pods = mask_of([index for index in ends if universe.endpoints[index].is_pod])
        self.single = mask_of([index for index in ends if universe.endpoints[index].is_single])


def _open(scene: Scene, direction: Direction) -> int:
    """Return the ends that certainly no policy isolates in *direction*: the same in both readings."""
    ends = range(len(scene.universe.endpoints))
    return mask_of([index for index in ends if not scene.narrow.isolated(index, direction)])


class Rows:
    """The connections that *reach* opens in *scene*, as far as *view* shows them; *crowds* are those of the scene."""

    def __init__(self, scene: Scene, reach: Opened, view: View, crowds: Crowds | None = None) -> None:
        self.scene = scene
        self.reach = reach
        self.view = view
        self.found: dict[tuple[str, str], PortSet] = {}
        self.crowds = crowds or Crowds(scene)
        self.leaving, self.entering = self.crowds.leaving, self.crowds.entering
        self.pods, self.single = self.crowds.pods, self.crowds.single

    def all(
        self, *, more: Mapping[int, Parts] | None = None, among: Iterable[int] | None = None
    ) -> dict[tuple[str, str], PortSet]:
        """Return the ports by source and target; with *more*, of single pairs only that, by target.

        *among*: nothing is open to other targets.
        """
        targets = self.crowds.everything if self.view.targets is None else self.view.targets
        for target in bits(targets) if among is None else (each for each in among if targets >> each & 1):
            row = self._row(target)
            shown = row if more is None else [(mask, ports & self.view.ports) for mask, ports in more.get(target, ())]
            self._target(target, row, shown)
        if self._own_nodes:
            for index in bits(self._own_nodes):
                self._add(self.scene.names[index], ANY + POD, self.view.ports)
        for mask, ports in self._to_ends:
            self._add_sources(mask, self._name(self.entering, self.crowds.everything), ports)
        for mask, ports in self._to_pods:
            for part, covered in _split([(mask, NO_PORTS)], self._to_ends):
                name = self._name(self.entering, self.crowds.everything) + POD
                self._add_sources(part & ~self._own_nodes, name, beyond(ports, covered))
        return self.found

    @staticmethod
    def _name(ends: int, everybody: int) -> str:
        return ANY if ends == everybody else NON_ISOLATED

    @cached_property
    def _own_nodes(self) -> int:
        """Return the node of a pod where it opens all pods there are, of which several are told."""
        if not self.crowds.host or self.view.targets is not None or not self.scene.is_several(self.scene.workloads):
            return 0
        sources = self.crowds.host & self._sources
        for target in bits(self.pods) if sources else ():
            sources &= mask_with(self._row(target), self.view.ports)
        return sources

    def _row(self, target: int) -> Parts:
        """Return the row of *target* with the wanted ports; a single pod always reaches itself, which is no row."""
        limited = [(mask, ports & self.view.ports) for mask, ports in self.reach.row(target)]
        own = 1 << target & self.single
        return [(mask & ~own, ports) for mask, ports in limited if ports and mask & ~own]

    def _target(self, target: int, row: Parts, shown: Parts) -> None:
        """Add the rows of *target*: those from everybody, and of *shown* what these do not say."""
        one = 1 << target
        named = self.view.sources is not None
        sources = self._sources & ~(self._own_nodes if self.pods & one else 0)
        if not self.scene.workloads & one and not (named and self.view.targets is not None):
            sources &= self.scene.workloads
        everybody = self._from_open(target, row) if not named and self._speaks_of_several(one) else []
        for mask, ports in shown:
            parts = _split([(mask & sources, NO_PORTS)], everybody)
            if self.entering & one:
                parts = _split(parts, self._to_pods if self.pods & one else self._to_ends)
            for part, covered in parts:
                self._add_sources(part, self.scene.names[target], beyond(ports, covered))

    def _speaks_of_several(self, target: int) -> bool:
        """Return whether a row from everybody to *target* says what else would be several, and no row to everybody."""
        if self.scene.workloads & target:
            return True
        return not self.entering & target and self.scene.is_several(self.leaving & self.scene.workloads)

    def _from_open(self, target: int, row: Parts) -> Parts:
        """Add the rows of the ports that every non-isolated end has, or every such pod; return for whom they speak."""
        ends = self.leaving & ~(1 << target & self.single)
        pods = ends & self.pods
        of_ends = _common(ends, row)
        of_pods = of_ends | _common(pods, row) if self.scene.is_several(pods) else of_ends
        name = self._name(self.leaving, self.crowds.callers)
        self._add(name, self.scene.names[target], of_ends)
        self._add(name + POD, self.scene.names[target], beyond(of_pods, of_ends))
        return [(pods, of_pods), (ends & ~pods, of_ends)]

    @cached_property
    def _to_ends(self) -> Parts:
        """Return who reaches every end that no policy isolates, with the ports."""
        return self._to_all(self.entering & ~self.pods, self._to_all_pods)

    @cached_property
    def _to_pods(self) -> Parts:
        """Return who reaches every pod that no policy isolates, with the ports; of one pod alone that is no word."""
        return self._to_all_pods if self.scene.is_several(self.entering & self.pods) else self._to_ends

    @cached_property
    def _to_all_pods(self) -> Parts:
        """Return the same, of workloads, and of the isolated strangers for which it says something of workloads."""
        if self.view.targets is not None:
            return []
        pods = self.entering & self.pods
        strangers = self.pods & ~self.leaving if pods & self.scene.workloads else 0
        return self._to_all(pods, [((self.scene.workloads | strangers) & self._sources, self.view.ports)])

    def _to_all(self, targets: int, parts: Parts) -> Parts:
        """Return those of *parts* that reach all of *targets*, with the ports left to them."""
        for target in bits(targets):
            if not parts:
                break
            row = [*self._row(target), (1 << target & self.single, ALL_PORTS)]
            parts = _joined((mask & other, ports & more) for mask, ports in parts for other, more in row)
        return parts

    @property
    def _sources(self) -> int:
        return self.crowds.everything if self.view.sources is None else self.view.sources

    def _add_sources(self, sources: int, target: str, ports: PortSet) -> None:
        if ports:
            for index in bits(sources):
                self._add(self.scene.names[index], target, ports)

    def _add(self, source: str, target: str, ports: PortSet) -> None:
        if ports:
            self.found[source, target] = self.found.get((source, target), NO_PORTS) | ports


def mask_with(parts: Iterable[tuple[int, PortSet]], ports: PortSet) -> int:
    """Return the ends of *parts* that have just *ports*."""
    found = 0
    for mask, theirs in parts:
        if theirs == ports:
            found |= mask
    return found


def by_target(reach: Reach, beside: Reach) -> dict[int, Parts]:
    """Return what *reach* opens and *beside* does not, by target."""
    found: dict[int, Parts] = {}
    for target, sources, ports in reach.difference(beside):
        found.setdefault(target, []).append((sources, ports))
    return found


def _common(sources: int, row: Parts) -> PortSet:
    """Return the ports that each of *sources* has in *row*."""
    common, left = ALL_PORTS, sources
    for mask, ports in row:
        if mask & sources:
            common &= ports
            left &= ~mask
    return NO_PORTS if left else common


def _joined(parts: Iterable[tuple[int, PortSet]]) -> Parts:
    found: dict[PortSet, int] = {}
    for mask, ports in parts:
        if mask and ports:
            found[ports] = found.get(ports, 0) | mask
    return [(mask, ports) for ports, mask in found.items()]


def _split(parts: Parts, covering: Parts) -> Parts:
    """Return *parts*, each cut by *covering*, with the ports that both name together."""
    found: Parts = []
    for mask, covered in parts:
        left = mask
        for other, ports in covering:
            if left & other:
                found.append((left & other, covered | ports))
                left &= ~other
        if left:
            found.append((left, covered))
    return found
