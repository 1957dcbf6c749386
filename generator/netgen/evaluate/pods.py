"""The pods of a universe: workloads in classes, and a stranger for each other pod that selectors can tell apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from netgen.evaluate.endpoints import Endpoint, of_workloads, stranger
from netgen.evaluate.mentions import Mentions, Selection
from netgen.evaluate.objects.model import Labels, NamedPort, Unknown, Workload
from netgen.evaluate.sets import bits
from netgen.evaluate.spaces import Space, Spaces
from netgen.evaluate.strangers import Alive, SelectorTable, table
from netgen.records import record

MOST_STRANGERS = 200_000
"""So many pods are told apart in one cluster."""

Lives = Callable[[Workload], int | None]
"""Where a workload's pods live: classes of addresses as bits, None for anywhere."""


@dataclass(eq=False, repr=False, slots=True)
class Members:
    """The endpoints of a selection: the *certain* ones, and those of which it is not known."""

    certain: list[int] = field(default_factory=list)
    perhaps: list[int] = field(default_factory=list)


@dataclass(eq=False, repr=False, slots=True)
class Pods:
    """What is built: the *endpoints*, for each where it lives (as Lives says), and who is in each selection."""

    endpoints: list[Endpoint] = field(default_factory=list)
    lives: list[int | None] = field(default_factory=list)
    members: dict[Selection, Members] = field(default_factory=dict)
    unknowns: list[Unknown] = field(default_factory=list)


def pods(
    spaces: Spaces, workloads: Sequence[Workload], mentions: Mentions, lives: Lives, pods_live: int | None
) -> Pods:
    """Return the endpoints that are pods. *lives* knows where workloads live, *pods_live* where all other pods do."""
    by_space: dict[str, list[Workload]] = {}
    for one in workloads:
        by_space.setdefault(one.namespace, []).append(one)
    built = Pods(members={selection: Members() for selection in mentions.selections})
    builder = _Builder(built, mentions, lives, pods_live)
    for group in _alike(spaces.spaces):
        builder.add_group(group, spaces.shared(group[0]), by_space)
    return built


def _alike(spaces: Sequence[Space]) -> list[list[Space]]:
    """Return the spaces in groups to which the same selections apply by labels, those with no own ones first."""
    groups: dict[tuple[int, int], list[Space]] = {}
    for space in spaces:
        groups.setdefault((space.certain, space.perhaps), []).append(space)
    return [sorted(group, key=lambda space: (space.named, bool(space.own))) for group in groups.values()]


@record
class _Place:
    """A space and the selections of its pods: the table of their selectors, and those whom they select so far.

    The first *sure* of the *shared* ones, and all behind *shared*, select for certain.
    """

    space: Space
    table: SelectorTable
    members: list[Members]
    shared: int
    sure: int

    @property
    def own(self) -> Alive:
        """Return the selections of this space alone."""
        return self.table.everything >> self.shared << self.shared

    @property
    def certain(self) -> Alive:
        """Return the selections of which it is known that they apply."""
        return self.own | (1 << self.sure) - 1


@record
class _Builder:
    """Adds pods to what is *built*, space by space."""

    built: Pods
    mentions: Mentions
    lives: Lives
    pods_live: int | None

    def add_group(
        self, group: list[Space], shared: tuple[tuple[Selection, ...], int], workloads: dict[str, list[Workload]]
    ) -> None:
        """Add the pods of *group*. Those that only *shared* selections know are alike in all of it, and added once."""
        selections, sure = shared
        base = table([selection.pods for selection in selections])
        members = [self.built.members[selection] for selection in selections]
        free = not group[0].own
        seen: set[Alive] = set()
        for number, space in enumerate(group):
            here = table([selection.pods for selection in space.own], base) if space.own else base
            own = [self.built.members[selection] for selection in space.own]
            place = _Place(space, here, members + own, len(members), sure)
            known = self._workloads(place, selections, workloads.get(space.name, ())) if space.named else set()
            if space.own or not (free and number):
                self._strangers(place, known, seen, place.own if free else 0)

    def _workloads(self, place: _Place, shared: tuple[Selection, ...], workloads: Sequence[Workload]) -> set[Alive]:
        """Add the classes of *workloads*; return what those satisfy whose class a stranger would be in too."""
        if not workloads:
            return set()
        naming = self._naming(place, shared)
        classes: dict[tuple[Alive, Alive, tuple[NamedPort, ...], bool, bool, int | None], list[Workload]] = {}
        for one in workloads:
            ports = tuple(sorted(port for port in one.ports if (port.protocol, port.name) in self.mentions.names))
            labels = one.selectable
            unsure = frozenset(place.table.keys.keys() - labels.keys()) if one.more_labels else one.untold
            alive = place.table.satisfied(labels, unsure)
            named = bool(alive[1] & naming) or self.mentions.naming_all
            told = one.ports_known or not named
            classes.setdefault((*alive, ports, told, one.host_network, self.lives(one)), []).append(one)
        known = set()
        for (certain, perhaps, ports, told, host, lives), alike in classes.items():
            self._add(place, of_workloads(tuple(alike), ports, ports_known=told), (certain, perhaps), lives)
            plain = certain == perhaps and not host and lives == self.pods_live
            if plain and not (told and (certain & naming or self.mentions.naming_all)):
                known.add(certain)
        return known

    def _naming(self, place: _Place, shared: tuple[Selection, ...]) -> Alive:
        """Return the selections of pods whose names for ports matter: a stranger's may be others than a workload's."""
        named = self.mentions.naming
        return sum(1 << bit for bit, one in enumerate((*shared, *place.space.own)) if one in named) if named else 0

    def _strangers(self, place: _Place, known: set[Alive], seen: set[Alive], wanted: Alive) -> None:
        """Add the strangers that one of *wanted* selects; those that only shared selections know if not *seen* yet."""
        enough = len(self.built.endpoints) > MOST_STRANGERS
        found = None if enough else place.table.combinations(wanted)
        if found is None:
            where = "the cluster" if enough else f"the namespace {place.space.name}"
            found = self._examples(place, where if enough or place.space.named else "other namespaces")
        for alive, labels in found.items():
            is_own = alive & place.own
            if alive not in known and (is_own or alive not in seen):
                one = stranger(place.space.name, labels, spaces=place.space.labels)
                self._add(place, one, (alive, alive), self.pods_live)
            if not is_own:
                seen.add(alive)

    def _add(self, place: _Place, endpoint: Endpoint, alive: tuple[Alive, Alive], lives: int | None) -> None:
        index = len(self.built.endpoints)
        self.built.endpoints.append(endpoint)
        self.built.lives.append(lives)
        certain = alive[0] & place.certain
        for bit in bits(certain):
            place.members[bit].certain.append(index)
        for bit in bits(alive[1] & ~certain):
            place.members[bit].perhaps.append(index)

    def _examples(self, place: _Place, where: str) -> dict[Alive, Labels]:
        """Tell that not all can be told apart; return a pod for each selector of its own, and one without labels."""
        unknown = Unknown(f"the selectors of {where} can be combined in too many ways to look at each", None)
        if unknown not in self.built.unknowns:
            self.built.unknowns.append(unknown)
        found: dict[Alive, Labels] = {}
        for labels in place.table.examples(place.shared):
            found.setdefault(place.table.satisfied(dict(labels))[0], labels)
        return found
