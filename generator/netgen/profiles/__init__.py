"""What network plugins can do, by version: data with a source for each answer. Without evidence the answer is no."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

from netgen.records import record

if TYPE_CHECKING:
    from netgen.profiles.tables import Table

DEFAULT = "kubernetes"
"""Any plugin that enforces plain NetworkPolicies, whatever else it can."""
NAMES = (DEFAULT, "cilium", "calico", "flannel", "weave")

Version = tuple[int, int]


class Feature(StrEnum):
    """What a spec or a platform can ask for and not every plugin has; the value is its key in the data."""

    POLICIES = "policies"
    EGRESS = "egress"
    NAMED_PORTS = "named-ports"
    PORT_RANGES = "port-ranges"
    SCTP = "sctp"
    HOST_NAMES = "host-names"
    WILDCARD_HOST_NAMES = "wildcard-host-names"
    HTTP = "http"
    SERVICE_ACCOUNTS = "service-accounts"
    ENTITIES = "entities"
    WORLD = "world"
    API_SERVER = "api-server"
    ADDRESS_SETS = "address-sets"
    DENY = "deny"
    TIERS = "tiers"
    CLUSTER_WIDE = "cluster-wide"
    CLUSTER_NETWORK_POLICY = "cluster-network-policy"
    AUDIT = "audit"
    ENCRYPTION = "encryption"
    OBSERVABILITY = "observability"
    DUAL_STACK = "dual-stack"
    HOST_POLICIES = "host-policies"


PLAIN = frozenset((Feature.POLICIES, Feature.EGRESS, Feature.NAMED_PORTS, Feature.PORT_RANGES, Feature.SCTP))
"""What the table of DEFAULT has, so that a run for plain policies reads no table; a test compares the two."""


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
        since, known = self.since(feature), self.supported
        return since is not None and (not known or (self.version or known[0]) >= since)

    def since(self, feature: Feature) -> Version | None:
        """Return the version from which on the plugin enforces *feature*; None where it never does."""
        cell = table(self.name).cells.get(feature)
        return cell.since if cell else None

    def __str__(self) -> str:
        return f"{self.name} {version_text(self.version)}" if self.version else self.name


@cache
def table(name: str) -> Table:
    """Return what the plugin *name*, one of NAMES, enforces."""
    from netgen.profiles.tables import read_table  # noqa: PLC0415 - a run for plain policies reads none

    return read_table(name)


def rendered_for(cni: str | None) -> str | None:
    """Return *cni* if specs can be rendered for it: some are known by what they do with policies alone."""
    return cni if cni is not None and cni.partition(" ")[0] in NAMES else None


def version_of(text: str) -> Version:
    """Return the version that *text* writes as MAJOR.MINOR."""
    major, _, minor = text.partition(".")
    return int(major), int(minor)


def version_text(version: Version) -> str:
    """Return *version* as it is written: MAJOR.MINOR."""
    return f"{version[0]}.{version[1]}"
