"""The table and one plugin of it, as text, Markdown and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from netgen.cnis.tables import SET, TITLES, heads, rows, spanned, why, word
from netgen.profiles import NAMES, Cni, Feature, table, version_text

FOOT = (
    "from VERSION: older ones have it not",
    f"{SET}: once a setting of the CNI turns it on",
    "unknown: no official documentation says, and it is taken for no",
)


def table_text() -> str:
    """Return the table for a terminal."""
    lines = [("", *heads()), *((row.title, *row.words) for row in rows())]
    more = "netgen cni NAME says why, by which sources, what the setting is, and how the CNI is installed"
    return "\n".join([aligned(lines), *FOOT, more, ""])


def table_markdown() -> str:
    """Return the table in Markdown, with a line of the pages that say how each is installed."""
    lines = ["| |" + "".join(f" {head} |" for head in heads()), "|---" * (len(NAMES) + 1) + "|"]
    lines += [f"| {row.title} |" + "".join(f" {_cell(one)} |" for one in row.words) for row in rows()]
    links = ((name, table(name).about) for name in NAMES)
    cells = [
        f" [page]({one.install})" + (f", chart `{one.chart}` of <{one.repository}>" if one.chart else "") + " |"
        for _, one in links
    ]
    return "\n".join([*lines, "| how it is installed |" + "".join(cells), "", f"{_cell('; '.join(FOOT))}.", ""])


def table_json(cnis: Sequence[Cni] = ()) -> str:
    """Return all that the table holds of *cnis*, or of all, as JSON."""
    return dumped({"cnis": [_plugin(cni) for cni in cnis or tuple(map(Cni, NAMES))]})


def one_text(cni: Cni) -> str:
    """Return all that the table holds of a plugin: in one version, where *cni* has one."""
    one = table(cni.name)
    about = one.about
    versions = version_text(cni.version) if cni.version else spanned(one.versions)
    chart = f" (chart {about.chart} of {about.repository})" if about.chart else ""
    most = f"as many as {about.nodes.most}: " if about.nodes.most else "unknown: "
    source = f" ({about.nodes.source})" if about.nodes.source else ""
    facts = [
        ("name", f"{about.title}{f', {versions}' if versions else ''}"),
        ("page", about.page),
        ("installed by", f"{about.install}{chart}"),
        ("maintenance", f"{about.status}{f': {about.said}' if about.said else ''} ({about.source})"),
        ("nodes", f"{most}{about.nodes.said}{source}"),
    ]
    return aligned(facts) + "".join(f"\n{line}" for line in _features(cni)) + "\n"


def _features(cni: Cni) -> Iterator[str]:
    one = table(cni.name)
    for feature, title in TITLES.items():
        cell = one.cells[feature]
        said = word(one, feature)
        if cni.version and cell.since:
            said = "yes" if cni.can(feature) else f"no: from {version_text(cell.since)} on"
        yield f"{title}: {said.rstrip(SET)}"
        if why(cell):
            yield f"  {why(cell)}"
        yield f"  source: {cell.source}"
        if cell.test:
            yield f"  test: {cell.test}"


def one_markdown(cni: Cni) -> str:
    """Return the features of a plugin as a table in Markdown."""
    one = table(cni.name)
    lines = [f"| {cni} | | | source |", "|---|---|---|---|"]
    lines += [
        f"| {title} | {word(one, feature).rstrip(SET)} | {_cell(why(one.cells[feature]))} "
        f"| {_cell(one.cells[feature].source)} |"
        for feature, title in TITLES.items()
    ]
    return "\n".join([*lines, ""])


def _cell(said: str) -> str:
    return said.replace("|", "\\|").replace("*", "\\*")


def _plugin(cni: Cni) -> dict[str, Any]:
    one = table(cni.name)
    about, nodes = one.about, one.about.nodes
    installed = {"page": about.install, "chart": about.chart or None, "repository": about.repository or None}
    return {
        "name": cni.name,
        "version": version_text(cni.version) if cni.version else None,
        "versions": [version_text(version) for version in one.versions],
        "title": about.title,
        "page": about.page,
        "install": installed,
        "maintenance": {"status": about.status, "said": about.said or None, "source": about.source},
        "nodes": {"most": nodes.most, "said": nodes.said, "source": nodes.source or None},
        "features": {feature.value: _feature(cni, feature) for feature in TITLES},
    }


def _feature(cni: Cni, feature: Feature) -> dict[str, Any]:
    cell = table(cni.name).cells[feature]
    return {
        "has": cni.can(feature) if cni.version else cell.since is not None,
        "since": version_text(cell.since) if cell.since else None,
        "unknown": bool(cell.unknown),
        "why": cell.lack or cell.unknown or None,
        "setting": cell.setting or None,
        "source": cell.source,
        "test": cell.test or None,
    }


def aligned(lines: Sequence[tuple[str, ...]]) -> str:
    """Return *lines* of as many words as columns, with two blanks between the columns."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    texts = ("  ".join(one.ljust(width) for one, width in zip(line, widths, strict=True)) for line in lines)
    return "".join(f"{text.rstrip()}\n" for text in texts)


def dumped(value: object) -> str:
    """Return *value* as JSON for people and programs."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
