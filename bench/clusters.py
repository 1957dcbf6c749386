"""Clusters of a given size, as manifests: namespaces of ten workloads, a policy each, and two for each namespace."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent

TEAM = 10
PORT = 8080

NAMESPACE = """\
apiVersion: v1
kind: Namespace
metadata:
  name: team-{team}
  labels:
    cost-centre: c{group}
"""
WORKLOAD = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-{app}
  namespace: team-{team}
spec:
  replicas: 2
  selector:
    matchLabels:
      app: app-{app}
  template:
    metadata:
      labels:
        app: app-{app}
        tier: {tier}
    spec:
      containers:
        - name: main
          image: registry.example.com/app-{app}:1.2.3
          ports:
            - name: http
              containerPort: 8080
            - name: metrics
              containerPort: 9090
"""
OWN = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: app-{app}
  namespace: team-{team}
spec:
  podSelector:
    matchLabels:
      app: app-{app}
  policyTypes:
    - Ingress
    - Egress
  ingress:
    - from:
        - podSelector:
            matchLabels:
              app: app-{caller}
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: team-{neighbour}
          podSelector:
            matchLabels:
              tier: front
      ports:
        - port: 8080
          protocol: TCP
    - from:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: monitoring
      ports:
        - port: 9090
          protocol: TCP
  egress:
    - to:
        - podSelector:
            matchLabels:
              app: app-{callee}
      ports:
        - port: 8080
          protocol: TCP
    - to:
        - ipBlock:
            cidr: 203.0.{block}.0/24
            except:
              - 203.0.{block}.128/25
      ports:
        - port: 5432
          protocol: TCP
"""
CLOSED = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: default-deny
  namespace: team-{team}
spec:
  podSelector: {{}}
  policyTypes:
    - Ingress
    - Egress
"""
NAMES = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: allow-dns
  namespace: team-{team}
spec:
  podSelector: {{}}
  policyTypes:
    - Egress
  egress:
    - to:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: kube-system
          podSelector:
            matchLabels:
              k8s-app: kube-dns
      ports:
        - port: 53
          protocol: UDP
        - port: 53
          protocol: TCP
"""


def write(workloads: int, folder: Path) -> None:
    """Write a cluster of *workloads*, a multiple of ten, with 1.2 policies each.

    `all/` holds everything, a file a namespace. `policies.yaml` and `probe.json` are the same for cyclonus, which reads
    a list of policies and a model of pods with one port to try.
    """
    (folder / "all").mkdir(parents=True)
    teams = range(workloads // TEAM)
    policies = [list(_policies(team, len(teams))) for team in teams]
    for team in teams:
        apps = range(team * TEAM, (team + 1) * TEAM)
        objects = [NAMESPACE.format(team=team, group=team % 7), *map(_workload, apps), *policies[team]]
        (folder / "all" / f"team-{team}.yaml").write_text("---\n".join(objects), encoding="utf-8")
    listed = "".join("  - " + indent(text, "    ")[4:] for texts in policies for text in texts)
    head = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicyList\nitems:\n"
    (folder / "policies.yaml").write_text(head + listed, encoding="utf-8")
    (folder / "probe.json").write_text(json.dumps(_model(workloads)), encoding="utf-8")


def _workload(app: int) -> str:
    return WORKLOAD.format(app=app, team=app // TEAM, tier=_tier(app))


def _tier(app: int) -> str:
    return ("front", "middle", "back")[app % 3]


def _policies(team: int, teams: int) -> Iterator[str]:
    yield CLOSED.format(team=team)
    yield NAMES.format(team=team)
    first = team * TEAM
    for number in range(TEAM):
        caller, callee = (first + (number + step) % TEAM for step in (-1, 1))
        yield OWN.format(
            app=first + number,
            team=team,
            caller=caller,
            callee=callee,
            neighbour=(team + 1) % teams,
            block=number,
        )


def _model(workloads: int) -> dict[str, object]:
    pods = [
        {
            "Namespace": f"team-{app // TEAM}",
            "Name": f"app-{app}",
            "Labels": {"app": f"app-{app}", "tier": _tier(app)},
            "IP": f"10.{app >> 16}.{app >> 8 & 255}.{app & 255}",
            "Containers": [{"Name": "main", "Port": PORT, "PortName": "http", "Protocol": "TCP"}],
        }
        for app in range(workloads)
    ]
    spaces = {
        f"team-{team}": {"cost-centre": f"c{team % 7}", "kubernetes.io/metadata.name": f"team-{team}"}
        for team in range(workloads // TEAM)
    }
    probes = [{"Protocol": "TCP", "Port": PORT}]
    return {"Probes": probes, "Resources": {"Namespaces": spaces, "Pods": pods}}
