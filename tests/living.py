"""Random namespaces as teams have them: live objects as `kubectl get -o yaml` prints them, and copied policies."""

from __future__ import annotations

from random import Random
from typing import Any

Body = dict[str, Any]
NAMES = ("web", "api", "worker", "db", "cache", "nightly")
TIERS = {"web": "front", "api": "back", "worker": "back", "db": "data", "cache": "data", "nightly": "back"}
PORTS = {"web": (8080,), "api": (8080, 9000), "worker": (), "db": (5432,), "cache": (6379, 16379), "nightly": ()}
KINDS = {"db": "StatefulSet", "cache": "StatefulSet", "nightly": "CronJob", "worker": "DaemonSet"}
LIVE = {"clusterIPs": ["10.96.3.4"], "internalTrafficPolicy": "Cluster", "ipFamilies": ["IPv4"]}
LIVE |= {"ipFamilyPolicy": "SingleStack", "sessionAffinity": "None"}


def random_namespace(seed: str) -> list[Body]:
    """Return the objects of one namespace, workloads first."""
    chance = Random(seed)  # noqa: S311 - nothing here is secret
    names = sorted(chance.sample(NAMES, chance.randint(2, len(NAMES))))
    made = [each for name in names for each in _workload(name, chance)]
    made += [each for name in names if PORTS[name] for each in _services(name, chance)]
    made += [*_closing(chance), *_dns(chance), *_scraped(names, chance), *_over_several(names, chance)]
    made += [each for name in names for each in _own(name, names, chance)]
    made += [_ingress(name) for name in names[-1:] if PORTS[name] and chance.random() < 0.5]
    return made


def _object(version: str, kind: str, name: str, spec: Body, **metadata: Any) -> Body:
    metadata = {"name": name, "namespace": "shop", "uid": f"{kind}-{name}", "resourceVersion": "7", **metadata}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


def _workload(name: str, chance: Random) -> list[Body]:
    """Return a workload, mostly with what its controller has made of it."""
    kind = KINDS.get(name, "Deployment")
    labels = {"app": name, "tier": TIERS[name]}
    ports = [{"containerPort": port, "name": f"p{port}", "protocol": "TCP"} for port in PORTS[name]]
    spec: Body = {"containers": [{"name": "c", "image": "x", "ports": ports}]}
    template = {"metadata": {"labels": labels}, "spec": spec}
    if kind == "CronJob":
        own = {"schedule": "0 2 * * *", "jobTemplate": {"spec": {"template": template}}}
        more = {"job-name": "nightly-1", "batch.kubernetes.io/job-name": "nightly-1", "controller-uid": "u"}
        job = {"template": {"metadata": {"labels": {**labels, **more}}, "spec": spec}}
        made = [_object("batch/v1", "Job", "nightly-1", job, ownerReferences=[_owner("batch/v1", kind, name)])]
        return [_object("batch/v1", kind, name, own), *(made if chance.random() < 0.5 else [])]
    found = [_object("apps/v1", kind, name, {"selector": {"matchLabels": {"app": name}}, "template": template})]
    if kind == "Deployment" and chance.random() < 0.6:
        hashed = {**labels, "pod-template-hash": "6d4"}
        replicas = {"template": {"metadata": {"labels": hashed}, "spec": spec}, "selector": {"matchLabels": hashed}}
        owners = [_owner("apps/v1", kind, name)]
        found += [_object("apps/v1", "ReplicaSet", f"{name}-6d4", replicas, ownerReferences=owners)]
        pod = _object("v1", "Pod", f"{name}-6d4-x", spec, labels=hashed)
        pod["metadata"]["ownerReferences"] = [_owner("apps/v1", "ReplicaSet", f"{name}-6d4")]
        found.append(pod | {"status": {"podIP": f"10.42.0.{len(name)}", "phase": "Running"}})
        chance.shuffle(found)
    return found


def _owner(version: str, kind: str, name: str) -> Body:
    return {"apiVersion": version, "kind": kind, "name": name, "uid": "u", "controller": True}


def _services(name: str, chance: Random) -> list[Body]:
    """Return the Services of a workload: one of the cluster, and perhaps one for each pod and one for clients."""
    ports = [{"name": f"n{port}", "port": port, "targetPort": port, "protocol": "TCP"} for port in PORTS[name]]
    own = {"selector": {"app": name}, "ports": ports, "type": "ClusterIP", "clusterIP": "10.96.3.4", **LIVE}
    found = [_object("v1", "Service", name, own)] if chance.random() < 0.8 else []
    if KINDS.get(name) == "StatefulSet" and chance.random() < 0.7:
        headless = {**own, "clusterIP": "None", "clusterIPs": ["None"]}
        found.append(_object("v1", "Service", f"{name}-headless", headless))
    if chance.random() < 0.3:
        public = {**own, "type": chance.choice(("LoadBalancer", "NodePort"))}
        public["ports"] = [{**ports[-1], "port": 443, "nodePort": 30443}]
        found.append(_object("v1", "Service", f"{name}-public", public))
    return found


def _policy(name: str, subject: Body, **sides: list[Body]) -> Body:
    types = [side.capitalize() for side in sides]
    return _object(
        "networking.k8s.io/v1", "NetworkPolicy", name, {"podSelector": subject, "policyTypes": types, **sides}
    )


def _closing(chance: Random) -> list[Body]:
    sides = chance.choice(({}, {"ingress": []}, {"egress": []}, {"ingress": [], "egress": []}))
    return [_policy("default-deny", {}, **sides)] if sides else []


def _dns(chance: Random) -> list[Body]:
    """Return one of the forms in which DNS is allowed."""
    servers = {"matchLabels": {"k8s-app": "kube-dns"}}
    home = {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}
    peers: Any = chance.choice(
        (
            [{"namespaceSelector": {}, "podSelector": servers}],
            [{"namespaceSelector": home, "podSelector": servers}],
            [{"namespaceSelector": home}],
            [{"namespaceSelector": {}}],
            None,
        )
    )
    protocols = chance.choice((["UDP"], ["UDP", "TCP"]))
    rule = {"ports": [{"port": 53, "protocol": each} for each in protocols]} | ({"to": peers} if peers else {})
    return [_policy("allow-dns", {}, egress=[rule])] if chance.random() < 0.6 else []


def _scraped(names: list[str], chance: Random) -> list[Body]:
    """Return a policy over every pod that names ports which some of them have."""
    ports = [{"port": f"p{port}", "protocol": "TCP"} for name in names for port in PORTS[name][-1:]]
    peer = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    rule = {"from": [peer], "ports": ports}
    return [_policy("scraped", {}, ingress=[rule])] if ports and chance.random() < 0.3 else []


def _over_several(names: list[str], chance: Random) -> list[Body]:
    """Return policies whose pods are those of several workloads."""
    found = []
    some = chance.sample(names, 2)
    subjects: list[Body] = [
        {"matchExpressions": [{"key": "app", "operator": "In", "values": some}]},
        {"matchLabels": {"tier": TIERS[some[0]]}},
        {"matchExpressions": [{"key": "tier", "operator": "Exists"}]},
        {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": some}]},
    ]
    for number in range(chance.randint(0, 2)):
        side = chance.choice(("ingress", "egress"))
        found.append(_policy(f"several-{number}", chance.choice(subjects), **{side: _rules(names, side, chance)}))
    return found


def _own(name: str, names: list[str], chance: Random) -> list[Body]:
    subject = {"matchLabels": {"app": name}}
    sides = [side for side in ("ingress", "egress") if chance.random() < 0.4]
    return [_policy(f"{name}-{side}", subject, **{side: _rules(names, side, chance)}) for side in sides]


def _rules(names: list[str], side: str, chance: Random) -> list[Body]:
    key = "from" if side == "ingress" else "to"
    found: list[Body] = []
    for _ in range(chance.randint(0, 2)):
        rule: Body = {key: [_peer(names, chance) for _ in range(chance.randint(1, 2))]}
        if chance.random() < 0.8:
            numbers = [port for name in names for port in PORTS[name]] or [80]
            rule["ports"] = [{"port": chance.choice(numbers), "protocol": "TCP"}]
        found.append(rule)
    return found


def _peer(names: list[str], chance: Random) -> Body:
    some = chance.sample(names, 2)
    one, two = some
    monitoring = {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}
    choices: list[Body] = [
        {"podSelector": {"matchLabels": {"app": one}}},
        {"podSelector": {"matchLabels": {"app": two}}},
        {"podSelector": {"matchLabels": {"tier": TIERS[one]}}},
        {"podSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": some}]}},
        {"podSelector": {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": [one]}]}},
        {"podSelector": {}},
        {"namespaceSelector": monitoring},
        {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": one}}},
        {"namespaceSelector": monitoring, "podSelector": {"matchLabels": {"app": "prometheus"}}},
        {"ipBlock": {"cidr": "203.0.113.0/24"}},
    ]
    return chance.choice(choices)


def _ingress(name: str) -> Body:
    backend = {"service": {"name": name, "port": {"number": PORTS[name][0]}}}
    paths = [{"path": "/", "pathType": "ImplementationSpecific", "backend": backend}]
    spec = {"ingressClassName": "nginx", "rules": [{"host": "shop.example.com", "http": {"paths": paths}}]}
    return _object("networking.k8s.io/v1", "Ingress", name, spec)
