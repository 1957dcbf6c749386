"""The examples in specs/: what they render is the golden file, passes kubeconform, and opens what expect.csv lists."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

import reach
from netgen import api
from netgen.reaching.formats import as_csv
from netgen.source import Dialect, read

ROOT = Path(__file__).parents[1]
SYSTEMS = sorted(path.parent.name for path in (ROOT / "specs").glob("*/expect.csv"))
PLAIN = [system for system in SYSTEMS if system != "storefront"]
"""Those of NetworkPolicies; tests/test_storefront.py has more about the other, and tests/engines asks Cilium itself."""
SPECS = sorted((ROOT / "specs").glob("*/*.yaml"))
OTHERS = {
    "public": ("traefik", {"app.kubernetes.io/name": "traefik"}),
    "scraper": ("monitoring", {"app.kubernetes.io/name": "prometheus"}),
    "scraper of sock-shop": ("monitoring", {"app": "prometheus"}),
}


def rendered(system: str) -> str:
    """Return the stream of an example."""
    return api.stream(api.render(api.load(ROOT / "specs" / system).intent), "yaml")


@pytest.mark.parametrize("system", SYSTEMS)
def test_an_example_renders_its_golden_file(system: str, pytestconfig: pytest.Config) -> None:
    """A change of the output is seen, read and committed, never made by the way."""
    golden = ROOT / "tests" / "golden" / f"{system}.yaml"
    if pytestconfig.getoption("--update-golden"):
        golden.write_text(rendered(system), encoding="utf-8")
    assert golden.read_text(encoding="utf-8") == rendered(system)


@pytest.mark.parametrize("system", SYSTEMS)
def test_an_example_passes_kubeconform(system: str, kubeconform: Callable[[str], list[str]]) -> None:
    """Every object has the fields of its kind and no others."""
    assert kubeconform(rendered(system)) == []


@pytest.mark.parametrize("system", PLAIN)
def test_an_example_opens_what_its_documentation_says(system: str) -> None:
    """The policies leave open the connections of expect.csv, strangers and the internet included, and nothing else."""
    with (ROOT / "specs" / system / "expect.csv").open(encoding="utf-8", newline="") as file:
        expected = sorted((row["src"], row["dst"], row["port"]) for row in csv.DictReader(file))
    bodies = [document.data for document in read(rendered(system), system, Dialect.MANIFEST).documents]
    assert expected
    assert reach.rows(bodies, OTHERS) == expected


@pytest.mark.parametrize("system", SYSTEMS)
def test_reach_reads_out_of_an_example_what_its_documentation_says(system: str) -> None:
    """`netgen render | netgen reach - -o csv` is expect.csv to the byte."""
    cni = api.load(ROOT / "specs" / system).intent.cni
    answer = api.reach(["-"], stdin=rendered(system).encode(), cni=cni)
    assert as_csv(answer) == (ROOT / "specs" / system / "expect.csv").read_text(encoding="utf-8")
    assert (answer.said, answer.unproven) == ((), ())


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_an_example_helps_the_editor(spec: Path) -> None:
    """The first line names the schema of the first document by a path that leads to it."""
    first = spec.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    assert (spec.parent / first.partition("=")[2]).is_file()


@pytest.mark.parametrize("system", SYSTEMS)
def test_kustomize_reads_the_folder_as_it_was_written(
    system: str, tmp_path: Path, kustomize: Callable[[Path], str]
) -> None:
    """A kustomize build of the written folder holds the same objects in the same order."""
    manifests = api.render(api.load(ROOT / "specs" / system).intent)
    api.write(manifests, tmp_path / "out")
    built = read(kustomize(tmp_path / "out"), system, Dialect.MANIFEST).documents
    assert [document.data for document in built] == [manifest.body for manifest in manifests]
