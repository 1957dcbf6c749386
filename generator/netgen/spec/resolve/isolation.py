"""Apps that are not closed in both directions; in a closed namespace, what they leave open is opened by flows."""

from __future__ import annotations

from netgen.intent import EVERYBODY, Flow
from netgen.problems import Problem
from netgen.spec.resolve.registry import Entry, Registry


def open_flows(registry: Registry) -> list[Flow]:
    """Return the flows of every app that is closed with its namespace, but not by itself (decision 12)."""
    return [flow for entry in registry.entries.values() for flow in (*_inward(entry), *_outward(entry))]


def warn_of_open_apps(registry: Registry, found: list[Problem]) -> None:
    """Say which apps no policy closes; where there are no policies, that is said of all at once."""
    for entry in registry.entries.values() if registry.platform.policies else ():
        if not (entry.form.ingress or entry.form.egress or entry.form.host_network):
            what = "everybody reaches it, whomever it accepts, and it reaches everything"
            message = f"{entry.key} is isolated in no direction: {what}"
            found.append(Problem("not-isolated", entry.form.spot.at("isolate").value(), message))


def _inward(entry: Entry) -> list[Flow]:
    if entry.form.ingress or not entry.app.ingress:
        return []
    intent = f"everybody -> {entry.key} (isolate: {'egress' if entry.form.egress else 'none'})"
    return [Flow(EVERYBODY, entry.app.pods, (), None, entry.key, intent, "", entry.form.spot)]


def _outward(entry: Entry) -> list[Flow]:
    if entry.form.egress or not entry.app.egress:
        return []
    intent = f"{entry.key} -> everybody (isolate: {'ingress' if entry.form.ingress else 'none'})"
    return [Flow(entry.app.pods, EVERYBODY, (), entry.key, None, intent, "", entry.form.spot)]
