"""The hooks of pre-commit, run by pre-commit itself, which installs netgen from a clone of this checkout."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import readmes
from composite import bare_environment
from repositories import AUTHOR, SPEC, WIDER, checkout, commit, git, netgen

ROOT = Path(__file__).parents[2]
README = ROOT / "integrations" / "pre-commit" / "README.md"
HOOKS = ROOT / ".pre-commit-hooks.yaml"
PRE_COMMIT = Path(sys.executable).with_name("pre-commit")
(CONFIG,) = readmes.blocks(README, "yaml")
(COMMANDS,) = readmes.blocks(README, "")


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A repository with this checkout as it is now, committed, and its commit."""
    folder = tmp_path_factory.mktemp("clone") / "netgen"
    return folder, checkout(folder)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps what it installs: once for all tests."""
    return tmp_path_factory.mktemp("pre-commit")


@pytest.fixture
def team(tmp_path: Path, clone: tuple[Path, str]) -> Path:
    """A repository of a team with a spec, its folder, and the hooks of the README."""
    folder = tmp_path / "team"
    folder.mkdir()
    git(folder, "init", "--quiet")
    config = yaml.safe_load(CONFIG)
    config["repos"][0] |= {"repo": clone[0].as_uri(), "rev": clone[1]}
    files = {".pre-commit-config.yaml": yaml.safe_dump(config), "specs/shop.yaml": SPEC}
    commit(folder, "spec", files)
    netgen(folder, "render", "specs", "--out", "deploy")
    commit(folder, "folder")
    return folder


def pre_commit(folder: Path, home: Path, *words: str) -> tuple[int, str]:
    """Run pre-commit in *folder*; return its exit code and what it prints."""
    done = subprocess.run(
        [PRE_COMMIT, *words],
        check=False,
        cwd=folder,
        env=bare_environment(PRE_COMMIT_HOME=str(home), PRE_COMMIT_COLOR="never"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    return done.returncode, done.stdout


def results(log: str) -> dict[str, str]:
    """Return what became of each hook, by its name."""
    lines = [line for line in log.splitlines() if line.startswith("netgen ") and ".." in line]
    return {line.partition(".")[0]: line.rpartition(".")[2].removeprefix("(no files to check)") for line in lines}


def test_the_hooks_of_the_readme_run(team: Path, home: Path) -> None:
    """The commands of the README install the hooks and pass all of them, in a repository that is as it must be."""
    for line in COMMANDS.splitlines():
        word, *words = line.split()
        assert word == "pre-commit"
        code, log = pre_commit(team, home, *words)
        assert code == 0, log
    assert results(log) == {"netgen check": "Passed", "netgen render": "Passed", "netgen verify": "Passed"}
    assert git(team, "status", "--porcelain") == ""


def test_a_commit_with_an_old_folder_is_stopped_and_mended(team: Path, home: Path) -> None:
    """The render hook writes the folder anew and stops the commit, which passes when that is added."""
    pre_commit(team, home, "install")
    (team / "specs" / "shop.yaml").write_text(WIDER, encoding="utf-8")
    git(team, "add", "specs")
    first = subprocess.run(
        ["git", *AUTHOR, "commit", "--message", "wider"],  # noqa: S607 - the git of the machine
        check=False,
        cwd=team,
        env=bare_environment(PRE_COMMIT_HOME=str(home), PRE_COMMIT_COLOR="never"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    assert first.returncode == 1
    assert results(first.stdout) == {"netgen check": "Passed", "netgen render": "Failed", "netgen verify": "Passed"}
    assert "- files were modified by this hook" in first.stdout
    assert git(team, "diff", "--name-only").splitlines() == ["deploy/.netgen", "deploy/shop.yaml"]
    git(team, "add", "deploy")
    code, log = pre_commit(team, home)
    assert code == 0, log


def test_a_bad_spec_is_stopped(team: Path, home: Path) -> None:
    """The hooks fail with the problem and its line, and the folder stays as it was."""
    (team / "specs" / "shop.yaml").write_text(SPEC.replace("[db]", "[dp]"), encoding="utf-8")
    git(team, "add", "specs")
    code, log = pre_commit(team, home)
    assert code == 1
    assert results(log) == {"netgen check": "Failed", "netgen render": "Failed", "netgen verify": "Failed"}
    assert "specs/shop.yaml:7:13: error[unknown-app]" in log
    assert git(team, "status", "--porcelain") == "M  specs/shop.yaml"


def test_a_policy_that_was_widened_is_stopped(team: Path, home: Path) -> None:
    """The verify hook names what a changed manifest opens, and the render hook does not overwrite the edit."""
    file = team / "deploy" / "shop.yaml"
    text = file.read_text(encoding="utf-8")
    edited = text.replace("port: 5432", "port: 5433")
    assert edited != text
    file.write_text(edited, encoding="utf-8")
    git(team, "add", "deploy")
    code, log = pre_commit(team, home)
    assert code == 1
    assert results(log) == {"netgen check": "Passed", "netgen render": "Failed", "netgen verify": "Failed"}
    assert "shop/web" in log
    assert file.read_text(encoding="utf-8") == edited


def test_a_commit_without_specs_is_left_alone(team: Path, home: Path) -> None:
    """Where no YAML or JSON file is in the commit, no hook runs."""
    (team / "README.md").write_text("hello\n", encoding="utf-8")
    git(team, "add", "README.md")
    code, log = pre_commit(team, home)
    assert code == 0
    assert set(results(log).values()) == {"Skipped"}


def test_render_can_check_alone(team: Path, home: Path) -> None:
    """With --check, as the README says, the render hook prints the difference and writes nothing."""
    file = team / ".pre-commit-config.yaml"
    config = yaml.safe_load(file.read_text(encoding="utf-8"))
    config["repos"][0]["hooks"][1]["args"].append("--check")
    file.write_text(yaml.safe_dump(config), encoding="utf-8")
    (team / "specs" / "shop.yaml").write_text(WIDER, encoding="utf-8")
    git(team, "add", "--all")
    code, log = pre_commit(team, home, "run", "netgen-render")
    assert code == 1
    assert "+++ deploy/shop.yaml" in log
    assert "- files were modified by this hook" not in log
    assert git(team, "diff", "--name-only") == ""


def test_the_hooks_are_listed(tmp_path: Path) -> None:
    """pre-commit reads the file of hooks and the example, which names each hook once, and the table has each."""
    config = tmp_path / ".pre-commit-config.yaml"
    config.write_text(CONFIG, encoding="utf-8")
    home = tmp_path / "home"
    assert pre_commit(tmp_path, home, "validate-manifest", str(HOOKS)) == (0, "")
    assert pre_commit(tmp_path, home, "validate-config", str(config)) == (0, "")
    hooks = [hook["id"] for hook in yaml.safe_load(HOOKS.read_text(encoding="utf-8"))]
    assert [hook["id"] for hook in yaml.safe_load(CONFIG)["repos"][0]["hooks"]] == hooks
    assert [name for name in hooks if f"\n| `{name}` |" not in README.read_text(encoding="utf-8")] == []
