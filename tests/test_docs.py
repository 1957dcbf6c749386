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


def test_the_documents_of_the_readme_are_read(tmp_path: Path) -> None:
    """The Platform, the peers and the claims that the README shows, put around its spec, load, and the claims hold."""
    shop, peers, never, platform = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    (tmp_path / "spec.yaml").write_text(f"{shop}{peers}{never}---\n{platform}", encoding="utf-8")
    loaded = api.load(tmp_path / "spec.yaml")
    assert [str(app.key) for app in loaded.intent.apps] == ["default/backend", "default/frontend"]
    assert [problem.code for problem in loaded.problems] == []
    proof = api.prove(loaded.intent, api.render(loaded.intent))
    assert (proof.findings, proof.claims) == ((), 4)


ROWS = re.findall(r"^\| (`[^|]*`)? ?\| (`[^|]*`) \|", README, re.MULTILINE)
ABOUT_NAMES = {
    *("unknown-app", "callee-not-loaded", "caller-unmanaged", "grant-unused", "unknown-port", "ambiguous-port"),
    *("unenforceable-nodes", "unenforceable-apiserver", "entrypoint-missing", "unknown-overlap", "service-conflict"),
    *("no-platform", "world-includes-pods", "host-network", "grant-idle"),
}
"""Codes that an example gets because the rest of its system is not there."""


def test_the_keys_of_the_readme_are_read() -> None:
    """Each example in the table of keys is of the language: its form is right, whatever it refers to."""
    keys: list[str] = []
    seen = 0
    for head, examples in ROWS:
        keys = re.findall(r"`([a-zA-Z]+)`", head) or keys
        for number, example in enumerate(re.findall(r"`([^`]*)`", examples)):
            key = keys[0] if len(keys) == 1 else _key(keys, number, example)
            port = "" if key in ("port", "ports") else "port: 8080, "
            spec = f"{HEADER}apps:\n  web: {{{port}{key}: {example}}}\n"
            try:
                codes = {problem.code for problem in api.load("-", stdin=spec.encode()).problems}
            except NetgenError as error:
                codes = {problem.code for problem in error.problems}
            assert codes <= ABOUT_NAMES, (key, example)
            seen += 1
    assert seen >= 20


HEADER = "apiVersion: netgen.dev/v1alpha1\nkind: Connectivity\nmetadata: {name: a, namespace: b}\n"


def _key(keys: list[str], number: int, example: str) -> str:
    """Return which of the *keys* of one row the example is for: `ports` is a map, other rows give one for each."""
    if keys == ["port", "ports"]:
        return "ports" if example.startswith("{") else "port"
    return keys[number]
