"""Which apps lose or gain the policies that hold them, which are new or gone, and which wear other labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from netgen.diff.changes import FEW, Change, Kind, Name, Sentence, Zone, listed
from netgen.diff.doubles import doubles_of
from netgen.diff.ends import Ends
from netgen.diff.origin import Origin
from netgen.evaluate.objects.model import Direction, Selector
from netgen.evaluate.sets import mask_of
from netgen.records import record
from netgen.scene import IMPLIED, Scene

_MOST = 20
"""So many apps that lose their protection, or their labels, are told of one by one."""

Holds = tuple[int, int]
"""How surely policies hold ingress and egress: 0 not, 1 perhaps, 2 surely."""


@dataclass(frozen=True)
class Protection:
    """What is known of the isolation of each end that is pods: *loosened* and *tightened* by direction, as bits."""

    ends: Ends
    old: Origin
    new: Origin
    holds: dict[int, tuple[Holds, Holds]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for number in self.ends.used:
            end = self.ends.ends[number]
            if self.new.scene.universe.endpoints[end.endpoint].is_pod:
                self.holds[number] = (_holds(self.old.scene, end.old), _holds(self.new.scene, end.new))

    def _fate(self, number: int) -> str:
        end = self.ends.ends[number]
        return "new" if end.old is None else "gone" if end.new is None else "kept"

    def loosened(self, direction: Direction) -> int:
        """Return the ends that are held less in *direction* than before, or are new and not held at all, as bits."""
        return self._changed(direction, -1, "new", 1)

    def tightened(self, direction: Direction) -> int:
        """Return the ends that are held more in *direction* than before, or are gone and were not held, as bits."""
        return self._changed(direction, 1, "gone", 0)

    def is_held(self, number: int, *, new: bool) -> bool:
        """Return whether policies hold the ingress of an end on a side, or may do so."""
        return number in self.holds and self.holds[number][new][0] > 0

    def _changed(self, direction: Direction, sign: int, alone: str, side: int) -> int:
        """Return the ends that changed by *sign*, and those on one *side* only that are free there, as bits."""
        way = _SIDES.index(direction)
        found = []
        for number, holds in self.holds.items():
            fate = self._fate(number)
            changed = (holds[1][way] - holds[0][way]) * sign > 0 if fate == "kept" else False
            if changed or (fate == alone and not holds[side][way]):
                found.append(number)
        return mask_of(found)

    def changes(self) -> Iterator[Change]:
        """Yield the sentences about protection, and those about the apps themselves."""
        fates: dict[str, list[str]] = {}
        told: dict[_Loss, list[tuple[str, int]]] = {}
        for number, (before, after) in self.holds.items():
            fate = self._fate(number)
            for name in self.ends.ends[number].names:
                fates.setdefault(fate, []).append(name)
                for loss in _losses(fate, before, after, on_host=self._on_host(number)):
                    told.setdefault(loss, []).append((name, number))
        for loss, name, number in self._strangers({loss: [number for _, number in told[loss]] for loss in told}):
            told.setdefault(loss, []).append((name, number))
        for loss, apps in sorted(told.items(), key=lambda item: item[0].order):
            yield from self._protections(loss, sorted(apps))
        yield from self._fates(fates)
        yield from self._hosted({name for apps in told.values() for name, _ in apps})

    def _hosted(self, told: set[str]) -> Iterator[Change]:
        """Yield the apps that came to the host network, or left it, and of which no policy says more."""
        moved: dict[bool, list[str]] = {}
        for name, one in sorted(self.ends.after.items()):
            before = self.ends.before.get(self.ends.renamed.get(name, name), one)
            if name not in told and before.host_network != one.host_network:
                moved.setdefault(one.host_network, []).append(name)
        for is_host, names in moved.items():
            word = "now on the host network, which no policy holds" if is_host else "no longer on the host network"
            kind = Kind.UNPROTECTED if is_host else Kind.PROTECTED
            for group in _groups(names):
                sentence = (*listed(group), f" {_be(group)} {word}")
                yield Change(Zone.INTERNET, kind, sentence, self.new.app(group[0]), len(group))

    def _strangers(self, apps: Mapping[_Loss, list[int]]) -> Iterator[tuple[_Loss, str, int]]:
        """Yield the other pods with what they lose or gain, where that is not what *apps* do whose labels they wear.

        Where it is all that nothing is known of in a namespace, the others of it are not named as well.
        """
        doubles = {is_new: doubles_of(self.ends, self.new.scene, new=is_new) for is_new in (False, True)}
        found: dict[tuple[_Loss, str], list[int]] = {}
        for number, (before, after) in self.holds.items():
            if number in self.ends.plain or not self.ends.ends[number].names:
                namespace = self.new.scene.universe.endpoints[self.ends.ends[number].endpoint].namespace
                for loss in _losses("kept", before, after, on_host=False):
                    found.setdefault((loss, namespace), []).append(number)
        for (loss, namespace), numbers in found.items():
            plain = [number for number in numbers if number in self.ends.plain]
            told = mask_of(apps.get(loss, [])) | self.ends.moved
            worn = doubles[loss.kind is Kind.PROTECTED].worn
            for number in plain or [number for number in numbers if not worn.get(number, 0) & told]:
                name = self.new.scene.names[self.ends.ends[number].endpoint]
                yield loss, f"any other pod of {namespace}" if plain else name, number

    def _on_host(self, number: int) -> bool:
        return self.new.scene.universe.endpoints[self.ends.ends[number].endpoint].host_network

    def _protections(self, loss: _Loss, apps: list[tuple[str, int]]) -> Iterator[Change]:
        groups = [[app] for app in apps] if len(apps) <= _MOST else [apps]
        for group in groups:
            name, number = group[0]
            end = self.ends.ends[number]
            side, endpoint = (self.old, end.old) if loss.kind is Kind.UNPROTECTED else (self.new, end.new)
            place = "" if endpoint is None else side.holder(name, endpoint, loss.directions)
            sentence = loss.sentence(
                listed([name for name, _ in group]), is_many=len(group) > 1, is_open=self._is_open(loss, group)
            )
            remark = "" if loss.is_sure else "depends on what the manifests do not tell"
            yield Change(Zone.INTERNET, loss.kind, sentence, place, len(group), remark)

    def _is_open(self, loss: _Loss, apps: list[tuple[str, int]]) -> bool:
        """Return whether the policies that hold *apps* now allow everything."""
        ends = [self.ends.ends[number].new for _, number in apps]
        return loss.kind is Kind.PROTECTED and all(
            end is not None and self.new.allows_all(end, side) for end in ends for side in loss.directions
        )

    def _fates(self, fates: dict[str, list[str]]) -> Iterator[Change]:
        for kind, names in ((Kind.NEW, fates.get("new", [])), (Kind.GONE, fates.get("gone", []))):
            for group in _groups(sorted(names)):
                left = kind is Kind.GONE and any(self._is_left_open(name) for name in group)
                rest = "; where pods still run, no policy holds them" if left else ""
                place = (self.new if kind is Kind.NEW else self.old).app(group[0])
                yield Change(Zone.APPS, kind, (*listed(group), f" {_be(group)} {kind.value}{rest}"), place, len(group))
        for name, earlier in sorted(self.ends.renamed.items()):
            yield Change(Zone.APPS, Kind.RENAMED, (Name(name), " was called ", Name(earlier)), self.new.app(name))
        yield from self._relabelled()

    def _is_left_open(self, name: str) -> bool:
        """Return whether pods with the labels that the app *name* had may be there, and are held no longer."""
        one = self.ends.before[name]
        here = self.old.scene.universe.of(one)
        return one.kind == IMPLIED and any(_holds(self.old.scene, here)) and not all(_holds(self.new.scene, here))

    def _relabelled(self) -> Iterator[Change]:
        moved: dict[tuple[str, str, bool], list[str]] = {}
        for number in self.holds:
            end = self.ends.ends[number]
            for name in end.names if None not in {end.old, end.new} and end.old != end.new else ():
                earlier = self.ends.renamed.get(name, name)
                pairs = self._labels(name, earlier)
                if pairs[0] != pairs[1]:
                    moved.setdefault((*pairs, self._is_left_open(earlier)), []).append(name)
        if len(moved) > _MOST:
            names = sorted(name for each in moved.values() for name in each)
            sentence = (*listed(names), " are known by other labels than before")
            yield Change(Zone.APPS, Kind.RELABELLED, sentence, self.new.app(names[0]), len(names))
            return
        for (before, after, left), names in sorted(moved.items()):
            for group in _groups(sorted(names)):
                yield self._other_labels(group, before, after, left=left)

    def _other_labels(self, names: list[str], before: str, after: str, *, left: bool) -> Change:
        labels = (Name(after or "no label"), ", before by ", Name(before or "no label"))
        rest = ("; where pods with that still run, no policy holds them",) if left else ()
        sentence = (*listed(names), f" {_be(names)} known by ", *labels, *rest)
        return Change(Zone.APPS, Kind.RELABELLED, sentence, self.new.app(names[0]), len(names))

    def _labels(self, name: str, earlier: str) -> tuple[str, str]:
        """Return the labels of an app that are others than before, old and new; all where some only came or went."""
        before, after = ({*one.selectable.items()} for one in (self.ends.before[earlier], self.ends.after[name]))
        if before - after and after - before:
            before, after = before - after, after - before
        return _pairs(sorted(before)), _pairs(sorted(after))


_SIDES = (Direction.INGRESS, Direction.EGRESS)


@record
class _Loss:
    """Which *directions* of an app are held less than before, or more."""

    kind: Kind
    directions: tuple[Direction, ...]
    is_sure: bool
    is_new: bool
    on_host: bool

    @property
    def order(self) -> tuple[str, str, bool, bool, bool]:
        """Return what sorts losses."""
        return self.kind.value, ",".join(self.directions), self.is_sure, self.is_new, self.on_host

    def sentence(self, names: Sentence, *, is_many: bool, is_open: bool) -> Sentence:
        """Return the sentence about the apps *names*; *is_open*: what holds them allows everything."""
        it, them, its = ("they", "them", "their") if is_many else ("it", "it", "its")
        word = f"may {self._verb('become')}" if not self.is_sure else self._verb("become" if is_many else "becomes")
        if self.is_new:
            word = f"{'are' if is_many else 'is'} new" + (" and unprotected" if _SIDES[0] in self.directions else "")
        held = them if len(self.directions) == 2 else f"{its} {self.directions[0]}"
        if self.kind is Kind.PROTECTED:
            rest = "allow everything" if is_open else "only what they allow is open"
            return (*names, f" {word}: policies hold {held}, and {rest}")
        if self.on_host:
            runs = "run" if is_many else "runs"
            return (*names, f" {word}: {it} {runs} on the host network, where no policy holds {them}")
        effects = {
            Direction.INGRESS: f"everybody can open {them}",
            Direction.EGRESS: f"{it} can open everything that lets {them} in",
        }
        return (*names, f" {word}: no policy holds {held}, {' and '.join(effects[side] for side in self.directions)}")

    def _verb(self, become: str) -> str:
        return f"{become} {self.kind.value}"


def _losses(fate: str, before: Holds, after: Holds, *, on_host: bool) -> Iterator[_Loss]:
    if fate == "new" and 0 in after:
        directions = tuple(side for side, held in zip(_SIDES, after, strict=True) if not held)
        yield _Loss(Kind.UNPROTECTED, directions, is_sure=True, is_new=True, on_host=on_host)
    if fate != "kept":
        return
    for kind, sign in ((Kind.UNPROTECTED, -1), (Kind.PROTECTED, 1)):
        for is_sure in (True, False):
            directions = tuple(
                side
                for side, old, new in zip(_SIDES, before, after, strict=True)
                if (new - old) * sign > 0 and (new != 1) == is_sure
            )
            if directions:
                host = on_host and kind is Kind.UNPROTECTED
                yield _Loss(kind, directions, is_sure, is_new=False, on_host=host)


def _holds(scene: Scene, endpoint: int | None) -> Holds:
    if endpoint is None:
        return 0, 0
    narrow = scene.narrow
    wide = narrow if narrow.is_exact else scene.wide
    ingress, egress = (narrow.isolated(endpoint, side) + wide.isolated(endpoint, side) for side in _SIDES)
    return ingress, egress


def _groups(names: list[str]) -> Iterable[list[str]]:
    return [[name] for name in names] if len(names) <= FEW else [names]


def _be(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _pairs(labels: list[tuple[str, str]]) -> str:
    return str(Selector(tuple(labels))) if labels else ""
