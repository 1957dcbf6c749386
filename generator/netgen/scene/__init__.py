"""Manifests as one picture: every end of a connection, named for people, and who reaches whom among them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from netgen.evaluate.endpoints import Kind
from netgen.evaluate.objects import read_cluster
from netgen.evaluate.objects.model import Cluster, Unknown, Workload
from netgen.evaluate.reach import Reach
from netgen.evaluate.semantics import PROFILES, Reading
from netgen.evaluate.sets import bits, mask_of
from netgen.evaluate.universe import Universe, universe
from netgen.problems import NetgenError, Problem, Severity
from netgen.profiles import DEFAULT, NAMES
from netgen.progress import Progress, counted
from netgen.scene.implied import ASKED, IMPLIED, implied
from netgen.scene.names import INTERNET, is_public, names_of
from netgen.spec.forms.text import shown, suggestion
from netgen.spec.plugins import read_cni
from netgen.verify import reading

__all__ = [
    "ASKED",
    "IMPLIED",
    "INTERNET",
    "Scene",
    "known_cni",
    "read_manifests",
    "scene",
    "scenes",
    "undecided",
]


@dataclass(frozen=True)
class Scene:
    """One set of manifests: the *cluster* with its implied workloads, in a *universe* that several may share.

    *names* has a name for people for each endpoint of the universe, no two alike unless two scenes have different pods
    under one name. *cni* is the network plugin.
    """

    cluster: Cluster
    universe: Universe
    narrow: Reach
    names: tuple[str, ...]
    cni: str

    @cached_property
    def wide(self) -> Reach:
        """Return what may be open: under the reading that allows more."""
        return Reach(self.universe, self.narrow.policies, self.narrow.semantics, Reading.WIDE)

    @cached_property
    def workloads(self) -> int:
        """Return the endpoints that are workloads, implied ones among them, as bits."""
        ends = enumerate(self.universe.endpoints)
        return mask_of([index for index, one in ends if one.kind is Kind.WORKLOAD])

    @cached_property
    def internet(self) -> int:
        """Return the classes of ordinary public addresses, one or none of each family, as bits."""
        return mask_of([index for index, name in enumerate(self.names) if name.startswith(f"{INTERNET} (")])

    @cached_property
    def apart(self) -> tuple[int, ...]:
        """Return the ends that have public addresses and are not what is called the internet."""
        ends = enumerate(self.universe.endpoints)
        return tuple(index for index, one in ends if is_public(one) and not self.internet >> index & 1)

    def named(self, endpoints: int) -> Iterator[str]:
        """Yield the names of *endpoints*, given as bits; both families of the internet together are one name."""
        if self.internet.bit_count() == 2 and not self.internet & ~endpoints:
            yield INTERNET
            endpoints ^= self.internet
        for index in bits(endpoints):
            yield self.names[index]

    def is_several(self, endpoints: int) -> bool:
        """Return whether *endpoints*, given as bits, have more than one name."""
        return endpoints.bit_count() > (2 if endpoints == self.internet else 1)

    def unproven(self) -> Iterator[Problem]:
        """Yield what is not understood, or missing, so that no answer is certain; what is alike, once."""
        alike: dict[tuple[str, str], list[Unknown]] = {}
        for one in (*self.cluster.unknowns, *self.universe.unknowns):
            alike.setdefault((one.what, one.fix), []).append(one)
        for first, *others in alike.values():
            notes = (f"and {len(others)} more of this kind",) if others else ()
            yield Problem("unproven", first.place, first.what, notes, first.fix)


def scenes(
    clusters: Sequence[Cluster],
    *,
    cni: str,
    pod_ranges: Sequence[str] = (),
    node_ranges: Sequence[str] = (),
    server_ranges: Sequence[str] = (),
    asked: Sequence[Workload] = (),
) -> tuple[Scene, ...]:
    """Return a scene for each of *clusters*, all in one universe, so that their Reaches can be compared.

    Where no workload is selected by a policy or Service, a workload of the kind IMPLIED stands for such pods. *cni* is
    a name of netgen.evaluate.semantics.PROFILES; the ranges are the CIDRs of all pods, nodes and API servers, where
    they are known. *asked* are pods that somebody asks about, of the kind ASKED, in no cluster.
    """
    whole = [replace(one, workloads=(*one.workloads, *implied(one))) for one in clusters]
    workloads = tuple(dict.fromkeys(workload for one in whole for workload in (*one.workloads, *asked)))
    namespaces = tuple({place.name: place for one in reversed(whole) for place in one.namespaces}.values())
    policies = [one.policies for one in whole]
    built = universe(
        workloads,
        namespaces,
        policies,
        pod_ranges=pod_ranges,
        node_ranges=node_ranges,
        server_ranges=server_ranges,
    )
    names = names_of(built.endpoints, [policy for listed in policies for policy in listed])
    return tuple(_scene(one, built, names, cni) for one in whole)


def known_cni(name: str) -> str:
    """Return the profile that *name* is of, with a version or without; NetgenError where there is none.

    What policies mean is the same in all versions that are known.
    """
    if name.partition(" ")[0] in NAMES:
        problems: list[Problem] = []
        found = read_cni(name, None, problems)
        if found is None:
            raise NetgenError(problems)
        return found.name
    if name not in PROFILES:
        message = f"no CNI {shown(name)}{suggestion(name, tuple(PROFILES))}"
        raise NetgenError([Problem("unknown-cni", None, message, fix=f"write one of {', '.join(PROFILES)}")])
    return name


def undecided(cni: str) -> str:
    """Return what decides a connection that the narrow reading closes and the wide one opens."""
    untold = "what the manifests do not tell"
    if cni == DEFAULT:
        return f"it depends on the network plugin (--cni says which) or on {untold}"
    return f"it depends on {untold}"


def scene(cluster: Cluster, *, cni: str, pod_ranges: Sequence[str] = (), node_ranges: Sequence[str] = ()) -> Scene:
    """Return the scene of *cluster* alone; see scenes."""
    return scenes([cluster], cni=cni, pod_ranges=pod_ranges, node_ranges=node_ranges)[0]


def _scene(cluster: Cluster, universe: Universe, names: tuple[str, ...], cni: str) -> Scene:
    narrow = Reach(universe, cluster.policies, PROFILES[cni], Reading.NARROW)
    return Scene(cluster, universe, narrow, names, cni)


def read_manifests(
    paths: Sequence[str], stdin: bytes | None, progress: Progress | None = None, *, cni: str = "kubernetes"
) -> Cluster:
    """Return what the manifests in files and folders say under the network plugin *cni*; `-` stands for *stdin*.

    What is not understood is among the unknowns of the cluster. NetgenError for a file that cannot be read at all, and
    where there is nothing but specs.
    """
    documents, problems = reading.read_manifests(paths, stdin, progress)
    if any(problem.code == "unreadable-file" for problem in problems):
        raise NetgenError(problems)
    warnings = tuple(problem for problem in problems if problem.severity is Severity.WARNING)
    looked_at = counted(documents, len(documents), progress, "reading manifests", "objects")
    return replace(read_cluster(looked_at, problems, cni=cni), said=warnings)
