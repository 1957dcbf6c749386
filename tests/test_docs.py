"""The documentation: what is generated is fresh, and what is shown is true."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from netgen import api
from netgen.cnis.formats import table_markdown
from netgen.intent import Entities, Gateway, Pods
from netgen.problems import NetgenError
from netgen.report import text
from netgen.spec.controllers import controllers
from pages import commands_page, language_page, problems_page

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SPEC = (ROOT / "docs" / "spec.md").read_text(encoding="utf-8")


MADE: dict[str, Callable[[], str]] = {
    "problems.md": problems_page,
    "language.md": language_page,
    "commands.md": commands_page,
}


@pytest.mark.parametrize("name", MADE)
def test_a_page_that_is_made_is_fresh(name: str, pytestconfig: pytest.Config) -> None:
    """Every problem code, every key of the language and every command has its place in docs/, and no other has."""
    page = ROOT / "docs" / name
    if pytestconfig.getoption("--update-golden"):
        page.write_text(MADE[name](), encoding="utf-8")
    assert page.read_text(encoding="utf-8") == MADE[name]()


def test_the_table_of_plugins_is_fresh(pytestconfig: pytest.Config) -> None:
    """docs/cni.md has the table that `netgen cni -o markdown` prints."""
    page, begin, end = ROOT / "docs" / "cni.md", "<!-- table -->\n", "<!-- end of the table -->\n"
    before, _, rest = page.read_text(encoding="utf-8").partition(begin)
    _, _, after = rest.partition(end)
    expected = f"{before}{begin}{table_markdown()}{end}{after}"
    if pytestconfig.getoption("--update-golden"):
        page.write_text(expected, encoding="utf-8")
    assert page.read_text(encoding="utf-8") == expected


PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_leads_somewhere(page: Path) -> None:
    """A relative link names a file that is there, and behind a # a heading of it."""
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        if "://" in target:
            continue
        file = page if not path else page.parent / path
        assert file.exists(), target
        headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE) if anchor else []
        headings += re.findall(r'<a id="([^"]*)">', file.read_text(encoding="utf-8")) if anchor else []
        assert not anchor or anchor in {re.sub(r"[^\w -]", "", one).replace(" ", "-").lower() for one in headings}


def test_every_page_is_in_the_index() -> None:
    """The built site leads to each page of docs/."""
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    listed = re.findall(r"^([a-z-]+)$", "".join(re.findall(r"```{toctree}(.*?)```", index, re.DOTALL)), re.MULTILINE)
    assert sorted(listed) == sorted(page.stem for page in PAGES[2:] if page.stem != "index")


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
    shown = re.search(r"```text\n(checkout\.yaml:.*?)```", README, re.DOTALL)
    assert shown
    assert text(errors, colour=False).startswith(shown[1])


def test_the_documents_of_the_page_about_specs_are_read(tmp_path: Path) -> None:
    """The Platform, the peers and the claims that it shows, put around the README's spec, load, and the claims hold."""
    shop = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)[0]
    documents = re.sub(r"<!-- file .*? -->\n```yaml\n.*?```", "", SPEC, flags=re.DOTALL)  # these are run
    checkout, peers, never, platform, gates = re.findall(r"```yaml\n(.*?)```", documents, re.DOTALL)
    (tmp_path / "spec.yaml").write_text(f"{shop}{peers}{never}---\n{platform}", encoding="utf-8")
    loaded = api.load(tmp_path / "spec.yaml")
    assert [str(app.key) for app in loaded.intent.apps] == ["default/backend", "default/frontend"]
    assert [problem.code for problem in loaded.problems] == []
    proof = api.prove(loaded.intent, api.render(loaded.intent))
    assert (proof.findings, proof.claims) == ((), 4)
    payments = (
        f"---\n{HEADER.replace('name: a, namespace: b', 'name: p, namespace: payments')}apps: {{api: 9090/grpc}}\n"
    )
    with pytest.raises(NetgenError) as caught:
        api.load("-", stdin=f"{checkout}{payments}".encode())
    assert {problem.code for problem in caught.value.problems} <= {"no-platform", "consent-missing"}
    web = f"{HEADER}apps: {{web: {{port: 8080, expose: [https://shop.example.com, https://pay.example.com]}}}}\n---\n"
    kinds = {one.kind for one in api.render(api.load("-", stdin=f"{web}{gates}".encode()).intent)}
    assert kinds >= {"Ingress", "HTTPRoute"}


@pytest.mark.parametrize(
    ("short", "long"), re.findall(r"^\| `(\w+: [^|`]*)` \| `(\w+: [^|`]*)` \|", SPEC, re.MULTILINE)
)
def test_a_short_form_means_its_long_form(short: str, long: str) -> None:
    """What the page about specs puts side by side renders the same."""
    texts = []
    for form in (short, long):
        app, never = (form if form.startswith(word) else "" for word in ("db:", "never:"))
        port = "" if form.startswith("port") else "port: 8080/http, " if "http" in form else "port: 8080, "
        web = f"{{{port}{'' if app or never else form}}}"
        loaded = api.load("-", stdin=SYSTEM.format(never, web, app or "db: 5432").encode(), ingress="traefik")
        texts.append((api.stream(api.render(loaded.intent), "yaml"), len(loaded.intent.claims)))
    assert texts[0] == texts[1]


def plane_text(plane: Pods | Entities) -> str:
    """Return a data plane as the page has it."""
    if isinstance(plane, Entities):
        return f"the entity {', '.join(plane.names)}"
    return f"{plane.namespace}/" + ",".join(f"{key}={value}" for key, value in plane.selector.labels)


def test_the_controllers_of_the_page_about_specs_are_the_profiles() -> None:
    """Each profile is a row, with its class and the pods of its data plane, or what a policy calls that is no pods."""
    rows = re.findall(r"^\| (?:`([a-z-]+)`)? ?\| `([a-z-]+)`[^|]*\| `([^`|]+)` \|$", SPEC, re.MULTILINE)
    known = controllers()
    expected = {
        (
            next((key for key, value in known.by_class.items() if value is profile), ""),
            name,
            plane_text(profile.data_plane),
        )
        for name, profile in known.by_name.items()
        if profile.data_plane
    }
    assert set(rows) == expected


def test_the_gateways_of_the_page_about_specs_are_the_profiles() -> None:
    """Each profile that takes HTTPRoutes is a row, with the pods that serve a Gateway."""
    part = SPEC.partition("### Gateways")[2].partition("## ")[0]
    gateway = Gateway("NAMESPACE", "NAME")
    planes = {name: one.serving(gateway) for name, one in controllers().by_name.items()}
    assert dict(re.findall(r"^\| `([a-z-]+)` \| `([^`|]+)` \|$", part, re.MULTILINE)) == {
        name: plane_text(plane) for name, plane in planes.items() if plane
    }


KEYS = SPEC.partition("## The keys of an app")[2].partition("## ")[0]
ROWS = re.findall(r"^\| (`[^|]*`)? ?\| (`[^|]*`) \|", KEYS, re.MULTILINE)
ABOUT_NAMES = {
    *("unknown-app", "callee-not-loaded", "caller-unmanaged", "grant-unused", "unknown-port", "ambiguous-port"),
    *("unenforceable-nodes", "unenforceable-apiserver", "entrypoint-missing", "unknown-overlap", "service-conflict"),
    *("no-platform", "world-includes-pods", "host-network", "grant-idle", "unenforceable-service-account"),
}
"""Codes that an example gets because the rest of its system is not there, or another CNI is."""


def test_the_keys_of_the_page_about_specs_are_read() -> None:
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


SYSTEM = """
{{apiVersion: netgen.dev/v1alpha1, kind: Platform, metadata: {{name: p}}, owners: {{b: t, payments: t, storefront: t}}}}
---
apiVersion: netgen.dev/v1alpha1
kind: Connectivity
metadata: {{name: a, namespace: b}}
{}
apps:
  web: {}
  {}
---
apiVersion: netgen.dev/v1alpha1
kind: Connectivity
metadata: {{name: p, namespace: payments}}
apps: {{api: {{port: 9090/grpc}}}}
---
apiVersion: netgen.dev/v1alpha1
kind: Connectivity
metadata: {{name: s, namespace: storefront}}
apps: {{web: {{port: 80, calls: [b/web]}}}}
"""
HEADER = "apiVersion: netgen.dev/v1alpha1\nkind: Connectivity\nmetadata: {name: a, namespace: b}\n"


def _key(keys: list[str], number: int, example: str) -> str:
    """Return which of the *keys* of one row the example is for: `ports` is a map, other rows give one for each."""
    if keys == ["port", "ports"]:
        return "ports" if example.startswith("{") else "port"
    return keys[number]
