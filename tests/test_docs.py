"""The documentation: what is generated is fresh, and what is shown is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from netgen import api
from netgen.problems import CODES, NetgenError
from netgen.report import text

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def problems_page() -> str:
    """Return docs/problems.md as the table of codes makes it."""
    rows = [f"| `{code}` | {entry.severity} | {entry.meaning} |" for code, entry in sorted(CODES.items())]
    head = "# Problem codes\n\nGenerated from `generator/netgen/problems.py`. After an error nothing is written.\n"
    return "\n".join([head, "| code | weight | meaning |", "|---|---|---|", *rows, ""])


def test_the_page_of_problem_codes_is_fresh(pytestconfig: pytest.Config) -> None:
    """docs/problems.md lists every code with its meaning, and no other."""
    page = ROOT / "docs" / "problems.md"
    if pytestconfig.getoption("--update-golden"):
        page.write_text(problems_page(), encoding="utf-8")
    assert page.read_text(encoding="utf-8") == problems_page()


def test_the_spec_of_the_readme_is_the_shop_example() -> None:
    """The ten lines that the README shows are the ones that are tested."""
    shown = re.search(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert shown
    example = (ROOT / "specs" / "shop" / "spec.yaml").read_text(encoding="utf-8")
    assert shown[1] == example.partition("\n")[2]


def test_the_error_of_the_readme_is_what_netgen_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The failing example of the README comes out to the letter."""
    monkeypatch.chdir(tmp_path)
    head = "apiVersion: netgen.dev/v1alpha1\nkind: Connectivity\nmetadata: {{name: {0}, namespace: {0}}}\n"
    checkout = head.format("checkout") + (
        "apps:\n  cart: 8080\n  orders:\n    port: 8080\n"
        "    # the payments team has not agreed yet\n    calls: [cart, payments/api:grpc]\n"
    )
    Path("checkout.yaml").write_text(checkout, encoding="utf-8")
    Path("payments.yaml").write_text(head.format("payments") + "apps:\n  api: 9090/grpc\n", encoding="utf-8")
    with pytest.raises(NetgenError) as caught:
        api.load(["checkout.yaml", "payments.yaml"])
    errors = tuple(p for p in caught.value.problems if p.code != "no-platform")
    shown = re.search(r"```\n(checkout\.yaml:.*?)```", README, re.DOTALL)
    assert shown
    assert text(errors, colour=False).startswith(shown[1])
