"""The ways in from outside that appear, vanish or lead elsewhere: paths of routes, and Services that open ports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from ipaddress import ip_network

from netgen.diff.changes import Change, Kind, Name, Sentence, Zone, listed
from netgen.diff.ends import Ends
from netgen.diff.leads import Lead, Leads, key_of, leads_of, mapping, written
from netgen.diff.origin import Origin, at, shown
from netgen.evaluate.objects.model import Cluster
from netgen.evaluate.objects.ways import INGRESS, IngressObject, IngressRule, ServiceObject, ServicePort
from netgen.intent import Route
from netgen.records import record
from netgen.spec.controllers import controllers

_BALANCER = "LoadBalancer"
_EVERYBODY = "everybody"
_LEADS = "leads to"
_NOBODY: frozenset[str] = frozenset()
_IGNORED = frozenset(("kubectl.kubernetes.io/last-applied-configuration", "kubernetes.io/ingress.class"))


@record
class _Way:
    """A *title* of sentences that *does* something for *targets*, written at *place*; behind them are *leads*.

    *clients* are those that it takes alone; none: everybody. *ports* are the targets with the numbers of their ports,
    *kind* is the type of a path, *internal* what a Platform says of the internet; None where no spec has the URL.
    """

    title: Sentence
    does: str
    targets: tuple[str, ...]
    leads: frozenset[Lead]
    place: str
    zone: Zone = Zone.INTERNET
    clients: tuple[str, ...] = ()
    ports: frozenset[str] = frozenset()
    kind: str = ""
    internal: bool | None = None

    @property
    def is_plain(self) -> bool:
        """Return whether the app behind it is called as the target, or the title, already says."""
        said = {each.rpartition(":")[0] for each in self.targets} | {str(part) for part in self.title}
        return {one.app for one in self.leads} <= said

    def sentence(self, does: str) -> Sentence:
        """Return what it *does*, and to which pods that leads."""
        behind = () if self.is_plain else (", which is ", *_leads(self.leads))
        alone = (" for ", *listed(self.clients), " alone") if self.clients else ()
        return (*self.title, f" {does} ", *listed(self.targets), *alone, *behind)


Key = tuple[str, ...]


def exposures(old: Origin, new: Origin, ends: Ends) -> Iterator[Change]:
    """Yield each way in that leads elsewhere than before, or that only one side has; then Services that turn."""
    sides = [(side, leads_of(side.scene.cluster, ends, new=side is new)) for side in (old, new)]
    untold = [_untold(side.scene.cluster) for side in (old, new)]
    for ways in (_routes, _services):
        before, after = _told_apart(*(ways(*side) for side in sides))
        for key in sorted(before.keys() | after.keys()):
            was, now = before.get(key), after.get(key)
            if was and key[0] in untold[1]:
                yield _unknown(was, "old", "new")
            elif now and key[0] in untold[0]:
                yield _unknown(now, "new", "old")
            else:
                yield from _change(was, now)
    yield from _turned(old, new, *(leads for _, leads in sides))
    yield from _annotated(old, new)


def _untold(cluster: Cluster) -> frozenset[str]:
    """Return the Services that a spec takes to be there, and that nobody has given."""
    return frozenset(str(one) for one in cluster.services if one.spot is None)


def _unknown(way: _Way, here: str, there: str) -> Change:
    """Return what is to be said of a *way* of which only the side *here* tells."""
    known = f"the {there} side takes the Service to be there already, so that nobody knows what it opens"
    what = f" on the {here} side; {known}"
    return Change(Zone.UNPROVEN, Kind.UNPROVEN, (*way.sentence(way.does), what), way.place)


def _told_apart(*sides: Mapping[Key, _Way]) -> Iterator[dict[Key, _Way]]:
    """Yield ways with their class or Gateway in the title, where two differ by that alone."""
    keys = {key: way.title for side in sides for key, way in side.items()}
    count = Counter((key[0], *map(str, title)) for key, title in keys.items())
    for side in sides:
        yield {
            key: replace(way, title=(*way.title, *_class(key[1])))
            if count[key[0], *map(str, way.title)] > 1 and way.does == _LEADS
            else way
            for key, way in side.items()
        }


def _class(name: str) -> Sentence:
    if "/" in name:
        return (" at the Gateway ", Name(name))
    return (" of the class ", Name(name)) if name else (" of no class",)


def _change(before: _Way | None, after: _Way | None) -> Iterator[Change]:
    if after is None or before is None:
        if after is not None:
            yield Change(after.zone, Kind.EXPOSED, after.sentence(f"now {after.does}"), after.place)
        if before is not None:
            yield Change(before.zone, Kind.WITHDRAWN, before.sentence(f"no longer {before.does}"), before.place)
        return
    more = after.ports - before.ports
    if more or before.ports - after.ports:
        kind = Kind.EXPOSED if more else Kind.WITHDRAWN
        was = (" (before: ", *listed(before.targets), ")")
        yield Change(after.zone, kind, (*after.sentence(f"now {after.does}"), *was), after.place)
    elif before.leads != after.leads:
        kind = Kind.EXPOSED if after.leads - before.leads else Kind.WITHDRAWN
        way = (*after.title, f" now {after.does} ", *listed(after.targets), ", which is ", *_leads(after.leads))
        yield Change(after.zone, kind, (*way, " (before: ", *_leads(before.leads), ")"), after.place)
    yield from _reached(before, after)
    if before.kind != after.kind:
        what = f" is of the type {after.kind} now (before: {before.kind}), and the controller decides what differs"
        yield Change(Zone.UNPROVEN, Kind.UNPROVEN, (*after.title, what), after.place)
    if before.clients != after.clients:
        kind = Kind.WITHDRAWN if _is_within(after.clients, before.clients) else Kind.EXPOSED
        way = (*after.title, " now takes ", *listed(after.targets), " from ", *_clients(after.clients))
        yield Change(after.zone, kind, (*way, " (before: ", *_clients(before.clients), ")"), after.place)


def _reached(before: _Way, after: _Way) -> Iterator[Change]:
    """Yield that the internet comes to a URL, or no longer, though it leads where it did."""
    if (before.internal, after.internal) == (True, False):
        what = " is reached by the internet now (before: internal)"
        yield Change(Zone.INTERNET, Kind.EXPOSED, (*after.title, what), after.place)
    elif (before.internal, after.internal) == (False, True):
        what = " is internal now (before: reached by the internet)"
        yield Change(Zone.INTERNET, Kind.WITHDRAWN, (*after.title, what), after.place)


def _leads(leads: Iterable[Lead]) -> Sentence:
    return listed(sorted(map(str, leads))) or ("nothing that is known",)


def _clients(clients: tuple[str, ...]) -> Sentence:
    return (*listed(clients), " alone") if clients else (_EVERYBODY,)


def _is_within(clients: tuple[str, ...], others: tuple[str, ...]) -> bool:
    """Return whether all *clients* are among *others*; what is no range is among nothing but itself."""
    try:
        inner, outer = ([ip_network(each.strip(), strict=False) for each in some] for some in (clients, others))
    except ValueError:
        return bool(clients) and set(clients) <= set(others)
    return not others or (
        bool(clients) and all(any(a.version == b.version and a.subnet_of(b) for b in outer) for a in inner)  # type: ignore[arg-type]
    )


def _routes(side: Origin, leads: Leads) -> dict[Key, _Way]:
    meant = {_key(route): route for route in side.intent.routes} if side.intent else {}
    services = {str(service): service for service in side.scene.cluster.services}
    known = controllers().by_class  # the root of a host is everything for these, whatever the type
    found: dict[Key, _Way] = {}
    for ingress in side.scene.cluster.ingresses:
        secure = _secure(ingress)
        for rule in ingress.rules:
            kind = "Exact" if rule.type == "Exact" else "Prefix"
            key = (ingress.namespace, ingress.class_name, rule.host, rule.path, kind)
            route = meant.get(key)
            place = shown(route.spot.value()) if route else ingress.titled
            internal = route.entrypoint.internal if route else None
            zone = Zone.ACROSS if internal else Zone.INTERNET
            title = _url(ingress, rule, secure=rule.host in secure)
            name = "/".join(ingress.backend(rule))
            behind = _behind(services.get(name), rule, leads)
            target = f"{name}:{rule.port}".replace(" ", "%20") if rule.service else "no Service"
            ports = frozenset((f"{name}:{_number(services.get(name), rule)}",))
            told = "" if not rule.path.strip("/") and ingress.class_name in known else rule.type
            told += f" ({rule.beside})" if rule.beside else ""
            way = _Way(title, _LEADS, (target,), behind, place, zone, ports=ports, kind=told, internal=internal)
            _add(found, (*key, str(title[0])), way)
    return found


def _add(found: dict[Key, _Way], key: Key, way: _Way) -> None:
    """Add *way*; of two for the same URL nobody knows which one counts, and it leads to both."""
    other = found.get(key, way)
    targets = tuple(sorted({*other.targets, *way.targets}))
    found[key] = replace(other, targets=targets, leads=other.leads | way.leads, ports=other.ports | way.ports)


def _behind(service: ServiceObject | None, rule: IngressRule, leads: Leads) -> frozenset[Lead]:
    ports = service.ports if service else ()
    wanted = [port for port in ports if rule.port == (port.port if isinstance(rule.port, int) else port.name)]
    return frozenset(lead for port in wanted if service for lead in leads[key_of(service, port)])


def _number(service: ServiceObject | None, rule: IngressRule) -> int | str:
    """Return the number of the port that *rule* names, where its Service tells it."""
    named = (port.port for port in service.ports if port.name == rule.port) if service else ()
    return next(iter(named), rule.port)


def _key(route: Route) -> Key:
    kind = "Exact" if route.exact else "Prefix"
    return (route.app.namespace, route.entrypoint.door, route.host, route.path, kind)


def _url(ingress: IngressObject, rule: IngressRule, *, secure: bool) -> Sentence:
    if not rule.host and not rule.path:
        return (Name("every URL without a rule"),)
    # A blank would let a host say what netgen says.
    scheme = "https" if secure else "http" if ingress.kind == INGRESS else "http(s)"  # the listener decides
    url = f"{scheme}://{rule.host or '*'}{rule.path or '/'}".replace(" ", "%20")
    return (Name(url), " alone") if rule.type == "Exact" else (Name(url),)


def _secure(ingress: IngressObject) -> frozenset[str]:
    """Return the hosts that *ingress* serves with TLS."""
    listed_hosts = mapping(written(ingress), "spec").get("tls")
    hosts = (
        [one.get("hosts") for one in listed_hosts if isinstance(one, dict)] if isinstance(listed_hosts, list) else []
    )
    return frozenset(host for each in hosts if isinstance(each, list) for host in each if isinstance(host, str))


def _services(side: Origin, leads: Leads) -> dict[Key, _Way]:
    found: dict[Key, _Way] = {}
    for service in side.scene.cluster.services:
        place = _place(side, service)
        for port in service.ports:
            for kind, number, target in _openings(service, port):
                title: Sentence = (f"the {kind} ", Name(str(service)))
                clients = service.source_ranges if kind == _BALANCER else ()
                behind, ports = leads[key_of(service, port)], frozenset((target,))
                way = _Way(title, "opens", (target,), behind, place, clients=clients, ports=ports)
                found[str(service), kind, port.protocol, number] = way
    return found


def _place(side: Origin, service: ServiceObject) -> str:
    spot = side.service(service)
    return shown(spot.key()) if spot else f"Service {service}"


def _openings(service: ServiceObject, port: ServicePort) -> Iterator[tuple[str, str, str]]:
    """Yield the kind of each opening of *port* to the outside, what tells it from others, and what it opens."""
    own = f"{port.port}/{port.protocol}"
    if service.type == _BALANCER:
        yield _BALANCER, str(port.port), own
    if service.type == "NodePort":
        node = f"port {port.node_port}" if port.node_port else "a port"
        yield "NodePort", str(port.node_port or port.port), f"{node} of every node for {own}"
    for address in service.external_addresses if service.type != "ExternalName" else ():
        yield "Service", f"{port.port} {address}", f"{own} at {address}"


def _turned(old: Origin, new: Origin, before: Leads, after: Leads) -> Iterator[Change]:
    """Yield the Services inside of the cluster that lead to other apps than before: who calls them, calls those."""
    earlier = {str(one): one for one in old.scene.cluster.services}
    for service in new.scene.cluster.services:
        then = earlier.get(str(service))
        is_told = any(True for port in service.ports for _ in _openings(service, port))
        was, now = (_apps(one, leads) for one, leads in ((then, before), (service, after)))
        if then is not None and not is_told and was != now:
            zone = Zone.INTERNET if service.type == "ExternalName" else Zone.APPS
            what = ("the Service ", Name(str(service)), " now leads to ", *_named(now))
            yield Change(zone, Kind.LED, (*what, " (before: ", *_named(was), ")"), _place(new, service))


def _apps(service: ServiceObject | None, leads: Leads) -> frozenset[str]:
    return (
        frozenset(lead.app for port in service.ports for lead in leads[key_of(service, port)]) if service else _NOBODY
    )


def _named(apps: Iterable[str]) -> Sentence:
    return listed(sorted(apps)) or ("nothing that is known",)


def _annotated(old: Origin, new: Origin) -> Iterator[Change]:
    """Yield the ways in whose annotations have changed: they may say who gets in, and nobody here reads them."""
    earlier = {_title(one): one for one in _ways_in(old.scene.cluster)}
    for one in _ways_in(new.scene.cluster):
        then = earlier.get(_title(one))
        pairs = set() if then is None else set(_annotations(one)) ^ set(_annotations(then))
        if then is not None and pairs and isinstance(one, IngressObject):
            pairs -= _secured(one, then)
        if pairs:
            kind, name = _title(one)
            what = ("the ", f"{kind} ", Name(name), " has other annotations now, which may say who gets in: ")
            yield Change(
                Zone.UNPROVEN, Kind.UNPROVEN, (*what, *listed(sorted({key for key, _ in pairs}))), at(one.spot)
            )


def _secured(one: IngressObject, then: IngressObject | ServiceObject) -> set[tuple[str, str]]:
    """Return what the controller of *one* is told in addition so that its hosts are served by https alone."""
    from netgen.spec.controllers import controllers  # noqa: PLC0415 - few comparisons find other annotations

    profile = controllers().by_class.get(one.class_name)
    before = {key for key, _ in _annotations(then)}
    return {pair for pair in profile.secure if pair[0] not in before} if profile else set()


def _ways_in(cluster: Cluster) -> Iterator[ServiceObject | IngressObject]:
    yield from cluster.ingresses
    yield from (one for one in cluster.services if one.type == _BALANCER)


def _title(one: ServiceObject | IngressObject) -> tuple[str, str]:
    return one.kind if isinstance(one, IngressObject) else _BALANCER, str(one)


def _annotations(one: ServiceObject | IngressObject) -> Iterator[tuple[str, str]]:
    found = mapping(mapping(written(one), "metadata"), "annotations")
    yield from ((str(key), str(value)) for key, value in found.items() if key not in _IGNORED)
    if isinstance(one, ServiceObject):
        yield "loadBalancerClass", one.load_balancer_class
