"""What the platform says is installed besides its CNI, and what that makes possible."""

from __future__ import annotations

from netgen.problems import Problem
from netgen.profiles import DEFAULT, Feature
from netgen.spec.platform import Platform

CLUSTER_POLICIES = "clusternetworkpolicy"
CALICO_API = "calico-api"
_INSTEAD = f"leave it out, or write  cni: {DEFAULT}  where something beside the CNI implements it"


def has_cluster_policies(platform: Platform) -> bool:
    """Return whether ClusterNetworkPolicies are enforced in the cluster of *platform*."""
    return any(word == CLUSTER_POLICIES for word, _ in platform.installed)


def denies_by_cluster_policies(platform: Platform) -> bool:
    """Return whether what is claimed is denied by ClusterNetworkPolicies, since the CNI has no deny of its own."""
    return has_cluster_policies(platform) and (platform.cni.name == DEFAULT or not platform.cni.can(Feature.DENY))


def check_installed(platform: Platform, found: list[Problem]) -> None:
    """Report what the CNI cannot do that is said to be installed, and who applies Calico's kinds where no server does.

    Any plugin may be behind plain NetworkPolicies, so that there the platform is believed.
    """
    places = dict(platform.installed)
    if CLUSTER_POLICIES in places and platform.cni.name != DEFAULT:
        from netgen.spec.resolve.features import enforceable  # noqa: PLC0415 - few platforms have any installed

        what, place = f"the platform has {CLUSTER_POLICIES} installed", places[CLUSTER_POLICIES]
        enforceable(Feature.CLUSTER_NETWORK_POLICY, place, what, platform, found, l4=_INSTEAD)
    if places and CALICO_API not in places and platform.cni.name == "calico":
        message = "the platform says nothing of an API server that serves projectcalico.org/v3"
        note = "calicoctl apply -f FILE  takes what is rendered of these kinds, and kubectl the rest"
        fix = f"apply it so; or add {CALICO_API} to `installed`, where Calico's API server or its native CRDs are there"
        found.append(Problem("calicoctl-needed", next(iter(places.values())), message, (note,), fix))
