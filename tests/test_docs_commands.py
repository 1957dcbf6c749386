"""The commands of README.md and docs/: each is run, and where its output is shown, that is what it prints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import judges
from netgen import api
from transcripts import COMMANDS, OTHERS, Part, Shell, is_shown, parts, steps

ROOT = Path(__file__).parents[1]
BIN = ROOT / ".venv" / "bin"
PAGES = ("README.md", "CONTRIBUTING.md", *(f"docs/{page.name}" for page in sorted((ROOT / "docs").glob("*.md"))))
NOT_RUN = {
    "./dev": "sets up an environment; test_dev.py and the continuous integration run it",
    "pip install": "asks a package index; test_packaging.py installs what is built",
    "source <(": "changes the shell that it is typed into",
}
"""How a command begins that is not run, and why not."""

TEAMS = """
apiVersion: netgen.dev/v1alpha1
kind: Connectivity
metadata: {name: shop, namespace: shop}
apps:
  web: {port: 8080, expose: loadBalancer, calls: [db]}
  db: 5432/tcp
"""
PLATFORM = """
apiVersion: netgen.dev/v1alpha1
kind: Platform
metadata: {name: prod}
ranges: {pods: [10.244.0.0/16]}
entrypoints: {public: {hosts: [shop.example.com], ingress: traefik}}
"""
POD = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {0}, namespace: shop}}
spec:
  selector: {{matchLabels: {{app.kubernetes.io/name: {0}}}}}
  template:
    metadata: {{labels: {{app.kubernetes.io/name: {0}}}}}
    spec: {{containers: [{{name: c, image: c, ports: [{{containerPort: {1}}}]}}]}}
"""


def text_of(page: str) -> str:
    """Return the text of a page."""
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str) -> Iterator[Part]:
    """Yield the blocks of a page."""
    return (part for part in parts(text_of(page)) if part.word == "block")


def reason(command: str) -> str:
    """Return why a command is not run; nothing for one that is."""
    return next((why for start, why in NOT_RUN.items() if command.startswith(start)), "")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A shell in an empty folder."""
    programs = [BIN / "netgen", BIN / "python", judges.command("kustomize")]
    return Shell(tmp_path, *programs)


@pytest.mark.parametrize("page", PAGES)
def test_a_block_is_of_a_known_kind(page: str) -> None:
    """No command can hide in a block of a language that is not looked at; transcripts have at least one command."""
    for block in blocks(page):
        assert block.language in COMMANDS | OTHERS or block.language.startswith("{"), block.text
        assert block.language not in COMMANDS or steps(block), block.text


QUICK = ("README.md", "docs/getting-started.md", "docs/questions.md")
"""What a newcomer sees first is run with the quick tests."""


@pytest.mark.parametrize(
    "page",
    [
        page if page in QUICK else pytest.param(page, marks=pytest.mark.heavy)
        for page in PAGES
        if page != "docs/commands.md"
    ],
)
def test_the_commands_of_a_page_do_what_it_shows(page: str, shell: Shell, pytestconfig: pytest.Config) -> None:
    """All of them, in their order, in one folder that begins empty; the exit code is 0 where the page says nothing."""
    is_update = pytestconfig.getoption("--update-golden")
    reader = Reader(shell, is_update=is_update)
    text = text_of(page)
    pieces, end = [], 0
    for part in parts(text):
        pieces += [text[end : part.span[0]], reader.takes(part)]
        end = part.span[1]
    found = "".join([*pieces, text[end:]])
    if is_update and found != text:
        (ROOT / page).write_text(found, encoding="utf-8")
    assert found == text or is_update


@dataclass
class Reader:
    """Does what a page says, part by part: *name* is the file that the next block is, *codes* are its exit codes."""

    shell: Shell
    is_update: bool
    name: str = ""
    codes: tuple[int, ...] = (0,)

    def takes(self, part: Part) -> str:
        """Do what *part* says, and return it as it should stand in the page."""
        if part.word != "block":
            self._prepare(part.word, part.told)
        elif self.name:
            self.shell.write(self.name, part.text)
            self.name = ""
        elif part.language in COMMANDS:
            codes, self.codes = self.codes, (0,)
            shown = self._follow(part, codes)
            return shown if part.language else part.text
        return part.text

    def _prepare(self, word: str, told: str) -> None:
        match word:
            case "file":
                self.name = told
            case "hidden":
                path, _, content = told.partition("\n")
                self.shell.write(path.strip(), f"{content}\n")
            case "run":
                code, printed = self.shell.run(told)
                assert code in {0, 1}, (told, printed)
            case "exit":
                self.codes = tuple(map(int, told.split()))

    def _follow(self, block: Part, codes: tuple[int, ...]) -> str:
        found = []
        listed = steps(block)
        for number, (command, shown) in enumerate(listed, start=1):
            now = shown
            if not reason(command):
                code, printed = self.shell.run(command)
                assert code in (codes if number == len(listed) else (0,)), (command, code, printed)
                is_right = shown is None or is_shown(shown, printed)
                assert self.is_update or is_right, f"$ {command}\n{printed}\n--- is not what is shown:\n{shown}"
                now = shown if is_right else printed
            found.append(f"$ {command}\n" + (f"{now}\n" if now else ""))
        return ("\n" if any(shown for _, shown in listed) else "").join(found)


@pytest.mark.heavy
def test_the_examples_of_each_command_run(shell: Shell) -> None:
    """Every example of a help does something, in a repository that has what it needs."""
    world(shell)
    ran = 0
    for block in blocks("docs/commands.md"):
        for command, _ in steps(block) if block.language in COMMANDS else ():
            if reason(command):
                continue
            shell.fresh()
            if command.startswith(("netgen init", "netgen import")):
                shell.run("rm -rf spec.yaml deploy .netgen.schema.json; mkdir deploy; cp old.yaml deploy/")
            code, printed = shell.run(command)
            assert code in {0, 1}, (command, code, printed)
            ran += 1
    assert ran > 25


def world(shell: Shell) -> None:
    """Make a repository with specs, a platform, what they render, workloads, a chart and two releases."""
    shell.write("teams/shop.yaml", TEAMS)
    shell.write("platform.yaml", PLATFORM)
    shell.write("spec.yaml", TEAMS.replace("loadBalancer", "https://shop.example.com") + "---" + PLATFORM)
    shell.write("charts/web.yaml", POD.format("web", 8080) + "---" + POD.format("db", 5432))
    shell.write("kustomization.yaml", "resources: [deploy]\n")
    rendered = api.stream(api.render(api.load([shell.folder / "spec.yaml"]).intent), "yaml")
    shell.write("chart.yaml", rendered)
    shell.write("old.yaml", rendered)
    for command in (
        "mkdir -p chart/templates",
        "netgen render spec.yaml --out deploy",
        "git init -q && git add -A && git commit -qm a && git tag v1.2 && git tag v1.3",
    ):
        code, printed = shell.run(command)
        assert code == 0, printed
    shell.world = shell.folder.parent / "world"
    shell.folder.rename(shell.world)


def test_each_reason_for_not_running_a_command_is_needed() -> None:
    """The list of what is not run has nothing in it that no page has, and most commands are run."""
    commands = [
        command for page in PAGES for block in blocks(page) if block.language in COMMANDS for command, _ in steps(block)
    ]
    left_out = [command for command in commands if reason(command)]
    assert {start for start in NOT_RUN if not any(one.startswith(start) for one in commands)} == set()
    assert len(left_out) * 4 < len(commands), left_out
