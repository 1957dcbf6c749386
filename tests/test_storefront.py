"""The example on Cilium: its size, the requests and names that pass, and the other examples on Cilium."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from netgen import api
from netgen.evaluate.objects import read_cluster
from netgen.evaluate.objects.model import Request
from netgen.evaluate.sets import Protocol, bits
from netgen.scene import Scene, scene
from test_examples import PLAIN

ROOT = Path(__file__).parents[1] / "specs"
STOREFRONT = ROOT / "storefront"
TEAMS = ("storefront", "checkout", "payments")
MOST_LINES = 37
"""Of the three teams together."""


@cache
def picture() -> Scene:
    """Return who reaches whom by what is rendered of the example."""
    manifests = api.render(api.load(STOREFRONT).intent)
    return scene(read_cluster((one.document for one in manifests), cni="cilium"), cni="cilium")


def rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a table of the example."""
    with (STOREFRONT / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_teams_write_few_lines() -> None:
    """Six apps, six calls among them, three to the outside, two hosts, HTTP rules and two claims: 37 lines, no more."""
    texts = [(STOREFRONT / f"{team}.yaml").read_text(encoding="utf-8") for team in TEAMS]
    lines = [line for text in texts for line in text.splitlines() if line.strip() and not line.startswith(("#", "---"))]
    assert len(lines) <= MOST_LINES


def test_the_requests_of_the_table_pass() -> None:
    """An HTTP request passes where http.csv says so."""
    answers = [passes(row) for row in rows("http.csv")]
    assert answers == [row["allowed"] for row in rows("http.csv")]
    assert {*answers} == {"yes", "no"}


def passes(row: dict[str, str]) -> str:
    """Return whether the request of *row* passes, and certainly so."""
    whole = picture()
    source, target = (whole.names.index(row[end]) for end in ("src", "dst"))
    port = int(row["port"])
    said = set()
    for reach in (whole.narrow, whole.wide):
        asked = reach.filter(source, target, Protocol.TCP, port)
        if asked is None:
            said.add(reach.allowed(source, target).has(Protocol.TCP, port))
        else:
            said.add(all(any(_fits(one, row) for one in side) for side in asked))
    return "maybe" if len(said) > 1 else "yes" if said == {True} else "no"


def _fits(one: object, row: dict[str, str]) -> bool:
    assert isinstance(one, Request)
    assert (one.host, one.headers) == ("", ())
    return one.method in ("", row["method"]) and re.fullmatch(one.path, row["path"]) is not None


def test_the_names_of_the_table_are_open() -> None:
    """What is behind a host name is open where names.csv says so."""
    answers = [is_open(row) for row in rows("names.csv")]
    assert answers == [row["allowed"] for row in rows("names.csv")]
    assert {*answers} == {"yes", "no"}


def is_open(row: dict[str, str]) -> str:
    """Return whether the addresses of the name of *row* are open; of one that no policy tells apart, the internet's."""
    whole = picture()
    learned = whole.universe.name(row["name"])
    targets = whole.internet if learned is None else 1 << learned
    source, port = whole.names.index(row["src"]), int(row["port"])
    said = {
        reach.allowed(source, target).has(Protocol.TCP, port)
        for reach in (whole.narrow, whole.wide)
        for target in bits(targets)
    }
    return "maybe" if len(said) > 1 else "yes" if said == {True} else "no"


@pytest.mark.parametrize("system", PLAIN)
def test_an_example_on_cilium_is_proved(system: str, kubeconform: Callable[[str], list[str]]) -> None:
    """The other examples render for Cilium too: what they do is proved, and every object has the fields of its kind."""
    intent = api.load(ROOT / system, cni="cilium 1.20").intent
    manifests = api.render(intent)
    proof = api.prove(intent, manifests, cni="cilium")
    assert proof.findings == ()
    assert kubeconform(api.stream(manifests, "yaml")) == []
    kinds = {one.body["kind"] for one in manifests}
    assert "CiliumNetworkPolicy" in kinds
    assert "NetworkPolicy" not in kinds
