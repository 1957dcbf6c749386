"""Random clusters for Cilium's policies: pods, Services, groups of blocks, and who is asked about."""

from __future__ import annotations

from itertools import product

import clusters
from cilium_engine import Question, Request
from cilium_policies import CIDRS, GROUPS, PORT_NAMES, policy
from clusters import NAMESPACES, VALUES, Body, Cluster
from writing import chance_of, plainly

ACCOUNTS = ("default", "front", "back")
ENTITY_ENDS = ("host", "remote-node", "kube-apiserver", "ingress", "health", "init", "unmanaged")
NAMES = ("api.example.com", "example.com", "a.b.example.com", "other.test")
OUTSIDE = ("203.0.113.7", "203.0.113.200", "198.51.100.9", "10.0.0.77", "2001:db8::1")
HTTP_PORTS = (("TCP", 80), ("TCP", 8080))
PORTS = (
    *product(("TCP", "UDP", "SCTP"), (53, 443, 8079, 8090)),
    *product(("UDP", "SCTP"), (80, 8080)),
    *(("ICMP", 8), ("ICMP", 5), ("ICMPv6", 128), ("OTHER", 1)),
)


def random_cluster(seed: str) -> tuple[Question, Cluster]:
    """Return the question who reaches whom in a random cluster, and its policies with what was seen in them."""
    cluster = Cluster(chance_of(seed))
    chance = cluster.chance
    for name in NAMESPACES:
        labels = {key: chance.choice(("x", "y")) for key in clusters.SPACE_KEYS if chance.random() < 0.6}
        cluster.objects.append({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
    homes = [pod(cluster, number) for number in range(chance.randint(4, 10))]
    cluster.objects += [service(cluster, name) for name in ("front", "back")]
    cluster.objects += [group(cluster, name) for name in GROUPS[:2]]
    cluster.policies += [policy(cluster, number) for number in range(chance.randint(1, 6))]
    others = [*OUTSIDE, *(f"entity:{name}" for name in ENTITY_ENDS), *(f"fqdn:{name}" for name in NAMES)]
    ends = (*homes, *chance.sample(others, 7))
    requests = tuple(request(cluster, homes, ends) for _ in range(8))
    manifests = plainly([*cluster.objects, *cluster.policies])
    asked = (*HTTP_PORTS, *chance.sample(PORTS, 6))
    return Question(seed, manifests, ends, asked, requests), cluster


def request(cluster: Cluster, homes: list[str], ends: tuple[str, ...]) -> Request:
    """Return a request of HTTP or DNS."""
    chance = cluster.chance
    source, target = chance.choice(homes), chance.choice(ends)
    if chance.random() < 0.3:
        return Request(source, target, (chance.choice(("TCP", "UDP")), 53), name=chance.choice(NAMES))
    path = chance.choice(("/", "/public", "/public/x", "/publicish", "/7", "/public?x=1"))
    return Request(
        *(source, target, ("TCP", chance.choice((80, 443, 8080)))),
        method=chance.choice(("GET", "HEAD", "POST", "PUT")),
        path=path,
        host=chance.choice(("shop", "a.test", "shop:8080")),
    )


def pod(cluster: Cluster, number: int) -> str:
    """Add a pod, and return its address."""
    chance = cluster.chance
    host = chance.random() < 0.05
    address = f"192.168.0.{number + 1}" if host else f"10.0.0.{number + 1}"
    if chance.random() < 0.2 and not host:
        address = f"fd00::{number + 1}"
    ports = [
        {
            "name": name,
            "containerPort": chance.choice((80, 443, 8080)),
            "protocol": chance.choice(("TCP", "TCP", "UDP")),
        }
        for name in PORT_NAMES[:2]
        if chance.random() < 0.6
    ]
    spec: Body = {"containers": [{"name": "c", "ports": ports}]}
    account = chance.choice(ACCOUNTS)
    spec |= {"serviceAccountName": account} if account != "default" else {}
    spec |= {"hostNetwork": True} if host else {}
    metadata = {"name": f"p{number}", "namespace": chance.choice(NAMESPACES), "labels": clusters.labels_of(chance)}
    kind = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": {"podIP": address}}
    cluster.objects.append(kind)
    return address


def service(cluster: Cluster, name: str) -> Body:
    """Return a Service, now and then without a selector."""
    chance = cluster.chance
    spec: Body = {"ports": [{"port": 80}]}
    spec |= {"selector": {"app": chance.choice(VALUES)}} if chance.random() < 0.8 else {}
    labels = {"tier": chance.choice(VALUES)} if chance.random() < 0.7 else {}
    metadata = {"name": name, "namespace": chance.choice(NAMESPACES[:2]), "labels": labels}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def group(cluster: Cluster, name: str) -> Body:
    """Return a CiliumCIDRGroup."""
    chance = cluster.chance
    metadata = {"name": name, "labels": {"zone": chance.choice(("east", "west"))}}
    spec = {"externalCIDRs": chance.sample(CIDRS, chance.randint(0, 2))}
    return {"apiVersion": "cilium.io/v2", "kind": "CiliumCIDRGroup", "metadata": metadata, "spec": spec}
