"""Random systems on Cilium: those of any plugin, and host names, HTTP rules and service accounts besides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from strategies import App, Maker, indexes
from systems import Data, Port, System
from writing import chance_of

HOSTS = ("https://api.example.com", "https://*.example.net", "tcp://db.example.org:5432", "grpc://a.b.example.net:9443")
REQUESTS = ("GET /items", "GET|HEAD /items/**", "POST /items/*/lines", "PUT /A.b_c~d", "DELETE /", "PATCH /*")
LONG = (
    {"methods": ["GET"], "path": "/items", "match": "prefix"},
    {"methods": ["POST", "PUT"], "path": "/items/*", "match": "exact"},
    {"methods": ["OPTIONS"], "path": "/"},
)
CILIUM = "cilium 1.20"


def random_cilium_system(seed: object) -> System:
    """Return the system on Cilium that *seed* stands for: each choice is as likely as any other."""
    chance = chance_of(f"cilium {seed}")
    some = lambda size, least, most: chance.sample(range(size), chance.randint(least, most))  # noqa: E731
    return CiliumMaker(chance.randrange, some).system()


@st.composite
def cilium_systems(draw: st.DrawFn) -> System:
    """Return such a system."""
    return CiliumMaker(lambda size: draw(st.integers(0, size - 1)), lambda *sizes: draw(indexes(*sizes))).system()


class CiliumMaker(Maker):
    """Makes a system whose Platform names Cilium."""

    def __init__(self, index: Callable[[int], int], indexes: Callable[[int, int, int], list[int]]) -> None:
        super().__init__(index, indexes)
        if not self.platform:
            self.platform = {"apiVersion": "netgen.dev/v1alpha1", "kind": "Platform", "metadata": {"name": "cluster"}}
        self.platform["cni"] = CILIUM

    def open_to_outsiders(self, app: App) -> None:
        """Draw calls by host names too: only an app that looks names up has any."""
        super().open_to_outsiders(app)
        if self.chance(2) and app.spec.get("dns") is not False:
            app.calls += self.some(HOSTS, 1, 2)

    def app(self, index: int, key: tuple[str, str]) -> App:
        """Make an app that may be known by its service account too."""
        made = super().app(index, key)
        if self.chance(1) and "hostNetwork" not in made.spec:
            made.spec["serviceAccount"] = self.one((key[1], "robot"))
        return made

    def accepts(self, app: App) -> Any:
        """Return the grants of *app*, some of them for some requests only."""
        written = super().accepts(app)
        web = {port.name: port for port in app.ports if port.http and not _is_encrypted(port, app)}
        if isinstance(written, dict):
            return {name: self._requested(granted, web) for name, granted in written.items()}
        if isinstance(written, list):
            return [self._long(item, app, web) for item in written]
        return written

    def _requested(self, granted: Any, web: dict[str, Port]) -> Any:
        """Return what a grant of a map opens: for a port with HTTP now and then requests."""
        names = [granted] if isinstance(granted, str) else granted
        found = [
            text
            for name in names
            for text in (
                [f"{name} {one}" for one in self.some(REQUESTS, 1, 2)] if name in web and self.chance(2) else [name]
            )
        ]
        return found[0] if len(found) == 1 and isinstance(granted, str) else found

    def _long(self, item: Any, app: App, web: dict[str, Port]) -> Any:
        """Return an item of a list of grants, with requests where all of its ports have HTTP."""
        if not isinstance(item, dict) or not set(item.get("ports", app.names)) <= web.keys() or not self.chance(2):
            return item
        if "ports" not in item and len(app.ports) > 1:
            return item
        return {**item, "http": self.some(LONG, 1, 2)}


def _is_encrypted(port: Port, app: App) -> bool:
    """Return whether nobody on the way can read what is sent to *port*."""
    written = app.spec["port"] if "port" in app.spec else app.spec["ports"][port.name]
    return str(written).endswith(("/https", "/tls"))


def features(documents: tuple[Data, ...]) -> set[str]:
    """Return which of the features of Cilium are in *documents*."""
    found = set()
    for document in documents:
        for app in document.get("apps", {}).values():
            text = str(app)
            found |= {"an account"} if "serviceAccount" in text else set()
            found |= {"a host name"} if "api.example.com" in text else set()
            found |= {"host names"} if "*.example.net" in text else set()
            found |= {"requests"} if "GET|HEAD" in text else set()
            found |= {"requests, long"} if "'methods'" in text else set()
        found |= {"a claim"} if document.get("never") else set()
    return found
