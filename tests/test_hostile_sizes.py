"""Hostile input (3): H11 and H12 of the hazards of reading; test_hostile_reading has H1 to H5, and the list of all.

H11 slow patterns, H12 size.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

import netgen
from fuzz import judging
from fuzz.judging import judge
from netgen import api
from netgen.source import Dialect, read
from test_hostile_reading import MANIFESTS, SPEC, check
from test_schema import PATTERNS

# -------------------------------------------------------------------------------------------------- H11: slow patterns

LONG = 50_000
# Where the pattern is no constant of its module: what it can be there.
ELSEWHERE = {
    ("source/characters.py", "_RAW[dialect]"): lambda module: vars(module)["_RAW"].values(),
    ("source/characters.py", "_ESCAPED[dialect]"): lambda module: vars(module)["_ESCAPED"].values(),
    ("source/characters.py", "pattern"): lambda module: [pattern for pattern, _ in vars(module)["_KINDS"]],
    ("source/scalars.py", "pattern"): lambda module: [pattern for pattern, _ in vars(module)["_ODD"]],
    ("spec/schema/shape.py", "node['pattern']"): lambda _: PATTERNS,
    ("spec/schema/words.py", "pattern"): lambda _: PATTERNS,
}
METHODS = ("match", "fullmatch", "search", "finditer", "findall", "sub", "split")
Pattern = re.Pattern[str] | re.Pattern[bytes]


def calls() -> Iterator[tuple[str, ast.Call, str]]:
    """Yield each call of netgen that makes or uses a pattern: its file, the call, and what is done with it."""
    root = Path(netgen.__file__).parent
    trees = {str(file.relative_to(root)): ast.parse(file.read_text(encoding="utf-8")) for file in root.rglob("*.py")}
    used = {
        (ast.unparse(node.value).rpartition(".")[2], node.attr)
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in METHODS
    }
    for name, tree in sorted(trees.items()):
        for node in ast.walk(tree):
            made = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if isinstance(node, ast.Call) and len(node.args) < 6 and re.fullmatch(r"re\.[a-z]+|_compiled", made):
                yield from ((name, node, method) for method in _methods(tree, node, made, used))


def _methods(tree: ast.Module, call: ast.Call, made: str, used: set[tuple[str, str]]) -> Iterator[str]:
    """Yield what is done with the pattern of *call*; where it gets a name, what is done with that name anywhere."""
    if made.removeprefix("re.") in METHODS:
        yield made.removeprefix("re.")
        return
    if made == "re.escape":
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.value is call:
            yield node.attr
            return
        if isinstance(node, ast.Assign) and node.value is call:
            name = ast.unparse(node.targets[0])
            yield from (method for named, method in used if named == name)
            return


def constant(expression: ast.expr, names: dict[str, Any]) -> Any:
    """Return the value of *expression* in a module with these *names*; what a function puts into it is an `x`."""
    inside = {node.id for node in ast.walk(expression) if isinstance(node, ast.Name)} if _is_joined(expression) else ()
    unknown = {name: "x" for name in inside if name not in names and name != "re"}
    return eval(ast.unparse(expression), names, unknown)  # noqa: S307 - of netgen's own source


def _is_joined(expression: ast.expr) -> bool:
    return isinstance(expression, ast.JoinedStr)


def patterns() -> dict[tuple[str, str], Pattern]:
    """Return every pattern of netgen and its schemas, by what is done with it and where; all of them constants."""
    found: dict[tuple[str, str], Pattern] = {("fullmatch", one): re.compile(one, re.ASCII) for one in PATTERNS}
    for name, call, method in calls():
        module = importlib.import_module(
            f"netgen.{name.removesuffix('.py').replace('/', '.')}".removesuffix(".__init__")
        )
        written = ast.unparse(call.args[0])
        known = ELSEWHERE.get((name, written))
        listed = known(module) if known else [constant(call.args[0], vars(module))]
        flags = [each for each in map(ast.unparse, call.args[1:]) if re.fullmatch(r"re\.[A-Z| re.]+", each)]
        for one in listed:
            found[method, f"{name}: {one!r}"] = re.compile(one, eval(flags[0]) if flags else 0)  # noqa: S307 - same
    return found


def letters(parsed: Any) -> set[str]:
    """Return the letters that a parsed pattern speaks of: of a range, its ends."""
    found: set[str] = set()
    for operator, argument in parsed:
        match str(operator):
            case "LITERAL" | "NOT_LITERAL":
                found.add(chr(argument))
            case "RANGE":
                found |= {chr(end) for end in argument}
            case "CATEGORY" | "ANY" | "NEGATE":
                found |= {" ", "a", "0"}
            case "IN":
                found |= letters(argument)
            case _:
                parts = argument if isinstance(argument, tuple) else (argument,)
                flat = [each for part in parts for each in (part if isinstance(part, list) else [part])]
                found |= {letter for each in flat if hasattr(each, "getwidth") for letter in letters(each)}
    return found


def worst(pattern: Pattern) -> Iterator[str]:
    """Yield texts of *LONG* letters on which a slow pattern is slow: one or two letters of it, again and again."""
    known = sorted(letters(importlib.import_module("re._parser").parse(pattern.pattern, pattern.flags)))
    some = known[:: max(1, len(known) // 8)]
    for unit in (*known, *map("".join, product(some, some))):
        row = unit * (LONG // len(unit)) + "\0"
        yield from (row, some[0] + row)


def is_slow(method: str, pattern: Pattern) -> bool:
    """Return whether some text of *LONG* letters keeps the processor too long; most take a thousandth of a second."""

    def tried(_: bytes) -> None:
        for text in worst(pattern):
            subject = text.encode() if isinstance(pattern.pattern, bytes) else text
            arguments = ("", subject) if method == "sub" else (subject,)
            found = getattr(pattern, method)(*arguments)
            for _ in found if method == "finditer" else ():
                pass

    return judge("pattern", tried, b"") is not None


@pytest.mark.heavy
def test_no_pattern_takes_the_square_of_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """H11: every pattern of the code and the schemas, used as it is used, against 50,000 of its worst letters."""
    monkeypatch.setattr(judging, "SECONDS", 8.0)
    slow = [key for key, pattern in patterns().items() if is_slow(key[0], pattern)]
    assert slow == []
    assert len(patterns()) > 100


@pytest.mark.heavy
def test_a_slow_pattern_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """H11: patterns that take the square of a text, or more, are found by the test above."""
    monkeypatch.setattr(judging, "SECONDS", 8.0)
    assert is_slow("fullmatch", re.compile(r"( *)( +)?#"))
    assert is_slow("search", re.compile(r"\{\{.*?\}\}", re.DOTALL))
    assert is_slow("fullmatch", re.compile("(a|a)*b"))
    assert not is_slow("fullmatch", re.compile("[ab]*c"))


MANY = LONG
SLOW = {
    "blanks before a sign": " " * MANY + "!",
    "blanks behind a key": "a:" + " " * MANY + "!",
    "blanks behind a value": "a: b" + " " * MANY + "!",
    "blanks in a list": "a: [-" + " " * MANY + "-]",
    "braces": "{{" * MANY + "\na: [",
    "quotes": "a: " + "''" * MANY + "!",
    "commas": "a: " + "b, " * MANY + "!",
    "signs of comments": "a: b" + " #" * MANY + "\0",
}


@pytest.mark.parametrize("text", SLOW.values(), ids=SLOW)
def test_no_row_of_signs_is_slow(text: str) -> None:
    """H11: what the reader does with a line of one sign grows as the line does; else judge() would call it endless."""
    for dialect in Dialect:
        finding = judge("read", lambda data, dialect=dialect: bool(read(data, "f.yaml", dialect)), text.encode())
        assert finding is None, finding.told


# ------------------------------------------------------------------------------------------------------- H12: size


def large(apps: int, calls_each: int) -> str:
    """Return a spec of so many *apps*, each of which calls so many others."""
    head = SPEC.rsplit("apps: ", 1)[0]
    called = [", ".join(f"a{(number + step) % apps}" for step in range(1, calls_each + 1)) for number in range(apps)]
    return f"{head}apps:\n" + "".join(
        f"  a{number}: {{port: 80, calls: [{them}]}}\n" for number, them in enumerate(called)
    )


@pytest.mark.heavy
def test_a_spec_at_the_limits_is_rendered() -> None:
    """H12: 10,000 apps and 100,000 rules in one text give their objects; above 10 MiB there is an error of its own."""
    text = large(10_000, 10)
    manifests = api.render(api.load("-", stdin=text.encode()).intent)
    policies = [one.body for one in manifests if one.body["kind"] == "NetworkPolicy"]
    assert len(policies) == 10_000
    assert sum(len(rule["from"]) for one in policies for rule in one["spec"].get("ingress", ())) == 100_000
    filled = text + "#" * (Dialect.SPEC.most_bytes - len(text.encode()) - 1) + "\n"
    assert len(api.load("-", stdin=filled.encode()).intent.apps) == 10_000
    assert check(f"{filled}\n")[:1] == ["too-large"]


@pytest.mark.heavy
def test_a_stream_of_manifests_at_10_mib_is_read() -> None:
    """H12: all its objects, whichever way it is read; one byte that is wrong in it costs its own document only."""
    document = f"{MANIFESTS}---\n"
    count = 10 * 1024 * 1024 // len(document)
    for text, lost in ((document * count, 0), (document * count + "a: [", 1), (document * count + "a: &a b\n", 0)):
        reading = read(text, "f.yaml", Dialect.MANIFEST)
        assert (len(reading.documents) // (document.count("---")), len(reading.problems)) == (count, lost)
