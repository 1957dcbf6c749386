"""Random systems on Calico: those of any plugin, and claims, permissions, sets of addresses, accounts and a stage."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from claims import random_claims, with_claims
from strategies import App, Maker
from systems import Data
from writing import chance_of

CALICO = "calico 3.30"
EXTERNALS = {
    "erp": ["https://203.0.113.40", "tcp://10.20.0.0/16:1433-1440"],
    "bank": ["tcp://198.51.100.0/28:443", "tcp://[2001:db8:7::]/48:443"],
}
CALLED = ("external/erp", "external/bank", {"to": "external/bank", "why": "payments"})
ALLOWED = (
    "any -> observability/otel:4317",
    {"from": "monitoring/prometheus", "to": "any", "ports": [9100], "why": "the exporters"},
    "any -> external/bank",
    "pay/* -> tcp://198.51.100.123:123",
    {"from": "203.0.113.0/24", "to": "shop/*", "ports": [8080, "53/udp"]},
)


def random_calico_system(seed: object) -> tuple[Data, ...]:
    """Return the documents that *seed* stands for: each choice is as likely as any other."""
    chance = chance_of(f"calico {seed}")
    some = lambda size, least, most: chance.sample(range(size), chance.randint(least, most))  # noqa: E731
    system = CalicoMaker(chance.randrange, some).system()
    return with_claims(system, list(random_claims(system, chance, chance.randint(0, 3))))


class CalicoMaker(Maker):
    """Makes a system whose Platform names Calico."""

    def __init__(self, index: Callable[[int], int], indexes: Callable[[int, int, int], list[int]]) -> None:
        super().__init__(index, indexes)
        if not self.platform:
            self.platform = {"apiVersion": "netgen.dev/v1alpha1", "kind": "Platform", "metadata": {"name": "cluster"}}
        self.platform |= {"cni": CALICO, "externals": EXTERNALS}
        self.platform |= {"allow": self.some(ALLOWED, 1)} if self.chance(1) else {}

    def document(self, index: int, space: str) -> None:
        """Make a document, now and then one that is staged."""
        super().document(index, space)
        if not self.index(8):
            self.documents[index]["stage"] = "audit"

    def canary(self, index: int, key: tuple[str, str]) -> None:
        """Make such an app of one without an account: else nobody is sure which of the two holds a pod."""
        super().canary(index, key)
        shared = {name for app in self.apps if app.document == index for name in app.spec.get("overlaps", ())}
        for app in self.apps:
            if app.document == index and app.key[1] in shared:
                app.spec.pop("serviceAccount", None)

    def open_to_outsiders(self, app: App) -> None:
        """Draw calls of sets of addresses too."""
        super().open_to_outsiders(app)
        if self.chance(1):
            app.calls += self.some(CALLED, 1, 1)

    def app(self, index: int, key: tuple[str, str]) -> App:
        """Make an app that may be known by its service account too."""
        made = super().app(index, key)
        if self.chance(1) and "hostNetwork" not in made.spec:
            made.spec["serviceAccount"] = self.one((key[1], "robot"))
        return made


def features(documents: tuple[Data, ...]) -> set[str]:
    """Return which of the features of Calico are in *documents*."""
    found = set()
    for document in documents:
        text: Any = str(document.get("apps", {}))
        found |= {"an account"} if "serviceAccount" in text else set()
        found |= {"a set"} if "external/" in text else set()
        found |= {key for key in ("never", "allow", "stage") if document.get(key)}
    return found
