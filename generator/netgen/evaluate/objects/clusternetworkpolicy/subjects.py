"""Whom a ClusterNetworkPolicy is about: pods by the labels of their namespaces, and on Cilium what has no namespace."""

from __future__ import annotations

from typing import NamedTuple

from netgen.evaluate.objects.clusternetworkpolicy.known import (
    Known,
    Selected,
    is_met_without_labels,
    namespaced_pods,
    one_of,
    selector,
)
from netgen.evaluate.objects.model import Entity, Selector
from netgen.source import Spot

_SUBJECT = frozenset(("namespaces", "pods"))
_POLICED = frozenset((Entity.INGRESS, Entity.HEALTH, Entity.INIT))
"""The entities that have policies of their own: cilium v1.20.2, pkg/policy/repository.go."""


class Subject(NamedTuple):
    """*pods* in the namespaces of *scope*, and *entities*."""

    scope: Selector
    pods: Selector
    entities: frozenset[Entity]


def subject(value: object, spot: Spot, known: Known) -> Subject:
    """Return the subject of a policy.

    Cilium holds by it whatever meets the selectors, also what has no namespace. Source: cilium v1.20.2,
    pkg/k8s/cluster_network_policy.go.
    """
    key, item, at = one_of(value, _SUBJECT, spot)
    meant = Selected(selector(item, at), Selector()) if key == "namespaces" else namespaced_pods(item, at, known)
    is_more = (
        known.is_cilium and is_met_without_labels(meant.spaces) and all(one.holds(None) for one in meant.pods.asks())
    )
    return Subject(meant.spaces, meant.pods, _POLICED if is_more else frozenset())
