"""The short way through plain YAML: whatever it takes, it reads as the parsers do, data and places."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from netgen import api
from netgen.source import Dialect, plain
from netgen.source.document import Document
from netgen.source.parsers import PureParser
from netgen.source.reader import Reader
from netgen.source.separators import unglued
from netgen.source.text import Text, decode
from strategies import systems
from systems import System
from writing import chance_of, freely, plainly

ROOT = Path(__file__).parents[1]
FILES = sorted([*(ROOT / "specs").rglob("*.yaml"), *(ROOT / "tests" / "golden").glob("*.yaml")])
BROKEN = sorted((ROOT / "tests" / "problems").glob("*.yaml"))
PARSERS = (yaml.CSafeLoader, PureParser)
SEEDS = st.integers(0, 2**32)


def documents(text: str, dialect: Dialect) -> list[Document] | None:
    """Return the documents that the short way finds in *text*; None where the text is not for it."""
    source, problems = decode(text, "f.yaml", dialect)
    if source is None or problems:
        return None
    source = source if dialect is Dialect.SPEC else Text(source.file, unglued(source.content))
    return plain.documents(source, dialect, lambda: Reader(source, dialect).read(yaml.CSafeLoader(source.content)))


def is_taken(text: str, dialect: Dialect) -> bool:
    """Say whether the short way takes *text*; what it finds then must be what both parsers find, without a problem."""
    found = documents(text, dialect)
    if found is None:
        return False
    source, _ = decode(text, "f.yaml", dialect)
    assert source is not None
    source = source if dialect is Dialect.SPEC else Text(source.file, unglued(source.content))
    for parser in PARSERS:
        expected, problems = Reader(source, dialect).read(parser(source.content))
        assert problems == []
        # As JSON, so that the order of the keys and the types of the scalars count.
        assert [json.dumps(one.data) for one in found] == [json.dumps(one.data) for one in expected]
        assert [list(one.cells) for one in found] == [list(one.cells) for one in expected]
        assert [(one.index, one.layouts) for one in found] == [(one.index, one.layouts) for one in expected]
    return True


@pytest.mark.parametrize("dialect", Dialect)
@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_examples_are_taken(path: Path, dialect: Dialect) -> None:
    """Every example and all that is rendered from it is for the short way."""
    assert is_taken(path.read_text(encoding="utf-8"), dialect)


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_what_is_wrong_is_left_to_the_parser(path: Path) -> None:
    """A file with a problem of reading is not taken, and the others are read alike."""
    for dialect in Dialect:
        is_taken(path.read_text(encoding="utf-8"), dialect)


@given(systems())
@settings(max_examples=60)
def test_rendered_systems_are_taken(system: System) -> None:
    """What netgen renders is for the short way, unless a text in it needs an escape."""
    loaded = api.load("-", stdin=plainly(system.documents).encode())
    for manifest in api.render(loaded.intent):
        assert is_taken(manifest.text, Dialect.MANIFEST) or "\\" in manifest.text


@given(systems(), SEEDS)
@settings(max_examples=200)
def test_specs_in_any_style_are_read_alike(system: System, seed: int) -> None:
    """Specs in block and flow style, with comments, quotes and indents of any kind: what is taken is read alike."""
    is_taken(freely(list(system.documents), chance_of(seed)), Dialect.SPEC)


SIGNS = (*":#-\"'{}[],&*!|>%@`? \t~\r\n\\", "\x85", "\u2028", "\ufeff", "é", ": ", " #", "- ", "---", "  ")


def mutated(text: str, chance: Random) -> str:
    """Return a few lines of *text*, one of them or more changed: indented, cut, repeated, moved, a sign put in."""
    lines = text.split("\n")
    start = chance.randrange(len(lines))
    lines = lines[start : start + chance.choice((3, 8, 20))]
    for _ in range(chance.choice((0, 1, 1, 2, 3))):
        at = chance.randrange(len(lines))
        line, column = lines[at], chance.randrange(len(lines[at]) + 1)
        lines[at : at + 1] = chance.choice(
            (
                [" " * chance.choice((1, 2, 4)) + line],
                [line[chance.choice((1, 2, 4)) :]],
                [line, line],
                [line, chance.choice(lines)],
                [line[:column] + chance.choice(SIGNS) + line[column + chance.choice((0, 1)) :]],
            )
        )
    return "\n".join(lines)


@given(st.sampled_from([path.read_text(encoding="utf-8") for path in FILES]), SEEDS, st.sampled_from(Dialect))
@settings(max_examples=2000)
def test_broken_texts_are_read_alike(text: str, seed: int, dialect: Dialect) -> None:
    """Examples that were broken somewhere: what is taken all the same is read alike."""
    is_taken(mutated(text, chance_of(seed)), dialect)


KEYS = ("", "a: ", "b: ", "a:", "b:", "c/d.e-f: ", '"a": ', "'b': ", "80: ", "yes: ", "null:", "a b: ", "<<: ", '"": ')
VALUES = (
    *("", "a", "a b", "80 -> 8080", "https://x:80/p", "a:b", "a: b", "a, b", "a,b", "x # c", "x#c", "-", "- a"),
    *("1", "08", "0o7", "0x1F", "1.5", "1e3", "-1", "1_000", "1:30", "2020-01-01", "9" * 30, ".5", ".inf", "no", "~"),
    *('"q"', r'"\""', r'"\\"', r'"\n"', "'q'", "{}", "[]", "[a, b]", "[a, [b]]", "{a: {b: c}}", "{a: b, a: c}"),
    *("{a, b}", "[a: b]", "[a,]", "[a,,b]", "{a: b}  # c", '["]", "}"]', "{80: x}", "[no]", "{a:b}", '{"a":b}', "[a]c"),
    *("|", ">", "&a x", "*a", "!t x", "? a", "%a", "@a", "`a", "}", "]", "é", '"é"', "\t", "null", "true", "'it''s'"),
)
LINES = st.builds(
    lambda indent, dash, key, value, end: " " * indent + dash + key + value + end,
    st.sampled_from((0, 0, 0, 1, 2, 2, 2, 3, 4, 4, 6)),
    st.sampled_from(("", "", "", "- ", "- ", "-  ", "-")),
    st.sampled_from(KEYS),
    st.sampled_from(VALUES),
    st.sampled_from(("", "", "", "", " ", "  # c", " #", "\r", "\t")),
) | st.sampled_from(
    ("", "  ", "# c", "   # c", "---", "--- ", "--- # c", "---#c", "...", "%YAML 1.2", "\t", "# \u2028a")
)


@given(st.lists(LINES, min_size=1, max_size=6), st.sampled_from(Dialect))
@settings(max_examples=5000)
def test_lines_of_any_kind_are_read_alike(lines: list[str], dialect: Dialect) -> None:
    """Lines put together by chance: what is taken is read alike."""
    is_taken("\n".join(lines), dialect)


@pytest.mark.parametrize(
    "text",
    [
        "a:\n- p\n- q\nb: 1\n",
        "a:\n    - p: 1\n      q:\n      - r\n    - s\nb: {c: [d, 'e'], f: {}}  # g\n",
        "# a\n\n---\n# b\n---\na: b\n---\n- c\n",
        "  a: 1\n  b:  true   # c\n",
        r'a: "b \" c \\ d"' + "\n",
        "why: it is so, and (maybe) not\nport: 80 -> 8080/http\nurl: https://a.b:80/c\n",
    ],
)
def test_plain_texts_are_taken(text: str) -> None:
    """Maps and lists, blocks or on one line, comments and separators, in both dialects."""
    assert [is_taken(text, dialect) for dialect in Dialect] == [True, True]


@pytest.mark.parametrize(
    "text",
    [
        *("a: 1\na: 2\n", "{a: 1, a: 2}\n", "a: {b: 1, b: 2}\n", '"a": 1\na: 2\n'),  # twice
        *("a: &x 1\n", "a: *x\n", "a: !t 1\n", "<<: {a: 1}\n", "? a\n", "a: |\n  b\n", "a: >-\n  b\n"),  # more YAML
        *("a:\n\tb: 1\n", "a: 1\r\nb: 2\n", "a: x\x85\n", "a: 'b\u2028c'\n", "%YAML 1.2\n---\na: 1\n"),  # characters
        *("a:\n", "a:\nb: 1\n", "a: b\n  c\n", "a: b\n  c: d\n", "a: 1\n b: 2\n", "  a: 1\nb: 2\n", "- a\nb: 1\n"),
        *("80: a\n", "yes: a\n", "null: a\n", "a: no\n", "a: 010\n", "a: 1_000\n", "a: 1:30\n"),  # doubtful, in a spec
        *(r'a: "\n"' + "\n", "a: 'it''s'\n", "a: [b,]\n", "a: [b: c]\n", "a: {b}\n", "a: [b\n", "- - a\n", "-  a: b\n"),
        f"a: {'[' * 20}{']' * 20}\n",
        "".join(f"{' ' * depth}a:\n" for depth in range(40)) + " " * 40 + "a: 1\n",
    ],
)
def test_everything_else_is_left_to_the_parser(text: str) -> None:
    """What has another meaning to somebody, or is no YAML, is not taken in a spec."""
    assert documents(text, Dialect.SPEC) is None


def test_each_line_has_a_map_of_its_own() -> None:
    """Two equal lines are two values: what is done to one leaves the other alone."""
    found = documents("- {}\n- {}\n- [a]\n- [a]\n", Dialect.MANIFEST)
    assert found is not None
    assert isinstance(found[0].data, list)
    assert len({id(item) for item in found[0].data}) == 4


@pytest.mark.parametrize("cni", ["kubernetes", "cilium 1.20"])
def test_a_good_run_does_without_a_parser(cni: str, tmp_path: Path) -> None:
    """Plain files are read, rendered and read back without importing PyYAML, which takes a tenth of a small run."""
    spec = ROOT / "specs" / "shop" / "spec.yaml"
    platform = f"apiVersion: netgen.dev/v1alpha1\nkind: Platform\nmetadata: {{name: one}}\ncni: {cni}\n"
    (tmp_path / "platform.yaml").write_text(platform, encoding="utf-8")
    code = (
        "import sys; from netgen import api; loaded = api.load(sys.argv[1:]); manifests = api.render(loaded.intent);"
        "sys.exit('yaml' in sys.modules or not manifests)"
    )
    ran = subprocess.run([sys.executable, "-c", code, spec, "platform.yaml"], check=False, cwd=tmp_path)
    assert ran.returncode == 0
