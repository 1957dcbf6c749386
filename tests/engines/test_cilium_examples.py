"""The examples of specs/, rendered for Cilium, open for its own policy engine what their tables say."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache
from ipaddress import ip_network
from itertools import product
from pathlib import Path

import pytest

from cilium_compared import Answers
from cilium_engine import Question, Request, answers
from cilium_populated import ELSEWHERE, ENTITIES, OUTSIDE, Body, Pod, nearly, objects, populated, spaces
from netgen import api
from netgen.intent import Intent
from netgen.verify import ideal
from writing import plainly

ROOT = Path(__file__).parents[2] / "specs"
SYSTEMS = sorted(path.parent.name for path in ROOT.glob("*/expect.csv"))
OWN = "storefront"
"""The example whose platform is Cilium."""
SERVERS = {"192.168.10.5": "kube-apiserver"}
"""Addresses of API servers in tables of examples."""

Row = tuple[str, str, str]


def load(system: str) -> Intent:
    """Return what an example means on Cilium."""
    return api.load(ROOT / system, cni=None if system == OWN else "cilium 1.20").intent


@cache
def policies(system: str) -> list[Body]:
    """Return the policies of an example."""
    return policies_of(load(system))


def policies_of(intent: Intent) -> list[Body]:
    """Return the policies that are rendered of *intent*."""
    return [one.body for one in api.render(intent) if one.body["apiVersion"] == "cilium.io/v2"]


def table(system: str, name: str) -> list[list[str]]:
    """Return the rows of a table of an example, without the header."""
    with (ROOT / system / name).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


# -------------------------------------------------------------------------------------------------- everybody there is


@pytest.mark.parametrize("system", SYSTEMS)
def test_an_example_is_as_the_engine_has_it(system: str) -> None:
    """Every end reaches every other on each port for the engine as for netgen, by the policies and by the Intent."""
    asked = populated(system, policies(system))
    (theirs,) = answers([asked])
    assert (theirs.refused, theirs.unsupported) == ((), ())
    for ours in (Answers(asked), Answers(asked, ideal.policies(load(system)))):
        said = [*ours.verdicts(), *ours.requests()]
        pairs = zip(said, theirs.verdicts + theirs.requests, strict=True)
        assert [(what, letter, mine) for (what, mine), letter in pairs if letter != mine] == []


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_engine_notices_each_policy_of_an_example(system: str) -> None:
    """Where the engine is not given one of the policies, its answers are others; one that denies does so alone."""
    held = policies(system)
    denying = [one for one in held if "enableDefaultDeny" in one["spec"]]
    opening = [one for one in held if one not in denying]
    without = [populated(system, held, [other for other in held if other is not one]) for one in opening]
    full, *short = answers([populated(system, held), *without])
    same = [one["metadata"]["name"] for one, other in zip(opening, short, strict=True) if other == full]
    alone = answers([populated(system, held, [one]) for one in denying])
    idle = [one["metadata"]["name"] for one, other in zip(denying, alone, strict=True) if "0" not in other.verdicts]
    assert (same, idle) == ([], [])


# -------------------------------------------------------------------------------------------------------------- tables


def named(system: str, held: list[Body]) -> tuple[dict[str, str], dict[str, Pod]]:
    """Return the ends of *held* by the names that the tables of an example have, and the pods among them by address.

    Strangers are there that no table names: in each namespace and elsewhere, addresses outside, a node, entities.
    """
    apps = {
        f"{one['metadata']['namespace']}/{one['metadata']['name']}": next(
            nearly(one["spec"]["endpointSelector"], one["metadata"]["namespace"])
        )
        for one in held
        if "enableDefaultDeny" not in one["spec"] and one["spec"]["endpointSelector"]
    }
    written = {end: None for row in table(system, "expect.csv") for end in row[:2] if end not in apps}
    pods = apps | {end: labelled(end) for end in written if "=" in end}
    pods |= {f"stranger in {space}": Pod(space) for space in (*spaces(held), ELSEWHERE)}
    placed = {f"10.244.0.{number}": pod for number, pod in enumerate(pods.values(), 2)}
    ends = dict(zip(pods, placed, strict=True))
    ends |= {end: f"entity:{end}" for end in ENTITIES} | {"internet": OUTSIDE[0]}
    ends |= {end: outside(end, number) for number, end in enumerate(written) if end not in ends and end != "any pod"}
    return ends, placed


def labelled(name: str) -> Pod:
    """Return the pod that is called by its labels."""
    space, _, pairs = name.partition("/")
    return Pod(space, tuple((key, value) for key, _, value in (pair.partition("=") for pair in pairs.split(","))))


def outside(name: str, number: int) -> str:
    """Return an end that *name*, addresses or a pattern of DNS names, stands for."""
    if name[0].isdigit():
        network = ip_network(name)
        return str(network[min(1, network.num_addresses - 1)])
    return f"fqdn:{name.replace('**', 'a.b')}@192.0.2.{number + 1}"


def opened(system: str, held: list[Body]) -> Iterator[Row]:
    """Yield what the engine opens in an example with *held*, but for what the node of a pod opens, which is all."""
    ends, placed = named(system, held)
    apps = {f"{one.key}" for one in load(system).apps} & ends.keys()
    known = {row[2].partition(" ")[0] for row in table(system, "expect.csv")} - {"all"}
    ports = [(protocol, int(number)) for number, protocol in (port.split("/") for port in sorted(known))]
    ports += [("TCP", 1), ("UDP", 1), ("SCTP", 1)]
    manifests = plainly([*held, *objects(placed)])
    (theirs,) = answers([Question(system, manifests, tuple(ends.values()), tuple(ports))])
    assert (theirs.refused, theirs.unsupported) == ((), ())
    for (source, target, (protocol, port)), letter in zip(product(ends, ends, ports), theirs.verdicts, strict=True):
        if source == "host" and target in apps:
            assert letter == "1"
        elif letter in "1f" and apps & {source, target}:
            yield source, target, f"{port}/{protocol}"


def expected(system: str) -> Iterator[Row]:
    """Yield the rows of expect.csv as Cilium has them.

    A node on the way of a connection from the internet may put its own address in, also the one that runs an API
    server; and the API server is known by name and not by its address.
    """
    for source, target, port in table(system, "expect.csv"):
        if source != "host":
            yield source, SERVERS.get(target, target), port.partition(" ")[0]
        if source == "internet":
            yield from ((node, target, port) for node in ("remote-node", "kube-apiserver"))


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_engine_opens_what_the_table_says(system: str) -> None:
    """For the engine the connections of expect.csv are open, strangers and the outside included, and no others."""
    assert sorted(opened(system, policies(system))) == sorted(expected(system))


CLAIM = "  - internet -> payments/db\n"
LINE = "    expose: loadBalancer\n"


CARELESS = {
    "apiVersion": "cilium.io/v2",
    "kind": "CiliumNetworkPolicy",
    "metadata": {"name": "careless", "namespace": "payments"},
    "spec": {"endpointSelector": {}, "ingress": [{"fromEntities": ["all"]}]},
}
"""What somebody else applies, to open everything."""


def demonstrated(line: str) -> Intent:
    """Return the example with its claim about the internet in the Platform, and a *line* at the end of payments/db."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / OWN).glob("*.yaml")}
    texts["platform"] = texts["platform"].replace("never:\n", f"never:\n{CLAIM}")
    texts["payments"] = (
        texts["payments"].replace(CLAIM, "").replace("    port: 5432/tcp\n", f"    port: 5432/tcp\n{line}")
    )
    return api.load("-", stdin="---\n".join(texts.values()).encode()).intent


def test_one_line_breaks_a_claim_of_the_platform() -> None:
    """It is found before anything is written; without the line the engine opens what the table says.

    And it keeps the internet out of the pods, whatever somebody else opens.
    """
    broken, held = demonstrated(LINE), demonstrated("")
    (finding,) = api.prove(broken, api.render(broken), cni=broken.cni).findings
    assert (finding.code, finding.message) == ("never-broken", "the internet can open payments/db on 5432/TCP")
    assert api.prove(held, api.render(held), cni=held.cni).findings == ()
    assert sorted(opened(OWN, policies_of(held))) == sorted(expected(OWN))
    found = {row[:2] for row in opened(OWN, [*policies_of(held), CARELESS])}
    assert ("remote-node", "payments/db") in found
    assert ("internet", "payments/db") not in found


def test_the_engine_passes_the_requests_of_the_table() -> None:
    """An HTTP request passes the engine where http.csv says so."""
    ends, placed = named(OWN, policies(OWN))
    rows = table(OWN, "http.csv")
    requests = tuple(
        Request(ends[source], ends[target], ("TCP", int(port)), method, path)
        for source, target, port, method, path, _ in rows
    )
    manifests = plainly([*policies(OWN), *objects(placed)])
    (theirs,) = answers([Question("http", manifests, tuple(ends.values()), requests=requests)])
    assert ["yes" if letter == "1" else "no" for letter in theirs.requests] == [row[-1] for row in rows]


def test_the_engine_opens_the_names_of_the_table() -> None:
    """An address that was learned for a name is open for the engine where names.csv says so."""
    ends, placed = named(OWN, policies(OWN))
    rows = table(OWN, "names.csv")
    called = {
        name: f"fqdn:{name}@192.0.2.{number}" for number, name in enumerate(dict.fromkeys(row[1] for row in rows), 1)
    }
    sources = list(dict.fromkeys(ends[row[0]] for row in rows))
    ports = list(dict.fromkeys(("TCP", int(row[2])) for row in rows))
    asked = Question("names", plainly([*policies(OWN), *objects(placed)]), (*sources, *called.values()), tuple(ports))
    (theirs,) = answers([asked])
    letters = dict(zip(product(asked.ends, asked.ends, ports), theirs.verdicts, strict=True))
    found = [letters[ends[source], called[name], ("TCP", int(port))] for source, name, port, _ in rows]
    assert ["yes" if letter == "1" else "no" for letter in found] == [row[-1] for row in rows]
