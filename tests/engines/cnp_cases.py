"""The cases of cnp_cases.yaml: ClusterNetworkPolicies in the cluster of the cases of Cilium, and what they do there.

A case has the specs of ClusterNetworkPolicies (*cnp*), which are of the tier Admin, about all pods and of the priority
10, unless it is written; of a NetworkPolicy in the namespace shop (*np*); and of a policy of Cilium for all (*ccnp*).
For an engine or for *both* there are connections *allowed* and *denied*, written as in cilium_cases.py. *unknown* are
words of what netgen names instead of answering, with the engines where it does so in *unknown_on*, or all.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

import cilium_cases
from cilium_cases import ENDS, read, world
from clusters import Body
from engine import Port
from netgen import source as manifest
from netgen.evaluate.objects import read_cluster
from writing import plainly

FILE = Path(__file__).with_name("cnp_cases.yaml")
ENGINES = ("knp", "cilium")
_WORDS = {"allowed": True, "denied": False}


@dataclass(frozen=True)
class Case:
    """What is asked of one engine, and whether each connection is to be open."""

    name: str
    engine: str
    manifests: str
    connections: dict[tuple[str, str, Port], bool]
    unknown: str
    refused: bool

    @property
    def ends(self) -> tuple[str, ...]:
        """Return the ends of its connections, each once."""
        return tuple(dict.fromkeys(end for one, other, _ in self.connections for end in (one, other))) or (ENDS["web"],)

    @property
    def ports(self) -> tuple[Port, ...]:
        """Return the ports of its connections, each once."""
        return tuple(dict.fromkeys(port for _, _, port in self.connections)) or (("TCP", 80),)


def cases(engine: str) -> list[Case]:
    """Return the cases of *engine*."""
    bodies = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return [_case(body, engine) for body in bodies if body.keys() & {engine, "both"}]


def refused(engine: str) -> list[Case]:
    """Return the cases whose policies *engine* does not take."""
    bodies = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return [_case(body, engine) for body in bodies if engine in body.get("refused_by", ())]


def unknowns(case: Case, cni: str) -> set[str]:
    """Return what netgen names in *case* where the network plugin is *cni*."""
    reading = manifest.read(case.manifests, "m.yaml", manifest.Dialect.MANIFEST)
    return {one.what for one in read_cluster(reading.documents, reading.problems, cni=cni).unknowns}


def _case(body: Body, engine: str) -> Case:
    connections = {
        read(text)[:3]: is_open
        for part in ("both", engine)
        for word, is_open in _WORDS.items()
        for text in body.get(part, {}).get(word, ())
    }
    unknown = body.get("unknown", "") if engine in body.get("unknown_on", ENGINES) else ""
    others = cilium_cases.objects({key: body[key] for key in ("np", "ccnp") if key in body})
    manifests = plainly([*world(), *others, *policies(body["cnp"])])
    return Case(body["id"], engine, manifests, connections, unknown, engine in body.get("refused_by", ()))


def policies(specs: list[Body]) -> list[Body]:
    """Return the ClusterNetworkPolicies of *specs*."""
    defaults = {"tier": "Admin", "priority": 10, "subject": {"namespaces": {}}}
    kind = {"apiVersion": "policy.networking.k8s.io/v1alpha2", "kind": "ClusterNetworkPolicy"}
    return [{**kind, "metadata": {"name": f"c{number}"}, "spec": defaults | spec} for number, spec in enumerate(specs)]
