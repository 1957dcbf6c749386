"""What the platform names (scrapers, data planes, name servers): pods, which may be apps of a spec, or an entity."""

from __future__ import annotations

from collections.abc import Iterator

from netgen.intent import Entities, Flow, Peer, Pods
from netgen.problems import Problem
from netgen.records import record
from netgen.spec.forms.connectivity import AppForm
from netgen.spec.forms.exposures import UrlForm
from netgen.spec.resolve.calls import Ports, peer_of, ports_text
from netgen.spec.resolve.registry import Entry, Registry


@record
class PlatformPods:
    """The *peer* that the platform names, and the *apps* of the run that it is."""

    peer: Pods | Entities
    apps: tuple[Entry, ...]

    def peers(self, registry: Registry, found: list[Problem]) -> tuple[Peer, ...]:
        """Return where it is met: pods by their labels, and at the nodes if an app among them uses their network."""
        hosted = [app for app in self.apps if app.app.host_network and registry.platform.policies]
        placed = [peer_of(app, app.form, registry, found) for app in hosted]
        return tuple(dict.fromkeys((self.peer, *(peer for peer in placed if peer))))


def platform_pods(peer: Pods | Entities, registry: Registry) -> PlatformPods:
    """Return *peer* with the apps of *registry* that it is; an entity is none."""
    return PlatformPods(peer, registry.matching(peer) if isinstance(peer, Pods) else ())


def inward_flows(
    source: PlatformPods,
    entry: Entry,
    ports: Ports,
    name: str,
    form: AppForm | UrlForm,
    registry: Registry,
    found: list[Problem],
) -> Iterator[Flow]:
    """Yield what lets *source*, called *name*, reach *ports* of *entry*, as *form* wants it.

    Each half is written where a policy holds that end.
    """
    intent = f"{name} -> {entry.key}{ports_text(ports)}"
    if not entry.app.host_network:
        for peer in source.peers(registry, found):
            yield Flow(peer, entry.app.pods, ports, None, entry.key, intent, "", form.spot)
    for app in source.apps:
        target = peer_of(entry, form, registry, found) if app.app.egress else None
        if target:
            yield Flow(app.app.pods, target, ports, app.key, None, intent, "", form.spot)
