"""Whom one of Cilium's policies is about: pods of its namespace or of namespaces by labels, and some entities."""

from __future__ import annotations

from typing import NamedTuple

from netgen.evaluate.objects.cilium.known import Known
from netgen.evaluate.objects.cilium.selectors import NAMESPACE, NOBODY, asked, by_whom, held, together
from netgen.evaluate.objects.model import NAME_LABEL, Entity, Selector
from netgen.source import Spot

_POLICED = (Entity.INGRESS, Entity.HEALTH, Entity.INIT)
"""The entities that have policies of their own: pkg/policy/repository.go, and pkg/endpoint for each of the three."""


class Subject(NamedTuple):
    """*pods* in the namespaces of *scope* (None: the policy's own), and *entities*."""

    scope: Selector | None
    pods: Selector
    entities: frozenset[Entity] = frozenset()


def subject(value: object, spot: Spot, known: Known) -> Subject:
    """Return the subject of an endpointSelector: in a policy of a namespace, it is confined to that.

    Source: pkg/k8s/apis/cilium.io/utils/utils.go, ParseToCiliumRule.
    """
    asks = asked(value, spot)
    if known.namespace:
        # What names another namespace with the source k8s is overwritten, and what does so otherwise selects nobody.
        asks = tuple(one for one in asks if not (one.is_label and (one.source, one.asks.key) == ("k8s", NAMESPACE)))
    found = by_whom(asks, known)
    is_nobody = found.nobody or any(ask.is_positive for ask in found.reserved)
    pods = NOBODY if is_nobody else together(found.pods)
    if not known.namespace:
        entities = frozenset(one for one in _POLICED if held(asks, one))
        return Subject(together(found.spaces), pods, entities)
    if not found.spaces:
        return Subject(None, pods)
    return Subject(together(found.spaces, (NAME_LABEL, known.namespace)), pods)
