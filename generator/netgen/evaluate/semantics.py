"""What network plugins do differently with the same NetworkPolicy, and how an answer treats what is not known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import Enum
from types import MappingProxyType

from netgen.records import record


class Tri(Enum):
    """Whether something holds; EITHER where that is not known."""

    NO = "no"
    EITHER = "either"
    YES = "yes"


class Reading(Enum):
    """How to take what is not known: NARROW so that less is allowed, WIDE so that more is.

    A connection is proved open only under NARROW, and proved closed only under WIDE.
    """

    NARROW = "narrow"
    WIDE = "wide"

    def takes(self, tri: Tri) -> bool:
        """Return whether something that would allow more is taken to hold."""
        return tri is Tri.YES or (tri is Tri.EITHER and self is Reading.WIDE)


@record
class Semantics:
    """The choices of one network plugin; *source* says where they are written down.

    *enforced*: it looks at policies at all. *blocks_match_pods*, *blocks_match_nodes*: an ipBlock with the address of a
    pod or a node matches it. *selectors_match_hosts*: a peer's selectors match pods on the host network.
    *unlisted_rules*: rules in a section that `policyTypes` does not list count (the API says no). *init_ports_count*:
    the name of a port may be one that only an init container gives, be it a sidecar or not (the API does not say).

    Where there are tiers behind that of NetworkPolicy: *isolates_last*, what it isolates is closed only behind them, so
    that they may open it; *final_for_pods*, they do not ask of a pod that it holds in any direction.
    """

    enforced: bool
    blocks_match_pods: Tri
    blocks_match_nodes: Tri
    selectors_match_hosts: Tri = Tri.NO
    unlisted_rules: Tri = Tri.NO
    init_ports_count: Tri = Tri.EITHER
    isolates_last: Tri = Tri.NO
    final_for_pods: Tri = Tri.NO
    source: str = field(default="", compare=False)


PROFILES: Mapping[str, Semantics] = MappingProxyType(
    {
        "kubernetes": Semantics(
            enforced=True,
            blocks_match_pods=Tri.EITHER,
            blocks_match_nodes=Tri.EITHER,
            selectors_match_hosts=Tri.EITHER,
            unlisted_rules=Tri.EITHER,
            isolates_last=Tri.EITHER,
            final_for_pods=Tri.EITHER,
            source="any plugin of the API: kubernetes/website, docs/concepts/services-networking/network-policies.md",
        ),
        "calico": Semantics(
            enforced=True,
            blocks_match_pods=Tri.YES,
            blocks_match_nodes=Tri.YES,
            init_ports_count=Tri.YES,
            source="projectcalico/calico, libcalico-go/lib/backend/k8s/conversion (an ipBlock becomes nets)",
        ),
        "cilium": Semantics(
            enforced=True,
            blocks_match_pods=Tri.NO,
            blocks_match_nodes=Tri.NO,
            unlisted_rules=Tri.YES,
            init_ports_count=Tri.NO,
            isolates_last=Tri.YES,
            source="cilium/cilium, pkg/k8s/{network_policy,labels}.go and policy-cidr-match-mode, with its default",
        ),
        "flannel": Semantics(
            enforced=False,
            blocks_match_pods=Tri.NO,
            blocks_match_nodes=Tri.NO,
            source="flannel-io/flannel, README.md (it carries packets and leaves policy to others)",
        ),
        "weave": Semantics(
            enforced=True,
            blocks_match_pods=Tri.YES,
            # A node that calls a pod of another has an address of the pods' range there; one that is called, its own.
            blocks_match_nodes=Tri.EITHER,
            # They allow, and isolate nobody.
            unlisted_rules=Tri.EITHER,
            source="weaveworks/weave, npc/{analyser,ipblock,namespace}.go and docs/weavenpc-design.md @v2.8.1",
        ),
        "kube-network-policies": Semantics(
            enforced=True,
            blocks_match_pods=Tri.YES,
            blocks_match_nodes=Tri.YES,
            init_ports_count=Tri.NO,
            final_for_pods=Tri.YES,
            source="kubernetes-sigs/kube-network-policies, pkg/networkpolicy/networkpolicy.go and pkg/api/helper.go",
        ),
    }
)
"""The semantics by the name of the CNI."""
