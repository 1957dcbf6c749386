"""Services -> `service` and `expose` of their apps, and every field of theirs that a spec has no word for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from netgen.evaluate.addresses import Block
from netgen.evaluate.objects.model import Cluster, Direction, Policy
from netgen.evaluate.objects.selectors import is_label
from netgen.evaluate.objects.ways import IngressObject, ServiceObject
from netgen.importing.drafts import Draft, DraftPort, Drafts, Shared, annotations_of
from netgen.importing.model import Held, Unsaid, canonical, has
from netgen.importing.surroundings import Around
from netgen.intent import EVERYBODY
from netgen.spec.resolve.registry import MANAGED_BY, NAME_LABEL, PART_OF
from netgen.verify.reading import body, step

IN = Direction.INGRESS
_KEPT = frozenset((PART_OF, MANAGED_BY))
"""Labels by which what netgen has rendered is found again."""
NETGENS = _KEPT | {NAME_LABEL}
_RELEASES = frozenset(("helm.sh/chart", "app.kubernetes.io/version", "pod-template-hash", "controller-revision-hash"))
"""Labels whose values would be wrong after the next release."""
_NOT_LOST = _RELEASES | {MANAGED_BY}

# What the API server fills in, what is said elsewhere, and what says nothing (kubernetes/api core/v1/types.go).
_KNOWN = frozenset(
    (
        *("type", "selector", "ports", "sessionAffinity", "sessionAffinityConfig", "loadBalancerSourceRanges"),
        *("externalTrafficPolicy", "loadBalancerClass", "clusterIPs"),
    )
)
_DEFAULTS: dict[str, Any] = {
    "internalTrafficPolicy": "Cluster",
    "ipFamilyPolicy": "SingleStack",
    "allocateLoadBalancerNodePorts": True,
    "publishNotReadyAddresses": False,
    "externalIPs": [],
}
_LIVE = frozenset(("clusterIP", "ipFamilies", "healthCheckNodePort"))
"""What a cluster has chosen by itself in objects that come from one."""


def left_services(cluster: Cluster, said: Unsaid) -> None:
    """Say which Services are no app's."""
    for service in cluster.services:
        what = "leads to a name outside" if service.type == "ExternalName" else "has no selector"
        if not service.selector or service.type == "ExternalName":
            said.add(
                service.spot,
                f"Service {service} {what}; it is left out",
                "keep this Service beside the spec",
                of=str(service),
            )


def shared_annotations(cluster: Cluster) -> Shared:
    """Return what all Services, Ingresses and policies of a namespace, if there are several, have as annotations."""
    found: Shared = {}
    counts: Counter[str] = Counter()
    objects: list[ServiceObject | IngressObject | Policy] = [*cluster.services, *cluster.ingresses, *cluster.policies]
    for one in objects:
        pairs = annotations_of(one)
        counts[one.namespace] += 1
        before = found.setdefault(one.namespace, pairs)
        found[one.namespace] = {key: value for key, value in before.items() if pairs.get(key) == value}
    return {namespace: pairs for namespace, pairs in found.items() if counts[namespace] > 1}


def expose(held: Held, drafts: Drafts, surroundings: Around, shared: Shared, said: Unsaid) -> None:
    """Give the drafts of an app what its Services expose."""
    own = shared.get(held.party.namespace, {})
    served = [(draft.service, draft) for draft in drafts.all if draft.service]
    for service, draft in [*served, *((service, drafts.main) for service in drafts.added)]:
        _tell_of_rest(service, said)
        _expose(service, draft, held, surroundings, own, said)


def service_form(draft: Draft, shared: dict[str, str], labels: dict[str, str]) -> Any:
    """Return the `service` of an app: a map, or False for none.

    *shared* are the annotations, *labels* the labels that every object of the app has already.
    """
    service = draft.service
    if service is None:
        return False if draft.ports else {}
    form: dict[str, Any] = {}
    if service.name != draft.name:
        form["name"] = service.name
    if service.headless:
        form["headless"] = True
    spec = step(body(service.spot), "spec")
    if step(spec, "sessionAffinity") == "ClientIP":
        seconds = step(spec, "sessionAffinityConfig", "clientIP", "timeoutSeconds")
        form["sessionAffinity"] = {"clientIP": seconds} if isinstance(seconds, int) else "ClientIP"
    own = {key: value for key, value in sorted(_labels(service).items()) if key not in _KEPT | _RELEASES}
    own = {key: value for key, value in own.items() if labels.get(key) != value}
    if own:
        form["labels"] = own
    annotations = _without(annotations_of(service), shared)
    if annotations:
        form["annotations"] = annotations
    return form


def _without(pairs: dict[str, str], shared: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in pairs.items() if key not in shared}


def labels_of(service: ServiceObject | IngressObject | Policy) -> dict[str, str]:
    """Return the labels of *service* that netgen does not set itself, and that the next release leaves as they are."""
    return {key: value for key, value in _labels(service).items() if key not in NETGENS | _RELEASES}


def tell_of_release(services: Iterable[ServiceObject], said: Unsaid) -> None:
    """Note which labels of *services* are left out since each release of a chart has others."""
    for service in services:
        keys = sorted(_RELEASES & _labels(service).keys())
        if keys:
            message = f"labels of Service {service} that change with each release are left out: {', '.join(keys)}"
            said.note(service.spot, message, of=str(service))


def _labels(service: ServiceObject | IngressObject | Policy) -> dict[str, str]:
    """Return the labels of *service*; with others than these no API server takes an object."""
    found = step(body(service.spot), "metadata", "labels")
    pairs = found.items() if isinstance(found, dict) else ()
    return {key: value for key, value in pairs if isinstance(value, str) and is_label(key, value)}


def _expose(
    service: ServiceObject, draft: Draft, held: Held, surroundings: Around, own: dict[str, str], said: Unsaid
) -> None:
    if service.type not in ("LoadBalancer", "NodePort"):
        return
    ports = _ports_of(service, draft)
    clients = tuple(map(canonical, service.source_ranges)) if service.type == "LoadBalancer" else ()
    if not clients and service.type == "NodePort" and service.local_outside:
        clients = _clients(held, ports, surroundings)
    families = tuple(Block(cidr) for cidr in clients) or surroundings.world
    missing = [one for one in families if not all(_lets_in(held, one, port) for port in ports)]
    word = "load balancer" if service.type == "LoadBalancer" else "node port"
    if missing and (clients or len(missing) == len(families)):
        message = f"no policy lets the clients of the {word} of Service {service} in; it becomes a ClusterIP Service"
        said.add(service.spot, message, f"expose: {service.type[0].lower()}{service.type[1:]}, if clients are meant")
        return
    if missing:
        said.note(service.spot, f"the {word} of Service {service} is opened to {missing[0].cidr} as well")
    annotations = _without(annotations_of(service), own) if draft.service is not service else {}
    draft.exposed.append(_form(service, draft, ports, clients, annotations, said))
    for family in families if clients else (*families, Block("0.0.0.0/0"), Block("::/0")):
        if family in draft.accepts:
            draft.accepts[family] -= {draft.named(port) for port in ports}


def _clients(held: Held, ports: tuple[DraftPort, ...], surroundings: Around) -> tuple[str, ...]:
    """Return the addresses that policies let in at all of *ports*, where they do not let everybody in."""
    if all(_lets_in(held, family, port) for family in surroundings.world for port in ports):
        return ()
    peers = [half.peer for half in held.own[IN] if isinstance(half.peer, Block) and not half.peer.excepts]
    met = [peer.cidr for peer in peers if all(_lets_in(held, peer, port) for port in ports)]
    return tuple(sorted(cidr for cidr in met if not cidr.endswith("/0")))


def _ports_of(service: ServiceObject, draft: Draft) -> tuple[DraftPort, ...]:
    wanted = {(one.port, str(one.protocol)) for one in service.ports}
    return tuple(one for one in draft.ports if (one.service, one.protocol) in wanted)


def _lets_in(held: Held, family: Block, port: DraftPort) -> bool:
    if IN not in held.closed:
        return True
    return any(
        (half.peer == family or half.peer is EVERYBODY or half.peer == Block(family.cidr))
        and has(half.ports, port.protocol, port.container)
        for half in held.all[IN]
    )


def _form(
    service: ServiceObject,
    draft: Draft,
    ports: tuple[DraftPort, ...],
    clients: tuple[str, ...],
    annotations: dict[str, str],
    said: Unsaid,
) -> object:
    form: dict[str, Any] = {}
    if draft.service is not service:
        form["name"] = service.name
    form |= _named_ports(service, draft, ports, said)
    if clients:
        form["clients"] = [cidr.removesuffix("/32" if "." in cidr else "/128") for cidr in clients]
        if not service.local_outside:
            said.add(service.spot, f"Service {service} gets externalTrafficPolicy: Local, so that clients are seen")
    elif service.local_outside:
        form["externalTrafficPolicy"] = "Local"
    if service.load_balancer_class:
        form["class"] = service.load_balancer_class
    if annotations:
        form["annotations"] = annotations
    kind = "loadBalancer" if service.type == "LoadBalancer" else "nodePort"
    if list(form) == ["ports"] and len(draft.ports) == 1:
        return f"{kind} {next(iter(form['ports'].values()))}"
    return {kind: form} if form else kind


def _named_ports(
    service: ServiceObject, draft: Draft, ports: tuple[DraftPort, ...], said: Unsaid
) -> dict[str, dict[str, int | None] | list[str]]:
    """Return the ports of an exposure, with their node ports where all have one."""
    names = [draft.named(port) for port in ports]
    taken = {(one.port, str(one.protocol)): one.node_port for one in service.ports}
    numbers = {name: taken[port.service, port.protocol] for name, port in zip(names, ports, strict=True)}
    if service.type == "NodePort" and all(numbers.values()):
        return {"ports": numbers}
    if any(numbers.values()) and not _is_live(service):
        said.add(service.spot, f"the node ports of Service {service} are left to the cluster")
    return {"ports": names} if len(draft.ports) > 1 else {}


def _is_live(service: ServiceObject) -> bool:
    """Return whether the object comes from a cluster, which has chosen some values; nobody writes `clusterIPs`."""
    data = body(service.spot)
    told = (step(data, "metadata", "uid"), step(data, "metadata", "resourceVersion"), step(data, "spec", "clusterIPs"))
    return any(told)


def _tell_of_rest(service: ServiceObject, said: Unsaid) -> None:
    """Say what *service* has that its app will not."""
    spec = step(body(service.spot), "spec")
    for key, value in sorted(spec.items()) if isinstance(spec, dict) else ():
        if key in _KNOWN or value is None or value == _DEFAULTS.get(key) or (key in _LIVE and _is_live(service)):
            continue
        if key == "clusterIP" and value in ("None", ""):
            continue
        at = service.spot.at("spec", key) if service.spot else None
        said.add(at, f"{key} of Service {service} has no word in a spec", of=str(service))
    for port in service.ports:
        if not port.name and len(service.ports) == 1:
            word = "main" if str(port.protocol) == "TCP" else str(port.protocol).lower()
            said.note(port.spot, f"the port of Service {service}, which has no name, is called {word}", of=str(service))


def lost_labels(service: ServiceObject, kept: dict[str, str], *, own: bool) -> Iterator[str]:
    """Yield the labels of *service* that its app will not give it; its *own* Service has all but netgen's."""
    for key, value in sorted(_labels(service).items()):
        if key not in _NOT_LOST and kept.get(key) != value and (key == PART_OF or not own):
            yield f"{key}={value}"
