"""The selectors that are written for Calico: one line each, and what they select is what the Intent means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netgen.evaluate.objects.calico.logic import is_met
from netgen.evaluate.objects.calico.selectors import parse
from netgen.evaluate.objects.model import SERVICE_ACCOUNT
from netgen.intent import EVERY_POD, Expression, Pods, Selector
from netgen.render.backends import calico_selectors as selectors

POD = "projectcalico.org/orchestrator == 'k8s'"


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        (EVERY_POD, "all()"),
        (Selector((("app", "web"), ("tier", "front"))), "app == 'web' && tier == 'front'"),
        (Selector((("app", ""),)), "app == ''"),
        (Selector((), (Expression("app", "In", ("a",)),)), "app == 'a'"),
        (Selector((), (Expression("app", "In", ("a", "b")),)), "app in {'a', 'b'}"),
        (Selector((), (Expression("app", "NotIn", ("a",)),)), "app not in {'a'}"),
        (Selector((), (Expression("a.example/b", "Exists"),)), "has(a.example/b)"),
        (Selector((), (Expression("app", "DoesNotExist"),)), "!has(app)"),
        (Selector((("app", "web"),), account="robot"), "app == 'web' && projectcalico.org/serviceaccount == 'robot'"),
        (
            Selector((), (Expression(SERVICE_ACCOUNT, "NotIn", ("robot",)),)),
            "projectcalico.org/serviceaccount not in {'robot'}",
        ),
    ],
)
def test_the_pods_of_a_policy(selector: Selector, expected: str) -> None:
    """Each thing that is asked is a part, and all of them have to hold; as a peer it is asked to be a pod besides."""
    assert selectors.subject(selector) == expected
    assert selectors.pods(selector) == (POD if expected == "all()" else f"{expected} && {POD}")


@pytest.mark.parametrize(
    ("pods", "expected"),
    [
        (Pods("shop"), "projectcalico.org/name == 'shop'"),
        (Pods(None), "all()"),
        (
            Pods(None, EVERY_POD, ("a", "b")),
            "has(projectcalico.org/name) && projectcalico.org/name not in {'a', 'b'}",
        ),
    ],
)
def test_the_namespaces_of_pods(pods: Pods, expected: str) -> None:
    """What is in all namespaces but some has to be in one: a node is in none."""
    assert selectors.namespaces(pods) == expected


def test_an_external_is_no_pod() -> None:
    """A pod that is given the label of the set is not selected."""
    asks = parse(selectors.external("erp"))
    assert is_met(asks, {"netgen.dev/external": "erp"})
    assert not is_met(asks, {"netgen.dev/external": "erp", "projectcalico.org/orchestrator": "k8s"})
    assert not is_met(asks, {})


@pytest.mark.parametrize(
    "selector",
    [
        Selector((("app", "it's"),)),
        Selector((("app", "a\nb"),)),
        Selector((("a b", "c"),)),
        Selector((("", "c"),)),
        Selector((), (Expression("app", "In"),)),
        Selector((), (Expression("app", "NotIn"),)),
        Selector((), (Expression("app", "Gt", ("1",)),)),
    ],
)
def test_what_cannot_be_written_is_not(selector: Selector) -> None:
    """A text has no escapes; a selector that breaks is ignored, and would leave its pods open."""
    with pytest.raises(ValueError, match=r"a text|the key|no operator|no value"):
        selectors.subject(selector)


KEYS, VALUES = st.sampled_from(["app", "tier", "a.example/b"]), st.sampled_from(["", "x", "y", "z"])
ASKED = st.one_of(
    st.builds(
        Expression,
        KEYS,
        st.sampled_from(["In", "NotIn"]),
        st.lists(VALUES, min_size=1, unique=True).map(lambda found: tuple(sorted(found))),
    ),
    st.builds(Expression, KEYS, st.sampled_from(["Exists", "DoesNotExist"])),
)
HOLDS = {
    "In": lambda value, values: value in values,
    "NotIn": lambda value, values: value not in values,
    "Exists": lambda value, _: value is not None,
    "DoesNotExist": lambda value, _: value is None,
}


@given(st.dictionaries(KEYS, VALUES), st.lists(ASKED, max_size=3), st.dictionaries(KEYS, VALUES))
def test_what_is_written_selects_what_a_label_selector_does(
    wanted: dict[str, str], asked: list[Expression], labels: dict[str, str]
) -> None:
    """As the reader of the prover has it, which knows nothing of who writes."""
    selector = Selector(tuple(sorted(wanted.items())), tuple(asked))
    expected = wanted.items() <= labels.items() and all(
        HOLDS[one.operator](labels.get(one.key), one.values) for one in asked
    )
    text = selectors.subject(selector)
    assert is_met(parse(text), labels) == expected
    assert text.isprintable()
