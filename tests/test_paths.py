"""Paths of HTTP rules: what a pattern means, by the expression that is rendered, by a plain matcher, and by samples."""

from __future__ import annotations

import re
from itertools import product
from random import Random

import pytest

from netgen import paths
from netgen.spec.forms.requests import granted, http_path
from netgen.spec.forms.text import FormError
from programs import STEPS

SEGMENTS = (
    "a",
    "b",
    "orders",
    "1",
    "a.b",
    "a+b",
    "$x",
    "(a)",
    "a;v=1",
    "a%20b",
    "~u",
    "x@y",
    "a,b",
    "it's",
    "A",
    "v1.2-rc_3",
)
"""Segments that a spec may have, among them all characters that mean something in an expression."""
STRANGE = (
    "",
    ".",
    "..",
    "%2e",
    "%2F",
    "é",
    "\N{SNOWMAN}",
    "[a]",
    "{2}",
    "a|b",
    "^",
    "\\d",
    "*",
    "**",
    "a*",
    "?",
    "??",
    "#",
    " ",
)
"""What a request may send besides."""
QUERIES = ("", "", "?", "?x=1", "?a/b", "?/orders", "??")


def pattern(chance: Random) -> str:
    """Return a pattern that a spec may have."""
    segments = [chance.choice((*SEGMENTS, "*", "*", "*")) for _ in range(chance.randint(0, 4))]
    end = chance.choice(("", "", "/", "/**", "/**"))
    return "".join(f"/{one}" for one in segments) + (end or ("" if segments else "/"))


def path(chance: Random, like: str) -> str:
    """Return the path of a request: often one that the pattern *like* means, or nearly."""
    words = (*SEGMENTS, *STRANGE)
    if chance.random() < 0.2:
        segments = [chance.choice(words) for _ in range(chance.randint(0, 5))]
        return "".join(f"/{one}" for one in segments) + chance.choice(QUERIES)
    segments = [chance.choice(words) if one in ("*", "**") else one for one in like.split("/")[1:]]
    if like.endswith("/**"):
        segments[-1:] = [chance.choice(words) for _ in range(chance.randint(0, 3))]
    if segments and chance.random() < 0.4:
        where = chance.randrange(len(segments))
        one = segments[where]
        segments[where : where + 1] = chance.choice(
            ([], [one, one], [one, ""], [chance.choice(words)], [one.swapcase()])
        )
    return "".join(f"/{one}" for one in segments) + chance.choice(QUERIES)


def disagreements(count: int, seed: int) -> list[tuple[str, str]]:
    """Return each of *count* random patterns and paths of which the expression says something else than the matcher."""
    chance = Random(seed)  # noqa: S311 - the same paths in each run
    asked = [(one, path(chance, one)) for one in (pattern(chance) for _ in range(count))]
    met = [paths.matches(*pair) for pair in asked]
    assert 0.3 < sum(met) / count < 0.7  # both answers are common, or little would be asked
    return [
        pair for pair, is_met in zip(asked, met, strict=True)
        if bool(re.fullmatch(paths.expression(pair[0]), pair[1])) != is_met
    ]  # fmt: skip


def test_the_expression_means_what_the_matcher_says() -> None:
    """The regular expression that is rendered, and a matcher that has none, agree on 1,000 patterns and paths."""
    assert disagreements(1_000, seed=6) == []


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(4))
def test_the_expression_means_what_the_matcher_says_of_10_000_paths(seed: int) -> None:
    """The same of four times 10,000."""
    assert disagreements(10_000, seed) == []


def test_random_patterns_are_those_of_a_spec() -> None:
    """What is asked about above could be written in a spec."""
    chance = Random(6)  # noqa: S311 - same
    for one in {pattern(chance) for _ in range(500)}:
        assert http_path(one, "bad-path") == one


@pytest.mark.parametrize(
    ("pattern", "meant", "others"),
    [
        ("/orders", "/orders /orders? /orders?a=/b", "/orders/ /orders/1 /Orders /order /orders1 //orders orders"),
        ("/orders/", "/orders/ /orders/?x", "/orders /orders// /orders/1"),
        ("/orders/*", "/orders/1 /orders/a.b?c /orders/.. /orders/*", "/orders /orders/ /orders/?x /orders/1/ /a/1"),
        ("/*/items", "/1/items /a;b/items", "//items /items /1/2/items"),
        ("/orders/**", "/orders /orders/ /orders? /orders/1 /orders/1/2 /orders//", "/ordersx /Orders/1 /orders%2F1"),
        ("/*/**", "/a /a/ /a/b/c", "/ // //a"),
        ("/**", "/ /a // /a/b?c /?x", "a *"),
        ("/", "/ /?x", "// /a"),
        ("/a.b", "/a.b", "/axb /ab"),
        ("/a+b", "/a+b", "/aab /ab"),
        ("/(a)", "/(a)", "/a"),
        ("/$a", "/$a", "/a"),
        ("/a%20b", "/a%20b", "/a%20B /a+b"),
        ("/café|x", "/café|x", "/café /x"),
        ("/*", "/caf%C3%A9 /!?x=%C3", "/café /a\x00 /a\x7f /a?é"),
        ("/**", "/a/%C3%A9 /~", "/a/é /é /a?\x01"),
        ("/[a]{2}^\\d", "/[a]{2}^\\d", "/aa /[a][a]^1"),
    ],
)  # fmt: skip
def test_decision_17_a_path_is_exact_but_for_its_stars(pattern: str, meant: str, others: str) -> None:
    """`*` is one segment that is not empty, `/**` at the end nothing or whatever follows; a query does not matter."""
    for text, is_meant in [*((one, True) for one in meant.split()), *((one, False) for one in others.split())]:
        assert paths.matches(pattern, text) is is_meant, text
        assert bool(re.fullmatch(paths.expression(pattern), text)) is is_meant, text


@pytest.mark.parametrize(("path", "steps"), STEPS)
def test_the_size_of_a_path_is_that_of_its_program(path: str, steps: int) -> None:
    """These are the numbers that RE2 told."""
    assert paths.size(path) == steps


def test_an_expression_has_nothing_that_is_read_otherwise_elsewhere() -> None:
    r"""Python and RE2 agree on it: literals, \ before punctuation, sets of ASCII, `?`, `*` and `+` on these, groups.

    They differ in classes such as \d and \w, in \Z and $, in look-around and references, in {n}, in (?...), in what
    `.` and case mean beyond ASCII, and in which alternative wins: none of it is there.
    """
    letters = "".join(map(chr, range(33, 127))).replace("*", "").replace("/", "").replace("?", "")
    parts = (
        re.escape("[!-.0->@-~]+"),
        re.escape("([/?][!-~]*)?"),
        re.escape(r"(\?[!-~]*)?"),
        r"\\[^A-Za-z0-9]",
        r"[^\\.^$*+?()\[\]{}|]",
    )
    plain = re.compile(f"(?:{'|'.join(parts)})*")
    chance = Random(6)  # noqa: S311 - same
    for one in (f"/{letters}", f"/*/{letters}/**", *(pattern(chance) for _ in range(500))):
        assert plain.fullmatch(paths.expression(one)), one


SMALL = [
    "".join(f"/{one}" for one in segments) + end
    for length in range(3)
    for segments in product(("a", "b", "*"), repeat=length)
    for end in ("", "/", "/**")
    if segments or end
]
"""All patterns of two segments or less, of two words."""
SAMPLES = [f"/{'/'.join(one)}" for length in range(1, 5) for one in product(("a", "b", "c", ""), repeat=length)]
"""All paths of four segments or less, of these words and one more: what two small patterns do is seen on them."""


def test_covering_and_meeting_are_what_trying_every_path_finds() -> None:
    """One pattern covers another, or has a path in common with it, just where all small paths say so."""
    meant = {one: frozenset(there for there in SAMPLES if paths.matches(one, there)) for one in SMALL}
    for one, other in product(SMALL, SMALL):
        assert paths.covers(one, other) is (meant[one] >= meant[other]), (one, other)
        assert paths.meet(one, other) is bool(meant[one] & meant[other]), (one, other)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("/a?b", "has a query"),
        ("/a#b", "has a fragment"),
        ("/caf\u00e9", "not a plain URL path"),
        ("/a\\b", "not a plain URL path"),
        ("/a%2", "not a plain URL path"),
        ("/a%2fb", "%2f"),
        ("/%2E%2e/b", "%2E"),
        ("/a%5Cb", "%5C"),
        ("/a//b", "an empty segment"),
        ("//", "an empty segment"),
        ("/a/../b", "an empty segment"),
        ("/.", "an empty segment"),
        ("/{id}", "a part of a path that varies"),
        ("/a*", "a whole segment"),
        ("/**/a", "a whole segment"),
        ("a", "begins with /"),
        ("", "begins with /"),
    ],
)
def test_a_path_that_no_request_has_is_refused(text: str, told: str) -> None:
    """What a proxy puts right before it looks, and what no URL holds, would be a rule that nothing meets."""
    with pytest.raises(FormError, match=re.escape(told)):
        http_path(text, "bad-path")


@pytest.mark.parametrize(
    ("text", "port", "methods", "path"),
    [
        ("grpc", "grpc", None, ""),
        ("get", "get", None, ""),
        ("POST /orders", "", ("POST",), "/orders"),
        ("POST|GET|POST /a/**", "", ("GET", "POST"), "/a/**"),
        ("web   GET   /", "web", ("GET",), "/"),
        ("get GET /a%20b;c", "get", ("GET",), "/a%20b;c"),
    ],
)
def test_a_grant_is_a_port_or_requests(text: str, port: str, methods: tuple[str, ...] | None, path: str) -> None:
    """The name of a port, the requests that pass, or both."""
    found = granted(text)
    assert found[0] == port
    assert (found[1] and (found[1].methods, found[1].path)) == (methods and (methods, path))


def test_hostile_paths_take_no_time() -> None:
    """Long paths, and expressions of many stars, are decided at once: nothing backtracks over segments."""
    long = "/a" * 50_000
    assert paths.matches("/**", long)
    assert not paths.matches("/*" * 50_000 + "/*", long)
    assert paths.covers("/**", long)
    assert re.fullmatch(paths.expression("/*" * 40 + "/**"), long)
    assert not re.fullmatch(paths.expression("/*" * 40 + "/b"), long)
