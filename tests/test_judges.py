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


def test_nothing_is_no_success(kubeconform: Callable[[str], list[str]]) -> None:
    """An empty stream is a fault, because nothing was judged."""
    assert kubeconform("") == ["there is no object in the stream"]


def test_kustomize_builds_a_folder(kustomize: Callable[[Path], str], tmp_path: Path) -> None:
    """What kustomize prints are the objects of the folder."""
    (tmp_path / "kustomization.yaml").write_text("resources: [service.yaml]\n", encoding="utf-8")
    (tmp_path / "service.yaml").write_text(SERVICE, encoding="utf-8")
    assert "targetPort: http" in kustomize(tmp_path)
