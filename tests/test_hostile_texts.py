"""Hostile input (2): H7, H8 and H10 of the hazards of reading; test_hostile_reading has H1 to H5, and the list of all.

H7 what Go reads, H8 odd characters, H10 loose addresses.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from judges import command
from mutations import ODD, SIGNS
from netgen import api
from netgen.evaluate.objects import read_cluster
from netgen.problems import NetgenError
from netgen.report import text as shown
from netgen.source import Dialect, read
from test_forms import CIDRS
from test_hostile_reading import MANIFESTS, MAPS, READERS, SPEC, check, reach
from test_robustness import outcome
from test_schema import SLOTS, Slot, sample
from test_source import HIDDEN
from writing import plainly

# ------------------------------------------------------------------------------------------------- H7: what Go reads


def config(name: str) -> str:
    """Return a manifest with this *name*."""
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n"


def listed(kind: str, *names: str) -> str:
    """Return a list, of the kind *kind*, of manifests of these *names*."""
    items = [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}} for name in names]
    return json.dumps({"apiVersion": "v1", "kind": kind, "items": items})


def json_of(name: str) -> str:
    """Return a manifest as JSON that is indented with tabs, as programs of Go write it."""
    return json.dumps(yaml.safe_load(config(name)), indent="\t")


# Each was given to kubectl 1.32 too (`kubectl label --local`), which sees these objects.
READ_BY_GO: dict[str, tuple[str, set[str]]] = {
    "comment glued to the separator": (f"---# Source: x\n{config('a')}---#\n{config('b')}", {"a", "b"}),
    "the same with CRLF": (f"{config('a')}---#x\r\n{config('b')}", {"a", "b"}),
    "byte order mark": (f"\ufeff{config('a')}", {"a"}),
    "byte order mark and separator": (f"\ufeff---\n{config('a')}---\n{config('b')}", {"a", "b"}),
    "CRLF": (f"{config('a')}---  \n{config('b')}--- # x\n{config('c')}".replace("\n", "\r\n"), {"a", "b", "c"}),
    "CR": (config("a").replace("\n", "\r"), {"a"}),
    "blanks and tabs behind separators": (f"--- \n{config('a')}---\t# x\n{config('b')}", {"a", "b"}),
    "tabs between tokens": ("apiVersion:\tv1\nkind: ConfigMap\t# x\nmetadata:\t{name:\ta}\n", {"a"}),
    "document ends": (f"{config('a')}...\n---\n{config('b')}...\n", {"a", "b"}),
    "comment behind a document end": (f"{config('a')}...\n# x\n---\n{config('b')}", {"a", "b"}),
    "document ends in a row": (f"{config('a')}...\n...\n---\n{config('b')}", {"a", "b"}),
    "empty documents": (f"---\n---\n\n---\n{config('a')}---\n   \n---\n{config('b')}---", {"a", "b"}),
    "comments alone": (f"# x\n---\n# y\n---\n{config('a')}---\n# z\n", {"a"}),
    "List": (listed("List", "a", "b"), {"a", "b"}),
    "typed list": (listed("ConfigMapList", "a", "b"), {"a", "b"}),
    "JSON with tabs": (json_of("a"), {"a"}),
    "JSON documents": (f"{json_of('a')}\n---\n{json_of('b')}\n", {"a", "b"}),
    "anchor and alias": ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: &a a, labels: {x: *a}}\n", {"a"}),
    "merge key": (f"{config('a')}data: {{<<: {{a: b}}}}\n", {"a"}),
    "separator in a text": (f"{config('a')}data:\n  x: |\n    a\n    ---\n    b\n", {"a"}),
    "separator ends a text": (f"{config('a')}data:\n  x: |\n    a\n---\n{config('b')}", {"a", "b"}),
    "no last line end": (config("a").strip(), {"a"}),
    "indented document": ("  apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a}\n", {"a"}),
    "explicit keys": ("? apiVersion\n: v1\n? kind\n: ConfigMap\n? metadata\n: {name: a}\n", {"a"}),
    "odd line ends": (f"{config('a')}data: {{x: 'p\x85q\u2028r', y: 's\u202et\u200bu'}}\n", {"a"}),
    "escapes": (f'{config("a")}data: {{x: "\\x1b\\0\\u2028"}}\n', {"a"}),
    "string tag": ("apiVersion: !!str v1\nkind: ConfigMap\nmetadata: {name: !!str 80}\n", {"80"}),
}
# What is refused by name, though kubectl reads at least a part of it: a run fails, and nothing is lost in silence.
REFUSED: dict[str, tuple[bytes, str]] = {
    "text behind a document end": (f"{config('a')}...\n{config('b')}".encode(), "yaml-syntax"),
    "JSON without separators": (f"{json_of('a')}\n{json_of('b')}\n".encode(), "yaml-syntax"),
    "JSON with half a character twice": (config("a").encode() + b'data: {x: "\\ud83d\\ude00"}\n', "control-character"),
    "a byte order mark between documents": (f"{config('a')}---\n\ufeff{config('b')}".encode(), "control-character"),
    "two byte order marks": ("\ufeff\r\n\ufeff".encode() + config("a").encode(), "control-character"),
    "UTF-16": (config("a").encode("utf-16"), "bad-encoding"),
    "Latin-1": (config("a").encode() + b"# \xe9\n", "bad-encoding"),
    "a key twice": (config("a").encode() + b"kind: Secret\n", "duplicate-key"),
    "local tag": (config("a").encode() + b"data: !x {a: b}\n", "yaml-tag"),
    "binary": (config("a").encode() + b"data: {a: !!binary aGk=}\n", "yaml-tag"),
}


def names(objects: Any) -> set[str]:
    """Return the names of *objects* and of those that lists among them hold."""
    found: set[str] = set()
    for one in objects:
        if isinstance(one, dict) and "items" in one:
            found |= names(one["items"])
        elif isinstance(one, dict):
            found.add(one["metadata"]["name"])
    return found


@pytest.mark.parametrize(("text", "expected"), READ_BY_GO.values(), ids=READ_BY_GO)
def test_every_object_that_kubectl_reads_is_read(text: str, expected: set[str]) -> None:
    """H7: separators, line ends, tabs, lists, JSON: objects of kubectl without those of netgen 0, and no problem."""
    reading = read(text.encode(), "f.yaml", Dialect.MANIFEST)
    assert reading.problems == ()
    assert names(document.data for document in reading.documents) == expected


def test_kustomize_reads_the_same_objects(tmp_path: Path) -> None:
    """H7: the reader of kubectl and kustomize, asked here and now; lists of a kind it does not take."""
    texts = {key: value for key, value in READ_BY_GO.items() if key != "typed list"}
    folders = [f"f{number}" for number in range(len(texts))]
    for folder, (text, _) in zip(folders, texts.values(), strict=True):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "f.yaml").write_bytes(text.encode())
        (tmp_path / folder / "kustomization.yaml").write_text(f"resources: [f.yaml]\nnamePrefix: {folder}-\n")
    (tmp_path / "kustomization.yaml").write_text(f"resources: [{', '.join(folders)}]\n")
    done = subprocess.run([command("kustomize"), "build", tmp_path], check=False, capture_output=True, encoding="utf-8")
    assert done.stderr == ""
    expected = {f"{folder}-{name}" for folder, (_, each) in zip(folders, texts.values(), strict=True) for name in each}
    assert names(yaml.safe_load_all(done.stdout)) == expected


@pytest.mark.parametrize(("data", "code"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_read_is_named_and_fails_the_run(data: bytes, code: str) -> None:
    """H7: an error with its line, and no answer that is certain."""
    assert code in {problem.code for problem in read(data, "f.yaml", Dialect.MANIFEST).problems}
    answer = api.reach(["-"], stdin=MANIFESTS.encode() + b"---\n" + data)
    assert answer.unproven != ()
    with pytest.raises(NetgenError):
        api.import_manifests(["-"], stdin=MANIFESTS.encode() + b"---\n" + data)


@pytest.mark.parametrize("head", ["apiVersion: networking.k8s.io/v1\n", "kind: NetworkPolicy\n", "metadata:\n"])
@pytest.mark.parametrize("instead", ["", "x", "~", "''", "{a: b}", "[a]", "5"])
def test_an_object_that_is_none_is_named(head: str, instead: str) -> None:
    """H7: without its version, kind or metadata, or with something else there, it is not left out in silence."""
    key = head.partition(":")[0]
    text = MANIFESTS.replace(head, f"{key}: {instead}\n" if instead else "", 1)
    if key == "metadata":
        text = re.sub(r"(kind: NetworkPolicy\n(?:metadata: .*\n)?)(?:  .*\n)+?(?=spec)", r"\1", text, count=1)
    assert [name for name, reader in READERS.items() if not reader(text)] == []


@pytest.mark.parametrize("name", ["10.0.0.1", "a.b", "a" * 64, "A", "-a"])
def test_a_namespace_is_named_by_one_label(name: str) -> None:
    """H7: other objects may have dots in their names, and a namespace may not; found by `./dev fuzz`."""
    own = f"---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n"
    for text in (MANIFESTS.replace("namespace: shop", f"namespace: {name}"), MANIFESTS + own):
        assert [kind for kind, reader in READERS.items() if not reader(text)] == []


@pytest.mark.parametrize("namespace", ["{a: b}", "[a]", "5", "A B"])
def test_a_namespace_that_is_no_text_beside_a_kustomization_is_named(namespace: str) -> None:
    """H7: as it is elsewhere; found by `./dev fuzz`."""
    beside = "---\napiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamePrefix: x-\n"
    text = MANIFESTS.replace("namespace: shop", f"namespace: {namespace}") + beside
    assert set(reach(text)) == {"unproven"}


# ------------------------------------------------------------------------------------------------- H8: odd characters

LETTERS = (
    *(
        *ODD,
        *HIDDEN,
        "\u0661",
        "\u3000",
        "\U0001f468\u200d\U0001f469",
        "a" * 5000,
        "%s%n",
        "\ud800",
        "a\nb",
        "\x1b]8;;x\x07",
    ),
    *(f"a{sign}b" for sign in SIGNS),
)
ENCODINGS = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")


def test_an_odd_text_in_any_place_is_taken_or_told() -> None:
    """H8: in names, labels, annotations, hosts, paths and keys: no traceback, and nothing that steers a terminal."""
    texts = [slot.around for slot in SLOTS if slot.node.get("type") == "string"]
    keys = [_key_in(slot) for slot in MAPS]
    for number, around in enumerate((*texts, *keys)):
        for odd in LETTERS[number % 30 :: 30]:
            outcome(plainly([around(odd)]).encode("utf-8", "surrogatepass"))
    assert len(texts) > 100
    assert len(keys) > 10


def _key_in(slot: Slot) -> Callable[[str], Any]:
    item = sample(slot.node["additionalProperties"])
    return lambda key: slot.around({key: item})


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_another_encoding_is_told_by_each_command(encoding: str) -> None:
    """H8: UTF-16 and UTF-32, with a byte order mark and without: an error of its own, in specs and manifests."""
    with pytest.raises(NetgenError) as error:
        api.load("-", stdin=SPEC.encode(encoding))
    assert [problem.code for problem in error.value.problems][:1] == ["bad-encoding"]
    answer = api.reach(["-"], stdin=MANIFESTS.encode(encoding))
    assert "UTF" in answer.unproven[0].message


@pytest.mark.parametrize("odd", [one for one in HIDDEN if one.isascii() is False or one == "\x1b"])
def test_what_manifests_hold_does_not_reach_the_terminal(odd: str) -> None:
    """H8: kubectl takes these as escapes in labels and names of ports; what is said of them is printable."""
    escape = f'"x\\U{ord(odd):08x}"'
    text = MANIFESTS.replace("name: web\n", f"name: {escape}\n")
    for manifests in (text, f"{MANIFESTS}{escape}: {escape}\n", MANIFESTS.replace("port: 53", f"port: {escape}")):
        answer = api.reach(["-"], stdin=manifests.encode())
        assert shown((*answer.said, *answer.unproven), colour=False).replace("\n", "").isprintable()
    assert all(reader(text) for reader in READERS.values())


# ------------------------------------------------------------------------------------------------ H10: loose addresses

HEAD = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: web, namespace: shop}\n"
# The API server drops host bits and takes other spellings of IPv6; all readers find the same addresses in these.
ALSO_TAKEN = frozenset(
    [
        "0.0.0.0/0",
        "::/0",
        "10.0.0.1/8",
        "2001:db8::1/32",
        "2001:DB8::/32",
        "2001:0db8::/32",
        "2001:db8:0:0::/64",
        "2001:db8:0:0:0:0:0:0/32",
        "1::2:3:4:5:6:7/128",
        "::10.0.0.0/104",
    ]
)


def with_address(place: str, text: str) -> str:
    """Return a spec with the *text* at a *place* where a CIDR is due."""
    written = json.dumps(text)
    head = SPEC.rsplit("apps: ", 1)[0]
    platform = "apiVersion: netgen.dev/v1alpha1\nkind: Platform\nmetadata: {name: p}\n"
    return {
        "peer": f"{SPEC}peers: {{old: {{cidr: {written}}}}}\n",
        "caller": f"{head}apps: {{web: {{port: 80, accepts: [{written}]}}}}\n",
        "clients": f"{head}apps: {{web: {{port: 80, expose: {{loadBalancer: {{clients: [{written}]}}}}}}}}\n",
        "ranges": f"{SPEC}---\n{platform}ranges: {{pods: [{written}]}}\n",
    }[place]


@pytest.mark.parametrize("place", ["peer", "caller", "clients", "ranges"])
def test_a_cidr_has_one_spelling_in_every_place(place: str) -> None:
    """H10: over 40 forms, in each place where a CIDR is due: what the API server takes is taken, nothing else."""
    for text, block in CIDRS:
        # A word is no CIDR, and 10/8 is the app 8 in the namespace 10.
        is_name = text == "internet" or (place == "caller" and re.fullmatch("[0-9]+/8", text))
        codes = check(with_address(place, text))
        assert (codes == []) == bool(block) or (is_name and codes == []), (text, codes)


def test_a_policy_with_another_form_is_not_guessed_at() -> None:
    """H10: an ipBlock that the API server refuses leaves nothing certain, whatever Python would make of it."""
    rule = "  ingress:\n    - from:\n        - ipBlock: {cidr: X}\n"
    policy = f"{HEAD}spec:\n  podSelector: {{matchLabels: {{app: web}}}}\n  policyTypes: [Ingress]\n{rule}"
    for text, block in CIDRS:
        unknowns = read_cluster(
            read(policy.replace("X", json.dumps(text)), "f.yaml", Dialect.MANIFEST).documents
        ).unknowns
        assert (unknowns == ()) == (text in ALSO_TAKEN or (block == text != "")), text
