"""Selectors without the labels that change with each release, which a spec refuses."""

from __future__ import annotations

from dataclasses import replace

from netgen.evaluate.objects.model import Cluster, Policy, Selector
from netgen.evaluate.objects.ways import ServiceObject
from netgen.importing.model import ANYTHING, Unsaid
from netgen.spec.forms.selectors import UNSTABLE_KEYS

_CHANGES = "selects by a label that changes with each release; that label is left out"


def lasting(cluster: Cluster, said: Unsaid) -> Cluster:
    """Return *cluster* whose policies and Services select by what stays: more pods are closed, and none is opened."""
    policies = tuple(_policy(one, said) for one in cluster.policies)
    services = tuple(_service(one, said) for one in cluster.services)
    return replace(cluster, policies=policies, services=services)


def _policy(policy: Policy, said: Unsaid) -> Policy:
    kept = _kept(policy.subject)
    if kept in (policy.subject, ANYTHING):
        return policy
    said.add(
        policy.spot, f"NetworkPolicy {policy} selects by a label that changes with each release; that label is left out"
    )
    return replace(policy, subject=kept)


def _service(service: ServiceObject, said: Unsaid) -> ServiceObject:
    own = Selector(service.selector or ())
    kept = _kept(own)
    if kept in (own, ANYTHING):
        return service
    said.add(
        service.spot, f"Service {service} selects by a label that changes with each release; that label is left out"
    )
    return replace(service, selector=kept.labels)


def _kept(selector: Selector) -> Selector:
    labels = tuple(pair for pair in selector.labels if pair[0] not in UNSTABLE_KEYS)
    expressions = tuple(one for one in selector.expressions if one.key not in UNSTABLE_KEYS)
    return Selector(labels, expressions)
