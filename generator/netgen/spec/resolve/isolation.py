"""Apps of a closed namespace: its policy holds them too, so what they leave open is opened by flows."""

from __future__ import annotations

from netgen.intent import EVERYBODY, Flow
from netgen.spec.resolve.registry import Entry, Registry


def open_flows(registry: Registry) -> list[Flow]:
    """Return the flows of every app that is closed with its namespace, but not by itself (decision 12)."""
    return [flow for entry in registry.entries.values() for flow in (*_inward(entry), *_outward(entry))]


def _inward(entry: Entry) -> list[Flow]:
    if entry.form.ingress or not entry.app.ingress:
        return []
    intent = f"everybody -> {entry.key} (isolate: egress)"
    return [Flow(EVERYBODY, entry.app.pods, (), None, entry.key, intent, "", entry.form.spot)]


def _outward(entry: Entry) -> list[Flow]:
    if entry.form.egress or not entry.app.egress:
        return []
    intent = f"{entry.key} -> everybody (isolate: ingress)"
    return [Flow(entry.app.pods, EVERYBODY, (), entry.key, None, intent, "", entry.form.spot)]
