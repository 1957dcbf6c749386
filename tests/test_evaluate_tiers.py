"""Tiers: who reaches whom where some policies are asked before others, and rules in their order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from random import Random

import pytest

from netgen.evaluate.addresses import Block
from netgen.evaluate.explain import explain
from netgen.evaluate.objects.model import (
    PLAIN,
    Action,
    BlockPeer,
    Direction,
    PodPeer,
    Policy,
    PortRule,
    Rule,
    Rules,
    Selector,
    Tier,
    Workload,
)
from netgen.evaluate.reach import Reach
from netgen.evaluate.semantics import PROFILES, Reading, Semantics, Tri
from netgen.evaluate.sets import Protocol
from netgen.evaluate.universe import Universe, universe

TCP = Protocol.TCP
ADMIN, BASELINE = Tier(-1, "Admin", ordered=True, isolates=False), Tier(1, "Baseline", ordered=True, isolates=False)
FIRST, SECOND = Tier(5, "first", ordered=True, isolates=False), Tier(10, "second", ordered=True, isolates=True)
PORTS = (80, 81, 443)
NAMES = ("web", "api", "db")
EXACT = Semantics(enforced=True, blocks_match_pods=Tri.YES, blocks_match_nodes=Tri.YES)
UNSURE = Semantics(
    enforced=True,
    blocks_match_pods=Tri.YES,
    blocks_match_nodes=Tri.YES,
    isolates_last=Tri.EITHER,
    final_for_pods=Tri.EITHER,
)


def pod(name: str, **labels: str) -> Workload:
    """Return a workload whose pods are called *name*."""
    return Workload("Deployment", "shop", name, tuple(sorted({"app": name, **labels}.items())))


def chosen(**labels: str) -> Selector:
    """Return the selector of *labels*."""
    return Selector(tuple(sorted(labels.items())))


def rule(action: Action, *names: str, port: int | None = None) -> Rule:
    """Return a rule about the pods called so, or about everybody."""
    peers = tuple(PodPeer(None, chosen(app=name)) for name in names)
    return Rule(peers or None, None if port is None else (PortRule(TCP, port, port),), 0, action=action)


def policy(tier: Tier, name: str, *ingress: Rule, order: float = 0, egress: Rules | None = None) -> Policy:
    """Return a policy over the pods called *name*."""
    return Policy(
        "Policy", "shop", f"{name}-{order}", chosen(app=name), ingress or None, egress, tier=tier, order=order
    )


def is_open(
    policies: Sequence[Policy], source: str, target: str, port: int, semantics: Semantics = EXACT
) -> tuple[bool, bool]:
    """Return whether the connection may be open for certain, and perhaps; an explanation has to say the same."""
    pods = tuple(pod(name) for name in NAMES)
    space = universe(pods, (), [policies])
    ends = space.of(pods[NAMES.index(source)]), space.of(pods[NAMES.index(target)])
    narrow, wide = (asked(Reach(space, policies, semantics, reading), *ends, port) for reading in Reading)
    return narrow, wide


def asked(reach: Reach, source: int, target: int, port: int) -> bool:
    """Return whether *reach* opens the connection, as its explanation has it too."""
    found = reach.allowed(source, target).has(TCP, port)
    if source != target:
        assert explain(reach, source, target, TCP, port).allowed is found
    return found


YES, NO, EITHER = (True, True), (False, False), (False, True)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([Action.ALLOW, Action.DENY], YES),
        ([Action.DENY, Action.ALLOW], NO),
        ([Action.PASS, Action.DENY], NO),
        ([Action.PASS, Action.ALLOW], NO),
    ],
)
def test_the_first_rule_that_matches_decides(rules: list[Action], expected: tuple[bool, bool]) -> None:
    """Before what NetworkPolicies say, where it does not pass: here they close the pod."""
    policies = (
        policy(ADMIN, "api", *(rule(one, "web") for one in rules)),
        Policy("P", "shop", "a", chosen(), (), None),
    )
    assert is_open(policies, "web", "api", 80) == expected


@pytest.mark.parametrize(("first", "second", "expected"), [(1, 2, YES), (2, 1, NO)])
def test_the_policy_of_lower_order_is_asked_first(first: float, second: float, expected: tuple[bool, bool]) -> None:
    """Whatever their places in the manifests are."""
    allows = policy(ADMIN, "api", rule(Action.ALLOW, "web"), order=first)
    denies = policy(ADMIN, "api", rule(Action.DENY, "web"), order=second)
    assert is_open((allows, denies), "web", "api", 80) == expected
    assert is_open((denies, allows), "web", "api", 80) == expected


@pytest.mark.parametrize(("tier", "expected"), [(SECOND, NO), (SECOND._replace(isolates=False), YES)])
def test_what_no_rule_decides_is_closed_where_the_tier_isolates(tier: Tier, expected: tuple[bool, bool]) -> None:
    """Else the next tier has it, and behind the last all is open."""
    assert is_open([policy(tier, "api", rule(Action.ALLOW, "db"))], "web", "api", 80) == expected


@pytest.mark.parametrize(
    ("cni", "expected"), [("kubernetes", EITHER), ("cilium", YES), ("calico", NO), ("kube-network-policies", NO)]
)
def test_a_baseline_that_accepts_what_a_network_policy_closed(cni: str, expected: tuple[bool, bool]) -> None:
    """Only Cilium closes behind the last tier (semantics.md 4.4, N02)."""
    closed = Policy("NetworkPolicy", "shop", "closed", chosen(), (), None)
    policies = (closed, policy(BASELINE, "api", rule(Action.ALLOW, "web")))
    assert is_open(policies, "web", "api", 80, PROFILES[cni]) == expected


@pytest.mark.parametrize(
    ("cni", "expected"), [("kubernetes", EITHER), ("cilium", NO), ("calico", NO), ("kube-network-policies", YES)]
)
def test_a_baseline_that_denies_a_pod_that_a_network_policy_holds_otherwise(
    cni: str, expected: tuple[bool, bool]
) -> None:
    """The API's text lets the policy of the other direction decide for good (semantics.md 4.4, N03)."""
    held = Policy("NetworkPolicy", "shop", "held", chosen(app="api"), None, ())
    policies = (held, policy(BASELINE, "api", rule(Action.DENY, "web")))
    assert is_open(policies, "web", "api", 80, PROFILES[cni]) == expected


def test_addresses_without_pods_are_those_of_nobody_that_labels_select() -> None:
    """A block that leaves pods out opens to the world alone."""
    everywhere = BlockPeer(Block("0.0.0.0/0"), pods=False)
    allows = Rule((everywhere,), None, 0)
    policies = (Policy("P", "shop", "api", chosen(app="api"), (allows,), None),)
    pods = tuple(pod(name) for name in NAMES)
    space = universe(pods, (), [policies])
    reach = Reach(space, policies, EXACT, Reading.WIDE)
    world = space.at("203.0.113.7")
    assert world is not None
    found = [reach.allowed(one, space.of(pods[1])).has(TCP, 80) for one in (world, space.of(pods[0]))]
    assert found == [True, False]


class Naive:
    """The same one connection at a time, on pods whose labels are all known; it shares no line with the evaluator."""

    def __init__(self, policies: Sequence[Policy], *, last: bool, final: bool) -> None:
        self.tiers = sorted({one.tier for one in policies})
        self.policies = policies
        self.last, self.final = last, final

    def side(self, direction: Direction, own: Workload, other: Workload, port: int) -> bool:
        """Return whether the side of *own* lets the connection pass."""
        is_late = False
        for number, tier in enumerate(self.tiers):
            held = [
                one
                for one in self.policies
                if one.tier == tier and one.subject.matches(dict(own.labels)) and [*one.sides()]
            ]
            here = [(one, rules) for one in held for side, rules, _ in one.sides() if side is direction]
            here.sort(key=lambda pair: (pair[0].order, pair[0].name))
            verdict = self.first([rule for _, rules in here for rule in rules], other, port, ordered=tier.ordered)
            if verdict in (Action.ALLOW, Action.DENY):
                return verdict is Action.ALLOW
            is_more = number + 1 < len(self.tiers)
            if verdict is None and here and tier.isolates:
                if not (self.last and tier == PLAIN and is_more):
                    return False
                is_late = True
            elif verdict is None and held and tier == PLAIN and self.final and is_more:
                return True
        return not is_late

    @staticmethod
    def first(rules: Sequence[Rule], other: Workload, port: int, *, ordered: bool) -> Action | None:
        """Return what the rules say, None for nothing."""
        met = [
            one.action
            for one in rules
            if (
                one.peers is None
                or any(isinstance(p, PodPeer) and p.pods.matches(dict(other.labels)) for p in one.peers)
            )
            and (one.ports is None or any(item.low <= port <= item.high for item in one.ports))
        ]
        if ordered:
            return met[0] if met else None
        return Action.DENY if Action.DENY in met else Action.ALLOW if met else None

    def allowed(self, source: Workload, target: Workload, port: int) -> bool:
        """Return whether both sides let the connection pass."""
        return self.side(Direction.EGRESS, source, target, port) and self.side(Direction.INGRESS, target, source, port)


def random_policies(chance: Random) -> Iterator[Policy]:
    """Yield policies of NetworkPolicy's tier between two others, or of three tiers with an order."""
    tiers = chance.choice([(ADMIN, PLAIN, BASELINE), (FIRST, SECOND, SECOND._replace(order=20, name="third"))])
    for number in range(chance.randint(1, 7)):
        tier = chance.choice(tiers)
        sides = [tuple(random_rules(chance, tier)) if chance.random() < 0.6 else None for _ in Direction]
        yield Policy(
            "Policy", "shop", f"p{number}", random_selector(chance), *sides, tier=tier, order=chance.randint(0, 3)
        )


def random_rules(chance: Random, tier: Tier) -> Iterator[Rule]:
    """Yield rules as *tier* may have them."""
    actions = list(Action) if tier.ordered else [Action.ALLOW]
    for number in range(chance.randint(0, 3)):
        peers = tuple(PodPeer(None, random_selector(chance)) for _ in range(chance.randint(1, 2)))
        low = chance.choice(PORTS)
        ports = None if chance.random() < 0.4 else (PortRule(TCP, low, low + chance.randint(0, 1)),)
        yield Rule(None if chance.random() < 0.2 else peers, ports, number, action=chance.choice(actions))


def random_selector(chance: Random) -> Selector:
    """Return a selector of apps, of the label that one of them has or not, or of all."""
    return chance.choice([chosen(), chosen(app=chance.choice(NAMES)), chosen(role="front"), chosen(role="back")])


def bracketed(policies: Sequence[Policy], space: Universe, pods: Sequence[Workload]) -> Iterator[str]:
    """Yield where the readings are not what they must be for any label of the pod of which one is not known."""
    reaches = [Reach(space, policies, UNSURE, reading) for reading in Reading]
    unsure = pods[0]
    worlds = [replace(unsure, labels=tuple(sorted({**dict(unsure.labels), **more}.items())), unsure=frozenset())
              for more in ({}, {"role": "front"}, {"role": "back"})]  # fmt: skip
    naive = [Naive(policies, last=last, final=final) for last, final in product((False, True), repeat=2)]
    for source, target in product(range(len(pods)), repeat=2):
        if source == target:
            continue
        for port in PORTS:
            narrow, wide = (asked(one, space.of(pods[source]), space.of(pods[target]), port) for one in reaches)
            found = set()
            for known, one in product(worlds, naive):
                ends = [known if index == 0 else pods[index] for index in (source, target)]
                found.add(one.allowed(ends[0], ends[1], port))
            if (narrow and found != {True}) or (not wide and found != {False}):
                yield f"{source} -> {target}:{port} is {found}, not {narrow, wide}"


@pytest.mark.parametrize("seed", range(150))
def test_no_reading_says_more_than_is_true(seed: int) -> None:
    """Whatever is not known, what is proved holds: the order of plugins, and a label."""
    chance = Random(seed)  # noqa: S311 - no secret
    policies = tuple(random_policies(chance))
    pods = (replace(pod("web"), unsure=frozenset({"role"})), pod("api", role="front"), pod("db"))
    assert list(bracketed(policies, universe(pods, (), [policies]), pods)) == []


@pytest.mark.parametrize("seed", range(150))
@pytest.mark.parametrize(("last", "final"), list(product((False, True), repeat=2)))
def test_what_is_known_is_answered_as_a_naive_reading_does(seed: int, *, last: bool, final: bool) -> None:
    """Both readings say the same where all labels are known and the plugin's order is."""
    chance = Random(1000 + seed)  # noqa: S311 - no secret
    policies = tuple(random_policies(chance))
    pods = (pod("web"), pod("api", role="front"), pod("db", role="back"))
    space = universe(pods, (), [policies])
    known = replace(UNSURE, isolates_last=Tri.YES if last else Tri.NO, final_for_pods=Tri.YES if final else Tri.NO)
    reaches = [Reach(space, policies, known, reading) for reading in Reading]
    naive = Naive(policies, last=last, final=final)
    for source, target in product(range(len(pods)), repeat=2):
        if source != target:
            ends = space.of(pods[source]), space.of(pods[target])
            found = [[asked(one, *ends, port) for one in reaches] for port in PORTS]
            assert found == [[naive.allowed(pods[source], pods[target], port)] * 2 for port in PORTS]
