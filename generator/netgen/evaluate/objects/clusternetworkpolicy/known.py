"""What reading a ClusterNetworkPolicy needs: the network plugin, what is not known for certain, and common checks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from netgen.evaluate.objects import selectors
from netgen.evaluate.objects.model import Selector, Unknown
from netgen.evaluate.objects.values import MalformedError, fields, items, mapping
from netgen.problems import Place
from netgen.source import Spot

MOST = 25
"""So many rules, peers, protocols, networks and names may be listed at once."""

_PODS = frozenset(("namespaceSelector", "podSelector"))
# pkg/k8s/apis/cilium.io/const.go: labels of a pod's identity that Cilium adds, which a selector of pods meets as well.
_ADDED = ("io.cilium.k8s.policy.cluster", "io.kubernetes.pod.namespace", "io.cilium.k8s.namespace.labels.")


@dataclass(frozen=True, slots=True)
class Known:
    """The network plugin *cni*; what nobody can say for certain goes to *unknowns*."""

    cni: str
    unknowns: list[Unknown] = field(default_factory=list)

    @property
    def is_cilium(self) -> bool:
        """Return whether Cilium reads the policy."""
        return self.cni == "cilium"

    def unknown(self, what: str, place: Place, fix: str) -> None:
        """Note *what*, a sentence about something in the policy."""
        self.unknowns.append(Unknown(f"a ClusterNetworkPolicy is not evaluated: {what}", place, fix))


class Selected(NamedTuple):
    """The *pods* of some *spaces*."""

    spaces: Selector
    pods: Selector


def one_of(value: object, known: frozenset[str], spot: Spot) -> tuple[str, Any, Spot]:
    """Return the only field of a map that has to have one of *known*, its value and its spot."""
    found = fields(value, known, spot)
    if len(found) != 1:
        raise MalformedError(f"there has to be one of {', '.join(sorted(known))}", spot)
    ((key, item),) = found.items()
    return key, item, spot.at(key)


def listed(value: object, spot: Spot, *, least: int = 1) -> Iterator[tuple[Any, Spot]]:
    """Yield the items of a list, of which there have to be from *least* to MOST."""
    found = list(items(value, spot))
    if not least <= len(found) <= MOST:
        raise MalformedError(f"there have to be from {least} to {MOST} items", spot)
    yield from found


def selector(value: object, spot: Spot) -> Selector:
    """Return a LabelSelector; a label that is null is refused, since it is one that the API server drops."""
    at = spot.at("matchLabels")
    for key, wanted in mapping(mapping(value, spot).get("matchLabels"), at).items():
        if wanted is None:
            raise MalformedError(f"the label {key!r} has no value", at.at(key))
    return selectors.selector(value, spot)


def namespaced_pods(value: object, spot: Spot, known: Known) -> Selected:
    """Return the pods that the field `pods` of a subject or of a peer selects."""
    found = fields(value, _PODS, spot)
    if "podSelector" not in found:
        raise MalformedError("pods needs a podSelector; an empty one selects all", spot)
    at = spot.at("podSelector")
    pods = selector(found["podSelector"], at)
    added = next((one.key for one in pods.asks() if one.key.startswith(_ADDED)), None)
    if known.is_cilium and added is not None:
        what = f"Cilium gives pods a label {added} of its own"
        known.unknown(what, at.value(), "select the namespaces by a namespaceSelector, and no cluster")
    return Selected(selector(found.get("namespaceSelector"), spot.at("namespaceSelector")), pods)


def is_met_without_labels(one: Selector) -> bool:
    """Return whether what has no labels at all meets the selector, which asks something."""
    asks = list(one.asks())
    return bool(asks) and all(ask.holds(None) for ask in asks)
