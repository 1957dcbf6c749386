"""Whatever netgen prints, every YAML reader gets back."""

from __future__ import annotations

import io
import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from markupsafe import Markup
from ruamel.yaml import YAML

from hostile import HARD
from netgen.quoting import block, comment, scalar

TEXTS = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(HARD)
TREES = st.recursive(
    TEXTS | st.booleans() | st.integers(-(2**53), 2**53),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def ruamel(text: str) -> Any:
    """Read *text* as YAML 1.2."""
    return YAML(typ="safe", pure=True).load(io.StringIO(text))


READERS: dict[str, Callable[[str], Any]] = {
    "PyYAML": yaml.safe_load,
    "libyaml": lambda text: yaml.load(text, yaml.CSafeLoader),
    "ruamel": ruamel,
}


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_every_hard_text_is_read_back_as_value_and_as_key(reader: Callable[[str], Any]) -> None:
    """Texts that look like something else stay texts, wherever they stand."""
    text = "values:\n" + "".join(f"  - {scalar(hard)}\n" for hard in HARD)
    text += "keys:\n" + "".join(f"  {scalar(hard)}: {number}\n" for number, hard in enumerate(HARD))
    assert reader(text) == {"values": list(HARD), "keys": {hard: number for number, hard in enumerate(HARD)}}


@given(TREES)
@example({"<<": {"=": "="}, "y": [True, "true", 0, "0"]})
def test_every_tree_is_read_back(tree: Any) -> None:
    """Maps and lists of any depth mean the same to three readers."""
    text = f"before: x\nprinted: {scalar(tree)}\nafter: x\n"
    assert {name: read(text) for name, read in READERS.items()} == {
        name: {"before": "x", "printed": tree, "after": "x"} for name in READERS
    }


@given(TREES)
@example({"<<": [[], [{}, [["-"], {"?": {"": [{"a": 1, "b": [2]}]}}]]]})
def test_every_tree_is_read_back_from_lines(tree: Any) -> None:
    """Printed in block style it means the same to three readers."""
    whole = {"before": "x", "printed": tree, "after": [tree]}
    text = f"{block(whole)}\n"
    assert {name: read(text) for name, read in READERS.items()} == dict.fromkeys(READERS, whole)


def test_every_hard_text_is_read_back_from_lines() -> None:
    """As key, as value and as item."""
    whole = {"keys": {hard: [hard] for hard in HARD}, "values": [{"a": hard, "b": hard} for hard in HARD]}
    assert {name: read(str(block(whole))) for name, read in READERS.items()} == dict.fromkeys(READERS, whole)


def test_how_a_map_is_printed_in_lines() -> None:
    """An item begins behind its dash; what holds nothing stands behind its key."""
    tree = {"a": {"b": [1, [2, "no"], {"c": True, "d": ["e"]}, {}, []]}, "f": {}}
    assert block(tree).split("\n") == [
        *("a:", "  b:", "    - 1", "    - - 2", '      - "no"', "    - c: true", "      d:", "        - e"),
        *("    - {}", "    - []", "f: {}"),
    ]


@pytest.mark.parametrize("value", [None, 1.5, ["a", None], {"a": {"b": [None]}}, {1: "a"}])
def test_what_readers_do_not_agree_on_is_refused_in_lines(value: object) -> None:
    """A null, a fraction or a key that is no text is a fault, however deep."""
    with pytest.raises(TypeError):
        block({"a": value})


def test_go_reads_back_what_was_printed(kustomize: Callable[[Path], str], tmp_path: Path) -> None:
    """The reader of kubectl and kustomize finds in 10,000 printed texts what it finds in their fully escaped form."""
    dice = random.Random(3)  # noqa: S311 - the same texts in every run
    alphabet = [*"aeEfInNoOxyY01279._-+:/@#&*!|>'\"%~=<,[]{} \n\t", "\xe9", "\u202e", "\U0001f600"]
    texts = sorted({*HARD, *("".join(dice.choices(alphabet, k=dice.randint(1, 6))) for _ in range(10_000))})
    texts = [text for text in texts if not re.search("[\x7f-\x9f\ufffe\uffff]", text)]  # kustomize cannot carry these
    printed = kustomize(folder_of(tmp_path / "printed", [scalar(text) for text in texts]))
    assert printed == kustomize(folder_of(tmp_path / "escaped", [escaped(text) for text in texts]))
    assert printed.count("\n  k") == len(texts)


def folder_of(folder: Path, values: list[str]) -> Path:
    """Write a ConfigMap of *values*; kustomize decodes them and prints them in its own way."""
    folder.mkdir()
    data = "".join(f"  k{number}: {value}\n" for number, value in enumerate(values))
    head = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: texts\ndata:\n"
    (folder / "texts.yaml").write_text(head + data, encoding="utf-8", newline="\n")
    (folder / "kustomization.yaml").write_text("resources: [texts.yaml]\n", encoding="utf-8")
    return folder


def escaped(text: str) -> str:
    """Write *text* with every character as its code point, which leaves nothing to a reader's taste."""
    return '"' + "".join(f"\\U{ord(character):08x}" for character in text) + '"'


@pytest.mark.parametrize(
    "text", ["web", "app.kubernetes.io/name", "/", "/api/v1", "TCP", "a@b", "yesterday", "e3", "x-1.y_z", "a.", "Nope"]
)
def test_harmless_text_stays_plain(text: str) -> None:
    """What every reader takes for text is printed as people write it."""
    assert scalar(text) == text


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        ("no", '"no"'),
        ("NULL", '"NULL"'),
        ("", '""'),
        ("8080", '"8080"'),
        ("*.example.com", '"*.example.com"'),
        ("a\nb", '"a\\nb"'),
        ("a\u2028b", '"a\\u2028b"'),
        ("\x9b", '"\\u009b"'),
        ("a\u202eb", '"a\\u202eb"'),
        ("\ud800", '"\\ud800"'),
        ("\U000e0041", '"\\U000e0041"'),
        ("\U0001f600", '"\U0001f600"'),
        (8080, "8080"),
        (-1, "-1"),
        (True, "true"),
        (False, "false"),
        (["a", 1, "1"], '[a, 1, "1"]'),
        (("a",), "[a]"),
        ({"a": ["b"], "no": {}}, '{a: [b], "no": {}}'),
        (Markup("as: it is"), "as: it is"),
    ],
)
def test_how_values_are_printed(value: object, printed: str) -> None:
    """Each kind of value has one way to be printed."""
    assert scalar(value) == printed


@pytest.mark.parametrize("value", [None, 1.5, float("nan"), b"x", {1}, object(), ["a", None], {"a": None}, {1: "a"}])
def test_what_readers_do_not_agree_on_is_refused(value: object) -> None:
    """A null, a float or an object in a template is a fault, never text."""
    with pytest.raises(TypeError):
        scalar(value)


@given(TEXTS)
def test_printed_text_is_one_printable_line(text: str) -> None:
    """No text brings its line breaks, controls or direction marks into the output."""
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]", scalar([text, {text: text}]))


@given(st.text())
@example("a\nb: c")
@example("\x1b[31m")
def test_a_comment_ends_with_its_line(text: str) -> None:
    """Whatever stands in a comment, the next line is the next line."""
    line = f"# {comment(text)}\nkey: value\n"
    assert line.encode().count(b"\n") == 2
    assert {name: read(line) for name, read in READERS.items()} == {name: {"key": "value"} for name in READERS}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("storefront/web -> checkout/cart:8080", "storefront/web -> checkout/cart:8080"),
        ("two\r\nlines\u2028more\tand more", "two lines more and more"),
        (" edges \n", "edges"),
        ("\x1b[31m \x00 \u202e", "U+001B[31m U+0000 U+202E"),
        ("\ud800\U000e0041", "U+D800U+E0041"),
        ('# "quoted" \xe9', '# "quoted" \xe9'),
    ],
)
def test_how_comments_are_written(text: str, line: str) -> None:
    """Line breaks become spaces, unseen characters their code points, all else stays."""
    assert comment(text) == line


def test_quoted_text_is_json_too() -> None:
    """What is quoted can be read by a JSON reader, but for characters beyond the sixteen bits of its escapes."""
    quoted = [text for text in HARD if scalar(text).startswith('"') and "\\U" not in scalar(text)]
    assert [json.loads(scalar(text)) for text in quoted] == quoted
