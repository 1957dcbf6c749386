"""Calico's selectors: what is one, what it asks, and every pod that several of them can tell apart."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netgen.evaluate.mentions import Selection, mentions
from netgen.evaluate.objects.calico.logic import MOST, TooManyError, alternatives, can_be_met, is_met, keys
from netgen.evaluate.objects.calico.selectors import All, Any, Asks, Not, SelectorError, parse
from netgen.evaluate.objects.model import (
    NAME_LABEL,
    Expression,
    Namespace,
    Operator,
    PodPeer,
    Policy,
    Rule,
    Selector,
    Workload,
    namespace,
)
from netgen.evaluate.objects.operators import PARTS
from netgen.evaluate.parts import values_with
from netgen.evaluate.spaces import spaces
from netgen.evaluate.strangers import table
from netgen.evaluate.universe import universe

WEB = {"app": "web"}
VALUES = ("a", "b", "ab", "ba", "bab")


# ---------------------------------------------------------------------------------------------------------- what is one


@pytest.mark.parametrize(
    ("text", "labels", "met"),
    [
        ("", {}, True),
        (" \t", {}, True),
        ("all()", {}, True),
        ("all( )", {}, True),
        ("!all()", WEB, False),
        ("app == 'web'", WEB, True),
        ('app=="web"', WEB, True),
        ("app == 'web'", {}, False),
        ("app != 'web'", {}, True),
        ("app != 'web'", WEB, False),
        ("app in {'db','web'}", WEB, True),
        ("app in {}", WEB, False),
        ("app not in {}", {}, True),
        ("app not in {'web'}", {}, True),
        ("app notin {'web'}", WEB, False),
        ("app in{'web',}", WEB, True),
        ("has(app)", WEB, True),
        ("has( app )", {}, False),
        ("!!has(app)", WEB, True),
        ("app contains 'e'", WEB, True),
        ("app contains ''", {}, False),
        ("app starts with 'we'", WEB, True),
        ("app startswith 'eb'", WEB, False),
        ("app ends\twith 'eb'", WEB, True),
        ("!app ends with 'eb'", {}, True),
        ("app == 'a' || app == 'web' && env == 'p'", WEB, False),
        ("app == 'web' || app == 'b' && env == 'p'", WEB, True),
        ("(app == 'web' || app == 'b') && env == 'p'", WEB, False),
        ("!app == 'web' && has(env)", {"env": "p"}, True),
        ("!(app == 'web' && has(env))", WEB, True),
        ("contains contains 'x'", {"contains": "axe"}, True),
        ("in in {'x'}", {"in": "x"}, True),
        ("has == 'x'", {"has": "x"}, True),
        ("example.com/a_b-c.d == 'x y'", {"example.com/a_b-c.d": "x y"}, True),
        ("app == 'it\"s'", {"app": 'it"s'}, True),
        ("global()", {"projectcalico.org/namespace": "shop"}, False),
        ("global()", {}, True),
    ],
)
def test_a_selector_selects(text: str, labels: dict[str, str], met: bool) -> None:  # noqa: FBT001
    """It selects what Calico's parser has it select: a label that is not there meets each negation."""
    asks = parse(text)
    assert is_met(asks, labels) is met
    assert any(all(one.holds(labels.get(one.key)) for one in each) for each in alternatives(asks)) is met


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("app = 'web'", "a single = is no operator: write =="),
        ("app == 'web'\n", "a selector has no line breaks: write it on one line"),
        ("a == 'x'\n|| b == 'y'", "a selector has no line breaks: write it on one line"),
        ("not has(app)", "nobody can read it from 'has(app)' on"),
        ("has(a) and has(b)", "nobody can read it from 'has(b)' on"),
        ("app == web", "there is no text in quotes behind app"),
        ("app in {'web'", "a } is missing"),
        ("app in 'web'", "there is no { behind in"),
        ("app == 'it''s'", "there is more behind its end"),
        ("app == 'a\\'b'", "a text is not closed: '"),
        ("app == 'web", "a text is not closed: 'web"),
        ("app", "the label app has no operator behind it"),
        ("(has(a)", "a bracket is not closed"),
        ("has(a))", "there is more behind its end"),
        ("has(a) &&", "it ends early"),
        ("has(a) & has(b)", "nobody can read it from '& has(b)' on"),
        ("&& has(a)", "there is '&&' where a label is expected"),
        ("has()", "the label has has no operator behind it"),
        ("==", "there is '==' where a label is expected"),
        ("ä == 'x'", "nobody can read it from \"ä == 'x'\" on"),
        ("has(a)\u00a0", "nobody can read it from '\\xa0' on"),
        ("(" * 200 + "has(a)" + ")" * 200, "its brackets are too deep"),
        ("has(" + "a" * 1024 + ")", "a selector has at most 1024 characters"),
    ],
)
def test_what_is_no_selector_is_refused(text: str, said: str) -> None:
    """What Calico's parser does not take is refused, with what is wrong."""
    with pytest.raises(SelectorError) as refused:
        parse(text)
    assert str(refused.value) == said


def test_a_prefix_comes_before_each_key() -> None:
    """Labels of namespaces and service accounts have one; `all()` and `global()` ask for none of these labels."""
    everything = Expression("everything", Operator.EXISTS)
    found = parse("a == 'x' && (has(b) || !all()) && !global()", "pcns.", everything)
    assert keys(found) == {"pcns.a", "pcns.b", "everything", "projectcalico.org/namespace"}


# --------------------------------------------------------------------------------------------------------- alternatives

EXPRESSIONS = st.one_of(
    st.sampled_from("xy").map(lambda key: Expression(key, Operator.EXISTS)),
    st.builds(
        lambda key, operator, value: Expression(key, operator, (value,)),
        st.sampled_from("xy"),
        st.sampled_from((Operator.IN, Operator.CONTAINS, Operator.STARTS_WITH, Operator.ENDS_WITH)),
        st.sampled_from(VALUES),
    ),
)
ASKED = st.recursive(
    EXPRESSIONS,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(All, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Any, st.lists(inner, max_size=3).map(tuple)),
    ),
    max_leaves=8,
)


def written(asks: Asks) -> str:
    """Return *asks* as a selector."""
    words = {Operator.IN: "==", Operator.CONTAINS: "contains", Operator.STARTS_WITH: "starts with"}
    match asks:
        case Not(part):
            return f"!{written(part)}"
        case All(parts):
            return f"({' && '.join(map(written, parts)) or 'all()'})"
        case Any(parts):
            return f"({' || '.join(map(written, parts)) or '!all()'})"
        case Expression(key, operator, values):
            return f"{key} {words.get(operator, 'ends with')} '{values[0]}'" if values else f"has({key})"


@given(ASKED)
@settings(max_examples=150, deadline=None)
def test_alternatives_say_the_same(asks: Asks) -> None:
    """Whatever the labels: a selector, what is read of it as text, and its alternatives select the same."""
    read = parse(written(asks))
    able = alternatives(read)
    every = (None, *VALUES, "c")
    for pair in product(every, repeat=2):
        labels = {key: value for key, value in zip("xy", pair, strict=True) if value is not None}
        wanted = is_met(asks, labels)
        assert is_met(read, labels) is wanted
        assert any(all(one.holds(labels.get(one.key)) for one in each) for each in able) is wanted


def test_alternatives_are_few() -> None:
    """What has too many alternatives is told; those that say more than another are left out."""
    assert alternatives(parse("has(a) || has(a) && has(b)")) == ((Expression("a", Operator.EXISTS),),)
    assert alternatives(parse("has(a) && !has(a)")) == ()
    many = parse(" && ".join(f"(has(a{number}) || has(b{number}))" for number in range(7)))
    with pytest.raises(TooManyError, match=f"a selector has more than {MOST} alternatives"):
        alternatives(many)
    assert can_be_met(many)


# ----------------------------------------------------------------------------------------------- every pod there can be

PARTED = st.builds(
    lambda operator, part: (operator, part),
    st.sampled_from((Operator.CONTAINS, Operator.STARTS_WITH, Operator.ENDS_WITH)),
    st.text("ab-", min_size=1, max_size=3),
)


@given(st.frozensets(PARTED, min_size=1, max_size=4), st.frozensets(st.sampled_from(VALUES), max_size=3))
@settings(max_examples=80, deadline=None)
def test_values_are_found_for_every_set_of_parts(parts: frozenset[tuple[Operator, str]], taken: frozenset[str]) -> None:
    """Each set of parts that some value has at once has a value, that is a value of a label and not taken."""
    found = values_with(parts, taken)
    assert found is not None
    wanted = [Expression("x", operator, (part,)) for operator, part in sorted(parts)]
    letters = "ab-c"
    every = ("".join(each) for size in range(6) for each in product(letters, repeat=size))
    able = [one for one in every if one not in taken and one.strip("-") == one]
    sets = {tuple(one.holds(value) for one in wanted) for value in able}
    assert sets - {tuple(one.holds(value) for one in wanted) for value in found} == set()
    assert [value for value in found if value in taken or value.strip("-") != value] == []
    assert len(found) == len({tuple(one.holds(value) for one in wanted) for value in found})


def test_too_many_parts_are_told() -> None:
    """Parts that can be combined in too many ways are told, and so are the selectors that have them."""
    parts = [f"{one}{other}{one}" for one in "abcd" for other in "efgh"]
    assert values_with(frozenset((Operator.CONTAINS, part) for part in parts), frozenset()) is None
    selectors = [Selector((), (Expression("x", Operator.CONTAINS, (part,)),)) for part in parts]
    assert table(selectors).combinations() is None
    assert [dict(one) for one in table(selectors).examples(15)] == [{}, {}]


ASKING = st.lists(
    st.builds(
        lambda key, operator, value: Expression(key, operator, (value,)),
        st.sampled_from("xy"),
        st.sampled_from((Operator.IN, Operator.NOT_IN, *PARTS)),
        st.sampled_from(VALUES),
    ),
    max_size=3,
).map(lambda asks: Selector((), tuple(sorted(set(asks)))))


@given(st.lists(ASKING, min_size=1, max_size=3), st.booleans())
@settings(max_examples=60, deadline=None)
def test_combinations_are_those_of_all_labels(selectors: list[Selector], based: bool) -> None:  # noqa: FBT001
    """Where selectors ask for parts of values, just the sets that some labels satisfy are found, with such labels."""
    found = table(selectors[1:], table(selectors[:1])) if based else table(selectors)
    every = [None, *("".join(each) for size in range(1, 6) for each in product("abc", repeat=size))]
    columns = {key: {one.failed(value): value for value in every} for key, one in found.keys.items()}
    plain = {found.everything & ~_any(failed) for failed in product(*columns.values())}
    combinations = found.combinations()
    assert combinations is not None
    assert combinations.keys() == plain
    assert [alive for alive, worn in combinations.items() if found.satisfied(dict(worn)) != (alive, alive)] == []


def _any(failed: tuple[int, ...]) -> int:
    found = 0
    for one in failed:
        found |= one
    return found


def test_a_pod_for_each_selector_meets_it() -> None:
    """Where not all can be told apart, each selector for a part of a value still has a pod."""
    asks = (Expression("x", Operator.STARTS_WITH, ("ab",)), Expression("x", Operator.NOT_ENDS_WITH, ("b",)))
    (_, labels) = table([Selector((), asks)]).examples(0)
    assert Selector((), asks).matches(dict(labels))
    assert [dict(one) for one in table([Selector((), (asks[1],))]).examples(0)] == [{}, {}]


def test_namespaces_are_told_apart_by_parts_of_their_names() -> None:
    """Of namespaces that nothing names there is one for each set of parts that selectors ask for."""
    scope = Selector((), (Expression(NAME_LABEL, Operator.STARTS_WITH, ("team-",)),))
    known = [namespace("team-a", {}), namespace("shop", {})]
    found = spaces((), known, [Selection(scope, Selector())])
    assert found.complete
    assert [(one.name, one.certain) for one in found.spaces if one.named] == [("shop", 0), ("team-a", 1)]
    others = {one.certain: dict(one.labels).get(NAME_LABEL, "") for one in found.spaces if not one.named}
    assert others.keys() == {0, 1}
    assert others[1].startswith("team-")
    assert others[0] == ""
    assert isinstance(known[0], Namespace)


def test_what_joins_two_parts_is_told_apart() -> None:
    """Of the same parts, that all hold and that one holds are different things to ask, whichever was asked first."""
    assert parse("a == 'b' || c == 'd'") != parse("a == 'b' && c == 'd'")
    assert len(alternatives(parse("a == 'b' && c == 'd'"))) == 1
    assert len(alternatives(parse("a == 'b' || c == 'd'"))) == 2
    assert parse("all()") != parse("a in {}")


# ---------------------------------------------------------------------------------------------- who is in a selection

SPACES = {"one": {"team": "ab"}, "two": {"team": "b"}}
SCOPE_ASKS = st.builds(
    lambda operator, value: Expression("team", operator, (value,)),
    st.sampled_from((Operator.IN, *PARTS)),
    st.sampled_from(VALUES),
)
SCOPES = st.one_of(
    st.just(Selector()),
    SCOPE_ASKS.map(lambda ask: Selector((), (ask,))),
    st.sampled_from(tuple(SPACES)).map(lambda name: Selector(((NAME_LABEL, name),))),
)
WORN = st.dictionaries(st.sampled_from("xy"), st.sampled_from((*VALUES, "c", "")), max_size=2)
SELECTED = st.tuples(st.sampled_from(tuple(SPACES)), ASKING, st.none() | st.tuples(SCOPES, ASKING))


def selecting(space: str, subject: Selector, peer: tuple[Selector, Selector] | None = None) -> Policy:
    """Return a policy of *space* about *subject*, which lets in *peer*: selectors of namespaces and of their pods."""
    rules = () if peer is None else (Rule((PodPeer(*peer),), None, 0),)
    return Policy("NetworkPolicy", space, "np", subject, rules, None)


def is_in(selection: Selection, space: dict[str, str], labels: dict[str, str]) -> bool:
    """Return whether a pod with *labels* in a namespace with the labels *space* is in *selection*."""
    scope = selection.scope
    here = space.get(NAME_LABEL) == scope if isinstance(scope, str) else scope.matches(space)
    return here and selection.pods.matches(labels)


def values_apart(key: str, selectors: list[Selector]) -> list[str | None]:
    """Return a value of *key*, or that there is none, for each set of what *selectors* ask of it."""
    asks = [one for selector in selectors for one in selector.asks() if one.key == key]
    every = [None, *("".join(each) for size in range(6) for each in product("abc", repeat=size))]
    return list({tuple(one.holds(value) for one in asks): value for value in every}.values())


@given(
    st.lists(SELECTED, min_size=1, max_size=4), st.lists(st.tuples(st.sampled_from(tuple(SPACES)), WORN), max_size=4)
)
@settings(max_examples=60, deadline=None)
def test_each_pod_is_in_just_what_selects_it(
    selected: list[tuple[str, Selector, tuple[Selector, Selector] | None]], worn: list[tuple[str, dict[str, str]]]
) -> None:
    """Known pods and strangers are in the selections that select them, and each pod there can be is one of them."""
    policies = [selecting(*each) for each in selected]
    pods = [
        Workload("Pod", space, f"p{number}", tuple(sorted(labels.items())))
        for number, (space, labels) in enumerate(worn)
    ]
    found = universe(pods, [namespace(name, labels) for name, labels in SPACES.items()], [policies])
    assert found.unknowns == ()
    selections = list(mentions(policies).selections)
    members = [found.members(one) for one in selections]
    assert [one.perhaps for one in members] == [[] for _ in selections]
    named = {name: {NAME_LABEL: name, **labels} for name, labels in SPACES.items()}
    for pod in pods:
        direct = [is_in(one, named[pod.namespace], dict(pod.labels)) for one in selections]
        assert [found.of(pod) in one.certain for one in members] == direct
    held: set[tuple[bool, ...]] = set()
    for index, endpoint in enumerate(found.endpoints):
        if endpoint.is_pod:
            space = named.get(endpoint.namespace, dict(endpoint.spaces))
            direct = [is_in(one, space, endpoint.selectable) for one in selections]
            assert [index in one.certain for one in members] == direct
            held.add(tuple(direct))
    teams = values_apart("team", [one.scope for one in selections if isinstance(one.scope, Selector)])
    others = [{"team": value} if value is not None else {} for value in teams]
    columns = [values_apart(key, [one.pods for one in selections]) for key in "xy"]
    for space, values in product((*named.values(), *others), product(*columns)):
        labels = {key: value for key, value in zip("xy", values, strict=True) if value is not None}
        assert tuple(is_in(one, space, labels) for one in selections) in held


def test_what_one_namespace_asks_of_a_label_is_not_asked_in_another() -> None:
    """Selectors for parts of a value in one namespace leave the pods of the others in the selections they are in."""
    parts = Selector((), (Expression("x", Operator.STARTS_WITH, ("b",)),))
    policies = [selecting("one", parts, (Selector(), Selector((("x", "c"),)))), selecting("two", Selector())]
    pod = Workload("Pod", "two", "p", ())
    found = universe([pod], [namespace(name, {}) for name in ("one", "two")], [policies])
    assert found.of(pod) in found.members(Selection("two", Selector())).certain
