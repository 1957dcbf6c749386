"""The commands of a Markdown page, run one after another in a folder of their own, and what they print.

A block ```` ```console ```` is a transcript: `$ ` begins a command, and what stands below it is compared with what it
prints on stdout and stderr (`...` stands for any lines; where nothing stands below, nothing is compared). A block
without a language is a list of commands. No other language may hold commands. Comments of the page, which no reader
sees, prepare the folder:

    <!-- file NAME -->         the next block is the content of NAME
    <!-- hidden NAME (lines) --> the lines are the content of NAME
    <!-- run COMMAND -->       is run first
    <!-- exit 1 -->            the next block's last command ends with one of these exit codes, not with 0
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PART = re.compile(
    r"^<!-- (?P<word>file|hidden|run|exit)\b(?P<told>.*?)-->$"
    r"|^(?P<fence>```+)(?P<language>\S*)[^\n]*\n(?P<body>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)
COMMANDS = frozenset(["console", ""])
OTHERS = frozenset(["yaml", "json", "text", "diff", "python", "dockerfile", "ini", "toml", "html"])
"""Languages that hold no commands; directives of MyST stand in braces."""

_SHIMS = {
    # there is no cluster here: what `get` prints is the page's .cluster.yaml, and all else is taken without a word
    "kubectl": 'case "$*" in get*) cat .cluster.yaml ;; *"-f -"*) cat > /dev/null ;; esac',
    "helm": 'case "$1" in template) cat chart.yaml ;; esac',
    "jq": "cat",
}


@dataclass(frozen=True, slots=True)
class Part:
    """A block or a comment of a page: its *word* (`block` for a block), its *text*, what it says, and its place."""

    word: str
    language: str
    text: str
    told: str
    span: tuple[int, int]


def parts(page: str) -> Iterator[Part]:
    """Yield what stands in a page."""
    for found in _PART.finditer(page):
        if found["word"]:
            yield Part(found["word"], "", found[0], found["told"].strip(), found.span())
        else:
            yield Part("block", found["language"], found["body"], "", found.span("body"))


def steps(block: Part) -> list[tuple[str, str | None]]:
    """Return the commands of a block, each with what it prints, if that is shown."""
    if block.language == "":
        return [(line, None) for line in block.text.splitlines() if line.strip() and not line.startswith("#")]
    found: list[tuple[str, str | None]] = []
    for chunk in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        lines = chunk.splitlines()
        length = next(i for i, line in enumerate(lines) if not line.endswith("\\")) + 1
        shown = "\n".join(lines[length:]).strip("\n")
        found.append(("\n".join(lines[:length]), shown or None))
    return found


class Shell:
    """Runs commands in *folder*, in which netgen, git and a few stand-ins are all there is beside the system's own."""

    def __init__(self, folder: Path, *programs: Path) -> None:
        self.folder = folder / "work"
        self.world: Path | None = None
        shims = folder / "bin"
        shims.mkdir(parents=True)
        for name, body in _SHIMS.items():
            (shims / name).write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
            (shims / name).chmod(0o755)
        for program in programs:
            shim = shims / program.name.partition("-v")[0]
            shim.write_text(f'#!/bin/sh\nexec "{program}" "$@"\n', encoding="utf-8")
            shim.chmod(0o755)
        home = folder / "home"
        home.mkdir()
        (home / ".gitconfig").write_text("[user]\nname = a\nemail = a@example.com\n[init]\ndefaultBranch = main\n")
        self.environment = {
            "PATH": f"{shims}:{os.environ['PATH']}",
            "HOME": str(home),
            "LC_ALL": "C.UTF-8",
            "PAGER": "cat",
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        self.fresh()

    def fresh(self) -> None:
        """Begin with an empty folder, or with a copy of the world."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.world is None:
            self.folder.mkdir()
        else:
            shutil.copytree(self.world, self.folder)

    def write(self, name: str, content: str) -> None:
        """Write a file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")

    def run(self, command: str) -> tuple[int, str]:
        """Return the exit code of *command* and what it prints."""
        done = subprocess.run(
            ["bash", "-c", command],  # noqa: S607 - whichever the system has
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            encoding="utf-8",
            check=False,
        )
        return done.returncode, "\n".join(line.rstrip() for line in done.stdout.strip("\n").splitlines())


def is_shown(shown: str, printed: str) -> bool:
    """Return whether *printed* is what is *shown*, where `...` is any lines."""
    pattern = "\n".join(r"(?:.*\n)*?.*" if line == "..." else re.escape(line) for line in shown.splitlines())
    return re.fullmatch(pattern, printed) is not None
