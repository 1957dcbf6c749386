"""Policies -> what each app may reach, and who may reach it: peers, and ports as numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from netgen.evaluate.addresses import Block
from netgen.evaluate.objects.model import (
    NAME_LABEL,
    BlockPeer,
    Cluster,
    Direction,
    Expression,
    Operator,
    PodPeer,
    Policy,
    PortRule,
    Rule,
    Rules,
    Selector,
)
from netgen.evaluate.objects.model import Peer as ObjectPeer
from netgen.evaluate.sets import ALL_PORTS, NO_PORTS, PortSet
from netgen.evaluate.sets import ports as port_range
from netgen.importing.dns import is_dns
from netgen.importing.model import ANYTHING, Half, Held, Party, Peer, Unsaid, Where, canonical, contains
from netgen.importing.pods import Pods, numbers_in
from netgen.intent import EVERYBODY, Everybody
from netgen.source import Spot

Halves = dict[Direction, tuple[Half, ...]]


class Policies:
    """The policies of a cluster, and the parties that they hold."""

    def __init__(self, cluster: Cluster, parties: tuple[Party, ...], said: Unsaid) -> None:
        self._cluster = cluster
        self._said = said
        self._pods = Pods(cluster.workloads)
        self._by_subject: defaultdict[tuple[str, Selector], list[Policy]] = defaultdict(list)
        for policy in cluster.policies:
            self._by_subject[policy.namespace, policy.subject].append(policy)
            for direction, _ in policy.unlisted:
                said.add(policy.spot, f"policy {policy} has rules for {direction}, which its policyTypes leave out")
        self._left: set[str] = set()
        self._wide = _wider(parties)
        self._naming = {id(one) for one in cluster.policies if _names_ports(one.ingress)}
        self._halves = {id(one): self._of(one, None) for one in cluster.policies}

    def closed_namespaces(self, helds: tuple[Held, ...]) -> frozenset[str]:
        """Return the namespaces in which a policy isolates every pod; *helds* are the apps that are written."""
        found = set()
        written = {id(workload) for held in helds for workload in held.party.workloads}
        workloads = self._cluster.workloads
        self._left = {one.namespace for one in self._cluster.policies} - {one.namespace for one in workloads}
        self._left |= {one.namespace for one in workloads if id(one) not in written}
        for namespace in sorted({one.namespace for one in self._cluster.policies}):
            policies = self._by_subject.get((namespace, ANYTHING), [])
            sides = {side for policy in policies for side, _, listed in policy.sides() if listed}
            shut = {side for side in sides if not any(_opens_all(self._halves[id(one)][side]) for one in policies)}
            rules = [half for one in policies for side in shut for half in self._halves[id(one)][side]]
            if shut:
                found.add(namespace)
                where = next(one.spot for one in policies if any(side in shut for side, _, _ in one.sides()))
                self._tell_of_others(namespace, shut, rules, where)
        return frozenset(found)

    def _tell_of_others(self, namespace: str, shut: set[Direction], rules: list[Half], spot: Spot | None) -> None:
        if len(shut) == 1:
            other = next(iter(set(Direction) - shut))
            message = f"only {next(iter(shut))} is closed for every pod of {namespace}"
            message = f"{message}; with `isolate: namespace` the pods of no app are closed for {other} too"
            self._of_no_app(namespace, spot, message)
        if rules:
            message = f"every pod of {namespace} has these permissions; in the spec every app has them, other pods none"
            self._of_no_app(namespace, rules[0].spot, message)

    def _of_no_app(self, namespace: str, spot: Spot | None, message: str) -> None:
        """Say what changes for the pods of no app, of which there may be none."""
        if namespace in self._left:
            self._said.add(spot, message, f"give the workloads of {namespace}, and write an app for each")
        else:
            self._said.note(spot, f"{message}; every workload of {namespace} is an app")

    def held(self, party: Party) -> Held:
        """Return what the policies do to *party*."""
        wide = [other.selector for other in self._wide[id(party)]]
        everywhere = self._by_subject.get((party.namespace, ANYTHING), [])
        inside = any(contains(one, party.selector) and not contains(party.selector, one) for one in wide)
        own = [*self._by_subject.get((party.namespace, party.selector), []), *([] if inside else everywhere)]
        more = [one for selector in wide for one in self._by_subject.get((party.namespace, selector), [])]
        every = list({id(one): one for one in (*own, *more, *everywhere)}.values())
        if party.host_network:
            for policy in own:
                if policy.subject != ANYTHING:
                    message = f"policy {policy} holds no pod of {party}, which is on the host network"
                    self._said.note(policy.spot, message)
            return Held(party, frozenset(), _joined([]), _joined([]))
        listed = {side for one in every for side, _, is_listed in one.sides() if is_listed}
        known = {id(one): self._of(one, party) if id(one) in self._naming else self._halves[id(one)] for one in every}
        halves = _joined(list(known.values()))
        closed = frozenset(side for side in listed if not _opens_all(halves[side]))
        for side in sorted(listed - closed):
            spot = next(half.spot for half in halves[side] if half.peer is EVERYBODY)
            self._said.note(spot, f"{side} of {party} is open to everybody, so the spec does not isolate it")
        return Held(party, closed, _joined([known[id(one)] for one in own]), halves)

    def _of(self, policy: Policy, party: Party | None) -> Halves:
        """Return the halves of *policy*, whose pods call their ports as those of *party* do; None for any of them."""
        found: Halves = {Direction.INGRESS: (), Direction.EGRESS: ()}
        for side, rules, listed in policy.sides():
            if listed:
                found[side] = tuple(half for rule in rules for half in self._halves_of(rule, side, policy, party))
        return found

    def _halves_of(self, rule: Rule, side: Direction, policy: Policy, party: Party | None) -> Iterator[Half]:
        peers: list[Peer] = [EVERYBODY]
        if rule.peers is not None:
            peers = [one for peer in rule.peers for one in self._peers(peer, policy, rule)]
        for peer in peers:
            ports = ALL_PORTS if rule.ports is None else NO_PORTS
            for port in rule.ports or ():
                ports |= self._ports(port, rule, peer if side is Direction.EGRESS else (policy, party))
            if ports:
                yield Half(peer, ports, rule.spot)

    def _peers(self, peer: ObjectPeer, policy: Policy, rule: Rule) -> Iterator[Peer]:
        if isinstance(peer, BlockPeer):
            excepts = tuple(sorted(map(canonical, peer.block.excepts)))
            yield Block(canonical(peer.block.cidr), excepts)
        elif not isinstance(peer, PodPeer):
            self._said.add(rule.spot, f"a rule of {policy} names a peer of the network plugin, which no spec has")
        elif peer.namespaces is None:
            yield Where(policy.namespace, peer.pods)
        elif peer.namespaces == ANYTHING:
            yield Where(None, peer.pods)
        else:
            for namespace in self._namespaces(peer.namespaces, rule):
                yield Where(namespace, peer.pods)

    def _namespaces(self, selector: Selector, rule: Rule) -> tuple[str, ...]:
        named = names_of(selector)
        if named is not None:
            return named
        known = tuple(sorted(one.name for one in self._cluster.namespaces if selector.matches(dict(one.labels))))
        if known:
            message = f"namespaces with {selector} are written by their names of today: {', '.join(known)}"
            self._said.add(rule.spot, message)
        else:
            message = f"no Namespace among the manifests has {selector}, and a spec names namespaces"
            message += "; DNS is lost by this" if any(is_dns(port) for port in rule.ports or ()) else ""
            self._said.add(rule.spot, message, "give the Namespace objects as well")
        return known

    def _ports(self, port: PortRule, rule: Rule, target: Peer | tuple[Policy, Party | None]) -> PortSet:
        """Return the numbers of *port* at *target*: what is called, or who is held by a policy."""
        if port.name is None:
            return port_range(port.protocol, port.low, port.high)
        if isinstance(target, Where):
            return self._named(port, self._pods.numbers(port, target), rule)
        if isinstance(target, Block | Everybody):
            return self._named(port, set(), rule)
        policy, party = target
        if party is not None:
            found = numbers_in(party.workloads, port)
            return NO_PORTS if found == {0} else self._named(port, found, rule)
        ports = NO_PORTS
        for number in self._pods.numbers(port, Where(policy.namespace, policy.subject)) - {0}:
            ports |= port_range(port.protocol, number, number)
        return ports

    def _named(self, port: PortRule, found: set[int], rule: Rule) -> PortSet:
        """Return the one number that a port has, of those *found*."""
        if len(found) == 1 and 0 not in found:
            number = min(found)
            self._said.note(rule.spot, f"the port {port.name!r} is written as {number}, which its pods call so")
            return port_range(port.protocol, number, number)
        what = "several numbers" if len(found - {0}) > 1 else "no number that the manifests tell"
        what = "a number for some of its pods only" if 0 in found and len(found) == 2 else what
        self._said.add(rule.spot, f"the port {port.name!r} has {what}", "write the number in the spec")
        return NO_PORTS


def _names_ports(rules: Rules | None) -> bool:
    return any(port.name is not None for rule in rules or () for port in rule.ports or ())


def names_of(selector: Selector) -> tuple[str, ...] | None:
    """Return the namespaces that *selector* is the name of, None where it asks for other labels."""
    asked: list[Expression] = list(selector.asks())
    if len(asked) == 1 and asked[0].key == NAME_LABEL and asked[0].operator is Operator.IN:
        return asked[0].values
    return None


def _opens_all(halves: tuple[Half, ...]) -> bool:
    return any(half.peer is EVERYBODY and half.ports == ALL_PORTS for half in halves)


def _joined(listed: list[Halves]) -> Halves:
    """Return the halves of several policies, each peer once."""
    found: Halves = {}
    for side in Direction:
        merged: dict[Peer, Half] = {}
        for half in (one for halves in listed for one in halves[side]):
            before = merged.get(half.peer)
            merged[half.peer] = before._replace(ports=before.ports | half.ports) if before else half
        found[side] = tuple(merged.values())
    return found


def _wider(parties: tuple[Party, ...]) -> dict[int, list[Party]]:
    """Return, by id, the other parties of its namespace that have all pods of a party, now or always."""
    near: defaultdict[tuple[str, tuple[str, str] | None], list[Party]] = defaultdict(list)
    holders: defaultdict[int, set[int]] = defaultdict(set)
    by_id = {id(one): one for one in parties}
    for one in parties:
        near[one.namespace, one.selector.labels[0] if one.selector.labels else None].append(one)
        for workload in one.workloads:
            holders[id(workload)].add(id(one))
    found: dict[int, list[Party]] = {}
    for one in parties:
        keys = [*one.selector.labels, None]
        # What has expressions only is told by no label, and is rare.
        choices = {id(other) for key in keys for other in near[one.namespace, key]}
        always = {each for each in choices if contains(by_id[each].selector, one.selector)}
        now = set.intersection(*(holders[id(workload)] for workload in one.workloads)) if one.workloads else set()
        found[id(one)] = [by_id[each] for each in sorted((always | now) - {id(one)}, key=lambda it: by_id[it].name)]
    return found
