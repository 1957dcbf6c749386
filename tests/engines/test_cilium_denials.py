"""What is rendered for entities and denies, asked to Cilium's own policy engine: rows written by hand."""

from __future__ import annotations

from cilium_engine import Question, answers
from netgen import api

SPEC = """
apiVersion: netgen.dev/v1alpha1
kind: Connectivity
metadata: {name: payments, namespace: payments}
apps:
  api: {port: 9090, calls: [db], expose: loadBalancer, accepts: [cluster/apiserver]}
  db: {port: 5432/tcp, calls: [db]}
  metrics: {port: 9100, isolate: none}
never:
  - any except api -> db
---
apiVersion: netgen.dev/v1alpha1
kind: Platform
metadata: {name: prod}
cni: cilium 1.19
never:
  - internet -> payments/db
  - any -> 169.254.169.254
  - storefront/* -> payments/metrics
"""
PODS = {
    "10.0.0.1": ("payments", "api", {"app.kubernetes.io/name": "api"}),
    "10.0.0.2": ("payments", "db-0", {"app.kubernetes.io/name": "db"}),
    "10.0.0.3": ("payments", "db-1", {"app.kubernetes.io/name": "db"}),
    "10.0.0.4": ("payments", "metrics", {"app.kubernetes.io/name": "metrics"}),
    "10.0.0.5": ("payments", "stranger", {"app": "stray"}),
    "10.0.0.6": ("storefront", "stranger", {"app": "stray"}),
    "10.0.0.7": ("kube-system", "agent", {"app": "stray"}),
}
METADATA, WORLD = "169.254.169.254", "203.0.113.7"
HOST, NODE, SERVER = "entity:host", "entity:remote-node", "entity:kube-apiserver"
ROWS = {
    ("10.0.0.1", "10.0.0.2", 5432): "1",  # api calls db
    ("10.0.0.2", "10.0.0.3", 5432): "1",  # db calls its replicas
    ("10.0.0.5", "10.0.0.2", 5432): "0",
    (WORLD, "10.0.0.2", 5432): "0",
    (NODE, "10.0.0.2", 5432): "0",
    (HOST, "10.0.0.2", 5432): "1",  # the node that runs it: probes
    (WORLD, "10.0.0.1", 9090): "1",  # the load balancer
    (NODE, "10.0.0.1", 9090): "1",  # and where it passes by another node
    ("10.0.0.5", "10.0.0.1", 9090): "0",
    (SERVER, "10.0.0.1", 9090): "1",
    ("10.0.0.5", "10.0.0.4", 9100): "1",  # nothing isolates it
    ("10.0.0.6", "10.0.0.4", 9100): "0",  # but a claim
    ("10.0.0.5", METADATA, 80): "0",
    ("10.0.0.6", METADATA, 80): "0",
    ("10.0.0.4", METADATA, 80): "0",
    ("10.0.0.7", METADATA, 80): "1",  # kube-system is exempt
    ("10.0.0.5", WORLD, 80): "1",
}
"""By source, target and TCP port: whether it is open."""


def cluster() -> str:
    """Return the namespaces and pods, and what is rendered for them."""
    names = dict.fromkeys(namespace for namespace, _, _ in PODS.values())
    objects = [f"{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}}}}}" for name in names]
    for address, (namespace, name, labels) in PODS.items():
        worn = ", ".join(f"{key}: {value}" for key, value in labels.items())
        metadata = f"{{name: {name}, namespace: {namespace}, labels: {{{worn}}}}}"
        objects.append(
            f"{{apiVersion: v1, kind: Pod, metadata: {metadata}, status: {{podIP: {address}}}, "
            "spec: {containers: [{name: a, image: a}]}}"
        )
    manifests = api.render(api.load("-", stdin=SPEC.encode()).intent)
    policies = [one.text for one in manifests if one.kind.startswith("Cilium")]
    return "\n---\n".join([*objects, *policies])


def test_the_engine_answers_each_row_as_it_is_written_here() -> None:
    """Denies beat what opens, hold pods that no spec names, and spare the node, replicas and kube-system."""
    ends = (*PODS, METADATA, WORLD, HOST, NODE, SERVER)
    numbers = sorted({number for _, _, number in ROWS})
    (answer,) = answers([Question("denials", cluster(), ends, tuple(("TCP", number) for number in numbers))])
    assert answer.refused == ()
    found = {
        row: answer.verdicts[
            (ends.index(row[0]) * len(ends) + ends.index(row[1])) * len(numbers) + numbers.index(row[2])
        ]
        for row in ROWS
    }
    assert found == ROWS
