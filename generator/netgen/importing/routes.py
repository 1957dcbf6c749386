"""Ingresses -> entry points of the platform, and the URLs that apps expose at them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from netgen.evaluate.objects.model import Cluster, Direction, Selector
from netgen.evaluate.objects.ways import IngressObject, IngressRule
from netgen.importing.drafts import Draft, DraftPort, Drafts, Shared, annotations_of
from netgen.importing.model import Held, Unsaid, Where, covers, has
from netgen.importing.parties import app_name
from netgen.intent import Pods
from netgen.naming import ingress_name
from netgen.spec.controllers import Controller, controllers
from netgen.spec.forms.exposures import url
from netgen.spec.forms.text import FormError
from netgen.spec.resolve.exposed import ISSUER
from netgen.verify.reading import body, items, step

IN, OUT = Direction.INGRESS, Direction.EGRESS
_CLASS = "kubernetes.io/ingress.class"
Pairs = tuple[tuple[str, str], ...]


@dataclass(slots=True, eq=False)
class Way:
    """One path of a host that leads to a port of an app; *secret* is None for plain HTTP, empty where none is named."""

    ingress: IngressObject
    rule: IngressRule
    secret: str | None
    draft: Draft
    port: DraftPort
    held: Held


@dataclass(slots=True, eq=False)
class Gate:
    """An entry point: the ways of all Ingresses of one class and with the same annotations."""

    name: str
    class_name: str
    annotations: dict[str, str]
    ways: list[Way] = field(default_factory=list)
    controller: object = None
    plane: Where | None = None
    tls: str = ""

    def form(self, *, hosts: bool) -> dict[str, Any]:
        """Return the entry point as a Platform has it."""
        found: dict[str, Any] = {}
        if hosts:
            found["hosts"] = sorted({way.rule.host for way in self.ways})
        found["ingress"] = self.class_name
        found |= {"controller": self.controller} if self.controller else {}
        found |= {"tls": self.tls} if self.tls else {}
        return found | ({"annotations": self.annotations} if self.annotations else {})


class Routes:
    """The Ingresses of a cluster, as ways to the apps of *drafts*."""

    def __init__(self, cluster: Cluster, drafts: list[tuple[Held, Drafts]], shared: Shared, said: Unsaid) -> None:
        self._said = said
        self._homes: dict[tuple[str, str], tuple[Draft, Held]] = {}
        self._services = {(one.namespace, one.name): one for one in cluster.services}
        for held, draft in ((held, draft) for held, each in drafts for draft in each.all):
            if draft.service:
                self._homes[draft.namespace, draft.service.name] = draft, held
        self._shut = [held.party.where for held, _ in drafts if OUT in held.closed]
        groups: defaultdict[tuple[str, Pairs], list[Way]] = defaultdict(list)
        for ingress in cluster.ingresses:
            for way in self._ways(ingress):
                groups[ingress.class_name, _annotations(ingress, shared)].append(way)
        self.gates: list[Gate] = []
        for (class_name, pairs), ways in sorted(groups.items()):
            self._gate(class_name, dict(pairs), ways)

    def write(self, documents: dict[str, str]) -> None:
        """Give the drafts the URLs at which they are exposed; *documents* has the name of each namespace's document."""
        hosts = self.hosts_of()
        for gate in self.gates:
            for way in gate.ways:
                shared = len(hosts[way.rule.host]) > 1
                name = self._name(gate, way, documents[way.ingress.namespace])
                way.draft.exposed.append((way.draft.named(way.port), _exposed(gate, way, name, via=shared)))
                if gate.plane and gate.plane in way.draft.accepts:
                    way.draft.accepts[gate.plane].discard(way.draft.named(way.port))

    def _name(self, gate: Gate, way: Way, document: str) -> str | None:
        """Return the name of the Ingress of *way*, where netgen would call it otherwise; its first host keeps it."""
        ingress, host = way.ingress, way.rule.host
        first = next(one.rule.host for one in gate.ways if one.ingress is ingress)
        if host != first:
            what = f"{host} of Ingress {ingress} is written as an Ingress of its own: each holds one host"
            self._said.note(way.rule.spot, f"{what}, and {first} keeps the name")
        return None if host != first or ingress.name == ingress_name(document, gate.name, host) else ingress.name

    def hosts_of(self) -> dict[str, list[Gate]]:
        """Return the entry points that serve each host."""
        found: defaultdict[str, list[Gate]] = defaultdict(list)
        for gate in self.gates:
            for host in {way.rule.host for way in gate.ways}:
                found[host].append(gate)
        return found

    def form(self) -> dict[str, Any]:
        """Return the entry points as a Platform has them."""
        return {gate.name: gate.form(hosts=len(self.gates) > 1) for gate in self.gates}

    # ----------------------------------------------------------------------------------------------------- reading

    def _ways(self, ingress: IngressObject) -> list[Way]:
        known = controllers().by_class
        if not ingress.class_name:
            self._leave(ingress, "it names no class, and which one is the default is not known")
            return []
        if ingress.class_name not in known and not ingress.rules:
            return []
        found = []
        for rule in ingress.rules:
            way = self._way(ingress, rule)
            found += [way] if way else []
        spec = step(body(ingress.spot), "spec")
        paths = [step(rule, "http", "paths") for rule in items(step(spec, "rules"))]
        if any(step(path, "backend", "resource") for listed in paths for path in items(listed)):
            self._leave(ingress, "one of its backends is no Service", part=True)
        return found

    def _leave(self, ingress: IngressObject, why: str, *, part: bool = False) -> None:
        what = "a path of Ingress" if part else "Ingress"
        self._said.add(ingress.spot, f"{what} {ingress} is left out: {why}", "keep this Ingress beside the spec")

    def _way(self, ingress: IngressObject, rule: IngressRule) -> Way | None:
        home = self._homes.get((ingress.namespace, rule.service))
        if not rule.host:
            why = "it has no host" if rule.path else "it is the default backend"
        elif home is None:
            service = self._services.get((ingress.namespace, rule.service))
            why = f"Service {rule.service} is {'no app of its own' if service else 'not among the manifests'}"
        else:
            draft, held = home
            port = _port(draft, rule.port)
            why = _refused(rule) if port else f"Service {rule.service} has no port {rule.port}"
            if port and not why:
                self._tell_of_type(ingress, rule)
                return Way(ingress, rule, _secret(ingress, rule.host), draft, port, held)
        message = f"the path {rule.path or '/'} of Ingress {ingress} is left out: {why}"
        self._said.add(rule.spot, message, "keep this Ingress beside the spec")
        return None

    def _tell_of_type(self, ingress: IngressObject, rule: IngressRule) -> None:
        is_plain = not rule.path.strip("/") and ingress.class_name in controllers().by_class
        if rule.type not in ("Prefix", "Exact") and not is_plain:
            what = f"the path {rule.path or '/'} of Ingress {ingress} is written as a prefix"
            self._said.note(rule.spot, f"{what}; it has the type {rule.type}, and its controller decides what that is")

    # ------------------------------------------------------------------------------------------------- entry points

    def _gate(self, class_name: str, annotations: dict[str, str], ways: list[Way]) -> None:
        same = sum(gate.class_name == class_name for gate in self.gates)
        name = app_name(class_name) or "public"
        gate = Gate(f"{name}-{same + 1}" if same else name, class_name, annotations, ways)
        profile = controllers().by_class.get(class_name)
        if self._place(gate, profile):
            self._certificates(gate, profile)
            self.gates.append(gate)

    def _place(self, gate: Gate, profile: Controller | None) -> bool:
        """Say where the controller is: where the profile has it, or else where the policies let it in from."""
        pods = profile.data_plane if profile else None
        plane = Where(pods.namespace, Selector(pods.selector.labels)) if isinstance(pods, Pods) else None
        shut = [way for way in gate.ways if IN in way.held.closed]
        if plane and all(_lets_in(way, plane) for way in shut):
            gate.plane = plane
            return True
        rest = [set(_candidates(way)) for way in shut]
        common = [one for one in sorted(set.intersection(*rest)) if not self._is_shut(one)] if rest else []
        if common:
            gate.plane = common[0]
            gate.controller = {"namespace": gate.plane.namespace, "labels": dict(gate.plane.pods.labels)}
            message = f"the controller of class {gate.class_name} is taken to be pods with {gate.plane.pods}"
            self._said.note(shut[0].ingress.spot, f"{message} of {gate.plane.namespace}, which its apps accept")
            return True
        if plane:
            for way in [one for one in shut if not _lets_in(one, plane)]:
                gate.ways.remove(way)
                why = f"no policy lets the controller of class {gate.class_name} into {way.held.party}"
                self._leave(way.ingress, why, part=True)
            gate.plane = plane
            return bool(gate.ways)
        for ingress in dict.fromkeys(way.ingress for way in gate.ways):
            self._leave(ingress, f"the pods of the controller of class {gate.class_name} are not known")
        return False

    def _is_shut(self, plane: Where) -> bool:
        """Return whether policies hold what pods of *plane* call: as a controller they would call more."""
        return any(covers(plane, one) or covers(one, plane) for one in self._shut)

    def _certificates(self, gate: Gate, profile: Controller | None) -> None:
        secrets = {way.secret for way in gate.ways if way.secret is not None}
        issuer = gate.annotations.get(ISSUER)
        secure = dict(profile.secure) if profile else {}
        if issuer and all(way.secret == f"{way.rule.host}-tls" for way in gate.ways if way.secret is not None):
            gate.tls = f"cert-manager/{issuer}"
            del gate.annotations[ISSUER]
        elif len(secrets) == 1 and secrets != {""}:
            gate.tls = f"secret {secrets.pop()}"
        if any(way.secret is not None for way in gate.ways):
            gate.annotations = {key: value for key, value in gate.annotations.items() if secure.get(key) != value}


def _refused(rule: IngressRule) -> str:
    """Return why no URL of a spec can be that of *rule*; nothing where one is."""
    try:
        url(f"https://{rule.host}{rule.path}")
    except FormError as error:
        return error.message
    return ""


def _annotations(ingress: IngressObject, shared: Shared) -> Pairs:
    own = shared.get(ingress.namespace, {})
    return tuple((key, value) for key, value in annotations_of(ingress).items() if key != _CLASS and key not in own)


def _secret(ingress: IngressObject, host: str) -> str | None:
    for entry in items(step(body(ingress.spot), "spec", "tls")):
        hosts = items(step(entry, "hosts"))
        if host in hosts or not hosts:
            name = step(entry, "secretName")
            return name if isinstance(name, str) else ""
    return None


def _port(draft: Draft, wanted: int | str) -> DraftPort | None:
    for port in draft.ports:
        if wanted == port.service or (isinstance(wanted, str) and wanted == port.name):
            return port
    return None


def _lets_in(way: Way, plane: Where) -> bool:
    return any(
        covers(half.peer, plane) and has(half.ports, way.port.protocol, way.port.container) for half in way.held.all[IN]
    )


def _candidates(way: Way) -> list[Where]:
    return [
        half.peer
        for half in way.held.all[IN]
        if isinstance(half.peer, Where)
        and half.peer.namespace is not None
        and half.peer.pods.labels
        and not half.peer.pods.expressions
        and has(half.ports, way.port.protocol, way.port.container)
    ]


def _exposed(gate: Gate, way: Way, name: str | None, *, via: bool) -> object:
    scheme = "http" if way.secret is None else "https"
    path = way.rule.path or "/"
    url = f"{scheme}://{way.rule.host}{'' if path == '/' else path}"
    form: dict[str, Any] = {"url": url}
    if via:
        form["via"] = gate.name
    if way.rule.type == "Exact":
        form["match"] = "exact"
    if way.secret and not gate.tls:
        form["tls"] = {"secret": way.secret}
    if name:
        form["name"] = name
    return form if len(form) > 1 else url
