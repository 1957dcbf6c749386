"""The one YAML reader: what it takes, what it refuses and where, with libyaml and without."""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

import netgen
from netgen.problems import CODES, Problem, in_order
from netgen.source import Dialect, Document, Reading, Spot, read
from netgen.source.parsers import PureParser
from netgen.source.reader import Reader
from netgen.source.text import Text, decode

SPEC, MANIFEST = Dialect.SPEC, Dialect.MANIFEST
MOST_BYTES = SPEC.most_bytes
PARSERS = {"libyaml": yaml.CSafeLoader, "pure": PureParser}


@pytest.fixture(params=PARSERS)
def parser(request: pytest.FixtureRequest) -> str:
    """The name of a parser; each test with it runs once for each."""
    return str(request.param)


def reading(text: str | bytes, dialect: Dialect = SPEC, parser: str = "libyaml") -> Reading:
    """Read *text* as `read` does, with the parser of that name."""
    source, problems = decode(text, "f.yaml", dialect)
    if source is None:
        return Reading((), in_order(problems))
    documents, found = Reader(source, dialect).read(PARSERS[parser](source.content))
    return Reading(tuple(documents), in_order(problems + found))


def found(text: str | bytes, dialect: Dialect = SPEC, parser: str = "libyaml") -> list[str]:
    """Return each problem of *text* as `line:column code`."""
    return [at(problem) for problem in reading(text, dialect, parser).problems]


def at(problem: Problem) -> str:
    """Return a problem as `line:column code`."""
    assert problem.place is not None
    return f"{problem.place.line}:{problem.place.column} {problem.code}"


def data(text: str | bytes, dialect: Dialect = SPEC, parser: str = "libyaml") -> object:
    """Return the data of the one document of *text*, which has no problems."""
    done = reading(text, dialect, parser)
    assert [at(problem) for problem in done.problems] == []
    return done.documents[0].data


def only(text: str, dialect: Dialect = SPEC) -> Document:
    """Return the first document of *text*."""
    return read(text, "f.yaml", dialect).documents[0]


# ---------------------------------------------------------------------------------------------- what a text holds

PLAIN = """\
apps:
  web: {port: 80 -> 8080, host: "h", raw: 'it''s'}
  list: [a, 1, 1.5, true, ~, null, "", 0x1F, 80:80, -3]
  block: |
    one
    two
  folded: >-
    one
    two
  empty:
  url: https://h:80/p?a=b&c#d
  words: no way
"""


def test_plain_data(parser: str) -> None:
    """A spec is read as plain data of YAML 1.2."""
    assert data(PLAIN, SPEC, parser) == {
        "apps": {
            "web": {"port": "80 -> 8080", "host": "h", "raw": "it's"},
            "list": ["a", 1, 1.5, True, None, None, "", 31, "80:80", -3],
            "block": "one\ntwo\n",
            "folded": "one two",
            "empty": None,
            "url": "https://h:80/p?a=b&c#d",
            "words": "no way",
        }
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("# nothing\n", []),
        ("---\n---\n...\n", []),
        ("~\n", []),
        ("a: 1\n---\n---\n# x\n---\nb: 2\n", [{"a": 1}, {"b": 2}]),
        ("--- a\n--- [b]\n", ["a", ["b"]]),
        ("\ufeffa: 1\r\nb: 2\r\n", [{"a": 1, "b": 2}]),
        ("%YAML 1.2\n---\na: 1\n", [{"a": 1}]),
        ("a:\tb\t# c\n", [{"a": "b"}]),
    ],
)
def test_documents(text: str, expected: list[object], parser: str) -> None:
    """Several documents are read in order, and empty ones dropped; text and bytes are the same."""
    for given_text in (text, text.encode()):
        done = reading(given_text, SPEC, parser)
        assert ([one.data for one in done.documents], done.problems) == (expected, ())
        assert [one.index for one in done.documents] == list(range(len(expected)))


def test_equal_scalars_are_one_object() -> None:
    """A text that occurs often is kept once."""
    first, second, *quoted = only("[word-1, word-1, 'word-2', \"word-2\"]").data  # type: ignore[misc]
    assert first is second
    assert quoted[0] is quoted[1]


# ------------------------------------------------------------------------------------------------ what is refused

TAGS = (
    *("!!python/object/apply:os.system ['true']", "!!python/name:os.system", "!!python/object:os.X {}", "!local x"),
    *("!!python/module:os", "!!binary aGk=", "!!set {a}", "!!omap [a: b]", "!!timestamp '2026-11-23'", "!!str 80"),
    *("! x", "!<tag:yaml.org,2002:str> x"),
)


@pytest.mark.parametrize("payload", TAGS)
def test_tags(payload: str, parser: str) -> None:
    """A tag is refused by name in a spec, and of tags only the standard ones are read in a manifest."""
    assert found(f"a: {payload}\n", SPEC, parser)[0] == "1:4 yaml-tag"
    assert [it.split()[1] for it in found(f"{payload}\n", SPEC, parser)][:1] == ["yaml-tag"]
    allowed = payload == "!!str 80" or "<" in payload
    assert found(f"a: {payload}\n", MANIFEST, parser) == ([] if allowed else ["1:4 yaml-tag"])


REFUSED = {
    # tags, anchors, merge keys
    "%TAG !e! tag:e,2000:\n---\na: !e!x 1\n": ["1:1 yaml-tag", "3:4 yaml-tag"],
    "a: !e!x 1\n": ["1:4 yaml-tag"],
    "a: &x 1\nb: *x\n": ["1:4 yaml-anchor", "2:4 yaml-anchor"],
    "&x a: &y {b: *z}\n": ["1:1 yaml-anchor", "1:7 yaml-anchor", "1:14 yaml-anchor"],
    "a: {<<: {b: 1}}\n<<: 2\n": ["1:5 yaml-merge-key", "2:1 yaml-merge-key"],
    "a: &x [*x]\n": ["1:4 yaml-anchor", "1:8 yaml-anchor"],
    # keys
    "a: 1\nb: {c: 1, d: 2, c: 3}\na: 4\n": ["2:17 duplicate-key", "3:1 duplicate-key"],
    "- {a: 1, 'a': 2, \"a\": 3}\n": ["1:10 duplicate-key", "1:18 duplicate-key"],
    "a:\n  b: 1\n  b:\n    b: 1\n    b: 2\n": ["3:3 duplicate-key", "5:5 duplicate-key"],
    '80: a\n"80": b\n': ["1:1 key-not-text", "2:1 duplicate-key"],
    "~: 1\ntrue: 2\n1.5: 3\n? [a, no]\n: 4\n? {b: c}\n: {d: 010}\ne: 5\n": [
        *("1:1 key-not-text", "2:1 key-not-text", "3:1 key-not-text", "4:3 key-not-text", "4:7 ambiguous-scalar"),
        *("6:3 key-not-text", "7:7 ambiguous-scalar"),
    ],
    "? \n: 1\n": ["1:2 key-not-text"],
    "on: 1\n010: 2\n": ["1:1 ambiguous-scalar", "2:1 ambiguous-scalar"],
    # scalars
    "- 22:22\n- [no, 'no', 1_000]\n- {a: 2026-11-23}\n": [
        *("1:3 ambiguous-scalar", "2:4 ambiguous-scalar", "2:14 ambiguous-scalar", "3:7 ambiguous-scalar"),
    ],
    f"a: {'9' * 10_000}\n": ["1:4 bad-value"],
    "a: 18446744073709551615\nb: 18446744073709551616\n": ["2:4 bad-value"],
    # characters
    "a: x\x1by # \u202e\nb: \u2028\n": ["1:5 control-character", "1:10 control-character", "2:4 control-character"],
    'a: "\\x1b"\nb: ["\\u200e", \'\\x1b\', "\\t\\n\\"\\e"]\n': [
        *("1:5 control-character", "2:6 control-character", "2:30 control-character"),
    ],
    '"\\0": "a\n  b\\a"\n': ["1:2 control-character", "2:4 control-character"],
    "a: b\rc\n": ["1:5 control-character"],
    "\ufeff\ufeffa: b\n": ["1:1 control-character"],
    'a: "\\ud800"\n': ["1:5 control-character"],
    'a: "x\\U00110000"\n': ["1:6 control-character"],
    "a: \ud800\n": ["1:4 control-character"],
    # all at once, in order
    "b: no\nb: &x 1\n": ["1:4 ambiguous-scalar", "2:1 duplicate-key", "2:4 yaml-anchor"],
    "a: no\nb: no\nb: [\n": ["1:4 ambiguous-scalar", "2:4 ambiguous-scalar", "3:1 duplicate-key", "3:5 yaml-syntax"],
    "a: no\n---\nb: no\n": ["1:4 ambiguous-scalar", "3:4 ambiguous-scalar"],
}


@pytest.mark.parametrize(("text", "expected"), REFUSED.items())
def test_refused(text: str, expected: list[str], parser: str) -> None:
    """A spec is refused at the place of each thing that readers disagree on, all of them at once."""
    assert found(text, SPEC, parser) == expected


HIDDEN = (
    *("\0", "\x07", "\x08", "\x0b", "\x0c", "\x1b", "\x7f", "\x80", "\x85", "\x9f", "\u061c", "\u200b", "\u200e"),
    *("\u200f", "\u2028", "\u2029", "\u202a", "\u202e", "\u2060", "\u2066", "\u2069", "\ufdd0", "\ufeff", "\ufffe"),
    *("\uffff", "\U0001fffe", "\U0010ffff", "\U000e0041"),
)


@pytest.mark.parametrize("character", HIDDEN)
def test_hidden_characters(character: str, parser: str) -> None:
    """What nobody sees or steers a terminal is refused wherever it stands, named by its code point, and never shown."""
    escape = f"\\U{ord(character):08x}"
    for text in (f"a: x{character}z\n", f"k{character}: z\n", f"#  {character}\n", f'a: "{escape}"\n'):
        (problem,) = reading(text, SPEC, parser).problems
        assert problem.code == "control-character"
        assert problem.message.startswith(f"U+{ord(character):04X} is not allowed")
        assert problem.place is not None
        assert character not in problem.place.text
        assert problem.place.column - 1 == text.find("\\" if "\\" in text else character)


def test_ordinary_characters(parser: str) -> None:
    """Tabs, line ends, accents, other scripts and emoji are no hidden characters."""
    text = 'a: é ü 漢字 \U0001f680 \u200c\u200d\xa0\u00ad\n# \t ok\r\nb: "\\t\\n\\xe9"\n'
    assert data(text, SPEC, parser) == {"a": "é ü 漢字 \U0001f680 \u200c\u200d\xa0\u00ad", "b": "\t\né"}


def test_manifest_characters(parser: str) -> None:
    """A manifest is refused only for what libyaml refuses, and for half of a surrogate pair."""
    assert data('a: x\u202ey\u200b\nb: "\\x1b\\u2028"\n', MANIFEST, parser) == {
        "a": "x\u202ey\u200b",
        "b": "\x1b\u2028",
    }
    assert found("a: x\x1by\n", MANIFEST, parser) == ["1:5 control-character"]
    assert found('a: "\\udc00"\n', MANIFEST, parser) == ["1:5 control-character"]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"a: b\n\xc3\xa9: \xff\n", ["2:4 bad-encoding"]),
        (b"\xef\xbb\xbfa: \xc3", ["1:4 bad-encoding"]),
        (b"a: \xed\xa0\x80\n", ["1:4 bad-encoding"]),
        ("a: b".encode("utf-16"), ["1:1 bad-encoding"]),
        ("a: b".encode("utf-16-be"), ["1:1 bad-encoding"]),
        ("a: b".encode("utf-32"), ["1:1 bad-encoding"]),
        ("a: b".encode("utf-32-le"), ["1:1 bad-encoding"]),
        (b"#" * MOST_BYTES, []),
        (b"#" * (MOST_BYTES + 1), ["1:1 too-large"]),
        ("é" * (MOST_BYTES // 2) + "#", ["1:1 too-large"]),
        (b"\0" * MOST_BYTES, [f"1:{column} control-character" for column in range(1, 1001)]),
    ],
    ids=["byte", "truncated", "surrogate", "utf-16", "utf-16-be", "utf-32", "utf-32-le", "most", "more", "wide", "nul"],
)
def test_bytes(raw: str | bytes, expected: list[str]) -> None:
    """Only UTF-8 is read, of a spec up to 10 MiB."""
    assert found(raw) == expected


def test_manifests_are_larger_than_specs() -> None:
    """Of manifests 200 MiB are read: what netgen writes of 50,000 apps into one file."""
    assert MANIFEST.most_bytes == 20 * MOST_BYTES
    assert found(b"#" * (MOST_BYTES + 1), MANIFEST) == []
    assert found(b"\0" * (MANIFEST.most_bytes + 1), MANIFEST) == ["1:1 too-large"]


def test_a_long_line_has_its_columns() -> None:
    """Columns are right to the end of a line that is as long as `kubectl get -o json` makes one."""
    text = Text("all.json", "x" * (17 * 1024 * 1024))
    place = text.place(text.cell(len(text.content) - 1))
    assert (place.line, place.column) == (1, len(text.content))


SYNTAX = {
    "a: b: c\n": ("1:5", "a colon is not expected here"),
    "a: b\n c: d\n": ("2:2", "the line is indented below a line that has its value already"),
    "a: 1\nb:2\nc: d\n": ("2:1", "a key, a colon and a blank are expected: `key: value`"),
    "a: b\nc\n": ("2:1", "a key, a colon and a blank are expected: `key: value`"),
    "a:\n\tb: c\n": ("2:1", "the line is indented with a tab; YAML is indented with spaces"),
    "a:\n  - b\n c: d\n": ("3:2", "the line does not belong to the map that starts at 1:1"),
    "- a\nb: c\n": ("2:1", "the line does not belong to the list that starts at 1:1"),
    "a: 'b' c\n": ("1:8", "nothing more is expected on this line"),
    "a: [b, c\nd: e\n": ("2:2", "the list that opens at 1:4 goes on without `,` or `]`"),
    "a: {b: c\n": ("1:9", "the map that opens at 1:4 goes on without `,` or `}`"),
    "a: 'b\nc: d\n": ("1:4", "the quote that opens here is not closed"),
    "a: @b\n": ("1:4", "text cannot start with `@` unquoted"),
    "a: *.example.com\n": ("1:4", "text cannot start with `*` unquoted"),
    "a: &\n": ("1:4", "text cannot start with `&` unquoted"),
    "a: ]\n": ("1:4", "a value is expected here"),
    "a: - b\n": ("1:4", "a list item cannot start here"),
    "a: |x\n  b\n": ("1:5", "after `|` and `>` only `-`, `+` and a digit may stand"),
    'a: "\\x1"\n': ("1:7", "the escape has too few hexadecimal digits"),
    "[a] b\n": ("1:5", "the document has ended above"),
    "%FOO\n---\na: b\n": ("1:1", "the directive is not one that is read"),
    "%YAML 1.3\n---\na: b\n": ("1:1", "the directive is not one that is read"),
}


@pytest.mark.parametrize(("text", "expected"), SYNTAX.items())
def test_syntax(text: str, expected: tuple[str, str], parser: str) -> None:
    """A text that is not YAML gives no documents, and one sentence at the place that is to be mended."""
    done = reading(text, SPEC, parser)
    assert [(at(it), it.message) for it in done.problems] == [(f"{expected[0]} yaml-syntax", expected[1])]
    assert done.documents == ()


@pytest.mark.parametrize("level", [65, 101, 500, 5_000, 50_000])
@pytest.mark.parametrize("shape", ["[", "{a: ", "- ", "? ", "{? ", "[[{a: "])
def test_depth(level: int, shape: str, parser: str) -> None:
    """Deep nesting is one problem, in whatever shape and however deep."""
    for dialect in (SPEC, MANIFEST):
        codes = [it.split()[1] for it in found(shape * level, dialect, parser) if "key-not-text" not in it]
        assert codes in ([["too-deep"]] if level > dialect.depth else [["too-deep"], ["yaml-syntax"], []])


def test_depth_of_blocks(parser: str) -> None:
    """64 levels are read, the 65th is refused where it begins."""
    lines = ["  " * level + "a:" for level in range(65)]
    assert found("\n".join(lines[:64]), SPEC, parser) == []
    assert found("\n".join(lines), SPEC, parser) == ["65:129 too-deep"]
    assert found("\n".join(" " * level + "a:" for level in range(500)), SPEC, parser) == ["65:65 too-deep"]
    assert found("[" * 64 + "]" * 64, SPEC, parser) == []


def test_endless_problems() -> None:
    """A text that is wrong everywhere is given up after 1000 problems."""
    for text in (
        "- no\n" * 5_000,
        "a: 1\n" * 5_000,
        "- &a\n" * 5_000,
        "- '\x07'\n" * 5_000,
        '"' + "\\x07" * 5_000 + '"',
    ):
        done = read(text, "f.yaml", SPEC)
        assert (len(done.problems), done.documents) == (1000, ())


# --------------------------------------------------------------------------------- scalars that readers disagree on

ODD_SCALARS = """
    no No NO yes Yes YES on On ON off Off OFF y Y n N 22:22 1:30 190:20:30 -1:30 1:30.5 0:30 010 08 08080 017 00 -01
    0o17 0b101 0B1 0X1f -0x1F 1_000 0x_1F 1_ 1e3 1E3 1e-3 .5e1 -.5 +.5 1.5e3 1_0.5 .5_0 12e34567 = << 2026-11-23
    2001-12-14t21:59:43.10-05:00 2001-1-1T1:02:03
"""
# Each row is a value, and what is read as it; *text* stands for what was written.
AGREED_SCALARS = """
    True    true  True  TRUE
    False   false  False
    None    ~  null  Null
    0       0
    -1      -1
    1       +1
    80      80
    31      0x1F
    1.36    1.36
    1.0     1.
    0.5     .5
    -1.5    -1.5
    1500.0  1.5e+3
    1.5     01.5
    text    nO  yEs  tRUE  80:80  80 -> 8080  5432/tcp  10.0.0.0/8  1.2.3  2026-1-2  1e  0o8  0xg  _1  +  .  ==  <  nan
    text    y.x  no way  ::1  2001:db8::/32  tcp://10.0.0.0/8:22
"""
# What kubectl 1.32 reads, recorded with its reader, sigs.k8s.io/yaml v1.4.0.
KUBECTL = """
    True     y  on  true  !!bool yes
    False    No  OFF
    None     ~  !!null ''
    8        010
    8.0      08
    15       0o17  0O17
    5        0b101
    -3       -0b11  0b-11
    31       0X1f  0x_1F
    -31      -0x1F
    1000     1_000
    1        1_
    9        +9__
    1000.0   1e3
    5.0      .5e1
    -0.5     -.5
    0.05     .0_5
    5.1      5_.1
    1.36     1.36
    text     22:22  2026-11-23  =  <<  _1  ._5  1e400
    '80'     !!str 80
    80       !!int '80'
    1.0      !!float 1
    1000.5   !!float 1_000.5
    {'a': 1} !!map {a: 1}
    []       !!seq []
    18446744073709551615    18446744073709551615
    18446744073709551616.0  18446744073709551616
    -9223372036854775808.0  -9223372036854775809
"""


def rows(table: str) -> list[tuple[str, object]]:
    """Return each text of a table with its value."""
    fields = [re.split("  +| (?=!!)", line.strip()) for line in table.strip().splitlines()]
    return [(text, text if value == "text" else ast.literal_eval(value)) for value, *texts in fields for text in texts]


@pytest.mark.parametrize("text", ODD_SCALARS.split())
def test_ambiguous(text: str, parser: str) -> None:
    """An unquoted scalar on which readers disagree is refused as key and as value, and the message shows it."""
    source = f"- {text}\n- [a, {text}]\n- {{k: {text}}}\n- {text}: 1\n"
    places = ["1:3", "2:7", "3:7", "4:3"]
    code = "yaml-merge-key" if text == "<<" else "ambiguous-scalar"
    done = reading(source, SPEC, parser)
    assert [at(it) for it in done.problems] == [f"{place} ambiguous-scalar" for place in places[:3]] + [f"4:3 {code}"]
    assert all(f"`{text}` is " in it.message and f'"{text}"' in it.fix for it in done.problems[:3])
    assert {it.place.width for it in done.problems if it.place} == {len(text)}
    assert data(f"['{text}', \"{text}\"]", SPEC, parser) == [text, text]


@pytest.mark.parametrize(("text", "value"), rows(AGREED_SCALARS))
def test_agreed(text: str, value: object, parser: str) -> None:
    """What all readers take for the same value is read, and each of them reads that value."""
    for dialect in Dialect:
        assert repr(data(f"- {text}\n", dialect, parser)) == repr([value])
    assert repr(yaml.safe_load(f"- {text}\n")) == repr([value])
    assert repr(YAML(typ="safe", pure=True).load(f"- {text}\n")) == repr([value])


@given(st.text("0123456789._+-eExXobBnNyYtT:=<~ ", min_size=1, max_size=9))
@settings(max_examples=500)
def test_whatever_is_not_refused_is_agreed(text: str) -> None:
    """A scalar that is not refused has one meaning, to a reader of YAML 1.1 too."""
    source = f"- {text}\n"
    done = read(source, "f.yaml", SPEC)
    if done.problems:
        return
    assert repr(done.documents[0].data) == repr(yaml.safe_load(source))


@pytest.mark.parametrize(("text", "value"), rows(KUBECTL))
def test_manifest_scalars(text: str, value: object, parser: str) -> None:
    """A manifest has the meaning that kubectl gives it."""
    assert repr(data(f"a: {text}\n", MANIFEST, parser)) == repr({"a": value})


# ----------------------------------------------------------------------------------------- anchors in a manifest

ANCHORED = {
    "a: &x {b: 1}\nc: *x\n": {"a": {"b": 1}, "c": {"b": 1}},
    "a: &x 1\nb: [*x, *x]\n": {"a": 1, "b": [1, 1]},
    "&k a: 1\nb: *k\n": {"a": 1, "b": "a"},
    "a: &x b\n*x : c\n": {"a": "b", "b": "c"},
    "a: &x 1\nb: &x 2\nc: *x\n": {"a": 1, "b": 2, "c": 2},
    "a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}\n": {"a": {"b": 1, "c": 2}, "d": {"b": 1, "c": 3}},
    # Not as PyYAML has it: to kubectl a merge key overrides the keys that stand before it.
    "a: {c: 3, <<: {b: 1, c: 2}, b: 4}\n": {"a": {"c": 2, "b": 4}},
    "a: {<<: [{b: 1}, {b: 2, c: 2}]}\n": {"a": {"b": 1, "c": 2}},
    "a: &x {<<: {b: 1}}\nc: {<<: *x, d: 1}\n": {"a": {"b": 1}, "c": {"b": 1, "d": 1}},
    "a: {'<<': {b: 1}}\n": {"a": {"<<": {"b": 1}}},
    "80: a\non: b\n0x10: c\n": {"80": "a", "true": "b", "16": "c"},
}


@pytest.mark.parametrize(("text", "expected"), ANCHORED.items())
def test_anchors_in_a_manifest(text: str, expected: object, parser: str) -> None:
    """Anchors, aliases, merge keys and keys of other types mean in a manifest what they mean to kubectl."""
    assert data(text, MANIFEST, parser) == expected


MANIFEST_REFUSED = {
    "a: *x\n": ["1:4 yaml-syntax"],
    "a: &x [*x]\n": ["1:8 yaml-syntax"],
    "a: &x {b: {c: *x}}\n": ["1:15 yaml-syntax"],
    "a: &x 1\n---\nb: *x\n": ["3:4 yaml-syntax"],
    "a: {<<: 5}\nb: {<<: [{c: 1}, d]}\n": ["1:5 bad-value", "2:5 bad-value"],
    "a: !!int x\nb: !!bool 1\n": ["1:4 bad-value", "2:4 bad-value"],
    "a: .nan\nb: -.inf\n": ["1:4 bad-value", "2:4 bad-value"],
    "a: 1\na: 2\n": ["2:1 duplicate-key"],
    "on: 1\ntrue: 2\n": ["2:1 duplicate-key"],
    "80: a\n'80': b\n": ["2:1 duplicate-key"],
    "~: a\n1.5: b\n? [c]\n: d\n": ["1:1 key-not-text", "2:1 key-not-text", "3:3 key-not-text"],
}


@pytest.mark.parametrize(("text", "expected"), MANIFEST_REFUSED.items())
def test_refused_in_a_manifest(text: str, expected: list[str], parser: str) -> None:
    """A manifest is refused where kubectl would refuse it or drop a key."""
    assert found(text, MANIFEST, parser) == expected


def bomb(levels: int, first: str, repeat: str) -> str:
    """Build a text in which each level repeats the one before."""
    lines = [f"a0: &a0 {first}"]
    lines += [f"a{n}: &a{n} {repeat.format(alias=f'*a{n - 1}', n=n)}" for n in range(1, levels + 1)]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("levels", [9, 18, 30])
@pytest.mark.parametrize(
    ("first", "repeat"),
    [
        ("[x]", "[{alias}, {alias}, {alias}, {alias}, {alias}, {alias}, {alias}, {alias}, {alias}]"),
        ("{x: 1}", "{{k{n}: {alias}, l{n}: {alias}, m{n}: {alias}}}"),
        ("{x: 1}", "{{<<: [{alias}, {alias}, {alias}], k{n}: 1}}"),
    ],
)
def test_alias_bombs(levels: int, first: str, repeat: str, parser: str) -> None:
    """Aliases that unfold to more than 10,000 values a KiB are one problem."""
    codes = [it.split()[1] for it in found(bomb(levels, first, repeat), MANIFEST, parser)]
    assert codes == ["too-large"]
    assert set(found(bomb(levels, first, repeat), SPEC, parser)) != set()


def test_deep_aliases(parser: str) -> None:
    """Levels are counted with the aliases unfolded."""
    assert found(bomb(98, "[x]", "[{alias}]"), MANIFEST, parser) == []
    assert found(bomb(99, "[x]", "[{alias}]"), MANIFEST, parser) == ["100:12 too-deep"]


# ------------------------------------------------------------------------------------------------------- places

SPOTS = """\
a: "text"
b: {c: 8080, d: 'it''s', 'e f': [x, 10.0.0.0/8]}
g:
  - plain words # note
  - |
    block
  - "one
    two"
h:
i: {j: , k: ~}
l: first
  second
"""


@pytest.mark.parametrize(
    ("path", "value", "key", "written"),
    [
        ((), (1, 1, 1), (1, 1, 1), ""),
        (("a",), (1, 4, 6), (1, 1, 1), '"text"'),
        (("b",), (2, 4, 1), (2, 1, 1), ""),
        (("b", "c"), (2, 8, 4), (2, 5, 1), "8080"),
        (("b", "d"), (2, 17, 7), (2, 14, 1), "'it''s'"),
        (("b", "e f"), (2, 33, 1), (2, 26, 5), ""),
        (("b", "e f", 1), (2, 37, 10), (2, 37, 10), "10.0.0.0/8"),
        (("g", 0), (4, 5, 11), (4, 5, 11), "plain words"),
        (("g", 1), (5, 5, 1), (5, 5, 1), "|"),
        (("g", 2), (7, 5, 4), (7, 5, 4), '"one'),
        (("h",), (9, 3, 1), (9, 1, 1), ""),
        (("i", "j"), (10, 7, 1), (10, 5, 1), ""),
        (("i", "k"), (10, 13, 1), (10, 10, 1), "~"),
        (("l",), (11, 4, 5), (11, 1, 1), "first"),
        # What the text does not have is placed at what lies around it.
        (("b", "z"), (2, 4, 1), (2, 4, 1), ""),
        (("b", "c", "z"), (2, 8, 4), (2, 8, 4), ""),
        (("g", 9), (4, 3, 1), (4, 3, 1), ""),
    ],
)
def test_spots(path: tuple[str | int, ...], value: tuple[int, ...], key: tuple[int, ...], written: str) -> None:
    """A spot gives the place of value and key with the length on that line, and the scalar as written."""
    spot = only(SPOTS).spot(*path)
    places = [(it.line, it.column, it.width) for it in (spot.value(), spot.key())]
    assert (*places, spot.written()) == (value, key, written)
    assert spot.value().file == "f.yaml"
    assert spot.value().text == SPOTS.splitlines()[value[0] - 1]


@pytest.mark.parametrize(
    ("text", "part", "expected"),
    [
        ("a: web/api:80\n", (4, 3), (8, 3)),
        ("a: web/api:80\n", (8, None), (12, 2)),
        ("a: 'web/api'\n", (4, 3), (9, 3)),
        ('a: "web/api" # x\n', (4, None), (9, 3)),
        ("a: web\n", (1, 99), (5, 2)),
        ("a: web\n", (99, 1), (7, 1)),
        ("a: 08080\n", (1, 2), (5, 2)),
        ('a: "w\\x65b"\n', (1, 1), (4, 8)),
        ("a: 'it''s'\n", (1, 1), (4, 7)),
        ("a: one\n  two\n", (1, 1), (4, 3)),
    ],
)
def test_parts(text: str, part: tuple[int, int | None], expected: tuple[int, int]) -> None:
    """A part of a scalar has a place where each character stands for itself; else the whole is the place."""
    place = only(text).spot("a").value(*part)
    assert (place.column, place.width) == expected


def test_places_in_a_manifest() -> None:
    """A place comes from the text: at an alias it ends, and a duplicate or merged key shifts nothing."""
    text = "a: &x {b: [1, 2]}\nc: *x\nd: {<<: *x, e: 1}\n80: !!str 5\non: 6\n"
    spot = only(text, MANIFEST).spot
    assert [spot(*path).value().line for path in [("a", "b", 1), ("c", "b", 1), ("d", "e"), ("80",), ("true",)]] == [
        *(1, 2, 3, 4, 5),
    ]
    assert (spot("c").written(), spot("80").written(), spot("d", "b").value().column) == ("*x", "5", 4)
    assert (spot("80").key().width, spot("true").key().width) == (2, 2)
    shifted = only("a: {b: 1, b: {c: [2]}, d: 3}\n? [x, y]\n: z\ne: 4\n")
    assert shifted.data == {"a": {"b": 1, "d": 3}, "e": 4}
    assert (shifted.spot("a", "d").value().column, shifted.spot("e").key().line) == (27, 4)


def test_first_duplicate_is_named() -> None:
    """The note of a duplicate names the line of the first one, the data keeps it."""
    done = read("a:\n  b: 1\n  c: 2\n  b: 3\n", "f.yaml", SPEC)
    assert [it.notes for it in done.problems] == [("it stands first in line 2",)]
    assert done.documents[0].data == {"a": {"b": 1, "c": 2}}


def test_shown_lines_are_harmless() -> None:
    """The line of a place has no tabs and no hidden characters, and its columns are those of the text."""
    text = 'a: "\t\t\x1b\u202e", b\n'
    (*_, problem) = read(text, "f.yaml", SPEC).problems
    assert problem.place is not None
    assert problem.place.text == 'a: "  \ufffd\ufffd", b'


def test_spots_are_values() -> None:
    """Spots of one document are equal when their paths are, and go on to what lies inside."""
    document = only("a: [b]\n")
    assert document.spot("a", 0) == document.spot("a").at(0) == Spot(document, ("a", 0))
    assert document.spot("a") != only("a: [b]\n").spot("a")


# ------------------------------------------------------------------------------------------------- random texts

KEYS = st.sampled_from([*"abcdefgh", "two words", "'quoted'", '"double"', "app.kubernetes.io/name", "é", "k-1"])
SCALARS = st.sampled_from(
    [
        *("web", "80", "-1", "0", "1.5", "true", "~", "null", "x y z", "80:80", "http://h:80/p", "0x1F", "é", "''"),
        *("'it''s'", '"q"', '"a\\tb\\u00e9"', "'80'", '"no"', "10.0.0.0/8", "a#b", "payments/api:grpc", "1.2.3"),
        *('"two\n   lines"', "'# no comment'", "'a: b'", "80 -> 8080", "a,b/c"),
    ]
)
Node = str | tuple[str, ...]
"""A value: text that stands behind its key or dash, or lines that stand below it."""


def flow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Build lists and maps on one line."""
    safe = inner.filter(lambda text: not text.startswith("a,b"))
    maps = st.dictionaries(KEYS, safe, max_size=3)
    return st.lists(safe, max_size=3).map(lambda items: f"[{', '.join(items)}]") | maps.map(
        lambda items: "{" + ", ".join(f"{key}: {value}" for key, value in items.items()) + "}"
    )


def block(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    """Build lists and maps over several lines."""
    comment = st.sampled_from(["", "", " # note", "\n"])
    maps = st.dictionaries(KEYS, st.tuples(inner, comment), min_size=1, max_size=4)
    lists = st.lists(st.tuples(inner, comment), min_size=1, max_size=3)
    return maps.map(lambda items: tuple(lines((f"{key}:", *it) for key, it in items.items()))) | lists.map(
        lambda items: tuple(lines(("-", *it) for it in items))
    )


def lines(items: Any) -> Iterator[str]:
    """Lay out items behind their heads."""
    for head, node, comment in items:
        if isinstance(node, str):
            yield f"{head} {node}"
        elif node[0] == "|":
            yield f"{head} |"
            yield from (f"  {line}" for line in node[1:])
        else:
            yield f"{head}{comment}"
            yield from (f"  {line}" for line in node)


def joined(node: Node) -> str:
    """Return a document of the lines of *node*."""
    return "".join(f"{line}\n" for line in node)


FLOW = st.recursive(SCALARS, flow, max_leaves=6)
BLOCK = st.recursive(FLOW | st.just(("|", "t", "u")), block, max_leaves=20)
TEXTS = st.lists(block(BLOCK), min_size=1, max_size=2).map(lambda them: "---\n".join(map(joined, them)))


@given(TEXTS)
def test_the_data_is_that_of_yaml_1_2(text: str) -> None:
    """Where nothing is refused, another reader of YAML 1.2 reads the same data, with either parser."""
    expected = repr(list(YAML(typ="safe", pure=True).load_all(io.StringIO(text))))
    for parser in PARSERS:
        for dialect in (SPEC, MANIFEST):
            done = reading(text, dialect, parser)
            assert done.problems == ()
            assert repr([document.data for document in done.documents]) == expected


@given(TEXTS)
def test_the_places_are_those_of_the_nodes(text: str) -> None:
    """Every key and value has the place that PyYAML's nodes have."""
    nodes = list(yaml.compose_all(text, yaml.CSafeLoader))
    for parser in PARSERS:
        documents = reading(text, SPEC, parser).documents
        assert [places(document) for document in documents] == [dict(marks(node)) for node in nodes]


def places(document: Document) -> dict[tuple[Any, ...], tuple[int, int]]:
    """Return the line and column of each value, and of each key under its path and a star."""
    gathered = {}
    todo: list[tuple[tuple[Any, ...], object]] = [((), document.data)]
    while todo:
        path, node = todo.pop()
        spot = document.spot(*path)
        gathered[path] = (spot.value().line, spot.value().column)
        if path and isinstance(path[-1], str):
            gathered[(*path, "*")] = (spot.key().line, spot.key().column)
        if isinstance(node, (dict, list)):
            members = node.items() if isinstance(node, dict) else enumerate(node)
            todo += [((*path, step), child) for step, child in members]
    return gathered


def marks(node: yaml.Node, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], tuple[int, int]]]:
    """Give the same from the nodes of PyYAML."""
    yield path, (node.start_mark.line + 1, node.start_mark.column + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*path, key.value)
            yield (*inner, "*"), (key.start_mark.line + 1, key.start_mark.column + 1)
            yield from marks(value, inner)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield from marks(value, (*path, number))


PIECES = st.sampled_from(
    [
        *("a", "key", "80", "no", "~", "'", '"', "'q'", '"d"', "\\", "|\n  t\n", ">-\n  f\n", "[", "]", "{", "}", ","),
        *(": ", ":", "- ", "? ", " ", "\n", "\n  ", "\n    ", "# c\n", "&x ", "*x ", "!!str ", "!t ", "<<: ", "---\n"),
        *("...\n", "é", "=", "@", "%", "`", "\t", "\u2028", "\x1b", "\ud800", "\\ud800", "\\x1b", "010", "%YAML 1.2\n"),
    ]
)
BROKEN = st.lists(PIECES, max_size=25).map("".join) | st.tuples(TEXTS, PIECES, st.integers(0, 200)).map(
    lambda it: it[0][: it[2]] + it[1] + it[0][it[2] :]
)


@given(BROKEN | st.text() | st.binary(), st.sampled_from(Dialect))
@settings(max_examples=500)
def test_nothing_is_raised(text: str | bytes, dialect: Dialect) -> None:
    """Whatever a text holds, the answer is documents and problems of known codes, each at a place of the text."""
    for parser in PARSERS:
        done = reading(text, dialect, parser)
        for problem in done.problems:
            assert problem.code in CODES
            assert problem.place is not None
            assert 1 <= problem.place.column <= len(problem.place.text) + 1
            assert "\n" not in problem.message
        assert [places(document) for document in done.documents] != [{}]


@given(BROKEN, st.sampled_from(Dialect))
@settings(max_examples=500)
def test_the_parsers_agree(text: str, dialect: Dialect) -> None:
    """What both parsers read without a problem they read alike, data and places."""
    with_libyaml, pure = (reading(text, dialect, parser) for parser in PARSERS)
    if with_libyaml.problems or pure.problems:
        return
    assert [repr(it.data) for it in with_libyaml.documents] == [repr(it.data) for it in pure.documents]
    assert [places(it) for it in with_libyaml.documents] == [places(it) for it in pure.documents]


def test_nothing_else_reads_yaml() -> None:
    """The package loads YAML nowhere but here, and here by events only."""
    loads = re.compile(r"yaml\.\w*(load|compose|parse)\w*\(|full_load|unsafe_load|YAML\(")
    files = sorted(Path(netgen.__file__).parent.rglob("*.py"))
    assert [file.name for file in files if loads.search(file.read_text(encoding="utf-8"))] == []


def test_the_fastest_parser_is_used() -> None:
    """`read` gives what libyaml gives, in both dialects."""
    for dialect in (SPEC, MANIFEST):
        assert read(PLAIN, "f.yaml", dialect).documents[0].data == reading(PLAIN, dialect).documents[0].data
