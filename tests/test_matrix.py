"""Each text of a spec x each hostile text: refused where it stands, or in the output as it is and nothing else changed.

And what the API server takes in a place is not refused there. Readers: netgen's own, and Go's, which is kustomize's.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml

from hostile import (
    STRINGS,
    Rule,
    account,
    annotation_key,
    anything,
    called_host,
    dns_label,
    hidden,
    host,
    http_path,
    known_to_cilium,
    label_key,
    label_value,
    sentence,
    subdomain,
    url_path,
)
from netgen import api
from netgen.problems import NetgenError, Problem, Severity
from netgen.render import Manifest
from places import SCENES, Cell, cells, exchanged, named_environment, place_in_schema, scene, schema_places, text_places
from systems import Data

CELLS = tuple(cells())
PARTS = 12
REPEATED = frozenset(
    ("Connectivity", "apps", "*", "expose", "*", *way)
    for way in (
        *(("port",), ("loadBalancer", "ports", "[]"), ("nodePort", "ports", "[]")),
        *(("[]", "port"), ("[]", "loadBalancer", "ports", "[]"), ("[]", "nodePort", "ports", "[]")),
    )
)
"""Where a port would be named again, below the key that names it: refused, whatever is written."""
RAW = ("Connectivity", "raw")
"""Whole objects as they are: tests/test_raw.py has texts in every place of theirs."""


def named_port(text: str) -> bool:
    """Say whether a port of a Service can be called *text*, which in a spec is no number."""
    return dns_label(text) and re.search("[a-z]", text) is not None


def public_host(text: str) -> bool:
    """Say whether *text* is the host of an Ingress that a name server can know and no browser takes for an address."""
    return host(text) and not re.fullmatch("[0-9.]+", text) and max(map(len, text.split("."))) <= 63


RULES: dict[str, Rule] = {
    "nm": dns_label,
    "pn": named_port,
    "lk": label_key,
    "lc": known_to_cilium,
    "lv": label_value,
    "ak": annotation_key,
    "av": anything,
    "ob": subdomain,
    "ho": public_host,
    "hw": lambda text: public_host(f"b.{text}") and public_host(f"*.{text}"),
    "pa": url_path,
    "ph": http_path,
    "tg": called_host,
    "sa": account,
    "wy": sentence,
}
"""First letters of a marked word -> what the API server takes there, and what cannot but be refused."""


@dataclass(frozen=True)
class Usual:
    """A scene as it is: documents, text, manifests."""

    documents: list[Data]
    text: str
    manifests: tuple[Manifest, ...]


def written(documents: list[Data]) -> str:
    """Return *documents* as JSON, each text on a line of its own."""
    return "---\n".join(json.dumps(one, ensure_ascii=False, indent=1) + "\n" for one in documents)


def rendered(documents: list[Data]) -> tuple[Manifest, ...]:
    """Return what netgen renders from *documents* in the first environment that they name."""
    env = named_environment(documents)
    return api.render(api.load("-", stdin=written(documents).encode(), env=env).intent)


@cache
def usual(number: int) -> Usual:
    """Return the scene *number*, with harmless words."""
    documents = scene(SCENES[number])
    return Usual(documents, written(documents), rendered(documents))


# ------------------------------------------------------------------------------------------------------ comparing


def canonical(value: Any, key: str = "") -> Any:
    """Return *value* with lists in an order of their own: that of rules follows the names in them, and says nothing.

    A name that is made of others is cut where a hash may begin.
    """
    if isinstance(value, dict):
        return {name: canonical(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return sorted((canonical(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    return value[:200] if key in ("name", "secretName") and isinstance(value, str) else value


def as_texts(bodies: Iterable[Data]) -> Counter[str]:
    """Return *bodies* so that they can be counted."""
    return Counter(json.dumps(canonical(body), sort_keys=True) for body in bodies)


def expected(body: Data, word: str, text: str) -> Any:
    """Return *body* with *text* for *word*: an address in its one form, the name of a route without the star.

    The path of a rule for HTTP is a regular expression, and names of any depth are a pattern.
    """
    if word.startswith("198.51."):
        text = network(text) or text
        body = exchanged(body, f"{word}/32", text)
    if word.startswith("ho") and text.startswith("*.") and body["kind"] in ("Ingress", "HTTPRoute"):
        name = body["metadata"]["name"].replace(word, f"{text[2:]}.wildcard")
        body = {**body, "metadata": {**body["metadata"], "name": name}}
    mark = word.removeprefix("/")
    if mark.startswith(("ph-", "pc-")):
        path = f"/{text}" if mark == word else text
        path = "/".join(map(segment, path.strip(" ").split("/")))  # blanks behind a rule are nothing
        # What is below /a/ is what is below /a.
        return exchanged(body, f"/{mark}", path.removesuffix("/") if mark.startswith("pc") else path)
    if word.startswith("tg") and text.startswith("*."):
        return matching(exchanged(body, word, text), text)
    return exchanged(body, word, text)


def segment(text: str) -> str:
    """Return the regular expression of what *text* is in a path: for a star what ASCII shows but / and ?."""
    return "[!-.0->@-~]+" if text == "*" else re.sub(r"[][\\.^$*+?(){}|]", r"\\\g<0>", text)


def matching(value: Any, pattern: str) -> Any:
    """Return *value* with *pattern* as what a name matches at any depth, which Cilium writes with two stars."""
    if isinstance(value, dict) and value == {"matchName": pattern}:
        return {"matchPattern": f"*{pattern}"}
    if isinstance(value, dict):
        return {key: matching(item, pattern) for key, item in value.items()}
    return [matching(item, pattern) for item in value] if isinstance(value, list) else value


def network(text: str) -> str:
    """Return *text*, an address or range, as a manifest has it; an empty text where it is none."""
    try:
        return str(ip_network(text))
    except ValueError:
        return ""


def in_arrow(cell: Cell) -> bool:
    """Say whether *cell* is in a text with an arrow, where blanks tell words apart and say nothing else."""
    return any(cell.word in text and "->" in text for _, text in text_places(usual(cell.scene).documents))


def is_other_end(cell: Cell, text: str) -> bool:
    """Say whether *text* makes an address of a host, or a host of an address, so that what is said of it is wrong."""
    is_host, is_address = cell.word.startswith("tg."), cell.word.startswith("198.51.")
    return (is_host and network(text) != "") or (is_address and called_host(text))


def means_otherwise(cell: Cell, text: str) -> object:
    """Say whether *text* makes another of the short forms from what stands in *cell*."""
    is_whole = cell.path is not None
    return (
        (cell.word.startswith("nm-") and text == "*")  # NAMESPACE/* for NAMESPACE/APP
        or (cell.word.startswith("ho-") and "/" in text)  # the path of the URL begins earlier
        or (is_whole and (network(text) != "" or text.isdecimal()))  # an address for pods, one port for another form
        or is_other_end(cell, text)
        or (cell.word.startswith("47") and re.fullmatch("[0-9]+-[0-9]+", text))  # a range for a port
        or (cell.word == "198.51.15.0/24" and ":" in text)  # pods of IPv6 are left out of another block
        or (cell.word in ("198.51.14.7", "198.51.34.0/24") and ":" in text)  # without brackets the port is its end
    )


# -------------------------------------------------------------------------------------------------------- judging


@dataclass
class Tally:
    """What became of the texts that were tried; *made* are manifests that have a line which no other has had."""

    refused: int = 0
    exact: int = 0
    faults: list[str] = field(default_factory=list)
    made: list[Manifest] = field(default_factory=list)
    lines: set[str] = field(default_factory=set)

    def add(self, before: Iterable[Manifest], found: Iterable[Manifest]) -> None:
        """Count an output, and keep what is new in it."""
        self.exact += 1
        for one in before:
            self.lines.update(one.text.split("\n"))
        for one in found:
            lines = set(one.text.split("\n"))
            if not lines <= self.lines:
                self.made.append(one)
                self.lines |= lines


def judge(cell: Cell, text: str, tally: Tally) -> None:
    """Render the scene of *cell* with *text* in it, and add what is wrong with the result."""
    before = usual(cell.scene)
    after = exchanged(before.documents, cell.word, text, cell.path)
    try:
        found = rendered(after)
    except NetgenError as error:
        tally.refused += 1
        tally.faults += refusal_faults(cell, text, before.text, written(after), error.problems)
        return
    tally.add(before.manifests, found)
    tally.faults += (f"{cell}: {text[:60]!r} {what}" for what in output_faults(cell, text, before.manifests, found))


def refusal_faults(cell: Cell, text: str, before: str, after: str, problems: Iterable[Problem]) -> Iterator[str]:
    """Yield what is wrong with a refusal: its place, or that the API server takes the text."""
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    changed = {
        n for n, pair in enumerate(zip(before.split("\n"), after.split("\n"), strict=True), 1) if len({*pair}) > 1
    }
    said = f"{cell}: {text[:60]!r} is refused: {errors[0].code}, {errors[0].message[:100]}"
    if any(problem.place is None for problem in errors):
        yield f"{said}, and nobody knows where"
    # At one of several places, what is left at the others may be to blame.
    elif (
        cell.path is None
        and not is_other_end(cell, text)
        and not any(problem.place and problem.place.line in changed for problem in errors)
    ):
        yield f"{said}, and not where it stands"
    rule = RULES.get(cell.word[:2])
    if cell.path is None and rule and rule(text) and not hidden(text):
        yield f"{said}, which the API server takes"


def output_faults(cell: Cell, text: str, before: Iterable[Manifest], found: Iterable[Manifest]) -> Iterator[str]:
    """Yield what is wrong with what came out."""
    if means_otherwise(cell, text):
        if Counter(one.kind for one in found) != Counter(one.kind for one in before):
            yield "adds an object"
        return
    read = text.strip() if in_arrow(cell) else text
    more = as_texts(one.body for one in found) - as_texts(expected(one.body, cell.word, read) for one in before)
    if more:
        yield f"comes out otherwise: {next(iter(more))[:300]}"
    lines, usual_lines = (sum(one.text.count("\n") for one in ones) for ones in (found, before))
    if lines > usual_lines or (lines < usual_lines and text.strip()):  # a blank reason is no comment
        yield "changes the number of lines"


def texts_of(cell: Cell, *, every: int) -> Iterator[str]:
    """Yield one in *every* of the texts; fewer for one of several places of a word, and for a form as a whole."""
    start = sum(map(ord, str(cell))) % every
    yield from STRINGS[start :: every if cell.path is None else every * 4]


def judged(chosen: Iterable[Cell], *, every: int) -> Tally:
    """Return what becomes of the texts in the cells *chosen*."""
    tally = Tally()
    for cell in chosen:
        for text in texts_of(cell, every=every):
            judge(cell, text, tally)
    return tally


# --------------------------------------------------------------------------------------------------------- readers


def batches(made: Iterable[Manifest], size: int = 400) -> Iterator[list[tuple[str, Any]]]:
    """Yield texts and bodies of manifests, so many at once; each has another namespace, since kustomize wants it so."""
    texts = [
        (re.sub("(?m)^  namespace: .*$", f"  namespace: c{number}", one.text, count=1), moved(one.body, f"c{number}"))
        for number, one in enumerate(made)
    ]
    for start in range(0, len(texts), size):
        yield texts[start : start + size]


def moved(body: Data, namespace: str) -> Data:
    """Return *body* in another *namespace*."""
    return {**body, "metadata": {**body["metadata"], "namespace": namespace}}


def folder_of(folder: Path, texts: Iterable[str]) -> Path:
    """Write *texts*, each an object, into *folder* for kustomize."""
    folder.mkdir()
    (folder / "all.yaml").write_text("---\n".join(texts), encoding="utf-8", newline="\n")
    (folder / "kustomization.yaml").write_text("sortOptions: {order: fifo}\nresources: [all.yaml]\n", encoding="utf-8")
    return folder


def can_be_carried(one: Manifest) -> bool:
    """Say whether kustomize can build *one*: however it is quoted, `08` or `true` is no key of an annotation to it.

    It fails then, and says so; kubectl takes such keys, and so does kustomize in labels.
    """
    keys = one.body["metadata"].get("annotations", {})
    return all(key[0].isalpha() and isinstance(yaml.safe_load(key), str) for key in keys)


def check_with(kustomize: Callable[[Path], str], made: Iterable[Manifest], folder: Path) -> None:
    """Let kustomize read manifests as they are, and the same objects with every sign escaped: it finds the same."""
    for number, batch in enumerate(batches(filter(can_be_carried, made))):
        plain = kustomize(folder_of(folder / f"{number}-as-it-is", [text for text, _ in batch]))
        every_sign = kustomize(folder_of(folder / f"{number}-escaped", [f"{escaped(body)}\n" for _, body in batch]))
        assert plain == every_sign


def escaped(value: Any) -> str:
    """Return *value* as YAML in which every sign but letters and digits of a text is a code point."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{escaped(key)}: {escaped(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(escaped, value)) + "]"
    if not isinstance(value, str):
        return str(value)
    return '"' + re.sub("[^A-Za-z0-9]", lambda sign: f"\\U{ord(sign[0]):08x}", value) + '"'


# ----------------------------------------------------------------------------------------------------------- tests


def test_every_place_of_the_schemas_is_tried() -> None:
    """A key that the language gets is a place at once: each has a text in a scene, but for ports named twice.

    And but for objects that a spec has as they are rendered.
    """
    wanted = {(kind, *place) for kind in ("Connectivity", "Platform") for place in schema_places(kind)}
    there = {
        (document["kind"], *place_in_schema(document, path))
        for source in SCENES
        for document in scene(source)
        for path, text in text_places(document)
    }
    assert {place for place in wanted - there if place[:2] != RAW} == REPEATED
    assert len(wanted) > 130


def test_there_are_enough_texts() -> None:
    """At least 200 for each place; and no word of a scene is a part of another, which would be exchanged with it."""
    assert len(set(STRINGS)) > 300
    for number in range(len(SCENES)):
        words = [cell.word for cell in CELLS if cell.scene == number and cell.path is None]
        assert [
            pair for pair in ((a, b) for a in words for b in words) if pair[0] != pair[1] and pair[0] in pair[1]
        ] == []


@pytest.mark.parametrize("number", range(len(SCENES)))
def test_some_texts_in_every_place(number: int) -> None:
    """A fiftieth of the texts in each place."""
    tally = judged([cell for cell in CELLS if cell.scene == number], every=60)
    assert tally.faults == []
    assert tally.refused > tally.exact > 0


def test_go_reads_what_comes_out(kustomize: Callable[[Path], str], tmp_path: Path) -> None:
    """A few texts in the annotations, labels and names of one scene, as kustomize reads them."""
    tally = judged([cell for cell in CELLS if cell.scene == 0 and cell.word[:2] in ("av", "lv", "lk")], every=15)
    check_with(kustomize, tally.made, tmp_path)
    assert len(tally.made) > 20


@pytest.mark.heavy
@pytest.mark.parametrize("part", range(PARTS))
def test_every_text_in_every_place(part: int, kustomize: Callable[[Path], str], tmp_path: Path) -> None:
    """All texts in each place, and kustomize reads of what comes out what netgen says that it has written."""
    tally = judged(CELLS[part::PARTS], every=1)
    sys.stdout.write(f"{tally.refused} refused, {tally.exact} exact, {len(tally.made)} manifests with a new line\n")
    assert tally.faults == []
    check_with(kustomize, tally.made, tmp_path)
    assert tally.refused + tally.exact > 5000
