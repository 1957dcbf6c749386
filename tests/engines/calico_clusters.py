"""Random clusters for Calico's policies: pods, accounts, Services, tiers, sets of addresses, and who is asked about."""

from __future__ import annotations

from itertools import product

import clusters
from calico_policies import ACCOUNTS, NETS4, NETS6, PORT_NAMES, SERVICES, TIERS, VERSION, policy
from clusters import NAMESPACES, VALUES, Body, Cluster
from engine import Port, Question
from writing import chance_of, plainly

OUTSIDE = ("203.0.113.7", "203.0.113.200", "198.51.100.9", "10.0.0.77", "2001:db8::1", "2001:db9::1")
PORTS: tuple[Port, ...] = (
    *product(("TCP", "UDP", "SCTP"), (80, 443, 8080, 8085)),
    *(("ICMP", 8), ("ICMP", 5), ("ICMPv6", 128), ("OTHER", 1)),
)


def random_cluster(seed: str) -> tuple[Question, Cluster]:
    """Return the question who reaches whom in a random cluster, and its policies with what was seen in them."""
    cluster = Cluster(chance_of(seed))
    chance = cluster.chance
    for name in NAMESPACES:
        labels = {key: chance.choice(("x", "y")) for key in clusters.SPACE_KEYS if chance.random() < 0.6}
        cluster.objects.append({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
        cluster.objects += [account(cluster, name, one) for one in ACCOUNTS]
    homes = [pod(cluster, number) for number in range(chance.randint(4, 9))]
    cluster.objects += [service(cluster, name) for name in SERVICES]
    cluster.objects += [tier(cluster, name) for name in TIERS]
    cluster.objects += [addresses(cluster, number) for number in range(3)]
    cluster.policies += [policy(cluster, number) for number in range(chance.randint(1, 6))]
    manifests = plainly([*cluster.objects, *cluster.policies])
    ends = (*homes, *chance.sample(OUTSIDE, 4))
    return Question(seed, manifests, ends, (("TCP", 80), *chance.sample(PORTS[1:], 7))), cluster


def account(cluster: Cluster, namespace: str, name: str) -> Body:
    """Return a ServiceAccount."""
    chance = cluster.chance
    labels = {"role": chance.choice(("x", "y"))} if chance.random() < 0.7 else {}
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}


def pod(cluster: Cluster, number: int) -> str:
    """Add a pod, and return its address."""
    chance = cluster.chance
    host = chance.random() < 0.05
    address = f"192.168.0.{number + 1}" if host else f"10.0.0.{number + 1}"
    if chance.random() < 0.25 and not host:
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
    name = chance.choice(ACCOUNTS)
    spec |= {"serviceAccountName": name} if name != "default" else {}
    spec |= {"hostNetwork": True} if host else {}
    labels = clusters.labels_of(chance) | ({"set": "a"} if chance.random() < 0.1 else {})
    metadata = {"name": f"p{number}", "namespace": chance.choice(NAMESPACES), "labels": labels}
    kind = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": {"podIP": address}}
    cluster.objects.append(kind)
    return address


def service(cluster: Cluster, name: str) -> Body:
    """Return a Service."""
    chance = cluster.chance
    target = chance.choice((80, 8080, "http", "metrics"))
    ports = [{"name": "one", "port": 80, "targetPort": target}, {"name": "two", "port": 443, "protocol": "UDP"}]
    spec: Body = {"ports": ports[: chance.randint(1, 2)], "selector": {"app": chance.choice(VALUES)}}
    metadata = {"name": name, "namespace": chance.choice(NAMESPACES)}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def tier(cluster: Cluster, name: str) -> Body:
    """Return a Tier before or after all others."""
    chance = cluster.chance
    spec: Body = {"order": 100} if name == "before" else {"order": 20_000_000} if chance.random() < 0.7 else {}
    spec |= chance.choice(({}, {"defaultAction": "Deny"}, {"defaultAction": "Pass"}))
    return {"apiVersion": VERSION, "kind": "Tier", "metadata": {"name": name}, "spec": spec}


def addresses(cluster: Cluster, number: int) -> Body:
    """Return a NetworkSet or GlobalNetworkSet; some have labels of pods too."""
    chance = cluster.chance
    is_global = chance.random() < 0.4
    labels = {"set": chance.choice("ab")} | ({"app": chance.choice(VALUES)} if chance.random() < 0.3 else {})
    metadata: Body = {"name": f"s{number}", "labels": labels}
    metadata |= {} if is_global else {"namespace": chance.choice(NAMESPACES)}
    nets = [*chance.sample((*NETS4, *NETS6), chance.randint(0, 2)), "203.0.113.200"]
    kind = "GlobalNetworkSet" if is_global else "NetworkSet"
    return {"apiVersion": VERSION, "kind": kind, "metadata": metadata, "spec": {"nets": nets}}
