"""The gate: what has the shape of its schema passes, and each fault of a shape is one problem at its place."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError, validators

from netgen.problems import Problem
from netgen.source import Dialect, read
from netgen.spec.schema import KINDS, published, shape, sound, validate
from netgen.spec.schema.later import LATER
from netgen.spec.schema.shape import ANNOTATIONS, FORMS, KEYWORDS, TYPES, compiled

Schema = dict[str, Any]
Path = tuple[str | int, ...]

# ---------------------------------------------------------------------------------------------- documents and places


def block(value: Any, indent: str = "") -> str:
    """Return *value* as YAML in block style, in which each member stands on a line of its own."""
    if isinstance(value, dict) and value:
        return "".join(f"\n{indent}{json.dumps(key)}:{block(item, indent + '  ')}" for key, item in value.items())
    if isinstance(value, list) and value:
        return "".join(f"\n{indent}-{block(item, indent + '  ')}" for item in value)
    return f" {json.dumps(value)}"


def judge(text: str) -> tuple[Problem, ...]:
    """Return what the gate says of the only document of *text*."""
    reading = read(text, "spec.yaml", Dialect.SPEC)
    assert reading.problems == ()
    (document,) = reading.documents
    return validate(document)


def told(text: str) -> list[str]:
    """Return the `line:column code` lines of what the gate says of *text*."""
    return [f"{p.place.line}:{p.place.column} {p.code}" for p in judge(text) if p.place]


def where(text: str, path: Path, *, key: bool) -> str:
    """Return the `line:column` of the key or value at *path*, as PyYAML has it."""
    found: Any = (None, yaml.compose(text))
    for step in path:
        node = found[1]
        found = (None, node.value[step]) if isinstance(step, int) else next(p for p in node.value if p[0].value == step)
    mark = (found[0] if key and found[0] else found[1]).start_mark
    return f"{mark.line + 1}:{mark.column + 1}"


def sample(node: Schema) -> Any:
    """Return a value that the schema *node* takes."""
    if "examples" in node:
        return node["examples"][0]
    if "anyOf" in node:
        return sample(node["anyOf"][0])
    if node["type"] == "array":
        return [sample(node["items"])]
    if "properties" in node:
        return {name: sample(node["properties"][name]) for name in node.get("required", ())}
    if node["type"] == "object":
        return {sample(node["propertyNames"]): sample(node["additionalProperties"])}
    return node["const"] if "const" in node else node["enum"][0]


@dataclass(frozen=True)
class Slot:
    """A place that a schema describes: its *path* in the document that *around* makes of a value put there."""

    kind: str
    node: Schema
    path: Path
    around: Callable[[Any], Any]

    def __str__(self) -> str:
        return f"{self.kind}:{'.'.join(map(str, self.path))}"

    def text(self, value: Any) -> str:
        """Return a document, in order otherwise, with *value* at this place."""
        return block(self.around(value))


def slots(slot: Slot) -> Iterator[Slot]:
    """Yield *slot* and every place below it."""
    yield slot
    node, around = slot.node, slot.around
    for choice in node.get("anyOf", ()):
        yield from slots(Slot(slot.kind, choice, slot.path, around))
    if "items" in node:
        yield from slots(Slot(slot.kind, node["items"], (*slot.path, 0), lambda value: around([value])))
    needed = {name: sample(node["properties"][name]) for name in node.get("required", ())}
    inner = dict(node.get("properties", {}))
    if isinstance(node.get("additionalProperties"), dict):
        inner[sample(node["propertyNames"])] = node["additionalProperties"]
    for name, member in inner.items():
        yield from slots(Slot(slot.kind, member, (*slot.path, name), _inside(around, needed, name)))


def _inside(around: Callable[[Any], Any], needed: dict[str, Any], name: str) -> Callable[[Any], Any]:
    return lambda value: around(needed | {name: value})


SLOTS = [slot for kind in KINDS for slot in slots(Slot(kind, shape(kind), (), lambda value: value))]
CLOSED = [slot for slot in SLOTS if slot.node.get("additionalProperties") is False]
every_slot = pytest.mark.parametrize("slot", SLOTS, ids=str)
every_closed_map = pytest.mark.parametrize("slot", CLOSED, ids=str)


def types(node: Schema) -> set[type]:
    """Return the Python types of the values that *node* can take."""
    return {TYPES[choice["type"]] for choice in node.get("anyOf", [node])}


# ---------------------------------------------------------------------------------------------------------- schemas


def nodes(node: Any) -> Iterator[Schema]:
    """Yield *node* and every schema inside it."""
    yield node
    inner = [*node.get("anyOf", ())]
    for keyword in ("$defs", "properties", "dependentSchemas"):
        inner += node.get(keyword, {}).values()
    for keyword in ("items", "propertyNames", "additionalProperties", "not", "if", "then", "else"):
        inner += [node[keyword]] if isinstance(node.get(keyword), dict) else []
    for schema in inner:
        yield from nodes(schema)


PUBLISHED: dict[str, Schema] = {kind: json.loads(published(kind)) for kind in KINDS}
NODES = [(kind, node) for kind in KINDS for node in nodes(PUBLISHED[kind])]


def target(kind: str, node: Schema) -> Schema:
    """Return *node* over the definition that it refers to, if it does."""
    name = node.get("$ref", "").removeprefix("#/$defs/")
    return PUBLISHED[kind]["$defs"][name] | node if name else node


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_valid_and_has_no_network_address(kind: str) -> None:
    """Each schema passes the metaschema of draft 2020-12, and its name is no URL."""
    schema = PUBLISHED[kind]
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:netgen:{kind.lower()}:v1alpha1"
    assert schema["properties"]["kind"]["const"] == kind


def test_a_schema_has_no_keyword_that_nobody_judges() -> None:
    """A misspelt keyword would be ignored by every validator, so the schemas use only those that the gate knows."""
    known = ANNOTATIONS.union(*KEYWORDS.values()) - {"x-editor"} | {"$ref", "not", "if", "then", "else"}
    assert {key for _, node in NODES for key in node} - known == set()


def test_a_keyword_the_gate_does_not_know_is_refused() -> None:
    """A schema with a keyword that the fast walk would ignore cannot be compiled."""
    with pytest.raises(ValueError, match="maxLength"):
        compiled({"type": "string", "maxLength": 3})


def test_every_map_is_closed_or_says_what_its_members_are() -> None:
    """No map of the schemas takes just anything, but for the objects of Kubernetes under `raw`."""
    maps = [node for _, node in NODES if node.get("type") == "object"]
    assert [node["title"] for node in maps if not isinstance(node.get("additionalProperties"), dict | bool)] == []
    assert [node["title"] for node in maps if node["additionalProperties"] is True] == ["raw object", "raw spec"]
    assert all("propertyNames" in node for node in maps if isinstance(node["additionalProperties"], dict))


def test_every_property_is_described_and_has_examples_that_fit() -> None:
    """An editor can show for each key what it means and offer a value; the values pass the gate and the patterns."""
    for kind, node in NODES:
        for name, member in node["properties"].items() if {"type", "properties"} <= set(node) else ():
            assert member.get("description"), (kind, name)
            assert member.get("examples"), (kind, name)
    for kind, node in NODES:
        strict = Draft202012Validator({**target(kind, node), "$defs": PUBLISHED[kind]["$defs"]})
        for value in [*node.get("examples", []), *([node["default"]] if "default" in node else [])]:
            assert list(strict.iter_errors(value)) == [], (kind, node.get("title"), value)


def test_no_branch_hides_what_its_property_says() -> None:
    """An editor shows the description of the branch that a value takes, if it has one, instead of the property's."""
    for kind, node in NODES:
        for name, member in node.get("properties", {}).items():
            for choice in member.get("anyOf", ()):
                assert not target(kind, choice).keys() & {"description", "markdownDescription"}, (kind, name)


@every_slot
def test_examples_and_defaults_pass_the_gate(slot: Slot) -> None:
    """What the schema shows for a place is accepted there."""
    for value in [*slot.node.get("examples", []), *([slot.node["default"]] if "default" in slot.node else [])]:
        assert told(slot.text(value)) == []


def test_every_short_form_of_the_language_passes_its_pattern() -> None:
    """The patterns, which editors judge, take every text that the grammar takes."""
    texts = {
        "port": "8080|80->8080|80 -> 8080|53/udp|9/sctp|80 -> 8080/http|443/https|9090/grpc|443/tls|5432/tcp",
        "target": "db|payments/api|payments/api:grpc|payments/api:8080|db:53/udp|here/*|logging/*:4317|any|any:443"
        "|internet|internet:443|cluster/apiserver|tcp://10.20.0.0/16:1433|https://203.0.113.7|tcp://[2001:db8::]/32:443"
        "|https://api.stripe.com|https://*.mailgun.net|external/erp",
        "external": "tcp://10.20.0.0/16:1433|https://api.stripe.com|https://*.mailgun.net|tcp://[2001:db8::]/32:443",
        "caller": "web|storefront/web|here/*|storefront/*|any|internet|cluster/apiserver|cluster/nodes|10.1.2.3"
        "|10.0.0.0/8|2001:db8::/32|external/erp",
        "grant": "grpc|main|a1",
        "port-word": "grpc|53/udp|8080",
        "expose": "https://shop.example.com|http://a.b/c?d|loadBalancer|nodePort|nodePort 30080",
        "url": "https://shop.example.com/api/*|http://*.example.com",
        "dns": "kube-system/k8s-app=kube-dns|kube-system/k8s-app=kube-dns:5353|169.254.20.10|10.0.0.10:5353|fd00::a"
        "|[fd00::a]:53|dns/app.kubernetes.io/name=x",
        "scrape": "monitoring/app.kubernetes.io/name=prometheus|m/a=b,c=d",
        "cidr": "10.1.2.0/24|10.1.2.3|2001:db8::/32|::1",
        "tls": "controller|secret shop-tls|cert-manager/letsencrypt",
        "controller": "traefik|ingress-nginx",
        "gateway": "infra/partner:https|infra/public|a/b.c:d-1",
        "address": "192.168.10.2:6443|[2001:db8::2]:6443",
        "claim": "a -> b|a->b:80|any except web and shop/web -> here/*:53/udp|internet -> payments/db"
        "|any -> [2001:db8::]/32:443|any -> https://*.example.com:8443",
        "claim-side": "web|shop/web|here/*|any|internet|10.0.0.0/8|2001:db8::7|cluster/nodes|external/erp",
        "claim-target": "web|shop/web:http|here/*:80|internet:443|[2001:db8::]/32:443|https://*.example.com|tcp://10.0.0.0/8",
        "path": "/|/orders/*/items/**",
    }
    patterns = {(node["x-form"], node["pattern"]) for _, node in NODES if "x-form" in node and "pattern" in node}
    assert {form for form, _ in patterns} == set(texts)
    for form, pattern in patterns:
        for text in texts[form].split("|"):
            assert re.fullmatch(pattern, text), (form, text)
    claims = [pattern for form, pattern in patterns if form == "claim"]
    assert all(re.fullmatch(pattern, "web -> db:http GET|POST /a/**") for pattern in claims)


def test_alternatives_are_told_apart_by_type_or_by_one_key() -> None:
    """No value has to be tried against several branches: types differ, and maps of one choice by a required key."""
    for kind, node in NODES:
        branches = [target(kind, choice) for choice in node.get("anyOf", ())]
        maps = [branch for branch in branches if branch["type"] == "object"]
        others = [branch["type"] for branch in branches if branch["type"] != "object"]
        assert len(set(others)) == len(others)
        if len(maps) > 1:
            assert len({branch["required"][0] for branch in maps}) == len(maps)
            assert all(branch["additionalProperties"] is False for branch in maps)
    assert not any("oneOf" in node or "allOf" in node for _, node in NODES)


def test_a_keyword_beside_a_reference_does_not_hide_one() -> None:
    """Beside `$ref` the gate lets the nearer keyword win; a validator takes both, so no judging keyword is repeated."""
    for kind, node in NODES:
        if "$ref" in node:
            there = PUBLISHED[kind]["$defs"][node["$ref"].removeprefix("#/$defs/")]
            assert set(node) & set(there) <= ANNOTATIONS


PATTERNS = sorted({node["pattern"] for _, node in NODES if "pattern" in node})


@pytest.mark.parametrize("pattern", PATTERNS)
def test_no_pattern_is_slow(pattern: str) -> None:
    """No repetition holds another, and 50,000 of the worst letters take no time that grows faster than they do."""
    assert pattern.startswith("^")
    assert pattern.endswith("$")
    assert pattern.isascii()
    assert "\\d" not in pattern
    assert "\\w" not in pattern
    assert _nested(importlib.import_module("re._parser").parse(pattern)) is False
    check = compiled({"type": "string", "pattern": pattern})
    started = time.process_time()
    for unit in ("a", "-", ".", "0", "/", " ", ":", "a-", "a.", "0 ", "a/", "-a", "secret ", "https://", "80 -> "):
        for end in ("", "!", "\n"):
            check(unit * (50_000 // len(unit)) + end)
    assert time.process_time() - started < 10  # it takes some hundredths; quadratic, it would take minutes


def _nested(parsed: Any, *, repeated: bool = False) -> bool:
    """Return whether a repetition of the parsed pattern lies inside another."""
    for name, argument in parsed:
        repeats = str(name) in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT") and argument[1] > 1
        if repeats and repeated:
            return True
        parts = argument if isinstance(argument, tuple) else ()
        inner = [part for part in parts if hasattr(part, "getwidth")]
        inner += [part for parts_ in parts if isinstance(parts_, list) for part in parts_ if hasattr(part, "getwidth")]
        if any(_nested(part, repeated=repeated or repeats) for part in inner):
            return True
    return False


def test_the_search_for_nested_repetitions_finds_one() -> None:
    """The test above would see a pattern that takes exponential time."""
    parse = importlib.import_module("re._parser").parse
    assert [_nested(parse(text)) for text in ("^(a+)+$", "^(a|b*)*$", "^(?=(a+)*b)a$", "^(a+b)?c*$")] == [
        *(True, True, True),
        False,
    ]


@pytest.mark.parametrize(
    ("kind", "name", "good", "bad"),
    [
        ("Connectivity", "name", "a 0 a-b a--b " + "a" * 63, "A -a a- a_b a.b é " + "a" * 64),
        ("Connectivity", "objectName", "a a.b a-b.c0 " + "a" * 253, "a. .a a..b a.-b a-.b A " + "a" * 254),
        ("Connectivity", "portName", "a a1 1a a-b a--b grpc-web " + "a" * 63, "1 1-2 -a a- A a_b " + "a" * 64),
        (
            "Connectivity",
            "labelKey",
            "app a.b/C_d.e x/y A " + "a" * 63,
            "/a a/ a/b/c A/b a..b/c a.-b/c a-.b/c .a/b a./b -a a- é " + "a" * 64,
        ),
        ("Connectivity", "annotationKey", "A.b/c a", "A..b/c a/b/c"),
        ("Connectivity", "labelValue", "a A_b.c-0 " + "a" * 63, "-a a- a/b é " + "a" * 64),
        ("Platform", "host", "a.b *.a.b a", "1.2.3.4 *.* * a.*.b A.b a_b a..b .a a."),
    ],
)
def test_names_follow_the_rules_of_kubernetes(kind: str, name: str, good: str, bad: str) -> None:
    """The patterns of names take what the API server takes, and nothing else."""
    fits = compiled(PUBLISHED[kind]["$defs"][name])
    assert [text for text in good.split() if not fits(text)] == []
    assert [text for text in bad.split() if fits(text)] == []


# ------------------------------------------------------------------------------------------- generated wrong documents


@every_closed_map
def test_an_unknown_key_is_told_at_the_key(slot: Slot) -> None:
    """A key that the language does not have is refused where it stands."""
    text = slot.text(sample(slot.node) | {"zzz": 1})
    assert told(text) == [f"{where(text, (*slot.path, 'zzz'), key=True)} unknown-key"]


@every_closed_map
def test_a_later_key_is_told_as_not_yet(slot: Slot) -> None:
    """A key of a later version is refused by name, where it stands, and no other key is asked for instead."""
    for key in sorted(LATER.get(slot.node["title"], ())):
        assert key not in slot.node["properties"]
        text = slot.text(sample(slot.node) | {key: 1})
        assert told(text) == [f"{where(text, (*slot.path, key), key=True)} not-yet"]
        (problem,) = judge(text)
        assert problem.fix not in ("", "leave it out")


def test_every_map_with_later_keys_exists() -> None:
    """The table of later keys speaks of maps that the schemas have."""
    assert set(LATER) - {slot.node["title"] for slot in CLOSED} == set()


@every_closed_map
def test_a_missing_key_is_told_at_the_key_of_its_map(slot: Slot) -> None:
    """A map without a required key is refused where its own key stands; a list item or document, where it begins."""
    for name in slot.node.get("required", ()):
        value = {key: item for key, item in sample(slot.node).items() if key != name}
        text = slot.text(value)
        codes = {line.split()[1] for line in told(text)}
        places = {line.split()[0] for line in told(text)}
        assert codes == {"missing-key"}
        assert places == {where(text, slot.path, key=True)}


WRONG = ("z", 987654321, 4321.5, True, None, ["z"], {"z": "z"})


@every_slot
def test_a_wrong_type_is_told_at_the_value(slot: Slot) -> None:
    """A value of a type that the place does not take is refused where it stands, whatever it is instead."""
    for value in WRONG:
        if type(value) not in types(slot.node) and slot.path:
            text = slot.text(value)
            union = [other for other in SLOTS if (other.kind, other.path) == (slot.kind, slot.path)]
            if not any(type(value) in types(other.node) for other in union):
                assert told(text) == [f"{where(text, slot.path, key=False)} wrong-type"], value


@pytest.mark.parametrize("slot", [slot for slot in SLOTS if slot.node.get("type") == "string"], ids=str)
def test_a_line_break_behind_a_text_is_refused(slot: Slot) -> None:
    """`web` with a line break behind it is no name, though `$` matches before a last line break."""
    value = sample(slot.node) + "\n"
    text = slot.text(value)
    if slot.node.keys() & {"pattern", "const", "enum"}:
        (line,) = told(text)
        place, code = line.split()
        assert place == where(text, slot.path, key=False)
        assert code in {"bad-name", "bad-value", "unknown-kind"}
    else:  # free text, or text that the forms parser reads
        free = slot.path[-1] in {"why", "cni"} or slot.path[0] == "raw" or slot.node["title"] == "annotation value"
        assert "x-form" in slot.node or free


@pytest.mark.parametrize("slot", [slot for slot in SLOTS if slot.node.get("type") == "integer"], ids=str)
def test_an_integer_is_written_as_one_and_in_range(slot: Slot) -> None:
    """80.0 is no integer, and neither are numbers outside the range accepted."""
    for value, code in ((4321.0, "wrong-type"), (0, "bad-value"), (-1, "bad-value"), (86401, "bad-value")):
        text = slot.text(value)
        assert told(text) == [f"{where(text, slot.path, key=False)} {code}"]
    assert told(slot.text(slot.node["minimum"])) == told(slot.text(slot.node["maximum"])) == []


@pytest.mark.parametrize("slot", [slot for slot in SLOTS if "propertyNames" in slot.node], ids=str)
def test_a_wrong_name_is_told_at_the_key(slot: Slot) -> None:
    """A key that is no name of its sort is refused where it stands."""
    members = slot.node["additionalProperties"]
    for name in ("-z", "z\n"):
        text = slot.text({name: sample(members)})
        if "x-form" in slot.node["propertyNames"]:
            assert told(text) == []
        else:
            (line,) = told(text)
            assert line.split()[1] == "bad-name"
            if name == "-z":
                assert line.split()[0] == where(text, (*slot.path, name), key=True)


@pytest.mark.parametrize(
    "slot", [slot for slot in SLOTS if slot.node.keys() & {"minItems", "minProperties", "minLength"}], ids=str
)
def test_an_empty_value_is_refused_where_it_would_mean_something_else(slot: Slot) -> None:
    """An empty list, map or text is told where it stands; `clients: []`, say, must not be everybody."""
    empty = {"array": [], "object": {}, "string": ""}[slot.node["type"]]
    text = slot.text(empty)
    assert told(text) == [f"{where(text, slot.path, key=False)} bad-value"]


@pytest.mark.parametrize("slot", [slot for slot in SLOTS if slot.node.get("uniqueItems")], ids=str)
def test_an_item_that_stands_twice_is_told_at_the_second(slot: Slot) -> None:
    """A repeated item is told where it stands again."""
    item = sample(slot.node["items"])
    text = slot.text([item, item])
    assert told(text) == [f"{where(text, (*slot.path, 1), key=False)} bad-value"]


# ------------------------------------------------------------------------------------------------------- by example

HEAD = "apiVersion: netgen.dev/v1alpha1\nkind: Connectivity\nmetadata: {name: x, namespace: shop}\n"
PLATFORM = "apiVersion: netgen.dev/v1alpha1\nkind: Platform\nmetadata: {name: x}\n"


@pytest.mark.parametrize(
    ("text", "line", "message", "fix"),
    [
        ("- a\n", "1:1 wrong-type", "the document must be a map with `apiVersion` and `kind`, not a list", ""),
        (
            "kind: Connectivity\nmetadata: {name: x, namespace: shop}\n",
            "1:1 missing-key",
            "`apiVersion`",
            "add  apiVersion: ",
        ),
        (
            "apiVersion: netgen.dev/v1alpha1\n",
            "1:1 missing-key",
            "the document needs `kind`",
            "add  kind: Connectivity",
        ),
        (
            "apiVersion: netgen.dev/v1alpha1\nkind: connectivty\n",
            "2:7 unknown-kind",
            "`kind` must be `Connectivity` or `Platform`, not `connectivty` (did you mean `Connectivity`?)",
            "",
        ),
        (
            HEAD.replace("v1alpha1", "v1alpha2"),
            "1:13 unknown-kind",
            "`apiVersion` must be `netgen.dev/v1alpha1`, not `netgen.dev/v1alpha2`",
            "",
        ),
        (PLATFORM + "kubernetes: 1.30\n", "4:13 wrong-type", "not the number `1.30`", 'write "1.30" in quotes'),
        (
            PLATFORM + "kubernetes: v1.30\n",
            "4:13 bad-value",
            "`v1.30`: the version is 1. and the minor version",
            'write "1.30"',
        ),
        (HEAD + "apps: {a: {calls: }}\n", "4:18 wrong-type", "not nothing", "write [] for nobody"),
        (HEAD + "apps: {a: {accepts: null}}\n", "4:21 wrong-type", "not the empty value `null`", "write [] for nobody"),
        (HEAD + "apps:\n  a:\n  b: 80\n", "5:5 wrong-type", "not nothing", "write {} for an app without ports"),
        (HEAD + "apps: {a: {Calls: [b]}}\n", "4:12 unknown-key", "unknown key `Calls` (did you mean `calls`?)", ""),
        (HEAD + "apps: {a: {ports: {b: {contaner: 1}}}}\n", "4:24 unknown-key", "(did you mean `container`?)", ""),
        (HEAD + "apps: {a: {ports: {b: {container: '1'}}}}\n", "4:35 wrong-type", "", "write 1 without quotes"),
        (HEAD + "apps: {a: {dns: 'false'}}\n", "4:17 wrong-type", "the text `'false'`", "write false without quotes"),
        (HEAD + "apps: {a: {dns: '1'}}\n", "4:17 wrong-type", "must be true or false, not the text `'1'`", ""),
        (HEAD + "apps: {a: {ports: {b: {container: 'true'}}}}\n", "4:35 wrong-type", "must be a whole number", ""),
        (
            HEAD + "apps: {a: {accepts: {b: 80}}}\n",
            "4:25 wrong-type",
            "must be text such as `grpc` or a list",
            "write the name",
        ),
        (HEAD + "apps: {a: {calls: [5]}}\n", "4:20 wrong-type", "an item of `calls` must", "APP:5"),
        (HEAD + "apps: {a: 70000}\n", "4:11 bad-value", "`a` must be at most 65535, not 70000", ""),
        (HEAD + "apps: {a: {port: 0}}\n", "4:18 bad-value", "`port` must be at least 1, not 0", ""),
        (
            HEAD + "apps: {a: {ports: {b: {container: 1, protocol: tcp}}}}\n",
            "4:48 bad-value",
            "(did you mean `TCP`?)",
            "",
        ),
        (HEAD + "apps: {a: {isolate: BOTH}}\n", "4:21 bad-value", "(did you mean `both`?)", ""),
        (HEAD + "apps: {a: {isolate: ingres}}\n", "4:21 bad-value", "(did you mean `ingress`?)", ""),
        (HEAD + "apps: {My_App: 80}\n", "4:8 bad-name", "`My_App`: a name has lower-case letters", "write my-app"),
        (HEAD + "apps: {a: {port: {container: 80}}}\n", "4:18 wrong-type", "", "the long form stands under ports"),
        (HEAD + "apps: {a: {expose: {LoadBalancer: {}}}}\n", "4:21 bad-name", "", "write loadBalancer"),
        (HEAD + "apps: {a: {expose: [{ur: x}]}}\n", "4:22 unknown-key", "(did you mean `url`?)", ""),
        (
            HEAD + "apps: {a: {expose: [{via: x}]}}\n",
            "4:21 missing-key",
            "an item of `expose` needs `url`",
            "add  url: ",
        ),
        (HEAD + "apps: {a: {expose: [{z: x}]}}\n", "4:21 missing-key", "needs `url`, `loadBalancer` or `nodePort`", ""),
        (HEAD + "apps: {a: {service: true}}\n", "4:21 bad-value", "`service` must be `false`", "leave the key out"),
        (HEAD + "apps: {a: {select: {matchLabels: {a: b}, c: d}}}\n", "4:42 unknown-key", "does not go with", ""),
        (HEAD + "apps: {a: {select: {a: 1}}}\n", "4:24 wrong-type", "not the number `1`", 'write "1" in quotes'),
        (HEAD + "apps: {a: {calls: [db: 5432]}}\n", "4:20 unknown-key", "unknown key `db`", "write db:5432"),
        (HEAD + "apps: {a: {calls: {to: b}}}\n", "4:19 wrong-type", "not a map", "put the map into a list"),
        (
            HEAD + "apps: {a: {accepts: {b: [c], d: [e, e]}}}\n",
            "4:37 bad-value",
            "`e` stands twice in `d`",
            "leave one out",
        ),
        (PLATFORM + "entrypoints: {a: {create: true}}\n", "4:19 not-yet", "`create` is not read", "by manifests"),
    ],
)
def test_a_message_says_what_is_wrong_and_what_to_write(text: str, line: str, message: str, fix: str) -> None:
    """One fault gives one problem, in words that need no knowledge of JSON Schema."""
    (problem,) = judge(text)
    assert told(text) == [line]
    assert message in problem.message
    assert problem.fix.startswith(fix) if fix.startswith("add") else fix in problem.fix
    assert bool(fix) == bool(problem.fix)


def test_all_problems_of_a_document_are_told_at_once() -> None:
    """A document with several faults gives each of them, in the order of the file."""
    text = HEAD + "include: [a]\napps:\n  A: {prt: 1}\n  b: {dns: 1, calls: [{too: x}, 5]}\n  c: 5432/tcp\npeers: []\n"
    assert told(text) == [
        "4:1 not-yet",
        "6:3 bad-name",
        "6:7 unknown-key",
        "7:12 wrong-type",
        "7:24 unknown-key",
        "7:33 wrong-type",
        "9:8 wrong-type",
    ]


def test_one_bad_app_among_many_is_found() -> None:
    """The apps in order are left out of the slow search, and what is told stays at its place."""
    apps = "".join(f"  a{number}: {{port: 8080, calls: [a1]}}\n" for number in range(2000))
    started = time.process_time()
    assert told(HEAD + "apps:\n" + apps + "  bad: {prot: 1}\n") == ["2005:9 unknown-key"]
    assert time.process_time() - started < 30


def test_a_good_document_needs_no_jsonschema() -> None:
    """The library, which costs more than a whole run, is imported only to explain a fault."""
    code = (
        "import sys; from netgen.source import Dialect, read; from netgen.spec.schema import validate\n"
        f"(document,) = read({HEAD + 'apps: {a: 80}'!r}, 'x', Dialect.SPEC).documents\n"
        "assert validate(document) == (); assert 'jsonschema' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# ------------------------------------------------------------------------------- the fast walk and jsonschema agree


def _whole(_validator: Any, pattern: str, value: Any, _schema: Schema) -> Iterator[ValidationError]:
    if isinstance(value, str) and not re.fullmatch(pattern, value):
        yield ValidationError("no match")


STRICT_TYPES = Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)
Strict = validators.extend(Draft202012Validator, {"pattern": _whole}, type_checker=STRICT_TYPES)  # type: ignore[no-untyped-call]


def _gate_part(value: Any) -> Any:
    """Return a published schema without the keywords that it leaves to the forms parser."""
    if isinstance(value, list):
        return [_gate_part(item) for item in value]
    if not isinstance(value, dict):
        return value
    left = FORMS if "x-form" in value else frozenset()
    return {key: _gate_part(item) for key, item in value.items() if key not in left}


REFERENCE = {kind: Strict(_gate_part(PUBLISHED[kind])) for kind in KINDS}
WALK = {kind: compiled(shape(kind)) for kind in KINDS}

JUNK = st.sampled_from(["", "web", "Web", "web\n", "internet", "nodePort", "url", 0, 80, 80.0, 1 << 70, True, None]) | (
    st.builds(list) | st.builds(dict) | st.builds(lambda: ["a", "a"]) | st.builds(lambda: {"url": "https://a.b"})
)
KEYS = st.sampled_from(["url", "nodePort", "loadBalancer", "cidr", "namespace", "labels", "to", "port", "zz", "A\n"])


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, Any]:
    """Draw a kind and a document of it, put together from examples and then changed at up to three places."""
    slot = draw(st.sampled_from(SLOTS))
    document = slot.around(_from(draw, slot.node))
    for _ in range(draw(st.integers(0, 3))):
        document = _changed(draw, document)
    return slot.kind, document


def _from(draw: st.DrawFn, node: Schema) -> Any:
    """Draw a value for *node*: mostly one that it takes, at times another."""
    if draw(st.integers(0, 9)) == 0:
        return draw(JUNK)
    if "anyOf" in node:
        return _from(draw, draw(st.sampled_from(node["anyOf"])))
    if node["type"] == "array":
        return [_from(draw, node["items"]) for _ in range(draw(st.integers(0, 2)))]
    if node.get("properties"):
        optional = [name for name in node["properties"] if name not in node.get("required", ())]
        chosen = draw(st.lists(st.sampled_from(optional), max_size=2)) if optional else []
        return {name: _from(draw, node["properties"][name]) for name in [*node.get("required", ()), *chosen]}
    return sample(node)


def _changed(draw: st.DrawFn, document: Any) -> Any:
    """Draw *document* with one place changed, any as likely as any other."""
    return _put(draw, document, draw(st.sampled_from(list(_paths(document)))))


def _paths(value: Any) -> Iterator[Path]:
    yield ()
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, member in members:
        yield from ((step, *path) for path in _paths(member))


def _put(draw: st.DrawFn, value: Any, path: Path) -> Any:
    """Draw *value* with the place at *path* replaced, taken away, renamed or doubled."""
    if not path:
        return draw(JUNK)
    step, action = path[0], draw(st.integers(0, 6))
    if isinstance(value, list):
        before, item, after = value[: int(step)], value[int(step)], value[int(step) + 1 :]
        return [*before, item, item, *after] if action < 2 else [*before, _put(draw, item, path[1:]), *after]
    if len(path) > 1 or action > 2:
        return value | {step: _put(draw, value[step], path[1:])}
    if action == 0:
        return {key: item for key, item in value.items() if key != step}
    name = draw(KEYS)
    return value | {name: value[step]} if action == 1 else {name if k == step else k: v for k, v in value.items()}


@settings(max_examples=2000, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(documents())
def test_the_walk_and_jsonschema_agree(case: tuple[str, Any]) -> None:
    """The fast walk takes exactly what a plain validator takes that tries every branch of every choice."""
    kind, document = case
    assert WALK[kind](document) == REFERENCE[kind].is_valid(document)


@settings(max_examples=400, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(documents())
def test_whatever_is_refused_is_explained(case: tuple[str, Any]) -> None:
    """A document that the walk refuses gets at least one problem, each with a place; one that it takes gets none."""
    kind, document = case
    if not isinstance(document, dict) or document.get("kind") != kind:
        return
    reading = read(block(document), "spec.yaml", Dialect.SPEC)
    if reading.problems:
        return
    problems = validate(reading.documents[0])
    assert bool(problems) == (not WALK[kind](document))
    assert all(problem.place for problem in problems)


# ------------------------------------------------------------------------------------------ what is left of a document


@pytest.mark.parametrize(
    ("body", "left", "names_all"),
    [
        # of an app, whatever has its shape
        ("apps: {a: {prot: 80, calls: [b], dns: 1}}", {"apps": {"a": {"calls": ["b"]}}}, True),
        ("apps: {a: [80], b: {prot: 80}, c: 80}", {"apps": {"a": {}, "b": {}, "c": 80}}, True),
        ("apps: {a: {ports: {x: 80, y: [1]}}}", {"apps": {"a": {"ports": {"x": 80}}}}, True),
        # an item of a list without its unknown keys; a list has all its items, or the places would not fit
        ("apps: {a: {calls: [{to: b, x: 1}, c]}}", {"apps": {"a": {"calls": [{"to": "b"}, "c"]}}}, True),
        ("apps: {a: {calls: [{x: 1}, c]}}", {"apps": {"a": {}}}, True),
        # what would mean something else without a part of it
        ("apps: {a: {select: {x: y, z: 1}}}", {"apps": {"a": {}}}, True),
        ("apps: {a: {service: {name: 5, headless: true}}}", {"apps": {"a": {}}}, True),
        ("peers: {a: {cidr: 10.0.0.0/8, x: 1}}", {"peers": {"a": {"cidr": "10.0.0.0/8"}}}, True),
        # names that may be missing
        ("peers: {a: 10.0.0.0/8, b: {cidr: 10.0.0.0/8}}", {"peers": {"b": {"cidr": "10.0.0.0/8"}}}, False),
        ("apps: {A: 80, b: 80}", {"apps": {"b": 80}}, False),
        ("app: {b: 80}", {}, False),
        ("apps: [b]", {}, False),
        # and keys that hold none
        ("never: {}\ninclude: [a]\nselectBy: 5\nisolate: all\napps: {b: 80}", {"apps": {"b": 80}}, True),
    ],
)
def test_what_is_sound_of_a_document_is_read(body: str, left: Schema, *, names_all: bool) -> None:
    """So that one mistake hides no other; and it is known whether all apps and peers are there by their names."""
    (document,) = read(f"{HEAD}{body}\n", "spec.yaml", Dialect.SPEC).documents
    part = sound(document)
    assert part
    head = {key: part.data[key] for key in ("apiVersion", "kind", "metadata")}
    assert (part.data, part.names_all) == (head | left, names_all)


def test_a_document_without_a_namespace_has_nothing_sound() -> None:
    """Nobody knows what its apps are."""
    (document,) = read(HEAD.replace("namespace", "name_space") + "apps: {a: 80}\n", "a", Dialect.SPEC).documents
    assert sound(document) is None


@pytest.mark.parametrize("key", [*shape("Connectivity")["properties"], *LATER["Connectivity"], "web"])
@pytest.mark.parametrize("value", ["audit", {"a": 80}, ["a"]], ids=["text", "map", "list"])
def test_apps_that_are_empty_are_told_of_whatever_stands_beside_them(key: str, value: Any) -> None:
    """Unless a key beside them is unknown and so may be an app, of which something is said."""
    body = block({"apps": None, key: value} if key != "apps" else {"apps": None})
    (document,) = read(f"{HEAD}{body.strip()}\n".replace("null", ""), "spec.yaml", Dialect.SPEC).documents
    assert validate(document)
