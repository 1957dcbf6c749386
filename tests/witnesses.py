"""What a finding names, and whether it is so: a connection as verify words it, asked of the naive evaluator."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from ipaddress import ip_address, ip_network
from itertools import product

import naive
from mutants import NAME_LABEL, SIDES, Body, peers, ports, rules, selectors
from naive import Choices, End
from netgen.intent import Intent, Selector

Ends = tuple[End, ...]
"""One endpoint, once for each address that it may have."""
Question = tuple[str, int]
"""Protocol and port."""

LAST = 65535
OUTSIDE = ("198.51.100.9", "2001:db8:ffff::9")
FINDING = re.compile(
    r"(?P<source>.+?) (?P<word>can|may|cannot|perhaps cannot) open (?P<target>.+) on (?P<ports>.+), "
    r"which (the|no) spec (says|closes)"
)
STRANGER = re.compile(
    r"(?:a pod|any other pod)(?: of (?P<space>\S+))?(?: with (?P<labels>.*?))?(?: in a namespace with (?P<spaces>.*))?"
)
PORTS = re.compile(
    r"(?:all (?P<every>[A-Z]+)|(?P<low>\d+)(?:-(?P<high>\d+))?/(?P<protocol>[A-Z]+)|(?P<other>other .*))"
)


@dataclass(frozen=True)
class World:
    """Everything that a spec and two sets of policies can tell apart: the policies rendered, and those *changed*."""

    intent: Intent
    rendered: list[Body]
    changed: list[Body]

    @property
    def policies(self) -> list[Body]:
        """Return the policies of both sets."""
        return [*self.rendered, *(one for one in self.changed if one not in self.rendered)]

    @cached_property
    def addresses(self) -> tuple[str, ...]:
        """Return the first address of every range, the one behind it, and two outside: of those alike, one."""
        cidrs = {*self.intent.pod_ranges, *self.intent.node_ranges}
        for policy in self.policies:
            for _, block in peers(policy, "ipBlock"):
                cidrs |= {block["cidr"], *block.get("except", [])}
        found = {ip_address(one) for one in OUTSIDE}
        for network in (ip_network(cidr, strict=False) for cidr in cidrs):
            found |= {network[0]} | ({network[-1] + 1} if int(network[-1]) + 1 < 2**network.max_prefixlen else set())
        ordered = sorted(found, key=lambda one: (one.version, int(one)))
        alike = {(one.version, tuple(naive.inside_of(str(one), cidr) for cidr in cidrs)): str(one) for one in ordered}
        return tuple(alike.values())

    def within(self, ranges: tuple[str, ...]) -> tuple[str, ...]:
        """Return the addresses that are in *ranges*; without any, all of them."""
        return tuple(one for one in self.addresses if not ranges or any(naive.inside_of(one, cidr) for cidr in ranges))

    @cached_property
    def apps(self) -> dict[str, Ends]:
        """Return the pods of each app, which wear just what the app selects."""
        found = {}
        for app in self.intent.apps:
            space = app.key.namespace
            end = End("", str(app.key), space, worn(app.selector), {NAME_LABEL: space}, host=app.host_network)
            found[str(app.key)] = self.placed(end)
        return found

    def placed(self, end: End) -> Ends:
        """Return *end* at each address that it may have."""
        ranges = self.intent.node_ranges if end.host else self.intent.pod_ranges
        return tuple(replace(end, address=one) for one in self.within(ranges))

    def named(self, name: str) -> Ends:
        """Return what verify calls *name*."""
        app = self.apps.get(re.sub(r" and \d+ more$", "", name))
        if app is not None:
            return app
        found = STRANGER.fullmatch(name)
        if found is None:
            return self.outside(name)
        space = found["space"] or "unheard-of"
        spaces = {NAME_LABEL: space} | pairs(found["spaces"])
        return self.placed(End("", "stranger", space, pairs(found["labels"]), spaces))

    def outside(self, name: str) -> Ends:
        """Return the first address of the range *name*, of nodes or of nobody known."""
        first = re.split(r" and |, |-", name.removeprefix("node "))[0]
        address = {"any IPv4 address": "0.0.0.0", "any IPv6 address": "::"}.get(first, first)  # noqa: S104
        node = name.startswith("node ")
        return (End(str(ip_address(address)), "node" if node else None, "", {}, {}, host=node),)

    @cached_property
    def choices(self) -> tuple[Choices, ...]:
        """Return what plugins may choose, as far as it matters here."""
        blocks = any(True for policy in self.policies for _ in peers(policy, "ipBlock"))
        hosts = bool(self.intent.node_ranges) or any(app.host_network for app in self.intent.apps)
        unlisted = any(
            path[1].capitalize() not in policy["spec"].get("policyTypes", [path[1].capitalize()])
            for policy in self.policies
            for path, _, _ in rules(policy)
            if isinstance(path[1], str)
        )
        flags = [(False, True) if one else (False,) for one in (blocks, blocks and hosts, hosts, unlisted)]
        return tuple(Choices(*chosen) for chosen in product(*flags))

    @cached_property
    def choices_of_pods(self) -> tuple[Choices, ...]:
        """Return the choices that matter where neither end is a node."""
        return tuple(one for one in self.choices if not one.blocks_match_nodes and not one.selectors_match_hosts)

    def choices_of(self, other: End) -> tuple[Choices, ...]:
        """Return the choices that matter for *other*; a node that is no pod is selected by nobody's labels."""
        if other.pod == "node":
            return tuple(one for one in self.choices if not one.selectors_match_hosts)
        return self.choices if other.host else self.choices_of_pods

    def opens(self, policies: list[Body], source: Ends, target: Ends, question: Question, *, wide: bool) -> bool:
        """Return whether the connection is open, what is not known being so that more is (*wide*), or less."""
        return all(self.half(policies, source, target, question, way, wide=wide) for way in ("egress", "ingress"))

    def half(
        self, policies: list[Body], source: Ends, target: Ends, question: Question, way: str, *, wide: bool
    ) -> bool:
        """Return whether one side of the connection is open."""
        quantified = any if wide else all
        own, others = (source[0], target) if way == "egress" else (target[0], source)
        if own.pod is None or own.host:
            return True
        held = [
            policy
            for policy in policies
            if policy["metadata"]["namespace"] == own.namespace
            and naive.selects(policy["spec"].get("podSelector") or {}, own.labels)
        ]
        return quantified(
            naive.side(held, *self.pair(own, other, question, way, wide=wide), *question, choices, way)
            for choices in self.choices_of(others[0])
            for other in self.told_apart(held, others, choices)
        )

    def told_apart(self, held: list[Body], others: Ends, choices: Choices) -> Ends:
        """Return one of *others* for each set of the blocks of *held* that an address may be in."""
        if others[0].pod is not None and not (
            choices.blocks_match_nodes if others[0].host else choices.blocks_match_pods
        ):
            return others[:1]
        blocks = [block for policy in held for _, block in peers(policy, "ipBlock")]
        cidrs = {cidr for block in blocks for cidr in (block["cidr"], *block.get("except", []))}
        return tuple({tuple(naive.inside_of(one.address, cidr) for cidr in cidrs): one for one in others}.values())

    def pair(self, own: End, other: End, question: Question, way: str, *, wide: bool) -> tuple[End, End]:
        """Return source and target; where more is to be open, a pod gives every name to the port: none is known."""
        source, target = (own, other) if way == "egress" else (other, own)
        named = tuple((one, *question, False) for one in self.names if wide and target.pod not in (None, "node"))
        return source, replace(target, ports=named)

    @cached_property
    def names(self) -> set[str]:
        """Return the names that stand for ports."""
        listed = (port.get("port") for policy in self.policies for _, port in ports(policy))
        return {one for one in listed if isinstance(one, str)}

    # ------------------------------------------------------------------------------------------------- what is named

    def is_so(self, message: str) -> bool:
        """Return whether the naive evaluator sees the difference that a finding tells of, at each end of its ports."""
        found = FINDING.fullmatch(message)
        assert found is not None, message
        source, target = self.named(found["source"]), self.named(found["target"])
        more = found["word"] in ("can", "may")
        return all(self.differs(source, target, one, more=more) for one in asked(found["ports"]))

    def differs(self, source: Ends, target: Ends, question: Question, *, more: bool) -> bool:
        """Return whether the connection was closed and is now open (*more*), or was open and is not; or perhaps."""
        before, after = (
            [self.opens(policies, source, target, question, wide=wide) for wide in (False, True)]
            for policies in (self.rendered, self.changed)
        )
        if more:
            return (after[0] and not before[0]) or (after[1] and not before[1])
        return (before[0] and not after[0]) or (before[1] and not after[1])

    # -------------------------------------------------------------------------------------------- everything there is

    def differences(self) -> Iterator[str]:
        """Yield each connection that the two sets of policies treat differently, of all that can be told apart."""
        changed = [one for one in self.policies if (one in self.rendered) != (one in self.changed)]
        owners = {self.mark(own): own for own in self.ends if any(holds(policy, own[0]) for policy in changed)}
        for (mark, own), way, other in product(owners.items(), SIDES, self.ends):
            alike = [one for one in self.ends if self.mark(one) == mark]
            for question in self.questions:
                pair = (own, other) if way == "egress" else (other, own)
                if self.half_differs(pair, question, way):
                    for one in alike:
                        pair = (one, other) if way == "egress" else (other, one)
                        if any(self.differs(*pair, question, more=more) for more in (False, True)):
                            yield f"{pair[0][0]} -> {pair[1][0]} {question}"

    def half_differs(self, pair: tuple[Ends, Ends], question: Question, way: str) -> bool:
        """Return whether one side of a connection is another under the policies that are changed."""
        return any(
            self.half(self.rendered, *pair, question, way, wide=wide)
            != self.half(self.changed, *pair, question, way, wide=wide)
            for wide in (False, True)
        )

    def mark(self, end: Ends) -> tuple[object, ...]:
        """Return which policies hold *end*."""
        return (end[0].pod is None, end[0].host, *(holds(policy, end[0]) for policy in self.policies))

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """Return the first port of each range and the one behind it, by protocol, and the first of all.

        Those between them are not told apart.
        """
        found: set[Question] = {(protocol, 1) for protocol in ("TCP", "UDP", "SCTP", "OTHER")}
        for policy in self.policies:
            for _, port in ports(policy):
                low = port.get("port")
                if isinstance(low, int):
                    protocol, behind = port.get("protocol", "TCP"), port.get("endPort", low) + 1
                    found |= {(protocol, low)} | ({(protocol, behind)} if behind < 65536 else set())
        return tuple(sorted(found))

    @cached_property
    def ends(self) -> tuple[Ends, ...]:
        """Return the apps, strangers that wear what any selector asks for, and addresses: of those alike, one."""
        asked_for = [written for policy in self.policies for _, written in selectors(policy)]
        worn_by = {tuple(sorted(wears(one).items())) for one in asked_for} | {()}
        spaces = {policy["metadata"]["namespace"] for policy in self.policies} | {"unheard-of"}
        for policy in self.policies:
            for _, space in peers(policy, "namespaceSelector"):
                spaces |= set(space.get("matchLabels", {}).values())
        strangers: dict[object, Ends] = {}
        for space, labels in product(sorted(spaces), sorted(worn_by)):
            end = End("", "stranger", space, dict(labels), {NAME_LABEL: space})
            strangers.setdefault(tuple(self.meant(end)), self.placed(end))
        pods = set(self.within(self.intent.pod_ranges)) if self.intent.pod_ranges else set()
        nodes = set(self.within(self.intent.node_ranges)) if self.intent.node_ranges else set()
        outside = [
            (End(one, "node", host=True),) if one in nodes else (End(one),) for one in self.addresses if one not in pods
        ]
        return (*self.apps.values(), *strangers.values(), *outside)

    def meant(self, end: End) -> Iterator[bool]:
        """Yield whether each policy holds *end*, and whether each of its selectors means it."""
        for policy in self.policies:
            space = policy["metadata"]["namespace"]
            yield holds(policy, end)
            for _, rule, side in rules(policy):
                yield from (
                    naive.is_peer(peer, end, space, Choices(blocks_match_pods=False)) for peer in rule.get(side, [])
                )


def holds(policy: Body, end: End) -> bool:
    """Return whether *policy* is about *end*."""
    return bool(policy["metadata"]["namespace"] == end.namespace) and naive.selects(
        policy["spec"]["podSelector"], end.labels
    )


def worn(selector: Selector) -> dict[str, str]:
    """Return the fewest labels that *selector* selects."""
    found = dict(selector.labels)
    for one in selector.expressions:
        if one.operator in ("In", "Exists"):
            found.setdefault(one.key, (one.values or ("any",))[0])
    return found


def wears(selector: Body) -> dict[str, str]:
    """Return labels that a selector of a manifest selects."""
    found = dict(selector.get("matchLabels", {}))
    for one in selector.get("matchExpressions", []):
        if one["operator"] in ("In", "Exists"):
            found.setdefault(one["key"], one.get("values", ["any"])[0])
    return found


def pairs(text: str | None) -> dict[str, str]:
    """Return labels as they are named."""
    return dict(pair.split("=", 1) for pair in text.split(", ")) if text else {}


def asked(text: str) -> Iterator[Question]:
    """Yield the first and last port of each range that is named; of `all but` some, the ports at their edges."""
    if text.startswith("all but "):
        named = {*asked(text.removeprefix("all but "))}
        edges = {(protocol, port + step) for protocol, port in named for step in (-1, 1) if 0 < port + step <= LAST}
        yield from sorted(edges - named) or asked("all ports")
        return
    for part in ["all TCP", "all UDP", "all SCTP", "other protocols"] if text == "all ports" else text.split(", "):
        found = PORTS.fullmatch(part)
        assert found is not None, text
        protocol = "OTHER" if found["other"] else found["every"] or found["protocol"]
        low = found["low"] or 1
        yield protocol, int(low)
        yield protocol, int(found["high"] or (low if found["low"] else 65535))
