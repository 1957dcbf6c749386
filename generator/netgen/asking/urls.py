"""URLs that Ingresses serve: those that lead to a port of pods, and where one that somebody asks about leads."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit

from netgen.evaluate.objects.model import Cluster, Entity, Labels, Selector, Workload
from netgen.evaluate.objects.ways import IngressObject, IngressRule
from netgen.intent import Entities, EntryPoint, Intent, Pods
from netgen.problems import NetgenError, Problem
from netgen.records import record
from netgen.scene import ASKED
from netgen.spec.controllers import controllers
from netgen.spec.forms.text import shown, suggestion
from netgen.verify.reading import body, items, step

_SERVICE = re.compile(r"(?P<name>[a-z0-9-]+)\.(?P<space>[a-z0-9-]+)\.svc(\.cluster\.local)?\.?", re.ASCII)
_PORTS = {"http": 80, "https": 443}
_MOST_HOSTS = 5


class Url(NamedTuple):
    """The parts of *text*, a URL."""

    text: str
    host: str
    path: str
    port: int


def url_of(text: str) -> Url | None:
    """Return the URL that *text* is; None for a text of another form, NetgenError for a URL that is none."""
    if "://" not in text:
        return None
    try:
        parts = urlsplit(text)
        scheme, host, path, port = parts.scheme, parts.hostname, parts.path, parts.port
    except ValueError:
        scheme, host, path, port = "", None, "", None
    if not host or scheme not in _PORTS:
        fix = "write https://HOST/PATH or http://HOST/PATH"
        raise NetgenError([Problem("bad-url", None, f"{shown(text)} is no URL that an Ingress could serve", fix=fix)])
    return Url(text, host, path or "/", port or _PORTS[scheme])


def service_of(host: str) -> str | None:
    """Return the Service whose DNS name *host* is, as `namespace/name`; None for any other text."""
    found = _SERVICE.fullmatch(host)
    return f"{found['space']}/{found['name']}" if found else None


@record
class Way:
    """A path of an Ingress, and the pods of its *controllers*; none where nobody here knows them.

    *proxy* is what the CNI calls them where they are no pods. *entrypoint* is that of the spec which rendered it.
    """

    ingress: IngressObject
    rule: IngressRule
    controllers: tuple[Workload, ...]
    proxy: Entity | None
    entrypoint: EntryPoint | None

    @property
    def is_internal(self) -> bool:
        """Return whether the internet does not reach it, as the Platform says."""
        return self.entrypoint is not None and self.entrypoint.internal

    @property
    def url(self) -> str:
        """Return its URL; an Ingress without a host serves every one."""
        scheme = "https" if self._has_tls() else "http"
        return f"{scheme}://{self.rule.host or '<any host>'}{self.rule.path or '/'}"

    def _has_tls(self) -> bool:
        sections = items(step(body(self.ingress.spot), "spec", "tls"))
        hosts = [items(step(one, "hosts")) for one in sections]
        return any(not listed or self.rule.host in listed for listed in hosts)

    @property
    def in_class(self) -> str:
        """Return the class of the Ingress as a message adds it."""
        return f" (class {self.ingress.class_name})" if self.ingress.class_name else ""

    def __str__(self) -> str:
        kind = f", class {self.ingress.class_name}" if self.ingress.class_name else ""
        return f"{self.ingress}{kind}"


class Ways:
    """The paths of the Ingresses of *cluster*; *intent* is what specs say of them."""

    def __init__(self, cluster: Cluster, intent: Intent | None) -> None:
        self._cluster = cluster
        routes = () if intent is None else intent.routes
        self._entrypoints = {(one.app.namespace, one.host, one.path): one.entrypoint for one in routes}

    def way(self, ingress: IngressObject, rule: IngressRule) -> Way:
        """Return what is known of a path."""
        entrypoint = self._entrypoints.get((ingress.namespace, rule.host, rule.path))
        known = controllers().by_class.get(ingress.class_name)
        plane = entrypoint.data_plane if entrypoint else known.data_plane if known else None
        pods = self._pods(plane) if isinstance(plane, Pods) else ()
        proxy = Entity(plane.names[0]) if isinstance(plane, Entities) else None
        return Way(ingress, rule, pods, proxy, entrypoint)

    def _pods(self, plane: Pods) -> tuple[Workload, ...]:
        """Return the workloads of *plane*, or one that stands for its pods where the manifests have none."""
        space, labels = plane.namespace or "", plane.selector.labels
        selector = Selector(labels)
        there = [one for one in self._cluster.workloads if one.namespace == space and selector.matches(one.selectable)]
        return tuple(there) or (Workload(ASKED, space, _pairs(labels), labels, ports_known=False),)

    def serving(self, url: Url) -> tuple[Way, ...]:
        """Return the paths that serve *url*, of which no other is nearer. NetgenError where none does."""
        ranked: dict[tuple[int, ...], list[tuple[IngressObject, IngressRule]]] = {}
        for ingress in self._cluster.ingresses:
            for rule in ingress.rules:
                rank = _rank(rule, url)
                if rank is not None:
                    ranked.setdefault(rank, []).append((ingress, rule))
        if not ranked:
            raise NetgenError([self._unserved(url)])
        return tuple(self.way(*each) for each in ranked[min(ranked)])

    def _unserved(self, url: Url) -> Problem:
        hosts = sorted({rule.host for one in self._cluster.ingresses for rule in one.rules if rule.host})
        message = f"no Ingress among the manifests serves {shown(url.text)}{suggestion(url.host, hosts)}"
        more = f" and {len(hosts) - _MOST_HOSTS} more" if len(hosts) > _MOST_HOSTS else ""
        notes = (f"the hosts that are served: {', '.join(hosts[:_MOST_HOSTS])}{more}",) if hosts else ()
        fix = (
            "write a URL of these, namespace/name:port, or HOST:PORT for a host outside"
            if hosts
            else "give the Ingresses too, or write namespace/name:port, or HOST:PORT for a host outside"
        )
        return Problem("unknown-end", None, message, notes, fix)


def _pairs(labels: Labels) -> str:
    return ",".join(f"{key}={value}" for key, value in labels)


def _rank(rule: IngressRule, url: Url) -> tuple[int, ...] | None:
    """Return how near *rule* is to *url*, the nearest first; None where it does not serve it.

    A host before a wildcard, the longest path first, an exact one before a prefix: kubernetes/api networking/v1.
    """
    hosts = [url.host, f"*.{url.host.partition('.')[2]}", ""]
    if rule.host not in hosts or not _is_on(rule, url.path):
        return None
    return hosts.index(rule.host), -len(rule.path), int(rule.type != "Exact")


def _is_on(rule: IngressRule, path: str) -> bool:
    if rule.type == "Exact":
        return rule.path == path
    if rule.type == "Prefix":
        whole = rule.path.rstrip("/")
        return path == whole or path.startswith(f"{whole}/")
    return path.startswith(rule.path)
