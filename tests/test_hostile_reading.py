"""Hostile input (1): what YAML can do to its reader. The hazards H1 to H5, by number.

Each hazard is proved by a section here, or by the tests named below, or by both.

H1   code on load      here, test_source.test_tags, test_nothing_else_reads_yaml
H2   alias bombs       here, test_source.test_alias_bombs, test_deep_aliases
H3   deep nesting      here, test_source.test_depth, test_depth_of_blocks
H4   duplicate keys    here, test_source.test_refused, test_refused_in_a_manifest
H5   YAML 1.1 types    here, test_source.test_ambiguous, test_agreed, test_schema.test_a_wrong_type_is_told_at_the_value
H6   other readers     test_quoting.test_go_reads_back_what_was_printed, test_every_hard_text_is_read_back_...
H7   what Go reads     test_hostile_texts
H8   odd characters    test_hostile_texts, test_source.test_hidden_characters, test_bytes, test_manifest_characters
H9   loose schemas     test_schema: the generated wrong documents, test_the_walk_and_jsonschema_agree
H10  loose addresses   test_hostile_texts, test_forms.test_a_cidr_has_one_spelling, test_evaluate_sets: no CIDR
H11  slow patterns     test_hostile_sizes, test_schema.test_no_pattern_is_slow
H12  size              test_hostile_sizes, test_source.test_bytes, test_endless_problems
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fuzz.judging import judge
from netgen import api
from netgen.problems import NetgenError
from netgen.source import Dialect, read
from netgen.source.anchors import MOST_UNFOLDED_PER_KIB
from test_schema import SLOTS, Slot, sample
from test_source import ODD_SCALARS, bomb

SPEC = """\
apiVersion: netgen.dev/v1alpha1
kind: Connectivity
metadata: {name: shop, namespace: shop}
apps: {web: {port: 8080, calls: [db]}, db: 5432/tcp}
"""
INTENT = api.load("-", stdin=SPEC.encode()).intent
MANIFESTS = api.stream(api.render(INTENT), "yaml")
"""All is well with these; what is put behind them is a part of the last one, a NetworkPolicy."""


def check(text: str) -> list[str]:
    """Return the codes for which *text* is refused as a spec."""
    try:
        api.render(api.load("-", stdin=text.encode()).intent)
    except NetgenError as error:
        return [problem.code for problem in error.problems if problem.code != "no-platform"]
    return []


def import_(text: str) -> list[str]:
    """Return the codes of what keeps manifests from being imported, or from being so as a whole."""
    try:
        found, _ = api.import_manifests(["-"], stdin=text.encode())
    except NetgenError as error:
        return [problem.code for problem in error.problems]
    return [problem.code for problem in found.unsaid]


def reach(text: str) -> list[str]:
    """Return the codes of what keeps manifests from a certain answer."""
    return [problem.code for problem in api.reach(["-"], stdin=text.encode()).unproven]


def verify(text: str) -> list[str]:
    """Return the codes of what keeps manifests from being proved."""
    return [problem.code for problem in api.verify(INTENT, ["-"], stdin=text.encode()).findings]


READERS: dict[str, Callable[[str], list[str]]] = {"import": import_, "reach": reach, "verify": verify}
every_reader = pytest.mark.parametrize("reader", READERS.values(), ids=READERS)


def refused(reader: Callable[[str], list[str]], text: str) -> list[str]:
    """Return what *reader* says of *text*, which takes no great time or memory: judge() measures both."""
    said: list[str] = []
    finding = judge("test", lambda data: said.extend(reader(data.decode())), text.encode())
    assert finding is None, finding.told
    return said


def test_nothing_is_wrong_with_what_is_made_hostile_here() -> None:
    """Else everything would be refused for another reason."""
    assert check(SPEC) == []
    assert [reader(MANIFESTS) for reader in READERS.values()] == [[], [], []]


# ------------------------------------------------------------------------------------------------- H1: code on load


def payloads(file: Path) -> tuple[str, ...]:
    """Return twelve values with tags, each of which would make *file* if it were run, or a value of no plain type."""
    code = f"open({str(file)!r}, 'w')"
    return (
        f"!!python/object/apply:os.system [{json.dumps(f'touch {file}')}]",
        f"!!python/object/apply:builtins.open [{json.dumps(str(file))}, w]",
        f"!!python/object/apply:builtins.eval [{json.dumps(code)}]",
        f"!!python/object/new:os.system [{json.dumps(f'touch {file}')}]",
        f"!!python/object/new:type {{args: [z, [], {{extend: !!python/name:exec }}], listitems: {code!r}}}",
        "!!python/name:os.system ",
        "!!python/module:os ",
        "!!binary aGk=",
        "!!set {a}",
        "!!omap [a: b]",
        "!!timestamp 2026-11-23",
        "!local x",
    )


def test_no_tag_is_run_or_accepted(tmp_path: Path) -> None:
    """H1: 12 tags as a value of a spec and of a policy, through each command: executed 0, accepted 0."""
    file = tmp_path / "run"
    for payload in payloads(file):
        assert "yaml-tag" in check(f"{SPEC}owner: {payload}\n"), payload
        for reader in READERS.values():
            assert reader(f"{MANIFESTS}status: {payload}\n") != [], payload
            assert reader(MANIFESTS.replace("name: web\n", f"name: {payload}\n")) != [], payload
    assert len(set(payloads(file))) == 12
    assert list(tmp_path.iterdir()) == []


# -------------------------------------------------------------------------------------------------- H2: alias bombs

BOMBS = {
    "lists": ("[x]", "[{alias}, {alias}, {alias}, {alias}, {alias}, {alias}, {alias}, {alias}, {alias}]"),
    "maps": ("{x: 1}", "{{k{n}: {alias}, l{n}: {alias}, m{n}: {alias}, n{n}: {alias}}}"),
    "merge keys": ("{x: 1}", "{{<<: [{alias}, {alias}, {alias}, {alias}], k{n}: {alias}}}"),
}
CYCLES = ("a: &a [*a]\n", "a: &a {b: *a}\n", "a: &a {<<: *a}\n", "&a a: &b [&c {d: [*b]}]\n", "? &a [*a]\n: x\n")


def nodes(value: Any) -> int:
    """Return how many values a walk through *value* meets, aliases unfolded."""
    met, waiting = 0, [value]
    while waiting:
        one = waiting.pop()
        met += 1
        waiting += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
    return met


@pytest.mark.parametrize("shape", BOMBS)
def test_no_bomb_goes_off(shape: str) -> None:
    """H2: aliases of 5 to 30 levels, nine and more to a level, are one error; what is let through is small."""
    for levels in range(5, 31):
        text = bomb(levels, *BOMBS[shape])
        reading = read(text, "f.yaml", Dialect.MANIFEST)
        assert [problem.code for problem in reading.problems] in ([], ["too-large"]), levels
        met = sum(nodes(document.data) for document in reading.documents)
        assert met <= MOST_UNFOLDED_PER_KIB * (len(text) // 1024 + 1) + len(text), levels
        assert reading.problems or levels < 8, levels
        assert set(check(SPEC + text)) >= {"yaml-anchor"}


@every_reader
@pytest.mark.parametrize("shape", BOMBS)
def test_a_bomb_is_refused_by_each_command(reader: Callable[[str], list[str]], shape: str) -> None:
    """H2: as a document beside a policy, and as labels of one: an error, in no time and little memory."""
    for levels in (5, 9, 18, 30):
        text = bomb(levels, *BOMBS[shape])
        assert refused(reader, f"{MANIFESTS}---\n{text}") != []
        inside = "".join(f"  {line}\n" for line in text.splitlines())
        assert refused(reader, f"{MANIFESTS}status:\n{inside}") != [] or levels < 9


@every_reader
@pytest.mark.parametrize("text", CYCLES)
def test_an_alias_of_what_is_around_it_is_refused(reader: Callable[[str], list[str]], text: str) -> None:
    """H2: no value contains itself, in either dialect."""
    assert [one.code for one in read(text, "f.yaml", Dialect.MANIFEST).problems if one.code != "key-not-text"] == [
        "yaml-syntax"
    ]
    assert "yaml-anchor" in check(SPEC + text)
    assert refused(reader, f"{MANIFESTS}---\n{text}") != []


def test_the_depth_of_an_anchor_is_that_of_all_inside_it() -> None:
    """H2: an anchor around another one is as high as what stands in the inner one."""
    inner = "[" * 40 + "]" * 40
    text = f"a: &a [&b [{inner}]]\nb: {'[' * 58}*a{']' * 58}\nc: {'[' * 57}*a{']' * 57}\n"
    (problem,) = read(text, "f.yaml", Dialect.MANIFEST).problems
    assert (problem.code, problem.place and problem.place.line) == ("too-deep", 2)


# ------------------------------------------------------------------------------------------------- H3: deep nesting

DEEP = {
    "lists in a row": lambda depth: "[" * depth + "]" * depth,
    "maps in a row": lambda depth: "{a: " * depth + "1" + "}" * depth,
    "both in a row": lambda depth: "[{a: " * (depth // 2) + "1" + "}]" * (depth // 2),
    "lists in lines": lambda depth: "".join("\n" + " " * (4 + 2 * level) + "-" for level in range(min(depth, 600))),
    "dashes": lambda depth: "\n    " + "- " * depth + "x",
    "maps in lines": lambda depth: "".join("\n" + " " * (4 + level) + "a:" for level in range(min(depth, 600))),
    "maps as keys": lambda depth: "\n    " + "? " * depth + "x",
}


@pytest.mark.parametrize("shape", DEEP)
def test_deep_nesting_is_one_error_of_each_command(shape: str) -> None:
    """H3: 65 to 50,000 levels in lists and maps, in a row and in lines: an error, never a traceback."""
    for depth in (65, 101, 500, 5_000, 50_000):
        value = DEEP[shape](depth)
        codes = set(refused(check, f"{SPEC}x: {value}\n")) - {"key-not-text"}
        assert codes & {"too-deep", "unknown-key", "yaml-syntax"}, depth
        for reader in READERS.values():
            assert refused(reader, f"{MANIFESTS}status: {value}\n") != [] or depth < 100, depth


@pytest.mark.parametrize("shape", ["lists in a row", "maps in a row", "both in a row", "dashes", "maps in lines"])
def test_what_is_as_deep_as_may_be_is_read_by_each_command(shape: str) -> None:
    """H3: just below the limit everything walks through it: where it means nothing, and where it is refused."""
    for deep in (58, 90):
        value = DEEP[shape](deep)
        if deep < 64:
            assert refused(check, f"{SPEC}x: {value}\n") == ["unknown-key"]
        for reader in READERS.values():
            assert refused(reader, f"{MANIFESTS}status: {value}\n") == []
            assert refused(reader, MANIFESTS.replace("name: web\n", f"name: {'[' * deep + ']' * deep}\n")) != []


# ----------------------------------------------------------------------------------------------- H4: duplicate keys

KEYS = [slot for slot in SLOTS if slot.path and isinstance(slot.path[-1], str)]
MAPS = [slot for slot in SLOTS if isinstance(slot.node.get("additionalProperties"), dict)]


def twice(value: Any, path: tuple[str | int, ...], other: str) -> str:
    """Return *value* in flow style, the key at *path* standing there twice, the second time written as *other*."""
    if isinstance(value, list):
        inner = (twice(item, path[1:] if path[:1] == (n,) else (), other) for n, item in enumerate(value))
        return f"[{', '.join(inner)}]"
    if not isinstance(value, dict):
        return json.dumps(value)
    items = []
    for key, item in value.items():
        here = path[:1] == (key,)
        items.append(f"{json.dumps(key)}: {twice(item, path[1:] if here else (), other)}")
        if here and len(path) == 1:
            items.append(f"{other}: {json.dumps(item)}")
    return f"{{{', '.join(items)}}}"


def same_keys(key: str) -> Iterator[str]:
    """Yield other ways to write *key*."""
    yield json.dumps(key)
    yield f"'{key}'"
    yield f'"\\x{ord(key[0]):02x}{key[1:]}"'


@pytest.mark.parametrize("slot", {str(slot): slot for slot in KEYS}.values(), ids=str)
def test_a_key_that_stands_twice_is_told(slot: Slot) -> None:
    """H4: at every map of the schemas, each of its keys, the second time in other quotes: silent losses 0."""
    document, key = slot.around(sample(slot.node)), str(slot.path[-1])
    for other in same_keys(key):
        text = twice(document, slot.path, other)
        assert [problem.code for problem in read(text, "f.yaml", Dialect.SPEC).problems] == ["duplicate-key"], text
    assert "duplicate-key" in check(text)


@pytest.mark.parametrize("slot", {str(slot): slot for slot in MAPS}.values(), ids=str)
def test_keys_that_are_equal_once_they_are_text_are_told(slot: Slot) -> None:
    """H4: `80` and `"80"`, at every map whose keys are names; an object of a cluster is refused for it too."""
    item = json.dumps(sample(slot.node["additionalProperties"]))
    marker = json.dumps({"MARK": 1})
    for first, second in (("80", '"80"'), ("'80'", "80"), ("true", "'true'")):
        text = twice(slot.around({"MARK": 1}), (), "").replace(marker, f"{{{first}: {item}, {second}: {item}}}")
        codes = [problem.code for problem in read(text, "f.yaml", Dialect.SPEC).problems]
        assert sorted(codes) == ["duplicate-key", "key-not-text"], text
        assert [problem.code for problem in read(text, "f.yaml", Dialect.MANIFEST).problems] == ["duplicate-key"], text


# ------------------------------------------------------------------------------------------------ H5: YAML 1.1 types

SCALARS = [one for one in ODD_SCALARS.split() if one != "<<"]
PLACES = [slot for slot in SLOTS if slot.node.get("type") in ("string", "integer", "boolean") and slot.path]
MARK = "here-stands-a-scalar"


def test_no_scalar_means_another_thing_than_is_written() -> None:
    """H5: scalars on which readers differ, five in every place of the schemas: an error; wrong meaning 0."""
    for number, slot in enumerate(PLACES):
        text = twice(slot.around(MARK), (), "")
        for written in (SCALARS[(5 * number + step) % len(SCALARS)] for step in range(5)):
            found = read(text.replace(json.dumps(MARK), written), "f.yaml", Dialect.SPEC).problems
            assert [problem.code for problem in found] == ["ambiguous-scalar"], (written, text)
            assert f'"{written}"' in found[0].fix
    assert len(SCALARS) > 49
    assert len(PLACES) > 150


def test_nothing_is_no_empty_list() -> None:
    """H5: `~`, `null` and no value at all are an error where a list or map is due, and never everybody or nobody."""
    for nothing in ("", "~", "null", "Null"):
        for place in ("apps: ", "peers: ", "apps:\n  web: ", "apps:\n  web:\n    calls: ", "apps: {web: {accepts: N}}"):
            text = SPEC.replace("apps: {web: {port: 8080, calls: [db]}, db: 5432/tcp}\n", "") + place
            text = text.replace("N", nothing) if "N}" in text else text + nothing
            assert check(text + "\n") in (["wrong-type"], ["wrong-type", "no-spec"]), text
