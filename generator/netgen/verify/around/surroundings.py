"""The cluster around the manifests: its workloads, and the policies that are somebody else's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TypeVar

from netgen.evaluate.objects import read_cluster
from netgen.evaluate.objects.kinds import CALICO, CLUSTER_NETWORK_POLICY
from netgen.evaluate.objects.model import Cluster, Namespace, Policy, Unknown, Workload
from netgen.evaluate.objects.ways import IngressObject, ServiceObject
from netgen.problems import NetgenError, Problem, Severity
from netgen.records import record
from netgen.verify.reading import DEFAULT, read_manifests

_Any = TypeVar("_Any", Workload, Namespace, Policy, ServiceObject, IngressObject)


@record
class Surroundings:
    """What is in the cluster, and *notes* about what was left out of reading it."""

    cluster: Cluster
    notes: tuple[Problem, ...] = ()


def read_surroundings(
    paths: Iterable[str], stdin: bytes | None, namespace: str | None = None, *, cni: str = "kubernetes"
) -> Surroundings:
    """Return the objects in files and folders (`-`: *stdin*), whoever printed them.

    *namespace* is that of objects which name none, `default` where it is None; *cni* is the network plugin.
    What a kustomization among the files changes is not known. Raises NetgenError where a file cannot be read or is not
    YAML.
    """
    documents, problems = read_manifests(paths, stdin, reader="workloads")
    if any(problem.severity is Severity.ERROR for problem in problems):
        raise NetgenError(problems)
    cluster = read_cluster(documents, namespace=namespace or DEFAULT, cni=cni)
    unbuilt = [problem for problem in problems if problem.code == "overlay-unbuilt"]
    unknowns = tuple(Unknown(problem.message, problem.place, problem.fix) for problem in unbuilt)
    notes = tuple(problem for problem in problems if problem not in unbuilt)
    return Surroundings(replace(cluster, unknowns=cluster.unknowns + unknowns), notes)


def without(surroundings: Surroundings, own: Cluster) -> Surroundings:
    """Return *surroundings* without the objects that *own* has too: they are what will be replaced."""
    there = surroundings.cluster
    rest = replace(
        there,
        workloads=_others(there.workloads, own.workloads),
        namespaces=_others(there.namespaces, own.namespaces),
        policies=_others(there.policies, own.policies),
        services=_others(there.services, own.services),
        ingresses=_others(there.ingresses, own.ingresses),
    )
    return replace(surroundings, cluster=rest)


def _others(there: tuple[_Any, ...], own: tuple[_Any, ...]) -> tuple[_Any, ...]:
    names = {_identity(one) for one in own}
    return tuple(one for one in there if _identity(one) not in names)


def _identity(one: Workload | Namespace | Policy | ServiceObject | IngressObject) -> tuple[str, str, str]:
    kind = one.kind if isinstance(one, Workload | Policy | IngressObject) else ""
    return kind, "" if isinstance(one, Namespace) else one.namespace, one.name


def together(own: Cluster, rest: Cluster) -> Cluster:
    """Return one cluster with the objects of both, those of *own* first."""
    policies = _in_order(own.policies + rest.policies)
    known = own.unknowns + rest.unknowns
    ties = _ties(policies) if own.policies and rest.policies else ()
    return Cluster(
        workloads=own.workloads + rest.workloads,
        namespaces=own.namespaces + rest.namespaces,
        policies=policies,
        services=own.services + rest.services,
        ingresses=own.ingresses + rest.ingresses,
        unknowns=(*known, *(one for one in ties if one not in known)),
    )


def _in_order(policies: tuple[Policy, ...]) -> tuple[Policy, ...]:
    """Return *policies* in one order of tiers: where one is Calico's, all are in those of Calico."""
    if not any(map(_is_calico, policies)):
        return policies
    from netgen.evaluate.objects.calico.objects import in_common  # noqa: PLC0415 - only where it is that plugin

    return in_common(policies)


def _is_calico(policy: Policy) -> bool:
    return policy.kind.endswith(f".{CALICO}")


def _ties(policies: tuple[Policy, ...]) -> Iterator[Unknown]:
    """Yield where nobody can say which of *policies* is asked first: who read them apart has not seen that."""
    if any(_is_calico(one) for one in policies):
        from netgen.evaluate.objects.calico import orders  # noqa: PLC0415 - only where it is that plugin

        yield from orders.ties(policies)
    tiered = [one for one in policies if one.kind == CLUSTER_NETWORK_POLICY[1]]
    if tiered:
        from netgen.evaluate.objects.clusternetworkpolicy.ties import ties  # noqa: PLC0415 - few clusters have any

        yield from ties(tiered)


def is_empty(cluster: Cluster) -> bool:
    """Return whether *cluster* has nothing that could be looked at: no pods, no policies, and nothing unknown."""
    return not (cluster.workloads or cluster.policies or cluster.unknowns)
