"""The judges themselves: kubeconform must see what it is there for, and kustomize must read what it is given."""

from collections.abc import Callable
from pathlib import Path

import pytest

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


def test_nothing_is_no_success(kubeconform: Callable[[str], list[str]]) -> None:
    """An empty stream is a fault, because nothing was judged."""
    assert kubeconform("") == ["there is no object in the stream"]


def test_kustomize_builds_a_folder(kustomize: Callable[[Path], str], tmp_path: Path) -> None:
    """What kustomize prints are the objects of the folder."""
    (tmp_path / "kustomization.yaml").write_text("resources: [service.yaml]\n", encoding="utf-8")
    (tmp_path / "service.yaml").write_text(SERVICE, encoding="utf-8")
    assert "targetPort: http" in kustomize(tmp_path)
