"""Who may open which ports of whom, as matrices over one universe: what a system means, and what manifests allow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from meanings import EVERYTHING, Blocks, End, Meaning, Opened, Peer, Pods, is_met, meaning, worn
from netgen import api
from netgen.evaluate.addresses import shown
from netgen.evaluate.endpoints import Endpoint, Kind
from netgen.evaluate.objects import read_cluster
from netgen.evaluate.objects.model import Cluster, Policy
from netgen.evaluate.reach import Reach
from netgen.evaluate.semantics import PROFILES, Reading
from netgen.evaluate.sets import PortSet, Protocol, bits
from netgen.evaluate.universe import Universe, universe
from netgen.source import Dialect, read
from netgen.verify import Proof
from systems import Data
from writing import plainly

PROTOCOLS = ("TCP", "UDP", "SCTP")
NAME_LABEL = "kubernetes.io/metadata.name"
ELSEWHERE = "nowhere-else"
"""A namespace that no system names."""
Matrix = list[list[int]]
"""Target, source -> atoms of ports as bits."""
BOTH = (Reading.NARROW, Reading.WIDE)


class Atoms:
    """The ports of *meanings*, and all that lie between two of them, one bit each; the last is what has no ports."""

    def __init__(self, meanings: Sequence[Meaning]) -> None:
        opened = [
            ports or frozenset()
            for one in meanings
            for app in one.apps.values()
            for _, ports in (*app.inward, *app.outward)
        ]
        self.starts = {
            protocol: sorted(
                {1, *(n + step for ports in opened for kind, n in ports if kind == protocol and n for step in (0, 1))}
            )
            for protocol in PROTOCOLS
        }
        self.names = [(protocol, start) for protocol in PROTOCOLS for start in self.starts[protocol] if start < 65536]
        self.everything = (1 << len(self.names) + 1) - 1
        self._meant: dict[Opened, int] = {EVERYTHING: self.everything}
        self._found: dict[PortSet, int] = {}

    def meant(self, opened: Opened) -> int:
        """Return what a meaning opens."""
        found = self._meant.get(opened)
        if found is None:
            pairs = opened or frozenset()
            found = sum(1 << bit for bit, name in enumerate(self.names) if name in pairs or (name[0], None) in pairs)
            self._meant[opened] = found
        return found

    def around(self, ports: Iterable[tuple[str, int]]) -> int:
        """Return the atoms in which *ports* are: what is open at one of an atom is open at all of it."""
        last = {
            protocol: [bit for bit, (kind, _) in enumerate(self.names) if kind == protocol] for protocol in PROTOCOLS
        }
        return sum({1 << max(bit for bit in last[kind] if self.names[bit][1] <= number) for kind, number in ports})

    def found(self, ports: PortSet) -> int:
        """Return what is open. AssertionError where it begins or ends at a port that nothing meant speaks of."""
        bit = self._found.get(ports)
        if bit is None:
            for protocol, low, high in ports:
                edges = [] if protocol is Protocol.OTHER else [low] if high == 65535 else [low, high + 1]
                assert set(edges) <= set(self.starts.get(protocol.value, [])), f"{ports} has an edge that nothing means"
            bit = sum(1 << bit for bit, (kind, start) in enumerate(self.names) if ports.has(Protocol(kind), start))
            bit |= (1 << len(self.names)) * ports.has(Protocol.OTHER, 1)
            self._found[ports] = bit
        return bit

    def text(self, mask: int) -> str:
        """Return atoms for a person to read; a port stands for all up to the next one that is spoken of."""
        names = [f"{number}/{protocol}" for protocol, number in self.names] + ["other"]
        return ", ".join(names[bit] for bit in bits(mask)) or "nothing"


@dataclass(frozen=True)
class Compared:
    """What some documents mean and what their manifests allow, in one universe.

    Whatever *others* and *spoken* speak of is told apart in it too.
    """

    documents: tuple[Data, ...]
    others: tuple[Compared, ...] = ()
    spoken: tuple[Peer, ...] = ()

    @cached_property
    def loaded(self) -> api.Loaded:
        """Return what netgen makes of the documents."""
        return api.load("-", stdin=plainly(self.documents).encode())

    @cached_property
    def manifests(self) -> tuple[api.Manifest, ...]:
        """Return what netgen renders."""
        return api.render(self.loaded.intent)

    @cached_property
    def text(self) -> str:
        """Return the manifests as one text."""
        return api.stream(self.manifests, "yaml")

    def proof(self, *, cluster: str = "") -> Proof:
        """Return the proof of the manifests, in the *cluster* that some other manifests are."""
        if not cluster:
            return api.prove(self.loaded.intent, self.manifests)
        return api.prove(self.loaded.intent, self.manifests, workloads=["-"], stdin=cluster.encode())

    @cached_property
    def meaning(self) -> Meaning:
        """Return what the documents mean."""
        return meaning(self.documents)

    @cached_property
    def cluster(self) -> Cluster:
        """Return what an evaluator reads in the text."""
        return cluster_of(self.text)

    @cached_property
    def universe(self) -> Universe:
        """Return every end that the meaning or the manifests tell from another, a workload for each app among them."""
        all_of = (self, *self.others)
        objects = [one for each in all_of for one in deployments(each.meaning)]
        peers: list[Iterable[Peer]] = [(*each.meaning.peers(), *each.spoken) for each in all_of]
        peers.append([Pods(space) for each in all_of for space in sorted(each.meaning.closed)])
        objects += [mentioned(listed, f"mentions-{number}") for number, listed in enumerate(peers)]
        more = cluster_of(plainly(list({str(one): one for one in objects}.values())))
        return universe(
            more.workloads,
            (),
            (*(each.cluster.policies for each in all_of), more.policies),
            pod_ranges=self.meaning.pod_ranges,
            node_ranges=self.meaning.node_ranges,
        )

    @cached_property
    def ends(self) -> list[End]:
        """Return the endpoints of the universe as the meaning knows them."""
        return [end_of(one, self.meaning) for one in self.universe.endpoints]

    @cached_property
    def atoms(self) -> Atoms:
        """Return the ports that are told apart."""
        return Atoms([one.meaning for one in (self, *self.others)])

    def meant(self, *, wide: bool) -> Matrix:
        """Return what the documents mean, at every end here."""
        rows = [self._side(end, "ingress", wide=wide) for end in self.ends]
        columns = [self._side(end, "egress", wide=wide) for end in self.ends]
        beyond = {index for index, end in enumerate(self.ends) if end.kind in ("node", "outside")}
        return [
            [
                0 if target in beyond and source in beyond else row[source] & column[target]
                for source, column in enumerate(columns)
            ]
            for target, row in enumerate(rows)
        ]

    def _side(self, end: End, direction: str, *, wide: bool) -> list[int]:
        """Return what *end* may do with each other end."""
        permissions = self.meaning.permissions(end, direction)
        if permissions is None:
            return [self.atoms.everything] * len(self.ends)
        found = [0] * len(self.ends)
        for peer, opened in permissions:
            mask = self.atoms.meant(opened)
            for other in self.met(peer, wide=wide):
                found[other] |= mask
        return found

    @cached_property
    def _met(self) -> dict[tuple[Peer, bool], list[int]]:
        return {}

    def met(self, peer: Peer, *, wide: bool) -> list[int]:
        """Return the ends that *peer* means."""
        found = self._met.get((peer, wide))
        if found is None:
            found = [index for index, end in enumerate(self.ends) if is_met(peer, end, wide=wide)]
            self._met[peer, wide] = found
        return found

    def found(self, *, wide: bool, policies: Sequence[Policy] | None = None) -> Matrix:
        """Return what *policies* allow (those of the manifests, if none are given), at every end here."""
        reading = Reading.WIDE if wide else Reading.NARROW
        held = self.cluster.policies if policies is None else policies
        reach = Reach(self.universe, held, PROFILES["kubernetes"], reading)
        matrix = []
        for _, row in reach.rows():
            found = [0] * len(self.ends)
            for mask, ports in row:
                atoms = self.atoms.found(ports)
                for source in bits(mask):
                    found[source] = atoms
            matrix.append(found)
        return matrix

    def differences(self, one: Matrix, other: Matrix) -> Iterator[str]:
        """Yield what *one* has and *other* has not, for a person to read."""
        for target, (row, others) in enumerate(zip(one, other, strict=True)):
            if row != others:
                for source, (mine, theirs) in enumerate(zip(row, others, strict=True)):
                    if mine & ~theirs:
                        names = (self.universe.endpoints[end].name for end in (source, target))
                        yield f"{' -> '.join(names)}: {self.atoms.text(mine & ~theirs)}"


def cluster_of(text: str) -> Cluster:
    """Return what an evaluator reads in *text*, in which it understands everything."""
    reading = read(text, "text", Dialect.MANIFEST)
    found = read_cluster(reading.documents, reading.problems)
    assert found.unknowns == ()
    return found


def end_of(one: Endpoint, meant: Meaning) -> End:
    """Return an endpoint of a universe as a meaning knows it; any address of a class stands for the others."""
    if one.kind in (Kind.NODE, Kind.ADDRESSES):
        family, low, _ = one.ranges[0]
        address = shown((family, low, low))
        return End("node" if one.kind is Kind.NODE else "outside", one.name, homes=(address,))
    kind = "host" if one.host_network else "pod"
    homes = meant.node_ranges if one.host_network else meant.pod_ranges
    return End(kind, one.name, one.namespace or ELSEWHERE, dict(one.labels), homes)


def deployments(meant: Meaning) -> Iterator[Data]:
    """Yield a Deployment for each app, whose pods wear what it selects."""
    for (namespace, name), app in meant.apps.items():
        yield deployment(namespace, name, worn(app.pods), host=app.host)


def deployment(namespace: str, name: str, labels: dict[str, str], *, host: bool = False) -> Data:
    """Return a Deployment."""
    spec = {"containers": [{"name": "c", "image": "c"}]} | ({"hostNetwork": True} if host else {})
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": spec}},
    }


def mentioned(peers: Iterable[Peer], name: str) -> Data:
    """Return a policy *name* that speaks of all *peers*, so that a universe tells them apart."""
    listed = [one for peer in dict.fromkeys(peers) for one in written(peer)]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"from": [*listed, {"podSelector": {}}]}]},
    }


def written(peer: Peer) -> Iterator[Data]:
    """Yield *peer* as peers of a NetworkPolicy."""
    if isinstance(peer, Blocks):
        for cidr, holes in peer.blocks:
            inner = [hole for hole in holes if hole != cidr]
            yield {"ipBlock": {"cidr": cidr} | ({"except": inner} if inner else {})}
    elif isinstance(peer, Pods):
        terms = [
            {"key": key, "operator": operator} | ({"values": list(values)} if values else {})
            for key, operator, values in peer.expressions
        ]
        pods = {"matchLabels": dict(peer.labels)} | ({"matchExpressions": terms} if terms else {})
        space = {"matchLabels": {NAME_LABEL: peer.namespace} if peer.namespace else {}}
        yield {"namespaceSelector": space, "podSelector": pods}
