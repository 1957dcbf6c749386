"""URLs that routes serve: those that lead to a port of pods, and where one that somebody asks about leads."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit

from netgen.evaluate.objects.httproutes import HTTP
from netgen.evaluate.objects.model import Cluster, Entity, Labels, Selector, Workload
from netgen.evaluate.objects.ways import INGRESS, IngressObject, IngressRule
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
_PATTERN = "RegularExpression"
"""The type of a path that each controller reads in its own way."""
_LAST = 1000
"""The rank of what serves every host: no name has so many labels."""


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
        raise NetgenError(
            [Problem("bad-url", None, f"{shown(text)} is no URL that an Ingress or HTTPRoute could serve", fix=fix)]
        )
    return Url(text, host, path or "/", port or _PORTS[scheme])


def service_of(host: str) -> str | None:
    """Return the Service whose DNS name *host* is, as `namespace/name`; None for any other text."""
    found = _SERVICE.fullmatch(host)
    return f"{found['space']}/{found['name']}" if found else None


@record
class Way:
    """A path of an Ingress or HTTPRoute, and the pods of its *controllers*; none where nobody here knows them.

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
        """Return its URL; without a host it serves every one. Only a Gateway knows the scheme of its routes."""
        scheme = "http(s)" if self.ingress.kind != INGRESS else "https" if self._has_tls() else "http"
        return f"{scheme}://{self.rule.host or '<any host>'}{self.rule.path or '/'}"

    def _has_tls(self) -> bool:
        sections = items(step(body(self.ingress.spot), "spec", "tls"))
        hosts = [items(step(one, "hosts")) for one in sections]
        return any(not listed or self.rule.host in listed for listed in hosts)

    @property
    def in_class(self) -> str:
        """Return the class or Gateway as a message adds it."""
        return f" ({self.ingress.at})" if self.ingress.at else ""

    @property
    def is_plain(self) -> bool:
        """Return whether host and path alone decide that it serves a request."""
        return not self.rule.beside and self.rule.type != _PATTERN

    def __str__(self) -> str:
        return f"{self.ingress}, {self.ingress.at}" if self.ingress.at else str(self.ingress)


class Ways:
    """The paths of the Ingresses and HTTPRoutes of *cluster*; *intent* is what specs say of them."""

    def __init__(self, cluster: Cluster, intent: Intent | None) -> None:
        self._cluster = cluster
        routes = () if intent is None else intent.routes
        self._entrypoints = {
            (one.app.namespace, one.entrypoint.door, one.host, one.path): one.entrypoint for one in routes
        }

    def way(self, ingress: IngressObject, rule: IngressRule) -> Way:
        """Return what is known of a path."""
        entrypoint = self._entrypoints.get((ingress.namespace, ingress.class_name, rule.host, rule.path))
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
        """Return the paths that serve *url*, of which no other at the same door is nearer, and those that perhaps do.

        Doors are classes and listeners of Gateways: a client comes through any of them. NetgenError where none does.
        """
        ranked: dict[tuple[str, str], list[tuple[tuple[int, ...], Way]]] = {}
        perhaps: list[Way] = []
        for ingress in self._cluster.ingresses:
            for rule in ingress.rules if ingress.kind in (INGRESS, HTTP) else ():
                rank = _rank(rule, url, ingress.kind)
                if rank is None:
                    continue
                way = self.way(ingress, rule)
                if not way.is_plain:
                    perhaps.append(way)
                    continue
                for door in ingress.doors:
                    ranked.setdefault(door, []).append((rank, way))
        if not ranked and not perhaps:
            raise NetgenError([self._unserved(url)])
        nearest: dict[Way, None] = {}
        for (whole, section), ways in ranked.items():
            here = [*ways, *ranked.get((whole, ""), ())] if section else ways
            first = min(rank for rank, _ in here)
            nearest.update((way, None) for rank, way in here if rank == first)
        return (*nearest, *perhaps)

    def _unserved(self, url: Url) -> Problem:
        hosts = sorted({rule.host for one in self._cluster.ingresses for rule in one.rules if rule.host})
        message = f"no Ingress or HTTPRoute among the manifests serves {shown(url.text)}{suggestion(url.host, hosts)}"
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


def _rank(rule: IngressRule, url: Url, kind: str) -> tuple[int, ...] | None:
    """Return how near *rule* is to *url*, the nearest first; None where it does not serve it.

    A host before a wildcard, the longest path first, an exact one before a prefix: kubernetes/api networking/v1. In the
    Gateway API a wildcard stands for names at any depth, which changes nothing for the nearest one, and an exact path
    is before each prefix: kubernetes-sigs/gateway-api apis/v1/httproute_types.go.
    """
    labels = url.host.split(".")
    deepest = len(labels) if kind == HTTP else 2
    hosts = [url.host, *("*." + ".".join(labels[first:]) for first in range(1, deepest)), ""]
    if rule.host not in hosts or not _is_on(rule, url.path):
        return None
    is_prefix, at = int(rule.type != "Exact"), hosts.index(rule.host) if rule.host else _LAST
    return (at, is_prefix, -len(rule.path)) if kind == HTTP else (at, -len(rule.path), is_prefix)


def _is_on(rule: IngressRule, path: str) -> bool:
    if rule.type == "Exact":
        return rule.path == path
    if rule.type == "Prefix":
        whole = rule.path.rstrip("/")
        return path == whole or path.startswith(f"{whole}/")
    return rule.type == _PATTERN or path.startswith(rule.path)
