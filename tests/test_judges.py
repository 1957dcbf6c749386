"""The judges themselves: kubeconform must see what it is there for, and kustomize must read what it is given."""

from collections.abc import Callable
from pathlib import Path

import pytest

import crd_rules

pytestmark = pytest.mark.once

SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  ports:
    - port: 80
      targetPort: http
"""

POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
spec:
  podSelector: {}
  ingress:
    - ports:
        - port: 8080
          protocol: TCP
"""


def test_valid_objects_pass(kubeconform: Callable[[str], list[str]]) -> None:
    """Core and networking objects are judged, several in one stream."""
    assert kubeconform(f"{SERVICE}---\n{POLICY}") == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("targetPort", "targetport"),
        ("kind: Service", "kind: Servize"),
        ("port: 80", "port: '80'"),
        ("  name: web\n", "  name: web\n  label: {}\n"),
        ("    - port: 80\n", "    - protocol: TCP\n"),
    ],
)
def test_faults_are_seen(kubeconform: Callable[[str], list[str]], right: str, wrong: str) -> None:
    """A misspelt field or kind, text for a number, an unknown field of the metadata and a missing field are faults."""
    manifests = f"{POLICY}---\n{SERVICE.replace(right, wrong)}"
    assert len(kubeconform(manifests)) == 1


CILIUM = """\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  name: web
  namespace: shop
spec:
  endpointSelector:
    matchLabels:
      app: web
  egress:
    - toFQDNs:
        - matchPattern: "*.example.com"
      toPorts:
        - ports:
            - port: "443"
              protocol: TCP
          rules:
            http:
              - method: GET
    - toCIDRSet:
        - cidr: 10.0.0.0/8
          except:
            - 10.1.0.0/16
    - icmps:
        - fields:
            - type: 8
            - type: EchoRequest
"""

GROUP = """\
apiVersion: cilium.io/v2
kind: CiliumCIDRGroup
metadata:
  name: partners
spec:
  externalCIDRs:
    - 203.0.113.0/24
"""


def test_valid_custom_resources_pass(kubeconform: Callable[[str], list[str]]) -> None:
    """Cilium's policies are judged by the schemas that its own definitions hold, clusterwide ones and groups too."""
    clusterwide = CILIUM.replace("CiliumNetwork", "CiliumClusterwideNetwork").replace("  namespace: shop\n", "")
    assert kubeconform(f"{CILIUM}---\n{clusterwide}---\n{GROUP}") == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("matchLabels", "matchLabel"),
        ('port: "443"', "port: 443"),
        ("toFQDNs", "toFqdns"),
        ("protocol: TCP", "protocol: ICMP"),
        ("cidr: 10.0.0.0/8", "cidr: 10.0.0.1"),
        ("type: EchoRequest", "type: Hello"),
        ("            http:\n              - method: GET\n", "            kafka:\n              - role: produce\n"),
        ("  namespace: shop\n", "  namespaces: shop\n"),
        ("spec:\n", "spec2:\n"),
    ],
    ids=["misspelt selector", "number", "case", "protocol", "bare address", "type", "Kafka", "metadata", "no spec"],
)
def test_faults_of_custom_resources_are_seen(kubeconform: Callable[[str], list[str]], right: str, wrong: str) -> None:
    """A misspelt field anywhere, another type, a value that is not listed, and a missing part are faults."""
    assert right in CILIUM
    assert len(kubeconform(CILIUM.replace(right, wrong))) == 1


def test_a_clusterwide_resource_has_no_namespace(kubeconform: Callable[[str], list[str]]) -> None:
    """A namespace is a fault where the kind has none."""
    assert len(kubeconform(CILIUM.replace("CiliumNetwork", "CiliumClusterwideNetwork"))) == 1


CALICO = """\
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata:
  name: netgen.guard
spec:
  tier: netgen
  order: 10
  selector: projectcalico.org/orchestrator == 'k8s'
  types: [Ingress, Egress]
  ingress:
    - action: Allow
      protocol: TCP
      source:
        nets: [10.0.0.0/8]
      destination:
        ports: [80, "8000:8010", http]
      http:
        methods: [GET]
  egress:
    - action: Deny
      protocol: ICMP
      icmp:
        type: 8
        code: 0
    - action: Deny
      protocol: UDP
      destination:
        ports: [53]
"""

TIER = """\
apiVersion: projectcalico.org/v3
kind: Tier
metadata:
  name: default
spec:
  order: 1000000
  defaultAction: Deny
"""

TIERED = """\
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata:
  name: guard
spec:
  tier: Admin
  priority: 5
  subject:
    pods:
      namespaceSelector: {}
      podSelector: {}
  egress:
    - name: out
      action: Deny
      to:
        - networks: [169.254.169.254/32]
      protocols:
        - tcp:
            destinationPort:
              range:
                start: 1
                end: 65535
"""

ROUTE = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: web
  namespace: shop
spec:
  parentRefs:
    - name: public
      namespace: edge
  hostnames: [shop.example.com]
  rules:
    - matches:
        - path:
            type: Exact
            value: /cart
      filters:
        - type: URLRewrite
          urlRewrite:
            path:
              type: ReplaceFullPath
              replaceFullPath: /
      backendRefs:
        - name: web
          port: 80
"""


def test_valid_policies_of_tiers_and_routes_pass(kubeconform: Callable[[str], list[str]]) -> None:
    """Calico's kinds, the cluster's network policies and routes of a gateway are judged by their own definitions."""
    assert kubeconform(f"{CALICO}---\n{TIER}---\n{TIERED}---\n{ROUTE}") == []


@pytest.mark.parametrize(
    ("manifest", "right", "wrong"),
    [
        (CALICO, "order: 10", "order: ten"),
        (CALICO, "ports: [53]", "port: [53]"),
        (CALICO, "action: Allow", "action: Accept"),
        (CALICO, "[10.0.0.0/8]", "[10.0.0.0/8, 10.0.0.0/8]"),
        (CALICO, "types: [Ingress, Egress]", "types: [Ingress, Egress, Ingress]"),
        (CALICO, "action: Allow", "action: Deny"),
        (CALICO, "protocol: TCP", "protocol: UDP"),
        (CALICO, "        type: 8\n", ""),
        (CALICO, "  order: 10\n", "  preDNAT: true\n"),
        (CALICO, "  order: 10\n", "  applyOnForward: true\n  doNotTrack: true\n  preDNAT: true\n"),
        (CALICO, "        ports: [53]\n", "        ports: [53]\n        services: {name: dns, namespace: dns}\n"),
        (TIER, "defaultAction: Deny", "defaultAction: Pass"),
        (TIERED, "action: Deny", "action: Allow"),
        (TIERED, "169.254.169.254/32", "169.254.169.254"),
        (TIERED, "priority: 5", "priority: 1001"),
        (TIERED, "networks: [169.254.169.254/32]", "domainNames: [example.com]"),
        (ROUTE, "value: /cart", "value: /cart//x"),
        (ROUTE, "value: /cart", "value: cart"),
        (ROUTE, "          port: 80\n", ""),
        (ROUTE, "type: URLRewrite", "type: RequestRedirect"),
        (ROUTE, "type: ReplaceFullPath", "type: ReplacePrefixMatch"),
        (ROUTE, "hostnames", "hostname"),
    ],
)
def test_faults_of_policies_of_tiers_and_routes_are_seen(
    kubeconform: Callable[[str], list[str]], manifest: str, right: str, wrong: str
) -> None:
    """What a definition says of its fields, and what it says in CEL, is judged."""
    assert right in manifest
    assert len(kubeconform(manifest.replace(right, wrong))) == 1


def test_a_rule_that_nobody_has_said_is_not_lost() -> None:
    """A rule in CEL that is new is no rule that is left out."""
    with pytest.raises(KeyError):
        crd_rules.schema("self.name != 'x'")


def test_nothing_is_no_success(kubeconform: Callable[[str], list[str]]) -> None:
    """An empty stream is a fault, because nothing was judged."""
    assert kubeconform("") == ["there is no object in the stream"]


def test_kustomize_builds_a_folder(kustomize: Callable[[Path], str], tmp_path: Path) -> None:
    """What kustomize prints are the objects of the folder."""
    (tmp_path / "kustomization.yaml").write_text("resources: [service.yaml]\n", encoding="utf-8")
    (tmp_path / "service.yaml").write_text(SERVICE, encoding="utf-8")
    assert "targetPort: http" in kustomize(tmp_path)
