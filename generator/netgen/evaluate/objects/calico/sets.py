"""NetworkSets and GlobalNetworkSets, and which of them selectors mean; and Tiers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from ipaddress import ip_interface
from typing import Any

from netgen.evaluate.objects.calico.known import Known, NetworkSet
from netgen.evaluate.objects.calico.logic import is_met, keys
from netgen.evaluate.objects.calico.selectors import IN_SPACES, NAMESPACE_OF, Asks
from netgen.evaluate.objects.model import NAME_LABEL, Tier
from netgen.evaluate.objects.values import MalformedError, fields, items, labels, mapping, text
from netgen.source import Spot

NAME_OF = "projectcalico.org/name"
"""The label with its own name that Calico gives a namespace and a service account."""
DEFAULT = Tier(1_000_000, "default", ordered=True, isolates=True)
"""The tier of Kubernetes' NetworkPolicies, and of policies that name none."""
ADMIN = Tier(1_000, "kube-admin", ordered=True, isolates=False)
BASELINE = Tier(10_000_000, "kube-baseline", ordered=True, isolates=False)
"""The tiers of ClusterNetworkPolicies."""
_BUILT_IN = {
    one.name: one
    for one in (
        *(DEFAULT, ADMIN, BASELINE),
        Tier(1_000, "adminnetworkpolicy", ordered=True, isolates=False),
        Tier(10_000_000, "baselineadminnetworkpolicy", ordered=True, isolates=False),
    )
}
_TOP = frozenset(("apiVersion", "kind", "metadata", "spec", "status"))
_NETS = frozenset(("nets",))
_TIER = frozenset(("order", "defaultAction"))


def network_set(body: dict[str, Any], namespace: str, name: str, spot: Spot) -> NetworkSet:
    """Return the NetworkSet or GlobalNetworkSet *body*. Source: libcalico-go/lib/validator/v3/validator.go."""
    at = spot.at("spec")
    spec = fields(fields(body, _TOP, spot).get("spec"), _NETS, at)
    place = spot.at("metadata", "labels")
    own = labels(mapping(body.get("metadata"), spot.at("metadata")).get("labels"), place)
    if NAMESPACE_OF in own:
        raise MalformedError(f"the label {NAMESPACE_OF} is Calico's own", place.at(NAMESPACE_OF), at_key=True)
    nets = tuple(_net(item, where) for item, where in items(spec.get("nets"), at.at("nets")))
    return NetworkSet(namespace, name, tuple(sorted(own.items())), tuple(dict.fromkeys(nets)))


def _net(value: object, spot: Spot) -> str:
    """Return a CIDR of an address or a CIDR, whatever stands behind its prefix."""
    written = text(value, spot)
    try:
        network = ip_interface(written).network
    except ValueError:
        raise MalformedError(f"{written!r} is neither an address nor a CIDR", spot) from None
    if "/" in written and not written.rpartition("/")[2].isdigit():
        raise MalformedError(f"{written!r} is no CIDR", spot)
    if network.version == 6 and network.network_address.ipv4_mapped is not None:
        raise MalformedError(f"{written!r} mixes IPv4 into IPv6", spot)
    return str(network)


def tier(body: dict[str, Any], name: str, spot: Spot) -> Tier:
    """Return the Tier *body*. Source: projectcalico/api, pkg/apis/projectcalico/v3/tier.go."""
    at = spot.at("spec")
    spec = fields(fields(body, _TOP, spot).get("spec"), _TIER, at)
    action = spec.get("defaultAction", "Deny")
    if action not in ("Deny", "Pass"):
        raise MalformedError(f"{action!r} is neither Deny nor Pass", at.at("defaultAction"))
    if "." in name or len(name) > 63:
        raise MalformedError("the name of a Tier has no dots, and at most 63 characters", spot.at("metadata", "name"))
    found = Tier(order_of(spec.get("order"), at.at("order")), name, ordered=True, isolates=action == "Deny")
    if found != _BUILT_IN.get(name, found):
        raise MalformedError(f"the tier {name} is Calico's own, and cannot be changed", spot.at("metadata", "name"))
    return found


def order_of(value: object, spot: Spot) -> float:
    """Return an order; none is behind all others."""
    if value is None:
        return math.inf
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise MalformedError("an order is a number", spot)
    return float(value)


def tiers(given: dict[str, Tier]) -> dict[str, Tier]:
    """Return the tiers that there are, Calico's own with those *given*."""
    return _BUILT_IN | given


def meant(asks: Asks, spot: Spot, known: Known) -> Iterator[NetworkSet]:
    """Yield the sets that *asks* means: in a namespace they have its labels too."""
    for one in known.around.sets:
        found = dict(one.labels)
        if one.namespace:
            space = known.around.namespaces.get(one.namespace)
            names = {NAMESPACE_OF: one.namespace, f"{IN_SPACES}{NAME_OF}": one.namespace}
            found |= {f"{IN_SPACES}{key}": value for key, value in space or ((NAME_LABEL, one.namespace),)} | names
            if space is None and any(key.startswith(IN_SPACES) and key not in found for key in keys(asks)):
                what = f"it selects by labels of the namespace {one.namespace}, where the NetworkSet {one.name} is"
                known.unknown(what, spot.value(), f"give the Namespace {one.namespace} as well")
                continue
        if is_met(asks, found):
            yield one
