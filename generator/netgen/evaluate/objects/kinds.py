"""Which kinds of objects decide who reaches whom: those that are read, and those that nobody here understands."""

from __future__ import annotations

NETWORK_POLICY = ("networking.k8s.io", "NetworkPolicy")

CIDR_GROUP = ("cilium.io", "CiliumCIDRGroup")
CLUSTERWIDE = ("cilium.io", "CiliumClusterwideNetworkPolicy")

CLUSTER_NETWORK_POLICY = ("policy.networking.k8s.io", "ClusterNetworkPolicy")
BEFORE_CLUSTER_NETWORK_POLICY = frozenset(
    (("policy.networking.k8s.io", "AdminNetworkPolicy"), ("policy.networking.k8s.io", "BaselineAdminNetworkPolicy"))
)
"""The kinds of v1alpha1 that ClusterNetworkPolicy has taken the place of."""

ROUTE_GROUP = "gateway.networking.k8s.io"
ROUTES = frozenset((ROUTE_GROUP, kind) for kind in ("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"))
"""The kinds of the Gateway API that lead somewhere."""

CALICO = "projectcalico.org"
CALICO_STORED = "crd.projectcalico.org"
TIER = (CALICO, "Tier")
SERVICE_ACCOUNT = ("", "ServiceAccount")
_CALICO_CLUSTERED = frozenset(
    (
        TIER,
        *((CALICO, kind) for kind in ("GlobalNetworkPolicy", "StagedGlobalNetworkPolicy")),
        *((CALICO, kind) for kind in ("GlobalNetworkSet", "HostEndpoint")),
    )
)

CLUSTERED = frozenset((CIDR_GROUP, CLUSTERWIDE, CLUSTER_NETWORK_POLICY)) | _CALICO_CLUSTERED
"""The kinds that are read and are in no namespace; a Namespace is looked at elsewhere."""

_READ = {
    "cilium": frozenset((("cilium.io", "CiliumNetworkPolicy"), CLUSTERWIDE, CIDR_GROUP)),
    "calico": _CALICO_CLUSTERED.union(
        (CALICO, kind)
        for kind in ("NetworkPolicy", "StagedNetworkPolicy", "StagedKubernetesNetworkPolicy", "NetworkSet")
    ),
}


_WITH_CLUSTER_NETWORK_POLICY = frozenset(("kubernetes", "kube-network-policies", "cilium", "calico"))


def is_read_later(kind: tuple[str, str], cni: str) -> bool:
    """Return whether *kind* is read where the network plugin is *cni*, once all other objects are known."""
    return kind in of_plugin(cni) or (kind == CLUSTER_NETWORK_POLICY and cni in _WITH_CLUSTER_NETWORK_POLICY)


def of_plugin(cni: str) -> frozenset[tuple[str, str]]:
    """Return the kinds of its own that are read where the network plugin is *cni*."""
    return _READ.get(cni, frozenset())


def plugin_of(kind: tuple[str, str]) -> str:
    """Return the network plugin whose own *kind* is read; nothing where it is no plugin's."""
    return next((cni for cni, read in _READ.items() if kind in read), "")


_GROUPS = frozenset(
    (
        "cilium.io",
        "crd.antrea.io",
        "crd.projectcalico.org",
        "k8s.ovn.org",
        "networking.k8s.aws",
        "networking.k8s.io",
        "policy.linkerd.io",
        "policy.networking.k8s.io",
        "projectcalico.org",
        "security.istio.io",
        "vpcresources.k8s.aws",
    )
)
"""API groups of policies: whatever is in them may decide who reaches whom."""

_KINDS = frozenset(
    (
        ("consul.hashicorp.com", "ServiceIntentions"),
        ("kubeovn.io", "SecurityGroup"),
        ("kuma.io", "MeshTrafficPermission"),
    )
)
"""Policies by another name, in groups that hold other things too."""

_HARMLESS_GROUPS = frozenset(
    (
        "admissionregistration.k8s.io",
        "audit.k8s.io",
        "gateway.networking.k8s.io",
        "image.toolkit.fluxcd.io",
        "kyverno.io",
        "policies.kyverno.io",
        "policy",
    )
)
"""API groups whose kinds end in Policy too, and which have nothing to do with connections."""

_HARMLESS_KINDS = frozenset(
    (
        ("cilium.io", "CiliumBGPAdvertisement"),
        ("cilium.io", "CiliumBGPClusterConfig"),
        ("cilium.io", "CiliumBGPPeerConfig"),
        ("cilium.io", "CiliumBGPPeeringPolicy"),
        ("cilium.io", "CiliumEndpoint"),
        ("cilium.io", "CiliumEndpointSlice"),
        ("cilium.io", "CiliumIdentity"),
        ("cilium.io", "CiliumL2AnnouncementPolicy"),
        ("cilium.io", "CiliumLoadBalancerIPPool"),
        ("cilium.io", "CiliumNode"),
        ("cilium.io", "CiliumPodIPPool"),
        ("crd.projectcalico.org", "BGPConfiguration"),
        ("crd.projectcalico.org", "BGPPeer"),
        ("crd.projectcalico.org", "ClusterInformation"),
        ("crd.projectcalico.org", "IPPool"),
        ("networking.gke.io", "GCPBackendPolicy"),
        ("networking.gke.io", "GCPGatewayPolicy"),
        ("networking.gke.io", "HealthCheckPolicy"),
        ("networking.k8s.io", "IPAddress"),
        ("networking.k8s.io", "Ingress"),
        ("networking.k8s.io", "IngressClass"),
        ("networking.k8s.io", "ServiceCIDR"),
        *(
            ("projectcalico.org", kind)
            for kind in (
                *("BGPConfiguration", "BGPFilter", "BGPPeer", "BlockAffinity", "CalicoNodeStatus"),
                *("ClusterInformation", "IPAMBlock", "IPAMConfiguration", "IPAMHandle", "IPPool", "IPReservation"),
            )
        ),
    )
)


def undecided(group: str, kind: str) -> bool:
    """Return whether an object may decide who reaches whom in a way that is not evaluated."""
    if (group, kind) in _HARMLESS_KINDS or (group, kind) == NETWORK_POLICY or group in _HARMLESS_GROUPS:
        return False
    # A kind in other letters is none that a cluster knows, and nobody knows what was meant.
    return group in _GROUPS or (group, kind) in _KINDS or kind.lower().endswith(("policy", "policies"))
