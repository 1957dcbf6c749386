"""Random policies of Calico that hold every field that means something for connections between pods.

What is left out, because netgen claims nothing about it: HTTP, ports of the source, codes of ICMP, protocols without
ports but for ICMP's, and policies for interfaces of nodes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import clusters
from clusters import KEYS, NAMESPACES, SPACE_KEYS, VALUES, Body, Cluster

VERSION = "projectcalico.org/v3"
ACCOUNTS = ("default", "front", "back")
SERVICES = ("front", "back")
TIERS = ("before", "after")
ORDERS = (None, 1, 500, 999.5, 1001, 1100, 2000, 3000)
NUMBERS = (80, 443, 8080)
PORT_NAMES = ("http", "metrics", "none")
NETS4 = ("203.0.113.0/24", "203.0.113.7/32", "0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/30", "198.51.0.0/16")
NETS6 = ("2001:db8::/32", "::/0", "fd00::/126")
HOLES4 = ("203.0.113.128/25", "10.0.0.0/29", "10.0.0.4/30")
HOLES6 = ("2001:db8::/48", "fd00::/127")
ACTIONS = ("Allow", "Allow", "Allow", "Deny", "Deny", "Pass", "Log")
STAGED = {"NetworkPolicy": "StagedNetworkPolicy", "GlobalNetworkPolicy": "StagedGlobalNetworkPolicy"}


def policy(cluster: Cluster, number: int) -> Body:
    """Return a policy of any kind; no two have the same order in a tier."""
    chance = cluster.chance
    if chance.random() < 0.15:
        return clusters.policy(cluster, number)
    is_global = chance.random() < 0.4
    kind = "GlobalNetworkPolicy" if is_global else "NetworkPolicy"
    tier = chance.choice((*TIERS, "kube-admin", "kube-baseline")) if chance.random() < 0.35 else ""
    name = f"{tier}.cp{number}" if tier else chance.choice((f"cp{number}", f"default.cp{number}"))
    metadata: Body = {"name": name} | ({} if is_global else {"namespace": chance.choice(NAMESPACES)})
    spec: Body = {"tier": tier or "default"} if tier or chance.random() < 0.3 else {}
    order = ORDERS[number % len(ORDERS)]
    spec |= {"order": order} if order is not None else {}
    spec |= _spec(cluster, is_global=is_global)
    if chance.random() < 0.05:
        spec["stagedAction"], kind = "Set", STAGED[kind]
    return {"apiVersion": VERSION, "kind": kind, "metadata": metadata, "spec": spec}


def _spec(cluster: Cluster, *, is_global: bool) -> Body:
    chance = cluster.chance
    found: Body = {"selector": chance.choice(("all()", "")) if chance.random() < 0.4 else selector(cluster)}
    if chance.random() < 0.2:
        found["serviceAccountSelector"] = of_accounts(cluster)
    if is_global and chance.random() < 0.5:
        found["namespaceSelector"] = of_spaces(cluster)
    if chance.random() < 0.1:
        found["performanceHints"] = ["AssumeNeededOnEveryNode"]
    found["types"] = chance.choice((["Ingress"], ["Egress"], ["Ingress", "Egress"]))
    for name in found["types"]:
        if chance.random() < 0.9:
            found[name.lower()] = [
                rule(cluster, name.lower(), is_global=is_global) for _ in range(chance.randint(1, 4))
            ]
    return found


def selector(cluster: Cluster) -> str:
    """Return a selector of pods and sets."""
    return _selector(cluster, lambda: _asked(cluster, *_label(cluster)), "all()")


def of_spaces(cluster: Cluster) -> str:
    """Return a selector of namespaces."""
    chance = cluster.chance

    def asked() -> str:
        if chance.random() < 0.5:
            key = chance.choice(("projectcalico.org/name", clusters.NAME_LABEL))
            return _asked(cluster, key, NAMESPACES)
        return _asked(cluster, chance.choice(SPACE_KEYS), ("x", "y"))

    return _selector(cluster, asked, "all()")


def of_accounts(cluster: Cluster) -> str:
    """Return a selector of service accounts."""
    chance = cluster.chance
    keys = (("role", ("x", "y")), ("projectcalico.org/name", ACCOUNTS))
    return _selector(cluster, lambda: _asked(cluster, *chance.choice(keys)), "all()")


def _label(cluster: Cluster) -> tuple[str, tuple[str, ...]]:
    kinds: dict[str, Any] = {
        **{f"label {number}": (cluster.chance.choice(KEYS), VALUES) for number in range(4)},
        "namespace": ("projectcalico.org/namespace", NAMESPACES),
        "orchestrator": ("projectcalico.org/orchestrator", ("k8s",)),
        "service account": ("projectcalico.org/serviceaccount", ACCOUNTS),
        "of the namespace": (f"pcns.{cluster.chance.choice(SPACE_KEYS)}", ("x", "y")),
        "of the service account": ("pcsa.role", ("x", "y")),
        "of a set": ("set", ("a", "b")),
    }
    found: tuple[str, tuple[str, ...]] = cluster.pick("key", kinds)
    return found


def _asked(cluster: Cluster, key: str, values: tuple[str, ...]) -> str:
    chance = cluster.chance
    value, quote = chance.choice(values), chance.choice("'\"")
    some = ", ".join(f"{quote}{one}{quote}" for one in chance.sample(values, min(len(values), chance.randint(1, 2))))
    found: str = cluster.pick(
        "operator",
        {
            "==": f"{key} == {quote}{value}{quote}",
            "== again": f"{key}=={quote}{value}{quote}",
            "!=": f"{key} != {quote}{value}{quote}",
            "in": f"{key} in {{{some}}}",
            "not in": f"{key} not in {{ {some} }}",
            "has": f"has({key})",
            "!has": f"!has({key})",
            "contains": f"{key} contains {quote}{value[:1]}{quote}",
            "starts": f"{key} starts with {quote}{value[:1]}{quote}",
            "ends": f"{key} ends with {quote}{value[-1:]}{quote}",
            "none": f"{key} in {{}}",
        },
    )
    return found


def _selector(cluster: Cluster, asked: Callable[[], str], everything: str) -> str:
    found: str = cluster.pick(
        "selector",
        {
            "all": everything,
            **{f"one {number}": asked for number in range(4)},
            "and": lambda: f"{asked()} && {asked()}",
            "or": lambda: f"{asked()} || {asked()}",
            "both": lambda: f"{asked()} || {asked()} && {asked()}",
            "brackets": lambda: f"({asked()} || {asked()}) && {asked()}",
            "not": lambda: f"!({asked()} && {asked()})",
        },
    )
    return found


# --------------------------------------------------------------------------------------------------------------- rules


def rule(cluster: Cluster, section: str, *, is_global: bool) -> Body:
    """Return a rule of *section*."""
    chance = cluster.chance
    found: Body = {"action": chance.choice(ACTIONS)}
    if chance.random() < 0.1:
        found["ipVersion"] = chance.choice((4, 6))
    found |= cluster.pick(
        "protocol",
        {
            **{f"missing {number}": {} for number in range(4)},
            **{f"TCP {number}": {"protocol": "TCP"} for number in range(4)},
            "UDP": {"protocol": "UDP"},
            "SCTP": {"protocol": "SCTP"},
            "number": lambda: {"protocol": chance.choice((6, 17))},
            "ICMP": lambda: {"protocol": "ICMP"} | _message(cluster, (8, 5)),
            "ICMPv6": lambda: {"protocol": "ICMPv6"} | _message(cluster, (128, 1)),
            "not": lambda: {"notProtocol": chance.choice(("TCP", "UDP", "ICMP"))},
        },
    )
    family = (NETS4, HOLES4) if chance.random() < 0.8 else (NETS6, HOLES6)
    for side in ("source", "destination"):
        is_far = (side == "source") == (section == "ingress")
        end = _end(cluster, side, family, is_far=is_far, is_global=is_global)
        if side == "destination" and "services" not in end:
            end |= _ports(cluster, found)
        found |= {side: end} if end else {}
    if chance.random() < 0.1:
        found["metadata"] = {"annotations": {"about": "it"}}
    return found


def _message(cluster: Cluster, types: tuple[int, ...]) -> Body:
    chance = cluster.chance
    found: Body = {"icmp": {"type": chance.choice(types)}} if chance.random() < 0.5 else {}
    return found | ({"notICMP": {"type": chance.choice(types)}} if chance.random() < 0.4 else {})


def _ports(cluster: Cluster, rule: Body) -> Body:
    if rule.get("protocol") not in ("TCP", "UDP", "SCTP", 6, 17):
        return {}
    chance = cluster.chance

    def some() -> list[int | str]:
        low = chance.choice(NUMBERS)
        choices = (low, f"{low}:{low + chance.choice((0, 10))}", chance.choice(PORT_NAMES))
        return [chance.choice(choices) for _ in range(chance.randint(1, 2))]

    found: Body = {"ports": some()} if chance.random() < 0.6 else {}
    return found | ({"notPorts": some()} if chance.random() < 0.15 else {})


def _end(
    cluster: Cluster, side: str, family: tuple[tuple[str, ...], tuple[str, ...]], *, is_far: bool, is_global: bool
) -> Body:
    chance = cluster.chance
    if not is_far:
        return {"selector": selector(cluster)} if chance.random() < 0.1 else {}
    nets, holes = family

    def accounts() -> Body:
        names = {"names": chance.sample(ACCOUNTS, chance.randint(1, 2))} if chance.random() < 0.7 else {}
        return {"serviceAccounts": names | ({"selector": of_accounts(cluster)} if chance.random() < 0.5 else {})}

    def services() -> Body:
        named = {"name": chance.choice(SERVICES)}
        return {
            "services": named | ({"namespace": chance.choice(NAMESPACES)} if is_global or chance.random() < 0.5 else {})
        }

    found: Body = cluster.pick(
        side,
        {
            "missing": {},
            "nets": lambda: {"nets": chance.sample(nets, chance.randint(1, 2))},
            "holes": lambda: {"nets": [chance.choice(nets)], "notNets": [chance.choice(holes)]},
            "only holes": lambda: {"notNets": [chance.choice(holes)]},
            **{f"selector {number}": lambda: {"selector": selector(cluster)} for number in range(2)},
            "namespaces": lambda: {"namespaceSelector": of_spaces(cluster)},
            "both": lambda: {"namespaceSelector": of_spaces(cluster), "selector": selector(cluster)},
            "global": lambda: {"namespaceSelector": "global()", "selector": f"set == '{chance.choice('ab')}'"},
            "not": lambda: {"notSelector": selector(cluster)},
            "both ways": lambda: {"selector": selector(cluster), "notSelector": selector(cluster)},
            "set": lambda: {"selector": f"set == '{chance.choice('ab')}' && !has(projectcalico.org/orchestrator)"},
            "set and nets": lambda: {"selector": "has(set)", "nets": [chance.choice(nets)]},
            "accounts": accounts,
            "accounts elsewhere": lambda: accounts() | {"namespaceSelector": of_spaces(cluster)},
            "services": services,
        },
    )
    return found
