"""Calico's policies of one order: netgen says where releases of Calico ask them in another order."""

from __future__ import annotations

import time
from itertools import combinations, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netgen.evaluate.objects.calico.orders import ties
from netgen.evaluate.objects.calico.sets import DEFAULT
from netgen.evaluate.objects.model import Action, Policy, Rule, Selector, Tier

CALICO = "NetworkPolicy.projectcalico.org"
GLOBAL = "GlobalNetworkPolicy.projectcalico.org"
OWN = Tier(5, "own", ordered=True, isolates=True)
ALLOW, DENY = Action.ALLOW, Action.DENY


def policy(
    name: str,
    *actions: Action,
    kind: str = CALICO,
    namespace: str = "shop",
    labels: dict[str, str] | None = None,
    order: float = 5,
    tier: Tier = DEFAULT,
) -> Policy:
    """Return a policy that lets in by a rule for each of *actions*; a global one is of all namespaces."""
    rules = tuple(Rule(None, None, index, action=action) for index, action in enumerate(actions))
    scope = Selector() if kind == GLOBAL else None
    subject = Selector(tuple(sorted((labels or {}).items())))
    space = "" if kind == GLOBAL else namespace
    return Policy(kind, space, name, subject, rules, None, scope=scope, tier=tier, order=order)


def told(*policies: Policy) -> list[str]:
    """Return what is not known of *policies*."""
    return [one.what for one in ties(policies)]


@pytest.mark.parametrize(
    ("one", "other", "is_told"),
    [
        (policy("a", ALLOW), policy("b", DENY), False),
        (policy("web", ALLOW), policy("web2", DENY), False),
        (policy("web", ALLOW), policy("web-2", DENY), True),
        (policy("web-2", ALLOW), policy("web", DENY), True),
        (policy("own.web", ALLOW, tier=OWN), policy("own.web-b", DENY, tier=OWN), True),
        (policy("own.web", ALLOW, tier=OWN), policy("own.web-b", DENY), False),
        (policy("web", ALLOW), policy("web-2", ALLOW), False),
        (policy("web", ALLOW), policy("web-2", DENY, order=6), False),
        (policy("web", ALLOW, labels={"app": "a"}), policy("web-2", DENY, labels={"app": "b"}), False),
        (policy("web", ALLOW, labels={"app": "a"}), policy("web-2", DENY, labels={"tier": "b"}), True),
        (policy("a", ALLOW), policy("default.b", DENY), True),
        (policy("a", ALLOW), policy("b", DENY, namespace="other"), False),
        (policy("a", ALLOW), policy("b", DENY, kind=GLOBAL), True),
        (policy("a", ALLOW, kind="NetworkPolicy"), policy("b", DENY), True),
        (policy("a", DENY, ALLOW), policy("b", DENY, ALLOW, kind=GLOBAL), True),
        (policy("a"), policy("b", DENY, kind=GLOBAL), False),
    ],
)
def test_two_of_one_order(one: Policy, other: Policy, is_told: bool) -> None:  # noqa: FBT001
    """Which is asked first is not known of two that can contradict, unless every release goes by their names."""
    assert bool(told(one, other)) is is_told
    assert told(one, other) == told(other, one)


NAMES = st.sampled_from(("a", "a-b", "a-b-c", "ab", "b", "default.a", "default.a-b"))
LABELS = st.dictionaries(st.sampled_from(("app", "tier")), st.sampled_from("xy"), max_size=2)
ACTIONS = st.sets(st.sampled_from(Action), max_size=2).map(sorted)
POLICIES = st.builds(
    lambda name, actions, kind, namespace, labels: policy(
        name, *actions, kind=kind, namespace=namespace, labels=labels
    ),
    NAMES,
    ACTIONS,
    st.sampled_from((CALICO, GLOBAL, "NetworkPolicy")),
    st.sampled_from(("shop", "other")),
    LABELS,
)


def text(one: Policy) -> str:
    """Return by what releases from 3.32 on put policies of one order in order."""
    return f"{one.name}/{one.namespace}/{one.kind.removesuffix('.projectcalico.org')}"


def is_unsure(one: Policy, other: Policy) -> bool:
    """Return whether the two can contradict, and not every release asks them in one order."""
    actions = [{rule.action for rule in each.ingress or ()} for each in (one, other)]
    apart = any(
        key == name and value != worn for key, value in one.subject.labels for name, worn in other.subject.labels
    )
    elsewhere = GLOBAL not in (one.kind, other.kind) and one.namespace != other.namespace
    if not all(actions) or len(actions[0] | actions[1]) < 2 or apart or elsewhere:
        return False
    same = (one.kind, one.namespace, "." in one.name) == (other.kind, other.namespace, "." in other.name)
    return not same or (one.name != other.name and (one.name < other.name) != (text(one) < text(other)))


@given(st.lists(POLICIES, max_size=6))
@settings(max_examples=200, deadline=None)
def test_many_of_one_order(policies: list[Policy]) -> None:
    """Of many, the first pair of which that is not known is told, whatever their labels and namespaces are."""
    pair = next((each for each in combinations(policies, 2) if is_unsure(*each)), None)
    if pair is None or not any(one.kind != "NetworkPolicy" for one in policies):
        assert told(*policies) == []
    else:
        said = told(*policies)
        (first, second) = (f"the {one.kind} {one}" for one in pair)
        assert said in [
            [f"{one} and {other} have the same order in the tier default"]
            for one, other in permutations((first, second))
        ]


def test_thousands_of_one_order_are_compared_in_no_time() -> None:
    """Policies of thousands of apps, each about its own pods, have one order in one namespace."""
    kinds = ((CALICO, (DENY, ALLOW)), ("NetworkPolicy", (ALLOW,)))
    many = [
        policy(f"a{number}", *actions, labels={"app": f"a{number}", "all": "yes"}, kind=kind)
        for number in range(8000)
        for kind, actions in (kinds[number % 2],)
    ]
    started = time.process_time()
    assert told(*many) == []
    assert time.process_time() - started < 2  # it takes some hundredths; each with each, it would take many seconds
