"""Who reaches whom, as connections between names: the answer of `netgen reach`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from netgen.evaluate.endpoints import Kind
from netgen.evaluate.objects.model import Cluster
from netgen.evaluate.sets import ALL_PORTS, NO_PORTS, PortSet, bits
from netgen.problems import Problem
from netgen.reaching.rows import Crowds, Rows, View, beyond, by_target
from netgen.reaching.ways import Ingress, Service, Ways, broken
from netgen.records import record
from netgen.scene import INTERNET, Scene, known_cni, scene
from netgen.scene.ends import ANY, Ends, port_of
from netgen.scene.implied import unnumbered
from netgen.scene.names import spelt

if TYPE_CHECKING:
    from netgen.evaluate.filters import Filter

__all__ = ["Answer", "Connection", "View", "connections", "reach"]

Found = dict[tuple[str, str], PortSet]


@record
class Connection:
    """That *source* can open *ports* of *target*; where it is not *certain*, only that it may be so.

    *requests*: it can do so for these requests only; None is for all.
    """

    source: str
    target: str
    ports: PortSet
    certain: bool = True
    requests: Filter | None = None


@record
class Answer:
    """What is open for *cni*, and where Services and Ingresses lead that come to one of the targets.

    *groups* has the workloads behind each name that stands for several, *ranges* the addresses behind each name of
    addresses, *on_hosts* the names of workloads on the host network, where no policy holds. *said* are notes and
    warnings; with *unproven* no answer is certain.
    """

    cni: str
    connections: tuple[Connection, ...]
    services: tuple[Service, ...]
    ingresses: tuple[Ingress, ...]
    groups: tuple[tuple[str, tuple[str, ...]], ...]
    ranges: tuple[tuple[str, tuple[str, ...]], ...]
    on_hosts: tuple[str, ...]
    said: tuple[Problem, ...]
    unproven: tuple[Problem, ...]


def reach(cluster: Cluster, *, source: str | None, target: str | None, port: str | None, cni: str) -> Answer:
    """Return who reaches whom in *cluster*: from *source*, to *target*, on *port*, where these are given.

    NetgenError for a name that nothing has, a text that is no port, and a CNI without a profile.
    """
    cni = known_cni(cni)
    whole = scene(cluster, cni=cni)
    ends = Ends(whole)
    view = View(
        None if source is None or source == ANY else ends.find(source),
        None if target is None or target == ANY else ends.find(target),
        ALL_PORTS if port is None else port_of(port),
    )
    found = connections(whole, view)
    names = {end for one in found for end in (one.source, one.target)}
    ways = Ways(whole, None if view == View() else names, entered=_entered(whole, view), ports=view.ports)
    groups = {name: members for name, members in _groups(whole) if name in names}
    ends_named = zip(whole.names, whole.universe.endpoints, strict=True)
    on_hosts = sorted(name for name, one in ends_named if one.host_network and name in names)
    unproven = list(whole.unproven())
    if not unproven and not whole.workloads and (source is None or target is None):
        what = "there is no workload among the manifests, and nothing selects pods by their labels"
        unproven.append(Problem("unproven", None, what, fix="give the workloads as well"))
    return Answer(
        cni,
        found,
        tuple(ways.services()),
        tuple(ways.ingresses()),
        tuple(sorted(groups.items())),
        tuple(sorted((name, texts) for name, texts in _ranges(whole).items() if name in names)),
        tuple(on_hosts),
        tuple(_said(whole, cluster)),
        tuple(unproven),
    )


def _entered(scene: Scene, view: View) -> int:
    """Return the targets of *view* where it has sources outside, for which Ingresses stand open; else none."""
    sources = 0 if view.sources is None else view.sources
    if not any(scene.universe.endpoints[index].kind is Kind.ADDRESSES for index in bits(sources)):
        return 0
    return scene.workloads if view.targets is None else view.targets


def _groups(scene: Scene) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, one in zip(scene.names, scene.universe.endpoints, strict=True):
        if len(one.members) > 1:
            yield name, tuple(sorted({str(member) for member in one.members}))


def _ranges(scene: Scene) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {INTERNET: ()}
    for index, one in enumerate(scene.universe.endpoints):
        if one.ranges:
            found[scene.names[index]] = texts = tuple(map(spelt, one.ranges))
            found[INTERNET] += texts if scene.internet >> index & 1 else ()
    return found


def _said(scene: Scene, cluster: Cluster) -> Iterator[Problem]:
    yield from cluster.said
    if not cluster.policies and not cluster.unknowns:
        yield Problem("no-policies", None, "there is no NetworkPolicy among the manifests: everything is open")
    elif not scene.narrow.semantics.enforced:
        yield Problem("no-policies", None, f"{scene.cni} enforces no NetworkPolicy: everything is open")
    yield from unnumbered(scene.cluster, scene.universe)
    yield from broken(cluster)


def connections(scene: Scene, view: View) -> tuple[Connection, ...]:
    """Return the connections of *scene* that *view* shows, sorted; those that are not certain come last.

    One end at least is a workload, unless *view* names both. `any non-isolated` stands for every end that no policy
    isolates on its side, `any non-isolated pod` for the pods of these, and without `non-isolated` none is isolated:
    where all of them are open alike. What is certain is open under the narrow reading, the rest under the wide one.
    What is open for some requests only is a connection of its own for each filter.
    """
    if scene.narrow.has_filters:
        return tuple(_with_requests(scene, view))
    certain = _merged(Rows(scene, scene.narrow, view).all())
    perhaps: Found = {}
    if not scene.narrow.is_exact:
        more = by_target(scene.wide, scene.narrow)
        perhaps = _beyond(_merged(Rows(scene, scene.wide, view).all(more=more)), certain)
    return (*_sorted(certain, certain=True), *_sorted(perhaps, certain=False))


def _with_requests(scene: Scene, view: View) -> list[Connection]:
    """Return the same where some rules let pass some requests only."""
    from netgen.reaching.requests import Filtered, Whole, filtered, minus  # noqa: PLC0415 - few clusters have such rules

    crowds, targets = Crowds(scene), range(len(scene.universe.endpoints))
    more = {target: minus(list(scene.wide.whole(target)), scene.narrow.whole(target)) for target in targets}
    certain = _merged(Rows(scene, Whole(scene.narrow), view, crowds).all())
    perhaps = _beyond(_merged(Rows(scene, Whole(scene.wide), view, crowds).all(more=more)), certain)
    found = [*_sorted(certain, certain=True), *_sorted(perhaps, certain=False)]
    # A node opens its own pods as a whole, so that it is never among those with a filter.
    others = Crowds(scene, hosted=False)
    sure, wide, none = filtered(scene.narrow, targets), filtered(scene.wide, targets), Filtered({})
    for asked in dict.fromkeys((*sure, *wide)):
        narrow, other = sure.get(asked, none), wide.get(asked, none)
        certain = _merged(Rows(scene, narrow, view, others).all(among=narrow.rows))
        rows = Rows(scene, other, view, others).all(more=other.beyond(narrow), among=other.rows)
        found += _sorted(certain, certain=True, asked=asked)
        found += _sorted(_beyond(_merged(rows), certain), certain=False, asked=asked)
    return sorted(found, key=lambda one: (not one.certain, one.source, one.target, str(one.requests or "")))


def _beyond(found: Found, certain: Found) -> Found:
    return {pair: beyond(ports, certain.get(pair, NO_PORTS)) for pair, ports in found.items()}


def _sorted(found: Found, *, certain: bool, asked: Filter | None = None) -> list[Connection]:
    return [Connection(*pair, found[pair], certain, asked) for pair in sorted(found) if found[pair]]


def _merged(found: Found) -> Found:
    """Return *found* with one `internet` where both families are open alike."""
    merged = dict(found)
    four, six = f"{INTERNET} (IPv4)", f"{INTERNET} (IPv6)"
    for source, target in found:
        pairs = [(source, target)]
        if source == four:
            pairs += [(six, target), (INTERNET, target)]
        elif target == four:
            pairs += [(source, six), (source, INTERNET)]
        if len(pairs) == 3 and pairs[1] in found:
            common = found[pairs[0]] & found[pairs[1]]
            merged[pairs[2]] = common
            for pair in pairs[:2]:
                merged[pair] = beyond(found[pair], common)
    return merged
