"""Patterns of DNS names: which names they match, and which classes of names they tell apart."""

from __future__ import annotations

import re
from itertools import product

import pytest

from netgen.evaluate.names import is_match, name_classes
from writing import chance_of


def plainly(pattern: str, name: str) -> bool:
    """Match as Cilium's documentation says, by another way than netgen: a regular expression over the whole name."""
    if not pattern.strip("*"):
        return True
    first, dot, rest = pattern.partition(".")
    deep = dot and len(first) > 1 and not first.strip("*")
    text = re.escape(rest if deep else pattern).replace(r"\*", "*")
    text = re.sub(r"\*+", "[a-z0-9_-]*", text)
    return re.fullmatch((r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\." if deep else "") + text, name) is not None


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        ("*.cilium.io", ["www.cilium.io", "sub1.cilium.io"], ["cilium.io", "a.b.cilium.io", "ciliumxio"]),
        ("**.cilium.io", ["www.cilium.io", "a.b.cilium.io"], ["cilium.io", "xcilium.io"]),
        ("***.cilium.io", ["a.b.cilium.io"], ["cilium.io"]),
        ("*cilium.io", ["cilium.io", "xcilium.io"], ["www.cilium.io"]),
        ("sub*.cilium.io", ["sub.cilium.io", "sub1.cilium.io"], ["xsub.cilium.io", "sub.a.cilium.io"]),
        ("*.*.cilium.io", ["a.b.cilium.io"], ["a.cilium.io", "a.b.c.cilium.io"]),
        ("a.**.io", ["a.b.io"], ["a.b.c.io"]),
        ("*", ["cilium.io", "io", "a.b.c"], []),
        ("**", ["cilium.io"], []),
        ("cilium.io", ["cilium.io", "CILIUM.io", "cilium.io."], ["www.cilium.io"]),
    ],
)
def test_a_pattern_matches_as_the_documentation_says(pattern: str, matching: list[str], others: list[str]) -> None:
    """A star stays within a label, two of them at the beginning are labels, and neither case nor a last dot counts."""
    assert [is_match(pattern, name) for name in (*matching, *others)] == [True] * len(matching) + [False] * len(others)


def test_patterns_that_nest_are_told_apart() -> None:
    """Each class has the patterns that match all of its names, and one of these names."""
    found = name_classes(["api.example.com", "*.example.com", "**.example.com", "*"])
    assert found.complete
    assert {one.patterns for one in found.classes} == {
        ("*",),
        ("*", "**.example.com"),
        ("*", "**.example.com", "*.example.com"),
        ("*", "**.example.com", "*.example.com", "api.example.com"),
    }


def test_a_name_in_a_pattern_has_a_class_of_its_own_and_leaves_the_rest_one() -> None:
    """However many literal names lie in a pattern, it still has names of which none of them is the name."""
    literal = [f"{name}.example.com" for name in ("a", "aa", "ab", "ax", "a-", "b")]
    found = name_classes([*literal, "a*.example.com"])
    assert ("a*.example.com",) in {one.patterns for one in found.classes}
    assert len(found.classes) == 7


@pytest.mark.parametrize("seed", range(60))
def test_classes_are_all_that_short_names_fall_into(seed: int) -> None:
    """Every name of a small alphabet is in a class, and every class has an example that is in just this one."""
    chance = chance_of(seed)
    shapes = ("a", "b", "ab", "*", "a*", "*b", "a*b", "**")
    patterns = sorted(
        {".".join(chance.choice(shapes) for _ in range(chance.randint(1, 3))) for _ in range(chance.randint(1, 6))}
    )
    found = name_classes(patterns)
    assert found.complete
    classes = {one.patterns for one in found.classes}
    labels = ["".join(text) for size in (1, 2, 3) for text in product("abc", repeat=size)]
    names = [*labels, *map(".".join, product(labels[:12], repeat=2)), *map(".".join, product(labels[:12], repeat=3))]
    for name in names:
        matching = tuple(one for one in patterns if plainly(one, name))
        assert matching == tuple(one for one in patterns if is_match(one, name))
        assert not matching or matching in classes
    for one in found.classes:
        assert one.patterns == tuple(each for each in patterns if plainly(each, one.example))


def test_too_many_combinations_are_said_and_each_pattern_keeps_a_class() -> None:
    """Where patterns can be combined in too many ways the answer says so."""
    found = name_classes([f"*{first}{second}*.test" for first, second in product("abcdef", repeat=2)])
    assert not found.complete
    assert len({pattern for one in found.classes for pattern in one.patterns}) == 36


def test_a_thousand_names_take_a_class_each() -> None:
    """The work grows with the number of patterns."""
    patterns = [f"{kind}vendor-{number}.example" for number in range(1000) for kind in ("api.", "*.", "**.")]
    assert len(name_classes(patterns).classes) == 3000
