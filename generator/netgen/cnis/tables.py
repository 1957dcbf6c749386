"""What network plugins have, as rows: one a feature, with a word for each plugin; and all of one plugin."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import MappingProxyType

from netgen.profiles import NAMES, Feature, Version, table, version_text
from netgen.profiles.tables import Cell, Table
from netgen.records import record

TITLES = MappingProxyType(
    {
        Feature.POLICIES: "policies (NetworkPolicy)",
        Feature.EGRESS: "egress",
        Feature.NAMED_PORTS: "named ports",
        Feature.PORT_RANGES: "ranges of ports (endPort)",
        Feature.SCTP: "SCTP",
        Feature.HOST_NAMES: "host names (FQDN)",
        Feature.WILDCARD_HOST_NAMES: "wildcard host names, any depth",
        Feature.HTTP: "HTTP methods and paths",
        Feature.SERVICE_ACCOUNTS: "service accounts",
        Feature.ENTITIES: "proxies that are no pods",
        Feature.WORLD: "the world without the pods",
        Feature.API_SERVER: "the API server by its name",
        Feature.ADDRESS_SETS: "named sets of addresses",
        Feature.DENY: "denials",
        Feature.TIERS: "tiers",
        Feature.CLUSTER_WIDE: "cluster-wide policies",
        Feature.CLUSTER_NETWORK_POLICY: "ClusterNetworkPolicy",
        Feature.AUDIT: "audit stage",
        Feature.ENCRYPTION: "encryption in transit",
        Feature.OBSERVABILITY: "observability (flow logs)",
        Feature.DUAL_STACK: "dual stack",
        Feature.HOST_POLICIES: "policies for nodes",
    }
)
"""The words for each feature, in the order of the rows."""
SET = "*"
"""Behind a yes: a setting of the plugin turns the feature on."""


@record
class Row:
    """What the row is about, and the word for each plugin."""

    title: str
    words: tuple[str, ...]


def heads(names: Iterable[str] = NAMES) -> tuple[str, ...]:
    """Return the heads of the columns: each plugin with the versions that are known."""
    return tuple(f"{name} {spanned(table(name).versions)}".rstrip() for name in names)


def rows(names: Sequence[str] = NAMES) -> tuple[Row, ...]:
    """Return the rows for the plugins *names*: one for each feature, and one each for nodes and maintenance."""
    tables = [table(name) for name in names]
    features = [Row(title, tuple(word(one, feature) for one in tables)) for feature, title in TITLES.items()]
    nodes = Row("nodes, at the most", tuple(str(one.about.nodes.most or "unknown") for one in tables))
    return (*features, nodes, Row("maintenance", tuple(one.about.status for one in tables)))


def word(one: Table, feature: Feature) -> str:
    """Return `yes`, with the version where it is not the first that is known; or `no`, or `unknown`."""
    cell = one.cells[feature]
    if cell.since is None:
        return "unknown" if cell.unknown else "no"
    later = f"from {version_text(cell.since)}" if one.versions and cell.since > one.versions[0] else "yes"
    return f"{later}{SET}" if cell.setting else later


def spanned(versions: Sequence[Version]) -> str:
    """Return the first and the last of *versions*: `1.16-1.20`; one alone, or nothing, where there are not two."""
    ends = dict.fromkeys(version_text(one) for one in (*versions[:1], *versions[-1:]))
    return "-".join(ends)


def why(cell: Cell) -> str:
    """Return what a cell says beside its word: the setting that turns the feature on, or why it is not there."""
    return cell.setting or cell.lack or cell.unknown
