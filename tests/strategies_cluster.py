"""Random systems with ClusterNetworkPolicies: claims that they deny, and permissions of the platform for all pods."""

from __future__ import annotations

from random import Random
from typing import Any

from claims import random_claims, with_claims
from netgen import api
from strategies import random_system
from strategies_cilium import random_cilium_system
from systems import Data, System
from writing import chance_of, plainly

PLAIN, CILIUM, CALICO = "kubernetes", "cilium 1.20", "calico 3.32"
RANGES = {"pods": ["10.244.0.0/16"], "nodes": ["192.168.10.0/24"], "services": ["10.96.0.0/12"]}
OUTSIDE = ("10.20.0.0/16", "https://203.0.113.7", "internet:443", "tcp://10.0.0.0/8:8000-8100", "10.244.7.0/24")


def random_cluster_intent(seed: object, cni: str = PLAIN) -> api.Intent:
    """Return what the documents mean that *seed* stands for."""
    return api.load("-", stdin=plainly(random_cluster_documents(seed, cni)).encode()).intent


def random_cluster_documents(seed: object, cni: str = PLAIN) -> tuple[Data, ...]:
    """Return the documents that *seed* stands for, on *cni*: with some claims and some permissions."""
    chance = chance_of(f"cluster {seed} {cni}")
    system = random_cilium_system(seed) if cni == CILIUM else random_system(seed)
    claimed = with_claims(system, list(random_claims(system, chance, 5)))
    others = [one for one in claimed if one["kind"] != "Platform"]
    head = {"apiVersion": "netgen.dev/v1alpha1", "kind": "Platform", "metadata": {"name": "cluster"}}
    platform = next((dict(one) for one in claimed if one["kind"] == "Platform"), head)
    platform |= {"cni": cni, "installed": ["clusternetworkpolicy"]}
    if chance.random() < 0.5:
        platform |= {"ranges": RANGES, "apiserver": ["192.168.10.5:6443"]}
    platform["allow"] = [_permission(system, chance) for _ in range(chance.randint(1, 3))]
    platform["never"] = [*platform.get("never", ()), *_claims(system, chance)]
    return (*others, platform)


def _claims(system: System, chance: Random) -> list[Any]:
    """Return claims of the platform about pods that no spec names, and about addresses."""
    space, name = chance.choice(sorted(system.ports))
    kinds = (
        "any -> 169.254.169.254",
        f"any except {space}/* -> {space}/{name}",
        f"unseen/* -> {space}/*:9999",
        f"any except {space}/{name} -> unseen/*",
        f"{space}/* -> 198.51.100.0/24",
        f"any except kube-system/* and {space}/* -> internet",
        {"from": f"{space}/*", "to": "unseen/*", "ports": [1, "3/udp", "7000-7010"]},
    )
    return chance.sample(kinds, chance.randint(0, 2))


def _permission(system: System, chance: Random) -> Data:
    apps = {"/".join(key): ports for key, ports in system.ports.items()}
    wide = ["any", "unseen/*", *dict.fromkeys(f"{space}/*" for space, _ in system.ports)]
    source = chance.choice([*apps, *wide])
    if chance.random() < 0.25:
        return {"from": source, "to": chance.choice(OUTSIDE)}
    target = chance.choice([*(name for name, ports in apps.items() if ports), *wide])
    if chance.random() < 0.1:
        source = "10.9.0.0/16"
    numbers = ([8080], [53, "53/udp"], ["8000-8100"], [4317])
    ports: list[Any] = [chance.choice(apps[target]).name] if target in apps else chance.choice(numbers)
    return {"from": source, "to": target, "ports": ports}
