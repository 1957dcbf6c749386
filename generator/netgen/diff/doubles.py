"""Strangers that wear all labels of a known app: what changes for the app changes for them, and is told once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from netgen.diff.ends import Ends
from netgen.diff.rows import Row, joined
from netgen.evaluate.endpoints import Kind
from netgen.evaluate.objects.model import Labels, Workload
from netgen.evaluate.sets import NO_PORTS, PortSet, bits, mask_of
from netgen.scene import Scene


@dataclass(frozen=True)
class Doubles:
    """On one side, the apps whose labels each stranger wears: ends by number -> ends as bits."""

    worn: Mapping[int, int]
    all: int

    def without(self, row: Row, reference: Row) -> Row:
        """Return *row* without what strangers share with an app: *reference* has the changes of apps."""
        if not any(mask & self.all for mask, _ in row):
            return row
        found = [(mask & ~self.all, ports) for mask, ports in row]
        for mask, ports in row:
            found += [(1 << number, ports - self._shared(number, reference)) for number in bits(mask & self.all)]
        return joined([tuple(found)])

    def _shared(self, number: int, reference: Row) -> PortSet:
        found = NO_PORTS
        for mask, ports in reference:
            if mask & self.worn[number]:
                found |= ports
        return found


def doubles_of(ends: Ends, scene: Scene, *, new: bool) -> Doubles:
    """Return the doubles of the apps of the old scene, or of the *new* one, which *scene* is."""
    labelled: dict[tuple[str, str, str], list[tuple[Labels, int]]] = {}
    for one, number in _apps(ends, new=new):
        if one.labels:
            labelled.setdefault((one.namespace, *one.labels[0]), []).append((one.labels, 1 << number))
    worn: dict[int, int] = {}
    for number in ends.used:
        endpoint = scene.universe.endpoints[ends.ends[number].endpoint]
        if endpoint.kind is Kind.STRANGER:
            candidates = [each for pair in endpoint.labels for each in labelled.get((endpoint.namespace, *pair), ())]
            apps = {bit for labels, bit in candidates if set(labels) <= set(endpoint.labels)}
            worn |= {number: sum(apps)} if apps else {}
    return Doubles(worn, mask_of(list(worn)))


def _apps(ends: Ends, *, new: bool) -> Iterator[tuple[Workload, int]]:
    """Yield the apps of one side with their ends."""
    apps = ends.after if new else ends.before
    for number in bits(ends.apps):
        for name in ends.ends[number].names:
            one = apps.get(name if new else ends.renamed.get(name, name))
            if one is not None:
                yield one, number
