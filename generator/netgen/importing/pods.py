"""The workloads that are given, found by selectors, and the numbers that they have for the names of ports."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from netgen.evaluate.objects.model import PortRule, Workload
from netgen.importing.model import Where


class Pods:
    """*workloads* by namespace and label."""

    def __init__(self, workloads: Iterable[Workload]) -> None:
        self._spaces: defaultdict[str, list[Workload]] = defaultdict(list)
        self._by_pair: defaultdict[tuple[str, tuple[str, str]], list[Workload]] = defaultdict(list)
        for one in workloads:
            self._spaces[one.namespace].append(one)
            for pair in one.labels:
                self._by_pair[one.namespace, pair].append(one)

    def matching(self, where: Where) -> Iterator[Workload]:
        """Yield the workloads of *where*."""
        for space in self._spaces if where.namespace is None else [where.namespace]:
            near: Sequence[Workload] = self._spaces.get(space, [])
            if where.pods.labels:
                near = min((self._by_pair.get((space, pair), []) for pair in where.pods.labels), key=len)
            yield from (one for one in near if where.pods.matches(dict(one.labels)))

    def numbers(self, port: PortRule, where: Where) -> set[int]:
        """Return what the pods of *where* have for the name of *port*; 0 too where some have nothing."""
        return numbers_in(self.matching(where), port)


def numbers_in(workloads: Iterable[Workload], port: PortRule) -> set[int]:
    """Return what the pods of *workloads* have for the name of *port*; 0 too where some have nothing."""
    found = set()
    for workload in workloads:
        lasting = [one for one in workload.ports if not one.passing]
        found |= {one.number for one in lasting if (one.name, one.protocol) == (port.name, port.protocol)} or {0}
    return found
