"""Random systems on Cilium that hold the rest of the language too: environments, permissions, ranges, raw objects."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from strategies import WHYS
from strategies_cilium import HOSTS, LONG, CiliumMaker
from systems import Data, System
from writing import chance_of

ENV = "prod"
"""For which environment a run is: what differs between them is an error without one."""
STAGES = ("audit", "enforce")
EXTERNALS = {
    "erp": {"prod": ["https://erp.example.com", "tcp://10.20.0.0/16:1433-1440"], "staging": "tcp://10.120.0.9:1433"},
    "bank": ["tcp://198.51.100.0/28:443", "tcp://198.51.100.64/28:443"],
}
ALLOWED = (
    "any -> observability/otel:4317",
    {"from": "monitoring/prometheus", "to": "any", "ports": [9100], "why": "the exporters"},
    "any -> external/bank",
    "pay/* -> https://time.example.org:123",
    {"from": "203.0.113.0/24", "to": "shop/*", "ports": [8080, "53/udp"]},
)
NEEDS = ({"encryption": True, "nodes": 500}, {"observability": True, "dualStack": True}, {"hostPolicies": True})
INSTALLED = ("clusternetworkpolicy", "calico-api")
ABROAD = (
    "external/bank",
    {"to": "external/erp", "envs": ["prod"]},
    {"to": "external/erp", "envs": ["staging"], "why": "no run is for it"},
    {"to": HOSTS[0], "enforce": "l4"},
    "tcp://192.0.2.128/25:5000-5010",
)


def random_whole_system(seed: object) -> System:
    """Return the system that *seed* stands for: each choice is as likely as any other."""
    chance = chance_of(f"whole {seed}")
    some = lambda size, least, most: chance.sample(range(size), chance.randint(least, most))  # noqa: E731
    made = WholeMaker(chance.randrange, some).system()
    return replace(made, documents=tuple(through_gateways(made.documents))) if chance.random() < 0.25 else made


def through_gateways(documents: Any) -> Any:
    """Return the documents of a system with a Gateway in the place of each Ingress class, and no Secret."""
    made = copy.deepcopy(list(documents))
    for one in made:
        for name, point in one.get("entrypoints", {}).items():
            del point["ingress"]
            point.pop("tls", None)
            controller = point.get("controller")
            point["gateway"] = f"gates/{name}:https"
            point["controller"] = controller if isinstance(controller, dict) else "generic"
        _without_secrets(one.get("apps", {}))
    return made


def _without_secrets(value: Any) -> None:
    if isinstance(value, dict):
        if "url" in value:
            value.pop("tls", None)
        for one in value.values():
            _without_secrets(one)
    elif isinstance(value, list):
        for one in value:
            _without_secrets(one)


class WholeMaker(CiliumMaker):
    """Makes a system of which the documents have apps and objects besides, that nothing else in it names."""

    def whole_platform(self) -> Data:
        """Return the Platform with environments, names for what lies outside, and permissions."""
        more: Data = {"envs": ["staging", ENV], "externals": EXTERNALS}
        more |= {"allow": self.some(ALLOWED, 1)} if self.chance(2) else {}
        more |= {"stage": self.one(STAGES)} if self.chance(1) else {}
        more |= {"needs": self.one(NEEDS)} if self.chance(1) else {}
        found = super().whole_platform() | more
        if found["cni"].endswith("1.20") and self.chance(1):
            found["installed"] = self.some(INSTALLED, 1)
        if self.chance(1) and self.chance(1) and not any(one.get("raw") for one in self.documents):
            found["policies"] = "none"
        return found

    def document(self, index: int, space: str) -> None:
        """Make a document with apps of requests and ranges, and a raw object."""
        super().document(index, space)
        data = self.documents[index]
        data |= {"stage": self.one(STAGES)} if self.chance(1) else {}
        if self.chance(2):
            data["apps"] |= self.asking(f"rest-{index}", f"asks-{index}")
        if self.chance(1):
            ports = {"streams": "10000-10100/udp", "control": {"container": 5000, "end": 5010}}
            data["apps"][f"rtp-{index}"] = {"ports": ports, "service": {"headless": True}}
        if self.chance(1):
            data["raw"] = [self.raw(f"old-{index}", space)]

    def asking(self, callee: str, caller: str) -> Data:
        """Return an app that lets some requests pass, and one that makes some of these."""
        rules = self.some(LONG, 1, 3)
        grant: Data = {"from": caller, "http": rules}
        grant |= {"enforce": "l4"} if self.chance(2) else {}
        call: Any = {"to": callee, "http": self.some(rules, 1)} if self.chance(3) else callee
        calls = [call, *self.some(ABROAD, 0, 2)]
        return {callee: {"port": 8080, "accepts": [grant]}, caller: {"calls": calls, "why": self.one(WHYS)}}

    def raw(self, name: str, space: str) -> Data:
        """Return a second Service for pods that are no app's."""
        metadata: Data = {"name": name}
        metadata |= {"namespace": space} if self.chance(2) else {}
        metadata |= {"labels": {"app": "old"}, "annotations": {"example.com/owner": "team"}} if self.chance(2) else {}
        spec = {"selector": {"app": name}, "ports": [{"port": 80, "targetPort": 8080}]}
        return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}
