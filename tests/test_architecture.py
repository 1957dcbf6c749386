"""The rules of the house that a machine can check: layers, sizes, docstrings, and who may touch the world outside."""

from __future__ import annotations

import ast
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "generator" / "netgen"
MODULES = {str(file.relative_to(PACKAGE)): file.read_text(encoding="utf-8") for file in sorted(PACKAGE.rglob("*.py"))}
TREES = {name: ast.parse(text) for name, text in MODULES.items()}

LONGEST_MODULE = 350
LONGEST_FUNCTION = 40
MEDIAN_FUNCTION = 10

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef

# One import a contract of pyproject.toml that breaks it, and the module that has no business to make it.
BREACHES = {
    "Data flows one way": ("problems.py", "import netgen.api"),
    "The check does not know how manifests are made": ("check/__init__.py", "import netgen.render"),
    "The evaluator shares nothing with what it judges": ("evaluate/reach.py", "import netgen.quoting"),
    "Rendering sees the Intent, never the spec": ("render/__init__.py", "import netgen.spec"),
    "Backends do not know each other": ("render/backends/service.py", "import netgen.render.backends.ingress"),
    "Only the command line imports click": ("api.py", "import click"),
    "Only the template environment imports jinja2": ("render/backends/service.py", "import jinja2"),
    "Nobody imports ruamel.yaml, until files that people wrote are edited": ("intent.py", "import ruamel.yaml"),
}


def lint_imports(folder: Path) -> str:
    """Return what import-linter says of the package in *folder*."""
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [lint, "--no-cache", "--no-logo", "--config", ROOT / "pyproject.toml"],
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        encoding="utf-8",
    )
    return done.stdout + done.stderr


def functions(tree: ast.AST) -> Iterator[Function]:
    """Find the functions and methods in *tree*."""
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def length(function: Function) -> int:
    """Count the lines from `def` to the end."""
    return (function.end_lineno or 0) - function.lineno + 1


def public(tree: ast.Module | ast.ClassDef) -> Iterator[Definition]:
    """Find the public functions, classes and methods of a module."""
    for node in tree.body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public(node)


def test_layers() -> None:
    """The import contracts hold."""
    report = lint_imports(PACKAGE.parent)
    assert f"Contracts: {len(BREACHES)} kept, 0 broken." in report, report


def test_layers_are_guarded(tmp_path: Path) -> None:
    """Each import contract sees a breach of it."""
    shutil.copytree(PACKAGE, tmp_path / "netgen")
    for module, line in BREACHES.values():
        with (tmp_path / "netgen" / module).open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")
    report = lint_imports(tmp_path)
    kept = [name for name in BREACHES if f"{name} BROKEN" not in report]
    assert kept == [], report


def test_modules_are_small() -> None:
    """No module is longer than 350 lines."""
    sizes = {name: len(text.splitlines()) for name, text in MODULES.items()}
    assert {name: size for name, size in sizes.items() if size > LONGEST_MODULE} == {}


def test_functions_are_small() -> None:
    """No function is longer than 40 lines, and half of them are shorter than 10."""
    sizes = {f"{name}: {it.name}": length(it) for name, tree in TREES.items() for it in functions(tree)}
    assert {name: size for name, size in sizes.items() if size > LONGEST_FUNCTION} == {}
    assert statistics.median(sizes.values()) < MEDIAN_FUNCTION


@pytest.mark.parametrize("name", TREES)
def test_public_names_are_documented(name: str) -> None:
    """A module has one line that says what is in it, and every public name a sentence."""
    tree = TREES[name]
    summary, _, more = (ast.get_docstring(tree) or "").partition("\n")
    assert summary, "the module has no docstring"
    assert more == "", "the docstring of a module is one line"
    assert [node.name for node in public(tree) if not ast.get_docstring(node)] == []


@pytest.mark.parametrize("name", [name for name in TREES if not name.startswith("cli/")])
def test_only_the_command_line_touches_the_world(name: str) -> None:
    """Printing, exiting, the environment, the clock and chance are the command line's."""
    assert sorted(worldly(TREES[name])) == []


def worldly(tree: ast.Module) -> Iterator[str]:
    """Find the names in *tree* that only the command line may use."""
    modules = {"random", "secrets", "time", "datetime", "logging"}
    members = {"sys.exit", "sys.argv", "sys.stdout", "sys.stderr", "sys.stdin", "os.environ", "os.getenv"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom):
            full = {f"{node.module}.{alias.name}" for alias in node.names}
            yield from full & members
            yield from {node.module or ""} & modules
        elif isinstance(node, ast.Attribute):
            yield from {ast.unparse(node)} & members
        elif isinstance(node, ast.Call):
            yield from {ast.unparse(node.func)} & {"print", "input", "exit", "quit", "breakpoint"}
