"""The flows that the platform's `allow` opens: at each app of the run that is on one of the two sides."""

from __future__ import annotations

from netgen.intent import (
    EVERY_POD,
    Addresses,
    AppKey,
    Block,
    Flow,
    HostName,
    Peer,
    Permission,
    Pods,
    Port,
    PortMatch,
    Selector,
)
from netgen.problems import Problem
from netgen.records import record
from netgen.spec.forms.claim_ends import End
from netgen.spec.forms.claims import ClaimForm
from netgen.spec.forms.sides import WILDCARDS, Kind, Side
from netgen.spec.forms.text import nearest, shown, suggestion
from netgen.spec.ranges import warn_inside
from netgen.spec.resolve.calls import Ports, matches, peer_of, ports_text, unknown_app
from netgen.spec.resolve.consent import find_port, no_single_port, served
from netgen.spec.resolve.installed import has_cluster_policies
from netgen.spec.resolve.outside import apiserver, apiserver_callers, internet, nodes, warn_of_every_port, world
from netgen.spec.resolve.registry import NAME_LABEL, Entry, Registry

_TCP_AND_UDP = (PortMatch("TCP"), PortMatch("UDP"))
_BAD = "bad-allow"


@record
class _Inside:
    """A side of the cluster: the *apps* of the run that it is, and its *pods* as a peer of others.

    *hosted*: they are on the host network, where no policy holds them.
    """

    apps: tuple[Entry, ...]
    pods: Pods
    hosted: bool = False


def allowed(registry: Registry, found: list[Problem]) -> tuple[list[Flow], tuple[Permission, ...]]:
    """Return the flows of every permission of the platform; a side that means nothing goes to *found*.

    Where the platform has ClusterNetworkPolicies, these accept the same for every pod.
    """
    flows: list[Flow] = []
    made: list[Permission] = []
    for form in registry.platform.allowed:
        opened, accepted = _Permission(form, registry, found).parts()
        flows += opened
        made += accepted
    if not made:
        return flows, ()
    from netgen.spec.resolve.accepting import named  # noqa: PLC0415 - few platforms have such policies

    return flows, named(made)


def _is_outside(end: End) -> bool:
    return end.side.kind is not Kind.APP and end.side.kind not in WILDCARDS


@record
class _Permission:
    """What reads one permission."""

    form: ClaimForm
    registry: Registry
    found: list[Problem]

    def parts(self) -> tuple[list[Flow], list[Permission]]:
        """Return the egress half of each app that is its source, and the ingress half of each that is its target.

        With them, what accepts both halves for every pod.
        """
        ends = self.form.source, self.form.target
        source, target = (None if _is_outside(end) else self._inside(end) for end in ends)
        if any(side is None and not _is_outside(end) for side, end in zip((source, target), ends, strict=True)):
            return [], []
        ports = self._ports(target)
        if ports is None:
            return [], []
        for_all = has_cluster_policies(self.registry.platform)
        callers = [entry for entry in source.apps if entry.app.egress] if source else []
        callees = [entry for entry in target.apps if entry.app.ingress] if target else []
        reached = self._reached(target, ports) if callers or for_all else []
        self._check_look_ups(callers, reached)
        coming = self._coming(source) if callees or for_all else []
        out = [
            self._flow(entry.app.pods, peer, at, entry.key, None)
            for entry in callers
            for peer, at in reached
            if entry.form.dns or not isinstance(peer, HostName)
        ]
        into = [self._flow(peer, entry.app.pods, ports, None, entry.key) for entry in callees for peer in coming]
        if not for_all:
            return out + into, []
        halves = (source, "egress", reached), (target, "ingress", [(peer, ports) for peer in coming])
        return out + into, [
            one
            for side, direction, met in halves
            if side and not side.hosted
            for one in self._accepted(side.pods, direction, met)
        ]

    def _accepted(self, subject: Pods, direction: str, met: list[tuple[Peer, Ports]]) -> list[Permission]:
        from netgen.spec.resolve.accepting import accepted  # noqa: PLC0415 - few platforms have such policies

        return accepted(self.form, subject, direction, met, self.registry.platform, self.found)

    def _check_look_ups(self, callers: list[Entry], reached: list[tuple[Peer, Ports]]) -> None:
        """Report that the app which is named cannot ask for the address of a host; of many apps those that can do."""
        entry = callers[0] if callers and self.form.source.side.kind is Kind.APP else None
        if entry and not entry.form.dns and any(isinstance(peer, HostName) for peer, _ in reached):
            message = (
                f"{entry.key} is to open a host by its name, and `dns: false` keeps it from asking for the address"
            )
            fix = "name the addresses, or leave `dns` out in its spec"
            self.found.append(Problem("dns-needed", self.form.source.place, message, fix=fix))

    def _flow(self, source: Peer, target: Peer, ports: Ports, caller: AppKey | None, callee: AppKey | None) -> Flow:
        intent = f"{self.form.title} (platform)"
        return Flow(source, target, ports, caller, callee, intent, self.form.why, self.form.spot)

    # ---------------------------------------------------------------------------------------------------------- sides

    def _inside(self, end: End) -> _Inside | None:
        """Return what *end* is in the cluster; None, with the problem found, where it is nothing."""
        side, registry = end.side, self.registry
        if side.kind is Kind.ANY:
            return _Inside(tuple(registry.entries.values()), Pods(None, EVERY_POD))
        if side.namespace is None:
            homes = registry.homes.get(side.name, [])
            message = f"{shown(str(side))}: a Platform has no namespace of its own, so that one must be written"
            fix = f"write {homes[0] if homes else 'NAMESPACE/' + (side.name or '*')}"
            self.found.append(Problem(_BAD, end.place, message, fix=fix))
            return None
        if side.kind is Kind.APP:
            return self._app(end, AppKey(side.namespace, side.name))
        names = registry.names.get(side.namespace)
        if names is None and nearest(side.namespace, tuple(registry.names)):
            self._tell_of_namespace(end, side.namespace, "")
        entries = tuple(registry.entries[AppKey(side.namespace, name)] for name in names or ())
        return _Inside(entries, Pods(side.namespace, EVERY_POD))

    def _app(self, end: End, key: AppKey) -> _Inside | None:
        entry = self.registry.entries.get(key)
        if entry:
            return _Inside((entry,), entry.app.pods, hosted=entry.app.host_network)
        if self.registry.is_unclear(key.namespace):
            return None
        if key.namespace in self.registry.names:
            self.found.append(unknown_app(end.place, key, None, self.registry))
            return None
        taken = f", so the pods of {key} are taken to be those with {NAME_LABEL}={key.name}"
        taken += ", and the port to be the one on which they listen" if end is self.form.target else ""
        self._tell_of_namespace(end, key.namespace, taken)
        return _Inside((), Pods(key.namespace, Selector(((NAME_LABEL, key.name),))))

    def _tell_of_namespace(self, end: End, namespace: str, taken: str) -> None:
        near = suggestion(namespace, tuple(self.registry.names))
        message = f"no loaded document speaks for namespace {namespace}{near}{taken}"
        fix = "correct it, if it is a slip; else give its spec to the command as well, where the other half stands"
        self.found.append(Problem("allow-unmanaged", end.place, message, fix=fix))

    def _peer(self, side: _Inside, end: End) -> list[Peer]:
        """Return *side* as others meet it: one app on the host network at its nodes."""
        if end.side.kind is not Kind.APP or not side.apps:
            return [side.pods]
        peer = peer_of(side.apps[0], end, self.registry, self.found)
        return [peer] if peer else []

    def _coming(self, source: _Inside | None) -> list[Peer]:
        """Return where the connections come from that apps are to let in."""
        end, platform = self.form.source, self.registry.platform
        if source:
            return self._peer(source, end)
        match end.side.kind:
            case Kind.INTERNET:
                return [world(platform)]
            case Kind.ADDRESS:
                return [self._block(end, end.side.cidr)]
            case Kind.APISERVER:
                peer: Peer | None = apiserver_callers(platform, end, self.found)
            case Kind.EXTERNAL:
                from netgen.spec.resolve.externals import callers_of  # noqa: PLC0415 - few platforms have any

                found = callers_of(end.side.name, end.place, platform, self.found)
                peer = found and found._replace(shared=bool(found.external))
            case _:
                peer = nodes(platform, end, "the permission speaks of nodes", self.found)
        return [peer] if peer else []

    def _block(self, end: End, cidr: str) -> Addresses:
        warn_inside(self.registry.platform.ranges, cidr, lambda: end.place, self.found)
        return Addresses((Block(cidr),))

    # -------------------------------------------------------------------------------------------- what apps may reach

    def _reached(self, target: _Inside | None, ports: Ports) -> list[tuple[Peer, Ports]]:
        """Return where the connections of apps may go, and to which ports there."""
        end, platform = self.form.target, self.registry.platform
        if end.host:
            return self._host(end, end.host, ports)
        if end.side.kind is Kind.EXTERNAL:
            return self._external(end)
        if end.side.kind is Kind.APISERVER:
            warn_of_every_port(platform, end, self.found)
            return [(peer, (port,)) for peer, port in apiserver(platform, end, self.found)]
        if end.side.kind is Kind.INTERNET:
            return [(internet(platform), ports or _TCP_AND_UDP)]
        if target:
            peers = self._peer(target, end)
        elif end.side.kind is Kind.ADDRESS:
            peers = [self._block(end, end.side.cidr)]
        else:
            found = nodes(platform, end, "the permission speaks of nodes", self.found)
            peers = [found] if found else []
        return [(peer, ports) for peer in peers]

    def _external(self, end: End) -> list[tuple[Peer, Ports]]:
        from netgen.spec.resolve.externals import is_set, sides_of  # noqa: PLC0415 - few platforms have any

        reached: list[tuple[Peer, Ports]] = []
        sides = sides_of(end.side.name, end.place, self.registry.platform, self.found)
        if sides and is_set(sides, self.registry.platform):
            blocks = {block for side in sides for block in self._block(end, side.cidr).blocks}
            return [(Addresses(tuple(sorted(blocks)), end.side.name, shared=True), _of_side(sides[0]))]
        for side in sides:
            ports = _of_side(side)
            if side.kind is Kind.HOST:
                reached += self._host(end, side.name, ports)
            else:
                reached.append((self._block(end, side.cidr), ports))
        return reached

    def _host(self, end: End, host: str, ports: Ports) -> list[tuple[Peer, Ports]]:
        from netgen.spec.resolve.features import enforceable  # noqa: PLC0415 - same
        from netgen.spec.resolve.hosts import feature_of  # noqa: PLC0415 - same

        what, platform = f"the platform opens {host}", self.registry.platform
        wide = "internet" if end.side.kind is Kind.EXTERNAL else f"internet{ports_text(ports)}"
        l4 = f"name its addresses, or write {wide}"
        able = enforceable(feature_of(host), end.place, what, platform, self.found, l4=l4)
        return [(HostName(host), ports)] if able else []

    # ---------------------------------------------------------------------------------------------------------- ports

    def _ports(self, target: _Inside | None) -> Ports | None:
        """Return the ports as the pods or addresses of the target have them; empty for every port of every protocol.

        None, with the problem found, where they mean nothing.
        """
        end, words, before = self.form.target, self.form.ports, len(self.found)
        if target and end.side.kind is Kind.APP and target.apps:
            return self._of_app(target.apps[0])
        if target and end.side.kind is Kind.APP and not words:
            message = f"{end.side} has no spec here, so that its ports must be written as numbers"
            self.found.append(Problem("port-needed", end.place, message, fix=f"write {end.side}:PORT"))
        for word, at in words:
            if word.name is not None:
                message = f"{end.side} has no spec here, so its ports have no names"
                self.found.append(Problem("port-needed", at.place, message, fix="write the port's number"))
        if len(self.found) > before:
            return None
        matched = {PortMatch(word.protocol or "TCP", word.number, word.last) for word, _ in words}
        return tuple(sorted(matched, key=lambda one: (one.protocol, one.port or 0, one.last)))

    def _of_app(self, entry: Entry) -> Ports | None:
        end, before = self.form.target, len(self.found)
        if entry.form.unclear:
            return None
        if not entry.app.ports:
            message = f"{entry.key} has no ports, so there is nothing to open"
            self.found.append(Problem("no-ports", end.place, message, fix=f"give {entry.key.name} a `port`"))
            return None
        if not self.form.ports:
            meant = served(entry.app.ports, entry)
            if len(meant) > 1:
                names = " or ".join(f"{end.side}:{port.name}" for port in meant)
                message = f"{entry.key} has several ports, and the permission names none"
                self.found.append(Problem("ambiguous-port", end.place, message, fix=f"write {names}"))
                return None
            return matches(meant)
        opened: list[Port] = []
        for word, at in self.form.ports:
            ports = find_port(word, entry)
            if len(ports) != 1:
                self.found.append(no_single_port(at.place, str(end.side), entry, word, ports))
            opened += ports
        return matches(tuple(opened)) if len(self.found) == before else None


def _of_side(side: Side) -> Ports:
    """Return the port of a value of an external; empty for every port."""
    word = side.port
    return (PortMatch(word.protocol or "TCP", word.number, word.last),) if word else ()
