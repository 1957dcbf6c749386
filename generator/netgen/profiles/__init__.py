"""What network plugins can do, by version: data with a source for each answer. Without evidence the answer is no."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from netgen.records import record
from netgen.source import Dialect, read

DEFAULT = "kubernetes"
"""Any plugin that enforces plain NetworkPolicies, whatever else it can."""
NAMES = (DEFAULT, "cilium")

Version = tuple[int, int]


class Feature(StrEnum):
    """What a spec can ask for and not every plugin enforces; the value is its key in the data."""

    HOST_NAMES = "host-names"
    WILDCARD_HOST_NAMES = "wildcard-host-names"
    HTTP = "http"
    DENY = "deny"
    CLUSTER_WIDE = "cluster-wide"
    ENTITIES = "entities"
    SERVICE_ACCOUNTS = "service-accounts"
    PORT_RANGES = "port-ranges"
    AUDIT = "audit"


PLAIN = frozenset((Feature.PORT_RANGES,))
"""What the table of DEFAULT has, so that a run for plain policies reads no table; a test compares the two."""


@record
class Cell:
    """Whether a plugin enforces a feature: *since* a version, by a *test*; else *no* says why not. *source* says so."""

    since: Version | None = None
    no: str = ""
    source: str = ""
    test: str = ""


@record
class Table:
    """What a plugin enforces: the versions that are known, in order, none where it has none, and its cells."""

    versions: tuple[Version, ...]
    cells: dict[Feature, Cell]


@record
class Cni:
    """A network plugin: *version* is None where nobody says it, which is taken for the oldest that is supported."""

    name: str = DEFAULT
    version: Version | None = None

    @property
    def supported(self) -> tuple[Version, ...]:
        """Return the versions that are known, in order; none where the plugin has none."""
        return table(self.name).versions

    def can(self, feature: Feature) -> bool:
        """Return whether the plugin enforces *feature* in this version."""
        if self.name == DEFAULT:
            return feature in PLAIN
        since = self.since(feature)
        return since is not None and (self.version or self.supported[0]) >= since

    def since(self, feature: Feature) -> Version | None:
        """Return the version from which on the plugin enforces *feature*; None where it never does."""
        cell = table(self.name).cells.get(feature)
        return cell.since if cell else None

    def __str__(self) -> str:
        return f"{self.name} {version_text(self.version)}" if self.version else self.name


@cache
def table(name: str) -> Table:
    """Return what the plugin *name*, one of NAMES, enforces."""
    path = Path(__file__).parent / "cni" / f"{name}.yaml"
    data: Any = read(path.read_bytes(), path.name, Dialect.SPEC).documents[0].data
    cells = {Feature(key): _cell(cell) for key, cell in data["features"].items()}
    return Table(tuple(version_of(text) for text in data["versions"]), cells)


def _cell(data: dict[str, str]) -> Cell:
    since = version_of(data["since"]) if "since" in data else None
    return Cell(since, data.get("no", ""), data.get("source", ""), data.get("test", ""))


def version_of(text: str) -> Version:
    """Return the version that *text* writes as MAJOR.MINOR."""
    major, _, minor = text.partition(".")
    return int(major), int(minor)


def version_text(version: Version) -> str:
    """Return *version* as it is written: MAJOR.MINOR."""
    return f"{version[0]}.{version[1]}"
