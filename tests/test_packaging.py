"""The package as people install it: every way brings the templates and schemas along, and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

import netgen

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[1]
SPEC = ROOT / "specs" / "seed" / "spec.yaml"
FOLDERS = {"generator/netgen": "netgen", "templates": "netgen/templates", "schemas": "netgen/schemas"}

# What a checkout has for the work on it, and a source distribution has not.
WORKPLACE = (".ci/",)

# Says where the installed copy finds its folders, one a line.
WHERE = "from netgen.resources import folder; print(folder('templates')); print(folder('schemas'))"


def call(*command: str | Path, cwd: Path) -> str:
    """Run *command* without a trace of this test run's import path, and return what it prints."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, check=False, cwd=cwd, env=env, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def tree() -> list[str]:
    """List the files of the checkout that git knows or would take."""
    names = call("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT).split("\0")
    return sorted(name for name in set(names) if (ROOT / name).is_file())


def build(kind: str, folder: Path) -> Path:
    """Build the *kind* of distribution of the checkout with the hatchling that is installed: no network."""
    call(sys.executable, "-m", "hatchling", "build", "--target", kind, "--directory", folder, cwd=ROOT)
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the checkout."""
    return build("wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution of the checkout."""
    return build("sdist", tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout, committed, in a folder with a blank in its name."""
    copy = tmp_path_factory.mktemp("git") / "a clone"
    for name in tree():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, copy / name)
    author = ("-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false")
    call("git", "init", "--quiet", cwd=copy)
    call("git", "add", "--all", cwd=copy)
    call("git", *author, "commit", "--quiet", "--message", "copy", cwd=copy)
    return copy


@pytest.fixture(params=["wheel", "sdist", "editable", "git"])
def source(request: pytest.FixtureRequest) -> list[str]:
    """What pip is given: the words for each way to install."""
    if request.param in ("wheel", "sdist"):
        return [str(request.getfixturevalue(request.param))]
    folder: Path = request.getfixturevalue("checkout")
    return ["--editable", str(folder)] if request.param == "editable" else [f"git+{folder.as_uri()}"]


def test_installed_copies_render(source: list[str], checkout: Path, tmp_path: Path) -> None:
    """However it is installed, netgen finds its templates and schemas and renders what the checkout renders."""
    venv = tmp_path / "venv"
    python = venv / "bin" / "python"
    call(sys.executable, "-m", "venv", "--without-pip", venv, cwd=tmp_path)
    # The dependencies and hatchling are those of this environment; a .pth inside it, as netgen's own, is not followed.
    library = call(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path).strip()
    Path(library, "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")

    pip = (sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check", "install")
    call(
        *pip, "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--ignore-installed", *source, cwd=tmp_path
    )

    home = checkout if "--editable" in source else Path(library, "netgen")
    assert call(python, "-c", WHERE, cwd=tmp_path) == f"{home / 'templates'}\n{home / 'schemas'}\n"
    rendered = call(venv / "bin" / "netgen", "render", SPEC, cwd=tmp_path)
    assert rendered == call(sys.executable, "-m", "netgen", "render", SPEC, cwd=tmp_path)


def test_wheel_is_the_tree(wheel: Path) -> None:
    """The wheel holds the package, the templates and the schemas, all of them and nothing else."""
    expected = [
        name.replace(folder, place, 1)
        for name in tree()
        for folder, place in FOLDERS.items()
        if name.startswith(f"{folder}/")
    ]
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
    assert sorted(names) == sorted(expected)


def test_wheel_says_what_it_is(wheel: Path) -> None:
    """The wheel carries the licence, the command and the marker of a typed package."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (entry_points,) = (name for name in names if name.endswith(".dist-info/entry_points.txt"))
        assert archive.read(entry_points).decode() == "[console_scripts]\nnetgen = netgen.__main__:main\n"
    assert "netgen/py.typed" in names
    assert [name for name in names if name.endswith(".dist-info/licenses/LICENSE")] != []


def test_sdist_is_the_tree(sdist: Path) -> None:
    """The source distribution holds the checkout with its top-level folders, and no caches."""
    with tarfile.open(sdist) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
    assert sorted(names) == sorted(["PKG-INFO", *(name for name in tree() if not name.startswith(WORKPLACE))])


def test_version_stands_in_one_place() -> None:
    """The version is written in the package alone; pyproject.toml and the metadata take it from there."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["dynamic"] == ["version"]
    assert metadata.version("netgen-k8s") == netgen.__version__
    package = ROOT / "generator" / "netgen"
    naming = [file.name for file in package.rglob("*.py") if netgen.__version__ in file.read_text(encoding="utf-8")]
    assert naming == ["__init__.py"]


def test_the_wheel_is_reproducible(checkout: Path, tmp_path: Path) -> None:
    """Built in another folder, from other times and rights of the files, in another time zone, it is the same."""
    copy = tmp_path / "elsewhere"
    shutil.copytree(checkout, copy)
    for file in copy.rglob("*"):
        os.utime(file, (1_000_000_000, 1_000_000_000))
        file.chmod(file.stat().st_mode & 0o700)
    build = (sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory")
    call(*build, tmp_path / "first", cwd=checkout)
    call("env", "TZ=Asia/Tokyo", "LC_ALL=C", *build, tmp_path / "second", cwd=copy)
    first, second = (
        (file.name, file.read_bytes()) for name in ("first", "second") for file in (tmp_path / name).iterdir()
    )
    assert first == second
