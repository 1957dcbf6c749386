"""The environments of a Platform, and its externals: what lies outside under a name, for all of them or for each."""

from __future__ import annotations

from dataclasses import field, replace
from typing import Any

from netgen.problems import Problem
from netgen.records import record
from netgen.source import Spot
from netgen.spec.forms.sides import Kind, Side, target
from netgen.spec.forms.text import FormError, each, shown, suggestion

_ALL = ""
"""The environment under which a value stands that is the same in each."""


@record
class External:
    """What the name stands for: targets with their ports, addresses and hosts, by environment; "" is all of them.

    *unclear* says that a value could not be read.
    """

    name: str
    values: tuple[tuple[str, tuple[Side, ...]], ...]
    unclear: bool
    spot: Spot = field(compare=False, repr=False)

    @property
    def environments(self) -> tuple[str, ...]:
        """Return the environments that have a value of their own; none where one is for all."""
        return tuple(name for name, _ in self.values if name != _ALL)

    def sides(self, environment: str | None) -> tuple[Side, ...] | None:
        """Return what the name stands for in *environment*; None where it stands for nothing there."""
        values = dict(self.values)
        return values.get(_ALL) or values.get(environment or _ALL)


@record
class Environments:
    """The *names* of the environments, the one that a run is for (None: nobody said), and the externals.

    *spot* is the Platform's.
    """

    names: tuple[str, ...] = ()
    chosen: str | None = None
    externals: tuple[External, ...] = ()
    spot: Spot | None = field(default=None, compare=False, repr=False)

    def external(self, name: str) -> External | None:
        """Return the external *name*, None where there is none."""
        return next((one for one in self.externals if one.name == name), None)


def read_environments(data: dict[str, Any], spot: Spot, found: list[Problem]) -> Environments:
    """Return the environments and externals of a Platform of the schema's shape; what is wrong goes to *found*.

    Without `envs` the environments are those for which some external has a value.
    """
    names = tuple(data.get("envs", ()))
    externals = tuple(
        _external(name, value, spot.at("externals", name), names, found)
        for name, value in sorted(data.get("externals", {}).items())
    )
    if not names:
        names = tuple(sorted({name for one in externals for name in one.environments}))
    return Environments(names, None, externals, spot)


def _external(name: str, value: Any, spot: Spot, names: tuple[str, ...], found: list[Problem]) -> External:
    before = len(found)
    items = value.items() if isinstance(value, dict) else [(_ALL, value)]
    values = []
    for environment, written in items:
        at = spot.at(environment) if environment else spot
        if environment and names and environment not in names:
            message = f"no environment {shown(environment)}{suggestion(environment, names)}"
            fix = f"one of {', '.join(names)}; or add it to envs"
            found.append(Problem("unknown-env", at.key(), message, fix=fix))
        values.append((environment, tuple(sorted(set(each(_value, written, at, found)), key=_order))))
    return External(name, tuple(sorted(values)), len(found) > before, spot)


def _order(side: Side) -> tuple[str, str]:
    return str(side), str(side.port)


def _value(text: str) -> Side:
    """Return the target outside the cluster that *text* names with its port, else raise FormError."""
    side = target(text)
    if side.kind not in (Kind.ADDRESS, Kind.HOST):
        message = f"{shown(text)} is not outside the cluster under a name or address"
        raise FormError("bad-target", message, fix="write SCHEME://ADDRESS:PORT or SCHEME://HOST:PORT")
    return side


def in_environment(environments: Environments, name: str, found: list[Problem]) -> Environments:
    """Return *environments* for a run in *name*, as `--env` gives it; one that is not there goes to *found*."""
    if name not in environments.names:
        message = f"no environment {shown(name)}{suggestion(name, environments.names)}"
        fix = f"one of {', '.join(environments.names)}"
        if not environments.names:
            message += ": the platform names none"
            fix = f"leave --env out, or in the Platform write  envs: [{name}]"
        at = environments.spot.at("kind").value() if environments.spot else None
        notes = (f"the platform is that of {at.file}:{at.line}",) if at else ()
        found.append(Problem("unknown-env", None, message, notes, fix))
    return replace(environments, chosen=name)
