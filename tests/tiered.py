"""Random ClusterNetworkPolicies that hold every field and operator of what is claimed, with unique priorities."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from clusters import BLOCKS, KEYS, NAME_LABEL, NAMES, NAMESPACES, NUMBERS, SPACE_KEYS, VALUES, Body, Cluster, selector

ACTIONS = ("Accept", "Deny", "Pass")
OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")
_SELECTOR = (
    *(".matchLabels", ".matchExpressions.key", ".matchExpressions.values"),
    *(f".matchExpressions.operator={operator}" for operator in OPERATORS),
)
_SELECTED = (
    *(".namespaces", *(f".namespaces{part}" for part in _SELECTOR), ".pods"),
    *(f".pods.{key}{part}" for key in ("podSelector", "namespaceSelector") for part in ("", *_SELECTOR)),
)
_PORT = ("", ".number=int", ".range.start=int", ".range.end=int")
_RULE = (
    *("", ".name", *(f".action={action}" for action in ACTIONS), ".protocols", ".protocols.destinationNamedPort=str"),
    *(f".protocols.{protocol}.destinationPort{part}" for protocol in ("tcp", "udp", "sctp") for part in _PORT),
)
FIELDS = {
    *(".tier=Admin", ".tier=Baseline", ".priority"),
    *(f".subject{part}" for part in _SELECTED),
    *(f".ingress{part}" for part in (*_RULE, *(f".from{part}" for part in ("", *_SELECTED)))),
    *(f".egress{part}" for part in (*_RULE, *(f".to{part}" for part in ("", *_SELECTED, ".networks")))),
}
"""Each field and operator that is read, and each value of its enumerations."""


def fields(value: Any, path: str = "") -> Iterator[str]:
    """Yield the path of each field in *value*, and with `=` what a word is, or of what type a port."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield f"{path}.{key}"
            yield from fields(item, f"{path}.{key}") if key != "matchLabels" else ()
    elif isinstance(value, list):
        for item in value:
            yield from fields(item, path)
    else:
        is_port = path.endswith(("number", "start", "end", "Port"))
        yield f"{path}={type(value).__name__ if is_port else value}"


def policies(cluster: Cluster, *, most: int = 4, exists: bool = False, names: tuple[str, ...] = ()) -> list[Body]:
    """Return some policies.

    With *exists* each peer's selector of namespaces asks for a label that is there. Some rules are about *names*.
    """
    chance = cluster.chance
    number = chance.randint(1, most)
    priorities = chance.sample(range(1001), number)
    made = [_policy(cluster, index, priorities[index], exists=exists) for index in range(number)]
    for _ in range(chance.choice((0, 1, 1, 2, 3)) if names else 0):
        rules = chance.choice(made)["spec"].setdefault("egress", [])
        peers: list[Body] = [{"domainNames": chance.sample(names, chance.randint(1, len(names)))}]
        peers += [_peer(cluster, "egress", exists=exists)] if chance.random() < 0.2 else []
        rules.insert(chance.randint(0, len(rules)), {"action": "Accept", "to": peers})
    return made


def _policy(cluster: Cluster, number: int, priority: int, *, exists: bool) -> Body:
    chance = cluster.chance
    spec: Body = {
        "tier": chance.choice(("Admin", "Baseline")),
        "priority": priority,
        "subject": {"namespaces": {}} if chance.random() < 0.4 else _selected(cluster, exists=False),
    }
    for way in ("ingress", "egress"):
        if chance.random() < 0.75:
            spec[way] = [_rule(cluster, way, exists=exists) for _ in range(chance.choice((0, 2, 3, 4, 5, 6)))]
    metadata = {"name": f"c{number}"}
    kind = {"apiVersion": "policy.networking.k8s.io/v1alpha2", "kind": "ClusterNetworkPolicy"}
    return {**kind, "metadata": metadata, "spec": spec}


def _rule(cluster: Cluster, way: str, *, exists: bool) -> Body:
    chance = cluster.chance
    key = "from" if way == "ingress" else "to"
    found: Body = {
        "action": chance.choice(ACTIONS),
        key: [_peer(cluster, way, exists=exists) for _ in range(chance.choice((1, 1, 2, 3)))],
    }
    if chance.random() < 0.3:
        found["name"] = "a rule"
    if chance.random() < 0.6:
        has_networks = any("networks" in peer for peer in found[key])
        found["protocols"] = [_protocol(cluster, named=not has_networks) for _ in range(chance.randint(1, 3))]
    return found


def _peer(cluster: Cluster, way: str, *, exists: bool) -> Body:
    if way == "egress" and cluster.chance.random() < 0.3:
        cidrs = sorted({block["cidr"] for block in BLOCKS})
        return {"networks": cluster.chance.sample(cidrs, cluster.chance.randint(1, 3))}
    return _selected(cluster, exists=exists)


def _selected(cluster: Cluster, *, exists: bool) -> Body:
    if cluster.chance.random() < 0.5:
        return {"namespaces": _spaces(cluster, exists=exists)}
    found: Body = {"podSelector": selector(cluster, "podSelector", KEYS, VALUES)}
    if cluster.chance.random() < 0.8:
        found["namespaceSelector"] = _spaces(cluster, exists=exists)
    return {"pods": found}


def _spaces(cluster: Cluster, *, exists: bool) -> Body:
    chance = cluster.chance
    if chance.random() < 0.3:
        return {"matchLabels": {NAME_LABEL: chance.choice(NAMESPACES)}}
    found = selector(cluster, "namespaceSelector", (*SPACE_KEYS, NAME_LABEL), ("x", "y", "n1", "n2"))
    if exists and found.get("matchExpressions"):
        found["matchExpressions"].append({"key": NAME_LABEL, "operator": "Exists"})
    return found


def _protocol(cluster: Cluster, *, named: bool) -> Body:
    chance = cluster.chance
    low = chance.choice(NUMBERS)

    def port() -> Body:
        high = low + chance.choice((1, 400, 65535 - low))
        made: Body = chance.choice(({"number": low}, {"range": {"start": low, "end": high}}))
        return {"destinationPort": made}

    shapes: dict[str, Callable[[], Any]] = {"tcp": port, "udp": port, "sctp": port}
    if named:
        shapes["destinationNamedPort"] = lambda: chance.choice(NAMES)
    name = chance.choice(list(shapes))
    return {name: shapes[name]()}
