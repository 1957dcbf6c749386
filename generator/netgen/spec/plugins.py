"""The network plugin as a Platform and `--cni` write it: NAME, or NAME MAJOR.MINOR."""

from __future__ import annotations

import re
from dataclasses import replace

from netgen.problems import Problem
from netgen.profiles import DEFAULT, NAMES, Cni, version_of, version_text
from netgen.source import Spot
from netgen.spec.forms.text import shown, suggestion

_JOINED = re.compile(r"([a-z]+)[^a-z0-9]?(v?[0-9].*)", re.ASCII)
"""A name and a version without the blank between."""
_RELEASE = re.compile(r"v?([0-9]{1,3}[.][0-9]{1,3})([.+-].*)?", re.ASCII)


def read_cni(text: str, spot: Spot | None, found: list[Problem]) -> Cni | None:
    """Return the plugin that *text* names, at *spot* or, where that is None, as a flag; None where it names none."""
    problems: list[Problem] = []
    read = _read(text, problems)
    if problems:  # a place is looked for only where it is shown
        place = spot.value() if spot else None
        found += [replace(one, place=place) for one in problems]
    return read


def _read(text: str, found: list[Problem]) -> Cni | None:
    """Return the plugin that *text* names; what is wrong goes to *found*, without a place."""
    name, _, version = text.partition(" ")
    lower = name.lower()
    if name in NAMES:
        return _versioned(text, name, version, found)
    if lower in NAMES:
        message = f"no CNI {shown(text)}: the name is lower-case"
        found.append(Problem("unknown-cni", None, message, fix=f"write {text.lower()}"))
    else:
        message = f"no CNI {shown(text)}{suggestion(lower, NAMES)}"
        joined = _JOINED.fullmatch(lower)
        is_name = joined and joined[1] in NAMES and Cni(joined[1]).supported
        fix = _instead(joined[1], joined[2]) if joined and is_name else f"write one of {', '.join(NAMES)}"
        found.append(Problem("unknown-cni", None, message, fix=fix))
    return None


def _versioned(text: str, name: str, version: str, found: list[Problem]) -> Cni | None:
    if not version and text == name:
        return Cni(name)
    if not Cni(name).supported:
        message = f"{shown(name)} has no versions that netgen tells apart"
        found.append(Problem("unknown-cni", None, message, fix=f"write {name}"))
        return None
    known = {version_text(one): one for one in Cni(name).supported}
    if version not in known:
        message = f"{shown(text)}: the versions of {name} that netgen knows are {', '.join(known)}"
        found.append(Problem("unknown-cni", None, message, fix=_instead(name, version)))
        return None
    return Cni(name, known[version])


def _instead(name: str, version: str) -> str:
    """Return what to write for *version* of the plugin *name*, which is none of those known."""
    known = tuple(version_text(one) for one in Cni(name).supported)
    release = _RELEASE.fullmatch(version.strip())
    if release and release[1] in known:
        return f"write {name} {release[1]}"
    if release and version_of(release[1]) < version_of(known[0]):
        return f"write {DEFAULT} for plain NetworkPolicies, as {name} is known from {known[0]} on"
    return f"write {name} {known[-1]}"
