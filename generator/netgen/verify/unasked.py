"""Services that expose an app although no spec says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netgen.evaluate.objects.model import Cluster, Labels
from netgen.evaluate.objects.ways import ServiceObject
from netgen.intent import App, AppKey, Intent, Pods
from netgen.problems import Problem


class Leads:
    """To which apps the Services of a cluster lead: those of *intent*, and others by their selectors."""

    def __init__(self, intent: Intent, cluster: Cluster) -> None:
        self._meant = {(service.app.namespace, service.name): service.app for service in intent.services}
        self._others = {(one.namespace, one.name): one for one in cluster.services}
        self._served = {service.app for service in intent.services if not service.existing}
        self._rendered = {(one.app.namespace, one.name) for one in intent.services if not one.existing}
        self._flows = intent.flows_to
        self._by_label: dict[tuple[str, str, str], list[App]] = {}
        for app in intent.apps:
            for key, value in app.selector.labels:
                self._by_label.setdefault((app.key.namespace, key, value), []).append(app)

    def is_meant(self, namespace: str, name: str) -> bool:
        """Return whether a spec says that there is the Service *name*."""
        return (namespace, name) in self._meant

    def is_rendered(self, namespace: str, name: str) -> bool:
        """Return whether a spec says all that the Service *name* is."""
        return (namespace, name) in self._rendered

    def is_left_open(self, app: AppKey) -> bool:
        """Return whether a spec lets addresses in to *app* and leaves its Services to somebody else."""
        return app not in self._served and any(not isinstance(flow.source, Pods) for flow in self._flows.get(app, ()))

    def app(self, namespace: str, name: str) -> AppKey | None:
        """Return an app to which the Service leads."""
        meant = self._meant.get((namespace, name))
        other = self._others.get((namespace, name))
        return self.by_selector(other) if meant is None and other else meant

    def by_selector(self, service: ServiceObject) -> AppKey | None:
        """Return an app of which *service* selects the pods, or some; None where there is none."""
        return next(self.selected(service), None)

    def selected(self, service: ServiceObject) -> Iterator[AppKey]:
        """Yield the apps of which *service* selects the pods, or some: those whose labels it asks for, and no others.

        One may come twice.
        """
        selector = service.selector or ()
        listed = [self._by_label.get((service.namespace, *pair), []) for pair in selector]
        for apps in sorted(listed, key=len):
            for app in apps:
                if _agree(selector, app.selector.labels):
                    yield app.key


def _agree(selector: Labels, labels: Iterable[tuple[str, str]]) -> bool:
    worn = dict(labels)
    return all(worn.get(key, value) == value for key, value in selector)


def services(cluster: Cluster, leads: Leads) -> Iterator[Problem]:
    """Yield each Service of *cluster* that opens a way from outside to an app, and that no spec says."""
    for service in cluster.services:
        if leads.is_rendered(service.namespace, service.name) or service.type == "ExternalName":
            continue
        way = service.type if service.type != "ClusterIP" else "externalIPs" if service.external_addresses else ""
        apps = leads.selected(service) if way else iter(())
        app = next((one for one in apps if not leads.is_left_open(one)), None)
        if app is not None:
            message = f"the Service {service} exposes {app} ({way}), which no spec says"
            place = service.spot.value() if service.spot else None
            yield Problem("service-differs", place, message, fix="expose it in the spec, or remove it")
