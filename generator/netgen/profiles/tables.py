"""The tables of network plugins: what each can, from which version on, and what there is to know of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from netgen.profiles import Feature, Version, version_of
from netgen.records import record
from netgen.source import Dialect, read


@record
class Cell:
    """Whether a plugin has a feature: *since* a version, by a *test*; else *lack* or *unknown* says why not.

    *source* says so. *setting* says what turns it on, where a plain installation of the plugin leaves it off.
    """

    since: Version | None = None
    lack: str = ""
    unknown: str = ""
    source: str = ""
    test: str = ""
    setting: str = ""


@record
class Nodes:
    """The largest cluster of which the plugin's documentation speaks: *most* nodes; None, where it names no number."""

    most: int | None = None
    said: str = ""
    source: str = ""


@record
class About:
    """What there is to know of a plugin before anything is installed.

    *title* is its name as people write it, *page* its documentation and *install* the page that says how it is
    installed, by *chart* of *repository* where there is a Helm chart. *status* is `maintained` or `legacy`, for which
    *said* says why and *source* shows it.
    """

    title: str
    page: str
    install: str
    chart: str
    repository: str
    status: str
    said: str
    source: str
    nodes: Nodes


@record
class Table:
    """What a plugin can: the versions that are known, in order, none where it has none, its cells, and about itself."""

    versions: tuple[Version, ...]
    cells: dict[Feature, Cell]
    about: About


def read_table(name: str) -> Table:
    """Return what the plugin *name*, one of NAMES, enforces."""
    path = Path(__file__).parent / "cni" / f"{name}.yaml"
    data: Any = read(path.read_bytes(), path.name, Dialect.SPEC).documents[0].data
    cells = {Feature(key): _cell(cell) for key, cell in data["features"].items()}
    return Table(tuple(version_of(text) for text in data["versions"]), cells, _about(data["about"]))


def _cell(data: dict[str, str]) -> Cell:
    since = version_of(data["since"]) if "since" in data else None
    return Cell(since, **{key: value for key, value in data.items() if key != "since"})


def _about(data: dict[str, Any]) -> About:
    return About(**{"chart": "", "repository": "", "said": "", **data, "nodes": Nodes(**data["nodes"])})
